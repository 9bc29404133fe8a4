"""docs/api.md does what it says: its commands are run against a portal."""

from __future__ import annotations

import argparse
import json
import re
import shlex
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from plugins.tokens import service
from portal.context import Actor
from tests.factories import clocked, make_account, make_organisation

PAGE = Path(__file__).parent.parent / "docs" / "api.md"
COMMAND = re.compile(r"^\$ (curl .*)\n(\d{3}) (.*)$", re.M)

curl = argparse.ArgumentParser()
curl.add_argument("-X", dest="method", default="GET")
curl.add_argument("-H", dest="headers", action="append", default=[])
curl.add_argument("-d", dest="data")
curl.add_argument("url")


def test_the_commands_of_the_page_get_what_it_says(app: Flask) -> None:
    account = make_account(app)
    school = make_organisation(admin=account)
    ctx = clocked(app).as_actor(Actor(account.id, account.name, frozenset({"Member"})))
    with app.app_context():
        token = service.make_token(ctx, name="page", scope="write")[1]
    text = PAGE.read_text(encoding="utf-8")
    text = text.replace("$TOKEN", token).replace("$ID", school.public_id)

    found = COMMAND.findall(text)
    for command, status, word in found:
        asked = curl.parse_args(shlex.split(command)[1:])
        parts = urlsplit(asked.url)
        answer = app.test_client().open(
            f"{parts.path}?{parts.query}",
            method=asked.method,
            headers=[tuple(line.split(": ", 1)) for line in asked.headers],
            data=asked.data,
        )
        assert answer.status_code == int(status), (command, answer.text)
        assert word in json.dumps(answer.get_json()), (command, answer.text)

    assert len(found) == text.count("$ curl") == 7
