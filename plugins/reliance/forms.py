"""The shape of what is typed; what it must be like stands in `sheets` and `promises`."""

from __future__ import annotations

from typing import Any

from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from plugins.reliance import labels
from plugins.reliance.rules import RELIANCES
from portal.fields import NOT_EMPTY, DateField, options
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy


class DeliveredForm(Form):
    """That a promise of recognition was kept."""

    delivered_on = DateField(lazy("Recognised on"), [InputRequired(NOT_EMPTY)])
    proof = StringField(
        lazy("Where it stands"),
        [Length(max=300)],
        description=lazy("Such as: credit in the school record, certificate number"),
    )


class GroundForm(Form):
    """Why a partner may rely on your organisation."""

    reliance = SelectField(lazy("What it is about"))
    text = TextAreaField(lazy("What speaks for it"), [InputRequired(NOT_EMPTY), Length(max=2000)])
    proof = StringField(
        lazy("Evidence"),
        [Length(max=300)],
        description=lazy("A document or a link; without one it is a claim."),
    )
    happened_on = DateField(lazy("When"), [Optional()])

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.reliance.choices = options((name, labels.reliance(name)[0]) for name in RELIANCES)


class StepForm(Form):
    """A step of the shared plan."""

    text = StringField(lazy("Step"), [InputRequired(NOT_EMPTY), Length(max=300)])
    owner = SelectField(lazy("Who does it"), validate_choice=False)
    due_on = DateField(lazy("By when"), [Optional()])
