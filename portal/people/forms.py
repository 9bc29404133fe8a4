"""Forms of accounts: the shape of input; what is allowed is decided in the module of rules."""

from __future__ import annotations

from typing import Any

from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from portal import settings
from portal.i18n import Form, lazy_pgettext, own_name
from portal.i18n import lazy_gettext as lazy

NEEDED_ADDRESS = InputRequired(lazy("Write your mail address."))
NEEDED_PASSWORD = InputRequired(lazy("Write your password."))
PASSWORD_HINT = lazy("At least 10 characters; a short sentence is easy to keep in mind.")
NAME = StringField(
    lazy_pgettext("person", "Name"),
    [
        InputRequired(lazy("Write the name others should see.")),
        Length(max=120, message=lazy("Write the name in at most 120 characters.")),
    ],
    description=lazy("As partners should read it."),
    render_kw={"autocomplete": "name"},
)


def address() -> Any:
    """Make the field of a mail address that somebody signs in with."""
    return EmailField(
        lazy("Mail address"),
        [NEEDED_ADDRESS],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


def password(label: Any, is_new: bool) -> Any:
    """Make the field of a password."""
    return PasswordField(
        label,
        [NEEDED_PASSWORD],
        description=PASSWORD_HINT if is_new else "",
        render_kw={"autocomplete": "new-password" if is_new else "current-password"},
    )


class SignInForm(Form):
    """Address and password."""

    email = address()
    password = password(lazy("Password"), is_new=False)


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

    current_password = password(lazy("Present password"), is_new=False)
    new_password = password(lazy("New password"), is_new=True)
