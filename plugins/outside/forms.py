"""The form in which a signed PDF is handed in."""

from __future__ import annotations

from wtforms import BooleanField, FileField, StringField
from wtforms.validators import InputRequired, Length

from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


class SignedForm(Form):
    """The signed file, and what the certificate does not say."""

    file = FileField(
        lazy("The signed PDF"), description=lazy("As your tool saved it, at most 20 MiB.")
    )
    position = StringField(
        lazy("Position of who signed"),
        [Length(max=120)],
        description=lazy("Such as: head of school"),
    )
    attested = BooleanField(
        lazy("I attest that the person who signed this file may sign for us"),
        [InputRequired(lazy("Tick this, or ask somebody who can attest it."))],
    )
