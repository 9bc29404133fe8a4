"""The shape of requests and decisions."""

from __future__ import annotations

from typing import Any

from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from plugins.claims import labels
from plugins.claims.models import GROUNDS, MEASURES, PROOFS, REASONS
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy
from portal.organisations.forms import OrganisationForm

SHOWN_PROOFS = ("letter-oid", "letter-pic", "letter", "website", "members")


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


class ReasonForm(Form):
    """Why something is reported, and where it stands."""

    reason = RadioField(
        lazy("What is wrong with it?"),
        [InputRequired(lazy("Choose what is wrong with it."))],
        validate_choice=False,
    )
    page = StringField(lazy("Where it stands"))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        names = labels.reason_names(" ".join(REASONS))
        self.reason.choices = [SelectChoice(*pair) for pair in zip(REASONS, names, strict=True)]


class AbuseForm(ReasonForm, CaseForm):
    """A report of content."""


class AppealForm(Form):
    """Why a decision should be another one."""

    message = TextAreaField(
        lazy("Why should it be decided otherwise?"),
        [InputRequired(lazy("Write a sentence or two, so that we can decide."))],
    )


class AddForm(OrganisationForm):
    """A new entry with a number of a register; `other` says that it is none of those alike."""

    number = StringField(lazy("OID or PIC, if it has one"), default="")
    other = BooleanField(lazy("It is another organisation than these"))


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


class ProvenForm(Form):
    """What proved who somebody is; partners see it beside the name."""

    proven_by = RadioField(lazy("What proved it"), validate_choice=False)

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.proven_by.choices = [
            SelectChoice(proof, labels.proven_name(proof)) for proof in SHOWN_PROOFS
        ]


class MeasureForm(Form):
    """What is done, and what that rests on: a part of the statement of reasons."""

    measure = RadioField(lazy("What is to be done"), validate_choice=False)
    ground = RadioField(lazy("What the decision rests on"), validate_choice=False)
    rule = StringField(lazy("Which law or rule, and why it applies"))

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        self.measure.choices = [SelectChoice(key, labels.measure_name(key)) for key in MEASURES]
        self.ground.choices = [SelectChoice(key, labels.ground_name(key)) for key in GROUNDS]


class ProvenDecisionForm(ProvenForm, DecisionForm):
    """A decision about who somebody is."""


class MeasureDecisionForm(MeasureForm, DecisionForm):
    """A decision that may restrict somebody."""
