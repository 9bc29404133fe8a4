"""What the notice board promises."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from tessera_pinboard.models import Notice

from portal.people.models import Account

NOTICE = {"kind": "offer", "title": "Bench free in May", "text": "For two joiners.", "town": "Riga"}


@pytest.fixture
def pinned(join, fill) -> str:
    """The address of a notice that Anna wrote."""
    return fill(join("anna"), "/pinboard/new", **NOTICE).location


def test_everybody_reads_what_somebody_pinned(visitor, pinned):
    assert "Bench free in May" in visitor.get("/pinboard/").text
    assert "For two joiners." in visitor.get(pinned).text
    assert "Riga" in visitor.get(pinned).text


def test_the_home_page_shows_the_newest_notices(visitor, pinned):
    assert "Bench free in May" in visitor.get("/").text


@pytest.mark.parametrize(
    ("field", "text"), [("title", " "), ("text", ""), ("kind", "odd"), ("title", "a" * 81)]
)
def test_what_cannot_be_taken_is_refused_beside_its_field(field, text, join, fill):
    answer = fill(join("anna"), "/pinboard/new", **{**NOTICE, field: text})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert Notice.select().count() == 0


def test_nobody_pins_without_an_account(visitor):
    assert visitor.get("/pinboard/new").status_code == 303
    assert "/account/sign-in" in visitor.get("/pinboard/new").location


def test_a_notice_goes_by_itself(visitor, pinned):
    Notice.update(expires_at=Notice.get().created_at - timedelta(days=1)).execute()

    assert visitor.get(pinned).status_code == 404
    assert "Bench free in May" not in visitor.get("/pinboard/").text


def test_its_writer_takes_it_down(app: Flask, pinned, fill):
    anna = app.test_client()
    fill(anna, "/account/sign-in", email="anna@school.example", password="clear water runs deep")

    assert fill(anna, f"{pinned}/take-down", page=pinned).status_code == 303
    assert Notice.select().count() == 0


def test_a_stranger_does_not_take_it_down(pinned, join, fill):
    bert = join("bert")

    assert fill(bert, f"{pinned}/take-down", page="/pinboard/new").status_code == 403
    assert Notice.select().count() == 1


def test_a_notice_outlives_the_account_of_its_writer(visitor, pinned):
    Account.delete().execute()

    assert "somebody whose account is gone" in visitor.get(pinned).text
    assert "Bench free in May" in visitor.get("/").text


def test_the_board_speaks_german(visitor):
    assert "Am Brett hängt noch nichts." in visitor.get("/pinboard/?lang=de").text
