"""How voices are counted, and what an agenda says: pure rules."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.meetings import rules
from plugins.meetings.models import CARRIED, CONSENT, NO_QUORUM, REJECTED, VOTE
from plugins.meetings.rules import Terms, count
from portal.errors import Invalid

SAID = st.lists(st.tuples(st.integers(1, 9), st.sampled_from(rules.CHOICES[VOTE])), max_size=24)
TERMS = st.builds(
    Terms,
    way=st.just(VOTE),
    quorum=st.integers(0, 100),
    majority=st.sampled_from(sorted(rules.MAJORITIES)),
    tie=st.sampled_from(rules.TIES),
)


@given(said=SAID, terms=TERMS, members=st.sets(st.integers(1, 9)), chance=st.randoms())
@settings(max_examples=150, deadline=None)
def test_the_order_never_matters_nobody_has_two_voices_and_the_quorum_is_exact(
    said: list[tuple[int, str]], terms: Terms, members: set[int], chance: object
) -> None:
    last = dict(said)
    mixed = list(last.items())
    chance.shuffle(mixed)  # type: ignore[attr-defined]

    one = count(terms, last, sorted(members), lead=1)

    assert count(terms, dict(mixed), sorted(members, reverse=True), lead=1) == one
    heard = {number: choice for number, choice in last.items() if number in members}
    assert one.yes + one.no + one.abstain == one.spoke == len(heard) <= len(members)
    enough = Fraction(len(heard)) >= Fraction(terms.quorum * len(members), 100)
    assert (one.state != NO_QUORUM) == enough
    assert one.needed == 0 or Fraction(one.needed - 1) < Fraction(terms.quorum * len(members), 100)


@pytest.mark.parametrize(
    ("majority", "yes", "no", "abstain", "silent", "state"),
    [
        ("simple", 2, 1, 0, 0, CARRIED),
        ("simple", 2, 2, 3, 0, REJECTED),
        ("simple", 0, 0, 3, 0, REJECTED),
        ("absolute", 3, 0, 0, 3, REJECTED),
        ("absolute", 4, 0, 0, 3, CARRIED),
        ("two_thirds", 2, 1, 5, 0, CARRIED),
        ("two_thirds", 3, 2, 0, 0, REJECTED),
        ("three_quarters", 3, 1, 0, 0, CARRIED),
        ("three_quarters", 2, 1, 0, 0, REJECTED),
        ("all", 5, 0, 1, 0, CARRIED),
        ("all", 5, 1, 0, 0, REJECTED),
        ("all", 0, 0, 2, 0, REJECTED),
    ],
)
def test_each_majority_at_its_edge(
    majority: str, yes: int, no: int, abstain: int, silent: int, state: str
) -> None:
    voices = dict(enumerate(["yes"] * yes + ["no"] * no + ["abstain"] * abstain))

    found = count(Terms(VOTE, 0, majority), voices, range(len(voices) + silent))

    assert found.state == state


def test_the_lead_decides_a_tie_only_where_that_was_said_and_only_if_it_spoke() -> None:
    voices = {1: "yes", 2: "no"}

    def decided(tie: str, voices: dict[int, str]) -> str:
        return count(Terms(VOTE, 0, "simple", tie), voices, [1, 2, 3, 4], lead=1).state

    assert decided("rejected", voices) == REJECTED
    assert decided("lead", voices) == CARRIED
    assert decided("lead", {1: "no", 2: "yes"}) == REJECTED
    assert decided("lead", {3: "no", 2: "yes"}) == REJECTED


def test_one_objection_stops_a_consent_and_silence_is_agreement() -> None:
    assert count(Terms(CONSENT), {}, [1, 2]).state == CARRIED
    assert count(Terms(CONSENT), {1: "consent", 2: "object"}, [1, 2]).state == REJECTED
    assert count(Terms(CONSENT), {3: "object"}, [1, 2]).state == CARRIED, "3 is no member"


def test_an_agenda_is_read_by_line_with_minutes_after_the_last_comma() -> None:
    read = rules.agenda("Welcome, 10\n\nBudget, travel and 2027\nA, b, 20 min")

    assert [tuple(item.values()) for item in read] == [
        ("Welcome", 10), ("Budget, travel and 2027", 0), ("A, b", 20),
    ]  # fmt: skip
    assert rules.agenda(rules.agenda_text(read)) == read
    with pytest.raises(Invalid):
        rules.agenda("x\n" * 41)


def test_a_secret_vote_whose_tie_the_lead_decides_is_refused() -> None:
    values = {"way": VOTE, "quorum": 50, "majority": "simple", "tie": "lead", "is_secret": True}

    with pytest.raises(Invalid) as refused:
        rules.terms(values)

    assert refused.value.field == "tie"
