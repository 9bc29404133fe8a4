"""The document: an agreement on paper, in one language or two side by side, sealed by the portal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from flask import current_app

from plugins.agreements.interface import Record, labels, library
from plugins.evidence.interface import bundle, canonical, commitments, signatures
from plugins.paper import interface as paper
from portal.context import Context
from portal.errors import NotFound
from portal.i18n import _, in_locale

TEMPLATE = "verification/agreement.typ"
UNIT_PARTS = ("knowledge", "skills", "responsibility")
DOCUMENT, BUNDLE = "agreement.json", "bundle.json"


def pdf(ctx: Context, record: Record, languages: Sequence[str] = (), data: bytes = b"") -> bytes:
    """Return the sealed PDF with the canonical text embedded, in one or two of its languages.

    `data` is the bundle, embedded too.
    """
    content = commitments.show(canonical.read(record.content), record.personal)
    codes = [code for code in languages if code in content["languages"]] or content["languages"]
    codes = list(codes)[:2]
    with in_locale(codes[0]):
        files = {DOCUMENT: record.content} | ({BUNDLE: data} if data else {})
        made = paper.pdf(
            ctx,
            TEMPLATE,
            lay_out(content, record, codes),
            language=codes[0],
            title=str(content.get("title") or _kind(content)),
            attachments=files,
        )
        return paper.seal(ctx, made, _("Sealed so that changes show"))


def code_of(content: bytes) -> str:
    """Return the short code of a version: twelve signs that stand for the beginning of its hash."""
    return paper.short_code(canonical.digest(content))


def address(content: bytes) -> str:
    """Return where a version can be checked."""
    base: str = current_app.config["PORTAL"].base_url
    return f"{base.rstrip('/')}/verify/{code_of(content)}"


def lay_out(content: Mapping[str, Any], record: Record, codes: Sequence[str]) -> dict[str, Any]:
    """Return the data of the template: texts by language, everything else as plain text."""
    names = {one["public_id"]: one["organisation"] for one in content["parties"]}
    names |= {key: name for key, name in record.names.items() if not names.get(key)}
    standing = [one for one in record.signed if not one.voided_at]
    by_party = {one.said["party"]: one for one in standing}
    return {
        "languages": list(codes),
        "kind": _each(codes, lambda code: _kind(content)),
        "title": str(content.get("title", "")),
        "number": str(content["version"]),
        "demo": record.is_fictional,
        "is_signed": set(names) <= set(by_party),
        "words": {key: _each(codes, partial(_word, key)) for key in _words()},
        "parties": [
            {
                "name": names[one["public_id"]] or _("a person"),
                "role": _each(codes, partial(_role, one["role"])),
            }
            for one in content["parties"]
        ],
        "clauses": [
            _clause(clause, codes, names, at) for at, clause in enumerate(content["clauses"], 1)
        ],
        "signatures": [
            _signature(one["public_id"], names, by_party.get(one["public_id"]), codes)
            for one in content["parties"]
        ],
        "levels": [
            dict(zip(("name", "text"), labels.level(level), strict=True))
            for level in signatures.LEVELS
            if level in {level_of(one.said) for one in standing}
        ],
        "hash": canonical.digest(record.content),
        "code": code_of(record.content),
        "address": address(record.content),
        "qr": address(record.content),
    }


def _word(key: str, _code: str) -> str:
    return _words()[key]


def _role(role: str, _code: str) -> Any:
    return library.role_name(role)


def _each(codes: Sequence[str], make: Callable[[str], Any]) -> list[str]:
    """Return a text in each of the languages."""
    found = []
    for code in codes:
        with in_locale(code):
            found.append(str(make(code)))
    return found


def _kind(content: Mapping[str, Any]) -> str:
    try:
        return library.template(content["kind"], content["template_version"]).title
    except NotFound:
        return str(content["kind"])


def _words() -> dict[str, str]:
    return {
        "parties": _("Parties"),
        "signatures": _("Signatures"),
        "version": _("Version"),
        "demo": _("Demonstration: the organisations and texts in this document are made up."),
        "unsigned": _("Not signed by every party."),
        "clerical": _("may be corrected without signing again"),
        "erased": _("erased"),
        "knowledge": _("Knowledge"),
        "skills": _("Skills"),
        "responsibility": _("Responsibility and autonomy"),
        "not_signed": _("not signed"),
        "signer": _("Signed by"),
        "how": _("How"),
        "when": _("When"),
        "mandate": _("Mandate"),
        "check": _("Check this document"),
        "code": _("Short code"),
        "hash": _("Fingerprint of the text (SHA-256)"),
        "how_to_check": _(
            "Scan the picture, or type the short code at the address above. You can also hand this "
            "file in there: the page says what is proven and what is not."
        ),
        "seal": _(
            "The portal sealed this file so that any change shows. The seal is the portal’s own and "
            "proves nobody’s identity. The exact text that was signed is embedded as agreement.json."
        ),
        "form": _("This is not the official document of a programme."),
    }


def _clause(
    clause: Mapping[str, Any],
    codes: Sequence[str],
    names: Mapping[str, str],
    at: int,
) -> dict[str, Any]:
    rows: list[dict[str, Any]] = []
    units: list[dict[str, Any]] = []
    order = {name: at for at, name in enumerate(clause.get("order", ()))}
    for name in sorted(clause.get("values", {}), key=lambda name: (order.get(name, 99), name)):
        value = clause["values"][name]
        label = [by_language(clause.get("labels", {}).get(name, name), code) for code in codes]
        if isinstance(value, Mapping):
            rows += [
                {"label": label, "who": names.get(key, ""), "value": plain(item)}
                for key, item in value.items()
            ]
        elif isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            units += [{key: plain(part) for key, part in item.items()} for item in value]
        elif value not in ("", [], {}):
            rows.append({"label": label, "who": "", "value": plain(value)})
    return {
        "number": str(at),
        "title": [by_language(clause["title"], code) for code in codes],
        "text": [by_language(clause["text"], code) for code in codes],
        "clerical": not clause["material"],
        "rows": rows,
        "units": units,
    }


def by_language(text: Any, code: str) -> str:
    """Return a text that may stand in several languages in one of them, else in the first there is."""
    if isinstance(text, Mapping):
        return str(text.get(code) or next(iter(text.values()), ""))
    return str(text)


def plain(value: Any) -> str | None:
    """Return a value as text; None for one that was erased."""
    if value is None:
        return None
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "\n".join(str(plain(item)) for item in value)
    return str(value)


def _signature(
    party: str, names: Mapping[str, str], one: bundle.Signed | None, codes: Sequence[str]
) -> dict[str, Any]:
    if one is None:
        return {"party": names[party] or _("a person"), "is_there": False}
    said = one.said
    return {
        "party": names[party] or _("a person"),
        "is_there": True,
        "who": (one.signer.value.replace("\n", ", ") if one.signer else None),
        "how": _each(codes, lambda code: labels.level(level_of(said))[0]),
        "when": moment(said["signed_at"]),
        "mandate": said["mandate"],
    }


def moment(text: str) -> str:
    """Return a time of a statement as it is read: "2026-12-01 09:14 UTC"."""
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M UTC")


def level_of(said: Mapping[str, Any]) -> str:
    """Return how a statement was signed; who came by a mailed link is told apart."""
    return "link" if said["proof"].get("by") == "link" else str(said["level"])
