"""Bundles: they hold, every manipulation shows, here and in the script without libraries."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from plugins.evidence import bundle, canonical, signatures
from plugins.evidence.bundle import Signed
from portal import merkle
from tests.plugins.evidence import bundles, samples
from tests.plugins.signin.authenticator import Passkey

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "docs" / "examples" / "verify_agreement.py"
FIRST = Path(__file__).with_name("first_release.json")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The verifier that needs nothing but Python."""
    module = ModuleType("verify_agreement")
    exec(compile(SCRIPT.read_text("utf-8"), SCRIPT, "exec"), vars(module))
    return module


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    """A bundle that holds, as JSON."""
    found: dict[str, Any] = json.loads(bundle.write(bundles.made()))
    return found


def whole(found: dict[str, Any], head: str = "") -> bool:
    """Whether the portal says that a bundle holds, with all signatures."""
    try:
        report = bundle.verify(bundle.read(json.dumps(found).encode()), head)
    except ValueError:
        return False
    return report.is_whole and not report.missing


def holds(script: ModuleType, found: dict[str, Any], head: str = "") -> bool:
    """Whether the script says that a bundle holds, with all signatures."""
    try:
        return not script.check(found, head)[1]
    except Exception:
        return False


def test_a_bundle_holds(plain: dict[str, Any], script: ModuleType) -> None:
    report = bundle.verify(bundle.read(json.dumps(plain).encode()))

    assert list(report.faults) == []
    assert [one.said["party"] for one in report.standing] == ["party1", "party2"]
    assert list(report.missing) == []
    assert holds(script, plain)
    assert bundle.write(bundle.read(json.dumps(plain).encode())) == bundle.write(
        bundle.read(bundle.write(bundle.read(json.dumps(plain).encode())))
    )


def _documents(change: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], None]:
    """Change the newest text and put its right hash beside it."""

    def act(found: dict[str, Any]) -> None:
        item = found["documents"][-1]
        content = json.loads(item["text"])
        change(content)
        item["text"] = canonical.document(content).decode()
        item["hash"] = canonical.digest(item["text"].encode())

    return act


def _said(at: int, **more: Any) -> Callable[[dict[str, Any]], None]:
    """Change what a statement says, canonical as before."""

    def act(found: dict[str, Any]) -> None:
        said = json.loads(found["signatures"][at]["statement"])
        said.update(more)
        found["signatures"][at]["statement"] = signatures.rfc8785.dumps(said).decode()

    return act


def _entry(at: int, **more: Any) -> Callable[[dict[str, Any]], None]:
    def act(found: dict[str, Any]) -> None:
        said = json.loads(found["signatures"][at]["entry"]["text"])
        said.update(more)
        found["signatures"][at]["entry"]["text"] = signatures.rfc8785.dumps(said).decode()

    return act


def _swap(found: dict[str, Any]) -> None:
    one, other = found["signatures"][1:3]
    one["entry"], other["entry"] = other["entry"], one["entry"]


def _other_key(found: dict[str, Any]) -> None:
    document = found["documents"][1]["text"].encode()
    stranger = bundles.by_passkey(document, 2, Passkey())
    found["signatures"][2]["evidence"] = dict(stranger.evidence)


def _flip(found: dict[str, Any]) -> None:
    evidence = found["signatures"][2]["evidence"]
    data = bytearray(signatures.from_words(evidence["signature"]))
    data[-1] ^= 1
    evidence["signature"] = signatures.words(bytes(data))


MANIPULATIONS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a word of the text": lambda b: b["documents"][-1].update(
        text=b["documents"][-1]["text"].replace("assesses", "decides")
    ),
    "a material word with its hash": _documents(
        lambda c: c["clauses"][0]["text"].update(en="The host decides.")
    ),
    "a material number": _documents(lambda c: c["clauses"][0]["values"].update(days=15)),
    "clerical made of material": _documents(lambda c: c["clauses"][0].update(material=False)),
    "a party put in": _documents(lambda c: c["parties"].append({**c["parties"][0], "role": "x"})),
    "a party taken out": _documents(lambda c: c["parties"].pop()),
    "the same key twice": lambda b: b["documents"][-1].update(
        text=b["documents"][-1]["text"].replace('"version":4', '"version":9,"version":4')
    ),
    "an earlier text as the newest": lambda b: b["documents"].reverse(),
    "the role of a signer": _said(1, role="host"),
    "the organisation of a signer": _said(1, organisation="Somebody else"),
    "the time of signing": _said(1, signed_at="2025-01-01T00:00:00Z"),
    "the level": _said(1, level="outside", proof={"file": "sha256:00"}),
    "the party of a signature": _said(1, party="party2"),
    "the name of a signer": lambda b: b["signatures"][1]["signer"].update(value="Somebody else"),
    "a signature left out": lambda b: b["signatures"].pop(),
    "a signature twice": lambda b: b["signatures"].append(copy.deepcopy(b["signatures"][1])),
    "a void signature revived": lambda b: b["signatures"][0].update(voided_at=""),
    "a bit of a passkey's signature": _flip,
    "the key of a stranger": _other_key,
    "an entry of the log": _entry(1, more="2025-01-01"),
    "the place of an entry": lambda b: b["signatures"][1]["entry"].update(place=4),
    "entries swapped": _swap,
    "no entry at all": lambda b: b["signatures"][1].update(entry=None),
    "a step of a proof": lambda b: b["signatures"][1]["entry"]["path"].reverse(),
    "a proof that is too long": lambda b: b["signatures"][1]["entry"]["path"].append("00" * 32),
    "the root of the log": lambda b: b["log"].update(root="00" * 32),
    "the size of the log": lambda b: b["log"].update(size=4),
    "a personal value": lambda b: b["personal"].append(
        {"clause": "a", "name": "b", "value": "c", "salt": "0" * 32}
    ),
}


@pytest.mark.parametrize("manipulation", MANIPULATIONS)
def test_a_planted_manipulation_is_found(
    plain: dict[str, Any], script: ModuleType, manipulation: str
) -> None:
    found = copy.deepcopy(plain)
    MANIPULATIONS[manipulation](found)

    assert found != plain
    assert not whole(found)
    assert not holds(script, found)


def test_a_log_written_anew_shows_against_a_mailed_head(
    plain: dict[str, Any], script: ModuleType
) -> None:
    """Who holds database and key can make everything fit together, but not the mail of before."""
    mailed = plain["log"]["text"]
    other = bundles.made()
    forged = json.loads(bundle.write(other))

    assert whole(forged) and holds(script, forged)
    assert whole(plain, mailed) and holds(script, plain, mailed)
    assert not whole(forged, mailed)
    assert not holds(script, forged, mailed)


def test_a_clerical_correction_leaves_signatures(plain: dict[str, Any], script: ModuleType) -> None:
    found = copy.deepcopy(plain)
    _documents(lambda c: c["clauses"][1]["text"].update(en="May be mended."))(found)

    assert whole(found)
    assert holds(script, found)


def test_an_erased_name_leaves_the_signature(plain: dict[str, Any], script: ModuleType) -> None:
    found = copy.deepcopy(plain)
    found["signatures"][1]["signer"] = None

    assert whole(found)
    assert "(name erased)" in "".join(script.check(found)[0])


@pytest.mark.parametrize("count", [60, pytest.param(10_000, marks=pytest.mark.full)])
def test_random_edits_are_found_by_both_alike(
    plain: dict[str, Any], script: ModuleType, count: int
) -> None:
    """All that is checked is edited: texts, statements, evidence, entries, proofs."""
    chance = random.Random(count)
    free = {"portal", "made_at", "client_data", "log"}
    paths = [p for p in samples.leaves(plain) if not free & {str(key) for key in p}]
    paths = [p for p in paths if p[:2] != ("signatures", 0) and "salt" not in p[-2:-1]]
    paths = [p for p in paths if p[2:] != ("evidence", "salt")]
    for turn in range(count):
        path = chance.choice(paths)
        found = copy.deepcopy(plain)
        inner: Any = found
        for key in path[:-1]:
            inner = inner[key]
        inner[path[-1]] = _edited(inner[path[-1]], chance)
        assert not whole(found), path
        assert turn % 10 or not holds(script, found), path


def _edited(value: Any, chance: random.Random) -> Any:
    if isinstance(value, int):
        return value + chance.choice((-1, 1, 1000))
    if not value:
        return "x"
    at = chance.randrange(len(value))
    sign = chance.choice([sign for sign in "0aZ" if sign != value[at]])
    return value[:at] + sign + value[at + 1 :]


@given(some.binary(max_size=200) | some.text(max_size=200).map(str.encode))
def test_anything_else_is_no_bundle(data: bytes) -> None:
    with pytest.raises(ValueError):
        bundle.read(data)


@given(size=some.integers(1, 40), data=some.data())
def test_proofs_are_those_of_the_rfc(size: int, data: some.DataObject) -> None:
    proofs = pytest.importorskip("plugins.trust.proofs")
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(size)]
    place = data.draw(some.integers(1, size))

    path = bundle.paths(leaves, [place])[place]
    assert path == [step.hex() for step in proofs.inclusion(leaves, place - 1)]
    entry = bundle.Entry(chr(place - 1) if place < 129 else "", place, path)
    assert bundle.root_above(entry, size) == proofs.root_of(leaves).hex()


def test_every_way_of_signing_verifies(script: ModuleType) -> None:
    document = samples.document()
    for level, proof in (
        ("paper", {"scan": "sha256:00", "attested_by": "Lernhaus Probe"}),
        ("link", {}),
        ("outside", {"file": "sha256:00"}),
    ):
        one = samples.statement(document, 1, level, proof=proof)[1]
        noted, head = bundles.in_log([one, bundles.by_passkey(document, 2)])
        made = bundle.Bundle("https://portal.example", "", [document], noted, head=head)
        assert bundle.verify(made).is_whole
        assert holds(script, json.loads(bundle.write(made)))


def test_a_passkey_that_signed_another_version_is_refused() -> None:
    other = samples.document(title="Another")
    made = bundles.by_passkey(other, 1)
    statement, signed = samples.statement(
        samples.document(), 1, "passkey", proof=made.said["proof"]
    )

    versions = {canonical.digest(samples.document()): samples.document()}
    forged = Signed(statement, made.evidence, signed.signer)
    assert signatures.verify(statement, forged.evidence, versions, signed.signer) == ["key"]


# The script itself


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the script as anybody would, without the portal on the path."""
    command = [sys.executable, "-I", "-S", str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_script_needs_nothing_and_is_short() -> None:
    done = run(str(FIRST))

    assert done.returncode == 0, done.stderr
    assert "HOLDS" in done.stdout
    assert "Not proven" in done.stdout
    assert len(SCRIPT.read_text("utf-8").splitlines()) <= 200


def test_the_script_says_what_is_wrong_and_who_is_missing(
    plain: dict[str, Any], tmp_path: Path
) -> None:
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({**plain, "signatures": plain["signatures"][:2]}), "utf-8")
    fewer = run(str(file))
    file.write_text("{}", "utf-8")
    wrong = run(str(file))

    assert (fewer.returncode, "NOT SIGNED BY: College Sample" in fewer.stdout) == (2, True)
    assert (wrong.returncode, "DOES NOT HOLD" in wrong.stderr) == (1, True)
    assert run(str(tmp_path / "none.json")).returncode == 1


def test_the_bundle_of_the_first_release_verifies_for_ever(script: ModuleType) -> None:
    found = json.loads(FIRST.read_text("utf-8"))

    assert found["format"] == "tessera-bundle/1"
    assert whole(found)
    assert holds(script, found)
