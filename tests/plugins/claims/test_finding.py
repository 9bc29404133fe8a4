"""Pages: find and claim or add, verify, report, receipts, statements, appeals, contact point."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.claims.models import Case
from plugins.directory import finding
from portal import db
from portal.organisations.models import (
    Organisation,
    OrganisationIdentifier,
    OrganisationMember,
)
from portal.people.models import Account
from tests.factories import make_account, make_member, make_organisation, post, sign_in
from tests.visiting import Visitor


@pytest.fixture
def app(make_portal) -> Flask:
    """A portal with this plugin alone."""
    return make_portal(plugins=["claims"])


@pytest.fixture
def entry(app: Flask) -> Organisation:
    """An entry that nobody has claimed, found by its OID."""
    made = make_organisation("Escuela de Vigo", "ES", city="Vigo", domain="vigo.example")
    OrganisationIdentifier.create(organisation=made.id, scheme="oid", value="E10012345")
    with app.app_context():
        finding.catch_up()
    return made


def visitor(app: Flask, account: Account | None = None) -> FlaskClient:
    client = app.test_client()
    return sign_in(client, account) if account else client


def shown(client: FlaskClient, path: str) -> str:
    return Visitor(client)(path).text


def test_from_an_oid_to_a_claim_with_what_is_known(app: Flask, entry: Organisation) -> None:
    client = visitor(app, make_account(app))
    page = Visitor(client)("/organisations/find?q=e10012345")
    assert "1 entry fits" in page.text
    link = f"/organisations/{entry.slug}/claim?number=oid:E10012345"
    assert link in page.links or link.replace(":", "%3A") in page.links
    claim = shown(client, link)
    assert "Our number is OID E10012345." in claim
    assert 'value="letter" checked' in claim or 'checked id="proof-0"' in claim.replace("  ", " ")
    assert "Vigo" in claim
    bent = shown(client, f"/organisations/{entry.slug}/claim?number=pic:999999999<b>")
    assert "Our number is" not in bent


def test_not_found_is_added_with_what_was_typed(app: Flask, entry: Organisation) -> None:
    client = visitor(app, make_account(app))
    page = Visitor(client)("/organisations/find?q=E10099999")
    assert "It is not listed yet" in page.text
    link = next(link for link in page.links if link.startswith("/organisations/add"))
    assert "oid:E10099999" in shown(client, link)
    assert "Schule am See" in shown(client, "/organisations/add?name=Schule+am+See")
    typed = {"name": "Schule am See", "country": "DE", "type": "vet-school"}
    wrong = post(client, "/organisations/add", **typed, number="E1")
    assert wrong.status_code == 422 and "is no OID or PIC" in wrong.text
    made = post(client, "/organisations/add", **typed, number="oid:E10099999")
    assert made.status_code == 303
    assert OrganisationIdentifier.get(OrganisationIdentifier.value == "E10099999").scheme == "oid"
    assert "You are its administrator" in client.get(made.location).text
    assert "You act for it" in shown(client, "/organisations/find?q=schule+see")


def test_claimed_one_says_how_to_join_where_that_can_be_asked(app: Flask) -> None:
    school = make_organisation("School of Bonn", admin=make_account(app))
    with app.app_context():
        finding.catch_up()
    client = visitor(app, make_account(app))
    page = shown(client, "/organisations/find?q=bonn")
    assert "Its people are here already" in page
    assert f"/organisations/{school.slug}/claim" not in page


def test_entry_at_the_domain_of_ones_address_is_named_first(
    app: Flask, entry: Organisation
) -> None:
    own = visitor(app, make_account(app, email="head@vigo.example"))
    assert "Is it this one?" in shown(own, "/organisations/find")
    assert "Escuela" not in shown(visitor(app, make_account(app)), "/organisations/find")
    assert "Escuela" not in shown(visitor(app), "/organisations/find")


@pytest.mark.parametrize(
    "text", ["%00", "x" * 500, "%27%22%3Cscript%3E", "%", "..", "@", "https://"]
)
def test_whatever_is_typed_gets_an_answer(app: Flask, entry: Organisation, text: str) -> None:
    page = visitor(app).get(f"/organisations/find?q={text}")
    assert page.status_code == 200
    assert "<script>" not in page.text


def test_one_alike_is_shown_before_another_is_added(app: Flask, entry: Organisation) -> None:
    client = visitor(app, make_account(app))
    typed = {"name": "Еscuela de Vigo", "country": "LV", "type": "other"}
    asked = post(client, "/organisations/add", **typed)
    assert asked.status_code == 422
    assert "Is it one of these?" in asked.text
    assert f"/organisations/{entry.slug}/claim" in asked.text
    assert Organisation.select().count() == 1
    made = post(client, "/organisations/add", **typed, other="y")
    assert made.status_code == 303
    assert "A reviewer looks at it by" in client.get(made.location).text
    deciding = visitor(app, make_account(app, role="Reviewer"))
    page = shown(deciding, f"/organisations/cases/{Case.get().public_id}")
    assert "Letters of several scripts stand in one word" in page
    assert "Escuela de Vigo, Vigo" in page


def test_domain_of_many_is_said_on_the_claim(app: Flask) -> None:
    shared = make_organisation("Site", domain="sites.google.com")
    client = visitor(app, make_account(app))
    assert "Many share the domain sites.google.com" in shown(
        client, f"/organisations/{shared.slug}/claim"
    )


def test_verification_from_the_own_page_to_the_badge(app: Flask) -> None:
    admin = make_account(app)
    school = make_organisation("School of Bonn", admin=admin)
    client, deciding = visitor(app, admin), visitor(app, make_account(app, role="Reviewer"))
    own, path = f"/organisations/{school.slug}/", f"/organisations/{school.slug}/verify"
    assert f'href="{path}"' in shown(client, own)
    member = make_account(app)
    make_member(school, member, "OrgEditor")
    assert visitor(app, member).get(path).status_code == 404
    receipt = post(client, path, proof="letter", message="Our OID letter.").location
    case = f"/organisations/cases/{Case.get().public_id}"
    assert "A letter with its PIC" in shown(deciding, case)
    post(deciding, case, verdict="accept", reasons="It fits.", proven_by="letter-oid")
    assert "What proved it: A letter with its OID." in shown(client, receipt)
    assert "verified on 20 November 2026 by letter with its OID" in shown(client, own)
    assert f'href="{path}"' not in shown(client, own)


def test_report_decision_statement_and_appeal(app: Flask) -> None:
    admin = make_account(app)
    school = make_organisation("School of Bonn", admin=admin)
    guest, client = visitor(app), visitor(app, admin)
    first, second = (visitor(app, make_account(app, role="Reviewer")) for _number in range(2))
    path = f"/organisations/{school.slug}/abuse"
    assert 'value="/requests/one"' in shown(guest, f"{path}?page=/requests/one")
    assert post(guest, path, message="Bad.").status_code == 422
    receipt = post(guest, path, message="Bad <b>words</b>.", reason="insult").location
    case = f"/organisations/cases/{Case.get().public_id}"
    assert "It insults or threatens somebody" in shown(first, case)
    half = post(first, case, verdict="accept", reasons="It does.", measure="hide")
    assert half.status_code == 422 and "Choose what the decision rests on" in half.text
    rule = {"measure": "hide", "ground": "law", "rule": "§ 185 of the criminal code"}
    assert post(first, case, verdict="accept", reasons="It does.", **rule).status_code == 303
    assert "decided" in shown(first, "/organisations/cases?state=decided").lower()

    assert "It does." in shown(guest, receipt)
    statement = f"/organisations/statements/{Case.get().public_id}"
    assert f'href="{statement}"' in shown(client, f"/organisations/{school.slug}/")
    page = shown(client, statement)
    for words in ("§ 185", "A law", "You can appeal until 22 May 2027", "nothing automatic"):
        assert words in page
    assert "words" not in page  # what the reporter wrote
    assert guest.get(statement).status_code == 303
    assert visitor(app, make_account(app)).get(statement).status_code == 404
    back = post(client, f"/organisations/{school.slug}/show", f"/organisations/{school.slug}/")
    assert back.status_code == 409

    appeal = f"{receipt}/appeal"
    assert visitor(app, make_account(app)).get(appeal).status_code == 404
    assert post(client, appeal, message=" ").status_code == 422
    answer = post(client, appeal, message="It was a quotation.")
    assert answer.status_code == 303
    assert "There is an appeal" in shown(client, statement)
    number = answer.location.rpartition("/")[2]
    assert "you have a link to it" in shown(first, "/organisations/cases")
    assert "nobody yet" in shown(second, "/organisations/cases")
    assert "Somebody else decides this" in shown(first, f"/organisations/cases/{number}")
    decided = post(second, f"/organisations/cases/{number}", verdict="accept", reasons="It was.")
    assert decided.status_code == 303
    assert "This was overturned on 20 November 2026" in shown(client, statement)
    assert db.query("SELECT hidden_at FROM organisation") == [(None,)]


def test_contact_point_says_how_and_counts(app: Flask, entry: Organisation) -> None:
    guest = visitor(app)
    assert "Nothing yet." in shown(guest, "/contact-point")
    post(guest, f"/organisations/{entry.slug}/abuse", message="x", reason="other")
    page = shown(guest, "/contact-point")
    assert "Report of content" in page and "5 working days" in page
    assert 'href="/contact-point"' in page  # in the footer of every page


def test_two_who_claim_at_once_get_clear_answers(app: Flask, entry: Organisation) -> None:
    path = f"/organisations/{entry.slug}/claim"
    clients = [visitor(app, make_account(app)) for _number in range(2)]
    receipts = [post(one, path, proof="letter", message="Ours.").location for one in clients]
    deciding = visitor(app, make_account(app, role="Reviewer"))
    cases = [f"/organisations/cases/{receipt.rpartition('/')[2]}" for receipt in receipts]
    assert "Somebody else claims it too" in shown(deciding, cases[0])
    post(deciding, cases[0], verdict="accept", reasons="It fits.")
    late = post(deciding, cases[1], verdict="accept", reasons="It fits too.")
    assert late.status_code == 409
    assert OrganisationMember.select().count() == 1
    post(deciding, cases[1], verdict="decline", reasons="A colleague was first.")
    assert "A colleague was first." in shown(clients[1], receipts[1])
    assert visitor(app, make_account(app)).get(path).status_code == 409
