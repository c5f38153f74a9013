"""The alert rules: Prometheus' own tool reads them and fires each once; each has a page, and asks for what Havn measures."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.everything import SERVICES
from shared.observability import metrics
from tests.parts import skip_or_fail

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]
TESTS: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.test.yml").read_text())["tests"]
NAMES = [rule["alert"] for rule in RULES]
ELSEWHERE = {"up"}
"""What Prometheus itself, the node and the kubelet measure."""

pytestmark = pytest.mark.row(158)


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("promtool")
    if program is None:
        skip_or_fail("Checking the alert rules needs promtool (Debian's package prometheus).")
    return subprocess.run([program, *arguments], cwd=FOLDER, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("arguments", [("check", "rules", "alerts.yml"), ("test", "rules", "alerts.test.yml")])
def test_prometheus_reads_the_rules_and_fires_each_of_them_in_its_time(arguments: tuple[str, ...]) -> None:
    ended = promtool(*arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_alert_is_fired_once_and_shown_not_to_fire_too_early_nor_where_all_is_well() -> None:
    *firing, well = TESTS
    assert [each["alert_rule_test"][1]["alertname"] for each in firing] == NAMES
    for each in firing:
        early, late = each["alert_rule_test"]
        assert "exp_alerts" not in early
        assert len(late["exp_alerts"]) == 1
    assert [each["alertname"] for each in well["alert_rule_test"]] == NAMES
    assert all("exp_alerts" not in each for each in well["alert_rule_test"])


def test_an_alert_asks_only_for_what_is_measured() -> None:
    exposed = metrics.exposition().decode()
    ours = set(re.findall(r"^# TYPE (\w+) ", exposed, re.MULTILINE))
    for rule in RULES:
        asked = set(re.findall(r"\b(?:havn|node|kubelet)_\w+|\bup\b", rule["expr"]))
        assert asked, rule["alert"]
        assert {name.removesuffix("_total") for name in asked if name.startswith("havn_")} <= {
            each.removesuffix("_total") for each in ours
        }, rule["alert"]
        assert all(name.startswith(("havn_", "node_", "kubelet_")) or name in ELSEWHERE for name in asked)


def test_every_alert_has_a_page_and_every_page_an_alert() -> None:
    text = (ROOT / "docs" / "runbook.md").read_text()
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == NAMES
    for rule in RULES:
        assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in {"page", "warning"}
    for page in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        assert "**Look at**" in page
        assert "**Do**" in page


def test_every_api_and_worker_is_asked_for_its_metrics() -> None:
    settings = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    asked = {
        (job["metrics_path"], target)
        for job in settings["scrape_configs"]
        for group in job["static_configs"]
        for target in group["targets"]
    }
    expected = {
        (f"/{each.name}/metrics", f"{each.name}-{part}:9000") for each in SERVICES for part in ("api", "worker")
    }
    assert asked == expected
