"""The shape of what is typed; what it must be like stands in `rules`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional

from plugins.mobilities import labels, rules
from plugins.mobilities.models import INITIATORS, KINDS, MODES, REPORTS, Mobility
from plugins.partners.interface import LANGUAGES, field_codes, field_name
from portal.fields import NO_DAY, NOT_EMPTY, Boxes, DateField, languages, options, version_of
from portal.i18n import Form, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.people.models import Account

MORE_ROWS = 5


class PersonForm(Form):
    """A participant."""

    name = StringField(lazy("Name"))
    email = StringField(lazy("Mail address"))
    language = SelectField(lazy("Language"), validate_choice=False)
    is_minor = BooleanField(lazy("Under 18"))
    guardian_email = StringField(lazy("Mail address of a parent or guardian"))
    workplace = StringField(lazy("Workplace, if it is not the host itself"))
    workplace_city = StringField(lazy("Town of the workplace"))
    workplace_email = StringField(lazy("Mail address of the workplace"))
    arrangements = TextAreaField(lazy("What the person needs, for access and support"))
    host_needs_them = BooleanField(lazy("The host must know this"))

    def __init__(self, *args: Any, **more: Any) -> None:
        """Offer languages."""
        super().__init__(*args, **more)
        self.language.choices = options(languages(LANGUAGES))
        if not self.language.data:
            self.language.data = locale()
        self.name.flags.required = self._prefix.endswith("-0-")

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed about somebody."""
        texts = (self.name, self.email, self.guardian_email, self.workplace, self.arrangements)
        return not any((field.data or "").strip() for field in texts)

    @property
    def has_more(self) -> bool:
        """Whether something stands below the fold."""
        more = (self.workplace, self.arrangements, self.guardian_email, self.workplace_email)
        return bool(self.is_minor.data) or any((field.data or "").strip() for field in more)


class MobilityForm(Form):
    """A plan of a stay, with who goes."""

    version = HiddenField(filters=[version_of])
    organisation = SelectField(lazy("Sending organisation"), validate_choice=False)
    host = StringField(
        lazy("Host"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("Its name, website or a number such as its OID."),
    )
    host_pick = RadioField(lazy("Which of these hosts?"), [Optional()], validate_choice=False)
    supporting = StringField(
        lazy("Supporting organisation"),
        description=lazy("If another one helps with placements, housing or travel."),
    )
    supporting_pick = RadioField(
        lazy("Which of these supporting organisations?"), [Optional()], validate_choice=False
    )
    title = StringField(
        lazy("What is it, in a line?"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("Such as: Toolmaking, four apprentices, three weeks in May"),
    )
    kind = RadioField(lazy("Who goes?"), [InputRequired(NOT_EMPTY)])
    mode = SelectField(lazy("How?"))
    starts_on = DateField(lazy("First day"), [InputRequired(NO_DAY)])
    ends_on = DateField(lazy("Last day"), [InputRequired(NO_DAY)])
    field = SelectField(lazy("Field of education"), validate_choice=False)
    occupation = StringField(lazy("Occupation"), description=lazy("In your words."))
    contact = SelectField(
        lazy("Who helps when something is wrong?"),
        validate_choice=False,
        description=lazy(
            "One of your people. Only this person reads what participants report from their page."
        ),
    )
    phone = StringField(
        lazy("Phone number for emergencies"),
        description=lazy("It stands on the participants' page."),
    )
    participants = FieldList(FormField(PersonForm), min_entries=1, max_entries=60)

    def __init__(
        self,
        formdata: Any = None,
        *,
        organisations: Sequence[Organisation],
        people: Sequence[Account],
        stored: Mapping[str, Any] | None = None,
        choices: Mapping[str, Sequence[Organisation]] | None = None,
    ) -> None:
        """Fill the form from what was typed, else from what is stored."""
        super().__init__(formdata, data=stored or {"kind": KINDS[0], "mode": MODES[0]})
        self.organisation.choices = options((item.slug, item.name) for item in organisations)
        self.kind.choices = options((key, labels.kind(key)) for key in KINDS)
        self.mode.choices = options((key, labels.mode(key)) for key in MODES)
        codes = dict.fromkeys((*field_codes(3), *filter(None, [(stored or {}).get("field")])))
        self.field.choices = options([("", ""), *((code, field_name(code)) for code in codes)])
        rows = [("", "")] + [(str(item.id), item.name) for item in people]
        self.contact.choices = options(rows)
        for name in ("host", "supporting"):
            found = (choices or {}).get(name, ())
            self[f"{name}_pick"].choices = options((item.slug, where(item)) for item in found)

    def more_people(self) -> None:
        """Add empty rows for participants."""
        for _at in range(MORE_ROWS):
            if len(self.participants) < rules.MOST_PARTICIPANTS:
                self.participants.append_entry()

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        same = ("title", "kind", "mode", "starts_on", "ends_on", "occupation", "phone")
        contact = self.contact.data or ""
        return {
            **{name: self[name].data for name in same},
            "field": self.field.data or "",
            "contact_id": int(contact) if contact.isascii() and contact.isdigit() else None,
            "participants": [
                dict(entry.form.data) for entry in self.participants if not entry.form.is_empty
            ],
        }


def where(item: Organisation) -> str:
    """Return an organisation with its town, to tell it from others of that name."""
    return f"{item.name} ({', '.join(filter(None, (item.city, item.country)))})"


def stored(row: Mobility, people: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a plan as its form shows it."""
    return {
        **{
            name: getattr(row, name)
            for name in ("version", "title", "kind", "mode", "field", "occupation", "phone")
        },
        "organisation": row.sending.slug,
        "host": row.host.name,
        "supporting": row.supporting.name if row.supporting else "",
        "starts_on": row.first_day,
        "ends_on": row.last_day,
        "contact": str(row.contact_id or ""),
        "participants": list(people),
    }


class ReportForm(Form):
    """That a stay does not end as planned."""

    what = RadioField(lazy("What happened?"), [InputRequired(lazy("Choose what happened."))])
    day = DateField(
        lazy("Last day"),
        [Optional()],
        description=lazy("The new last day, or that of an interrupted stay."),
    )
    people = Boxes(
        lazy("Who is it about?"),
        [Optional()],
        description=lazy("Choose nobody if it is about everybody. The others go on."),
    )
    initiator = SelectField(lazy("Who ended it?"), [Optional()])
    reason = TextAreaField(
        lazy("Reasons"),
        [InputRequired(lazy("Write the reasons in a sentence or two."))],
        description=lazy("The other side reads them. Name no illness and nobody's private life."),
    )

    def __init__(self, formdata: Any = None, *, people: Sequence[tuple[str, str]]) -> None:
        """Offer what may happen; to choose among several people (public id, name)."""
        super().__init__(formdata)
        self.people.choices = options(people)
        if len(people) < 2:
            del self.people
        self.what.choices = options((key, labels.report(key)) for key in REPORTS)
        self.initiator.choices = options(
            [("", ""), *((key, labels.initiator(key)) for key in INITIATORS)]
        )

    def values(self) -> dict[str, Any]:
        """Return what was typed, for the service."""
        return {
            "what": self.what.data,
            "day": self.day.data,
            "initiator": self.initiator.data or "",
            "reason": self.reason.data or "",
            "people": self.people.data or [] if self.people else [],
        }


class AnswerForm(Form):
    """An answer to a report of another side."""

    answer_reason = TextAreaField(
        lazy("Reasons"), [Optional()], description=lazy("Needed if you object.")
    )


class PersonDetailsForm(Form):
    """What may be put right about a participant after the mobility was agreed."""

    name = StringField(lazy("Name"), [InputRequired(NOT_EMPTY)])
    email = StringField(lazy("Mail address"))
    language = SelectField(lazy("Language"), validate_choice=False)
    guardian_email = StringField(lazy("Mail address of a parent or guardian"))
    arrangements = TextAreaField(lazy("What the person needs, for access and support"))
    host_needs_them = BooleanField(lazy("The host must know this"))

    def __init__(self, formdata: Any = None, **more: Any) -> None:
        """Offer languages."""
        super().__init__(formdata, **more)
        self.language.choices = options(languages(LANGUAGES))


class WorkplaceForm(Form):
    """Where participants work or learn."""

    workplace = StringField(
        lazy("Workplace"), description=lazy("Empty if they stay at the host itself.")
    )
    workplace_city = StringField(lazy("Town of the workplace"))
    workplace_email = StringField(lazy("Mail address of the workplace"))


class TableForm(Form):
    """A table of stays, pasted."""

    organisation = SelectField(lazy("Sending organisation"), validate_choice=False)
    table = TextAreaField(
        lazy("The table"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("Paste it from a spreadsheet, or from a CSV file, with its first line."),
    )

    def __init__(self, formdata: Any = None, *, organisations: Sequence[Organisation]) -> None:
        """Offer the organisations the person writes for."""
        super().__init__(formdata)
        self.organisation.choices = options((item.slug, item.name) for item in organisations)
        if len(organisations) == 1 and not self.organisation.data:
            self.organisation.data = organisations[0].slug
