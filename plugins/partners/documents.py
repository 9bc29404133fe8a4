"""What the search engine knows of a partner: built for many organisations in few statements."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from plugins.directory.interface import VERIFIED_FACT
from plugins.partners.codes import field_name_in_all, parents
from plugins.partners.hookspecs import ProjectPart, Quality
from plugins.partners.queries import projects
from plugins.search.interface import Document, put, remove
from portal import db, objects
from portal.context import Context
from portal.organisations.rules import NAME_LENGTH

KIND = "partner"
SUMMARY_LENGTH = 420
FACETS = (
    "country",
    "role",
    "field",
    "type",
    "language",
    "mode",
    "target",
    "commitment",
    "claimed",
    "quality",
    "region",
)

_SHOWN = "(o.hidden_at IS NULL AND COALESCE(b.state, 'published') = 'published')"
_ORGANISATIONS = (
    "SELECT o.id, o.slug, o.name, o.name_lang, o.registered_name, o.type, o.country, o.region, "
    f"o.city, o.state, o.is_fictional, NOT {_SHOWN}, o.created_at, p.roles, p.fields, "
    "p.languages, p.modes, p.targets, p.summaries, p.original, p.occupations, p.inclusion, "
    "p.months, p.minimum_age, p.group_max FROM organisation o "
    "LEFT JOIN partners_profile p ON p.organisation_id = o.id "
    "LEFT JOIN partners_publication b ON b.organisation_id = o.id "
    "WHERE o.id IN ({marks}) ORDER BY o.id"
)
_EXTRAS = (
    "SELECT organisation_id, kind, lang, name, '' FROM organisation_name "
    "WHERE organisation_id IN ({marks}) "
    "UNION ALL SELECT organisation_id, 'standard', '', standard, '' FROM partners_commitment "
    "WHERE organisation_id IN ({marks}) "
    "UNION ALL SELECT organisation_id, 'identifier', scheme, value, '' FROM organisation_identifier "
    "WHERE organisation_id IN ({marks}) "
    "UNION ALL SELECT f.organisation_id, 'source', f.source_id, s.title, '' "
    "FROM organisation_fact f JOIN source s ON s.key = f.source_id "
    "WHERE f.organisation_id IN ({marks}) AND f.name = 'name' "
    f"UNION ALL SELECT organisation_id, '{VERIFIED_FACT}', '', value, '' FROM organisation_fact "
    f"WHERE organisation_id IN ({{marks}}) AND name = '{VERIFIED_FACT}'"
)
BATCH = 400
_ASKED = {"projects": "partners_projects", "quality": "partners_quality"}


def refresh(ctx: Context, ids: Sequence[int]) -> None:
    """Bring the search documents of organisations up to date, inside their transaction."""
    for at in range(0, len(ids), BATCH):
        part = list(ids[at : at + BATCH])
        if part and db.is_postgres():  # who builds later sees what the others committed
            rows = f"SELECT id FROM organisation WHERE id IN ({', '.join('?' * len(part))})"
            db.query(f"{rows} ORDER BY id FOR NO KEY UPDATE", part)
        documents, hidden = build(ctx, part)
        put(documents)
        gone = [*hidden, *(set(part) - {item.object_id for item in documents} - set(hidden))]
        if gone:
            remove(KIND, gone)


def learn_projects(ctx: Context, ids: Sequence[int]) -> None:
    """Put those of the organisations anew whose document names no project: it was unknown then."""
    for at in range(0, len(ids), BATCH):
        part = list(ids[at : at + BATCH])
        rows = db.query(
            "SELECT object_id FROM search_document WHERE kind = ? AND card NOT LIKE '%\"projects\"%' "
            f"AND object_id IN ({', '.join('?' * len(part))})",
            [KIND, *part],
        )
        refresh(ctx, [row[0] for row in rows])


def outdated() -> list[int]:
    """Return the organisations whose document names projects or quality of which nobody knows now.

    So it is when the plugin that answered was switched off: they are then to be put anew.
    """
    hooks = objects.registry().hooks
    gone = [f'%"{key}"%' for key, hook in _ASKED.items() if not hooks.implementing(hook)]
    if not gone:
        return []
    rows = db.query(
        "SELECT object_id FROM search_document WHERE kind = ? AND object_id IS NOT NULL "
        f"AND ({' OR '.join(['card LIKE ?'] * len(gone))}) ORDER BY object_id",
        (KIND, *gone),
    )
    return [row[0] for row in rows]


def forget(ids: Iterable[int]) -> None:
    """Take organisations out of the search."""
    remove(KIND, list(ids))


def known() -> list[int]:
    """Return the organisations that the search knows."""
    rows = db.query("SELECT object_id FROM search_document WHERE kind = ?", (KIND,))
    return [row[0] for row in rows if row[0] is not None]


def stale() -> list[int]:
    """Return the organisations that came, went, were claimed or renamed while the plugin was off."""
    rows = db.query(
        "SELECT o.id FROM organisation o "
        "LEFT JOIN search_document d ON d.kind = ? AND d.object_id = o.id "
        "LEFT JOIN partners_publication b ON b.organisation_id = o.id "
        f"WHERE ({_SHOWN} AND (d.object_id IS NULL "
        f"OR SUBSTR(d.name_sort, 1, {NAME_LENGTH}) <> o.folded_name)) "
        f"OR (NOT {_SHOWN} AND d.object_id IS NOT NULL) "
        "OR (b.id IS NULL AND o.state <> 'unclaimed') "
        "UNION SELECT d.object_id FROM search_document d "
        "LEFT JOIN organisation o ON o.id = d.object_id "
        "WHERE d.kind = ? AND d.object_id IS NOT NULL AND o.id IS NULL",
        (KIND, KIND),
    )
    return sorted(row[0] for row in rows)


def build(ctx: Context, ids: Sequence[int]) -> tuple[list[Document], list[int]]:
    """Return the documents of organisations, and the ids of those that nobody should find."""
    if not ids:
        return [], []
    marks = ", ".join("?" * len(ids))
    extras: dict[int, list[tuple[str, str, str, str]]] = defaultdict(list)
    for organisation, *rest in db.query(_EXTRAS.replace("{marks}", marks), list(ids) * 5):
        extras[organisation].append(tuple(rest))  # type: ignore[arg-type]
    known, rated = projects(ctx, ids), _quality(ctx, ids)
    documents, hidden = [], []
    for row in db.query(_ORGANISATIONS.replace("{marks}", marks), list(ids)):
        if row[11]:
            hidden.append(row[0])
        else:
            parts, quality = known.get(row[0], ()), rated.get(row[0])
            documents.append(_document(row, extras[row[0]], parts, quality))
    return documents, hidden


def _quality(ctx: Context, ids: Sequence[int]) -> dict[int, Quality]:
    answers = objects.registry().hooks.call("partners_quality", ctx, ids=ids)
    return {ident: item for _plugin, answer in answers for ident, item in answer.items()}


def _document(
    row: tuple[Any, ...],
    extras: Sequence[tuple[str, str, str, str]],
    parts: Sequence[ProjectPart],
    quality: Quality | None = None,
) -> Document:
    (ident, slug, name, lang, registered, kind, country, region, city, state, fictional, _hidden,
     created, *profile) = row  # fmt: skip
    roles, fields, languages, modes, targets, summaries = (_json(text) for text in profile[:6])
    original, occupations = profile[6] or "", _json(profile[7])
    inclusion, months = (_json(text) for text in profile[8:10])
    names = [text for sort, _lang, text, _more in extras if sort not in _OTHER]
    standards = [text for sort, _lang, text, _more in extras if sort == "standard"]
    identifiers = [text for sort, _scheme, text, _more in extras if sort == "identifier"]
    source = next((title for sort, _key, title, _more in extras if sort == "source"), "")
    proven = next((text for sort, _key, text, _more in extras if sort == VERIFIED_FACT), "")
    texts = dict(summaries or {})
    card = {
        "id": ident,
        "slug": slug,
        "name": name,
        "lang": lang,
        "type": kind,
        "country": country,
        "city": city,
        "roles": roles or [],
        "fields": fields or [],
        "languages": [pair[0] for pair in languages or []],
        "state": state,
        "demo": bool(fictional),
        "names": names[:4],
        "projects": list(dict.fromkeys(part.acronym or part.title for part in parts))[:4],
        "summary": _shown(texts, original),
        "source": source.split(":")[0],
        "verified": proven if state == "verified" else "",
        "quality": [quality.score, quality.low, quality.high, quality.raters, quality.people]
        if quality
        else [],
    }
    return Document(
        kind=KIND,
        object_id=ident,
        name=name,
        card={key: value for key, value in card.items() if value not in ("", [], None, {})},
        names=[*names, registered] if registered else names,
        texts=[
            *texts.values(),
            city,
            *(text for part in parts for text in (part.acronym, part.title)),
            *(label for code in fields or [] for label in field_name_in_all(code)),
            " ".join(f"isced{part}" for code in fields or [] for part in parents(code)[-1:]),
            " ".join(f"esco{concept}" for concept in occupations or []),
            *identifiers,
        ],
        facets={
            **_facets(
                kind, country, region, state, roles, fields, languages, modes, targets, standards
            ),
            **fitting(occupations, inclusion, months, profile[10], profile[11], len(parts)),
            "demo": ["yes" if fictional else "no"],
            **({"quality": [quality.band], "tenth": [tenth(quality.score)]} if quality else {}),
        },
        score=quality.rank if quality else None,
        created_at=db.parse_utc(created) if isinstance(created, str) else created,
    )


def tenth(score: float) -> str:
    """Return a score as the search compares it."""
    return str(round(score * 10))


_OTHER = {"standard", "identifier", "source", VERIFIED_FACT}


def _facets(
    kind: str,
    country: str,
    region: str,
    state: str,
    roles: Any,
    fields: Any,
    languages: Any,
    modes: Any,
    targets: Any,
    standards: Sequence[str],
) -> Mapping[str, Sequence[str]]:
    return {
        "country": [country],
        "type": [kind],
        "role": list(roles or []),
        "field": sorted({part for code in fields or [] for part in parents(code)}),
        "language": [pair[0] for pair in languages or []],
        "mode": list(modes or []),
        "target": list(targets or []),
        "commitment": list(standards),
        "claimed": ["no" if state == "unclaimed" else "yes"],
        "region": [region] if region else [],
    }


def fitting(
    occupations: Sequence[str] | None,
    inclusion: Sequence[str] | None,
    months: Sequence[int] | None,
    age: int | None,
    group: int | None,
    projects: int,
) -> dict[str, Sequence[str]]:
    """Return the facets that no page offers, by which others find out who fits.

    `experience` counts projects up to five.
    """
    found = {
        "occupation": list(occupations or []),
        "inclusion": list(inclusion or []),
        "month": [str(month) for month in months or []],
        "age": [] if age is None else [str(age)],
        "group": [] if group is None else [str(group)],
        "experience": [str(min(projects, 5))] if projects else [],
    }
    return {name: values for name, values in found.items() if values}


def _shown(texts: Mapping[str, str], original: str) -> dict[str, str]:
    """Return what a card may show of the texts: the original and the English one, shortened."""
    return {
        lang: text[:SUMMARY_LENGTH]
        for lang, text in texts.items()
        if lang in {original, "en"} or len(texts) == 1
    }


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None
