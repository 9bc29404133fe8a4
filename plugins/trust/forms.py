"""The form with which people erase their account."""

from __future__ import annotations

from wtforms import EmailField, PasswordField
from wtforms.validators import InputRequired

from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


class EraseForm(Form):
    """Address and password: what nobody types by accident."""

    address = EmailField(
        lazy("Your mail address"),
        [InputRequired(lazy("Write the address with which you sign in."))],
        description=lazy("So that this does not happen by accident."),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        lazy("Password"),
        [InputRequired(lazy("Write your password."))],
        render_kw={"autocomplete": "current-password"},
    )
