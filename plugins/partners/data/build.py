"""Build the packed fields of education from a folder of public source tables.

    python -m plugins.partners.data.build SOURCE_FOLDER

SOURCE_FOLDER holds `codes/isced-f-2013.csv`; README.md names its publisher.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parent
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


def main(arguments: list[str]) -> None:
    """Build it from the folder named on the command line."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        raise SystemExit("Name the folder with the source tables: build SOURCE_FOLDER")
    build_isced(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
