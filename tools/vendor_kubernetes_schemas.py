"""Writes tests/deploy/kubernetes-1.37.json: the strict schemas of the kinds that deploy/k8s uses, and of no other.

    .venv/bin/uv run --no-project --with kubernetes-validate==1.37.0 python tools/vendor_kubernetes_schemas.py

The package has the API server's own OpenAPI as JSON schemas (Apache 2.0); descriptions are left out, they are most of it. Run it
again when a manifest needs a kind that is not there (the test says so), or for a newer Kubernetes.
"""

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate

VERSION = "1.37"
KINDS = {
    "v1": ("ConfigMap", "Namespace", "Secret", "Service", "ServiceAccount"),
    "apps/v1": ("Deployment",),
    "batch/v1": ("Job",),
    "autoscaling/v2": ("HorizontalPodAutoscaler",),
    "networking.k8s.io/v1": ("Ingress", "NetworkPolicy"),
    "policy/v1": ("PodDisruptionBudget",),
}
SOURCE = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{VERSION}.0-local-strict"
TARGET = Path(__file__).parents[1] / "tests" / "deploy" / f"kubernetes-{VERSION}.json"
REFERENCE = re.compile(r"/api/_definitions\.json#/\$defs/|_definitions\.json#/(?:\$defs|definitions)/")


def plain(node: Any) -> Any:
    """Without descriptions, and with references that lead into this file."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if not (key == "description" and isinstance(value, str))}
        return {key: plain(value) for key, value in kept.items()}
    if isinstance(node, list):
        return [plain(each) for each in node]
    return REFERENCE.sub("#/$defs/", node) if isinstance(node, str) else node


def named_in(node: Any) -> set[str]:
    return set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(node)))


def main() -> None:
    definitions = json.loads((SOURCE / "_definitions.json").read_text())
    known = plain(definitions.get("$defs") or definitions["definitions"])
    kinds = {}
    for group, names in KINDS.items():
        for name in names:
            parts = [name.lower(), *([] if "/" not in group else [group.split("/")[0].split(".")[0]])]
            kinds[f"{group} {name}"] = plain(json.loads((SOURCE / f"{'-'.join(parts)}-{group[-2:]}.json").read_text()))
    used: dict[str, Any] = {}
    waiting = named_in(kinds)
    while waiting:
        name = waiting.pop()
        used[name] = known[name]
        waiting |= named_in(used[name]) - used.keys()
    TARGET.write_text(json.dumps({"kinds": kinds, "$defs": dict(sorted(used.items()))}, separators=(",", ":")) + "\n")
    print(f"{TARGET}: {len(kinds)} kinds, {len(used)} definitions")


if __name__ == "__main__":
    main()
