"""Which programme rule a consortium keeps to, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app

from plugins.consortia import programme, queries, service, telling
from plugins.consortia.models import ACTIVE, Consortium
from plugins.consortia.programme import Member, Mistake, Rule, Verdict
from portal import db, permissions, settings
from portal.context import Context
from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import Organisation, OrganisationFact

ACCREDITATION = "accreditation"


@dataclass(frozen=True)
class Standing:
    """The rule that a consortium keeps to and what its checks say, and the same of a newer version."""

    rule: Rule | None
    verdicts: list[Verdict]
    newer: Rule | None = None
    newer_verdicts: Sequence[Verdict] = ()

    @property
    def is_eligible(self) -> bool:
        """Whether all is fulfilled."""
        return all(item.is_fulfilled for item in self.verdicts)


def folder() -> Path:
    """Return where a site keeps its own rule files."""
    return Path(current_app.config["PORTAL"].instance_path) / "consortia-rules"


def _known() -> tuple[dict[tuple[str, str], Rule], list[Mistake]]:
    return programme.known(folder(), str(settings.of(None, "consortia")["own_rules"]))


def mistakes() -> list[Mistake]:
    """Return what is wrong in rule files."""
    return _known()[1]


def offered() -> list[Rule]:
    """Return the latest version of each rule, by title."""
    latest: dict[str, Rule] = {}
    for rule in _known()[0].values():
        if rule.key not in latest or rule.version > latest[rule.key].version:
            latest[rule.key] = rule
    return sorted(latest.values(), key=lambda rule: rule.title)


def members(
    consortium: Consortium,
    leaving: int = 0,
    joining: Organisation | None = None,
    parts: Sequence[str] = (),
) -> list[Member]:
    """Return the active members as rules look at them, or as if one left or joined; two statements."""
    rows: list[tuple[Organisation, Sequence[str]]] = [
        (row.organisation, row.parts)
        for row in queries.members(consortium, ACTIVE)
        if row.organisation_id != leaving
    ]
    if joining is not None and joining not in [organisation for organisation, _parts in rows]:
        rows.append((joining, parts))
    fact: Any = OrganisationFact
    ids = [organisation.id for organisation, _parts in rows]
    held = fact.select(fact.organisation).where(
        fact.organisation.in_(ids), fact.name == ACCREDITATION
    )
    accredited = {number for (number,) in held.tuples()}
    return [
        Member(
            organisation.name,
            organisation.country,
            tuple(does),
            organisation.id == consortium.lead_id,
            organisation.id in accredited,
        )
        for organisation, does in rows
    ]


def lacks(
    consortium: Consortium,
    leaving: int = 0,
    joining: Organisation | None = None,
    parts: Sequence[str] = (),
) -> list[str] | None:
    """Return what the rule asks and is not fulfilled, as if one left or joined; None without a rule."""
    rule = _known()[0].get((consortium.rule, consortium.rule_version))
    if rule is None:
        return None
    told = programme.judge(rule, members(consortium, leaving, joining, parts))
    return [f"{item.asks}: {item.stands}" for item in told if not item.is_fulfilled]


def standing(consortium: Consortium) -> Standing:
    """Check a consortium against the version of the rule that it began with."""
    rules, _mistakes = _known()
    rule = rules.get((consortium.rule, consortium.rule_version))
    if rule is None:
        return Standing(None, [])
    newest = next((item for item in offered() if item.key == rule.key), rule)
    newer = newest if newest.version > rule.version else None
    inside = members(consortium)
    told = programme.judge(newer, inside) if newer else ()
    return Standing(rule, programme.judge(rule, inside), newer, told)


def choose(ctx: Context, consortium: Consortium, key: str) -> None:
    """Keep to the latest version of a rule from now on, or to none. Raises Invalid."""
    rule = next((item for item in offered() if item.key == key), None)
    if rule is None and key:
        raise Invalid(_("Choose from the list."), field="rule")
    with db.transaction():
        permissions.check(ctx, "run", consortium)
        service.put(
            consortium, rule=rule.key if rule else "", rule_version=rule.version if rule else ""
        )
        service.did(ctx, consortium)
        telling.note(ctx, consortium.id, "rule.chosen")
        telling.record(ctx, "consortium.ruled", consortium.id, rule=consortium.rule)
