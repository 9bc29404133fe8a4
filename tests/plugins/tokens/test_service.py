"""Tokens on both databases: what they open, and what ends them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from plugins.signin import service as signin
from plugins.tokens import rules, service
from plugins.tokens.models import Token
from plugins.trust import service as trust
from portal import audit, mail
from portal.clock import FixedClock
from portal.context import Actor, Context
from portal.errors import Conflict, Invalid, NotAllowed, NotFound
from portal.organisations.models import Organisation
from portal.people import service as people
from portal.people.models import Account
from portal.people.service import Visit
from tests.factories import NOON, PASSWORD, clocked, make_account, make_organisation
from tests.plugins.tokens.conftest import MakeToken


@pytest.fixture
def app(any_app: Flask) -> Iterator[Flask]:
    with any_app.app_context():
        yield any_app


def actor_of(account: Account) -> Actor:
    return Actor(account.id, account.name, frozenset({"Member", account.role}))


def number_of(token: str) -> str:
    return rules.parts(token)[0]


def test_of_a_token_only_its_hash_is_kept(make_token: MakeToken) -> None:
    token = make_token()

    public_id, secret = rules.parts(token)
    row = Token.get()
    assert token == f"tsr_{public_id}_{secret}" and len(secret) == 43
    assert row.token_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert secret not in str(row.__data__)


def test_making_a_token_is_audited_and_told_to_its_owner(
    make_token: MakeToken, account: Account
) -> None:
    token = make_token("write", "Timetable")

    entry = audit.AuditEntry.select().order_by(audit.AuditEntry.id.desc()).get()
    letter = mail.Outbox.select().order_by(mail.Outbox.id.desc()).get()
    assert (entry.action, entry.account_id) == ("token.made", account.id)
    assert (letter.recipient, letter.kind) == (account.email, "tokens/made")
    assert "Timetable" in letter.text and token not in letter.text
    assert "18 February 2027" in letter.text


def test_a_token_names_its_holder_with_scopes(
    make_token: MakeToken, owner: Context, account: Account, school: Organisation
) -> None:
    reads = service.holder(owner, make_token("read"))
    changes = service.holder(owner, make_token("write", organisation=school.public_id))

    assert reads and changes
    assert (reads.account_id, reads.scopes) == (account.id, {"read"})
    assert changes.scopes == {"read", "write"}
    assert (reads.organisation_id, changes.organisation_id) == (None, school.id)


def test_a_token_for_one_organisation_carries_no_role_of_the_site(app: Flask) -> None:
    admin = make_account(app, role="SiteAdmin")
    ctx = clocked(app).as_actor(actor_of(admin))
    school = make_organisation(admin=admin)
    whole = service.make_token(ctx, name="all", scope="read")[1]
    one = service.make_token(ctx, name="one", scope="read", organisation=school.public_id)[1]

    holders = service.holder(ctx, whole), service.holder(ctx, one)
    assert [bool(holder and holder.is_admin) for holder in holders] == [True, False]


@pytest.mark.parametrize("wrong", ["", "tsr", "tsr_1_2", "x" * 5_000, "tsr_%s_%s", "\x00"])
def test_what_is_no_token_opens_nothing(wrong: str, owner: Context, make_token: MakeToken) -> None:
    public_id, secret = rules.parts(make_token())
    text = wrong % (public_id, secret[::-1]) if "%" in wrong else wrong

    assert service.holder(owner, text) is None


def test_a_token_ends_when_its_time_is_over(
    make_token: MakeToken, owner: Context, clock: FixedClock
) -> None:
    token = make_token(days=7)

    clock.moment = NOON + timedelta(days=7, seconds=-1)
    assert service.holder(owner, token)
    clock.moment = NOON + timedelta(days=7)
    assert service.holder(owner, token) is None


def test_a_revoked_token_opens_nothing_and_others_cannot_revoke_it(
    app: Flask, make_token: MakeToken, owner: Context
) -> None:
    token = make_token()
    stranger = owner.as_actor(actor_of(make_account(app)))

    with pytest.raises(NotFound):
        service.revoke(stranger, number_of(token))
    assert service.holder(owner, token)
    service.revoke(owner, number_of(token))

    assert service.holder(owner, token) is None
    assert audit.AuditEntry.select().where(audit.AuditEntry.action == "token.revoked").count() == 1
    with pytest.raises(NotFound):
        service.revoke(owner, number_of(token))


@pytest.mark.parametrize("way", ["everywhere", "password", "reset", "disabled", "role"])
def test_what_ends_all_sessions_ends_the_tokens(
    way: str, app: Flask, make_token: MakeToken, owner: Context, account: Account
) -> None:
    token, ctx = make_token(), clocked(app)

    if way == "everywhere":
        signin.sign_out_everywhere(owner)
    elif way == "password":
        with app.test_request_context():
            signin.change_password(owner, PASSWORD, "nine quiet lanterns", Visit("192.0.2.1"))
    elif way == "reset":
        signin.request_reset(ctx, account.email, Visit("192.0.2.1"))
        text = mail.Outbox.select().order_by(mail.Outbox.id.desc()).get().text
        link = text.partition("/account/reset/")[2].split()[0]
        signin.reset_password(ctx, link, "nine quiet lanterns")
    elif way == "disabled":
        people.set_disabled(ctx, account.email, True)
        people.set_disabled(ctx, account.email, False)
    else:
        people.promote(ctx, account.email, "Reviewer")

    assert service.holder(owner, token) is None
    assert Token.get().revoked_at is not None


def test_the_last_use_is_written_at_most_once_a_minute(
    make_token: MakeToken, owner: Context, clock: FixedClock
) -> None:
    token, seen = make_token(), []
    for seconds in (0, 59, 60):
        clock.moment = NOON + timedelta(seconds=seconds)
        service.holder(owner, token)
        seen.append(Token.get().used_at)

    assert seen == [NOON, NOON, NOON + timedelta(seconds=60)]


def test_a_person_has_at_most_twenty_tokens_that_are_good(
    make_token: MakeToken, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "MOST_TOKENS", 3)
    for number in range(3):
        make_token(name=f"number {number}", days=1 + number)

    with pytest.raises(Conflict):
        make_token(name="one too many")
    clock.moment = NOON + timedelta(days=1)
    make_token(name="room again")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 81}, "name"),
        ({"scope": "admin"}, "scope"),
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"organisation": "not-mine"}, "organisation"),
        ({"name": "there"}, "name"),
    ],
)
def test_a_wrong_wish_is_refused_beside_its_field(
    values: dict[str, object], field: str, make_token: MakeToken, owner: Context
) -> None:
    make_token(name="there")

    with pytest.raises(Invalid) as refused:
        service.make_token(owner, **{"name": "new", "scope": "read", **values})  # type: ignore[arg-type]
    assert refused.value.field == field


def test_a_token_makes_no_tokens(make_token: MakeToken, owner: Context) -> None:
    holder = service.holder(owner, make_token("write"))
    assert holder

    with pytest.raises(NotAllowed):
        service.make_token(owner.as_actor(holder), name="more", scope="read")


def test_a_token_goes_with_the_organisation_it_was_made_for(
    make_token: MakeToken, owner: Context, school: Organisation
) -> None:
    token = make_token(organisation=school.public_id)

    Organisation.delete().where(Organisation.id == school.id).execute()

    assert service.holder(owner, token) is None


def test_ended_tokens_are_kept_for_ninety_days_and_erased_with_the_account(
    app: Flask, make_token: MakeToken, account: Account, clock: FixedClock
) -> None:
    make_token(name="short", days=1)
    make_token(name="long", days=365)

    clock.moment = NOON + timedelta(days=92)
    trust.run_retention(clocked(app))
    assert [token.name for token in Token] == ["long"]
    assert "long" in str(trust.export(clocked(app), account.id))
    assert Token.get().token_hash not in str(trust.export(clocked(app), account.id))
    trust.erase(clocked(app), account.id)
    assert Token.select().count() == 0
