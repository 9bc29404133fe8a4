"""The forms of the wizard: the shape of input; what may be chosen is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from wtforms import FileField, IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from plugins.imports import labels
from portal.i18n import Form, _, country_name
from portal.i18n import lazy_gettext as lazy
from portal.organisations.labels import type_name
from portal.organisations.models import TYPES, Source
from portal.organisations.rules import country_codes
from portal.text import sort_key


class UploadForm(Form):
    """A file."""

    file = FileField(
        lazy("File"),
        [InputRequired(lazy("Choose a file."))],
        render_kw={"accept": ".csv,.txt,.tsv,.xlsx"},
    )


class ColumnsForm(Form):
    """Where things stand in the file and where the list comes from; made for its columns."""

    sheet = SelectField(lazy("Sheet"), validate_choice=False)
    header = IntegerField(lazy("Line of the headings"), [Optional(), NumberRange(1, 1_048_576)])
    country = SelectField(lazy("Country of rows that name none"), validate_choice=False)
    type = SelectField(lazy("Type of rows that name none"), validate_choice=False)
    source = SelectField(lazy("Source"), validate_choice=False)
    title = StringField(lazy("Name of the new source"), [Length(max=200)])
    licence = StringField(
        lazy("Licence"), [Length(max=200)], description=lazy("For example CC BY 4.0 or CC0.")
    )
    url = StringField(lazy("Where it is found"), [Length(max=500)], description="https://…")

    def column_fields(self) -> list[Any]:
        """Return the fields of the columns, in the order of the file."""
        return [field for field in self if field.name.startswith("column-")]

    def chosen(self) -> list[str]:
        """Return what was chosen for each column."""
        return [field.data or "" for field in self.column_fields()]


def columns_form(
    headings: Sequence[str], known: Sequence[str], sheets: Sequence[str], typed: Any, **values: Any
) -> ColumnsForm:
    """Make the form for a file with these headings; `columns` in the values is what is chosen."""
    choices = _options(_("– leave it out –"), ((name, labels.column_name(name)) for name in known))
    chosen = values.pop("columns", [])
    fields = {}
    for at, heading in enumerate(headings):
        label = heading or _("Column %(number)s, without a heading", number=at + 1)
        default = chosen[at] if at < len(chosen) else ""
        fields[f"column-{at}"] = SelectField(label, choices=choices, default=default)
    made = type("ColumnsForm", (ColumnsForm,), fields)
    form: ColumnsForm = made(typed, **values)
    form.title.flags.required = not form.source.data
    form.sheet.choices = [SelectChoice(name, name) for name in sheets]
    form.country.choices = _options(_("– refuse the row –"), _countries())
    form.type.choices = _options(_("Other"), ((name, type_name(name)) for name in TYPES))
    rows = Source.select().order_by(Source.title)
    form.source.choices = _options(_("A new source"), ((row.key, row.title) for row in rows))
    return form


def _options(none: str, rows: Iterable[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice("", none), *(SelectChoice(value, label) for value, label in rows)]


def _countries() -> list[tuple[str, str]]:
    named = [(code, country_name(code)) for code in country_codes()]
    return sorted(named, key=lambda item: sort_key(item[1]))
