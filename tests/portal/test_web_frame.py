"""What stands around every page."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask


def test_foreign_host_header_does_not_spoil_the_menu_of_others(
    make_portal: Callable[..., Flask],
) -> None:
    app = make_portal(testing=False, base_url="http://localhost")
    visitor = app.test_client()

    for _ in range(8):
        assert visitor.get("/", headers={"Host": "evil.example"}).status_code == 400

    page = visitor.get("/").get_data(as_text=True)
    registry = app.extensions["portal"].registry
    assert all(status.state == "active" for status in registry.statuses().values())
    for answer in registry.hooks.each("menu_list", None):
        assert f">{answer.label}</a>" in page
