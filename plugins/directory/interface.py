"""What other plugins use: entries as they are kept, what is known about them, who may decide."""

from plugins.directory.labels import field_name, scheme_name
from plugins.directory.names import soften
from plugins.directory.policy import check_other
from plugins.directory.queries import duplicates, facts, identifiers, names
from plugins.directory.rules import PLATFORMS, SCHEMES, SHARED_BY_MANY, identifier
from plugins.directory.service import VERSIONED, cleaned, keep_source, note_facts

__all__ = [
    "PLATFORMS", "SCHEMES", "SHARED_BY_MANY", "VERSIONED", "check_other", "cleaned", "duplicates",
    "facts", "field_name", "identifier", "identifiers", "keep_source", "names", "note_facts",
    "scheme_name", "soften",
]  # fmt: skip
