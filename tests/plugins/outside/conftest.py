"""Schools with agreements, in a portal that takes PDFs signed with other tools."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.plugins.verification.conftest import visit_afresh, world

__all__ = ["app", "visit_afresh", "world"]


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin and what it builds on."""
    return make_portal(plugins=["outside", "drafts", "versions", "tasks"])
