"""Organisations: what may be created, changed, hidden; who may do it."""

from __future__ import annotations

import pytest
from flask import Flask

from portal import db
from portal.context import ANONYMOUS, REVIEWER, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.organisations import policy, queries, rules, service
from portal.organisations.models import Organisation, OrganisationFormerSlug
from portal.people.models import Account
from tests.factories import NOON, make_account, make_member, make_organisation


@pytest.fixture
def portal(any_app: Flask) -> Flask:
    """A portal with its app context open, once on each engine."""
    with any_app.app_context():
        yield any_app


def acting(ctx: Context, account: Account, *roles: str) -> Context:
    """The context of a signed-in person."""
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member", *roles})))


@pytest.fixture
def person(portal: Flask) -> Account:
    return make_account(portal)


@pytest.fixture
def reviewer(portal: Flask, ctx: Context) -> Context:
    return acting(ctx, make_account(portal, role=REVIEWER), REVIEWER)


# Creating


def test_person_who_adds_an_organisation_is_its_administrator(
    portal: Flask, ctx: Context, person: Account
) -> None:
    mine = acting(ctx, person)
    made = service.create_organisation(mine, name="Escuela de Vigo", country="es", city=" Vigo ")
    assert (made.name, made.registered_name) == ("Escuela de Vigo", "")
    assert (made.slug, made.country, made.city) == ("escuela-de-vigo", "ES", "Vigo")
    assert made.state == "claimed"
    assert policy.role_of(mine.actor, made) == "OrgAdmin"


def test_system_adds_unclaimed_organisations(portal: Flask, ctx: Context) -> None:
    made = service.create_organisation(ctx, name="A", country="DE", is_fictional=True)
    assert (made.state, made.is_fictional) == ("unclaimed", True)


def test_guest_may_not_add_an_organisation(portal: Flask, ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        service.create_organisation(ctx.as_actor(ANONYMOUS), name="A", country="DE")


NAMES = {
    "  A \t\n school ": "A school",
    "Cafe\u0301": "Café",
    "Zero\u200bwidth": "Zerowidth",
    "ΕΠΑΛ Αθήνας": "ΕΠΑΛ Αθήνας",
    "学校": "学校",
    "x" * 300: "x" * 300,
}


@pytest.mark.parametrize("typed", NAMES)
def test_name_is_kept_in_order(typed: str) -> None:
    assert rules.clean_name(typed) == NAMES[typed]


@pytest.mark.parametrize("typed", ["", "  ", "—", "x" * 301, "a\x00b", "a\x1fb", "a\u202eb"])
def test_name_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.clean_name(typed)
    assert refusal.value.field == "name"


COUNTRIES = {"de": "DE", " FR ": "FR", "EL": "GR", "uk": "GB", "XK": "XK"}


@pytest.mark.parametrize("typed", COUNTRIES)
def test_country_is_read(typed: str) -> None:
    assert rules.country_code(typed) == COUNTRIES[typed]


@pytest.mark.parametrize("typed", ["?!", "Germany", "DEU"])
def test_what_is_no_country_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(Invalid, match="such as DE or LV"):
        rules.country_code(typed)


WEBSITES = {
    "": "",
    "school.example": "https://school.example",
    "HTTP://WWW.School.Example/": "http://www.school.example",
    "https://school.example:8443/a/?q=1#top": "https://school.example:8443/a?q=1",
    "https://Straße.example": "https://straße.example",
}


@pytest.mark.parametrize("typed", WEBSITES)
def test_website_is_normalised(typed: str) -> None:
    assert rules.website_address(typed) == WEBSITES[typed]


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "ftp://a.example",
        "mailto:a@b.example",
        "localhost",
        "http://127.0.0.1/",
        "http://a b.example",
        "https://user:secret@a.example",
        "https://[::1",
        "https://-a.example",
        "a.example/" + "x" * 500,
    ],
)
def test_website_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        rules.website_address(typed)
    assert refusal.value.field == "website"


def test_domain_leaves_out_www() -> None:
    assert rules.domain_of("https://www.school.example/a") == "school.example"
    assert rules.domain_of("https://bücher.example") == "xn--bcher-kva.example"
    assert rules.domain_of("") == ""


def test_unknown_type_is_refused_naming_the_allowed() -> None:
    with pytest.raises(Invalid, match="vet-school, training-centre"):
        rules.organisation_type("zoo")


# Changing


def test_change_counts_the_version_up(portal: Flask, ctx: Context, person: Account) -> None:
    school = make_organisation(admin=person)
    changed = service.update_organisation(
        acting(ctx, person), school, 1, name="New name", website="school.example"
    )
    assert (changed.name, changed.folded_name, changed.version) == ("New name", "new name", 2)
    assert changed.domain == "school.example"
    assert changed.slug == school.slug


def test_changing_the_town_keeps_the_registered_name(portal: Flask, ctx: Context) -> None:
    school = make_organisation("Lernzentrum", registered_name="LERNZENTRUM GGMBH")
    changed = service.update_organisation(ctx, school, 1, name="Lernzentrum", city="Kiel")
    assert (changed.registered_name, changed.city) == ("LERNZENTRUM GGMBH", "Kiel")


def test_second_of_two_changes_gets_both_texts(portal: Flask, ctx: Context) -> None:
    school = make_organisation("Old")
    service.update_organisation(ctx, school, 1, name="First")
    with pytest.raises(Conflict) as conflict:
        service.update_organisation(ctx, school, 1, name="Second")
    both = {"yours": "Second", "theirs": "First", "was": None}
    assert (conflict.value.texts, conflict.value.version) == ({"name": both}, 2)
    assert Organisation.get_by_id(school.id).name == "First"


@pytest.mark.parametrize("role", ["OrgMember", "OrgSignatory"])
def test_member_without_the_role_may_not_change_it(
    portal: Flask, ctx: Context, person: Account, role: str
) -> None:
    school = make_organisation()
    make_member(school, person, role)
    with pytest.raises(NotAllowed):
        service.update_organisation(acting(ctx, person), school, 1, name="Mine")


def test_editor_changes_but_does_not_hide(portal: Flask, ctx: Context, person: Account) -> None:
    school = make_organisation()
    make_member(school, person, "OrgEditor")
    assert service.update_organisation(acting(ctx, person), school, 1, city="Bonn").city == "Bonn"
    with pytest.raises(NotAllowed):
        service.hide(acting(ctx, person), school)


STRANGERS = {
    "change": lambda ctx, school: service.update_organisation(ctx, school, 1, name="X"),
    "hide": service.hide,
    "bring back": service.bring_back,
}


@pytest.mark.parametrize("deed", STRANGERS)
def test_stranger_finds_nothing_to_change(
    portal: Flask, ctx: Context, person: Account, deed: str
) -> None:
    with pytest.raises(NotFound):
        STRANGERS[deed](acting(ctx, person), make_organisation())


def test_hiding_can_be_taken_back(portal: Flask, ctx: Context) -> None:
    school = make_organisation()
    service.hide(ctx, school)
    with pytest.raises(NotFound):
        queries.public(school.slug)
    service.bring_back(ctx, school)
    assert queries.public(school.slug).hidden_at is None


@pytest.mark.parametrize("deed", ["create", "change", "hide"])
def test_plugins_hear_of_each_change_inside_the_transaction(
    portal: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch, deed: str
) -> None:
    school = make_organisation()
    heard: list[tuple[int, bool]] = []
    monkeypatch.setattr(
        service,
        "announce",
        lambda ctx, ids: heard.append((ids[0], db.database.in_transaction())),
    )
    if deed == "create":
        school = service.create_organisation(ctx, name="A", country="DE")
    elif deed == "change":
        service.update_organisation(ctx, school, 1, city="Bonn")
    else:
        service.hide(ctx, school)
    assert heard == [(school.id, True)]


def test_announcement_is_cut_into_thousands(
    portal: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    class Listening:
        def call(self, hook: str, ctx: Context, ids: list[int]) -> None:
            asked.append(len(ids))

    monkeypatch.setattr(service, "hooks", Listening)
    service.announce(ctx, list(range(2_300)))
    assert asked == [1_000, 1_000, 300]


# Asking


def test_former_address_leads_to_the_organisation(portal: Flask) -> None:
    school = make_organisation()
    OrganisationFormerSlug.create(slug="old", organisation=school)
    assert queries.by_slug("old").slug == school.slug
    with pytest.raises(NotFound):
        queries.by_slug("never")


def test_who_writes_for_an_organisation_are_its_open_accounts_by_the_time_they_came(
    portal: Flask, ctx: Context
) -> None:
    names = ("OrgEditor", "OrgAdmin", "OrgMember", "gone")
    people = {name: make_account(portal) for name in names}
    school, hidden = make_organisation("School"), make_organisation("Hidden", hidden_at=NOON)
    for name, account in people.items():
        make_member(school, account, "OrgAdmin" if name == "gone" else name)
    make_member(hidden, people["OrgEditor"])
    Account.update(disabled_at=NOON).where(Account.id == people["gone"].id).execute()

    assert queries.editors(school.id) == [people["OrgEditor"].id, people["OrgAdmin"].id]
    assert queries.editors(school.id, {"OrgMember"}) == [people["OrgMember"].id]
    for name, found in (("OrgEditor", [school]), ("OrgAdmin", [school]), ("OrgMember", [])):
        assert queries.own_organisations(acting(ctx, people[name])) == found
    assert queries.own_organisations(ctx.as_actor(ANONYMOUS)) == []
