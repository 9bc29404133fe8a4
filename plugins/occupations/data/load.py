"""Read the packed occupations (ESCO) without unpacking them to disk."""

import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
PACK = FOLDER / "concepts.tsv.xz"
FIRST_LANGUAGE = "en"
ADDRESS = "http://data.europa.eu/esco/occupation/"


@dataclass(frozen=True)
class Concept:
    """One occupation.

    `id` is the first eight signs of the ESCO identifier, `isco_group` four digits.
    `labels` holds (language, label, preferred); the first preferred label of a language is
    the one to show, further preferred ones are its other forms (feminine, masculine).
    """

    id: str
    uuid: str
    isco_group: str
    labels: tuple[tuple[str, str, bool], ...]

    @property
    def uri(self) -> str:
        """The published address of the occupation."""
        return ADDRESS + self.uuid

    def label(self, language: str) -> str:
        """The label to show in this language, the English one where there is none."""
        shown = {lang: text for lang, text, preferred in reversed(self.labels) if preferred}
        return shown.get(language) or shown[FIRST_LANGUAGE]


def read_concepts(pack: Path = PACK) -> Iterator[Concept]:
    """All occupations in the order of their identifiers, one at a time."""
    with lzma.open(pack, "rt", encoding="utf-8", newline="\n") as lines:
        for line in lines:
            uuid, isco_group, *languages = line.rstrip("\n").split("\t")
            labels = tuple(label for entry in languages for label in _labels(entry))
            yield Concept(uuid[:8], uuid, isco_group, labels)


def _labels(entry: str) -> Iterator[tuple[str, str, bool]]:
    """Labels of one entry `lang|+preferred|+other form|synonym|...`."""
    language, *texts = entry.split("|")
    for text in texts:
        yield language, text.removeprefix("+"), text.startswith("+")
