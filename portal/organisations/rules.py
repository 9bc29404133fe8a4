"""What an organisation's facts must look like: decisions on plain values, for forms and files alike.

Each function returns the value as it is kept, or raises Invalid naming the field and the mend.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit, urlunsplit

from babel import Locale

from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import TYPES
from portal.organisations.names import soften
from portal.text import sort_key, transliterate

NAME_LENGTH = 300
TEXT_LENGTH = 200
WEBSITE_LENGTH = 500
SLUG_LENGTH = 80
SHARED_BY_MANY = 3
"""A domain of more organisations than this (a city's, a provider's) says nothing."""
RESERVED_SLUGS = frozenset({"new", "cases", "receipts", "compare", "organisation"})
# Hosts under which unrelated people have pages: sharing one says nothing.
PLATFORMS = frozenset(
    "facebook.com linkedin.com instagram.com youtube.com x.com twitter.com google.com "
    "sites.google.com wordpress.com blogspot.com wixsite.com github.io".split()
)

_BLANK = re.compile(r"[\s\x85]+")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_SCHEME = re.compile(r"[a-z][a-z0-9_-]{0,19}")
_IDENTIFIER = {
    "pic": re.compile(r"\d{9}"),
    "oid": re.compile(r"E\d{8}"),
    "lei": re.compile(r"[A-Z0-9]{18}\d{2}"),
    "ror": re.compile(r"0[a-z0-9]{8}"),
}
_NOT_ISO = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
_OTHER_COUNTRY_CODES = {"EL": "GR", "UK": "GB"}


def clean_text(text: str, field: str, longest: int = TEXT_LENGTH) -> str:
    """Return a line of text in NFC with collapsed blanks; may be empty."""
    if not text:
        return ""
    if not text.isprintable() or not text.isascii():
        text = _INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    if _CONTROL.search(text):
        raise Invalid(_("Take the control characters out of this text."), field=field)
    text = _BLANK.sub(" ", text).strip()
    if len(text) > longest:
        raise Invalid(
            _(
                "Write at most %(most)s characters; there are %(count)s.",
                most=longest,
                count=len(text),
            ),
            field=field,
        )
    return text


def clean_name(text: str) -> str:
    """Return a name in any script with 1 to 300 characters, at least one a letter or digit."""
    name = clean_text(text, "name", NAME_LENGTH)
    if not any(sign.isalnum() for sign in name):
        raise Invalid(_("Write the organisation's name."), field="name")
    return name


def clean_town(text: str) -> str:
    """Return a town, in mixed case where a register wrote it wholly in capitals; may be empty."""
    town = soften(clean_text(text, "city"))
    return town.capitalize() if town.isupper() and town.isalpha() and len(town) > 3 else town


def folded(name: str) -> str:
    """Return the form under which names are compared; bounded, as databases index it."""
    return sort_key(name)[:NAME_LENGTH]


@lru_cache(maxsize=1)
def country_codes() -> frozenset[str]:
    """Return the ISO 3166 alpha-2 codes, and XK."""
    codes = (str(code) for code in Locale("en").territories)
    return frozenset(code for code in codes if len(code) == 2 and code.isalpha()) - _NOT_ISO


@lru_cache(maxsize=1024)
def country_code(text: str) -> str:
    """Return the ISO alpha-2 code; EL is read as GR and UK as GB.

    Raises Invalid for anything else, names of countries included.
    """
    code = text.strip().upper()
    code = _OTHER_COUNTRY_CODES.get(code, code)
    if code in country_codes():
        return code
    if not code:
        raise Invalid(
            _("Name the country with its two-letter code, for example DE."), field="country"
        )
    raise Invalid(
        _("%(value)s is no two-letter country code, such as DE or LV.", value=text.strip()[:40]),
        field="country",
    )


def organisation_type(text: str) -> str:
    """Return one of the types; case, blanks and underscores do not matter, empty is `other`."""
    key = text.strip().lower().replace(" ", "-").replace("_", "-")
    if not key:
        return "other"
    if key not in TYPES:
        raise Invalid(
            _(
                "%(value)s is no type of organisation. Choose one of: %(allowed)s.",
                value=text.strip()[:40],
                allowed=", ".join(TYPES),
            ),
            field="type",
        )
    return key


def website_address(text: str) -> str:
    """Return the http or https address of a website: host in small letters, no fragment, no login."""
    text = clean_text(text, "website", WEBSITE_LENGTH)
    if not text:
        return ""
    refusal = Invalid(
        _("%(value)s is no address of a website, such as https://school.example.", value=text[:60]),
        field="website",
    )
    if " " in text or "\\" in text:
        raise refusal
    try:
        parts = urlsplit(
            text if re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)", text) else f"https://{text}"
        )
        host = (parts.hostname or "").rstrip(".").lower()
        name = host.encode("idna").decode("ascii")
        port = parts.port
    except ValueError:
        raise refusal from None
    if parts.scheme.lower() not in {"http", "https"} or "@" in parts.netloc:
        raise refusal
    if not _HOST.fullmatch(name) or len(name) > 253:
        raise refusal
    place = f"{host}:{port}" if port and port not in {80, 443} else host
    return urlunsplit((parts.scheme.lower(), place, parts.path.rstrip("/"), parts.query, ""))


def domain_of(website: str) -> str:
    """Return the host of a cleaned address in ASCII, without `www.`."""
    host = urlsplit(website).hostname or "" if website else ""
    return host.encode("idna").decode("ascii").removeprefix("www.")


def identifier(scheme: str, value: str) -> tuple[str, str]:
    """Return an identifier as it is kept. OID, PIC, LEI and ROR are checked for their shape."""
    scheme = scheme.strip().lower()
    value = clean_text(value, "identifiers", 60).replace(" ", "")
    if not _SCHEME.fullmatch(scheme) or not value:
        raise Invalid(
            _(
                "%(value)s is no identifier. Write scheme:value, for example pic:123456789.",
                value=f"{scheme}:{value}"[:60],
            ),
            field="identifiers",
        )
    if scheme in {"oid", "lei"}:
        value = value.upper()
    elif scheme == "ror":
        value = value.lower().rstrip("/").rpartition("/")[2]
    shape = _IDENTIFIER.get(scheme)
    if shape and not shape.fullmatch(value):
        raise Invalid(
            _(
                "%(value)s is no %(scheme)s number; please check its digits.",
                value=value,
                scheme=scheme.upper(),
            ),
            field="identifiers",
        )
    return scheme, value


@lru_cache(maxsize=4096)
def _latin(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", transliterate(text)).strip("-")


def slug_candidates(name: str, city: str, mark: str) -> Iterator[str]:
    """Offer addresses for an organisation: the name, with its town, numbered, at last with `mark`.

    `mark` is random; names in scripts we can't write in Latin letters get it at once.
    """
    base = _shortened(_latin(name))
    if not base:
        base = f"organisation-{mark}"
    if base not in RESERVED_SLUGS:
        yield base
    town = _shortened(_latin(city))
    if town and town not in base:
        yield f"{base}-{town}"
    for at in range(2, 6):
        yield f"{base}-{at}"
    yield f"{base}-{mark}"


def _shortened(slug: str) -> str:
    if len(slug) <= SLUG_LENGTH:
        return slug
    return slug[: SLUG_LENGTH + 1].rpartition("-")[0] or slug[:SLUG_LENGTH]
