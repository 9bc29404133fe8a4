"""Asking for references, writing them here or behind a mailed link, answering and taking them back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from plugins.cooperation import queries, rules, telling
from plugins.cooperation.models import (
    REFERENCE,
    REFUSED,
    REPLY,
    SHOWN,
    WAITING,
    Reference,
    Text,
)
from plugins.directory.interface import is_shared
from plugins.links import interface as links
from portal import audit, db, workflow
from portal.context import SYSTEM, Context
from portal.errors import Conflict, Invalid, NotFound
from portal.hookspecs import Transition
from portal.i18n import _, locale
from portal.i18n import lazy_gettext as lazy
from portal.organisations.models import Organisation
from portal.organisations.service import lock, new_public_id
from portal.settings import MAIL

PURPOSE = "cooperation.reference"
TYPE = "cooperation_reference"
YEAR = timedelta(days=365)


def ask(
    ctx: Context,
    own: Organisation,
    *,
    giver: Organisation | None = None,
    email: str = "",
    name: str = "",
    language: str = "en",
) -> Reference:
    """Ask another organisation, or somebody by a mailed link, for a reference.

    Raises NotFound for somebody else's organisation, Invalid with the field.
    """
    _check_own(ctx, own)
    address = " ".join(email.split()).lower()
    if giver is None:
        _check_address(own, address)
    elif giver.id == own.id or bool(giver.is_fictional) != bool(own.is_fictional):
        raise Invalid(_("Choose another organisation."), field="giver")
    elif not queries.is_here(giver):
        raise Invalid(_("Nobody acts for this organisation here yet."), field="giver")
    domain = address.rpartition("@")[2]
    now = ctx.clock.now()
    with db.transaction():
        lock(own)
        if not queries.is_here(own):
            raise NotFound
        if queries.asked_since(own.id, now - YEAR) >= rules.MOST_REFERENCES:
            raise Invalid(
                _(
                    "You asked for %(most)s references this year already.",
                    most=rules.MOST_REFERENCES,
                ),
                field="email" if giver is None else "giver",
            )
        if giver is not None:
            of: Any = Reference
            same = (of.organisation == own.id, of.giver == giver.id, of.closed_at.is_null())
            if of.select().where(*same).exists():
                raise Conflict(_("You asked %(name)s already.", name=giver.name))
        row: Reference = Reference.create(
            public_id=new_public_id(),
            organisation=own.id,
            giver=giver.id if giver else None,
            domain="" if giver or is_shared(domain) else domain,
            account=ctx.actor.account_id,
            asked_at=now,
        )
        if giver is not None:
            _tell_giver(ctx, row)
        else:
            links.send(
                ctx,
                purpose=PURPOSE,
                object_id=row.id,
                role="referee",
                email=address,
                name=" ".join(name.split())[:120],
                language=language,
                until=now + rules.LINK_FOR,
            )
        audit.record(ctx, "reference.asked", TYPE, row.id, giver=giver.id if giver else 0)
    return row


def _check_own(ctx: Context, own: Organisation) -> None:
    if ctx.actor.system:
        return
    if own.id not in {item.id for item in queries.own_organisations(ctx)}:
        raise NotFound


def _check_address(own: Organisation, address: str) -> None:
    domain = address.rpartition("@")[2]
    if not MAIL.fullmatch(address) or "." not in domain:
        raise Invalid(_("Write the address as name@domain."), field="email")
    if own.domain and (domain == own.domain or domain.endswith("." + own.domain)):
        raise Invalid(
            _("This address is your own organisation's. Ask somebody from another one."),
            field="email",
        )
    if own.is_fictional and not domain.endswith(".example"):
        raise Invalid(
            _("A made-up organisation writes only to addresses that end with .example."),
            field="email",
        )


def _tell_giver(ctx: Context, row: Reference, *, again: bool = False) -> None:
    if row.giver is None:
        return
    title = lazy("%(name)s asks you for a reference", name=row.organisation.name)
    body = lazy("A few sentences about how you worked together. You may leave it.")
    mark = f"{TYPE} {row.id}{' again' if again else ''}"
    path = f"/cooperation/references/{row.public_id}"
    telling.tell(ctx, row.giver, telling.ASKED, title, body, path, mark)


def letter(ctx: Context, link: links.Link) -> tuple[str, dict[str, Any]] | None:
    """Return kind and values of the mail with a link; None once nobody wants the reference any more."""
    row: Reference | None = Reference.get_or_none(Reference.id == link.object_id)
    if row is None or row.closed_at is not None or _text_of(row, REFERENCE) is not None:
        return None
    organisation = row.organisation
    return "cooperation/reference", {
        "organisation": organisation.name,
        "demo": bool(organisation.is_fictional),
    }


LINKS = links.Purpose(PURPOSE, "cooperation_link.write", letter)


def _text_of(row: Reference, kind: str) -> Text | None:
    found: Text | None = Text.get_or_none(Text.reference == row.id, Text.kind == kind)
    return found


def of_link(object_id: int) -> Reference:
    """Return the reference of a mailed link. Raises NotFound."""
    row: Reference | None = Reference.get_or_none(Reference.id == object_id)
    if row is None:
        raise NotFound
    return row


def text_of(row: Reference) -> Text | None:
    """Return what was written, for its author."""
    return _text_of(row, REFERENCE)


def write(
    ctx: Context,
    row: Reference,
    worked: str,
    words: str,
    *,
    link: links.Link | None = None,
) -> Text:
    """Write a reference, once: for an organisation that was asked, or with a link, which is used then.

    Raises NotFound for others, Invalid with the field, Conflict when it is there or not wanted.
    """
    if link is None:
        if row.giver is None:
            raise NotFound
        _check_own(ctx, row.giver)
    when = rules.checked_text(worked, "worked", 80)
    text = rules.checked_text(words)
    with db.transaction():
        _hold(row)
        if _text_of(row, REFERENCE) is not None:
            raise Conflict(_("This reference was written already."))
        made = _say(ctx, row, REFERENCE, text, row.giver, when)
        if link is not None:
            links.use(ctx, link)
        by = {"by_link": link.role} if link else {}
        audit.record(ctx, "reference.written", TYPE, row.id, **by)
    return made


def _hold(row: Reference) -> None:
    """Hold a reference, so that two windows can't write at once."""
    of: Any = Reference
    still = of.update(asked_at=of.asked_at).where(of.id == row.id, of.closed_at.is_null())
    if not still.execute():
        raise Conflict(_("This reference is not wanted any more."))


def _say(
    ctx: Context, row: Reference, kind: str, text: str, whose: Organisation | None, worked: str = ""
) -> Text:
    made: Text = Text.create(
        public_id=new_public_id(),
        reference=row.id,
        kind=kind,
        organisation=whose.id if whose else None,
        account=ctx.actor.account_id,
        worked=worked,
        text=text,
        lang=locale(),
        written_at=ctx.clock.now(),
    )
    workflow.start(ctx, made)
    return made


def reply(ctx: Context, row: Reference, words: str) -> Text:
    """Answer a reference that is shown, once; a reviewer reads the answer before others do.

    Raises NotFound for others than the organisation it is about, Invalid, Conflict.
    """
    _check_own(ctx, row.organisation)
    text = rules.checked_text(words)
    with db.transaction():
        _hold(row)
        given = _text_of(row, REFERENCE)
        if given is None or given.state != SHOWN:
            raise Conflict(_("This reference is not shown."))
        if _text_of(row, REPLY) is not None:
            raise Conflict(_("This reference was answered already. There is one answer to each."))
        made = _say(ctx, row, REPLY, text, row.organisation)
        audit.record(ctx, "reference.answered", TYPE, row.id)
    return made


def withdraw(ctx: Context, row: Reference, *, by_link: bool = False) -> None:
    """Take back a reference that one wrote; nobody reads it any more.

    Raises NotFound for others, Conflict when there is none.
    """
    if not by_link:
        if row.giver is None:
            raise NotFound
        _check_own(ctx, row.giver)
    with db.transaction():
        found = _text_of(row, REFERENCE)
        if found is None or found.state not in {WAITING, SHOWN}:
            raise Conflict(_("There is nothing to take back."))
        workflow.move(ctx.as_actor(SYSTEM), found, "withdraw")
        audit.record(ctx, "reference.withdrawn", TYPE, row.id)


def close(ctx: Context, row: Reference) -> None:
    """No longer want a reference that nobody has written; its link leads nowhere then.

    Raises NotFound for others than whoever asked, Conflict when it was written.
    """
    _check_own(ctx, row.organisation)
    with db.transaction():
        _hold(row)
        if _text_of(row, REFERENCE) is not None:
            raise Conflict(_("This reference was written already."))
        Reference.update(closed_at=ctx.clock.now()).where(Reference.id == row.id).execute()
        links.close(ctx, PURPOSE, row.id)
        audit.record(ctx, "reference.closed", TYPE, row.id)


def carry_out(ctx: Context, row: Text, step: Transition, comment: str) -> None:
    """Tell those concerned what a reviewer decided about words."""
    reference: Reference = Reference.get_by_id(row.reference_id)
    path = f"/cooperation/references/{reference.public_id}"
    if step.target == SHOWN and row.kind == REFERENCE:
        title = lazy("There is a new reference of %(name)s", name=reference.organisation.name)
        body = lazy("Everybody can read it. You may answer it once.")
        telling.tell(ctx, reference.organisation, telling.ANSWERED, title, body, path)
    elif step.target == REFUSED and row.organisation is not None:
        title = lazy("Your words are not shown: read why")
        telling.tell(ctx, row.organisation, telling.ANSWERED, title, comment, path)


def remind(ctx: Context) -> int:
    """Remind once those who were asked two weeks ago and have not written; returns how many."""
    of: Any = Reference
    written = Text.select(Text.reference).where(Text.kind == REFERENCE)
    late = of.select().where(
        of.reminded_at.is_null(),
        of.closed_at.is_null(),
        of.asked_at <= ctx.clock.now() - rules.REMIND_AFTER,
        of.id.not_in(written),
    )
    count = 0
    for row in list(late.order_by(of.id).limit(500)):
        with db.transaction():
            here = (of.id == row.id, of.reminded_at.is_null())
            if not of.update(reminded_at=ctx.clock.now()).where(*here).execute():
                continue
            count += 1
            _tell_giver(ctx, row, again=True)
            for link in links.links_of(PURPOSE, row.id):
                if link.is_good(ctx.clock.now()):
                    links.send_again(ctx, link)
    return count
