"""One occupation in four languages, and partners to search for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flask import Flask

from plugins.occupations import concepts
from plugins.occupations.models import Concept, ConceptLabel
from tests.plugins.partners.conftest import MakePartner, store_partner

WELDER = {
    "preferred": {"de": "Schweißer", "es": "soldador", "en": "welder", "lv": "metinātājs"},
    "group": "7212",
    "fields": ["0715"],
}


@pytest.fixture
def partner(app: Flask) -> MakePartner:
    """Make partners of the portal on SQLite; see `store_partner`."""
    return lambda *args, **more: store_partner(app, *args, **more)


@pytest.fixture
def welder(app: Flask) -> Iterator[None]:
    """One occupation with its names in four languages, instead of all of them."""
    store_concept("welder", WELDER)
    yield
    concepts.clear_cache()


def store_concept(key: str, concept: Mapping[str, Any]) -> None:
    """Store an occupation with its preferred names by language."""
    facts = {"uuid": f"{key}-0000", "isco_group": concept["group"], "fields": concept["fields"]}
    Concept.insert(id=key, **facts).execute()
    for lang, label in concept["preferred"].items():
        ConceptLabel.create(
            concept=key, lang=lang, label=label, folded=concepts.sort_key(label), preferred=True
        )
    concepts.clear_cache()
