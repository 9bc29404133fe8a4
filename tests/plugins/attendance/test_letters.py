"""The one mail after a table: to those who came, once, and not to those who said no."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.attendance import keeping, letters, surveys
from plugins.attendance.models import Letter, Spent, Tally
from plugins.roundtables import interface as roundtables
from plugins.roundtables.models import Interest
from portal import mail
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import PortalError
from tests.factories import csrf_token
from tests.plugins.attendance.conftest import Held, system


def written() -> list[mail.Outbox]:
    """Return the mails of this kind, the first first."""
    return list(
        mail.Outbox.select().where(mail.Outbox.kind == letters.KIND).order_by(mail.Outbox.id)
    )


def test_those_who_came_are_written_to_once_whatever_stops_in_between(
    held_anywhere: Held, ctx: Context, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, people = held_anywhere, held_anywhere.people
    Interest.update(lang="lv").where(Interest.id == people[0].id).execute()
    Interest.update(state="withdrawn").where(Interest.id == people[1].id).execute()
    letters.choose(ctx, held.series, held.seats[2], False)
    assert letters.is_silent(held.seats[2]) and held.seats[2].state == "attended"
    clock.moment -= timedelta(minutes=30)
    assert letters.look_after(system(ctx)) == 0  # the host may still correct who came
    clock.moment += timedelta(hours=1)
    real, calls = mail.enqueue, []

    def stop_at_second(*given: Any, **values: Any) -> int:
        calls.append(given)
        if len(calls) == 2:
            raise PortalError("stopped")
        return real(*given, **values)

    monkeypatch.setattr(mail, "enqueue", stop_at_second)
    with pytest.raises(PortalError):
        letters.look_after(system(ctx))
    assert len(written()) == Letter.select().where(Letter.is_wanted).count() == 1

    assert letters.look_after(system(ctx)) == 1
    assert letters.look_after(system(ctx)) == 0

    to = {row.recipient: row for row in written()}
    assert set(to) == {people[0].email, people[3].email}
    assert to[people[0].email].locale == "lv"
    assert held.path(0) in to[people[0].email].text and "survey" not in held.path(0)
    assert "questions wait" in to[people[3].email].text
    late = held.seats[4]
    held.do(lambda host, series, table: roundtables.mark(host, series, late, "attended"))
    surveys.answer(ctx, held.table, late, {"useful": "5"})
    clock.moment += timedelta(days=1)
    sent = letters.look_after(system(ctx))
    assert sent == int(letters.paper.available())  # nothing is left to say but the certificate
    assert all("questions wait" not in row.text for row in written()[2:])
    columns = {name for model in (Spent, Tally) for name in model._meta.columns}
    assert not columns & {"seat_id", "interest_id"}  # an answer and a mail have nothing in common
    Interest.delete().execute()
    keeping.forget(system(ctx))
    assert Letter.select().count() == 0


def test_the_mail_is_declined_and_wanted_again_on_the_own_page(
    app: Flask, shown: Held, ctx: Context
) -> None:
    client, path = app.test_client(), shown.path(0)
    token = {"csrf_token": csrf_token(client, path)}
    assert "Don't write to me" in client.get(path).text.replace("&#39;", "'")
    assert client.post(f"{path}/letter", data=token).status_code == 303
    assert "We will not write to you" in client.get(path).text
    with app.app_context():
        assert letters.look_after(system(ctx)) == 3
    assert client.post(f"{path}/letter", data={**token, "wanted": "yes"}).status_code == 303
    with app.app_context():
        assert letters.look_after(system(ctx)) == 1
    assert "One mail after the table" not in client.get(path).text
