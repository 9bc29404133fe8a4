"""The portal's seal: its key, sealing a PDF (PAdES B-B, or B-T), and checking what comes back."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from flask import current_app

from plugins.paper import stamping
from plugins.paper.making import available
from portal import settings
from portal.config import Config
from portal.context import Context
from portal.errors import ConfigError, Invalid, Unavailable
from portal.i18n import _
from portal.later import Later

x509 = Later("cryptography.x509")  # of the extra "pdf", as all of these
oid = Later("cryptography.x509.oid")
rsa = Later("cryptography.hazmat.primitives.asymmetric.rsa")
hashes = Later("cryptography.hazmat.primitives.hashes")
serialization = Later("cryptography.hazmat.primitives.serialization")
asn1_keys = Later("asn1crypto.keys")
asn1_x509 = Later("asn1crypto.x509")
certificates = Later("pyhanko_certvalidator.registry")
writing = Later("pyhanko.pdf_utils.incremental_writer")
fields = Later("pyhanko.sign.fields")
signers = Later("pyhanko.sign.signers")

OWN_FILE, KNOWN = "seal.pem", "seals"
FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----.+?-----END \1-----\n?", re.S)
YEARS, BITS = 10, 3072
MOST_BYTES = 20 * 1024 * 1024
SECONDS = 60
PLACE = 32_768
"""Digits that are kept free for a seal with a stamp of its time."""
LOOKING = Path(__file__).with_name("looking.py")


@dataclass(frozen=True)
class Mark:
    """A signature found in a PDF.

    `is_valid` means: not a byte changed that it covers, nothing added afterwards but what may be, and
    its certificate is one that this portal sealed with. Of others only `is_intact` can be said: who
    they are is not known here, unless `is_trusted`: a certificate that was named as trusted confirms
    it. `is_clean` is intact, and nothing came after it but signatures; `whole` says that it covers the
    whole file. `name` and `issuer` are what the certificate says of itself. `stamped_at` is when an
    authority (`stamper`) saw the signature; its own certificate is one that the operator trusts when
    `is_time_trusted`.
    """

    who: str
    fingerprint: str
    at: datetime | None
    is_ours: bool
    is_intact: bool
    is_valid: bool
    whole: bool
    name: str = ""
    issuer: str = ""
    is_clean: bool = False
    is_trusted: bool = False
    stamped_at: datetime | None = None
    stamper: str = ""
    is_time_trusted: bool = False


@dataclass(frozen=True)
class Seal:
    """What was found in a PDF: its signatures in their order, and the files in it."""

    marks: tuple[Mark, ...] = ()
    attachments: dict[str, bytes] = field(default_factory=dict)

    @property
    def is_sealed(self) -> bool:
        """Whether this portal once sealed it, valid or not."""
        return any(mark.is_ours for mark in self.marks)

    @property
    def is_valid(self) -> bool:
        """Whether this portal sealed it and it was not changed since."""
        ours = [mark for mark in self.marks if mark.is_ours]
        return bool(ours) and all(mark.is_valid for mark in ours)


def seal(ctx: Context, pdf: bytes, reason: str) -> bytes:
    """Return a PDF with the portal's seal, and with a stamp of its time where an authority gives one.

    Raises Unavailable without the extra "pdf", ConfigError.
    """
    if not available():
        raise Unavailable(_("This site seals nothing for now. Its operator can switch that on."))
    blocks = _blocks(ctx)
    store = certificates.SimpleCertificateStore()
    own, *others = [asn1_x509.Certificate.load(_der(one)) for one in blocks["CERTIFICATE"]]
    store.register_multiple(others)
    signer = signers.SimpleSigner(
        signing_cert=own,
        signing_key=asn1_keys.PrivateKeyInfo.load(_private(blocks["PRIVATE KEY"][0])),
        cert_registry=store,
    )
    about = signers.PdfSignatureMetadata(
        field_name="Seal",
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        reason=reason,
        name=settings.of(ctx)["site_name"],
    )
    unseen = fields.SigFieldSpec(
        "Seal", invis_sig_settings=fields.InvisSigSettings(box_out_of_bounds=True)
    )
    stamper = stamping.authority(ctx)
    if stamper is not None:
        stamped = signers.PdfSigner(
            about, signer=signer, timestamper=stamper, new_field_spec=unseen
        )
        try:
            made = _sealed(stamped, pdf, bytes_reserved=PLACE)
        except Exception as error:  # whatever an authority's answer makes the parsers raise
            stamping.note(ctx, f"{type(error).__name__}: {error}")
        else:
            stamping.note(ctx)
            return made
    return _sealed(signers.PdfSigner(about, signer=signer, new_field_spec=unseen), pdf)


def _sealed(sealer: Any, pdf: bytes, **more: Any) -> bytes:
    writer = writing.IncrementalPdfFileWriter(io.BytesIO(pdf))
    with ThreadPoolExecutor(1) as thread:  # it starts an event loop, and there may be one here
        made = thread.submit(sealer.sign_pdf, writer, **more).result()
    return bytes(made.getbuffer())


def check(pdf: bytes, trusted: str = "") -> Seal:
    """Look at a PDF from anywhere: who signed it, whether it was changed, what is embedded.

    `trusted` is the name of a file in the instance folder with certificates of others (PEM). A program
    of its own reads the PDF, with limits, so that no file can hold the portal up. Raises Invalid
    for what is no PDF, is encrypted, too large or can't be read, ConfigError for a file of certificates
    that is not there, Unavailable without the extra.
    """
    if not available():
        raise Unavailable(_("This site can't read PDFs for now. Its operator can switch that on."))
    if len(pdf) > MOST_BYTES:
        most = MOST_BYTES // (1024 * 1024)
        raise Invalid(_("This file is too large: a PDF has at most %(most)s MiB.", most=most))
    if b"%PDF-" not in pdf[:1024]:
        raise Invalid(_("This is no PDF. Choose the file as you got it."))
    found = _look(pdf, _trusted(trusted) if trusted else None, _stampers())
    if found.get("fault") == "encrypted":
        raise Invalid(
            _("This PDF is encrypted. Choose the file as you got it, without a password.")
        )
    if "fault" in found:
        raise Invalid(_("This PDF can't be read: it is damaged, or unlike any that we know."))
    return seal_from(found)


def seal_from(found: dict[str, Any]) -> Seal:
    """Return what `looking.look` found."""
    marks = tuple(
        Mark(**{**mark, **{name: _moment(mark[name]) for name in ("at", "stamped_at")}})
        for mark in found["marks"]
    )
    files = {name: base64.b64decode(data) for name, data in found["attachments"].items()}
    return Seal(marks, files)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _stampers() -> Path | None:
    """Return the file with authorities that confirm times; None where none is named or there."""
    name = settings.of(Context(), "paper")["tsa_file"]
    path = _instance() / name
    return path if FILE.fullmatch(name) and path.is_file() else None


def _trusted(name: str) -> Path:
    path = _instance() / name
    if not FILE.fullmatch(name) or not path.is_file():
        raise ConfigError(
            f"File of certificates {name!r}. Write the name of one in the instance folder."
        )
    return path


def count_certificates(name: str) -> int:
    """Return how many certificates stand in a file of the instance. Raises ConfigError."""
    try:
        return len(x509.load_pem_x509_certificates(_trusted(name).read_bytes()))
    except ValueError as error:
        raise ConfigError(f"File of certificates {name!r}: write certificates, as PEM.") from error


def _look(pdf: bytes, trusted: Path | None, stampers: Path | None) -> dict[str, Any]:
    command = [sys.executable, "-I", str(LOOKING), str(_instance() / KNOWN)]
    command += [str(path) if path else "" for path in (trusted, stampers)]
    with tempfile.TemporaryFile() as file:
        file.write(pdf)
        file.seek(0)
        try:
            done = subprocess.run(  # noqa: S603 (our own program)
                command, stdin=file, capture_output=True, timeout=SECONDS
            )
            found: dict[str, Any] = json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            raise Unavailable(_("This took too long. Try again in a minute.")) from None
        except ValueError:
            return {"fault": "unreadable"}
    return found


def state(ctx: Context) -> tuple[str, datetime | None]:
    """Return how the key is ("made", "supplied", "none") and until when its certificate is good.

    Raises ConfigError when the file that the setting names is not what it should be.
    """
    name = settings.of(ctx, "paper")["seal_file"]
    if not name and not (_instance() / OWN_FILE).exists():
        return "none", None
    own = x509.load_pem_x509_certificate(_blocks(ctx)["CERTIFICATE"][0])
    return "supplied" if name else "made", own.not_valid_after_utc


def _blocks(ctx: Context) -> dict[str, list[bytes]]:
    """Return the key and the certificates of the seal, made now when there is none."""
    name = settings.of(ctx, "paper")["seal_file"]
    if name and not FILE.fullmatch(name):
        raise ConfigError(f"Seal file {name!r}. Write the name of a file in the instance folder.")
    path = _instance() / (name or OWN_FILE)
    if not name and not path.exists():
        _write_once(path, _make(settings.of(ctx)["site_name"]), 0o600)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"Seal file {path.name}: {error.strerror}.") from error
    blocks: dict[str, list[bytes]] = {}
    for found in BLOCK.finditer(text):
        kind = found[1].decode().replace("RSA ", "").replace("EC ", "")
        blocks.setdefault(kind, []).append(found[0])
    if not blocks.get("PRIVATE KEY") or not blocks.get("CERTIFICATE"):
        raise ConfigError(
            f"Seal file {path.name}: write a private key and its certificate, as PEM."
        )
    own = blocks["CERTIFICATE"][0]
    known = _instance() / KNOWN / f"{sha256(_der(own)).hexdigest()}.pem"
    if not known.exists():
        _write_once(known, own, 0o644)
    return blocks


def _make(name: str) -> bytes:
    """Return a new private key with a certificate that it signed itself."""
    key = rsa.generate_private_key(65537, BITS)
    shown = name.strip()[:64] or "Portal"
    subject = x509.Name(
        [
            x509.NameAttribute(oid.NameOID.ORGANIZATION_NAME, shown),
            x509.NameAttribute(oid.NameOID.COMMON_NAME, f"{shown[:50]} document seal"),
        ]
    )
    now = datetime.now(UTC)
    use = dict.fromkeys(
        ("data_encipherment", "key_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
         "encipher_only", "decipher_only"), False,
    )  # fmt: skip
    own = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=365 * YEARS))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=True, content_commitment=True, **use), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    written: bytes = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return written + bytes(own.public_bytes(pem))


def _write_once(path: Path, text: bytes, mode: int) -> None:
    """Put a whole file there; whoever lost the race keeps the winner's."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        os.fchmod(file.fileno(), mode)
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(file.name, path)
    except FileExistsError:
        pass
    finally:
        Path(file.name).unlink()


def _der(pem: bytes) -> bytes:
    return bytes(x509.load_pem_x509_certificate(pem).public_bytes(serialization.Encoding.DER))


def _private(pem: bytes) -> bytes:
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (TypeError, ValueError) as error:
        raise ConfigError("The seal's private key has a passphrase or can't be read.") from error
    return bytes(
        key.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _instance() -> Path:
    config: Config = current_app.config["PORTAL"]
    return config.instance_path
