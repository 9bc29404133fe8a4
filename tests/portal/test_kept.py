"""Statements about rights are put together once for people alike, and only where that is sound."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from portal import db, hookspecs, kept, permissions
from portal.context import Context
from portal.hookspecs import ObjectType, RoleSource
from tests.portal.conftest import Desk
from tests.portal.trial import papers


class Sources:
    """A plugin that says who is host, and counts how often it is asked."""

    def __init__(self, ids: Callable[[Context, Any], Any]) -> None:
        self.ids, self.asked = ids, 0

    @hookspecs.hookimpl
    def role_sources(self, ctx: Context, object_type: ObjectType) -> Any:
        self.asked += 1
        return [RoleSource("Host", lambda actor: self.ids(ctx, actor))]


def join(desk: Desk, plugin: Sources) -> None:
    hooks = desk.app.extensions["portal"].registry.hooks
    hooks.manager.register(plugin, "other")
    hooks.activate(["sheet", "other"])


def may_edit(ctx: Context, sheet: Any) -> bool:
    for _time in range(kept.USES + 2):
        permissions.forget()
        answer = permissions.may(ctx, "edit", sheet)
    return answer


def host(desk: Desk, sheet: Any, ctx: Context) -> Context:
    papers(desk.app).Host.create(sheet_id=sheet.id, account_id=ctx.actor.account_id)
    return ctx


def test_one_statement_serves_people_alike_each_with_an_answer_of_their_own(desk: Desk) -> None:
    first, second, hosts = desk.sheet("published"), desk.sheet("published"), papers(desk.app).Host
    plugin = Sources(
        lambda _ctx, actor: hosts.select(hosts.sheet_id).where(hosts.account_id == actor.account_id)
    )
    join(desk, plugin)
    one, other = host(desk, first, desk.person()), host(desk, second, desk.person())
    assert may_edit(one, first)
    asked = plugin.asked
    answers = [may_edit(who, sheet) for who in (one, other) for sheet in (first, second)]
    assert answers == [True, False, False, True] and plugin.asked == asked


def test_time_goes_on_in_a_kept_statement(desk: Desk, clock: Any) -> None:
    sheet, own, hour = desk.sheet("published"), papers(desk.app).Paper, timedelta(hours=1)
    sheet.ends_at = desk.ctx.clock.now() + hour
    sheet.save()
    plugin = Sources(
        lambda ctx, _actor: own.select(own.id).where(own.ends_at > ctx.clock.now() - hour)
    )
    join(desk, plugin)
    ctx = desk.person()
    assert may_edit(ctx, sheet)
    asked = plugin.asked
    ctx.clock.moment += 2 * hour - timedelta(seconds=1)
    assert may_edit(ctx, sheet)
    ctx.clock.moment += timedelta(seconds=1)
    assert not may_edit(ctx, sheet) and plugin.asked == asked


def test_source_that_reads_to_build_its_query_is_asked_each_time(desk: Desk) -> None:
    sheet, own, hosts = desk.sheet("published"), papers(desk.app).Paper, papers(desk.app).Host

    def ids(_ctx: Context, actor: Any) -> Any:
        mine = hosts.select(hosts.sheet_id).where(hosts.account_id == actor.account_id).tuples()
        return own.select(own.id).where(own.id.in_([number for (number,) in mine]))

    join(desk, Sources(ids))
    one, other = desk.person(), desk.person()
    assert not may_edit(one, sheet)
    host(desk, sheet, other)
    assert (may_edit(one, sheet), may_edit(other, sheet)) == (False, True)
    hosts.delete().execute()
    assert not may_edit(other, sheet)


def test_answer_of_a_plugin_that_failed_is_not_kept(desk: Desk) -> None:
    sheet, own, is_broken = desk.sheet("published"), papers(desk.app).Paper, [True]

    def ids(_ctx: Context, _actor: Any) -> Any:
        if is_broken[0]:
            raise RuntimeError("out of order")
        return own.select(own.id)

    join(desk, Sources(ids))
    ctx = desk.person()
    assert not may_edit(ctx, sheet)
    is_broken.clear()
    is_broken.append(False)
    assert may_edit(ctx, sheet)


def test_veto_is_asked_each_time(desk: Desk) -> None:
    sheet, forbids = desk.sheet("published"), [False]

    class Forbids:
        @hookspecs.hookimpl
        def permission_veto(self, ids: Any) -> Any:
            return False if forbids[0] else None

    hooks = desk.app.extensions["portal"].registry.hooks
    hooks.manager.register(Forbids(), "other")
    hooks.activate(["sheet", "other"])
    ctx = desk.person()
    assert permissions.may(ctx, "view", sheet)
    forbids[0] = True
    permissions.forget()
    assert not permissions.may(ctx, "view", sheet)


def test_values_of_the_caller_are_never_part_of_the_text(desk: Desk) -> None:
    own = papers(desk.app).Paper
    sheet = desk.sheet("published", title="O'Neill % ? -- \\")

    def make(ctx: Context, title: str, number: int) -> Any:
        return own.select(own.title).where(own.title == title, own.id == number)

    ctx = desk.person()
    for title, number in (("free", 1), (sheet.title, sheet.id), ("free", -70_000_010)):
        for _time in range(kept.USES + 2):
            found = kept.rows(ctx, "by title", make, title, number)
            assert found == ([(sheet.title,)] if title == sheet.title else [])


def test_what_was_kept_goes_when_plugins_are_switched(desk: Desk) -> None:
    sheet, own = desk.sheet("published"), papers(desk.app).Paper
    plugin = Sources(lambda _ctx, _actor: own.select(own.id))
    join(desk, plugin)
    ctx = desk.person()
    assert may_edit(ctx, sheet)
    desk.app.extensions["portal"].registry.hooks.activate(["sheet"])
    assert not may_edit(ctx, sheet)


def test_kept_statement_still_costs_one_statement(desk: Desk) -> None:
    sheet, ctx = desk.sheet("published"), desk.person()
    may_edit(ctx, sheet)
    permissions.forget()
    with db.count_statements() as asked:
        permissions.may(ctx, "view", sheet)
    assert len(asked) == 1
