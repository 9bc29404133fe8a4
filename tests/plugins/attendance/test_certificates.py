"""Certificates: who gets one, what the public page says, and that it holds when names are gone."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
from flask import Flask

from plugins.attendance import certificates, keeping
from plugins.attendance.models import Certificate
from plugins.paper import interface as paper
from plugins.roundtables import after
from plugins.roundtables.models import Interest
from plugins.roundtables.models import Series as SeriesRow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid
from tests.factories import csrf_token
from tests.plugins.attendance.conftest import Held, system
from tests.visiting import faults

pytestmark = pytest.mark.skipif(not paper.available(), reason="the extra pdf is missing")


def test_a_certificate_proves_who_was_there_and_names_nobody(
    app: Flask, shown: Held, ctx: Context, clock: FixedClock
) -> None:
    with app.app_context():
        named = Interest.update(name="Jānis Bērziņš", lang="lv")
        named.where(Interest.id == shown.people[0].id).execute()
    path = shown.path(0)
    client = app.test_client()
    token = csrf_token(client, path)
    made = client.post(f"{path}/certificate", data={"csrf_token": token})
    assert made.status_code == 200 and made.data.startswith(b"%PDF-")
    assert made.headers["Cache-Control"] == "no-store"
    code = re.search(r"certificate-(\S+)\.pdf", made.headers["Content-Disposition"])[1]  # type: ignore[index]
    page = f"/round-tables/certificates/{code}"

    opened = client.get(page)
    right = client.post(page, data={"csrf_token": token, "name": "janis berzins"})
    wrong = client.post(page, data={"csrf_token": token, "name": "Anna Ozola"})
    token = csrf_token(client, "/round-tables/certificates")
    handed = client.post(
        "/round-tables/certificates",
        data={"csrf_token": token, "file": (io.BytesIO(made.data), "paper.pdf")},
    )

    assert opened.status_code == 200 and "Jānis" not in opened.text and faults(opened) == []
    assert "Recognition" in opened.text and "Type the name" in opened.text
    assert "this is its name" in right.text and "another name" in wrong.text
    assert "this is its name" in handed.text and faults(handed) == []
    for typed in (code[:-1] + ("0" if code[-1] != "0" else "1"), "x" * 12, "7K4M"):
        assert client.get(f"/round-tables/certificates/{typed}").status_code == 404
    with app.app_context():
        row = Certificate.get()
        assert "Jānis" not in str(row.__data__) and code not in str(row.__data__)
        seat = next(one for one in shown.seats if one.name == "Jānis Bērziņš")
        with pytest.raises(Invalid):
            certificates.revoke(shown.host, shown.series, seat, " ")

        # Names are deleted on schedule; the paper stays good, and the host's reason would be shown.
        SeriesRow.update(state="held", over_at=clock.moment).execute()
        clock.moment += timedelta(days=181)
        after.forget(system(ctx))
        keeping.forget(system(ctx))
        assert Interest.select().count() == 0
        assert certificates.check(code, "Jānis Bērziņš").is_name is True
        assert certificates.check_file(made.data).is_sealed is True
    assert client.get(path).status_code == 404


def test_who_was_not_there_gets_none_and_a_revoked_one_says_why(held: Held, ctx: Context) -> None:
    series, table = held.series, held.table
    came = next(seat for seat in held.seats if seat.state == "attended")
    away = next(seat for seat in held.seats if seat.state == "accepted")
    with pytest.raises(Conflict, match="those who came"):
        certificates.issue(ctx, series, table, away)
    with pytest.raises(Conflict):
        certificates.revoke(held.host, series, came, "Was not there.")

    certificates.issue(ctx, series, table, came)
    certificates.revoke(held.host, series, came, "Was not there.")

    found = certificates.check(certificates.code_of(came), came.name)
    assert (found.kind, found.reason) == ("revoked", "Was not there.")
    with pytest.raises(Conflict, match="revoked"):
        certificates.issue(ctx, series, table, came)
    with pytest.raises(Invalid):
        certificates.check_file(b"no pdf at all")
