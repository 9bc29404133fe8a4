"""The shape of what is typed; what it must be like stands in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from wtforms import (
    FileField,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from plugins.agreements import drafting, library, rules
from plugins.agreements.models import Agreement, Clause, Party
from portal.fields import NOT_EMPTY, DateField, options
from portal.i18n import SHIPPED, Form, _, language_name, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation

MANY = 6
"""With more parties than that, each sees its own lines in a clause first."""


class NewForm(Form):
    """Begin an agreement: kind, title, who with."""

    organisation = SelectField(lazy("For which organisation?"), validate_choice=False)
    kind = RadioField(lazy("What do you want to agree?"))
    title = StringField(
        lazy("Title"),
        [InputRequired(NOT_EMPTY), Length(max=160)],
        description=lazy("Such as: Mobility of bakers between Bonn and Bilbao, 2027 to 2030"),
    )
    role = SelectField(lazy("Your part"))
    partner = StringField(
        lazy("Who with?"),
        description=lazy(
            "The partner's name as it stands here, or the address of its page. "
            "You can name more parties on the next page."
        ),
    )
    partner_role = SelectField(lazy("Their part"))
    email = StringField(
        lazy("Their mail address"),
        description=lazy("Only for a partner who is not here: it then acts by a mailed link."),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    language = SelectField(lazy("Language of the text"))
    second = SelectField(lazy("Second language, side by side"))
    deadline_on = DateField(
        lazy("All should agree by"),
        [Optional()],
        description=lazy("Year, month, day: 2027-05-18. Parties are reminded."),
    )

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **more: Any) -> None:
        super().__init__(*args, **more)
        kinds = library.newest()
        self.organisation.choices = options((item.slug, item.name) for item in organisations)
        self.kind.choices = options((name, form.title) for name, form in kinds.items())
        roles = dict.fromkeys(role for form in kinds.values() for role in form.roles)
        named = [(role, library.role_name(role)) for role in roles]
        self.role.choices = options(item for item in named if item[0] not in library.PERSONS)
        self.partner_role.choices = options(named)
        languages = [(code, language_name(code, locale())) for code in SHIPPED]
        self.language.choices = options(languages)
        self.second.choices = options([("", _("none")), *languages])


class PartyForm(Form):
    """Another party."""

    partner = StringField(
        lazy("Name"),
        [InputRequired(NOT_EMPTY)],
        description=lazy("As it stands here, or the address of its page; else any name."),
    )
    role = SelectField(lazy("Part"))
    email = StringField(
        lazy("Mail address"),
        description=lazy("Only for a partner who is not here: it then acts by a mailed link."),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    language = SelectField(lazy("Language of mails"))

    def __init__(self, *args: Any, template: library.Template, **more: Any) -> None:
        super().__init__(*args, **more)
        self.role.choices = options((role, library.role_name(role)) for role in template.roles)
        self.language.choices = options((code, language_name(code, locale())) for code in SHIPPED)


class RemarkForm(Form):
    """A comment on a clause, or a suggestion with another wording."""

    text = TextAreaField(lazy("Comment"))


class PaperForm(Form):
    """A signature on paper."""

    name = StringField(lazy("Who signed"), [InputRequired(NOT_EMPTY), Length(max=120)])
    position = StringField(lazy("In which position"), [Length(max=120)])
    scan = FileField(
        lazy("Scan of the signed pages"), description=lazy("PDF, PNG or JPEG, at most 5 MB.")
    )


class ReasonForm(Form):
    """The reasons for opening again, declining, cancelling."""

    reason = TextAreaField(lazy("Reasons"), [InputRequired(NOT_EMPTY), Length(max=4000)])


class NoticeForm(ReasonForm):
    """Ending with notice."""

    last_on = DateField(lazy("Last day"), [InputRequired(NOT_EMPTY)])


# The form of a clause is made from its template


def clause_form(
    form: library.ClauseForm,
    template: library.Template,
    agreement: Agreement,
    row: Clause,
    parties: Sequence[Party],
    typed: Any = None,
) -> Form:
    """Return the form of a clause, with its values or what was typed.

    Fields are named by their ids; those that ask each party have its public id behind a dash, parts
    of units their place and name.
    """
    fields: dict[str, Any] = {"version": HiddenField()}
    values: dict[str, Any] = {"version": row.version}
    data = drafting.opened(agreement, row)
    for item in form.fields:
        label = template.label(form.id, item.id)
        value = data.get(item.id)
        if item.each:
            for party in parties:
                if (party.role in library.PERSONS) != item.personal:
                    continue
                name = f"{item.id}-{party.public_id}"
                fields[name] = _field(item, f"{label}: {party.name}")
                values[name] = (value or {}).get(party.public_id, "")
        elif item.type == "units":
            count = min(len(value or ()) + 1, rules.MOST_UNITS)
            for at in range(max(count, _typed_units(item.id, typed))):
                unit = value[at] if value and at < len(value) else {}
                for part in library.UNIT_PARTS:
                    name = f"{item.id}-{at}-{part}"
                    fields[name] = _unit_part(part, at + 1)
                    values[name] = unit.get(part, "")
        else:
            fields[item.id] = _field(item, label)
            values[item.id] = value if item.type != "date" else _as_day(value)
    for code in agreement.languages:
        fields[f"wording-{code}"] = TextAreaField(
            _("Wording in %(language)s", language=language_name(code, locale())),
            [Length(max=rules.LONGEST_WORDING)],
            render_kw={"lang": code},
        )
        values[f"wording-{code}"] = row.texts["text"].get(code, "")
    made: Form = type("ClauseForm", (Form,), fields)(typed or None, data=values)
    needed = [item for item in form.fields if item.required]
    for item in needed:  # before all can agree; may be saved empty
        first = f"{item.id}-0-title" if item.type == "units" else f"{item.id}-"
        for name in fields:
            if name == item.id or name.startswith(first):
                made[name].flags.required = True
    return made


def others(parties: Sequence[Party], own: Party) -> set[str]:
    """Return the public ids of parties whose lines a form folds away: of the others, where many."""
    return (
        {party.public_id for party in parties} - {own.public_id} if len(parties) > MANY else set()
    )


def _typed_units(name: str, typed: Any) -> int:
    if not typed:
        return 0
    return sum(f"{name}-{at}-title" in typed for at in range(rules.MOST_UNITS))


def _as_day(value: str | None) -> Any:
    return date.fromisoformat(value) if value else None


def _field(item: library.Field, label: str) -> Any:
    if item.type == "long":
        return TextAreaField(label, [Length(max=rules.LONGEST_LONG)])
    if item.type == "number":
        limits = NumberRange(0, rules.LARGEST, lazy("Write a whole number, such as 12."))
        return IntegerField(label, [Optional(), limits])
    if item.type == "date":
        return DateField(label, [Optional()])
    return StringField(label, [Length(max=rules.LONGEST_TEXT)])


def _unit_part(part: str, number: int) -> Any:
    names = {
        "title": _("Unit %(number)s: title", number=number),
        "knowledge": _("Unit %(number)s: knowledge", number=number),
        "skills": _("Unit %(number)s: skills", number=number),
        "responsibility": _("Unit %(number)s: responsibility and autonomy", number=number),
    }
    if part == "title":
        return StringField(names[part], [Length(max=rules.LONGEST_TEXT)])
    return TextAreaField(names[part], [Length(max=rules.LONGEST_LONG)])


def values_of(form: Form, clause: library.ClauseForm, parties: Sequence[Party]) -> dict[str, Any]:
    """Return what was typed into the form of a clause, as `rules.checked` takes it."""
    found: dict[str, Any] = {}
    for item in clause.fields:
        if item.each:
            named = {party.public_id: f"{item.id}-{party.public_id}" for party in parties}
            found[item.id] = {key: form[name].data for key, name in named.items() if name in form}
        elif item.type == "units":
            found[item.id] = []
            while f"{item.id}-{len(found[item.id])}-title" in form:
                at = len(found[item.id])
                found[item.id].append(
                    {part: form[f"{item.id}-{at}-{part}"].data for part in library.UNIT_PARTS}
                )
        else:
            found[item.id] = form[item.id].data
    return found


def wording_of(form: Form, agreement: Agreement) -> dict[str, str]:
    """Return the wording that was typed, by language."""
    return {code: form[f"wording-{code}"].data or "" for code in agreement.languages}
