"""Documents of a consortium: versions, who reads them, what is refused, what is kept."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from peewee import DatabaseError

from plugins.consortia import interface
from plugins.consortia.interface import Seen
from plugins.consortia.models import Consortium
from plugins.documents import plugin, queries, rules, service
from plugins.documents.models import Document, File, Version
from portal import db, workflow
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import csrf_token, make_account, make_member, post, set_settings, sign_in
from tests.plugins.consortia.conftest import Side, acting, found, join, part
from tests.visiting import Visitor

PDF = b"%PDF-1.7\nfirst"
KINDS = ("members", "contacts", "public")


class Circle:
    """A lead, a member with a colleague who only belongs to it, one that left, a stranger."""

    def __init__(self, app: Flask, ctx: Context) -> None:
        with app.app_context():
            names = ("Lead", "Member", "Former", "Stranger")
            self.lead, self.member, self.former, self.stranger = (
                Side(app, ctx, name) for name in names
            )
            self.colleague = make_account(app)
            make_member(self.member.organisation, self.colleague, "OrgMember")
            row = found(self.lead)
            join(row, self.lead, self.member, self.former)
            workflow.move(self.former.ctx, part(row, self.former), "leave")
            workflow.move(self.lead.ctx, Consortium.get_by_id(row.id), "activate")
            self.number, self.slug = row.id, row.slug
            self.base = f"/consortia/{row.slug}/documents"
            self.only = acting(ctx, self.colleague)

    def seen(self, side: Side | None = None) -> Seen:
        """Return the consortium as a side sees it."""
        return interface.find((side or self.lead).ctx, self.slug)

    def add(self, side: Side | None = None, **more: Any) -> Document:
        """Let a side add a document."""
        who = side or self.lead
        values = {"title": "Agreement", "audience": "members", "said": "", "name": "a.pdf"}
        return service.add(who.ctx, self.seen(who), **{**values, "data": PDF, **more})


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin on SQLite."""
    return make_portal(plugins=["documents", "versions"])


@pytest.fixture
def any_circle(make_portal: Callable[..., Flask], any_url: str, ctx: Context) -> Circle:
    """The consortium on each engine, with its portal's context open."""
    app = make_portal(any_url, plugins=["documents"])
    with app.test_request_context():
        yield Circle(app, ctx)


def upload(client: FlaskClient, path: str, page: str, name: str, data: bytes, **more: Any) -> Any:
    """Send a form with a file."""
    values = {"csrf_token": csrf_token(client, page), "file": (io.BytesIO(data), name), **more}
    return client.post(path, data=values, content_type="multipart/form-data")


def office(*names: str, kind: str = "") -> bytes:
    """Make the file of an office program, with these parts."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        if kind:
            archive.writestr("mimetype", kind)
        for name in names:
            archive.writestr(name, "x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "end"),
    [
        ("a.pdf", PDF, ".pdf"),
        ("a.html", PDF, ".pdf"),  # what stands in it counts, not its name
        ("a.docx", office("[Content_Types].xml", "word/document.xml"), ".docx"),
        ("a.ods", office(kind="application/vnd.oasis.opendocument.spreadsheet"), ".ods"),
        ("ä.csv", "Jürgen;1\r\n".encode(), ".csv"),
    ],
)
def test_files_are_told_by_what_stands_in_them(name: str, data: bytes, end: str) -> None:
    assert rules.kind_of(name, data, 1)[1] == end


@pytest.mark.parametrize(
    ("name", "data", "problem"),
    [
        ("a.pdf", b"", "not empty"),
        ("a.pdf", PDF + b"x" * 1_000_000, "at most 1 MB"),
        ("a.html", b"<script>alert(1)</script>", "Save it as PDF"),
        ("a.svg", b"<svg onload='x'/>", "Save it as PDF"),
        ("a.txt", b"\x00\x01binary", "Save it as PDF"),
        (
            "a.docm",
            office("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
            "macros",
        ),
        ("a.odt", office("Basic/x.xml", kind="application/vnd.oasis.opendocument.text"), "macros"),
        ("a.zip", office("anything"), "Save it as PDF"),
        ("a.docx", b"PK\x03\x04broken", "Save it as PDF"),
    ],
)
def test_other_files_are_refused_with_the_remedy(name: str, data: bytes, problem: str) -> None:
    with pytest.raises(Invalid, match=problem) as refused:
        rules.kind_of(name, data, 1)
    assert refused.value.field == "file"


def test_a_files_name_keeps_no_folder_and_gets_its_right_end() -> None:
    assert rules.file_name("C:\\x\\Plan 2027.exe", ".pdf") == "Plan 2027.pdf"
    assert rules.file_name("../../\u202e.html", ".txt") == "_.txt"
    assert rules.file_name("", ".pdf") == "document.pdf"


def test_each_version_stays_and_says_what_it_changed(any_circle: Circle) -> None:
    circle, lead = any_circle, any_circle.lead
    row = circle.add(title="")
    assert row.title == "a"
    service.put(lead.ctx, circle.seen(), row, 1, "dates are in", "b.pdf", PDF + b"2")
    service.describe(lead.ctx, circle.seen(), row, 2, "Grant agreement", "contacts")
    service.describe(lead.ctx, circle.seen(), row, 3, "Grant agreement", "contacts")  # the same
    service.restore(lead.ctx, circle.seen(), row, 3, 1)
    rows = queries.versions(row)
    told = [rules.changed(old, new) for old, new in zip([*rows[1:], None], rows, strict=True)]
    assert told == [["title", "file"], ["title", "audience"], ["file"], ["added"]]
    now = rows[0]
    assert (now.title, now.audience, now.restored) == ("a", "contacts", 1)
    assert (queries.content(now), File.select().count()) == (PDF, 2)
    with pytest.raises(DatabaseError), db.transaction():
        Version.update(note="other").where(Version.id == now.id).execute()


def test_who_is_slower_or_sends_the_same_file_is_told(any_circle: Circle) -> None:
    circle, lead = any_circle, any_circle.lead
    row = circle.add()
    with pytest.raises(Invalid, match="there already"):
        service.put(lead.ctx, circle.seen(), row, 1, "", "b.pdf", PDF)
    service.put(lead.ctx, circle.seen(), row, 1, "", "b.pdf", PDF + b"2")
    with pytest.raises(Conflict) as refused:
        service.put(lead.ctx, circle.seen(), row, 1, "", "c.pdf", PDF + b"3")
    assert refused.value.version == 2
    with pytest.raises(Conflict, match="newest version already"):
        service.restore(lead.ctx, circle.seen(), row, 2, 2)


def test_members_change_their_own_and_only_the_lead_shows_one_to_everybody(
    any_circle: Circle,
) -> None:
    circle, member = any_circle, any_circle.member
    own, other = circle.add(member), circle.add()
    service.describe(member.ctx, circle.seen(member), own, 1, "Ours", "contacts")
    with pytest.raises(Invalid, match="Only the lead"):
        service.describe(member.ctx, circle.seen(member), own, 2, "Ours", "public")
    with pytest.raises(NotAllowed):
        service.remove(member.ctx, circle.seen(member), other)
    seen = interface.find(circle.only, circle.slug)
    with pytest.raises(NotAllowed, match="who write for a member"):
        service.add(circle.only, seen, "", "members", "", "a.pdf", PDF)
    with pytest.raises(NotFound):  # it is for those who write
        service.remove(circle.only, seen, own)
    service.describe(circle.lead.ctx, circle.seen(), own, 2, "Ours", "public")
    with pytest.raises(NotAllowed):
        service.remove(member.ctx, circle.seen(member), own)


def test_there_is_room_for_so_much_and_what_is_removed_gives_it_back_a_month_later(
    any_circle: Circle, clock: FixedClock
) -> None:
    circle, lead = any_circle, any_circle.lead
    set_settings("documents", quota_megabytes=1)
    row = circle.add(data=PDF + b"x" * 700_000)
    with pytest.raises(Invalid, match="no room left"):
        circle.add(data=PDF + b"y" * 700_000)
    circle.add(title="Once more", data=PDF + b"x" * 700_000)  # the same bytes take no room
    assert Document.select().count() == 2
    service.remove(lead.ctx, circle.seen(), row)
    service.bring_back(lead.ctx, circle.seen(), row.public_id)
    for each in Document.select():
        service.remove(lead.ctx, circle.seen(), each)
    clock.moment += timedelta(days=29)
    assert service.forget(lead.ctx) == 0
    clock.moment += timedelta(days=2)
    assert service.forget(lead.ctx) == 1 and queries.used(circle.number) == 0
    with pytest.raises(NotFound):
        service.bring_back(lead.ctx, circle.seen(), row.public_id)


def test_each_reader_gets_what_is_meant_for_them(app: Flask, ctx: Context) -> None:
    circle = Circle(app, ctx)
    with app.test_request_context():
        rows = {kind: circle.add(audience=kind, title=f"For {kind}") for kind in KINDS}
        last = rows["public"]
        service.put(circle.lead.ctx, circle.seen(), last, 1, "", "b.pdf", PDF + b"2")
    files = {kind: f"{circle.base}/{row.public_id}/1" for kind, row in rows.items()}
    people = {
        "lead": sign_in(app.test_client(), circle.lead.account),
        "member": sign_in(app.test_client(), circle.member.account),
        "colleague": sign_in(app.test_client(), circle.colleague),
        "former": sign_in(app.test_client(), circle.former.account),
        "stranger": sign_in(app.test_client(), circle.stranger.account),
        "guest": app.test_client(),
    }
    may = {
        name: [kind for kind, path in files.items() if client.get(path).status_code == 200]
        for name, client in people.items()
    }
    inside = {"lead": list(KINDS), "member": list(KINDS), "colleague": ["members", "public"]}
    assert may == {**inside, "former": [], "stranger": [], "guest": []}, "an old version is inside"
    newest = people["guest"].get(f"{circle.base}/{last.public_id}/2")
    assert newest.data == PDF + b"2"
    assert newest.headers["Content-Disposition"] == "attachment; filename=b.pdf"
    assert newest.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert (newest.headers["X-Content-Type-Options"], newest.mimetype) == (
        "nosniff",
        "application/pdf",
    )
    shown = {name: Visitor(people[name])(circle.base).text for name in ("colleague", "guest")}
    assert "For contacts" not in shown["colleague"] and "For members" in shown["colleague"]
    assert "For public" in shown["guest"] and "For members" not in shown["guest"]
    assert "Documents for everybody" in Visitor(people["guest"])(circle.base[:-10]).text
    assert people["former"].get(f"{circle.base}/{last.public_id}").status_code == 404
    with app.test_request_context():
        assert set(plugin.consortia_archive(circle.only, circle.seen(circle.member))) == {
            "documents.csv", "001-a.pdf", "002-b.pdf"
        }  # fmt: skip


def test_the_pages_teach_add_change_refuse_remove_and_undo(app: Flask, ctx: Context) -> None:
    circle = Circle(app, ctx)
    lead, page = sign_in(app.test_client(), circle.lead.account), circle.base
    look = Visitor(lead)
    assert "so that everybody works with the newest one" in look(page).text
    assert app.test_client().get(page).status_code == 404
    wrong = upload(lead, page, page, "a.html", b"<p>hello</p>", title="Kept", audience="members")
    assert wrong.status_code == 422 and 'value="Kept"' in wrong.text
    sent = upload(lead, page, page, "a.pdf", PDF, title="Plan", audience="members", note="Draft")
    assert sent.status_code == 303
    one = sent.location
    assert "Draft" in look(one).text
    again = upload(lead, f"{one}/versions", one, "b.pdf", PDF + b"2", shown="1", note="Dates")
    assert again.status_code == 303 and "Another file" in look(one).text
    late = upload(lead, f"{one}/versions", one, "c.pdf", PDF + b"3", shown="1", note="Mine")
    assert late.status_code == 409 and 'value="Mine"' in late.text and "Version 2 came" in late.text
    both = post(lead, f"{one}/describe", page=one, version="1", title="Other", audience="members")
    assert both.status_code == 409 and "Other" in both.text and "Plan" in both.text
    assert post(lead, f"{one}/restore/1", page=one, shown="2").status_code == 303
    assert "Version 1 was brought back" in look(one).text
    assert "Plan" in look(f"{page}?q=plan").text and "No document has" in look(f"{page}?q=zzz").text
    assert lead.get(f"{page}.csv").text.splitlines()[1].startswith("Plan,members,3,a.pdf")
    assert post(lead, f"{one}/remove", page=one).status_code == 303
    gone = look(page).text
    assert "1 removed document" in gone and lead.get(one).status_code == 404
    token = re.search(r'name="act" value="([^"]+)"', gone)
    assert token and post(lead, "/undo", page=page, act=token[1]).status_code == 303
    assert lead.get(one).status_code == 200
