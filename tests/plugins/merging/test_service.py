"""Two entries become one and two again: every reference right, history kept, nobody's rights unseen."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import peewee
import pytest
from flask import Flask

from plugins.claims.models import Case
from plugins.directory import interface as directory
from plugins.members.models import Invitation as Asked
from plugins.members.models import JoinRequest, Signer
from plugins.merging import moving, plan, queries, service
from plugins.merging.models import Change, Merge
from plugins.merging.plan import Choices
from plugins.notices.models import Notice
from plugins.partners.models import Change as PromiseChange
from plugins.partners.models import Commitment, Profile
from plugins.projects.models import Participation, Project
from plugins.requests.models import (
    Enquiry,
    Invitation,
    Message,
    PartnerRequest,
    Reply,
    Silence,
    Told,
)
from plugins.saved.models import Entry as Listed
from plugins.tokens.models import Token
from portal import db
from portal.context import SITE_ADMIN, Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, Unavailable
from portal.organisations import queries as organisations
from portal.organisations import service as core
from portal.organisations.models import (
    Organisation,
    OrganisationFact,
    OrganisationIdentifier,
    OrganisationMember,
    OrganisationName,
    Source,
)
from portal.organisations.policy import role_of
from portal.people.models import Account
from portal.permissions import LocalRole
from portal.versions import Version
from tests.factories import NOON, audited, make_account, make_member, make_organisation
from tests.faults import Fault, assert_all_or_nothing, dump, failing_at

LOGS = (
    "audit_", "event", "job", "merging_merge", "merging_change", "notices_notice", "outbox",
    "search_", "sqlite_", "version", "workflow_", "heartbeat",
)  # fmt: skip
FOLLOWS = (  # names, addresses and people, of which more happens than moving
    "organisation_member.organisation_id", "organisation_name.organisation_id",
    "organisation_former_slug.organisation_id", "directory_form.organisation_id",
)  # fmt: skip
REFUSED = (Fault, Unavailable)  # the second where it happens in an answer of a plugin
COUNTED = {
    "organisation": {"version", "updated_at"},
    "partners_profile": {"version"},
    "directory_form": {"id"},
}


@pytest.fixture
def portal(any_app: Flask) -> Iterator[Flask]:
    """A portal with its app context open, once on each engine."""
    with any_app.app_context():
        yield any_app


@pytest.fixture
def admin(ctx: Context, request: pytest.FixtureRequest) -> Context:
    """The context of somebody who runs the site."""
    name = next(name for name in ("portal", "app", "any_app") if name in request.fixturenames)
    account = make_account(request.getfixturevalue(name), role=SITE_ADMIN)
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member", SITE_ADMIN})))


def records() -> dict[str, Counter[tuple[Any, ...]]]:
    """Return all rows of all tables but the logs, without what only counts changes."""
    found = {}
    for table in sorted(db.database.get_tables()):
        if not table.startswith(LOGS):
            cursor = db.execute(f'SELECT * FROM "{table}"')
            names = [item[0] for item in cursor.description]
            shown = [at for at, name in enumerate(names) if name not in COUNTED.get(table, ())]
            found[table] = Counter(tuple(row[at] for at in shown) for row in cursor.fetchall())
    return found


def references(number: int) -> dict[str, int]:
    """Return how many rows of each column refer to an organisation."""
    found = {}
    for column in moving.columns():
        sql = f'SELECT COUNT(*) FROM "{column.table}" WHERE "{column.name}" = ?'
        found[column.path] = db.query(sql, [number])[0][0]
    return found


class World:
    """Organisations with random records of every kind, some of them alike."""

    def __init__(self, app: Flask, ctx: Context, seed: int) -> None:
        self.random, self.ctx, self.number = random.Random(seed), ctx, seed * 1_000
        self.made: list[Organisation] = []
        self.people = [make_account(app) for _at in range(4)]
        Source.insert(key="list", title="A list").on_conflict_ignore().execute()
        self.projects = [self._project() for _at in range(3)]
        self.asker = self.organisation(claimed=True)
        self.asked = [self.request(self.asker) for _at in range(3)]

    def next(self) -> int:
        self.number += 1
        return self.number

    def _project(self) -> Project:
        return Project.create(key=f"project-{self.next()}", title="A project")

    def some(self, items: list[Any]) -> list[Any]:
        return self.random.sample(items, self.random.randint(0, len(items)))

    def organisation(self, claimed: bool, **more: Any) -> Organisation:
        """Make an organisation with a slug of its own and its way to the public."""
        made = make_organisation(f"School {self.next()}", city="Aa", **more)
        if claimed:
            Organisation.update(state="claimed").where(Organisation.id == made.id).execute()
            make_member(made, self.people[0])
        core.announce(self.ctx, [made.id])
        self.made.append(made)
        return Organisation.get_by_id(made.id)

    def ask(self, asker: Organisation, receiver: Organisation) -> None:
        moments = dict.fromkeys(("created_at", "waits_since", "last_at", "closes_at"), NOON)
        sides = {"asker": asker.id, "receiver": receiver.id, "about": self.made[0].id}
        made = Enquiry.create(public_id=f"enquiry-{self.next()}", **sides, **moments)
        for side in (asker, receiver):
            texts = {"text": "Good day", "created_at": NOON}
            Message.create(enquiry=made.id, organisation=side.id, **texts)

    def request(self, owner: Organisation) -> PartnerRequest:
        key = f"request-{self.next()}"
        texts = dict.fromkeys(("title", "text"), "Who comes?") | {"lang": "en", "role": "host"}
        moments = dict.fromkeys(("created_at", "published_at", "closes_at"), NOON)
        known = {"organisation": owner.id, "public_id": key, "slug": key, "state": "published"}
        return PartnerRequest.create(**known, **texts, **moments)

    def fill(self, owner: Organisation) -> None:
        """Give an organisation records; those of two have some in common."""
        same = {"organisation": owner.id}
        for person in self.some(self.people[1:]):
            make_member(owner, person, self.random.choice(["OrgMember", "OrgEditor", "OrgAdmin"]))
        for name in self.some(["A", "B", "C"]):
            OrganisationName.create(kind="alias", name=name, **same)
            OrganisationIdentifier.create(scheme="pic", value=f"99{name}", **same)
            OrganisationFact.create(name="city", value=name, source="list", noted_at=NOON, **same)
        for project in self.some(self.projects):
            Participation.create(project=project.id, role="partner", **same)
        for request in self.some(self.asked):
            Told.create(request=request.id, told_at=NOON, **same)
            moments = dict.fromkeys(("created_at", "updated_at"), NOON)
            Reply.create(public_id=f"reply-{self.next()}", request=request.id, **moments, **same)
        if self.random.random() < 0.5:
            own = self.request(owner)
            moments = dict.fromkeys(("created_at", "updated_at"), NOON)
            Reply.create(
                public_id=f"reply-{self.next()}", request=own.id, organisation=self.asker.id,
                **moments,
            )  # fmt: skip
        if self.random.random() < 0.5:
            Invitation.create(
                request=self.asked[0].id, asker=self.asker.id, invited_at=NOON, **same
            )
        if self.random.random() < 0.6:
            roles, texts = self.some(["sending", "host"]), self.some(["de", "en"])
            values = {"roles": roles, "summaries": dict.fromkeys(texts, f"Text {owner.id}")}
            Profile.create(updated_at=NOON, months=self.some([1, 5]), **values, **same)
        for other in self.some(self.made):
            if other.id != owner.id:
                self.ask(owner, other)
                key = {"added_at": NOON, "organisation": owner.id, "partner": other.id}
                Listed.insert(**key).on_conflict_ignore().execute()
                if other.id == self.asker.id:
                    twin = key | {"organisation": other.id, "partner": owner.id}
                    Listed.insert(**twin).on_conflict_ignore().execute()
        for person in self.some(self.people):
            moments = dict.fromkeys(("created_at", "due_at"), NOON)
            key = {"public_id": f"join-{self.next()}", "account": person.id, "message": "Me too"}
            JoinRequest.create(**key, **moments, **same)
        if self.random.random() < 0.5:
            Silence.create(warned_at=NOON, **same)
        for standard in self.some(["one", "two"]):
            Commitment.create(standard=standard, subscribed_on="2026-01-01", **same)
        if self.random.random() < 0.5:
            PromiseChange.create(public_id=f"change-{self.next()}", created_at=NOON, **same)
        for kind in self.some(["claim", "wrong-fact", "lookalike"]):
            moments = dict.fromkeys(("created_at", "due_at"), NOON)
            other = self.random.choice(self.made) if kind == "lookalike" else None
            key = {"public_id": f"case-{self.next()}", "kind": kind, "resembles": other}
            Case.create(**key, **moments, **same)
        for _at in range(self.random.randint(0, 2)):
            key = f"token-{self.next()}"
            moments = dict.fromkeys(("created_at", "expires_at"), NOON)
            names = {"public_id": key, "token_hash": key, "name": "A script", "scopes": []}
            Token.create(account=self.people[1].id, **names, **moments, **same)
        for email in self.some(["a@mail.example", "b@mail.example", ""]):
            moments = dict.fromkeys(("created_at", "sent_at", "opens_at", "expires_at"), NOON)
            key = f"invited-{self.next()}"
            known = {"public_id": key, "mark": key, "kind": "colleague", "role": "OrgEditor"}
            Asked.create(email=email, **known, **moments, **same)
        if self.random.random() < 0.5:
            names = {"name": "Head", "function": "head", "email": "head@mail.example"}
            Signer.create(public_id=f"signs-{self.next()}", confirmed_at=NOON, **names, **same)
        if self.random.random() < 0.5:
            shared = {"object_type": "requests_request", "object_id": self.asked[0].id}
            LocalRole.create(role="Viewer", granted_at=NOON, **shared, **same)


# Every reference


def test_every_reference_to_organisations_is_found_and_spoken_for(
    portal: Flask, ctx: Context
) -> None:
    """The remedy: answer `merging_references` in the plugin's plugin.py for the column."""

    def models(base: type[db.Model]) -> Iterator[Any]:
        for model in base.__subclasses__():
            yield model
            yield from models(model)

    tables = set(db.database.get_tables())
    declared = {
        f"{model._meta.table_name}.{field.column_name}"
        for model in models(db.Model)
        for field in model._meta.sorted_fields
        if isinstance(field, peewee.ForeignKeyField) and field.rel_model is Organisation
        and model._meta.table_name in tables
    }  # fmt: skip
    found = moving.columns()

    assert {column.path for column in found} == declared
    assert all(column.keys for column in found)
    assert set(plan.references(ctx)) == declared


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.full)])
def test_undo_restores_every_reference_whatever_there_was(
    portal: Flask, admin: Context, seed: int
) -> None:
    for round_ in range(5 if seed == 1 else 80):
        world = World(portal, admin, seed * 100 + round_)
        claimed = world.random.random() < 0.7
        kept = world.organisation(claimed)
        gone = world.organisation(claimed and world.random.random() < 0.7)
        for owner in (kept, gone):
            world.fill(owner)
        core.announce(admin, [kept.id, gone.id])
        kept, gone = Organisation.get_by_id(kept.id), Organisation.get_by_id(gone.id)
        before, had = records(), {owner.id: references(owner.id) for owner in (kept, gone)}
        shown = service.preview(admin, kept, gone, Choices())
        assert records() == before

        pick = {item.key: world.random.choice(["kept", "gone"]) for item in shown.picks}
        role = {item.public_id: world.random.choice(["", "OrgEditor"]) for item in shown.people}
        merged = service.merge(admin, kept, gone, Choices(pick, role), shown.seen)
        now = references(kept.id)
        for outcome in shown.outcomes:
            path = outcome.column.path
            if path not in FOLLOWS:
                assert now[path] == had[kept.id][path] + outcome.moved, path
                assert references(gone.id)[path] == outcome.stays, path
        assert not references(gone.id)["organisation_member.organisation_id"]
        assert organisations.by_slug(gone.slug).id == kept.id

        assert service.undo(admin, merged) == 0
        assert {table: rows for table, rows in records().items() if rows != before[table]} == {}


def test_merges_upon_merges_are_undone_the_last_one_first(portal: Flask, admin: Context) -> None:
    world = World(portal, admin, 7)
    one, two, three = (world.organisation(claimed=True) for _at in range(3))
    for owner in (one, two, three):
        world.fill(owner)
    core.announce(admin, [one.id, two.id, three.id])
    before = records()
    first = service.merge(admin, two, one, Choices())
    second = service.merge(admin, three, two, Choices())

    assert organisations.by_slug(one.slug).id == organisations.by_slug(two.slug).id == three.id
    with pytest.raises(Conflict, match="Undo that merge first"):
        service.undo(admin, first)
    service.undo(admin, second)
    service.undo(admin, first)
    assert records() == before


def test_what_was_changed_since_is_not_overwritten(portal: Flask, admin: Context) -> None:
    kept, gone = make_organisation(city=""), make_organisation(city="Delft")
    merged = service.merge(admin, kept, gone, Choices())
    assert Organisation.get_by_id(kept.id).city == "Delft"
    now = Organisation.get_by_id(kept.id)
    core.update_organisation(admin, now, now.version, city="Breda")

    assert service.undo(admin, merged) == 1
    assert Organisation.get_by_id(kept.id).city == "Breda"
    assert Organisation.get_by_id(gone.id).city == "Delft"
    with pytest.raises(Conflict, match="undone before"):
        service.undo(admin, merged)


class Deed:
    """A merge, or its undo, of two organisations that have something of much."""

    def __init__(self, app: Flask, admin: Context, act: str) -> None:
        self.world, self.admin, self.act = World(app, admin, 9), admin, act

    def prepare(self) -> Any:
        pair = [self.world.organisation(claimed=True) for _at in range(2)]
        for owner in pair:
            make_member(owner, self.world.people[1])
            OrganisationIdentifier.create(organisation=owner.id, scheme="pic", value="991")
            project = self.world.projects[0].id
            Participation.create(organisation=owner.id, project=project, role="partner")
        Profile.create(organisation=pair[1].id, updated_at=NOON)
        return service.merge(self.admin, *pair, Choices()) if self.act == "undo" else pair

    def do(self, thing: Any) -> None:
        if self.act == "undo":
            service.undo(self.admin, thing)
        else:
            service.merge(self.admin, *thing, Choices())


@pytest.mark.full
@pytest.mark.parametrize("act", ["merge", "undo"])
def test_a_failure_at_any_statement_leaves_before_or_after(
    portal: Flask, admin: Context, act: str
) -> None:
    deed, left_out = Deed(portal, admin, act), frozenset({"plugin_failure", "heartbeat"})

    assert assert_all_or_nothing(deed.prepare, deed.do, left_out, REFUSED) > 80


@pytest.mark.parametrize("act", ["merge", "undo"])
def test_a_failure_in_between_leaves_what_was(portal: Flask, admin: Context, act: str) -> None:
    deed = Deed(portal, admin, act)
    thing, number = deed.prepare(), 3
    before = dump()
    while True:
        with failing_at(number) as tried:
            try:
                deed.do(thing)
            except REFUSED:
                assert dump() == before, tried[-1]
            else:
                break
        number += 40

    assert number > 80
    assert dump() != before


# Who may, and what can't be


def test_only_administrators_without_a_link_to_either_merge(
    portal: Flask, admin: Context, ctx: Context
) -> None:
    kept, gone = make_organisation(), make_organisation()
    someone = make_account(portal)
    member = ctx.as_actor(Actor(someone.id, someone.name, frozenset({"Member", "Reviewer"})))
    for act in (service.merge, service.preview):
        with pytest.raises(NotAllowed):
            act(member, kept, gone, Choices())

    own = make_organisation(is_operator=True)
    make_member(own, Account.get_by_id(admin.actor.account_id))
    for pair in ((own, gone), (make_organisation(is_operator=True), gone), (kept, own)):
        with pytest.raises(NotAllowed, match="somebody else"):
            service.merge(admin, *pair, Choices())
    assert not Merge.select().count()


def test_what_can_not_be_one_is_refused_with_the_reason(portal: Flask, admin: Context) -> None:
    kept = make_organisation()
    person = make_account(portal)
    others = {
        "one entry already": kept,
        "made up": make_organisation(is_fictional=True),
        "is hidden": make_organisation(hidden_at=NOON),
        "operator's own": make_organisation(is_operator=True),
        "People act for": make_organisation(admin=person),
    }
    for reason, gone in others.items():
        with pytest.raises(Conflict, match=reason):
            service.merge(admin, kept, gone, Choices())

    assert records() and not Change.select().count()


def test_what_changed_since_the_preview_must_be_looked_at_again(
    portal: Flask, admin: Context
) -> None:
    first, second = make_account(portal), make_account(portal)
    kept, gone = make_organisation(admin=first), make_organisation(admin=second)
    seen = service.preview(admin, kept, gone, Choices()).seen
    make_member(gone, make_account(portal))

    with pytest.raises(Conflict, match="Something changed"):
        service.merge(admin, kept, gone, Choices(), seen)
    with pytest.raises(Invalid):
        service.merge(admin, kept, gone, Choices(roles={second.public_id: "Emperor"}))
    assert not Merge.select().count()


def test_a_merged_entry_is_not_shown_again_nor_taken_back_with_its_import(
    portal: Flask, admin: Context
) -> None:
    kept, gone = make_organisation(), make_organisation()
    merged = service.merge(admin, kept, gone, Choices())

    with pytest.raises(Conflict, match="Undo the merge"):
        core.bring_back(admin, Organisation.get_by_id(gone.id))
    assert set(service.in_use([kept.id, gone.id])) == {kept.id, gone.id}
    service.undo(admin, merged)
    assert service.in_use([kept.id, gone.id]) == {}


def test_records_of_a_plugin_that_is_off_stop_a_merge(portal: Flask, admin: Context) -> None:
    kept, gone = make_organisation(), make_organisation()
    Participation.create(
        organisation=gone.id, project=Project.create(key="p", title="P").id, role="partner"
    )
    registry = portal.extensions["portal"].registry
    registry.deactivate(admin, "projects")

    with pytest.raises(Conflict, match="switched off"):
        service.merge(admin, kept, gone, Choices())


def test_who_was_verified_is_not_the_other_one(portal: Flask, admin: Context) -> None:
    person = make_account(portal)
    kept = make_organisation(admin=person)
    gone = make_organisation(admin=person, state="verified")
    directory.note_verified(admin, gone.id, "letter")
    merged = service.merge(admin, kept, gone, Choices())

    assert Organisation.get_by_id(kept.id).state == "claimed"
    fact = OrganisationFact.get(OrganisationFact.name == "verified")
    assert fact.organisation.id == gone.id
    service.undo(admin, merged)
    assert Organisation.get_by_id(gone.id).state == "verified"


# People, names, history


def test_nobody_gains_rights_unnoticed(portal: Flask, admin: Context) -> None:
    first, second, both, out = (make_account(portal) for _at in range(4))
    kept, gone = make_organisation("Alpha", admin=first), make_organisation("Beta", admin=second)
    make_member(kept, both, "OrgMember")
    for person in (both, out):
        make_member(gone, person)
    shown = service.preview(admin, kept, gone, Choices(roles={out.public_id: ""}))
    assert [person.name for person in shown.newcomers] == [second.name]

    chosen = Choices(roles={second.public_id: "OrgEditor", out.public_id: ""})
    merged = service.merge(admin, kept, gone, chosen)

    def roles(organisation: Organisation) -> list[str]:
        actors = [Actor(person.id) for person in (first, second, both, out)]
        return [role_of(actor, organisation) for actor in actors]

    assert roles(kept) == ["OrgAdmin", "OrgEditor", "OrgMember", ""]
    assert roles(gone) == [""] * 4
    told = {row.account.id: row.body["message"] for row in Notice.select()}
    assert "People of" in told[first.id] and "People of" in told[both.id]
    assert "You act for" in told[second.id] and "no longer" in told[out.id]
    added = [(row.subject_id, row.detail["account"]) for row in audited("member.added").limit(1)]
    assert added == [(kept.id, second.id)]

    service.undo(admin, merged)
    assert roles(kept) == ["OrgAdmin", "", "OrgMember", ""]
    assert roles(gone) == ["", "OrgAdmin", "OrgAdmin", "OrgAdmin"]
    assert audited("organisation.merge_undone").count() == 1


def test_undo_leaves_no_organisation_without_an_administrator(
    portal: Flask, admin: Context
) -> None:
    first, second = make_account(portal), make_account(portal)
    kept, gone = make_organisation(admin=first), make_organisation(admin=second)
    merged = service.merge(admin, kept, gone, Choices())
    core.remove_member(admin, kept, first.id)

    with pytest.raises(Conflict, match="last one"):
        service.undo(admin, merged)
    assert role_of(Actor(second.id), kept) == "OrgAdmin"


def test_an_erased_person_is_not_brought_back(portal: Flask, admin: Context) -> None:
    first, second = make_account(portal), make_account(portal)
    kept, gone = make_organisation(admin=first), make_organisation(admin=first)
    make_member(gone, second)
    merged = service.merge(admin, kept, gone, Choices(roles={second.public_id: ""}))
    Account.delete().where(Account.id == second.id).execute()

    assert service.undo(admin, merged) == 0
    members = OrganisationMember.select().where(OrganisationMember.organisation == gone.id)
    assert [row.account.id for row in members] == [first.id]


def test_both_names_find_the_one_that_stays_and_its_history_tells(
    any_app: Flask, admin: Context
) -> None:
    with any_app.app_context():
        kept, gone = make_organisation("Tulip College"), make_organisation("Daffodil School")
        core.announce(admin, [kept.id, gone.id])
    client = any_app.test_client()

    def found(words: str) -> list[str]:
        answer = client.get("/api/v1/partners", query_string={"q": words}).json
        return [item["name"] for item in answer["items"]]

    assert (found("tulip"), found("daffodil")) == (["Tulip College"], ["Daffodil School"])
    with any_app.app_context():
        merged = service.merge(admin, kept, gone, Choices({"organisation.name": "gone"}))
        kinds = {row.object_type for row in Version.select().where(Version.object_id == kept.id)}
    assert kinds == {"organisation", "directory_entry"}
    assert found("tulip") == found("daffodil") == ["Daffodil School"]
    assert client.get(f"/partners/{gone.slug}").location.endswith(f"/partners/{kept.slug}")

    with any_app.app_context():
        service.undo(admin, merged)
    assert (found("tulip"), found("daffodil")) == (["Tulip College"], ["Daffodil School"])
    assert client.get(f"/partners/{gone.slug}").status_code == 200


# Proposals


def test_duplicates_are_proposed_with_reasons_until_somebody_says_they_are_two(
    portal: Flask, admin: Context
) -> None:
    person = make_account(portal)
    one = make_organisation("Oak School", city="Ghent", country="BE", domain="oak.example")
    two = make_organisation("Oak School", city="ghent", country="BE", domain="oak.example",
                            admin=person)  # fmt: skip
    make_organisation("Oak School", city="Bruges", country="BE")
    for owner in (one, two):
        OrganisationIdentifier.create(organisation=owner.id, scheme="pic", value="999")
    for _at in range(4):
        make_organisation(domain="city.example")

    (pair,) = queries.pairs()
    assert (pair.kept.id, pair.gone.id) == (two.id, one.id)  # people act for the second
    assert pair.reasons == ("number", "name", "website") == queries.reasons(one, two)
    service.keep_apart(admin, two, one)
    assert queries.pairs() == []
    service.propose_again(admin, one.id, two.id)
    assert len(queries.pairs()) == 1
