"""The wizard: a list goes in through the browser, every row is accounted for, and out again."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import peewee
import pytest

from plugins.imports import outcomes, queries, service
from plugins.imports import wizard as wizard_module
from plugins.imports.models import Content, Part, Upload
from portal.clock import FixedClock
from portal.organisations import service as organisations
from portal.organisations.models import ImportBatch, Organisation, OrganisationFact, Source
from portal.people.models import Account
from tests.factories import make_account, make_organisation, sign_in
from tests.plugins.imports.conftest import HOME, Wizard, workbook
from tests.visiting import Visitor

HOUSE = Path(queries.__file__).parent.parent
LIST = "Nom,Pays,Ville,PIC\nLycée A,FR,Lyon,123456789\nLycée B,Frankreich,Paris,\n,FR,,\n"


def report(wizard: Wizard) -> list[list[str]]:
    """Return the lines of the report that can be downloaded."""
    answer = wizard.client.get(f"{wizard.address}/rows?format=csv")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))[1:]


def names() -> list[str]:
    return [row.name for row in Organisation.select().order_by(Organisation.id)]


def test_list_goes_in_and_out_again(any_wizard_at_work: Wizard) -> None:
    wizard = any_wizard_at_work
    visit = Visitor(wizard.client)
    before = Organisation.select().count()
    assert wizard.send(LIST, "../Schulen 2026.csv").status_code == 303
    visit(wizard.address)
    fields = wizard.fields()
    guessed = [fields[f"column-{at}"] for at in range(4)]
    assert guessed == ["name", "country", "city", "identifiers:pic"]
    assert fields["title"] == "Schulen 2026"
    checked = wizard.check(title="Les lycées", licence="CC0")
    assert (checked.state, checked.counts["new"], checked.counts["refused"]) == ("checked", 2, 1)
    assert Organisation.select().count() == before
    assert "would be new" in visit(wizard.address).text
    done = wizard.act("import")
    assert (done.state, done.counts["new"], done.batch.accepted) == ("done", 2, 2)
    assert names()[-2:] == ["Lycée A", "Lycée B"]
    said = OrganisationFact.select(OrganisationFact.name).where(
        OrganisationFact.source == "les-lycees"
    )
    assert {fact.name for fact in said} == {"name", "country", "city", "identifiers"}
    assert [row[:3] for row in report(wizard)] == [
        ["2", "Lycée A", "new"], ["3", "Lycée B", "new"], ["4", "", "refused"],
    ]  # fmt: skip
    for path in ("", "/rows?kind=new", "/rows?kind=refused"):
        visit(f"{wizard.address}{path}")
    plan = visit(f"{HOME}/batches/{done.batch.public_id}").text
    assert "2 organisations that this import brought are removed." in plan
    wizard.undo()
    assert Organisation.select().count() == before
    for path in (HOME, wizard.address, f"{HOME}/batches/{done.batch.public_id}"):
        assert "undone" in visit(path).text


def test_next_list_of_the_kind_remembers_and_shows_the_difference(wizard: Wizard) -> None:
    head = "bezeichnung xy;cc;ort\n"
    wizard.send(head + "A;DE;Bonn\nB;DE;Ulm\n")
    assert wizard.fields()["column-0"] == ""
    columns = {"column-0": "name", "column-1": "country", "column-2": "city"}
    wizard.check(**columns, title="Register")
    wizard.act("import")
    edited = Organisation.get(Organisation.name == "B")
    organisations.update_organisation(wizard.ctx, edited, 1, website="b.example")
    wizard.send(head + "A;DE;Bonn\nB;DE;Ulm\nC;DE;Trier\n", "next.csv")
    assert "those of the last file of this kind" in wizard.client.get(wizard.address).text
    done = wizard.check()
    assert {key: done.counts[key] for key in ("new", "unchanged", "rows")} == {
        "new": 1, "unchanged": 2, "rows": 3,
    }  # fmt: skip
    assert [row.title for row in Source.select()] == ["Register"]


def test_difference_is_shown_before_it_is_done(wizard: Wizard) -> None:
    head = "name,country,city,website,pic\n"
    wizard.take(head + "A,DE,Bonn,a.example,123456789\n", title="Register")
    organisations.update_organisation(wizard.ctx, Organisation.get(), 1, city="Trier")
    wizard.send(head + "A,DE,Ulm,b.example,123456789\n")
    wizard.check()
    page = wizard.client.get(wizard.address).text
    assert "Website: https://a.example becomes https://b.example." in page
    assert "Town stays Trier, edited by hand; the file says Ulm." in page
    assert Organisation.get().website == "https://a.example"
    wizard.act("import")
    assert (Organisation.get().website, Organisation.get().city) == ("https://b.example", "Trier")
    wizard.undo()
    assert Organisation.get().website == "https://a.example"


def test_every_row_of_a_bad_workbook_is_accounted_for(wizard: Wizard) -> None:
    removed = make_organisation("Gone School", "DE", hidden_at=wizard.ctx.clock.now())
    bad: list[list[Any]] = [
        ["", "DE", "Bonn", ""],
        ["No country", "", "Bonn", ""],
        ["Wrong country", "Atlantis", "", ""],
        ["x" * 301, "DE", "", ""],
        ["---", "DE", "", ""],
        ["Control\x07", "DE", "", ""],
        [removed.name, "DE", "", ""],
        [("=A1", 0), "DE", "", ""],
    ]
    rows: list[list[Any]] = []
    for number in range(300):
        wrong = bad[number // 12 % len(bad)] if number % 12 == 5 else None
        website = "not a website" if number % 50 == 7 else ""
        rows.append(wrong or [f"School {number}", "de", "Bonn", website])
    rows[7] = ["School 1", "de", "Bonn", ""]
    wizard.take(workbook(["Name", "Land", "Ort", "Web"], *rows), "list.xlsx", title="List")
    upload = wizard.upload()
    refused = [row for row in report(wizard) if row[2] == "refused"]
    zero = sum(1 for row in rows if row[0] == ("=A1", 0))
    assert upload.counts["rows"] == 300
    assert upload.counts["new"] + upload.counts["refused"] == 300
    assert len(refused) == upload.counts["refused"] == 25 - zero
    assert all(row[4] for row in refused)
    assert {int(row[0]) for row in report(wizard)} == set(range(2, 302))
    assert Organisation.select().count() == 1 + upload.counts["new"]
    left_out = sum(1 for row in rows if row[3] == "not a website")
    assert (upload.counts["problems"], upload.counts["duplicates"]) == (left_out, 1 + zero - 1)
    assert upload.batch.rejected == upload.counts["refused"]


REFUSED_FILES = {
    "nothing": (b"", "list.csv", "The file is empty"),
    "blank lines": (b"\n \n", "list.csv", "The file is empty"),
    "macros by name": (b"PK\x03\x04", "list.xlsm", "may hold macros"),
    "broken workbook": (b"PK\x03\x04", "list.xlsx", "damaged"),
    "picture": (b"\x89PNG\r\n\x1a\n", "list.csv", "no table"),
    "broken UTF-16": (b"\xff\xfen\x00a", "list.csv", "breaks off"),
}


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_bad_file_is_refused_on_the_page_and_nothing_is_kept(wizard: Wizard, case: str) -> None:
    data, name, reason = REFUSED_FILES[case]
    answer = wizard.send(data, name)
    assert answer.status_code == 422
    assert reason in answer.text
    assert Upload.select().count() == Content.select().count() == 0


def test_file_that_is_too_large_is_refused_with_the_remedy(wizard: Wizard) -> None:
    wizard.app.config["MAX_CONTENT_LENGTH"] = 1_000
    answer = wizard.send("name,country\n" * 100)
    assert answer.status_code == 413
    assert "at most 20 MiB" in answer.text
    assert "Cut it into parts" in answer.text


WRONG_CHOICES = [
    ({"column-0": ""}, "Choose the column that holds the names"),
    ({"column-1": ""}, "Choose the column that holds the country"),
    ({"column-2": "name"}, "The columns Nom, Ville are chosen for the same thing."),
    ({"column-2": "password"}, "Not a valid choice"),
    ({"title": ""}, "Say where the list comes from"),
    ({"source": "nobody"}, "Choose one of the sources listed."),
    ({"url": "javascript:alert(1)"}, "Write the address with https://"),
    ({"header": "many"}, "Not a valid integer value"),
    ({"header": "900", "look": "yes"}, "There are no headings in line 900."),
]


@pytest.mark.parametrize(("changed", "reason"), WRONG_CHOICES)
def test_wrong_choice_is_named_and_the_others_stay(
    wizard: Wizard, changed: dict[str, str], reason: str
) -> None:
    wizard.send(LIST)
    typed = {**wizard.fields(), "licence": "CC BY 4.0", **changed}
    answer = wizard.post(f"{wizard.address}/columns", **typed)
    assert answer.status_code == 422
    assert reason in answer.text
    assert 'value="CC BY 4.0"' in answer.text
    assert wizard.upload().state == "new"


def test_headings_may_stand_further_down_or_on_another_sheet(wizard: Wizard) -> None:
    data = workbook(["About us"], ["a", "b"], ["name", "country"], ["A", "DE"], sheet="Partners")
    wizard.send(data, "list.xlsx")
    wizard.post(f"{wizard.address}/columns", **{**wizard.fields(), "header": "2", "look": "yes"})
    assert wizard.fields()["column-0"] == ""
    wizard.post(f"{wizard.address}/columns", **{**wizard.fields(), "header": "3", "look": "yes"})
    assert wizard.check().counts["new"] == 1


def test_country_and_type_of_all_rows_may_be_said_once(wizard: Wizard) -> None:
    wizard.take("name,type\nA,\nB,PRC\n", country="LV", type="vet-school", title="List")
    found = Organisation.select(Organisation.country, Organisation.type).order_by(Organisation.id)
    assert list(found.tuples()) == [("LV", "vet-school"), ("LV", "company")]


def test_stopped_import_goes_on_without_taking_a_row_twice(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = "".join(f"School {number},DE\n" for number in range(1_200))
    wizard.send(f"name,country\n{many}")
    wizard.check(title="List")
    stop = [True]

    def report_then_cancel(lease: Any, share: float, note: str = "") -> None:
        if stop and lease.job.name == wizard_module.IMPORT:
            stop.clear()
            wizard.post(f"{wizard.address}/cancel")
        original(lease, share, note)

    original = wizard_module.jobs.Lease.report
    monkeypatch.setattr(wizard_module.jobs.Lease, "report", report_then_cancel)
    stopped = wizard.act("import")
    assert (stopped.state, stopped.counts["new"], stopped.done_line) == ("stopped", 500, 501)
    assert Organisation.select().count() == 500
    assert "You stopped the import." in wizard.client.get(wizard.address).text
    done = wizard.act("import")
    assert (done.state, done.counts["new"], done.batch.accepted) == ("done", 1_200, 1_200)
    assert Organisation.select().count() == 1_200
    assert ImportBatch.select().count() == 1
    assert [item.line for item in outcomes.read(done)] == list(range(2, 1_202))


def test_worker_that_dies_loses_and_doubles_nothing(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch, clock: FixedClock
) -> None:
    many = "".join(f"School {number},DE\n" for number in range(1_200))
    wizard.send(f"name,country\n{many}")
    wizard.check(title="List")
    genuine, failing = service.Run.take, iter([False, True, False, True])

    def take(run: service.Run, rows: Any) -> None:
        if next(failing, False):
            raise peewee.OperationalError("the database went away")
        genuine(run, rows)

    monkeypatch.setattr(service.Run, "take", take)
    wizard.act("import")
    for _turn in range(3):
        clock.moment += timedelta(hours=1)
        wizard.work()
    done = wizard.upload()
    assert (done.state, done.counts["new"]) == ("done", 1_200)
    assert Organisation.select().count() == 1_200


def test_chunk_of_an_import_that_another_worker_goes_on_with_is_taken_back(wizard: Wizard) -> None:
    wizard.send("name,country\nA,DE\n")
    wizard.check(title="List")
    Upload.update(state="importing", done_line=0).execute()
    upload = wizard.upload()
    Upload.update(done_line=2).execute()

    class Silent:
        def report(self, share: float, note: str = "") -> None:
            pass

    with pytest.raises(wizard_module.jobs.Cancelled):
        wizard_module._work(wizard.ctx, upload, Silent(), dry_run=False)
    assert Organisation.select().count() == 0


def test_what_stops_the_import_is_said_and_can_be_gone_on_with(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    wizard.send("name,country\nA,DE\n")
    wizard.check(title="List")
    with monkeypatch.context() as patch:
        patch.setattr(service.bulk, "add_unclaimed", lambda *args: 1 / 0)
        stopped = wizard.act("import")
    assert stopped.state == "stopped"
    assert "line 2 and following failed" in wizard.client.get(wizard.address).text
    assert wizard.act("import").state == "done"


def test_who_is_no_administrator_any_more_imports_nothing(wizard: Wizard) -> None:
    wizard.send("name,country\nA,DE\n")
    wizard.check(title="List")
    wizard.post(f"{wizard.address}/import")
    Account.update(role="Member").execute()
    wizard.work()
    assert (wizard.upload().state, Organisation.select().count()) == ("stopped", 0)


def test_buttons_of_an_old_page_do_nothing(wizard: Wizard) -> None:
    wizard.take("name,country\nA,DE\n", title="List")
    fields = {"column-0": "name", "column-1": "country", "title": "x", "source": ""}
    for act in ("import", "cancel", "change", "discard", "retry", "columns"):
        answer = wizard.post(f"{wizard.address}/{act}", **fields)
        assert answer.status_code == 409, act
    assert wizard.upload().state == "done"
    wizard.undo()
    batch = wizard.upload().batch.public_id
    assert wizard.post(f"{HOME}/batches/{batch}").status_code == 409


def test_file_is_forgotten_after_a_day_and_its_report_later(
    wizard: Wizard, clock: FixedClock
) -> None:
    wizard.take("name,country\nA,DE\n", title="List")
    kept = wizard.address
    wizard.send("name,country\nB,DE\n")
    clock.moment += timedelta(hours=26)
    wizard.work()
    assert Content.select().count() == 0
    assert [f"{HOME}/{row.public_id}" for row in Upload.select()] == [kept]
    assert wizard_module.find(wizard.ctx, kept.rpartition("/")[2]).state == "done"
    clock.moment += timedelta(days=90)
    wizard.work()
    assert Upload.select().count() == Part.select().count() == 0
    assert ImportBatch.select().count() == Organisation.select().count() == 1


def test_same_bytes_are_kept_once(wizard: Wizard) -> None:
    wizard.send("name,country\nA,DE\n")
    wizard.send("name,country\nA,DE\n", "again.csv")
    assert (Upload.select().count(), Content.select().count()) == (2, 1)
    assert wizard.post(f"{wizard.address}/discard").status_code == 303
    assert (Upload.select().count(), Content.select().count()) == (1, 1)


def test_batch_of_the_command_line_is_listed_and_undone(wizard: Wizard) -> None:
    batch = service.import_organisations(
        wizard.ctx, io.BytesIO(b"name,country\nA,DE\nB,DE\n")
    ).batch
    edited = Organisation.get(Organisation.name == "B")
    organisations.update_organisation(wizard.ctx, edited, 1, city="Ulm")
    assert batch in wizard.client.get(HOME).text
    page = wizard.client.get(f"{HOME}/batches/{batch}").text
    assert "the command line" in page
    assert "it was changed since" in page
    wizard.post(f"{HOME}/batches/{batch}")
    assert "is being undone" in wizard.client.get(f"{HOME}/batches/{batch}").text
    wizard.work()
    assert names() == ["B"]
    assert "These stay" in wizard.client.get(f"{HOME}/batches/{batch}").text


def test_likely_duplicates_stand_side_by_side(wizard: Wizard) -> None:
    make_organisation("Lycée A", "FR", city="Lyon")
    wizard.take("name,country,city\nLycee A,FR,Lyon\n", title="List")
    page = wizard.client.get(f"{wizard.address}/rows?kind=duplicates").text
    assert "Same name and country as Lycée A (Lyon)" in page
    assert page.count("Lycée A") >= 2


def test_pairs_lead_to_merging_where_somebody_merges(
    wizard: Wizard, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = make_organisation("Lycée A", "FR", city="Lyon")
    wizard.take("name,country,city\nLycee A,FR,Lyon\n", title="List")
    assert "Compare and merge" not in wizard.client.get(wizard.address).text
    offered: list[dict[str, Any]] = []

    def plugin_url(endpoint: str, **values: Any) -> str:
        if endpoint == "merging.preview":
            offered.append(values)
        return "/merging"

    monkeypatch.setattr(queries, "plugin_url", plugin_url)
    assert "Compare and merge" in wizard.client.get(wizard.address).text
    assert offered == [{"keep": older.slug, "other": "lycee-a"}]


def test_real_list_of_accredited_providers_goes_in_as_it_is(wizard: Wizard) -> None:
    pytest.importorskip("plugins.projects")
    wizard.send((HOUSE / "projects" / "data" / "accredited-at.csv").read_bytes(), "at.csv")
    done = wizard.check(title="Accredited providers")
    assert (done.counts["rows"], done.counts["new"], done.counts["problems"]) == (20, 20, 0)
    wizard.act("import")
    towns = Organisation.select(Organisation.city, Organisation.type).where(
        Organisation.name == "ALE - Arbeiten und Lernen in Europa"
    )
    assert list(towns.tuples()) == [("St. Gilgen", "ngo")]


@pytest.mark.full
def test_hundred_thousand_rows_are_accounted_for_and_undone(wizard: Wizard) -> None:
    many = "".join(f"School {number},DE,Town {number % 997}\n" for number in range(100_000))
    done = wizard.take(f"name,country,city\n{many},DE,\n", title="List")
    assert (done.counts["rows"], done.counts["new"], done.counts["refused"]) == (
        100_001, 100_000, 1,
    )  # fmt: skip
    assert sum(1 for _item in outcomes.read(done)) == 100_001
    wizard.undo()
    assert Organisation.select().count() == 0


@pytest.mark.parametrize("path", ["/nothing", "/nothing/rows?kind=new", "/batches/nothing"])
def test_what_is_not_there_is_not_found(wizard: Wizard, path: str) -> None:
    assert wizard.client.get(f"{HOME}{path}").status_code == 404


def test_others_than_administrators_see_nothing_of_it(wizard: Wizard) -> None:
    wizard.send(LIST)
    member = sign_in(wizard.app.test_client(), make_account(wizard.app, role="Reviewer"))
    for path in (HOME, f"{HOME}/new", wizard.address, f"{wizard.address}/rows?format=csv"):
        assert member.get(path).status_code == 403


def test_reports_arm_no_formulas(wizard: Wizard) -> None:
    wizard.take('name,country\n"=HYPERLINK(""x"")",DE\n', title="List")
    assert report(wizard)[0][1] == '\'=HYPERLINK("x")'


def test_empty_site_says_how_to_begin(wizard: Wizard) -> None:
    assert "Nothing was imported" in Visitor(wizard.client)(HOME).text
    assert "at most 20 MiB" in Visitor(wizard.client)(f"{HOME}/new").text
