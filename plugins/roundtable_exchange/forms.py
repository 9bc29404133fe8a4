"""The shape of what a host sends: files, then the meetings of them that become tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from werkzeug.datastructures import FileStorage
from wtforms import IntegerField, MultipleFileField, SelectField
from wtforms.validators import InputRequired, NumberRange

from plugins.roundtable_exchange.again import (
    FORTNIGHT,
    MONTH_DAY,
    MONTH_WEEKDAY,
    MOST_TIMES,
    WEEK,
)
from plugins.roundtable_exchange.reading import LARGEST, Entry
from plugins.roundtables import interface as roundtables
from portal.errors import Invalid
from portal.fields import NO_DAY, NOT_EMPTY, languages, options
from portal.i18n import Form, _
from portal.i18n import lazy_gettext as lazy

MOST_FILES, MOST_ROWS, USUAL_SEATS = 20, 40, 12
TYPED = ("topic", "day", "time", "minutes", "source")


class FilesForm(Form):
    """Calendar files."""

    files = MultipleFileField(
        lazy("Calendar files"),
        description=lazy("Files that end in .ics, at most 20, each up to 500 kB."),
        render_kw={"accept": ".ics,text/calendar"},
    )


class TablesForm(Form):
    """What all the tables have in common."""

    lang = SelectField(lazy("Spoken language"))
    capacity = IntegerField(
        lazy("Seats of each table"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("You can change it table by table afterwards."),
    )

    def __init__(self, formdata: Any, series: roundtables.Series) -> None:
        """Fill the form from what was typed, else with the language of the series."""
        super().__init__(formdata, data={"lang": series.lang, "capacity": USUAL_SEATS})
        self.lang.choices = options(languages([*roundtables.SPOKEN, series.lang]))


class RepeatForm(Form):
    """How often a table happens again."""

    way = SelectField(lazy("How often?"))
    times = IntegerField(
        lazy("How many more times?"),
        [
            InputRequired(NOT_EMPTY),
            NumberRange(1, MOST_TIMES, lazy("Write a number from 1 to 24.")),
        ],
        default=3,
    )

    def __init__(self, formdata: Any, day: date) -> None:
        """Offer the ways for a table on a day."""
        super().__init__(formdata)
        ways = {
            WEEK: _("every week"),
            FORTNIGHT: _("every two weeks"),
            MONTH_DAY: _("every month, on day %(num)s", num=day.day),
            MONTH_WEEKDAY: _("every month, on the same weekday in the month"),
        }
        self.way.choices = options(ways.items())


def typed_days(values: list[str]) -> list[date]:
    """Return the days that were ticked. Raises Invalid for what is none."""
    try:
        return [date.fromisoformat(value) for value in values]
    except ValueError:
        raise Invalid(_("Choose from the list."), "days") from None


@dataclass
class Row:
    """A meeting as the host sees it and may change it, with what is wrong with it by field."""

    at: int
    is_taken: bool
    topic: str
    day: str
    time: str
    minutes: str
    source: str
    hints: tuple[str, ...] = ()
    errors: dict[str, str] = field(default_factory=dict)

    def values(self) -> dict[str, Any]:
        """Return what was typed, as the form of a table has it. Raises Invalid with the field."""
        try:
            day = date.fromisoformat(self.day.strip())
        except ValueError:
            raise Invalid(str(NO_DAY), "day") from None
        if not self.time.strip():
            raise Invalid(_("Write when it begins, such as 14:30."), "time")
        minutes = self.minutes.strip()
        if not (minutes.isascii() and minutes.isdigit() and len(minutes) < 6):
            raise Invalid(_("Write the length in minutes, as digits."), "minutes")
        return {"topic": self.topic, "day": day, "time": self.time, "minutes": int(minutes)}


def files(sent: list[FileStorage]) -> list[tuple[str, bytes]]:
    """Return names and bytes of the files that were sent. Raises Invalid for none and too many."""
    found = [one for one in sent if one.filename]
    if not found:
        raise Invalid(_("Choose at least one file."), "files")
    if len(found) > MOST_FILES:
        raise Invalid(_("Choose at most %(num)s files at once.", num=MOST_FILES), "files")
    return [(_name(str(one.filename)), one.read(LARGEST + 1)) for one in found]


def _name(text: str) -> str:
    shown = "".join(one for one in text.replace("\\", "/").rpartition("/")[2] if one.isprintable())
    return shown.strip()[-80:] or _("without a name")


def rows_of(entries: list[Entry]) -> list[Row]:
    """Return meetings as rows to choose from."""
    return [
        Row(
            at, one.is_ready, one.title, one.day.isoformat(), one.clock, str(one.minutes),
            one.source, one.hints,
        )
        for at, one in enumerate(entries, 1)
    ]  # fmt: skip


def typed_rows(form: Any) -> list[Row]:
    """Return the rows as they were sent back."""
    found = []
    for at in range(1, MOST_ROWS + 1):
        if f"topic_{at}" in form:
            typed: dict[str, Any] = {
                name: str(form.get(f"{name}_{at}", ""))[:500] for name in TYPED
            }
            found.append(Row(at, f"take_{at}" in form, **typed))
    return found
