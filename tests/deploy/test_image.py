"""The image, as far as it can be judged without an engine: its recipe is read. `make compose-test` builds and asks it."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPE = (ROOT / "Dockerfile").read_text()
_, BUILD, IMAGE = re.split(r"^FROM ", RECIPE, flags=re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DEPENDENCIES = PROJECT["dependency-groups"]["image"]


def test_it_runs_as_nobody_in_particular_and_without_what_it_was_built_with() -> None:
    assert re.search(r"^USER 10001:10001$", IMAGE, re.MULTILINE)
    assert "pip" not in IMAGE
    assert "/opt/tools" not in IMAGE
    assert "pip uninstall --quiet --yes pip" in BUILD


def test_everything_in_it_and_all_that_builds_it_is_taken_by_hash() -> None:
    for installed in re.findall(r"pip install (.+?)(?: \\)?$", BUILD, re.MULTILINE):
        assert "--require-hashes" in installed or installed == "--no-deps dist/*.whl"
    assert "--build-arg" not in RECIPE.replace("--build-arg PYTHON=", "")
    assert "://" not in RECIPE
    assert "index-url" not in RECIPE
    assert re.search(r"^ARG PYTHON=python:[0-9.]+-slim-[a-z]+$", RECIPE, re.MULTILINE)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-image.lock"])
def test_a_lock_has_a_hash_for_each_package_and_says_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    for entry in re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in entry
    assert "://" not in text
    assert f"!{lock}" in (ROOT / ".dockerignore").read_text().splitlines()


def test_what_builds_it_is_what_the_lock_was_made_of() -> None:
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements-image.lock").read_text(), re.MULTILINE))
    assert {re.split(r"[><=]", name)[0] for name in DEPENDENCIES} <= locked


def test_the_same_commit_gives_the_same_bytes() -> None:
    assert "--output-reproducible" in BUILD
    assert "--invalidation-mode unchecked-hash" in BUILD
    assert 'touch -h -d "@$SOURCE_DATE_EPOCH"' in BUILD
    assert BUILD.index("compileall") < BUILD.index("touch -h")


def test_what_it_copies_is_there() -> None:
    for line in re.findall(r"^COPY (?!--from)(.+) \S+$", RECIPE, re.MULTILINE):
        assert all((ROOT / source).exists() for source in line.split())


def test_the_wheel_has_what_the_image_copies_and_nothing_of_the_workshop() -> None:
    copied = re.findall(r"^COPY ([a-z]+) \1$", BUILD, re.MULTILINE)
    assert copied == PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == ["shared", "services"]


def test_it_knows_its_commit_and_what_is_in_it() -> None:
    assert re.search(r"HAVN_COMMIT=\$HAVN_COMMIT", IMAGE)
    assert "/opt/havn/sbom.cdx.json" in BUILD
    assert "/opt/havn/sbom.cdx.json" in (ROOT / "tools" / "image").read_text()
