"""Runs a search and says why each partner was found."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Any

from markupsafe import Markup, escape

from plugins.partners import quality
from plugins.partners.codes import field_name
from plugins.partners.documents import FACETS, KIND
from plugins.partners.filters import OWN_WORDS, Filters
from plugins.partners.hookspecs import Widening
from plugins.partners.models import Miss
from plugins.search.interface import Query, Result, Why, index, mark, snippet
from portal import db, objects
from portal.context import Context
from portal.i18n import _

NOTHING = Widening()
MOST_NEAR = 5


@dataclass(frozen=True)
class Answer:
    """A page of partners with everything that the page says about the search."""

    result: Result
    found: Widening
    did_you_mean: str | None = None


def run(ctx: Context, filters: Filters, catalogue_seq: int) -> Answer:
    """Search partners; a last word is taken as unfinished when nobody has it.

    Costs at most three statements besides the heartbeat: occupations, words, cards. A search that
    finds nothing is counted for the operator.
    """
    found = _widened(ctx, filters)
    catalogue = index(KIND)
    catalogue.refresh(catalogue_seq)
    question = Query(
        text=filters.text,
        facets=quality.asked(filters.facets),
        sort=filters.sort,  # type: ignore[arg-type]
        offset=filters.offset,
        limit=filters.page_size,
        expansions=found.expansions,
        rotation=day_number(ctx.clock.now()),
        facet_names=facets_of(filters),
        mixed=True,
    )
    result = catalogue.search(question)
    if not result.total and filters.text:
        result = catalogue.search(replace(question, prefix_last=True))
    if result.total or not filters.text:
        return Answer(result, found)
    bare = replace(question, facets={}, expansions=(), facet_names=())
    return Answer(result, found, catalogue.did_you_mean(bare, result.unknown_words))


def questions(ctx: Context, filters: Filters) -> list[Query]:
    """Return what a search asks of the engine to know who is found, as `run` does."""
    found = _widened(ctx, filters)
    question = Query(
        filters.text, quality.asked(filters.facets), limit=0, expansions=found.expansions
    )
    return [question, replace(question, prefix_last=True)] if filters.text else [question]


def _widened(ctx: Context, filters: Filters) -> Widening:
    """Return what else the words may mean, as plugins say that know of occupations."""
    if not filters.text or OWN_WORDS in filters.without:
        return NOTHING
    hooks, asked = objects.registry().hooks, {"text": filters.text, "without": filters.without}
    found = [item for _plugin, item in hooks.call("partners_query_widened", ctx, **asked)]
    if len(found) < 2:
        return found[0] if found else NOTHING
    return Widening(
        tuple(chain.from_iterable(item.expansions for item in found)),
        tuple(chain.from_iterable(item.also for item in found)),
        dict(ChainMap(*(dict(item.phrases) for item in found))),
    )


def occupations_in(ctx: Context, text: str) -> list[str]:
    """Return the codes of the occupations that a text names, as plugins say that know of them."""
    phrases = (
        phrase for item in _widened(ctx, Filters(text)).expansions for phrase in item.phrases
    )
    codes = (phrase.removeprefix("esco") for phrase in phrases if phrase.startswith("esco"))
    return list(dict.fromkeys(codes))


def facets_of(filters: Filters) -> tuple[str, ...]:
    """Return the facets that are counted: regions only within chosen countries."""
    return FACETS if "country" in filters.facets else FACETS[:-1]


def day_number(moment: datetime) -> int:
    """Return the number of the day: partners that fit alike change places daily."""
    return moment.toordinal()


def near(ctx: Context, filters: Filters, answer: Answer, seq: int) -> Answer | None:
    """Find up to five partners that nearly fit a search without result; None when nothing does.

    They have the words that were probably meant, else the words without the filters.
    """
    text = answer.did_you_mean or (filters.text if filters.facets else "")
    if not text:
        return None
    found = run(ctx, Filters(text, page_size=MOST_NEAR, without=filters.without), seq)
    return found if found.result.total else None


def note_miss(ctx: Context, text: str) -> None:
    """Count a search that found nothing; only the words are kept, not who asked."""
    with db.transaction():
        changed = Miss.update(count=Miss.count + 1, last_at=ctx.clock.now()).where(
            Miss.text == text
        )
        if not changed.execute():
            Miss.insert(text=text, count=1, last_at=ctx.clock.now()).on_conflict_ignore().execute()


def forget_misses(keep: int = 10_000) -> None:
    """Keep at most so many misses: half of them the most frequent, half the newest."""
    if Miss.select().count() <= keep:
        return
    often, lately = (
        Miss.select(Miss.text).order_by(*order, Miss.text).limit(keep // 2)
        for order in ([Miss.count.desc(), Miss.last_at.desc()], [Miss.last_at.desc()])
    )
    with db.transaction():
        Miss.delete().where(Miss.text.not_in(often), Miss.text.not_in(lately)).execute()


def without_one(ctx: Context, filters: Filters, seq: int) -> list[tuple[str, Filters, int]]:
    """Return, for a search without result, which single restriction to drop and what that gives."""
    ways = [(name, filters.less(name)) for name in filters.facets]
    if filters.text and filters.facets:
        ways.append(("q", replace(filters, text="", without=(), page=1)))
    tried = [
        (name, way, run(ctx, replace(way, page_size=1), seq).result.total) for name, way in ways
    ]
    return sorted((item for item in tried if item[2]), key=lambda item: -item[2])


# Why a partner was found.


def why(card: Mapping[str, Any], reason: Why, found: Widening) -> Markup | None:
    """Say in a line why a partner was found, the words that decided marked."""
    if not reason.tier:
        return None
    if reason.tier == "name":
        return None  # the marked name says it
    words, phrases = frozenset(reason.words), tuple(reason.phrases)
    if reason.tier == "names":
        for name in card.get("names", ()):
            marked = mark(name, words)
            if marked:
                return _sentence(_("Also known as %(name)s"), name=marked)
    return (
        _in_text(card, words, found) if words and not phrases else _by_concept(card, phrases, found)
    )


def _in_text(card: Mapping[str, Any], words: frozenset[str], found: Widening) -> Markup | None:
    for lang, text in card.get("summary", {}).items():
        piece = snippet(text, words)
        if piece:
            return _spoken(lang, piece)
    for project in card.get("projects", ()):
        marked = mark(project, words)
        if marked:
            return _sentence(_("Took part in %(project)s"), project=marked)
    for code in card.get("fields", ()):
        marked = mark(field_name(code), words)
        if marked:
            return _sentence(_("Works in %(field)s"), field=marked)
    city = mark(card.get("city", ""), words)
    return _sentence(_("Is in %(city)s"), city=city) if city else None


def _by_concept(card: Mapping[str, Any], phrases: Sequence[str], found: Widening) -> Markup | None:
    for phrase in phrases:
        label, _lang = found.phrases.get(phrase, (phrase, ""))
        for lang, text in card.get("summary", {}).items():
            piece = snippet(text, frozenset(phrase.split()))
            if piece:
                return _spoken(lang, piece)
        if phrase.startswith("isced"):
            return _sentence(
                _("Works in %(field)s, a field of what you look for"),
                field=Markup("<mark>%s</mark>") % field_name(phrase.removeprefix("isced")),
            )
        if phrase.startswith("esco"):
            return _sentence(_("Names this occupation in its profile"))
        return _sentence(_("Mentions %(word)s"), word=Markup("<mark>%s</mark>") % label)
    return None


def _spoken(lang: str, piece: Markup) -> Markup:
    """Say in which language a quoted piece is, for those who listen to it."""
    return Markup('<span lang="%s">%s</span>') % (lang, piece)


def _sentence(text: str, **values: Markup) -> Markup:
    return escape(text) % values
