"""No path creates a rating without an ended mobility; two snapshots differ by whole cells."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date, timedelta
from itertools import combinations, pairwise
from random import Random

import pytest

from plugins.ratings import cells, cli, giving, inviting, queries, releasing, rows
from plugins.ratings.models import Ending, Invitation, Rating
from plugins.ratings.rowsfile import LEARNER, Row
from portal.errors import PortalError
from tests.factories import csrf_token, make_account, sign_in
from tests.plugins.ratings.world import World

ANSWERS = {"host-tutoring": "5", "host-again": "5", "stars": "5", "rating": "5"}
ENDS = (date(2026, 11, 13), date(2027, 1, 15))
PLANS = "title,host,starts_on,ends_on,stars,rating\nStay,bakery,2026-01-05,2026-01-30,5,5\n"


def sent(world: World, number: int, kind: str = "Member") -> int:
    """Send every form of the portal that names ratings or mobilities, with stars in it."""
    client = world.app.test_client()
    account = world.people["School"] if kind == "Member" else make_account(world.app, role=kind)
    sign_in(client, account)
    token, tried = csrf_token(client, "/account/"), 0
    for rule in world.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.endpoint.split(".")[0].startswith("static"):
            continue
        if not any(
            word in rule.rule for word in ("ratings", "mobilities", "stay", "api", "import")
        ):
            continue
        values = dict.fromkeys(rule.arguments, str(number))
        for name, converter in rule._converters.items():
            values[name] = next(iter(getattr(converter, "items", ())), values[name])
        with world.app.test_request_context():
            path = world.app.url_map.bind("localhost").build(rule.endpoint, values, "POST")
        data = {"csrf_token": token, **ANSWERS, "table": PLANS, "file": (io.BytesIO(b"x"), "x.csv")}
        assert client.post(path, data=data).status_code < 500, path
        assert client.post(path, json=ANSWERS).status_code < 500, path
        tried += 2
    return tried


@pytest.mark.parametrize("who", ["Member", "SiteAdmin"])
def test_no_form_no_api_and_no_import_creates_a_rating(world: World, who: str) -> None:
    going_on = world.stay(outcome="")
    assert inviting.ask(world.ctx, going_on.id) is None
    tried = sent(world, going_on.id, who)
    assert tried > 20
    assert (Rating.select().count(), Ending.select().count()) == (0, 0)


def test_the_command_line_only_reads(world: World) -> None:
    assert set(cli.group.commands) == {"score", "export"}


def test_only_a_side_that_was_asked_rates(world: World) -> None:
    ending = world.ask()
    made_up = Invitation(id=99, ending=ending.id, role="sending", public_id="x", organisation=1)
    with pytest.raises(PortalError):
        giving.rate(world.ctx, made_up, {"host": {"tutoring": 5}}, {})
    assert not Rating.select().exists()
    world.rate(ending, "sending")  # the proof sees one that is right
    assert Rating.select().count() == 1


Snapshot = dict[str, Row]


def snapshot(world: World) -> Snapshot:
    """Return what the public file says of participants, by the ids of its rows."""
    return {row.rating_id: row for row in rows.released(world.ctx) if row.role == LEARNER}


def counted(world: World) -> dict[str, int]:
    """Return how many answers the public page of the host has, by question."""
    means = queries.learner_means(world.organisation("Bakery").id)
    return {name: count for name, (_mean, count) in means.items()}


def changed(one: Snapshot, other: Snapshot) -> Counter[tuple[object, ...]]:
    """Return how many rows are in one snapshot alone, by pair, question and quarter."""
    return Counter(
        (row.rater_organisation, row.rated_organisation, row.criterion, row.mobility_ended_on)
        for number, row in one.items()
        if number not in other
    )


def differencing(world: World, seed: int, steps: int) -> int:
    """Compare each two snapshots, one after each deed; returns how many deeds changed something."""
    chance, taken, pages = Random(seed), [Snapshot()], [dict[str, int]()]

    def look() -> None:
        taken.append(snapshot(world))
        pages.append(counted(world))

    for at in range(steps):
        more = {"sending": chance.choice(["School", "College"]), "ends_on": chance.choice(ENDS)}
        ending = world.ask(learners=chance.randint(1, 5), **more)
        people = (Invitation.ending == ending.id, Invitation.role == LEARNER)
        for number in range(Invitation.select().where(*people).count()):
            world.rate(ending, LEARNER, chance.randint(1, 5), number)
        world.clock.moment += timedelta(days=31)
        releasing.release(world.ctx)
        look()
        if at % 3 == 2:
            row = chance.choice(list(Rating.select().where(Rating.state == "published")))
            giving.withdraw(world.ctx, row.invitation)
            look()
    for before, after in combinations(taken, 2):
        for some in (changed(before, after), changed(after, before)):
            assert all(count >= 3 for count in some.values())
        assert all(before[number] == after[number] for number in before.keys() & after.keys())
    for old, new in pairwise(pages):
        moves = [abs(old.get(name, 0) - new.get(name, 0)) for name in old | new]
        assert all(move == 0 or move >= 3 for move in moves)
    return sum(before != after for before, after in pairwise(taken))


def test_two_snapshots_of_the_file_differ_by_three_participants_or_more(world: World) -> None:
    assert differencing(world, 5, 6) > 1


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(4))
def test_so_do_those_of_long_histories(any_world: World, seed: int) -> None:
    assert differencing(any_world, seed, 40) > 10


def test_cells_of_one_would_be_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = cells.new_cells
    monkeypatch.setattr(cells, "new_cells", lambda waiting, _smallest: plain(waiting, 1))
    with pytest.raises(AssertionError):
        differencing(world, 5, 6)
