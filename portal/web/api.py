"""The API's frame: one OpenAPI 3.1 document of the active plugins' routes, problem+json."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, current_app, json
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

from portal import __version__
from portal.errors import Invalid
from portal.web.access import ANYONE, allow
from portal.web.errors import problem

PREFIX = "/api/v1"
JSON = "application/json"
PROBLEM = "application/problem+json"
CONVERTED = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


class Problem(BaseModel):
    """An error, as RFC 9457 describes it."""

    type: str
    title: str
    status: int
    detail: str
    code: str | None = None
    field: str | None = None


blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
spec = SpecTree(
    "flask",
    mode="strict",
    path="api/v1/doc",
    title="Tessera",
    version=__version__,
    annotations=True,
    validation_error_status=422,
    openapi_version="3.1.0",
    security_schemes=[
        SecurityScheme("token", SecuritySchemeData(SecureType.HTTP, scheme="bearer"))
    ],
)


def checked(model: type[BaseModel], data: Mapping[str, Any]) -> None:
    """Hold parameters against a model. Raises Invalid naming the first that does not fit."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise Invalid(f"{field}: {first['msg']}", field=field) from None


def init_app(app: Flask) -> None:
    """Let the document see the app's routes, without publishing a user interface."""
    spec.app = app
    spec.backend.spectree = spec
    vars(spec).pop("_spec", None)  # the document of an app that was made earlier


@blueprint.get("/openapi.json")
@allow(ANYONE)
def openapi() -> ResponseReturnValue:
    """Return the OpenAPI document; routes of plugins that take no part are not in it."""
    registry = current_app.extensions["portal"].registry
    document = dict(_document())
    document["paths"] = {
        path: _with_problems(item)
        for path, item in document["paths"].items()
        if path.startswith(PREFIX) and _active(registry, path)
    }
    return json.dumps(document), 200, {"Content-Type": JSON}


def _document() -> dict[str, Any]:
    document: dict[str, Any] = spec.spec
    return document


def _with_problems(item: dict[str, Any]) -> dict[str, Any]:
    """Say that errors are problem+json, which spectree takes for plain JSON."""
    for operation in item.values():
        for status, response in operation["responses"].items():
            if status >= "400" and JSON in response.get("content", {}):
                response["content"] = {PROBLEM: response["content"][JSON]}
    return item


def _active(registry: Any, path: str) -> bool:
    for rule in current_app.url_map.iter_rules():
        if CONVERTED.sub(r"{\1}", rule.rule) == path:
            owner = registry.owner(rule.endpoint)
            return owner is None or registry.is_active(owner)
    return False


@blueprint.route("/", defaults={"path": ""})
@blueprint.route("/<path:path>")
@allow(ANYONE)
def missing(path: str) -> ResponseReturnValue:
    """Answer for addresses that are no part of the API."""
    return problem(
        404, "Not found", f"There is no {PREFIX}/{path[:80]}. See {PREFIX}/openapi.json."
    )
