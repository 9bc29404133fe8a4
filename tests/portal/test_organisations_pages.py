"""Pages of organisations, as guest, stranger, member, administrator and reviewer."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.organisations.models import Organisation, OrganisationCase, OrganisationMember
from portal.organisations.views import CASE_NETWORK
from portal.people.models import Account
from tests.factories import make_account, make_member, make_organisation, post, sign_in


@pytest.fixture
def app(make_portal) -> Flask:
    """A portal without plugins."""
    return make_portal(plugins=[])


@pytest.fixture
def admin(app: Flask) -> Account:
    """The administrator of `school`."""
    return make_account(app)


@pytest.fixture
def school(admin: Account) -> Organisation:
    return make_organisation("School of Bonn", city="Bonn", admin=admin)


@pytest.fixture
def entry(app: Flask) -> Organisation:
    """An entry that nobody has claimed."""
    return make_organisation("Escuela de Vigo", "ES")


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


SIGNED_IN_PAGES = ["/organisations/", "/organisations/new"]
OWN_PAGES = ["/organisations/{}/", "/organisations/{}/edit"]


@pytest.mark.parametrize("path", [*SIGNED_IN_PAGES, *OWN_PAGES, "/organisations/{}/claim"])
def test_guest_is_asked_to_sign_in(app: Flask, school: Organisation, path: str) -> None:
    answer = visitor(app).get(path.format(school.slug))
    assert answer.status_code == 303
    assert answer.location.startswith("/account/sign-in?next=")


@pytest.mark.parametrize("path", [*OWN_PAGES])
def test_stranger_finds_neither_foreign_nor_missing_organisations(
    app: Flask, school: Organisation, path: str
) -> None:
    client = visitor(app, make_account(app))
    foreign = page(client, path.format(school.slug), 404)
    missing = page(client, path.format("missing"), 404)
    assert foreign.replace(school.slug, "missing") == missing


def test_stranger_can_not_hide_it(app: Flask, school: Organisation) -> None:
    client = visitor(app, make_account(app))
    answer = post(client, f"/organisations/{school.slug}/hide", "/organisations/new")
    assert answer.status_code == 404
    assert Organisation.get().hidden_at is None


def test_overview_teaches_people_without_an_organisation(app: Flask) -> None:
    text = page(visitor(app, make_account(app)), "/organisations/")
    assert 'href="/organisations/new"' in text


def test_overview_lists_own_organisations_only(
    app: Flask, school: Organisation, admin: Account, entry: Organisation
) -> None:
    text = page(visitor(app, admin), "/organisations/")
    assert "School of Bonn" in text
    assert "Escuela" not in text


def test_name_and_country_are_enough(app: Flask) -> None:
    account = make_account(app)
    client = visitor(app, account)
    page(client, "/organisations/new")
    answer = post(client, "/organisations/new", name="Škola Rīga", country="LV")
    assert answer.status_code == 303
    assert answer.location == "/organisations/skola-riga/"
    text = page(client, answer.location)
    assert "Your organisation is here." in text
    assert OrganisationMember.get().account.id == account.id


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"name": "", "country": "LV"}, "Write the organisation"),
        ({"name": "A", "country": ""}, "Choose the country."),
        ({"name": "A", "country": "XX"}, "XX is no two-letter country code"),
        ({"name": "A", "country": "LV", "type": "zoo"}, "zoo is no type of organisation"),
        ({"name": "A", "country": "LV", "website": "ftp:x"}, "ftp:x is no address"),
    ],
)
def test_refused_form_says_what_to_mend_and_loses_nothing(
    app: Flask, typed: dict[str, str], message: str
) -> None:
    answer = post(
        visitor(app, make_account(app)), "/organisations/new", **typed, city="Kept in here"
    )
    assert answer.status_code == 422
    assert message in answer.text
    assert 'value="Kept in here"' in answer.text
    assert Organisation.select().count() == 0


def test_form_without_token_is_refused(app: Flask) -> None:
    client = visitor(app, make_account(app))
    answer = client.post("/organisations/new", data={"name": "A", "country": "DE"})
    assert answer.status_code == 400
    assert Organisation.select().count() == 0


def test_member_sees_the_page_without_buttons_that_would_not_work(
    app: Flask, school: Organisation
) -> None:
    member = make_account(app)
    make_member(school, member, "OrgMember")
    client = visitor(app, member)
    text = page(client, f"/organisations/{school.slug}/")
    assert "/edit" not in text
    assert "/hide" not in text
    page(client, f"/organisations/{school.slug}/edit", 403)


def test_administrator_changes_the_facts(app: Flask, school: Organisation, admin: Account) -> None:
    client = visitor(app, admin)
    path = f"/organisations/{school.slug}/edit"
    assert 'value="School of Bonn"' in page(client, path)
    answer = post(client, path, version="1", name="New name", country="AT", type="company")
    assert answer.status_code == 303
    changed = Organisation.get_by_id(school.id)
    assert (changed.name, changed.country, changed.type) == ("New name", "AT", "company")


def test_second_of_two_changes_gets_both_texts(
    app: Flask, school: Organisation, admin: Account
) -> None:
    client = visitor(app, admin)
    path = f"/organisations/{school.slug}/edit"
    post(client, path, version="1", name="First text", country="DE")
    answer = post(client, path, version="1", name="Second text", country="DE")
    assert answer.status_code == 409
    assert "First text" in answer.text
    assert "Second text" in answer.text


def test_administrator_hides_and_shows_it(app: Flask, school: Organisation, admin: Account) -> None:
    client = visitor(app, admin)
    own = f"/organisations/{school.slug}/"
    assert post(client, f"{own}hide", own).status_code == 303
    assert "Show the organisation again" in page(client, own)
    page(visitor(app), f"{own}report", 404)
    assert post(client, f"{own}show", own).status_code == 303
    page(visitor(app), f"{own}report")


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
    answer = post(client, path, proof="letter", message="<b>I</b> lead it.")
    assert answer.status_code == 303
    receipt = page(client, answer.location)
    assert "November 27, 2026" in receipt
    case = OrganisationCase.get()
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
    number = OrganisationCase.get().public_id
    assert number in page(guest, answer.location)
    assert "head@school.example" not in page(guest, answer.location)
    post(deciding, f"/organisations/cases/{number}", verdict="accept", reasons="It is closed.")
    page(guest, path, 404)
    assert "It is closed." in page(guest, answer.location)


def test_wrong_fact_can_be_reported_by_everybody(app: Flask, entry: Organisation) -> None:
    answer = post(visitor(app), f"/organisations/{entry.slug}/report", message="Wrong town.")
    assert answer.status_code == 303
    assert OrganisationCase.get().kind == "wrong-fact"


def test_robot_that_fills_every_field_is_refused(app: Flask, entry: Organisation) -> None:
    path = f"/organisations/{entry.slug}/report"
    assert post(visitor(app), path, message="Buy", more="http://x.example").status_code == 422
    assert OrganisationCase.select().count() == 0


def test_one_network_can_not_send_without_end(
    app: Flask, entry: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.organisations.cases.MOST_OPEN", 1_000)
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
    path = f"/organisations/cases/{OrganisationCase.get().public_id}"
    text = page(client, path)
    assert "Somebody else decides this" in text
    assert 'name="verdict"' not in text
    answer = post(client, path, "/organisations/new", verdict="accept", reasons="Fine.")
    assert answer.status_code == 403


def test_decision_without_reasons_is_refused(app: Flask, entry: Organisation) -> None:
    post(visitor(app), f"/organisations/{entry.slug}/report", message="Wrong.")
    client = visitor(app, make_account(app, role="Reviewer"))
    path = f"/organisations/cases/{OrganisationCase.get().public_id}"
    answer = post(client, path, verdict="decline")
    assert answer.status_code == 422
    assert "Write the reasons" in answer.text


def test_former_address_of_an_own_organisation_redirects(
    app: Flask, school: Organisation, admin: Account
) -> None:
    from portal.organisations.models import OrganisationFormerSlug

    OrganisationFormerSlug.create(slug="old", organisation=school)
    answer = visitor(app, admin).get("/organisations/old/")
    assert answer.status_code == 301
    assert answer.location == f"/organisations/{school.slug}/"
