"""Shortlists: in the address without an account, kept with notes by an organisation."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.merging import service as merging
from plugins.merging.plan import Choices
from plugins.saved import queries, rules, service, shortlists
from plugins.saved.models import Entry, Note
from plugins.search.interface import cards_of
from portal.clock import FixedClock
from portal.context import MEMBER, Actor
from portal.errors import Conflict
from portal.organisations.models import Organisation
from portal.organisations.service import announce
from portal.people.models import Account
from tests.factories import clocked, make_account, make_member, post, sign_in
from tests.plugins.partners.conftest import store_partner
from tests.plugins.saved.conftest import acting
from tests.visiting import faults


@pytest.fixture
def partners(app: Flask) -> list[Organisation]:
    return [store_partner(app, f"School of {name}") for name in ("Bread", "Boats", "Bees")]


@pytest.fixture
def own(app: Flask, person: Account) -> Organisation:
    return store_partner(app, "Office of Bonn", admin=person)


def address(found: list[Organisation], path: str = "/shortlist") -> str:
    return f"{path}?" + "&".join(f"partner={item.slug}" for item in found)


def kept(own: Organisation) -> str:
    return f"/organisations/{own.slug}/shortlist"


# In the address


def test_search_and_profile_lead_to_the_shortlist(
    app: Flask, client: FlaskClient, partners: list[Organisation]
) -> None:
    assert 'formaction="/shortlist"' in client.get("/partners").text
    profile = client.get(f"/partners/{partners[0].slug}").text
    assert f'href="/shortlist?partner={partners[0].slug}"' in profile


def test_the_address_is_the_shortlist(client: FlaskClient, partners: list[Organisation]) -> None:
    assert faults(client.get("/shortlist"), "en") == []
    page = client.get(address(partners) + "&partner=nobody&partner=%00&q=offi*")
    assert faults(page, "en") == []
    assert "3 partners on the shortlist" in page.text
    assert "One partner of this link" in page.text
    assert f'href="{address(partners[1:])}"'.replace("&", "&amp;") in page.text
    assert "Nobody else was found" in page.text
    many = "&".join(f"partner=x{at}" for at in range(60))
    assert client.get(f"/shortlist?{many}").status_code == 200


def test_partners_are_added_by_words(client: FlaskClient, partners: list[Organisation]) -> None:
    page = client.get(address(partners[:1]) + "&q=bee").text

    assert f'href="{address([partners[0], partners[2]])}"'.replace("&", "&amp;") in page
    assert "School of Boats" not in page


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_the_shortlist_is_saved_as_a_file(
    client: FlaskClient, partners: list[Organisation], kind: str
) -> None:
    answer = client.get(address(partners[1:], f"/shortlist.{kind}"))

    assert answer.status_code == 200
    assert f'filename="shortlist.{kind}"' in answer.headers["Content-Disposition"]
    if kind == "json":
        assert [row["Name"] for row in answer.json] == ["School of Boats", "School of Bees"]
    assert client.get("/shortlist.exe").status_code == 404


# Kept by an organisation


def test_an_organisation_keeps_a_shortlist(
    app: Flask, as_person: FlaskClient, own: Organisation, partners: list[Organisation]
) -> None:
    assert faults(as_person.get(kept(own)), "en") == []
    assert kept(own) in as_person.get(f"/organisations/{own.slug}/").text
    page = as_person.get(address(partners))
    assert faults(page, "en") == []
    assert "Office of Bonn" in page.text
    fields: Any = {"organisation": own.slug, "partner": [item.slug for item in partners[:2]]}
    added = post(as_person, "/shortlist/keep", page=address(partners), **fields)
    assert (added.status_code, added.location) == (303, kept(own))
    fields["partner"] = [item.slug for item in partners]
    assert post(as_person, "/shortlist/keep", page=address(partners), **fields).status_code == 303
    shown = as_person.get(kept(own))
    assert faults(shown, "en") == []
    assert "One partner was added." in shown.text
    assert Entry.select().count() == 3
    fields["partner"] = ["nobody"]
    assert post(as_person, "/shortlist/keep", page=address(partners), **fields).status_code == 422


def test_notes_are_shared_inside_the_organisation_alone(
    app: Flask, as_person: FlaskClient, person: Account, own: Organisation,
    partners: list[Organisation],
) -> None:  # fmt: skip
    with app.app_context():
        shortlists.add(acting(app, person), own, [partners[0].slug])
    notes = f"{kept(own)}/{partners[0].slug}/notes"
    wrong = post(as_person, notes, page=kept(own), text=" \n ")
    assert (wrong.status_code, "Fill this in" in wrong.text) == (422, True)
    too_long = post(as_person, notes, page=kept(own), text="word " * 300)
    assert (too_long.status_code, "word word" in too_long.text) == (422, True)
    text = "Kind people.\n<b>Dear</b>"
    assert post(as_person, notes, page=kept(own), text=text).status_code == 303

    colleague = make_account(app)
    make_member(own, colleague, "OrgMember")
    as_colleague = sign_in(app.test_client(), colleague)
    shown = as_colleague.get(kept(own))
    assert faults(shown, "en") == []
    assert "Kind people.<br>&lt;b&gt;Dear" in shown.text
    assert "Remove the note" not in shown.text
    note = Note.get()
    path = f"{kept(own)}/notes/{note.public_id}/remove"
    assert post(as_colleague, path, page=kept(own)).status_code == 403
    items = as_colleague.get(f"/api/v1/organisations/{own.public_id}/shortlist").json["items"]
    assert [(row["slug"], row["notes"][0]["text"]) for row in items] == [(partners[0].slug, text)]
    table = list(csv.reader(io.StringIO(as_colleague.get(f"{kept(own)}.csv").text)))
    assert table[1][-1].startswith("Kind people.")

    for other in (make_account(app), make_account(app, role="SiteAdmin")):
        stranger = sign_in(app.test_client(), other)
        for address_ in (
            kept(own),
            f"{kept(own)}.csv",
            f"/api/v1/organisations/{own.public_id}/shortlist",
        ):
            assert stranger.get(address_).status_code == 404
        for deed in (path, notes, f"{kept(own)}/{partners[0].slug}/remove"):
            assert (
                post(stranger, deed, page="/account/searches/new?search=partner").status_code == 404
            )


def test_what_is_removed_comes_back(
    app: Flask, as_person: FlaskClient, person: Account, own: Organisation,
    partners: list[Organisation], clock: FixedClock,
) -> None:  # fmt: skip
    slug = partners[0].slug
    with app.app_context():
        ctx = acting(app, person)
        shortlists.add(ctx, own, [slug])
        note = shortlists.write(ctx, Entry.get(), "Kind people.")
    removed = post(as_person, f"{kept(own)}/notes/{note.public_id}/remove", page=kept(own))
    assert removed.status_code == 303
    assert "Kind people." not in as_person.get(kept(own)).text
    assert post(as_person, f"{kept(own)}/{slug}/remove", page=kept(own)).status_code == 303
    assert "School of Bread" not in as_person.get(kept(own)).text
    with app.app_context():
        shortlists.bring_note_back(ctx, own.slug, note.public_id)
        shortlists.bring_back(ctx, own.slug, slug)
    shown = as_person.get(kept(own)).text
    assert ("Kind people." in shown, "School of Bread" in shown) == (True, True)
    with app.app_context():
        shortlists.remove(ctx, Entry.get())
        service.expire(clocked(app))
        assert Entry.select().count() == 1
        clock.moment += service.KEPT_REMOVED * 2
        service.expire(clocked(app))
        assert (Entry.select().count(), Note.select().count()) == (0, 0)


def test_a_shortlist_is_full_at_some_time(
    app: Flask, person: Account, own: Organisation, partners: list[Organisation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(rules, "MOST_ENTRIES", 2)
    with app.app_context(), pytest.raises(Conflict):
        shortlists.add(acting(app, person), own, [item.slug for item in partners])
    assert Entry.select().count() == 0


def test_partners_out_of_sight_are_left_out(
    app: Flask, as_person: FlaskClient, person: Account, own: Organisation,
    partners: list[Organisation],
) -> None:  # fmt: skip
    with app.app_context():
        ctx = acting(app, person)
        shortlists.add(ctx, own, [item.slug for item in partners])
        partners[0].hidden_at = ctx.clock.now()
        partners[0].save()
        announce(clocked(app), [partners[0].id])

    assert "School of Bread" not in as_person.get(kept(own)).text
    assert "School of Bread" not in as_person.get(address(partners)).text


def test_a_merge_leaves_one_on_each_shortlist_and_its_undo_both(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal(plugins=["saved", "merging"])
    person, admin = make_account(app), make_account(app, role="SiteAdmin")
    own = store_partner(app, "Office of Bonn", admin=person)
    kept_one, gone = store_partner(app, "School of Bread"), store_partner(app, "Bread School")
    with app.app_context():
        shortlists.add(acting(app, person), own, [kept_one.slug, gone.slug])
        ctx = clocked(app).as_actor(Actor(admin.id, admin.name, frozenset({MEMBER, "SiteAdmin"})))
        merged = merging.merge(ctx, kept_one, gone, Choices({}, {}))
        ids = [entry.partner_id for entry in queries.entries(own.id)]
        assert list(cards_of("partner", ids)) == [kept_one.id]
        merging.undo(ctx, merged)
        assert set(cards_of("partner", ids)) == {kept_one.id, gone.id}
