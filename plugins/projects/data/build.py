"""Copy the real part of the demonstration set from a folder of public source tables.

    python -m plugins.projects.data.build SOURCE_FOLDER

SOURCE_FOLDER holds `vet-cove/` and `eukcem-ii.json`; README.md names their publishers.
"""

import shutil
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
FILES = {
    "vet-cove/projects.csv": "cove-projects.csv",
    "vet-cove/participations.csv": "cove-participations.csv",
    "vet-cove/accredited-vet-at.csv": "accredited-at.csv",
    "eukcem-ii.json": "eukcem-ii.json",
}


def main(arguments: list[str]) -> None:
    """Copy the files, unchanged, from the folder named on the command line."""
    if len(arguments) != 1 or not Path(arguments[0]).is_dir():
        raise SystemExit("Name the folder with the source tables: build SOURCE_FOLDER")
    for origin, name in FILES.items():
        shutil.copyfile(Path(arguments[0]) / origin, FOLDER / name)


if __name__ == "__main__":
    main(sys.argv[1:])
