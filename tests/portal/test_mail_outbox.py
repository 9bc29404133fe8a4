"""Mails: written with the deed, in the language of who gets them, sent once and kept safe."""

from __future__ import annotations

import email
import email.policy
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import db, i18n, mail
from portal.clock import FixedClock
from portal.config import Config
from portal.context import Context
from tests.factories import make_account
from tests.portal.smtp import MailServer

TO = "lead@school.example"


@pytest.fixture
def app(any_app: Flask) -> Any:
    with any_app.app_context():
        yield any_app


@pytest.fixture
def config(app: Flask) -> Config:
    found: Config = app.config["PORTAL"]
    return found


def enqueue(ctx: Context, to: str = TO) -> mail.Outbox:
    row: mail.Outbox = mail.Outbox.get_by_id(mail.enqueue(ctx, to, "signin/reset", token="t0ken"))
    return row


def files(app: Flask) -> list[Path]:
    return sorted((app.config["PORTAL"].instance_path / "mail").glob("*"))


def read(path: Path) -> Any:
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def test_a_mail_stands_in_the_outbox_with_text_and_html(app: Flask, ctx: Context) -> None:
    row = enqueue(ctx)
    assert row.subject == "Set a new password for Tessera"
    assert not row.text.startswith(row.subject)
    assert "\nhttp://127.0.0.1:8000/account/reset/t0ken\n" in row.text
    assert '<a href="http://127.0.0.1:8000/account/reset/t0ken">' in row.html
    assert (row.sent_at, row.attempts) == (None, 0)


def test_a_mail_vanishes_with_the_deed_it_tells_of(app: Flask, ctx: Context) -> None:
    with pytest.raises(RuntimeError), db.transaction():
        enqueue(ctx)
        raise RuntimeError
    assert mail.Outbox.select().count() == 0


def test_links_start_with_the_configured_address_whatever_host_was_asked(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal(base_url="https://portal.example/")
    with app.test_request_context("/", headers={"Host": "evil.example"}):
        row = enqueue(Context())
    assert "https://portal.example/account/reset/t0ken" in row.text
    assert "evil" not in row.text + row.html


def test_a_mail_speaks_the_language_of_the_account_it_goes_to(
    app: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Marked:
        def gettext(self, message: str) -> str:
            return f"[{i18n.locale()}] {message}"

    monkeypatch.setattr(i18n.catalogues, "of", lambda _locale: Marked())
    account = make_account(app, locale="lv")
    row = enqueue(ctx, account.email)
    assert row.locale == "lv"
    assert row.subject.startswith("[lv] ") and "[en]" not in row.text
    assert '<html lang="lv">' in row.html
    assert i18n.locale() == "en"
    assert enqueue(ctx).subject.startswith("[en] ")


def test_values_are_text_in_the_html_part(app: Flask, ctx: Context) -> None:
    row = mail.Outbox.get_by_id(
        mail.enqueue(ctx, TO, "signin/reset", token="<script>alert(1)</script>")
    )
    assert "<script>" not in row.html


@pytest.mark.parametrize(
    "to",
    [
        "lead@school.example\nBcc: all@school.example",
        "lead@school.example\r\n\r\nText",
        "lead@school.example, all@school.example",
        "Lead <lead@school.example>",
        "lead",
        "",
        "lead\x00@school.example",
        "läd@school.example",
    ],
)
def test_an_address_can_bring_no_header_with_it(app: Flask, ctx: Context, to: str) -> None:
    with pytest.raises(ValueError):
        mail.enqueue(ctx, to, "signin/reset", token="t")
    assert mail.Outbox.select().count() == 0


def test_a_subject_can_bring_no_header_with_it(
    make_portal: Callable[..., Flask], ctx: Context, clock: FixedClock
) -> None:
    app = make_portal(site_name="A\r\nBcc: all@school.example")
    with app.app_context():
        row = enqueue(ctx)
        assert "\n" not in row.subject
        row.subject = "A\nBcc: all@school.example"
        row.save()
        assert mail.deliver_due(app.config["PORTAL"], clock) == 0
    assert files(app) == []


def test_without_a_mail_server_mails_become_files(
    app: Flask, config: Config, ctx: Context, clock: FixedClock
) -> None:
    row = enqueue(ctx)
    assert mail.deliver_due(config, clock) == 1
    (path,) = files(app)
    assert path.name == f"{row.id:08d}-signin-reset.eml"
    message = read(path)
    assert message["To"] == TO
    assert message["From"] == "Tessera <portal@localhost>"
    assert message["Subject"] == row.subject
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert "/account/reset/t0ken" in message.get_body(("plain",)).get_content()
    assert message.get_body(("html",)).get_content().startswith("<!doctype html>")


@pytest.mark.parametrize("text", ["plain", "Āžū", "x" * 2_000, "Ā" * 2_000])
def test_links_stay_whole_and_no_line_is_too_long_for_mail(
    make_portal: Callable[..., Flask], ctx: Context, clock: FixedClock, text: str
) -> None:
    app = make_portal()
    with app.app_context():
        row = enqueue(ctx)
        row.text += f"{text}\n"
        row.save()
        mail.deliver_due(app.config["PORTAL"], clock)
    lines = files(app)[0].read_bytes().split(b"\r\n")
    assert max(map(len, lines)) <= 998
    if len(text) < 100:
        assert b"http://127.0.0.1:8000/account/reset/t0ken" in lines
    assert text in read(files(app)[0]).get_body(("plain",)).get_content()


def test_a_mail_is_sent_once(config: Config, ctx: Context, clock: FixedClock) -> None:
    enqueue(ctx)
    assert mail.deliver_due(config, clock) == 1
    assert mail.deliver_due(config, clock) == 0


def test_the_text_of_a_sent_mail_is_forgotten(
    config: Config, ctx: Context, clock: FixedClock
) -> None:
    number = enqueue(ctx).id
    mail.deliver_due(config, clock)
    row = mail.Outbox.get_by_id(number)
    assert (row.text, row.html, row.sent_at) == ("", "", clock.now())


def test_the_same_row_always_has_the_same_message_id(
    config: Config, ctx: Context, clock: FixedClock
) -> None:
    row, other = enqueue(ctx), enqueue(ctx)
    first = mail.build(row, config)["Message-ID"]
    clock.moment += timedelta(days=1)
    assert mail.build(mail.Outbox.get_by_id(row.id), config)["Message-ID"] == first
    assert mail.build(other, config)["Message-ID"] != first


def test_letters_of_every_script_arrive(
    app: Flask, config: Config, ctx: Context, clock: FixedClock
) -> None:
    row = enqueue(ctx)
    row.subject, row.text = "Līgums: Ωmega ґ", "Āžū – „citāts“ 😀\n"
    row.save()
    mail.deliver_due(config, clock)
    message = read(files(app)[0])
    assert message["Subject"] == "Līgums: Ωmega ґ"
    assert message.get_body(("plain",)).get_content().strip() == "Āžū – „citāts“ 😀"


def test_a_mail_server_gets_the_message(ctx: Context, clock: FixedClock, app: Flask) -> None:
    with MailServer() as server:
        row = enqueue(ctx)
        assert mail.deliver_due(Config(mail_url=server.url), clock) == 1
    (message,) = server.messages
    assert message["Message-ID"] == mail.build(row, Config())["Message-ID"]
    assert server.recipients == [TO]


def test_a_refused_address_is_not_tried_again_and_the_next_mail_goes_out(
    ctx: Context, clock: FixedClock, app: Flask
) -> None:
    with MailServer(refuse={"gone@school.example": 550}) as server:
        refused, good = enqueue(ctx, "gone@school.example"), enqueue(ctx)
        config = Config(mail_url=server.url)
        assert mail.deliver_due(config, clock) == 1
        clock.moment += timedelta(days=7)
        assert mail.deliver_due(config, clock) == 0
    assert "550" in mail.Outbox.get_by_id(refused.id).error
    assert mail.Outbox.get_by_id(good.id).sent_at


def test_a_server_that_is_away_is_tried_again_later_and_later(
    ctx: Context, clock: FixedClock, app: Flask
) -> None:
    server = MailServer()
    server.close()
    number, pauses = enqueue(ctx).id, []
    for _attempt in range(11):
        assert mail.deliver_due(Config(mail_url=server.url), clock) == 0
        row = mail.Outbox.get_by_id(number)
        pauses.append((row.due_at - clock.now()).total_seconds() / 60)
        clock.moment = row.due_at
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert "refused" in row.error
    with MailServer() as back:
        assert mail.deliver_due(Config(mail_url=back.url), clock) == 1


def test_a_temporary_refusal_is_tried_again(ctx: Context, clock: FixedClock, app: Flask) -> None:
    with MailServer(refuse={TO: 451}) as server:
        number = enqueue(ctx).id
        mail.deliver_due(Config(mail_url=server.url), clock)
        server.refuse.clear()
        clock.moment += timedelta(minutes=1)
        assert mail.deliver_due(Config(mail_url=server.url), clock) == 1
    assert mail.Outbox.get_by_id(number).attempts == 2


def test_a_wrong_mail_setting_is_kept_as_the_error(
    ctx: Context, clock: FixedClock, app: Flask
) -> None:
    number = enqueue(ctx).id
    mail.deliver_due(Config(mail_url="imap://mail.example"), clock)
    assert "Expected smtp://" in mail.Outbox.get_by_id(number).error


def test_who_died_while_sending_leaves_the_mail_to_others_after_the_lease(
    app: Flask, config: Config, ctx: Context, clock: FixedClock
) -> None:
    number = enqueue(ctx).id
    assert mail._claim(number, clock.now())
    assert mail.deliver_due(config, clock) == 0
    clock.moment += mail.LEASE
    assert mail.deliver_due(config, clock) == 1


def test_several_workers_send_each_mail_once(
    app: Flask, config: Config, ctx: Context, clock: FixedClock
) -> None:
    for _mail in range(15):
        enqueue(ctx)
    counts: list[int] = []

    def work() -> None:
        with app.app_context(), db.database.connection_context():
            counts.append(mail.deliver_due(config, clock))

    threads = [threading.Thread(target=work) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(counts) == len(files(app)) == 15


def test_old_rows_are_deleted_but_not_those_that_wait(
    config: Config, ctx: Context, clock: FixedClock, app: Flask
) -> None:
    sent, waiting = enqueue(ctx), enqueue(ctx)
    mail.Outbox.update(sent_at=clock.now()).where(mail.Outbox.id == sent.id).execute()
    clock.moment += mail.KEPT_FOR + timedelta(seconds=1)
    mail.expire(clock)
    assert [row.id for row in mail.Outbox.select()] == [waiting.id]


@pytest.mark.parametrize(
    "kind",
    [
        "signin/verify",
        "signin/reset",
        "signin/known-address",
        "signin/no-account",
        "password-changed",
    ],
)
def test_every_mail_can_be_written_in_every_language(
    make_portal: Callable[..., Flask], kind: str
) -> None:
    with make_portal().app_context():
        for locale in i18n.SHIPPED:
            number = mail.enqueue(Context(locale=locale), TO, kind, token="t")
            row = mail.Outbox.get_by_id(number)
            assert row.locale == locale and row.subject
            assert "{" not in row.subject + row.text and "%(" not in row.text


# What administrators see and do


def test_a_mail_says_how_it_is(app: Flask, config: Config, ctx: Context, clock: FixedClock) -> None:
    row = enqueue(ctx)
    assert row.sent_at is None
    mail.deliver_due(config, clock)
    assert mail.Outbox.get_by_id(row.id).sent_at == clock.now()


def test_a_mail_that_was_given_up_goes_out_when_its_attempts_begin_anew(
    app: Flask, config: Config, ctx: Context, clock: FixedClock
) -> None:
    enqueue(ctx)
    mail.Outbox.update(attempts=mail.MOST_ATTEMPTS, error="refused").execute()
    assert mail.deliver_due(config, clock) == 0
    mail.Outbox.update(attempts=0).execute()
    assert mail.deliver_due(config, clock) == 1
