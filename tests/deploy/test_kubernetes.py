"""The overlays hold what a cluster and a careful operator demand: each is built by kustomize and read."""

import json
import re
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest
import yaml

from services.everything import SERVICES
from shared.contract.events.base import TOPICS
from shared.http.server import HardenedProtocol
from shared.identity.tokens import TrustedIssuer
from shared.kernel.settings import Settings
from shared.runtime.serving import GRACE_SECONDS, LAST_CALL_SECONDS
from tests.deploy import manifests
from tests.deploy.manifests import (
    K8S,
    KNOWN_SETTINGS,
    OVERLAYS,
    called,
    containers,
    environment,
    named,
    objects,
    pod_of,
)

SCHEMAS = json.loads((K8S.parents[1] / "tests" / "deploy" / "kubernetes-1.37.json").read_text())
CUSTOM = json.loads((K8S.parents[1] / "tests" / "deploy" / "custom-resources.json").read_text())
NAMES = [service.name for service in SERVICES]
every_overlay = pytest.mark.parametrize("overlay", OVERLAYS)
pytestmark = pytest.mark.row(161)


@every_overlay
def test_every_object_is_what_the_api_server_knows_without_a_word_too_many(overlay: str) -> None:
    for each in objects(overlay):
        schema = SCHEMAS["kinds"][f"{each['apiVersion']} {each['kind']}"] | {"$defs": SCHEMAS["$defs"]}
        jsonschema.Draft202012Validator(schema).validate(each)


def test_a_word_too_many_is_found() -> None:
    wrong = named("prod", "Deployment", "referrals-api") | {"spec": {"replica": 2}}
    with pytest.raises(jsonschema.ValidationError, match="replica"):
        jsonschema.Draft202012Validator(SCHEMAS["kinds"]["apps/v1 Deployment"] | {"$defs": SCHEMAS["$defs"]}).validate(
            wrong
        )


def example(name: str) -> list[dict[str, Any]]:
    return [*yaml.safe_load_all((K8S / "examples" / name).read_text())]


@pytest.mark.parametrize("name", ["certificates.yaml", "external-secrets.yaml"])
def test_every_custom_resource_is_what_its_operator_knows_without_a_word_too_many(name: str) -> None:
    for each in example(name):
        schema = jsonschema.Draft202012Validator(CUSTOM[f"{each['apiVersion']} {each['kind']}"])
        schema.validate(each)
        with pytest.raises(jsonschema.ValidationError, match="secretNames"):
            schema.validate(each | {"spec": each["spec"] | {"secretNames": 1}})


@every_overlay
def test_every_service_has_its_api_and_its_worker_and_one_migration_goes_before(overlay: str) -> None:
    commands = {
        each["metadata"]["name"]: pod_of(each)["spec"]["containers"][0]["command"]
        for each in manifests.workloads(overlay)
        if manifests.is_havn(pod_of(each)["spec"]["containers"][0])
    }
    expected = {
        f"{name}-{action}": ["python", "-m", f"services.{name}", action]
        for name in NAMES
        for action in ("api", "worker")
    }
    assert commands == expected | {"migrate": ["havn", "migrate"]}


@every_overlay
def test_no_container_may_do_more_than_its_work(overlay: str) -> None:
    for name, pod, container in containers(overlay):
        assert container["securityContext"]["allowPrivilegeEscalation"] is False, name
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}, name
        whole = pod["spec"]["securityContext"]
        assert whole["runAsNonRoot"] is True, name
        assert whole["runAsUser"] > 0, name
        assert whole["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert container["securityContext"]["readOnlyRootFilesystem"] is (
            container["name"] not in {"kafka", "keycloak"}
        )
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert {"hostNetwork", "hostPID", "hostIPC"}.isdisjoint(pod["spec"]), name
    assert all(each["automountServiceAccountToken"] is False for each in objects(overlay, "ServiceAccount"))
    accounts = {each["metadata"]["name"] for each in objects(overlay, "ServiceAccount")}
    assert {pod_of(each)["spec"]["serviceAccountName"] for each in manifests.workloads(overlay)} == accounts
    labels = named(overlay, "Namespace", "havn")["metadata"]["labels"]
    assert {labels[f"pod-security.kubernetes.io/{mode}"] for mode in ("enforce", "audit", "warn")} == {"restricted"}
    assert {each["metadata"].get("namespace", "havn") for each in objects(overlay)} == {"havn"}


@every_overlay
def test_every_container_has_limits_and_an_image_of_one_version(overlay: str) -> None:
    for name, _, container in containers(overlay):
        for sort in ("requests", "limits"):
            assert container["resources"][sort].keys() == {"cpu", "memory"}, name
        assert re.fullmatch(r"[a-z0-9./-]+:(?!latest)[A-Za-z0-9_.-]+", container["image"]), name
    for _, pod, _ in containers(overlay):
        for volume in pod["spec"]["volumes"]:
            assert "sizeLimit" in volume.get("emptyDir", {"sizeLimit": ""}), volume


@every_overlay
def test_what_runs_is_asked_for_its_health_at_its_own_path(overlay: str) -> None:
    for deployment in objects(overlay, "Deployment"):
        container = pod_of(deployment)["spec"]["containers"][0]
        assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys(), called(deployment)
        if manifests.is_havn(container):
            name = deployment["metadata"]["labels"]["app.kubernetes.io/name"]
            for probe, path in (("startup", "live"), ("liveness", "live"), ("readiness", "ready")):
                asked = {"path": f"/{name}/health/{path}", "port": "operations"}
                assert container[f"{probe}Probe"]["httpGet"] == asked, called(deployment)
            annotations = pod_of(deployment)["metadata"]["annotations"]
            assert annotations["prometheus.io/path"] == f"/{name}/metrics"
            assert annotations["prometheus.io/port"] == environment(overlay, container)["HAVN_OPERATIONS_PORT"]


@every_overlay
def test_the_ports_are_those_of_the_settings_and_only_the_partners_is_behind_a_service(overlay: str) -> None:
    for name in NAMES:
        for action, expected in (("api", {"http", "operations"}), ("worker", {"operations"})):
            container = pod_of(named(overlay, "Deployment", f"{name}-{action}"))["spec"]["containers"][0]
            settings = environment(overlay, container)
            ports = {each["name"]: each["containerPort"] for each in container["ports"]}
            assert ports.keys() == expected
            assert ports.get("http", 8000) == int(settings["HAVN_PORT"] or 0)
            assert ports["operations"] == int(settings["HAVN_OPERATIONS_PORT"] or 0) != int(settings["HAVN_PORT"] or 0)
            assert settings["HAVN_OPERATIONS_HOST"] == "0.0.0.0"
        assert [port["targetPort"] for port in named(overlay, "Service", f"{name}-api")["spec"]["ports"]] == ["http"]


@every_overlay
def test_havn_is_given_settings_that_it_knows_and_all_that_it_needs(
    overlay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in KNOWN_SETTINGS:
        monkeypatch.delenv(variable, raising=False)
    for name, _, container in containers(overlay):
        if not manifests.is_havn(container) or container["name"] == "realm":
            continue
        given = environment(overlay, container)
        assert given.keys() <= KNOWN_SETTINGS, name
        required = {"HAVN_ENV", "HAVN_DATABASE_URL", "HAVN_KAFKA", "HAVN_ISSUERS", "HAVN_MASTER_KEY_COMMAND"}
        if container["command"][0] == "python":
            required |= {"HAVN_TOKEN_URL", "HAVN_SERVICE_CLIENT_SECRET"}
        if overlay == "prod":
            required |= {
                "HAVN_KAFKA_USER",
                "HAVN_KAFKA_PASSWORD",
                "HAVN_PUBLIC_ORIGIN",
                "HAVN_DATABASE_CA",
                "HAVN_KAFKA_CA",
            }
            if container["command"][0] == "python":
                required |= {"HAVN_SERVICE_URLS", "HAVN_SERVICE_CA"}
            if container["command"][-1] == "api":
                required |= {"HAVN_TLS_CERTIFICATE", "HAVN_TLS_KEY"}
        assert required <= given.keys(), name
        with monkeypatch.context() as patch:
            for variable, value in given.items():
                patch.setenv(variable, "postgresql://secret" if value is None else value)
            assert Settings().is_production is (overlay == "prod"), name


@every_overlay
def test_what_is_named_is_there_or_is_a_secret_that_production_makes_itself(overlay: str) -> None:
    there = {(each["kind"], each["metadata"]["name"]) for each in objects(overlay)}
    wanted, secrets, certificates = set(), set(), set()
    for _, pod, container in containers(overlay):
        wanted |= {("ConfigMap", each["configMapRef"]["name"]) for each in container.get("envFrom", [])}
        secrets |= {
            each["valueFrom"]["secretKeyRef"]["name"] for each in container.get("env", []) if "valueFrom" in each
        }
        for volume in pod["spec"]["volumes"]:
            for source in volume.get("projected", {"sources": []})["sources"]:
                wanted |= {("ConfigMap", source["configMap"]["name"])} - {("ConfigMap", "havn-authorities")}
            if "secret" in volume:
                (certificates if volume["name"] == "certificate" else secrets).add(volume["secret"]["secretName"])
    assert wanted <= there
    if overlay == "dev":
        assert certificates == set()
        assert {("Secret", name) for name in secrets} == {each for each in there if each[0] == "Secret"}
        return
    assert objects("prod", "Secret") == []
    written = {
        (each["spec"]["target"]["name"], item["secretKey"])
        for each in example("external-secrets.yaml")
        for item in each["spec"]["data"]
    }
    read = {("havn-master-key", "ring")} | {
        (each["valueFrom"]["secretKeyRef"]["name"], each["valueFrom"]["secretKeyRef"]["key"])
        for _, _, container in containers("prod")
        for each in container.get("env", [])
        if "valueFrom" in each
    }
    assert written == read


def test_in_production_each_api_has_a_certificate_for_the_name_by_which_the_others_and_the_ingress_ask_it() -> None:
    made = example("certificates.yaml")
    certificates = {each["spec"]["secretName"]: each["spec"] for each in made if each["kind"] == "Certificate"}
    annotations = named("prod", "Ingress", "havn")["metadata"]["annotations"]
    asked = {key.rpartition("/")[2]: value for key, value in annotations.items()}
    assert (asked["backend-protocol"], asked["proxy-ssl-verify"]) == ("HTTPS", "on")
    assert "isCA" not in certificates.get(asked["proxy-ssl-secret"].removeprefix("havn/"), {})
    for name in NAMES:
        pod = pod_of(named("prod", "Deployment", f"{name}-api"))
        container = pod["spec"]["containers"][0]
        settings = environment("prod", container)
        (secret,) = [each["secret"]["secretName"] for each in pod["spec"]["volumes"] if each["name"] == "certificate"]
        (folder,) = [each["mountPath"] for each in container["volumeMounts"] if each["name"] == "certificate"]
        assert (settings["HAVN_TLS_CERTIFICATE"], settings["HAVN_TLS_KEY"]) == (
            f"{folder}/tls.crt",
            f"{folder}/tls.key",
        )
        address = urlsplit(json.loads(settings["HAVN_SERVICE_URLS"] or "")[name])
        assert (address.scheme, address.port) == ("https", int(settings["HAVN_PORT"] or 0))
        assert {address.hostname, asked["proxy-ssl-name"]} <= set(certificates[secret]["dnsNames"])
        assert address.hostname == named("prod", "Service", f"{name}-api")["metadata"]["name"]
        worker = pod_of(named("prod", "Deployment", f"{name}-worker"))["spec"]
        assert "certificate" not in {each["name"] for each in worker["volumes"]}


def test_production_has_no_secret_in_its_settings() -> None:
    for each in objects("prod", "ConfigMap"):
        for name, value in each["data"].items():
            assert not re.search(r"password|secret|private", name, re.IGNORECASE), name
            assert not re.search(r"//[^/\s\"]*:[^/\s\"]*@|BEGIN [A-Z ]*PRIVATE", value), name


@every_overlay
def test_nobody_speaks_to_a_pod_but_by_a_policy_and_every_port_has_one(overlay: str) -> None:
    policies = objects(overlay, "NetworkPolicy")
    assert {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]} in [each["spec"] for each in policies]
    for name, pod, container in containers(overlay):
        labels = pod["metadata"]["labels"]
        open_to = [
            (rule["from"], port["port"])
            for policy in policies
            if manifests.selects(policy["spec"]["podSelector"], labels)
            for rule in policy["spec"].get("ingress", [])
            for port in rule["ports"]
        ]
        assert all(who and {} not in who for who, _ in open_to), f"{name} is open to anybody"
        assert {port["containerPort"] for port in container.get("ports", [])} <= {port for _, port in open_to}, name
        egress = [
            rule["to"]
            for policy in policies
            if manifests.selects(policy["spec"]["podSelector"], labels)
            for rule in policy["spec"].get("egress", [])
        ]
        assert all(egress), f"{name} may speak to anybody"


@every_overlay
def test_a_pod_that_goes_is_missed_by_nobody(overlay: str) -> None:
    for name in NAMES:
        for action in ("api", "worker"):
            deployment = named(overlay, "Deployment", f"{name}-{action}")
            spec, labels = pod_of(deployment)["spec"], pod_of(deployment)["metadata"]["labels"]
            budget = named(overlay, "PodDisruptionBudget", f"{name}-{action}")["spec"]
            assert (budget["maxUnavailable"], budget["unhealthyPodEvictionPolicy"]) == (1, "AlwaysAllow")
            assert budget["selector"]["matchLabels"] == deployment["spec"]["selector"]["matchLabels"]
            spread = spec["topologySpreadConstraints"]
            assert [each["topologyKey"] for each in spread] == ["topology.kubernetes.io/zone", "kubernetes.io/hostname"]
            assert all(manifests.selects(each["labelSelector"], labels) for each in spread)
            sleep = spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            # After the wait: Havn's own time for requests under way, and some for the relay's lock and the connections.
            assert spec["terminationGracePeriodSeconds"] >= sleep + LAST_CALL_SECONDS + GRACE_SECONDS + 10
            if action == "api":
                assert deployment["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
                assert sleep >= 5


def test_production_scales_the_api_by_its_work_and_the_worker_by_what_waits_for_it() -> None:
    adapter = yaml.safe_load((K8S / "examples" / "metrics-adapter.yaml").read_text())
    served = {rule["name"]["as"] for rule in adapter["rules"]["external"]}
    for name in NAMES:
        for action in ("api", "worker"):
            scaler = named("prod", "HorizontalPodAutoscaler", f"{name}-{action}")["spec"]
            assert scaler["scaleTargetRef"]["name"] == f"{name}-{action}"
            assert 2 <= scaler["minReplicas"] <= scaler["maxReplicas"]
            assert "replicas" not in named("prod", "Deployment", f"{name}-{action}")["spec"]
        (metric,) = scaler["metrics"]
        assert metric["external"]["metric"]["selector"]["matchLabels"] == {"group": f"havn.{name}"}
        assert metric["external"]["metric"]["name"] in served
        assert scaler["maxReplicas"] <= 6  # the partitions of a topic


def test_the_ingress_has_tls_our_limits_and_our_name() -> None:
    ingress = named("prod", "Ingress", "havn")
    (rule,) = ingress["spec"]["rules"]
    (tls,) = ingress["spec"]["tls"]
    container = pod_of(named("prod", "Deployment", "referrals-api"))["spec"]["containers"][0]
    assert Settings(public_origin=environment("prod", container)["HAVN_PUBLIC_ORIGIN"]).hosts == {rule["host"]}
    assert tls["hosts"] == [rule["host"]]
    assert {path["path"]: path["backend"]["service"]["name"] for path in rule["http"]["paths"]} == {
        f"/{name}": f"{name}-api" for name in NAMES
    } | {"/asyncapi.json": "referrals-api"}
    annotations = {key.rpartition("/")[2]: value for key, value in ingress["metadata"]["annotations"].items()}
    assert annotations["ssl-redirect"] == "true"
    assert annotations["proxy-body-size"] == f"{HardenedProtocol.MAX_BODY_BYTES // 1024**2}m"
    assert float(annotations["client-body-timeout"]) == HardenedProtocol.DEADLINE_SECONDS
    text = (K8S / "overlays" / "prod" / "ingress.yaml").read_text()
    assert f"Headers ({HardenedProtocol.MAX_HEADERS}, {HardenedProtocol.MAX_HEAD_BYTES // 1024} KiB in all)" in text


@every_overlay
def test_the_issuers_may_speak_for_every_partner_and_for_havn(overlay: str) -> None:
    (found,) = [each for each in objects(overlay, "ConfigMap") if each["metadata"]["name"].startswith("havn-issuers")]
    (issuer,) = [TrustedIssuer.model_validate(entry) for entry in json.loads(found["data"]["issuers.json"])]
    assert all(issuer.speaks_for(org) for org in ("cmm", "us", "politi-fyn", "kommune-0751", "iom", "havn"))
    assert issuer.jwks_uri.startswith("https://") is (overlay == "prod")


def test_topics_and_users_of_the_operator_are_those_that_the_code_knows() -> None:
    made = manifests.build("strimzi")
    topics = {each["metadata"]["name"]: each["spec"] for each in made if each["kind"] == "KafkaTopic"}
    assert topics.keys() == set(TOPICS)
    assert {(each["partitions"], each["config"]["min.insync.replicas"]) for each in topics.values()} == {(6, "2")}
    users: dict[str, Any] = {each["metadata"]["name"]: each["spec"] for each in made if each["kind"] == "KafkaUser"}
    assert users.keys() == {"havn-migrate", *(f"havn-{name}" for name in NAMES)}
    for service in SERVICES:
        granted = {
            (each["resource"]["type"], each["resource"]["name"], operation)
            for each in users[f"havn-{service.name}"]["authorization"]["acls"]
            for operation in each["operations"]
            if operation != "Describe"
        }
        assert granted == {("topic", f"havn.{service.name}", "Write"), ("group", f"havn.{service.name}", "Read")} | {
            ("topic", topic, "Read") for topic in service.handlers.topics
        }
