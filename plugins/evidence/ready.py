"""Texts ready to be shown, made once: no stored text ever changes.

What is kept is found by the hash of the text and the names that stand in it, and checked against that hash.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from flask import current_app
from markupsafe import Markup

from plugins.evidence import canonical, commitments, showing

MOST_BYTES = 8 * 1024 * 1024
"""How much text is kept, counted as it is stored; as HTML it is about three times as much."""
ON_A_PAGE = 20
"""Clauses that one page shows of a long text."""


@dataclass(frozen=True)
class Card:
    """A clause ready to be shown: its heading, its text with the lines below, its bare wording."""

    id: str
    title: str
    is_material: bool
    wording: Mapping[str, str]
    head: Markup
    body: Markup


@dataclass(frozen=True)
class Text:
    """A text ready to be shown: its clauses, their titles and values, the list of them if it is long.

    `notes` is for what others work out of it, to be kept as long.
    """

    cards: Sequence[Card]
    titles: Mapping[str, str]
    values: Mapping[str, Mapping[str, Any]]
    contents: Markup
    size: int
    notes: dict[Any, Any] = field(default_factory=dict)


_kept: OrderedDict[Any, Text] = OrderedDict()
_turn = Lock()


def text(
    digest: str,
    names: Mapping[str, str],
    content: Callable[[], bytes],
    opened: Callable[[dict[str, Any]], Mapping[str, Any]],
) -> Text:
    """Return the text with this hash, ready to be shown; `names` are the parties' by public id.

    `content` is asked for its bytes where they are needed, `opened` puts personal values into what
    they say: a text with such values is not kept, so that what is erased is gone.
    """
    key = digest, tuple(names.items())
    with _turn:
        if key in _kept:
            _kept.move_to_end(key)
            return _kept[key]
    data = content()
    said = json.loads(data)
    made = _make(said, opened(said), names, len(data))
    if canonical.digest(data) == digest and not commitments.commitments(said):
        with _turn:
            _kept[key] = made
            while len(_kept) > 1 and sum(one.size for one in _kept.values()) > MOST_BYTES:
                _kept.popitem(last=False)
    return made


def _make(
    said: Mapping[str, Any], opened: Mapping[str, Any], names: Mapping[str, str], size: int
) -> Text:
    macros: Any = current_app.jinja_env.get_template("evidence/_text.html").module
    first = said["languages"][0]
    cards = [
        Card(
            shown.id,
            shown.title,
            shown.is_material,
            clause["text"],
            Markup("{}. {}").format(shown.number, macros.titles(shown)),
            macros.body(shown),
        )
        for clause, shown in zip(said["clauses"], showing.document(opened, names), strict=True)
    ]
    return Text(
        cards,
        {clause["id"]: clause["title"].get(first, "") for clause in said["clauses"]},
        {clause["id"]: clause["values"] for clause in said["clauses"]},
        _contents(cards) if len(cards) > ON_A_PAGE else Markup(),
        size,
    )


def _contents(cards: Sequence[Card]) -> Markup:
    """Return the list of all clauses, each with the page on which it stands."""
    row = Markup('<li><a href="?page={}#clause-{}">{}</a></li>\n')
    return Markup().join(
        row.format(at // ON_A_PAGE + 1, card.id, card.head) for at, card in enumerate(cards)
    )
