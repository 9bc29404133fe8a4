"""Names that look alike, what somebody typed, and domains that many share."""

from __future__ import annotations

import pytest
from flask import Flask

from plugins.directory import finding, labels, rules, service
from plugins.directory.lookalikes import form, oddities
from plugins.directory.models import KnownName
from portal.context import Context
from portal.errors import Invalid
from portal.organisations import service as core
from portal.organisations.models import Organisation, OrganisationIdentifier
from tests.factories import make_organisation


@pytest.fixture
def portal(any_app: Flask) -> Flask:
    """A portal with its app context open, once on each engine."""
    with any_app.app_context():
        yield any_app


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("School of Bonn", "Sсhооl оf Вonn"),  # Cyrillic с, о, В
        ("Institut Modern", "lnstitut Modern"),  # small L for a capital i
        ("Bootsbau 2000", "Bootsbau 2OOO"),
        ("Modern Skills", "Modem Skills"),
        ("ΑΚΜΗ", "AKMH"),
        ("Escuela de Vigo", "Escuela\u200d de\u2062 Vigo"),
        ("École Lyon", "ECOLE-LYON"),
        ("Vision Werk", "ＶＩＳＩＯＮ Werk"),
        ("Paul Weber", "PauI VVeber"),
    ],
)
def test_names_that_people_take_for_each_other_have_one_form(name: str, other: str) -> None:
    assert form(name) == form(other) != ""


@pytest.mark.parametrize(
    ("name", "other"),
    [("School of Bonn", "School of Born"), ("Школа 5", "Школа 6"), ("ВЕТ София", "ВЕТ Варна")],
)
def test_other_names_have_another_form(name: str, other: str) -> None:
    assert form(name) != form(other)


@pytest.mark.parametrize(
    ("name", "signs"),
    [
        ("Berufskolleg Köln", []),
        ("Професионална гимназия", []),
        ("ΙΕΚ ΑΚΜΗ – IEK AKMI", []),
        ("3Д Школа 2.0 GmbH", []),
        ("Sсhool", ["mixed"]),
        ("Sch\u200dool", ["invisible"]),
        ("School\u2800", ["invisible"]),
        ("می\u200cخواهم", []),
        ("ΑKMI\ufe0f", ["mixed", "invisible"]),
        ("", []),
    ],
)
def test_what_is_odd_about_a_name_is_named(name: str, signs: list[str]) -> None:
    assert oddities(name) == signs


def test_form_of_a_long_name_is_bounded() -> None:
    assert len(form("x" * 10_000)) <= 300


def test_resembling_entries_are_found_by_any_of_their_names(portal: Flask, ctx: Context) -> None:
    genuine = core.create_organisation(ctx, name="School of Bonn", country="DE")
    abroad = core.create_organisation(ctx, name="School of Bonn", country="AT")
    service.add_name(ctx, genuine, name="Bonn Skills", kind="alias")

    def found(name: str, country: str) -> list[int]:
        return [item.id for item in finding.resembling([name], country)]

    assert found("Sсhool of Bonn", "LV") == [genuine.id, abroad.id]
    assert found("school OF bonn", "DE") == [genuine.id]
    assert found("school OF bonn", "LV") == []
    assert found("Bonn Ski1ls", "LV") == [genuine.id]
    assert finding.resembling(["Sсhool of Bonn"], "DE", without=genuine.id) == [abroad]
    assert finding.resembling(["…"], "DE") == []


def test_forms_follow_names_and_what_came_unnoticed_is_caught_up(
    portal: Flask, ctx: Context
) -> None:
    made = core.create_organisation(ctx, name="First", country="DE")
    core.update_organisation(ctx, made, 1, name="Second")
    assert [row.name for row in KnownName.select()] == ["Second"]
    make_organisation("Unnoticed")
    assert finding.catch_up() == 1
    assert finding.catch_up() == 0
    assert {row.folded for row in KnownName.select()} == {"second", "unnoticed"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("e10012345", ("number", "E10012345", "oid")),
        ("OID: E10012345", ("number", "E10012345", "oid")),
        ("999 912 345", ("number", "999912345", "pic")),
        ("https://ror.org/03yrm5c26", ("number", "03yrm5c26", "ror")),
        ("www.school.example/contact", ("website", "school.example", "")),
        ("head@school.example", ("website", "school.example", "")),
        ("School of Bonn", ("name", "School of Bonn", "")),
        ("E1001234", ("name", "E1001234", "")),
        ("' OR 1=1 --", ("name", "' OR 1=1 --", "")),
    ],
)
def test_what_somebody_typed_is_read(text: str, read: tuple[str, str, str]) -> None:
    typed = finding.read(text)
    assert (typed.kind, typed.value, typed.scheme) == read


def test_control_signs_and_endless_texts_are_refused() -> None:
    for text in ("a\0b", "x" * 300):
        with pytest.raises(Invalid):
            finding.read(text)


def test_entries_are_found_by_number_website_and_words(portal: Flask, ctx: Context) -> None:
    school = core.create_organisation(
        ctx, name="Berufskolleg am Rhein", country="DE", website="https://rhein.example"
    )
    hidden = core.create_organisation(ctx, name="Rhein verborgen", country="DE")
    other = core.create_organisation(ctx, name="Rhein", country="DE")
    service.add_name(ctx, school, name="Rhine College", kind="translation")
    OrganisationIdentifier.create(organisation=school.id, scheme="oid", value="E10012345")
    core.hide(ctx, hidden)

    def found(text: str) -> list[int]:
        return [item.id for item in finding.find(finding.read(text))]

    assert found("E10012345") == [school.id]
    assert found("999912345") == []
    assert found("http://www.rhein.example/en") == [school.id]
    assert found("rhein") == [other.id, school.id]
    assert found("KOLLEG rhein") == [school.id]
    assert found("rhine coll") == [school.id]
    assert found("Вerufskolleg am Rhein") == [school.id]
    assert found("%_") == found("...") == []


def test_domain_of_many_proves_nothing(portal: Flask, ctx: Context) -> None:
    for number in range(rules.SHARED_BY_MANY + 1):
        make_organisation(f"City school {number}", domain="city.example")
    own = make_organisation("Own", domain="own.example")
    shared = ("gmail.com", "sites.google.com", "x.github.io", "dep.gencat.cat", "city.example", "")
    assert [domain for domain in shared if not finding.is_shared(domain)] == []
    assert not finding.is_shared("own.example") and not finding.is_shared("notgmail.com")
    assert finding.at_domain("city.example") == []
    assert finding.at_domain("own.example") == [own]


def test_badge_says_how_and_when(portal: Flask, ctx: Context) -> None:
    school = make_organisation(admin=None, state="claimed")
    service.verify(ctx, school, "letter-oid")
    assert Organisation.get_by_id(school.id).state == "verified"
    fact = db_fact(school.id)
    assert fact == "letter-oid 2026-11-20"
    assert labels.verified_text(fact) == "verified on 20 November 2026 by letter with its OID"
    assert labels.verified_text("") == labels.verified_text("nonsense 2026-11-20") == ""


def db_fact(organisation_id: int) -> str:
    from_facts = service.OrganisationFact.get(
        service.OrganisationFact.organisation == organisation_id
    )
    return str(from_facts.value)
