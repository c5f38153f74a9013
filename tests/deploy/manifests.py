"""What Kubernetes is given: the overlays, built by kustomize itself."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from shared.kernel.settings import Settings
from tests.parts import skip_or_fail

ROOT = Path(__file__).parents[2]
K8S = ROOT / "deploy" / "k8s"
OVERLAYS = ("dev", "prod")
KNOWN_SETTINGS = {f"HAVN_{name.upper()}" for name in Settings.model_fields}

Object = dict[str, Any]


@cache
def build(folder: str) -> tuple[Object, ...]:
    """The objects of a kustomization below deploy/k8s; skips or fails where there is no kustomize."""
    if program := shutil.which("kustomize"):
        command = [program, "build"]
    elif program := shutil.which("kubectl"):
        command = [program, "kustomize"]
    else:
        skip_or_fail("Building the overlays needs kustomize or kubectl.")
    ended = subprocess.run([*command, str(K8S / folder)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr == "", "kustomize warns"
    return tuple(yaml.safe_load_all(ended.stdout))


def objects(overlay: str, *kinds: str) -> list[Object]:
    return [each for each in build(f"overlays/{overlay}") if not kinds or each["kind"] in kinds]


def named(overlay: str, kind: str, name: str) -> Object:
    (found,) = [each for each in objects(overlay, kind) if each["metadata"]["name"] == name]
    return found


def called(each: Object) -> str:
    return f"{each['kind']} {each['metadata']['name']}"


def pod_of(workload: Object) -> Object:
    template: Object = workload["spec"]["template"]
    return template


def workloads(overlay: str) -> list[Object]:
    return objects(overlay, "Deployment", "Job")


def containers(overlay: str) -> Iterator[tuple[str, Object, Object]]:
    """Each container with the workload and pod template that it is in, by a name to say."""
    for workload in workloads(overlay):
        spec = pod_of(workload)["spec"]
        for container in [*spec["containers"], *spec.get("initContainers", [])]:
            yield f"{called(workload)}: {container['name']}", pod_of(workload), container


def is_havn(container: Object) -> bool:
    return re.search(r"(^|/)havn:", container["image"]) is not None


def environment(overlay: str, container: Object) -> dict[str, str | None]:
    """What its variables are; None for one that is taken from a secret."""
    found: dict[str, str | None] = {}
    for source in container.get("envFrom", []):
        found |= named(overlay, "ConfigMap", source["configMapRef"]["name"])["data"]
    for each in container.get("env", []):
        found[each["name"]] = each.get("value")
    return found


def selects(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    """Whether a label selector selects these labels; an empty one selects all."""
    exact = all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())
    expressions = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in expressions)
    return exact and all(labels.get(each["key"]) in each["values"] for each in expressions)
