"""Plugins for programs: how they are, what an act would do, doing it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, request
from pydantic import BaseModel
from spectree import Response as Answers

from plugins.openapi.interface import PREFIX, Problem, checked, spec
from plugins.setup import acts
from portal.kernel.life import Plan
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context

blueprint = Blueprint("setup_api", __name__, url_prefix=f"{PREFIX}/plugins")


class Listed(BaseModel):
    """A plugin and what can be done with it."""

    id: str
    state: str
    reason: str
    title: str
    version: str
    since: str | None
    acts: list[str]


class ListedTable(BaseModel):
    """A table of the plugin."""

    name: str
    rows: int


class Planned(BaseModel):
    """What an act would do or did; `queued` when the worker does it."""

    act: str
    plugin: str
    steps: list[str]
    refusals: list[str]
    objections: list[str]
    others: list[str]
    tables: list[ListedTable]
    is_long: bool
    needs_confirmation: bool
    export: str
    queued: bool


class Wish(BaseModel):
    """What an act may need: the plugin's id typed once more, leave to switch others too."""

    confirmation: str = ""
    with_others: bool = False


@blueprint.get("")
@allow(ADMIN)
@spec.validate(
    resp=Answers(HTTP_200=list[Listed], HTTP_401=Problem, HTTP_403=Problem, HTTP_429=Problem),
    security={"token": []},
    tags=["plugins"],
)
def plugin_list() -> Any:
    """List the plugins, how they are, and which acts lead on."""
    plugins = acts.plugins()
    return [
        {
            **{
                name: getattr(status, name)
                for name in ("id", "state", "reason", "title", "version")
            },
            "since": status.since and status.since.isoformat(),
            "acts": acts.offered(status.id),
        }
        for status in plugins.statuses().values()
    ]


@blueprint.get("/<plugin>/plan/<act>")
@allow(ADMIN)
@spec.validate(
    resp=Answers(
        HTTP_200=Planned, HTTP_401=Problem, HTTP_403=Problem, HTTP_404=Problem, HTTP_429=Problem
    ),
    security={"token": []},
    tags=["plugins"],
)
def plugin_plan(plugin: str, act: str) -> Any:
    """Say what an act would do."""
    return _shown(acts.plan(context(), plugin, act))


@blueprint.post("/<plugin>/<act>")
@allow(ADMIN)
@spec.validate(
    resp=Answers(
        HTTP_200=Planned, HTTP_202=Planned, HTTP_401=Problem, HTTP_403=Problem, HTTP_404=Problem,
        HTTP_409=Problem, HTTP_422=Problem, HTTP_429=Problem,
    ),
    security={"token": []},
    tags=["plugins"],
)  # fmt: skip
def plugin_act(plugin: str, act: str) -> Any:
    """Do it: install, activate, upgrade, resume, deactivate, uninstall, purge or forget."""
    data: dict[str, Any] = request.get_json(silent=True) or {}
    checked(Wish, data)
    wish = Wish(**data)
    plan, is_queued = acts.run_or_queue(context(), plugin, act, wish.confirmation, wish.with_others)
    return _shown(plan, is_queued), 202 if is_queued else 200


def _shown(plan: Plan, is_queued: bool = False) -> dict[str, Any]:
    return {
        "export": "",
        **asdict(plan),
        "tables": [asdict(table) for table in acts.tables_of(plan.plugin)],
        "needs_confirmation": plan.needs_confirmation,
        "queued": is_queued,
    }
