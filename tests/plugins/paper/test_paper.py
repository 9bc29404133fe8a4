"""PDFs for people and programs, their seal, and what strangers hand in."""

from __future__ import annotations

import io
import random
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from plugins.paper import interface as paper
from plugins.paper import looking, making, sealing
from plugins.paper import plugin as answers
from portal import db
from portal.app import create_app
from portal.config import Config
from portal.context import Context, system_context
from portal.errors import ConfigError, Invalid, Unavailable
from portal.i18n import SHIPPED
from tests.conftest import prepare
from tests.factories import set_settings
from tests.plugins.paper.reading import open_pdf, squeezed, text_of

pytest.importorskip("typst")
generic = pytest.importorskip("pyhanko.pdf_utils.generic")
reader = pytest.importorskip("pyhanko.pdf_utils.reader")
writer_of = pytest.importorskip("pyhanko.pdf_utils.writer")

HOSTILE = '#panic("x") *bold* _it_ $x$ #read("/etc/hosts") \\ @label <tag> // end\nnext "line"'
WORDS = {
    "en": "Learning agreement", "de": "Prüfungsgröße, Übung", "es": "Señalización, ¿qué?",
    "it": "Perché così", "nl": "Coördinatie", "lv": "Ķīmiķis, šķērsām, žņaugs",
}  # fmt: skip


def look(pdf: bytes, known: Path, trusted: Path | None = None) -> dict[str, Any]:
    """Look in a thread: it starts an event loop, and a browser's tests leave one here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(looking.look, pdf, known, trusted).result()


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[bytes, Path]]:
    """A sealed PDF and the folder of the portal that sealed it."""
    folder = tmp_path_factory.mktemp("sealed")
    app = create_app(Config(instance=str(folder), testing=True))
    prepare(app.extensions["portal"].registry, ["paper"])
    with app.app_context():
        made = make(system_context())
        found = paper.seal(system_context(), made, "for a test")
    db.database.close()
    yield found, folder / sealing.KNOWN


@pytest.fixture
def app(make_portal: Callable[..., Flask], sealed: tuple[bytes, Path], tmp_path: Path) -> Flask:
    """A portal with this plugin, which has the seal of `sealed`."""
    made = make_portal(plugins=["paper"])
    shutil.copytree(sealed[1].parent, tmp_path, dirs_exist_ok=True, ignore=_but_seals)
    return made


def _but_seals(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name.startswith("portal.db") or name == "secret.key"]


def make(ctx: Context, text: str = HOSTILE, language: str = "en", **more: object) -> bytes:
    """Lay out a page with a text."""
    data = {"title": "A letter", "text": text, "qr": "https://portal.example/verify/7K4M", **more}
    files = {"agreement.json": b'{"a":1}'}
    return paper.pdf(
        ctx, "paper/plain.typ", data, language=language, title="A letter", attachments=files
    )


def test_a_sealed_pdf_is_valid_with_all_in_it(app: Flask, sealed: tuple[bytes, Path]) -> None:
    with app.app_context():
        found = paper.check(sealed[0])

    assert found.is_valid
    assert found.attachments == {"agreement.json": b'{"a":1}'}
    mark = found.marks[0]
    assert (mark.is_ours, mark.is_intact, mark.whole) == (True, True, True)
    assert "document seal" in mark.who


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.full)])
def test_one_byte_changed_is_invalid_wherever_it_stands(
    sealed: tuple[bytes, Path], count: int
) -> None:
    pdf, known = sealed
    chance = random.Random(count)
    places = [chance.randrange(len(pdf)) for _ in range(count)]
    start = pdf.rindex(b"/Contents") + 11  # where no signature covers the file
    places += [start + chance.randrange(16_000) for _ in range(count // 4)]
    wrong = []
    for place in places:
        changed = bytearray(pdf)
        changed[place % len(pdf)] ^= 1 << chance.randrange(8)
        found = look(bytes(changed), known)
        if any(mark["is_valid"] for mark in found.get("marks", [])):
            wrong.append(place)

    assert look(pdf, known)["marks"][0]["is_valid"]
    assert wrong == []


@pytest.mark.parametrize("count", [12, pytest.param(100, marks=pytest.mark.full)])
def test_whoever_trusts_the_certificate_is_told_the_same(
    sealed: tuple[bytes, Path], count: int, tmp_path: Path
) -> None:
    """The bottom line of pyHanko, as somebody elsewhere reads it who has the portal's certificate."""
    pdf, known = sealed
    (certificate,) = known.glob("*.pem")
    start = pdf.rindex(b"/Contents")
    outside = [at for at in range(len(pdf)) if not start <= at < start + 17_000]
    chance, wrong = random.Random(count), []
    for place in chance.sample(outside, count):
        changed = bytearray(pdf)
        changed[place] ^= 1 << chance.randrange(8)
        found = look(bytes(changed), tmp_path, certificate)
        if any(mark["is_trusted"] for mark in found.get("marks", [])):
            wrong.append(place)

    assert look(pdf, tmp_path, certificate)["marks"][0]["is_trusted"]
    assert wrong == []


@pytest.mark.full
def test_no_digit_of_the_seal_itself_can_change(sealed: tuple[bytes, Path]) -> None:
    pdf, known = sealed
    start = pdf.rindex(b"/Contents") + 11
    end = pdf.index(b"0" * 64, start)
    wrong = []
    for place in range(start - 2, end):
        changed = bytearray(pdf)
        changed[place] ^= 1 << place % 4
        found = look(bytes(changed), known)
        if any(mark["is_valid"] for mark in found.get("marks", [])):
            wrong.append(place - start)

    assert wrong == []


def test_the_seal_of_another_portal_is_not_ours(
    app: Flask, sealed: tuple[bytes, Path], tmp_path: Path
) -> None:
    for path in (tmp_path / sealing.KNOWN).iterdir():
        path.unlink()
    with app.app_context():
        found = paper.check(sealed[0])

    assert not found.is_sealed
    assert not found.is_valid
    assert found.marks[0].is_intact


def test_what_was_added_behind_the_seal_shows(app: Flask, sealed: tuple[bytes, Path]) -> None:
    with app.app_context():
        found = paper.check(sealed[0] + b"\n% more\n")

    assert not found.is_valid


def test_old_documents_stay_valid_when_the_key_is_replaced(
    app: Flask, ctx: Context, sealed: tuple[bytes, Path], tmp_path: Path
) -> None:
    (tmp_path / sealing.OWN_FILE).unlink()
    with app.app_context():
        newer = paper.seal(ctx, make(ctx), "with a new key")
        old, new = paper.check(sealed[0]), paper.check(newer)

    assert old.is_valid and new.is_valid
    assert old.marks[0].fingerprint != new.marks[0].fingerprint


def test_the_key_is_private_and_made_once(
    app: Flask, ctx: Context, sealed: tuple[bytes, Path], tmp_path: Path
) -> None:
    path = tmp_path / sealing.OWN_FILE
    before = path.read_bytes()
    with app.app_context():
        paper.seal(ctx, make(ctx), "once more")

    assert stat.S_IMODE((sealed[1].parent / sealing.OWN_FILE).stat().st_mode) == 0o600
    assert path.read_bytes() == before


def test_a_supplied_key_seals(
    app: Flask, ctx: Context, sealed: tuple[bytes, Path], tmp_path: Path
) -> None:
    own = tmp_path / sealing.OWN_FILE
    own.rename(tmp_path / "house.pem")
    with app.app_context():
        set_settings("paper", seal_file="house.pem")
        assert paper.check(paper.seal(ctx, make(ctx), "x")).is_valid
        assert sealing.state(ctx)[0] == "supplied"
    assert not own.exists()


@pytest.mark.parametrize("name", ["none.pem", "../secret.key", "seal.txt"])
def test_a_file_that_is_no_seal_is_named_on_the_page_of_health(
    app: Flask, ctx: Context, tmp_path: Path, name: str
) -> None:
    (tmp_path / "seal.txt").write_text("no key")
    with app.app_context():
        set_settings("paper", seal_file=name)
        with pytest.raises(ConfigError):
            paper.seal(ctx, make(ctx), "x")
        line = answers.health_check(ctx)[1]

    assert line.state == "bad"
    assert name in line.detail


def test_what_people_typed_is_never_markup(app: Flask, ctx: Context) -> None:
    with app.app_context():
        made = make(ctx)

    assert squeezed(HOSTILE) in text_of(made)


@pytest.mark.parametrize("language", SHIPPED)
def test_the_text_of_every_language_can_be_taken_out(
    app: Flask, ctx: Context, language: str
) -> None:
    with app.app_context():
        made = make(ctx, WORDS[language], language)

    assert open_pdf(made).root["/Lang"] == language
    assert squeezed(WORDS[language]) in text_of(made)


def test_the_file_says_what_it_keeps_to(app: Flask, ctx: Context) -> None:
    with app.app_context():
        made = make(ctx)

    said, root = made.decode("latin-1"), open_pdf(made).root
    for part in ("pdfaid:part>3", "pdfaid:conformance>A", "pdfuaid:part>1"):
        assert f"<{part}<" in said
    assert root["/MarkInfo"]["/Marked"]
    assert root["/AF"][0]["/AFRelationship"] == "/Source"


def test_qpdf_and_pdfinfo_find_nothing_wrong(sealed: tuple[bytes, Path], tmp_path: Path) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed[0])
    if not shutil.which("qpdf") or not shutil.which("pdfinfo"):
        pytest.skip("qpdf or pdfinfo is missing: apt-get install qpdf poppler-utils")
    checked = subprocess.run(["qpdf", "--check", file], capture_output=True, text=True)
    said = subprocess.run(["pdfinfo", file], capture_output=True, text=True).stdout

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert re.search(r"Tagged:\s+yes", said)
    assert "A letter" in said


def test_pdfsig_reads_the_seal_and_sees_a_changed_byte(
    sealed: tuple[bytes, Path], tmp_path: Path
) -> None:
    file = tmp_path / "sealed.pdf"
    file.write_bytes(sealed[0])
    if not shutil.which("pdfsig"):
        pytest.skip("pdfsig is missing: apt-get install poppler-utils")
    command = ["pdfsig", "-nocert", file]
    said = subprocess.run(command, capture_output=True, text=True).stdout

    assert "Signature is Valid." in said
    assert "ETSI.CAdES.detached" in said
    for place in (len(sealed[0]) // 3, len(sealed[0]) // 2):
        changed = bytearray(sealed[0])
        changed[place] ^= 1
        file.write_bytes(changed)
        said = subprocess.run(command, capture_output=True, text=True, errors="replace").stdout
        assert "Signature is Valid." not in said


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "This is no PDF"),
        (b"PK\x03\x04 a letter", "This is no PDF"),
        (b"%PDF-1.7\nnothing follows", "can't be read"),
        (b"%PDF-1.7\n" + b"0" * sealing.MOST_BYTES, "too large"),
    ],
    ids=["empty", "zip", "cut", "large"],
)
def test_what_is_no_pdf_gets_a_clear_answer(app: Flask, data: bytes, words: str) -> None:
    with app.app_context(), pytest.raises(Invalid, match=words):
        paper.check(data)


def test_an_encrypted_pdf_is_refused(app: Flask, ctx: Context) -> None:
    with app.app_context():
        writer = writer_of.copy_into_new_writer(reader.PdfFileReader(io.BytesIO(make(ctx))))
        writer.encrypt("owner", "user")
        out = io.BytesIO()
        writer.write(out)
        with pytest.raises(Invalid, match="encrypted"):
            paper.check(out.getvalue())


def test_a_file_made_to_take_all_memory_is_refused(app: Flask) -> None:
    writer = writer_of.PdfFileWriter()
    bomb = generic.StreamObject(stream_data=bytes(300 * 1024 * 1024))
    bomb.compress()
    stream = writer.add_object(bomb)
    box = generic.ArrayObject(map(generic.NumberObject, (0, 0, 9, 9)))
    writer.insert_page(writer_of.PageObject(contents=stream, media_box=box))
    spec = generic.DictionaryObject(
        {generic.pdf_name("/EF"): generic.DictionaryObject({generic.pdf_name("/F"): stream})}
    )
    pairs = [item for at in range(8) for item in (generic.pdf_string(f"{at}.txt"), spec)]
    names = generic.DictionaryObject({generic.pdf_name("/Names"): generic.ArrayObject(pairs)})
    tree = generic.DictionaryObject({generic.pdf_name("/EmbeddedFiles"): names})
    writer.root[generic.pdf_name("/Names")] = tree
    out = io.BytesIO()
    writer.write(out)

    with app.app_context(), pytest.raises(Invalid, match="can't be read"):
        paper.check(out.getvalue())


def test_without_the_extra_nothing_is_made_and_health_says_so(
    app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "available", lambda: False)
    monkeypatch.setattr(sealing, "available", lambda: False)
    with app.app_context():
        for call in (
            lambda: make(ctx),
            lambda: paper.seal(ctx, b"", ""),
            lambda: paper.check(b""),
        ):
            with pytest.raises(Unavailable):
                call()
        lines = answers.health_check(ctx)

    assert [(line.state, "[pdf]" in line.remedy) for line in lines] == [("off", True)]


@pytest.mark.parametrize(
    "template", ["paper/none.typ", "nobody/plain.typ", "../plain.typ", "paper"]
)
def test_an_unknown_template_is_named(app: Flask, ctx: Context, template: str) -> None:
    with app.app_context(), pytest.raises(ValueError, match=r"template|plugin"):
        paper.pdf(ctx, template, {}, language="en", title="x")


@pytest.mark.parametrize("name", ["../up.json", "a/b.json", "plain", ".json"])
def test_an_attachment_cannot_leave_its_place(app: Flask, ctx: Context, name: str) -> None:
    with app.app_context(), pytest.raises(ValueError, match="called"):
        paper.pdf(ctx, "paper/plain.typ", {}, language="en", title="x", attachments={name: b""})


def test_a_short_code_is_read_as_it_is_typed() -> None:
    digest = "sha256:7d1e94b0c2f853aa0e6d1f47b95c28d3"
    code = paper.short_code(digest)

    assert re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){2}[0-9A-HJKMNP-TV-Z]{4}", code)
    for typed in (code, code.lower(), code.replace("-", " "), code.replace("0", "o")):
        assert digest[7:].startswith(paper.code_digits(typed))
    assert paper.code_digits("not a code") == ""
    assert paper.short_code() != paper.short_code()
