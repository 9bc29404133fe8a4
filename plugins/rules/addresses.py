"""Where webhooks may go: public addresses of the open internet, nothing else.

A request that an administrator can send anywhere reaches what only this server reaches: its own
services, the neighbours in its network, the metadata of its cloud. So addresses are held against
what is known to be public, once as typed and again as resolved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from portal.errors import Invalid
from portal.i18n import _

PORTS = (80, 443, 8443)
URL_LENGTH = 1_000
LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
UNSAFE = re.compile(r"[^\x21-\x7e]|[\\\"<>^`{|}]")
PRIVATE_NAMES = (
    "localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "private",
    "home.arpa", "in-addr.arpa", "ip6.arpa", "onion", "invalid", "test",
)  # fmt: skip
# What ipaddress counts as global, or did in some version, and is no place for a webhook.
CLOSED_V4 = [
    ip_network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
        "203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32",
    )
]  # fmt: skip
OPEN_V6 = ip_network("2000::/3")
CLOSED_V6 = [
    ip_network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
]


@dataclass(frozen=True)
class Target:
    """An address of a webhook in its parts; `path` has the question along."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """The host as HTTP names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (
            host if self.port == {"https": 443, "http": 80}[self.scheme] else f"{host}:{self.port}"
        )


def checked(url: str, allow_http: bool = False) -> Target:
    """Return the parts of an address. Raises Invalid with the place and the remedy."""
    url = url.strip()
    if not url or len(url) > URL_LENGTH:
        raise _wrong(_("Write an address of at most %(most)s characters.", most=URL_LENGTH))
    if UNSAFE.search(url):
        raise _wrong(_("Write it with plain letters, without blanks, quotes or backslashes."))
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _wrong(
            _("Host or port can't be read. Write it like https://hooks.example.org/in.")
        ) from None
    scheme = parts.scheme
    if scheme not in {"https", "http"} or not url.lower().startswith(f"{scheme}://"):
        raise _wrong(_("Write an address that begins with https://."))
    if scheme == "http" and not allow_http:
        raise _wrong(_("Write https:// instead of http://, so that nobody can read along."))
    if "@" in parts.netloc:
        raise _wrong(_("Leave out the part before the @; the signature shows who sends."))
    if "#" in url:
        raise _wrong(_("Leave out the part from the # on; it is never sent."))
    port = {"https": 443, "http": 80}[scheme] if port is None else port
    if port not in PORTS:
        allowed = ", ".join(map(str, PORTS))
        raise _wrong(
            _("Port %(port)s is closed. Use one of %(allowed)s.", port=port, allowed=allowed)
        )
    check_host(host, "[" in parts.netloc)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(scheme, host, port, path)


def check_host(host: str, bracketed: bool) -> None:
    """Raise Invalid for hosts that are no public name or address, in whatever spelling."""
    if bracketed or ":" in host:
        try:
            found = IPv6Address(host)
        except ValueError:
            raise _wrong(_("The address in square brackets can't be read.")) from None
        _check_address(found)
        return
    labels = host.split(".")
    if NUMBER.fullmatch(labels[-1]):
        try:
            _check_address(IPv4Address(host))
        except ValueError:
            raise _wrong(
                _("Write a number address as four numbers from 0 to 255, or better a name.")
            ) from None
        return
    if not all(LABEL.fullmatch(label) for label in labels) or len(host) > 253:
        raise _wrong(
            _(
                "The host %(host)s is no name. Names beyond a to z are written with xn--.",
                host=host[:80],
            )
        )
    if len(labels) < 2 or any(f".{host}".endswith(f".{name}") for name in PRIVATE_NAMES):
        raise _wrong(
            _("%(host)s is a name of an inner network. Use a public name.", host=host[:80])
        )


def _check_address(found: IPv4Address | IPv6Address) -> None:
    if not is_public(found):
        raise _wrong(
            _("%(address)s is no public address. Use one that everybody reaches.", address=found)
        )


def is_public(found: IPv4Address | IPv6Address | str) -> bool:
    """Whether an address belongs to the open internet; what wraps another address never does."""
    try:
        found = ip_address(found) if isinstance(found, str) else found
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in closed for closed in CLOSED_V4)
    inside = found in OPEN_V6 and not any(found in closed for closed in CLOSED_V6)
    return inside and not found.scope_id


def _wrong(text: str) -> Invalid:
    return Invalid(text, "url")
