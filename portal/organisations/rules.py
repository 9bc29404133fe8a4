"""What an organisation's facts must look like: decisions on plain values, for forms and files alike.

Each function returns the value as it is kept, or raises Invalid naming the field and the mend.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import lru_cache, partial
from urllib.parse import urlsplit, urlunsplit

from babel import Locale

from portal.errors import Invalid
from portal.i18n import _
from portal.organisations.models import TYPES
from portal.text import sort_key, transliterate

NAME_LENGTH = 300
TEXT_LENGTH = 200
WEBSITE_LENGTH = 500
SLUG_LENGTH = 80

_BLANK = re.compile(r"[\s\x85]+")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_CONTROL = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
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
        told = _("Write at most %(most)s characters; there are %(count)s.")
        raise Invalid(told % {"most": longest, "count": len(text)}, field)
    return text


def clean_name(text: str) -> str:
    """Return a name in any script with 1 to 300 characters, at least one a letter or digit."""
    name = clean_text(text, "name", NAME_LENGTH)
    if not any(sign.isalnum() for sign in name):
        raise Invalid(_("Write the organisation's name."), field="name")
    return name


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
    told = _("Name the country with its two-letter code, for example DE.")
    if code:
        told = _("%(value)s is no two-letter country code, such as DE or LV.", value=code[:40])
    raise Invalid(told, field="country")


def organisation_type(text: str) -> str:
    """Return one of the types; case, blanks and underscores do not matter, empty is `other`."""
    key = text.strip().lower().replace(" ", "-").replace("_", "-") or "other"
    if key not in TYPES:
        told = _("%(value)s is no type of organisation. Choose one of: %(allowed)s.")
        raise Invalid(told % {"value": text.strip()[:40], "allowed": ", ".join(TYPES)}, "type")
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
    has_scheme = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:(?!\d)", text)
    try:
        parts = urlsplit(text if has_scheme else f"https://{text}")
        host = (parts.hostname or "").rstrip(".").lower()
        name, port = host.encode("idna").decode("ascii"), parts.port
    except ValueError:
        raise refusal from None
    is_web = parts.scheme in {"http", "https"} and "@" not in parts.netloc
    if not is_web or not _HOST.fullmatch(name) or len(name) > 253:
        raise refusal
    place = f"{host}:{port}" if port and port not in {80, 443} else host
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), parts.query, ""))


def domain_of(website: str) -> str:
    """Return the host of a cleaned address in ASCII, without `www.`."""
    host = urlsplit(website).hostname or "" if website else ""
    return host.encode("idna").decode("ascii").removeprefix("www.")


CHECKS: dict[str, Callable[[str], str]] = {
    "name": clean_name,
    "country": country_code,
    "type": organisation_type,
    "city": partial(clean_text, field="city"),
    "region": partial(clean_text, field="region"),
    "website": website_address,
}
"""What becomes of each fact that people type."""


def reserved_slugs(addresses: Iterable[str]) -> frozenset[str]:
    """Return the words that stand in the portal's addresses where others have a slug."""
    pages = set(addresses)
    folders = {page.partition("<slug>")[0] for page in pages if "/<slug>" in page}
    words = (page.removeprefix(at) for at in folders for page in pages if page.startswith(at))
    return frozenset(word.partition("/")[0] for word in words)


def slug_candidates(
    name: str, city: str, mark: str, reserved: Collection[str] = ()
) -> Iterator[str]:
    """Offer addresses for an organisation: the name, with its town, numbered, at last with `mark`.

    `mark` is random; names in scripts we can't write in Latin letters get it at once. Words that
    are `reserved` for pages are left out.
    """
    base = _in_address(name) or f"organisation-{mark}"
    if base not in reserved:
        yield base
    town = _in_address(city)
    if town and town not in base:
        yield f"{base}-{town}"
    yield from (f"{base}-{at}" for at in range(2, 6))
    yield f"{base}-{mark}"


@lru_cache(maxsize=4096)
def _in_address(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", transliterate(text)).strip("-")
    if len(slug) <= SLUG_LENGTH:
        return slug
    return slug[: SLUG_LENGTH + 1].rpartition("-")[0] or slug[:SLUG_LENGTH]
