"""A consortium as plain values: what everybody may know, and the tables that its members keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from plugins.consortia import labels, queries
from plugins.consortia.models import Consortium, Contact, Entry, Membership, Motion, Support

Table = tuple[Sequence[str], list[list[Any]]]


@dataclass(frozen=True)
class PublicMember:
    """An active member as everybody sees it; `role` is "lead" for the one who leads."""

    slug: str
    name: str
    country: str
    role: str
    parts: tuple[str, ...]
    joined_on: str


@dataclass(frozen=True)
class Public:
    """What everybody may know of a consortium that has started; days are ISO dates or empty.

    `members` are filled where one consortium is asked for; lists have the two counts.
    """

    slug: str
    name: str
    purpose: str
    lang: str
    kind: str
    state: str
    fields: tuple[str, ...]
    languages: tuple[str, ...]
    starts_on: str
    ends_on: str
    grant_number: str
    website: str
    is_fictional: bool
    lead: str
    member_count: int
    country_count: int
    members: tuple[PublicMember, ...] = ()


def public(row: Consortium) -> Public:
    """Return a consortium with the members in sight."""
    members = [
        PublicMember(
            item.organisation.slug,
            item.organisation.name,
            item.organisation.country,
            "lead" if item.organisation_id == row.lead_id else item.role,
            tuple(item.parts),
            item.joined_on,
        )
        for item in queries.shown_members(row)
    ]
    return _public(row, len(members), len({item.country for item in members}), members)


def listed(country: str, kind: str, page: int) -> tuple[int, list[Public]]:
    """Return how many consortia have started, and a page of thirty, the newest first."""
    total, rows = queries.public(country, kind, page)
    counts = queries.counts([row.id for row in rows])
    return total, [_public(row, *counts.get(row.id, (0, 0))) for row in rows]


def _public(
    row: Consortium, members: int, countries: int, shown: Sequence[PublicMember] = ()
) -> Public:
    same = (
        "slug", "name", "purpose", "lang", "kind", "state", "starts_on", "ends_on",
        "grant_number", "website",
    )  # fmt: skip
    return Public(
        **{name: getattr(row, name) for name in same},
        fields=tuple(row.fields),
        languages=tuple(row.languages),
        is_fictional=bool(row.is_fictional),
        lead=row.lead.slug,
        member_count=members,
        country_count=countries,
        members=tuple(shown),
    )


def tables(row: Consortium) -> dict[str, Table]:
    """Return what its members keep, as tables by name; of persons nothing."""
    members = [
        [
            item.organisation.name, item.organisation.country,
            "lead" if item.organisation_id == row.lead_id else item.role, ";".join(item.parts),
            item.state, item.joined_on, item.left_on,
        ]
        for item in queries.members(row)
    ]  # fmt: skip
    places = [
        [flow.sender.name, flow.host.name, flow.planned, flow.agreed, flow.done]
        for flow in queries.flows(row)
    ]
    dates = [[day.starts_on, day.ends_on, day.title, day.place] for day in queries.days(row)]
    lines = queries.history(row, most=20_000)
    history = [[entry.at.isoformat(timespec="seconds"), labels.happened(entry)] for entry in lines]
    return {
        "members": (
            ("organisation", "country", "role", "parts", "state", "joined_on", "left_on"),
            members,
        ),
        "places": (
            ("sending_organisation", "host_organisation", "planned", "agreed", "done"),
            places,
        ),
        "dates": (("from", "to", "what", "where"), dates),
        "history": (("at", "what"), history[::-1]),
    }


def forget_people(row: Consortium) -> None:
    """Take the accounts out of what happened; what organisations did stays."""
    for model in (Entry, Membership, Motion):
        of: Any = model
        of.update(account=None).where(of.consortium == row.id).execute()
    members = Membership.select(Membership.id).where(Membership.consortium == row.id)
    Contact.delete().where(Contact.membership.in_(members)).execute()
    motions = Motion.select(Motion.id).where(Motion.consortium == row.id)
    Support.update(account=None).where(Support.motion.in_(motions)).execute()
    Consortium.update(account=None).where(Consortium.id == row.id).execute()
