"""Build the packed occupations from a folder of public source tables.

    python -m plugins.occupations.data.build SOURCE_FOLDER

SOURCE_FOLDER holds `esco/occupations.csv` and `esco/occupation-synonyms.csv`; README.md names
their publisher.
"""

import csv
import lzma
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from plugins.occupations.data.forms import split_forms

FOLDER = Path(__file__).parent
LABEL_LANGUAGES = (
    *("en", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu"),
    *("is", "it", "lt", "lv", "mt", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sv"),
)


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one source table."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def build_concepts(source: Path) -> None:
    """Join labels, synonyms and our own additions, one line an occupation."""
    synonyms: dict[tuple[str, str], list[str]] = defaultdict(list)
    for row in rows(FOLDER / "own_labels.csv"):
        synonyms[row["id"], row["lang"]].append(row["label"])
    for row in rows(source / "esco" / "occupation-synonyms.csv"):
        synonyms[row["id"][:8], row["lang"]].extend(split_forms(row["synonym"]))
    with lzma.open(FOLDER / "concepts.tsv.xz", "wb", preset=9 | lzma.PRESET_EXTREME) as pack:
        for row in sorted(rows(source / "esco" / "occupations.csv"), key=lambda row: row["id"]):
            entries = [_entry(row, lang, synonyms) for lang in LABEL_LANGUAGES]
            pack.write("\t".join([row["id"], row["isco_group"], *entries]).encode() + b"\n")


def _entry(row: dict[str, str], lang: str, synonyms: dict[tuple[str, str], list[str]]) -> str:
    preferred = split_forms(row[f"label_{lang}"])
    known = {form.casefold() for form in preferred}
    others = []
    for synonym in synonyms.get((row["id"][:8], lang), ()):
        if synonym and synonym.casefold() not in known:
            known.add(synonym.casefold())
            others.append(synonym)
    return "|".join([lang, *(f"+{form}" for form in preferred), *others])


def main(arguments: list[str]) -> None:
    """Build the pack from the folder named on the command line."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        raise SystemExit("Name the folder with the source tables: build SOURCE_FOLDER")
    build_concepts(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
