"""Sites on which partners kept the projects lose none of them; the search learns of them again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from plugins.projects.models import Participation, Project
from portal import db
from portal.context import system_context
from portal.organisations.service import announce
from portal.web.heartbeat import forget
from tests.factories import clocked, make_organisation
from tests.plugins.partners.conftest import found


def test_projects_of_partners_are_taken_over_and_found(
    make_portal: Callable[..., Flask], any_url: str
) -> None:
    app = make_portal(any_url, plugins=["imports", "openapi", "partners", "search"])
    registry: Any = app.extensions["portal"].registry
    with app.app_context():
        with db.transaction():
            school = make_organisation("School of Bonn")
            announce(clocked(app), [school.id])
            db.execute(
                "INSERT INTO partners_project (id, key, acronym, title, action, call_year, source) "
                "VALUES (7, 'p7', 'SEAWISE', 'Fish', '', 2021, 'cove')"
            )
            db.execute(
                "INSERT INTO partners_participation (id, project_id, organisation_id, role) "
                "VALUES (9, 7, ?, 'partner')",
                (school.id,),
            )
        assert found(app.test_client(), q="seawise") == []
        registry.act(system_context(), "projects", "activate")
        row = Participation.get()
        told = (row.id, row.organisation_id, row.role, row.project.key, row.project.call_year)
        assert told == (9, school.id, "partner", "p7", 2021)
        assert not {"partners_project", "partners_participation"} & set(db.database.get_tables())
        assert Project.create(key="p8").id > 7
        forget()
        assert found(app.test_client(), q="seawise") == ["School of Bonn"]
        page = app.test_client().get(f"/partners/{school.slug}").text
        assert "SEAWISE" in page


def test_without_the_plugin_profiles_and_home_go_without_projects(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal(plugins=["imports", "openapi", "partners", "search"])
    with app.app_context(), db.transaction():
        school = make_organisation("School of Bonn")
        announce(clocked(app), [school.id])
    client = app.test_client()
    assert client.get("/").status_code == 200
    assert "Projects" not in client.get(f"/partners/{school.slug}").text
