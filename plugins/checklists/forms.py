"""The form of an organisation's list: each usual step, its own steps, one more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from plugins.checklists import rules
from plugins.mobilities.interface import PHASES, actor, phase
from portal.fields import options
from portal.i18n import Form
from portal.i18n import lazy_gettext as lazy

WHEN = {
    "before": lazy("days before the first day"),
    "into": lazy("days after the first day"),
    "after": lazy("days after the last day"),
}
_DAYS = NumberRange(0, rules.MOST_DAYS, lazy("Write the number as digits, 0 to %(max)s."))


def make(changes: Mapping[str, Any], number: int, typed: Any = None) -> Any:
    """Return the form of a list: what was typed, or how it is."""
    known = {row["key"]: row for row in rules.resolve({**changes, "hidden": []})}
    fields: dict[str, Any] = {"shown": HiddenField(default=str(number))}
    for key, row in known.items():
        is_own = key in {own["key"] for own in changes["own"]}
        fields |= _fields(key, row, key in changes["hidden"], is_own)
    fields |= _fields("new", {"anchor": "start", "days": -30, "lead": "sending", "title": "",
                              "phase": "before"}, False, True, is_new=True)  # fmt: skip
    form = type("ListForm", (Form,), fields)(typed)
    form.rows = list(known)
    return form


def _fields(
    key: str, row: Mapping[str, Any], hidden: bool, is_own: bool, *, is_new: bool = False
) -> dict[str, Any]:
    when, days = rules.when_of(row)
    leads = [(name, actor(name)) for name in rules.LEADS]
    found: dict[str, Any] = {
        f"days_{key}": IntegerField(lazy("Days"), [Optional(), _DAYS], default=days),
        f"when_{key}": SelectField(lazy("Counted"), choices=options(WHEN.items()), default=when),
        f"lead_{key}": SelectField(lazy("Who leads"), choices=options(leads), default=row["lead"]),
    }
    if not is_new:
        found[f"hide_{key}"] = BooleanField(lazy("Leave this step out"), default=hidden)
    if is_own:
        needed = Optional() if is_new else InputRequired(lazy("Fill this in; it can't stay empty."))
        checks = [needed, Length(max=rules.LONGEST)]
        found[f"title_{key}"] = StringField(
            lazy("What is to be done"), checks, default=row["title"]
        )
        phases = [(name, phase(name)) for name in PHASES[1:]]
        found[f"phase_{key}"] = SelectField(
            lazy("When"), choices=options(phases), default=row["phase"]
        )
    return found


def shown_number(typed: Any) -> int:
    """Return the number of the version from which a form was made; 0 for the usual list."""
    text = str(typed or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def changes_of(form: Any, changes: Mapping[str, Any], new_key: str) -> dict[str, Any]:
    """Return the changes that a valid form asks for."""
    own_keys = {own["key"] for own in changes["own"]}
    usual = {key: _given(form, key) for key in form.rows if key not in own_keys}
    own = [
        {"key": key, **_given(form, key), **_named(form, key)}
        for key in form.rows
        if key in own_keys and not form[f"hide_{key}"].data
    ]
    if (form.title_new.data or "").strip():
        own.append({"key": new_key, **_given(form, "new"), **_named(form, "new")})
    hidden = [key for key in usual if form[f"hide_{key}"].data]
    base = changes["base"]
    return {"base": base, "hidden": hidden, "steps": rules.compared(base, usual), "own": own}


def _given(form: Any, key: str) -> dict[str, Any]:
    days = form[f"days_{key}"].data
    return {
        **rules.due(form[f"when_{key}"].data, 0 if days is None else days),
        "lead": form[f"lead_{key}"].data,
    }


def _named(form: Any, key: str) -> dict[str, str]:
    title = " ".join((form[f"title_{key}"].data or "").replace("\0", "").split())
    return {"title": title, "phase": form[f"phase_{key}"].data}


def sections(form: Any, rows: Sequence[Mapping[str, Any]], hidden: Sequence[str]) -> list[Any]:
    """Return phases with their steps as the page shows them."""
    found = []
    for name in PHASES:
        own = [row for row in rows if row["phase"] == name]
        shown = [
            {
                "key": row["key"],
                "title": str(row["title"]),
                "is_out": row["key"] in hidden,
                "is_wrong": any(
                    form[f].errors for f in form._fields if f.endswith(f"_{row['key']}")
                ),
                "words": words(row),
            }
            for row in own
        ]
        if shown:
            found.append((phase(name), shown))
    return found


def words(row: Mapping[str, Any]) -> str:
    """Return who leads a step and when it is due, in short."""
    when, days = rules.when_of(row)
    return f"{actor(row['lead'])}, {days} {WHEN[when]}"
