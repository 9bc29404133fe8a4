"""What a start does not wait for, and what is there all the same."""

import sys

from flask import Flask, url_for

from portal.later import Later, LateRule


def test_a_module_is_imported_at_its_first_use():
    later = Later("colorsys")
    sys.modules.pop("colorsys", None)
    assert later
    assert "colorsys" not in sys.modules
    assert later.rgb_to_hls(0, 0, 0) == (0, 0, 0)


def test_a_package_that_is_not_installed_counts_as_no():
    assert not Later("no_such_package.part")


def test_addresses_are_built_as_without_delay():
    plain, late = (Flask(name, static_folder=None) for name in ("plain", "late"))
    late.url_rule_class = LateRule
    for app in (plain, late):
        app.add_url_rule("/a/<int:number>/<path:rest>/", "one", methods=["GET"])
        app.add_url_rule("/b", "two", defaults={"page": 1})
        app.add_url_rule("/c/<rule>/<self>", "three")
        app.add_url_rule("/b/<int:page>", "two")
    cases = [
        ("one", {"number": 7, "rest": "x y/z", "more": "é"}),
        ("two", {"page": 1}),
        ("two", {"page": 3, "q": ["a", "b"]}),
        ("two", {}),
        ("three", {"rule": "r", "self": "s"}),
    ]
    built = []
    for app in (plain, late):
        with app.test_request_context():
            built.append([url_for(endpoint, **values) for endpoint, values in cases])
    assert built[0] == built[1]
