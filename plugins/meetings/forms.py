"""Shapes of what people type about meetings and decisions; what is right stands in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from plugins.calendars.interface import clock_at, day_at, zones
from plugins.meetings import labels, rules
from plugins.meetings.models import Meeting
from portal.fields import NOT_EMPTY, Boxes, DateField, languages, options, version_of
from portal.i18n import SHIPPED, Form, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

DEFAULT_ZONE = "Europe/Brussels"
DAYS_TO_SPEAK = 7


def _clock(label: Any) -> StringField:
    return StringField(label, [InputRequired(NOT_EMPTY)], description=lazy("Such as 14:30"))


def _zones() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in zones()]


class MeetingForm(Form):
    """A meeting: when, where, about what, with whom."""

    version = HiddenField(filters=[version_of])
    title = StringField(
        lazy("What is it called?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("Such as: Kick-off, or Meeting of all members"),
    )
    day = DateField(lazy("Day"), [InputRequired(NOT_EMPTY)])
    time = _clock(lazy("Begins at"))
    zone = SelectField(lazy("Time zone"))
    length = IntegerField(lazy("Length in minutes"), [InputRequired(NOT_EMPTY)])
    place = StringField(
        lazy("Place"), description=lazy("A town, a building; leave it empty when you meet online.")
    )
    joining = StringField(
        lazy("Joining link"),
        description=lazy("Only members see it, on the page. Mails and calendars don't hold it."),
    )
    agenda = TextAreaField(
        lazy("Agenda"),
        description=lazy(
            "An item a line, its minutes after a comma. Such as: Budget of year two, 20"
        ),
    )
    guests = Boxes(lazy("Who is invited?"))
    scribe = SelectField(lazy("Who writes the minutes, beside the lead?"), validate_choice=False)
    series = StringField(
        lazy("Round tables that belong to it"),
        description=lazy("Their address, if this meeting prepares or follows some."),
    )

    def __init__(
        self,
        formdata: Any = None,
        *,
        now: datetime,
        members: Sequence[Organisation],
        row: Meeting | None = None,
        guests: Sequence[Organisation] = (),
        zone: str = DEFAULT_ZONE,
    ) -> None:
        """Fill the form from what was typed, else from what is stored."""
        chosen = guests if row else members
        stored = _stored(row, now, zone) | {"guests": [item.slug for item in chosen]}
        own = {item.id: item.slug for item in members}
        stored["scribe"] = own.get(row.scribe_id or 0, "") if row else members[0].slug
        super().__init__(formdata, data=stored)
        known = {item.slug: item.name for item in [*members, *guests]}
        self.zone.choices = options(_zones())
        self.guests.choices = options(known.items())
        self.scribe.choices = options((item.slug, item.name) for item in members)

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        texts = ("title", "time", "zone", "place", "joining", "agenda", "series", "scribe")
        return {
            **{name: self[name].data or "" for name in texts},
            "day": self.day.data,
            "length": self.length.data,
            "guests": self.guests.data or [],
        }


def _stored(row: Meeting | None, now: datetime, zone: str) -> dict[str, Any]:
    if row is None:
        day = (now + timedelta(days=14)).date()
        return {"zone": zone, "length": 60, "day": day, "time": "10:00"}
    same = ("version", "title", "zone", "length", "place", "joining", "series")
    return {
        **{name: getattr(row, name) for name in same},
        "day": day_at(row.starts_at, row.zone),
        "time": clock_at(row.starts_at, row.zone),
        "agenda": rules.agenda_text(row.agenda),
    }


class MinutesForm(Form):
    """The minutes of a meeting."""

    version = HiddenField(filters=[version_of])
    minutes = TextAreaField(
        lazy("Minutes"),
        description=lazy(
            "Who said what, what was agreed. What you write is kept while you write; members read "
            "it once you share it."
        ),
    )


class ActionForm(Form):
    """What a member does until a day."""

    title = StringField(lazy("What is to be done?"), [InputRequired(NOT_EMPTY)])
    organisation = SelectField(lazy("By whom?"), validate_choice=False)
    due_on = DateField(lazy("Until when?"), [InputRequired(NOT_EMPTY)])

    def __init__(self, formdata: Any = None, *, members: Sequence[Organisation]) -> None:
        super().__init__(formdata)
        self.organisation.choices = options((item.slug, item.name) for item in members)

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        return {
            "title": self.title.data or "",
            "organisation": self.organisation.data or "",
            "due_on": self.due_on.data,
        }


class NotedForm(Form):
    """What a meeting has decided."""

    title = StringField(lazy("What was decided?"), [InputRequired(NOT_EMPTY)])
    text = TextAreaField(lazy("More about it"))


class AnnouncementForm(Form):
    """What the lead tells all members."""

    title = StringField(lazy("What is it about?"), [InputRequired(NOT_EMPTY)])
    text = TextAreaField(lazy("What must members know?"), [InputRequired(NOT_EMPTY)])


class ReasonForm(Form):
    """Why something is taken back."""

    reason = StringField(
        lazy("Why?"), [InputRequired(NOT_EMPTY)], description=lazy("Everybody is told.")
    )


class DecisionForm(Form):
    """What members are to decide, how, and until when."""

    title = StringField(
        lazy("What is to be decided?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy(
            "A sentence that one can say yes to. Such as: We take the school in Liepāja in."
        ),
    )
    text = TextAreaField(
        lazy("What must members know?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("It can't be changed once members speak: they must all mean the same."),
    )
    way = RadioField(lazy("How do you decide?"), [InputRequired(NOT_EMPTY)])
    day = DateField(lazy("Until"), [InputRequired(NOT_EMPTY)])
    time = _clock(lazy("at"))
    zone = SelectField(lazy("Time zone"))
    quorum = IntegerField(
        lazy("At least this share of the members must take part, in per cent"), [Optional()]
    )
    majority = SelectField(lazy("How many must say yes?"), validate_choice=False)
    tie = SelectField(lazy("When as many say yes as no"), validate_choice=False)
    is_secret = BooleanField(
        lazy("Secret"),
        description=lazy(
            "Nobody learns what a member said; the single voices are deleted with the count."
        ),
    )

    def __init__(self, formdata: Any = None, *, now: datetime, zone: str = DEFAULT_ZONE) -> None:
        """Fill the form from what was typed, else with what mostly fits."""
        day = day_at(now + timedelta(days=DAYS_TO_SPEAK), zone)
        stored = {"way": "consent", "day": day, "time": "18:00", "zone": zone, "quorum": 50}
        super().__init__(formdata, data=stored | {"majority": "simple", "tie": "rejected"})
        self.way.choices = options((key, labels.way(key)) for key in rules.WAYS)
        self.zone.choices = options(_zones())
        self.majority.choices = options((key, labels.majority(key)) for key in rules.MAJORITIES)
        self.tie.choices = options((key, labels.tie(key)) for key in rules.TIES)

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        found = {name: self[name].data or "" for name in ("title", "text", "way", "time", "zone")}
        return found | {
            "day": self.day.data,
            "quorum": self.quorum.data or 0,
            "majority": self.majority.data or "simple",
            "tie": self.tie.data or "rejected",
            "is_secret": self.is_secret.data,
        }


class VoiceForm(Form):
    """What an organisation says."""

    organisation = SelectField(lazy("For which organisation?"), validate_choice=False)
    choice = RadioField(lazy("What does your organisation say?"), validate_choice=False)
    reason = TextAreaField(lazy("Why?"))

    def __init__(
        self,
        formdata: Any = None,
        *,
        own: Sequence[Organisation],
        choices: Sequence[str],
        data: Any = None,
    ) -> None:
        super().__init__(formdata, data=data)
        self.organisation.choices = options((item.slug, item.name) for item in own)
        self.choice.choices = options((key, labels.choice(key)) for key in choices)


class VisitorForm(Form):
    """A guest who has no account."""

    email = StringField(
        lazy("Mail address"), [InputRequired(lazy("Write the address as name@domain."))]
    )
    name = StringField(
        lazy("Name"), [InputRequired(NOT_EMPTY)], description=lazy("Members see it in the list.")
    )
    language = SelectField(lazy("Language of the mail"))

    def __init__(self, formdata: Any = None) -> None:
        super().__init__(formdata, data={"language": locale()})
        self.language.choices = options(languages(SHIPPED))
