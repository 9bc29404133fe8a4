"""Roles on objects: single questions and lists agree, vetoes hold, what is out of order refuses."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import peewee
import pytest

from portal import db, hookspecs, objects, permissions, workflow
from portal.context import ANONYMOUS, Context
from portal.errors import NotAllowed, NotFound, Unavailable
from portal.hookspecs import ObjectType, RoleSource, Task, Transition
from portal.kernel.models import Plugin
from portal.organisations.models import OrganisationMember
from tests.factories import make_account, make_member, make_organisation
from tests.portal.conftest import Desk
from tests.portal.trial import papers


def seen(ctx: Context, model: Any, permission: str = "view") -> set[int]:
    query = model.select(model.id).where(permissions.visible(ctx, model, permission))
    return {number for (number,) in query.tuples()}


# Random data, and an answer worked out from the data alone.


def fill(desk: Desk, chance: random.Random, count: int) -> list[Any]:
    """Fill tables with accounts, organisations, papers and roles; returns the accounts."""
    own = papers(desk.app)
    roles = ["Member"] * 5 + ["Reviewer", "SiteAdmin"]
    people = [make_account(desk.app, role=chance.choice(roles)) for _number in range(16)]
    schools = [make_organisation() for _number in range(8)]
    for school in schools:
        for account in chance.sample(people, 4):
            make_member(
                school,
                account,
                chance.choice(["OrgMember", "OrgEditor", "OrgSignatory", "OrgAdmin"]),
            )
    with db.transaction():
        for number in range(count // 4):
            school = chance.choice([*schools, None])
            own.Folder.create(public_id=f"f{number}", organisation=school)
        for number in range(count):
            own.Paper.create(
                public_id=f"p{number}",
                title=chance.choice(["frozen", "free", "open"]),
                state=chance.choice(["draft", "pending", "published", "closed", "unknown"]),
                organisation=chance.choice([*schools, None]),
                author=chance.choice([*people, None, None]),
                folder=chance.choice([None, chance.randint(1, count // 4)]),
            )
        for _number in range(count):
            name = chance.choice(["sheet_sheet", "sheet_folder"])
            principal = chance.choice([{"account": chance.choice(people)}] * 2 + [
                {"organisation": chance.choice(schools)}
            ])  # fmt: skip
            permissions.LocalRole.insert(
                object_type=name,
                object_id=chance.randint(1, count if name == "sheet_sheet" else count // 4),
                role=chance.choice(["Viewer", "Editor", "OrgSignatory", "OrgAdmin"]),
                granted_at=desk.ctx.clock.now(),
                expires_at=chance.choice(
                    [
                        None,
                        desk.ctx.clock.now(),
                        *(desk.ctx.clock.now() + timedelta(d) for d in (-1, 1)),
                    ]
                ),
                **principal,
            ).on_conflict_ignore().execute()
            own.Host.create(sheet_id=chance.randint(1, count), account_id=chance.choice(people).id)
        for number in chance.sample(range(1, count + 1), count // 4):
            permissions.LocalRoleStop.create(object_type="sheet_sheet", object_id=number)
    return people


class Oracle:
    """Answers from plain rows, without the product's SQL and without its functions."""

    def __init__(self, desk: Desk) -> None:
        read = lambda table, *names: db.query(f"SELECT {', '.join(names)} FROM {table}")  # noqa: E731
        self.now = db.utc_text(desk.ctx.clock.now())
        self.members = read("organisation_member", "organisation_id", "account_id", "role")
        self.shares = read(
            "local_role", "object_type", "object_id", "account_id", "organisation_id", "role", "expires_at"
        )  # fmt: skip
        self.stops = set(read("local_role_stop", "object_type", "object_id"))
        self.hosts = set(read("sheet_host", "sheet_id", "account_id"))
        self.papers = {
            row[0]: row[1:]
            for row in read(
                "sheet_sheet", "id", "title", "state", "organisation_id", "author_id", "folder_id"
            )
        }
        self.folders = dict(read("sheet_folder", "id", "organisation_id"))
        self.flow = {state.name: state.permissions for state in papers(desk.app).FLOW.states}
        self.account_roles = dict(read("account", "id", "role"))

    def everywhere(self, me: int | None) -> set[str]:
        if me is None:
            return {"Anonymous"}
        role = self.account_roles[me]
        return {"Anonymous", "Member", role} | ({"Reviewer"} if role == "SiteAdmin" else set())

    def by_membership(self, me: int | None, organisation: int | None) -> set[str]:
        found = {role for where, who, role in self.members if (where, who) == (organisation, me)}
        return found | ({"OrgMember"} if found else set())

    def by_share(self, me: int | None, name: str, number: int, allowed: set[str]) -> set[str]:
        mine = {where for where, who, _role in self.members if who == me}
        return {
            role
            for kind, of, who, organisation, role, until in self.shares
            if (kind, of) == (name, number)
            and role in allowed
            and (until is None or until > self.now)
            and (
                (who is not None and who == me)
                or (organisation is not None and organisation in mine)
            )
        }

    def may(self, me: int | None, permission: str, name: str, number: int) -> bool:
        above = {"Viewer", "Editor", "OrgSignatory"}
        if name == "sheet_folder":
            allowed = {
                "view": {"OrgMember", "Viewer", "Editor"},
                "share": {"OrgAdmin"},
                "edit": {"OrgAdmin", "Editor"},
            }.get(permission, set())
            held = self.by_membership(me, self.folders[number])
            held |= self.by_share(me, name, number, above)
            return bool(allowed & (held | self.everywhere(me)))
        title, state, organisation, author, folder = self.papers[number]
        if state not in self.flow or (permission == "sign" and title == "frozen"):
            return False
        always = {"share": {"OrgAdmin", "Owner"}, "history": {"OrgMember", "Owner", "Reviewer"}}
        allowed = set(self.flow[state].get(permission, ())) | always.get(permission, set())
        held = self.everywhere(me) | self.by_membership(me, organisation)
        held |= self.by_share(me, name, number, {"Viewer", "Editor"})
        if me is not None and author == me:
            held.add("Owner")
        if (number, me) in self.hosts:
            held.add("Host")
        if folder is not None and (name, number) not in self.stops:
            held |= self.by_share(me, "sheet_folder", folder, above)
        return bool(allowed & held)


PERMISSIONS = ("view", "edit", "submit", "review", "sign", "share", "history", "stamp", "export")
ASKED = {"sheet_sheet": PERMISSIONS, "sheet_folder": ("view", "edit", "share", "export")}


def compare(desk: Desk, rows: int, pairs: int, seed: int) -> None:
    chance = random.Random(seed)
    people = fill(desk, chance, rows)
    oracle = Oracle(desk)
    for model, name in ((papers(desk.app).Paper, "sheet_sheet"), (papers(desk.app).Folder, "sheet_folder")):  # fmt: skip
        stored = list(model.select())
        lists: dict[tuple[int | None, str], set[int]] = {}
        allowed = 0
        for _pair in range(pairs):
            account = chance.choice([*people, None])
            row, permission = chance.choice(stored), chance.choice(ASKED[name])
            ctx = desk.acting(account) if account else desk.ctx.as_actor(ANONYMOUS)
            me = account.id if account else None
            if (me, permission) not in lists:
                lists[me, permission] = seen(ctx, model, permission)
            expected = oracle.may(me, permission, name, row.id)
            case = (name, row.id, permission, me)
            assert permissions.may(ctx, permission, row) == expected, case
            assert (row.id in lists[me, permission]) == expected, case
            allowed += expected
        assert pairs / 20 < allowed < pairs * 19 / 20, name


def test_questions_and_lists_agree_with_the_data(desk: Desk) -> None:
    compare(desk, rows=80, pairs=500, seed=7)


@pytest.mark.full
@pytest.mark.parametrize("seed", [1, 2])
def test_questions_and_lists_agree_on_ten_thousand_pairs(desk: Desk, seed: int) -> None:
    compare(desk, rows=600, pairs=10_000, seed=seed)


def test_a_wrong_map_would_be_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = permissions._shares
    monkeypatch.setattr(
        permissions,
        "_shares",
        lambda ctx, name, wanted: genuine(ctx, name, wanted | {"OrgAdmin"}),
    )
    monkeypatch.setattr(permissions, "_everywhere", lambda actor: {"Anonymous", *actor.roles})
    with pytest.raises(AssertionError, match="sheet_"):
        compare(desk, rows=80, pairs=2_000, seed=7)


def test_lists_take_aliases_and_joins(desk: Desk) -> None:
    desk.sheet("published"), desk.sheet()
    sheet = papers(desk.app).Paper.alias()
    folder = papers(desk.app).Folder
    query = sheet.select(sheet.id).join(folder, peewee.JOIN.LEFT_OUTER)
    found = query.where(permissions.visible(desk.person(), sheet)).tuples()
    assert [number for (number,) in found] == [1]


def test_the_system_may_everything(desk: Desk) -> None:
    assert permissions.may(desk.ctx, "stamp", desk.sheet())


def test_what_is_deleted_allows_nothing(desk: Desk) -> None:
    sheet = desk.sheet("published")
    papers(desk.app).Paper.delete().execute()
    assert not permissions.may(desk.acting(desk.admin), "view", sheet)


def test_refusal_tells_apart_what_may_be_seen(desk: Desk) -> None:
    with pytest.raises(NotFound):
        permissions.check(desk.person(), "edit", desk.sheet())
    with pytest.raises(NotAllowed):
        permissions.check(desk.person(), "edit", desk.sheet("published"))
    permissions.check(desk.acting(desk.admin), "edit", desk.sheet())


def test_one_request_asks_once_and_again_after_a_change(desk: Desk) -> None:
    sheet, ctx = desk.sheet("published"), desk.acting(desk.admin)
    with desk.app.test_request_context():
        assert permissions.may(ctx, "edit", sheet)
        with db.count_statements() as asked:
            assert permissions.may(ctx, "edit", sheet)
        assert asked == []
        OrganisationMember.delete().execute()
        permissions.forget()
        assert not permissions.may(ctx, "edit", sheet)


def test_many_permissions_cost_one_statement(desk: Desk) -> None:
    sheet = desk.sheet()
    with db.count_statements() as asked:
        assert permissions.granted(desk.acting(desk.admin), sheet, PERMISSIONS) == {
            "view", "edit", "submit", "share", "history",
        }  # fmt: skip
    assert len(asked) == 1


# Plugins that give, forbid, fail, or are out of order.


class Answers:
    """A plugin that answers as told."""

    def __init__(self, answer: Callable[..., Any]) -> None:
        self.answer = answer


class Gives(Answers):
    @hookspecs.hookimpl
    def role_sources(self, ctx: Context, object_type: ObjectType) -> Any:
        return self.answer()


class Forbids(Answers):
    @hookspecs.hookimpl
    def permission_veto(self, permission: str, ids: Any) -> Any:
        return self.answer()


class Objects(Answers):
    @hookspecs.hookimpl
    def transition_check(self, transition: Transition) -> Any:
        return self.answer()


class Waits(Answers):
    @hookspecs.hookimpl
    def task_list(self, ctx: Context) -> list[Task]:
        return self.answer()


def join(desk: Desk, plugin: Answers) -> None:
    registry = desk.app.extensions["portal"].registry
    registry.hooks.manager.register(plugin, "other")
    registry.hooks.activate(["sheet", "other"])


def failing() -> Any:
    raise RuntimeError("out of sheet")


def test_roles_of_another_plugin_count(desk: Desk) -> None:
    sheet, person = desk.sheet("published"), desk.person()
    assert not permissions.may(person, "sign", sheet)
    own = papers(desk.app).Paper
    join(desk, Gives(lambda: [RoleSource("Host", lambda _actor: own.select(own.id))]))
    assert permissions.may(person, "sign", sheet)


@pytest.mark.parametrize(
    "answer", [failing, lambda: [RoleSource("Host", lambda _actor: failing())]], ids=["hook", "ids"]
)
def test_roles_of_a_plugin_that_fails_are_nobodys(desk: Desk, answer: Callable[[], Any]) -> None:
    sheet = desk.sheet("published")
    join(desk, Gives(answer))
    assert not permissions.may(desk.person(), "sign", sheet)
    assert permissions.may(desk.person(), "view", sheet)


def test_veto_holds_for_administrators_too(desk: Desk) -> None:
    frozen, free = desk.sheet("published", title="frozen"), desk.sheet("published")
    signatory = make_account(desk.app, role="SiteAdmin")
    make_member(desk.school, signatory, "OrgSignatory")
    ctx = desk.acting(signatory)
    assert (permissions.may(ctx, "sign", frozen), permissions.may(ctx, "sign", free)) == (
        False,
        True,
    )
    assert seen(ctx, papers(desk.app).Paper, "sign") == {free.id}


def test_veto_that_fails_forbids(desk: Desk) -> None:
    sheet = desk.sheet("published")
    assert permissions.may(desk.person(), "view", sheet)
    join(desk, Forbids(failing))
    assert not permissions.may(desk.person(), "view", sheet)
    assert seen(desk.person(), papers(desk.app).Paper) == set()


def out_of_order(desk: Desk) -> None:
    with db.transaction():
        Plugin.update(state="suspended", reason="tried").where(Plugin.id == "sheet").execute()
        db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")
    registry = desk.app.extensions["portal"].registry
    registry.follow(db.query("SELECT plugin_generation FROM heartbeat")[0][0])


def test_what_a_suspended_plugin_might_forbid_is_refused(desk: Desk) -> None:
    sheet, host = desk.sheet("published"), desk.person(member="OrgSignatory")
    assert permissions.may(host, "sign", sheet)
    out_of_order(desk)
    with pytest.raises(Unavailable, match="sheet"):
        permissions.may(host, "sign", sheet)
    assert permissions.may(host, "view", sheet)


def test_what_a_suspended_plugin_would_carry_out_is_refused(desk: Desk) -> None:
    sheet = desk.sheet()
    out_of_order(desk)
    with pytest.raises(Unavailable, match="sheet"):
        workflow.move(desk.acting(desk.admin), sheet, "submit")
    with pytest.raises(Unavailable):
        objects.registry().hooks.call("transition_check", desk.ctx)
    assert papers(desk.app).Paper.get_by_id(sheet.id).state == "draft"


def test_step_that_another_plugin_can_not_check_is_not_taken(desk: Desk) -> None:
    sheet = desk.sheet()
    join(desk, Objects(failing))
    with pytest.raises(Unavailable, match="other"):
        workflow.move(desk.acting(desk.admin), sheet, "submit")
    assert papers(desk.app).Paper.get_by_id(sheet.id).state == "draft"


def test_objects_of_an_inactive_plugin_are_not_found(desk: Desk) -> None:
    sheet = desk.sheet()
    assert objects.load("sheet_sheet", sheet.id) == sheet
    desk.app.extensions["portal"].registry.deactivate(desk.ctx, "sheet")
    for find in (objects.load, objects.find):
        with pytest.raises(NotFound):
            find("sheet_sheet", sheet.id)
    with pytest.raises(NotFound):
        objects.load("no_type", 1)
    assert objects.types() == {}


@pytest.mark.parametrize("failure", ["broken", "incompatible"])
@pytest.mark.parametrize(("chosen", "is_refused"), [("active", True), ("installed", False)])
def test_only_a_plugin_that_was_switched_on_makes_its_vetoes_unavailable(
    desk: Desk, failure: str, chosen: str, is_refused: bool
) -> None:
    sheet, host = desk.sheet("published"), desk.person(member="OrgSignatory")
    registry = desk.app.extensions["portal"].registry
    with db.transaction():
        Plugin.update(state=chosen).where(Plugin.id == "sheet").execute()
        db.execute("UPDATE heartbeat SET plugin_generation = plugin_generation + 1")
    registry.failures["sheet"] = (failure, "tried")
    registry.refresh()

    if is_refused:
        with pytest.raises(Unavailable, match="sheet"):
            permissions.may(host, "sign", sheet)
    else:
        assert permissions.may(host, "sign", sheet) in {True, False}
