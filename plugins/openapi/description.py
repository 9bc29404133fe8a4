"""One OpenAPI 3.1 document of the active plugins' routes, and checks of parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import current_app
from pydantic import BaseModel, ValidationError
from spectree import SecurityScheme, SpecTree
from spectree.models import SecureType, SecuritySchemeData

import portal
from portal.errors import Invalid
from portal.web.access import is_served

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


class Description(SpecTree):
    """Makes the schemas of models when the document is asked for, not at each start."""

    def __init__(self, *args: Any, **options: Any) -> None:
        self._waiting: dict[tuple[type[BaseModel], Any], None] = {}
        super().__init__(*args, **options)

    def _add_model(self, model: type[BaseModel], mode: Any = "validation") -> str:
        self._waiting[model, mode] = None
        return str(self.naming_strategy(model))

    def _generate_spec(self) -> dict[str, Any]:
        for model, mode in self._waiting:
            super()._add_model(model, mode)
        return dict(super()._generate_spec())


spec = Description(
    "flask",
    mode="strict",
    path="api/v1/doc",
    title="Tessera",
    version=portal.__version__,
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


def describe(app: Any) -> None:
    """Describe the routes of an app from now on, without publishing a user interface."""
    spec.app = app
    spec.backend.spectree = spec
    vars(spec).pop("_spec", None)  # the document of an app that was made earlier


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the routes that are served now."""
    served = {
        CONVERTED.sub(r"{\1}", rule.rule)
        for rule in current_app.url_map.iter_rules()
        if is_served(rule.endpoint)
    }
    paths = {
        path: _with_problems(item)
        for path, item in spec.spec["paths"].items()
        if path.startswith(PREFIX) and path in served
    }
    return {**spec.spec, "paths": paths}


def _with_problems(item: dict[str, Any]) -> dict[str, Any]:
    """Say that errors are problem+json, which spectree takes for plain JSON."""
    for operation in item.values():
        for status, response in operation["responses"].items():
            if status >= "400" and JSON in response.get("content", {}):
                response["content"] = {PROBLEM: response["content"][JSON]}
    return item
