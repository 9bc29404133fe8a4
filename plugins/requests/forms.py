"""The shape of what is typed; what it must be like stands in `rules`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any

from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, NumberRange, Optional

from plugins.partners.interface import LANGUAGES, field_codes, field_name, key_name, keys
from plugins.requests import labels, reasons, rules
from plugins.requests.models import PartnerRequest, Reply
from portal.fields import NOT_EMPTY, Boxes, DateField, languages, options, version_of
from portal.i18n import Form, country_name, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.text import sort_key

USUAL_DAYS = 42


def whole(label: Any, most: int, hint: Any = "") -> IntegerField:
    """Return an optional field for a whole number from 1 to `most`."""
    limits = NumberRange(1, most, lazy("Write the number as digits, 1 to %(max)s."))
    return IntegerField(label, [Optional(), limits], description=hint)


class RequestForm(Form):
    """A partner request. New ones choose among the organisations the person writes for."""

    version = HiddenField(filters=[version_of])
    organisation = SelectField(lazy("For which organisation?"), validate_choice=False)
    title = StringField(
        lazy("What do you look for?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("In one line, such as: Bakery placements for six apprentices in May"),
    )
    text = TextAreaField(
        lazy("Tell them more"),
        [InputRequired(NOT_EMPTY)],
        description=lazy(
            "Who comes or hosts, what they should learn, what you offer in return. Name no persons: "
            "everybody can read it."
        ),
    )
    lang = SelectField(lazy("Language of this text"))
    role = RadioField(lazy("Your partner should"), [InputRequired(NOT_EMPTY)])
    fields = Boxes(lazy("Fields of education"))
    occupations = TextAreaField(
        lazy("Occupations"), description=lazy("One a line, in your words. At most five.")
    )
    countries = Boxes(lazy("Only in these countries"), description=lazy("None means any country."))
    starts_on = DateField(lazy("From"), [Optional()])
    ends_on = DateField(lazy("To"), [Optional()])
    places = whole(lazy("Places, or size of the group"), rules.MOST_PLACES)
    youngest_age = whole(lazy("Age of the youngest"), rules.MOST_AGE)
    languages = Boxes(lazy("Languages that help"))
    modes = Boxes(lazy("Mode"))
    inclusion = Boxes(lazy("Access and support that is needed"))
    closes_on = DateField(
        lazy("Open until"),
        [InputRequired(lazy("Say until when you look for partners."))],
        description=lazy(
            "On the evening of this day it closes by itself, and all who answered are told."
        ),
    )

    def __init__(
        self,
        formdata: Any = None,
        *,
        today: date,
        organisations: list[Organisation] | None = None,
        request: PartnerRequest | None = None,
    ) -> None:
        """Fill the form from what was typed, else from what is stored."""
        super().__init__(formdata, data=_stored(request, today))
        codes = [*field_codes(3), *(code for code in (request.fields if request else ()))]
        wanted = request.countries if request else []
        self.organisation.choices = options((own.slug, own.name) for own in organisations or ())
        self.lang.choices = options(languages([*LANGUAGES, *([request.lang] if request else [])]))
        self.role.choices = options((role, labels.wanted(role)) for role in rules.ROLES)
        self.fields.choices = options((code, field_name(code)) for code in dict.fromkeys(codes))
        self.countries.choices = options(
            sorted(
                ((code, country_name(code)) for code in {*labels.usual_countries(), *wanted}),
                key=lambda pair: sort_key(pair[1]),
            )
        )
        self.languages.choices = options(
            languages([*LANGUAGES, *(request.languages if request else [])])
        )
        for name, field in (("mode", self.modes), ("inclusion", self.inclusion)):
            field.choices = options((key, key_name(name, key)) for key in keys(name))

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        same = ("lang", "role", "starts_on", "ends_on", "places", "youngest_age", "closes_on")
        several = ("fields", "countries", "languages", "modes", "inclusion")
        return {
            "title": self.title.data or "",
            "text": self.text.data or "",
            "occupations": [
                line for line in (self.occupations.data or "").splitlines() if line.strip()
            ],
            **{name: self[name].data for name in same},
            **{name: self[name].data or [] for name in several},
        }


def _stored(request: PartnerRequest | None, today: date) -> dict[str, Any]:
    if request is None:
        return {"lang": locale(), "role": "host", "closes_on": today + timedelta(days=USUAL_DAYS)}
    same = (
        "version", "title", "text", "lang", "role", "fields", "countries", "places", "youngest_age",
        "languages", "modes", "inclusion", "closes_on",
    )  # fmt: skip
    words = "\n".join(pair[0] for pair in request.occupations)
    return {
        **{name: getattr(request, name) for name in same},
        **_days(request),
        "occupations": words,
    }


class ReopenForm(Form):
    """Until when a closed request is open again."""

    closes_on = DateField(
        lazy("Open until"), [InputRequired(lazy("Say until when you look for partners."))]
    )

    def __init__(self, formdata: Any = None, *, today: date) -> None:
        super().__init__(formdata, data={"closes_on": today + timedelta(days=USUAL_DAYS)})


class ReplyForm(Form):
    """An organisation's answer to a request: a summary of what fits, and a text."""

    version = HiddenField(filters=[version_of])
    organisation = SelectField(lazy("For which organisation?"), validate_choice=False)
    covers = Boxes(
        lazy("Which of the points do you cover?"),
        description=lazy(
            "Ticked is what your profile says. They stand side by side for the asker."
        ),
    )
    starts_on = DateField(lazy("From"), [Optional()])
    ends_on = DateField(lazy("To"), [Optional()])
    places = whole(lazy("Places"), rules.MOST_PLACES)
    price_note = StringField(
        lazy("Costs, in a line"), description=lazy("Such as: 60 euro a day, with full board")
    )
    text = TextAreaField(lazy("Your answer"), [InputRequired(NOT_EMPTY)])

    def __init__(
        self,
        formdata: Any = None,
        *,
        asked: Sequence[rules.Point],
        organisations: Sequence[Organisation] = (),
        reply: Reply | None = None,
        covered: Collection[rules.Point] = (),
    ) -> None:
        """Fill the form from what was typed, else from what is stored or the profile covers."""
        super().__init__(formdata, data=_answered(reply, covered))
        self.organisation.choices = options((own.slug, own.name) for own in organisations)
        self.covers.choices = options(
            (rules.point_id(point), reasons.point_title(point)) for point in asked
        )

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        days = {name: self[name].data for name in ("starts_on", "ends_on", "places")}
        texts = {name: self[name].data or "" for name in ("price_note", "text")}
        return {**days, **texts, "covers": self.covers.data or []}


def _answered(reply: Reply | None, covered: Collection[rules.Point]) -> dict[str, Any]:
    if reply is None:
        return {"covers": [rules.point_id(point) for point in covered], "version": 0}
    same = ("version", "covers", "places", "price_note", "text")
    return {name: getattr(reply, name) for name in same} | _days(reply)


def _days(row: PartnerRequest | Reply) -> dict[str, date | None]:
    return {
        name: date.fromisoformat(text) if (text := getattr(row, name)) else None
        for name in ("starts_on", "ends_on")
    }


class MessageForm(Form):
    """A message in an enquiry; whoever ends it may leave it out."""

    text = TextAreaField(lazy("Your message"), [Optional()])


class EnquiryForm(Form):
    """A first message to a partner."""

    organisation = SelectField(lazy("For which organisation?"), validate_choice=False)
    text = TextAreaField(
        lazy("What would you like to know?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("Say who you are looking for, when, and how many. Two sentences do."),
    )

    def __init__(self, formdata: Any = None, *, organisations: Sequence[Organisation]) -> None:
        """Offer the organisations the person may ask for."""
        super().__init__(formdata)
        self.organisation.choices = options((own.slug, own.name) for own in organisations)
