"""Links that mails carry, and what is kept sealed: a copy of the database alone opens neither."""

from __future__ import annotations

import base64
import hashlib
import secrets

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from plugins.roundtables.models import Interest, Place
from portal.config import Config
from portal.errors import NotFound
from portal.i18n import _

try:
    from cryptography.fernet import Fernet, InvalidToken
except ImportError:  # pragma: no cover  the extra is not installed
    Fernet = None  # type: ignore[assignment,misc]

MINE, GATE = "my", "gate"
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Letters of a receipt: none of them looks like another."""


def can_seal() -> bool:
    """Whether something can be kept sealed: the library for that is an extra."""
    return Fernet is not None


def new_receipt() -> str:
    """Return a code under which a person finds themselves in the published tickets: 7Q4M-K2XN."""
    letters = [secrets.choice(LETTERS) for _at in range(8)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def mine(interest: Interest) -> str:
    """Return the path of a person's own page."""
    return f"/round-tables/{MINE}/{_signer(MINE).dumps([interest.public_id, interest.mark])}"


def gate(place: Place, interest: Interest) -> str:
    """Return the path of the gate to a table, which may stand in calendars: it changes nothing."""
    return f"/round-tables/{GATE}/{_signer(GATE).dumps([place.public_id, interest.mark])}"


def find_interest(token: str) -> Interest:
    """Return whose page a link opens. Raises NotFound for made-up links and those before the last."""
    public_id, mark = _opened(MINE, token)
    found: Interest | None = Interest.get_or_none(
        Interest.public_id == public_id, Interest.mark == mark
    )
    if found is None or not mine(found).endswith(f"/{token}"):
        raise _over()
    return found


def find_place(token: str) -> Place:
    """Return the place whose gate a link opens. Raises NotFound."""
    public_id, mark = _opened(GATE, token)
    rows = Place.select(Place, Interest).join(Interest)
    found: Place | None = rows.where(Place.public_id == public_id, Interest.mark == mark).first()
    if found is None or not gate(found, found.interest).endswith(f"/{token}"):
        raise _over()
    return found


def _opened(purpose: str, token: str) -> tuple[str, str]:
    try:
        public_id, mark = _signer(purpose).loads(token)
        return str(public_id), str(mark)
    except (BadData, ValueError, TypeError):
        raise _over() from None


def _over() -> NotFound:
    return NotFound(_("This link does not work any more. Ask for a new one on the series' page."))


def _signer(purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), f"roundtables.{purpose}")


def _box() -> Fernet:
    config: Config = current_app.config["PORTAL"]
    key = hashlib.sha256(b"round tables of tessera\0" + config.signing_key().encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def seal(text: str) -> str:
    """Return a text as it is kept; empty for an empty one, and where nothing can be sealed."""
    return _box().encrypt(text.encode()).decode() if text and can_seal() else ""


def unseal(sealed: str) -> str:
    """Return a text that was sealed; empty when it can't be read any more."""
    if not sealed or not can_seal():
        return ""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:  # the site has another secret key now
        return ""
