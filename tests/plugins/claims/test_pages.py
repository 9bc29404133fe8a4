"""Pages of requests about entries, as guest, stranger, member and reviewer."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.claims import service
from plugins.claims.models import Case
from plugins.claims.views import CASE_NETWORK
from portal.context import system_context
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import make_account, make_organisation, post, sign_in


@pytest.fixture
def app(make_portal) -> Flask:
    """A portal with this plugin alone."""
    return make_portal(plugins=["claims"])


@pytest.fixture
def school(app: Flask) -> Organisation:
    return make_organisation("School of Bonn", city="Bonn", admin=make_account(app))


@pytest.fixture
def entry(app: Flask) -> Organisation:
    """An entry that nobody has claimed."""
    return make_organisation("Escuela de Vigo", "ES", domain="escuela.example")


def visitor(app: Flask, account: Account | None = None) -> FlaskClient:
    client = app.test_client()
    return sign_in(client, account) if account else client


def page(client: FlaskClient, path: str, status: int = 200) -> str:
    """Visit a page; each has a language, a title, one heading and a label for each field."""
    answer = client.get(path)
    text = answer.text
    assert answer.status_code == status, path
    assert re.search(r'<html lang="\w+"', text)
    assert re.search(r"<title>[^<]+</title>", text)
    assert len(re.findall("<h1", text)) == 1
    assert not re.search(r"<[^>]+ (style|onclick)=", text)
    fields = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]* id="([^"]+)"', text)
    labels = set(re.findall(r'<label[^>]* for="([^"]+)"', text))
    wrapped = re.findall(r"<label[^>]*>(?:(?!</label>).)*? id=\"([^\"]+)\"", text)
    assert set(fields) - set(wrapped) <= labels
    return text


def test_guest_is_asked_to_sign_in_for_a_claim(app: Flask, entry: Organisation) -> None:
    answer = visitor(app).get(f"/organisations/{entry.slug}/claim")
    assert answer.status_code == 303
    assert answer.location.startswith("/account/sign-in?next=")


def test_hidden_organisation_takes_no_reports(app: Flask, entry: Organisation, ctx) -> None:
    page(visitor(app), f"/organisations/{entry.slug}/report")
    Organisation.update(hidden_at=ctx.clock.now()).execute()
    page(visitor(app), f"/organisations/{entry.slug}/report", 404)


def test_likely_duplicate_can_be_reported_from_the_own_page(app: Flask) -> None:
    admin = make_account(app)
    own = make_organisation("School of Riga", admin=admin)
    other = make_organisation("School of Riga")
    text = page(visitor(app, admin), f"/organisations/{own.slug}/")
    assert f'href="/organisations/{other.slug}/report"' in text


def test_demonstration_is_marked_and_not_claimable(app: Flask) -> None:
    made_up = make_organisation("Made-up school", is_fictional=True)
    assert "Demonstration:" in page(visitor(app), f"/organisations/{made_up.slug}/report")
    client = visitor(app, make_account(app))
    text = page(client, f"/organisations/{made_up.slug}/claim", 403)
    assert "made up for demonstration" in text


def test_claimed_organisation_can_not_be_claimed_again(app: Flask, school: Organisation) -> None:
    client = visitor(app, make_account(app))
    page(client, f"/organisations/{school.slug}/claim", 409)
    page(client, f"/organisations/{school.slug}/remove", 409)


def test_claim_from_question_to_administrator(app: Flask, entry: Organisation) -> None:
    person, reviewer = make_account(app), make_account(app, role="Reviewer")
    client, deciding = visitor(app, person), visitor(app, reviewer)
    path = f"/organisations/{entry.slug}/claim"
    assert "Two people who are known here" in page(client, path)
    assert "Cases to decide" in page(deciding, "/")
    assert "Cases to decide" not in page(client, "/")
    answer = post(client, path, proof="letter", message="<b>I</b> lead it.")
    assert answer.status_code == 303
    receipt = page(client, answer.location)
    assert "27 November 2026" in receipt
    case = Case.get()
    assert "Escuela de Vigo" in page(deciding, "/organisations/cases")
    text = page(deciding, f"/organisations/cases/{case.public_id}")
    assert "&lt;b&gt;I&lt;/b&gt; lead it." in text
    decided = post(
        deciding,
        f"/organisations/cases/{case.public_id}",
        verdict="accept",
        reasons="The letter fits.",
    )
    assert decided.status_code == 303
    assert "The letter fits." in page(client, answer.location)
    assert "administrator" in page(client, f"/organisations/{entry.slug}/")


def test_claim_without_proof_is_refused_and_the_text_kept(app: Flask, entry: Organisation) -> None:
    client = visitor(app, make_account(app))
    answer = post(client, f"/organisations/{entry.slug}/claim", message="I lead it.")
    assert answer.status_code == 422
    assert "Choose how you can prove" in answer.text
    assert "I lead it." in answer.text


def test_guest_asks_for_removal_and_a_reviewer_removes_it(app: Flask, entry: Organisation) -> None:
    guest, deciding = visitor(app), visitor(app, make_account(app, role="Reviewer"))
    path = f"/organisations/{entry.slug}/remove"
    page(guest, path)
    answer = post(guest, path, message="Closed.", reply_to="head@school.example")
    assert answer.status_code == 303
    number = Case.get().public_id
    assert number in page(guest, answer.location)
    assert "head@school.example" not in page(guest, answer.location)
    post(deciding, f"/organisations/cases/{number}", verdict="accept", reasons="It is closed.")
    page(guest, path, 404)
    assert "It is closed." in page(guest, answer.location)


def test_wrong_fact_can_be_reported_by_everybody(app: Flask, entry: Organisation) -> None:
    answer = post(visitor(app), f"/organisations/{entry.slug}/report", message="Wrong town.")
    assert answer.status_code == 303
    assert Case.get().kind == "wrong-fact"


def test_robot_that_fills_every_field_is_refused(app: Flask, entry: Organisation) -> None:
    path = f"/organisations/{entry.slug}/report"
    assert post(visitor(app), path, message="Buy", more="http://x.example").status_code == 422
    assert Case.select().count() == 0


def test_one_network_can_not_send_without_end(
    app: Flask, entry: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugins.claims.service.MOST_OPEN", 1_000)
    guest = visitor(app)
    path = f"/organisations/{entry.slug}/report"
    for _number in range(CASE_NETWORK.most):
        assert post(guest, path, message="Wrong.").status_code == 303
    assert post(guest, path, message="Wrong.").status_code == 429


@pytest.mark.parametrize("path", ["/organisations/cases", "/organisations/cases/nothing"])
def test_only_reviewers_see_cases(app: Flask, path: str) -> None:
    assert visitor(app).get(path).status_code == 303
    page(visitor(app, make_account(app)), path, 403)


def test_empty_list_of_cases_says_so(app: Flask) -> None:
    client = visitor(app, make_account(app, role="Reviewer"))
    assert "Nothing waits" in page(client, "/organisations/cases")
    page(client, "/organisations/cases/missing", 404)
    page(client, "/organisations/receipts/missing", 404)


def test_own_case_offers_no_decision(app: Flask, entry: Organisation) -> None:
    client = visitor(app, make_account(app, role="Reviewer"))
    post(client, f"/organisations/{entry.slug}/claim", proof="mail", message="Mine.")
    path = f"/organisations/cases/{Case.get().public_id}"
    text = page(client, path)
    assert "Somebody else decides this" in text
    assert 'name="verdict"' not in text
    answer = post(client, path, "/organisations/new", verdict="accept", reasons="Fine.")
    assert answer.status_code == 403


def test_decision_without_reasons_is_refused(app: Flask, entry: Organisation) -> None:
    post(visitor(app), f"/organisations/{entry.slug}/report", message="Wrong.")
    client = visitor(app, make_account(app, role="Reviewer"))
    path = f"/organisations/cases/{Case.get().public_id}"
    answer = post(client, path, verdict="decline")
    assert answer.status_code == 422
    assert "Write the reasons" in answer.text


def test_word_for_the_website_is_shown_until_it_is_decided(app: Flask, entry: Organisation) -> None:
    person, reviewer = make_account(app), make_account(app, role="Reviewer")
    client, deciding = visitor(app, person), visitor(app, reviewer)
    path = f"/organisations/{entry.slug}/claim"
    with app.app_context():
        word = service.website_word(entry, person.id)
    text = page(client, path)
    assert word in text and "on any page of escuela.example" in text
    receipt = post(client, path, proof="website", message="In the footer.").location
    assert word in page(client, receipt)

    case = f"/organisations/cases/{Case.get().public_id}"
    assert word in page(deciding, case)
    assert "must stand on a page of escuela.example" in page(deciding, case)

    post(deciding, case, verdict="accept", reasons="The word stands in the footer.")
    assert word not in page(client, receipt)


def test_other_proofs_and_people_get_no_word(app: Flask, entry: Organisation) -> None:
    client = visitor(app, make_account(app))
    own = re.findall(r"proof-[a-z2-7]{16}", page(client, f"/organisations/{entry.slug}/claim"))
    other = visitor(app, make_account(app))
    text = page(other, f"/organisations/{entry.slug}/claim")
    assert len(own) == 1 and own[0] not in text
    receipt = post(client, f"/organisations/{entry.slug}/claim", proof="letter", message="x")
    assert "proof-" not in page(client, receipt.location)


def test_without_a_known_website_the_page_asks_for_its_address(app: Flask) -> None:
    unknown = make_organisation("School without a page")
    text = page(visitor(app, make_account(app)), f"/organisations/{unknown.slug}/claim")
    assert "tell us the address of the page below" in text


def test_pages_and_links_go_with_the_plugin(app: Flask, entry: Organisation) -> None:
    client = visitor(app, make_account(app, role="Reviewer"))
    assert page(client, "/organisations/").count('href="/organisations/cases"') == 2
    app.extensions["portal"].registry.deactivate(system_context(), "claims")
    assert 'href="/organisations/cases"' not in page(client, "/organisations/")
    for path in (f"{entry.slug}/claim", f"{entry.slug}/report", "cases", "receipts/x"):
        page(client, f"/organisations/{path}", 404)
