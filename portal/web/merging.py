"""When two people saved the same object: both texts by field, and a form that brings them together.

The form goes to the same address as the one that was refused. It carries what was typed under
the fields' own names, what was saved meanwhile beside it, and a choice a field; `settle` turns
that into an ordinary form before the view sees it.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, HiddenField, SelectMultipleField

from portal.errors import Conflict
from portal.web.errors import wants_json

MERGED, CHOICE, THEIRS = "_merged", "_choice.", "_theirs."


def init_app(app: Flask) -> None:
    """Let merged forms reach their views as ordinary ones."""
    app.before_request(settle)


def settle() -> None:
    """Put together what was chosen on a page of both texts."""
    if request.method != "POST" or MERGED not in request.form:
        return
    typed = MultiDict(request.form)
    for name in typed.poplist(MERGED):
        theirs = typed.poplist(f"{THEIRS}{name}")
        if typed.pop(f"{CHOICE}{name}", "") == "theirs":
            typed.setlist(name, theirs)
    vars(request)["form"] = typed


def both(
    error: Conflict, form: Any, now: Any, was: Any = None, is_fictional: bool = False
) -> ResponseReturnValue:
    """Answer with a page of both texts: the forms as typed, as saved now, as both began (or None).

    `form` must have a field `version`. Programs get problem+json.
    """
    if wants_json():
        raise error
    rows, same = [], []
    for field in form:
        if isinstance(field, HiddenField):
            continue
        name, mine, theirs = field.name, _sent(field), _sent(now[field.name])
        if mine == theirs:
            same += [(name, value) for value in mine]
            continue
        before = _sent(was[name]) if was else None
        row = {"name": name, "label": field.label.text, "mine": mine, "theirs": theirs}
        row |= {"my_text": _text(field), "their_text": _text(now[name])}
        row |= {"old_text": _text(was[name]) if was else None, "keep_theirs": mine == before}
        rows.append({**row, "is_double": before not in (mine, theirs)})
    values = {"rows": rows, "same": same, "version": error.version, "is_fictional": is_fictional}
    return render_template("errors/both_texts.html", **values), 409


def _sent(field: Any) -> list[str]:
    """Return a field's values as a form sends them."""
    if isinstance(field, SelectMultipleField):
        return sorted(str(value) for value in field.data or ())
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    value = field._value() if hasattr(field, "_value") else field.data
    return ["" if value is None else "\n".join(str(value).split("\r\n")).strip()]


def _text(field: Any) -> str:
    """Return a field's value as people read it."""
    if not hasattr(field, "iter_choices"):
        return "".join(_sent(field))
    return ", ".join(str(choice[1]) for choice in field.iter_choices() if choice[2])
