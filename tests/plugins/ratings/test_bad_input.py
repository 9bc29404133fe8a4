"""What is sent twice, at once, too late or by somebody else: a clear answer, nothing lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from plugins.ratings import giving, queries, releasing
from plugins.ratings.models import Answer, Dispute, Ending, Invitation, Rating, Text
from portal import db
from portal.errors import Conflict
from tests.factories import make_account, make_member, post, sign_in
from tests.plugins.ratings.test_rating import fields, several
from tests.plugins.ratings.world import World, link_in, mails
from tests.visiting import Visitor

WORDS = "These words took me half an hour."


def stored() -> tuple[int, int, int]:
    """Return how many ratings, answers and words there are."""
    return Rating.select().count(), Answer.select().count(), Text.select().count()


def test_a_forwarded_link_rates_once_and_for_the_participant_alone(world: World) -> None:
    ending = world.ask(learners=1)
    path, row = link_in(mails("ratings/rate")[0]), world.invitation(ending, "learner")
    learner, friend = world.app.test_client(), world.app.test_client()
    teacher = sign_in(world.app.test_client(), world.people["School"])
    sent = {**fields(world, row), "host-text": WORDS}
    for client in (learner, friend, teacher):
        assert "Send and seal" in Visitor(client)(path).text
    assert post(teacher, path, **sent).status_code == 303
    for client in (learner, friend):
        late = post(client, path, "/account/sign-in", **sent)
        assert late.status_code == 409 and "was rated already" in late.text
        assert WORDS in late.text
    assert stored() == (1, len(sent) - 1, 1)
    assert (Rating.get().account_id, Text.get().account_id) == (None, None)


def test_two_tabs_of_one_person_store_one_rating_and_keep_the_other_text(world: World) -> None:
    ending = world.ask()
    path = f"/ratings/give/{world.invitation(ending, 'sending').public_id}"
    school = sign_in(world.app.test_client(), world.people["School"])
    sent = fields(world, world.invitation(ending, "sending"))
    tabs = [Visitor(school)(path) for _tab in range(2)]
    assert all("Send and seal" in tab.text for tab in tabs)
    assert post(school, path, **sent).status_code == 303
    second = post(school, path, "/account/", **{**sent, "host-text": WORDS})
    assert second.status_code == 409
    assert WORDS in second.text and "was rated already" in second.text
    assert stored() == (1, len(sent), 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host-documents": "6"},
        {"host-documents": "-1"},
        {"host-documents": "4.5"},
        {"host-documents": "four"},
        {"host-documents": ["5", "1"], "host-communication": ""},
        {"host-text": f"{WORDS} " * 60},
        dict.fromkeys(("host-documents", "host-assessment", "host-communication"), "0"),
    ],
    ids=str,
)
def test_what_is_wrong_in_a_form_is_refused_and_kept(world: World, wrong: dict[str, Any]) -> None:
    ending = world.ask()
    path = f"/ratings/give/{world.invitation(ending, 'sending').public_id}"
    school = sign_in(world.app.test_client(), world.people["School"])
    sent = {**fields(world, world.invitation(ending, "sending")), "host-text": WORDS}
    refused = post(school, path, **{**sent, **wrong})
    assert refused.status_code == 422
    assert WORDS in refused.text and 'class="summary"' in refused.text
    assert stored() == (0, 0, 0)


def test_a_late_rating_a_late_answer_and_a_late_dispute_keep_their_words(world: World) -> None:
    (first,) = several(world, raters=1, learners=0)
    rated, ending = Rating.get(Rating.role == "sending"), world.ask(sending="Late")
    row = world.invitation(ending, "sending")
    world.clock.moment = ending.opens_at
    late = sign_in(world.app.test_client(), world.people["Late"])
    path = f"/ratings/give/{row.public_id}"
    answer = post(late, path, "/account/", **fields(world, row), **{"host-text": WORDS})
    assert answer.status_code == 409 and "time for rating this placement is over" in answer.text
    assert WORDS in answer.text
    world.clock.moment = Ending.get_by_id(first.id).released_at + timedelta(days=92)
    bakery = sign_in(world.app.test_client(), world.people["Bakery"])
    for act, more in (("reply", {}), ("dispute", {"reason": "untrue"})):
        path = f"/ratings/received/{rated.public_id}"
        answer = post(bakery, f"{path}/{act}", "/account/", text=WORDS, **more)
        assert answer.status_code == 409 and "this rating is over" in answer.text
        assert WORDS in answer.text
    assert not Dispute.select().exists() and not Text.select().exists()


def at_once(world: World, *acts: Callable[[], Any]) -> list[Any]:
    """Do things at the same moment, each over a connection of its own; return what came of each."""
    came: list[Any] = [None] * len(acts)
    start = Barrier(len(acts))

    def run(at: int) -> None:
        with world.app.app_context():
            db.database.connect(reuse_if_open=True)
            start.wait(20)
            try:
                came[at] = acts[at]()
            except Conflict as error:
                came[at] = error
            finally:
                db.database.close()

    threads = [Thread(target=run, args=(at,)) for at in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return came


def test_both_sides_at_once_and_the_release_between_them_lose_nothing(any_world: World) -> None:
    world = any_world
    colleague = make_account(world.app)
    endings = [world.ask() for _stay in range(3)]
    make_member(world.organisations["School"], colleague, "OrgEditor")
    for ending in endings:
        rows = [world.invitation(ending, side) for side in ("sending", "sending", "host")]
        chosen = [{part.rated_role: dict.fromkeys(part.criteria, 4) for part in queries.parts(row)}
                  for row in rows]  # fmt: skip

        def rating(at: int, rows: Any = rows, chosen: Any = chosen) -> None:
            giving.rate(world.ctx, rows[at], chosen[at], {})

        came = at_once(
            world,
            lambda rate=rating: rate(0),
            lambda rate=rating: rate(1),  # a colleague, in the same second
            lambda rate=rating: rate(2),
            lambda: releasing.release(world.ctx),
        )
        refused = [one for one in came[:3] if isinstance(one, Conflict)]
        assert len(refused) == 1 and came[2] is None
    releasing.release(world.ctx)
    assert Rating.select().count() == 2 * len(endings)
    assert {row.state for row in Rating.select()} == {"published"}
    assert Invitation.select().where(Invitation.answered_at.is_null()).count() == 0
    totals = queries.totals(world.organisation("Bakery").id)
    assert (totals["received"], totals["published"]) == (3, 3)
