"""The shape of requests and decisions."""

from __future__ import annotations

from typing import Any

from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from plugins.claims import labels
from plugins.claims.models import PROOFS
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


class ProofForm(Form):
    """The way of proof of a claim; stands before the rest, as on the page."""

    proof = RadioField(
        lazy("How can you prove it?"),
        [InputRequired(lazy("Choose how you can prove that you act for it."))],
        validate_choice=False,
    )

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.proof.choices = [SelectChoice(proof, labels.proof_name(proof)) for proof in PROOFS]


class CaseForm(Form):
    """A request about an entry. `more` is left empty by people: they do not see it."""

    message = TextAreaField(
        lazy("What should we know?"),
        [InputRequired(lazy("Write a sentence or two, so that we can decide."))],
    )
    reply_to = StringField(lazy("E-mail address for our answer"))
    more = StringField()


class ClaimForm(ProofForm, CaseForm):
    """A claim with a way of proof."""


class DecisionForm(Form):
    """A reviewer's decision."""

    verdict = RadioField(
        lazy("Your decision"),
        [InputRequired(lazy("Choose accept or decline."))],
        choices=[SelectChoice("accept", lazy("Accept")), SelectChoice("decline", lazy("Decline"))],
    )
    reasons = TextAreaField(
        lazy("Reasons, which the person gets to read"),
        [InputRequired(lazy("Write the reasons in a sentence or two."))],
    )
