"""The Kubernetes of one node that `make cluster-test` uses."""

import os
import subprocess
from pathlib import Path

KUBE = Path(__file__).parents[2] / "tools" / "kube"


def test_a_machine_on_which_no_pod_could_run_hears_what_it_lacks_before_anything_is_started(tmp_path: Path) -> None:
    lacking = os.environ | {"HAVN_CNI_PLUGINS": str(tmp_path / "nowhere")}
    ended = subprocess.run(
        [KUBE, "node", "6443", str(tmp_path / "kube")], env=lacking, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "containernetworking-plugins. On Debian: apt install" in ended.stderr
    assert list(tmp_path.iterdir()) == []
