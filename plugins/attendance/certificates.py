"""Certificates that somebody was at a round table: a sealed PDF with a code that anyone can check.

The portal keeps neither name nor code, only hashes. Whoever has the paper has both, and asks whether
they belong together; when names are deleted on schedule the paper stays good.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app

from plugins.attendance.models import Certificate
from plugins.paper import interface as paper
from plugins.roundtables import interface as roundtables
from plugins.roundtables.interface import Seat, Series, Table
from portal import audit, db, permissions
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _, day, in_locale, language_name, locale, ngettext
from portal.text import sort_key

TEMPLATE, FILE = "attendance/certificate.typ", "certificate.json"


@dataclass(frozen=True)
class Verdict:
    """What a code proves: kind is good, revoked or unknown; `is_name` is None when none was given."""

    kind: str
    code: str = ""
    is_name: bool | None = None
    series: Series | None = None
    table: Table | None = None
    issued_at: datetime | None = None
    reason: str = ""
    is_sealed: bool | None = None


def code_of(seat: Seat) -> str:
    """Return the code of somebody's certificate: always the same, and stored nowhere."""
    key: str = current_app.config["PORTAL"].signing_key()
    made = hmac.new(key.encode(), f"certificate {seat.public_id}".encode(), "sha256")
    return paper.short_code(made.hexdigest())


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _found(code: str) -> Certificate | None:
    digits = paper.code_digits(code[:40])
    row: Certificate | None = Certificate.get_or_none(
        Certificate.code_digest == _digest("code", digits)
    )
    return row if digits else None


def issue(ctx: Context, series: Series, table: Table, seat: Seat) -> bytes:
    """Return somebody's certificate in their language, sealed; a later one replaces the name.

    Raises Conflict for somebody who was not there, and for one that was revoked; Unavailable where no
    PDFs are made.
    """
    if seat.state != roundtables.ATTENDED:
        raise Conflict(_("There is a certificate for those who came. Ask the host about it."))
    code, known = code_of(seat), _found(code_of(seat))
    if known is not None and known.revoked_at is not None:
        raise Conflict(_("This certificate was revoked. Ask the host about it."))
    made = _paper(ctx, series, table, seat, code)
    digits = paper.code_digits(code)
    name = _digest("name", digits, sort_key(seat.name))
    with db.transaction():
        if known is None:
            Certificate.create(
                code_digest=_digest("code", digits), name_digest=name, table_id=table.id,
                issued_at=ctx.clock.now(),
            )  # fmt: skip
            audit.record(ctx, "certificate.issued", "roundtables_series", series.id)
        elif known.name_digest != name:
            Certificate.update(name_digest=name).where(Certificate.id == known.id).execute()
            audit.record(ctx, "certificate.issued_again", "roundtables_series", series.id)
    return made


def _paper(ctx: Context, series: Series, table: Table, seat: Seat, code: str) -> bytes:
    url = f"{current_app.config['PORTAL'].base_url.rstrip('/')}/round-tables/certificates/{code}"
    with in_locale(seat.lang):
        when = roundtables.moment(table.starts_at, series.zone)
        data = {
            "heading": _("Certificate of attendance"),
            "name": seat.name,
            "sentence": _("took part in the round table"),
            "topic": table.topic,
            "rows": [
                [_("Series"), series.title],
                [_("Host"), series.host_name],
                [_("Held"), when],
                [_("Length"), ngettext("%(num)s minute", "%(num)s minutes", table.minutes)],
                [_("Language"), language_name(table.lang, locale())],
                [_("Issued on"), day(ctx.clock.now())],
            ],
            "check": _("Check this certificate"),
            "how": _(
                "Scan the picture or type the code at the address. The page says what is proven; it "
                "names nobody: you type the name yourself."
            ),
            "proves": _(
                "The host noted that the person behind a mailed link was there. Nobody looked at a "
                "passport."
            ),
            "demo": _("Demonstration: the organisations and people on this page are made up.")
            if series.host.is_fictional
            else "",
            "code": code,
            "qr": url,
            "lang": table.lang,
        }
        about = {"code": code, "name": seat.name, "topic": table.topic, "host": series.host_name}
        file = json.dumps(about, ensure_ascii=False, sort_keys=True).encode()
        made = paper.pdf(
            ctx, TEMPLATE, data, language=seat.lang, title=_("Certificate of attendance"),
            attachments={FILE: file},
        )  # fmt: skip
        return paper.seal(ctx, made, _("Sealed so that changes show"))


def check(code: str, name: str = "") -> Verdict:
    """Say what a code proves, and whether it stands for a name."""
    row = _found(code)
    series = roundtables.of_table(row.table_id) if row else None
    if row is None or series is None:
        return Verdict("unknown", code)
    table = next(one for one in series.tables if one.id == row.table_id)
    digits = paper.code_digits(code)
    is_name = None
    if name.strip():
        is_name = hmac.compare_digest(row.name_digest, _digest("name", digits, sort_key(name)))
    return Verdict(
        "revoked" if row.revoked_at else "good",
        paper.short_code(digits),
        is_name,
        series,
        table,
        row.issued_at,
        row.reason,
    )


def check_file(data: bytes) -> Verdict:
    """Say what a certificate proves that is handed in as a file; nothing of it is kept.

    Raises Invalid for what is no certificate.
    """
    seal = paper.check(data)
    try:
        said: dict[str, Any] = json.loads(seal.attachments[FILE])
        code, name = str(said["code"]), str(said["name"])
    except (KeyError, ValueError, TypeError):
        raise Invalid(_("This PDF is no certificate of attendance."), "file") from None
    found = check(code, name)
    return Verdict(**{**vars(found), "is_sealed": seal.is_valid})


def states(seats: list[Seat]) -> dict[int, str]:
    """Return of people whether they took a certificate (issued) or lost it (revoked)."""
    codes = {_digest("code", paper.code_digits(code_of(seat))): seat.id for seat in seats}
    rows = Certificate.select().where(Certificate.code_digest.in_(list(codes)))
    return {codes[row.code_digest]: "revoked" if row.revoked_at else "issued" for row in rows}


def revoke(ctx: Context, series: Series, seat: Seat, reason: str) -> None:
    """Say that a certificate is no longer good; the page that checks it shows the reason.

    Raises Invalid without a reason, Conflict when there is none.
    """
    permissions.check(ctx, "run", series.row)
    reason = " ".join(reason.split())[:300]
    if not reason:
        raise Invalid(_("Write the reason; whoever checks the certificate reads it."), "reason")
    row = _found(code_of(seat))
    if row is None or row.revoked_at is not None:
        raise Conflict(_("There is no certificate to revoke."))
    with db.transaction():
        at = ctx.clock.now()
        Certificate.update(revoked_at=at, reason=reason).where(Certificate.id == row.id).execute()
        audit.record(ctx, "certificate.revoked", "roundtables_series", series.id, seat=seat.id)
