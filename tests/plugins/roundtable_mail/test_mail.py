"""People who wrote a mail go in by a file, row by row; strangers and late files are refused."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from plugins.roundtable_mail import service
from plugins.roundtables import interface as roundtables
from plugins.roundtables import listing
from plugins.roundtables.models import Interest
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import csrf_token, make_account, sign_in
from tests.plugins.roundtables.conftest import PLUGINS, by, close, mails, make_host, make_series
from tests.visiting import faults

FILE = (
    "name;email;organisation;choices;country\n"
    "Anna;anna@mail.example;=Bad;2 1;LV\n"
    "Otto;otto;Firm;1;DE\n"
    "Emma;emma@mail.example;Firm;7;DE\n"
    "Anna;anna@mail.example;Firm;1;DE\n"
    "Maya;maya@mail.example;Firm;1;Germany\n"
)


@pytest.fixture
def needed() -> list[str]:
    """Name the plugin with what it builds on."""
    return [*PLUGINS, "roundtable_mail"]


def test_a_file_of_mailed_interests_goes_in_row_by_row(
    portal: Flask, ctx: Context, clock: FixedClock
) -> None:
    host, account = make_host(portal)
    row = make_series(ctx, host, [{}, {}])
    mine = by(ctx, account)
    series = roundtables.series(mine, row.slug, "run")

    outcome = service.take_in(mine, series, FILE.encode())

    assert outcome.taken == 1 and [line for line, _why in outcome.problems] == [3, 4, 5, 6]
    made = Interest.get()
    assert (made.source, made.groups["country"], len(made.choices)) == ("mail", "LV", 2)
    assert "who entered your interest here" in mails("anna@mail.example")[-1].text
    assert "'=Bad" in listing.table_of(row)
    for bad in (b"", b"\xff\xfe\x00", b"name\nx"):
        with pytest.raises(Invalid):
            service.take_in(mine, series, bad)
    with pytest.raises((NotFound, NotAllowed)):
        service.take_in(by(ctx, make_account(portal)), series, FILE.encode())
    close(ctx, clock, row)
    with pytest.raises(Conflict, match="no longer fair"):
        service.take_in(mine, series, FILE.encode())


def test_the_host_sees_what_went_in_and_what_did_not(app: Flask, ctx: Context) -> None:
    with app.app_context():
        host, account = make_host(app)
        base = f"/round-tables/{make_series(ctx, host, [{}, {}]).slug}/people"
    client, page = sign_in(app.test_client(), account), f"{base}/import"
    assert page in client.get(base).text

    def sent(data: bytes) -> dict[str, object]:
        token = csrf_token(client, page)
        return {"csrf_token": token, "file": (io.BytesIO(data), "people.csv")}

    done, wrong = client.post(page, data=sent(FILE.encode())), client.post(page, data=sent(b"x"))
    assert done.status_code == 200 and "1 person is entered" in done.text and faults(done) == []
    assert wrong.status_code == 422 and "must name the columns" in wrong.text
    assert faults(wrong) == []
    stranger = sign_in(app.test_client(), make_account(app))
    assert stranger.get(page).status_code == 404
