"""What an invitation is to whoever opens it, and what an address proves."""

from __future__ import annotations

from itertools import product

import pytest

from plugins.members import rules
from plugins.members.models import COLLEAGUE, HANDOVER, HELD, SENT, SIGNATORY

NOBODYS = dict.fromkeys(("is_early", "signed_in", "is_meant", "is_opener"), False)


@pytest.mark.parametrize(
    ("kind", "state", "facts", "wanted"),
    [
        (COLLEAGUE, SENT, set(), rules.SIGN_IN),
        (COLLEAGUE, SENT, {"signed_in", "is_meant"}, rules.ACCEPT),
        (COLLEAGUE, SENT, {"signed_in"}, rules.HOLD),
        (COLLEAGUE, HELD, {"signed_in"}, rules.WAITS),
        (COLLEAGUE, HELD, {"signed_in", "is_meant"}, rules.ACCEPT),
        (COLLEAGUE, HELD, {"signed_in", "is_meant", "is_opener"}, rules.WAITS),
        (HANDOVER, SENT, {"signed_in", "is_meant", "is_early"}, rules.EARLY),
        (SIGNATORY, SENT, set(), rules.CONFIRM),
        (SIGNATORY, SENT, {"signed_in"}, rules.HOLD),
        (SIGNATORY, HELD, set(), rules.WAITS),
    ],
)
def test_an_invitation_is_to_whoever_opens_it(
    kind: str, state: str, facts: set[str], wanted: str
) -> None:
    known = NOBODYS | dict.fromkeys(facts, True)
    assert rules.stance(kind, state, has_address=True, **known) == wanted


def test_only_the_own_address_takes_a_role_without_an_administrator() -> None:
    for kind, state, early, opener in product(
        (COLLEAGUE, HANDOVER), (SENT, HELD), (True, False), (True, False)
    ):
        found = rules.stance(
            kind, state, is_early=early, signed_in=True, is_meant=False, is_opener=opener,
            has_address=True,
        )  # fmt: skip
        assert found not in {rules.ACCEPT, rules.CONFIRM}


def test_what_was_never_mailed_is_nothing_to_others() -> None:
    known = NOBODYS | {"signed_in": True}
    assert rules.stance(HANDOVER, SENT, has_address=False, **known) == rules.NOBODY


@pytest.mark.parametrize(
    ("address", "sharing", "wanted"),
    [
        ("ann@riga.example", 1, rules.OWN),
        ("ann@mail.riga.example", 1, rules.OWN),
        ("ann@riga.example", 7, rules.SHARED),
        ("ann@gmail.com", 1, rules.FREE),
        ("ann@notriga.example", 1, rules.OTHER),
    ],
)
def test_an_address_proves_nothing_where_many_have_the_domain(
    address: str, sharing: int, wanted: str
) -> None:
    assert rules.domain_says(address, "riga.example", sharing) == wanted


def test_free_mail_proves_nothing_even_as_the_website() -> None:
    assert rules.domain_says("ann@gmail.com", "gmail.com", 1) == rules.FREE
    assert rules.domain_says("ann@other.example", "", 0) == rules.OTHER


@pytest.mark.parametrize(
    ("role", "present", "wanted"),
    [
        ("OrgMember", "", True),
        ("OrgEditor", "OrgMember", True),
        ("OrgEditor", "OrgSignatory", False),
        ("OrgSignatory", "OrgEditor", False),
        ("OrgMember", "OrgAdmin", False),
    ],
)
def test_an_invitation_never_takes_a_role_away(role: str, present: str, wanted: bool) -> None:
    assert rules.is_more(role, present) is wanted
