"""The shape of what a host types to invite people."""

from __future__ import annotations

from typing import Any

from wtforms import FileField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from plugins.roundtable_invitations.service import SOURCES
from portal.fields import NOT_EMPTY, languages, options
from portal.i18n import SHIPPED, Form
from portal.i18n import lazy_gettext as lazy


class InvitationForm(Form):
    """Whom to invite, why, and where the addresses come from."""

    people = TextAreaField(
        lazy("Mail addresses"),
        description=lazy(
            "One a line; name and organisation may follow: ana@school.example, Ana, School"
        ),
    )
    file = FileField(
        lazy("Or a CSV file"),
        description=lazy("With the same columns: address, name, organisation."),
    )
    reason = StringField(
        lazy("Why do you invite them?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy(
            "One sentence that stands in the mail, such as: You train electricians abroad."
        ),
        render_kw={"maxlength": "300"},
    )
    source = SelectField(
        lazy("Where do the addresses come from?"),
        description=lazy("People read it in the mail."),
        validate_choice=False,
    )
    lang = SelectField(lazy("Language of the mail"), validate_choice=False)

    def __init__(self, formdata: Any = None, *, lang: str) -> None:
        """Fill the form from what was typed, else with the language of the series."""
        super().__init__(formdata, data={"lang": lang if lang in SHIPPED else "en"})
        self.source.choices = options([("", lazy("Choose")), *SOURCES.items()])
        self.lang.choices = options(languages(SHIPPED))

    def values(self) -> dict[str, str]:
        """Return what was typed, for the service."""
        return {name: self[name].data or "" for name in ("people", "reason", "source", "lang")}
