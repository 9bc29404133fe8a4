"""Build the packed fields of education from a folder of public source tables.

    python -m plugins.partners.data.build SOURCE_FOLDER

SOURCE_FOLDER holds `codes/isced-f-2013.csv`; README.md names its publisher.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

FOLDER = Path(__file__).parent


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
    """Fields of education; the shorter names that stand in the packed table are kept."""
    short = {row["code"]: row["short_en"] for row in rows(FOLDER / "isced.csv")}
    names = ("code", "level", "parent", "label_en")
    found = (
        (*(row[name] for name in names), short.get(row["code"], row["label_en"]))
        for row in rows(source / "codes" / "isced-f-2013.csv")
    )
    write(FOLDER / "isced.csv", (*names, "short_en"), list(found))


def main(arguments: list[str]) -> None:
    """Build it from the folder named on the command line."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        raise SystemExit("Name the folder with the source tables: build SOURCE_FOLDER")
    build_isced(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
