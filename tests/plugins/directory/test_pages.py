"""Pages of names and numbers: add, change, remove, undo; the search knows at once."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.directory import service
from portal.organisations.models import (
    Organisation,
    OrganisationIdentifier,
    OrganisationName,
    Source,
)
from portal.people.models import Account
from tests.factories import clocked, make_account, make_member, make_organisation, post, sign_in
from tests.visiting import faults


@pytest.fixture
def portal(any_app: Flask) -> Flask:
    """A portal with every plugin, once on each engine."""
    return any_app


@pytest.fixture
def admin(portal: Flask) -> Account:
    return make_account(portal)


@pytest.fixture
def school(admin: Account) -> Organisation:
    return make_organisation("School of Bonn", admin=admin)


@pytest.fixture
def client(portal: Flask, admin: Account) -> FlaskClient:
    return sign_in(portal.test_client(), admin)


def shown(client: FlaskClient, path: str) -> str:
    page = client.get(path)
    assert faults(page, "en") == []
    return page.text


def total(client: FlaskClient, words: str) -> int:
    return client.get("/api/v1/partners", query_string={"q": words}).json["total"]


def undo(client: FlaskClient, answer: Any) -> None:
    act = re.search(r'name="act" value="([^"]+)"', client.get(answer.location).text)
    assert act
    assert post(client, "/undo", "/organisations/new", act=act[1]).status_code == 303


def test_a_name_is_added_found_changed_removed_and_brought_back(
    client: FlaskClient, school: Organisation
) -> None:
    own = f"/organisations/{school.slug}/"
    path = f"{own}names"
    assert f'href="{path}"' in shown(client, own)
    assert "None yet." in shown(client, path)
    assert total(client, "Scuola") == 0

    answer = post(client, path, name="Scuola <b>Bonn</b>", kind="translation", lang="it")
    assert answer.status_code == 303
    text = shown(client, path)
    assert "Scuola &lt;b&gt;Bonn" in text and "translated name, Italian" in text
    assert "entered by a member" in text
    assert total(client, "Scuola") == 1

    row = OrganisationName.get()
    edit = f"{path}/{row.id}"
    assert 'value="Scuola &lt;b&gt;Bonn' in shown(client, edit)
    assert post(client, edit, name="Liceo", kind="former", lang="").status_code == 303
    assert (total(client, "Scuola"), total(client, "Liceo")) == (0, 1)
    assert "former name" in shown(client, own)

    answer = post(client, f"{edit}/remove", path)
    assert total(client, "Liceo") == 0
    undo(client, answer)
    assert total(client, "Liceo") == 1
    back = OrganisationName.get()
    assert (back.name, back.kind, back.lang) == ("Liceo", "former", "")


def test_a_number_is_added_found_removed_and_brought_back(
    client: FlaskClient, school: Organisation
) -> None:
    path = f"/organisations/{school.slug}/names"
    assert (
        post(client, f"{path[:-5]}numbers", path, scheme="oid", value="e1000 0001").status_code
        == 303
    )
    assert "E10000001" in shown(client, path)
    assert total(client, "E10000001") == 1
    number = OrganisationIdentifier.get().id
    answer = post(client, f"{path[:-5]}numbers/{number}/remove", path)
    assert OrganisationIdentifier.get_or_none() is None
    undo(client, answer)
    assert OrganisationIdentifier.get().value == "E10000001"


@pytest.mark.parametrize(
    ("where", "typed", "message"),
    [
        ("names", {"name": "", "kind": "alias"}, "Write the name."),
        ("names", {"name": "Kept here", "kind": "x"}, "Not a valid choice"),
        ("names", {"name": "School of Bonn", "kind": "alias"}, "has this name already"),
        ("names", {"name": "Kept here", "kind": "alias", "lang": "%%"}, "no code of a language"),
        ("numbers", {"scheme": "pic", "value": "12"}, "12 is no PIC number"),
        ("numbers", {"scheme": "", "value": "12"}, "is no identifier"),
        ("numbers", {"scheme": "oid", "value": ""}, "Write the number."),
    ],
)
def test_a_refused_form_says_what_to_mend_and_loses_nothing(
    app: Flask, where: str, typed: dict[str, str], message: str
) -> None:
    admin = make_account(app)
    school = make_organisation("School of Bonn", admin=admin)
    client = sign_in(app.test_client(), admin)
    own = f"/organisations/{school.slug}/"
    answer = post(client, f"{own}{where}", f"{own}names", **typed)
    assert answer.status_code == 422
    assert message in answer.text
    kept = typed.get("name") or typed.get("value")
    assert not kept or f'value="{kept}"' in answer.text
    assert not OrganisationName.select().exists()
    assert not OrganisationIdentifier.select().exists()


def test_what_a_source_says_names_the_source(app: Flask) -> None:
    admin = make_account(app)
    school = make_organisation(admin=admin)
    client = sign_in(app.test_client(), admin)
    with app.app_context():
        ctx = clocked(app)
        service.add_name(ctx, school, name="Listed name", kind="alias")
        service.note_facts(ctx, school.id, {"name": "Listed name"}, Source(key="s", title="A list"))
    text = shown(client, f"/organisations/{school.slug}/names")
    assert "A list" in text
    assert "entered by a member" not in text


def test_members_see_names_and_no_way_to_change_them(app: Flask) -> None:
    school = make_organisation(admin=make_account(app))
    member = make_account(app)
    make_member(school, member, "OrgMember")
    OrganisationName.create(organisation=school, kind="acronym", name="SOB")
    client = sign_in(app.test_client(), member)
    text = shown(client, f"/organisations/{school.slug}/")
    assert "SOB" in text
    assert "/names" not in text and "/hide" not in text
    assert client.get(f"/organisations/{school.slug}/names").status_code == 403


def test_stranger_can_not_hide_it(app: Flask) -> None:
    school = make_organisation(admin=make_account(app))
    client = sign_in(app.test_client(), make_account(app))
    answer = post(client, f"/organisations/{school.slug}/hide", "/organisations/new")
    assert answer.status_code == 404
    assert Organisation.get().hidden_at is None


def test_administrator_hides_and_shows_it(client: FlaskClient, school: Organisation) -> None:
    own = f"/organisations/{school.slug}/"
    assert post(client, f"{own}hide", own).status_code == 303
    assert "Show the organisation again" in shown(client, own)
    assert Organisation.get_by_id(school.id).hidden_at is not None
    assert post(client, f"{own}show", own).status_code == 303
    assert Organisation.get_by_id(school.id).hidden_at is None


def test_likely_duplicate_is_named_without_a_way_to_report_it(make_portal: Any) -> None:
    app = make_portal(plugins=["directory"])
    admin = make_account(app)
    school = make_organisation("School of Bonn", admin=admin)
    other = make_organisation("School of Bonn")
    text = shown(sign_in(app.test_client(), admin), f"/organisations/{school.slug}/")
    assert "Entries that may be the same organisation" in text
    assert other.slug not in text
