"""Asks a time-stamping authority (RFC 3161) for a stamp over a seal: one request, short and small.

Needs the extra "pdf", so only `stamping` loads it, when a seal is made.
"""

from __future__ import annotations

import http.client
import ssl
from base64 import b64encode
from urllib.parse import urlsplit

from asn1crypto import cms, tsp
from pyhanko.sign.timestamps import TimeStamper

from plugins.paper.looking import RSA, is_plain_token, is_rsa

MOST_BYTES = 64 * 1024


class Authority(TimeStamper):  # type: ignore[misc]
    """An authority at an address; `login` is "name:password", empty for none."""

    def __init__(self, url: str, login: str, seconds: float) -> None:
        super().__init__()
        self.url, self.login, self.seconds = url, login, seconds

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a stamp that holds nothing but itself: what no signature covers is left out.

        Raises OSError when the authority does not answer with one, ValueError for one of another kind.
        """
        token = await super().async_timestamp(message_digest, md_algorithm)
        signed = token["content"]
        number = signed["signer_infos"][0]["sid"].chosen["serial_number"].native
        signed["certificates"] = [
            one for one in signed["certificates"] if one.chosen.serial_number == number
        ]
        if is_rsa(signed["signer_infos"][0]):
            signed["signer_infos"][0]["signature_algorithm"] = RSA
        plain = cms.ContentInfo.load(token.dump(force=True))
        if not is_plain_token(plain):
            raise ValueError("a stamp of a kind that is not known here")
        return plain

    async def async_request_tsa_response(self, req: tsp.TimeStampReq) -> tsp.TimeStampResp:
        """Send a request. Raises OSError with what came back."""
        where = urlsplit(self.url)
        host, port = where.hostname or "", where.port
        line = http.client.HTTPConnection(host, port, timeout=self.seconds)
        if where.scheme == "https":
            own = ssl.create_default_context()
            line = http.client.HTTPSConnection(host, port, timeout=self.seconds, context=own)
        headers = {"Content-Type": "application/timestamp-query", "Connection": "close"}
        if self.login:
            headers["Authorization"] = f"Basic {b64encode(self.login.encode()).decode()}"
        path = f"{where.path or '/'}?{where.query}" if where.query else where.path or "/"
        try:
            line.request("POST", path, req.dump(), headers)
            answer = line.getresponse()
            data = answer.read(MOST_BYTES + 1)
        except http.client.HTTPException as error:
            raise OSError(f"{type(error).__name__}") from error
        finally:
            line.close()
        if answer.status != 200 or len(data) > MOST_BYTES:
            raise OSError(f"answered {answer.status} with {len(data)} bytes")
        return tsp.TimeStampResp.load(data, strict=True)
