"""Pages of partners: search, profile, comparison, files, own profile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
)
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from plugins.partners import (
    codes,
    comparing,
    exports,
    forms,
    pages,
    profiles,
    publishing,
    quality,
    queries,
    search,
    service,
    workflow,
)
from plugins.partners.documents import KIND
from plugins.partners.filters import MOST_COMPARED, OWN_WORDS, SORTS, Filters, parse
from plugins.partners.models import Publication
from plugins.partners.pieces import pieces
from plugins.partners.rules import completeness
from plugins.search.interface import index
from portal import permissions, versions
from portal.errors import Conflict, Invalid, NotFound
from portal.i18n import _, ngettext, number
from portal.text import words as words_of
from portal.web.access import ADMIN, ANYONE, SIGNED_IN, allow
from portal.web.caching import not_modified
from portal.web.heartbeat import beat

blueprint = Blueprint("partners", __name__)
HIDDEN = {"without", "page_size", quality.LEAST}
"""Parameters of the address that no box of the page shows."""


@blueprint.get("/partners")
@allow(ANYONE)
def results() -> ResponseReturnValue:
    """Search partners; all state is in the address."""
    unchanged = not_modified()
    if unchanged is not None:
        return unchanged
    filters = parse(request.args)
    answer = search.run(g.ctx, filters, beat().catalogue_seq)
    total = answer.result.total
    words = " ".join(words_of(filters.text))[:120]
    if not total and words:
        search.note_miss(g.ctx, words)
    template = "partners/results.html" if total else "partners/nothing.html"
    return render_template(template, **_results(filters, answer))


def _results(filters: Filters, answer: search.Answer) -> dict[str, Any]:
    total = answer.result.total
    rows = pages.cards(answer, filters)
    also = pages.also_searched(answer, filters)
    first = filters.offset + 1
    last = filters.offset + len(rows)
    plain = filters if filters.page == 1 else replace(filters, page=1)
    address = plain.url("")
    near = [] if total else _near(filters, answer)
    last_page = max(1, -(-total // filters.page_size))
    return {
        "filters": filters,
        "total": total,
        "heading": ngettext("%(shown)s partner", "%(shown)s partners", total, shown=number(total)),
        "rows": rows,
        "cards": pages.card_list(rows),
        "facets": pages.facets(filters, answer.result.facets),
        "applied": pages.applied(filters),
        "clear_url": Filters(text=filters.text, sort=filters.sort).url(),
        "also": also,
        "exact_url": replace(plain, without=(OWN_WORDS,)).url(),
        "wide_url": replace(plain, without=()).url(),
        "did_you_mean": answer.did_you_mean
        and {
            "link": Markup('<a href="%s">%s</a>')
            % (
                replace(filters, text=answer.did_you_mean, page=1, facets={}).url(),
                answer.did_you_mean,
            ),
        },
        "ways_rows": [] if total else _ways(filters),
        "near_rows": near,
        "map": pages.small_map(answer.result.facets.get("country", {}), filters),
        "sorts": _sorts(filters, answer),
        "has_demo": any(row["demo"] for row in [*rows, *near]),
        "all_demo": bool(rows) and all(row["demo"] for row in rows),
        "span": _span(first, last, total, last_page),
        "previous_url": (
            _page_url(address, min(filters.page - 1, last_page)) if filters.page > 1 else None
        ),
        "next_url": _page_url(address, filters.page + 1) if last < total else None,
        "hidden": [(name, value) for name, value in plain.pairs() if name in HIDDEN],
        "state": address.replace("?", "&", 1),
        "files": [(kind, f"/partners.{kind}{address}") for kind in exports.KINDS],
        "compared": [row for row in rows if row["compared"]],
        "compared_elsewhere": [
            slug for slug in filters.compare if slug not in {row["slug"] for row in rows}
        ],
    }


def _span(first: int, last: int, total: int, last_page: int) -> str:
    """Say which part of the list is shown; an old address may lead behind its end."""
    if first > total:
        return _("The list ends on page %(page)s.", page=number(last_page))
    return _("%(first)s to %(last)s of %(total)s") % {
        "first": number(first),
        "last": number(last),
        "total": number(total),
    }


def _page_url(address: str, page: int) -> str:
    """Return the address of another page of a search; its number is the last parameter."""
    if page == 1:
        return f"/partners{address}"
    return f"/partners{address}{'&' if address else '?'}page={page}"


def _near(filters: Filters, answer: search.Answer) -> list[dict[str, Any]]:
    """Return the cards of partners that nearly fit a search without result."""
    found = search.near(g.ctx, filters, answer, beat().catalogue_seq)
    return pages.cards(found, filters) if found else []


def _ways(filters: Filters) -> list[tuple[str, str, str, str]]:
    """Return, for a search without result, label, address and count of a search with less."""
    titles = pages.facet_titles()
    result = []
    for name, way, count in search.without_one(g.ctx, filters, beat().catalogue_seq):
        values = [pages.value_label(name, value) for value in filters.facets.get(name, ())]
        label = (
            _("“%(words)s”", words=filters.text)
            if name == "q"
            else f"{titles[name]}: {', '.join(values)}"
        )
        counted = ngettext("%(shown)s partner", "%(shown)s partners", count, shown=number(count))
        result.append(("", _("Without %(filter)s", filter=label), way.url(), counted))
    return result


def _sorts(filters: Filters, answer: search.Answer) -> list[tuple[str, str, bool]]:
    """Return the orders to choose from, as name, label, whether chosen; quality once there is any."""
    names = {
        "relevance": _("best match"),
        "quality": _("quality"),
        "name": _("name"),
        "newest": _("newest"),
    }
    known = bool(answer.result.facets.get("quality")) or filters.sort == "quality"
    wanted = [name for name in SORTS if name != "quality" or known]
    return [(name, names[name], name == filters.sort) for name in wanted]


@blueprint.get("/partners.<kind>")
@allow(ANYONE)
def export(kind: str) -> ResponseReturnValue:
    """Save exactly what is on screen as a file, all pages of it."""
    if kind not in exports.KINDS:
        raise NotFound
    rows = exports.rows(g.ctx, parse(request.args), beat().catalogue_seq)
    return exports.respond(kind, "partners", exports.heads(), rows)


@blueprint.get("/partners/map")
@allow(ANYONE)
def countries() -> ResponseReturnValue:
    """Show the map's numbers as a table."""
    catalogue = index(KIND)
    catalogue.refresh(beat().catalogue_seq)
    answer = search.run(g.ctx, Filters(), beat().catalogue_seq)
    counts = answer.result.facets.get("country", {})
    rows = sorted(
        ((pages.value_label("country", code), code, count) for code, count in counts.items()),
        key=lambda row: (-row[2], row[0]),
    )
    return render_template(
        "partners/countries.html",
        rows=[
            (name, Filters(facets={"country": (code,)}).url(), number(count))
            for name, code, count in rows
        ],
        tiles=pages.tiles(counts),
        total=number(answer.result.total),
    )


@blueprint.get("/partners/compare")
@allow(ANYONE)
def compare() -> ResponseReturnValue:
    """Put up to four partners side by side; which ones is in the address."""
    slugs = parse(request.args).compare
    found = queries.partners(slugs)
    queries.with_projects(g.ctx, found)
    missing = [slug for slug in slugs if slug not in {item.slug for item in found}]
    is_cut = len(set(request.args.getlist("partner"))) > MOST_COMPARED
    only = "only" in request.args
    if request.args.get("as") in exports.KINDS:
        heads, rows = comparing.as_table(g.ctx, found)
        return exports.respond(request.args["as"], "comparison", heads, rows)
    return render_template(
        "partners/compare.html",
        **comparing.page(g.ctx, found, only_differences=only),
        missing=missing,
        is_cut=is_cut,
    )


@blueprint.get("/partners/your-drafts")
@allow(SIGNED_IN, owner="lists what the person edits or was given to read")
def drafts() -> ResponseReturnValue:
    """List the profiles that the person works on, those that nobody else finds first."""
    return render_template("partners/drafts.html", rows=profiles.drafts(g.ctx))


@blueprint.get("/partners/<slug>")
@allow(ANYONE)
def profile(slug: str) -> ResponseReturnValue:
    """Show a partner: what it says of itself, or the public facts and their sources."""
    unchanged = not_modified()
    if unchanged is not None:
        return unchanged
    partner = _partner(slug)
    if isinstance(partner, str):
        return redirect(f"/partners/{partner}", 301)
    is_all = request.args.get("projects") == "all"
    values = profiles.page(g.ctx, partner, 0 if is_all else profiles.MOST_PROJECTS)
    table = pieces().render if is_all else pieces().kept
    for name in ("fact", "project"):
        rows = tuple(values[f"{name}s"])
        values[f"{name}_rows"] = table("partners/_tables.html", f"{name}_rows", rows)
    values["heads"] = profiles.asides(g.ctx, partner, "partners_head")
    values["asides"] = profiles.asides(g.ctx, partner)
    values["actions"] = profiles.actions(g.ctx, partner)
    return render_template("partners/profile.html", **values)


@blueprint.get("/partners/<slug>/fact-sheet")
@allow(ANYONE)
def fact_sheet(slug: str) -> ResponseReturnValue:
    """Show a partner on one sheet to be printed."""
    partner = _partner(slug)
    if isinstance(partner, str):
        return redirect(f"/partners/{partner}/fact-sheet", 301)
    values = profiles.page(g.ctx, partner)
    values["address"] = f"{current_app.config['PORTAL'].base_url}/partners/{partner.slug}"
    return render_template("partners/fact_sheet.html", **values)


def _partner(slug: str) -> queries.Partner | str:
    partner = queries.partner(slug, g.ctx)
    if partner is not None:
        return partner
    moved = queries.former_slug(slug)
    if moved is None:
        raise NotFound(_("There is no partner at this address. Search for its name instead."))
    return moved


@blueprint.route("/partners/<slug>/edit", methods=["GET", "POST"])
@allow(SIGNED_IN, owner="OrgEditor or OrgAdmin of the organisation")
def edit(slug: str) -> ResponseReturnValue:
    """Edit the own profile."""
    partner = queries.partner(slug, g.ctx)
    have = queries.rights(g.ctx, partner.id, partner.publication_id) if partner else ()
    if partner and partner.publication in workflow.LOCKED and "history" in have:
        flash(_("The profile is archived. It can't be changed before it is a draft again."))
        return redirect(workflow.path(slug), 303)
    if partner is None or "edit" not in have:
        abort(404)
    form = forms.ProfileForm(request.form or None, partner=partner)
    done, missing = completeness(partner.values, dict.fromkeys(partner.promised, ""))
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                service.save_profile(g.ctx, partner.id, form.values(), form.version.data)
            except Invalid as error:
                form.attach(error)
            except Conflict as error:
                raise _with_both(error, form) from None
            else:
                return _saved(slug)
    return render_template(
        "partners/edit.html",
        form=form,
        partner=partner,
        done=done,
        missing=missing,
    ), status


def _saved(slug: str) -> ResponseReturnValue:
    """Say what became of a saved profile, and lead to where the next step is taken."""
    partner = queries.partner(slug, g.ctx)
    if partner and partner.publication == workflow.DRAFT:
        flash(_("Your profile is saved. Nobody finds it before it is published."))
    elif partner and partner.publication == workflow.PENDING:
        flash(_("Saved, and sent to the reviewer again."))
        return redirect(workflow.path(slug), 303)
    elif partner and partner.change == workflow.DRAFT:
        flash(_("Saved. The changed promises wait: submit them, and a reviewer publishes them."))
        return redirect(workflow.path(slug), 303)
    else:
        flash(_("Your profile is saved and can be found."))
    return redirect(f"/partners/{slug}", 303)


@blueprint.get("/partners/<slug>/publication")
@allow(SIGNED_IN, owner="people of the organisation and reviewers; others get 404")
def publication(slug: str) -> ResponseReturnValue:
    """Show how far a profile is on its way to the public, and what to do next."""
    return _publication(_inside(slug))


@blueprint.post("/partners/<slug>/publication/<any(profile, change):what>/<step>")
@allow(SIGNED_IN, owner="the roles that the workflow's state names; others get 404 or 403")
def take_step(slug: str, what: str, step: str) -> ResponseReturnValue:
    """Take a step of a profile, or of a change of its promises."""
    partner = _inside(slug)
    obj = publishing.find(what, partner.id)
    comment, version = request.form.get("comment", ""), request.form.get("version", "")[:9]
    shown = int(version) if version.isdecimal() else None
    try:
        publishing.take_step(g.ctx, obj, step, comment, shown, "agree" in request.form)
    except Invalid as error:
        return _publication(partner, (what, step, comment, error.message)), 422
    flash(_("Done."))
    return redirect(workflow.path(slug) if _may_look(partner) else "/tasks", 303)


def _inside(slug: str) -> queries.Partner:
    """Return a partner for its people and reviewers. Raises NotFound for all others."""
    partner = queries.partner(slug, g.ctx)
    if partner is None or not _may_look(partner):
        raise NotFound
    return partner


def _may_look(partner: queries.Partner) -> bool:
    return partner.publication_id is not None and permissions.may(
        g.ctx, "history", Publication(id=partner.publication_id)
    )


def _publication(partner: queries.Partner, refused: tuple[str, ...] = ()) -> str:
    return render_template(
        "partners/publication.html",
        refused=refused,
        **publishing.page(g.ctx, partner.id),
        **profiles.way(g.ctx, partner),
    )


def _with_both(error: Conflict, form: forms.ProfileForm) -> Conflict:
    """Give what both wrote along; when it was not kept how the profile was, two texts are shown."""
    partner = form.partner
    shown = versions.at(service.VERSIONED.type, partner.id, form.version.data)
    current = forms.ProfileForm(partner=queries.partner(partner.slug, g.ctx) or partner)
    before = forms.ProfileForm(partner=partner.like(shown)) if shown else None
    error.forms = form, current, before, partner.is_fictional
    return error


@blueprint.get("/partners/missed-searches")
@allow(ADMIN)
def missed() -> ResponseReturnValue:
    """Show the operator what people looked for in vain."""
    return render_template("partners/missed.html", rows=queries.missed())


@blueprint.get("/about-the-data")
@allow(ANYONE)
def about_data() -> ResponseReturnValue:
    """Say where the facts come from and under which licences."""
    return render_template("partners/about_data.html", sources=queries.sources())


@blueprint.get("/partners/order")
@allow(ANYONE)
def order() -> ResponseReturnValue:
    """Say how results are ordered and how the day's rotation is made."""
    return render_template(
        "partners/order.html", day=search.day_number(g.ctx.clock.now()), codes=codes
    )
