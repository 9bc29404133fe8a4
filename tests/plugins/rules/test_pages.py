"""The pages of rules and webhooks, as an administrator uses them."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from plugins.rules import running, service
from plugins.rules.models import FAILED, Delivery, Rule, Run, Webhook
from portal import events
from portal.audit import AuditEntry
from portal.context import Context
from portal.jobs import Job
from portal.mail import Outbox
from tests.factories import fields_sent, make_account, make_organisation, post, sign_in
from tests.plugins.rules.conftest import mail, make_rule, work
from tests.visiting import Visitor, faults

ADDRESS = "https://hooks.school.example/in"
WHOLE = {
    "event": "member.added",
    "to": "OrgAdmin",
    "subject": "Welcome to %(title)s",
    "text": "See %(url)s",
    "matching": "all",
    "c0_what": "country",
    "c0_test": "one_of",
    "c0_value": "LV, DE",
}


def acts() -> list[str]:
    return [row.action for row in AuditEntry.select().order_by(AuditEntry.id)]


def test_every_page_is_whole(app: Flask, ctx: Context, look: Visitor) -> None:
    assert "writes a mail or a notice" in look("/setup/rules").text
    for address in ("/setup/rules", "/setup/webhooks"):
        assert "yet" in look(address).text
        assert address in look("/setup/").links
    rule = make_rule(ctx, conditions=[{"what": "country", "test": "equals", "value": "DE"}])
    hook = service.create_webhook(ctx, "Desk", ADDRESS)
    school = make_organisation("Seen school")
    events.emit(ctx, "member.added", "organisation", school.id, account=1, role="OrgAdmin")
    service.send_test(ctx, hook)
    work(app, ctx)

    for address in (
        "/setup/rules", "/setup/rules/new", "/setup/rules/new?example=member",
        "/setup/rules/new?example=account", f"/setup/rules/{rule.public_id}", "/setup/rules/log",
        f"/setup/rules/{rule.public_id}/try", f"/setup/rules/{rule.public_id}/try?on=object:{school.id}",
        "/setup/webhooks", "/setup/webhooks/new", f"/setup/webhooks/{hook.public_id}",
    ):  # fmt: skip
        look(address)


@pytest.mark.parametrize("address", ["/setup/rules", "/setup/rules/log", "/setup/webhooks"])
def test_others_do_not_get_in(app: Flask, address: str) -> None:
    reviewer = sign_in(app.test_client(), make_account(app, role="Reviewer"))

    assert reviewer.get(address).status_code == 403
    assert app.test_client().get(address).status_code in {302, 303}


def test_a_rule_is_made_in_the_form_and_acts(app: Flask, ctx: Context, admin: FlaskClient) -> None:
    answer = post(admin, "/setup/rules/new", **WHOLE)

    assert answer.status_code == 303
    rule = Rule.get()
    assert rule.title == "Somebody may act for an organisation"
    assert rule.conditions == [
        {"what": "country", "field": "", "test": "one_of", "value": ["LV", "DE"]}
    ]
    assert rule.is_active
    assert "rule.created" in acts()


def test_acts_are_added_moved_and_taken_out_in_the_form_before_anything_is_saved(
    admin: FlaskClient,
) -> None:
    typed = {**WHOLE, "kind2": "notify", "to2": "Reviewer", "subject2": "Second", "text2": "Two"}
    added = post(admin, "/setup/rules/new", **WHOLE, acts="add notify")
    moved = post(admin, "/setup/rules/new", **typed, acts="up 1")
    taken = post(admin, "/setup/rules/new", **typed, acts="remove 0")

    assert {added.status_code, moved.status_code, taken.status_code} == {422}
    assert [faults(answer, "en") for answer in (added, moved, taken)] == [[], [], []]
    assert 'name="kind2" type="hidden" value="notify"' in added.text
    assert 'name="subject" required type="text" value="Second"' in moved.text
    assert 'name="subject2" required type="text" value="Welcome to %(title)s"' in moved.text
    assert "Welcome to" not in taken.text and 'value="Second"' in taken.text
    for wish in ("up 9", "add moon", "remove x", "", "down -1"):
        assert post(admin, "/setup/rules/new", **typed, acts=wish).status_code == 422
    assert Rule.select().count() == 0

    assert post(admin, "/setup/rules/new", **typed).status_code == 303
    rule = Rule.get()
    assert [act["kind"] for act in rule.actions] == ["mail", "notify"]
    page = f"/setup/rules/{rule.public_id}"
    assert 'value="Second"' in admin.get(page).text
    assert post(admin, page, **WHOLE, version=1).status_code == 303  # the second one was taken out
    assert [act["kind"] for act in Rule.get().actions] == ["mail"]


def test_only_what_may_stay_empty_is_called_optional(admin: FlaskClient) -> None:
    def optional(**typed: str) -> set[str]:
        page = post(admin, "/setup/rules/new", **typed, acts="").text
        return set(re.findall(r'for="(\w+)">[^<]*<span class="field-optional"', page))

    plain = optional(**WHOLE)
    assert {"address", "title", "c0_field", "c1_value"} <= plain
    assert not {"subject", "text", "c0_value"} & plain
    asked = {"to": "address", "c0_what": "payload", "c0_test": "is_set"}
    assert not {"address", "c0_field"} & optional(**{**WHOLE, **asked})
    step = {"kind2": "transition", "step2": "claims_case.decline", "kind3": "notify"}
    assert "subject3" not in optional(**WHOLE, **step)


@pytest.mark.parametrize("name", ["account", "member"])
def test_an_example_can_be_saved_as_it_is(admin: FlaskClient, name: str) -> None:
    page = admin.get(f"/setup/rules/new?example={name}").text
    event, to = re.findall(r'<option selected value="([A-Za-z.]+)"', page)[:2]
    subject = re.search(r'id="subject"[^>]*value="([^"]+)"', page)
    text = re.search(r'id="text"[^>]*>\s*([^<]+)<', page)
    assert subject
    assert text

    answer = post(
        admin, "/setup/rules/new", event=event, to=to, subject=subject[1], text=text[1].strip()
    )

    assert answer.status_code == 303, answer.text
    assert Rule.get().event == event


@pytest.mark.parametrize(
    ("wrong", "place", "remedy"),
    [
        ({"event": ""}, "event", "Choose when it happens."),
        ({"event": "member.addet"}, "event", "Did you mean &#39;member.added&#39;?"),
        ({"to": "", "subject": "", "text": ""}, "to", "Choose what happens"),
        ({"to": ""}, "to", "Choose who gets the mail."),
        ({"to": "King"}, "to", "Choose who gets the mail."),
        ({"to": "address", "address": "desk"}, "address", "name@school.example"),
        ({"subject": ""}, "subject", "can&#39;t stay empty"),
        ({"text": "%(titel)s"}, "text", "Did you mean &#39;title&#39;?"),
        ({"text": "100 % sure"}, "text", "Write %% for a per cent sign"),
        ({"text": "%(title)d"}, "text", "Write an s behind the brackets: %(title)s."),
        ({"text": "%(title)"}, "text", "Write an s behind the brackets: %(title)s."),
        ({"text": "x" * 4_001}, "text", "at most 4000"),
        ({"c0_what": "payload", "c0_field": "rol"}, "c0_field", "Did you mean &#39;role&#39;?"),
        ({"c0_what": "object", "c0_field": "password_hash"}, "c0_field", "There is no field"),
        ({"c0_what": "mood"}, "c0_what", "Choose what the condition looks at."),
        ({"c0_test": "like"}, "c0_test", "Choose how it is compared."),
        ({"c0_value": " , "}, "c0_value", "Write what it is compared with."),
        ({"c5_what": "state", "c5_test": "equals"}, "c5_value", "Write what it is compared with."),
        ({"kind2": "transition", "step2": "claims_case.accept"}, "step2", "has no workflow"),
        ({"event": "claims_case.accept", "c0_what": "", "kind3": "transition", "step3": "x.y"},
         "step3", "Each step of this workflow needs four eyes"),
        ({"event": "claims_case.accept", "c0_what": "", "kind2": "transition",
          "step2": "claims_case.accept"}, "step2", "Let the rule tell the reviewers instead"),
        ({"kind2": "webhook", "webhook2": "gone"}, "webhook2", "There is no such webhook."),
        ({"kind2": "notify", "to2": "operator", "subject2": "x", "text2": "x"}, "to2",
         "Choose who gets the notice."),
        ({"kind2": "mail", "to2": "OrgAdmin", "subject2": "", "text2": "x"}, "subject2",
         "can&#39;t stay empty"),
        ({"title": "x" * 121}, "title", "at most 120"),
    ],
)  # fmt: skip
def test_what_can_not_be_taken_is_refused_beside_its_field_and_stays(
    admin: FlaskClient, wrong: dict[str, str], place: str, remedy: str
) -> None:
    answer = post(admin, "/setup/rules/new", **{**WHOLE, **wrong})

    assert answer.status_code == 422
    error = re.search(rf'id="{place}-error">.*?<span>(.*?)</span>', answer.text, re.S)
    assert error, answer.text
    assert remedy in error[1]
    typed = {**WHOLE, **wrong}["subject"]
    assert not typed or f'value="{typed}"' in answer.text
    assert Rule.select().count() == 0


def test_two_people_who_change_a_rule_do_not_overwrite_each_other(
    app: Flask, ctx: Context, admin: FlaskClient
) -> None:
    rule = make_rule(ctx)
    page = f"/setup/rules/{rule.public_id}"
    first = post(admin, page, **WHOLE, version=1)
    second = post(admin, page, **{**WHOLE, "subject": "Mine"}, version=1)

    assert (first.status_code, second.status_code) == (303, 409)
    assert faults(second, "en") == []
    for text in ("Mine", WHOLE["subject"]):
        assert f'name="subject" value="{text}"' in second.text
    assert Rule.get().actions[0]["subject"] == WHOLE["subject"]
    assert admin.post(page, data=fields_sent(second)).status_code == 303
    assert Rule.get().actions[0]["subject"] == "Mine"


def test_two_people_who_change_a_webhook_see_both_texts(ctx: Context, admin: FlaskClient) -> None:
    hook = service.create_webhook(ctx, "Desk", ADDRESS)
    page = f"/setup/webhooks/{hook.public_id}"
    for title in ("Theirs", "Mine"):
        answer = post(admin, page, title=title, url=ADDRESS, version=1)

    assert answer.status_code == 409
    assert faults(answer, "en") == []
    for title in ("Theirs", "Mine"):
        assert f'name="title" value="{title}"' in answer.text
    admin.post(page, data={**fields_sent(answer), "title": "Theirs"})
    assert Webhook.get().title == "Theirs"
    assert Webhook.get().version == 3


def test_a_deleted_rule_comes_back_with_one_button(
    ctx: Context, admin: FlaskClient, look: Visitor
) -> None:
    rule = make_rule(ctx, title="Precious")
    post(admin, f"/setup/rules/{rule.public_id}/delete", "/setup/rules")
    page = look("/setup/rules").text
    assert "The rule Precious is deleted." in page
    token = re.search(r'name="act" value="([^"]+)"', page)
    assert token, page
    post(admin, "/undo", "/setup/rules", act=token[1])

    assert "Precious" in look("/setup/rules").text
    assert acts()[-1] == "rule.restored"


def test_rules_are_paused_and_moved(ctx: Context, admin: FlaskClient) -> None:
    first, second = (make_rule(ctx, title=title) for title in ("first", "second"))
    post(admin, f"/setup/rules/{second.public_id}/up", "/setup/rules")
    post(admin, f"/setup/rules/{second.public_id}/pause", "/setup/rules")

    assert [row.title for row in Rule.select().order_by(Rule.position)] == ["second", "first"]
    assert not Rule.get_by_id(second.id).is_active
    assert acts()[-2:] == ["rule.moved", "rule.paused"]
    assert first.is_active


# Trying out


def test_a_trial_says_what_would_happen_and_does_nothing(
    app: Flask, ctx: Context, admin: FlaskClient
) -> None:
    hook = service.create_webhook(ctx, "Desk", ADDRESS)
    call = {"kind": "webhook", "webhook": hook.public_id}
    condition = {"what": "country", "test": "equals", "value": "LV"}
    to = mail("address", text="100 %% for %(title)s")
    tell = {**mail("OrgEditor", subject="Told of %(title)s"), "kind": "notify"}
    more: dict[str, Any] = {"conditions": [condition], "mail_to": "desk@school.example"}
    rule = make_rule(ctx, "member.added", to, call, tell, tell, **more)
    school = make_organisation("Riga School", country="LV")
    other = make_organisation("Bonn School", country="DE")
    events.emit(ctx, "member.added", "organisation", other.id, account=1, role="OrgAdmin")
    past = events.EventRow.select().order_by(events.EventRow.id.desc()).get().id
    before = [model.select().count() for model in (Run, Outbox, Delivery, Job, AuditEntry)]

    right = admin.get(f"/setup/rules/{rule.public_id}/try?on=object:{school.id}").text
    wrong = admin.get(f"/setup/rules/{rule.public_id}/try?on=event:{past}").text

    assert "It would act" in right
    assert "100 % for Riga School" in right
    assert "desk@school.example" in right
    assert right.count("Told of Riga School") == 2
    assert "&#34;country&#34;: &#34;LV&#34;" in right
    assert "It would do nothing" in wrong
    assert "Found: DE" in wrong
    assert before == [model.select().count() for model in (Run, Outbox, Delivery, Job, AuditEntry)]


@pytest.mark.parametrize("choice", ["event:1", "object:99", "object:x", "moon:1", "event:", "x"])
def test_a_trial_on_what_is_not_there_says_so(
    ctx: Context, admin: FlaskClient, choice: str
) -> None:
    answer = admin.get(f"/setup/rules/{make_rule(ctx).public_id}/try?on={choice}")

    assert answer.status_code == 404
    assert "Choose another." in answer.text


# The log


def test_the_log_says_what_came_of_it_and_comes_as_files(
    app: Flask, ctx: Context, admin: FlaskClient, look: Visitor
) -> None:
    hook = service.create_webhook(ctx, "Desk", ADDRESS)
    make_rule(ctx, "member.added", {"kind": "webhook", "webhook": hook.public_id}, title="Fails")
    service.switch_webhook(ctx, hook, False)
    school = make_organisation()
    events.emit(ctx, "member.added", "organisation", school.id, account=1, role="OrgAdmin")
    work(app, ctx)

    page = look("/setup/rules/log?state=failed").text
    rows = list(csv.DictReader(io.StringIO(admin.get("/setup/rules/log?format=csv").text[1:])))
    items = admin.get("/setup/rules/log?format=json").json
    post(admin, f"/setup/rules/log/{Run.get().id}/retry", "/setup/rules/log")

    assert "The webhook is paused. Switch it on, then try again." in page
    assert rows[0]["state"] == items[0]["state"] == FAILED  # type: ignore[index]
    assert rows[0]["rule"] == items[0]["rule"] == "Fails"  # type: ignore[index]
    assert acts()[-1] == "run.retried"
    assert "1 failed" in look("/setup/rules").text


# Webhooks


def test_a_secret_is_shown_once_and_stands_in_no_table(
    app: Flask, ctx: Context, admin: FlaskClient
) -> None:
    post(admin, "/setup/webhooks/new", title="Desk", url=ADDRESS)
    hook = Webhook.get()
    page = f"/setup/webhooks/{hook.public_id}"

    shown = post(admin, f"{page}/secret", page)
    again = post(admin, f"{page}/secret", page)

    found = re.search(r"whsec_[0-9a-f]{64}", shown.text)
    assert found
    assert shown.headers["Cache-Control"] == "no-store"
    assert again.status_code == 409
    assert "whsec_" not in again.text + admin.get(page).text
    stored = "".join(str(row) for row in Webhook.select().dicts())
    assert found[0].removeprefix("whsec_") not in stored
    assert "webhook.secret_shown" in acts()


def test_a_changed_secret_is_another_one(ctx: Context, admin: FlaskClient) -> None:
    hook = service.create_webhook(ctx, "Desk", ADDRESS)
    page = f"/setup/webhooks/{hook.public_id}"
    first = re.search(r"whsec_\w+", post(admin, f"{page}/secret", page).text)
    assert post(admin, f"{page}/rotate", page).status_code == 303
    second = re.search(r"whsec_\w+", post(admin, f"{page}/secret", page).text)

    assert first
    assert second
    assert first[0] != second[0]
    assert "The old secret signs too until" in admin.get(page).text
    post(admin, f"{page}/end_old_secret", page)
    assert "The old secret signs too until" not in admin.get(page).text


@pytest.mark.parametrize(
    ("url", "remedy"),
    [
        ("http://hooks.school.example/", "Write https:// instead of http://"),
        ("https://127.0.0.1/", "no public address"),
        ("https://hooks.school.example:22/", "Use one of 80, 443, 8443."),
    ],
)
def test_an_address_that_is_closed_is_refused_with_the_remedy(
    admin: FlaskClient, url: str, remedy: str
) -> None:
    answer = post(admin, "/setup/webhooks/new", title="Desk", url=url)

    assert answer.status_code == 422
    assert remedy in answer.text
    assert f'value="{url}"' in answer.text
    assert Webhook.select().count() == 0


def test_a_webhook_that_rules_use_is_not_deleted(ctx: Context, admin: FlaskClient) -> None:
    hook = service.create_webhook(ctx, "Desk", ADDRESS)
    call = {"kind": "webhook", "webhook": hook.public_id}
    rule = make_rule(ctx, "member.added", call, title="Uses it")
    page = f"/setup/webhooks/{hook.public_id}"

    refused = post(admin, f"{page}/delete", page)
    service.delete_rule(ctx, rule)
    done = post(admin, f"{page}/delete", page)

    assert refused.status_code == 409
    assert "Uses it" in refused.text
    assert done.status_code == 303
    assert admin.get(page).status_code == 404


def test_a_test_stands_among_the_messages(ctx: Context, admin: FlaskClient, look: Visitor) -> None:
    hook = service.create_webhook(ctx, "Desk", ADDRESS)
    page = f"/setup/webhooks/{hook.public_id}"
    post(admin, f"{page}/test", page)
    delivery = Delivery.get()
    Delivery.update(
        state=FAILED, status=500, answer="<b>Oh</b>", error="It answered 500."
    ).execute()

    shown = look(page).text
    post(admin, f"{page}/messages/{delivery.id}/retry", page)

    assert "It answered 500." in shown
    assert "&lt;b&gt;Oh&lt;/b&gt;" in shown
    assert Delivery.get().state == "waiting"
    assert Job.select().where(Job.name == running.DELIVER).count() == 1
    assert acts()[-2:] == ["webhook.tested", "delivery.retried"]
