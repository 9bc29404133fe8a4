"""How a page edits a list of steps, whoever keeps it: an organisation, a consortium."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from plugins.checklists import forms, rules
from portal.errors import Invalid
from portal.i18n import day
from portal.people.forms import mark


class Version(Protocol):
    """A version of a list."""

    number: int
    changes: Mapping[str, Any]
    created_at: datetime


class Editor:
    """The form of a list and what was typed into it; `versions` are the newest first."""

    def __init__(self, versions: Sequence[Version], typed: Any = None) -> None:
        self.versions = versions
        self.last = versions[0] if versions else None
        self.number = self.last.number if self.last else 0
        self.changes = self.last.changes if self.last else rules.NOTHING
        self.form = forms.make(self.changes, self.number, typed)

    def saved(self, save: Callable[[Mapping[str, Any], int], object]) -> bool:
        """Hand what was typed to `save`, with the number of the version that was shown.

        Returns False when something was wrong: the form says what. Raises Conflict when somebody
        was faster.
        """
        shown = forms.shown_number(self.form.shown.data)
        rules.check_shown(self.number, shown)
        try:
            if self.form.validate():
                key = rules.next_key([row.changes for row in self.versions])
                save(forms.changes_of(self.form, self.changes, key), shown)
                return True
        except Invalid as error:
            mark(self.form, error)
        return False

    def values(self, may_change: bool = True) -> dict[str, Any]:
        """Return what the page shows; who may change a list sees the steps left out, too."""
        hidden = self.changes["hidden"]
        rows = rules.resolve({**self.changes, "hidden": []} if may_change else self.changes)
        return {
            "form": self.form,
            "sections": forms.sections(self.form, rows, hidden),
            "own": {own["key"] for own in self.changes["own"]},
            "version": self.last,
            "since": day(self.last.created_at, "long") if self.last else "",
        }
