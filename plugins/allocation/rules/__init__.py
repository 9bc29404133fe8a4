"""The allocator: pure functions on plain values; no database, no web, no clock.

`allocate` makes 1,000 tickets from a `Pool` and `Settings`; `draw` picks one by a public random
value; `replace` fills places that come free; `explain` tells somebody why; `trade_off`, `rivals`
and `problems` help a host before the draw; `check` finds what is wrong with a published result.
"""

from __future__ import annotations

from plugins.allocation.rules.allocating import (
    CURVE,
    Point,
    Rival,
    Stopped,
    allocate,
    has_solver,
    measured,
    point_of,
    rivals,
    trade_off,
)
from plugins.allocation.rules.board import Layout
from plugins.allocation.rules.checking import check
from plugins.allocation.rules.draw import (
    announced_settings,
    commitment,
    draw,
    leaf,
    leaves,
    lottery_number,
    published,
    read_beacon,
    revealed,
    round_after,
    sealed,
)
from plugins.allocation.rules.explaining import Explanation, Group, explain
from plugins.allocation.rules.greedy import everybody
from plugins.allocation.rules.pool import (
    Floor,
    Person,
    Pool,
    Settings,
    read_pool,
    read_settings,
    settings_from,
    with_epsilon,
)
from plugins.allocation.rules.replacement import replace, standing
from plugins.allocation.rules.tickets import TICKETS, Measure, Result
from plugins.allocation.rules.wishes import Problem, problems

__all__ = [
    "CURVE",
    "TICKETS",
    "Explanation",
    "Floor",
    "Group",
    "Layout",
    "Measure",
    "Person",
    "Point",
    "Pool",
    "Problem",
    "Result",
    "Rival",
    "Settings",
    "Stopped",
    "allocate",
    "announced_settings",
    "check",
    "commitment",
    "draw",
    "everybody",
    "explain",
    "has_solver",
    "leaf",
    "leaves",
    "lottery_number",
    "measured",
    "point_of",
    "problems",
    "published",
    "read_beacon",
    "read_pool",
    "read_settings",
    "replace",
    "revealed",
    "rivals",
    "round_after",
    "sealed",
    "settings_from",
    "standing",
    "trade_off",
    "with_epsilon",
]
