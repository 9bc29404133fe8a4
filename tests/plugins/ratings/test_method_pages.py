"""The page of the method, the page to try it on, how a score came about, what stands out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient

from plugins.ratings import rows
from plugins.ratings.cli import group
from plugins.ratings.parameters import Parameters, from_dict
from plugins.ratings.releasing import count_anew
from plugins.ratings.rowsfile import LEARNER, read
from plugins.ratings.score import scores
from plugins.setup import service as setup
from portal import db
from portal.context import Actor
from portal.organisations.models import Organisation
from portal.organisations.service import hide
from tests.factories import clocked, make_account, sign_in
from tests.plugins.partners.conftest import store_partner
from tests.plugins.ratings.conftest import row
from tests.visiting import Visitor


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    return make_portal(plugins=["ratings"])


@pytest.fixture
def circle(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[Organisation]:
    """Six schools of which three praise each other and the others know better, with stored scores."""
    made = [store_partner(app, f"School {n}", "DE" if n % 2 else "LV") for n in range(12)]

    def released(
        _ctx: object, names: rows.Names | None = None, about: object = None
    ) -> list[object]:
        called = [(names or rows.Names()).name(school.id) for school in made]
        found = [row(a, b, 5) for a in called[:4] for b in called[:4] if a != b for _n in range(4)]
        found += [row(a, b, 2) for a in called[4:9] for b in called[:4]]
        found += [row(a, called[9], 4, role=LEARNER) for a in called[4:8] for _n in range(3)]
        return [*found, row(called[0], called[10], 3)]

    monkeypatch.setattr(rows, "released", released)
    with app.app_context():
        db.execute("INSERT INTO ratings_touched (rated) SELECT id FROM organisation")
        count_anew(clocked(app))
    return made


def test_the_method_says_its_numbers_and_how_ratings_are_checked(
    app: Flask, visit: Visitor
) -> None:
    text = visit("/ratings/method").text
    for words in ("Directive (EU) 2019/2161", "ISO 20488", "After 730 days", "as 3 raters",
                  "at least 3 of them", "until 30 days after the end", "within 10 days", "90%",
                  "They were never changed here.", "Would you go there again?",
                  "Every participant is asked for feedback"):  # fmt: skip
        assert words in text, words


def test_a_changed_number_is_shown_with_the_day_and_in_the_json(app: Flask, visit: Visitor) -> None:
    with app.app_context():
        admin = clocked(app).as_actor(Actor(None, "", frozenset({"SiteAdmin"}), system=True))
        setup.save_settings(admin, "ratings", {"half_life_days": 365, "backfill_percent": 10})
    text = visit("/ratings/method").text
    assert "After 365 days a rating weighs half." in text
    assert "Days after which a rating weighs half, from 730 to 365" in text
    assert "from 0.25 to 0.1" in text
    given = app.test_client().get("/ratings/method.json").json["parameters"]
    assert from_dict(given) == Parameters(half_life_days=365, backfill_weight=0.1)


@pytest.mark.parametrize(
    "query", ["", "?attack=half&size=4", "?attack=socks", "?attack=burst&size=9", "?attack=none",
              "?attack=%00&size=-1&times=1e9&world=²"],
)  # fmt: skip
def test_an_attack_can_be_tried_without_an_account(app: Flask, visit: Visitor, query: str) -> None:
    text = visit(f"/ratings/method/try{query}").text
    assert "everything on this page is made up" in text
    assert "Ranks of 40" in text


def test_the_outcome_of_an_attack_is_the_same_for_everybody(app: Flask, visit: Visitor) -> None:
    text = visit("/ratings/method/try?attack=ring&size=6").text
    assert "Organisation 1, Organisation 2, Organisation 3" in text
    assert "praise each other: 3" in text
    assert text == visit("/ratings/method/try?attack=ring&size=6").text


def test_how_a_score_came_about_is_for_everybody(circle, app: Flask, visit: Visitor) -> None:
    text = visit(f"/ratings/how/{circle[9].slug}").text
    assert "12 people" in text
    assert "4 organisations" in text
    for words in ("Answers by stars", "By role", "participant", "Germany", "Read the whole method"):
        assert words in text, words


def test_too_few_raters_show_no_figures(circle, app: Flask, visit: Visitor) -> None:
    text = visit(f"/ratings/how/{circle[10].slug}").text
    assert "1 of 3 organisations" in text
    assert "Answers by stars" not in text
    assert "Not enough ratings yet" in visit(f"/ratings/how/{circle[11].slug}").text


def test_how_is_404_for_what_is_not_in_sight(circle, app: Flask, client: FlaskClient) -> None:
    assert client.get("/ratings/how/nobody").status_code == 404
    with app.app_context():
        hide(clocked(app), circle[9])
    assert client.get(f"/ratings/how/{circle[9].slug}").status_code == 404


def test_reviewers_see_the_ring_and_nobody_else_does(
    circle, app: Flask, client: FlaskClient
) -> None:
    assert client.get("/ratings/rings").status_code in (302, 303, 403)
    member = sign_in(app.test_client(), make_account(app))
    assert member.get("/ratings/rings").status_code == 403
    reviewer = sign_in(app.test_client(), make_account(app, role="Reviewer"))
    text = reviewer.get("/ratings/rings").text
    assert "School 0" in text
    assert (
        "praise each other: 48 ratings, 5.0 stars on average. Independent raters give 2.0." in text
    )
    assert "Who rated whom inside the group" in text


def test_the_export_gives_the_stored_scores_again(circle, app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "rows.csv"
    done = CliRunner().invoke(group, ["export", str(file)], obj=lambda: app)
    assert done.exit_code == 0, done.output
    with file.open(encoding="utf-8", newline="") as opened:
        found = scores(read(opened))
    with app.app_context():
        stored = dict(db.query("SELECT organisation_id, score FROM ratings_score"))
        names = rows.Names()
        called = {names.name(number): score for number, score in stored.items()}
    assert called == pytest.approx({name: score.score for name, score in found.items()}, abs=1e-9)
    assert "School" not in file.read_text("utf-8")
    shown = CliRunner().invoke(group, ["score", str(file), "--json"])
    assert len(json.loads(shown.output)["scores"]) == len(found)
