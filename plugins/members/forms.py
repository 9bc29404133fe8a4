"""The shape of what is typed; what it must be like stands in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import EmailField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from plugins.members import labels, rules
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy
from portal.people.models import Account

NEEDED_ADDRESS = InputRequired(lazy("Write the mail address."))
OFF = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class Words(Form):
    """A form of texts: what was not sent is empty."""

    @property
    def data(self) -> dict[str, str]:
        """Return what was typed, by field."""
        return {name: field.data or "" for name, field in self._fields.items()}


def _roles(roles: Sequence[str]) -> list[SelectChoice]:
    return [
        SelectChoice(role, f"{labels.role_name(role)}: {labels.role_help(role)}") for role in roles
    ]


class InviteForm(Words):
    """A colleague and what they may do."""

    email = EmailField(
        lazy("Mail address"),
        [NEEDED_ADDRESS],
        description=lazy("Best the one at work: the link works for this address alone."),
        render_kw=OFF,
    )
    role = RadioField(
        lazy("What may the person do?"),
        [InputRequired(lazy("Choose what the person may do."))],
        default="OrgEditor",
        validate_choice=False,
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.role.choices = _roles(rules.INVITABLE)


class SignatoryForm(Words):
    """Whoever signs, as the organisation knows them."""

    name = StringField(lazy("Name"), [InputRequired(lazy("Write the name."))])
    function = StringField(
        lazy("Function"),
        [InputRequired(lazy("Write the function, such as head."))],
        description=lazy("As it stands under a signature, such as: head of school"),
    )
    email = EmailField(lazy("Mail address"), [NEEDED_ADDRESS], render_kw=OFF)
    purpose = TextAreaField(
        lazy("What for?"),
        description=lazy("The person reads it on the page, such as: agreements with our partners"),
    )


class ConfirmForm(Words):
    """Name and function, as whoever signs writes them."""

    name = StringField(lazy("Your name"), [InputRequired(lazy("Write your name."))])
    function = StringField(
        lazy("Your function"), [InputRequired(lazy("Write your function, such as head."))]
    )


class _SuccessorForm(Words):
    """Somebody who is there, or an address."""

    person = RadioField(lazy("Who takes over?"), validate_choice=False)
    email = EmailField(
        lazy("Or the mail address of somebody else"),
        description=lazy("The person gets a link and may make an account."),
        render_kw=OFF,
    )

    def offer(self, people: Sequence[Account]) -> None:
        """Name the people to choose from; without any, only an address can be written."""
        named = [SelectChoice(item.public_id, item.name) for item in people]
        if named:
            self.person.choices = [*named, SelectChoice("", lazy("somebody else"))]
        else:
            del self["person"]


class HandOverForm(_SuccessorForm):
    """Who takes over, and what becomes of whoever hands over."""

    afterwards = RadioField(
        lazy("And you?"),
        [InputRequired(lazy("Choose what you will be afterwards."))],
        validate_choice=False,
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.afterwards.choices = [
            SelectChoice(key, labels.afterwards_name(key)) for key in rules.AFTERWARDS
        ]


class SiteForm(_SuccessorForm):
    """Who takes an organisation over that nobody runs, and why."""

    reason = TextAreaField(
        lazy("Reason"),
        [InputRequired(lazy("Write the reason; everybody who acts for it reads it."))],
        description=lazy(
            "Everybody who acts for the organisation reads it; it is in the audit log."
        ),
    )


class AskForm(Words):
    """A request to join."""

    message = TextAreaField(
        lazy("Who are you, and what do you do there?"),
        [InputRequired(lazy("Write a sentence or two, so that they know who you are."))],
        description=lazy("A colleague whom you know there helps them to decide."),
    )


class DecisionForm(Words):
    """An answer to a request to join."""

    decision = RadioField(
        lazy("Your decision"),
        [InputRequired(lazy("Choose accept or decline."))],
        choices=[
            SelectChoice("accepted", lazy("Accept")),
            SelectChoice("declined", lazy("Decline politely")),
        ],
        validate_choice=False,
    )
    role = RadioField(
        lazy("If you accept: what may the person do?"), default="OrgMember", validate_choice=False
    )
    answer = TextAreaField(
        lazy("A word to the person"),
        description=lazy("Left empty, a polite sentence is sent."),
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.role.choices = _roles(rules.INVITABLE)
