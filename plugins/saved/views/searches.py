"""Searches that people keep."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue

from plugins.saved import feeds, forms, labels, looking, queries, rules, service
from plugins.saved.models import SavedSearch
from plugins.saved.views.base import blueprint, page_of, spend
from plugins.search.interface import SearchPage, index
from portal import undo
from portal.errors import Invalid
from portal.i18n import _
from portal.people.forms import mark
from portal.web.access import SIGNED_IN, allow
from portal.web.heartbeat import beat

LIST = "/account/searches"


@blueprint.get(LIST)
@allow(SIGNED_IN, owner="own account")
def index_page() -> ResponseReturnValue:
    """List the searches that a person keeps."""
    pages = queries.pages(g.ctx)
    rows = [labels.listed(row, pages.get(row.kind)) for row in queries.own(g.ctx)]
    ways = [(page.title, page.path) for page in pages.values()]
    return render_template("saved/searches.html", rows=rows, ways=ways)


@blueprint.route(f"{LIST}/new", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="own account", rate="saved-writing")
def new() -> ResponseReturnValue:
    """Keep a search as it stands in the address, after `search`, the kind of what is searched."""
    page = page_of(request.args.get("search", ""))
    state = page.state(request.args)
    usual = {"name": labels.usual_name(page, state), "rhythm": rules.DAILY}
    form = forms.SearchForm(request.form or None, **usual)
    if request.method == "POST" and form.validate():
        spend()
        index(page.kind).refresh(beat().catalogue_seq)
        known, seq = looking.known_of(g.ctx, page, state)
        try:
            row = service.keep(
                g.ctx, page, state, form.name.data or "", form.rhythm.data or "", known, seq
            )
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("The search is kept. What it finds from now on is new."))
            return redirect(f"{LIST}/{row.public_id}", 303)
    return render_template(
        "saved/new.html",
        form=form,
        page=page,
        what=labels.described(page, state),
        search_url=labels.address(page, state),
    ), 422 if request.method == "POST" else 200


@blueprint.route(f"{LIST}/<number>", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="own search; others get 404")
def show(number: str) -> ResponseReturnValue:
    """Show a search with what it found since it is kept; name it, choose when to be told."""
    row = queries.find(g.ctx, number)
    page = queries.pages(g.ctx).get(row.kind)
    form = forms.SearchForm(request.form or None, name=row.name, rhythm=row.rhythm)
    if request.method == "POST" and form.validate():
        spend()
        try:
            service.change(g.ctx, row, form.name.data or "", form.rhythm.data or "")
        except Invalid as error:
            mark(form, error)
        else:
            flash(_("Saved."))
            return redirect(f"{LIST}/{number}", 303)
    return _page(row, page, form), 422 if request.method == "POST" else 200


def _page(row: SavedSearch, page: SearchPage | None, form: forms.SearchForm) -> str:
    path = service.feed_path(row)
    return render_template(
        "saved/search.html",
        row=labels.listed(row, page),
        form=form,
        hits=labels.hits(row, page) if page else [],
        has_demo=False,
        feed=f"{feeds.base()}{path}" if path else "",
        has_days=bool(page and page.has_days),
        rhythm=row.rhythm,
    )


@blueprint.post(
    f"{LIST}/<number>/<any('pause', 'go-on', 'remove', 'open-feed', 'close-feed'):step>"
)
@allow(SIGNED_IN, owner="own search; others get 404")
def take_step(number: str, step: str) -> ResponseReturnValue:
    """Pause a search, go on, put it away; open and close the address of its feed."""
    row = queries.find(g.ctx, number)
    if step == "remove":
        service.remove(g.ctx, row)
        undo.offer(g.ctx, _("“%(name)s” is deleted.", name=row.name), "saved.search", number=number)
        return redirect(LIST, 303)
    acts = {
        "pause": (service.pause, _("The search is paused: you are told nothing until you go on.")),
        "go-on": (service.go_on, _("The search goes on. What came meanwhile is told soon.")),
        "open-feed": (service.open_feed, _("The feed has a new address.")),
        "close-feed": (service.close_feed, _("The feed's address leads nowhere any more.")),
    }
    act, sentence = acts[step]
    act(g.ctx, row)
    flash(sentence)
    return redirect(f"{LIST}/{number}", 303)
