"""The API against its own description: whatever is asked, no 5xx, and answers as described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from plugins.operation.demo import load
from plugins.tokens import service as tokens
from portal.context import Actor, Context
from portal.organisations.models import OrganisationMember

pytestmark = pytest.mark.xdist_group("api")  # filled once, not in each worker

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)
EXAMPLES = 50
FEW = 15
MANY = 1_000
PUBLIC = {"/api/v1/partners", "/api/v1/partners/{slug}"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A portal with every plugin and the demonstration data."""
    from portal import db
    from portal.app import create_app
    from portal.config import Config
    from portal.context import system_context
    from tests.conftest import prepare

    instance: Path = tmp_path_factory.mktemp("api")
    app = create_app(Config(instance=str(instance), testing=True))
    registry = app.extensions["portal"].registry
    prepare(registry)
    with app.app_context():
        registry.hooks.call("reference_load", system_context())
        load(app)
    yield app
    db.database.close()


def operations(app: Flask) -> list[Any]:
    """Return the operations of the API's description."""
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.fixture(scope="module")
def program(demo: Flask) -> tuple[str, str]:
    """A token that may change what an administrator of an organisation may, and that one's id."""
    member = OrganisationMember.get(OrganisationMember.role == "OrgAdmin")
    ctx = Context(Actor(member.account_id, "", frozenset({"Member"})))
    with demo.app_context():
        token = tokens.make_token(ctx, name="fuzz", scope="write")[1]
    return token, member.organisation.public_id


def attack(app: Flask, examples: int, token: str = "", own: str = "") -> int:
    """Ask each operation many odd things; return how many operations there were."""
    found = [item for item in operations(app) if not token or item.path not in PUBLIC]
    for operation in found:
        run(operation, examples, token, own)
    return len(found)


def run(operation: Any, examples: int, token: str, own: str) -> None:
    headers = {"Accept-Encoding": "identity"}
    if token:
        headers["Authorization"] = f"Bearer {token}"

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.generate],
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        if own and "public_id" in (case.path_parameters or {}):
            case.path_parameters["public_id"] = own
        case.call_and_validate(checks=CHECKS, headers=headers)

    ask()


def test_the_api_keeps_its_word(demo: Flask) -> None:
    assert attack(demo, EXAMPLES) >= 2


def test_the_api_keeps_its_word_to_programs(demo: Flask, program: tuple[str, str]) -> None:
    assert attack(demo, FEW, *program) >= 5


@pytest.mark.full
@pytest.mark.timeout(3_600)
def test_the_api_keeps_its_word_for_a_long_time(demo: Flask, program: tuple[str, str]) -> None:
    assert attack(demo, MANY) >= 2
    assert attack(demo, MANY, *program) >= 5


def test_the_description_is_complete(demo: Flask) -> None:
    document = demo.test_client().get("/api/v1/openapi.json").get_json()

    assert document["openapi"].startswith("3.")
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation.get("summary"), (method, path)
            assert "200" in operation["responses"] or "201" in operation["responses"]


ODD: list[tuple[str, int]] = [
    ("/api/v1/partners?page=0", 422),
    ("/api/v1/partners?page_size=101", 422),
    ("/api/v1/partners?page=abc", 422),
    ("/api/v1/partners/nobody-of-that-name", 404),
    ("/api/v1/partners?country=%00", 200),
    ("/api/v1/partners?q=" + "a" * 5_000, 422),
    ("/api/v1/partners?nonsense=1", 200),
    ("/api/v1/me", 401),
    ("/api/v1/organisations/nowhere", 401),
]


@pytest.mark.parametrize(("address", "status"), ODD)
def test_odd_questions_get_plain_answers(address: str, status: int, demo: Flask) -> None:
    answer = demo.test_client().get(address)

    assert answer.status_code == status, answer.text[:300]
    if status >= 400:
        assert answer.mimetype == "application/problem+json"
