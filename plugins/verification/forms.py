"""The form in which anybody hands in a document to be checked."""

from __future__ import annotations

from wtforms import FileField, StringField
from wtforms.validators import Length

from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


class ProofForm(Form):
    """A file, or the short code from paper; the head of the log for those who keep it."""

    file = FileField(
        lazy("File"),
        description=lazy("Choose the PDF of an agreement, or its bundle (a JSON file)."),
    )
    code = StringField(
        lazy("Or the short code"),
        [Length(max=40)],
        description=lazy("It stands at the foot of each page, such as 7K4M-2QXF-9T3A."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
    head = StringField(
        lazy("State of the log from a mail"),
        [Length(max=400)],
        description=lazy(
            "Three words: a number, 64 signs, a time. Checks that our own record was not rewritten."
        ),
        render_kw={"autocomplete": "off", "spellcheck": "false"},
    )
