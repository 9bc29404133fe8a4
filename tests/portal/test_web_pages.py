"""Every page of the core, for everyone who may see it, in every language; and every refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from portal.i18n import SHIPPED
from portal.web import access
from tests.factories import make_account, post, sign_in
from tests.throwaway import write_plugin
from tests.visiting import Visitor, faults

MakePortal = Callable[..., Flask]

ROLES = ("", "Member", "Reviewer", "SiteAdmin")


@pytest.fixture
def core(plugin_folder: Path, make_portal: MakePortal) -> Flask:
    """A portal without any plugin."""
    return make_portal()


def visitor(app: Flask, role: str) -> FlaskClient:
    """Return a client of somebody with a role, or of nobody."""
    client = app.test_client()
    if role:
        sign_in(client, make_account(app, role=role))
    return client


def pages(app: Flask) -> list[str]:
    """Return the addresses that need no parameter and answer with a page."""
    return sorted(
        {
            row.rule
            for row in access.table(app)
            if row.method == "GET" and "<" not in row.rule and not row.rule.startswith("/api/")
        }
        - {"/healthz", "/readyz", "/favicon.ico"}
    )


@pytest.mark.parametrize("role", ROLES)
def test_every_page_without_parameters_is_sound(role: str, core: Flask) -> None:
    client = visitor(core, role)
    found = {}

    for address in pages(core):
        answer = client.get(address)
        assert answer.status_code in {200, 303, 308, 403, 404}, (address, answer.status_code)
        if answer.status_code not in {303, 308}:
            found[address] = faults(answer)

    assert {address: wrong for address, wrong in found.items() if wrong} == {}
    assert "/" in found


@pytest.mark.parametrize("lang", SHIPPED)
def test_the_first_pages_speak_every_language(lang: str, core: Flask) -> None:
    visit = Visitor(core.test_client())

    for address in ("/", "/account/sign-in", "/access"):
        page = visit(f"{address}?lang={lang}", lang=lang)
        assert page.title
    missing = visit(f"/nothing-here?lang={lang}", status=404, lang=lang)
    assert missing.headings


def test_a_refusal_is_a_whole_page(core: Flask) -> None:
    visit = Visitor(core.test_client())

    page = visit("/nothing-here", status=404)

    assert any(link.split("?")[0] == "/" for link in page.links)


def test_programs_get_a_problem_instead_of_a_page(core: Flask) -> None:
    client = core.test_client()

    for answer in (
        client.get("/api/v1/nothing"),
        client.get("/nothing", headers={"Accept": "application/json"}),
        client.post("/api/v1/nothing"),
    ):
        assert answer.status_code in {400, 404, 405}
        assert answer.mimetype == "application/problem+json"
        assert {"type", "title", "status", "detail"} <= set(answer.get_json())


def test_an_error_nobody_foresaw_is_a_page_without_its_text(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    code = """
    from flask import Blueprint
    from portal.hookspecs import hookimpl
    from portal.web.access import ANYONE, allow

    blueprint = Blueprint("odd", __name__)

    @blueprint.get("/odd")
    @allow(ANYONE)
    def page():
        raise RuntimeError("the secret of the house")

    @hookimpl
    def blueprint_list(ctx):
        return [blueprint]
    """
    write_plugin(plugin_folder, "odd", code)
    visit = Visitor(make_portal().test_client())

    page = visit("/odd", status=500)

    assert "secret of the house" not in page.text


def test_what_was_typed_survives_an_expired_form(core: Flask) -> None:
    answer = core.test_client().post(
        "/account/sign-in", data={"email": "typed@with.care", "password": "clear water"}
    )

    assert answer.status_code == 400
    assert "typed@with.care" in answer.text
    assert "clear water" not in answer.text
    assert faults(answer) == []


@pytest.mark.parametrize("role", ROLES)
def test_the_access_table_is_what_is_enforced(role: str, core: Flask) -> None:
    """Rows say who gets in: the others are sent to sign in, or refused."""
    client = visitor(core, role)
    allowed = {
        access.ANYONE: True,
        access.SIGNED_IN: bool(role),
        access.REVIEWER: role in {"Reviewer", "SiteAdmin"},
        access.ADMIN: role == "SiteAdmin",
    }

    for row in access.table(core):
        if row.method != "GET" or "<" in row.rule or allowed[row.row.actors]:
            continue
        answer = client.get(row.rule)
        is_api = row.rule.startswith("/api/")
        assert answer.status_code == (403 if role else 401 if is_api else 303), row.rule
        if not role and not is_api:
            assert answer.headers["Location"].startswith("/account/sign-in?next=")


def test_every_form_is_refused_without_its_token(core: Flask) -> None:
    client = visitor(core, "SiteAdmin")

    for row in access.table(core):
        if row.method == "POST" and row.row.csrf:
            answer = client.post(re.sub(r"<[^>]+>", "x", row.rule))
            assert answer.status_code in {400, 404}, row.rule


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused_as_pages(method: str, core: Flask) -> None:
    answer = core.test_client().open("/access", method=method)

    assert answer.status_code in {400, 405}
    assert faults(answer) == []


def test_health_asks_no_database(core: Flask) -> None:
    client = core.test_client()

    assert client.get("/healthz").text == "ok\n"
    assert client.get("/readyz").text == "ready\n"


def test_readiness_notices_a_schema_that_is_behind(
    core: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.web.pages.migrate.head", lambda space: 999)

    assert core.test_client().get("/readyz").status_code == 503


def test_an_administrator_sees_the_list_of_plugins(core: Flask) -> None:
    visit = Visitor(visitor(core, "SiteAdmin"))

    assert visit("/setup/plugins").headings


# Language


@pytest.mark.parametrize(
    ("headers", "query", "expected"),
    [
        ({}, "", "en"),
        ({"Accept-Language": "lv,en;q=0.5"}, "", "lv"),
        ({"Accept-Language": "de-AT"}, "", "de"),
        ({"Accept-Language": "fr,ja"}, "", "en"),
        ({"Accept-Language": "de"}, "?lang=it", "it"),
        ({"Accept-Language": "de"}, "?lang=xx", "de"),
        ({"Accept-Language": "*;q=broken,,"}, "", "en"),
    ],
)
def test_the_language_of_a_first_visit(
    headers: dict[str, str], query: str, expected: str, core: Flask
) -> None:
    visit = Visitor(core.test_client())

    assert visit(f"/{query}", headers=headers).lang == expected


def test_a_language_that_was_chosen_is_remembered(core: Flask) -> None:
    visit = Visitor(core.test_client())
    visit("/?lang=nl")

    assert visit("/").lang == "nl"


def test_a_refusal_without_a_language_does_not_speak_the_last_visitors(core: Flask) -> None:
    client = core.test_client()
    first = client.get("/static/nothing.css").text
    client.get("/?lang=de")

    assert core.test_client().get("/static/nothing.css").text == first


def test_an_account_brings_its_language(core: Flask) -> None:
    client = core.test_client()
    sign_in(client, make_account(core, locale="es"))

    assert Visitor(client)("/").lang == "es"


def test_the_language_switch_keeps_the_question(core: Flask) -> None:
    page = Visitor(core.test_client())("/access?q=a+b&lang=de")

    assert "/access?q=a+b&lang=it" in page.links


# Static files


def test_static_files_never_change_under_their_address(core: Flask) -> None:
    client = core.test_client()
    address = re.search(r'href="(/static/css/base\.[0-9a-f]{10}\.css)"', client.get("/").text)
    assert address

    answer = client.get(address[1], headers={"Accept-Encoding": "gzip"})

    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "name", ["nothing.css", "../app.py", "%2e%2e/app.py", "css/base.0000000000.css", ""]
)
def test_nothing_but_static_files_is_served(name: str, core: Flask) -> None:
    assert core.test_client().get(f"/static/{name}").status_code == 404


def test_every_file_that_style_sheets_name_is_there(core: Flask) -> None:
    client = core.test_client()
    sheets = set(re.findall(r'href="(/static/css/[^"]+)"', client.get("/").text))
    assert sheets

    for sheet in sheets:
        for name in re.findall(r"url\([\"']?([^)\"']+)", client.get(sheet).text):
            address = name if name.startswith("/") else f"/static/css/{name}"
            assert client.get(address.replace("css/../", "")).status_code == 200, name


def test_signing_out_of_one_browser_is_a_form(core: Flask) -> None:
    client = visitor(core, "Member")

    assert client.get("/account/sign-out").status_code in {404, 405}
    assert post(client, "/account/sign-out", page="/").status_code == 303
