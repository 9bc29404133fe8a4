"""What consortia ask other plugins. Answer with `@hookimpl(optionalhook=True)`.

Answers are plain values, so that nobody needs this plugin in order to answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.context import Context
from portal.hookspecs import ISOLATE, hookspec

LEAD, MEMBER = "lead", "member"


@dataclass(frozen=True)
class Seen:
    """A consortium as the acting person sees it; days are ISO dates or empty.

    `part` is "lead" for those who may change it now, "member" for those who may look inside (the
    lead of a closed consortium too), else empty.
    """

    id: int
    public_id: str
    slug: str
    name: str
    lang: str
    kind: str
    state: str
    starts_on: str
    ends_on: str
    lead_id: int
    is_fictional: bool
    part: str


@dataclass(frozen=True)
class Section:
    """What a plugin adds to a consortium's menu beside Members, Places and Dates.

    `address` is a path under the consortium's own ("/consortia/<slug>/work"); lower `order` stands
    further left (the house's own pages stand at 10 to 80). Below 50 the first two stand in sight, the
    others lie in the menu behind. A section that is not `is_on` is no part
    of the menu: the lead is offered it with `help`, one sentence, and a link to the address, where
    the plugin lets the lead switch it on.
    """

    title: str
    address: str
    order: int
    help: str = ""
    is_on: bool = True


@hookspec(ISOLATE)
def consortia_sections(ctx: Context, consortium: Seen) -> Sequence[Section]:
    """Add pages to a consortium's menu, by its kind or because its lead switched them on.

    Asked once for each page of a consortium, for its members and its lead; answer in a statement or
    two. Silence adds nothing.
    """
    return ()


@hookspec(ISOLATE)
def consortia_links(ctx: Context, consortium: Seen) -> Sequence[tuple[str, str]]:
    """Add links, as words and address, below what everybody sees of a consortium.

    Asked once for its public page; answer in a statement. Silence adds nothing.
    """
    return ()


@hookspec(ISOLATE)
def consortia_known(ctx: Context) -> Sequence[Mapping[str, Any]]:
    """Name consortia that public sources know: facts with their source, none of ours.

    Each is a mapping: `acronym`, `title`, `members` and `countries` (as text), `url`, `groups`
    (pairs of a number and a kind of tile) and `source`. Asked once for the page of consortia.
    """
    return ()


@hookspec(ISOLATE)
def consortia_agreements(ctx: Context, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """Say which agreements organisations have in force, by the last day (ISO, or empty) of each.

    Asked once for a page of a consortium with all its active members. Leave out those without
    any; when nobody answers, the page says nothing of agreements.
    """
    return {}


@hookspec(ISOLATE)
def consortia_wishes(ctx: Context, consortium: Seen) -> Sequence[tuple[str, Sequence[int]]]:
    """Say what a consortium looks for, each in a line, with the organisations that cover it.

    Asked once for the page of its health: what nobody covers stands there first.
    """
    return ()


@hookspec(ISOLATE)
def consortia_closing(
    ctx: Context, consortium: Seen, members: Sequence[int]
) -> Sequence[tuple[int, str, str]]:
    """Say what should be done before a consortium closes: how many are open, a sentence, a page.

    `members` are the active ones; count what is among them. With 0 open the sentence says so, as in
    "No mobility is open". Asked once for the page of the closing.
    """
    return ()


@hookspec(ISOLATE)
def consortia_archive(ctx: Context, consortium: Seen) -> Mapping[str, bytes]:
    """Add files to the archive of a consortium, by name, such as "tasks.csv"; of persons nothing.

    Asked when a member fetches the archive.
    """
    return {}
