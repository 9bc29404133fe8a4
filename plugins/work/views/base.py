"""The blueprint, and what several pages need."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, g, redirect
from flask.typing import ResponseReturnValue

from plugins.consortia import interface as consortia
from plugins.consortia.interface import LEAD, Seen
from plugins.work import queries, service
from plugins.work.models import Package
from plugins.work.telling import address
from portal.errors import NotAllowed

blueprint = Blueprint("work", __name__)
BASE = "/consortia/<slug>/plan"
MANAGERS = (
    "who writes for the lead of the consortium or of the work package; members 403, others 404"
)


def find(slug: str) -> Seen:
    """Return a consortium that uses its work plan, for its members. Raises NotFound."""
    seen = consortia.find(g.ctx, slug)
    if not queries.is_on(seen.id):
        raise queries.missing()
    return seen


def led(slug: str) -> Seen:
    """Return it for those who lead it. Raises NotAllowed for members, NotFound."""
    seen = find(slug)
    if seen.part != LEAD:
        raise NotAllowed
    return seen


def managed(seen: Seen, package: Package) -> Seen:
    """Let only those go on who may change what a package holds. Raises NotAllowed."""
    if not service.manages(g.ctx, seen, package):
        raise NotAllowed
    return seen


def today() -> date:
    """Return the day."""
    return g.ctx.clock.now().date()  # type: ignore[no-any-return]


def page(seen: Seen, name: str, status: int = 200, **values: Any) -> ResponseReturnValue:
    """Show a page in the consortium's frame."""
    base = address(seen)
    return consortia.page(seen, f"work/{name}.html", "plan", status, base=base, **values)


def back(seen: Seen, rest: str = "") -> ResponseReturnValue:
    """Lead on to a page of the plan after something was done."""
    return redirect(address(seen, rest), 303)
