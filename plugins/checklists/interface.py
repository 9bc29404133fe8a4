"""What plugins use that keep lists of steps too: how a page edits one, and what it may change."""

from plugins.checklists.editing import Editor
from plugins.checklists.rules import NOTHING, check, check_shown, resolve

__all__ = ["NOTHING", "Editor", "check", "check_shown", "resolve"]
