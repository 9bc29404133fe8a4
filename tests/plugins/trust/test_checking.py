"""Checks of the audit log: heads, mails with them, the command."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from plugins.trust import checking, proofs
from portal import audit, mail
from portal.context import Context
from portal.errors import Invalid
from tests.factories import set_settings


@pytest.fixture
def app(make_portal: Callable[..., Flask]) -> Flask:
    """A portal with this plugin only."""
    return make_portal(plugins=["trust"])


def fill(ctx: Context, count: int) -> None:
    for turn in range(count):
        audit.record(ctx, "school.seen", personal={"name": "Somebody"}, turn=turn)


@pytest.mark.usefixtures("any_database")
def test_a_log_nobody_touched_is_in_order(ctx: Context) -> None:
    fill(ctx, 33)

    assert checking.verify() == []
    leaves = checking.leaves()
    proof = proofs.inclusion(leaves, 4)
    assert proofs.root_above(leaves[4], 4, 33, proof) == proofs.root_of(leaves)


@pytest.mark.usefixtures("any_database")
def test_a_personal_value_can_go_and_the_log_stays_in_order(ctx: Context) -> None:
    fill(ctx, 5)
    assert "Somebody" not in "".join(str(row) for row in audit.AuditEntry.select().dicts())

    audit.AuditValue.delete().execute()

    assert checking.verify() == []


def test_a_mailed_head_is_read_back_from_its_mail(app: Flask, ctx: Context) -> None:
    with app.app_context():
        fill(ctx, 3)
        head = checking.head(ctx)
        wrapped = head.text.replace(" ", "\n  ")

        assert head.size == len(checking.leaves())
        assert checking.read_head(f"Dear all,\n\n> {wrapped}\n\nYours") == head
        assert checking.verify(head) == []


def test_a_head_that_was_changed_is_no_head_of_this_portal(app: Flask, ctx: Context) -> None:
    with app.app_context():
        head = checking.head(ctx)
        with pytest.raises(Invalid):
            checking.read_head(head.text.replace(head.root, "0" * 64))


def test_the_head_is_mailed_to_those_whom_the_setting_names(app: Flask, ctx: Context) -> None:
    with app.app_context():
        checking.mail_head(ctx)
        assert mail.Outbox.select().count() == 0
        set_settings("trust", audit_head_mail=["auditor@out.example"])
        checking.mail_head(ctx)
        row = mail.Outbox.get()

        assert row.recipient == "auditor@out.example"
        assert checking.verify(checking.read_head(row.text)) == []
