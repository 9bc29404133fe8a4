"""The pages of duplicates, as administrators use them, and who does not get to see them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.merging.models import Apart, Merge
from portal.organisations.models import Organisation, OrganisationIdentifier
from tests.factories import make_account, make_member, make_organisation, post, sign_in
from tests.visiting import Visitor

LIST = "/setup/duplicates"


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with what is needed, without imports."""
    return make_portal(plugins=["signin", "merging", "notices", "partners"])


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """A signed-in administrator."""
    return sign_in(app.test_client(), make_account(app, role="SiteAdmin"))


@pytest.fixture
def pair(app: Flask) -> list[Organisation]:
    """Two entries with the same number, the second without a town."""
    with app.app_context():
        made = [make_organisation("Oak School", city="Ghent", country="BE", slug="oak")]
        made += [make_organisation("Eik College", country="BE", website="https://eik.example",
                                   slug="eik")]  # fmt: skip
        for item in made:
            OrganisationIdentifier.create(organisation=item.id, scheme="pic", value="991234567")
    return made


def preview(keep: str = "oak", other: str = "eik") -> str:
    return f"{LIST}/preview?keep={keep}&other={other}"


def hidden(page: str) -> dict[str, Any]:
    """Return what the form that merges sends by itself."""
    form = re.split(r'action="[^"]*/duplicates/merge"', page)[1].split("</form>")[0]
    names = ("_key", "keep", "other", "seen")
    return {name: re.findall(rf'name="{name}" value="([^"]+)"', form)[0] for name in names}


def test_an_administrator_looks_merges_and_undoes(
    app: Flask, admin: FlaskClient, pair: list[Organisation]
) -> None:
    visit = Visitor(admin)
    assert "the same number in a register" in visit(LIST).text
    page = visit(preview()).text
    for words in ("Side by side", "PIC 991234567", "https://eik.example", "Nobody acts for"):
        assert words in page
    assert "Merge with a duplicate" in visit("/organisations/oak/").text
    assert preview("oak", "eik").replace("&", "&amp;") in visit("/organisations/oak/").text

    typed = hidden(page) | {"field-organisation.name": "gone"}
    answer = post(admin, f"{LIST}/merge", preview(), **typed)
    assert answer.status_code == 303, answer.text
    report = visit(answer.location).text
    assert "Eik College" in report
    assert admin.get("/organisations/eik/").location.endswith("/organisations/oak/")
    assert "Merged so far" in visit(LIST).text
    twice = post(admin, f"{LIST}/merge", answer.location, **typed)
    assert (twice.status_code, twice.location) == (303, answer.location)
    del typed["_key"]
    again = post(admin, f"{LIST}/merge", answer.location, **typed)
    assert (again.status_code, "one entry already" in again.text) == (409, True)

    undone = post(admin, f"{answer.location}/undo", answer.location)
    assert undone.status_code == 303, undone.text
    assert "each entry has again what it had" in visit(answer.location).text
    assert admin.get("/organisations/eik/").status_code == 200
    with app.app_context():
        assert Organisation.get_by_id(pair[0].id).name == "Oak School"
    twice = post(admin, f"{answer.location}/undo", LIST)
    assert (twice.status_code, "undone before" in twice.text) == (409, True)


def test_people_are_named_with_the_rights_they_gain(
    app: Flask, admin: FlaskClient, pair: list[Organisation]
) -> None:
    with app.app_context():
        first, second = make_account(app, "Owner One"), make_account(app, "Owner Two")
        for item, person in zip(pair, (first, second), strict=True):
            make_member(item, person)
            Organisation.update(state="claimed").where(Organisation.id == item.id).execute()
    page = Visitor(admin)(preview()).text

    assert "1 person gains rights over Oak School." in page
    assert "Owner Two" in page
    with app.app_context():
        make_member(pair[1], make_account(app, "Late Comer"))
    answer = post(admin, f"{LIST}/merge", preview(), **hidden(page))
    assert (answer.status_code, "Something changed since you looked" in answer.text) == (409, True)
    assert "Late Comer" in answer.text
    typed = hidden(answer.text) | {f"role-{second.public_id}": "Emperor"}
    assert post(admin, f"{LIST}/merge", preview(), **typed).status_code == 422
    with app.app_context():
        assert not Merge.select().count()


def test_pairs_that_are_two_organisations_are_not_proposed_again(
    app: Flask, admin: FlaskClient, pair: list[Organisation]
) -> None:
    post(admin, f"{LIST}/apart", preview(), keep="oak", other="eik")
    page = Visitor(admin)(LIST).text
    assert "No two entries share" in page
    with app.app_context():
        assert Apart.select().count() == 1

    act = re.findall(r'name="act" value="([^"]+)"', page)[0]
    assert post(admin, "/undo", LIST, act=act, next=LIST).status_code == 303
    assert "the same number" in Visitor(admin)(LIST).text


def test_what_can_not_be_merged_says_why_and_what_is_not_there_is_not_found(
    app: Flask, admin: FlaskClient, pair: list[Organisation]
) -> None:
    with app.app_context():
        make_organisation("Demo", is_fictional=True, slug="demo")
    assert "the other one is real" in Visitor(admin)(preview("oak", "demo")).text
    assert "These are one entry already" in Visitor(admin)(preview("oak", "oak")).text
    assert admin.get(preview("oak", "")).status_code == 302
    address = "https://portal.example/partners/eik?lang=de"
    assert admin.get(preview("/organisations/oak/", address)).status_code == 200
    for wrong in ("nowhere", "%00", "http://[", "%2F", "é" * 300):
        assert admin.get(preview("oak", wrong)).status_code == 404, wrong
    assert admin.get(f"{LIST}/merges/nothing").status_code == 404
    assert post(admin, f"{LIST}/merge", LIST, keep="oak", other="none").status_code == 404


def test_others_than_administrators_see_none_of_it(app: Flask, pair: list[Organisation]) -> None:
    member = make_account(app)
    with app.app_context():
        make_member(pair[0], member)
    client = sign_in(app.test_client(), member)

    assert client.get(LIST).status_code == 403
    assert client.get(preview()).status_code == 403
    assert LIST not in client.get("/organisations/oak/").text
