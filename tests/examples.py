"""The notice board of docs/examples: as it is, as it was before, and put where a portal finds it.

`python -m tests.examples 0.1.0 FOLDER` installs a version for a portal that runs with FOLDER on its
path.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "docs" / "examples" / "tessera-pinboard"
PACKAGE = "tessera_pinboard"
NOW, BROKEN, BEFORE = "0.2.0", "0.1.1", "0.1.0"

# What 0.2.0 changed, taken back: the town, and the name of a writer whose account is gone.
CHANGES = [
    ("pyproject.toml", 'version = "0.2.0"', 'version = "0.1.0"'),
    (f"{PACKAGE}/plugin.toml", 'version = "0.2.0"\nschema = 2', 'version = "0.1.0"\nschema = 1'),
    (f"{PACKAGE}/models.py", '    town = TextField(default="")\n', ""),
    (f"{PACKAGE}/forms.py", '    town = StringField(lazy("Town"))\n', ""),
    (f"{PACKAGE}/service.py", ', "town": town}', "}"),
    (f"{PACKAGE}/views.py", '("kind", "title", "text", "town")', '("kind", "title", "text")'),
    (f"{PACKAGE}/templates/pinboard/new.html", '{{ field(form.town, width="half") }}\n', ""),
    (
        f"{PACKAGE}/labels.py",
        ' if notice.account else _("somebody whose account is gone")',
        "",
    ),
]
# What went wrong in 0.1.1: it names kinds of notices by a word that there is not.
FAULTS = [
    ("pyproject.toml", 'version = "0.1.0"', 'version = "0.1.1"'),
    (f"{PACKAGE}/plugin.toml", 'version = "0.1.0"', 'version = "0.1.1"'),
    (f"{PACKAGE}/templates/pinboard/_pieces.html", "labels.kind_name(", "labels.name_of_kind("),
]
PERSONAL = re.compile(r'\n\[\[personal_data\]\]\ntable = "\w+"\ncolumn = "town"\n.*?\n\n?$', re.S)


def write(folder: Path, version: str = NOW) -> Path:
    """Write the source of a version below a folder and return its place."""
    home = folder / SOURCE.name
    shutil.copytree(SOURCE, home, ignore=shutil.ignore_patterns("__pycache__", "*.mo", "build"))
    if version != NOW:
        for path in home.glob(f"{PACKAGE}/migrations/0002*"):
            path.unlink()
        for name, new, old in CHANGES + (FAULTS if version == BROKEN else []):
            _replace(home / name, new, old)
        manifest = home / PACKAGE / "plugin.toml"
        text, changed = PERSONAL.subn("\n", manifest.read_text(encoding="utf-8"))
        assert changed == 1
        manifest.write_text(text, encoding="utf-8")
    return home


def _replace(path: Path, new: str, old: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert new in text, f"{path.name} no longer has {new!r}"
    path.write_text(text.replace(new, old), encoding="utf-8")


def install(home: Path, target: Path) -> None:
    """Install a package below a folder, without network: as setuptools builds it, else by hand."""
    shutil.rmtree(target / PACKAGE, ignore_errors=True)
    for old in [*target.glob(f"{PACKAGE}*-info"), home / "build"]:
        shutil.rmtree(old, ignore_errors=True)
    if importlib.util.find_spec("setuptools"):
        build = [sys.executable, "-c", "import setuptools; setuptools.setup()", "--quiet"]
        acts = ["build", "--build-lib", str(target), "egg_info", "--egg-base", str(target)]
        subprocess.run([*build, *acts], cwd=home, check=True, capture_output=True)
        return
    shutil.copytree(home / PACKAGE, target / PACKAGE)
    project = (home / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"', project, re.M)
    assert version
    notes = target / f"{PACKAGE}-{version[1]}.dist-info"
    notes.mkdir()
    head = f"Metadata-Version: 2.1\nName: tessera-pinboard\nVersion: {version[1]}\n"
    (notes / "METADATA").write_text(head, encoding="utf-8")
    entry = f"[tessera.plugins]\npinboard = {PACKAGE}\n"
    (notes / "entry_points.txt").write_text(entry, encoding="utf-8")


if __name__ == "__main__":
    wanted, place = sys.argv[1], Path(sys.argv[2])
    place.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(place / "source", ignore_errors=True)
    install(write(place / "source", wanted), place)
