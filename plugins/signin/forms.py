"""Forms of accounts; what is allowed is decided in the core's rules."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from plugins.signin import rules
from portal import settings
from portal.i18n import Form, lazy_pgettext, own_name
from portal.i18n import lazy_gettext as lazy
from portal.people import forms

NAME = StringField(
    lazy_pgettext("person", "Name"),
    [
        InputRequired(lazy("Write the name others should see.")),
        Length(max=120, message=lazy("Write the name in at most 120 characters.")),
    ],
    description=lazy("As partners should read it."),
    render_kw={"autocomplete": "name"},
)
PASSWORD_HINT = lazy("At least 10 characters; a short sentence is easy to keep in mind.")


def new_password(label: Any) -> Any:
    """Make the field of a password that somebody chooses."""
    return forms.password(label, PASSWORD_HINT, "new-password")


class RegisterForm(Form):
    """What an account needs."""

    name = NAME
    email = forms.address()
    password = new_password(lazy("Password"))


class ConfirmForm(Form):
    """The password chosen when registering."""

    password = forms.password(lazy("Password"))


class ForgotForm(Form):
    """Where the link should go."""

    email = forms.address()


class ResetForm(Form):
    """A new password."""

    password = new_password(lazy("New password"))


class AccountForm(Form):
    """How the portal speaks to its owner."""

    name = NAME
    locale = SelectField(lazy("Language"))
    scheme = SelectField(
        lazy("Colours"),
        choices=[
            SelectChoice("", lazy("As the device has them")),
            SelectChoice("light", lazy("Light")),
            SelectChoice("dark", lazy("Dark")),
        ],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.locale.choices = [
            SelectChoice("", lazy("As the browser asks")),
            *(SelectChoice(code, own_name(code)) for code in settings.of()["languages"]),
        ]


class ChangePasswordForm(Form):
    """The old password and a new one."""

    current_password = forms.password(lazy("Present password"))
    new_password = new_password(lazy("New password"))


class CodeForm(Form):
    """A code of an app, or a backup code."""

    code = StringField(
        lazy("Code"),
        [InputRequired(lazy("Write the code."))],
        description=lazy("Six digits from your app, or one of your backup codes."),
        render_kw={
            "autocomplete": "one-time-code",
            "autocapitalize": "none",
            "spellcheck": "false",
            "maxlength": 40,
        },
    )


class AppForm(CodeForm):
    """The first code of an app, and what to call it."""

    code = StringField(
        lazy("Code that the app shows now"),
        [InputRequired(lazy("Write the code."))],
        description=lazy("Six digits. It shows that the app is set up."),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 10},
    )
    name = StringField(
        lazy("What you call it"),
        [Optional()],
        description=lazy("So that you know it again, such as: work phone."),
        render_kw={"autocomplete": "off", "maxlength": rules.LONGEST_NAME},
    )


class NameForm(Form):
    """What a second step is called."""

    name = StringField(
        lazy("What you call it"),
        [InputRequired(lazy("Write a name."))],
        render_kw={"autocomplete": "off", "maxlength": rules.LONGEST_NAME},
    )
