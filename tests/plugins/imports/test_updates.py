"""Importing again: entries are recognised, brought up to date, and people's words stay."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from flask import Flask

from plugins.directory import service as directory
from plugins.imports import rules
from plugins.imports import service as importing
from portal.context import Context
from portal.organisations import service
from portal.organisations.models import (
    Organisation,
    OrganisationFact,
    OrganisationIdentifier,
    OrganisationName,
    Source,
)
from tests.factories import make_account, make_organisation

HEAD = "name,country,type,city,website,identifiers,lat,lon\n"


@pytest.fixture
def portal(any_url: str, make_portal) -> Iterator[Flask]:
    """A portal with this plugin alone, on each engine."""
    app = make_portal(any_url, plugins=["imports"])
    with app.app_context():
        yield app


@pytest.fixture
def lite(make_portal) -> Iterator[Flask]:
    """The same on SQLite alone."""
    app = make_portal(plugins=["imports"])
    with app.app_context():
        yield app


def run(ctx: Context, rows: str, source: str = "register", **options) -> importing.Report:
    origin = Source(key=source, title=f"The {source}") if source else None
    data = io.BytesIO((HEAD + rows).encode())
    return importing.import_organisations(ctx, data, source=origin, **options)


def told(items: list[importing.Updated]) -> list[tuple[str, str, str]]:
    return [(d.field, d.ours, d.offered) for item in items for d in item.differences]


def one(name: str = "A") -> Organisation:
    return Organisation.get(Organisation.name == name)


DECISIONS = [
    ("as it was", ("city", "Bonn", "Bonn", "Bonn", []), rules.SAME),
    ("the source changed its mind", ("city", "Bonn", "Ulm", "Bonn", []), rules.TAKE),
    ("nobody knew", ("city", "", "Ulm", None, []), rules.TAKE),
    ("no type was known", ("type", "other", "company", None, []), rules.TAKE),
    ("people wrote it", ("city", "Trier", "Ulm", "Bonn", []), rules.EDITED),
    ("people emptied it", ("city", "", "Ulm", "Bonn", []), rules.EDITED),
    ("people emptied what another source said", ("city", "", "Ulm", None, ["Bonn"]), rules.EDITED),
    ("people wrote it before any source", ("city", "Trier", "Ulm", None, []), rules.EDITED),
    ("people wrote what the source says now", ("city", "Ulm", "Ulm", "Bonn", []), rules.SAME),
    ("another source said it", ("city", "Trier", "Ulm", None, ["Trier"]), rules.ELSEWHERE),
]


@pytest.mark.parametrize(("_case", "facts", "verdict"), DECISIONS, ids=[d[0] for d in DECISIONS])
def test_a_fact_is_taken_only_where_people_did_not_touch_it(_case, facts, verdict) -> None:
    assert rules.decide(*facts) == verdict


def test_same_list_again_changes_nothing(portal: Flask, ctx: Context) -> None:
    rows = "A,DE,company,Bonn,a.example,pic:123456789,50.737431234,7.09821\nB,DE,,Ulm,,,,\n"
    first = run(ctx, rows)
    again = run(ctx, rows)
    assert (first.accepted, again.accepted, again.unchanged) == (2, 0, 2)
    assert (again.updated, again.kept, again.batch) == ([], [], "")
    assert Organisation.select().count() == 2


def test_list_again_updates_what_nobody_edited_and_shows_it_before(
    portal: Flask, ctx: Context
) -> None:
    run(ctx, "A SCHOOL,DE,,Bonn,a.example,pic:123456789,,\n")
    edited = one("A School")
    service.update_organisation(ctx, edited, 1, city="Trier")
    rows = "A New School,DE,company,Ulm,b.example,pic:123456789 ror:00003ef66,50.5,7.5\n"
    dry = run(ctx, rows, dry_run=True)
    assert one("A School").version == 2
    wet = run(ctx, rows)
    taken = [
        ("name", "A SCHOOL", "A New School"),
        ("type", "other", "company"),
        ("website", "https://a.example", "https://b.example"),
        ("identifiers", "pic:123456789", "pic:123456789 ror:00003ef66"),
        ("position", "", "50.5, 7.5"),
    ]
    assert sorted(told(dry.updated)) == sorted(told(wet.updated)) == sorted(taken)
    assert told(dry.kept) == told(wet.kept) == [("city", "Trier", "Ulm")]
    found = one("A New School")
    assert (found.city, found.type, found.domain, found.registered_name) == (
        "Trier", "company", "b.example", "",
    )  # fmt: skip
    assert (found.version, found.folded_name, found.lat) == (3, "a new school", 50.5)
    facts = OrganisationFact.select().where(OrganisationFact.name == "city")
    assert [fact.value for fact in facts] == ["Ulm"]


def test_undo_puts_back_what_was_updated_but_not_what_changed_since(
    portal: Flask, ctx: Context
) -> None:
    first = run(ctx, "A,DE,,Bonn,a.example,pic:123456789,,\n")
    second = run(ctx, "A,DE,,Ulm,b.example,pic:123456789 ror:00003ef66,,\nC,DE,,,,,,\n")
    kept = importing.undo_import(ctx, first.batch, dry_run=True).kept
    assert kept == [("A", "a later import brought it up to date")]
    service.update_organisation(ctx, one(), 2, website="c.example")
    undone = importing.undo_import(ctx, second.batch)
    assert (undone.removed, undone.restored, undone.kept) == (1, 1, [("A", "it was changed since")])
    found = one()
    assert (found.city, found.website, found.version) == ("Bonn", "https://c.example", 4)
    numbers = OrganisationIdentifier.select(OrganisationIdentifier.scheme).tuples()
    assert list(numbers) == [("pic",)]
    facts = OrganisationFact.select().order_by(OrganisationFact.name)
    assert {fact.name: fact.value for fact in facts}["city"] == "Bonn"
    assert {fact.batch_id for fact in facts} == {found.batch_id}


def test_first_import_can_be_undone_once_the_second_was(lite: Flask, ctx: Context) -> None:
    first = run(ctx, "A,DE,,Bonn,,pic:123456789,,\n")
    second = run(ctx, "A,DE,,Ulm,,pic:123456789,,\n")
    importing.undo_import(ctx, second.batch)
    assert importing.undo_import(ctx, first.batch).removed == 1
    assert Organisation.select().count() == 0


def test_entry_is_recognised_by_number_whatever_its_origin(lite: Flask, ctx: Context) -> None:
    claimed = make_organisation("Our School", "DE", make_account(lite))
    OrganisationIdentifier.create(organisation=claimed, scheme="pic", value="123456789")
    report = run(ctx, "Their name,DE,company,Ulm,,pic:123456789,,\n")
    assert report.accepted == 0
    assert told(report.kept) == [("name", "Our School", "Their name")]
    assert sorted(told(report.updated)) == [("city", "", "Ulm"), ("type", "other", "company")]


NOT_RECOGNISED = {
    "number in another country": "A,AT,,,,pic:123456789,,\n",
    "name in another town": "A,DE,,Ulm,,,,\n",
    "another name without number": "B,DE,,Bonn,,,,\n",
}


@pytest.mark.parametrize("case", NOT_RECOGNISED)
def test_what_may_be_another_goes_in_anew(lite: Flask, ctx: Context, case: str) -> None:
    run(ctx, "A,DE,,Bonn,,pic:123456789,,\n")
    assert run(ctx, NOT_RECOGNISED[case]).accepted == 1


def test_name_and_town_tell_an_entry_of_the_same_source_only(lite: Flask, ctx: Context) -> None:
    run(ctx, "A,DE,,Bonn,,,,\n")
    assert run(ctx, "A,DE,,Bonn,,,,\n", "another").accepted == 1
    assert run(ctx, "A,DE,company,Bonn,,,,\n").accepted == 0
    assert run(ctx, "A,DE,,Bonn,,,,\n", "").accepted == 1
    assert run(ctx, "A,DE,,Bonn,,,,\n", "").unchanged == 1


def test_two_rows_alike_are_two_entries_each_time(lite: Flask, ctx: Context) -> None:
    rows = "A,DE,,Bonn,,pic:123456789,,\nA,DE,,Bonn,,pic:123456789,,\n"
    assert (run(ctx, rows).accepted, run(ctx, rows).unchanged) == (2, 2)


def test_rows_about_one_entry_change_it_once_and_bring_no_second_one(
    lite: Flask, ctx: Context
) -> None:
    rows = "A,DE,,Bonn,,pic:123456789,,\nB,DE,,Bonn,,pic:987654321,,\nC,DE,,Bonn,,,,\n"
    run(ctx, rows)
    kept = one("A")
    for name in ("B", "C"):  # as merging leaves them
        gone = one(name)
        for row in (OrganisationIdentifier, OrganisationFact):
            row.update(organisation=kept.id).where(row.organisation == gone.id).execute()
        OrganisationName.create(organisation=kept.id, kind="alias", name=name)
        Organisation.update(folded_name="", hidden_at=ctx.clock.now()).where(
            Organisation.id == gone.id
        ).execute()
    again = run(ctx, rows)
    assert (again.accepted, again.unchanged, again.rejected) == (0, 3, [])
    assert [problem.line for problem in again.problems] == [3, 4]
    assert "about the same entry" in again.problems[0].reason


def test_real_and_made_up_entries_are_never_taken_for_each_other(lite: Flask, ctx: Context) -> None:
    run(ctx, "A,DE,,,,pic:123456789,,\n", fictional=True)
    assert run(ctx, "A,DE,,,,pic:123456789,,\n").accepted == 1


def test_another_source_changes_nothing_that_the_first_said(lite: Flask, ctx: Context) -> None:
    run(ctx, "A,DE,,Bonn,,pic:123456789,,\n")
    report = run(ctx, "A,DE,,Ulm,a.example,pic:123456789,,\n", "another")
    assert told(report.updated) == [("website", "", "https://a.example")]
    assert told(report.kept) == [("city", "Bonn", "Ulm")]
    assert report.kept[0].differences[0].source == "The register"
    said = OrganisationFact.select().where(OrganisationFact.name == "city")
    assert sorted((fact.source_id, fact.value) for fact in said) == [
        ("another", "Ulm"), ("register", "Bonn"),
    ]  # fmt: skip


def test_number_that_people_took_away_does_not_come_back(lite: Flask, ctx: Context) -> None:
    run(ctx, "A,DE,,Bonn,,pic:123456789 ror:00003ef66,,\n")
    number = OrganisationIdentifier.get(OrganisationIdentifier.scheme == "ror")
    directory.remove_identifier(ctx, one(), number.id)
    report = run(ctx, "A,DE,,Bonn,,pic:123456789 ror:00003ef66,,\n")
    assert told(report.kept) == [("identifiers", "pic:123456789", "ror:00003ef66")]
    assert OrganisationIdentifier.select().count() == 1


def test_undo_goes_on_where_it_broke_off(
    lite: Flask, ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = run(ctx, "".join(f"School {number},DE,,,,,,\n" for number in range(700))).batch

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        importing.undo_import(ctx, batch, progress=stop)
    assert Organisation.select().count() == 200
    assert importing.undo_import(ctx, batch).removed == 200
