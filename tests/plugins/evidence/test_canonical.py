"""The one text that is hashed: exact, the same for everybody, and clear on what is material."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from plugins.evidence import canonical, commitments, signatures
from tests.plugins.evidence import samples
from tests.plugins.evidence.samples import CLERICAL, CONTENT, changed, content, document, leaves


def test_the_same_content_has_the_same_bytes_in_any_order() -> None:
    turned = dict(reversed(list(content().items())))

    assert canonical.document(turned) == document()
    assert canonical.read(document())["clauses"] == CONTENT["clauses"]
    assert canonical.digest(b"") == (
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )


PATHS = leaves(CONTENT)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: "/".join(map(str, path)))
def test_a_material_change_voids_a_signature_and_a_clerical_one_does_not(path: Any) -> None:
    before, after = document(), canonical.document(changed(CONTENT, path))
    made, _signed = samples.statement(before)

    assert canonical.digest(after) != canonical.digest(before)
    if path[0] == "public_id":
        return
    assert signatures.stands(made, after) == (path in CLERICAL)
    said = canonical.changes(before, after)
    assert [is_material for _place, is_material in said] == (
        [] if path == ("version",) else [path not in CLERICAL] * len(said)
    )


def test_every_clerical_leaf_is_one_of_the_document() -> None:
    assert set(PATHS) >= CLERICAL


@pytest.mark.parametrize("at", [0, 1])
def test_a_clause_that_is_taken_out_or_moved_is_a_material_change(at: int) -> None:
    made, _signed = samples.statement(document())
    fewer = content(clauses=[CONTENT["clauses"][at]])
    moved = content(clauses=CONTENT["clauses"][::-1])

    for other in (fewer, moved):
        after = canonical.document(other)
        assert not signatures.stands(made, after)
        assert any(is_material for _place, is_material in canonical.changes(document(), after))


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"version": 1.5}, "number"),
    ({"version": True}, "number"),
    ({"clauses": "none"}, "list"),
    ({"clauses": [{"id": "a"}]}, "write id, title"),
    ({"clauses": CONTENT["clauses"] * 2}, "twice"),
    ({"parties": [{"role": "host"}]}, "organisation"),
    ({"format": "another/1"}, "format"),
    ({"more": 0.5}, "whole number"),
    ({"more": 2**53}, "whole number"),
    ({"more": {"a b": 1}}, "name has"),
    ({"more": "left\u202eright"}, "invisible"),
    ({"more": "a\x00b"}, "invisible"),
    ({"more": "\ud800"}, "invisible"),
]


@pytest.mark.parametrize(("more", "words"), WRONG)
def test_what_others_might_read_differently_is_refused(more: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        canonical.document(content(**more))


def test_deep_and_large_documents_are_refused() -> None:
    deep: Any = 1
    for _turn in range(20):
        deep = [deep]
    with pytest.raises(ValueError, match="deep"):
        canonical.document(content(more=deep))
    with pytest.raises(ValueError, match="at most"):
        canonical.document(content(more="x" * canonical.MOST_BYTES))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.replace(b'"version":3', b'"version":2,"version":3'),
        lambda data: data.replace(b'"version":3', b'"version": 3'),
        lambda data: data.replace(b'"version":3', b'"version":3.0'),
        lambda data: data + b" ",
        lambda data: json.dumps(json.loads(data)).encode(),
        lambda data: b"[" * 100_000,
        lambda data: b"\xff",
        lambda data: b"{}",
    ],
)
def test_bytes_that_only_mean_the_same_are_no_version(spoil: Any) -> None:
    with pytest.raises(ValueError):
        canonical.read(spoil(document()))


@given(some.text(max_size=80))
def test_a_cleaned_text_can_always_be_signed(text: str) -> None:
    clean = canonical.clean(text)

    assert canonical.read(document(title=clean))["title"] == clean


def test_standard_json_writes_the_same_bytes() -> None:
    """Which is what the verifier without libraries relies on."""
    words = 'Ķēķis "quoted" \\ / \n\t ñ 漢字 𝄞 \u00ad'
    data = document(title=words)

    plain = json.dumps(json.loads(data), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert plain.encode() == data


def test_the_largest_memorandum_is_hashed_in_time() -> None:
    parties = [
        {"role": "partner", "organisation": f"School {n}", "public_id": f"p{n}"} for n in range(186)
    ]
    clauses = [{**CONTENT["clauses"][0], "id": f"c{n}", "text": "word " * 480} for n in range(400)]
    large = content(parties=parties, clauses=clauses)
    began = time.process_time()
    data = canonical.document(large)
    canonical.digest(canonical.material(data))
    taken = time.process_time() - began

    assert len(data) > 900_000
    assert taken < 1.0  # the promise is 50 ms for the hash; a busy machine gets room


# Personal values


def test_an_erased_value_leaves_hash_and_signature_as_they_were() -> None:
    personal = content()
    personal["clauses"][0]["personal"] = ["tutor"]
    personal["clauses"][1]["personal"] = ["phone"]
    hidden, opened = commitments.hide(personal)
    data = canonical.document(hidden)
    made, _signed = samples.statement(data)

    assert b"Kim" not in data and b"+49 1" not in data
    shown = commitments.show(canonical.read(data), opened)
    assert shown["clauses"][0]["values"]["tutor"] == "Kim"
    assert shown["clauses"][1]["values"]["phone"] == {"party1": "+49 1", "party2": "+44 2"}
    erased = commitments.show(canonical.read(data), [])
    assert erased["clauses"][0]["values"]["tutor"] is None
    assert signatures.verify(made, {}, {canonical.digest(data): data}) == []


def test_a_value_that_stays_keeps_its_salt() -> None:
    personal = content()
    personal["clauses"][0]["personal"] = ["tutor"]
    hidden, opened = commitments.hide(personal)
    again, _opened = commitments.hide(personal, opened)
    fresh, _others = commitments.hide(personal)

    assert again == hidden
    assert fresh != hidden


def test_a_value_cannot_be_passed_off_as_another() -> None:
    one = commitments.opened("assessment", "tutor", "Kim")
    other = commitments.Opened("assessment", "mentor", one.value, one.salt)

    assert other.commitment != one.commitment
    with pytest.raises(ValueError, match="salt"):
        commitments.commit("a", "b", "c", "short")


# Statements


def test_a_signature_says_what_was_signed_for_whom_and_how() -> None:
    made, signed = samples.statement(document(), 2)
    said = signatures.read(made)

    assert (said["agreement"], said["version"], said["party"]) == ("agreement1", 3, "party2")
    assert (said["role"], said["organisation"]) == ("host", "College Sample")
    assert said["signed_at"] == "2026-11-20T12:00:00Z"
    assert b"Signer 2" not in made
    assert signatures.verify(made, {}, {said["document"]: document()}, signed.signer) == []


@pytest.mark.parametrize(
    "more", [{"party": "party9"}, {"level": "qualified"}, {"proof": {}}], ids=str
)
def test_a_statement_that_does_not_fit_is_not_made(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        samples.statement(document(), **more)


def test_another_name_than_the_signer_is_found() -> None:
    made, signed = samples.statement(document())
    assert signed.signer
    other = signatures.signer("signature1", "Somebody else", salt=signed.signer.salt)

    versions = {canonical.digest(document()): document()}
    assert signatures.verify(made, {}, versions, other) == ["signer"]
    assert signatures.verify(made, {}, {}, signed.signer) == ["document"]
    assert signatures.verify(made + b" ", {}, versions) == ["statement"]
