"""Webhooks: list, form, secret, test, what was sent."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from plugins.rules import delivering, labels, queries, service
from plugins.rules.forms import WebhookForm
from plugins.rules.models import DELIVERY_STATES, Delivery, Webhook
from plugins.rules.views.base import after, blueprint, here, number
from plugins.setup.interface import page
from portal import undo
from portal.errors import Conflict, Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import ADMIN, allow
from portal.web.heartbeat import context


@blueprint.get("/webhooks")
@allow(ADMIN)
def webhooks() -> ResponseReturnValue:
    """List the webhooks."""
    dead = queries.dead_letters()
    rows = [(hook, dead.get(hook.id, 0)) for hook in queries.webhooks()]
    return page("rules/webhooks.html", _("Webhooks"), rows=rows)


@blueprint.route("/webhooks/new", methods=["GET", "POST"])
@allow(ADMIN)
def new_webhook() -> ResponseReturnValue:
    """Make a webhook."""
    form = WebhookForm(request.form)
    if request.method == "POST":
        try:
            hook = service.create_webhook(context(), form.title.data or "", form.url.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The webhook is made. Copy its secret next."))
            return redirect(url_for(".webhook", public_id=hook.public_id), 303)
    crumbs = [(_("Webhooks"), url_for(".webhooks"))]
    status = 422 if request.method == "POST" else 200
    return page("rules/webhook_new.html", _("A new webhook"), crumbs, status, form=form)


@blueprint.route("/webhooks/<public_id>", methods=["GET", "POST"])
@allow(ADMIN)
def webhook(public_id: str) -> ResponseReturnValue:
    """Show a webhook with what was sent to it, and change it."""
    hook = queries.webhook(public_id)
    form = WebhookForm(request.form, obj=hook)
    status = 200
    if request.method == "POST":
        version = number(request.form.get("version", "")) or 0
        typed = form.title.data or "", form.url.data or ""
        try:
            service.change_webhook(context(), hook, *typed, version)
        except Invalid as error:
            mark(form, error)
            status = error.status
        except Conflict as error:
            error.forms = form, WebhookForm(obj=queries.webhook(public_id)), None, False
            raise
        else:
            flash(_("The webhook is changed."))
            return redirect(url_for(".webhook", public_id=public_id), 303)
    return _page(hook, form, status)


def _page(
    hook: Webhook, form: WebhookForm, status: int = 200, secret: str = ""
) -> ResponseReturnValue:
    state = request.args.get("state", "")
    state = state if state in DELIVERY_STATES else ""
    rows, following = queries.paged(queries.deliveries(hook, state), Delivery.id, after())
    return page(
        "rules/webhook.html",
        hook.title,
        [(_("Webhooks"), url_for(".webhooks"))],
        status,
        hook=hook,
        form=form,
        secret=secret,
        signs_twice=len(delivering.secrets_of(context(), hook)) > 1,
        rows=[(row, labels.delivery_state(row.state)) for row in rows],
        next_url=here(after=following) if following else None,
        first_url=here(after=None) if after() else None,
        chosen={"state": state},
        states=[(name, labels.delivery_state(name)[0]) for name in DELIVERY_STATES],
        most=delivering.ATTEMPTS,
    )


@blueprint.post("/webhooks/<public_id>/secret")
@allow(ADMIN)
def secret(public_id: str) -> ResponseReturnValue:
    """Show the secret, once."""
    hook = queries.webhook(public_id)
    shown = service.show_secret(context(), hook)
    hook = queries.webhook(public_id)
    return _page(hook, WebhookForm(obj=hook), secret=shown)


@blueprint.post(
    "/webhooks/<public_id>/<any(activate, delete, end_old_secret, pause, rotate, test):act>"
)
@allow(ADMIN)
def webhook_act(public_id: str, act: str) -> ResponseReturnValue:
    """Switch a webhook on, pause, test or delete it; change its secret."""
    ctx, hook = context(), queries.webhook(public_id)
    if act == "delete":
        service.delete_webhook(ctx, hook)
        said = _("The webhook %(title)s is deleted.", title=hook.title)
        undo.offer(ctx, said, "rules.webhook", webhook=public_id)
        return redirect(url_for(".webhooks"), 303)
    if act == "test":
        service.send_test(ctx, hook)
        flash(_("The test is on its way; what came back stands below in a moment."))
    elif act == "rotate":
        service.rotate_secret(ctx, hook)
        flash(_("The webhook has a new secret. Copy it next; the old one signs too for a day."))
    elif act == "end_old_secret":
        service.end_overlap(ctx, hook)
        flash(_("The old secret signs nothing any more."))
    else:
        service.switch_webhook(ctx, hook, act == "activate")
        on = _("The webhook is active.")
        flash(on if act == "activate" else _("The webhook is paused."))
    return redirect(url_for(".webhook", public_id=public_id), 303)


@blueprint.post("/webhooks/<public_id>/messages/<int:number>/retry")
@allow(ADMIN)
def retry_delivery(public_id: str, number: int) -> ResponseReturnValue:
    """Send a message that was given up again."""
    hook = queries.webhook(public_id)
    service.retry_delivery(context(), queries.delivery(hook, number))
    flash(_("The message is sent again soon."))
    return redirect(url_for(".webhook", public_id=public_id), 303)


undo.register("rules.webhook", service.restore_webhook)
