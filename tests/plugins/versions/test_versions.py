"""Versions: kept when people change something, compared, brought back, without erased names."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.directory import service as directory
from plugins.partners import service as partners
from plugins.versions import service as history
from portal import db, versions
from portal.context import Actor, Context
from portal.errors import NotFound
from portal.organisations import service
from portal.organisations.models import Organisation, OrganisationIdentifier
from portal.people.models import Account
from portal.versions import Version
from tests.factories import (
    clocked,
    csrf_token,
    make_account,
    make_member,
    make_organisation,
    sign_in,
)
from tests.visiting import faults


@pytest.fixture
def admin(app: Flask) -> Account:
    return make_account(app, name="Ada Editor")


@pytest.fixture
def school(admin: Account) -> Organisation:
    return make_organisation("Old name", admin=admin, city="Bonn")


@pytest.fixture
def client(app: Flask, admin: Account) -> FlaskClient:
    return sign_in(app.test_client(), admin)


def acting(app: Flask, account: Account) -> Context:
    return clocked(app).as_actor(Actor(account.id, account.name))


def change(app: Flask, account: Account, school: Organisation, **values: str) -> None:
    with app.app_context():
        version = Organisation.get_by_id(school.id).version
        service.update_organisation(acting(app, account), school, version, **values)


def page_of(school: Organisation, kind: str = "organisation") -> str:
    return f"/versions/{kind}/{school.public_id}"


def bring_back(client: FlaskClient, school: Organisation, number: Any, **more: str) -> Any:
    data = {"csrf_token": csrf_token(client, "/account/"), "number": number}
    return client.post(f"{page_of(school, **more)}/restore", data=data)


def numbers() -> list[int]:
    return [row.number for row in Version.select().order_by(Version.number)]


def test_the_first_change_keeps_how_it_was_and_how_it_is(
    app: Flask, admin: Account, school: Organisation
) -> None:
    change(app, admin, school, name="New name")

    before, after = Version.select().order_by(Version.number)
    assert (before.data["name"], before.account) == ("Old name", None)
    assert (after.data["name"], after.account.id) == ("New name", admin.id)
    assert after.number == Organisation.get_by_id(school.id).version


def test_saving_without_a_change_keeps_nothing(
    app: Flask, admin: Account, school: Organisation
) -> None:
    change(app, admin, school, name="Old name", city="Bonn")

    assert numbers() == [1]


def test_what_the_system_changes_leaves_no_version(app: Flask, school: Organisation) -> None:
    with app.app_context():
        service.update_organisation(clocked(app), school, 1, name="Imported")

    assert numbers() == []


def test_a_change_that_fails_leaves_no_version(
    app: Flask, admin: Account, school: Organisation
) -> None:
    with pytest.raises(RuntimeError), app.app_context(), db.transaction():
        service.update_organisation(acting(app, admin), school, 1, name="New name")
        raise RuntimeError

    assert numbers() == []


def test_versions_are_the_same_on_any_engine(any_app: Flask) -> None:
    admin = make_account(any_app)
    school = make_organisation("A", admin=admin)
    for name in ("B", "C"):
        change(any_app, admin, school, name=name)
    with any_app.app_context():
        history.restore(acting(any_app, admin), service.VERSIONED, school.id, 1)

    rows = history.list_of("organisation", school.id)
    assert [(row.number, row.data["name"], row.note) for row in rows] == [
        (4, "A", "#1"),
        (3, "C", ""),
        (2, "B", ""),
        (1, "A", ""),
    ]
    assert history.difference(rows[0].data, rows[1].data) == [("name", "A", "C")]


def test_the_page_names_who_changed_what(
    app: Flask, client: FlaskClient, admin: Account, school: Organisation
) -> None:
    change(app, admin, school, name="New <b>name</b>", city="Kiel")

    page = client.get(page_of(school))

    assert faults(page, "en") == []
    for text in ("Ada Editor", "New &lt;b&gt;name&lt;/b&gt;", "Old name", "Bonn", "Kiel"):
        assert text in page.text
    assert f'href="{page_of(school)}"' in client.get(f"/organisations/{school.slug}/").text


def test_two_chosen_versions_are_compared(
    app: Flask, client: FlaskClient, admin: Account, school: Organisation
) -> None:
    for city in ("Kiel", "Ulm", "Jena"):
        change(app, admin, school, city=city)

    page = client.get(f"{page_of(school)}?from=2&to=3").text

    assert ">Kiel</del>" in page
    assert ">Ulm</ins>" in page
    assert "Jena" not in page


def test_an_older_version_is_brought_back_as_a_new_one(
    app: Flask, client: FlaskClient, admin: Account, school: Organisation
) -> None:
    with app.app_context():
        directory.set_identifiers(acting(app, admin), school, [("pic", "999999999")])
        directory.set_identifiers(acting(app, admin), school, [])
    change(app, admin, school, name="New name")

    assert bring_back(client, school, 2, kind="directory_entry").status_code == 303
    answer = bring_back(client, school, 3)

    assert answer.status_code == 303
    assert Organisation.get_by_id(school.id).name == "Old name"
    assert OrganisationIdentifier.get().value == "999999999"
    assert "Version 3 was brought back" in client.get(answer.location).text


@pytest.mark.parametrize("number", ["77", "", "x", "9" * 30, "-1"])
def test_a_version_that_is_not_there_is_not_brought_back(
    app: Flask, client: FlaskClient, admin: Account, school: Organisation, number: str
) -> None:
    change(app, admin, school, name="New name")

    assert bring_back(client, school, number).status_code == 404
    assert Organisation.get_by_id(school.id).name == "New name"


def test_strangers_and_missing_objects_get_the_same_answer(
    app: Flask, admin: Account, school: Organisation
) -> None:
    change(app, admin, school, name="New name")
    stranger = sign_in(app.test_client(), make_account(app))

    for kind in ("organisation", "partner"):
        foreign = stranger.get(page_of(school, kind))
        missing = stranger.get(f"/versions/{kind}/nothing")
        assert foreign.status_code == missing.status_code == 404
    assert stranger.get(f"/versions/ghost/{school.public_id}").status_code == 404
    assert bring_back(stranger, school, 1).status_code == 404


def test_a_member_sees_versions_but_brings_none_back(
    app: Flask, admin: Account, school: Organisation
) -> None:
    change(app, admin, school, name="New name")
    account = make_account(app)
    make_member(school, account, "OrgMember")
    member = sign_in(app.test_client(), account)

    page = member.get(page_of(school))
    assert page.status_code == 200
    assert "Bring back version" not in page.text
    assert bring_back(member, school, 1).status_code == 403
    assert Organisation.get_by_id(school.id).name == "New name"


def test_the_name_of_an_editor_who_left_is_gone(
    app: Flask, admin: Account, school: Organisation
) -> None:
    other = make_account(app, name="Gone Editor", role="SiteAdmin")
    with app.app_context():
        ctx = clocked(app).as_actor(Actor(other.id, other.name, frozenset({"SiteAdmin"})))
        service.update_organisation(ctx, school, 1, name="New name")
    reader = sign_in(app.test_client(), admin)
    assert "Gone Editor" in reader.get(page_of(school)).text

    other.delete_instance()

    page = reader.get(page_of(school)).text
    assert "Gone Editor" not in page
    assert "somebody" in page
    assert "New name" in page


def test_a_profile_has_versions_too(
    app: Flask, client: FlaskClient, admin: Account, school: Organisation
) -> None:
    with app.app_context():
        ctx = acting(app, admin)
        values = {
            "summaries": {"de": "Erster Text"},
            "original": "de",
            "commitments": ["inclusion"],
        }
        partners.save_profile(ctx, school.id, values, 0)
        later = {"summaries": {"de": "Zweiter Text"}, "original": "de", "commitments": []}
        partners.save_profile(ctx, school.id, later, 1)

    page = client.get(page_of(school, "partner"))
    assert faults(page, "en") == []
    assert "Erster Text" in page.text
    assert "Zweiter Text" in page.text

    assert bring_back(client, school, 1, kind="partner").status_code == 303
    found = dict(partners.VERSIONED.dump(school.id)[1])
    assert (found["summaries"], found["commitments"]) == ({"de": "Erster Text"}, ["inclusion"])


def test_versions_go_with_their_object(app: Flask, admin: Account, school: Organisation) -> None:
    change(app, admin, school, name="New name")
    versions.forget("organisation", [school.id])

    assert numbers() == []
    with pytest.raises(NotFound), app.app_context():
        history.restore(acting(app, admin), service.VERSIONED, school.id, 1)
