"""Made-up pools for proofs and figures: the same seed gives the same people for ever.

Seed 2000 is the pool of 1,000 people of the published figures, seed 2001 the one of 2,000; both
ask for six tables of 15 places. Whoever registers early leans to large organisations, a few
countries and languages are common and many rare, some tables are wanted more than others.
"""

from __future__ import annotations

import random
from pathlib import Path

from plugins.allocation.rules import Person, Pool, Settings, read_pool

LARGER = {2000: 1_000, 2001: 2_000}
COUNTRIES = tuple(
    "DE FR ES IT PL NL LV AT FI PT BE CZ SE GR HU IE RO DK LT SK BG HR SI EE CY LU MT IS NO TR".split()
)
LANGUAGES = {"DE": "de", "AT": "de", "FR": "fr", "BE": "fr", "ES": "es", "IT": "it", "NL": "nl"}
TYPES = ("school", "company", "intermediary", "chamber", "public body", "union", "university")
SIZES = ("large", "medium", "small")
FEATURES = ("country", "stype", "lang", "size", "fewer", "first")


DATA = Path(__file__).parent / "data"
STORED = {"opencon2015_300": 15, "synthetic_vet_100": 8}
"""Pools with the places of each of their three tables."""
BEST = {"opencon2015_300": (99, 0.7911), "synthetic_vet_100": (80, 0.6753)}
"""The best attainable coverage and Gini-Simpson index, by exact solvers."""


def stored(name: str) -> tuple[Pool, Settings]:
    """Return a pool of the folder of data, with its settings."""
    pool, columns = read_pool((DATA / f"{name}.csv").read_text(encoding="utf-8"))
    tables = {f"T{n}": STORED[name] for n in (1, 2, 3)}
    return pool, Settings(tables=tables, features=columns)


def large_settings() -> Settings:
    """Return six tables of 15 places, one of an organisation at each."""
    return Settings(tables={f"T{n}": 15 for n in range(1, 7)}, features=FEATURES)


def made_up(people: int, seed: int, tables: int = 6) -> Pool:
    """Return a pool of so many people; the order of registration is that of their codes."""
    chance = random.Random(seed)
    names = [f"T{n}" for n in range(1, tables + 1)]
    popularity = [1 / (n + 1) ** 0.5 for n in range(tables)]
    organisations = []
    for number in range(max(people // 2, 1)):
        country = chance.choices(COUNTRIES, [1 / (n + 1) for n in range(len(COUNTRIES))])[0]
        kind = chance.choices(TYPES, [9, 6, 4, 3, 2, 2, 1])[0]
        size = chance.choices(SIZES, [2, 4, 5])[0]
        organisations.append((f"o{number}", country, kind, size))
    pull = {"large": 5, "medium": 2, "small": 1}
    weights = [pull[one[3]] for one in organisations]
    found = []
    for number in range(people):
        org, country, kind, size = chance.choices(organisations, weights)[0]
        language = LANGUAGES.get(country, "en") if chance.random() < 0.7 else "en"
        choices: list[str] = []
        for _rank in range(chance.choices((1, 2, 3), (4, 4, 2))[0]):
            table = chance.choices(names, popularity)[0]
            if table not in choices:
                choices.append(table)
        found.append(
            (
                chance.random() + (size != "large") * 0.4,
                org,
                {
                    "country": country,
                    "stype": kind,
                    "lang": language,
                    "size": size,
                    "fewer": "yes" if chance.random() < 0.15 else "no",
                    "first": "yes" if chance.random() < 0.45 else "no",
                },
                tuple(choices),
            )
        )
    found.sort(key=lambda one: one[0])
    return Pool(
        tuple(
            Person(f"p{at}", at, org, features, choices)
            for at, (_when, org, features, choices) in enumerate(found, 1)
        )
    )
