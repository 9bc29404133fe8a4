"""What programs and files know of mobilities: as much as the pages, and nobody's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask

from plugins.mobilities import tasklist
from plugins.mobilities.interface import record
from plugins.mobilities.models import Mobility
from plugins.tokens import service as tokens
from portal import db
from portal.people.models import Account
from tests.factories import clocked, make_account, make_member
from tests.plugins.mobilities.conftest import DAY, PERSON, TODAY, Browser, Pair, acting, make_pair

CANARIES = ("Canary", "@", "wheelchair", "Proof of")
PEOPLE: list[dict[str, Any]] = [
    PERSON | {"name": "Canary One", "is_minor": True, "guardian_email": "parent@home.example",
              "arrangements": "wheelchair"},
    PERSON | {"name": "Canary Two", "email": "two@school.example", "workplace": "Bakery",
              "workplace_email": "boss@bakery.example"},
]  # fmt: skip


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    return make_portal(plugins=["mobilities_api", "tokens"])


@pytest.fixture
def pair(app: Flask) -> Iterator[Pair]:
    with app.app_context():
        yield make_pair(app)


def bearer(pair: Pair, account: Account, organisation: str = "") -> dict[str, str]:
    """Return the header of a token that an account made, perhaps for one organisation alone."""
    ctx, name = acting(clocked(pair.app), account), f"test {organisation}"
    made = tokens.make_token(ctx, name=name, scope="read", organisation=organisation)
    return {"Authorization": f"Bearer {made[1]}"}


def asking(pair: Pair, account: Account, organisation: str = "") -> Callable[[str], Any]:
    """Return what asks the API with a token of an account."""
    headers = bearer(pair, account, organisation)

    def ask(path: str = "") -> Any:
        with pair.app.app_context():
            return pair.app.test_client().get(f"/api/v1/mobilities{path}", headers=headers)

    return ask


def group(pair: Pair, **more: Any) -> Mobility:
    """Plan a group with things that nobody else may know."""
    made = pair.agreed(kind="group", participants=PEOPLE, **more)
    ctx = acting(clocked(pair.app), pair.sender)
    tasklist.mark(ctx, made, "B11", "done", "Proof of Canary One", {"sending"})
    return made


def test_each_side_reads_a_mobility_and_nobody_else_knows_that_it_is_there(pair: Pair) -> None:
    made = group(pair)
    for account in (pair.sender, pair.receiver, pair.helper):
        ask = asking(pair, account)
        [item] = ask().json["items"]
        assert item["id"] == made.public_id and item["state"] == "agreed"
        whole = ask(f"/{made.public_id}").json
        assert {name: whole[name] for name in item} == item
        marked = next(step for step in whole["steps"] if step["key"] == "B11")
        assert (marked["state"], marked["done_by"]) == ("done", "sending")
    own = [side["side"] for side in item["organisations"] if side["is_own"]]
    assert own == ["supporting"]
    stranger = asking(pair, make_account(pair.app))
    assert stranger().json == {"items": [], "next": "", "page_size": 20}
    there, nowhere = stranger(f"/{made.public_id}"), stranger("/nowhere")
    assert there.status_code == nowhere.status_code == 404
    assert there.json["detail"] == nowhere.json["detail"]
    guest = Browser(pair.app)
    for path in ("", f"/{made.public_id}"):
        answer = guest.get(f"/api/v1/mobilities{path}")
        assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


def test_a_token_for_one_organisation_sees_its_mobilities_in_every_role_and_no_others(
    pair: Pair,
) -> None:
    other = make_pair(pair.app)
    make_member(pair.school, other.receiver, "OrgAdmin")
    make_member(pair.support, other.receiver, "OrgMember")
    made, elsewhere = pair.plan(), other.plan(title="Elsewhere")
    seen = {
        organisation.public_id: asking(pair, other.receiver, organisation.public_id)
        for organisation in (pair.school, pair.support, other.host)
    }
    for number, mine, alien in (
        (pair.school.public_id, made, elsewhere),
        (pair.support.public_id, made, elsewhere),
        (other.host.public_id, elsewhere, made),
    ):
        ask = seen[number]
        [item] = ask().json["items"]
        own = [side["slug"] for side in item["organisations"] if side["is_own"]]
        assert (item["id"], len(own)) == (mine.public_id, 1)
        assert ask(f"/{mine.public_id}").status_code == 200
        assert ask(f"/{alien.public_id}").status_code == 404
        assert ask(f"?after={alien.public_id}").status_code == 422
        assert len(ask(f"?organisation={own[0]}").json["items"]) == 1
    assert ask(f"?organisation={pair.school.slug}").status_code == 422
    assert len(asking(pair, other.receiver)().json["items"]) == 2


def test_participants_are_counted_and_never_named(pair: Pair) -> None:
    made = group(pair)
    browser, seen = Browser(pair.app, pair.sender), []
    for account in (pair.sender, pair.receiver, pair.helper):
        ask = asking(pair, account)
        seen += [ask().text, ask(f"/{made.public_id}").text]
    seen += [browser.get(f"/mobilities/export.{kind}").text for kind in ("csv", "json")]
    assert "Canary One" in browser.get(f"/mobilities/{made.public_id}").text
    for text in seen:
        assert "Toolmaking" in text
        assert [name for name in CANARIES if name.lower() in text.lower()] == []
    stays = ask().json["items"][0]["stays"]
    assert [stay["participants"] for stay in stays] == [1, 1]
    assert [stay["workplace"] for stay in stays] == ["", "Bakery"]


@pytest.fixture
def pair_anywhere(make_portal: Callable[..., Flask], any_url: str) -> Iterator[Pair]:
    app = make_portal(any_url, plugins=["mobilities_api", "tokens"])
    with app.app_context():
        yield make_pair(app)


def test_pages_follow_each_other_without_gaps(pair_anywhere: Pair) -> None:
    pair = pair_anywhere
    ids = [pair.plan(starts_on=TODAY + (30 + at // 2) * DAY).public_id for at in range(5)]
    ask, found, after = asking(pair, pair.receiver), [], ""
    while True:
        page = ask(f"?page_size=2&after={after}").json
        found += [item["id"] for item in page["items"]]
        after = page["next"]
        if not after:
            break
    assert sorted(found) == sorted(ids)
    assert found == [item["id"] for item in ask().json["items"]]
    assert len(ask("?side=host").json["items"]) == 5
    assert ask("?side=sending").json["items"] == ask("?state=closed").json["items"] == []
    assert len(ask(f"?until={TODAY + 31 * DAY}").json["items"]) == 4


def test_what_does_not_fit_is_named(pair: Pair) -> None:
    made = pair.plan()
    ask = asking(pair, make_account(pair.app))
    for query, field in (
        ("state=odd", "state"),
        ("side=odd", "side"),
        ("since=2026-02-31", "since"),
        ("until=soon", "until"),
        ("page_size=101", "page_size"),
        (f"organisation={pair.school.slug}", "organisation"),
        (f"after={made.public_id}", "after"),
        ("after=%00", "after"),
    ):
        answer = ask(f"?{query}")
        assert (answer.status_code, answer.json.get("field")) == (422, field), (query, answer.text)


def test_a_stay_from_before_joining_never_looks_like_a_live_one(pair: Pair) -> None:
    live = pair.plan(title="Live one")
    record(
        clocked(pair.app), sending=pair.school, host=pair.host, title="Told later",
        starts_on=date(2026, 3, 1), ends_on=date(2026, 4, 30), evidence="backfilled",
    )  # fmt: skip
    items = {item["title"]: item for item in asking(pair, pair.sender)().json["items"]}
    assert items["Live one"]["evidence"] == "live" and items["Live one"]["id"] == live.public_id
    told = items["Told later"]
    assert (told["evidence"], told["kind"], told["mode"]) == ("backfilled", None, None)
    assert [stay["participants"] for stay in told["stays"]] == [None]
    browser = Browser(pair.app, pair.sender)
    text = browser.see("/mobilities").text
    assert text.count("from before joining, with a document") == 1
    lines = browser.get("/mobilities/export.csv").text.splitlines()
    marks = {line.split(",")[0].lstrip("\ufeff"): line.split(",")[-2] for line in lines[1:]}
    assert "Evidence" in lines[0] and marks["Live one"] == "recorded here"
    assert '"from before joining, with a document"' in next(row for row in lines if "Told" in row)


def test_a_file_has_what_is_on_screen(pair: Pair) -> None:
    pair.agreed(title="=Formula")
    browser = Browser(pair.app, pair.helper)
    assert "/mobilities/export.csv" in browser.see("/mobilities").text
    text = browser.get("/mobilities/export.csv").get_data(as_text=True)
    assert "'=Formula" in text and "School of Bonn" in text
    assert "School" not in browser.get("/mobilities/export.csv?state=closed").text


def test_the_description_names_both_routes_and_asks_for_a_token(app: Flask) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]
    for path in ("/api/v1/mobilities", "/api/v1/mobilities/{public_id}"):
        operation = paths[path]["get"]
        assert operation["security"] == [{"token": []}]
        assert {"200", "401", "429"} <= set(operation["responses"])


def test_the_list_takes_as_many_statements_for_many_as_for_one(pair: Pair) -> None:
    ask, counts = asking(pair, pair.sender), []
    for _round in range(3):
        pair.plan()
        with db.count_statements() as statements:
            ask()
        counts.append(len(statements))
    assert counts[1] == counts[2]
