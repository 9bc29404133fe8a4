"""What plugins use that keep lists of steps too: the form of one, and what it may change."""

from plugins.checklists.forms import changes_of, make, sections, shown_number
from plugins.checklists.rules import NOTHING, check, next_key, resolve

__all__ = [
    "NOTHING", "changes_of", "check", "make", "next_key", "resolve", "sections", "shown_number",
]  # fmt: skip
