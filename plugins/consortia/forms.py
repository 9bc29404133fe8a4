"""Shapes of what people type about consortia; what is right stands in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import wtforms
from wtforms import FileField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, NumberRange, Optional

from plugins.consortia import contacts, labels, rules
from plugins.consortia.models import Consortium, Membership
from plugins.partners.interface import LANGUAGES, field_codes, field_name
from portal.fields import NOT_EMPTY, Boxes, DateField, languages, options, version_of
from portal.i18n import Form, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation


def _places(label: Any) -> IntegerField:
    limits = NumberRange(0, rules.MOST_PLACES, lazy("Write the number as digits, 0 to %(max)s."))
    return IntegerField(label, [Optional(), limits])


class ConsortiumForm(Form):
    """What a consortium says of itself. New ones choose which organisation leads."""

    version = HiddenField(filters=[version_of])
    organisation = SelectField(lazy("Which of your organisations leads?"), validate_choice=False)
    name = StringField(
        lazy("Name"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("As you call it among yourselves, such as: Bakers without borders"),
    )
    purpose = TextAreaField(
        lazy("What do you want to do together?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy(
            "Two or three sentences. Everybody can read them once the consortium has started; name "
            "no persons."
        ),
    )
    lang = SelectField(lazy("Language of this text"))
    kind = wtforms.RadioField(lazy("What kind of consortium?"), [InputRequired(NOT_EMPTY)])
    fields = Boxes(lazy("Fields of education"))
    languages = Boxes(lazy("Languages you work in"))
    starts_on = DateField(lazy("From"), [Optional()])
    ends_on = DateField(lazy("To"), [Optional()])
    grant_number = StringField(lazy("Number of the grant"))
    website = StringField(lazy("Website"))

    def __init__(
        self,
        formdata: Any = None,
        *,
        organisations: Sequence[Organisation] = (),
        row: Consortium | None = None,
    ) -> None:
        """Fill the form from what was typed, else from what is stored."""
        super().__init__(formdata, data=_stored(row))
        codes = [*field_codes(3), *(code for code in (row.fields if row else ()))]
        self.organisation.choices = options((own.slug, own.name) for own in organisations)
        self.lang.choices = options(languages([*LANGUAGES, *([row.lang] if row else [])]))
        self.kind.choices = options(
            (key, f"{labels.kind(key)}: {labels.kind_help(key)}") for key in rules.KINDS
        )
        self.fields.choices = options((code, field_name(code)) for code in dict.fromkeys(codes))
        self.languages.choices = options(languages([*LANGUAGES, *(row.languages if row else [])]))

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        texts = ("name", "purpose", "lang", "kind", "grant_number", "website")
        return {
            **{name: self[name].data or "" for name in texts},
            **{name: self[name].data or [] for name in ("fields", "languages")},
            **{name: self[name].data for name in ("starts_on", "ends_on")},
        }


def _stored(row: Consortium | None) -> dict[str, Any]:
    if row is None:
        return {"lang": locale(), "kind": "network"}
    same = (
        "version", "name", "purpose", "lang", "kind", "fields", "languages", "grant_number",
        "website",
    )  # fmt: skip
    days = {
        name: date.fromisoformat(text) if (text := getattr(row, name)) else None
        for name in ("starts_on", "ends_on")
    }
    return {name: getattr(row, name) for name in same} | days


def _parts() -> list[tuple[str, str]]:
    return [(key, labels.part(key)) for key in rules.PARTS]


class InviteForm(Form):
    """Whom to invite: one or many, typed, pasted or from a file."""

    list = TextAreaField(
        lazy("Whom do you invite?"),
        description=lazy(
            "One a line: the name, or the address of the profile. If you like add country, mail "
            "address and role, with commas, as a CSV file has them."
        ),
    )
    file = FileField(lazy("Or a CSV file"), render_kw={"accept": ".csv,.txt,.tsv"})
    parts = Boxes(lazy("What should they do?"))
    message = TextAreaField(lazy("A word to them"))

    def __init__(self, formdata: Any = None, **more: Any) -> None:
        super().__init__(formdata, **more)
        self.parts.choices = options(_parts())


class MemberForm(Form):
    """What a member is formally, and what it does."""

    role = SelectField(lazy("Role"))
    parts = Boxes(lazy("What it does"))

    def __init__(self, formdata: Any = None, *, row: Membership) -> None:
        super().__init__(formdata, data={"role": row.role, "parts": row.parts})
        self.role.choices = options((key, labels.role(key)) for key in rules.ROLES)
        self.parts.choices = options(_parts())


class ContactsForm(Form):
    """Who at a member is to be written to, for each task."""

    general = SelectField(contacts.ROLES["general"])
    placements = SelectField(contacts.ROLES["placements"])
    agreements = SelectField(contacts.ROLES["agreements"])
    money = SelectField(contacts.ROLES["money"])
    quality = SelectField(contacts.ROLES["quality"])

    def __init__(self, formdata: Any = None, *, row: Membership) -> None:
        people = contacts.people(row)
        ids = {item.id: item.account.public_id for item in people}
        stored = contacts.kept(row)
        data = {role: ids.get(stored.get(role, 0), "") for role in contacts.ROLES}
        super().__init__(formdata, data=data)
        named = [(item.account.public_id, item.account.name) for item in people]
        for field in self:
            field.choices = options([("", str(lazy("nobody"))), *named])


class ApplyForm(Form):
    """A wish to join."""

    organisation = SelectField(lazy("For which organisation?"), validate_choice=False)
    message = TextAreaField(lazy("What would you bring along?"))

    def __init__(self, formdata: Any = None, *, organisations: Sequence[Organisation]) -> None:
        super().__init__(formdata)
        self.organisation.choices = options((own.slug, own.name) for own in organisations)


class LeadForm(Form):
    """Who shall lead."""

    candidate = SelectField(lazy("Who shall lead?"), [InputRequired(NOT_EMPTY)])

    def __init__(self, formdata: Any = None, *, members: Sequence[Membership]) -> None:
        super().__init__(formdata)
        self.candidate.choices = options(_names(members))


def _names(members: Sequence[Membership]) -> list[tuple[str, str]]:
    return [(row.organisation.slug, row.organisation.name) for row in members]


class PlacesForm(Form):
    """Places between two members."""

    sender = SelectField(lazy("Who sends?"))
    host = SelectField(lazy("Who hosts?"))
    planned = _places(lazy("Planned"))
    agreed = _places(lazy("Agreed"))
    done = _places(lazy("Done"))

    def __init__(self, formdata: Any = None, *, members: Sequence[Membership], **more: Any) -> None:
        super().__init__(formdata, **more)
        for field in (self.sender, self.host):
            field.choices = options(_names(members))

    def numbers(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        return {name: self[name].data for name in ("planned", "agreed", "done")}


class NumbersForm(Form):
    """The places that stand between two members already."""

    version = HiddenField(filters=[version_of])
    planned = _places(lazy("Planned"))
    agreed = _places(lazy("Agreed"))
    done = _places(lazy("Done"))

    numbers = PlacesForm.numbers


class MoveForm(Form):
    """Places that another host takes."""

    host = SelectField(lazy("Which host takes them?"))
    places = IntegerField(
        lazy("How many places?"),
        [
            InputRequired(NOT_EMPTY),
            NumberRange(1, rules.MOST_PLACES, lazy("Write the number as digits, 1 to %(max)s.")),
        ],
    )
    reason = StringField(lazy("Why?"))

    def __init__(self, formdata: Any = None, *, members: Sequence[Membership]) -> None:
        super().__init__(formdata)
        self.host.choices = options(_names(members))


class DayForm(Form):
    """A date of a consortium."""

    title = StringField(lazy("What is it?"), [InputRequired(NOT_EMPTY)])
    starts_on = DateField(lazy("On"), [InputRequired(lazy("Say on which day."))])
    ends_on = DateField(lazy("To"), [Optional()])
    place = StringField(lazy("Where"))

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        texts = {name: self[name].data or "" for name in ("title", "place")}
        return texts | {name: self[name].data for name in ("starts_on", "ends_on")}


class RuleForm(Form):
    """Which programme rule a consortium keeps to."""

    rule = SelectField(lazy("Which rule do you keep to?"))

    def __init__(self, formdata: Any = None, *, offered: Sequence[Any], row: Consortium) -> None:
        super().__init__(formdata, data={"rule": row.rule})
        named = [(rule.key, labels.rule_title(rule)) for rule in offered]
        self.rule.choices = options([("", str(lazy("none"))), *named])
