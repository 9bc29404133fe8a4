"""What the words of cases are called on pages, beside those of organisations."""

from __future__ import annotations

from typing import Any

from plugins.claims.models import ABUSE, ACCEPTED, APPEAL, CLAIM, LOOKALIKE, PERSON, Case
from plugins.directory.interface import field_name, scheme_name
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.labels import state_name, type_name

__all__ = [
    "about_name", "case_state_name", "field_name", "ground_name", "kind_name", "measure_name",
    "outcome", "proof_name", "proven_name", "reason_names", "scheme_name", "state_name", "type_name",
]  # fmt: skip

_KINDS = {
    "claim": lazy("Claim"),
    "verification": lazy("Verification"),
    "removal": lazy("Removal"),
    "wrong-fact": lazy("Wrong fact"),
    "abuse": lazy("Report of content"),
    "lookalike": lazy("Name that looks like another"),
    "person-name": lazy("Name of a person"),
    "appeal": lazy("Appeal"),
}
_STATES = {
    "open": lazy("waits for a reviewer"),
    "accepted": lazy("accepted"),
    "declined": lazy("declined"),
}
_PROOFS = {
    "letter": lazy("Our letter or notice with the OID or PIC number"),
    "website": lazy("A sign that we put on our website"),
    "mail": lazy("Mail from an address at our own domain"),
    "members": lazy("Two verified people of our organisation who confirm it"),
}
_PROVEN = {
    "letter-oid": lazy("A letter with its OID"),
    "letter-pic": lazy("A letter with its PIC"),
    "letter": lazy("A letter with another number"),
    "website": lazy("A sign on its own website"),
    "members": lazy("Two verified people"),
}
_REASONS = {
    "misleading": lazy("It misleads about who somebody is"),
    "illegal": lazy("It is against the law in another way"),
    "personal": lazy("It shows personal data of somebody"),
    "insult": lazy("It insults or threatens somebody"),
    "advertising": lazy("It is advertising that does not belong here"),
    "other": lazy("Something else"),
    "mixed": lazy("Letters of several scripts stand in one word"),
    "invisible": lazy("There are signs in it that nobody sees"),
    "same": lazy("It looks like the name of somebody else"),
}
_MEASURES = {
    "ask": lazy("They are asked to change it; nothing is hidden"),
    "hide": lazy("The entry is taken from the public pages until it is changed"),
}
_GROUNDS = {"law": lazy("A law"), "terms": lazy("The rules of this portal")}


def _named(names: dict[str, Any], key: str) -> str:
    return str(names.get(key, key))


def kind_name(kind: str) -> str:
    """Return what a case asks for."""
    return _named(_KINDS, kind)


def case_state_name(state: str) -> str:
    """Return how far a case is."""
    return _named(_STATES, state)


def proof_name(proof: str) -> str:
    """Return a way of proof; empty for none."""
    return str(_PROOFS.get(proof, ""))


def proven_name(proof: str) -> str:
    """Return what proved who somebody is."""
    return _named(_PROVEN, proof)


def reason_names(reason: str) -> list[str]:
    """Return why something was reported, or what is odd about a name."""
    return [_named(_REASONS, key) for key in reason.split()]


def measure_name(measure: str) -> str:
    """Return what a decision does."""
    return _named(_MEASURES, measure)


def ground_name(ground: str) -> str:
    """Return on what a decision rests."""
    return _named(_GROUNDS, ground)


def about_name(case: Case) -> str:
    """Return whom or what a case is about."""
    if case.organisation is not None:
        return str(case.organisation.name)
    return str(case.about_account.name) if case.about_account else _("a former account")


def outcome(case: Case) -> Any:
    """Return in a sentence, for whoever asked, what was decided; translated for its reader."""
    named = {"organisation": about_name(case)}
    if case.kind in {LOOKALIKE, PERSON}:
        if case.state == ACCEPTED:
            return lazy("Please change the name %(organisation)s: a reviewer looked at it", **named)
        return lazy("The name %(organisation)s may stay: a reviewer looked at it", **named)
    if case.kind == APPEAL:
        if case.state == ACCEPTED:
            return lazy("Your appeal about %(organisation)s was right", **named)
        return lazy("Your appeal about %(organisation)s changes nothing", **named)
    if case.kind == ABUSE and case.state == ACCEPTED:
        return lazy("Something is done about %(organisation)s, which you reported", **named)
    if case.kind == CLAIM and case.state == ACCEPTED:
        return lazy("You act for %(organisation)s now: your claim was accepted", **named)
    if case.state == ACCEPTED:
        return lazy("Accepted: your request about %(organisation)s", **named)
    return lazy("Declined: your request about %(organisation)s", **named)
