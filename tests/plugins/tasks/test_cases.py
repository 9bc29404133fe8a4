"""Another plugin's reviews: its own page and the buttons of workflows lead to the same."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from portal.organisations.models import Organisation
from tests.factories import make_account, make_organisation, post, sign_in
from tests.visiting import Visitor


def test_case_is_found_among_tasks_and_decided_by_a_step(make_portal: Callable[..., Flask]) -> None:
    app = make_portal(plugins=["claims", "tasks"])
    entry = make_organisation("Escuela de Vigo", "ES")
    person = make_account(app)
    asking = sign_in(app.test_client(), person)
    path = f"/organisations/{entry.slug}/claim"
    receipt = post(asking, path, proof="letter", message="I lead it.").location
    number = receipt.rpartition("/")[2]

    client = sign_in(app.test_client(), make_account(app, role="Reviewer"))
    page = Visitor(client)("/tasks")
    assert "Claim: Escuela de Vigo" in page.text
    assert f"/organisations/cases/{number}" in page.links
    assert "Escuela de Vigo" not in Visitor(asking)("/tasks").text

    step = f"/workflow/claims_case/{number}/accept"
    assert post(client, step, "/organisations/new", comment=" ").status_code == 422
    answer = post(client, step, "/organisations/new", comment="The letter fits.")
    assert answer.location == f"/organisations/cases/{number}"
    assert "The letter fits." in Visitor(client)(answer.location).text
    assert "The letter fits." in Visitor(asking)(receipt).text
    assert Organisation.get_by_id(entry.id).state == "verified"
    assert "Nothing waits" in Visitor(client)("/tasks").text
