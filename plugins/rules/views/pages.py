"""Rules: list, form, trying out."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.rules import labels, queries, rules, service, subjects, trying
from plugins.rules.forms import RuleForm, values_of
from plugins.rules.models import Rule
from plugins.rules.views.base import blueprint, number
from plugins.setup.interface import page
from portal import events, undo
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _, moment
from portal.people.forms import mark
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context


@blueprint.get("/rules")
@allow(ADMIN)
def index() -> ResponseReturnValue:
    """List the rules in their order; without any, show two examples."""
    titles, troubles = labels.event_titles(context()), queries.troubles()
    hooks = {row.public_id: row.title for row in queries.webhooks()}
    return page(
        "rules/index.html",
        _("Rules"),
        rows=[
            (
                rule,
                titles.get(rule.event, rule.event),
                [labels.condition(item) for item in rule.conditions],
                [labels.action(item, rule.mail_to, hooks) for item in rule.actions],
                [(state, count) for state, count in troubles.get(rule.id, {}).items()],
            )
            for rule in queries.rules()
        ],
        run_state=labels.run_state,
        is_known=titles.__contains__,
    )


@blueprint.route("/rules/new", methods=["GET", "POST"])
@allow(ADMIN)
def new() -> ResponseReturnValue:
    """Make a rule, beginning with nothing or an example."""
    ctx = context()
    form = RuleForm(ctx, request.form, data=_example(request.args.get("example", "")))
    if "acts" in request.form:
        form.rearrange(request.form["acts"])
    elif request.method == "POST":
        try:
            rule = service.create_rule(ctx, form.typed())
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The rule is made and active. Try it out before something happens."))
            return redirect(url_for(".edit", public_id=rule.public_id), 303)
    return _form_page(form, _("A new rule"), None)


@blueprint.route("/rules/<public_id>", methods=["GET", "POST"])
@allow(ADMIN)
def edit(public_id: str) -> ResponseReturnValue:
    """Show a rule and change it."""
    ctx, rule = context(), queries.rule(public_id)
    form = RuleForm(ctx, request.form, data=values_of(ctx, rule))
    if "acts" in request.form:
        form.rearrange(request.form["acts"])
    elif request.method == "POST":
        version = number(request.form.get("version", "")) or 0
        try:
            service.change_rule(ctx, rule, form.typed(), version)
        except Invalid as error:
            mark(form, error)
        except Conflict as error:
            error.forms = (
                form,
                RuleForm(ctx, data=values_of(ctx, queries.rule(public_id))),
                None,
                False,
            )
            raise
        else:
            flash(_("The rule is changed."))
            return redirect(url_for(".edit", public_id=public_id), 303)
    return _form_page(form, rule.title, rule)


def _form_page(form: RuleForm, title: str, rule: Rule | None) -> ResponseReturnValue:
    chosen = form.event.data or ""
    kind = events.types(context()).get(chosen)
    payload = dict(kind.fields) if kind else {}
    return page(
        "rules/edit.html",
        title,
        [(_("Rules"), url_for(".index"))],
        422 if request.method == "POST" else 200,
        form=form,
        rule=rule,
        version=request.form.get("version") or (rule.version if rule else 1),
        words=_words(payload),
        payload=payload,
        object_fields=subjects.field_names(subjects.type_of(context(), chosen)),
        act_name=labels.act,
        kinds=rules.KINDS if len(form.acts) < rules.MOST_ACTIONS else (),
    )


def _words(payload: dict[str, str]) -> list[tuple[str, str]]:
    """Return the placeholders of a mail, each with what stands there."""
    meanings = {
        "title": _("what it is about"),
        "url": _("its address"),
        "type": _("what kind of thing it is"),
        "state": _("its state"),
        "country": _("its country"),
        "event": _("what happened"),
        "when": _("when it happened"),
        "site": _("the name of this site"),
    }
    return [(f"%({name})s", meaning) for name, meaning in {**payload, **meanings}.items()]


def _example(name: str) -> dict[str, Any]:
    if name == "account":
        return {
            "event": "account.registered",
            "to": rules.OPERATOR,
            "subject": _("Somebody asked for an account at %(site)s", site="%(site)s"),
            "text": _("On %(when)s somebody asked for an account.", when="%(when)s"),
        }
    if name == "member":
        return {
            "event": "member.added",
            "to": "OrgAdmin",
            "subject": _("Somebody new acts for %(title)s", title="%(title)s"),
            "text": _(
                "Since %(when)s somebody new may act for %(title)s. See who it is: %(url)s",
                when="%(when)s", title="%(title)s", url="%(url)s",
            ),
        }  # fmt: skip
    return {}


@blueprint.post("/rules/<public_id>/<any(activate, delete, down, pause, up):act>")
@allow(ADMIN)
def act(public_id: str, act: str) -> ResponseReturnValue:
    """Switch a rule on, pause, move or delete it."""
    ctx, rule = context(), queries.rule(public_id)
    if act == "delete":
        service.delete_rule(ctx, rule)
        said = _("The rule %(title)s is deleted.", title=rule.title)
        undo.offer(ctx, said, "rules.rule", rule=public_id)
    elif act in {"up", "down"}:
        service.move_rule(ctx, rule, act == "up")
    else:
        service.switch_rule(ctx, rule, act == "activate")
        on = _("The rule %(title)s is active.", title=rule.title)
        flash(on if act == "activate" else _("The rule %(title)s is paused.", title=rule.title))
    return redirect(url_for(".index"), 303)


undo.register("rules.rule", service.restore_rule)


@blueprint.get("/rules/<public_id>/try")
@allow(ADMIN)
def try_out(public_id: str) -> ResponseReturnValue:
    """Show what a rule would make of a past event or an object; nothing is done."""
    ctx, rule = context(), queries.rule(public_id)
    choice = request.args.get("on", "")
    trial, wrong = None, ""
    if choice:
        try:
            trial = trying.run(ctx, rule, trying.chosen(ctx, rule, choice))
        except NotFound:
            wrong = _("This is not there any more. Choose another.")
    return page(
        "rules/try.html",
        _("Try out %(title)s", title=rule.title),
        [(_("Rules"), url_for(".index")), (rule.title, url_for(".edit", public_id=public_id))],
        404 if wrong else 200,
        rule=rule,
        choice=choice,
        wrong=wrong,
        trial=trial,
        past=_past(rule),
        things=[
            (f"object:{at}", title)
            for at, title in subjects.latest(subjects.type_of(ctx, rule.event))
        ],
    )


def _past(rule: Rule) -> list[tuple[str, str]]:
    rows = queries.past_events(rule.event)
    return [
        (f"event:{row.id}", f"{moment(row.happened_at)} ({row.subject_type} {row.subject_id})")
        for row in rows
    ]
