"""The profile's part of files of organisations: what goes in, what is refused, what is taken back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from plugins.partners.models import Profile
from portal.context import Context
from portal.organisations.models import Organisation, Source
from portal.web.heartbeat import forget
from tests.factories import clocked
from tests.plugins.partners.conftest import found

importing = pytest.importorskip("plugins.imports.service")

SOURCE = Source(key="cove", title="Centres")
HEAD = "name,country,languages,fields,roles,description\n"


@pytest.fixture
def context(any_app: Flask) -> Iterator[Context]:
    """A context with the portal of either engine open."""
    with any_app.app_context():
        yield clocked(any_app)


def organisations(ctx: Context, text: str, **more: Any) -> Any:
    return importing.import_organisations(ctx, io.BytesIO(text.encode()), **more)


def profile(name: str) -> Profile:
    return Profile.get(Profile.organisation == Organisation.get(Organisation.name == name).id)  # type: ignore[no-any-return]


def search(app: Flask, text: str) -> list[str]:
    """Search as a new visitor does, although a context of the app is open."""
    forget()
    return found(app.test_client(), q=text)


# The profile's part of an organisations file


def test_row_fills_the_profile(context: Context) -> None:
    report = organisations(
        context,
        HEAD + "School,DE,de:native;en:b2;LV,0715;07,host;intermediary,Wir bauen Boote.\n",
    )
    assert report.problems == []
    made = profile("School")
    assert made.languages == [["de", "native"], ["en", "B2"], ["lv", ""]]
    assert made.fields == ["0715", "07"]
    assert made.roles == ["host", "supporting"]
    assert (made.summaries, made.original) == ({"de": "Wir bauen Boote."}, "de")


def test_row_without_profile_makes_none(context: Context) -> None:
    organisations(context, HEAD + "School,DE,,,,\n")
    assert Profile.select().count() == 0


def test_imported_profile_is_found(any_app: Flask, context: Context) -> None:
    organisations(context, HEAD + "School,DE,de,0715,host,Wir bauen Segelboote.\n")
    assert search(any_app, "segelboote") == ["School"]
    assert found(any_app.test_client(), field="071", role="host") == ["School"]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        ("de,0777,host,Text", "fields", "0777 is no field of ISCED-F 2013."),
        ("de,metal,host,Text", "fields", "metal is no field of ISCED-F 2013."),
        ("Deutsch,0715,host,Text", "languages", "Deutsch is no language tag"),
        ("a1!,0715,host,Text", "languages", "a1! is no language tag"),
        ("de:C3,0715,host,Text", "languages", "C3 is no level from A1 to C2."),
        ("de,0715,boss,Text", "roles", "boss is not sending, host or supporting."),
    ],
)
def test_unknown_value_is_named_and_the_row_goes_in(
    context: Context, cells: str, column: str, reason: str
) -> None:
    report = organisations(context, HEAD + "Before,FR,,,,\nSchool,DE," + cells + "\n")
    assert report.accepted == 2
    [problem] = report.problems
    assert (problem.line, problem.column) == (3, column)
    assert reason in problem.reason
    assert profile("School").summaries


def test_language_with_a_wrong_level_keeps_the_language(context: Context) -> None:
    organisations(context, HEAD + "School,DE,de:C3,,host,\n")
    assert profile("School").languages == [["de", ""]]


def test_dry_run_stores_no_profile(context: Context) -> None:
    report = organisations(context, HEAD + "School,DE,de,nofield,host,Text\n", dry_run=True)
    assert [problem.column for problem in report.problems] == ["fields"]
    assert Profile.select().count() == Organisation.select().count() == 0


def test_undone_import_leaves_neither_profile_nor_result(any_app: Flask, context: Context) -> None:
    report = organisations(context, HEAD + "School,DE,de,0715,host,Wir bauen Segelboote.\n")
    importing.undo_import(context, report.batch)
    assert Profile.select().count() == 0
    assert search(any_app, "segelboote") == []
