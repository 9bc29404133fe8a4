"""Enquiries: a thread without addresses, reminders, caps, how partners answer, who fades."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.notices.models import Notice
from plugins.projects.models import Participation, Project
from plugins.requests import enquiring, queries, reminding, rules
from plugins.requests.models import Enquiry, Message, Silence
from plugins.tasks import service as tasks
from portal import workflow
from portal.context import Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany
from portal.mail import Outbox
from portal.organisations.models import Organisation
from portal.people.models import Account
from tests.factories import (
    NOON,
    make_account,
    make_member,
    make_organisation,
    post,
    set_settings,
    sign_in,
)
from tests.plugins.partners.conftest import store_partner
from tests.plugins.requests.conftest import make_request
from tests.visiting import Visitor

DAY = timedelta(days=1)


@pytest.fixture
def portal(make_portal: Callable[..., Flask], any_url: str) -> Flask:
    """A portal with its app context open, once on each engine."""
    app = make_portal(any_url, plugins=["requests", "projects"])
    with app.app_context():
        yield app


def acting(ctx: Context, account: Account) -> Context:
    return ctx.as_actor(Actor(account.id, account.name, frozenset({"Member"})))


def pair(app: Flask) -> tuple[Account, Organisation, Account, Organisation]:
    """Make two organisations with somebody who writes for each."""
    asker, baker = make_account(app), make_account(app)
    school = make_organisation("School", admin=asker)
    return asker, school, baker, make_organisation("Bakery", admin=baker)


# Rules


def asked(asker: int, day: float, hours: float | None = None, over: float | None = None) -> Any:
    at = NOON + day * DAY
    answered = None if hours is None else at + timedelta(hours=hours)
    return rules.Asked(asker, at, answered, None if over is None else at + over * DAY)


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        ([1.0] * 4, None),
        ([1.0] * 5, (10, 1, 5)),
        ([None] * 9, (0, 0, 9)),
        ([24.0, 24.1, 90.0, 200.0, None], (8, 9, 5)),
        ([*[90.0] * 18, None, None], (9, 4, 20)),
        ([*[90.0] * 18, 700.0, None], (9, 4, 20)),
    ],
)
def test_how_somebody_answers_is_told_literally_and_from_five_on(
    hours: list[float | None], told: tuple[int, int, int] | None
) -> None:
    rows = [asked(at, 0, hour) for at, hour in enumerate(hours)]
    found = rules.response(rules.settled(rows, NOON + 10 * DAY))
    assert found == (rules.Response(*told) if told else None)
    if found and found.tenths:
        within = sum(hour is not None and hour <= 24 * found.days for hour in hours)
        assert 10 * within >= found.tenths * len(hours)


def test_the_latest_enquiry_of_each_counts_once_it_is_settled() -> None:
    rows = [asked(1, 0), asked(1, 12, 5), asked(2, 0), asked(3, 5, over=9.9), asked(4, 5, over=10)]
    counted = rules.settled(rows, NOON + 15 * DAY)
    assert [row.asker for row in counted] == [4, 1, 2]
    assert rules.settled(rows, NOON + 9 * DAY) == [rows[1]]


@pytest.mark.parametrize(
    ("rows", "silent"),
    [
        ([asked(1, 0), asked(2, 0), asked(3, 0)], True),
        ([asked(1, 0), asked(1, 1), asked(2, 0)], False),
        ([asked(1, 0), asked(2, 0), asked(3, 0), asked(4, 0, 24 * 14)], False),
        ([asked(4, -9, 1), asked(1, 0), asked(2, 0), asked(3, 0)], True),
    ],
)
def test_three_without_an_answer_in_a_row_are_silence(rows: list[Any], silent: bool) -> None:
    assert rules.is_silent(rules.settled(rows, NOON + 20 * DAY), NOON + 20 * DAY) == silent
    assert not rules.is_silent(rules.settled(rows, NOON + 70 * DAY), NOON + 70 * DAY)


# The thread


def test_enquiry_from_the_profile_to_the_answer(app: Flask) -> None:
    asker, baker = make_account(app), make_account(app, email="secret@bakery.example")
    store_partner(app, "School", admin=asker, slug="school")
    store_partner(app, "Bakery", "ES", admin=baker, slug="bakery")
    store_partner(app, "Entry", "ES", slug="entry")
    client, other = sign_in(app.test_client(), asker), sign_in(app.test_client(), baker)
    look, over_there = Visitor(client), Visitor(other)
    assert "/partners/bakery/enquiry" in look("/partners/bakery").links
    assert "/partners/school/enquiry" not in look("/partners/school").links
    assert "/partners/entry/enquiry" not in look("/partners/entry").links
    look("/partners/bakery/enquiry")
    assert "is here yet" in look("/partners/entry/enquiry", 403).text
    look("/partners/school/enquiry", 403)
    look("/partners/nothing/enquiry", 404)
    assert "Nobody has asked yet." in look("/enquiries").headings
    sent = {"organisation": "school", "text": "Have you room\nin <b>May</b>?"}
    assert post(client, "/partners/bakery/enquiry", **{**sent, "text": " "}).status_code == 422
    assert post(client, "/partners/bakery/enquiry", organisation="x", text="y").status_code == 422
    path = post(client, "/partners/bakery/enquiry", **sent).location
    again = post(client, "/partners/bakery/enquiry", page="/account/", **sent)
    assert again.status_code == 409 and "in &lt;b&gt;May" in again.text and path in again.text
    assert path in look("/partners/bakery/enquiry").links
    mail = Outbox.get(Outbox.recipient == baker.email)
    assert mail.subject == "School wrote to Bakery"
    assert path in mail.text and "/notices/stop/" in mail.text
    assert "School asks Bakery" in over_there("/tasks").text
    assert "waits for your answer" in over_there("/enquiries").text
    assert "&lt;b&gt;May" in over_there(path).text
    assert post(other, path, text=" ").status_code == 422
    assert post(other, path, text="Yes, in May.").status_code == 303
    page = look(path)
    assert "Yes, in May." in page.text and "answered" in page.text
    assert post(client, path, text="Thank you!", ending="close").status_code == 303
    assert "Thank you!" in over_there(path).text
    late = post(other, path, page="/account/", text="One more thing.")
    assert late.status_code == 409 and "One more thing." in late.text
    assert Enquiry.get().state == "closed"
    assert "School asks" not in over_there("/tasks").text


def test_only_the_two_sides_read_and_write(app: Flask, ctx: Context) -> None:
    asker, baker = make_account(app), make_account(app)
    school = store_partner(app, "School", admin=asker)
    bakery = store_partner(app, "Bakery", admin=baker)
    member, stranger = make_account(app), make_account(app)
    make_member(school, member, "OrgMember")
    with app.app_context():
        row = enquiring.ask(acting(ctx, asker), school, bakery, "Canary text")
    path = f"/enquiries/{row.public_id}"
    for account in (member, stranger, make_account(app, role="SiteAdmin")):
        client = sign_in(app.test_client(), account)
        assert client.get(path).status_code == 404
        assert post(client, path, page="/account/", text="x").status_code == 404
        generic = f"/workflow/requests_enquiry/{row.public_id}/close"
        assert post(client, generic, page="/account/").status_code == 404
        assert "Bakery" not in client.get("/enquiries").text
    with app.app_context():
        for wrong, step in (("asker", "decline"), ("asker", "answer"), ("receiver", "close")):
            who = acting(ctx, asker if wrong == "asker" else baker)
            with pytest.raises(NotAllowed):
                workflow.move(who, Enquiry.get(), step)
        with pytest.raises(Invalid, match="Write them"):  # the turn changes with a message alone
            workflow.move(acting(ctx, baker), Enquiry.get(), "answer")
        with pytest.raises(NotAllowed):
            enquiring.go_on(acting(ctx, asker), row, "As the other", is_answer=True)
    assert Enquiry.get().answered_at is None


def test_who_declines_has_answered_and_the_asker_is_told(portal: Flask, ctx: Context) -> None:
    asker, school, baker, bakery = pair(portal)
    row = enquiring.ask(acting(ctx, asker), school, bakery, "Hello")
    enquiring.go_on(acting(ctx, baker), row, "Not in May.", is_answer=True, ending="decline")
    now = Enquiry.get()
    assert (now.state, now.answered_at) == ("declined", ctx.clock.now())
    told = Notice.select().where(Notice.account == asker.id)
    assert ["can't help" in str(notice.title) for notice in told] == [True]
    assert [message.text for message in queries.messages(now)] == ["Hello", "Not in May."]
    with pytest.raises(Conflict, match="is over"):
        enquiring.go_on(acting(ctx, asker), row, "But", is_answer=False)
    for _again in range(rules.MOST_OF_ONE - 1):
        row = enquiring.ask(acting(ctx, asker), school, bakery, "In June, then?")
        enquiring.go_on(acting(ctx, asker), row, "", is_answer=False, ending="close")
    with pytest.raises(TooMany, match="several times"):
        enquiring.ask(acting(ctx, asker), school, bakery, "Or in July?")


def test_the_side_whose_turn_it_is_is_reminded_after_three_and_seven_days(
    portal: Flask, ctx: Context, clock
) -> None:
    asker, school, baker, bakery = pair(portal)
    row = enquiring.ask(acting(ctx, asker), school, bakery, "Hello")

    def told(account: Account) -> int:
        here = (Notice.kind == reminding.WAITING, Notice.account == account.id)
        return int(Notice.select().where(*here).count())

    for days, reminders in ((2.9, 0), (3, 1), (6.9, 1), (7, 2), (20, 2)):
        clock.moment = row.created_at + days * DAY
        reminding.remind(ctx)
        reminding.remind(ctx)
        assert told(baker) == reminders, days
    enquiring.go_on(acting(ctx, baker), row, "Sorry. In May?", is_answer=True)
    first = Enquiry.get()
    assert (first.state, first.answered_at) == ("answered", clock.moment)
    clock.moment += 8 * DAY  # nothing ran for a while: one reminder
    reminding.remind(ctx)
    assert (told(asker), told(baker)) == (1, 2)
    enquiring.go_on(acting(ctx, asker), row, "And in June?", is_answer=False)
    assert Enquiry.get().state == "open" and Enquiry.get().answered_at == first.answered_at
    clock.moment += 3 * DAY
    reminding.remind(ctx)
    assert (told(asker), told(baker)) == (1, 3)
    clock.moment += 27 * DAY
    tasks.take_due(ctx)
    assert Enquiry.get().state == "closed"
    reminding.remind(ctx)
    assert (told(asker), told(baker)) == (1, 3)
    clock.moment += 366 * DAY
    assert enquiring.forget(ctx) == 1 and not Message.select().exists()


def test_who_got_no_answer_is_told_when_the_enquiry_lapses(
    portal: Flask, ctx: Context, clock
) -> None:
    asker, school, _baker, bakery = pair(portal)
    enquiring.ask(acting(ctx, asker), school, bakery, "Hello")
    clock.moment += rules.LAPSES_AFTER
    assert tasks.take_due(ctx) == 1
    notice = Notice.get(Notice.account == asker.id)
    assert "did not answer" in str(notice.title)


def test_caps_and_refusals(portal: Flask, ctx: Context, clock) -> None:
    asker, baker = make_account(portal), make_account(portal)
    school = make_organisation("School", admin=asker)
    hosts = [make_organisation(f"Host {n}", admin=baker) for n in range(4)]
    mine = acting(ctx, asker)
    set_settings("requests", most_asked_a_day=2, most_received_a_week=1)
    row = enquiring.ask(mine, school, hosts[0], "Hello")
    other = make_organisation("Other", admin=asker)
    with pytest.raises(TooMany, match="They got"):
        enquiring.ask(mine, other, hosts[0], "Hello")
    enquiring.ask(mine, school, hosts[1], "Hello")
    with pytest.raises(TooMany, match="has asked many"):
        enquiring.ask(mine, school, hosts[2], "Hello")
    clock.moment += DAY + timedelta(seconds=1)
    enquiring.ask(mine, school, hosts[2], "Hello")
    with pytest.raises(TooMany, match="They got"):
        enquiring.ask(mine, other, hosts[0], "Hello")
    clock.moment += 6 * DAY
    enquiring.ask(mine, other, hosts[0], "Hello")
    with pytest.raises(Conflict):
        enquiring.ask(mine, school, hosts[0], "Hello again")
    with pytest.raises(NotFound):
        enquiring.ask(mine, hosts[0], school, "Hello")
    for _more in range(rules.MOST_IN_A_ROW - 1):
        enquiring.go_on(mine, row, "And?", is_answer=False)
    with pytest.raises(Conflict, match="in a row"):
        enquiring.go_on(mine, row, "And?", is_answer=False)
    for wrong in (
        make_organisation("Unclaimed"),
        make_organisation("Made up", admin=baker, is_fictional=True),
        make_organisation("Hidden", admin=baker, hidden_at=clock.moment),
        other,
        school,
    ):
        with pytest.raises(NotAllowed):
            enquiring.ask(mine, school, wrong, "Hello")
    Organisation.update(hidden_at=clock.moment).where(Organisation.id == school.id).execute()
    with pytest.raises(Conflict, match="can't be reached"):
        enquiring.go_on(acting(ctx, baker), row, "Yes", is_answer=True)


# How partners answer


def test_profile_says_how_a_partner_answers(app: Flask, ctx: Context, clock) -> None:
    baker = make_account(app)
    bakery = store_partner(app, "Bakery", admin=baker, slug="bakery")
    with app.app_context():
        for number in range(6):
            account = make_account(app)
            school = store_partner(app, f"School {number}", admin=account)
            row = enquiring.ask(acting(ctx, account), school, bakery, "Hello")
            if number == 3:
                assert "Answers" not in app.test_client().get("/partners/bakery").text
            if number < 5:
                enquiring.go_on(acting(ctx, baker), row, "Yes", is_answer=True)
    guest = Visitor(app.test_client())
    page = guest("/partners/bakery")
    assert "Answers 10 of 10 enquiries within a day" in page.text and "n = 5" in page.text
    clock.moment += 10 * DAY
    page = guest("/partners/bakery")
    assert "Answers 8 of 10 enquiries within a day" in page.text and "n = 6" in page.text
    page = guest("/enquiries/method")
    assert "after 3 and after 7 days" in page.text and "Shown from 5 organisations on" in page.text


def test_silent_members_are_told_and_stand_last_a_fortnight_later(
    app: Flask, ctx: Context, clock
) -> None:
    profile = {"fields": ["0721"], "roles": ["host"], "languages": [["es", "native"]]}
    baker, asker = make_account(app), make_account(app)
    silent = store_partner(app, "Silent", "ES", admin=baker, profile=profile)
    store_partner(app, "Lesser", "ES", admin=make_account(app), profile={"fields": ["0721"]})
    row = make_request(app, store_partner(app, "School", admin=asker))
    askers = [make_account(app) for _number in range(3)]
    schools = [store_partner(app, f"School {at}", admin=who) for at, who in enumerate(askers)]
    path = f"/requests/{row.slug}/fits"

    def order() -> list[str]:
        text = Visitor(sign_in(app.test_client(), asker))(path).text
        assert ("Stands last" in text) == (text.index(">Lesser</a>") < text.index(">Silent</a>"))
        return sorted(["Silent", "Lesser"], key=lambda name: text.index(f">{name}</a>"))

    def fade() -> int:
        with app.app_context():
            return reminding.fade(ctx)

    with app.app_context():
        for who, school in zip(askers, schools, strict=True):
            last = enquiring.ask(acting(ctx, who), school, silent, "Hello")
    clock.moment += 9.9 * DAY
    assert fade() == 0
    clock.moment += 0.1 * DAY
    assert (fade(), fade()) == (1, 0)
    notice = Notice.get(Notice.kind == reminding.SILENT)
    assert notice.account_id == baker.id and "two weeks" in str(notice.title)
    assert order() == ["Silent", "Lesser"]
    assert "it stands last" in Visitor(sign_in(app.test_client(), baker))("/enquiries").text
    clock.moment += 14 * DAY
    assert order() == ["Lesser", "Silent"]
    with app.app_context():
        enquiring.go_on(acting(ctx, baker), last, "No.", is_answer=True, ending="decline")
    assert not Silence.select().exists()
    assert order() == ["Silent", "Lesser"]
    assert fade() == 0


def test_silence_ends_by_itself_when_nobody_can_answer_any_more(
    portal: Flask, ctx: Context, clock
) -> None:
    silent = make_organisation("Silent", admin=make_account(portal))
    for _number in range(3):
        who = make_account(portal)
        school = make_organisation(admin=who)
        enquiring.ask(acting(ctx, who), school, silent, "Hello")
    clock.moment += 10 * DAY
    assert reminding.fade(ctx) == 1
    assert [row.organisation.name for row in queries.silences([silent.id])] == ["Silent"]
    clock.moment += 60 * DAY
    assert reminding.fade(ctx) == 0 and not queries.silences([silent.id])


# Past partners


def make_project(acronym: str, *organisations: Organisation) -> None:
    project = Project.create(key=acronym, acronym=acronym, title=f"The {acronym}")
    for organisation in organisations:
        Participation.create(project=project, organisation=organisation, role="partner")


def test_past_partner_is_asked_about_somebody_and_answers(
    make_portal: Callable[..., Flask], ctx: Context
) -> None:
    app = make_portal(plugins=["requests", "projects"])
    asker, host = make_account(app), make_account(app)
    with app.app_context():
        store_partner(app, "School", admin=asker, slug="school")
        entry = store_partner(app, "Entry", "ES", slug="entry")
        past = store_partner(app, "Past", "LV", admin=host, slug="past")
        store_partner(app, "Stranger", "LV", admin=make_account(app), slug="stranger")
        make_project("SKILLS", entry, past, store_partner(app, "Absent"))
        make_project("TILES", entry, past)
    client, look_there = (
        sign_in(app.test_client(), asker),
        Visitor(sign_in(app.test_client(), host)),
    )
    look, guest = Visitor(client), Visitor(app.test_client())
    assert "/partners/entry/past-partners" in guest("/partners/entry").links
    assert "/partners/stranger/past-partners" not in guest("/partners/stranger").links
    page = guest("/partners/entry/past-partners")
    assert page.text.count('class="card"') == 1
    assert "/partners/past/enquiry?about=entry" in page.links
    assert "is here yet" in guest("/partners/stranger/past-partners").text
    assert "/partners/past/enquiry?about=entry" not in look_there("/partners/entry").links
    page = look("/partners/past/enquiry?about=entry")
    assert "Entry is not told." in page.text
    asking = {"organisation": "school", "about": "entry", "text": "How did it go?"}
    at = "/partners/past/enquiry"
    assert post(client, "/partners/stranger/enquiry", **asking).status_code == 422
    assert post(client, at, **{**asking, "about": "nothing"}).status_code == 404
    path = post(client, at, **asking).location
    mail = Outbox.get(Outbox.recipient == host.email)
    assert mail.subject == "School asks Past about Entry"
    page = look_there(path)
    assert "A question about Entry." in page.text and "SKILLS, TILES" in page.text
    # A question about somebody and an enquiry of one's own are two threads.
    assert post(client, at, organisation="school", text="For us, too").status_code == 303
    assert post(client, at, **asking).status_code == 409


def test_without_projects_nobody_can_be_asked_about_others(app: Flask, ctx: Context) -> None:
    asker = make_account(app)
    school = store_partner(app, "School", admin=asker)
    past = store_partner(app, "Past", admin=make_account(app), slug="past")
    entry = store_partner(app, "Entry", slug="entry")
    guest = Visitor(app.test_client())
    assert "/partners/entry/past-partners" not in guest("/partners/entry").links
    assert "is here yet" in guest("/partners/entry/past-partners").text
    with app.app_context(), pytest.raises(Invalid):
        enquiring.ask(acting(ctx, asker), school, past, "Hello", entry)


def test_past_partners_are_real_like_the_one_and_here(portal: Flask, ctx: Context) -> None:
    one = make_organisation("One")
    here = make_organisation("Here", admin=make_account(portal))
    others = [
        make_organisation("Unclaimed"),
        make_organisation("Made up", admin=make_account(portal), is_fictional=True),
        make_organisation("Hidden", admin=make_account(portal), hidden_at=NOON),
    ]
    make_project("A", one, here, *others)
    make_project("B", here, *others)
    assert [(item.name, names) for item, names in queries.past_partners(ctx, one)] == [
        ("Here", "A")
    ]
