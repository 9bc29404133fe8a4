"""A tool that signs PDFs, with certificates made for tests."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore


class Issuer:
    """An issuer of certificates, whom a portal may trust or not."""

    def __init__(self, name: str = "Test issuer") -> None:
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.own = self._made(self.name, self.key, is_issuer=True)

    @property
    def pem(self) -> bytes:
        """The certificate, as an operator would put it into a file."""
        return bytes(self.own.public_bytes(serialization.Encoding.PEM))

    def tool(self, name: str, *, by_itself: bool = False) -> signers.SimpleSigner:
        """Return what signs in the name of a person; `by_itself` without this issuer."""
        key = ec.generate_private_key(ec.SECP256R1())
        about = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._made(about, key, signer=key if by_itself else None)
        der = serialization.Encoding.DER
        store = SimpleCertificateStore()
        store.register(asn1.Certificate.load(self.own.public_bytes(der)))
        plain = key.private_bytes(
            der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return signers.SimpleSigner(
            signing_cert=asn1.Certificate.load(made.public_bytes(der)),
            signing_key=keys.PrivateKeyInfo.load(plain),
            cert_registry=store,
        )

    def _made(self, name: x509.Name, key: Any, is_issuer: bool = False, signer: Any = None) -> Any:
        use = dict.fromkeys(
            ("data_encipherment", "key_encipherment", "key_agreement", "encipher_only",
             "decipher_only"), False,
        )  # fmt: skip
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if signer else self.name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=is_issuer, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=not is_issuer,
                    key_cert_sign=is_issuer,
                    crl_sign=is_issuer,
                    **use,
                ),
                critical=True,
            )
            .sign(signer or self.key, hashes.SHA256())
        )


def signed(pdf: bytes, tool: Any, field: str = "Signature1") -> bytes:
    """Return a PDF with a visible signature more, as a program for PDFs adds one."""
    about = signers.PdfSignatureMetadata(
        field_name=field, subfilter=fields.SigSeedSubFilter.PADES, md_algorithm="sha256"
    )
    seen = fields.SigFieldSpec(field, box=(40, 40, 240, 90))
    made = signers.PdfSigner(about, signer=tool, new_field_spec=seen)
    with ThreadPoolExecutor(1) as thread:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        return bytes(thread.submit(made.sign_pdf, writer).result().getbuffer())
