"""What plugins that give places build on: the allocator, its tries and pictures."""

from plugins.allocation import pictures, rules, vocabulary
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
    read_beacon,
    replace,
    revealed,
    round_after,
    settings_from,
    standing,
)
from plugins.allocation.rules.draw import QUICKNET_SECONDS, QUICKNET_START
from plugins.allocation.trying import (
    PRESETS,
    Tried,
    everybody_fits,
    fingerprint_of,
    pool_from,
    pool_text,
    result_from,
    settings_text,
    try_out,
)

__all__ = [
    "PRESETS", "QUICKNET_SECONDS", "QUICKNET_START", "Explanation", "Person", "Pool", "Result",
    "Settings", "Stopped", "Tried", "commitment", "draw", "everybody_fits", "explain",
    "fingerprint_of", "leaf", "pictures", "pool_from", "pool_text", "read_beacon", "replace",
    "result_from", "revealed", "round_after", "rules", "settings_from", "settings_text",
    "standing", "try_out", "vocabulary",
]  # fmt: skip
