"""A portal with this plugin and one that has papers to review."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from portal.context import Context
from portal.kernel.discovery import HOUSE
from tests.factories import make_account, make_organisation
from tests.portal.conftest import Apart, Desk
from tests.portal.trial import write_papers

PLUGIN = Path(__file__).parents[3] / HOUSE / "tasks"


@pytest.fixture
def desk(
    plugin_folder: Path, make_portal: Callable[..., Flask], any_url: str, ctx: Context
) -> Iterator[Desk]:
    """A portal with papers, tasks and a school, once on each engine."""
    (plugin_folder / "tasks").symlink_to(PLUGIN)
    write_papers(plugin_folder)
    app = make_portal(any_url, folders=[plugin_folder])
    app.test_client_class = Apart
    with app.app_context():
        admin = make_account(app)
        yield Desk(app, ctx, make_organisation("School of Bonn", admin=admin), admin)
