"""What a rule may say and whether it holds: decisions on plain values, without web and database."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.errors import Invalid
from portal.i18n import _
from portal.settings import MAIL, hint

ALL, ANY = "all", "any"
MATCHINGS = (ALL, ANY)

STATE, COUNTRY, ROLE, PAYLOAD, OBJECT = "state", "country", "role", "payload", "object"
WHATS = (STATE, COUNTRY, ROLE, PAYLOAD, OBJECT)
WITH_FIELD = (PAYLOAD, OBJECT)
EQUALS, ONE_OF, CONTAINS, IS_SET = "equals", "one_of", "contains", "is_set"
TESTS = (EQUALS, ONE_OF, CONTAINS, IS_SET)
MOST_CONDITIONS = 8

SEND_MAIL, NOTIFY, TRANSITION, CALL = "mail", "notify", "transition", "webhook"
KINDS = (SEND_MAIL, NOTIFY, TRANSITION, CALL)
MOST_ACTIONS = 6
OPERATOR, ADDRESS, ACTOR = "operator", "address", "actor"
SITE_ROLES = ("Reviewer", "SiteAdmin")
OBJECT_ROLES = ("OrgAdmin", "OrgEditor", "OrgSignatory", "OrgMember", "Owner")
READERS = (ACTOR, *SITE_ROLES, *OBJECT_ROLES)
"""Who may be told by a notice: people with an account."""
RECEIVERS = (OPERATOR, ADDRESS, *READERS)

TITLE_LENGTH = 120
SUBJECT_LENGTH = 200
TEXT_LENGTH = 4_000
VALUE_LENGTH = 500

WORDS = ("title", "url", "type", "state", "country", "event", "when", "site")
"""Placeholders of every mail, beside the fields of the event's payload."""
PLACEHOLDER = re.compile(r"%(?:%|\((?P<name>[^()\n]*)\)(?P<kind>.)?|(?P<stray>.?))", re.S)
SAMPLE = "%(title)s"


@dataclass(frozen=True)
class Facts:
    """What is known of an event when a rule looks at it: values by field, as text or list of texts."""

    payload: Mapping[str, Any]
    object: Mapping[str, Any]
    state: str = ""
    country: str = ""
    roles: Collection[str] = ()


@dataclass(frozen=True)
class Held:
    """A condition with what was found and whether it holds."""

    condition: Mapping[str, Any]
    seen: str
    holds: bool


def place(part: str | None, at: int) -> str:
    """Return the name of a field of an act; those of the first act have no number."""
    return f"{part}{at + 1}" if at else str(part)


# Conditions


def checked_condition(
    raw: Mapping[str, Any], payload_fields: Iterable[str], object_fields: Iterable[str]
) -> dict[str, Any]:
    """Return a condition as it is kept.

    Raises Invalid with the part (what, field, test or value) as its field.
    """
    what, test = str(raw.get("what", "")), str(raw.get("test", ""))
    name = str(raw.get("field", "")).strip() if what in WITH_FIELD else ""
    if what not in WHATS:
        raise Invalid(_("Choose what the condition looks at."), "what")
    if test not in TESTS:
        raise Invalid(_("Choose how it is compared."), "test")
    if what in WITH_FIELD:
        known = sorted(payload_fields if what == PAYLOAD else object_fields)
        if name not in known:
            raise Invalid(_unknown_field(name, known), "field")
    value = _texts(raw.get("value", ""))
    if test == IS_SET:
        return {"what": what, "field": name, "test": test, "value": []}
    if not value:
        raise Invalid(_("Write what it is compared with."), "value")
    if test != ONE_OF:
        value = [", ".join(value)]
    return {"what": what, "field": name, "test": test, "value": value}


def _unknown_field(name: str, known: Sequence[str]) -> str:
    if not known:
        return _("There is no such field here. Choose state, country or role instead.")
    if not name:
        return _("Write the name of the field: one of %(allowed)s.", allowed=", ".join(known))
    text = _("There is no field %(name)s here.", name=name[:60])
    return text + (
        hint(name, known) or " " + _("Choose one of: %(allowed)s.", allowed=", ".join(known))
    )


def _texts(raw: Any) -> list[str]:
    """Return what was typed as a list: entries are separated by commas."""
    entries = raw.split(",") if isinstance(raw, str) else raw
    cleaned = (" ".join(str(entry).replace("\0", "").split())[:VALUE_LENGTH] for entry in entries)
    return list(dict.fromkeys(filter(None, cleaned)))


def seen(condition: Mapping[str, Any], facts: Facts) -> list[str]:
    """Return what the facts say about what a condition looks at; nothing when it is empty."""
    what = condition["what"]
    if what == ROLE:
        return sorted(facts.roles)
    found: Any = {
        STATE: facts.state,
        COUNTRY: facts.country,
        PAYLOAD: facts.payload.get(condition["field"]),
        OBJECT: facts.object.get(condition["field"]),
    }[what]
    many = found if isinstance(found, list | tuple) else [found]
    return [_plain(value) for value in many if value not in (None, "")]


def _plain(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def holds(condition: Mapping[str, Any], facts: Facts) -> Held:
    """Compare without regard to capitals; a list holds when one of its entries does."""
    found = seen(condition, facts)
    wanted = [str(value).casefold() for value in condition["value"]]
    folded = [value.casefold() for value in found]
    answer = {
        IS_SET: bool(found),
        CONTAINS: any(value in text for value in wanted for text in folded),
    }.get(condition["test"], bool(set(wanted) & set(folded)))
    return Held(condition, ", ".join(found)[:VALUE_LENGTH], answer)


def judge(
    matching: str, conditions: Iterable[Mapping[str, Any]], facts: Facts
) -> tuple[bool, list[Held]]:
    """Return whether all (or any) conditions hold, and each with what was seen; none always holds."""
    held = [holds(condition, facts) for condition in conditions]
    answers = [item.holds for item in held]
    return (not held or (any(answers) if matching == ANY else all(answers))), held


# Mails


def checked_words(text: str, known: Collection[str], field: str, most: int) -> str:
    """Return a subject or text whose placeholders are all known. Raises Invalid with the field."""
    text = text.replace("\0", "").replace("\r\n", "\n").strip()
    if not text:
        raise Invalid(_("Fill this in; it can't stay empty."), field)
    if len(text) > most:
        raise Invalid(_("Write at most %(most)s characters.", most=most), field)
    for found in PLACEHOLDER.finditer(text):
        if found[0] == "%%":
            continue
        name = found["name"]
        if name is None:
            raise Invalid(
                _("Write %(twice)s for a per cent sign, or a name as in %(sample)s.",
                  twice="%%", sample=SAMPLE), field,
            )  # fmt: skip
        if name not in known:
            allowed = hint(name, known) or " " + _(
                "Choose one of: %(allowed)s.", allowed=", ".join(sorted(known))
            )
            raise Invalid(_("There is no placeholder %(name)s.", name=name[:60]) + allowed, field)
        if found["kind"] != "s":
            raise Invalid(
                _("Write an s behind the brackets: %(right)s.", right=f"%({name})s"), field
            )
    return text


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values in the place of placeholders; one that is not known any more stays empty."""

    def put(found: re.Match[str]) -> str:
        return "%" if found[0] == "%%" else values.get(found["name"] or "", "")

    return PLACEHOLDER.sub(put, text)


def checked_address(address: str, field: str) -> str:
    """Return a mail address. Raises Invalid with the field."""
    address = address.strip()
    if not MAIL.fullmatch(address):
        raise Invalid(
            _("Write it in full, such as %(example)s.", example="name@school.example"), field
        )
    return address


# Chains


def guard(chain: int, subject_type: str, subject_id: int) -> str:
    """Return what a rule may act on once: an object in a chain of events."""
    return f"{chain} {subject_type} {subject_id}"


# Webhooks


def secret(key: str, webhook: str, nonce: str) -> str:
    """Return the secret of a webhook. It follows from the portal's key, so no table holds it."""
    told = f"rules webhook {webhook} {nonce}".encode()
    return "whsec_" + hmac.new(key.encode(), told, hashlib.sha256).hexdigest()


def signature(secrets: Sequence[str], timestamp: int, content: bytes) -> str:
    """Return the header with a signature for each secret: `v1=<hex>`, separated by blanks."""
    signed = b"%d." % timestamp + content
    return " ".join(
        "v1=" + hmac.new(each.encode(), signed, hashlib.sha256).hexdigest() for each in secrets
    )
