"""What a newcomer looks for at the root is there, and true."""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def test_the_licence_is_whole_and_named_everywhere() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert text.startswith("Mozilla Public License Version 2.0\n")
    parts = re.findall(r"^(?:\*  )?(\d+)\. [A-Z]", text, re.MULTILINE)
    assert parts == [str(number) for number in range(1, 11)]
    assert "Exhibit A - Source Code Form License Notice" in text
    assert text.rstrip().endswith("defined by the Mozilla Public License, v. 2.0.")
    assert PROJECT["license"] == "MPL-2.0"
    assert "The owner may choose otherwise" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_contributing_names_places_that_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    for place in re.findall(r"`((?:services|shared|docs|tests)/[\w/.-]*)`", text):
        assert (ROOT / place).exists(), place
    for target in re.findall(r"(?:`|^    )make ([a-z]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE) or target == "quick", target


def test_security_names_nobodys_address() -> None:
    text = (ROOT / "SECURITY.md").read_text()
    assert {domain.rsplit(".", 1)[-1] for domain in re.findall(r"@([\w.-]+\w)", text)} == {"example"}


def test_hooks_are_the_projects_own_tools() -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repository["repo"] == "local"
    assert [hook["id"] for hook in repository["hooks"]] == ["ruff", "ruff-format", "lint-imports"]
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")


@pytest.mark.parametrize("given", [(), ("PYTHON=another",)], ids=["by default", "as given"])
def test_make_takes_a_python_that_can_make_an_environment_unless_one_is_given(given: tuple[str, ...]) -> None:
    said = subprocess.run(
        ["make", "-s", *given, "--eval=print: ; @echo $(PYTHON)", "print"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    python = said.stdout.strip()
    if given:
        assert python == "another"
    else:
        fit = "import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))"
        assert subprocess.run([python, "-c", fit], check=False).returncode == 0


def test_the_image_makes_what_volumes_are_mounted_over_as_its_user() -> None:
    compose: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    mounted = {
        volume.split(":")[1]
        for part in compose["services"].values()
        if part["image"] == "havn"
        for volume in part.get("volumes", [])
        if volume.split(":")[0] in compose["volumes"]
    }
    dockerfile = (ROOT / "Dockerfile").read_text()
    made = re.findall(r"install -d -o havn -g havn -m (\d+) (.+?)(?: \\)?$", dockerfile, re.MULTILINE)
    modes = {place: mode for mode, places in made for place in places.split()}
    assert {place: modes[place] for place in mounted} == {"/var/lib/havn/keys": "0700", "/var/lib/havn/realm": "0755"}
    copied = re.search(r"^COPY (pyproject\.toml .+) \./$", dockerfile, re.MULTILINE)
    assert copied
    assert {"LICENSE", PROJECT["readme"]} <= set(copied[1].split())
    for name in copied[1].split():
        assert f"!{name}" in (ROOT / ".dockerignore").read_text().splitlines()
