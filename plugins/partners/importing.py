"""Takes in what organisations files say of profiles: languages, fields, roles, a description."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from plugins.partners import codes
from plugins.partners.models import Profile
from plugins.partners.service import LEVELS
from portal import db
from portal.context import Context
from portal.hookspecs import ImportedOrganisation, ImportProblem, ImportValue
from portal.i18n import _

COLUMNS = ("languages", "fields", "roles", "description")
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,4})?")
_STORED = ("roles", "fields", "languages", "summaries")


def import_rows(ctx: Context, rows: Sequence[ImportedOrganisation]) -> list[ImportProblem]:
    """Store languages, fields, roles and description of imported rows; name what could not be read."""
    problems: list[ImportProblem] = []
    values = []
    for item in rows:
        profile = _imported(item, problems)
        if any(profile[name] for name in _STORED):
            values.append(profile)
    _insert(ctx, values)
    return problems


def _insert(ctx: Context, values: Sequence[Mapping[str, Any]]) -> None:
    now = db.utc_text(ctx.clock.now())
    for at in range(0, len(values), 100):
        part = values[at : at + 100]
        marks = ", ".join(
            ["(?, ?, ?, ?, '[]', '[]', '[]', '[]', '[]', '[]', '[]', ?, ?, ?, ?, 1)"] * len(part)
        )
        db.execute(
            "INSERT INTO partners_profile (organisation_id, roles, fields, languages, occupations, "
            "modes, targets, inclusion, accommodation, services, months, summaries, original, "
            f"batch_id, updated_at, version) VALUES {marks}",
            [
                cell
                for profile in part
                for cell in (
                    profile["id"],
                    db.dump_json(profile["roles"]),
                    db.dump_json(profile["fields"]),
                    db.dump_json(profile["languages"]),
                    db.dump_json(profile["summaries"]),
                    profile["original"],
                    profile["batch"],
                    now,
                )
            ],
        )


def _imported(item: ImportedOrganisation, problems: list[ImportProblem]) -> dict[str, Any]:
    def refuse(column: str, reason: str) -> None:
        problems.append(ImportProblem(item.line, column, reason))

    languages = []
    for part in _parts(item.row.get("languages", "")):
        tag, _colon, level = part.partition(":")
        tag, level = tag.strip().lower(), level.strip().upper().replace("NATIVE", "native")
        if not _TAG.fullmatch(tag):
            refuse(
                "languages", _("%(value)s is no language tag such as de or en.", value=part[:40])
            )
        elif level and level not in LEVELS:
            refuse("languages", _("%(value)s is no level from A1 to C2.", value=level[:40]))
            languages.append([tag, ""])
        else:
            languages.append([tag, level])
    fields = []
    for code in _parts(item.row.get("fields", "")):
        if codes.is_field(code):
            fields.append(code)
        else:
            refuse("fields", _("%(value)s is no field of ISCED-F 2013.", value=code[:40]))
    roles = []
    for role in _parts(item.row.get("roles", "")):
        role = codes.ROLE_ALIASES.get(role.lower(), role.lower())
        if role in codes.ROLES:
            roles.append(role)
        else:
            refuse("roles", _("%(value)s is not sending, host or supporting.", value=role[:40]))
    text = item.row.get("description", "").strip()[:5_000]
    original = languages[0][0] if languages else "und"
    return {
        "id": item.organisation_id,
        "batch": item.batch_id,
        "languages": languages,
        "fields": list(dict.fromkeys(fields)),
        "roles": list(dict.fromkeys(roles)),
        "summaries": {original: text} if text else {},
        "original": original if text else "",
    }


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def values(rows: Sequence[ImportedOrganisation]) -> list[ImportValue]:
    """Return what rows say of profiles, and what the profiles say; one statement for any number."""
    if not rows:
        return []
    of: Any = Profile
    ids = [item.organisation_id for item in rows]
    known = {row.organisation_id: row for row in of.select().where(of.organisation.in_(ids))}
    found = []
    for item in rows:
        offered, row = _texts(_imported(item, [])), known.get(item.organisation_id)
        ours = _texts(
            {
                "languages": row.languages if row else [],
                "fields": row.fields if row else [],
                "roles": row.roles if row else [],
                "summaries": row.summaries if row else {},
                "original": row.original if row else "",
            }
        )
        found += [
            ImportValue(item.organisation_id, name, ours[name], offered[name]) for name in COLUMNS
        ]
    return found


def _texts(profile: Mapping[str, Any]) -> dict[str, str]:
    """Write a profile's part as organisations files do."""
    languages = [":".join(filter(None, pair)) for pair in profile["languages"]]
    return {
        "languages": "; ".join(languages),
        "fields": "; ".join(profile["fields"]),
        "roles": "; ".join(profile["roles"]),
        "description": profile["summaries"].get(profile["original"], ""),
    }


def take(ctx: Context, taken: Mapping[int, Mapping[str, str]]) -> None:
    """Write values that files say otherwise, worded as `values` words them."""
    of: Any = Profile
    known = {
        row.organisation_id: row for row in of.select().where(of.organisation.in_(list(taken)))
    }
    fresh = []
    for number, texts in taken.items():
        row = known.get(number)
        profile = _imported(ImportedOrganisation(number, texts, 0, 0), [])
        if row is None:
            fresh.append(profile | {"batch": None})
            continue
        changed = {name: profile[name] for name in texts if name != "description"}
        if "description" in texts:
            original = row.original or profile["original"] or _first(row.languages)
            changed["summaries"] = {**row.summaries, original: texts["description"]}
            if not texts["description"]:
                changed["summaries"].pop(original)
            changed["original"] = original if texts["description"] else ""
        now = ctx.clock.now()
        Profile.update(**changed, updated_at=now, version=of.version + 1).where(
            of.organisation == number
        ).execute()
    _insert(ctx, fresh)


def _first(languages: Sequence[Sequence[str]]) -> str:
    return languages[0][0] if languages else "und"
