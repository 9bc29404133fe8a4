"""Settings: one page for the site and one for each add-on that has some, made from their schema."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from plugins.setup import acts, frame, labels, service
from plugins.setup.views.base import blueprint
from portal import settings
from portal.errors import Invalid, NotFound
from portal.fields import Boxes
from portal.i18n import Form, _
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context


class Needed:
    """Marks a field as one that can't stay empty; the schema checks it."""

    field_flags = {"required": True}

    def __call__(self, form: Any, field: Any) -> None:
        """Accept everything."""


@blueprint.get("/settings")
@allow(ADMIN)
def settings_index() -> ResponseReturnValue:
    """List whose settings there are."""
    scopes = [(settings.PORTAL, _("The site"), _("Name, languages, registration, banner."))]
    for status in acts.plugins().statuses().values():
        if settings.schema(status.id) and acts.plugins().is_active(status.id):
            scopes.append((status.id, _(status.title), _(status.summary) if status.summary else ""))
    return frame.page("setup/settings.html", _("Settings"), scopes=scopes)


@blueprint.route("/settings/<scope>", methods=["GET", "POST"])
@allow(ADMIN)
def settings_page(scope: str) -> ResponseReturnValue:
    """Show and change the settings of the site or of an add-on."""
    fields = settings.schema(scope)
    if not fields or (scope != settings.PORTAL and not acts.plugins().is_active(scope)):
        raise NotFound
    values = settings.of(context(), scope)
    form = _form(fields)(
        request.form if request.method == "POST" else None, data=_typed(fields, values)
    )
    if request.method == "POST" and "reset" in request.form:
        return _reset(scope, request.form["reset"])
    if request.method == "POST" and _save(scope, fields, form):
        flash(_("The settings are saved."))
        return redirect(url_for(".settings_page", scope=scope), 303)
    changed = {key: item for key, item in fields.items() if values[key] != item.default}
    status = acts.plugins().statuses().get(scope)
    return frame.page(
        "setup/settings_page.html",
        _(status.title) if status else _("The site"),
        [(_("Settings"), url_for(".settings_index"))],
        422 if request.method == "POST" else 200,
        form=form,
        changed={key: labels.shown(item, item.default) for key, item in changed.items()},
        scope=scope,
    )


def _reset(scope: str, key: str) -> ResponseReturnValue:
    item = settings.schema(scope).get(key)
    if item is None:
        raise NotFound
    try:
        service.save_settings(context(), scope, {key: item.default})
    except Invalid as error:
        flash(error.message, "error")
    else:
        flash(_("%(setting)s is back at its default.", setting=_(item.title)))
    return redirect(url_for(".settings_page", scope=scope), 303)


def _save(scope: str, fields: Any, form: Any) -> bool:
    """Save what was typed, or tell the form what is wrong with each field."""
    raw = {key: _raw(item, form[key]) for key, item in fields.items()}
    for key, item in fields.items():
        try:
            settings.clean(item, raw[key])
        except Invalid as error:
            form[key].errors = [error.message]
    if any(field.errors for field in form):
        return False
    try:
        service.save_settings(context(), scope, raw)
    except Invalid as error:
        form[error.field].errors = [error.message]
        return False
    return True


def _raw(item: settings.Field, field: Any) -> Any:
    if item.type == "yes_no":
        return "yes" if field.data else ""
    return field.data if field.data is not None else ""


def _typed(fields: Any, values: Any) -> dict[str, Any]:
    """Return values as fields hold them: free lists one entry a line, numbers as text."""
    return {
        key: "\n".join(value) if isinstance(value, list) and not fields[key].choices else value
        for key, value in values.items()
    }


def _form(fields: Any) -> type[Form]:
    return type("SettingsForm", (Form,), {key: _field(item) for key, item in fields.items()})


def _field(item: settings.Field) -> Any:
    title, described = _(item.title), _(item.help) if item.help else ""
    if item.unit:
        described = f"{described} ({_(item.unit)})".strip()
    needed = [Needed()] if item.needed or item.type in {"number", "choice"} else []
    more: dict[str, Any] = {"description": described, "validators": needed}
    choices = [SelectChoice(value, labels.choice_name(item, value)) for value in item.choices]
    if item.type == "yes_no":
        return BooleanField(title, **more)
    if item.type == "choice":
        return SelectField(title, choices=choices, validate_choice=False, **more)
    if item.type == "list" and choices:
        return Boxes(title, choices=choices, validate_choice=False, **more)
    if item.type in {"long_text", "list", "mails"}:
        return TextAreaField(title, **more)
    kinds = {"mail": "email", "url": "url", "number": "numeric"}
    pad = {"inputmode": kinds[item.type]} if item.type in kinds else {}
    return StringField(title, render_kw=pad, **more)
