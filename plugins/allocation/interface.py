"""What plugins that give places build on: the allocator, its tries and pictures."""

from plugins.allocation import pictures, rules, vocabulary
from plugins.allocation.announcing import (
    BEACON,
    SEALS,
    announced,
    beacon_url,
    round_of,
    value_of,
)
from plugins.allocation.rules import (
    Explanation,
    Person,
    Pool,
    Result,
    Settings,
    Stopped,
    commitment,
    draw,
    explain,
    leaf,
    replace,
    settings_from,
    standing,
)
from plugins.allocation.trying import (
    LARGE,
    OWN,
    PRESETS,
    Tried,
    answers,
    curve,
    curve_losses,
    everybody_fits,
    fingerprint_of,
    pool_from,
    pool_text,
    result_from,
    settings_text,
    try_out,
)

__all__ = [
    "BEACON", "LARGE", "OWN", "PRESETS", "SEALS", "Explanation", "Person", "Pool", "Result",
    "Settings", "Stopped", "Tried", "announced", "answers", "beacon_url", "commitment", "curve", "curve_losses", "draw", "everybody_fits", "explain",
    "fingerprint_of", "leaf", "pictures", "pool_from", "pool_text",  "replace",
    "result_from", "round_of",  "rules", "settings_from", "settings_text",
    "standing", "try_out", "value_of", "vocabulary",
]  # fmt: skip
