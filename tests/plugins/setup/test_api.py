"""Plugins for programs: listed, planned, acted on, by administrators alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from portal import db, jobs
from portal.context import system_context
from tests.factories import csrf_token, make_account, sign_in
from tests.portal.test_kernel_steps import FIRST, add_steps, plugins_of
from tests.test_promises import required
from tests.throwaway import write_pages

MakePortal = Callable[..., Flask]
CTX = system_context()
HOUSE = Path(__file__).parent.parent.parent.parent / "plugins"
SETUP = sorted(required("setup"))


@pytest.fixture(autouse=True)
def site_setup(plugin_folder: Path) -> None:
    """Put Site Setup and what it builds on beside the plugins of the test."""
    for name in SETUP:
        (plugin_folder / name).symlink_to(HOUSE / name)


def admin(app: Flask) -> Any:
    return sign_in(app.test_client(), make_account(app, role="SiteAdmin"))


def send(client: Any, path: str, **wish: Any) -> Any:
    return client.post(path, json=wish, headers={"X-CSRFToken": csrf_token(client, "/account/")})


def test_programs_plan_and_act(plugin_folder: Path, make_portal: MakePortal) -> None:
    write_pages(plugin_folder, "shop")
    app = make_portal()
    client = admin(app)

    listed = client.get("/api/v1/plugins").get_json()
    plan = client.get("/api/v1/plugins/shop/plan/deactivate").get_json()
    done = send(client, "/api/v1/plugins/shop/deactivate")

    assert {one["id"]: one["acts"] for one in listed}["shop"] == [
        "deactivate",
        "uninstall",
        "purge",
    ]
    assert plan["steps"] == done.get_json()["steps"]
    assert done.status_code == 200
    assert not plugins_of(app).is_active("shop")


def test_long_acts_wait_for_the_worker(plugin_folder: Path, make_portal: MakePortal) -> None:
    home = write_pages(plugin_folder, "shop")
    add_steps(home, FIRST)
    app = make_portal(plugins=SETUP)
    client = admin(app)

    answer = send(client, "/api/v1/plugins/shop/activate")

    assert answer.status_code == 202
    assert answer.get_json()["queued"]
    assert "shop_item" not in db.database.get_tables()
    job = jobs.Job.get(jobs.Job.name == "setup.run_act")
    with app.app_context():
        jobs.run(CTX, jobs.Lease(job, CTX.clock, lambda: False), jobs.kinds(CTX)[job.name], [])
    assert plugins_of(app).is_active("shop")


def test_programs_learn_what_stands_in_the_way(
    plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    client = admin(make_portal())

    purge = send(client, "/api/v1/plugins/shop/purge")
    resume = send(client, "/api/v1/plugins/shop/resume")
    nobody = send(client, "/api/v1/plugins/nobody/activate")

    assert (purge.status_code, purge.get_json()["field"]) == (422, "confirmation")
    assert resume.status_code == 409
    assert nobody.status_code == 404


@pytest.mark.parametrize("role", ["", "Member", "Reviewer"])
def test_programs_of_others_are_refused(
    role: str, plugin_folder: Path, make_portal: MakePortal
) -> None:
    write_pages(plugin_folder, "shop")
    app = make_portal()
    client = app.test_client()
    if role:
        sign_in(client, make_account(app, role=role))
    token = csrf_token(client, "/account/" if role else "/account/sign-in")

    answer = client.post("/api/v1/plugins/shop/deactivate", headers={"X-CSRFToken": token})

    assert answer.status_code == (403 if role else 401)
    assert client.get("/api/v1/plugins").status_code == (403 if role else 401)
    assert plugins_of(app).is_active("shop")
