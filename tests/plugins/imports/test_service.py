"""Importing organisations: files as people really send them, duplicates, undoing."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from flask import Flask

from plugins.imports import csvfile
from plugins.imports import service as importing
from portal import db
from portal.context import ANONYMOUS, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.hookspecs import ImportColumns, ImportProblem, hookimpl
from portal.organisations import service
from portal.organisations.models import (
    ImportBatch,
    Organisation,
    OrganisationFact,
    OrganisationIdentifier,
    Source,
)
from tests.factories import make_account, make_member, make_organisation

TABLES = (
    "organisation",
    "organisation_identifier",
    "organisation_fact",
    "import_batch",
    "source",
)


@pytest.fixture
def portal(make_portal) -> Flask:
    """A portal with this plugin alone, with its app context open."""
    app = make_portal(plugins=["imports"])
    with app.app_context():
        yield app


def run(ctx: Context, data: bytes | str, **options) -> importing.Report:
    content = data.encode() if isinstance(data, str) else data
    return importing.import_organisations(ctx, io.BytesIO(content), **options)


def names() -> list[str]:
    return [row.name for row in Organisation.select().order_by(Organisation.id)]


def counts() -> list[int]:
    return [db.query(f"SELECT COUNT(*) FROM {table}")[0][0] for table in TABLES]


FILES = {
    "plain": (b"name,country\nA school,DE\n", ["A school"], []),
    "utf-8 with BOM": (b"\xef\xbb\xbfname,country\nA,DE\n", ["A"], []),
    "utf-16 little endian": ("\ufeffname,country\nŠkola,CZ\n".encode("utf-16-le"), ["Škola"], []),
    "utf-16 big endian": ("\ufeffname,country\nŠkola,CZ\n".encode("utf-16-be"), ["Škola"], []),
    "utf-16 without BOM": (
        "name,country\nŠkola,CZ\n".encode("utf-16-le"),
        ["Škola"],
        ["The file was read as UTF-16."],
    ),
    "windows-1252": (
        "name,country\nLycée\u2019s,FR\n".encode("cp1252"),
        ["Lycée\u2019s"],
        ["Line 2 is not UTF-8 and was read as Windows-1252."],
    ),
    "one foreign line among UTF-8": (
        "name,country\nŠkola,CZ\n".encode() + "Lycée,FR\n".encode("latin-1"),
        ["Škola", "Lycée"],
        ["Line 3 is not UTF-8"],
    ),
    "a byte no encoding knows": (b"name,country\nLyc\xe9e \xad\xa0x,FR\n", ["Lycée x"], ["Line 2"]),
    "semicolons": (b"name;country\nA, b and c;DE\n", ["A, b and c"], ["separated by semicolons"]),
    "tabs": (b"name\tcountry\nA\tDE\n", ["A"], ["separated by tabs"]),
    "the line sep=": (b"sep=;\nname;country\nA;DE\n", ["A"], ["separated by semicolons"]),
    "carriage returns": (b"name,country\rA,DE\rB,FR\r", ["A", "B"], []),
    "header in capitals": (b" NAME , Country\nA,DE\n", ["A"], []),
    "quotes over lines": (b'name,country\n"A\nschool",DE\n', ["A school"], []),
    "doubled quotes": (b'name,country\n"The ""good"" one",DE\n', ['The "good" one'], []),
    "empty lines": (b"\n\nname,country\n\nA,DE\n,\n", ["A"], []),
    "formula": (b"name,country\n=1+1,DE\n", ["=1+1"], []),
    "EL and UK": (b"name,country\nA,EL\nB,uk\n", ["A", "B"], []),
    "300 characters": (b"name,country\n" + b"a" * 300 + b",DE\n", ["a" * 300], []),
    "row longer by empty cells": (b"name,country\nA,DE,,\n", ["A"], []),
}


@pytest.mark.parametrize("case", FILES)
def test_file_is_read(portal: Flask, ctx: Context, case: str) -> None:
    data, expected, warnings = FILES[case]
    report = run(ctx, data)
    assert names() == expected
    assert len(report.warnings) == len(warnings)
    assert all(
        wanted in seen
        for wanted, seen in zip(sorted(warnings), sorted(report.warnings), strict=True)
    )
    assert report.rejected == []


REFUSED_FILES = {
    "empty": (b"", "The file is empty."),
    "only blank lines": (b"\n\n  \n", "The file is empty."),
    "no header": (b"A school,DE\n", "The first line must name the columns"),
    "no country column": (b"name,city\nA,Bonn\n", "name, country are needed"),
    "known column twice": (b"name,country,Name\nA,DE,B\n", "name stands twice"),
    "spreadsheet": (b"PK\x03\x04xx", "Save the table as CSV"),
    "broken utf-16": (b"\xff\xfen\x00a", "breaks off at byte 2"),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_unreadable_file_is_refused_as_a_whole(portal: Flask, ctx: Context, case: str) -> None:
    data, reason = REFUSED_FILES[case]
    with pytest.raises(Invalid) as refusal:
        run(ctx, data)
    assert reason in refusal.value.message
    assert counts() == [0] * len(TABLES)


REJECTED_ROWS = {
    "no name": (",DE", "name", "Write the organisation's name."),
    "name of signs": ("---,DE", "name", "Write the organisation's name."),
    "301 characters": ("a" * 301 + ",DE", "name", "at most 300 characters; there are 301"),
    "no country": ("A,", "country", "two-letter code"),
    "unknown country": ("A,Deutschland", "country", "The nearest is DE."),
    "alpha-3": ("A,FRA", "country", "The nearest is FR."),
    "not a country": ("A,EU", "country", "EU is no two-letter country code"),
    "unknown type": ("A,DE,scool", "type", "vet-school, training-centre"),
    "too many cells": ("A,DE,company,x", "", "The row has 4 cells, the header 3"),
    "NUL": ("A\0,DE", "name", "NUL bytes"),
    "control character": ("A\x07,DE", "name", "control characters"),
    "direction override": ("A\u202eB,DE", "name", "control characters"),
    "quote in the middle": ('"A" B,DE', "", "A quotation mark"),
    "quote never closed": ('"A,DE', "", "A quotation mark"),
}


@pytest.mark.parametrize("case", REJECTED_ROWS)
def test_bad_row_is_named_and_the_rest_goes_in(portal: Flask, ctx: Context, case: str) -> None:
    row, column, reason = REJECTED_ROWS[case]
    report = run(ctx, f"name,country,type\nBefore,DE,\n{row}\nAfter,DE,other\n")
    assert names() == ["Before", "After"]
    assert [(item.line, item.column) for item in report.rejected] == [(3, column)]
    assert reason in report.rejected[0].reason
    assert report.accepted == 2


def test_open_quote_costs_one_row_of_many(portal: Flask, ctx: Context) -> None:
    rows = "".join(f"School {number},DE\n" for number in range(400))
    report = run(ctx, f'name,country\n"Open,DE\n{rows}')
    assert report.accepted == 400
    assert [item.line for item in report.rejected] == [2]


PROBLEMS = {
    "website": ("ftp://a.example", "is no address of a website"),
    "lat": ("north", "is no number of degrees between -90 and 90"),
    "lon": ("181", "is no number of degrees between -180 and 180"),
    "identifiers": ("pic:12", "is no PIC number"),
}


@pytest.mark.parametrize("column", PROBLEMS)
def test_bad_value_is_left_out_and_the_row_goes_in(
    portal: Flask, ctx: Context, column: str
) -> None:
    value, reason = PROBLEMS[column]
    report = run(ctx, f"name,country,{column}\nA,DE,{value}\n")
    assert report.accepted == 1
    assert [(item.line, item.column) for item in report.problems] == [(2, column)]
    assert reason in report.problems[0].reason


def test_short_row_goes_in_with_a_note(portal: Flask, ctx: Context) -> None:
    report = run(ctx, "name,country,city\nA,DE\n")
    assert report.accepted == 1
    assert "the others are read as empty" in report.problems[0].reason


def test_all_columns_of_the_core_are_kept(portal: Flask, ctx: Context) -> None:
    run(
        ctx,
        "name,type,country,region,city,website,identifiers,lat,lon\n"
        'ŠKOLA RĪGA,VET School,LV,LV006,Rīga,www.Skola.example/,pic:123456789 oid:e10000001,"56,9",24.1\n',
    )
    found = Organisation.get()
    assert (found.name, found.registered_name) == ("Škola Rīga", "ŠKOLA RĪGA")
    assert (found.type, found.country, found.region, found.city) == (
        "vet-school",
        "LV",
        "LV006",
        "Rīga",
    )
    assert (found.website, found.domain) == ("https://www.skola.example", "skola.example")
    assert (found.lat, found.lon) == (56.9, 24.1)
    assert (found.state, found.slug, found.is_fictional) == ("unclaimed", "skola-riga", False)
    pairs = OrganisationIdentifier.select(
        OrganisationIdentifier.scheme, OrganisationIdentifier.value
    )
    assert sorted(pairs.tuples()) == [("oid", "E10000001"), ("pic", "123456789")]


def test_unknown_columns_are_named_and_ignored(portal: Flask, ctx: Context) -> None:
    report = run(ctx, "name,country,shoe size,\nA,DE,42,x\n")
    assert report.ignored_columns == ["shoe size", "column 4 without a heading"]
    assert report.accepted == 1


def test_source_makes_each_value_a_fact(portal: Flask, ctx: Context) -> None:
    source = Source(key="register", title="The register", licence="CC0")
    run(ctx, "name,country,city,website\nA SCHOOL,DE,Bonn,\n", source=source)
    facts = OrganisationFact.select(OrganisationFact.name, OrganisationFact.value)
    assert sorted(facts.tuples()) == [("city", "Bonn"), ("country", "DE"), ("name", "A SCHOOL")]
    assert Source.get_by_id("register").licence == "CC0"


def test_without_a_source_there_are_no_facts(portal: Flask, ctx: Context) -> None:
    run(ctx, "name,country\nA,DE\n")
    assert OrganisationFact.select().count() == 0


DUPLICATES = {
    "name in the file": ("École,FR,,\nECOLE,FR,,\n", 3, "Same name and country as line 2, École"),
    "name in the portal": ("Known school,DE,,\n", 2, "Same name and country as Known School"),
    "name in one town": (
        "A,DE,,,Ulm\nB,DE,,,Ulm\nA,DE,,,ulm\n",
        4,
        "Same name and country as line 2, A (Ulm)",
    ),
    "name in two towns": ("A,DE,,,Ulm\nA,DE,,,Bonn\n", 3, "in another town, as line 2, A (Ulm)"),
    "identifier": ("A,DE,,pic:123456789\nB,AT,,pic:123456789\n", 3, "Same PIC number as line 2"),
    "website": ("A,DE,a.example,\nB,AT,www.a.example/en,\n", 3, "Same website a.example as line 2"),
}


@pytest.mark.parametrize("case", DUPLICATES)
def test_likely_duplicate_is_reported_and_nothing_merged(
    portal: Flask, ctx: Context, case: str
) -> None:
    rows, line, reason = DUPLICATES[case]
    make_organisation("Known School")
    before = Organisation.select().count()
    report = run(ctx, f"name,country,website,identifiers,city\n{rows}")
    assert [item.line for item in report.duplicates] == [line]
    assert reason in report.duplicates[0].reason
    assert Organisation.select().count() == before + report.accepted


NO_DUPLICATES = {
    "other country": "A,DE,\nA,AT,\n",
    "domain of many": "".join(f"School {n},DE,city.example/{n}\n" for n in range(5)),
    "platform": "A,DE,facebook.com/a\nB,DE,facebook.com/b\n",
}


@pytest.mark.parametrize("case", NO_DUPLICATES)
def test_what_says_nothing_is_no_duplicate(portal: Flask, ctx: Context, case: str) -> None:
    report = run(ctx, f"name,country,website\n{NO_DUPLICATES[case]}")
    assert report.duplicates == []


def test_same_names_get_addresses_of_their_own(portal: Flask, ctx: Context) -> None:
    rows = "Lycée,FR,Lyon\nLycée,FR,Paris\nLycée,FR,Paris\nnew,DE,\n学校,JP,\n"
    run(ctx, "name,country,city\n" + rows)
    slugs = [row.slug for row in Organisation.select().order_by(Organisation.id)]
    assert slugs[:4] == ["lycee", "lycee-paris", "lycee-2", "new-2"]
    assert slugs[4].startswith("organisation-")


def test_removed_organisation_does_not_come_back(portal: Flask, ctx: Context) -> None:
    gone = make_organisation("Gone School", city="Bonn", hidden_at=ctx.clock.now())
    OrganisationIdentifier.create(organisation=gone, scheme="pic", value="123456789")
    rows = "GONE school,DE,,\nOther,DE,,pic:123456789\nGone school,DE,BONN,\nGone school,DE,Ulm,\n"
    report = run(ctx, f"name,country,city,identifiers\n{rows}")
    assert [item.line for item in report.rejected] == [2, 3, 4]
    assert report.accepted == 1


def test_same_file_twice_is_warned_of(portal: Flask, ctx: Context) -> None:
    first = run(ctx, "name,country\nA,DE\n")
    second = run(ctx, "name,country\nA,DE\n")
    assert first.batch in second.warnings[0]


def test_file_over_the_limit_is_refused_before_it_is_read(
    portal: Flask, ctx: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(200 * 2**20)
    monkeypatch.setattr(Path, "read_bytes", lambda path: pytest.fail("the file was read"))
    with pytest.raises(Invalid, match=r"The file has 200 MiB; at most 50 MiB"):
        importing.import_organisations(ctx, large)


def test_missing_file_is_named(portal: Flask, ctx: Context, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"nothing\.csv can't be read"):
        importing.import_organisations(ctx, tmp_path / "nothing.csv")


def test_stream_over_the_limit_is_refused(portal: Flask, ctx: Context) -> None:
    with pytest.raises(Invalid, match="Cut it into parts"):
        run(ctx, "name,country\nA,DE\n", limit=10)


def test_dry_run_reports_the_same_and_writes_nothing(any_app: Flask, ctx: Context) -> None:
    data = "name,country,pages\nA,DE,1\nA,DE,2\nB,XX,3\n" + "".join(
        f"School {number},DE,\n" for number in range(600)
    )
    with any_app.app_context():
        before = counts()
        dry = run(ctx, data, source=Source(key="s", title="S"), dry_run=True)
        assert counts() == before
        wet = run(ctx, data, source=Source(key="s", title="S"))
        assert wet.batch
        assert not dry.batch
        same = ("accepted", "rejected", "problems", "duplicates", "ignored_columns", "warnings")
        assert [getattr(dry, name) for name in same] == [getattr(wet, name) for name in same]
        assert counts()[0] == before[0] + 602


def test_progress_reaches_the_end(portal: Flask, ctx: Context) -> None:
    seen: list[tuple[int, int]] = []
    rows = "".join(f"School {number},DE\n" for number in range(1200))
    run(ctx, f"name,country\n{rows}", progress=lambda done, total: seen.append((done, total)))
    assert [done for done, _total in seen] == [501, 1001, 1201, 1201]
    assert {total for _done, total in seen} == {1201}


def test_statements_do_not_grow_with_the_rows(portal: Flask, ctx: Context) -> None:
    def needed(rows: int, mark: str) -> int:
        lines = "".join(f"{mark} {number},DE\n" for number in range(rows))
        with db.count_statements() as seen:
            run(ctx, f"name,country\n{lines}")
        return len(seen)

    assert needed(400, "a") == needed(4, "b")


def test_others_than_administrators_may_not_import(portal: Flask, ctx: Context) -> None:
    with pytest.raises(NotAllowed):
        run(ctx.as_actor(ANONYMOUS), "name,country\nA,DE\n")


class Rooms:
    """A plugin that knows the column `rooms`."""

    seen: list[str] = []
    problem = ""

    def call(self, hook: str, ctx: Context, **values) -> list:
        if hook == "import_columns":
            return [("rooms", ImportColumns(["rooms"]))]
        return []

    def each(self, hook: str, ctx: Context, rows) -> list:
        self.seen.extend(item.row["rooms"] for item in rows)
        if self.problem:
            raise Invalid(self.problem)
        return [ImportProblem(rows[0].line, "rooms", "Too many rooms.")]


@pytest.fixture
def rooms(portal: Flask, monkeypatch: pytest.MonkeyPatch) -> Rooms:
    plugin = Rooms()
    plugin.seen = []
    monkeypatch.setattr(service, "hooks", lambda: plugin)
    return plugin


def test_plugin_gets_the_whole_row_and_may_name_problems(rooms: Rooms, ctx: Context) -> None:
    report = run(ctx, "name,country,rooms,other\nA,DE,12,x\n")
    assert rooms.seen == ["12"]
    assert report.ignored_columns == ["other"]
    assert report.problems == [ImportProblem(2, "rooms", "Too many rooms.")]


def test_plugin_that_refuses_stops_the_import_and_the_batch_tells(
    rooms: Rooms, ctx: Context
) -> None:
    rows = "".join(f"School {number},DE,1\n" for number in range(500))

    def stop(done: int, total: int) -> None:
        rooms.problem = "The store is full."

    with pytest.raises(Conflict, match=r"stopped at line 502 \(The store is full"):
        run(ctx, f"name,country,rooms\n{rows}Last,DE,1\n", progress=stop)
    assert Organisation.select().count() == ImportBatch.get().accepted == 500


def test_undo_removes_what_a_batch_brought(any_app: Flask, ctx: Context) -> None:
    with any_app.app_context():
        source = Source(key="s", title="S")
        report = run(ctx, "name,country,identifiers\nA,DE,pic:123456789\nB,DE,\n", source=source)
        undone = importing.undo_import(ctx, report.batch)
        assert (undone.removed, undone.kept) == (2, [])
        assert counts()[:3] == [0, 0, 0]
        with pytest.raises(Conflict):
            importing.undo_import(ctx, report.batch)


def test_undo_keeps_and_names_what_was_changed_since(any_app: Flask, ctx: Context) -> None:
    with any_app.app_context():
        batch = run(ctx, "name,country\nA,DE\nB,DE\n").batch
        edited = Organisation.get(Organisation.name == "A")
        service.update_organisation(ctx, edited, 1, city="Bonn")
        before = counts()
        dry = importing.undo_import(ctx, batch, dry_run=True)
        assert counts() == before
        undone = importing.undo_import(ctx, batch)
        assert undone.kept == dry.kept == [("A", "it was changed since")]
        assert undone.removed == dry.removed == 1
        assert names() == ["A"]


class Keeper:
    """A plugin that needs an organisation with a certain name."""

    @hookimpl
    def organisation_in_use(self, ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
        needed = Organisation.select().where(Organisation.name == "B")
        return {row.id: "it is our host" for row in needed} | {999: "nobody asked about it"}


def test_undo_keeps_what_a_plugin_needs(any_app: Flask, ctx: Context) -> None:
    hooks = any_app.extensions["portal"].registry.hooks
    hooks.manager.register(Keeper(), "keeper")
    hooks.activate(["keeper"])
    with any_app.app_context():
        batch = run(ctx, "name,country\nA,DE\nB,DE\nC,DE\n").batch
        make_member(Organisation.get(Organisation.name == "C"), make_account(any_app))
        undone = importing.undo_import(ctx, batch)
        assert undone.kept == [("B", "it is our host"), ("C", "people act for it")]
        assert names() == ["B", "C"]


def test_unknown_batch_is_not_found(portal: Flask, ctx: Context) -> None:
    with pytest.raises(NotFound):
        importing.undo_import(ctx, "nothing")


def test_lines_are_counted_as_editors_do() -> None:
    data = b'name,country\n"A\nB",DE\nC,DE\n'
    table = csvfile.open_table(data, ("name",), ())
    assert [row.line for row in table.rows()] == [2, 4]
