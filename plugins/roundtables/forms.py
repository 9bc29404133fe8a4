"""The shape of what is typed; what it must be like stands in `checking`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from plugins.calendars.interface import zones
from plugins.roundtables import checking, groups, labels
from plugins.roundtables.models import DRAFT, Interest, RoundTable, Series
from portal.fields import NOT_EMPTY, Boxes, DateField, languages, options, version_of
from portal.i18n import Form, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

DEFAULT_ZONE = "Europe/Brussels"


def whole(label: Any, hint: Any = "") -> IntegerField:
    """Make a field for a whole number."""
    return IntegerField(label, [InputRequired(NOT_EMPTY)], description=hint)


def clock(label: Any) -> StringField:
    """Make a field for a time of day."""
    return StringField(label, [InputRequired(NOT_EMPTY)], description=lazy("Such as 14:30"))


class SeriesForm(Form):
    """A series of round tables."""

    version = HiddenField(filters=[version_of])
    organisation = SelectField(lazy("Who is the host?"), validate_choice=False)
    title = StringField(lazy("Title of the series"), [InputRequired(NOT_EMPTY)])
    purpose = TextAreaField(
        lazy("What for?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("What shall come of it, and who should be there. Everybody can read it."),
    )
    questions = TextAreaField(
        lazy("Questions to talk about"), description=lazy("One a line. Such as three.")
    )
    lang = SelectField(lazy("Language of this text"))
    zone = SelectField(lazy("Time zone"), description=lazy("All times below are in this zone."))
    opens_on = DateField(lazy("Registration opens on"), [InputRequired(NOT_EMPTY)])
    opens_time = clock(lazy("at"))
    closes_on = DateField(lazy("Registration closes on"), [InputRequired(NOT_EMPTY)])
    closes_time = clock(lazy("at"))
    groups = Boxes(
        lazy("Groups that count"),
        description=lazy(
            "When there are too few places, they go to the broadest range of these groups. People "
            "are asked for nothing else."
        ),
    )
    offer_hours = whole(lazy("Hours to accept an offered place"))

    def __init__(
        self,
        formdata: Any = None,
        *,
        now: datetime,
        hosts: Sequence[tuple[str, str]] = (),
        series: Series | None = None,
    ) -> None:
        """Fill the form from what was typed, else from what is stored."""
        super().__init__(formdata, data=_stored_series(series, now))
        self.organisation.choices = options(hosts)
        self.lang.choices = options(languages([*groups.SPOKEN, *([series.lang] if series else [])]))
        self.zone.choices = options((name, name.replace("_", " ")) for name in zones())
        self.groups.choices = options((key, str(groups.TITLES[key])) for key in groups.offered())
        self.is_fixed = series is not None and series.state != DRAFT

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        names = [name for name in self.data if name not in {"version", "organisation"}]
        return {name: self[name].data if self[name].data is not None else "" for name in names}


def _local(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone))


def _stored_series(series: Series | None, now: datetime) -> dict[str, Any]:
    if series is None:
        return {
            "lang": locale(), "zone": DEFAULT_ZONE, "opens_on": now.date(), "opens_time": "08:00",
            "closes_on": (now + timedelta(days=21)).date(), "closes_time": "18:00",
            "groups": [groups.TYPE, groups.COUNTRY, groups.SIZE, groups.FIRST], "offer_hours": 72,
        }  # fmt: skip
    same = (
        "version", "title", "purpose", "questions", "lang", "zone", "groups", "offer_hours",
    )  # fmt: skip
    times: dict[str, Any] = {}
    for name in ("opens", "closes"):
        local = _local(getattr(series, f"{name}_at"), series.zone)
        times |= {f"{name}_on": local.date(), f"{name}_time": f"{local:%H:%M}"}
    return {**{name: getattr(series, name) for name in same}, **times}


class TableForm(Form):
    """A round table of a series."""

    version = HiddenField(filters=[version_of])
    topic = StringField(lazy("Topic"), [InputRequired(NOT_EMPTY)])
    lang = SelectField(lazy("Spoken language"))
    day = DateField(lazy("Day"), [InputRequired(NOT_EMPTY)])
    time = clock(lazy("Begins at"))
    minutes = whole(lazy("Length in minutes"))
    capacity = whole(lazy("Seats"))
    reserved = IntegerField(
        lazy("Of these kept for the host"),
        [Optional()],
        description=lazy("For who leads and writes; the others are allocated."),
    )
    overbooked = IntegerField(
        lazy("Places beyond the seats"),
        [Optional()],
        description=lazy(
            "Often ten of a hundred who accept do not come. At most half of the seats; everybody can "
            "read the number."
        ),
    )
    joining = StringField(
        lazy("Joining link"),
        description=lazy(
            "Only people with a place see it, from 30 minutes before. Kept sealed; leave it empty to "
            "keep the one that is stored."
        ),
    )
    rapporteur = StringField(
        lazy("Who writes down what is found"),
        description=lazy("The rapporteur: a role or an organisation. Everybody can read it."),
    )
    supports = Boxes(lazy("Access that you offer"))
    note = TextAreaField(
        lazy("More about access"),
        description=lazy("Such as: sign language is Latvian; interpreters are booked on request."),
    )

    def __init__(
        self, formdata: Any = None, *, series: Series, table: RoundTable | None = None
    ) -> None:
        """Fill the form from what was typed, else from what is stored."""
        super().__init__(formdata, data=_stored_table(series, table))
        self.lang.choices = options(languages([*groups.SPOKEN, *([table.lang] if table else [])]))
        self.supports.choices = options((key, labels.support(key)) for key in checking.SUPPORTS)

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service; an empty link means: the one that is stored."""
        found = {name: value for name, value in self.data.items() if name != "version"}
        return {**found, "joining": found["joining"] or None, "note": found["note"] or ""}


def _stored_table(series: Series, table: RoundTable | None) -> dict[str, Any]:
    if table is None:
        local = _local(series.closes_at, series.zone) + timedelta(days=14)
        return {
            "lang": series.lang, "day": local.date(), "time": "10:00", "minutes": 90,
            "capacity": 15, "reserved": 0, "overbooked": 0,
        }  # fmt: skip
    same = (
        "version", "topic", "lang", "minutes", "capacity", "reserved", "overbooked", "supports", "note", "rapporteur",
    )  # fmt: skip
    local = _local(table.starts_at, series.zone)
    found = {name: getattr(table, name) for name in same}
    return {**found, "day": local.date(), "time": f"{local:%H:%M}"}


class InterestForm(Form):
    """What somebody says who would like a place; `interest_form` adds choices and groups."""

    version = HiddenField(filters=[version_of])
    began = HiddenField()
    homepage = StringField(lazy("Leave this field empty"))
    name = StringField(
        lazy("Your name"), [InputRequired(NOT_EMPTY)], render_kw={"autocomplete": "name"}
    )
    email = EmailField(
        lazy("Mail address"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("We send a link to it. Nobody else sees it but the host."),
        render_kw={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"},
    )
    lang = SelectField(lazy("Language of our mails"))
    organisation = SelectField(lazy("You come from"), validate_choice=False)
    employer = StringField(
        lazy("Your organisation"),
        description=lazy(
            "So that no organisation takes all seats. Leave it empty if you have none."
        ),
        render_kw={"autocomplete": "organization"},
    )
    needs = TextAreaField(
        lazy("What do you need to take part well?"),
        description=lazy(
            "Such as captions, sign language, an assistant. Only one person of the host reads it. "
            "It is kept sealed, deleted first, and never used when places are allocated."
        ),
    )
    is_flexible = BooleanField(
        lazy("If none of my choices works out, I also take any other table"),
        description=lazy("Places that stay or come free go first to those who chose the table."),
    )
    away = Boxes(
        lazy("I can't come at these times"),
        description=lazy("You get no place then, also when a table is moved to such a time."),
    )
    is_listed = BooleanField(lazy("The others at my table may see my name and organisation"))
    is_recordable = BooleanField(lazy("I may be recorded, if the table is recorded"))
    agrees = BooleanField(
        lazy("My details may be used to allocate the places by the published rules"),
        description=lazy("We need this. You can withdraw at any time, and everything is deleted."),
    )

    def group_fields(self) -> list[Any]:
        """Return the fields of groups."""
        return [field for field in self if field.name.startswith("group_")]

    def time_fields(self) -> list[Any]:
        """Return the fields that say when somebody can come, where there are several tables."""
        return [self[name] for name in ("is_flexible", "away") if name in self]

    def choice_fields(self) -> list[Any]:
        """Return the fields of choices, the first choice first."""
        return [field for field in self if field.name.startswith("choice")]

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        same = ("name", "lang", "organisation", "employer", "is_listed", "is_recordable", "agrees")
        found: dict[str, Any] = {name: self[name].data or "" for name in same if name in self}
        return {
            **found, "email": self.email.data or "" if "email" in self else "",
            "needs": (self.needs.data or "") if "needs" in self else None,
            "groups": {field.name[6:]: field.data or "" for field in self.group_fields()},
            "choices": [field.data or "" for field in self.choice_fields()],
            **{field.name: field.data for field in self.time_fields()},
        }  # fmt: skip


def interest_form(
    formdata: Any,
    series: Series,
    tables: Sequence[tuple[str, str]],
    times: Sequence[tuple[str, str]],
    organisations: Sequence[Organisation],
    data: Mapping[str, Any],
    without: Sequence[str] = (),
) -> InterestForm:
    """Make the form of a series: one field a choice and a group. `tables` are pairs of id and words."""
    added: dict[str, Any] = {}
    for at in range(1, min(len(tables), checking.MOST_CHOICES) + 1):
        added[f"choice{at}"] = SelectField(
            labels.choice(at), choices=options([("", lazy("None")), *tables]), default=""
        )
    for key in groups.keys(series):
        values = [("", lazy("Prefer not to say")), *groups.choices(series, key)]
        hint = groups.HINTS.get(key, "")
        added[f"group_{key}"] = SelectField(
            groups.title(series, key), choices=options(values), description=hint, default=""
        )
    form: InterestForm = type("OwnInterestForm", (InterestForm,), added)(formdata, data=dict(data))
    form.lang.choices = options(labels.mail_languages())
    none = ("", lazy("Not for one of these"))
    form.organisation.choices = options([*((own.slug, own.name) for own in organisations), none])
    form.away.choices = options(times)
    if len(tables) < 2:
        without = (*without, "is_flexible", "away")
    for name in (*without, *([] if organisations else ["organisation"])):
        if name in form:
            del form[name]
    return form


def stored_interest(interest: Interest, needs: str, values: Mapping[str, str]) -> dict[str, Any]:
    """Return what is stored, for the form."""
    same = (
        "version", "name", "email", "lang", "employer", "is_listed", "is_recordable", "is_flexible",
    )  # fmt: skip
    tables = RoundTable.select().where(RoundTable.id.in_(interest.choices))
    by_id = {row.id: row.public_id for row in tables}
    return {
        **{name: getattr(interest, name) for name in same},
        "organisation": interest.organisation.slug if interest.organisation else "",
        "needs": needs,
        "away": ["/".join(pair) for pair in interest.away],
        **{f"choice{at}": by_id.get(number, "") for at, number in enumerate(interest.choices, 1)},
        **{f"group_{key}": value for key, value in values.items()},
    }
