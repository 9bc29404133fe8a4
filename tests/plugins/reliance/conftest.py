"""Schools with agreements, as the tests of agreements have them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.plugins.agreements.conftest import World


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=["reliance", "drafts"])


@pytest.fixture
def world(app: Flask) -> Any:
    """Three schools."""
    with app.test_request_context():
        yield World(app)
