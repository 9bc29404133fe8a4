"""What a signed PDF is: this very agreement, unchanged, and whose certificate signed it last."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plugins.agreements.interface import ToSign
from plugins.evidence.interface import canonical
from plugins.paper import interface as paper
from portal import settings
from portal.context import Context
from portal.errors import Conflict, Invalid
from portal.i18n import _

DOCUMENT = "agreement.json"


@dataclass(frozen=True)
class Signed:
    """Who signed a PDF, as the certificate says; `issuer` is empty where the signer issued it."""

    name: str
    issuer: str
    fingerprint: str
    is_trusted: bool

    @property
    def evidence(self) -> dict[str, Any]:
        """What is kept beside the file; names of people stand apart."""
        return {
            "certificate": self.fingerprint,
            "issuer": self.issuer,
            "is_trusted": self.is_trusted,
        }


def trusted_file(ctx: Context) -> str:
    """Return the name of the file with trusted issuers, empty for none."""
    return str(settings.of(ctx, "outside")["trusted_file"]).strip()


def count_trusted(ctx: Context) -> int:
    """Return how many issuers are trusted. Raises ConfigError when their file is not there."""
    name = trusted_file(ctx)
    return paper.count_certificates(name) if name else 0


def read(ctx: Context, pdf: bytes, wanted: ToSign) -> Signed:
    """Return who signed the PDF of what is to be signed.

    Raises Invalid for any other file, with what to do; Conflict for an earlier text of it.
    """
    seal = paper.check(pdf, trusted_file(ctx))
    ours = [mark for mark in seal.marks if mark.is_ours]
    theirs = [mark for mark in seal.marks if not mark.is_ours]
    if not ours or not seal.marks[0].is_ours:
        raise Invalid(
            _(
                "This portal did not make this file. Download the PDF on this page, sign that very "
                "file and hand it in; a print or a scan does not do."
            ),
            field="file",
        )
    if not all(mark.is_clean for mark in ours):
        raise Invalid(
            _("The content of this file was changed. Download the PDF again and sign it as it is."),
            field="file",
        )
    _check_text(seal.attachments.get(DOCUMENT, b""), wanted)
    if not theirs:
        raise Invalid(
            _(
                "Nobody has signed this file yet. Sign it with your tool, save it, and hand that in."
            ),
            field="file",
        )
    last = seal.marks[-1]
    if last.is_ours or not last.is_clean:
        raise Invalid(
            _("The signature in this file does not hold, or can't be checked here. Sign it again."),
            field="file",
        )
    issuer = "" if last.issuer == last.who else last.issuer
    return Signed(last.name or last.who, issuer, last.fingerprint, last.is_trusted)


def _check_text(found: bytes, wanted: ToSign) -> None:
    if found == wanted.content:
        return
    try:
        content = canonical.read(found)
    except ValueError:
        content = {}
    if content.get("public_id") == wanted.public_id:
        raise Conflict(
            _("The text changed since this PDF was made. Download it again and sign the new one.")
        )
    raise Invalid(
        _("This is the PDF of something else. Download the one on this page and sign that."),
        field="file",
    )
