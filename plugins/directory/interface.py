"""What other plugins use: entries as they are kept and found, who may decide about them."""

from plugins.directory.finding import (
    NAME,
    NUMBER,
    WEBSITE,
    Typed,
    at_domain,
    find,
    is_shared,
    note_names,
    read,
    resembling,
)
from plugins.directory.labels import field_name, scheme_name, verified_text
from plugins.directory.lookalikes import form, oddities
from plugins.directory.names import soften
from plugins.directory.policy import bound, check_other
from plugins.directory.queries import VERIFIED_FACT, duplicates, facts, identifiers, names
from plugins.directory.rules import PLATFORMS, SCHEMES, SHARED, SHARED_BY_MANY, identifier
from plugins.directory.service import (
    VERSIONED,
    add_identifier,
    cleaned,
    keep_source,
    note_facts,
    note_verified,
    verify,
)

__all__ = [
    "NAME", "NUMBER", "PLATFORMS", "SCHEMES", "SHARED", "SHARED_BY_MANY", "VERIFIED_FACT",
    "VERSIONED", "WEBSITE", "Typed", "add_identifier", "at_domain", "bound", "check_other",
    "cleaned", "duplicates", "facts", "field_name", "find", "form", "identifier", "identifiers",
    "is_shared", "keep_source", "names", "note_facts", "note_names", "note_verified",
    "oddities", "read", "resembling", "scheme_name", "soften", "verified_text", "verify",
]  # fmt: skip
