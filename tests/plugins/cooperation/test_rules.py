"""What past cooperation must be like, on plain values."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from plugins.cooperation import rules
from portal.errors import Invalid
from tests.plugins.cooperation.conftest import PDF, STAY

JOINED = date(2026, 11, 20)
TODAY = date(2026, 12, 5)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"project": "  "}, "project"),
        ({"project": "x" * 60}, "project"),
        ({"project": "KA<script>"}, "project"),
        ({"first_month": "2026-13"}, "first_month"),
        ({"first_month": "March"}, "first_month"),
        ({"last_month": ""}, "last_month"),
        ({"last_month": "2026-02"}, "last_month"),
        ({"first_month": "2024-04"}, "first_month"),
        ({"first_month": "2023-09", "last_month": "2023-10"}, "last_month"),
        ({"last_month": "2026-12"}, "last_month"),
        ({"participants": 0}, "participants"),
        ({"participants": 501}, "participants"),
        ({"participants": None}, "participants"),
    ],
)
def test_what_can_not_be_is_refused_beside_its_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rules.checked(STAY | values, JOINED, TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("last_month", "is_confirmed", "is_rated"),
    [
        ("2026-11", True, True),
        ("2025-11", True, True),
        ("2025-10", True, False),
        ("2023-11", True, False),
        ("2023-10", False, False),
    ],
)
def test_36_months_before_coming_for_cooperation_and_12_for_a_stay(
    last_month: str, is_confirmed: bool, is_rated: bool
) -> None:
    values = STAY | {"first_month": last_month, "last_month": last_month}
    if is_confirmed:
        assert rules.checked(values, JOINED, TODAY)["last_month"] == last_month
    else:
        with pytest.raises(Invalid):
            rules.checked(values, JOINED, TODAY)
    assert rules.may_be_rated(last_month, JOINED) == is_rated


def test_a_month_that_is_not_over_is_no_past() -> None:
    with pytest.raises(Invalid):
        rules.checked(STAY | {"last_month": "2026-11"}, JOINED, date(2026, 11, 30))


@pytest.mark.parametrize(
    ("today", "is_open"), [(date(2027, 11, 30), True), (date(2027, 12, 1), False)]
)
def test_it_is_entered_within_twelve_months(today: date, is_open: bool) -> None:
    assert rules.may_enter(JOINED, today) == is_open


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ not a document", b"%PDF-1.4 /Encrypt 5", PDF + b" " * rules.MOST_BYTES],
    ids=["nothing", "a program", "locked", "too large"],
)
def test_files_that_are_no_documents_are_refused(content: bytes) -> None:
    with pytest.raises(Invalid):
        rules.content_type(content)


@pytest.mark.parametrize("day", [None, date(2025, 2, 1), date(2026, 12, 6), date(2027, 6, 1)])
def test_a_document_is_dated_around_the_stay(day: date | None) -> None:
    with pytest.raises(Invalid):
        rules.check_date(day, "2026-03", "2026-04", TODAY)
