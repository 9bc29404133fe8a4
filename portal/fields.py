"""Fields that forms of several plugins have, and what such forms say alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import wtforms
from flask import request
from wtforms import widgets
from wtforms.fields.choices import SelectChoice

from portal.i18n import language_name, locale
from portal.i18n import lazy_gettext as lazy
from portal.text import sort_key

NOT_EMPTY = lazy("Fill this in; it can't stay empty.")
NO_DAY = lazy("Write the day as year, month, day: 2027-05-18.")


class DateField(wtforms.DateField):
    """A day; what can't be read as one is refused in the language of the page."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read what was typed; blanks are no day."""
        if valuelist and not valuelist[0].strip():
            self.data = None
            return
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(str(NO_DAY)) from None


class Boxes(wtforms.SelectMultipleField):
    """Several of a list, as check boxes."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


def options(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Return what a list offers, from values and what they are called."""
    return [SelectChoice(value, text) for value, text in pairs]


def languages(tags: Iterable[str]) -> list[tuple[str, str]]:
    """Return languages and their names, by name."""
    named = ((tag, language_name(tag, locale())) for tag in dict.fromkeys(tags))
    return sorted(named, key=lambda pair: sort_key(pair[1]))


def version_of(text: Any) -> int:
    """Read the version that a form was made from; 0 where it says none."""
    shown = str(text or "")[:9]
    return int(shown) if shown.isascii() and shown.isdigit() else 0


def shown_version() -> int | None:
    """Return the version of the object that a sent form was made from."""
    return version_of(request.form.get("version")) or None
