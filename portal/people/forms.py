"""Forms of accounts: the shape of input; what is allowed is decided in the module of rules."""

from __future__ import annotations

from typing import Any

from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired

from portal.errors import PortalError
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy

NEEDED_ADDRESS = InputRequired(lazy("Write your mail address."))
NEEDED_PASSWORD = InputRequired(lazy("Write your password."))


def address() -> Any:
    """Make the field of a mail address that somebody signs in with."""
    return EmailField(
        lazy("Mail address"),
        [NEEDED_ADDRESS],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


def password(label: Any, hint: Any = "", autocomplete: str = "current-password") -> Any:
    """Make the field of a password."""
    kind = {"autocomplete": autocomplete}
    return PasswordField(label, [NEEDED_PASSWORD], description=hint, render_kw=kind)


class SignInForm(Form):
    """Address and password."""

    email = address()
    password = password(lazy("Password"))


def mark(form: Any, error: PortalError) -> None:
    """Put a refusal beside the field it is about, or above the form."""
    if error.field and error.field in form:
        form[error.field].errors = [*form[error.field].errors, error.message]
    else:
        form.form_errors = [*form.form_errors, error.message]
