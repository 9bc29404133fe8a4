"""Pages of proof: checking a document, the sealed PDF, the bundle."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from plugins.agreements.interface import make_bundle, of_party
from plugins.paper import interface as paper
from plugins.verification import documents, verifying
from plugins.verification.forms import ProofForm
from portal.errors import Invalid, NotFound
from portal.people import throttle
from portal.people.forms import mark
from portal.people.views import keep_nothing
from portal.web.access import ANYONE, SIGNED_IN, allow

blueprint = Blueprint("verification", __name__)
blueprint.after_request(keep_nothing)

CHECKS = throttle.Limit("verification-checks", 60, 900)
"""Files and codes that one network may have checked: reading a file costs half a second."""
FILES = throttle.Limit("verification-files", 120, 900)
"""PDFs and bundles that one account may have made."""


@blueprint.route("/verify", methods=["GET", "POST"])
@allow(ANYONE, rate="request")
def verify() -> ResponseReturnValue:
    """Check a PDF or bundle that is handed in, or go to a code that is typed."""
    form = ProofForm(request.form or None)
    if request.method == "GET":
        return _page(form)
    sent = request.files.get("file")
    data = sent.read() if sent and sent.filename else b""
    name = (sent.filename or "") if sent else ""
    code = (form.code.data or "").strip()
    try:
        if data:
            _spend()
            return _page(form, verifying.look(g.ctx, data, form.head.data or ""), name)
        if not code:
            raise Invalid(form.file.description, field="file")
        if not paper.code_digits(code):
            verifying.by_code(code)
        return redirect(url_for(".by_code", code=code.upper().replace(" ", "")), 303)
    except Invalid as error:
        mark(form, Invalid(error.message, error.field or "file"))
        return _page(form), error.status


@blueprint.get("/verify/<code>")
@allow(ANYONE, rate="request")
def by_code(code: str) -> ResponseReturnValue:
    """Show what this portal has under a short code."""
    _spend()
    form = ProofForm(None, code=code[: verifying.LONGEST_CODE])
    try:
        return _page(form, verifying.by_code(code), code=code)
    except (Invalid, NotFound) as error:
        mark(form, Invalid(error.message, "code"))
        return _page(form), 404


@blueprint.get("/agreements/<public_id>/document.pdf")
@allow(SIGNED_IN, owner="members of a party; others get 404", rate="request")
def document(public_id: str) -> ResponseReturnValue:
    """Give the sealed PDF, in one or two of its languages (`language`, repeatable)."""
    _spend_file()
    record = of_party(g.ctx, public_id)
    data = make_bundle(g.ctx, public_id) if record.signed else b""
    made = documents.pdf(g.ctx, record, request.args.getlist("language"), data)
    return _file(made, "application/pdf", f"agreement-{documents.code_of(record.content)}.pdf")


@blueprint.get("/agreements/<public_id>/bundle.json")
@allow(SIGNED_IN, owner="members of a party; others get 404", rate="request")
def bundle_file(public_id: str) -> ResponseReturnValue:
    """Give the bundle; `size` asks for proofs in the log as it was at a mailed head."""
    _spend_file()
    size = request.args.get("size", "0")
    asked = int(size) if size.isascii() and size.isdigit() and len(size) < 12 else 0
    made = make_bundle(g.ctx, public_id, asked)
    return _file(made, "application/json", f"agreement-{public_id}.json")


def _spend_file() -> None:
    throttle.spend(g.ctx, FILES, str(g.ctx.actor.account_id))


def _file(data: bytes, kind: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, mimetype=kind, headers=headers)


def _spend() -> None:
    throttle.spend(g.ctx, CHECKS, throttle.network(request.remote_addr))


def _page(
    form: ProofForm,
    verdict: verifying.Verdict | None = None,
    name: str | None = "",
    code: str = "",
) -> str:
    values: dict[str, Any] = {"form": form, "verdict": verdict, "name": name or "", "code": code}
    return render_template("verification/verify.html", **values)
