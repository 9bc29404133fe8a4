"""A strict reader of calendar objects, written from RFC 5545 and RFC 5546 and from nothing else.

It shares no code with the library that writes them: what both read alike is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

NAME = re.compile(r"[A-Za-z0-9-]+")
PARAMETER = re.compile(r';([A-Za-z0-9-]+)=("[^"\x00-\x08\x0a-\x1f]*"|[^";:,\x00-\x08\x0a-\x1f]*)')
MOMENT = re.compile(r"\d{8}T\d{6}Z")
ONCE = {"UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "SUMMARY", "STATUS", "ORGANIZER", "URL",
        "DESCRIPTION", "LOCATION", "PRODID", "VERSION", "METHOD", "CALSCALE"}  # fmt: skip
NEEDED = {
    "REQUEST": {"ATTENDEE", "DTSTAMP", "DTSTART", "ORGANIZER", "SEQUENCE", "SUMMARY", "UID"},
    "CANCEL": {"ATTENDEE", "DTSTAMP", "ORGANIZER", "SEQUENCE", "UID"},
    "PUBLISH": {"DTSTAMP", "DTSTART", "ORGANIZER", "SUMMARY", "UID"},
}
"""What an event of each method has (RFC 5546, 3.2.1, 3.2.2, 3.2.5)."""
MARKS = {"\\": "\\", ";": ";", ",": ",", "n": "\n", "N": "\n"}


@dataclass
class Part:
    """A component: its name, its properties as (parameters, value), and what it holds."""

    name: str
    properties: dict[str, list[tuple[dict[str, str], str]]] = field(default_factory=dict)
    parts: list[Part] = field(default_factory=list)

    def value(self, name: str) -> str:
        """Return the value of a property that stands once."""
        ((_parameters, value),) = self.properties[name]
        return value

    def text(self, name: str) -> str:
        """Return a text without its escapes; fails for an escape that there is not."""
        value, found, at = self.value(name), "", 0
        while at < len(value):
            if value[at] == "\\":
                at += 1
                found += MARKS[value[at]]
            else:
                assert value[at] not in ";,", f"{name} has a bare {value[at]}"
                found += value[at]
            at += 1
        return found

    def moment(self, name: str) -> datetime:
        """Return a moment in UTC."""
        value = self.value(name)
        assert MOMENT.fullmatch(value), f"{name} is {value}"
        return datetime.strptime(value, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def lines_of(data: bytes) -> list[str]:
    """Return the lines, unfolded; each ends with CR and LF and has at most 75 octets (3.1)."""
    assert data.endswith(b"\r\n") and not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
    rows: list[bytes] = []
    for row in data[:-2].split(b"\r\n"):
        assert 0 < len(row) <= 75, row
        row.decode("utf-8")  # folding parts no letter
        if row[:1] in b" \t":
            rows[-1] += row[1:]
        else:
            rows.append(row)
    return [row.decode("utf-8") for row in rows]


def read(data: bytes) -> Part:
    """Read one calendar object. Fails for whatever the standards do not allow."""
    open_ones: list[Part] = []
    whole: Part | None = None
    for line in lines_of(data):
        assert whole is None, f"{line} stands behind the end"
        head = NAME.match(line)
        assert head, line
        name, at, parameters = head[0].upper(), head.end(), {}
        while found := PARAMETER.match(line, at):
            parameters[found[1].upper()], at = found[2].strip('"'), found.end()
        assert line[at : at + 1] == ":", line
        value = line[at + 1 :]
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", value), line
        if name == "BEGIN":
            open_ones.append(Part(value))
        elif name == "END":
            done = open_ones.pop()
            assert done.name == value, line
            if open_ones:
                open_ones[-1].parts.append(done)
            else:
                whole = done
        else:
            open_ones[-1].properties.setdefault(name, []).append((parameters, value))
    assert whole is not None and not open_ones and whole.name == "VCALENDAR"
    assert whole.value("VERSION") == "2.0" and whole.value("PRODID")
    method = whole.value("METHOD")
    for event in whole.parts:
        assert event.name == "VEVENT" and set(event.properties) >= NEEDED[method], event
        assert all(len(rows) == 1 for name, rows in event.properties.items() if name in ONCE)
        if "DTEND" in event.properties:
            assert event.moment("DTEND") > event.moment("DTSTART")
        for person in ("ORGANIZER", "ATTENDEE"):
            for _parameters, value in event.properties.get(person, []):
                assert value.startswith("mailto:"), value
    return whole
