"""Sites on which partners kept the occupations lose none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from plugins.occupations.models import Concept, ConceptLabel
from portal import db
from portal.context import system_context


def test_occupations_of_partners_are_taken_over(
    make_portal: Callable[..., Flask], any_url: str
) -> None:
    app = make_portal(any_url, plugins=["imports", "openapi", "partners", "search"])
    registry: Any = app.extensions["portal"].registry
    with app.app_context():
        with db.transaction():
            db.execute(
                "INSERT INTO partners_concept (id, isco_group, fields) "
                "VALUES ('welder', '7212', '[\"0715\"]')"
            )
            for label, folded in (("welder", "welder"), ("Schweißer", "schweisser")):
                db.execute(
                    "INSERT INTO partners_concept_label "
                    "(concept_id, lang, label, folded, preferred) VALUES ('welder', 'x', ?, ?, ?)",
                    (label, folded, True),
                )
        registry.install(system_context(), "occupations")
        registry.activate(system_context(), "occupations")
        welder = Concept.get()
        labels = [(row.concept_id, row.label, row.preferred) for row in ConceptLabel.select()]
        assert (welder.id, welder.isco_group, welder.fields) == ("welder", "7212", ["0715"])
        assert labels == [("welder", "welder", True), ("welder", "Schweißer", True)]
        assert not {"partners_concept", "partners_concept_label"} & set(db.database.get_tables())
        ConceptLabel.create(concept="welder", lang="es", label="x", folded="x", preferred=False)
        found = app.test_client().get("/api/v1/partners?q=welder").json
        assert found["total"] == 0


def test_without_the_plugin_a_search_goes_by_its_own_words(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal(plugins=["imports", "openapi", "partners", "search"])
    page = app.test_client().get("/partners?q=welder")
    assert page.status_code == 200
    assert "Also searched" not in page.text
