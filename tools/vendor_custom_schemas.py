"""Writes tests/deploy/custom-resources.json: the strict schemas of the custom resources in deploy/k8s/examples, as their
operators have them (cert-manager and External Secrets, Apache 2.0).

    .venv/bin/python tools/vendor_custom_schemas.py

Needs Go, which fetches the operators' modules. Descriptions are left out, and of an Issuer all ways to sign but those that the
example uses: they are most of it. Strimzi's definitions are in no package that could be asked (docs/adr/0023)."""

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

MODULES = {
    "github.com/cert-manager/cert-manager@v1.21.2": (
        "deploy/crds/cert-manager.io_certificates.yaml",
        "deploy/crds/cert-manager.io_issuers.yaml",
    ),
    "github.com/external-secrets/external-secrets@v1.3.2": (
        "config/crds/bases/external-secrets.io_externalsecrets.yaml",
    ),
}
VERSION = "v1"
ISSUERS = {"ca", "selfSigned"}
TARGET = Path(__file__).parents[1] / "tests" / "deploy" / "custom-resources.json"


def strict(node: Any) -> Any:
    """Without descriptions; what is not known is refused, as the API server does under strict validation."""
    if isinstance(node, list):
        return [strict(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {key: strict(value) for key, value in node.items() if not (key == "description" and isinstance(value, str))}
    if "properties" in kept and not kept.get("x-kubernetes-preserve-unknown-fields"):
        kept.setdefault("additionalProperties", False)
    return kept


def folder_of(module: str) -> Path:
    said = subprocess.run(["go", "mod", "download", "-json", module], capture_output=True, text=True, check=True).stdout
    return Path(json.loads(said)["Dir"])


def main() -> None:
    kinds: dict[str, Any] = {}
    for module, files in MODULES.items():
        for file in files:
            spec = yaml.safe_load((folder_of(module) / file).read_text())["spec"]
            (schema,) = [each["schema"]["openAPIV3Schema"] for each in spec["versions"] if each["name"] == VERSION]
            kind = spec["names"]["kind"]
            if kind == "Issuer":
                ways = schema["properties"]["spec"]["properties"]
                schema["properties"]["spec"]["properties"] = {name: ways[name] for name in ISSUERS}
            kinds[f"{spec['group']}/{VERSION} {kind}"] = strict(schema) | {
                "required": ["apiVersion", "kind", "metadata", "spec"]
            }
            kinds[f"{spec['group']}/{VERSION} {kind}"]["properties"]["metadata"] = {
                "type": "object",
                "required": ["name"],
            }
    TARGET.write_text(json.dumps(kinds, separators=(",", ":"), sort_keys=True) + "\n")
    print(f"{TARGET}: {', '.join(sorted(kinds))}")


if __name__ == "__main__":
    main()
