"""The one text that is shown, hashed and signed: canonical JSON (RFC 8785), and what in it is material.

Pure functions on plain values. The exact bytes are kept and exported: whoever has them can check a
signature with any JSON and SHA-256, now and when this code is gone. `FORMAT` names these rules; other
rules get another name, and the old ones stay.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

import rfc8785

FORMAT = "tessera-agreement/1"
ALGORITHM = "sha256"
NEEDED = (
    "kind", "template", "template_version", "public_id", "version", "clauses", "parties", "languages",
)  # fmt: skip
MOST_BYTES = 4 * 1024 * 1024
DEEPEST = 12
KEY = re.compile(r"[A-Za-z0-9_.:-]{1,80}")
LARGEST = 2**53 - 1
JOINERS = "\n\t\u00ad\u200c\u200d"


def document(content: Mapping[str, Any]) -> bytes:
    """Return the bytes of a version: what its signers are shown, and what is hashed.

    `content` has `kind`, `template`, `template_version`, `public_id`, `version` (a number), `languages`,
    `parties` (each with `role`, `organisation`, `public_id`) and `clauses`, each with `id`, `title`,
    `text`, `material` and `values`. Title and text are one text, or one by language. A clause is
    material or clerical as a whole; `except` names values of it that are the other one. More keys may
    stand anywhere; they count as material. Numbers are whole. Raises ValueError naming the place.
    """
    written = {"format": FORMAT, **content}
    _check_shape(written)
    _check_value(written, "")
    data = rfc8785.dumps(written)
    if len(data) > MOST_BYTES:
        raise ValueError(f"{len(data)} bytes; at most {MOST_BYTES} can be signed.")
    return data


def read(data: bytes) -> dict[str, Any]:
    """Return what the bytes of a version say. Raises ValueError for others than `document` writes.

    Other bytes that mean the same are refused too: keys that stand twice, blanks, another order.
    """
    try:
        found = json.loads(data[: MOST_BYTES + 1])
    except (ValueError, RecursionError) as error:
        raise ValueError("This is no JSON.") from error
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise ValueError(f"This is no document of the format {FORMAT}.")
    if document(found) != data:
        raise ValueError("These bytes are not in canonical form.")
    return found


def digest(data: bytes) -> str:
    """Return the hash of bytes with the name of its algorithm: "sha256:..."."""
    return f"{ALGORITHM}:{sha256(data).hexdigest()}"


def material(found: bytes | Mapping[str, Any]) -> bytes:
    """Return the part of a version over which signatures stand, as canonical bytes.

    Left out are the version's number, titles and texts of clerical clauses, and clerical values. That a
    clause is clerical is itself material.
    """
    content = read(found) if isinstance(found, bytes) else {"format": FORMAT, **found}
    rest = {key: value for key, value in content.items() if key != "version"}
    return rfc8785.dumps({**rest, "clauses": [_matter(clause) for clause in content["clauses"]]})


def clean(text: str) -> str:
    """Return a typed text as `document` takes it: without invisible signs, one kind of line end."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(sign for sign in text if not _is_hidden(sign))


def is_material(clause: Mapping[str, Any], name: str) -> bool:
    """Whether a value of a clause is material."""
    return bool(clause["material"]) != (name in clause.get("except", ()))


def changes(old: bytes, new: bytes) -> list[tuple[str, bool]]:
    """Return the places at which two versions differ, each with whether it is material.

    A place is the clause's id and what of it changed ("assessment/text"), or a key of the document.
    """
    before, after = read(old), read(new)
    found = [(key, True) for key in _differing({**before, "clauses": 0}, {**after, "clauses": 0})]
    had, has = _by_id(before), _by_id(after)
    order = [*has, *(number for number in had if number not in has)]
    for number in order:
        if number not in had or number not in has:
            found.append((number, True))
        else:
            found += _changes_of(number, had[number], has[number])
    if [n for n in had if n in has] != [n for n in has if n in had]:
        found.append(("clauses", True))
    return [(place, is_) for place, is_ in found if place != "version"]


def _changes_of(
    number: str, old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterator[tuple[str, bool]]:
    for key in _differing(old, new):
        if key != "values":
            clerical = key in ("title", "text") and not (old["material"] or new["material"])
            yield f"{number}/{key}", not clerical
    for name in _differing(old.get("values", {}), new.get("values", {})):
        yield f"{number}/{name}", is_material(old, name) or is_material(new, name)


def _differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    nothing = object()
    return [key for key in {**old, **new} if old.get(key, nothing) != new.get(key, nothing)]


def _by_id(content: Mapping[str, Any]) -> dict[str, Any]:
    return {clause["id"]: clause for clause in content["clauses"]}


def _matter(clause: Mapping[str, Any]) -> dict[str, Any]:
    hidden = () if clause["material"] else ("title", "text")
    kept = {key: value for key, value in clause.items() if key not in hidden}
    values = clause.get("values", {})
    return {**kept, "values": {k: v for k, v in values.items() if is_material(clause, k)}}


def _check_shape(content: Mapping[str, Any]) -> None:
    missing = [key for key in NEEDED if key not in content]
    if missing:
        raise ValueError(f"Missing: {', '.join(missing)}.")
    if content["format"] != FORMAT:
        raise ValueError(f"The format is {content['format']!r}; this writes {FORMAT!r}.")
    if type(content["version"]) is not int:
        raise ValueError("version: write a number.")
    for name, keys in (
        ("clauses", ("id", "title", "text", "material")),
        ("parties", ("role", "organisation", "public_id")),
    ):
        rows = content[name]
        if not isinstance(rows, Sequence) or isinstance(rows, str):
            raise ValueError(f"{name}: write a list.")
        for at, row in enumerate(rows):
            if not isinstance(row, Mapping) or any(key not in row for key in keys):
                raise ValueError(f"{name} {at + 1}: write {', '.join(keys)}.")
    ids = [clause["id"] for clause in content["clauses"]]
    if not all(isinstance(one, str) and KEY.fullmatch(one) for one in ids):
        raise ValueError("clauses: each needs an id in letters, digits and . _ : -")
    if len(set(ids)) != len(ids):
        raise ValueError("clauses: an id stands twice.")
    for clause in content["clauses"]:
        if type(clause["material"]) is not bool or not isinstance(
            clause.get("values", {}), Mapping
        ):
            raise ValueError(f"{clause['id']}: material is true or false, values have names.")
        if not isinstance(clause.get("except", ()), list | tuple):
            raise ValueError(f"{clause['id']}: except is a list of names.")


def _check_value(value: Any, place: str, depth: int = 0) -> None:
    """Let in what every language reads alike: texts, whole numbers, yes and no, nothing, lists, names."""
    if depth > DEEPEST:
        raise ValueError(f"{place}: nested too deeply.")
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str) or not KEY.fullmatch(key):
                raise ValueError(f"{place}/{key}: a name has letters, digits and . _ : -")
            _check_value(item, f"{place}/{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for at, item in enumerate(value):
            _check_value(item, f"{place}/{at}", depth + 1)
    elif not (value is None or type(value) is bool or _is_whole(value)):
        raise ValueError(f"{place}: {value!r} is neither a text nor a whole number below 2^53.")


def _is_whole(value: Any) -> bool:
    return type(value) is int and abs(value) <= LARGEST


def _check_text(text: str, place: str) -> None:
    """Refuse signs that nobody can see: a text must not mean more than it shows."""
    found = set(filter(_is_hidden, set(text)))  # a long text has few different signs
    for sign in text if found else ():
        if sign in found:
            raise ValueError(f"{place}: holds the invisible sign U+{ord(sign):04X}.")


def _is_hidden(sign: str) -> bool:
    return sign not in JOINERS and unicodedata.category(sign) in ("Cc", "Cs", "Cf")
