"""The form with which an agreement is begun where it belongs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from portal.fields import options
from portal.i18n import SHIPPED, Form, language_name, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation


class BeginForm(Form):
    """Title and languages; the rest is known."""

    title = StringField(
        lazy("Title"),
        [InputRequired(lazy("Fill this in; it can't stay empty.")), Length(max=160)],
    )
    language = SelectField(lazy("Language of the text"))
    second = SelectField(lazy("Second language, side by side"))

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        languages = [(code, language_name(code, locale())) for code in SHIPPED]
        self.language.choices = options(languages)
        self.second.choices = options([("", _none()), *languages])

    @property
    def languages(self) -> list[str]:
        """The languages that were chosen."""
        return [self.language.data, *([self.second.data] if self.second.data else [])]


class OwnForm(BeginForm):
    """The same, for one of the own organisations."""

    organisation = SelectField(lazy("For which organisation?"))

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **more: Any) -> None:
        super().__init__(*args, **more)
        self.organisation.choices = options([(one.slug, one.name) for one in organisations])


def _none() -> Any:
    return lazy("none")
