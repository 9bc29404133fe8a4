"""What a file or a short code proves, and what it does not, in plain words.

Anybody may ask; nothing that is handed in is kept. Of an agreement that is only named by its code no
person is named: who has the file reads the names there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plugins.agreements.interface import Record, by_hash, labels, library
from plugins.evidence.interface import bundle, canonical, signatures
from plugins.paper import interface as paper
from plugins.verification import documents
from portal.context import Context
from portal.errors import Invalid, NotFound
from portal.i18n import _, ngettext

SAME, CHANGED, UNKNOWN = "same", "changed", "unknown"
LONGEST_CODE = 40


@dataclass(frozen=True)
class Row:
    """Who signed, for whom, how and when; `who` is empty where nobody is to be named."""

    party: str
    role: str
    who: str
    how: str
    means: str
    when: str
    voided: bool = False


@dataclass(frozen=True)
class Verdict:
    """The answer: `kind` is same, changed or unknown; proven and not proven are pairs of sentences.

    `content` is the version that was found, `digest` its hash, `is_fictional` marks demonstrations.
    """

    kind: str
    title: str
    text: str = ""
    proven: Sequence[tuple[str, str]] = ()
    unproven: Sequence[tuple[str, str]] = ()
    rows: Sequence[Row] = ()
    missing: Sequence[str] = ()
    about: str = ""
    digest: str = ""
    is_fictional: bool = False
    state: tuple[str, str] = ("", "")
    others: Sequence[str] = field(default_factory=tuple)


def look(ctx: Context, data: bytes, head: str = "") -> Verdict:
    """Check a PDF or a bundle from anywhere. Raises Invalid for what is neither."""
    if b"%PDF-" in data[:1024]:
        return _pdf(paper.check(data), head)
    if len(data) > bundle.MOST_BYTES:
        raise Invalid(_("This file is too large to be an agreement."), field="file")
    try:
        return _bundle(bundle.read(data), head)
    except ValueError:
        raise Invalid(
            _("This is neither a PDF nor a bundle of an agreement. Choose the file as you got it."),
            field="file",
        ) from None


def by_code(typed: str) -> Verdict:
    """Find a version by its short code. Raises NotFound, Invalid for what is no code."""
    digits = paper.code_digits(typed[:LONGEST_CODE])
    if not digits:
        raise Invalid(
            _("A code has twelve letters and digits, such as 7K4M-2QXF-9T3A."), field="code"
        )
    found = by_hash(digits)
    if found is None:
        raise NotFound(_("No agreement here has this code. Look at it once more."))
    verdict = _known(found, _report(found), names=False)
    return _with(
        verdict,
        kind=SAME,
        title=_("This portal has an agreement with this code"),
        proven=[
            (
                _("The text of this version is the one below its fingerprint"),
                _("Compare the fingerprint with the one on your paper, sign by sign."),
            ),
            *verdict.proven,
        ],
        unproven=[
            (
                _("That your paper says the same"),
                _("Paper can be changed. Hand in the file, or compare it with the PDF of a party."),
            ),
            *verdict.unproven,
        ],
    )


# Files


def _pdf(seal: paper.Seal, head: str) -> Verdict:
    others = [mark.who for mark in seal.marks if not mark.is_ours]
    files = seal.attachments
    try:
        made = bundle.read(files[documents.BUNDLE]) if documents.BUNDLE in files else None
        version = files.get(documents.DOCUMENT, b"")
        content = canonical.read(version) if version else None
    except ValueError:
        made, content, version = None, None, b""
    if not seal.is_valid:
        return _unsealed(seal, content, version, others)
    whole = (
        _("Not one character has changed"),
        _("The portal sealed this file, and the seal is intact."),
    )
    if content is None:
        verdict = Verdict(
            SAME,
            _("This portal sealed this file, and it is unchanged"),
            _("It is not an agreement. What it says stands on its pages."),
            unproven=[_clock(), _identity()],
        )
    elif made is not None and made.current == version:
        verdict = _bundle(made, head)
    else:
        verdict = _without_signatures(version)
    verdict = _timed(verdict, seal)
    return _with(verdict, proven=[whole, *verdict.proven], others=others)


def _timed(verdict: Verdict, seal: paper.Seal) -> Verdict:
    """Say what is known of the time when an authority outside put a stamp on the seal."""
    mark = next((mark for mark in seal.marks if mark.is_ours and mark.stamped_at), None)
    if mark is None or mark.stamped_at is None:
        return verdict
    named = {"name": mark.stamper, "when": f"{mark.stamped_at:%Y-%m-%d %H:%M} UTC"}
    if not mark.is_time_trusted:
        unsure = (
            _clock()[0],
            _(
                "%(name)s says that it saw this file on %(when)s. Whether that is who it says, and "
                "whether its clock is right, can’t be confirmed here.",
                **named,
            ),
        )
        return _with(verdict, unproven=_instead(verdict, unsure))
    sure = (
        _("This file was there on %(when)s, by an independent clock", **named),
        _("%(name)s confirmed it. The portal could not date it back.", **named),
    )
    rest = (
        _("When each party signed, by an independent clock"),
        _("Not later than this file was there; the exact times are this portal’s own."),
    )
    more = _instead(verdict, rest) if verdict.rows else _instead(verdict)
    return _with(verdict, proven=[sure, *verdict.proven], unproven=more)


def _instead(verdict: Verdict, *said: tuple[str, str]) -> list[tuple[str, str]]:
    """Return what is not proven, with other words where the independent clock is missing."""
    found: list[tuple[str, str]] = []
    for point in verdict.unproven:
        found += said if point == _clock() else [point]
    return found


def _clock() -> tuple[str, str]:
    return (
        _("When it was, by an independent clock"),
        _("The times are this portal’s own."),
    )


def _unsealed(
    seal: paper.Seal, content: Mapping[str, Any] | None, version: bytes, others: Sequence[str]
) -> Verdict:
    if seal.is_sealed:
        return Verdict(
            CHANGED,
            _("This file differs from what was sealed"),
            _("Somebody changed it, or it was damaged on its way. Do not rely on it."),
            about=_about(content) if content else "",
            unproven=[
                (
                    _("Anything that the file says"),
                    _("Ask a party of the agreement for the file, and check that one."),
                )
            ],
            others=others,
        )
    return Verdict(
        UNKNOWN,
        _("This portal did not seal this file"),
        _("It may come from elsewhere, or be a print of a sealed file. We can’t say more of it."),
        unproven=[
            (
                _("Anything that the file says"),
                _("If a short code stands on it, type it: the page shows what we have."),
            )
        ],
        others=others,
    )


def _bundle(made: bundle.Bundle, head: str) -> Verdict:
    report = bundle.verify(made, head)
    if not report.is_whole:
        return Verdict(
            CHANGED,
            _("This file differs from what was signed"),
            _("Somebody changed it, or it was damaged on its way. Do not rely on it."),
            unproven=[(fault_text(item.what), item.signature) for item in report.faults],
            about=_about(report.content) if report.content else "",
            digest=canonical.digest(made.current),
        )
    found = _record_of(made.current)
    verdict = _known(found, report, names=True) if found else _elsewhere(made, report)
    if head and made.head:
        verdict = _with(verdict, proven=[*verdict.proven, _in_log(head, made.head)])
    return verdict


def _in_log(typed: str, head: bundle.Head) -> tuple[str, str]:
    if any(int(size) == head.size for size, _root, _at in bundle.HEAD.findall(typed)):
        return (
            _("The log was not rewritten since the mail that you hold"),
            _("Every signature stands in the log whose head you typed."),
        )
    return (
        _("The head that you typed is of another size of the log"),
        _(
            "Nothing follows from it. A party can download the bundle for just that size: add "
            "?size= and the first number of the head to its address."
        ),
    )


def _without_signatures(version: bytes) -> Verdict:
    found = _record_of(version)
    if found is None:
        read = canonical.read(version)
        missing = [one["public_id"] for one in read["parties"]]
        return _elsewhere(None, bundle.Report([], [], missing, read))
    return _known(found, _report(found), names=False)


def _record_of(content: bytes) -> Record | None:
    found = by_hash(canonical.digest(content).removeprefix(f"{canonical.ALGORITHM}:"))
    return found if found is not None and found.content == content else None


def _report(record: Record) -> bundle.Report:
    """Return which signatures stand over a version, as this portal has them."""
    standing = [
        one
        for one in record.signed
        if not one.voided_at
        and not signatures.verify(one.statement, one.evidence, record.versions, one.signer)
        and signatures.stands(one.statement, record.content)
    ]
    read = canonical.read(record.content)
    seen = {one.said["party"] for one in standing}
    missing = [one["public_id"] for one in read["parties"] if one["public_id"] not in seen]
    return bundle.Report([], standing, missing, read)


# Words


def _known(found: Record, report: bundle.Report, names: bool) -> Verdict:
    """Say what holds for a version that this portal has, with the agreement's state today."""
    is_all = not report.missing
    standing = report.standing
    return Verdict(
        SAME,
        _("This is the signed agreement, unchanged")
        if is_all
        else _("This text is unchanged, and not signed by every party"),
        about=_about(report.content),
        proven=_proven(report, is_all),
        unproven=_unproven(),
        rows=[_row(one, report.content, names) for one in standing],
        missing=_missing(report),
        digest=canonical.digest(found.content),
        is_fictional=found.is_fictional,
        state=found.state,
    )


def _elsewhere(made: bundle.Bundle | None, report: bundle.Report) -> Verdict:
    """Say what holds for an agreement of another portal, or one that was deleted here by now."""
    origin = made.portal if made else ""
    return Verdict(
        UNKNOWN,
        _("The file fits together, but this portal does not have the agreement"),
        _("It was made by %(portal)s. Check it there too.", portal=origin) if origin else "",
        about=_about(report.content),
        proven=_proven(report, not report.missing) if made else [],
        unproven=[
            (
                _("That the portal it names made it"),
                _("Whoever makes up a whole file can make it fit together."),
            ),
            *_unproven(),
        ],
        rows=[_row(one, report.content, True) for one in report.standing],
        missing=_missing(report),
        digest=canonical.digest(made.current) if made else "",
    )


def _proven(report: bundle.Report, is_all: bool) -> list[tuple[str, str]]:
    count = len(report.standing)
    if not count:
        return []
    said = (
        _("All parties signed this very text")
        if is_all
        else ngettext(
            "%(num)s party signed this very text", "%(num)s parties signed this very text", count
        )
    )
    found = [
        (said, _("A change of anything that matters would have voided every signature.")),
        (
            _("Who signed for whom, when, and in which way, was written down with it"),
            _("It stands below as it was signed; nobody can change it unseen."),
        ),
    ]
    if any(one.entry for one in report.standing):
        found.append(
            (
                _("The signing stands in the portal’s log"),
                _("Whoever holds a mailed state of the log can see that it was not rewritten."),
            )
        )
    return found


def _unproven() -> list[tuple[str, str]]:
    return [
        (
            _("Who sat at the keyboard"),
            _("For most ways of signing we know a mailbox and a session, not a passport."),
        ),
        (
            _("That the signer was allowed to sign"),
            _("Each organisation said so itself. Ask it, if much depends on it."),
        ),
        _clock(),
        _identity(),
        (
            _("What a court would decide"),
            _("That depends on the law of your country. This page is no legal advice."),
        ),
    ]


def _identity() -> tuple[str, str]:
    return (
        _("Who runs this portal"),
        _("The seal shows that nothing was changed. Its certificate is the portal’s own."),
    )


def _about(content: Mapping[str, Any]) -> str:
    try:
        kind = library.template(content["kind"], content["template_version"]).title
    except NotFound:
        kind = str(content["kind"])
    title = str(content.get("title", ""))
    return _(
        "%(kind)s: %(title)s, version %(number)s", kind=kind, title=title, number=content["version"]
    )


def _missing(report: bundle.Report) -> list[str]:
    """Name the parties that did not sign; persons by their role alone."""
    return [
        one["organisation"] or library.role_name(one["role"])
        for one in report.content["parties"]
        if one["public_id"] in report.missing
    ]


def _row(one: bundle.Signed, content: Mapping[str, Any], names: bool) -> Row:
    said = one.said
    how, means = labels.level(documents.level_of(said))
    role = library.role_name(said["role"])
    return Row(
        party=str(said["organisation"]) or role,
        role=role,
        who=one.signer.value.replace("\n", ", ") if names and one.signer else "",
        how=how,
        means=means,
        when=documents.moment(said["signed_at"]),
    )


def fault_text(what: str) -> str:
    """Say what is wrong in a sentence; see `bundle.verify`."""
    texts = {
        "document": _("A signature is over another text than the one in the file."),
        "documents": _("The file mixes texts of different agreements."),
        "personal": _("A personal value is not the one that was signed."),
        "statement": _("What a signer signed was changed."),
        "signer": _("A signature names somebody else than the one who signed."),
        "key": _("A passkey did not sign this."),
        "unchecked": _("A passkey can’t be checked here: a part of the portal is missing."),
        "party": _("Two signatures are for the same party."),
        "material": _("A signature is over a text that was changed in what matters."),
        "no_entry": _("A signature has no entry in the portal’s log."),
        "entry": _("An entry of the log does not belong to its signature."),
        "path": _("An entry is not part of the log that the file names."),
        "head": _("The log is another one than in the mail whose head you typed."),
    }
    return texts.get(what, what)


def _with(verdict: Verdict, **more: Any) -> Verdict:
    return Verdict(**{**vars(verdict), **more})
