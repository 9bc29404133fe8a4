"""Names and numbers of entries on both engines: what is kept, found, refused, and who decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from plugins.claims import service as claims
from plugins.claims.models import Case
from plugins.directory import policy, queries, rules, service
from plugins.partners import publishing
from plugins.setup import service as setup
from plugins.tasks import queries as tasks
from plugins.versions import service as history
from portal import db, objects, permissions, workflow
from portal.context import REVIEWER, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.hookspecs import State, Transition, Workflow
from portal.organisations import service as core
from portal.organisations.models import (
    Organisation,
    OrganisationFact,
    OrganisationIdentifier,
    OrganisationName,
    Source,
)
from portal.people.models import Account
from tests.factories import make_account, make_member, make_organisation


@pytest.fixture
def portal(any_app: Flask) -> Iterator[Flask]:
    """A portal with its app context open, once on each engine."""
    with any_app.app_context():
        yield any_app


@pytest.fixture
def admin(portal: Flask) -> Account:
    return make_account(portal)


@pytest.fixture
def school(admin: Account) -> Organisation:
    return make_organisation("School of Bonn", admin=admin)


def acting(ctx: Context, account: Account, *roles: str) -> Context:
    """The context of a signed-in person."""
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member", *roles})))


def reviewer(portal: Flask, ctx: Context, *organisations: Organisation) -> Context:
    """A reviewer who is a member of these organisations."""
    account = make_account(portal, role=REVIEWER)
    for organisation in organisations:
        make_member(organisation, account, "OrgMember")
    return acting(ctx, account, REVIEWER)


# Names


def test_a_new_name_changes_the_entry_once_and_is_kept_as_a_version(
    portal: Flask, ctx: Context, admin: Account, school: Organisation
) -> None:
    mine = acting(ctx, admin)

    made = service.add_name(mine, school, name=" Scuola  di Bonn ", kind="translation", lang="it")
    service.change_name(mine, school, made.id, name="Scuola di Bonn", kind="alias", lang="")
    service.remove_name(mine, school, made.id)
    service.add_identifier(mine, school, scheme="pic", value="999 912 345")

    kept = history.list_of("directory_entry", school.id)
    assert [row.data["names"] for row in reversed(kept)] == [
        [],
        [["Scuola di Bonn", "translation", "it"]],
        [["Scuola di Bonn", "alias", ""]],
        [],
        [],
    ]
    assert kept[0].data["identifiers"] == [["pic", "999912345"]]
    assert Organisation.get_by_id(school.id).version == 5
    history.restore(mine, service.VERSIONED, school.id, 2)
    assert [row.name for row in queries.names(school.id)] == ["Scuola di Bonn"]
    assert queries.identifiers(school.id) == []


WRONG_NAMES: dict[str, dict[str, str]] = {
    "name": {"name": " ", "kind": "alias"},
    "kind": {"name": "Other", "kind": "nickname"},
    "lang": {"name": "Other", "kind": "alias", "lang": "no language"},
}


@pytest.mark.parametrize("field", WRONG_NAMES)
def test_a_name_that_can_not_be_one_is_refused_beside_its_field(field: str) -> None:
    typed = {"lang": "", **WRONG_NAMES[field]}
    with pytest.raises(Invalid) as refusal:
        rules.other_name(**typed)
    assert refusal.value.field == field


def test_strangers_find_nothing_and_members_learn_what_they_lack(
    portal: Flask, ctx: Context, admin: Account, school: Organisation
) -> None:
    made = service.add_name(acting(ctx, admin), school, name="Other", kind="alias")
    stranger, member = make_account(portal), make_account(portal)
    make_member(school, member, "OrgMember")
    deeds: list[Callable[[Context], Any]] = [
        lambda ctx: service.add_name(ctx, school, name="X", kind="alias"),
        lambda ctx: service.change_name(ctx, school, made.id, name="X", kind="alias"),
        lambda ctx: service.remove_name(ctx, school, made.id),
        lambda ctx: service.add_identifier(ctx, school, scheme="oid", value="E10000001"),
        lambda ctx: service.remove_identifier(ctx, school, 1),
        lambda ctx: service.set_identifiers(ctx, school, []),
    ]
    for deed in deeds:
        with pytest.raises(NotFound):
            deed(acting(ctx, stranger))
        with pytest.raises(NotAllowed):
            deed(acting(ctx, member))
    assert [row.name for row in OrganisationName.select()] == ["Other"]


def test_names_of_others_can_not_be_reached_through_an_own_entry(
    portal: Flask, ctx: Context, admin: Account, school: Organisation
) -> None:
    other = make_organisation("Other school")
    foreign = OrganisationName.create(organisation=other, kind="alias", name="Theirs")
    number = OrganisationIdentifier.create(organisation=other, scheme="pic", value="999999999")
    mine = acting(ctx, admin)
    for deed in (
        lambda: service.change_name(mine, school, foreign.id, name="X", kind="alias"),
        lambda: service.remove_name(mine, school, foreign.id),
        lambda: service.remove_identifier(mine, school, number.id),
    ):
        with pytest.raises(NotFound):
            deed()
    assert OrganisationName.get().name == "Theirs"
    assert OrganisationIdentifier.get().value == "999999999"


def test_the_same_name_or_number_twice_is_refused_and_so_are_too_many(
    portal: Flask, ctx: Context, school: Organisation
) -> None:
    service.add_identifier(ctx, school, scheme="oid", value="e10000001")
    for again in (
        lambda: service.add_name(ctx, school, name="School of Bonn", kind="alias"),
        lambda: service.add_identifier(ctx, school, scheme="OID", value="E10000001"),
    ):
        with pytest.raises(Conflict):
            again()
    for number in range(rules.MOST):
        OrganisationName.create(organisation=school, kind="alias", name=f"Name {number}")
    with pytest.raises(Invalid, match="Remove a name first"):
        service.add_name(ctx, school, name="One more", kind="alias")


def test_identifiers_are_replaced(portal: Flask, ctx: Context, school: Organisation) -> None:
    service.set_identifiers(ctx, school, [("PIC", "123456789"), ("national", "A 1")])
    service.set_identifiers(ctx, school, [("oid", "e10000001"), ("oid", "E10000001")])
    assert [(row.scheme, row.value) for row in queries.identifiers(school.id)] == [
        ("oid", "E10000001")
    ]


NUMBERS = {
    ("ROR", "https://ror.org/012ABC390"): ("ror", "012abc390"),
    ("ror", "05dxps055"): ("ror", "05dxps055"),
    ("lei", "5493001KJTIIGC8Y1R12"): ("lei", "5493001KJTIIGC8Y1R12"),
    ("lei", "5299000abcdefghijk81"): ("lei", "5299000ABCDEFGHIJK81"),
    ("national", " A 1 "): ("national", "A1"),
}


@pytest.mark.parametrize("pair", NUMBERS)
def test_identifier_is_read(pair: tuple[str, str]) -> None:
    assert rules.identifier(*pair) == NUMBERS[pair]


@pytest.mark.parametrize(
    "pair", [("pic", "12"), ("", "1"), ("oid", "X1"), ("ror", "1234"), ("a", ""), ("pic", "٩" * 9)]
)
def test_identifier_is_refused(pair: tuple[str, str]) -> None:
    with pytest.raises(Invalid):
        rules.identifier(*pair)


@pytest.mark.parametrize(
    ("scheme", "value"), [("lei", "5493001KJTIIGC8Y1R12"), ("ror", "05dxps055")]
)
def test_one_wrong_sign_or_two_that_were_swapped_are_found(scheme: str, value: str) -> None:
    wrong = {value[:at] + sign + value[at + 1 :] for at in range(len(value)) for sign in "0189akz"}
    pairs = range(len(value) - 1)
    wrong |= {value[:at] + value[at + 1] + value[at] + value[at + 2 :] for at in pairs}
    same = {text for text in wrong if text.lower() == value.lower()}

    for text in sorted(wrong - same):
        with pytest.raises(Invalid, match="check its digits"):
            rules.identifier(scheme, text)


# Facts, sources, twins, names in capitals


def test_fact_of_the_same_source_is_renewed_and_announced(
    portal: Flask, ctx: Context, school: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[tuple[int, bool]] = []
    monkeypatch.setattr(
        core, "announce", lambda ctx, ids: heard.append((ids[0], db.database.in_transaction()))
    )
    source = Source(key="register", title="The register")
    service.note_facts(ctx, school.id, {"city": "Bonn", "identifiers": "pic:1 oid:2"}, source)
    service.note_facts(ctx, school.id, {"city": "Köln"}, source)
    facts = queries.facts(school)
    assert {row.name: row.value for row in facts} == {"city": "Köln", "identifiers": "pic:1 oid:2"}
    assert OrganisationFact.get().source.title == "The register"
    assert queries.source_of(facts, "oid:2").title == "The register"
    assert queries.source_of(facts, "oid:3") is None
    assert heard == [(school.id, True)] * 2


def test_likely_duplicates_are_found(portal: Flask, ctx: Context) -> None:
    school = make_organisation("A school", domain="a.example")
    same_name = make_organisation("A School")
    same_domain = make_organisation("Other", "FR", domain="a.example")
    same_number = make_organisation("Third", "IT")
    make_organisation("A school", "AT")
    make_organisation("A school", hidden_at=ctx.clock.now())
    for one in (school, same_number):
        service.set_identifiers(ctx, one, [("pic", "123456789")])
    assert [row.id for row in queries.duplicates(school)] == [
        same_name.id,
        same_domain.id,
        same_number.id,
    ]


def test_what_is_typed_wholly_in_capitals_is_softened(
    portal: Flask, ctx: Context, admin: Account
) -> None:
    mine = acting(ctx, admin)
    made = core.create_organisation(mine, name="ESCUELA DE VIGO", country="ES", city="VIGO")
    assert (made.name, made.registered_name) == ("Escuela de Vigo", "ESCUELA DE VIGO")
    assert (made.slug, made.folded_name, made.city) == (
        "escuela-de-vigo",
        "escuela de vigo",
        "Vigo",
    )
    changed = core.update_organisation(mine, made, 1, name="ESCUELA DE LUGO", city="LUGO")
    assert (changed.name, changed.city) == ("Escuela de Lugo", "Lugo")


# Decided by others


def claim(ctx: Context, organisation: Organisation, person: Account) -> Case:
    """A case that waits for a reviewer."""
    return claims.open_case(
        acting(ctx, person), organisation, "wrong-fact", message="It is in Kiel."
    )


def test_only_others_decide_about_the_operators_own_organisations(
    portal: Flask, ctx: Context, admin: Account
) -> None:
    first = make_organisation("Operator", is_operator=True, admin=admin)
    second = make_organisation("Operator's school", is_operator=True, admin=admin)
    plain = make_organisation("Other school", admin=admin)
    kin, other = reviewer(portal, ctx, first), reviewer(portal, ctx, plain)
    for organisation, may, may_not in ((second, other, kin), (plain, kin, other)):
        case = claim(ctx, organisation, make_account(portal))
        assert not permissions.may(may_not, "review", case)
        assert workflow.offered(may_not, case) == []
        with pytest.raises(NotAllowed):
            claims.decide_case(may_not, case, True, "I say so.")
        assert Case.get_by_id(case.id).state == "open"
        claims.decide_case(may, case, False, "It is in Bonn.")
        assert Case.get_by_id(case.id).state == "declined"


def test_own_reviewers_decide_under_no_other_permission_either(
    portal: Flask, ctx: Context, admin: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    flows = objects.registry().structure.workflows
    flow = flows["claims_case"]
    states = [
        replace(state, permissions={"register": state.permissions["review"], **state.permissions})
        if "review" in state.permissions
        else state
        for state in flow.states
    ]
    steps = [replace(s, permission="register", four_eyes=False) for s in flow.transitions]
    monkeypatch.setitem(flows, "claims_case", replace(flow, states=states, transitions=steps))
    operator = make_organisation("Operator", is_operator=True, admin=admin)
    school = make_organisation("Operator's school", is_operator=True, admin=admin)
    kin, other = reviewer(portal, ctx, operator), reviewer(portal, ctx)
    case = claim(ctx, school, make_account(portal))

    assert policy.decisions(flows["claims_case"]) == {"review", "register"}
    assert workflow.offered(kin, case) == []
    assert tasks.tasks(kin) == []
    with pytest.raises(NotAllowed):
        workflow.move(kin, case, "accept", "I say so.")
    assert len(tasks.tasks(other)) == 1
    workflow.move(other, case, "decline", "It is in Bonn.")


def test_a_permission_that_other_steps_need_too_is_left_to_their_people() -> None:
    def step(name: str, permission: str, **more: bool) -> Transition:
        return Transition(name, name, {"draft"}, "draft", permission, **more)

    steps = [step("save", "edit"), step("check", "edit", four_eyes=True), step("go", "")]
    steps += [step("sign", "sign", four_eyes=True), step("register", "register", review=True)]

    flow = Workflow("case", "Case", "draft", [State("draft", "draft", {})], steps)

    assert policy.decisions(flow) == {"review", "sign", "register"}
    assert policy.decisions(None) == {"review"}


def test_a_profile_of_the_operator_is_published_by_others(
    portal: Flask, ctx: Context, admin: Account
) -> None:
    first = make_organisation("Operator", is_operator=True, admin=admin)
    second = make_organisation("Operator's school", is_operator=True, admin=admin)
    publishing.start(ctx, second.id, second.public_id, "pending")
    profile = publishing.find("profile", second.id)
    kin, other = reviewer(portal, ctx, first), reviewer(portal, ctx)
    assert not permissions.may(kin, "review", profile)
    with pytest.raises(NotAllowed):
        publishing.take_step(kin, profile, "publish", "", None, False)
    seen = type(profile).select().where(permissions.visible(kin, type(profile), "review"))
    assert list(seen) == []
    publishing.take_step(other, profile, "publish", "", None, False)
    assert publishing.find("profile", second.id).state == "published"


def test_an_administrator_of_the_operator_does_not_verify_its_organisations(
    portal: Flask, ctx: Context, admin: Account
) -> None:
    make_organisation("Operator", is_operator=True, admin=admin)
    second = make_organisation("Operator's school", is_operator=True, admin=make_account(portal))
    with pytest.raises(NotAllowed, match="somebody else must decide"):
        setup.verify(acting(ctx, admin, "SiteAdmin"), second, "I know them.")
    setup.verify(acting(ctx, make_account(portal), "SiteAdmin"), second, "Letter with its OID.")
    assert Organisation.get_by_id(second.id).state == "verified"


# Links in names


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "Win now https://prize.example"),
        ("name", "www.prize.example"),
        ("name", "Prizes prize.example/win"),
        ("name", "Write to a@prize.example"),
        ("city", "http://prize.example"),
    ],
)
def test_people_put_no_addresses_into_what_mails_name(
    portal: Flask, ctx: Context, admin: Account, field: str, text: str
) -> None:
    values = {"name": "School of Prizes", "country": "DE"} | {field: text}
    with pytest.raises(Invalid) as refused:
        core.create_organisation(acting(ctx, admin), **values)
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["Booking.com", "St. Mary's/Holy Cross", "I.T.S. A. Volta"])
def test_names_with_dots_and_strokes_stay(
    portal: Flask, ctx: Context, admin: Account, name: str
) -> None:
    assert core.create_organisation(acting(ctx, admin), name=name, country="DE").name == name


def test_lists_may_hold_names_that_are_addresses(portal: Flask, ctx: Context) -> None:
    assert core.create_organisation(ctx, name="www.school.example", country="DE")
