"""Signing with a passkey: the key signs the text that was shown, and everybody can check it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from plugins.agreements import exporting
from plugins.agreements.models import Agreement, Signature
from plugins.evidence.interface import bundle, signatures
from plugins.signin import passkeys
from plugins.signin.models import Factor
from tests.factories import csrf_token, post, sign_in
from tests.plugins.agreements.conftest import World
from tests.plugins.signin.authenticator import OldPasskey, Passkey, words
from tests.plugins.signin.test_passkeys import add

pytest.importorskip("webauthn")


@pytest.fixture
def row(world: World) -> Agreement:
    """An agreement that two schools may sign."""
    return world.frozen()


def head(world: World, key: Passkey, at: int = 0) -> FlaskClient:
    """Return the head of a school, signed in with a passkey set up."""
    client = sign_in(world.app.test_client(), world.heads[at])
    assert add(client, key).status_code == 200
    return client


def ask(client: FlaskClient, row: Agreement, digest: str) -> Any:
    """Ask what to sign, as the script does."""
    page = client.get(f"/agreements/{row.public_id}/sign").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    path = f"/agreements/{row.public_id}/sign/question?digest={digest}"
    return client.post(path, headers={"X-CSRFToken": token[1]})


def send(client: FlaskClient, row: Agreement, digest: str, answer: str) -> Any:
    """Send what the key signed."""
    path = f"/agreements/{row.public_id}/sign"
    return post(client, path, digest=digest, intent="yes", answer=answer)


def test_a_passkey_signs_the_very_text(world: World, row: Agreement) -> None:
    key, digest = Passkey(), world.digest(row)
    client = head(world, key)
    assert "Sign with your passkey" in client.get(f"/agreements/{row.public_id}/sign").text
    asked = ask(client, row, digest)
    told = send(client, row, digest, key.signed(json.loads(asked.text)))

    assert told.status_code == 303, told.text
    made = Signature.get()
    said = signatures.read(bytes(made.statement))
    assert (made.level, said["level"], said["document"]) == ("passkey", "passkey", digest)
    assert signatures.from_words(json.loads(asked.text)["challenge"]) == signatures.challenge(
        bytes(made.statement)
    )
    world.sign(row, 1)
    data = exporting.make_bundle(world.ctx(world.writers[0]), row.public_id)
    report = bundle.verify(bundle.read(data))
    assert (list(report.faults), list(report.missing)) == ([], [])
    script = Path(__file__).parents[3] / "docs" / "examples" / "verify_agreement.py"
    module: dict[str, Any] = {"__name__": "script"}
    exec(compile(script.read_text("utf-8"), script, "exec"), module)
    assert "with a passkey" in " ".join(module["check"](json.loads(data))[0])


def test_what_a_key_signed_is_no_signature_under_another_text(world: World, row: Agreement) -> None:
    key, digest = Passkey(), world.digest(row)
    client = head(world, key)
    answer = key.signed(json.loads(ask(client, row, digest).text))
    other = "sha256:" + "0" * 64
    told = send(client, row, other, answer)

    assert told.status_code == 409
    assert not Signature.select().exists()
    assert ask(client, row, other).status_code == 409


def test_a_stranger_s_key_and_a_used_answer_are_refused(world: World, row: Agreement) -> None:
    key, digest = Passkey(), world.digest(row)
    client = head(world, key)
    stranger = Passkey()
    stranger.id = key.id
    told = send(client, row, digest, stranger.signed(json.loads(ask(client, row, digest).text)))
    answer = key.signed(json.loads(ask(client, row, digest).text))
    Factor.delete().execute()  # revoked meanwhile
    late = send(client, row, digest, answer)
    again = send(client, row, digest, answer)

    assert (told.status_code, late.status_code, again.status_code) == (422, 422, 422)
    assert not Signature.select().exists()


def test_those_without_a_passkey_are_not_offered_one(world: World, row: Agreement) -> None:
    client = sign_in(world.app.test_client(), world.heads[0])
    page = client.get(f"/agreements/{row.public_id}/sign")

    assert "data-passkey" not in page.text
    assert ask(client, row, world.digest(row)).status_code == 403


def test_a_passkey_that_can_not_sign_texts_is_told_of_with_a_way_out(
    world: World, row: Agreement, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, digest = OldPasskey(), Passkey(), world.digest(row)
    client = sign_in(world.app.test_client(), world.heads[0])
    genuine = passkeys.webauthn.verify_registration_response
    any_kind = {"supported_pub_key_algs": [passkeys.cose.COSEAlgorithmIdentifier.EDDSA]}
    with monkeypatch.context() as before:
        before.setattr(
            passkeys.webauthn,
            "verify_registration_response",
            lambda **given: genuine(**given, **any_kind),
        )
        assert add(client, old).status_code == 200
    page = client.get(f"/agreements/{row.public_id}/sign")
    assert "data-passkey" not in page.text
    assert "of a kind that can’t sign texts" in page.text
    assert 'href="/account/second-steps"' in page.text
    assert ask(client, row, digest).status_code == 403
    assert "can’t sign texts" in client.get("/account/second-steps").text

    token = csrf_token(client, "/account/second-steps")
    asked = client.post("/account/second-steps/passkeys/question", headers={"X-CSRFToken": token})
    assert json.loads(asked.text).get("excludeCredentials", []) == []  # the same device may make it
    assert add(client, new).status_code in (200, 303)
    asked = ask(client, row, digest)
    assert [key["id"] for key in json.loads(asked.text)["allowCredentials"]] == [words(new.id)]
    assert send(client, row, digest, new.signed(json.loads(asked.text))).status_code == 303


def test_only_who_signs_for_a_party_is_asked(world: World, row: Agreement) -> None:
    writer = sign_in(world.app.test_client(), world.writers[0])
    stranger = sign_in(world.app.test_client(), world.heads[2])
    digest = world.digest(row)

    assert ask(writer, row, digest).status_code == 403
    path = f"/agreements/{row.public_id}/sign/question?digest={digest}"
    assert post(stranger, path, page="/agreements/new").status_code == 404
