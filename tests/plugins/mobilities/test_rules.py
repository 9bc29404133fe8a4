"""How a stay ends, on plain values: the whole promise that no side alone can prevent rating."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugins.mobilities import rules
from plugins.mobilities.rules import End, Reported
from portal.errors import Invalid

DAY = timedelta(days=1)
LAST = date(2026, 5, 29)


@pytest.mark.parametrize(
    ("report", "after", "expected"),
    [
        (None, 6, None),
        (None, 7, End("ended", LAST)),
        (Reported("interrupted", LAST - 3 * DAY, LAST), 6, None),
        (Reported("interrupted", LAST - 3 * DAY, LAST), 7, End("interrupted", LAST - 3 * DAY)),
        (Reported("interrupted", LAST, LAST, "confirmed"), 0, End("interrupted", LAST)),
        (Reported("interrupted", LAST, LAST, "objected"), 6, None),
        (Reported("interrupted", LAST, LAST, "objected"), 7, End("ended", LAST)),
        (Reported("did_not_happen", LAST, LAST, "taken_back"), 7, End("ended", LAST)),
        (Reported("extended", LAST + 90 * DAY, LAST), 20, None),
        (Reported("extended", LAST + 90 * DAY, LAST), 21, End("ended", LAST + 14 * DAY)),
        (Reported("extended", LAST + 5 * DAY, LAST), 12, End("ended", LAST + 5 * DAY)),
        (Reported("extended", LAST + 90 * DAY, LAST, "confirmed"), 96, None),
    ],
)
def test_a_stay_ends_by_itself_or_as_two_sides_say(
    report: Reported | None, after: int, expected: End | None
) -> None:
    assert rules.end_of(LAST, report, LAST + after * DAY) == expected


acts = st.lists(
    st.tuples(
        st.sampled_from(["extended", "interrupted", "did_not_happen", "take_back"]),
        st.integers(0, 40),
        st.integers(1, 400),
    ),
    max_size=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(acts)
def test_whatever_one_side_does_alone_each_stay_has_an_outcome_in_21_days(
    tries: list[tuple[str, int, int]],
) -> None:
    waiting: Reported | None = None
    for at in range(-30, 22):
        today = LAST + at * DAY
        for what, when, longer in tries:
            if when - 20 != at:
                continue
            if what == "take_back":
                waiting = None
            elif waiting is None and rules.may_report(LAST, today):
                last = LAST + longer * DAY if what == "extended" else min(today, LAST)
                waiting = Reported(what, last, today)
        if rules.end_of(LAST, waiting, today):
            return
    pytest.fail("It goes on for more than 21 days after its agreed end.")


def typed(**more: Any) -> dict[str, Any]:
    return {
        "what": "interrupted",
        "day": LAST - DAY,
        "initiator": "host",
        "reason": "The machine hall is closed.",
        **more,
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"what": "vanished"}, "what"),
        ({"what": "extended", "day": LAST}, "day"),
        ({"what": "extended", "day": None}, "day"),
        ({"day": LAST + DAY}, "day"),
        ({"day": LAST - 20 * DAY}, "day"),
        ({"initiator": ""}, "initiator"),
        ({"reason": " \n"}, "reason"),
        ({"reason": "x" * 2_001}, "reason"),
    ],
)
def test_a_report_that_says_too_little_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked_report(typed(**change), LAST - 60 * DAY, LAST, LAST, is_assessed=False)

    assert refused.value.field == field


def test_what_was_assessed_did_happen() -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked_report(
            typed(what="did_not_happen"), LAST - 60 * DAY, LAST, LAST, is_assessed=True
        )

    assert refused.value.field == "what"


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"email": "nobody"},
        {"email": "a@b.example\nBcc: c@d.example"},
        {"is_minor": True, "guardian_email": ""},
        {"arrangements": "x" * 2_001},
    ],
)
def test_a_participant_has_a_name_and_addresses_that_can_be_written_to(
    change: dict[str, Any],
) -> None:
    with pytest.raises(Invalid):
        rules.checked_participant({"name": "Learner 1", "email": "", **change})
