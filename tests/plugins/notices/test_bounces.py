"""Mails that come back: what counts, what stops, and what hostile messages can't do."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask

from plugins.notices import bounces, cli, reports, service
from plugins.notices.models import Bounce
from portal import mail
from portal.audit import AuditEntry
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import NotAllowed
from portal.i18n import lazy_gettext as lazy
from portal.mail import Outbox
from tests.factories import make_account, post, sign_in
from tests.plugins.notices.conftest import KIND, acting
from tests.visiting import Visitor

TITLE = lazy("Decided")


def report(message_id: str, status: str = "5.1.1", action: str = "failed", to: str = "x") -> bytes:
    """Return a delivery status notification as servers write it."""
    return f"""From: MAILER-DAEMON@mx.example
To: bounces@portal.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge"

--edge
Content-Type: text/plain

I'm sorry.

--edge
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such user <b>here</b>

--edge
Content-Type: text/rfc822-headers

Message-ID: {message_id}
To: {to}

--edge--
""".replace("\n", "\r\n").encode()


def send_one(app: Flask, ctx: Context, person: Any, number: int = 0) -> str:
    """Let a mail go out to a person; returns its Message-ID."""
    service.notify(ctx, person.id, KIND, TITLE, subject=f"case {number}")
    mail.deliver_due(app.config["PORTAL"], ctx.clock)
    row = Outbox.select().order_by(Outbox.id.desc()).get()
    return str(mail.build(row, app.config["PORTAL"])["Message-ID"])


def test_an_address_that_does_not_exist_gets_no_more_but_what_signs_people_in(
    any_notices: Flask, ctx: Context
) -> None:
    person = make_account(any_notices)
    name = send_one(any_notices, ctx, person)

    assert bounces.take(ctx, report(name)) == ("stopped", person.email)
    assert bounces.take(ctx, report(name)) == ("stopped", person.email)

    assert Bounce.get().said == "smtp; 550 5.1.1 No such user <b>here</b>"
    mail.enqueue(ctx, person.email.upper(), "notices/notice", title="T", body="")
    mail.enqueue(ctx, person.email, "password-changed")
    mail.deliver_due(any_notices.config["PORTAL"], ctx.clock)
    held, let = Outbox.select().order_by(Outbox.id.desc()).limit(2)[::-1]
    assert (held.sent_at, held.attempts) == (None, mail.MOST_ATTEMPTS)
    assert let.sent_at is not None
    assert "came back (5.1.1)" in held.error
    acts = [row.action for row in AuditEntry.select().where(AuditEntry.action == "mail.stopped")]
    assert acts[:1] == ["mail.stopped"]


def test_what_comes_back_for_the_time_being_counts_once_a_mail_and_stops_at_the_setting(
    any_notices: Flask, ctx: Context, clock: FixedClock
) -> None:
    person, outcomes = make_account(any_notices), []
    for number in range(5):
        name = send_one(any_notices, ctx, person, number)
        assert bounces.take(ctx, report(name, "4.2.2", "delayed"))[0] == "nothing"
        outcomes.append(bounces.take(ctx, report(name, "4.2.2"))[0])
        bounces.take(ctx, report(name, "4.2.2"))
        clock.moment += timedelta(hours=1)

    assert outcomes == ["temporary"] * 4 + ["stopped"]
    assert Bounce.get().stopped_at is not None


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0\xff\xfe",
        b"Subject: I am on holiday\r\n\r\nBack on Monday.",
        report("<1.aaaaaaaaaaaaaaaaaaaaaaaa@portal.example>", "2.0.0", "delivered"),
        report("<1.aaaaaaaaaaaaaaaaaaaaaaaa@portal.example>", "nonsense"),
        report("<1.aaaaaaaaaaaaaaaaaaaaaaaa@portal.example>", action="relayed"),
    ],
)
def test_what_is_no_report_of_a_failure_does_nothing(app: Flask, ctx: Context, raw: bytes) -> None:
    assert bounces.take(ctx, raw) == ("nothing", "")


@pytest.mark.parametrize(
    "name",
    [
        "<1.aaaaaaaaaaaaaaaaaaaaaaaa@portal.example>",
        "<999999999999999.aaaaaaaaaaaaaaaaaaaaaaaa@portal.example>",
        "<9999999999999999999.aaaaaaaaaaaaaaaaaaaaaaaa@x>",
        "<no@one.example>",
    ],
)
def test_a_made_up_message_id_stops_nobodys_mails(
    any_notices: Flask, ctx: Context, name: str
) -> None:
    send_one(any_notices, ctx, make_account(any_notices))

    assert bounces.take(ctx, report(name)) == ("unknown", "")
    assert Bounce.select().count() == 0


def nested(depth: int) -> bytes:
    """Return a message inside a message inside a message."""
    head = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (at, at)
        for at in range(depth)
    )
    return (
        head + b"Content-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\nAction: failed\r\n"
    )


STATUS_PART = b"Content-Type: message/delivery-status\r\n"
HOSTILE = {
    "deep": nested(5_000),
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
    "long": b"Content-Type: text/plain\r\n\r\n" + b"x" * 3_000_000,
    "long line of a header": b"Subject: " + b"=?utf-8?b?" * 50_000 + b"\r\n\r\n",
    "many parts": b'Content-Type: multipart/report; boundary="b"\r\n\r\n'
    + b"--b\r\n\r\nx\r\n" * 30_000,
    "unknown character set": STATUS_PART.replace(b"\r\n", b"; charset=klingon\r\n")
    + b"\r\nStatus: 5.1.1\r\nAction: \xff\xfefailed\r\n",
    "wrong base64": STATUS_PART + b"Content-Transfer-Encoding: base64\r\n\r\n!!!!\r\n",
    "no boundary": b"Content-Type: multipart/report\r\n\r\nStatus: 5.1.1\r\n",
    "status of a page": STATUS_PART + b"\r\nStatus: " + b"5" * 100_000 + b"\r\nAction: failed\r\n",
    "headers without end": b"Status: 5.1.1\r\n" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_does_nothing_in_little_time(app: Flask, ctx: Context, name: str) -> None:
    outcome, address = bounces.take(ctx, HOSTILE[name])

    assert outcome in {"nothing", "unknown"}
    assert address == ""


def test_a_report_that_was_damaged_anywhere_never_raises() -> None:
    dice, whole = random.Random(7), report("<1.aaaaaaaaaaaaaaaaaaaaaaaa@portal.example>")
    for _round in range(400):
        raw = bytearray(whole)
        for _change in range(dice.randint(1, 40)):
            at = dice.randrange(len(raw))
            raw[at : at + dice.randint(0, 9)] = dice.randbytes(dice.randint(0, 9))
        found = reports.read(bytes(raw))
        assert found is None or found.status[0] in "45"


def test_the_command_reads_a_report_from_its_input(app: Flask, ctx: Context) -> None:
    person = make_account(app)
    name = send_one(app, ctx, person)

    run = CliRunner().invoke(cli.bounce, ["--json"], obj=lambda: app, input=report(name))
    other = CliRunner().invoke(cli.bounce, [], obj=lambda: app, input=b"Hello")

    assert (run.exit_code, run.output.strip()) == (
        0, f'{{"outcome": "stopped", "address": "{person.email}"}}',
    )  # fmt: skip
    assert "no report of a mail that came back" in other.output


def test_its_owner_sees_a_banner_says_that_it_works_and_gets_mails_again(
    app: Flask, ctx: Context
) -> None:
    person = make_account(app)
    client = sign_in(app.test_client(), person)
    assert "Mails to you come back" not in Visitor(client)("/account/notices").text
    bounces.take(ctx, report(send_one(app, ctx, person)))

    home = Visitor(client)("/")
    assert "Mails to you come back: check your address." in home.text
    assert "/account/address" in home.links
    page = Visitor(client)("/account/address").text
    assert "No such user &lt;b&gt;here&lt;/b&gt;" in page
    assert post(client, "/account/address").status_code == 303

    assert Bounce.select().count() == 0
    assert "Mails to you come back" not in Visitor(client)("/").text
    assert "nothing to do" in Visitor(client)("/account/address").text


def test_administrators_see_bounces_take_them_as_a_file_and_clear_one(
    app: Flask, ctx: Context
) -> None:
    admin = sign_in(app.test_client(), make_account(app, role="SiteAdmin"))
    assert "portal mail bounce" in Visitor(admin)("/setup/bounces").text
    person, other = make_account(app), make_account(app)
    bounces.take(ctx, report(send_one(app, ctx, person)))
    bounces.take(ctx, report(send_one(app, ctx, other), "4.4.1"))

    page = Visitor(admin)("/setup/bounces").text
    assert person.email in page and "no more mails" in page and "counted" in page
    assert "4.4.1" in admin.get("/setup/bounces?format=csv").text
    number = Bounce.get(Bounce.address == person.email).id
    assert post(admin, f"/setup/bounces/{number}/clear", "/setup/bounces").status_code == 303
    assert post(admin, "/setup/bounces/99/clear", "/setup/bounces").status_code == 404

    assert [row.address for row in Bounce.select()] == [other.email]
    assert AuditEntry.select().where(AuditEntry.action == "mail.resumed").count() == 1
    with pytest.raises(NotAllowed):
        bounces.clear(acting(ctx, other), Bounce.get().id)
