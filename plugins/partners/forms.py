"""The form of a profile; what goes together is decided in `rules` and `service`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from babel.dates import format_date
from babel.numbers import get_decimal_symbol
from wtforms import (
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Length, NumberRange, Optional

from plugins.partners import codes
from plugins.partners.queries import Partner
from plugins.partners.rules import cents
from plugins.partners.service import LEVELS
from portal.errors import Invalid
from portal.fields import Boxes, options
from portal.i18n import Form, _, language_name, lazy_gettext, locale

LANGUAGES = (
    "bg cs da de el en es et fi fr ga hr hu is it lt lv mk mt nb nl pl pt ro sk sl sq sr sv tr uk"
).split()
LANGUAGE_ROWS = range(1, 6)
SERVICE_ROWS = range(1, 9)
PLAIN = (
    "roles", "fields", "modes", "targets", "inclusion", "accommodation", "months", "group_min",
    "group_max", "places_a_year", "stay_min_weeks", "stay_max_weeks", "minimum_age",
    "accompanying_max", "accompanying_free",
)  # fmt: skip


def whole(label: Any, most: int, description: Any = "") -> IntegerField:
    """Return an optional field for a whole number from 0 to `most`."""
    limits = NumberRange(0, most, lazy_gettext("Write the number as digits, 0 to %(max)s."))
    return IntegerField(label, [Optional(), limits], description=description)


def _version(text: Any) -> int:
    """Read the version that the form was made from; 0 says that there was no profile yet."""
    shown = str(text or "")[:9]
    return int(shown) if shown.isascii() and shown.isdigit() else 0


class ProfileForm(Form):
    """A partner's profile. `partner` gives what is stored; texts come in up to three languages."""

    version = HiddenField(filters=[_version])
    roles = Boxes(lazy_gettext("Takes part as"))
    summary_1 = TextAreaField(
        lazy_gettext("About you, in your own language"),
        [Optional(), Length(max=5_000)],
        description=lazy_gettext(
            "Two to four sentences. Name the occupations: they are found in other languages too."
        ),
    )
    language_1 = SelectField(lazy_gettext("Language of this text"))
    summary_2 = TextAreaField(
        lazy_gettext("The same in a second language"), [Optional(), Length(max=5_000)]
    )
    language_2 = SelectField(lazy_gettext("Language of the second text"))
    fields = Boxes(lazy_gettext("Fields of education"))
    modes = Boxes(lazy_gettext("Mode"))
    targets = Boxes(lazy_gettext("Works with"))
    inclusion = Boxes(lazy_gettext("Access and support"))
    accommodation = Boxes(lazy_gettext("Accommodation"))
    group_min = whole(lazy_gettext("Smallest group"), 500)
    group_max = whole(lazy_gettext("Largest group"), 500)
    places_a_year = whole(lazy_gettext("Places a year"), 10_000)
    stay_min_weeks = whole(lazy_gettext("Shortest stay in weeks"), 104)
    stay_max_weeks = whole(lazy_gettext("Longest stay in weeks"), 104)
    minimum_age = whole(lazy_gettext("Minimum age"), 99)
    accompanying_max = whole(lazy_gettext("Accompanying persons at most"), 50)
    accompanying_free = whole(lazy_gettext("of them without charge"), 50)
    months = Boxes(lazy_gettext("Months with places"), coerce=int)
    commitments = Boxes(
        lazy_gettext("Quality promises"),
        description=lazy_gettext("Promise only what you keep: partners will be asked about it."),
    )

    def __init__(self, formdata: Any = None, *, partner: Partner) -> None:
        """Fill the form from what was typed, else from what is stored."""
        super().__init__(formdata, data=_stored(partner))
        self.partner = partner
        self._offer_rows(partner)
        texts = [tag for tag in partner.summaries if tag != "und"]
        self.language_1.choices = self.language_2.choices = options(_languages(texts))
        self.roles.choices = options((key, str(name)) for key, name in codes.ROLES.items())
        self.fields.choices = options(
            (code, codes.field_name(code)) for code in codes.field_codes(3)
        )
        self.fields.choices += options(
            (code, codes.field_name(code)) for code in partner.fields if len(code) != 3
        )
        for name, field in (
            ("mode", self.modes),
            ("target", self.targets),
            ("inclusion", self.inclusion),
            ("accommodation", self.accommodation),
        ):
            field.choices = options((key, codes.key_name(name, key)) for key in codes.keys(name))
        self.months.choices = options(
            (month, format_date(date(2026, month, 1), "LLLL", locale=locale()))
            for month in range(1, 13)
        )
        self.commitments.choices = options(
            (key, codes.commitment_name(key)) for key in codes.commitments()
        )

    def _offer_rows(self, partner: Partner) -> None:
        tags = _languages(pair[0] for pair in partner.languages)
        levels = [("", _("not stated yet")), *((level, level) for level in LEVELS[:-1])]
        for at in LANGUAGE_ROWS:
            self[f"tag_{at}"].choices = options(tags)
            self[f"level_{at}"].choices = options([*levels, (LEVELS[-1], _("first language"))])
        for at in SERVICE_ROWS:
            self[f"service_{at}"].choices = options([("", "-"), *_named("service")])
            self[f"per_{at}"].choices = options(_named("fee_unit"))

    @property
    def language_rows(self) -> list[tuple[Any, Any]]:
        """The fields of languages at work: language and level."""
        return [(self[f"tag_{at}"], self[f"level_{at}"]) for at in LANGUAGE_ROWS]

    @property
    def service_rows(self) -> list[tuple[Any, Any, Any]]:
        """The fields of services: kind, fee in euro, what the fee is for."""
        return [
            (self[f"service_{at}"], self[f"fee_{at}"], self[f"per_{at}"]) for at in SERVICE_ROWS
        ]

    def values(self) -> dict[str, Any]:
        """Return the profile's columns as typed; what the form does not show stays as it is."""
        kept = dict(self.partner.summaries)
        for tag in (self.language_1.object_data, self.language_2.object_data):
            kept.pop(tag, None)
        for text, tag in (
            (self.summary_1.data, self.language_1.data),
            (self.summary_2.data, self.language_2.data),
        ):
            if text and text.strip():
                kept[tag] = text.strip()
        return {
            **{name: self[name].data for name in PLAIN},
            "languages": self._languages(),
            "services": self._services(),
            "summaries": kept,
            "original": self.language_1.data if self.summary_1.data else "",
            "commitments": self.commitments.data or [],
        }

    def _languages(self) -> list[list[str]]:
        typed = [[tag.data, level.data] for tag, level in self.language_rows if tag.data]
        return typed + [list(pair) for pair in self.partner.languages[len(LANGUAGE_ROWS) :]]

    def _services(self) -> list[dict[str, Any]]:
        """Return the services as typed; what they include and their notes stay."""
        stored = list(self.partner.services)
        result = []
        for kind, fee, per in self.service_rows:
            if kind.data:
                kept: dict[str, Any] = next(
                    (item for item in stored if item["kind"] == kind.data), {}
                )
                if kept:
                    stored.remove(kept)
                typed = {"kind": kind.data, "fee_cents": cents(fee.data or ""), "per": per.data}
                result.append({"includes": [], "note": None, **kept, **typed})
        return result + list(self.partner.services[len(SERVICE_ROWS) :])

    def validate(self, extra_validators: Any = None) -> bool:
        """Check the fields, that each text says its language, and the rows."""
        good = super().validate(extra_validators)
        return all([self._texts_are_good(), self._rows_are_good(), good])

    def _rows_are_good(self) -> bool:
        good, seen = True, set()
        for tag, level in self.language_rows:
            if level.data and not tag.data:
                good = _refuse(tag, _("Choose the language that has this level."))
            if tag.data and tag.data in seen:
                good = _refuse(tag, _("This language is chosen twice."))
            seen.add(tag.data)
        for kind, fee, _per in self.service_rows:
            try:
                amount = cents(fee.data or "")
            except ValueError:
                good = _refuse(fee, _("Write the fee in euro as digits, such as 12 or 12.50."))
                continue
            if amount is not None and not kind.data:
                good = _refuse(kind, _("Choose the service that has this fee."))
        return good

    def _texts_are_good(self) -> bool:
        good = True
        for text, tag in ((self.summary_1, self.language_1), (self.summary_2, self.language_2)):
            if (text.data or "").strip() and not tag.data:
                good = _refuse(tag, _("Say in which language the text is."))
        if (
            self.summary_1.data
            and self.summary_2.data
            and self.language_1.data == self.language_2.data
        ):
            good = _refuse(
                self.language_2, _("Both texts are in the same language. Choose another one.")
            )
        return good

    def attach(self, error: Invalid) -> None:
        """Show a refusal of the service beside its field."""
        _refuse(self[error.field] if error.field in self else self.summary_1, error.message)


for at in LANGUAGE_ROWS:
    setattr(ProfileForm, f"tag_{at}", SelectField(lazy_gettext("Language %(number)s", number=at)))
    label = lazy_gettext("Level of language %(number)s", number=at)
    setattr(ProfileForm, f"level_{at}", SelectField(label))
for at in SERVICE_ROWS:
    label = lazy_gettext("Service %(number)s", number=at)
    setattr(ProfileForm, f"service_{at}", SelectField(label))
    label = lazy_gettext("Fee in euro for service %(number)s", number=at)
    setattr(ProfileForm, f"fee_{at}", StringField(label, [Optional(), Length(max=20)]))
    label = lazy_gettext("The fee for service %(number)s is", number=at)
    setattr(ProfileForm, f"per_{at}", SelectField(label))


def _refuse(field: Any, message: str) -> bool:
    """Put a message beside a field; always False."""
    field.errors = [*field.errors, message]
    return False


def _languages(more: Iterable[str]) -> list[tuple[str, str]]:
    """Return the languages to choose from by name, those that are stored already among them."""
    own = [(tag, language_name(tag, locale())) for tag in dict.fromkeys((*LANGUAGES, *more))]
    return [("", "-"), *sorted(own, key=lambda pair: pair[1])]


def _named(name: str) -> list[tuple[str, str]]:
    return [(key, codes.key_name(name, key)) for key in codes.keys(name)]


def _stored_rows(partner: Partner) -> dict[str, Any]:
    rows: dict[str, Any] = {}
    for at, pair in zip(LANGUAGE_ROWS, partner.languages, strict=False):
        rows[f"tag_{at}"], rows[f"level_{at}"] = pair[0], pair[1]
    for at, item in zip(SERVICE_ROWS, partner.services, strict=False):
        rows[f"service_{at}"] = item["kind"]
        rows[f"fee_{at}"] = _euro(item.get("fee_cents"))
        rows[f"per_{at}"] = item.get("per") or "person"
    return {
        **{f"tag_{at}": "" for at in LANGUAGE_ROWS},
        **{f"level_{at}": "" for at in LANGUAGE_ROWS},
        **{f"service_{at}": "" for at in SERVICE_ROWS},
        **{f"per_{at}": "person" for at in SERVICE_ROWS},
        **rows,
    }


def _euro(amount: int | None) -> str:
    """Write cents as people type them: whole euros without a fraction."""
    if amount is None:
        return ""
    euro, rest = divmod(amount, 100)
    return f"{euro}{get_decimal_symbol(locale())}{rest:02}" if rest else str(euro)


def _stored(partner: Partner) -> dict[str, Any]:
    tags = [tag for tag in (partner.original, *partner.summaries) if tag in partner.summaries]
    tags = [*dict.fromkeys(tags), "", ""]
    return {
        **{name: partner.values[name] for name in PLAIN},
        **_stored_rows(partner),
        "version": partner.version or 0,
        "summary_1": partner.summaries.get(tags[0], ""),
        "language_1": tags[0] or locale(),
        "summary_2": partner.summaries.get(tags[1], ""),
        "language_2": tags[1],
        "commitments": partner.promised,
    }
