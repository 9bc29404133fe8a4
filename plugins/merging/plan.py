"""What a merge does, step by step; the preview does the same and takes it back at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugins.directory.interface import VERIFIED_FACT
from plugins.merging import moving, rules
from plugins.merging.models import CHANGED, Change
from plugins.merging.moving import Column, Mover, Outcome
from plugins.merging.rules import Rule
from portal import db, objects
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.hookspecs import Versioned
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations import service as core
from portal.organisations.models import (
    MEMBER_ROLES,
    UNCLAIMED,
    Organisation,
    OrganisationFormerSlug,
    OrganisationMember,
    OrganisationName,
)
from portal.organisations.queries import members

MEMBERS = "organisation_member.organisation_id"
CORE: Mapping[str, Rule] = {
    "organisation_name.organisation_id": Rule(lazy("Other names"), same=("name",), drop=True),
    "organisation_identifier.organisation_id": Rule(
        lazy("Numbers in registers"), same=("scheme", "value"), drop=True
    ),
    "organisation_fact.organisation_id": Rule(
        lazy("Facts with their sources"),
        stays=f"r.name = '{VERIFIED_FACT}'",  # who was verified is the other one
        same=("name", "value", "source_id"),
        drop=True,
    ),
    "organisation_former_slug.organisation_id": Rule(lazy("Former addresses")),
    MEMBERS: Rule(lazy("People who act for it"), same=("account_id",), drop=True),
    "local_role.organisation_id": Rule(lazy("What others shared with it")),
    "merging_merge.kept_id": Rule(lazy("Merges before this one"), stays=True),
    "merging_merge.gone_id": Rule(lazy("Merges before this one"), stays=True),
    "merging_apart.first_id": Rule(lazy("Found to be another organisation"), stays=True),
    "merging_apart.second_id": Rule(lazy("Found to be another organisation"), stays=True),
}
TOGETHER: Mapping[str, tuple[str, ...]] = {
    "name": ("registered_name", "name_lang", "folded_name"),
    "website": ("domain",),
    "city": ("lat", "lon"),
}


@dataclass(frozen=True)
class Choices:
    """What the administrator chose: fields to take from which entry, and roles by account's id.

    An empty role leaves a person out; who is not named keeps the role.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pick:
    """A field in which the entries differ, with both values as text; `takes` is kept or gone."""

    key: str
    label: str
    kept: str
    gone: str
    takes: str


@dataclass(frozen=True)
class Person:
    """Somebody of the entry that goes; `has` is the role they have in the other one already."""

    public_id: str
    account_id: int
    name: str
    role: str
    has: str
    gets: str


@dataclass
class Plan:
    """What a merge does, or would do."""

    picks: list[Pick]
    people: list[Person]
    outcomes: list[Outcome]
    own: int
    seen: str = ""

    @property
    def newcomers(self) -> list[Person]:
        """Those who act for the entry that stays from then on."""
        return [person for person in self.people if person.gets and not person.has]


def references(ctx: Context) -> dict[str, Rule]:
    """Return what core and active plugins say of their columns."""
    found = dict(CORE)
    for _plugin, said in objects.registry().hooks.call("merging_references", ctx):
        found |= {column: rules.rule(column, values) for column, values in said.items()}
    return found


def records(ctx: Context) -> list[Versioned]:
    """Return what is kept as versions of rows of which each organisation has one."""
    return [rule.fields for rule in references(ctx).values() if rule.fields]


def count_up(ctx: Context, kept: int, changes: Iterable[Change]) -> None:
    """Count such rows up whose fields are as before again: who edits them must see that."""
    changed = {change.place for change in changes if change.kind == CHANGED}
    for path, rule in references(ctx).items():
        table, _dot, column = path.partition(".")
        if rule.fields and table in changed:
            _count_up(table, column, kept)


def _count_up(table: str, column: str, number: int) -> None:
    db.execute(f'UPDATE "{table}" SET version = version + 1 WHERE "{column}" = ?', [number])


def check_plugins(outcomes: Sequence[Outcome], said: Mapping[str, Rule]) -> list[str]:
    """Name the plugins that are off and have records of the entry that goes: nobody speaks for them."""
    registry = objects.registry()
    found: dict[str, None] = {}
    for outcome in outcomes:
        rows = outcome.moved + outcome.stays
        if rows and outcome.column.path not in said:
            for manifest in registry.ordered():
                is_its = outcome.column.table.startswith(f"{manifest.id}_")
                if is_its and not registry.is_active(manifest.id):
                    found[manifest.title] = None
    return [
        _(
            "%(plugin)s is switched off and keeps records of the entry. Switch it on first.",
            plugin=it,
        )
        for it in found
    ]


def carry_out(
    ctx: Context, mover: Mover, kept: Organisation, gone: Organisation, choices: Choices
) -> Plan:
    """Move, take over what was chosen, and leave a hidden row; inside the transaction.

    Raises Conflict when a plugin that is off has records of the entry that goes.
    """
    said = references(ctx)
    columns = [column for column in moving.columns() if column.table != "organisation"]
    people = _people(kept, gone, choices)
    own = OrganisationMember.select().where(OrganisationMember.organisation == kept.id).count()
    picks = list(_of_organisation(mover, kept, gone, choices))
    outcomes = []
    for column in columns:
        rule = said.get(column.path) or Rule(column.table)
        if column.path == MEMBERS:
            _settle(mover, people)
        outcomes.append(mover.move(column, rule))
        if rule.fields:
            picks += _of_record(mover, column, rule, choices)
    for fault in check_plugins(outcomes, said):
        raise Conflict(fault)
    _name_both(mover, kept, gone)
    _leave(ctx, mover, kept, gone)
    return Plan(picks, people, [item for item in outcomes if _counts(item)], own, "")


def _counts(outcome: Outcome) -> bool:
    return bool(outcome.moved or outcome.stays or outcome.dropped)


def fingerprint(plan: Plan, kept: Organisation, gone: Organisation) -> str:
    """Return what a plan comes down to: another one is another merge than was looked at."""
    facts = [
        [kept.id, kept.version, gone.id, gone.version, plan.own],
        [[pick.key, pick.kept, pick.gone] for pick in plan.picks],
        [[person.public_id, person.role, person.has] for person in plan.people],
        [[item.column.path, item.moved, item.stays, item.dropped] for item in plan.outcomes
         if item.column.path != MEMBERS],
    ]  # fmt: skip
    return hashlib.sha256(db.dump_json(facts).encode()).hexdigest()[:32]


# People


def _people(kept: Organisation, gone: Organisation, choices: Choices) -> list[Person]:
    have = {member.account.id: member.role for member in members(kept)}
    found = []
    for member in members(gone):
        account = member.account
        role = choices.roles.get(account.public_id, member.role)
        if role and role not in MEMBER_ROLES:
            told = _("Choose one of: %(allowed)s.", allowed=", ".join(MEMBER_ROLES))
            raise Invalid(told, field=f"role-{account.public_id}")
        has = have.get(account.id, "")
        known = (account.public_id, account.id, account.name, member.role, has)
        found.append(Person(*known, gets=has or role))
    return found


def _settle(mover: Mover, people: Sequence[Person]) -> None:
    """Give those who come along the role that was chosen, and leave out the others."""
    of: Any = OrganisationMember
    rows = dict(of.select(of.account, of.id).where(of.organisation == mover.gone).tuples())
    for person in people:
        if person.has:
            continue
        keys = {"id": rows[person.account_id]}
        if person.gets:
            mover.change("organisation_member", keys, {"role": person.gets})
        else:
            mover.drop("organisation_member", keys)


# Fields


def _of_organisation(
    mover: Mover, kept: Organisation, gone: Organisation, choices: Choices
) -> Iterator[Pick]:
    yield from _picked(
        mover,
        "organisation",
        ({"id": kept.id}, {"id": gone.id}),
        core.VERSIONED,
        [(name, TOGETHER.get(name, ())) for name in core.FACTS],
        choices,
    )


def _of_record(mover: Mover, column: Column, rule: Rule, choices: Choices) -> Iterator[Pick]:
    """Choose between the fields of two rows of which each organisation has one."""
    assert rule.fields
    keys = {column.name: mover.kept}, {column.name: mover.gone}
    row = moving.one_row(column.table, keys[0])
    if row is None or moving.one_row(column.table, keys[1]) is None:
        return
    together = rule.together or {}
    tied = {name for names in together.values() for name in names}
    names = [name for name in rule.fields.dump(mover.kept)[1] if name in row and name not in tied]
    groups = [(name, tuple(together.get(name, ()))) for name in names]
    picks = list(_picked(mover, column.table, keys, rule.fields, groups, choices))
    if any(pick.takes == "gone" for pick in picks):
        _count_up(column.table, column.name, mover.kept)
    yield from picks


def _picked(
    mover: Mover,
    table: str,
    keys: tuple[dict[str, Any], dict[str, Any]],
    kind: Versioned,
    groups: Sequence[tuple[str, Sequence[str]]],
    choices: Choices,
) -> Iterator[Pick]:
    """Take over what was chosen of two rows; what is empty comes from the other one."""
    mine, other = kind.dump(mover.kept)[1], kind.dump(mover.gone)[1]
    rows = [moving.one_row(table, key) or {} for key in keys]
    for name, tied in groups:
        if mine[name] == other[name]:
            if all(rules.is_empty(item, rows[0][item]) for item in tied):
                mover.change(table, keys[0], {item: rows[1][item] for item in tied})
            continue
        key = f"{table}.{name}"
        takes = "gone" if rules.is_empty(name, mine[name]) else "kept"
        takes = choices.fields.get(key, takes)
        if takes == "gone":
            mover.change(table, keys[0], {item: rows[1][item] for item in (name, *tied)})
        texts = (kind.show(name, mine[name]), kind.show(name, other[name]))
        yield Pick(key, kind.field_name(name), *texts, takes)


# The entry that goes


def _name_both(mover: Mover, kept: Organisation, gone: Organisation) -> None:
    """Let the search find the entry that stays under both names."""
    shown = Organisation.get_by_id(kept.id).name
    other: Any = OrganisationName
    known = {
        name for (name,) in other.select(other.name).where(other.organisation == kept.id).tuples()
    }
    for name, lang in ((kept.name, kept.name_lang), (gone.name, gone.name_lang)):
        if name not in known | {shown}:
            made = other.create(organisation=kept.id, kind="alias", lang=lang, name=name)
            mover.made("organisation_name", {"id": made.id})
            known.add(name)


def _leave(ctx: Context, mover: Mover, kept: Organisation, gone: Organisation) -> None:
    """Hide what is left; its address leads to the entry that stays, and nothing else finds it."""
    left = f"merged-{gone.public_id}"
    found = {"slug": left, "folded_name": left, "domain": "", "state": UNCLAIMED}
    hidden = {**found, "hidden_at": db.utc_text(ctx.clock.now())}
    mover.change("organisation", {"id": gone.id}, hidden)
    OrganisationFormerSlug.insert(slug=gone.slug, organisation=kept.id).execute()
    mover.made("organisation_former_slug", {"slug": gone.slug})
