"""What plugins that build on mobilities use: stays, who took part, how they ended."""

from plugins.mobilities.facts import (
    Completion,
    Participant,
    Placement,
    Stay,
    completion,
    ended,
    ended_of,
    find,
    participants,
    placement,
    roles_on,
)
from plugins.mobilities.recording import record
from plugins.mobilities.service import PLACEMENT

__all__ = [
    "PLACEMENT", "Completion", "Participant", "Placement", "Stay", "completion", "ended", "ended_of",
    "find", "participants", "placement", "record", "roles_on",
]  # fmt: skip
