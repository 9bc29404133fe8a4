"""What the partners plugin asks others: other words for a search, and facts about its partners."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from portal.context import Context
from portal.hookspecs import ISOLATE, TRANSACT, hookspec

if TYPE_CHECKING:  # read even where the search is not there
    from plugins.search.interface import Expansion


@dataclass(frozen=True)
class Also:
    """Something that was searched too; `kind` is word (in the language `lang`) or field.

    `key` is what the address names when a person takes it out.
    """

    key: str
    label: str
    lang: str
    kind: str


@dataclass(frozen=True)
class Widening:
    """What a query means besides its words: what the engine looks for, and what is shown of it.

    Phrases that begin with isced or esco are codes that stand in the documents of partners, the
    others words; `phrases` gives the label and language of such words.
    """

    expansions: Sequence[Expansion] = ()
    also: Sequence[Also] = ()
    phrases: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ProjectPart:
    """An organisation's part in a funded project; `role` is one of `PROJECT_ROLES`."""

    acronym: str
    title: str
    role: str
    source: str = ""


@dataclass(frozen=True)
class Quality:
    """What those who were there say of a partner: a score of 1 to 5, its likely range, and of whom.

    `rank` (0 to 100) is what lists are ordered by; `band` names the facet's value, as the lowest
    tenth of a score that belongs to it.
    """

    score: float
    low: float
    high: float
    raters: int
    people: int
    rank: int
    band: str


@hookspec(ISOLATE)
def partners_query_widened(ctx: Context, text: str, without: Collection[str]) -> Widening:
    """Say what else to look for than the words of a query, less the labels that were taken out.

    Called for each search with words, unless the person wants only those. Answer in one statement.
    """
    return Widening()


@hookspec(ISOLATE)
def partners_projects(
    ctx: Context, ids: Sequence[int], most: int
) -> Mapping[int, Sequence[ProjectPart]]:
    """Name the projects that organisations took part in; of each the first `most`, or all for 0.

    Called once a page with its partners, and with up to 400 ids while their search documents are
    built. Answer in one statement; leave out those you know nothing about. How many there are,
    say in `partners_details`: a row named "partners_projects" with the number in its first text.
    """
    return {}


@hookspec(ISOLATE)
def partners_quality(ctx: Context, ids: Sequence[int]) -> Mapping[int, Quality]:
    """Say how good partners are; leave out those of whom not enough is known.

    Called with up to 400 ids while their search documents are built: answer in one statement, and
    have them built anew (`plugins.partners.interface.refresh`) when an answer changes. Without an
    answer the search knows nothing of quality.
    """
    return {}


@hookspec(ISOLATE)
def partners_figures(ctx: Context) -> Sequence[tuple[str, str]]:
    """Offer figures (number, what it counts) beside the search on the home page.

    Called once per visit of the home page.
    """
    return ()


@dataclass(frozen=True)
class Shown:
    """A profile that somebody looks at; `details` are the rows that `partners_details` asked for."""

    organisation_id: int
    slug: str
    is_claimed: bool
    details: Mapping[str, Sequence[tuple[str, str, str, str]]]


@hookspec(ISOLATE)
def partners_details(ctx: Context) -> Sequence[str]:
    """Offer SELECTs of rows that are to be read with a profile, in the statement that reads all details.

    Each gives the organisation's id, a name that begins with the id of whoever shows the rows, and four
    texts, of organisations whose ids are `IN ({marks})`, which stands there once. `partners_asides`
    gets the rows by name. Called once per page of profiles.
    """
    return ()


@hookspec(ISOLATE)
def partners_head(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Offer cards beside the head of a profile in sight: what one decides by, such as a score.

    Called as `partners_asides`, whose cards stand below, beside what the profile says.
    """
    return ()


@hookspec(ISOLATE)
def partners_asides(ctx: Context, shown: Shown) -> Sequence[Markup]:
    """Offer cards beside a profile in sight.

    Called once for that page. Visitors' pages have no statement to spare: see `partners_details`.
    """
    return ()


@hookspec(ISOLATE)
def partners_actions(ctx: Context, shown: Shown) -> Sequence[tuple[Any, str]]:
    """Offer what the reader may begin with a partner (label, address), for the menu of its profile.

    Called once for that page; visitors' pages have no statement to spare.
    """
    return ()


@hookspec(ISOLATE)
def partners_compared(ctx: Context, shown: Sequence[Shown]) -> Sequence[tuple[Any, Sequence[str]]]:
    """Offer rows of a comparison: label, and a text for each partner, empty where it is not known.

    Called once for that page with two to four partners; `partners_details` gives what is needed.
    """
    return ()


@hookspec(TRANSACT, guards=False)
def partners_demo_load(ctx: Context) -> None:
    """Load facts about real organisations into an empty site, before made-up ones are added.

    Called once by `portal demo`.
    """
