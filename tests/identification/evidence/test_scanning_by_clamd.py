"""Evidence scanned by a real clamd: what it finds, and what becomes of a file when it goes away and comes back."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.files.scanning import Scanner, Verdict
from tests.identification.builders import CMM_DECIDES, name_of, open_case
from tests.identification.evidence.test_evidence import download, listed, parts_kept, send, sent
from tests.identification.evidence.test_scanning import PDF
from tests.parts import EICAR, real_clamd
from tests.world import World

pytestmark = pytest.mark.row(19)


@pytest.fixture(scope="module")
def clamd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with real_clamd(tmp_path_factory.mktemp("clamd")) as address:
        yield address


def in_a_zip(content: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", content)
    return made.getvalue()


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        (b"A letter.", Verdict.CLEAN),
        (EICAR, Verdict.INFECTED),
        (b"before " * 30_000 + EICAR + b" after", Verdict.INFECTED),
        (in_a_zip(EICAR), Verdict.INFECTED),
        (in_a_zip(b"<p>Come on Friday.</p>"), Verdict.CLEAN),
        (bytes(25 * 1024 * 1024), Verdict.CLEAN),
    ],
    ids=["letter", "test virus", "in the middle of much", "in a document", "document", "the largest"],
)
async def test_what_clamd_says_is_understood(clamd: str, content: bytes, verdict: Verdict) -> None:
    assert await Scanner(clamd).scan(content) is verdict


async def test_what_is_larger_than_clamd_takes_is_not_scanned(tmp_path: Path) -> None:
    with real_clamd(tmp_path, stream_limit="1M") as address:
        assert await Scanner(address).scan(b"x" * 3_000_000) is Verdict.NOT_SCANNED
        assert await Scanner(address).scan(b"x" * 900_000) is Verdict.CLEAN


async def test_through_the_front_door(havn: World, clamd: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(havn.application.platform.scanner, "address", clamd)
    case = await open_case(havn, CMM_DECIDES)
    kept = await sent(case, PDF, name="receipt.pdf")
    assert (await download(case, kept["evidence_id"])).content == PDF, "clean: nobody needs to release it"
    refused = await send(case, b"Come on Friday. " + EICAR, name="letter.txt")
    assert name_of(refused)[0] == 422
    assert EICAR[:20].decode() not in refused.text
    assert sorted(item["scan"] for item in await listed(case)) == ["clean", "infected"]
    assert await parts_kept(havn) == 1, "what was infected is not kept"


async def test_a_file_that_came_while_clamd_was_away_is_scanned_when_it_is_back(
    havn: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with real_clamd(tmp_path) as address:
        pass
    monkeypatch.setattr(havn.application.platform.scanner, "address", address)
    case = await open_case(havn, CMM_DECIDES)
    held = await sent(case, PDF)
    assert (held["scan"], (await download(case, held["evidence_id"])).status_code) == ("not_scanned", 409)
    with real_clamd(tmp_path):
        again = await case.post(f"/evidence/{held['evidence_id']}/scan", {})
        assert again.status_code == 200, again.text
    assert (await download(case, held["evidence_id"])).content == PDF
