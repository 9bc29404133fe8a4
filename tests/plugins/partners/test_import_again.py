"""Lists that come again: profiles follow their source where nobody edited them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from plugins.imports import service as importing
from plugins.partners.models import Profile
from portal.context import Context
from portal.organisations.models import OrganisationFact, Source

HEAD = "name,country,identifiers,languages,fields,roles,description\n"
FIRST = "Metal School,DE,pic:123456789,de:B2;en,0715,host,We weld.\n"
SECOND = "Metal School,DE,pic:123456789,de:C1;en,0715;0713,sending,We weld and wire.\n"


@pytest.fixture
def portal(any_url: str, make_portal: Callable[..., Flask]) -> Iterator[Flask]:
    """A portal that imports profiles, on each engine."""
    app = make_portal(any_url, plugins=["imports", "partners"])
    with app.app_context():
        yield app


def run(ctx: Context, rows: str, **options: Any) -> importing.Report:
    """Import a list of one source."""
    origin = Source(key="register", title="The register")
    return importing.import_organisations(
        ctx, io.BytesIO((HEAD + rows).encode()), source=origin, **options
    )


def profile() -> tuple[Any, ...]:
    """Return the one profile, as files would say it."""
    row = Profile.get()
    return row.languages, row.fields, row.roles, row.summaries


def told(items: list[importing.Updated]) -> list[tuple[str, str, str]]:
    """Return the differences of a report."""
    return [(d.field, d.ours, d.offered) for item in items for d in item.differences]


OLD = ([["de", "B2"], ["en", ""]], ["0715"], ["host"], {"de": "We weld."})
NEW = ([["de", "C1"], ["en", ""]], ["0715", "0713"], ["sending"], {"de": "We weld and wire."})


def test_profile_follows_its_source_and_goes_back_when_the_import_is_undone(
    portal: Flask, ctx: Context
) -> None:
    run(ctx, FIRST)
    assert run(ctx, FIRST).unchanged == 1
    dry = run(ctx, SECOND, dry_run=True)
    assert profile() == OLD
    wet = run(ctx, SECOND)
    assert told(dry.updated) == told(wet.updated)
    assert ("fields", "0715", "0715; 0713") in told(wet.updated)
    assert profile() == NEW
    assert "Metal School" in portal.test_client().get("/partners?q=wire").text
    importing.undo_import(ctx, wet.batch)
    assert profile() == OLD
    said = OrganisationFact.select().where(OrganisationFact.name == "roles")
    assert [fact.value for fact in said] == ["host"]


def test_what_people_wrote_into_a_profile_stays(portal: Flask, ctx: Context) -> None:
    run(ctx, FIRST)
    Profile.update(roles=["host", "sending"], fields=[]).execute()
    again = run(ctx, SECOND)
    assert {field for field, *_texts in told(again.kept)} == {"roles", "fields"}
    assert profile() == (NEW[0], [], ["host", "sending"], NEW[3])


def test_what_changed_since_stays_when_the_import_is_undone(portal: Flask, ctx: Context) -> None:
    run(ctx, FIRST)
    second = run(ctx, SECOND)
    Profile.update(roles=["supporting"]).execute()
    undone = importing.undo_import(ctx, second.batch)
    assert undone.kept == [("Metal School", "it was changed since")]
    assert profile() == (OLD[0], OLD[1], ["supporting"], OLD[3])


def test_entry_without_a_profile_gets_one(portal: Flask, ctx: Context) -> None:
    run(ctx, "Metal School,DE,pic:123456789,,,,\n")
    assert Profile.select().count() == 0
    second = run(ctx, SECOND)
    assert profile() == NEW
    importing.undo_import(ctx, second.batch)
    assert profile() == ([], [], [], {})
