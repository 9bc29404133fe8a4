"""Who fits a request: the rule by a table, the sets against a plain reading of the tables."""

from __future__ import annotations

import json
import random
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from plugins.partners import codes, documents
from plugins.partners.models import Profile
from plugins.requests import ranking, reasons, rules
from plugins.requests.models import PartnerRequest, Silence
from plugins.search import interface as search
from portal import db
from portal.organisations.models import Organisation
from tests.factories import NOON, clocked
from tests.plugins.requests.conftest import VALUES, make_request

FIELDS = codes.field_codes(4)[:24]
LANGUAGES, COUNTRIES = ("en", "de", "es", "lv"), ("DE", "ES", "IT", "LV", "NL")
MODES, HELP = list(codes.keys("mode")), list(codes.keys("inclusion"))[:6]
OCCUPATIONS = ("baker", "cook", "welder")


def point(kind: str, key: str = "x") -> rules.Point:
    return rules.Point(kind, key, kind, (key,))


def test_score_is_weight_times_share_of_each_kind_that_was_asked() -> None:
    fields = [point("field", str(at)) for at in range(4)]
    asked = [*fields, point("role"), point("language")]
    for covered, score in (
        (asked, 55),
        ([*fields[:3], point("role")], 22.5 + 15),
        ([], 0),
        ([point("language")], 10),
        ([point("places")], 0),
    ):
        assert rules.fit(asked, covered).score == score * rules.PARTS
    assert sum(rules.WEIGHTS.values()) == 100
    fit = rules.fit(asked, fields[:3])
    assert fit.counts("field") == (3, 4)
    assert reasons.why(fit, 5) == ["covers 3 of 4 fields", "took part in 5 projects"]


def test_who_covers_no_subject_asked_for_does_not_fit() -> None:
    asked = [point("field"), point("role"), point("experience", "1")]
    assert rules.counts_as_fitting(asked, [point("field")])
    assert not rules.counts_as_fitting(asked, [point("role")])
    assert rules.counts_as_fitting(asked[1:], [point("role")])
    assert not rules.counts_as_fitting(asked[1:], [point("experience", "1")])


def some(chance: random.Random, values: Any, most: int) -> list[Any]:
    return chance.sample(list(values), chance.randint(0, min(most, len(values))))


def fill(app: Flask, count: int, seed: int = 1) -> None:
    """Store organisations with profiles that say more or less, some made up, some unclaimed."""
    chance = random.Random(seed)
    with app.app_context():
        rows, profiles = [], []
        for number in range(1_001, 1_001 + count):
            rows.append(
                {
                    "id": number, "name": f"School {number}", "public_id": f"o{number}",
                    "slug": f"school-{number}", "folded_name": f"school {number}",
                    "country": chance.choice(COUNTRIES), "created_at": NOON, "updated_at": NOON,
                    "state": chance.choice(["claimed", "claimed", "unclaimed"]),
                    "is_fictional": chance.random() < 0.1,
                    "hidden_at": NOON if chance.random() < 0.05 else None,
                }
            )  # fmt: skip
            profiles.append(
                {
                    "organisation": number, "updated_at": NOON,
                    "fields": some(chance, FIELDS, 6), "roles": some(chance, rules.ROLES, 3),
                    "languages": [[tag, "B1"] for tag in some(chance, LANGUAGES, 4)],
                    "modes": some(chance, MODES, 3), "inclusion": some(chance, HELP, 4),
                    "occupations": some(chance, OCCUPATIONS, 2),
                    "months": some(chance, range(1, 13), 12),
                    "group_max": chance.choice([None, 2, 6, 20, 500]),
                    "minimum_age": chance.choice([None, 0, 16, 17, 18]),
                }
            )  # fmt: skip
        with db.transaction():
            for at in range(0, count, 200):
                Organisation.insert_many(rows[at : at + 200]).execute()
                Profile.insert_many(profiles[at : at + 200]).execute()
            documents.refresh(clocked(app), [row["id"] for row in rows])
        search.merge("partner")


def covered_plainly(point: rules.Point, profile: dict[str, Any]) -> bool:
    """Whether a profile says what a point asks for: read without documents, facets or sets."""
    stated = {
        "field": any(code.startswith(point.key) for code in profile["fields"]),
        "occupation": bool(set(point.values) & set(profile["occupations"])),
        "role": point.key in profile["roles"],
        "language": point.key in [tag for tag, _level in profile["languages"]],
        "mode": point.key in profile["modes"],
        "inclusion": point.key in profile["inclusion"],
        "month": int(point.key) in profile["months"] if point.kind == "month" else False,
    }
    if point.kind == "places":
        return profile["group_max"] is not None and profile["group_max"] >= int(point.key)
    if point.kind == "age":
        return profile["minimum_age"] is not None and profile["minimum_age"] <= int(point.key)
    return stated.get(point.kind, False)


def plain_ranking(
    request: PartnerRequest, is_claimed: bool, day: int
) -> list[tuple[int, frozenset[rules.Point], int]]:
    """Rate everybody one by one; those known to be silent for a fortnight stand last."""
    asked = ranking.asked_points(request)
    last = {row.organisation_id for row in Silence.select() if row.warned_at < NOON}
    numbers = dict(db.query("SELECT object_id, number FROM search_document WHERE kind = 'partner'"))
    names = ("fields", "occupations", "roles", "languages", "modes", "inclusion", "months")
    found = []
    for ident, state, country, *rest in db.query(
        f"SELECT o.id, o.state, o.country, {', '.join(names)}, group_max, minimum_age "
        "FROM organisation o JOIN partners_profile p ON p.organisation_id = o.id "
        "WHERE o.hidden_at IS NULL AND NOT o.is_fictional"
    ):
        lists = {name: json.loads(text) for name, text in zip(names, rest[:7], strict=True)}
        profile = {**lists, "group_max": rest[7], "minimum_age": rest[8]}
        if (state != "unclaimed") != is_claimed:
            continue
        if request.countries and country not in request.countries:
            continue
        covered = frozenset(point for point in asked if covered_plainly(point, profile))
        if rules.counts_as_fitting(asked, covered):
            score = rules.fit(asked, covered).score
            found.append((ident in last, -score, rules.tie(numbers[ident], day), ident, covered))
    return [(ident, covered, -score) for _last, score, _tie, ident, covered in sorted(found)]


def some_request(chance: random.Random, row: PartnerRequest) -> PartnerRequest:
    row.fields = some(chance, [*FIELDS[:12], "01", "011"], 4)
    row.occupations = [[name, [name]] for name in some(chance, OCCUPATIONS, 2)]
    row.role = chance.choice(rules.ROLES)
    row.languages, row.modes = some(chance, LANGUAGES, 2), some(chance, MODES, 2)
    row.inclusion, row.countries = some(chance, HELP, 3), some(chance, COUNTRIES, 4)
    row.starts_on, row.ends_on = chance.choice(
        [("", ""), ("2027-05-03", "2027-05-14"), ("2027-11-20", "2028-02-02"), ("2027-01-01", "")]
    )
    row.places = chance.choice([None, 1, 6, 30])
    row.youngest_age = chance.choice([None, 15, 17, 18])
    return row


@pytest.mark.parametrize(
    ("count", "tries"), [(300, 40), pytest.param(10_000, 60, marks=pytest.mark.full)]
)
def test_order_and_explanation_equal_a_plain_reading(
    app: Flask, school: Organisation, count: int, tries: int
) -> None:
    fill(app, count)
    row = make_request(app, school)
    chance = random.Random(7)
    silent = [
        {"organisation": number, "warned_at": NOON - timedelta(days=chance.choice([0, 1, 30]))}
        for number in range(1_001, 1_001 + count, 5)
    ]
    with app.app_context():
        for at in range(0, len(silent), 500):
            Silence.insert_many(silent[at : at + 500]).execute()
        partners = ranking.catalogue(0)
        for _try in range(tries):
            asked, is_claimed = some_request(chance, row), chance.random() < 0.7
            last = ranking.faded(NOON + timedelta(days=13))
            found = ranking.rank(partners, asked, is_claimed=is_claimed, day=5, most=30, last=last)
            plain = plain_ranking(asked, is_claimed, 5)
            assert found.total == len(plain)
            assert [
                (item.organisation_id, frozenset(item.fit.covered), item.fit.score)
                for item in found.best
            ] == plain[:30]


def test_asker_is_not_named_and_made_up_ones_stand_apart(app: Flask, school: Organisation) -> None:
    fill(app, 60)
    with app.app_context():
        Profile.insert(organisation=school.id, updated_at=NOON, fields=["0721"]).execute()
        documents.refresh(clocked(app), [school.id])
    row = make_request(app, school, countries=[], fields=["0721"])
    with app.app_context():
        found = ranking.rank(ranking.catalogue(0), row, is_claimed=True, day=1, most=100)
        assert school.id not in [item.organisation_id for item in found.best]
        assert not any(item.card.get("demo") for item in found.best)
        assert found.total == len(found.best)
        assert VALUES["role"] == row.role
