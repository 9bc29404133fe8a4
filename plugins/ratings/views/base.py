"""The blueprints, and what several pages need."""

from __future__ import annotations

from flask import Blueprint

from plugins.ratings import labels
from plugins.ratings.models import Ending, Rating
from portal.people import throttle
from portal.people.views import keep_nothing

blueprint = Blueprint("ratings", __name__)

link = Blueprint("ratings_link", __name__, url_prefix="/ratings/link")
link.after_request(keep_nothing)

SHAPES = throttle.Limit("rating-writing", 120, 3_600)
"""What one account may write about ratings in an hour."""


def answers(row: Rating) -> list[tuple[str, str]]:
    """Return criterion and step of what was said."""
    return [
        (str(labels.NAMES[item.criterion]), labels.step(item.criterion, item.stars))
        for item in row.given
    ]


def about(ending: Ending, own: int | None = None) -> str:
    """Say in a line which placement this is: the host, or for the host who sent the participants."""
    other = ending.sending.name if own == ending.host_id else ending.host.name
    when = labels.stay(ending.starts_on, ending.ended_on)
    return ", ".join(part for part in (other, ending.workplace, when) if part)
