"""Two texts side by side: nothing is lost, and long ones are compared in time."""

from __future__ import annotations

import copy
import itertools
import random
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from plugins.evidence import comparing, showing
from plugins.evidence.comparing import Effort, Piece, compared
from tests.plugins.evidence.samples import CONTENT

WORDS = some.lists(some.sampled_from(["a", "b", "c", " ", ". ", "\n"]), max_size=14).map("".join)


@given(WORDS, WORDS)
def test_both_texts_can_be_read_from_what_differs(old: str, new: str) -> None:
    found = compared(old, new)
    assert "".join(piece.text for piece in found if piece.kind != "added") == old
    assert "".join(piece.text for piece in found if piece.kind != "removed") == new
    kinds = [piece.kind for piece in found]
    assert all(one != other for one, other in itertools.pairwise(kinds))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("In week two.", "In week three.", "In week [-two-][+three+]."),
        ("It assesses.", "The host assesses it.", "[-It -][+The host +]assesses[+ it+]."),
        ("old words here", "new text there", "[-old words here-][+new text there+]"),
        ("", "New.", "[+New.+]"),
        ("Same.", "Same.", "Same."),
    ],
)
def test_words_that_differ_are_named(old: str, new: str, expected: str) -> None:
    marks = {"same": "%s", "removed": "[-%s-]", "added": "[+%s+]"}
    assert "".join(marks[piece.kind] % piece.text for piece in compared(old, new)) == expected


def test_what_differs_too_much_is_shown_as_a_whole_in_time() -> None:
    chance = random.Random(7)
    one, other = (" ".join(chance.choice("abcdefgh") for _ in range(4_000)) for _ in range(2))
    effort, began = Effort(), process_time()
    found = compared(f"Begin. {one}", f"Begin. {other}", effort)
    assert process_time() - began < 1
    assert effort.is_whole
    assert [piece.kind for piece in found] == ["same", "removed", "added"]
    assert found[0].text.startswith("Begin. ")


def sample() -> dict[str, Any]:
    """Return the sample with what a text has for being shown."""
    found = copy.deepcopy(CONTENT)
    for at, clause in enumerate(found["clauses"], 1):
        clause |= {"block": at, "labels": {"phone": {"en": "Phone"}}}
    return found


def filled(count: int, text: str) -> dict[str, Any]:
    """Return the sample with a number of long clauses that each party filled in."""
    clause = sample()["clauses"][1]
    return {
        **sample(),
        "clauses": [
            {
                **copy.deepcopy(clause),
                "id": f"clause{at}",
                "values": {"phone": {"party1": f"{text} {at}. " * 40, "party2": "Baking " * 200}},
            }
            for at in range(count)
        ],
    }


def test_two_versions_of_a_megabyte_are_compared_in_time() -> None:
    old, new = (filled(400, text) for text in ("An office is open", "The office stays shut"))
    changed = copy.deepcopy(old)
    changed["clauses"][7]["values"]["phone"]["party1"] += "And more."
    for other, count, seconds in ((changed, 1, 0.3), (new, 400, 3)):
        began = process_time()
        found = showing.differences(old, other, {})
        assert process_time() - began < seconds
        assert len(found) == count
    [one] = showing.differences(old, changed, {})
    assert Piece("added", "And more.") in [Piece(p.kind, p.text.strip()) for p in one["pieces"]]
    assert sum(len(piece.text) for piece in one["pieces"]) < 2_000
    assert not one["is_whole"]


def test_a_clause_is_compared_line_by_line() -> None:
    old, new = sample(), sample()
    new["clauses"][1]["values"]["phone"] = {"party2": "+44 2", "party3": "+49 3"}
    [found] = showing.differences(old, new, {"party3": "Third"})
    assert found["id"] == "contacts"
    removed, added = (
        "".join(piece.text for piece in found["pieces"] if piece.kind == kind)
        for kind in ("removed", "added")
    )
    assert ("Lernhaus" in removed, "Third" in added, "College" in removed + added) == (
        True, True, False,
    )  # fmt: skip


def test_a_long_stretch_that_is_the_same_is_shortened() -> None:
    [same, added] = comparing.shortened([Piece("same", "word " * 900), Piece("added", "x" * 5_000)])
    assert len(same.text) < 700 and " … " in same.text
    assert len(added.text) == 5_000
