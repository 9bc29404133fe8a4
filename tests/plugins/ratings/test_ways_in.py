"""No path creates a rating without an ended mobility; two snapshots differ by whole cells."""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import wraps
from itertools import combinations, pairwise
from pathlib import Path
from random import Random

import pytest
from flask import Flask

from plugins import ratings
from plugins.mobilities import interface as mobilities
from plugins.operation import demo
from plugins.ratings import cells, cli, giving, inviting, queries, releasing, rows
from plugins.ratings.models import Ending, Invitation, Rating
from plugins.ratings.rowsfile import LEARNER, Row
from portal import db
from portal.errors import PortalError
from portal.organisations.models import Organisation
from tests.factories import clocked, csrf_token, make_account, sign_in
from tests.plugins.ratings.world import Apart, World

ANSWERS = {"host-tutoring": "5", "host-again": "5", "stars": "5", "rating": "5"}
PLANS = "title,host,starts_on,ends_on,stars,rating\nStay,bakery,2026-01-05,2026-01-30,5,5\n"
ENDS = (date(2026, 11, 13), date(2027, 1, 15))
ABOUT = ("ratings", "mobilities", "stay", "api", "import")
LAST = ("account", "setup", "sign")
"""What may end the visit, or switch something off, is sent after everything else."""
WRITES = {"POST", "PUT", "PATCH", "DELETE"}


def sent(world: World, who: str, about: tuple[str, ...] = ABOUT) -> int:
    """Send stars to every address that writes and has one of these words, as form and as JSON.

    Addresses name a stay that goes on; returns how many were tried.
    """
    client = world.app.test_client()
    account = world.people.get(who) or make_account(world.app, role=who)
    sign_in(client, account)
    stay, tried = world.stay(outcome="", learners=1), 0
    assert inviting.ask(world.ctx, stay.id) is None
    token = csrf_token(client, "/account/")
    ids = "SELECT public_id FROM mobilities_mobility WHERE id = ?"
    ((mobility,),) = db.query(ids, (stay.mobility_id,))
    known = {"public_id": mobility, "placement_id": stay.public_id, "slug": "bakery"}
    known |= {"name": "mobilities_mobility", "step": "close"}
    found = [
        (rule, method)
        for rule in world.app.url_map.iter_rules()
        for method in sorted(WRITES & (rule.methods or set()))
        if any(word in rule.rule for word in about)
    ]
    for rule, method in sorted(found, key=lambda one: one[0].rule.startswith(LAST, 1)):
        values = {name: known.get(name, str(stay.id)) for name in rule.arguments}
        for name, converter in rule._converters.items():
            values[name] = next(iter(getattr(converter, "items", ())), values[name])
        with world.app.test_request_context():
            path = world.app.url_map.bind("localhost").build(rule.endpoint, values, method)
        data = {"csrf_token": token, **ANSWERS, "table": PLANS, "file": (io.BytesIO(b"x"), "x.csv")}
        assert client.open(path, method=method, data=data).status_code < 500, path
        assert client.open(path, method=method, json=ANSWERS).status_code < 500, path
        tried += 2
    return tried


def made() -> tuple[int, int]:
    """Return how many ratings there are, and placements about which somebody was asked."""
    return Rating.select().count(), Ending.select().count()


@pytest.mark.parametrize("who", ["School", "SiteAdmin"])
def test_no_form_no_api_and_no_import_creates_a_rating(world: World, who: str) -> None:
    world.organisation("School")
    assert sent(world, who) > 20
    assert made() == (0, 0)


@pytest.mark.full
@pytest.mark.timeout(900)
@pytest.mark.parametrize("who", ["", "School", "Bakery", "Reviewer", "SiteAdmin"])
def test_nothing_that_writes_in_any_plugin_does(
    make_portal: Callable[..., Flask], who: str
) -> None:
    app = make_portal()
    app.test_client_class = Apart
    with app.app_context():
        world = World(app)
        world.organisation("School")
        world.organisation("Bakery", "ES")
        assert sent(world, who or "Member", ("",)) > 400
        assert made() == (0, 0)


def test_a_page_that_takes_ratings_of_stays_that_go_on_would_be_found(world: World) -> None:
    genuine = world.app.view_functions["mobilities.edit"]

    @wraps(genuine)
    def careless(public_id: str) -> str:
        world.rate(world.ask(), "sending")
        return public_id

    world.app.view_functions["mobilities.edit"] = careless
    world.organisation("School")
    sent(world, "School", ("/edit",))
    assert made()[0] > 0


HOUSE = Path(ratings.__file__).parent
STORES = re.compile(
    r"\b(\w+)\.(?:create|insert|insert_many|insert_from|bulk_create|replace_many|save)\("
)
ROWS = re.compile(r"(?:INSERT|REPLACE)\s+(?:OR\s+\w+\s+)?INTO\s+(ratings_\w+)")


def stored_in(sources: Mapping[str, str]) -> set[tuple[str, str]]:
    """Return which module stores new rows of what."""
    return {
        (name, row)
        for name, text in sources.items()
        for row in STORES.findall(text) + ROWS.findall(text)
    }


def test_new_ratings_are_stored_in_one_place_and_so_are_ends() -> None:
    files = {str(path.relative_to(HOUSE).with_suffix("")): path for path in HOUSE.glob("**/*.py")}
    own = {name: path.read_text("utf-8") for name, path in files.items()}
    found = stored_in(own)
    assert {place for place, row in found if row in {"Rating", "Answer"}} == {"giving"}
    assert {place for place, row in found if row == "Ending"} == {"inviting"}
    assert {place for place, row in found if row == "Invitation"} == {"inviting", "demo"}
    others = {"Text", "Dispute", "Cell", "StoredScore", "ratings_touched", "ratings_voice"}
    assert {row for _place, row in found} <= {"Rating", "Answer", "Ending", "Invitation"} | others
    seeded = {"other": "of.create(stars=5)", "more": 'db.execute("INSERT INTO ratings_rating")'}
    assert stored_in(seeded) == {("other", "of"), ("more", "ratings_rating")}


def test_no_other_plugin_writes_into_the_tables_of_ratings() -> None:
    house = [*HOUSE.parent.glob("*/**/*.py"), *(HOUSE.parent.parent / "portal").glob("**/*.py")]
    texts = {str(path): path.read_text("utf-8") for path in house if HOUSE not in path.parents}
    assert not [name for name, text in texts.items() if ROWS.search(text)]
    called = re.compile(r"\bmobilities\.record\(")
    callers = {Path(name).parent.name for name, text in texts.items() if called.search(text)}
    assert callers <= {"cooperation"}, "who records stays that are over?"


@pytest.mark.full
@pytest.mark.timeout(300)
def test_all_ratings_of_the_demonstration_are_of_stays_that_are_over(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal()
    with app.app_context():
        app.extensions["portal"].registry.hooks.call("reference_load", clocked(app))
        demo.load(app)
        rated = [row.placement for row in Ending.select().join(Rating).distinct()]
        over = mobilities.ended(rated)
        assert len(rated) > 20
        assert set(over) == set(rated)
        today = clocked(app).clock.now().date()
        assert all((stay.ended_on or stay.ends_on) <= today for stay in over.values())
        sides = {row.rater_id for row in Rating.select()} | {
            row.rated_id for row in Rating.select()
        }
        real = Organisation.select().where(Organisation.id.in_(sides), ~Organisation.is_fictional)
        assert not real.exists()


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
