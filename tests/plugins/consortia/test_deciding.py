"""Programme rules, places and dates: decisions on plain values."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from plugins.consortia import programme, rules
from plugins.consortia.programme import Member, Mistake, Rule
from plugins.consortia.rules import Planned
from portal.errors import Invalid

GOOD = """
key = "ours"
version = "2026"
title = "Ours"
kinds = ["network"]
source = "Our call"
source_date = "2026-01-15"
[[checks]]
check = "least_members"
value = 3
[[checks]]
check = "role"
role = "host"
value = 1
"""


# Programme rules


def test_every_shipped_rule_is_whole_and_names_its_source() -> None:
    found, mistakes = programme.load([programme.SHIPPED])
    assert not mistakes
    assert len(found) >= 3
    assert all(rule.source and rule.source_date and rule.caveat for rule in found.values())


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ('key = "ours"', "", "key: this line is missing"),
        ('"network"', '"netwerk"', "kinds: choose from bilateral"),
        (
            'check = "role"',
            'check = "rolle"',
            "check 2: there is no check 'rolle'. Did you mean role",
        ),
        ("value = 3", 'value = "three"', "check 1: value has to be a whole number"),
        ('role = "host"', 'role = "guest"', "check 2: role has to be one of sending"),
        ("value = 3", "value = 3\nwho = 'lead'", "check 1: who means nothing to least_members"),
        ('title = "Ours"', "title = Ours", "the file: it is no TOML"),
        ('version = "2026"', "version = 2026", "version: write a text"),
    ],
)
def test_a_mistake_in_a_rule_file_is_named_with_place_and_remedy(
    before: str, after: str, told: str
) -> None:
    found = programme.read("ours.toml", GOOD.replace(before, after, 1).encode())
    assert isinstance(found, list)
    assert any(str(wrong).startswith("ours.toml: " + told) for wrong in found), found


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe", b"checks = 3", b"checks = [1]", b"kinds = [[1]]"]
)
def test_no_rule_file_brings_the_portal_down(raw: bytes) -> None:
    found = programme.read("x.toml", raw)
    assert isinstance(found, list)
    assert all(isinstance(wrong, Mistake) and wrong.remedy for wrong in found)


def member(name: str, country: str, *parts: str, **more: Any) -> Member:
    return Member(name, country, parts, more.get("lead", False), more.get("accredited", False))


def verdicts(key: str, *members: Member) -> list[bool]:
    found, _mistakes = programme.load([programme.SHIPPED])
    rule = next(rule for rule in found.values() if rule.key == key)
    return [item.is_fulfilled for item in programme.judge(rule, members)]


def test_a_national_consortium_needs_three_of_one_country_and_an_accredited_lead() -> None:
    lead = member("A", "DE", "sending", lead=True, accredited=True)
    others = [member("B", "DE"), member("C", "DE")]
    assert verdicts("national-consortium", lead, *others) == [True] * 4
    assert verdicts("national-consortium", lead, others[0]) == [False, True, True, True]
    assert verdicts("national-consortium", lead, others[0], member("C", "ES")) == [
        True, False, True, True,
    ]  # fmt: skip
    plain = member("A", "DE", lead=True)
    assert verdicts("national-consortium", plain, *others) == [True, True, False, False]


def test_what_is_missing_says_how_much() -> None:
    found = programme.read("ours.toml", GOOD.encode())
    assert isinstance(found, Rule)
    told = programme.judge(found, [member("A", "DE", "sending"), member("B", "ES", "sending")])
    assert [item.stands for item in told] == [
        "There are 2; 1 more are needed.",
        "Nobody does. Look for somebody.",
    ]


# Places


def test_balances_count_what_each_member_sends_and_hosts() -> None:
    found = rules.balances([Planned(1, 2, 10, 8, 3), Planned(2, 1, 4, 4, 4)], [1, 2, 3])
    assert [(found[key].sends, found[key].hosts, found[key].difference) for key in (1, 2, 3)] == [
        (10, 4, -6),
        (4, 10, 6),
        (0, 0, 0),
    ]
    assert found[1].agreed == 12


# Dates


@pytest.mark.parametrize(
    ("starts", "ends", "field"),
    [
        (None, None, "starts_on"),
        (date(2026, 8, 1), None, "starts_on"),
        (date(2027, 1, 1), date(2029, 1, 1), "ends_on"),
        (date(2027, 1, 2), date(2027, 1, 1), "ends_on"),
    ],
)
def test_a_date_outside_the_consortium_is_refused_with_its_days(
    starts: date | None, ends: date | None, field: str
) -> None:
    values = {"title": "Meeting", "place": "", "starts_on": starts, "ends_on": ends}
    with pytest.raises(Invalid) as refused:
        rules.checked_day(values, "2026-09-01", "2028-08-31", date(2026, 11, 20))
    assert refused.value.field == field
