"""Build the compact table of regions.

    python -m portal.data.build SOURCE_FOLDER

SOURCE_FOLDER holds `codes/nuts.csv`; README.md names its publisher.
"""

import csv
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def build_regions(source: Path) -> None:
    """Keep the regions below the country, which Babel names, without the "Extra-Regio" rows."""
    with (source / "codes" / "nuts.csv").open(encoding="utf-8", newline="") as lines:
        regions = [
            row
            for row in csv.DictReader(lines)
            if row["level"] != "0" and not row["label"].startswith("Extra-Regio")
        ]
    with (FOLDER / "nuts.csv").open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, ("code", "level", "country", "label"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(regions, key=lambda row: row["code"]))


def main(arguments: list[str]) -> None:
    """Build the table from the folder named on the command line."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        raise SystemExit("Name the folder with the source tables: build SOURCE_FOLDER")
    build_regions(Path(arguments[0]))


if __name__ == "__main__":
    main(sys.argv[1:])
