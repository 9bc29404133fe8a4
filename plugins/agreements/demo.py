"""The demonstration set: made-up organisations negotiate a memorandum, and some sign it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from plugins.agreements import drafting, negotiating, queries, service, signing
from plugins.agreements.models import Agreement, Party
from plugins.agreements.policy import Hand
from plugins.agreements.workflow import parties
from plugins.evidence.interface import playing
from plugins.members.interface import Signatory
from portal import db
from portal.context import Context
from portal.organisations.models import UNCLAIMED, Organisation

PARTIES = 5
TOGETHER = (
    "Lernzentrum Metall Ostrabrück",
    "Instituto Politécnico Valdemuña del Alto",
    "Istituto Professionale Valdombra",
)
"""Who has an agreement in force, on which a network could be built."""
SIGNER, POSITION = "Head of school (demonstration)", "head of school"
UNITS = [
    {
        "title": "Milling and turning small series",
        "knowledge": "Reads drawings and set-up sheets; names tolerances and cutting data.",
        "skills": "Sets up a machine, makes a small series and measures it.",
        "responsibility": "Keeps to safety rules and says when a part is out of tolerance.",
    }
]


def load(ctx: Context) -> None:
    """Load an agreement being signed and one being negotiated, unless there are some."""
    found = list(
        Organisation.select()
        .where(Organisation.is_fictional, Organisation.state != UNCLAIMED)
        .order_by(Organisation.id)
        .limit(PARTIES)
    )
    if Agreement.select().exists() or len(found) < 3:
        return
    of: Any = Organisation
    both = list(of.select().where(of.is_fictional, of.name.in_(TOGETHER)).order_by(of.id))
    with db.transaction():
        _signing(ctx, found, "Mobility of machining technicians (demonstration)", slice(1, 3))
        if len(both) == len(TOGETHER):
            _signing(ctx, both, "Exchange in metal (demonstration)", slice(None))
        _negotiating(ctx, found)


def _begun(ctx: Context, kind: str, title: str, found: Sequence[Organisation]) -> Agreement:
    others = [service.Asked("partner", item) for item in found[1:]]
    second = "de" if found[0].name_lang != "de" else "es"
    return service.begin(
        ctx, found[0], kind, title, role="partner", others=others, languages=["en", second]
    )


def _hand(party: Party, name: str = "", by_link: bool = True) -> Hand:
    """Act for a party as the portal does, for people who have no account here."""
    me = Signatory("", name, POSITION, "", None, party.agreement.created_at)
    return Hand(party, True, me if name else None, by_link)


def _fill(ctx: Context, row: Agreement) -> None:
    there = parties(row.id)
    ids = [party.public_id for party in there]
    work: dict[str, dict[str, Any]] = {
        "organisations": {"competence": dict.fromkeys(ids, "Initial training in its own country")},
        "qualifications": {
            "qualification": dict.fromkeys(ids, "Machining technician"),
            "units": UNITS,
        },
        "procedures": {
            "assess_how": "A work sample on the last day, looked at by a trainer of the host.",
            "document_how": "Record of learning outcomes, signed by the host.",
        },
        "recognition": {
            "recognise_what": "The unit counts as the practical part of the second year.",
            "competent": "Own competence of each school",
        },
    }
    first = _hand(there[0])
    for clause in drafting.clauses(row):
        if clause.key in work:
            values = {**clause.data, **work[clause.key]}
            negotiating.change(ctx, row, first, clause.key, values, clause.version)


def _signing(ctx: Context, found: Sequence[Organisation], title: str, signers: slice) -> None:
    row = _begun(ctx, "mou", title, found)
    negotiating.send(ctx, row)
    _fill(ctx, row)
    row = queries.hold(row)
    for party in parties(row.id):
        negotiating.agree(ctx, row, _hand(party), queries.shown(row).digest)
    row = queries.hold(row)
    if row.state == "negotiation":
        negotiating.move(ctx, row, None, "freeze")
        row = queries.hold(row)
    there, shown = parties(row.id), queries.shown(row)
    for party in there[signers]:
        prepared = playing.signed_by_key(
            document=bytes(shown.content),
            party=party.public_id,
            name=SIGNER,
            position=POSITION,
            intent=signing.intent(row, party),
            at=ctx.clock.now(),
        )
        who = _hand(party, SIGNER, by_link=prepared is None)
        signing.sign(ctx, row, who, shown.digest, prepared=prepared)
    if there[3:]:
        paper = signing.Paper(SIGNER, POSITION, playing.scan())
        signing.sign(ctx, row, _hand(there[3], by_link=False), shown.digest, paper=paper)


def _negotiating(ctx: Context, found: Sequence[Organisation]) -> None:
    row = _begun(ctx, "mou", "Placements in catering and baking (demonstration)", found)
    negotiating.send(ctx, row)
    row = queries.hold(row)
    second = _hand(parties(row.id)[1])
    comment = "Could we say how many participants a year we plan for?"
    negotiating.remark(ctx, row, second, "objectives", comment)
    wording = (
        "The parties look at how their cooperation works on the day named here, and once a year "
        "after it."
    )
    reason = "We would like to meet every year."
    negotiating.remark(ctx, row, second, "review", reason, {"en": wording})
