"""What the score is made with: every number that somebody could turn.

The ones that an administrator may change are settings of the plugin (`plugin.toml`); the others are
part of the method. The method page, its JSON and the export's recomputation read them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from statistics import NormalDist
from typing import Any

from portal.errors import Invalid
from portal.i18n import _

SETTINGS = {
    "half_life_days": ("half_life_days", 1),
    "prior_weight": ("prior_weight", 1),
    "likely_percent": ("likely_percent", 1),
    "minimum_raters": ("minimum_raters", 1),
    "backfill_percent": ("backfill_weight", 100),
    "damped_percent": ("damped_weight", 100),
    "smallest_cell": ("smallest_cell", 1),
}
"""Settings, with the parameter each is and what it is divided by."""


@dataclass(frozen=True)
class Parameters:
    """The running parameters; without values the defaults of the method.

    `caution` is how many standard deviations lists are ordered below the mean. The switches turn a
    rule off, which only tests do and the page where visitors try an attack.
    """

    half_life_days: int = 730
    prior_weight: float = 3
    likely_percent: int = 90
    caution: float = 0.5
    minimum_raters: int = 3
    backfill_weight: float = 0.25
    backfill_total: float = 1
    backfill_until: int = 5
    smallest_cell: int = 3
    damped_weight: float = 0.01
    """What a set of voices weighs together that is not independent and says something else."""
    noise: float = 0.8
    """How far two honest answers about the same place lie apart, in stars."""
    ramp: float = 0.5
    """Stars beyond chance over which damping grows to its full strength."""
    glowing: float = 4.5
    """Marks from here on are praise, which rings consist of."""
    repeated: int = 3
    """Ratings one way that tie two organisations even when none came back."""
    most_ties: int = 60
    """Ties of one organisation that are looked at, the strongest first."""
    outside_raters: int = 3
    """Independent raters that a group's marks are compared with, for each member."""
    compared_raters: int = 5
    """The same for strangers, bursts and large voices."""
    burst_raters: int = 5
    burst_factor: int = 3
    large_voice: int = 10
    """Ratings from which on one organisation can be most of what is said about another."""
    one_voice: bool = True
    reciprocity: bool = True
    groups: bool = True
    strangers: bool = True
    bursts: bool = True
    monocultures: bool = True

    @property
    def z(self) -> float:
        """Standard deviations on each side of the mean that the likely range covers."""
        return NormalDist().inv_cdf(0.5 + self.likely_percent / 200)

    def as_dict(self) -> dict[str, Any]:
        """Return them for JSON."""
        return asdict(self)


DEFAULTS = Parameters()
ABOVE_0 = {"likely_percent", "prior_weight", "ramp"}


def from_settings(values: Mapping[str, Any]) -> Parameters:
    """Return the parameters that administrators set; `values` are the plugin's settings."""
    found = {
        name: values[key] / divisor if divisor > 1 else type(getattr(DEFAULTS, name))(values[key])
        for key, (name, divisor) in SETTINGS.items()
        if key in values
    }
    return Parameters(**found)


def from_dict(values: Any) -> Parameters:
    """Read what `as_dict` gave. Raises Invalid for what is not there or has another type."""
    known = {item.name: getattr(DEFAULTS, item.name) for item in fields(Parameters)}
    if not isinstance(values, Mapping):
        raise Invalid(_("Write the parameters as one JSON object."))
    for name, value in values.items():
        if name not in known:
            raise Invalid(_("There is no parameter “%(name)s”.", name=str(name)[:40]))
        if not _fits(name, value, known[name]):
            raise Invalid(_("The parameter “%(name)s” can't have this value.", name=name))
    return Parameters(**values)


def _fits(name: str, value: Any, usual: Any) -> bool:
    if isinstance(usual, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(usual, bool)
    if not isinstance(value, int | float):
        return False
    most = 100 if name == "likely_percent" else 1e6
    return (value > 0 if name in ABOVE_0 else value >= 0) and value < most
