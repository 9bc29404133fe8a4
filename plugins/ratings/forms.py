"""The shape of what is typed: a form for each set of questions, and two for answers to ratings."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import RadioField, TextAreaField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired, Length

from plugins.ratings import labels, rules
from plugins.ratings.models import REASONS
from portal.fields import NOT_EMPTY
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy

CHOOSE = lazy("Choose a step, or “cannot say”.")
TOO_LONG = lazy("Write at most %(max)s characters.")


class RatingForm(Form):
    """The questions of one side; fields are named by the role of who is rated and the criterion."""

    parts: Sequence[rules.Part] = ()

    def stars(self) -> dict[str, dict[str, int | None]]:
        """Return what was chosen, None for "cannot say"."""
        return {
            part.rated_role: {
                name: int(self[f"{part.rated_role}-{name}"].data or 0) or None
                for name in part.criteria
            }
            for part in self.parts
        }

    def texts(self) -> dict[str, str]:
        """Return what was written about each organisation."""
        names = {part.rated_role: f"{part.rated_role}-text" for part in self.parts}
        return {role: self[name].data or "" for role, name in names.items() if name in self}


def rating_form(parts: Sequence[rules.Part], *, has_text: bool) -> type[RatingForm]:
    """Return the form of these questions, in the current language."""
    fields: dict[str, object] = {"parts": parts}
    for part in parts:
        for name in part.criteria:
            fields[f"{part.rated_role}-{name}"] = RadioField(
                labels.QUESTIONS[name],
                [InputRequired(CHOOSE)],
                choices=[SelectChoice(*step) for step in labels.steps(name)],
            )
        if has_text:
            fields[f"{part.rated_role}-text"] = TextAreaField(
                lazy("What should others know?"),
                [Length(max=rules.LONGEST_TEXT, message=TOO_LONG)],
                description=lazy(
                    "Name no persons. A reviewer reads it before it is shown, after the release."
                ),
            )
    return type("QuestionsForm", (RatingForm,), fields)


class ReplyForm(Form):
    """An answer to a rating."""

    text = TextAreaField(
        lazy("Your answer"),
        [InputRequired(NOT_EMPTY), Length(max=rules.LONGEST_TEXT, message=TOO_LONG)],
        description=lazy(
            "Everybody can read it. Name no persons. There is one answer to a rating."
        ),
    )


class DisputeForm(Form):
    """Why a rating should be removed."""

    reason = RadioField(
        lazy("What is wrong with it?"),
        [InputRequired(NOT_EMPTY)],
        choices=[SelectChoice(reason, labels.REASONS[reason]) for reason in REASONS],
    )
    text = TextAreaField(
        lazy("Tell the reviewer more"),
        [InputRequired(NOT_EMPTY), Length(max=rules.LONGEST_TEXT, message=TOO_LONG)],
        id="dispute-text",  # the page has the form of an answer, too
    )
