"""A party signs the PDF with its own tool: what counts, what is refused, and what it shows."""

from __future__ import annotations

import html
import importlib
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from plugins.agreements.models import Agreement, Signature
from plugins.evidence.interface import bundle, signatures
from plugins.outside import plugin
from portal.context import system_context
from tests.factories import csrf_token, set_settings, sign_in
from tests.plugins.agreements.conftest import World
from tests.visiting import faults

pytest.importorskip("typst")
pytest.importorskip("pyhanko")
exporting = importlib.import_module("plugins.agreements.exporting")
tools = importlib.import_module("tests.plugins.outside.signing")
sealing = importlib.import_module("plugins.paper.sealing")
generic = importlib.import_module("pyhanko.pdf_utils.generic")
incremental = importlib.import_module("pyhanko.pdf_utils.incremental_writer")


@pytest.fixture(scope="module")
def key() -> bytes:
    """The key of a seal: making one takes a second or more."""
    made: bytes = sealing._make("Tessera")
    return made


@pytest.fixture(autouse=True)
def make_one_key(monkeypatch: pytest.MonkeyPatch, key: bytes) -> None:
    """Let all portals of these tests seal with the same key."""
    monkeypatch.setattr(sealing, "_make", lambda name: key)


class Visitor:
    """The head of a school, who downloads the PDF and hands in what a tool made of it."""

    def __init__(self, world: World, row: Agreement, at: int = 0) -> None:
        self.path = f"/agreements/{row.public_id}"
        self.client = sign_in(world.app.test_client(), world.heads[at])

    def pdf(self) -> bytes:
        """Download the PDF."""
        return bytes(self.client.get(f"{self.path}/document.pdf").data)

    def hand_in(self, data: bytes, **more: str) -> Any:
        """Hand a file in."""
        page = f"{self.path}/outside"
        values = {
            "csrf_token": csrf_token(self.client, page), "attested": "y", "position": "Head", **more,
        }  # fmt: skip
        return self.client.post(page, data={**values, "file": (io.BytesIO(data), "signed.pdf")})


def test_a_pdf_signed_with_another_tool_counts(world: World) -> None:
    row = world.frozen()
    who, issuer = Visitor(world, row), tools.Issuer()
    page = who.client.get(f"{who.path}/outside")
    pdf = who.pdf()
    data = tools.signed(pdf, issuer.tool("Head of school, card 7"))
    told = who.hand_in(data)

    assert (faults(page), told.status_code) == ([], 303), told.text
    made = Signature.get()
    said = signatures.read(bytes(made.statement))
    assert (made.level, said["level"], made.name) == (
        "outside",
        "outside",
        "Head of school, card 7",
    )
    assert (bytes(made.scan), made.attested_by) == (data, world.heads[0])
    assert made.evidence["issuer"] == "Common Name: Test issuer"
    assert not made.evidence["is_trusted"]
    shown = who.client.get(who.path).text
    for words in ("signed in the PDF, with another tool", "confirms no identity"):
        assert words in shown
    kept = who.client.get(f"{who.path}/signatures/{made.public_id}/scan")
    assert (kept.mimetype, kept.data) == ("application/pdf", data)
    assert "qualified" not in shown

    both = tools.signed(data, issuer.tool("Second head", by_itself=True), "Signature2")
    assert Visitor(world, row, 1).hand_in(both).status_code == 303
    second = Signature.select().order_by(Signature.id.desc()).get()
    assert (second.name, second.evidence["issuer"]) == ("Second head", "")
    assert world.now(row).state == "in_force"
    taken = exporting.make_bundle(world.ctx(world.writers[0]), row.public_id)
    report = bundle.verify(bundle.read(taken))
    assert (list(report.faults), list(report.missing)) == ([], [])
    script = Path(__file__).parents[3] / "docs" / "examples" / "verify_agreement.py"
    module: dict[str, Any] = {"__name__": "script"}
    exec(compile(script.read_text("utf-8"), script, "exec"), module)
    assert "signed with another tool" in " ".join(module["check"](json.loads(taken))[0])


def test_an_issuer_is_confirmed_only_when_the_operator_named_it(
    world: World, tmp_path: Path
) -> None:
    row, issuer = world.frozen(), tools.Issuer()
    who = Visitor(world, row)
    pdf = who.pdf()
    (tmp_path / "issuers.pem").write_bytes(tools.Issuer("Another").pem + issuer.pem)
    set_settings("outside", trusted_file="issuers.pem")

    assert who.hand_in(tools.signed(pdf, issuer.tool("A head"))).status_code == 303
    assert Signature.get().evidence["is_trusted"]
    assert "This portal trusts the issuer." in who.client.get(who.path).text
    assert plugin.health_check(system_context())[0].detail == "2 are trusted"
    set_settings("outside", trusted_file="none.pem")
    assert plugin.health_check(system_context())[0].state == "bad"


def _with_another_text(pdf: bytes) -> bytes:
    """Change what a page shows, as an editor for PDFs would, behind the seal."""
    writer = incremental.IncrementalPdfFileWriter(io.BytesIO(pdf))
    page = writer.root["/Pages"]["/Kids"][0]
    stream = writer.add_object(generic.StreamObject(stream_data=b"0 0 99 99 re f"))
    page["/Contents"] = generic.ArrayObject([stream])
    writer.update_container(page)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _locked() -> bytes:
    """Return a PDF that asks for a password."""
    writer = importlib.import_module("pyhanko.pdf_utils.writer")
    made, out = writer.PdfFileWriter(), io.BytesIO()
    made.encrypt("owner", "user")
    made.write(out)
    return out.getvalue()


def test_other_files_are_refused_and_say_why(world: World) -> None:
    row, other = world.frozen(), world.frozen(languages=("de",))
    who, tool = Visitor(world, row), tools.Issuer().tool("A head")
    pdf = who.pdf()
    foreign = Visitor(world, other).pdf()
    bad = tools.signed(pdf, tool)
    at = len(pdf) + 60  # in what the tool added
    cases = [
        (b"PK\x03\x04 a letter", "This is no PDF"),
        (_locked(), "This PDF is encrypted"),
        (pdf, "Nobody has signed this file yet"),
        (tools.signed(foreign, tool), "This is the PDF of something else"),
        (tools.signed(_with_another_text(pdf), tool), "The content of this file was changed"),
        (bad[:at] + bytes([bad[at] ^ 1]) + bad[at + 1 :], "does not hold|can.t be read|changed"),
    ]
    for data, words in cases:
        told = who.hand_in(data)
        assert told.status_code == 422, words
        assert re.search(words, html.unescape(told.text)), words
    assert who.hand_in(tools.signed(pdf, tool), attested="").status_code == 422
    assert not Signature.select().exists()


class Huge(io.RawIOBase):
    """A file of 200 MB; says how much of it was read."""

    size = 200 * 1024 * 1024
    at = read_so_far = 0

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go somewhere in it."""
        self.at = offset + (self.size if whence == 2 else 0)
        return self.at

    def tell(self) -> int:
        """Say where it stands."""
        return self.at

    def readinto(self, buffer: Any) -> int:
        """Give more zeros."""
        self.read_so_far += len(buffer)
        buffer[:] = bytes(len(buffer))
        return len(buffer)


def test_200_megabytes_are_refused_unread(world: World) -> None:
    row = world.frozen()
    who = Visitor(world, row)
    writer = sign_in(world.app.test_client(), world.writers[0])
    for client, path in (
        (who.client, f"{who.path}/outside"),
        (writer, f"{who.path}/paper"),
        (world.app.test_client(), "/verify"),
    ):
        sent = Huge()
        told = client.post(
            path,
            input_stream=sent,
            content_type="multipart/form-data; boundary=x",
            headers={"X-CSRFToken": csrf_token(client, path)},
        )
        assert (told.status_code, "Send a smaller file" in told.text) == (413, True)
        assert sent.read_so_far < 21 * 1024 * 1024
        assert faults(told) == []
    assert Signature.select().count() == 0


def test_an_earlier_text_a_second_signature_and_strangers_are_refused(world: World) -> None:
    row = world.frozen()
    who, tool = Visitor(world, row), tools.Issuer().tool("A head")
    data = tools.signed(who.pdf(), tool)
    world.change(row, 0, "objectives", other="Other words")
    assert who.client.get(f"{who.path}/outside").status_code in (403, 409)
    for at in (0, 1):
        world.agree(row, at)

    late = who.hand_in(data)
    assert (late.status_code, "The text changed since" in late.text) == (409, True)
    assert who.hand_in(tools.signed(who.pdf(), tool)).status_code == 303
    assert who.client.get(f"{who.path}/outside").status_code == 409
    stranger = sign_in(world.app.test_client(), world.heads[2])
    assert stranger.get(f"{who.path}/outside").status_code == 404
    assert Signature.select().count() == 1
