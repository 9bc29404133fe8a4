"""Signing in with a second step: codes, replay, guessing, who needs one."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from plugins.signin import cli, factors, rules, second_step, steps
from plugins.signin.models import BackupCode, Duty, Factor, Step
from portal import db, mail
from portal.clock import FixedClock
from portal.context import Actor, system_context
from portal.errors import Invalid, TooMany
from portal.people import throttle
from portal.people.models import Account, Session
from tests.factories import (
    NOON,
    PASSWORD,
    audited,
    clocked,
    make_account,
    post,
    set_settings,
    sign_in,
)
from tests.plugins.signin.conftest import SECRET, begin, give_app, is_signed_in, shown_codes
from tests.visiting import Visitor

STEP = "/account/second-step"
OWN = "/account/second-steps"
APP = f"{OWN}/app"


def set_up_app(client: FlaskClient, clock: FixedClock) -> Any:
    """Set up an app through the pages, as people do."""
    assert post(client, APP, page=OWN).location == APP
    secret = re.search(r"app-secret\">([A-Z2-7 ]+)<", client.get(APP).text)
    assert secret
    shown = pyotp.TOTP(secret[1].replace(" ", "")).at(clock.now())
    return post(client, f"{APP}/confirm", page=APP, code=shown, name="My phone")


def test_an_app_counts_once_its_code_was_written_and_backup_codes_are_shown_once(
    app: Flask, client: FlaskClient, clock: FixedClock, visit: Visitor
) -> None:
    account = make_account(app)
    sign_in(client, account)
    visit(OWN)
    post(client, APP, page=OWN)
    visit(APP)
    refused = post(client, f"{APP}/confirm", page=APP, code="123")
    assert refused.status_code == 422 and Factor.select().count() == 0
    answer = set_up_app(client, clock)
    codes = shown_codes(answer.text)
    assert len(set(codes)) == 10
    assert answer.headers["Cache-Control"] == "no-store"
    assert Factor.get().name == "My phone"
    assert [row.kind for row in mail.Outbox.select()] == ["signin/step-added"]
    assert not any(code in client.get(OWN).text for code in codes)
    kept = db.query("SELECT code_hash FROM signin_backup_code")
    assert not any(code.replace("-", "") in str(kept) for code in codes)
    assert audited("second_step.added").count() == 1
    visit(f"{OWN}/{Factor.get().public_id}")


def test_codes_are_given_as_a_file_that_holds_nothing_else(app: Flask, client: FlaskClient) -> None:
    sign_in(client, make_account(app))
    sent = ["k7m2p-9xq4d", "<script>alert", "k7m2p-9xq4d\r\nX: y"]
    answer = post(client, f"{OWN}/codes.txt", page=OWN, code=sent)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="backup-codes.txt"'
    assert (
        "k7m2p-9xq4d" in answer.text and "script" not in answer.text and "X: y" not in answer.text
    )


def test_the_password_alone_opens_nothing(
    client: FlaskClient, guarded: Account, visit: Visitor
) -> None:
    answer = begin(client, guarded, next="/organisations/")
    assert answer.location == STEP
    assert Session.select().count() == 0
    assert not is_signed_in(client)
    visit(STEP)


def test_a_code_signs_in_and_leads_back(client: FlaskClient, guarded: Account, code: Any) -> None:
    begin(client, guarded, next="/organisations/")
    answer = post(client, STEP, code=code())
    assert answer.location == "/organisations/"
    assert is_signed_in(client)
    assert Step.select().count() == 0


def test_no_way_back_leads_elsewhere(app: Flask, guarded: Account, code: Any) -> None:
    for later, there in enumerate(("https://evil.example/", "//evil.example", "/\\evil.example")):
        client = app.test_client()
        begin(client, guarded, next=there)
        shown = code(later * 30) if later < 2 else give_app(app, guarded, code())[0]
        assert post(client, STEP, code=shown).location == "/"
        page = client.get("/account/prove", query_string={"next": there}).text
        assert "evil" not in page.split("<main")[1].split("</main>")[0]


def test_a_code_works_once(app: Flask, guarded: Account, code: Any) -> None:
    first, second = app.test_client(), app.test_client()
    shown = code()
    for client in (first, second):
        begin(client, guarded)
    assert post(first, STEP, code=shown).status_code == 303
    answer = post(second, STEP, code=shown)
    assert answer.status_code == 422 and "used before" in answer.text
    assert not is_signed_in(second)
    assert post(second, STEP, code=code(30)).status_code == 303


def test_the_code_that_set_the_app_up_is_used(
    client: FlaskClient, guarded: Account, code: Any
) -> None:
    begin(client, guarded)
    assert post(client, STEP, code=code(-30)).status_code == 422


def test_a_code_is_good_for_its_half_minute_and_the_next_ones(
    client: FlaskClient, guarded: Account, code: Any
) -> None:
    begin(client, guarded)
    for shift in (-90, -60, 60, 90):
        assert post(client, STEP, code=code(shift)).status_code == 422


def test_five_wrong_codes_close_the_step_for_a_while_in_every_browser(
    app: Flask, guarded: Account, code: Any
) -> None:
    for _browser in range(5):
        client = app.test_client()
        begin(client, guarded)
        assert post(client, STEP, code="000000").status_code == 422
    client = app.test_client()
    begin(client, guarded)
    assert post(client, STEP, code=code()).status_code == 429
    assert not is_signed_in(client)


def test_a_backup_code_signs_in_once_however_it_is_written_and_its_owner_is_told(
    app: Flask, guarded: Account
) -> None:
    codes = give_app(app, guarded, pyotp.TOTP(SECRET).at(int(NOON.timestamp()) + 30))
    for browser, typed in enumerate((codes[0].upper().replace("-", " "), codes[0], codes[1])):
        client = app.test_client()
        begin(client, guarded)
        answer = post(client, STEP, code=typed)
        assert answer.status_code == (303, 422, 303)[browser]
    assert factors.codes_left(guarded.id) == (8, 10)
    assert [m.kind for m in mail.Outbox.select()].count("signin/code-used") == 2


def test_odd_codes_are_refused(client: FlaskClient, guarded: Account) -> None:
    begin(client, guarded)
    for typed in ("", " ", "'; --", "９" * 6, "0" * 5_000, "\0", "12345a"):
        throttle.lift(rules.CODE_TRIES, str(guarded.id))
        assert post(client, STEP, code=typed).status_code == 422
    assert not is_signed_in(client)


def test_a_waiting_sign_in_ends_after_ten_minutes(
    client: FlaskClient, guarded: Account, code: Any, clock: FixedClock
) -> None:
    begin(client, guarded)
    clock.moment += timedelta(minutes=10)
    answer = client.get(STEP)
    assert answer.location == "/account/sign-in"
    assert post(client, STEP, page="/account/sign-in", code=code()).location == "/account/sign-in"
    assert not is_signed_in(client)


def test_a_waiting_sign_in_ends_with_a_new_password_or_a_shut_account(
    app: Flask, client: FlaskClient, guarded: Account, code: Any
) -> None:
    begin(client, guarded)
    Account.update(disabled_at=NOON).where(Account.id == guarded.id).execute()
    assert client.get(STEP).location == "/account/sign-in"
    Account.update(disabled_at=None, password_hash="other").where(
        Account.id == guarded.id
    ).execute()
    assert client.get(STEP).location == "/account/sign-in"


def test_the_step_belongs_to_the_browser_with_the_password(
    app: Flask, client: FlaskClient, guarded: Account, code: Any
) -> None:
    begin(client, guarded)
    other = app.test_client()
    assert post(other, STEP, page="/account/sign-in", code=code()).location == "/account/sign-in"
    assert not is_signed_in(other)


def test_the_session_is_another_than_before_the_second_step(
    client: FlaskClient, guarded: Account, code: Any
) -> None:
    client.set_cookie("portal_session", "planted")
    begin(client, guarded)
    assert client.get_cookie("portal_session").value == "planted"  # type: ignore[union-attr]
    post(client, STEP, code=code())
    assert client.get_cookie("portal_session").value != "planted"  # type: ignore[union-attr]


def test_a_new_password_by_mail_leaves_the_second_step(
    app: Flask, client: FlaskClient, guarded: Account
) -> None:
    post(client, "/account/forgot", email=guarded.email)
    text = mail.Outbox.select().order_by(mail.Outbox.id.desc()).get().text
    link = re.search(r"/account/reset/\S+", text)
    assert link
    post(client, link[0], password="nine quiet lanterns")
    answer = post(client, "/account/sign-in", email=guarded.email, password="nine quiet lanterns")
    assert answer.location == STEP


def test_whoever_confirms_an_address_is_asked_too(app: Flask, guarded: Account) -> None:
    with app.test_request_context():
        page = second_step.further_page(clocked(app).as_actor(Actor()), guarded.id)
    assert page == STEP


def test_of_many_who_use_a_backup_code_at_once_one_gets_in(any_app: Flask) -> None:
    app = any_app
    account = make_account(app)
    now = pyotp.TOTP(SECRET).at(int(NOON.timestamp()))
    code, outcomes = give_app(app, account, now)[0], []

    def use() -> None:
        with app.app_context(), db.database.connection_context():
            try:
                factors.prove_code(clocked(app), account.id, code)
                outcomes.append("in")
            except (Invalid, TooMany):
                outcomes.append("out")

    db.database.connect(reuse_if_open=True)  # a site always has one open: none below is the last
    threads = [threading.Thread(target=use) for _number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", *["out"] * 4]
    assert Factor.select().count() == 1 and Step.select().count() == 0


# A fresh proof


def test_after_fifteen_minutes_a_change_asks_who_it_is(
    app: Flask, client: FlaskClient, guarded: Account, code: Any, clock: FixedClock
) -> None:
    begin(client, guarded)
    post(client, STEP, code=code())
    clock.moment += timedelta(minutes=15)
    answer = post(
        client, APP, page=OWN, headers={"Referer": "http://localhost/account/second-steps"}
    )
    assert answer.location.startswith("/account/prove?next=")
    wrong = post(client, "/account/prove", code="000000")
    assert wrong.status_code == 422
    proven = post(client, "/account/prove", code=code(), next=OWN)
    assert proven.location == OWN
    assert post(client, APP, page=OWN).location == APP


def test_who_has_no_second_step_proves_it_with_the_password(
    app: Flask, client: FlaskClient, clock: FixedClock, visit: Visitor
) -> None:
    account = make_account(app)
    sign_in(client, account)
    clock.moment += timedelta(minutes=16)
    visit("/account/prove?next=/account/tokens")
    assert post(client, "/account/prove", password="wrong words here").status_code == 422
    assert post(client, "/account/prove", password=PASSWORD, next=OWN).location == OWN


def test_the_password_proves_nothing_where_there_is_a_second_step(
    client: FlaskClient, guarded: Account, code: Any, clock: FixedClock
) -> None:
    begin(client, guarded)
    post(client, STEP, code=code())
    clock.moment += timedelta(minutes=16)
    assert post(client, "/account/prove", password=PASSWORD).status_code == 422
    answer = post(client, "/account/password", page="/account/", current_password=PASSWORD,
                  new_password="nine quiet lanterns")  # fmt: skip
    assert answer.location.startswith("/account/prove")


def test_what_was_typed_for_a_token_waits_for_the_proof(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    sign_in(client, make_account(app))
    clock.moment += timedelta(minutes=16)
    answer = client.post(
        "/account/tokens",
        data={
            "csrf_token": re.search(r'csrf_token" value="([^"]+)', client.get("/account/tokens").text)[1],  # type: ignore[index]
            "_form": "tokens", "name": "Our timetable", "scope": "read", "days": "30",
            "organisation": "",
        },
        headers={"Referer": "http://localhost/account/tokens"},
    )  # fmt: skip
    back = post(client, answer.location, password=PASSWORD, next=_next(answer.location))
    page = client.get(back.location, follow_redirects=True)
    assert "Our timetable" in page.text
    assert db.query("SELECT count(*) FROM tokens_token") == [(0,)]


def _next(address: str) -> str:
    return address.split("next=")[1].replace("%2F", "/").replace("%3F", "?").replace("%3D", "=")


def test_promoting_somebody_asks_for_a_fresh_proof(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    admin, other = make_account(app, role="SiteAdmin"), make_account(app)
    sign_in(client, admin)
    clock.moment += timedelta(minutes=16)
    page = f"/setup/people/{other.public_id}"
    answer = post(client, f"{page}/role", page=page, role="SiteAdmin")
    assert answer.location.startswith("/account/prove")
    assert Account.get_by_id(other.id).role == "Member"


# Who needs one


def test_an_administrator_has_fourteen_days_and_a_reminder(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    admin = make_account(app, role="SiteAdmin")
    sign_in(client, admin)
    assert "You need a second step for signing in by 4 December 2026" in client.get("/").text
    clock.moment += timedelta(days=13)
    with app.app_context():
        second_step.sign_out_overdue(clocked(app))
    assert is_signed_in(client)
    clock.moment += timedelta(days=1)
    with app.app_context():
        second_step.sign_out_overdue(clocked(app))
    assert not is_signed_in(client)


def test_who_needs_one_again_gets_the_whole_time_again(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    account = make_account(app, role="Reviewer")
    for role, days in (("Reviewer", 5), ("Member", 20), ("Reviewer", 0)):
        Account.update(role=role).where(Account.id == account.id).execute()
        sign_in(app.test_client(), account)
        clock.moment += timedelta(days=days)
    assert Duty.get().since == clock.now()


def test_who_is_overdue_sets_it_up_while_signing_in(
    app: Flask, client: FlaskClient, clock: FixedClock, visit: Visitor
) -> None:
    admin = make_account(app, role="Reviewer")
    sign_in(client, admin)
    clock.moment += timedelta(days=14)
    fresh = app.test_client()
    assert begin(fresh, admin).location == f"{STEP}/set-up"
    assert not is_signed_in(fresh)
    page = Visitor(fresh)(f"{STEP}/set-up")
    secret = re.search(r"app-secret\">([A-Z2-7 ]+)<", page.text)
    assert secret
    shown = pyotp.TOTP(secret[1].replace(" ", "")).at(clock.now())
    assert post(fresh, f"{STEP}/set-up", code="000000").status_code == 422
    answer = post(fresh, f"{STEP}/set-up", code=shown)
    assert len(shown_codes(answer.text)) == 10
    assert is_signed_in(fresh)
    assert "You need a second step" not in fresh.get("/").text
    assert begin(app.test_client(), admin).location == STEP


def test_the_last_second_step_of_who_needs_one_stays(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    sign_in(client, make_account(app, role="SiteAdmin"))
    set_up_app(client, clock)
    number = Factor.get().public_id
    answer = post(client, f"{OWN}/{number}/remove", page=f"{OWN}/{number}")
    assert answer.status_code == 409
    with app.app_context():
        set_settings("signin", required=False)
    answer = post(client, f"{OWN}/{number}/remove", page=f"{OWN}/{number}")
    assert answer.status_code == 303
    assert (Factor.select().count(), BackupCode.select().count()) == (0, 0)


def test_members_and_accounts_for_trying_out_are_not_asked(
    app: Flask, client: FlaskClient, clock: FixedClock
) -> None:
    member, demo = (
        make_account(app),
        make_account(app, role="SiteAdmin", email="admin@demo.example"),
    )
    with app.app_context():
        second_step.exempt_demonstration(clocked(app))
    app.extensions["portal"].registry.refresh()
    app.extensions.pop("portal.settings", None)
    for account in (member, demo):
        visitor = app.test_client()
        sign_in(visitor, account)
        assert "You need a second step" not in visitor.get("/").text
    assert Duty.select().count() == 0
    assert "for trying out" in visitor.get(OWN).text


def test_without_the_extra_nobody_is_asked_and_the_health_page_says_so(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    monkeypatch.setattr(factors, "pyotp", None)
    sign_in(client, make_account(app, role="SiteAdmin"))
    assert Duty.select().count() == 0
    page = client.get(OWN).text
    assert "switched off here" in page
    assert post(client, APP, page="/account/").status_code == 403
    hooks = app.extensions["portal"].registry.hooks
    with app.test_request_context():
        lines = {check.name: check for check in hooks.each("health_check", system_context())}
    assert lines["second steps"].state == "off" and "mfa" in lines["second steps"].remedy


def test_an_operator_removes_second_steps_on_the_command_line(
    app: Flask, client: FlaskClient, guarded: Account
) -> None:
    run = CliRunner().invoke
    assert run(cli.remove_second_steps, ["nobody@school.example"], obj=lambda: app).exit_code == 1
    done = run(cli.remove_second_steps, [guarded.email], obj=lambda: app)
    assert done.exit_code == 0 and "1 removed" in done.output
    assert begin(client, guarded).location == "/"
    assert is_signed_in(client)


def test_an_error_of_the_check_lets_nobody_in(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = make_account(app)

    def fail(*_values: Any) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(second_step, "further_page", fail)
    assert begin(client, account).status_code == 503
    assert not is_signed_in(client)


def test_what_nobody_goes_on_with_is_deleted(
    app: Flask, client: FlaskClient, guarded: Account, clock: FixedClock
) -> None:
    begin(client, guarded)
    clock.moment += timedelta(minutes=11)
    with app.app_context():
        steps.expire(clocked(app))
    assert Step.select().count() == 0


def test_a_secret_is_not_to_be_read_in_the_database(guarded: Account) -> None:
    assert SECRET not in str(db.query("SELECT * FROM signin_factor"))
