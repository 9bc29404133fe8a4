"""The shape of the rules; what they must be like the round tables say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from wtforms import HiddenField, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Optional

from portal.fields import NOT_EMPTY
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy

LIMITS = ("own_groups", "org_cap", "seats_per_person")


class RulesForm(Form):
    """How much breadth may be given up; `rules_form` adds the weights."""

    version = HiddenField()
    loss = IntegerField(
        lazy("Breadth that may be given up for more equal chances, in per cent"),
        [InputRequired(NOT_EMPTY)],
        description=lazy(
            "From 1 (the broadest range of groups) to 30 (the most even chances). 5, 10 and 15 are "
            "tried out anyway; another number is a fourth answer. You choose before the draw."
        ),
    )
    own_groups = TextAreaField(
        lazy("Groups of your own"),
        description=lazy(
            "One a line, at most three. Such as: Sector: metal, care, hotels. People are asked for "
            "them in the form."
        ),
    )
    org_cap = IntegerField(
        lazy("Most people of one organisation at one table"), [InputRequired(NOT_EMPTY)]
    )
    seats_per_person = IntegerField(
        lazy("Most places for one person in this series"), [InputRequired(NOT_EMPTY)]
    )

    def weight_fields(self) -> list[Any]:
        """Return the fields of weights, one for each group that counts."""
        return [field for field in self if field.name.startswith("weight_")]

    def values(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was typed, for the service; what can't be set any more as it is stored."""
        weights = {field.name[7:]: field.data for field in self.weight_fields()}
        kept = {name: self[name].data if name in self else stored[name] for name in LIMITS}
        return {"loss": self.loss.data, "weights": weights, **kept}


def rules_form(formdata: Any, stored: Mapping[str, Any]) -> RulesForm:
    """Make the form of a series: of what is still to be set, with one field for each weight."""
    added = {
        f"weight_{key}": IntegerField(title, [Optional()], default=1)
        for key, title in stored["groups"].items()
        if not stored["is_published"]
    }
    same = ("version", "loss", *LIMITS)
    data = {name: stored[name] for name in same}
    data |= {f"weight_{key}": weight for key, weight in stored["weights"].items()}
    form: RulesForm = type("OwnRulesForm", (RulesForm,), added)(formdata, data=data)
    for name in LIMITS if stored["is_published"] else ():
        del form[name]
    return form
