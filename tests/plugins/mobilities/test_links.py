"""People without an account: their page, their steps, and "something is wrong now"."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask

from plugins.links.interface import links_of
from plugins.mobilities import ending, linking, people, worklist
from plugins.mobilities.models import Alarm, Mark, Mobility, ParticipantRow, TaskRow
from plugins.notices.models import Notice
from portal.clock import FixedClock
from portal.context import Context
from portal.mail import Outbox
from portal.organisations.models import OrganisationMember
from tests.factories import NOON, make_account, make_member
from tests.plugins.mobilities.conftest import DAY, PERSON, Browser, Pair, acting, stay_of

MINOR = {
    **PERSON,
    "is_minor": True,
    "guardian_email": "parent@home.example",
    "language": "de",
    "workplace": "Bakery of Riga",
    "workplace_email": "bakery@riga.example",
}


def page_of(email: str) -> str:
    """Return the address in the newest mail to somebody."""
    mail = Outbox.select().where(Outbox.recipient == email).order_by(Outbox.id.desc()).get()
    found = re.search(r"/stay/\S+", mail.text)
    assert found
    return found[0]


def report(pair: Pair, page: str, text: str) -> Any:
    """Report something wrong from a page."""
    return Browser(pair.app).post(f"{page}/wrong", page, text=text)


def test_everybody_gets_a_link_once_it_is_agreed_and_not_before(pair: Pair) -> None:
    pair.plan(participants=[MINOR])
    assert Outbox.select().where(Outbox.kind.startswith("mobilities/")).count() == 0

    pair.agreed(participants=[MINOR])

    kinds = {row.recipient: row.kind for row in Outbox.select().where(Outbox.text ** "%/stay/%")}
    assert kinds == {
        PERSON["email"]: "mobilities/person",
        "parent@home.example": "mobilities/person",
        "bakery@riga.example": "mobilities/workplace",
    }


def test_a_participant_does_a_step_on_a_page_in_their_language(pair: Pair) -> None:
    made = pair.agreed(kind="group", participants=[MINOR, {**PERSON, "name": "Learner Two"}])
    page = page_of(PERSON["email"])
    client = Browser(pair.app)

    first = page_of("parent@home.example")
    assert 'lang="de"' in client.get(first).text
    shown = Browser(pair.app).see(page)
    assert "Learner" not in shown.text and "bakery@" not in shown.text
    assert client.post(f"{page}/steps/B8", page).status_code == 303

    assert Mark.select().count() == 1
    assert TaskRow.get(TaskRow.mobility == made.id, TaskRow.key == "B8").state == "open"
    assert client.post(f"{page}/steps/B6", page).status_code == 404


def test_guardians_see_and_report_but_do_no_steps(pair: Pair) -> None:
    pair.agreed(participants=[MINOR])
    page = page_of("parent@home.example")

    assert "B8" not in Browser(pair.app).get(page).text
    assert Browser(pair.app).post(f"{page}/steps/B8", page).status_code == 404
    assert report(pair, page, "She is alone at night.").status_code == 303
    assert Alarm.get().by_guardian


def test_a_workplace_confirms_its_part_and_sees_no_names(pair: Pair) -> None:
    made = pair.agreed(participants=[MINOR])
    page = page_of("bakery@riga.example")

    shown = Browser(pair.app).see(page)
    assert "1 participant" in shown.text and "Learner" not in shown.text
    assert Browser(pair.app).post(f"{page}/steps/D1", page).status_code == 303
    row = TaskRow.get(TaskRow.mobility == made.id, TaskRow.key == "D1")
    assert (row.state, row.done_side) == ("done", "workplace")
    assert Browser(pair.app).post(f"{page}/steps/A3", page).status_code == 404


def test_what_is_wrong_reaches_the_contact_and_nobody_else(pair: Pair, ctx: Context) -> None:
    colleague = make_account(pair.app)
    make_member(pair.school, colleague)
    made = pair.agreed()
    before = Notice.select().count()

    assert report(pair, page_of(PERSON["email"]), "My boss shouts at me.").status_code == 303

    told = list(Notice.select().order_by(Notice.id))[before:]
    assert [row.account_id for row in told] == [pair.sender.id]
    assert "shouts" not in str([(row.title, row.body) for row in told])
    address = f"/mobilities/alarms/{Alarm.get().public_id}"
    for account in (
        pair.receiver,
        pair.helper,
        colleague,
        make_account(pair.app, role="SiteAdmin"),
    ):
        client = Browser(pair.app, account)
        assert client.get(address).status_code == 404
        assert "shouts" not in client.get(f"/mobilities/{made.public_id}").text
    client = Browser(pair.app, pair.sender)
    assert "My boss shouts at me." in client.see(address).text
    assert [task.url for task in worklist.alarms(acting(ctx, pair.sender))] == [address]
    assert client.post(f"{address}/seen", address).status_code == 303
    assert "was read" in Browser(pair.app).get(page_of(PERSON["email"])).text


def test_an_empty_message_stays_on_the_page_and_is_not_sent(pair: Pair) -> None:
    pair.agreed()

    answer = report(pair, page_of(PERSON["email"]), "  ")

    assert answer.status_code == 422 and "A few words do." in answer.text
    assert Alarm.select().count() == 0


def test_the_page_is_open_from_the_agreement_to_a_month_after(
    pair: Pair, ctx: Context, clock: FixedClock
) -> None:
    made = pair.agreed()
    page, client = page_of(PERSON["email"]), Browser(pair.app)
    clock.moment = NOON + 58 * DAY
    ending.end_due(ctx)
    clock.moment = NOON + (51 + 31) * DAY
    assert client.get(page).status_code == 200
    assert report(pair, page, "I was not paid.").status_code == 303
    clock.moment = NOON + (51 + 32) * DAY

    assert client.get(page, follow_redirects=True).status_code in {404, 410}
    assert linking._letter(ctx, links_of(linking.PERSON, ParticipantRow.get().id)[0]) is None
    assert Mobility.get_by_id(made.id).state == "running"


def test_where_the_contact_left_its_administrators_read_it(pair: Pair, ctx: Context) -> None:
    left = make_account(pair.app)
    make_member(pair.school, left, "OrgMember")
    pair.agreed(contact_id=left.id)
    OrganisationMember.delete().where(OrganisationMember.account == left.id).execute()

    report(pair, page_of(PERSON["email"]), "Help.")

    row = Alarm.get()
    assert linking.alarm(acting(ctx, pair.sender), row.public_id).id == row.id
    assert row.contact_id is None


def test_a_corrected_address_gets_a_link_and_the_old_one_is_closed(
    pair: Pair, ctx: Context
) -> None:
    made = pair.agreed()
    old = page_of(PERSON["email"])
    person = ParticipantRow.get()

    values = {"name": "Learner 1", "email": "right@school.example", "language": "en"}
    people.correct(acting(ctx, pair.sender), made, person, values)

    assert Browser(pair.app).get(page_of("right@school.example")).status_code == 200
    assert Browser(pair.app).get(old, follow_redirects=True).status_code == 410


def test_the_sending_side_sends_links_again_and_others_do_not(pair: Pair, app: Flask) -> None:
    made = pair.agreed()
    here = f"/mobilities/{made.public_id}/participants/{ParticipantRow.get().public_id}"
    old = page_of(PERSON["email"])

    host = Browser(app, pair.receiver)
    assert host.post(f"{here}/link", f"/mobilities/{made.public_id}").status_code == 404
    assert Browser(app, pair.sender).post(f"{here}/link", here).status_code == 303
    assert page_of(PERSON["email"]) != old


@pytest.mark.parametrize("path", ["", "/steps/B8", "/wrong"])
def test_altered_links_are_unknown(pair: Pair, path: str) -> None:
    pair.agreed()
    page = page_of(PERSON["email"])
    client = Browser(pair.app)
    wrong = f"{page[:-1]}{'a' if page[-1] != 'a' else 'b'}{path}"

    answer = client.get(wrong) if not path else client.post(wrong, page, text="Hello")
    assert answer.status_code == 404
    assert stay_of(Mobility.get()).outcome == ""
