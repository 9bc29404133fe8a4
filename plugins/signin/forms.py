"""Forms of people without a session; what is allowed is decided in the core's rules."""

from __future__ import annotations

from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy
from portal.people import forms


class RegisterForm(Form):
    """What an account needs."""

    name = forms.NAME
    email = forms.address()
    password = forms.password(lazy("Password"), is_new=True)


class ConfirmForm(Form):
    """The password chosen when registering."""

    password = forms.password(lazy("Password"), is_new=False)


class ForgotForm(Form):
    """Where the link should go."""

    email = forms.address()


class ResetForm(Form):
    """A new password."""

    password = forms.password(lazy("New password"), is_new=True)
