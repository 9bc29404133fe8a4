"""What plugins that build on mobilities use: stays, who took part, how they ended, their steps."""

from plugins.mobilities import labels, listing, models
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
from plugins.mobilities.queries import occupations, own_organisations
from plugins.mobilities.recording import record
from plugins.mobilities.service import PLACEMENT
from plugins.mobilities.steps import LISTS, NEWEST, OWN_FROM, PHASES, Step
from plugins.mobilities.views.plans import filters

listed, one = listing.listed, listing.one
kind_name, mode_name, outcome_tag, state_tag = (
    labels.kind, labels.mode, labels.outcome, labels.state
)  # fmt: skip
SIDES, BACKFILLED = models.SIDES, models.BACKFILLED

__all__ = [
    "BACKFILLED", "LISTS", "NEWEST", "OWN_FROM", "PHASES", "PLACEMENT", "SIDES", "Completion",
    "Participant", "Placement", "Seen", "Stay", "Step", "actor", "completion", "ended",
    "ended_of", "filters", "find", "kind_name", "listed", "mode_name", "occupations", "one", "outcome_tag",
    "own_organisations", "participants", "phase", "placement", "record", "roles_on", "seen",
    "state_tag",
]  # fmt: skip
