"""Finding entries by what somebody types, and names that are taken for each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from plugins.directory import lookalikes, rules
from plugins.directory.models import KnownName
from portal import db
from portal.errors import Invalid
from portal.organisations.models import Organisation, OrganisationIdentifier
from portal.organisations.queries import in_sight
from portal.organisations.rules import clean_text, domain_of, folded, website_address
from portal.text import words

MOST_FOUND = 20
BATCH = 500
NUMBER, WEBSITE, NAME = "number", "website", "name"

_NAMES = (
    "SELECT id, name FROM organisation WHERE id IN ({marks}) "
    "UNION SELECT organisation_id, name FROM organisation_name WHERE organisation_id IN ({marks})"
)
_STALE = (
    "SELECT o.id FROM organisation o LEFT JOIN directory_form f "
    "ON f.organisation_id = o.id AND f.name = o.name WHERE f.id IS NULL "
    "UNION SELECT n.organisation_id FROM organisation_name n LEFT JOIN directory_form f "
    "ON f.organisation_id = n.organisation_id AND f.name = n.name WHERE f.id IS NULL LIMIT ?"
)


# What names look like


def note_names(ids: Sequence[int]) -> dict[int, list[str]]:
    """Keep what the names of organisations look like; returns those that are new, by organisation.

    Asked again at once it finds nothing new. Call it inside the transaction of the change.
    """
    news: dict[int, list[str]] = defaultdict(list)
    for at in range(0, len(ids), BATCH):
        part = list(ids[at : at + BATCH])
        row, marks = KnownName, ", ".join("?" * len(part))
        kept: Any = row.select(row.organisation, row.name).where(row.organisation.in_(part))
        known = set(kept.tuples())
        now = set(db.query(_NAMES.replace("{marks}", marks), part * 2))
        for organisation_id, name in sorted(known - now):
            row.delete().where(row.organisation == organisation_id, row.name == name).execute()
        fresh = [
            (organisation_id, name, folded(name), lookalikes.form(name))
            for organisation_id, name in sorted(now - known)
        ]
        if fresh:
            row.insert_many(fresh, [row.organisation, row.name, row.folded, row.form]).execute()
        for organisation_id, name, *_forms in fresh:
            news[organisation_id].append(name)
    return dict(news)


def catch_up(most: int = 5_000) -> int:
    """Note the names that came while nobody listened; returns how many organisations had some."""
    with db.transaction():
        ids = [number for (number,) in db.query(_STALE, (most,))]
        note_names(ids)
    return len(ids)


def resembling(
    names: Iterable[str], country: str, without: int | None = None, most: int = 5
) -> list[Organisation]:
    """Return the entries whose names are taken for one of these, oldest first.

    Those with quite the same words count in the same country alone: elsewhere they are no trick.
    Hidden ones mislead nobody.
    """
    looks = {lookalikes.form(name) for name in names} - {""}
    if not looks:
        return []
    same = {folded(name) for name in names}
    of, row = Organisation, KnownName
    found: Any = of.select(of).join(row).where(row.form.in_(looks), of.id != (without or 0))
    found = found.where((of.country == country) | row.folded.not_in(same), of.hidden_at.is_null())
    return list(found.distinct().order_by(of.id).limit(most))


# What somebody typed


@dataclass(frozen=True)
class Typed:
    """What a typed text was read as: kind is number, website or name; `scheme` of a number."""

    kind: str
    value: str
    scheme: str = ""


def read(text: str) -> Typed:
    """Read a number of a register, the address of a website or a mail address, else a name.

    Raises Invalid for control characters and for what is too long.
    """
    text = clean_text(text, "q")
    for scheme, known in rules.SCHEMES.items():
        value = text.partition(":")[2] if text.lower().startswith(f"{scheme}:") else text
        try:
            if "shape" in known:
                return Typed(NUMBER, rules.identifier(scheme, value)[1], scheme)
        except Invalid:
            continue
    host = text.rpartition("@")[2]
    if "." in host and " " not in host:
        try:
            return Typed(WEBSITE, domain_of(website_address(host)))
        except Invalid:
            pass
    return Typed(NAME, text)


def find(typed: Typed) -> list[Organisation]:
    """Return the entries in sight that fit what was typed, the likeliest first; at most 20."""
    of: Any = Organisation
    if typed.kind == NUMBER:
        number: Any = OrganisationIdentifier
        pair = (number.scheme == typed.scheme, number.value == typed.value)
        wanted = of.id.in_(number.select(number.organisation).where(*pair))
    elif typed.kind == WEBSITE:
        wanted = of.domain == typed.value
    else:
        return _by_name(typed.value)
    found = of.select().where(wanted, of.hidden_at.is_null()).order_by(of.folded_name, of.id)
    return in_sight(list(found.limit(MOST_FOUND)))


def _by_name(name: str) -> list[Organisation]:
    """Return entries with all the words in a name, and those whose name looks like it."""
    asked, looks = words(name)[:8], lookalikes.form(name)
    if not asked:
        return []
    of, row = Organisation, KnownName
    has_all: Any = row.form == looks
    inside: Any = row.folded.contains(asked[0])
    for word in asked[1:]:
        inside &= row.folded.contains(word)
    ids: Any = row.select(row.organisation).where(has_all | inside)
    found: Any = of.select().where(of.id.in_(ids), of.hidden_at.is_null())
    rows = list(found.order_by(of.folded_name, of.id).limit(10 * MOST_FOUND))
    whole = " ".join(asked)

    def order(item: Organisation) -> tuple[bool, bool, bool, int, str]:
        return (
            item.is_fictional,
            item.folded_name != whole,
            not item.folded_name.startswith(whole),
            len(item.folded_name),
            item.folded_name,
        )

    return in_sight(sorted(rows, key=order)[:MOST_FOUND])


# Domains


def is_shared(domain: str) -> bool:
    """Whether many unrelated people or organisations share a domain, so that it proves nothing.

    One that more entries have than `SHARED_BY_MANY` counts as shared, too.
    """
    if not domain or rules.is_known_as_shared(domain):
        return True
    return int(Organisation.select().where(Organisation.domain == domain).count()) > (
        rules.SHARED_BY_MANY
    )


def at_domain(domain: str, most: int = 5) -> list[Organisation]:
    """Return the entries in sight at a domain; none for a shared one."""
    if is_shared(domain):
        return []
    of: Any = Organisation
    found = of.select().where(of.domain == domain, of.hidden_at.is_null())
    return in_sight(list(found.order_by(of.id).limit(most)))
