"""The way through the pages: proposing, confirming, a document, a reference; as owner, partner, stranger."""

from __future__ import annotations

import io
import re
from typing import Any

from flask.testing import FlaskClient

from plugins.cooperation.models import Document, Record, Reference, Text
from tests.factories import csrf_token, make_account, sign_in
from tests.plugins.cooperation.conftest import PDF, STAY, World
from tests.visiting import Visitor

FORM = {
    "partner": "Bakery",
    "who": "we",
    **{name: STAY[name] for name in ("project", "first_month", "last_month")},
    "participants": "4",
}


def browser(world: World, name: str) -> FlaskClient:
    """Sign somebody in."""
    if name not in world.people:
        world.people[name] = make_account(world.app, role=name)
    return sign_in(world.app.test_client(), world.people[name])


def send(client: FlaskClient, path: str, page: str = "", **values: Any) -> Any:
    """Send a form from a page."""
    return client.post(path, data={"csrf_token": csrf_token(client, page or path), **values})


def step(client: FlaskClient, kind: str, number: str, name: str, page: str, **values: str) -> int:
    """Take a step of a workflow from an object's page."""
    return int(send(client, f"/workflow/{kind}/{number}/{name}", page, **values).status_code)


def test_the_whole_way_on_the_pages(world: World) -> None:
    for name in ("School", "Bakery", "Stranger"):
        world.organisation(name)
    school, bakery, stranger = (browser(world, name) for name in world.organisations)
    see = {client: Visitor(client) for client in (school, bakery, stranger)}
    assert "new to mobility?" in see[school]("/cooperation").text

    wrong = send(school, "/cooperation/new", **FORM | {"last_month": "soon"})
    assert (
        wrong.status_code == 422
        and "Year and month" in wrong.text
        and FORM["project"] in wrong.text
    )
    assert send(school, "/cooperation/new", **FORM | {"partner": "Nobody"}).status_code == 422
    assert send(school, "/cooperation/new", **FORM).status_code == 303
    assert send(school, "/cooperation/new", **FORM).status_code == 409
    number = Record.get().public_id
    page = f"/cooperation/{number}"
    assert "waits for the partner" in see[school](page).text
    assert "is it true?" in see[bakery]("/tasks").text
    assert "waits for your answer" in see[bakery]("/cooperation").text
    assert see[stranger](page, 404)

    assert step(bakery, "cooperation_record", number, "decline", page, comment="In spring.") == 303
    assert "In spring." in see[school](page).text
    see[school](f"{page}/correct")
    old = {**FORM, "organisation": "school", "version": "1", "first_month": "2026-04"}
    again = send(school, f"{page}/correct", **old)
    assert again.status_code == 409 and "This is how it stands now" in again.text
    assert send(school, f"{page}/correct", **old | {"version": "2"}).status_code == 303
    assert step(bakery, "cooperation_record", number, "confirm", page) == 303
    assert "Confirmed by both" in see[stranger]("/partners/school").text
    work = see[stranger]("/cooperation/of/bakery").text
    assert "4 participants came from there." in work and f'"{page}"' not in work
    rows = school.get("/cooperation/export.json").get_json()
    assert len(rows["items"] if isinstance(rows, dict) else rows) == 1

    see[bakery](f"{page}/document")
    lacking = send(bakery, f"{page}/document", kind="grant", dated_on="2026-04-01")
    assert lacking.status_code == 422
    file = (io.BytesIO(PDF), "certificate.pdf")
    sent = send(bakery, f"{page}/document", kind="grant", dated_on="2026-04-01", file=file)
    assert sent.status_code == 303
    document = f"/cooperation/documents/{Document.get().public_id}"
    assert "waits for a reviewer" in see[school](page).text
    for client in (school, stranger):
        assert see[client](document, 404)
        assert client.get(f"{document}/file").status_code == 404
    reviewer = browser(world, "Reviewer")
    assert document in Visitor(reviewer)("/tasks").text
    Visitor(reviewer)(document)
    answer = reviewer.get(f"{document}/file")
    assert answer.data == PDF and "attachment" in answer.headers["Content-Disposition"]
    number = document.rpartition("/")[2]
    assert step(reviewer, "cooperation_document", number, "accept", document) == 303
    shown = see[school](page).text
    assert "Both organisations may rate the stay" in shown and "Take it back" not in shown
    assert "Stay with a document" in see[stranger]("/partners/bakery").text
    stay = re.search(r"/mobilities/(\w{12,})", see[school]("/mobilities").text)
    assert stay and "from before joining" in see[school](stay[0]).text


def test_a_reference_on_the_pages(world: World) -> None:
    world.organisation("School")
    world.organisation("Bakery")
    school, bakery = browser(world, "School"), browser(world, "Bakery")
    Visitor(school)("/cooperation/references/ask")
    both = {"giver": "Bakery", "email": "a@guild.example"}
    for wrong in ({}, both, {"giver": "School"}, {"email": "nobody"}):
        assert send(school, "/cooperation/references/ask", **wrong).status_code == 422
    assert send(school, "/cooperation/references/ask", giver="Bakery").status_code == 303
    assert send(school, "/cooperation/references/ask", giver="Bakery").status_code == 409
    page = f"/cooperation/references/{Reference.get().public_id}"
    assert "asks you for a reference" in Visitor(bakery)("/cooperation").text
    Visitor(school)(page)
    assert send(bakery, page, worked="2024", text="Good.").status_code == 303
    assert "Good." not in Visitor(school)(page).text
    words = f"/cooperation/words/{Text.get().public_id}"
    reviewer = browser(world, "Reviewer")
    assert "Good." in Visitor(reviewer)(words).text
    assert school.get(words).status_code == 403
    number = words.rpartition("/")[2]
    assert step(reviewer, "cooperation_text", number, "show", words) == 303
    assert send(school, page, text="Thank you.").status_code == 303
    Visitor(school)("/cooperation")
    assert send(bakery, f"{page}/withdraw", page).status_code == 303
    assert "Good." not in world.app.test_client().get("/cooperation/of/school").text


def test_hostile_input_gets_a_clear_answer(world: World) -> None:
    world.organisation("School")
    world.organisation("Bakery")
    school = browser(world, "School")
    nasty = "\0<script>alert(1)</script>" + "é" * 400
    assert send(school, "/cooperation/new", **dict.fromkeys(FORM, nasty)).status_code == 422
    keys = ("giver", "email", "name", "language")
    assert (
        send(school, "/cooperation/references/ask", **dict.fromkeys(keys, nasty)).status_code == 422
    )
    for path in (
        "/cooperation/nothing",
        "/cooperation/documents/nothing",
        "/cooperation/link/nothing",
    ):
        assert school.get(path).status_code == 404
    nobody = sign_in(world.app.test_client(), make_account(world.app))
    assert re.search("an organisation yet", nobody.get("/cooperation/new").text)
