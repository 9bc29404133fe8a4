"""What is known of an organisation's work: four kinds that never look alike, on the profile and in full.

Facts come from public lists; references are words of others; confirmed cooperation is said by both; a stay
with a document may be rated. Only the last one can ever weigh anything, and little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import render_template
from markupsafe import Markup

from plugins.cooperation import labels, queries
from plugins.cooperation.models import REFERENCE, REPLY
from plugins.directory.interface import facts as facts_of
from plugins.partners.interface import Shown, projects
from portal.context import Context
from portal.i18n import _, number
from portal.organisations.models import Organisation

CONFIRMED, BACKFILLED = "cooperation_confirmed", "cooperation_backfilled"
REFERENCES = "cooperation_references"
WORK_FACTS = frozenset({"accreditation", "accredited_projects", "project", "granted"})
MOST_BESIDE = 3


def _pairs(mine: str, other: str) -> str:
    kind = f"CASE WHEN r.placement IS NULL THEN '{CONFIRMED}' ELSE '{BACKFILLED}' END"
    return (
        f"SELECT r.{mine}_id, {kind}, o.name, r.last_month, r.project, '' "
        f"FROM cooperation_record r JOIN organisation o ON o.id = r.{other}_id "
        "WHERE r.state = 'confirmed' AND o.hidden_at IS NULL AND r." + mine + "_id IN ({marks})"
    )


DETAILS = (
    _pairs("proposer", "partner"),
    _pairs("partner", "proposer"),
    f"SELECT r.organisation_id, '{REFERENCES}', COALESCE(g.name, ''), r.domain, t.written_at, '' "
    "FROM cooperation_reference r JOIN cooperation_text t ON t.reference_id = r.id "
    "LEFT JOIN organisation g ON g.id = r.giver_id "
    "WHERE t.kind = 'reference' AND t.state = 'shown' AND r.organisation_id IN ({marks})",
)
"""What is read with a profile, in the statement that reads all details."""


def aside(ctx: Context, shown: Shown) -> list[Markup]:
    """Return the card beside the profile of a claimed partner; none while nothing is known."""
    if not shown.is_claimed:
        return []
    sources = Counter(
        title
        for name, _source, _value, title in shown.details.get("fact", ())
        if name in WORK_FACTS
    )
    kinds = {
        "confirmed": _beside(shown.details.get(CONFIRMED, ())),
        "backfilled": _beside(shown.details.get(BACKFILLED, ())),
        "references": [
            (name or labels.by_mail(domain), labels.month_name(at[:7]))
            for name, domain, at, _none in shown.details.get(REFERENCES, ())
        ],
        "facts": sorted(sources.items()),
    }
    if not any(kinds.values()):
        return []
    card = render_template("cooperation/aside.html", slug=shown.slug, most=MOST_BESIDE, **kinds)
    return [Markup(card)]  # noqa: S704  from a template


def _beside(rows: Sequence[tuple[str, str, str, str]]) -> list[tuple[str, str]]:
    """Return partner and month, the latest first."""
    ordered = sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)
    return [(name, labels.month_name(month)) for name, month, _project, _none in ordered]


@dataclass(frozen=True)
class Known:
    """All that is known of an organisation's work, by kind, as plain rows."""

    facts: list[tuple[str, str, str]]
    references: list[dict[str, Any]]
    confirmed: list[dict[str, Any]]
    backfilled: list[dict[str, Any]]

    @property
    def kinds(self) -> int:
        """How many of the four kinds there is something of."""
        return sum(map(bool, (self.facts, self.references, self.confirmed, self.backfilled)))


def known(ctx: Context, organisation: Organisation) -> Known:
    """Return what the page of an organisation's work shows."""
    records = queries.confirmed_of(organisation.id)
    rows = [(row.placement is not None, _record(row, organisation)) for row in records]
    return Known(
        facts=_facts(ctx, organisation),
        references=[_reference(row, words) for row, words in queries.shown_of(organisation.id)],
        confirmed=[row for is_stay, row in rows if not is_stay],
        backfilled=[row for is_stay, row in rows if is_stay],
    )


def _record(row: Any, organisation: Organisation) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "other": row.other(organisation.id),
        "we_sent": row.sender_id == organisation.id,
        "project": row.project,
        "months": labels.months(row.first_month, row.last_month),
        "participants": row.participants,
    }


def _reference(row: Any, words: Mapping[str, Any]) -> dict[str, Any]:
    text = words[REFERENCE]
    return {
        "giver": row.giver,
        "who": labels.giver(row),
        "worked": text.worked,
        "text": text,
        "month": labels.month_name(text.written_at),
        "reply": words.get(REPLY),
    }


def _facts(ctx: Context, organisation: Organisation) -> list[tuple[str, str, str]]:
    """Return facts about work with their source: from lists, and projects that plugins know."""
    names = {
        "accreditation": _("Accreditation"),
        "accredited_projects": _("Accredited projects"),
        "project": _("Project"),
        "granted": _("Granted, in euros"),
    }
    rows = [
        (names[fact.name], _shown(fact.value), fact.source.title)
        for fact in facts_of(organisation)
        if fact.name in names
    ]
    parts = projects(ctx, [organisation.id]).get(organisation.id, ())
    return rows + [(names["project"], part.acronym or part.title, part.source) for part in parts]


def _shown(value: str) -> str:
    return number(int(value)) if value.isdigit() else value
