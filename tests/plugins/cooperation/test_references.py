"""References: asked by mail or here, written once, moderated, answered, taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from plugins.cooperation import profile, queries, references
from plugins.cooperation.models import Reference, Text
from portal import workflow
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.mail import Outbox
from tests.factories import csrf_token, make_account, make_member
from tests.plugins.cooperation.conftest import World

WORDS = {"worked": "2023", "text": "They kept every date."}


def asked(world: World, **more: Any) -> Reference:
    """Let the school ask somebody by mail."""
    school = world.organisation("School")
    values = {"email": "Boss@Guild.example", "language": "en"} | more
    return references.ask(world.acting("School"), school, **values)


def link_of(number: int = -1) -> str:
    """Return the path in a mail that asks for a reference."""
    rows = list(Outbox.select().where(Outbox.kind == "cooperation/reference").order_by(Outbox.id))
    found = re.search(r"/cooperation/link/\S+", rows[number].text)
    assert found
    return found[0]


def send(world: World, path: str, **values: str) -> Any:
    client = world.app.test_client()
    page = path.removesuffix("/withdraw")
    return client.post(path, data={"csrf_token": csrf_token(client, page), **values})


def test_somebody_without_an_account_writes_once_and_a_reviewer_lets_it_through(
    any_world: World,
) -> None:
    world = any_world
    row = asked(world)
    assert row.domain == "guild.example"
    path = link_of()
    assert send(world, path, worked="2023", text="").status_code == 422
    assert send(world, path, **WORDS).status_code == 303
    assert "This is what you wrote" in world.app.test_client().get(path).text
    school = world.organisation("School")
    assert profile.known(world.ctx, school).references == []
    text = Text.get()
    workflow.move(world.acting("Reviewer"), text, "show")
    (shown,) = profile.known(world.ctx, school).references
    assert (shown["who"], shown["worked"]) == ("Somebody with an address at guild.example", "2023")
    page = world.app.test_client().get("/cooperation/of/school").text
    assert "They kept every date." in page and "boss" not in page.lower()
    assert "Reference" in world.app.test_client().get("/partners/school").text

    references.reply(world.acting("School"), row, "Thank you.")
    with pytest.raises(Conflict):
        references.reply(world.acting("School"), row, "Thank you again.")
    reply = Text.get(Text.kind == "reply")
    with pytest.raises((NotAllowed, NotFound)):
        workflow.move(world.acting("School"), reply, "show")
    workflow.move(world.acting("Reviewer"), reply, "show")
    assert profile.known(world.ctx, school).references[0]["reply"].text == "Thank you."

    assert send(world, f"{path}/withdraw").status_code == 303
    assert profile.known(world.ctx, school).references == []
    with pytest.raises(Conflict):
        references.withdraw(world.ctx, row, by_link=True)


def test_a_link_writes_one_reference_in_two_windows(world: World) -> None:
    asked(world)
    path = link_of()
    clients = [world.app.test_client() for _window in range(2)]
    tokens = [csrf_token(client, path) for client in clients]
    answers = [
        client.post(path, data={"csrf_token": token, **WORDS}).status_code
        for client, token in zip(clients, tokens, strict=True)
    ]
    assert answers == [303, 409]
    assert Text.select().count() == 1


def test_an_organisation_here_writes_and_nobody_else(world: World) -> None:
    bakery = world.organisation("Bakery")
    row = asked(world, email="", giver=bakery)
    assert [item.id for item in queries.to_write([bakery.id])] == [row.id]
    world.organisation("Stranger")
    for name in ("School", "Stranger"):
        with pytest.raises(NotFound):
            references.write(world.acting(name), row, **_words())
    made = references.write(world.acting("Bakery"), row, **_words())
    with pytest.raises(Conflict):
        references.write(world.acting("Bakery"), row, **_words())
    make_member(bakery, world.people.setdefault("near", make_account(world.app, role="Reviewer")))
    with pytest.raises(NotAllowed):  # a reviewer of one of the sides
        workflow.move(world.acting("near"), made, "show")
    workflow.move(world.acting("Reviewer"), made, "refuse", "It names a teacher.")
    assert profile.known(world.ctx, world.organisation("School")).references == []
    with pytest.raises(Conflict):
        references.reply(world.acting("School"), row, "But it is true.")


def _words() -> dict[str, str]:
    return {"worked": WORDS["worked"], "words": WORDS["text"]}


@pytest.mark.parametrize(
    "email", ["", "no address", "boss@school.example", "me@mail.school.example", "a@localhost"]
)
def test_addresses_of_ones_own_and_what_is_none_are_refused(email: str, world: World) -> None:
    world.organisation("School", domain="school.example")
    with pytest.raises(Invalid) as refused:
        asked(world, email=email)
    assert refused.value.field == "email"
    assert not Reference.select().exists()


def test_made_up_organisations_write_to_nobody_real(world: World) -> None:
    world.organisation("School", is_fictional=True, state="claimed")
    with pytest.raises(Invalid):
        asked(world, email="boss@guild.org")
    assert asked(world).domain == "guild.example"


def test_ten_in_a_year(world: World) -> None:
    for at in range(10):
        asked(world, email=f"boss@guild{at}.example")
    with pytest.raises(Invalid):
        asked(world)
    world.app.extensions["portal"].clock.moment += timedelta(days=366)
    assert asked(world)


def test_who_does_not_write_is_reminded_once_until_nobody_wants_it_any_more(world: World) -> None:
    row = asked(world)
    first = link_of()
    world.app.extensions["portal"].clock.moment += timedelta(days=15)
    assert [references.remind(world.ctx), references.remind(world.ctx)] == [1, 0]
    assert link_of() != first
    references.close(world.acting("School"), row)
    answer = world.app.test_client().get(link_of(), follow_redirects=True)
    assert "not wanted any more" in answer.text or answer.status_code == 410
    with pytest.raises(NotFound):
        references.close(world.acting("Reviewer"), row)
