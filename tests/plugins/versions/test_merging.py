"""Two people save the same object: both texts are shown, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.organisations.models import Organisation
from tests.factories import csrf_token, fields_sent, make_account, make_organisation, sign_in
from tests.visiting import faults

BASE = {"country": "DE", "type": "company", "website": ""}


@pytest.fixture
def school(app: Flask) -> Organisation:
    return make_organisation("Old name", city="Bonn", type="company")


@pytest.fixture
def people(app: Flask, school: Organisation) -> list[FlaskClient]:
    """Two editors who both have the form of version 1 before them."""
    return [
        sign_in(app.test_client(), make_account(app, name=name, role="SiteAdmin"))
        for name in ("Fast", "Slow")
    ]


def edit(client: FlaskClient, school: Organisation, **typed: Any) -> Any:
    path = f"/organisations/{school.slug}/edit"
    values = {"version": "1", **BASE, "name": "Old name", "city": "Bonn", **typed}
    return client.post(path, data={"csrf_token": csrf_token(client, path), **values})


def now(school: Organisation) -> tuple[str, str]:
    found = Organisation.get_by_id(school.id)
    return found.name, found.city


def test_who_is_slower_sees_both_texts_and_how_it_was(
    people: list[FlaskClient], school: Organisation
) -> None:
    edit(people[0], school, name="Fast <b>name</b>")
    answer = edit(people[1], school, name="Slow name")

    assert answer.status_code == 409
    assert faults(answer, "en") == []
    for text in ("Fast &lt;b&gt;name&lt;/b&gt;", "Slow name", "Old name"):
        assert text in answer.text
    assert now(school) == ("Fast <b>name</b>", "Bonn")


def test_changes_in_different_fields_are_brought_together_with_one_press(
    people: list[FlaskClient], school: Organisation
) -> None:
    edit(people[0], school, name="Fast name")
    answer = edit(people[1], school, city="Kiel")

    saved = people[1].post(f"/organisations/{school.slug}/edit", data=fields_sent(answer))

    assert saved.status_code == 303
    assert now(school) == ("Fast name", "Kiel")


@pytest.mark.parametrize("name", ["Slow name", "Fast name"])
def test_where_both_changed_a_field_the_slower_one_chooses(
    people: list[FlaskClient], school: Organisation, name: str
) -> None:
    edit(people[0], school, name="Fast name")
    answer = edit(people[1], school, name="Slow name")
    assert f'name="name" value="{name}"' in answer.text
    sent = {**fields_sent(answer), "name": name}

    people[1].post(f"/organisations/{school.slug}/edit", data=sent)

    assert now(school) == (name, "Bonn")


def test_a_third_change_while_choosing_is_refused_again(
    people: list[FlaskClient], school: Organisation
) -> None:
    edit(people[0], school, name="Fast name")
    answer = edit(people[1], school, name="Slow name")
    edit(people[0], school, version="2", name="Third name")

    again = people[1].post(f"/organisations/{school.slug}/edit", data=fields_sent(answer))

    assert again.status_code == 409
    assert "Third name" in again.text
    assert "Slow name" in again.text


def test_a_program_gets_both_texts_by_field(
    people: list[FlaskClient], school: Organisation
) -> None:
    edit(people[0], school, name="Fast name")
    path = f"/organisations/{school.slug}/edit"
    data = {"csrf_token": csrf_token(people[1], path), "version": "1", **BASE, "city": "Bonn"}
    answer = people[1].post(
        path, data={**data, "name": "Slow name"}, headers={"Accept": "application/json"}
    )

    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    both = {"yours": "Slow name", "theirs": "Fast name", "was": "Old name"}
    assert (answer.json["texts"], answer.json["version"]) == ({"name": both}, 2)


def test_without_versions_both_texts_are_there_to_copy(
    make_portal: Callable[..., Flask],
) -> None:
    core = make_portal(plugins=[])
    school = make_organisation("Old name", city="Bonn", type="company")
    client = sign_in(core.test_client(), make_account(core, role="SiteAdmin"))
    edit(client, school, name="Fast name")

    answer = edit(client, school, name="Slow name")

    assert answer.status_code == 409
    assert faults(answer, "en") == []
    for name in ("Slow name", "Fast name"):
        assert f">{name}</textarea>" in answer.text
    assert now(school) == ("Fast name", "Bonn")
