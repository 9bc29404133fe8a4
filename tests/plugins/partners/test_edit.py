"""Editing the own profile: who may, what is refused, what two people do at once."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.partners import forms, queries, service
from plugins.partners.models import Commitment, Profile
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed
from portal.fields import options
from portal.i18n import SHIPPED, in_locale
from portal.organisations.models import Organisation
from tests.factories import clocked, fields_sent, make_account, make_organisation, post, sign_in
from tests.plugins.partners.conftest import MakePartner, found, publish
from tests.visiting import Visitor, faults


def page_of(organisation: Organisation) -> str:
    return f"/partners/{organisation.slug}/edit"


def save(client: FlaskClient, organisation: Organisation, **typed: Any) -> Any:
    """Send the form as a browser does that shows the version of now."""
    page = page_of(organisation)
    shown = re.search(r'name="version"[^>]* value="(\d+)"', client.get(page).text)
    assert shown
    return post(client, page, **{"version": shown[1], **typed})


def stored(organisation: Organisation) -> Profile:
    profile: Profile = Profile.get(Profile.organisation == organisation.id)
    return profile


# Who may


def test_guest_is_asked_to_sign_in(client: FlaskClient, own: Organisation) -> None:
    answer = client.get(page_of(own))
    assert answer.status_code == 303
    assert answer.location.startswith("/account/sign-in?next=")


def test_guest_can_not_save(client: FlaskClient, own: Organisation) -> None:
    answer = post(client, page_of(own), "/account/sign-in", roles="host")
    assert answer.status_code in {303, 401, 403}
    assert Profile.select().count() == 0


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_stranger_finds_nothing(app: Flask, own: Organisation, method: str) -> None:
    client = sign_in(app.test_client(), make_account(app))
    for slug in (own.slug, "missing"):
        path = f"/partners/{slug}/edit"
        answer = client.get(path) if method == "GET" else post(client, path, "/organisations/new")
        assert answer.status_code == 404


@pytest.mark.parametrize("role", ["SiteAdmin", "Reviewer"])
def test_the_portal_s_people_do_not_speak_for_organisations(
    app: Flask, own: Organisation, role: str
) -> None:
    client = sign_in(app.test_client(), make_account(app, role=role))
    assert client.get(page_of(own)).status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [("OrgMember", 404), ("OrgSignatory", 404), ("OrgEditor", 200), ("OrgAdmin", 200)],
)
def test_editors_edit(
    own: Organisation, member: Callable[[str], FlaskClient], role: str, status: int
) -> None:
    assert member(role).get(page_of(own)).status_code == status


def test_form_without_token_is_refused(as_editor: FlaskClient, own: Organisation) -> None:
    assert as_editor.post(page_of(own), data={"roles": "host"}).status_code == 400
    assert Profile.select().count() == 0


def test_service_refuses_strangers(app: Flask, own: Organisation, ctx: Context) -> None:
    stranger = Context(Actor(make_account(app).id, "x", frozenset({"Member"})), clock=ctx.clock)
    with app.app_context(), pytest.raises(NotAllowed):
        service.save_profile(stranger, own.id, {"roles": ["host"]}, 0)


# Saving


def test_saved_profile_is_found_at_once_by_every_worker(
    as_editor: FlaskClient, own: Organisation, other_worker: Callable[[str], Any]
) -> None:
    assert other_worker("/api/v1/partners?q=segelboote").json["total"] == 0
    answer = save(as_editor, own, summary_1="Wir bauen Segelboote.", language_1="de", roles="host")
    assert (answer.status_code, answer.location) == (303, f"/partners/{own.slug}")
    body = other_worker("/api/v1/partners?q=segelboote&role=host").json
    assert [item["slug"] for item in body["items"]] == [own.slug]


def test_everything_typed_is_kept(as_editor: FlaskClient, own: Organisation) -> None:
    save(
        as_editor,
        own,
        roles=["sending", "host"],
        fields=["071"],
        months=["1", "12"],
        modes="blended",
        group_min="2",
        group_max="0012",
        summary_1=" Wir. ",
        language_1="de",
        summary_2="We.",
        language_2="en",
    )
    profile = stored(own)
    assert profile.roles == ["sending", "host"]
    assert profile.fields == ["071"]
    assert profile.months == [1, 12]
    assert (profile.group_min, profile.group_max, profile.stay_max_weeks) == (2, 12, None)
    assert profile.summaries == {"de": "Wir.", "en": "We."}
    assert profile.original == "de"


def test_saving_the_form_unchanged_changes_nothing(
    as_editor: FlaskClient, own: Organisation
) -> None:
    values: dict[str, Any] = {
        "roles": ["host"],
        "languages": [["no", "B2"], ["de", "native"]],
        "occupations": ["welder"],
        "services": [
            {
                "kind": "meals",
                "fee_cents": 1250,
                "per": "group",
                "includes": ["mentoring"],
                "note": "x",
            }
        ],
        "summaries": {"ca": "Hola.", "en": "Hello.", "de": "Hallo."},
        "original": "ca",
        "group_max": 3,
    }
    Profile.insert(organisation=own.id, updated_at=own.created_at, **values).execute()
    page = as_editor.get(page_of(own)).text
    assert save(as_editor, own, **fields_of(page)).status_code == 303
    profile = stored(own)
    assert {name: getattr(profile, name) for name in values} == values


def fields_of(page: str) -> dict[str, Any]:
    """Read a form as a browser sends it."""
    form = page.split("<form")[-1].split("</form>")[0]
    values: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        known = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if known.get("type") in {"checkbox", "radio"}:
            if " checked" in tag:
                values.setdefault(known["name"], []).append(html.unescape(known["value"]))
        elif known.get("type") != "hidden":
            values[known["name"]] = html.unescape(known.get("value", ""))
    for attributes, inside in re.findall(r"<select([^>]*)>(.*?)</select>", form, re.DOTALL):
        chosen = re.findall(r'<option selected value="([^"]*)"', inside)
        every = re.findall(r'<option[^>]* value="([^"]*)"', inside)
        values[re.findall(r'name="([^"]+)"', attributes)[0]] = (chosen or every)[0]
    for name, text in re.findall(
        r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL
    ):
        values[name] = html.unescape(text).strip("\r\n")
    return values


# Languages and services


def test_languages_have_levels(as_editor: FlaskClient, own: Organisation) -> None:
    save(as_editor, own, tag_1="de", level_1="native", tag_3="en", level_3="B2", tag_4="lv")
    assert stored(own).languages == [["de", "native"], ["en", "B2"], ["lv", ""]]


def test_language_finds_the_partner(as_editor: FlaskClient, own: Organisation) -> None:
    save(as_editor, own, tag_1="lv", level_1="A1")
    assert found(as_editor, language="lv") == ["School of Bonn"]


def test_service_has_a_fee_in_cents(as_editor: FlaskClient, own: Organisation) -> None:
    save(
        as_editor,
        own,
        service_1="meals",
        fee_1="12,50",
        per_1="group",
        service_2="mentoring",
        fee_2="0",
        service_4="airport-transfer",
    )
    assert [
        (item["kind"], item["fee_cents"], item["per"], item["includes"])
        for item in stored(own).services
    ] == [
        ("meals", 1250, "group", []),
        ("mentoring", 0, "person", []),
        ("airport-transfer", None, "person", []),
    ]
    page = as_editor.get(f"/partners/{own.slug}").text
    for text in ("€12.50 per group", "no charge"):
        assert text in page


def test_new_fee_keeps_what_the_service_includes(as_editor: FlaskClient, own: Organisation) -> None:
    kept = {
        "kind": "meals",
        "fee_cents": 100,
        "per": "person",
        "includes": ["mentoring"],
        "note": "n",
    }
    Profile.insert(organisation=own.id, updated_at=own.created_at, services=[kept]).execute()
    save(as_editor, own, service_1="mentoring", service_2="meals", fee_2="2")
    assert stored(own).services[1] == {**kept, "fee_cents": 200}


def test_fee_is_shown_as_the_reader_writes_it(as_editor: FlaskClient, own: Organisation) -> None:
    meals = {"kind": "meals", "fee_cents": 1250, "per": "person", "includes": [], "note": None}
    Profile.insert(organisation=own.id, updated_at=own.created_at, services=[meals]).execute()
    for code, shown in (("de", "12,50"), ("en", "12.50")):
        assert f'value="{shown}"' in as_editor.get(page_of(own) + f"?lang={code}").text


def test_what_the_form_has_no_row_for_stays(as_editor: FlaskClient, own: Organisation) -> None:
    many = [[tag, ""] for tag in ("bg", "cs", "da", "de", "el", "en", "es")]
    Profile.insert(organisation=own.id, updated_at=own.created_at, languages=many).execute()
    save(as_editor, own, tag_1="lv")
    assert stored(own).languages == [["lv", ""], *many[1:]]


# Refusals


REFUSED = {
    "group_max": ({"group_min": "9", "group_max": "3"}, "The largest group"),
    "stay_max_weeks": ({"stay_min_weeks": "9", "stay_max_weeks": "0"}, "The longest stay"),
    "accompanying_max": ({"accompanying_free": "3", "accompanying_max": "1"}, "More persons"),
    "minimum_age": ({"minimum_age": "old"}, "Not a valid integer value"),
    "places_a_year": ({"places_a_year": "-1"}, "0 to 10000"),
    "language_1": ({"summary_1": "Text", "language_1": ""}, "Say in which language"),
    "language_2": (
        {"summary_1": "A", "language_1": "de", "summary_2": "B", "language_2": "de"},
        "Both texts are in the same language",
    ),
    "tag_1": ({"level_1": "B2"}, "Choose the language that has this level."),
    "tag_2": ({"tag_1": "de", "tag_2": "de"}, "This language is chosen twice."),
    "fee_1": ({"service_1": "meals", "fee_1": "much"}, "Write the fee in euro as digits"),
    "service_1": ({"fee_1": "12"}, "Choose the service that has this fee."),
    "roles": ({"roles": "boss"}, "not a valid choice"),
    "months": ({"months": "13"}, "not a valid choice"),
    "level_1": ({"tag_1": "de", "level_1": "Z9"}, "Not a valid choice"),
}


@pytest.mark.parametrize("field", REFUSED)
def test_refused_form_says_where_and_loses_nothing(
    as_editor: FlaskClient, own: Organisation, field: str
) -> None:
    typed, message = REFUSED[field]
    answer = save(as_editor, own, **{"summary_2": "Kept", "language_2": "en", **typed})
    assert answer.status_code == 422
    refused = re.search(rf'id="{field}-error">.*?<span>([^<]*)', answer.text)
    assert refused
    assert message in html.unescape(refused[1])
    assert f'href="#{field}' in answer.text
    for name, value in typed.items():
        if name not in {"roles", "months", "level_1"}:
            assert fields_of(answer.text)[name] == value
    assert "Kept" in answer.text or "summary_2" in typed
    assert Profile.select().count() == 0


def test_program_can_not_store_unknown_fields(app: Flask, own: Organisation) -> None:
    with app.app_context(), pytest.raises(Invalid) as refusal:
        service.save_profile(clocked(app), own.id, {"fields": ["12345"]}, 0)
    assert refusal.value.field == "fields"


@pytest.mark.parametrize("version", ["", "²", "9" * 5000, "-1", "x"])
def test_no_version_breaks_the_form(
    as_editor: FlaskClient, own: Organisation, version: str
) -> None:
    assert post(as_editor, page_of(own), version=version, roles="host").status_code == 303


# Two at once


@pytest.fixture
def overtaken(as_editor: FlaskClient, own: Organisation) -> Any:
    """What the slower of two editors sees."""
    save(as_editor, own, summary_1="First text.", language_1="de")
    save(as_editor, own, summary_1="Faster text.", language_1="de")
    return post(
        as_editor,
        page_of(own),
        version="1",
        summary_1="Slower text.",
        language_1="de",
        group_max="7",
    )


def test_slower_editor_sees_both_texts(overtaken: Any, own: Organisation) -> None:
    assert overtaken.status_code == 409
    assert "Faster text." in overtaken.text
    assert "Slower text." in overtaken.text
    assert "First text." in overtaken.text  # as it was when both began
    assert stored(own).summaries == {"de": "Faster text."}


def test_page_of_a_conflict_is_sound(overtaken: Any) -> None:
    assert faults(overtaken, "en") == []


def test_slower_editor_loses_nothing(overtaken: Any) -> None:
    typed = fields_sent(overtaken)
    assert (typed["summary_1"], typed["group_max"]) == (["Slower text."], ["7"])


@pytest.mark.parametrize("text", ["Slower text.", "Faster text."])
def test_slower_editor_chooses_which_text_stays(
    overtaken: Any, as_editor: FlaskClient, own: Organisation, text: str
) -> None:
    assert f'name="summary_1" value="{text}"' in overtaken.text

    answer = as_editor.post(page_of(own), data={**fields_sent(overtaken), "summary_1": text})

    assert answer.status_code == 303
    assert stored(own).summaries == {"de": text}
    assert stored(own).group_max == 7


def test_entries_of_a_list_that_both_changed_are_brought_together(
    as_editor: FlaskClient, own: Organisation
) -> None:
    save(as_editor, own, modes=["physical", "blended"], roles="host")
    save(as_editor, own, modes=["physical", "virtual"], roles="host")
    answer = post(
        as_editor,
        page_of(own),
        version="1",
        modes=["physical", "blended"],
        roles=["sending", "host"],
    )

    assert answer.status_code == 409
    assert faults(answer, "en") == []
    as_editor.post(page_of(own), data=fields_sent(answer))

    assert stored(own).modes == ["physical", "virtual"]
    assert sorted(stored(own).roles) == ["host", "sending"]


def test_two_first_profiles_do_not_overwrite_each_other(
    as_editor: FlaskClient, own: Organisation
) -> None:
    save(as_editor, own, summary_1="Faster text.", language_1="de")
    answer = post(as_editor, page_of(own), version="0", summary_1="Slower.", language_1="de")
    assert answer.status_code == 409
    assert stored(own).summaries == {"de": "Faster text."}


def test_conflict_holds_on_any_engine(any_app: Flask) -> None:
    with any_app.app_context():
        ctx, made = clocked(any_app), make_organisation()
        service.save_profile(ctx, made.id, {"summaries": {"de": "A"}}, 0)
        service.save_profile(ctx, made.id, {"summaries": {"de": "B"}}, 1)
        with pytest.raises(Conflict) as refusal:
            service.save_profile(ctx, made.id, {"summaries": {"de": "C"}}, 1)
        both = {"yours": {"de": "C"}, "theirs": {"de": "B"}, "was": None}
        assert refusal.value.texts == {"summaries": both}
        assert stored(made).version == 2


# Promises


def test_promise_keeps_its_first_day(
    app: Flask, as_editor: FlaskClient, own: Organisation, clock: FixedClock
) -> None:
    save(as_editor, own, commitments=["inclusion", "environment"])
    publish(app, own, "change")
    first = clock.now()
    clock.moment = first.replace(day=first.day + 2)
    save(as_editor, own, commitments=["inclusion"])
    publish(app, own, "change")
    assert [(row.standard, row.subscribed_on) for row in Commitment.select()] == [
        ("inclusion", first.date().isoformat())
    ]


def test_promise_made_again_begins_anew(
    app: Flask, as_editor: FlaskClient, own: Organisation, clock: FixedClock
) -> None:
    save(as_editor, own, commitments=["inclusion"])
    publish(app, own, "change")
    save(as_editor, own)
    publish(app, own, "change")
    assert Commitment.select().count() == 0
    clock.moment = clock.moment.replace(day=25)
    save(as_editor, own, commitments=["inclusion"])
    publish(app, own, "change")
    assert Commitment.get().subscribed_on == "2026-11-25"


def test_promise_finds_the_partner(app: Flask, as_editor: FlaskClient, own: Organisation) -> None:
    save(as_editor, own, commitments=["inclusion"])
    publish(app, own, "change")
    assert found(as_editor, commitment="inclusion") == ["School of Bonn"]


# The form


@pytest.mark.parametrize("code", SHIPPED)
def test_form_speaks_the_reader_s_language(
    as_editor: FlaskClient, own: Organisation, code: str
) -> None:
    page = Visitor(as_editor)(page_of(own) + f"?lang={code}", lang=code)
    assert "%(" not in page.text


def test_refused_form_is_a_sound_page(as_editor: FlaskClient, own: Organisation) -> None:
    answer = save(as_editor, own, fee_1="much", group_min="9", group_max="3", level_2="B2")
    assert faults(answer, "en") == []


def test_choices_are_in_the_current_language(app: Flask, own: Organisation) -> None:
    with app.test_request_context("/"):
        partner = queries.partner(own.slug)
        assert partner
        for code, january, german in (("de", "Januar", "Deutsch"), ("es", "enero", "Alemán")):
            with in_locale(code):
                form = forms.ProfileForm(partner=partner)
                assert form.months.choices[:1] == options([(1, january)])
                assert options([("de", german)])[0] in form.language_1.choices
                assert options([("de", german)])[0] in form.tag_1.choices


def test_every_field_has_its_label(as_editor: FlaskClient, own: Organisation) -> None:
    page = as_editor.get(page_of(own)).text.split("<main")[1]
    ids = re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]* id="([^"]+)"', page)
    labels = set(re.findall(r'<label[^>]* for="([^"]+)"', page))
    wrapped = set(re.findall(r'<label class="check"><input[^>]* id="([^"]+)"', page))
    assert len(ids) == len(set(ids))
    assert set(ids) <= labels | wrapped


def test_what_is_missing_stands_beside_the_form(as_editor: FlaskClient, own: Organisation) -> None:
    assert "0% complete" in as_editor.get(page_of(own)).text
    save(as_editor, own, summary_1="A", language_1="de", roles="host")
    assert "35% complete" in as_editor.get(page_of(own)).text


def test_profile_invites_its_editor_only(
    as_editor: FlaskClient, client: FlaskClient, own: Organisation, partner: MakePartner
) -> None:
    link = f'href="{page_of(own)}"'
    assert link in as_editor.get(f"/partners/{own.slug}").text
    assert link not in client.get(f"/partners/{own.slug}").text
    other = partner("Other", state="claimed")
    assert "/edit" not in as_editor.get(f"/partners/{other.slug}").text.split("<main")[1]
