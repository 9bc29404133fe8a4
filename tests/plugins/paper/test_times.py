"""The time of a seal, confirmed by an authority outside."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from plugins.paper import interface as paper
from plugins.paper import plugin as answers
from plugins.paper import sealing, stamping
from portal.context import Context, system_context
from tests.factories import set_settings

pytest.importorskip("typst")
pytest.importorskip("pyhanko")
authority = pytest.importorskip("tests.plugins.paper.authority")
plain = pytest.importorskip("tests.plugins.paper.test_paper")
sealed = plain.sealed
app = plain.app


@pytest.fixture(scope="module")
def clock() -> Iterator[authority.Authority]:
    """An authority that answers."""
    with authority.listening() as found:
        yield found


@pytest.fixture
def asked(
    app: Flask, clock: authority.Authority, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Context]:
    """A portal that asks it."""
    clock.fault = 0
    with app.app_context():
        set_settings("paper", tsa_url=clock.url, tsa_user="tessera")
        monkeypatch.setenv(stamping.PASSWORD, "secret")
        yield system_context()


def trust(clock: authority.Authority, folder: Path) -> None:
    """Name the authority as one whose times are trusted."""
    (folder / "clocks.pem").write_bytes(clock.pem)
    set_settings("paper", tsa_url=clock.url, tsa_user="tessera", tsa_file="clocks.pem")


def test_an_authority_confirms_when_a_document_was_sealed(
    asked: Context, clock: authority.Authority, tmp_path: Path
) -> None:
    made = paper.seal(asked, plain.make(asked), "for a test")
    [unknown] = paper.check(made).marks
    trust(clock, tmp_path)
    [mark] = paper.check(made).marks

    assert clock.logins[-1].startswith("Basic ")
    assert (unknown.is_valid, unknown.is_time_trusted) == (True, False)
    assert (mark.is_valid, mark.is_time_trusted) == (True, True)
    assert "Clock of tests" in mark.stamper
    assert mark.stamped_at is not None
    assert abs(mark.stamped_at - datetime.now(UTC)) < timedelta(minutes=2)
    assert answers.health_check(asked)[2].state == "ok"


def test_an_authority_that_fails_leaves_the_seal_and_says_so(
    asked: Context, clock: authority.Authority
) -> None:
    clock.fault = 500
    made = paper.seal(asked, plain.make(asked), "for a test")
    before = len(clock.logins)
    again = paper.seal(asked, plain.make(asked), "for a test")
    line = answers.health_check(asked)[2]

    assert len(clock.logins) == before  # it is left alone for a while
    for one in (made, again):
        assert paper.check(one).is_valid
        assert paper.check(one).marks[0].stamped_at is None
    assert line.state == "bad"
    assert "500" in line.detail


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "https://127.0.0.1:9/x?y=1"])
def test_an_authority_that_is_not_there_leaves_the_seal(asked: Context, url: str) -> None:
    set_settings("paper", tsa_url=url)
    made = paper.seal(asked, plain.make(asked), "for a test")

    assert paper.check(made).is_valid
    assert stamping.last().fault  # type: ignore[union-attr]


def test_nobody_is_asked_unless_the_operator_named_an_authority(
    app: Flask, clock: authority.Authority
) -> None:
    before = len(clock.logins)
    with app.app_context():
        made = paper.seal(system_context(), plain.make(system_context()), "for a test")
        line = answers.health_check(system_context())[2]

    assert (len(clock.logins), line.state) == (before, "off")
    assert len(made) > 0


@pytest.mark.parametrize("count", [16, pytest.param(400, marks=pytest.mark.full)])
def test_no_byte_of_a_stamped_seal_can_change(
    asked: Context, clock: authority.Authority, tmp_path: Path, count: int
) -> None:
    trust(clock, tmp_path)
    pdf = paper.seal(asked, plain.make(asked), "for a test")
    known = shutil.copytree(tmp_path / sealing.KNOWN, tmp_path / "known")
    start = pdf.rindex(b"/Contents") + 11
    end = pdf.index(b"0" * 64, start)
    chance, wrong = random.Random(count), []
    for place in sorted(chance.sample(range(start - 2, end), count)):
        changed = bytearray(pdf)
        changed[place] ^= 1 << place % 4
        found = plain.look(bytes(changed), known)
        if any(mark["is_valid"] for mark in found.get("marks", [])):
            wrong.append(place - start)

    assert plain.look(pdf, known)["marks"][0]["is_valid"]
    assert wrong == []


def test_a_file_of_authorities_that_is_not_there_is_named(
    asked: Context, clock: authority.Authority
) -> None:
    set_settings("paper", tsa_url=clock.url, tsa_file="missing.pem")

    line = answers.health_check(asked)[2]
    assert (line.state, "missing.pem" in line.detail) == ("bad", True)
