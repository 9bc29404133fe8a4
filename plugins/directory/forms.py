"""The shape of what is typed about names and numbers; the module of rules decides."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from wtforms import SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from plugins.directory import labels
from plugins.directory.rules import KINDS, SCHEMES
from portal import data
from portal.i18n import Form, language_name, locale
from portal.i18n import lazy_gettext as lazy
from portal.text import sort_key


class NameForm(Form):
    """Another name of an organisation."""

    name = StringField(lazy("Name"), [InputRequired(lazy("Write the name."))])
    kind = SelectField(lazy("Kind of name"), default="alias")
    lang = SelectField(lazy("Language of the name"), default="", validate_choice=False)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.kind.choices = [SelectChoice(kind, labels.kind_name(kind)) for kind in KINDS]
        tags = languages() | ({self.lang.data} if self.lang.data else set())
        named = sorted((sort_key(language_name(tag, locale())), tag) for tag in tags)
        self.lang.choices = [
            SelectChoice("", lazy("not said")),
            *(SelectChoice(tag, language_name(tag, locale())) for _key, tag in named),
        ]


class NumberForm(Form):
    """A number that a register gave."""

    scheme = SelectField(lazy("Register"), default="oid", validate_choice=False)
    value = StringField(lazy("Number"), [InputRequired(lazy("Write the number."))])

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.scheme.choices = [SelectChoice(key, labels.scheme_name(key)) for key in SCHEMES]


@cache
def languages() -> set[str]:
    """Return the languages of the countries in the network, as tags."""
    path = Path(data.__file__).parent / "countries.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return {tag for row in csv.DictReader(lines) for tag in row["languages"].split()}
