"""A time-stamping authority on a port of this machine, as RFC 3161 has them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper

DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM


class Authority:
    """Stamps what it is sent; `fault` makes it answer with that status instead."""

    def __init__(self) -> None:
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Clock of tests")])
        now = datetime.now(UTC)
        own = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=3_000))
            .not_valid_after(now + timedelta(days=3_000))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
            )
            .sign(key, hashes.SHA256())
        )
        private = key.private_bytes(
            DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        self.pem = own.public_bytes(PEM)
        self.stamper = DummyTimeStamper(
            asn1_x509.Certificate.load(own.public_bytes(DER)), keys.PrivateKeyInfo.load(private)
        )
        self.fault = 0
        self.logins: list[str] = []
        self.url = ""


@contextmanager
def listening() -> Iterator[Authority]:
    """Let an authority answer on a free port."""
    found = Authority()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.logins.append(self.headers.get("Authorization", ""))
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            answer = b"no"
            if not found.fault:
                answer = found.stamper.request_tsa_response(tsp.TimeStampReq.load(asked)).dump()
            self.send_response(found.fault or 200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_more: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/stamp"
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
