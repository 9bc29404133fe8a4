"""The pages of tasks, steps and sharing, as guest, stranger, owner and reviewer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from plugins.tasks import sharing
from portal import objects
from portal.people.models import Account
from tests.factories import make_account, make_organisation, post, sign_in
from tests.portal.conftest import Desk
from tests.visiting import Visitor


def visitor(desk: Desk, account: Account | None = None) -> FlaskClient:
    client = desk.app.test_client()
    return sign_in(client, account) if account else client


def send(client: FlaskClient, path: str, **values: Any) -> Any:
    return post(client, path, "/organisations/new", **values)


def test_guest_is_asked_to_sign_in(desk: Desk) -> None:
    assert visitor(desk).get("/tasks").status_code == 303
    sheet = desk.sheet("published")
    assert visitor(desk).get(f"/sharing/sheet_sheet/{sheet.public_id}").status_code == 303


def test_empty_page_of_tasks_teaches(desk: Desk) -> None:
    page = Visitor(visitor(desk, make_account(desk.app)))("/tasks")
    assert "a review to decide" in page.text
    assert 'href="/tasks"' in page.text


def test_made_up_organisations_are_marked_in_the_list(desk: Desk) -> None:
    client = visitor(desk, make_account(desk.app, role="Reviewer"))
    desk.sheet("pending")
    assert "tag-demo" not in Visitor(client)("/tasks").text

    desk.sheet("pending", organisation=make_organisation(is_fictional=True))

    assert Visitor(client)("/tasks").text.count("tag-demo") == 1


def test_reviewer_finds_takes_and_decides_a_review(desk: Desk) -> None:
    sheet = desk.sheet("pending", title="About <Bonn>")
    client = visitor(desk, make_account(desk.app, role="Reviewer"))
    page = Visitor(client)("/tasks")
    assert "About &lt;Bonn&gt;" in page.text
    assert "27 Nov 2026" in page.text
    assert send(client, f"/tasks/sheet_sheet/{sheet.public_id}/take").status_code == 303
    assert "Give it back" in Visitor(client)("/tasks").text

    own = Visitor(client)(f"/papers/{sheet.public_id}")
    assert "Publish it" in own.text and "Send it back" in own.text
    answer = send(
        client, f"/workflow/sheet_sheet/{sheet.public_id}/publish", version=str(sheet.version)
    )
    assert answer.location == f"/papers/{sheet.public_id}"
    page = Visitor(client)(answer.location)
    assert "Published" in page.text
    assert "Publish it" in page.text  # in the history now
    assert 'name="version"' not in page.text


def test_late_review_is_marked(desk: Desk) -> None:
    desk.sheet("pending")
    client = visitor(desk, make_account(desk.app, role="Reviewer"))
    assert "late" not in Visitor(client)("/tasks").text
    desk.ctx.clock.moment = desk.ctx.clock.moment.replace(month=12)
    client = visitor(desk, make_account(desk.app, role="Reviewer"))
    assert "late" in Visitor(client)("/tasks").text


def test_older_version_is_a_conflict_and_the_text_is_kept(desk: Desk) -> None:
    sheet = desk.sheet("pending")
    client = visitor(desk, make_account(desk.app, role="Reviewer"))
    path = f"/workflow/sheet_sheet/{sheet.public_id}/send_back"
    answer = send(client, path, version="1", comment="The town is missing.")
    assert answer.status_code == 409
    assert "The town is missing." in answer.text
    assert send(client, path, version="2", comment=" ").status_code == 422


def test_buttons_go_with_the_plugin(desk: Desk) -> None:
    sheet = desk.sheet("pending")
    client = visitor(desk, make_account(desk.app, role="Reviewer"))
    desk.app.extensions["portal"].registry.deactivate(desk.ctx, "tasks")
    page = Visitor(client)(f"/papers/{sheet.public_id}")
    assert "Publish it" not in page.text
    assert "Waits for a review" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/workflow/sheet_sheet/{id}/submit",
        "/workflow/sheet_sheet/{id}/no_step",
        "/tasks/sheet_sheet/{id}/take",
        "/sharing/sheet_sheet/{id}",
        "/sharing/sheet_sheet/{id}/stop",
        "/sharing/sheet_sheet/{id}/1/take-back",
    ],
)
def test_foreign_and_missing_objects_look_the_same(desk: Desk, path: str) -> None:
    sheet = desk.sheet(author=desk.admin)
    client = visitor(desk, make_account(desk.app))
    values = {"who": desk.admin.email, "role": "Viewer"}
    foreign = send(client, path.format(id=sheet.public_id), **values)
    missing = send(client, path.format(id="nothing"), **values)
    unknown = send(client, path.format(id="x").replace("sheet_sheet", "nothing"), **values)
    assert {answer.status_code for answer in (foreign, missing, unknown)} == {404}
    titles = {answer.text.partition("<title>")[2][:60] for answer in (foreign, missing, unknown)}
    assert len(titles) == 1
    assert objects.load("sheet_sheet", sheet.id).state == "draft"


def test_owner_shares_takes_back_and_undoes(desk: Desk) -> None:
    sheet, guest = desk.sheet(), make_account(desk.app, name="Guest of Riga")
    client = visitor(desk, desk.admin)
    path = f"/sharing/sheet_sheet/{sheet.public_id}"
    assert "Nobody yet" in Visitor(client)(path).text
    values = {"who": f" {guest.email.upper()} ", "role": "Viewer", "expires_at": "2027-05-18"}
    assert post(client, path, **values).status_code == 303
    page = Visitor(client)(path)
    assert "Guest of Riga" in page.text and "18 May 2027" in page.text
    assert visitor(desk, guest).get(f"/papers/{sheet.public_id}").status_code == 200

    (given,) = sharing.shares(sheet)
    gone = send(client, f"{path}/{given.id}/take-back")
    assert sharing.shares(sheet) == []
    page = Visitor(client)(gone.location)
    assert "Undo" in page.text
    assert guest.email not in gone.location
    assert guest.email not in page.text
    act = re.search('name="act" value="([^"]+)"', page.text)
    assert act
    assert post(client, "/undo", gone.location, act=act[1]).status_code == 303
    (again,) = sharing.shares(sheet)
    assert (again.account.id, again.role) == (guest.id, "Viewer")
    assert again.expires_at == given.expires_at


def test_organisation_is_named_by_its_address(desk: Desk) -> None:
    sheet, host = desk.sheet(), make_organisation("School of Riga", slug="school-of-riga")
    client = visitor(desk, desk.admin)
    path = f"/sharing/sheet_sheet/{sheet.public_id}"
    who = "https://portal.example/partners/school-of-riga/"
    assert post(client, path, who=who, role="Editor").status_code == 303
    assert [row.organisation.id for row in sharing.shares(sheet)] == [host.id]
    assert "all its people" in Visitor(client)(path).text


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"who": "", "role": "Viewer"}, "Write the mail address of a person"),
        ({"who": "nobody@school.example", "role": "Viewer"}, "somebody with an account"),
        ({"who": "no-school", "role": "Viewer"}, "somebody with an account"),
        ({"who": "a@b.example", "role": "OrgAdmin"}, "Not a valid choice"),
        ({"who": "a@b.example"}, "Choose one."),
        ({"who": "{admin}", "role": "Viewer", "expires_at": "2020-01-01"}, "still to come"),
        ({"who": "{admin}", "role": "Viewer", "expires_at": "tomorrow"}, "Write the day as year"),
    ],
)
def test_what_can_not_be_shared_is_refused_and_kept(
    desk: Desk, values: dict[str, str], said: str
) -> None:
    sheet = desk.sheet()
    client = visitor(desk, desk.admin)
    values = {key: text.format(admin=desk.admin.email) for key, text in values.items()}
    answer = post(client, f"/sharing/sheet_sheet/{sheet.public_id}", **values)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{values["who"]}"' in answer.text
    assert sharing.shares(sheet) == []


def test_trying_addresses_out_is_limited(desk: Desk) -> None:
    sheet = desk.sheet()
    client = visitor(desk, desk.admin)
    path = f"/sharing/sheet_sheet/{sheet.public_id}"
    statuses = [
        send(client, path, who=f"person{number}@school.example", role="Viewer").status_code
        for number in range(31)
    ]
    assert statuses == [422] * 30 + [429]


def test_what_comes_from_above_is_shown_and_switched_off(desk: Desk) -> None:
    folder, guest = desk.folder(), make_account(desk.app, name="Guest of Riga")
    sheet = desk.sheet(folder=folder)
    sharing.share(desk.acting(desk.admin), folder, guest, "Viewer")
    client = visitor(desk, desk.admin)
    path = f"/sharing/sheet_sheet/{sheet.public_id}"
    assert "Guest of Riga" in Visitor(client)(path).text
    assert send(client, f"{path}/stop").status_code == 303
    page = Visitor(client)(path)
    assert "Guest of Riga" not in page.text and "does not hold here" in page.text
    assert visitor(desk, guest).get("/tasks").status_code == 200
    assert not sharing.inherits(sheet)
    send(client, f"{path}/inherit")
    assert sharing.inherits(sheet)
