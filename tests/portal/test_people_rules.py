"""Decisions on plain values about accounts."""

from __future__ import annotations

import pytest

from portal.errors import Invalid
from portal.people import rules

MAIL, NAME = "mobility-lead@college.example", "Mobility Lead"

INSIDE = [
    "/",
    "/partners",
    "/partners?q=welding&country=LV",
    "/partners?next=https://evil.example",
    "/account/",
    "/round-tables/autumn-2026#places",
    "/partners/größe",
    "/a/@evil.example",
    "/a:b",
    "/.evil.example",
]
ELSEWHERE = [
    "",
    " ",
    "partners",
    "evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/%2e%2e",
    "/\\evil.example",
    "/\\/evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "/partners\\..\\evil.example",
    "https://evil.example",
    "http:evil.example",
    "HTTPS://evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "mailto:a@evil.example",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/\r\nLocation: https://evil.example",
    "/partners\r\nSet-Cookie: a=b",
    "/\x00/evil.example",
    "/\x0b/evil.example",
    "\x01//evil.example",
    " //evil.example",
    "/ /evil.example",
    "/\u00a0/evil.example",
    "/\u2028/evil.example",
    "/\u200b/evil.example",
    "/\ufeff/evil.example",
    "/\uff0fevil.example",
    "/\uff3cevil.example",
    "\uff0f\uff0fevil.example",
    "/./\u202e/evil.example",
    "/..//evil.example",
    "/.//evil.example",
    "/partners//evil.example",
    "//user@evil.example",
    "//127.0.0.1:8000@evil.example",
    "//[::1]/",
    "/" * 60,
    "/" + "a" * 2_001,
    "@evil.example",
    "?next=//evil.example",
    "#//evil.example",
    ".//evil.example",
]


@pytest.mark.parametrize("path", INSIDE)
def test_a_path_inside_the_portal_is_a_way_back(path: str) -> None:
    assert rules.own_path(path) == path


@pytest.mark.parametrize("path", ELSEWHERE)
def test_what_may_lead_elsewhere_is_no_way_back(path: str) -> None:
    assert rules.own_path(path) == "/"


@pytest.mark.parametrize(
    "path", ["/account/sign-in", "/account/sign-in/", "/account/sign-in?next=/"]
)
def test_the_way_back_never_leads_to_signing_in_again(path: str) -> None:
    assert rules.own_path(path) == "/"


@pytest.mark.parametrize(
    "password",
    [
        "clear water runs deep",
        "xkqvjwmzpt",
        "täglich grüßt das Tier",
        "パスワードをえらぶのです",
        "x7" * 50 + "abc",
    ],
)
def test_a_password_needs_no_kinds_of_signs(password: str) -> None:
    rules.check_password(password, MAIL, NAME)


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short nin", "at least 10"),
        ("", "at least 10"),
        ("a b c " * 34, "at most 200"),
        ("1234567890", "first that others try"),
        ("password123!", "first that others try"),
        ("PassWord2026", "first that others try"),
        ("ｐａｓｓｗｏｒｄ１２３", "first that others try"),
        ("12340987651029", "first that others try"),
        ("aaaabbbbaaaa", "first that others try"),
        (MAIL, "your name or address"),
        ("mobility-lead", "your name or address"),
        ("Mobility Lead", "your name or address"),
        ("college2026", "your name or address"),
    ],
)
def test_a_password_others_would_guess_is_refused(password: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        rules.check_password(password, MAIL, NAME)


def test_a_name_inside_a_longer_sentence_is_fine() -> None:
    rules.check_password("college of seventeen bells", MAIL, NAME)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Lead@College.Example ", "lead@college.example"),
        ("o'neill+erasmus@a.b-c.example", "o'neill+erasmus@a.b-c.example"),
        ("info@schule-köln.example", "info@xn--schule-kln-lcb.example"),
        ("portal@localhost", "portal@localhost"),
    ],
)
def test_an_address_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert rules.normal_address(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "lead",
        "@college.example",
        "lead@",
        "lead@college",
        "lead@college..example",
        "lead@.example",
        "lead @college.example",
        "lead@college.example\nBcc: all@college.example",
        "lead@college.example,all@college.example",
        "Lead <lead@college.example>",
        '"a b"@college.example',
        "läd@college.example",
        "a@b@c.example",
        "a" * 65 + "@college.example",
        "a@" + "b" * 250 + ".example",
        "lead@college.example\x00",
    ],
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        rules.normal_address(typed)


def test_a_name_is_one_line_without_hidden_signs() -> None:
    assert rules.normal_name("  Placement\u200b \r\n Host\u202e ") == "Placement Host"


def test_a_name_of_blanks_is_refused() -> None:
    with pytest.raises(Invalid):
        rules.normal_name(" \u200b\t ")


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/140 Safari/537 Edg/140",
            "Edge, Windows",
        ),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 19 like Mac OS X) Safari/604", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140 Mobile Safari/537", "Chrome, Android"),
        ("curl/8", ""),
        ("", ""),
    ],
)
def test_a_device_is_named_without_versions(agent: str, name: str) -> None:
    assert rules.device_name(agent) == name
