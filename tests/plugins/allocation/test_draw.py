"""The draw that anyone can check, who takes a place that came free, and what is told to whom."""

from __future__ import annotations

import copy
import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from plugins.allocation import rules
from plugins.allocation.cli import group
from plugins.allocation.rules.board import Layout
from plugins.allocation.rules.checking import seated
from plugins.allocation.rules.greedy import in_row
from plugins.allocation.rules.tickets import named, result_of
from portal.errors import Invalid
from tests.plugins.allocation.pools import DATA, large_settings, made_up, stored

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "docs" / "examples" / "verify_draw.py"
OFFERED = ROOT / "plugins" / "roundtables" / "static" / "roundtables" / "verify_draw.txt"
BEACON = "c0ffee" * 10 + "beef"


@cache
def result() -> rules.Result:
    """Allocate a small pool by the plain method, once."""
    return rules.allocate(*stored("synthetic_vet_100"), plain=True, tickets=100)


@cache
def published() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json.dumps(rules.published(result(), BEACON)))
    return found


# Manipulations: what somebody could change in a published result, its list or its settings.


def _swap_people(data: dict[str, Any], pool: list[str], settings: dict[str, Any]) -> None:
    inside = {code for code, _table in data["tickets"][3]}
    data["tickets"][3][0][0] = next(code for code in data["chances"] if code not in inside)


def _swap_tickets(data: dict[str, Any], pool: list[str], settings: dict[str, Any]) -> None:
    tickets, drawn = data["tickets"], data["drawn"]
    tickets[drawn], tickets[0] = tickets[0], tickets[drawn]


def _raise_cap(data: dict[str, Any], pool: list[str], settings: dict[str, Any]) -> None:
    settings["tables"]["T1"] += 2


def _drop_person(data: dict[str, Any], pool: list[str], settings: dict[str, Any]) -> None:
    del pool[5]


def _raise_chance(data: dict[str, Any], pool: list[str], settings: dict[str, Any]) -> None:
    data["chances"][data["tickets"][0][0][0]] += 0.01


def _draw_another(data: dict[str, Any], pool: list[str], settings: dict[str, Any]) -> None:
    data["drawn"] = (data["drawn"] + 1) % len(data["tickets"])


def _change_the_value(data: dict[str, Any], pool: list[str], settings: dict[str, Any]) -> None:
    data["beacon"] = data["beacon"][::-1]


def _change_a_group(data: dict[str, Any], pool: list[str], settings: dict[str, Any]) -> None:
    pool[7] = pool[7].replace(",no,", ",yes,", 1)


MANIPULATIONS: list[Callable[[dict[str, Any], list[str], dict[str, Any]], None]] = [
    _swap_people,
    _swap_tickets,
    _raise_cap,
    _drop_person,
    _raise_chance,
    _draw_another,
    _change_the_value,
    _change_a_group,
]


def files(tmp_path: Path, change: Any = None) -> list[str]:
    """Write result, list and settings, changed by somebody; return their names."""
    data = copy.deepcopy(published())
    pool = (DATA / "synthetic_vet_100.csv").read_text().splitlines()
    settings = {"tables": {"T1": 8, "T2": 8, "T3": 8}, "org_cap": 1}
    if change is not None:
        change(data, pool, settings)
    names = [tmp_path / name for name in ("result.json", "pool.csv", "settings.json")]
    for path, text in zip(
        names, (json.dumps(data), "\n".join(pool), json.dumps(settings)), strict=True
    ):
        path.write_text(text)
    return [str(path) for path in names]


def test_an_honest_result_passes_both_verifiers(tmp_path: Path) -> None:
    names = files(tmp_path)

    done = CliRunner().invoke(group, ["verify", *names])
    script = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            str(SCRIPT),
            *names,
            "--published",
            published()["hashes"]["all"],
        ],
        capture_output=True,
        text=True,
    )

    assert done.exit_code == 0, done.output
    assert script.returncode == 0, script.stdout + script.stderr


@pytest.mark.parametrize("change", MANIPULATIONS)
def test_each_manipulation_is_found_by_both_verifiers(change: Any, tmp_path: Path) -> None:
    names = files(tmp_path, change)

    done = CliRunner().invoke(group, ["verify", *names, "--json"])
    script = subprocess.run(
        [sys.executable, "-I", "-S", str(SCRIPT), *names], capture_output=True, text=True
    )

    assert done.exit_code == 1
    assert json.loads(done.output)["wrong"]
    assert script.returncode == 1
    assert script.stdout.strip()


def test_what_was_published_before_binds_whoever_writes_all_hashes_anew(tmp_path: Path) -> None:
    other = rules.published(
        rules.allocate(*stored("synthetic_vet_100"), seed="chosen", plain=True, tickets=20), BEACON
    )
    path = tmp_path / "result.json"
    path.write_text(json.dumps(other))
    bound = published()["hashes"]["all"]

    done = subprocess.run(
        [sys.executable, "-S", str(SCRIPT), str(path), "--published", bound],
        capture_output=True,
        text=True,
    )

    assert "published before" in done.stdout


def test_the_script_is_short_and_fast_and_needs_nothing(tmp_path: Path) -> None:
    pool, settings = made_up(2_000, 2001), large_settings()
    layout, chance = Layout(pool, settings), random.Random(1)
    order, tickets = list(range(2_000)), []
    for _ticket in range(50):
        chance.shuffle(order)
        tickets.append(in_row(layout, order[:700]).pairs())
    found = result_of(layout, tickets * 20, (0.0, 0.0))
    (tmp_path / "result.json").write_text(json.dumps(rules.published(found, BEACON)))
    lines = ["id,order,org,choices," + ",".join(settings.features)]
    for p in pool.people:
        cells = [p.id, str(p.order), p.org, " ".join(p.choices), *p.features.values()]
        lines.append(",".join(cells))
    (tmp_path / "pool.csv").write_text("\n".join(lines))
    program = f"""
import runpy, sys, time
sys.argv = ["verify_draw.py", {str(tmp_path / "result.json")!r}, {str(tmp_path / "pool.csv")!r}]
started = time.process_time()
try:
    runpy.run_path({str(SCRIPT)!r}, run_name="__main__")
finally:
    print(time.process_time() - started)
"""

    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True)

    says, seconds = done.stdout.splitlines()
    assert says.startswith("All is right")
    assert float(seconds) <= 1.0
    assert len(SCRIPT.read_text().splitlines()) <= 150


# Random values


def test_a_ticket_is_the_hash_of_value_and_event_modulo_their_number() -> None:
    assert rules.draw(result(), "00ff") == rules.draw(result(), " 00FF ")
    assert 0 <= rules.draw(result(), BEACON) < 100
    with pytest.raises(Invalid, match="hexadecimal"):
        rules.draw(result(), "my lucky number")


def test_a_beacon_must_be_of_the_announced_round_and_fit_its_signature() -> None:
    answer = {
        "round": 1000,
        "signature": "ab" * 48,
        "randomness": "5a4ec7e0ce5b5bfcaf6d3d0fdb1d5e6b6b1a38b1e3b3d3de6a3a3a3a3a3a3a3a",
    }

    with pytest.raises(Invalid, match="does not fit"):
        rules.read_beacon(json.dumps(answer), 1000)
    with pytest.raises(Invalid, match="round 1001 was announced"):
        rules.read_beacon(json.dumps(answer), 1001)
    with pytest.raises(Invalid, match="64"):
        rules.read_beacon("abc", 1000)
    with pytest.raises(Invalid, match="not the answer"):
        rules.read_beacon("{}", 1000)
    assert rules.read_beacon(BEACON.upper(), 1000) == BEACON
    fitting = answer | {"randomness": __import__("hashlib").sha256(b"\xab" * 48).hexdigest()}
    assert rules.read_beacon(json.dumps(fitting), 1000) == fitting["randomness"]


def test_a_round_lies_after_the_moment_it_is_announced_for() -> None:
    when = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    number = rules.round_after(when)

    assert 0 < 1_692_803_367 + (number - 1) * 3 - when.timestamp() <= 3


def test_witnesses_make_the_value_together_and_none_can_change_theirs() -> None:
    secrets = ["the host's words", "first witness", "second witness"]
    seals = [rules.sealed(secret) for secret in secrets]

    assert len(rules.revealed(seals, secrets)) == 64
    with pytest.raises(Invalid, match="Secret 2"):
        rules.revealed(seals, [secrets[0], "another", secrets[2]])
    with pytest.raises(Invalid):
        rules.revealed(seals[:1], secrets[:1])


def test_hashes_verify_after_the_records_are_deleted() -> None:
    data = copy.deepcopy(published())

    assert rules.check(data) == []
    data["leaves"] = data["leaves"][1:]
    assert rules.check(data) != []


def test_a_salt_makes_a_record_impossible_to_guess() -> None:
    person = stored("synthetic_vet_100")[0].people[0]
    salted = rules.Person(
        person.id, person.order, person.org, person.features, person.choices, "f00d"
    )

    assert rules.leaf(person) != rules.leaf(salted)


@pytest.mark.parametrize("broken", [{}, {"tickets": 3}, {"hashes": {}}, {"leaves": None}])
def test_a_broken_result_is_refused_in_words(broken: dict[str, Any]) -> None:
    wrong = rules.check(published() | broken) if broken else rules.check({})

    assert len(wrong) >= 1


# Replacement


@pytest.mark.parametrize("name", ["opencon2015_300", "synthetic_vet_100"])
def test_a_quarter_of_the_places_come_free_and_breadth_stays(name: str) -> None:
    pool, settings = stored(name)
    layout = Layout(pool, settings)
    found = rules.allocate(pool, settings, plain=True, tickets=20)
    chance, drawn, after = random.Random(4), 0.0, 0.0
    for ticket in found.tickets:
        gone = {code for code, _table in chance.sample(ticket, len(ticket) // 4)}
        left = [seat for seat in ticket if seat[0] not in gone]
        called = rules.replace(pool, settings, left, gone, BEACON)
        board, wrong = seated(layout, [*left, *called])
        assert wrong == ""
        assert len(left) + len(called) == len(ticket)
        assert not gone & {code for code, _table in called}
        drawn += seated(layout, ticket)[0].coverage()
        after += board.coverage()

    assert after >= drawn - 0.03 * found.coverage.best * len(found.tickets)


def test_replacement_can_be_replayed_step_by_step() -> None:
    pool, settings = stored("synthetic_vet_100")
    ticket = result().tickets[rules.draw(result(), BEACON)]
    gone, left = {code for code, _table in ticket[:5]}, list(ticket[5:])

    at_once = rules.replace(pool, settings, left, gone, BEACON)
    for seat in at_once:
        line = rules.standing(pool, settings, left, gone, BEACON)
        assert line[seat[0]][seat[1]] == 1
        assert rules.replace(pool, settings, left, gone, BEACON, most=1) == [seat]
        left.append(seat)

    assert rules.replace(pool, settings, left, gone, BEACON) == []


def test_the_lottery_number_breaks_ties() -> None:
    people = tuple(rules.Person(f"p{n}", n, "", {"a": "same"}, ("A",)) for n in range(9))
    settings = rules.Settings(tables={"A": 2}, features=("a",))

    called = rules.replace(rules.Pool(people), settings, [("p0", "A")], (), BEACON)

    numbers = {p.id: rules.lottery_number(BEACON, p.id) for p in people[1:]}
    assert called == [(min(numbers, key=lambda code: numbers[code]), "A")]


# Explanations


def test_an_explanation_of_everybody_equals_a_recount_of_the_tickets() -> None:
    found = result()
    for person in found.pool.people:
        told = rules.explain(found, person.id)
        mine = [dict(ticket).get(person.id) for ticket in found.tickets]

        assert told.held == sum(table is not None for table in mine)
        assert told.chance == found.chances[person.id]
        assert told.by_table == {table: mine.count(table) for table in person.choices}
        for group_ in told.groups:
            seats = [
                sum(
                    found.pool.by_id[code].features[group_.feature] == group_.value
                    for code, _table in ticket
                )
                for ticket in found.tickets
            ]
            assert (group_.fewest, group_.most) == (min(seats), max(seats))
            assert group_.mean == pytest.approx(sum(seats) / len(seats))
        mates = {p.id for p in found.pool.people if p.org == person.org} - {person.id}
        blocked = sum(
            person.id not in dict(ticket)
            and any(code in mates and table in person.choices for code, table in ticket)
            for ticket in found.tickets
        )
        assert told.colleagues == blocked
        assert ("organisation" in told.limits) == bool(blocked)


# Spreadsheet mode


def run(*words: str) -> Any:
    return CliRunner().invoke(group, list(words))


def test_a_list_is_allocated_and_verified_on_the_command_line(tmp_path: Path) -> None:
    rows = ["id,org,country,choices"]
    rows += [f"p{n},o{n % 9},{'ABCD'[n % 4]},T1 T2" for n in range(30)]
    pool, settings, out = tmp_path / "pool.csv", tmp_path / "settings.json", tmp_path / "out.json"
    pool.write_text("\n".join(rows))
    settings.write_text('{"tables": {"T1": 4, "T2": 4}, "org_cap": 1}')

    done = run(
        "allocate", str(pool), "--settings", str(settings), "--out", str(out),
        "--seed", "2a", "--epsilon", "0.2", "--json",
    )  # fmt: skip
    data = json.loads(out.read_text())
    again = run("verify", str(out), str(pool), str(settings))

    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["fill"] == data["fill"] == 8
    assert len(data["tickets"]) == 1_000
    assert data["settings"]["epsilon"] == 0.2
    assert data["beacon"] == "2a"
    assert data["tickets"][data["drawn"]]
    assert again.exit_code == 0, again.output


@pytest.mark.parametrize(
    ("pool", "settings", "says"),
    [
        ("id,choices\np1,T9", '{"tables": {"T1": 4}}', "T9"),
        ("id,choices\np1,T1\np1,T1", '{"tables": {"T1": 4}}', "p1"),
        ("name,choices\np1,T1", '{"tables": {"T1": 4}}', "id"),
        ("id,choices\np1,T1,x", '{"tables": {"T1": 4}}', "Line 2"),
        ("id,order,choices\np1,first,T1", '{"tables": {"T1": 4}}', "order"),
        ("id,choices\np1,T1", "{", "JSON"),
        ("id,choices\np1,T1", "[]", "tables"),
        ("id,choices\np1,T1", '{"tables": {"T1": 4}, "features": ["town"]}', "town"),
        ("id,choices\np1,T1", '{"tables": {"T1": "4"}}', "whole number"),
        ("id,choices\np1,T1", '{"tables": {"T1": 4}, "floors": [3]}', "can't be read"),
    ],
)
def test_what_cannot_be_read_is_named(pool: str, settings: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "pool.csv").write_text(pool)
    (tmp_path / "settings.json").write_text(settings)

    done = run(
        "allocate", str(tmp_path / "pool.csv"), "--settings", str(tmp_path / "settings.json"),
        "--out", str(tmp_path / "out.json"),
    )  # fmt: skip

    assert isinstance(done.exception, Invalid)
    assert says in done.exception.message
    assert not (tmp_path / "out.json").exists()


def test_named_tickets_read_like_the_list() -> None:
    layout = Layout(*stored("synthetic_vet_100"))

    assert named(layout, [(0, layout.wants[0][0])])[0][0] == layout.ids[0]


def test_a_draw_without_a_value_names_no_ticket() -> None:
    data = rules.published(result())

    assert data["drawn"] is None
    assert rules.check(data) == []


def test_the_script_that_the_page_of_a_draw_offers_is_the_one_that_is_documented() -> None:
    if OFFERED.parent.exists():  # the pages are a plugin of their own
        assert OFFERED.read_text(encoding="utf-8") == SCRIPT.read_text(encoding="utf-8")
