"""How many statements a page may cost beside the heartbeat, the one of every request.

A page that asks once for each row would still look right and be slow on real catalogues.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bench.data import HEADINGS, Network, import_row
from plugins.imports.service import import_organisations
from plugins.occupations import concepts
from plugins.search import interface as search
from portal import db
from tests.factories import clocked

PAGES = ("/partners", "/api/v1/partners")
SEARCHES = (
    "", "q=school", "q=school+nursing", "q=mecha*", 'q="training+school"', "country=DE&role=host",
    "q=mobility&country=DE&field=04&page=2", "sort=name", "q=school&sort=newest&page_size=100",
    'q="training+school"&sort=name', 'q="training+school"+nursing&sort=newest&country=DE',
)  # fmt: skip


@cache
def organisations() -> bytes:
    rows = [import_row(row) for row in Network(200).rows()]
    lines = [",".join(HEADINGS), *(",".join(f'"{cell}"' for cell in row) for row in rows)]
    return "\n".join(lines).encode()


@pytest.fixture
def catalogue(app: Flask) -> FlaskClient:
    """A visitor of a catalogue with 200 partners."""
    with app.app_context():
        import_organisations(clocked(app), BytesIO(organisations()))
        search.merge("partner")
    client = app.test_client()
    assert client.get("/partners").status_code == 200
    return client


def statements(client: FlaskClient, path: str, status: int = 200, **more: str) -> list[str]:
    with db.count_statements() as seen:
        assert client.get(path, headers=more).status_code == status
    return list(seen)


def is_heartbeat(sql: str) -> bool:
    return "FROM heartbeat" in sql


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("asked", SEARCHES)
def test_search_costs_four_statements_beside_the_heartbeat_when_nothing_is_known(
    catalogue: FlaskClient, page: str, asked: str
) -> None:
    search.clear_caches()
    concepts.clear_cache()
    ran = statements(catalogue, f"{page}?{asked}")
    assert is_heartbeat(ran[0])
    assert len(ran) - 1 <= 4


@pytest.mark.parametrize("page", PAGES)
def test_known_search_costs_the_heartbeat_alone(catalogue: FlaskClient, page: str) -> None:
    statements(catalogue, f"{page}?q=school")
    asked = statements(catalogue, f"{page}?q=school")
    assert [is_heartbeat(sql) for sql in asked] == [True]


def test_page_of_a_hundred_costs_what_a_page_of_ten_costs(catalogue: FlaskClient) -> None:
    asked = []
    for size in (10, 100):
        search.clear_caches()
        asked.append(len(statements(catalogue, f"/partners?page_size={size}&lang=de")))
    assert asked[0] == asked[1]


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_profile_costs_three_statements_beside_the_heartbeat(
    catalogue: FlaskClient, prefix: str
) -> None:
    slug = catalogue.get("/api/v1/partners").json["items"][0]["slug"]
    asked = statements(catalogue, f"{prefix}/partners/{slug}")
    assert is_heartbeat(asked[0])
    assert len(asked) - 1 <= 3


@pytest.mark.parametrize("path", ["/partners?q=school", "/api/v1/partners?q=school"])
def test_answer_that_nothing_changed_costs_the_heartbeat_alone(
    catalogue: FlaskClient, path: str
) -> None:
    mark = catalogue.get(path).headers["ETag"]
    asked = statements(catalogue, path, status=304, **{"If-None-Match": mark})
    assert len(asked) == 1
    assert is_heartbeat(asked[0])


def test_profile_that_did_not_change_costs_the_heartbeat_alone(catalogue: FlaskClient) -> None:
    slug = catalogue.get("/api/v1/partners").json["items"][0]["slug"]
    mark = catalogue.get(f"/partners/{slug}").headers["ETag"]
    asked = statements(catalogue, f"/partners/{slug}", status=304, **{"If-None-Match": mark})
    assert [is_heartbeat(sql) for sql in asked] == [True]


def test_what_was_changed_is_not_taken_for_known(catalogue: FlaskClient) -> None:
    mark = catalogue.get("/partners?q=school").headers["ETag"]
    with db.transaction():
        db.execute("UPDATE heartbeat SET catalogue_seq = catalogue_seq + 1")
    statements(catalogue, "/partners?q=school", status=200, **{"If-None-Match": mark})


@pytest.mark.parametrize(
    "change",
    [
        {"path": "/partners?q=school&lang=de"},
        {"path": "/partners?q=training"},
        {"Accept-Language": "de"},
    ],
    ids=str,
)
def test_mark_of_one_answer_is_no_other_s(catalogue: FlaskClient, change: dict[str, str]) -> None:
    mark = catalogue.get("/partners?q=school").headers["ETag"]
    asked = {"path": "/partners?q=school", "If-None-Match": mark, **change}
    statements(catalogue, asked.pop("path"), status=200, **asked)


def test_answer_that_nothing_changed_has_the_headers_of_the_page(catalogue: FlaskClient) -> None:
    page = catalogue.get("/partners?q=school").headers
    again = catalogue.get("/partners?q=school", headers={"If-None-Match": page["ETag"]})
    assert again.status_code == 304
    assert again.data == b""
    expected = {name for name, _ in page if not name.startswith("Content-")}
    expected |= {"Content-Security-Policy"}  # it only begins like the body's headers
    assert {name for name, _ in again.headers} == expected
    for name in expected - {"X-Request-ID"}:
        assert again.headers[name] == page[name]
    assert again.headers["X-Request-ID"] != page["X-Request-ID"]
