"""The pages of mobilities: planning, reporting, tables; refusals beside successes."""

from __future__ import annotations

from typing import Any

from flask import Flask

from plugins.mobilities import importing, queries
from plugins.mobilities.models import Mobility, ParticipantRow, PlacementRow, Report
from portal.context import Context
from tests.factories import audited, make_account, make_organisation
from tests.plugins.mobilities.conftest import PERSON, Browser, Pair, acting, stay_of

PLAN: dict[str, Any] = {
    "organisation": "",
    "host": "Werkstatt of Riga",
    "title": "Toolmaking",
    "kind": "group",
    "mode": "physical",
    "starts_on": "2027-05-03",
    "ends_on": "2027-05-21",
    "participants-0-name": "Learner 1",
    "participants-0-email": "learner-1@school.example",
    "participants-0-language": "lv",
    "participants-1-name": "Learner 2",
    "participants-1-language": "lv",
    "participants-1-workplace": "Bakery",
}


def typed(pair: Pair, **more: Any) -> dict[str, Any]:
    return {**PLAN, "organisation": pair.school.slug, "host": pair.host.slug, **more}


def test_whoever_has_no_organisation_learns_what_to_do(pair: Pair, app: Flask) -> None:
    browser = Browser(app, make_account(app))

    assert "nowhere yet" in browser.see("/mobilities").text
    assert "organisation." in browser.see("/mobilities/new").text
    assert Browser(app).get("/mobilities").status_code == 303


def test_a_group_is_planned_agreed_and_found_in_the_list(pair: Pair, app: Flask) -> None:
    browser = Browser(app, pair.sender)
    more = browser.post("/mobilities/new", **typed(pair), more="yes")
    assert more.text.count('name="participants-6-name"') == 1 and Mobility.select().count() == 0
    assert "Learner 2" in more.text

    answer = browser.post("/mobilities/new", **typed(pair))

    assert answer.status_code == 303
    made = Mobility.get()
    here = f"/mobilities/{made.public_id}"
    assert [len(queries.participants([row.id])) for row in PlacementRow.select()] == [1, 1]
    assert "Waits for Werkstatt of Riga" in browser.see(here).text
    assert "Toolmaking" in browser.see("/mobilities?state=planning&side=sending").text
    assert "Nothing fits" in browser.see("/mobilities?state=agreed").text
    host = Browser(app, pair.receiver)
    page = host.see(here).text
    assert "This waits for you" in page and "learner-1@school.example" not in page
    assert host.get(f"{here}/edit").status_code == 404


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(pair: Pair, app: Flask) -> None:
    make_organisation("Riga school", admin=make_account(app))
    browser = Browser(app, pair.sender)
    tries = [
        ({"host": "Nobody of that name"}, "No organisation of that name"),
        ({"title": " "}, "Fill this in"),
        ({"starts_on": "soon"}, "Write the day as year"),
        ({"ends_on": "2027-01-01"}, "before the first"),
        ({"kind": "individual"}, "choose a group"),
        ({"participants-0-email": "nobody"}, "is no mail address"),
        ({"participants-1-is_minor": "y"}, "guardian"),
        ({"contact": "999999"}, "one of your organisation"),
        ({"field": "99999"}, "Choose from the list"),
    ]
    for change, said in tries:
        answer = browser.post("/mobilities/new", **typed(pair, **change))
        assert answer.status_code == 422, change
        assert said in answer.text and "Learner 2" in answer.text, change
    assert Mobility.select().count() == 0


def test_a_second_writer_sees_both_texts(pair: Pair, app: Flask) -> None:
    made = pair.plan()
    here = f"/mobilities/{made.public_id}/edit"
    browser = Browser(app, pair.sender)
    first = typed(pair, title="First", version="1", kind="group")
    assert browser.post(here, **first).status_code == 303

    answer = browser.post(here, **{**first, "title": "Second"})

    assert answer.status_code == 409 and "Second" in answer.text and "First" in answer.text


def test_a_report_is_made_and_answered_on_the_page(pair: Pair, app: Flask) -> None:
    made = pair.agreed()
    here = f"/mobilities/{made.public_id}"
    form = f"{here}/report/{stay_of(made).public_id}"
    school, host = Browser(app, pair.sender), Browser(app, pair.receiver)
    values = {"what": "did_not_happen", "initiator": "outside", "reason": "No visa in time."}
    assert school.post(form, what="did_not_happen", reason="No visa.").status_code == 422
    school.see(form)

    assert school.post(form, **values).status_code == 303
    report = f"{here}/reports/{Report.get().public_id}"
    assert school.post(f"{report}/confirm", here).status_code == 403
    assert "No visa in time." in host.see(here).text
    assert host.post(f"{report}/object", here).status_code == 422
    assert host.post(f"{report}/confirm", here).status_code == 303

    assert stay_of(made).outcome == "did_not_happen"
    assert host.get(form).status_code == 403
    assert host.post(form, here, **values).status_code == 403


def test_what_a_participant_needs_is_read_by_few_and_each_reading_is_kept(
    pair: Pair, app: Flask
) -> None:
    needy = {**PERSON, "arrangements": "A ramp is needed."}
    made = pair.agreed(participants=[needy])
    here = f"/mobilities/{made.public_id}"
    school, host = Browser(app, pair.sender), Browser(app, pair.receiver)

    assert "ramp" not in school.see(here).text
    assert host.post(f"{here}/arrangements", here).status_code == 404
    assert "A ramp is needed." in school.post(f"{here}/arrangements", here).text
    ParticipantRow.update(host_needs_them=True).execute()
    assert "A ramp is needed." in host.post(f"{here}/arrangements", here).text
    assert audited("arrangements.read").count() == 2


def test_the_workplace_is_named_by_the_host_and_people_are_put_right_by_the_sender(
    pair: Pair, app: Flask
) -> None:
    made = pair.agreed()
    here = f"/mobilities/{made.public_id}"
    host, school = Browser(app, pair.receiver), Browser(app, pair.sender)
    work = f"{here}/workplaces/{stay_of(made).public_id}"
    person = f"{here}/participants/{ParticipantRow.get().public_id}"
    host.see(work)
    school.see(person)

    assert host.post(work, workplace="Bakery", workplace_email="wrong").status_code == 422
    assert host.post(work, workplace="Bakery").status_code == 303
    assert school.post(person, name="Learner One", email="wrong").status_code == 422
    assert school.post(person, name="Learner One", email="").status_code == 303
    assert host.get(person).status_code == 404
    assert Browser(app, pair.helper).get(work).status_code == 403
    assert "Bakery" in school.see(here).text and "Learner One" in school.see(here).text


def test_a_table_plans_groups_and_names_lines_that_can_not_be_taken(
    pair: Pair, app: Flask, ctx: Context
) -> None:
    table = (
        "host;title;starts_on;ends_on;name;email;under_18;colour\n"
        f"{pair.host.slug};Spring;2027-05-03;2027-05-21;Learner 1;a@school.example;;red\n"
        f"{pair.host.slug};Spring;2027-05-03;2027-05-21;Learner 2;;;\n"
        "Nobody;Autumn;2027-09-03;2027-09-21;Learner 3;;;\n"
        f"{pair.host.slug};Late;soon;2027-09-21;Learner 4;;;\n"
        f"{pair.host.slug};Young;2027-05-03;2027-05-21;Learner 5;;yes;\n"
    )
    browser = Browser(app, pair.sender)
    browser.see("/mobilities/import")

    answer = browser.post("/mobilities/import", organisation=pair.school.slug, table=table)

    assert answer.status_code == 422 and "colour" in answer.text
    assert all(f"Line {number}:" in answer.text for number in (4, 5, 6))
    (made,) = Mobility.select()
    assert (made.title, made.kind, ParticipantRow.select().count()) == ("Spring", "group", 2)
    wrong = browser.post("/mobilities/import", organisation=pair.school.slug, table="a,b\n1,2")
    assert wrong.status_code == 422 and "missing" in wrong.text
    outcome = importing.take(
        acting(ctx, pair.sender), table.split("\n")[0] + "\n", pair.school, lambda _text: [], None
    )
    assert (outcome.made, outcome.problems) == ([], [])
