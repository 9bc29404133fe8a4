"""What the stories share: a site of their own with people in it, and somebody who comes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask
from playwright.sync_api import Browser

from portal import db
from portal.app import create_app
from portal.config import Config
from tests.browser.keyboard import Person
from tests.conftest import prepare
from tests.reliability.storm import Portal

Somebody = Callable[..., Person]


def site_of(
    folder: Path,
    url: str,
    fill: Callable[[Flask], None],
    *,
    processes: int = 1,
    named: bool = False,
) -> Portal:
    """Make a site with every plugin and let `fill` bring its people; `named`: for passkeys.

    Passkeys belong to a name; by its number the site is asked whether it is ready.
    """
    made = Portal(folder / "instance", url, processes)
    made.folder.mkdir()
    if named:
        made.environment["PORTAL_BASE_URL"] = f"http://localhost:{made.port}"
        made.environment["PORTAL_TRUSTED_HOSTS"] = "127.0.0.1"
    app = create_app(Config(instance=str(made.folder), database_url=url, testing=True))
    with app.app_context():
        prepare(app.extensions["portal"].registry)
        fill(app)
    db.database.close()
    return made


@contextmanager
def visited(site: Portal, browser: Browser) -> Iterator[Somebody]:
    """Serve a site and give whoever comes to it; at the end no page may have had a fault."""
    wrong: dict[str, list[str]] = {}
    try:
        site.start()
        yield lambda **more: Person(browser, site.environment["PORTAL_BASE_URL"], wrong, **more)
    finally:
        site.stop()
    assert wrong == {}
