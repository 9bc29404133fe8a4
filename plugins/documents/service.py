"""What people do with documents: add, put a new version, describe, bring back, remove."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from plugins.consortia.interface import CLOSED, LEAD, Seen, lock, note
from plugins.documents import queries, rules
from plugins.documents.models import Document, File, Version
from portal import audit, db, settings
from portal.context import Context
from portal.errors import Conflict, Invalid, NotAllowed, TooMany
from portal.i18n import _
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import new_public_id

TYPE = "documents_document"
HELD_FOR = timedelta(days=1)
"""How long a file stays that no version names, so that nobody loses what is just handed in."""


def may_change(row: Document, consortium: Seen, own: list[Organisation]) -> bool:
    """Whether the actor changes a document: the lead all, others what their organisation added.

    What everybody reads is the lead's. `own` are the members for which the actor writes.
    """
    if consortium.state == CLOSED:
        return False
    if consortium.part == LEAD:
        return True
    return row.audience != rules.PUBLIC and row.organisation_id in {item.id for item in own}


def add(
    ctx: Context, consortium: Seen, title: str, audience: str, said: str, name: str, data: bytes
) -> Document:
    """Add a document; without a title it is called as its file.

    Raises Invalid with the field, NotAllowed for those who write for no member, Conflict, TooMany.
    """
    kind, end = _kind(ctx, name, data)
    called = rules.file_name(name, end)
    clean = rules.line(title or called.removesuffix(end), "title", rules.TITLE_LENGTH)
    words = rules.line(said, "note", rules.NOTE_LENGTH, may_be_empty=True)
    with db.transaction():
        now, own = _open(ctx, consortium)
        if not own:
            raise NotAllowed(_("Only those who write for a member add documents."))
        who = rules.audience(audience, now.part == LEAD)
        of: Any = Document
        here = of.select().where(of.consortium_id == now.id, of.removed_at.is_null())
        if here.count() >= rules.MOST_DOCUMENTS:
            raise TooMany(_("There are %(most)s documents already.", most=rules.MOST_DOCUMENTS))
        made: Document = Document.create(
            public_id=new_public_id(),
            consortium_id=now.id,
            organisation=own[0].id,
            title=clean,
            audience=who,
        )
        file = _keep(ctx, now, data)
        _write(ctx, made, own[0], file=file, file_name=called, kind=kind, note=words)
        _tell(ctx, now, made, lazy("The document %(title)s was added", title=clean))
        audit.record(ctx, "document.added", TYPE, made.id, audience=who)
    return made


def put(
    ctx: Context, consortium: Seen, row: Document, shown: int, said: str, name: str, data: bytes
) -> Document:
    """Put a new file in the place of the one shown, as a new version; the old one stays.

    Raises Invalid, NotAllowed, Conflict when somebody was faster, or it is the same file.
    """
    kind, end = _kind(ctx, name, data)
    words = rules.line(said, "note", rules.NOTE_LENGTH, may_be_empty=True)
    with db.transaction():
        now, old, own, last = _changing(ctx, consortium, row, shown)
        file = _keep(ctx, now, data)
        if file == last.file_id:
            raise Invalid(_("This is the file that is there already."), field="file")
        values = {"file": file, "file_name": rules.file_name(name, end), "kind": kind}
        made = _next(ctx, old, own, last, **values, note=words)
        _tell(ctx, now, made, lazy("There is a new version of %(title)s", title=made.title))
        audit.record(ctx, "document.changed", TYPE, row.id, number=made.number, what=["file"])
    return made


def describe(
    ctx: Context, consortium: Seen, row: Document, shown: int, title: str, audience: str
) -> Document:
    """Say what a document is called and who reads it, as a new version.

    Raises Invalid, NotAllowed, Conflict with both texts when somebody was faster.
    """
    clean = rules.line(title, "title", rules.TITLE_LENGTH)
    with db.transaction():
        now, old, own, last = _changing(ctx, consortium, row, shown)
        who = rules.audience(audience, now.part == LEAD)
        old.title, old.audience = clean, who
        what = rules.changed(last, Version(title=clean, audience=who, file=last.file_id))
        if what:
            _next(ctx, old, own, last)
            audit.record(ctx, "document.changed", TYPE, row.id, number=old.number, what=what)
    return old


def restore(ctx: Context, consortium: Seen, row: Document, shown: int, number: int) -> Document:
    """Bring title and file of an older version back, as a new one; who reads it stays as it is.

    Raises NotFound, NotAllowed, Conflict when somebody was faster.
    """
    with db.transaction():
        now, old, own, last = _changing(ctx, consortium, row, shown)
        wanted = queries.version(old, number)
        if wanted.number == last.number:
            raise Conflict(_("This is the newest version already."))
        old.title = wanted.title
        made = _next(ctx, old, own, wanted, restored=wanted.number)
        _tell(
            ctx, now, made, lazy("An older version of %(title)s was brought back", title=made.title)
        )
        audit.record(ctx, "document.restored", TYPE, row.id, number=made.number, of=number)
    return made


def remove(ctx: Context, consortium: Seen, row: Document) -> None:
    """Take a document away; for a while it can be brought back. Raises NotAllowed, Conflict."""
    with db.transaction():
        now, own = _open(ctx, consortium)
        old = _still(ctx, now, row, own)
        Document.update(removed_at=ctx.clock.now()).where(Document.id == old.id).execute()
        _tell(ctx, now, old, lazy("The document %(title)s was removed", title=old.title))
        audit.record(ctx, "document.removed", TYPE, old.id)


def bring_back(ctx: Context, consortium: Seen, public_id: str) -> Document:
    """Bring a removed document back, with all its versions. Raises NotFound, NotAllowed, Conflict."""
    with db.transaction():
        now, own = _open(ctx, consortium)
        since = queries.lasts(ctx.clock.now())
        rows = [row for row in queries.removed(now, since) if row.public_id == public_id]
        if not rows:
            raise queries.missing()
        if not may_change(rows[0], now, own):
            raise NotAllowed
        Document.update(removed_at=None).where(Document.id == rows[0].id).execute()
        title = rows[0].title
        _tell(ctx, now, rows[0], lazy("The document %(title)s was brought back", title=title))
        audit.record(ctx, "document.brought_back", TYPE, rows[0].id)
    return rows[0]


def forget(ctx: Context) -> int:
    """Delete documents that were removed long ago, and files of no version; returns how many files."""
    now = ctx.clock.now()
    of: Any = Document
    named: Any = Version.select(Version.file)
    with db.transaction():
        of.delete().where(of.removed_at < queries.lasts(now)).execute()
        gone: int = (
            File.delete().where(File.kept_at < now - HELD_FOR, File.id.not_in(named)).execute()
        )
    return gone


def _kind(ctx: Context, name: str, data: bytes) -> tuple[str, str]:
    return rules.kind_of(name, data, int(settings.of(ctx, "documents")["file_megabytes"]))


def _open(ctx: Context, consortium: Seen) -> tuple[Seen, list[Organisation]]:
    """Let others wait; return for whom the actor writes. Raises Conflict where it is closed."""
    now = lock(ctx, consortium, "inside")
    if now.state == CLOSED:
        raise Conflict(_("This consortium is closed."))
    return now, queries.writes_for(ctx, now)


def _still(ctx: Context, now: Seen, row: Document, own: list[Organisation]) -> Document:
    old = queries.document(now, row.public_id, queries.readable(now, own))
    if not may_change(old, now, own):
        raise NotAllowed(_("The lead changes this document, and the member that added it."))
    return old


def _changing(
    ctx: Context, consortium: Seen, row: Document, shown: int
) -> tuple[Seen, Document, Organisation, Version]:
    now, own = _open(ctx, consortium)
    old = _still(ctx, now, row, own)
    if shown != old.number:
        raise Conflict(
            _("Somebody else saved this while you were writing. Nothing of yours is lost."),
            version=old.number,
        )
    if old.number >= rules.MOST_VERSIONS:
        raise TooMany(_("There are %(most)s versions already.", most=rules.MOST_VERSIONS))
    return now, old, own[0], queries.version(old, old.number)


def _keep(ctx: Context, now: Seen, data: bytes) -> int:
    """Keep bytes once; return their number. Raises Invalid where there is no room."""
    digest, size = hashlib.sha256(data).hexdigest(), len(data)
    of: Any = File
    here = (of.consortium_id == now.id, of.digest == digest)
    room = int(settings.of(ctx, "documents")["quota_megabytes"])
    is_known = of.select(of.id).where(*here).exists()
    if not is_known and queries.used(now.id) + size > room * rules.MEGABYTE:
        raise Invalid(
            _("There is no room left: a consortium keeps at most %(most)s MB, with all versions. "
              "Remove what nobody needs; %(days)s days later there is room again.",
              most=room, days=rules.DAYS_TO_BRING_BACK), field="file")  # fmt: skip
    of.insert(
        consortium_id=now.id, digest=digest, size=size, content=data, kept_at=ctx.clock.now()
    ).on_conflict(
        conflict_target=[of.consortium_id, of.digest], update={of.kept_at: ctx.clock.now()}
    ).execute()
    return int(of.select(of.id).where(*here).scalar())


def _next(ctx: Context, old: Document, own: Organisation, like: Version, **values: Any) -> Document:
    old.number += 1
    kept = {"file": like.file_id, "file_name": like.file_name, "kind": like.kind, **values}
    Document.update(number=old.number, title=old.title, audience=old.audience).where(
        Document.id == old.id
    ).execute()
    _write(ctx, old, own, **kept)
    return old


def _write(ctx: Context, row: Document, own: Organisation, **values: Any) -> None:
    of: Any = File
    Version.create(
        document=row.id,
        number=row.number,
        title=row.title,
        audience=row.audience,
        size=of.select(of.size).where(of.id == values["file"]).scalar(),
        organisation=own.id,
        account=ctx.actor.account_id,
        created_at=ctx.clock.now(),
        **values,
    )


def _tell(ctx: Context, now: Seen, row: Document, text: Any) -> None:
    """Add a line to the history that all members read, unless not all may read the document."""
    if row.audience != rules.CONTACTS:
        note(ctx, now, text)
