"""The step that takes the table of drafts over from the core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from plugins.drafts import service
from plugins.drafts.models import Draft
from portal import db, migrate
from portal.context import Context
from tests.factories import make_account, sign_in

STEPS = migrate.Namespace("drafts", Path(__file__).parents[3] / "plugins" / "drafts" / "migrations")


@pytest.mark.usefixtures("any_database")
def test_what_was_kept_in_the_table_of_the_core_is_still_there(ctx: Context) -> None:
    db.execute(
        "INSERT INTO draft (public_id, holder_hash, key, path, fields, saved_at, expires_at) "
        "VALUES ('abc', 'hash', 'organisation', '/organisations/new', '[[\"name\", \"Kiel\"]]', "
        "'2026-11-20T11:00:00.000000Z', '2026-11-20T13:00:00.000000Z')"
    )

    migrate.run([STEPS], backup=False)

    assert Draft.get().fields == [["name", "Kiel"]]
    service.save(ctx, "new", "/organisations/new", [("name", "Bonn")], "holder")
    assert Draft.select().count() == 2


@pytest.mark.usefixtures("any_database")
def test_the_table_is_made_anew_after_a_purge(ctx: Context) -> None:
    migrate.run([STEPS], backup=False)
    db.execute("DROP TABLE drafts_draft")
    db.execute(f"DELETE FROM {STEPS.history}")
    db.execute("DELETE FROM migration_checksum WHERE namespace = 'drafts'")

    migrate.run([STEPS], backup=False)

    assert Draft.select().count() == 0


def test_forms_are_shown_and_refused_without_drafts(make_portal: Callable[..., Flask]) -> None:
    app = make_portal(plugins=[])
    member = sign_in(app.test_client(), make_account(app))

    page = member.get("/organisations/new?draft=abc")
    assert page.status_code == 200
    assert "data-draft-save" not in page.text
    typed = {"csrf_token": "old", "name": "School of Boats"}
    refused = member.post("/organisations/new", data=typed, headers={"Origin": "http://localhost"})
    assert refused.status_code == 400
    assert "School of Boats" in refused.text
