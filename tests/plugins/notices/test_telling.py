"""Who is told what, in which language, by which mail; once, whatever dies between."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from plugins.claims import service as claims
from plugins.claims.models import CLAIM
from plugins.notices import queries, rules, service
from plugins.notices.models import Notice
from portal import db, events, mail, objects
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.i18n import catalogues, in_locale
from portal.i18n import lazy_gettext as lazy
from portal.mail import Outbox
from tests import faults
from tests.factories import make_account, make_organisation, sign_in
from tests.plugins.notices.conftest import KIND, acting, choose
from tests.plugins.rules.conftest import work

TITLE = lazy("Accepted: your request about %(organisation)s", organisation="Riga <School>")


def sent(app: Flask, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> list[EmailMessage]:
    """Deliver what is due; returns the messages as they went out."""
    found: list[EmailMessage] = []
    monkeypatch.setattr(mail, "_write", lambda _folder, _row, message: found.append(message))
    mail.deliver_due(app.config["PORTAL"], clock)
    return found


def kinds_of_mails() -> list[str]:
    return [row.kind for row in Outbox.select().order_by(Outbox.id)]


def test_a_notice_is_told_in_the_language_of_its_reader(
    any_notices: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_account(any_notices, locale="de")
    german = "Angenommen: %(organisation)s"
    monkeypatch.setitem(catalogues.of("de")._catalog, TITLE.message, german)  # type: ignore[attr-defined]

    assert service.notify(ctx, person.id, KIND, TITLE, "The letter fits.", "/tasks")

    row, notice = Outbox.get(), Notice.get()
    assert (row.locale, row.subject) == ("de", "Angenommen: Riga <School>")
    assert "The letter fits." in row.text
    assert "https://portal.example/tasks" in row.text
    assert "<School>" not in row.html
    assert str(rules.words_of(notice.title)) == "Accepted: your request about Riga <School>"
    with in_locale("de"):
        assert str(rules.words_of(notice.title)) == "Angenommen: Riga <School>"


@pytest.mark.parametrize(("how", "mails"), [("at_once", 1), ("daily", 0), ("none", 0)])
def test_a_person_is_told_as_they_chose(app: Flask, ctx: Context, how: str, mails: int) -> None:
    person = make_account(app)
    choose(ctx, person, how)

    assert service.notify(ctx, person.id, KIND, TITLE)

    assert (Notice.select().count(), Outbox.select().count()) == (1, mails)


def test_of_the_same_subject_a_person_is_told_once(any_notices: Flask, ctx: Context) -> None:
    person, other = make_account(any_notices), make_account(any_notices)
    for who in (person, person, other):
        assert service.notify(ctx, who.id, KIND, TITLE, subject="case 1")

    assert (Notice.select().count(), Outbox.select().count()) == (2, 2)


def test_nobody_is_told_who_was_shut_out_never_confirmed_or_is_not_there(
    app: Flask, ctx: Context
) -> None:
    people = [
        make_account(app, disabled_at=ctx.clock.now()).id,
        make_account(app, verified=False).id,
        9_999,
    ]

    assert [service.notify(ctx, number, KIND, TITLE) for number in people] == [False] * 3
    assert Notice.select().count() == 0


def test_an_address_elsewhere_is_left_out(app: Flask, ctx: Context) -> None:
    person = make_account(app)
    for url in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        service.notify(ctx, person.id, KIND, TITLE, url=url)

    assert [row.url for row in Notice.select()] == ["", "", ""]


# The daily mail


def test_the_daily_mail_names_what_was_not_read_and_goes_out_once(
    any_notices: Flask, ctx: Context, clock: FixedClock
) -> None:
    person, other = make_account(any_notices), make_account(any_notices)
    for who in (person, other):
        choose(ctx, who, "daily")
    for number in range(3):
        service.notify(ctx, person.id, KIND, lazy("Number %(n)s", n=number), url="/tasks")
    service.open_notice(acting(ctx, person), Notice.select().order_by(Notice.id).get().id)
    service.notify(ctx, other.id, KIND, TITLE)
    service.mark_read(acting(ctx, other))

    assert service.send_digests(ctx) == 0  # it is noon; they go out at five
    clock.moment += timedelta(hours=17)
    assert service.send_digests(ctx) == 1
    assert service.send_digests(ctx) == 0

    row = Outbox.get()
    assert row.recipient == person.email
    assert row.subject == "2 new notices at Tessera"
    assert "Number 1" in row.text and "Number 2" in row.text and "Number 0" not in row.text


def test_a_daily_mail_that_dies_at_any_statement_is_written_once(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    people = [make_account(app) for _number in range(2)]
    for person in people:
        choose(ctx, person, "daily")
        service.notify(ctx, person.id, KIND, TITLE)
    clock.moment += timedelta(days=1)
    image = sqlite3.connect(":memory:")
    db.database.connection().backup(image)
    for number in range(1, faults.MOST_STATEMENTS):
        image.backup(db.database.connection())
        with faults.failing_at(number) as tried, contextlib.suppress(faults.Fault):
            service.send_digests(ctx)
        died = len(tried) >= number
        service.send_digests(ctx)

        written = sorted(row.recipient for row in Outbox.select())
        assert written == sorted(person.email for person in people), number
        if not died:
            break
    assert number > 8


def test_whoever_chooses_something_else_gets_no_daily_mail_about_what_waited(
    app: Flask, ctx: Context, clock: FixedClock
) -> None:
    person = make_account(app)
    choose(ctx, person, "daily")
    service.notify(ctx, person.id, KIND, TITLE)
    choose(ctx, person, "none")
    clock.moment += timedelta(days=1)

    assert service.send_digests(ctx) == 0


@pytest.mark.parametrize("wrong", [{KIND: "weekly"}, {"moon.rises": "daily"}])
def test_a_choice_that_is_none_is_refused(app: Flask, ctx: Context, wrong: Any) -> None:
    with pytest.raises(Invalid):
        service.choose(acting(ctx, make_account(app)), wrong)


@pytest.mark.parametrize(
    ("raw", "remedy"),
    [
        ({"kind": "tasks.x", "title": "X", "defalt": "none"}, "Did you mean 'default'?"),
        ({"kind": "other.x", "title": "X"}, "name it tasks."),
        ({"kind": "tasks.x"}, "give a title"),
        ({"kind": "tasks.x", "title": "X", "default": "often"}, "Choose one of at_once"),
    ],
)
def test_a_kind_that_can_not_be_used_is_refused_with_the_remedy(raw: Any, remedy: str) -> None:
    with pytest.raises(ValueError, match=re.escape(remedy)):
        rules.checked_kind("tasks", raw)


# Stopping


def test_mails_carry_the_headers_of_one_click(
    app: Flask, ctx: Context, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_account(app)
    service.notify(ctx, person.id, KIND, TITLE, "https://evil.example/notices/stop/x")

    message = sent(app, clock, monkeypatch)[0]

    raw = message.as_bytes().decode()
    found = re.search(
        r"^List-Unsubscribe: <(https://portal.example/notices/stop/\S+)>\r?$", raw, re.M
    )
    assert found, raw
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in raw
    assert service.opened("stop", found[1].rpartition("/")[2]) == (person.id, KIND)


def test_stopping_the_daily_mail_leaves_what_comes_at_once(app: Flask, ctx: Context) -> None:
    person = make_account(app)
    token = service.stop_path(person.id, service.DIGEST).rpartition("/")[2]
    choose(ctx, person, "daily", "tasks.late")

    service.stop(ctx, token)

    made = queries.choices(person.id, queries.kinds(ctx).values())
    assert (made["tasks.late"], made[KIND], made["notices.member_added"]) == (
        "none", "at_once", "none",
    )  # fmt: skip


@pytest.mark.parametrize("token", ["", "x", "1-claims.decided.AAAA", "é", "1-claims.decided"])
def test_a_made_up_link_stops_nothing(app: Flask, ctx: Context, token: str) -> None:
    with pytest.raises(NotFound):
        service.stop(ctx, token)


# What tells


def test_a_decision_is_told_by_a_notice_and_by_the_old_mail_without_notices(
    make_portal: Callable[..., Flask], ctx: Context, tmp_path: Path
) -> None:
    seen = []
    for plugins in (["claims", "notices"], ["claims"]):
        app = make_portal(f"sqlite:///{tmp_path / plugins[-1]}.db", plugins=plugins)
        with app.app_context():
            person, reviewer = make_account(app), make_account(app, role="Reviewer")
            entry = make_organisation()
            case = claims.open_case(
                acting(ctx, person), entry, CLAIM, message="We.", proof="letter"
            )
            claims.decide_case(acting(ctx, reviewer), case, True, "The letter fits.")
            seen.append(kinds_of_mails()[-1])
        db.database.close()

    assert seen == ["notices/notice", "claims/case_decided"]


def test_being_let_act_for_an_organisation_is_told_once(any_notices: Flask, ctx: Context) -> None:
    person, admin = make_account(any_notices), make_account(any_notices)
    school = make_organisation("Riga School", admin=admin)
    named = {"account": person.id, "role": "OrgEditor"}
    events.emit(acting(ctx, admin), "member.added", "organisation", school.id, **named)
    events.emit(acting(ctx, person), "member.added", "organisation", school.id, **named)
    events.emit(acting(ctx, admin), "member.removed", "organisation", school.id, account=person.id)
    work(any_notices, ctx)

    rows = list(Notice.select().order_by(Notice.id))
    assert sorted(str(rules.words_of(row.title)) for row in rows) == [
        "You may act for Riga School", "You no longer act for Riga School",
    ]  # fmt: skip
    assert kinds_of_mails() == ["notices/notice"]


def test_asking_for_notices_that_are_not_there_does_nothing(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    app = make_portal(plugins=[])
    with app.app_context():
        hooks = objects.registry().hooks
        assert hooks.call("notice_tell", ctx, account_id=1, notice={}) == []
        assert hooks.call("of_a_plugin_that_is_not_there", ctx) == []


def test_reviewers_are_told_when_something_begins_to_wait_for_them(
    any_notices: Flask, ctx: Context
) -> None:
    first, own, never = (make_account(any_notices, role="Reviewer") for _number in range(3))
    make_account(any_notices)
    choose(ctx, first, "at_once", "tasks.waiting")
    choose(ctx, never, "none", "tasks.waiting")
    entry = make_organisation("Escuela de Vigo")
    case = claims.open_case(acting(ctx, own), entry, CLAIM, message="I lead it.", proof="letter")
    work(any_notices, ctx)
    work(any_notices, ctx)

    found = {row.account_id: row for row in Notice.select().where(Notice.kind == "tasks.waiting")}
    assert set(found) == {first.id, never.id}  # four eyes: not whoever asked
    said = str(rules.words_of(found[first.id].title))
    assert said == "This waits for your decision: Claim: Escuela de Vigo"
    assert found[first.id].url == f"/organisations/cases/{case.public_id}"
    mails = Outbox.select().where(Outbox.kind == "notices/notice")
    assert [row.recipient for row in mails] == [first.email]


def test_what_is_about_a_made_up_organisation_is_marked_on_the_page_and_in_mails(
    app: Flask, ctx: Context
) -> None:
    person, reviewer = make_account(app), make_account(app, role="Reviewer")
    invented = make_organisation("Invented school", is_fictional=True)
    real = make_organisation("Real school")
    for at, school in enumerate((real, invented)):
        case = claims.open_case(acting(ctx, person), school, "wrong-fact", message="It is in Kiel.")
        claims.decide_case(acting(ctx, reviewer), case, True, "Mended.")
        choose(ctx, person, "daily")
        assert [bool(row.title.get(rules.MADE_UP)) for row in Notice.select().order_by(Notice.id)] == [
            False, True
        ][: at + 1]  # fmt: skip
    assert "made up for demonstration" not in Outbox.get(Outbox.kind == "notices/notice").text
    ctx.clock.moment += timedelta(days=1)  # type: ignore[attr-defined]
    service.send_digests(ctx)
    digest = Outbox.get(Outbox.kind == "notices/digest").text
    assert "about Invented school (demonstration)\n" in digest
    assert "Real" not in digest
    choose(ctx, person, "at_once")
    case = claims.open_case(acting(ctx, person), invented, "wrong-fact", message="It is in Köln.")
    claims.decide_case(acting(ctx, reviewer), case, True, "Mended.")
    service.notify(
        ctx, person.id, KIND, "Plain", is_fictional=True, subject=f"claims_case {case.id} x"
    )

    last = list(Outbox.select().where(Outbox.kind == "notices/notice").order_by(Outbox.id))[-2:]
    assert all("made up for demonstration" in row.text for row in last)
    page = sign_in(app.test_client(), person).get("/account/notices").text
    assert page.count("tag-demo") == 3
