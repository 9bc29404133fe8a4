"""Build the packed files from a folder of public source tables.

    python -m plugins.partners.data.build SOURCE_FOLDER

SOURCE_FOLDER holds `esco/occupations.csv`, `esco/occupation-synonyms.csv`,
`codes/isced-f-2013.csv` and `vet-cove/`; README.md names their publishers.
"""

import csv
import lzma
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from plugins.partners.data.forms import split_forms

FOLDER = Path(__file__).parent
LABEL_LANGUAGES = (
    *("en", "bg", "cs", "da", "de", "el", "es", "et", "fi", "fr", "ga", "hr", "hu"),
    *("is", "it", "lt", "lv", "mt", "nl", "no", "pl", "pt", "ro", "sk", "sl", "sv"),
)
SHORT_NAMES = {
    "00": "General programmes",
    "06": "Information and communication technology (ICT)",
    "061": "Information and communication technology (ICT)",
    "0112": "Pre-school teaching",
    "0113": "Teaching without a subject",
    "0114": "Teaching a subject",
    "0211": "Audio-visual and media production",
    "0415": "Office work",
    "0416": "Wholesale and retail",
    "0612": "Databases and networks",
    "0613": "Software development",
    "0711": "Chemical processes",
    "0716": "Vehicles, ships and aircraft",
    "0722": "Glass, paper, plastic and wood",
    "0723": "Textiles, shoes and leather",
    "08": "Agriculture, forestry, fisheries, animals",
    "0811": "Crops and livestock",
    "0914": "Medical technology",
    "0921": "Care of older and disabled people",
    "0922": "Child care and youth work",
    "0923": "Social work",
    "1013": "Hotels, restaurants, catering",
    "1015": "Travel, tourism, leisure",
}


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of one source table."""
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def write(path: Path, header: Iterable[str], lines: Iterable[Iterable[str]]) -> None:
    """Write one packed table."""
    with path.open("w", encoding="utf-8", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


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


def build_isced(source: Path) -> None:
    """Fields of education with a shorter name where the official one is clumsy."""
    official = rows(source / "codes" / "isced-f-2013.csv")
    write(
        FOLDER / "isced.csv",
        ("code", "level", "parent", "label_en", "short_en"),
        (
            (
                row["code"],
                row["level"],
                row["parent"],
                row["label_en"],
                SHORT_NAMES.get(row["code"], row["label_en"]),
            )
            for row in official
        ),
    )


def build_demo(source: Path) -> None:
    """The real part of the demonstration set, unchanged."""
    for origin, name in (
        ("vet-cove/projects.csv", "cove-projects.csv"),
        ("vet-cove/participations.csv", "cove-participations.csv"),
        ("vet-cove/accredited-vet-at.csv", "accredited-at.csv"),
        ("eukcem-ii.json", "eukcem-ii.json"),
    ):
        shutil.copyfile(source / origin, FOLDER / "demo" / name)


def main(arguments: list[str]) -> None:
    """Build everything from the folder named on the command line."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        raise SystemExit("Name the folder with the source tables: build SOURCE_FOLDER")
    source = Path(arguments[0])
    build_concepts(source)
    build_isced(source)
    build_demo(source)


if __name__ == "__main__":
    main(sys.argv[1:])
