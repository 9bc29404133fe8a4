"""An OpenID provider in this process: knows one person, signs what it says, keeps what it was asked."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64encode
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "tessera"


class Provider:
    """A provider on a free port; `claims` and `lies` change what it says next."""

    def __init__(self, now: int) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signing_key = self.key
        self.now = now
        self.claims: dict[str, Any] = {"sub": "person-1", "name": "Ada Lovelace"}
        self.lies: dict[str, Any] = {}
        self.facts: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.asked: dict[str, str] = {}
        self.redeemed: list[dict[str, str]] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                known = {"/.well-known/openid-configuration": provider.described}
                known["/keys"] = lambda: {"keys": [provider.key.as_dict(private=False)]}
                self._say(known[self.path]())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                sent = {key: values[0] for key, values in parse_qs(body).items()}
                self._say(provider.token(sent, self.headers.get("Authorization", "")))

            def _say(self, answer: dict[str, Any]) -> None:
                body = json.dumps(answer).encode()
                self.send_response(400 if "error" in answer else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_values: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop."""
        self.server.shutdown()
        self.server.server_close()

    def described(self) -> dict[str, Any]:
        """Say what it is."""
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorise",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            **self.facts,
        }

    def visited(self, address: str) -> dict[str, str]:
        """Sign the person in; returns what the browser is sent back with."""
        parts = urlsplit(address)
        self.asked = {key: values[0] for key, values in parse_qs(parts.query).items()}
        return {"state": self.asked["state"], "code": "the-code"}

    def token(self, sent: dict[str, str], authorization: str) -> dict[str, Any]:
        """Exchange a code, once the secret behind the challenge is shown."""
        self.redeemed.append({**sent, "authorization": authorization})
        shown = urlsafe_b64encode(sha256(sent["code_verifier"].encode()).digest()).rstrip(b"=")
        if shown.decode() != self.asked["code_challenge"] or sent["code"] != "the-code":
            return {"error": "invalid_grant"}
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": self.now,
            "exp": self.now + 300,
            "nonce": self.asked["nonce"],
            **self.claims,
            **self.lies,
        }
        return {
            "id_token": jwt.encode(self.header, claims, self.signing_key),
            "token_type": "Bearer",
        }
