"""Pages of organisations, as guest, stranger, member and administrator."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.organisations.models import Organisation, OrganisationMember
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


@pytest.mark.parametrize("path", [*SIGNED_IN_PAGES, *OWN_PAGES])
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


def test_address_of_a_switched_off_part_is_not_found(app: Flask, entry: Organisation) -> None:
    client = visitor(app, make_account(app, role="Reviewer"))
    for path in ("claim", "remove", "report"):
        page(client, f"/organisations/{entry.slug}/{path}", 404)
    assert "Cases to decide" not in page(client, "/organisations/")


def test_former_address_of_an_own_organisation_redirects(
    app: Flask, school: Organisation, admin: Account
) -> None:
    from portal.organisations.models import OrganisationFormerSlug

    OrganisationFormerSlug.create(slug="old", organisation=school)
    answer = visitor(app, admin).get("/organisations/old/")
    assert answer.status_code == 301
    assert answer.location == f"/organisations/{school.slug}/"
