"""What docs/operations.md tells an operator to do is there to be done, and what can be set is said."""

import re
from pathlib import Path

from services.everything import SERVICES
from tests.deploy import manifests
from tests.deploy.manifests import KNOWN_SETTINGS, pod_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
FIRST_WEEK = ["Install", "The first organisation", "Backup", "Watch", "Update", "When something stays behind"]


def test_every_setting_stands_in_the_table() -> None:
    said: set[str] = set()
    for row in re.findall(r"^\| (`HAVN_[^|]+) \|", PAGE, re.MULTILINE):
        first, *others = re.findall(r"`(\w+)`", row)
        said.add(first)
        for other in others:
            # `_USER` stands for the name before it with another end.
            ends = [
                f"{first[:place]}{other}" for place in range(len("HAVN"), len(first) + 1) if first[place:][:1] in "_"
            ]
            said |= {other} if other.startswith("HAVN_") else set(ends)
    assert said >= KNOWN_SETTINGS


def test_it_goes_through_a_first_week_in_its_order() -> None:
    headings = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert headings[: len(FIRST_WEEK)] == FIRST_WEEK
    anchors = {heading.lower().replace(" ", "-").replace(",", "") for heading in headings}
    assert set(re.findall(r"\]\(#([a-z-]+)\)", PAGE)) <= anchors


def test_the_tools_files_and_commands_that_it_names_are_there() -> None:
    page = PAGE.replace("overlays/mine", "overlays/prod")  # the reader's copy of it
    for name in re.findall(r"\b((?:tools|deploy|tests|services)/[\w./-]+\w)", page):
        assert (ROOT / name).exists() or list(ROOT.glob(f"{name}*")), name
    for target in re.findall(r"(?:`|^    )make ([a-z-]+)", PAGE, re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE), target
    for link in re.findall(r"\]\(([a-z./A-Z-]+\.md)", PAGE):
        assert (ROOT / "docs" / link).exists(), link


def test_the_secrets_are_those_that_the_prod_overlay_reads() -> None:
    read = {"havn-master-key", "havn-tls", "NAME-tls", "services-authority"}
    for workload in manifests.workloads("prod"):
        for each in pod_of(workload)["spec"]["containers"][0].get("env", []):
            if "valueFrom" in each:
                name = each["valueFrom"]["secretKeyRef"]["name"]
                read.add(name if name == "migrate-credentials" else "NAME-credentials")
    table = PAGE[PAGE.index("| secret |") : PAGE.index("and a ConfigMap")]
    assert set(re.findall(r"^\| `([\w-]+)`", table, re.MULTILINE)) == read


def test_the_rights_in_kafka_are_those_that_referrals_needs() -> None:
    (service,) = [each for each in SERVICES if each.name == "referrals"]
    granted = re.findall(r"User:havn-referrals --operation (\w+)[^\n]* --(topic|group) (\S+)", PAGE)
    assert set(granted) == {("Write", "topic", "havn.referrals"), ("Read", "group", "havn.referrals")} | {
        ("Read", "topic", topic) for topic in service.handlers.topics
    }
