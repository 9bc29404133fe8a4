"""Switched off, nothing of the plugin is left to see; switched on, all is back, without a restart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.partners import service
from portal import db
from portal.context import system_context
from portal.organisations.models import Organisation
from tests.factories import NOON, clocked, make_account, make_organisation, sign_in
from tests.plugins.partners.conftest import MakePartner, found, publish, store_partner

PATHS = [
    "/partners",
    "/partners.csv",
    "/partners/map",
    "/partners/order",
    "/partners/compare",
    "/partners/missed-searches",
    "/partners/organisation-1",
    "/partners/organisation-1/fact-sheet",
    "/partners/organisation-1/edit",
    "/about-the-data",
    "/api/v1/partners",
    "/api/v1/partners/organisation-1",
]


@pytest.fixture
def two(app: Flask, make_portal: Callable[..., Flask], partner: MakePartner) -> tuple[Flask, Flask]:
    """Two portals over one database, both in use."""
    partner("School of Bonn")
    second = make_portal()
    for portal in (app, second):
        assert portal.test_client().get("/partners").status_code == 200
    return app, second


def switch(portal: Flask, on: bool) -> None:
    registry: Any = portal.extensions["portal"].registry
    with portal.app_context():
        if not on:
            registry.act(system_context(), "partners", "deactivate", "partners", with_others=True)
        for plugin in ("partners", "occupations", "projects") if on else ():
            registry.activate(system_context(), plugin)


def upkeep(portal: Flask) -> None:
    """Let the plugins do their regular work, as the worker does."""
    registry: Any = portal.extensions["portal"].registry
    registry.follow(db.query("SELECT plugin_generation FROM heartbeat")[0][0])
    registry.hooks.call("upkeep_run", clocked(portal))


@pytest.mark.parametrize("path", PATHS)
def test_address_is_gone_everywhere_at_once(two: tuple[Flask, Flask], path: str) -> None:
    one, other = two
    switch(one, on=False)
    for portal in (one, other):
        assert portal.test_client().get(path).status_code == 404


@pytest.mark.parametrize("path", ["/partners", "/api/v1/partners", "/about-the-data"])
def test_address_is_back_everywhere_at_once(two: tuple[Flask, Flask], path: str) -> None:
    one, other = two
    switch(one, on=False)
    assert other.test_client().get(path).status_code == 404
    switch(other, on=True)
    for portal in (one, other):
        assert portal.test_client().get(path).status_code == 200


def test_old_copy_of_a_page_is_not_confirmed(two: tuple[Flask, Flask]) -> None:
    one, other = two
    tag = other.test_client().get("/partners").headers["ETag"]
    switch(one, on=False)
    answer = other.test_client().get("/partners", headers={"If-None-Match": tag})
    assert answer.status_code == 404


def test_menu_footer_and_home_are_without_it(two: tuple[Flask, Flask]) -> None:
    one, other = two
    page = other.test_client().get("/").text
    assert 'href="/partners"' in page
    assert 'action="/partners"' in page
    assert 'href="/about-the-data"' in page
    switch(one, on=False)
    page = other.test_client().get("/").text
    assert "/partners" not in page
    assert "/about-the-data" not in page


def test_own_organisation_does_not_offer_its_profile(
    app: Flask, own: Organisation, as_editor: FlaskClient
) -> None:
    path = f"/organisations/{own.slug}/"
    assert f'href="/partners/{own.slug}/edit"' in as_editor.get(path).text
    switch(app, on=False)
    page = as_editor.get(path)
    assert page.status_code == 200
    assert "/partners/" not in page.text


def test_description_of_the_api_is_without_it(two: tuple[Flask, Flask]) -> None:
    one, other = two
    paths = other.test_client().get("/api/v1/openapi.json").json["paths"]
    assert "/api/v1/partners" in paths
    switch(one, on=False)
    paths = other.test_client().get("/api/v1/openapi.json").json["paths"]
    assert not [path for path in paths if "partners" in path]


def test_who_came_meanwhile_is_a_draft_and_found_once_published(two: tuple[Flask, Flask]) -> None:
    one, other = two
    switch(one, on=False)
    client = sign_in(other.test_client(), make_account(other))
    page = client.get("/organisations/new").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    typed = {"csrf_token": token[1], "name": "Newcomer", "country": "LV"}
    assert client.post("/organisations/new", data=typed).status_code == 303
    switch(other, on=True)
    with other.app_context():
        assert service.catch_up(clocked(other)) == 1
        assert service.catch_up(clocked(other)) == 0
        made = Organisation.get(Organisation.name == "Newcomer")
        assert found(one.test_client(), q="newcomer") == []
        filled = {"summaries": {"lv": "A"}, "roles": ["host"], "fields": ["07"]}
        filled |= {"languages": [["lv", ""]], "commitments": ["safety"]}
        service.save_profile(clocked(other), made.id, filled, None)
    publish(other, made)
    assert found(one.test_client(), q="newcomer") == ["Newcomer"]


def test_upkeep_finds_who_came_before_it_was_switched_on_in_the_browser(
    two: tuple[Flask, Flask],
) -> None:
    one, other = two
    switch(one, on=False)
    with other.app_context():
        make_organisation("Newcomer")
    switch(other, on=True)

    with one.app_context():
        upkeep(one)

    assert found(other.test_client(), q="newcomer") == ["Newcomer"]


def test_upkeep_writes_nothing_when_all_is_known(two: tuple[Flask, Flask]) -> None:
    one, _other = two
    make_organisation("ß" * 300)
    with one.app_context():
        upkeep(one)
        before = db.query("SELECT catalogue_seq FROM heartbeat")

        upkeep(one)

    assert db.query("SELECT catalogue_seq FROM heartbeat") == before


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({"hidden_at": NOON}, []),
        ({"name": "College of Bonn", "folded_name": "college of bonn"}, ["College of Bonn"]),
        ({}, ["School of Bonn"]),
    ],
)
def test_who_hid_or_changed_the_name_meanwhile_is_not_found_as_before(
    two: tuple[Flask, Flask], change: dict[str, Any], names: list[str]
) -> None:
    one, other = two
    switch(one, on=False)
    if change:
        Organisation.update(**change).execute()
    switch(one, on=True)
    with one.app_context():
        assert service.catch_up(clocked(one)) == bool(change)
    assert found(other.test_client(), q="bonn") == names


def test_who_was_deleted_meanwhile_is_not_found(two: tuple[Flask, Flask]) -> None:
    one, other = two
    switch(one, on=False)
    Organisation.delete().execute()
    switch(one, on=True)
    with one.app_context():
        assert service.catch_up(clocked(one)) == 1
    assert found(other.test_client()) == []


def test_purged_it_leaves_nothing_in_the_search(make_portal: Callable[..., Flask]) -> None:
    acts = pytest.importorskip("plugins.setup.acts")
    app = make_portal(plugins=["partners", "setup"])
    store_partner(app, "School of Bonn")
    with app.app_context():
        acts.act(system_context(), "partners", "uninstall", with_others=True)
        acts.act(system_context(), "partners", "purge", confirmation="partners")
        assert db.query(
            "SELECT COUNT(*) FROM search_document WHERE kind = 'partner' AND object_id > 0"
        ) == [(0,)]
