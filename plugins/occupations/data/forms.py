"""Split an occupation label into the forms people type and read.

ESCO joins feminine and masculine forms with a slash: "Schweißer/Schweißerin",
"rukovatelj/rukovateljica strojem", "Finanzmanager/in". Used when the pack is built.
"""

import re

_SHORT_ENDING = re.compile(r"^(?P<stem>.*\w)/-?(?P<ending>in|innen)(?=\s|$)(?P<rest>.*)$")
_COMPOUND_STUB = re.compile(r"-\s*/|/\s*-")


def split_forms(label: str) -> tuple[str, ...]:
    """The separate forms of a label, in its own order; the label itself where nothing is joined.

    A slash inside a word pair that is no pair of forms ("Import-/Exportmanager") stays.
    """
    text = " ".join(label.split()).strip(" /")
    if "/" not in text:
        return (text,) if text else ()
    short = _SHORT_ENDING.match(text)
    if short:
        stem, ending, rest = short["stem"], short["ending"], short["rest"]
        return (stem + rest, stem + ending + rest)
    parts = [part.strip() for part in text.split("/")]
    if len(parts) == 2 and all(parts) and not _COMPOUND_STUB.search(text):
        return _unique(_pair(parts[0], parts[1]))
    return _halves(text)


def _pair(left: str, right: str) -> tuple[str, str]:
    """Give both sides of one slash the words they share."""
    first, second = left.split(), right.split()
    if len(first) == len(second) and _akin(first[0], second[0]):
        return left, right
    if len(second) > len(first) and all(map(_akin, first, second)):
        return " ".join(first + second[len(first) :]), right
    if _akin(first[-1], second[0]) and not (len(first) > 1 and _akin(first[0], second[0])):
        head, tail = first[:-1], second[1:]
        return " ".join(first + tail), " ".join(head + second)
    return left, right


def _halves(text: str) -> tuple[str, ...]:
    """Split a label with several slashes in its middle when both halves begin alike."""
    places = [index for index, sign in enumerate(text) if sign == "/"]
    if len(places) % 2:
        middle = places[len(places) // 2]
        left, right = text[:middle].strip(), text[middle + 1 :].strip()
        if left and right and _akin(left.split()[0], right.split()[0]):
            return _unique((left, right))
    return (text,)


def _akin(one: str, other: str) -> bool:
    """Whether two words look like forms of one word: the same beginning, folded for case."""
    a, b = one.casefold(), other.casefold()
    shared = 0
    for x, y in zip(a, b, strict=False):
        if x != y:
            break
        shared += 1
    return shared >= 3 or shared >= min(len(a), len(b)) - 1 >= 1


def _unique(forms: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for form in forms if form))
