"""What plugins that build on mobilities use: stays, who took part, how they ended, their steps."""

from plugins.mobilities.facts import (
    Completion,
    Participant,
    Placement,
    Seen,
    Stay,
    completion,
    ended,
    ended_of,
    find,
    participants,
    placement,
    roles_on,
    seen,
)
from plugins.mobilities.labels import actor, phase
from plugins.mobilities.queries import own_organisations
from plugins.mobilities.recording import record
from plugins.mobilities.service import PLACEMENT
from plugins.mobilities.steps import LISTS, NEWEST, OWN_FROM, PHASES, Step

__all__ = [
    "LISTS", "NEWEST", "OWN_FROM", "PHASES", "PLACEMENT", "Completion", "Participant", "Placement",
    "Seen", "Stay", "Step", "actor", "completion", "ended", "ended_of", "find", "own_organisations",
    "participants", "phase", "placement", "record", "roles_on", "seen",
]  # fmt: skip
