"""What the core writes into the audit log, and that nobody's words are in it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from flask import Flask

from portal import audit
from portal.audit import AuditEntry
from portal.context import Actor, Context
from portal.errors import Invalid, TooMany
from portal.organisations import service as organisations
from portal.people import service, throttle
from tests.factories import PASSWORD, audited, clocked, make_account, make_organisation


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal without plugins."""
    return make_portal(plugins=[])


def last() -> AuditEntry:
    found: AuditEntry = audited().get()
    return found


def test_changes_of_accounts_by_administrators_are_recorded(app: Flask, ctx: Context) -> None:
    account = make_account(app)
    assert (last().action, last().subject_id) == ("account.created", account.id)
    with app.app_context():
        service.promote(ctx, account.email, "Reviewer")
        assert last().detail == {"role": "Reviewer", "was": "Member"}
        service.set_disabled(ctx, account.email, disabled=True)
        assert last().action == "account.disabled"
        service.set_disabled(ctx, account.email, disabled=False)
        assert last().action == "account.enabled"


def test_guessing_is_recorded_once_with_the_address_beside(app: Flask, ctx: Context) -> None:
    visit = service.Visit("192.0.2.1")
    most = throttle.SIGN_IN_ADDRESS.most
    with app.app_context():
        for _turn in range(most):
            with pytest.raises(Invalid):
                service.sign_in(ctx, "a@b.example", PASSWORD, visit)
        for _turn in range(3):
            with pytest.raises(TooMany):
                service.sign_in(ctx, "a@b.example", PASSWORD, visit)

    entry = AuditEntry.get(AuditEntry.action == "limit.reached")
    assert entry.detail == {"limit": "sign-in-address"}
    assert [row.value for row in audit.AuditValue.select()] == ["a@b.example"]


def test_changes_of_organisations_name_the_fields_only(app: Flask, ctx: Context) -> None:
    organisation = make_organisation("Old School")
    with app.app_context():
        organisations.update_organisation(
            ctx, organisation, 1, name="Secret School", country="DE", city="Ulm"
        )
        assert last().action == "organisation.changed"
        assert last().detail == {"fields": ["city", "folded_name", "name"]}
        organisations.hide(ctx, organisation)
        assert last().action == "organisation.hidden"
        organisations.bring_back(ctx, organisation)
        assert last().action == "organisation.shown"

    texts = [json.dumps(row.__data__, default=str) for row in AuditEntry.select()]
    assert [text for text in texts if "School" in text or "Ulm" in text] == []


def test_a_new_organisation_records_its_first_member(app: Flask) -> None:
    account = make_account(app)
    with app.app_context():
        ctx = clocked(app).as_actor(Actor(account_id=account.id))
        organisation = organisations.create_organisation(ctx, name="New School", country="DE")

    member, created = audited().where(AuditEntry.account_id == account.id).limit(2)[::-1]
    assert (member.action, member.detail) == (
        "member.added",
        {"account": account.id, "role": "OrgAdmin"},
    )
    assert (created.action, created.subject_id) == ("organisation.created", organisation.id)
