"""Pages: who sees what, forms that keep what was typed, a stale page to sign on."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.agreements import negotiating, policy, service
from plugins.agreements.models import Agreement, Opening
from plugins.agreements.workflow import parties, standing
from portal import permissions
from portal.organisations.models import OrganisationMember
from portal.people.models import Account
from tests.factories import make_account, make_organisation, sign_in
from tests.plugins.agreements.conftest import World

MEDIA = b"%PDF-1.7\nscan"


def sent(browser: FlaskClient, path: str, page: str = "", **values: Any) -> Any:
    """Send a form with the token of a page."""
    text = browser.get(page or path).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert token, text[:400]
    return browser.post(path, data={"csrf_token": token[1], **values})


def browser_of(app: Flask, account: Account) -> FlaskClient:
    return sign_in(app.test_client(), account)


@pytest.fixture
def made(app: Flask) -> World:
    """Three schools; outside of any request, so that browsers are their own."""
    with app.test_request_context():
        return World(app)


def prepared(app: Flask, world: World, state: str) -> Agreement:
    """Return an agreement between the first two schools that went so far."""
    with app.test_request_context():
        row: Agreement = getattr(world, state)()
    return row


def test_begun_changed_sent_agreed_and_signed_in_the_browser(app: Flask, made: World) -> None:
    mine, theirs = (browser_of(app, made.writers[at]) for at in (0, 1))
    told = sent(
        mine, "/agreements/new", organisation="school-0", kind="sharing", title="Data",
        partner="School 1", role="sending", partner_role="host", language="en", second="de",
    )  # fmt: skip
    assert told.status_code == 303, told.text
    path = told.location
    number = path.rpartition("/")[2]
    assert theirs.get(path).status_code == 404
    each = [party.public_id for party in parties(Agreement.get().id)]
    for key, values in {
        "purpose": {"what_for": "Placements"},
        "data": {"people": "Learners", "kinds": "Names"},
        "duties": {f"responsible-{one}": "Keeps it" for one in each},
        "security": {"how": "Locked"},
        "retention": {"months": "6"},
        "incidents": {"hours": "24"},
    }.items():
        page = f"{path}/clauses/{key}"
        text = mine.get(page).text
        version = re.search(r'name="version" value="(\d+)"', text)
        wording = dict(re.findall(r'name="(wording-\w+)"[^>]*>\s*([^<]*)</textarea>', text))
        assert version
        told = sent(mine, page, version=version[1], **wording, **values)
        assert told.status_code == 303, told.text
    assert sent(mine, f"{path}/send", path).status_code == 303
    assert Agreement.get().state == "negotiation"
    page = theirs.get(path)
    assert "Agree to this text" in page.text and made.writers[0].email not in page.text
    digest = re.search(r'name="digest" value="([^"]+)"', page.text)
    assert digest
    told = sent(theirs, f"{path}/agree", path, digest=digest[1])
    assert Agreement.get().state == "ready", told.text
    for at in (0, 1):
        head = browser_of(app, made.heads[at])
        page = head.get(f"/agreements/{number}/sign")
        assert page.status_code == 200 and "I have read" in page.text
        told = sent(head, f"{path}/sign", digest=digest[1])
        assert told.status_code == 422
        told = sent(head, f"{path}/sign", digest=digest[1], intent="yes")
        assert told.status_code == 303, told.text
        again = sent(head, f"{path}/sign", path, digest=digest[1], intent="yes")
        assert again.status_code == 409 and "signed already" in again.text
    assert Agreement.get().state == "in_force"
    for page in ("", "/versions", "/versions/1.json", "/clauses/contacts", "/paper"):
        assert mine.get(path + page).status_code == 200, page


def test_a_stale_page_answers_409_with_the_difference(app: Flask, made: World) -> None:
    row = prepared(app, made, "frozen")
    head = browser_of(app, made.heads[1])
    path = f"/agreements/{row.public_id}/sign"
    digest = re.search(r'name="digest" value="([^"]+)"', head.get(path).text)
    assert digest
    with app.test_request_context():
        first = parties(row.id)[0].public_id
        made.change(row, 0, "contacts", office={first: "Mobility office"})
    told = sent(head, path, digest=digest[1], intent="yes")
    assert told.status_code == 409
    assert "<ins>" in told.text and "Mobility" in told.text
    assert not standing(row.id)


def test_a_faster_change_shows_both_texts(app: Flask, made: World) -> None:
    row = prepared(app, made, "sent")
    mine = browser_of(app, made.writers[0])
    with app.test_request_context():
        made.change(row, 1, "objectives", other="Theirs")
    told = sent(
        mine, f"/agreements/{row.public_id}/clauses/objectives", version="1", other="Ours",
        **{"wording-en": "Short"},
    )  # fmt: skip
    assert told.status_code == 409
    assert "Theirs" in told.text and "Ours" in told.text


def test_what_was_typed_wrongly_stays(app: Flask, made: World) -> None:
    row = prepared(app, made, "sent")
    mine = browser_of(app, made.writers[0])
    told = sent(
        mine, f"/agreements/{row.public_id}/clauses/validity", version="1", valid_from="tomorrow",
        shortest="many", **{"wording-en": "W"},
    )  # fmt: skip
    assert told.status_code == 422
    assert 'value="tomorrow"' in told.text and 'value="many"' in told.text


def test_paper_is_attested_and_shown_as_paper(app: Flask, made: World) -> None:
    row = prepared(app, made, "frozen")
    mine, path = browser_of(app, made.writers[1]), f"/agreements/{row.public_id}/paper"
    with app.test_request_context():
        digest = made.digest(row)
    bad = sent(mine, path, digest=digest, name="Head", scan=(io.BytesIO(b"GIF89a"), "x.pdf"))
    assert bad.status_code == 422 and "Choose a scan" in bad.text
    locked = io.BytesIO(MEDIA + b"/Encrypt 7 0 R")
    bad = sent(mine, path, digest=digest, name="Head", scan=(locked, "scan.pdf"))
    assert bad.status_code == 422 and "locked with a password" in bad.text
    told = sent(mine, path, digest=digest, name="Head", scan=(io.BytesIO(MEDIA), "scan.pdf"))
    assert told.status_code == 303, told.text
    [signature] = standing(row.id)
    assert (signature.level, signature.account_id) == ("paper", None)
    page = mine.get(f"/agreements/{row.public_id}").text
    assert "signed on paper" in page
    scan = f"/agreements/{row.public_id}/signatures/{signature.public_id}/scan"
    assert mine.get(scan).data == MEDIA
    stranger = browser_of(app, made.writers[2])
    assert stranger.get(scan).status_code == 404


def test_strangers_former_parties_and_administrators_see_no_text(app: Flask, made: World) -> None:
    with app.test_request_context():
        row = made.sent(3)
        gone = parties(row.id)[2].public_id
        service.remove_party(made.ctx(made.writers[0]), row, gone)
    site = make_account(app, role="SiteAdmin")
    outsider = make_account(app)
    path = f"/agreements/{row.public_id}"
    for account in (site, outsider, made.writers[2]):
        browser = browser_of(app, account)
        for page in ("", "/versions", "/versions/1.json", "/sign", "/clauses/review", "/parties"):
            assert browser.get(path + page).status_code == 404, page
        assert row.title not in browser.get("/agreements").text
    browser = browser_of(app, site)
    seen = browser.get("/setup/agreements").text
    assert row.public_id in seen and row.title not in seen and "School 1" not in seen
    page = f"/setup/agreements/{row.public_id}"
    assert sent(browser, page, reason="no").status_code == 422
    told = sent(browser, page, reason="A court asked us for this agreement.")
    assert told.status_code == 303
    assert browser.get(path).status_code == 200
    assert browser.get(f"{path}/clauses/review").status_code in (403, 404)
    assert "A court asked" in browser_of(app, made.writers[0]).get(path).text
    assert Opening.select().count() == 1


def test_the_register_is_filtered_and_saved_as_a_file(app: Flask, made: World) -> None:
    row = prepared(app, made, "in_force")
    browser = browser_of(app, made.writers[1])
    assert row.title in browser.get("/agreements?state=in_force&q=school+0&kind=mou").text
    assert row.title not in browser.get("/agreements?state=draft").text
    rows = list(csv.reader(io.StringIO(browser.get("/agreements?as=csv").text.lstrip("\ufeff"))))
    assert rows[1][1] == row.title and "School 0; School 1" in rows[1]


def test_somebody_without_an_organisation_is_told_what_to_do(app: Flask, made: World) -> None:
    browser = browser_of(app, make_account(app))
    assert "by organisations" in browser.get("/agreements/new").text
    assert "no agreements yet" in browser.get("/agreements").text


def test_a_partner_that_is_not_here_needs_an_address(app: Flask, made: World) -> None:
    browser = browser_of(app, made.writers[0])
    values = {
        "organisation": "school-0", "kind": "mou", "title": "With a firm", "partner": "Firm Ltd",
        "role": "partner", "partner_role": "host", "language": "en", "second": "",
    }  # fmt: skip
    told = sent(browser, "/agreements/new", **values)
    assert told.status_code == 422 and "Write a mail address too" in told.text
    told = sent(browser, "/agreements/new", **values, email="boss@firm.example")
    assert told.status_code == 303


def test_members_who_do_not_write_read_only(app: Flask, made: World) -> None:
    row = prepared(app, made, "sent")
    reader = make_account(app)
    with app.test_request_context():
        OrganisationMember.create(
            organisation=made.schools[1].id, account=reader.id, role="OrgMember",
            joined_at=made.ctx().clock.now(),
        )  # fmt: skip
    browser, path = browser_of(app, reader), f"/agreements/{row.public_id}"
    page = browser.get(path).text
    assert row.title in page and "Agree to this text" not in page
    assert browser.get(f"{path}/clauses/review").status_code == 403


def test_hostile_input_gets_a_clear_answer(app: Flask, made: World) -> None:
    row = prepared(app, made, "sent")
    browser, path = browser_of(app, made.writers[0]), f"/agreements/{row.public_id}"
    for page in (
        f"{path}/versions?from=99999999999&to=x",
        f"{path}/clauses/nothing",
        f"{path}/versions/999999.json",
        "/agreements?before=-1&kind=%00&q=%00%25&state=zzz",
        "/agreements/%00",
        "/agreements/links/x",
    ):
        assert browser.get(page).status_code in (200, 404), page
    for values in (
        {"version": "1", "other": "x" * 5_000},
        {"version": "", "other": "\ud800".encode("utf-8", "surrogatepass")},
        {"version": "9" * 30, "other": "y"},
    ):
        told = sent(browser, f"{path}/clauses/objectives", **values)
        assert told.status_code in (303, 400, 409, 422)
    assert make_organisation("Other") is not None
    assert negotiating.without_signatory([]) == []


LONG = 'kind = "long"\nversion = 1\nroles = ["partner"]\nneeds = []\n' + "".join(
    f'[[clauses]]\nid = "c{at}"\nblock = {at + 1}\nfields = [{{ id = "v{at}", type = "long" }}]\n'
    for at in range(45)
).replace('type = "long" }]', 'type = "long" }, { id = "each", type = "text", each = true }]', 1)


def test_a_long_text_has_pages_and_is_whole_where_one_signs(app: Flask, made: World) -> None:
    folder = app.config["PORTAL"].instance_path / "agreements"
    folder.mkdir()
    (folder / "long-1.toml").write_text(LONG)
    known = {f"v{at}": f"Words of {at}." for at in range(45)}
    with app.test_request_context():
        others = [service.Asked("partner", made.schools[1])]
        others += [
            service.Asked("partner", None, f"Firm {at}", f"firm{at}@firms.example")
            for at in range(22)
        ]
        wide = service.begin(
            made.ctx(made.writers[0]), made.schools[0], "long", "Many", role="partner",
            others=others, known=known,
        )  # fmt: skip
        row = service.begin(
            made.ctx(made.writers[0]), made.schools[0], "long", "Long", role="partner",
            others=others[:1], known=known,
        )  # fmt: skip
        negotiating.send(made.ctx(made.writers[0]), row)
    writer, head = (browser_of(app, account) for account in (made.writers[1], made.heads[1]))
    path = f"/agreements/{row.public_id}"

    def clauses(address: str) -> list[str]:
        return re.findall(r'<section id="clause-(\w+)"', writer.get(address).text)

    assert clauses(path) == [f"c{at}" for at in range(20)]
    assert (
        clauses(f"{path}?page=3")
        == clauses(f"{path}?page=99")
        == [f"c{at}" for at in range(40, 45)]
    )
    assert clauses(f"{path}?all=1") == [f"c{at}" for at in range(45)]
    assert 'href="?page=2#clause-c20"' in writer.get(path).text
    values = {"version": "1", "v30": "Other words.", "wording-en": ""}
    told = sent(writer, f"{path}/clauses/c30", **values)
    assert told.location.endswith(f"{path}?page=2#clause-c30")
    assert "Other words." in writer.get(f"{path}?page=2").text
    assert "Nobody accepted" not in writer.get(path).text
    with app.test_request_context():
        for at in (0, 1):
            made.agree(row, at)
    whole = head.get(f"{path}/sign").text
    assert all(f"Words of {at}." in whole for at in range(45) if at != 30)
    assert "Other words." in whole and made.now(row).state == "ready"

    mine = browser_of(app, made.writers[0])
    page = mine.get(f"/agreements/{wide.public_id}").text
    assert "Firm 17" in page and "Firm 18" not in page and "Parties 1 to 20 of 24" in page
    assert "Firm 18" in mine.get(f"/agreements/{wide.public_id}?parties=2").text
    assert "Firm 21" in mine.get(f"/agreements/{wide.public_id}/parties?page=2").text
    form = mine.get(f"/agreements/{wide.public_id}/clauses/c0").text
    own, _folded, rest = form.partition("What the other 23 parties write")
    assert (own.count('name="each-'), rest.count('name="each-')) == (1, 23)


def test_a_page_offers_what_permissions_allow(app: Flask, made: World) -> None:
    names = {"view", "negotiate", "run", "sign", "close", "history"}
    for state in ("begin", "sent", "frozen", "in_force"):
        row = prepared(app, made, state)
        for account in (made.writers[0], made.writers[1], made.heads[0], made.writers[2]):
            with app.test_request_context():
                ctx = made.ctx(account)
                granted = permissions.granted(ctx, row, names)
                mine = policy.hands(ctx, row)
                assert policy.offered(row, mine) == granted, state


def test_an_order_of_signing_is_set_and_the_page_says_whose_turn_it_is(
    app: Flask, made: World
) -> None:
    row = prepared(app, made, "sent")
    mine, theirs = (browser_of(app, made.writers[at]) for at in (0, 1))
    path = f"/agreements/{row.public_id}"
    told = sent(mine, f"{path}/parties/order", f"{path}/parties", in_turn="yes")
    assert told.status_code == 303
    assert 'name="in_turn" value="yes" checked' in mine.get(f"{path}/parties").text
    assert sent(theirs, f"{path}/parties/order", path, in_turn="yes").status_code == 403
    with app.test_request_context():
        for at in (0, 1):
            made.agree(row, at)
    second = browser_of(app, made.heads[1]).get(f"{path}/sign").text
    assert "It is the turn of School 0" in second and 'id="h-sign"' not in second
    assert 'id="h-sign"' in browser_of(app, made.heads[0]).get(f"{path}/sign").text
