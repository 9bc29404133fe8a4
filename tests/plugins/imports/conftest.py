"""A portal with the wizard, an administrator at it, and a worker."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient

from plugins.imports.models import Upload
from portal import worker
from portal.context import Context
from tests.factories import csrf_token, make_account, sign_in
from tests.plugins.rules.conftest import Apart

HOME = "/setup/imports"


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Iterator[Flask]:
    """A portal with this plugin alone."""
    app = make_portal(plugins=["imports"])
    app.test_client_class = Apart
    with app.app_context():
        yield app


@pytest.fixture
def any_wizard(make_portal: Callable[..., Flask], any_url: str) -> Iterator[Flask]:
    """A portal with every plugin, once on each engine."""
    app = make_portal(any_url)
    app.test_client_class = Apart
    with app.app_context():
        yield app


class Wizard:
    """An administrator at the wizard, with a worker at hand."""

    def __init__(self, app: Flask, ctx: Context, client: FlaskClient) -> None:
        self.app, self.ctx, self.client = app, ctx, client
        self.address = ""

    def work(self) -> None:
        """Let the worker do what is due."""
        worker.Worker(self.app, threading.Event()).do_jobs(self.ctx)

    def post(self, path: str, **values: Any) -> Any:
        """Send a form."""
        token = csrf_token(self.client, f"{HOME}/new")
        return self.client.post(path, data={"csrf_token": token, **values})

    def send(self, data: bytes | str, name: str = "list.csv") -> Any:
        """Upload a file."""
        content = data.encode() if isinstance(data, str) else data
        answer = self.post(f"{HOME}/new", file=(io.BytesIO(content), name))
        self.address = answer.headers.get("Location", "")
        return answer

    def fields(self) -> dict[str, str]:
        """Return what the page of columns would send: the options that are chosen, and the texts."""
        page = self.client.get(self.address).text
        found = {}
        for name, options in re.findall(
            r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', page, re.S
        ):
            chosen = re.search(r'<option selected value="([^"]*)"', options)
            first = re.search(r'<option value="([^"]*)"', options)
            found[name] = chosen[1] if chosen else first[1] if first else ""
        for attributes in re.findall(r'<input ([^>]*type="text"[^>]*)>', page):
            name = re.search(r'name="([^"]+)"', attributes)
            value = re.search(r'value="([^"]*)"', attributes)
            if name:
                found[name[1]] = value[1] if value else ""
        return found

    def check(self, **changed: str) -> Upload:
        """Choose columns as they are guessed, but for what is changed; let every row be checked."""
        answer = self.post(f"{self.address}/columns", **{**self.fields(), **changed})
        assert answer.status_code == 303, answer.text
        self.work()
        return self.upload()

    def act(self, act: str) -> Upload:
        """Press a button of the page of the file; let the worker do what follows."""
        answer = self.post(f"{self.address}/{act}")
        assert answer.status_code == 303, answer.text
        self.work()
        return self.upload()

    def take(self, data: bytes | str, name: str = "list.csv", **changed: str) -> Upload:
        """Upload, check and import a file."""
        self.send(data, name)
        self.check(**changed)
        return self.act("import")

    def undo(self) -> None:
        """Undo what was imported."""
        batch = self.upload().batch.public_id
        assert self.post(f"{HOME}/batches/{batch}").status_code == 303
        self.work()

    def upload(self) -> Upload:
        """Return the file as it stands."""
        return Upload.get(Upload.public_id == self.address.rpartition("/")[2])


def _wizard(app: Flask, ctx: Context) -> Wizard:
    account = make_account(app, role="SiteAdmin")
    return Wizard(app, ctx, sign_in(app.test_client(), account))


@pytest.fixture
def wizard(app: Flask, ctx: Context) -> Wizard:
    """An administrator at the wizard of a portal with this plugin alone."""
    return _wizard(app, ctx)


@pytest.fixture
def any_wizard_at_work(any_wizard: Flask, ctx: Context) -> Wizard:
    """An administrator at the wizard of a portal with every plugin, once on each engine."""
    return _wizard(any_wizard, ctx)


def workbook(*rows: list[Any], sheet: str = "List") -> bytes:
    """Write a workbook; a cell that begins with = is a formula, a pair is one with its result."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True}) as book:
        page = book.add_worksheet(sheet)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, tuple):
                    page.write_formula(number, column, cell[0], None, cell[1])
                else:
                    page.write(number, column, cell)
    return buffer.getvalue()
