"""The pages of Site Setup: whole, for administrators only, and as files."""

from __future__ import annotations

import csv
import io
import json

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.setup import service
from portal import db, mail, settings
from portal.audit import AuditEntry
from portal.context import Context
from portal.i18n import SHIPPED
from portal.jobs import Job, enqueue
from portal.people.models import Account, Session
from tests.factories import make_account, make_organisation, post, sign_in
from tests.visiting import Visitor

PAGES = (
    "/setup/",
    "/setup/add-ons",
    "/setup/add-ons/claims/deactivate",
    "/setup/settings",
    "/setup/settings/portal",
    "/setup/people",
    "/setup/organisations",
    "/setup/roles",
    "/setup/access",
    "/setup/workflows",
    "/setup/languages",
    "/setup/mail",
    "/setup/jobs",
    "/setup/audit",
    "/setup/health",
)
TABLES = (
    "/setup/add-ons",
    "/setup/people",
    "/setup/organisations",
    "/setup/access",
    "/setup/languages",
    "/setup/mail",
    "/setup/jobs",
    "/setup/audit",
    "/setup/health",
)


def rows(client: FlaskClient, address: str) -> list[list[str]]:
    """Fetch a table as a file."""
    answer = client.get(address)
    assert answer.mimetype == "text/csv", address
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_whole(look: Visitor, address: str) -> None:
    look(address)


def test_the_menu_leads_to_every_part(look: Visitor) -> None:
    menu = look("/setup/").links

    assert [address for address in TABLES if address not in menu] == []


@pytest.mark.parametrize("address", PAGES)
def test_others_do_not_get_in(app: Flask, address: str) -> None:
    member = sign_in(app.test_client(), make_account(app, role="Reviewer"))

    assert member.get(address).status_code == 403
    assert app.test_client().get(address).status_code in {302, 303}


def test_tables_come_as_files_too(admin: FlaskClient) -> None:
    for address in TABLES:
        assert len(rows(admin, f"{address}?format=csv")[0]) > 2


def test_what_a_spreadsheet_takes_for_a_formula_is_disarmed(app: Flask, admin: FlaskClient) -> None:
    make_account(app, name="=1+1")

    assert ["'=1+1"] in [row[:1] for row in rows(admin, "/setup/people?format=csv")]


def test_the_pages_speak_every_language(look: Visitor) -> None:
    for code in SHIPPED:
        look(f"/setup/?lang={code}", lang=code)


def test_the_account_menu_leads_to_site_setup_instead_of_the_plain_list(admin: FlaskClient) -> None:
    page = admin.get("/account/").text

    assert 'href="/setup/"' in page
    assert 'href="/setup/plugins"' not in page


# First steps


def test_the_first_steps_tick_themselves_off(app: Flask, admin: FlaskClient, ctx: Context) -> None:
    before = admin.get("/setup/").text.count("Done:")

    with app.app_context():
        service.save_settings(ctx, "portal", {"tagline": "Partners around the Baltic Sea."})

    assert admin.get("/setup/").text.count("Done:") == before + 1


def test_the_first_steps_are_put_away_and_come_back(admin: FlaskClient) -> None:
    post(admin, "/setup/first-steps", page="/setup/")
    assert "Let mail go out" not in admin.get("/setup/").text

    post(admin, "/setup/first-steps", page="/setup/")
    assert "Let mail go out" in admin.get("/setup/").text


# Settings


SITE = {
    "site_name": "Bridge",
    "operator_mail": "ask@school.example",
    "languages": ["en", "de"],
    "default_language": "en",
}


def test_settings_are_saved_and_said(admin: FlaskClient) -> None:
    answer = post(admin, "/setup/settings/portal", **SITE)

    assert answer.status_code == 303
    page = admin.get("/setup/settings/portal").text
    assert 'value="Bridge"' in page
    assert "The settings are saved." in page
    assert "Default: Tessera" in page


def test_a_wrong_setting_is_named_and_what_was_typed_stays(admin: FlaskClient) -> None:
    typed = {**SITE, "contact": "nobody at all", "default_language": "lv"}

    answer = post(admin, "/setup/settings/portal", **typed)

    assert answer.status_code == 422
    assert 'value="nobody at all"' in answer.text
    assert 'id="contact-error"' in answer.text
    assert db.query("SELECT * FROM setting") == []


def test_one_setting_goes_back_to_its_default(app: Flask, admin: FlaskClient) -> None:
    post(admin, "/setup/settings/portal", **SITE)

    post(admin, "/setup/settings/portal", reset="site_name")

    with app.app_context():
        assert settings.of()["site_name"] == "Tessera"
        assert settings.of()["operator_mail"] == "ask@school.example"


def test_settings_of_what_is_not_active_are_not_there(admin: FlaskClient) -> None:
    assert admin.get("/setup/settings/nothing").status_code == 404


# People


def test_people_are_found_by_a_part_of_name_or_address(app: Flask, look: Visitor) -> None:
    make_account(app, name="Ilze Berzina", email="ilze@school.example")

    assert "Ilze Berzina" in look("/setup/people?q=berz").text
    assert "Ilze Berzina" in look("/setup/people?q=ilze@").text
    assert "Ilze Berzina" not in look("/setup/people?q=kalnina").text


def test_long_lists_go_on_by_key(app: Flask, look: Visitor, monkeypatch) -> None:
    for _number in range(3):
        make_account(app)
    monkeypatch.setattr("plugins.setup.queries.paged.__defaults__", (2,))

    first = look("/setup/people")
    following = next(link for link in first.links if "after=" in link)

    assert "admin@school.example" in look(following).text + first.text
    assert look(following).text != first.text


def test_a_role_is_given_and_the_person_signs_in_anew(app: Flask, admin: FlaskClient) -> None:
    account = make_account(app)
    visitor = sign_in(app.test_client(), account)

    post(admin, f"/setup/people/{account.public_id}/role", page="/setup/people", role="Reviewer")

    assert Account.get_by_id(account.id).role == "Reviewer"
    assert visitor.get("/account/").status_code in {302, 303}


def test_the_last_administrator_stays(app: Flask, admin: FlaskClient) -> None:
    own, other = (
        Account.get(Account.email == f"{name}@school.example") for name in ("admin", "second")
    )
    post(admin, f"/setup/people/{other.public_id}/disable", page="/setup/people")

    for act, values in (("disable", {}), ("role", {"role": "Member"})):
        answer = post(
            admin, f"/setup/people/{own.public_id}/{act}", page="/setup/settings/portal", **values
        )
        assert answer.status_code == 409, act
        assert "the last one has to stay" in answer.text
    assert Account.get_by_id(own.id).role == "SiteAdmin"


def test_who_is_shut_out_is_signed_out_and_may_be_let_in_again(
    app: Flask, admin: FlaskClient
) -> None:
    account = make_account(app)
    sign_in(app.test_client(), account)
    page = f"/setup/people/{account.public_id}"

    post(admin, f"{page}/disable", page="/setup/settings/portal")
    assert Account.get_by_id(account.id).disabled_at is not None
    assert Session.select().where(Session.account == account.id).count() == 0

    post(admin, f"{page}/enable", page="/setup/settings/portal")
    assert Account.get_by_id(account.id).disabled_at is None


def test_the_mail_to_confirm_is_sent_once_more(app: Flask, admin: FlaskClient) -> None:
    account = make_account(app, verified=False)
    page = f"/setup/people/{account.public_id}"

    post(admin, f"{page}/resend", page="/setup/settings/portal")

    sent = mail.Outbox.select().where(mail.Outbox.recipient == account.email)
    assert [row.kind for row in sent] == ["signin/verify", "signin/verify"]


def test_a_confirmed_address_is_not_asked_again(app: Flask, admin: FlaskClient) -> None:
    page = f"/setup/people/{make_account(app).public_id}"

    assert post(admin, f"{page}/resend", page="/setup/settings/portal").status_code == 409


def test_a_missing_person_or_act_is_not_there(app: Flask, admin: FlaskClient) -> None:
    assert admin.get("/setup/people/nobody").status_code == 404
    page = f"/setup/people/{make_account(app).public_id}"
    assert post(admin, f"{page}/praise", page="/setup/settings/portal").status_code == 404


# Organisations


def test_an_organisation_is_verified_with_a_reason(app: Flask, admin: FlaskClient) -> None:
    found = make_organisation("Baltic School", admin=make_account(app))
    page = f"/setup/organisations/{found.slug}"

    refused = post(admin, page, act="verify", reason=" ")
    answer = post(admin, page, act="verify", reason="Letter with the OID, seen on 18 May.")

    assert (refused.status_code, answer.status_code) == (422, 303)
    assert type(found).get_by_id(found.id).state == "verified"
    assert AuditEntry.select().where(AuditEntry.action == "organisation.verified").count() == 1


def test_members_do_not_verify_their_own_organisation(app: Flask, admin: FlaskClient) -> None:
    own = Account.get(Account.email == "admin@school.example")
    found = make_organisation("Baltic School", admin=own)

    answer = post(admin, f"/setup/organisations/{found.slug}", act="verify", reason="It is ours.")

    assert answer.status_code == 403
    assert type(found).get_by_id(found.id).state == "claimed"


def test_nobody_verifies_what_nobody_claimed(admin: FlaskClient) -> None:
    found = make_organisation("Baltic School")

    answer = post(
        admin,
        f"/setup/organisations/{found.slug}",
        page="/setup/people",
        act="verify",
        reason="Why not.",
    )

    assert answer.status_code == 409


def test_hidden_ones_and_the_operators_own_are_found(admin: FlaskClient, look: Visitor) -> None:
    found = make_organisation("Baltic School")
    page = f"/setup/organisations/{found.slug}"
    post(admin, page, act="operator")
    post(admin, page, act="hide")

    assert "Baltic School" in look("/setup/organisations?state=hidden").text
    assert "Baltic School" in look("/setup/organisations?state=operator&q=baltic").text
    assert "Baltic School" not in look("/setup/organisations?state=verified").text


# Languages


def test_a_language_is_switched_off_and_on(app: Flask, admin: FlaskClient) -> None:
    post(admin, "/setup/languages/lv", page="/setup/languages")
    with app.app_context():
        assert "lv" not in settings.of()["languages"]

    post(admin, "/setup/languages/lv", page="/setup/languages")
    with app.app_context():
        assert "lv" in settings.of()["languages"]


def test_the_default_language_stays_on(app: Flask, admin: FlaskClient) -> None:
    post(admin, "/setup/languages/en", page="/setup/languages")

    assert "Choose one of the languages that are offered." in admin.get("/setup/languages").text
    with app.app_context():
        assert "en" in settings.of()["languages"]


def test_coverage_and_countries_are_shown(look: Visitor) -> None:
    make_organisation(country="LV")
    make_organisation(country="PL")

    page = look("/setup/languages").text

    assert "draft" in page
    assert "Polish" in page
    assert "no catalogue yet" in page


# Mail


def give_up(app: Flask, ctx: Context) -> int:
    """Write a mail that was tried too often."""
    with app.test_request_context():
        number = mail.enqueue(ctx, "name@school.example", "signin/verify", token="k" * 43)
    mail.Outbox.update(attempts=mail.MOST_ATTEMPTS, error="550 no such mailbox").execute()
    return number


def test_a_mail_that_was_given_up_is_tried_again(
    app: Flask, admin: FlaskClient, look: Visitor, ctx: Context
) -> None:
    number = give_up(app, ctx)
    assert "550 no such mailbox" in look("/setup/mail?state=failed").text

    assert (
        post(admin, f"/setup/mail/{number}/retry", page=f"/setup/mail/{number}").status_code == 303
    )

    assert mail.Outbox.get_by_id(number).attempts == 0
    again = post(admin, f"/setup/mail/{number}/retry", page="/setup/settings/portal")
    assert again.status_code == 409


def test_links_that_open_an_account_are_cut(app: Flask, look: Visitor, ctx: Context) -> None:
    number = give_up(app, ctx)

    page = look(f"/setup/mail/{number}").text

    assert "k" * 20 not in page
    assert "/account/verify/" in page


# Jobs


def test_a_failed_job_says_why_and_is_tried_again(
    app: Flask, admin: FlaskClient, look: Visitor, ctx: Context
) -> None:
    with app.app_context():
        number = enqueue(ctx, "setup.back_up")
    Job.update(state="failed", error="OSError: disk full").execute()
    page = look("/setup/jobs?state=failed")
    assert "OSError: disk full" in page.text
    assert "1 waits for you" in " ".join(page.text.replace('<span class="vh">', "").split())

    post(admin, f"/setup/jobs/{number}/retry", page="/setup/jobs")

    assert Job.get_by_id(number).state == "waiting"


def test_a_waiting_job_is_cancelled(app: Flask, admin: FlaskClient, ctx: Context) -> None:
    with app.app_context():
        number = enqueue(ctx, "setup.back_up")

    post(admin, f"/setup/jobs/{number}/cancel", page="/setup/jobs")

    assert Job.get_by_id(number).state == "cancelled"


def test_jobs_of_a_plugin_that_is_off_are_parked(
    app: Flask, admin: FlaskClient, look: Visitor, ctx: Context
) -> None:
    with app.app_context():
        enqueue(ctx, "claims.something")
        app.extensions["portal"].registry.deactivate(ctx, "claims")

    assert "It waits until claims is switched on." in look("/setup/jobs?state=parked").text
    assert "claims.something" not in look("/setup/jobs?state=waiting").text


# Audit


def test_the_log_is_searched_by_act_actor_subject_and_day(app: Flask, look: Visitor) -> None:
    account = make_account(app)
    subject = f"account%20{account.id}"

    assert f"account {account.id}" in look(f"/setup/audit?subject={subject}").text
    assert f"account {account.id}" in look("/setup/audit?action=account").text
    assert f"account {account.id}" in look("/setup/audit?actor=system&since=2026-11-20").text
    assert "No entry fits." in look("/setup/audit?until=2026-11-19").text
    assert "No entry fits." in look("/setup/audit?action=organisation").text


def test_a_wrong_day_is_said_beside_its_field(look: Visitor) -> None:
    assert 'id="f-since-error"' in look("/setup/audit?since=yesterday", status=422).text


def test_the_log_comes_as_json(admin: FlaskClient) -> None:
    found = json.loads(admin.get("/setup/audit?format=json").text)

    assert {"entry", "at", "actor", "action", "subject", "detail", "request"} == set(found[0])


def test_health_names_what_to_do(look: Visitor) -> None:
    page = look("/setup/health").text

    assert "Back up now." in page
    assert "PORTAL_MAIL_URL" in page
