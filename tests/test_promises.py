"""What the portal promises about itself: imports, size, plugins that can be left out, documentation.

These tests read the code as it is; a new plugin, hook or setting is found without an edit here.
"""

from __future__ import annotations

import ast
import dataclasses
import io
import json
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from docs import generate
from portal import db
from portal.config import Config
from portal.organisations.rules import slug_candidates
from portal.organisations.service import pages_beside
from tests.visiting import unlisted

ROOT = Path(__file__).parent.parent
CORE_LINES = 6_500
KERNEL_LINES = 1_000
PLUGIN_LINES = 4_000
PLUGINS = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/plugin.toml"))


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files of the repository: those git knows, else all below known folders."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return tuple(path for name in sorted(listed.split("\0")) if (path := ROOT / name).is_file())


def below(folder: str, *suffixes: str) -> list[Path]:
    """Return the repository's files below a folder that end in one of the suffixes."""
    return [
        path
        for path in tracked()
        if path.is_relative_to(ROOT / folder) and (not suffixes or path.suffix in suffixes)
    ]


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


# Imports


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return all of a file's syntax tree."""
    return tuple(ast.walk(ast.parse(text_of(path))))


def imports(path: Path) -> Iterator[tuple[str, int, ast.stmt]]:
    """Yield module, line and statement of each import of a file; `from a import b` gives `a.b`."""
    for node in nodes(path):
        if isinstance(node, ast.Import):
            yield from ((name.name, node.lineno, node) for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((f"{node.module}.{name.name}", node.lineno, node) for name in node.names)


def test_the_import_contracts_are_kept() -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_imports_only_what_is_offered(plugin: str) -> None:
    wrong = []
    for path in below(f"plugins/{plugin}", ".py"):
        for module, line, _node in imports(path):
            parts = module.split(".")
            private = parts[0] == "portal" and any(
                part.startswith("_") and part != "_" for part in parts
            )
            foreign = parts[0] == "plugins" and len(parts) > 1 and parts[1] != plugin
            if private or (foreign and (len(parts) < 3 or parts[2] != "interface")):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {module}")

    assert wrong == []


ROOMS = {
    **dict.fromkeys(("plugin",), 4),
    **dict.fromkeys(("views", "cli", "api"), 3),
    **dict.fromkeys(("service", "queries"), 2),
    **dict.fromkeys(("policy", "rules", "models"), 1),
}


@pytest.mark.parametrize("plugin", PLUGINS)
def test_inside_a_plugin_nothing_is_imported_backwards(plugin: str) -> None:
    wrong = []
    for path in below(f"plugins/{plugin}", ".py"):
        room = path.relative_to(ROOT / "plugins" / plugin).parts[0].removesuffix(".py")
        for module, line, _node in imports(path):
            parts = module.split(".")
            other = parts[2] if parts[:2] == ["plugins", plugin] and len(parts) > 2 else ""
            if ROOMS.get(other, 0) > ROOMS.get(room, max(ROOMS.values())):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: {module}")

    assert wrong == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_only_the_loader_imports_a_plugins_entry(plugin: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in [*below("plugins", ".py"), *below("portal", ".py")]
        for module, line, _node in imports(path)
        if module == f"plugins.{plugin}.plugin" or module.startswith(f"plugins.{plugin}.plugin.")
    ]

    assert wrong == []


ADDRESS = ('"/setup/', '"')  # where administrators look, whoever answers there
NOUNS = {"members", "links"}  # words of the core too: of these it must name no page or module


@pytest.mark.parametrize("plugin", PLUGINS)
def test_the_core_never_names_a_plugin(plugin: str) -> None:
    name = rf"{plugin}\." if plugin in NOUNS else rf"{plugin}\b"
    wrong = [
        f"{path.relative_to(ROOT)}:{at}: {line.strip()}"
        for path in below("portal", ".py", ".js", ".css", ".html", ".toml")
        for at, line in enumerate(text_of(path).splitlines(), 1)
        if re.search(rf"\bplugins\.{plugin}\b|[\"'`/]{name}", line.replace(*ADDRESS))
    ]

    assert wrong == []


# The portal without plugins, with each alone, with each left out.

VISIT = """
import importlib, sys
from pathlib import Path
house = importlib.import_module("plugins")
house.__path__[:] = [sys.argv[1]]
from portal.app import create_app
from portal.config import Config
from tests.visiting import unlisted
from tests.conftest import prepare
from tests.factories import make_account, sign_in

app = create_app(Config(instance=sys.argv[2], testing=True))
registry = app.extensions["portal"].registry
prepare(registry)
statuses = {status.id: status.state for status in registry.statuses().values()}
assert set(statuses.values()) <= {"active", "incompatible"}, registry.statuses()
assert unlisted(app) == []
client = sign_in(app.test_client(), make_account(app, role="SiteAdmin"))
seen = {}
for address in ("/", "/organisations", "/setup/plugins", "/access", "/readyz"):
    answer = client.get(address, follow_redirects=True)
    assert answer.status_code == 200, (address, answer.status_code)
loaded = {name.split(".")[1] for name in sys.modules if name.startswith("plugins.")}
assert loaded <= set(statuses), loaded
print(sorted(name for name, state in statuses.items() if state == "active"))
"""


NURSERY = """
import gc, importlib, json, os, sys, traceback
from contextlib import suppress
gc.disable()  # they are over soon
for name in json.loads(sys.argv[1]):
    with suppress(ImportError):
        importlib.import_module(name)
for line in sys.stdin:
    child = os.fork()
    if not child:
        failed = 1
        *sys.argv[1:], program, out = json.loads(line)
        for stream in (1, 2):
            os.dup2(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND), stream)
        try:
            exec(program, {"__name__": "visit"})
            failed = 0
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(failed)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Callable[..., tuple[int, str]]]:
    """Run programs as processes of their own, which begin with what no plugin is needed for.

    They are forked from a process that has imported the core and the packages of others, but
    nothing of any plugin.
    """
    used = {name.split(".")[0] for path in below("plugins", ".py") for name, *_ in imports(path)}
    known = ["portal.app", "tests.conftest", "tests.factories", *sorted(used - {"plugins"})]
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY, json.dumps(known)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:

        def run(program: str, *arguments: str, out: Path) -> tuple[int, str]:
            assert running.stdin and running.stdout
            running.stdin.write(json.dumps([*arguments, program, str(out)]) + "\n")
            running.stdin.flush()
            code = int(running.stdout.readline())
            return code, out.read_text(encoding="utf-8")

        yield run
        assert running.stdin
        running.stdin.close()


def required(plugin: str) -> set[str]:
    """Return a plugin with all it builds on."""
    text = text_of(ROOT / "plugins" / plugin / "plugin.toml")
    found = re.search(r"^requires\s*=\s*\[(.*?)\]", text, re.M | re.S)
    names = re.findall(r"[\"']([a-z0-9_]+)", found[1]) if found else []
    return {plugin}.union(*(required(name) for name in names))


def subsets() -> list[Any]:
    """Return none, all, and all but four at a time.

    Among the long proofs: all but one, and each alone with what it builds on.
    """
    gone = [set(PLUGINS[at::STEP]) for at in range(STEP)]
    few = {(), tuple(PLUGINS)}
    few |= {tuple(name for name in PLUGINS if name not in part) for part in gone}
    long = {tuple(name for name in PLUGINS if name != plugin) for plugin in PLUGINS}
    long |= {tuple(sorted(required(plugin))) for plugin in PLUGINS}
    long -= few
    return [*sorted(few), *(pytest.param(one, marks=pytest.mark.full) for one in sorted(long))]


STEP = max(1, len(PLUGINS) // 4)
"""Every so many plugins one is left out, so that neighbours in the alphabet are not gone together."""


@pytest.mark.parametrize("chosen", subsets(), ids=lambda chosen: "+".join(chosen) or "none")
def test_the_portal_works_with_any_of_its_plugins(
    chosen: tuple[str, ...], nursery: Callable[..., tuple[int, str]], tmp_path: Path
) -> None:
    folder = tmp_path / "plugins"
    folder.mkdir()
    for plugin in chosen:
        (folder / plugin).symlink_to(ROOT / "plugins" / plugin)

    code, said = nursery(VISIT, str(folder), str(tmp_path / "instance"), out=tmp_path / "said")

    assert code == 0, said
    active = ast.literal_eval(said.splitlines()[-1])
    assert active == sorted(name for name in chosen if required(name) <= set(chosen))


# Hooks, settings, addresses


@cache
def answered() -> set[str]:
    """Return the names of functions that carry @hookimpl in plugins and tests."""
    found = set()
    for path in [*below("plugins", ".py"), *below("tests", ".py")]:
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef) and "hookimpl" in [
                name
                for decorator in node.decorator_list
                for name in re.findall(r"\w+", ast.unparse(decorator))
            ]:
                found.add(node.name)
    return found


@pytest.mark.parametrize("hook", generate.hook_functions())
def test_a_hook_has_a_policy_a_description_and_somebody_who_answers(hook: str) -> None:
    function = generate.hook_functions()[hook]
    policies = {"load", "isolate", "transact", "deny", "job"}

    assert generate.policy(function) in policies
    assert len((function.__doc__ or "").strip()) > 40
    assert next(iter(generate.inspect.signature(function).parameters)) == "ctx"
    assert hook in answered()


@pytest.mark.parametrize("hook", generate.hook_functions())
def test_a_hook_is_asked_by_the_core_or_a_house_plugin(hook: str) -> None:
    asked = re.compile(rf"[\"']{hook}[\"']")
    house = [f"plugins/{plugin}" for plugin in PLUGINS if is_of_the_house(plugin)]
    sources = [path for folder in ("portal", *house) for path in below(folder, ".py")]

    assert [path for path in sources if asked.search(text_of(path))]


def is_of_the_house(plugin: str) -> bool:
    manifest = text_of(ROOT / "plugins" / plugin / "plugin.toml")
    return re.search(r"^category\s*=\s*.house.", manifest, re.M) is not None


def test_the_generated_pages_are_up_to_date() -> None:
    assert generate.stale() == []


def test_each_setting_is_documented() -> None:
    page = text_of(ROOT / "docs" / "settings.md")

    for field in dataclasses.fields(Config):
        assert f"`{generate.variable(field.name)}`" in page
        assert field.metadata["sentence"].endswith(".")


def test_no_setting_is_named_that_does_not_exist() -> None:
    known = {generate.variable(field.name) for field in dataclasses.fields(Config)}
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in [*below("portal"), *below("plugins"), *below("docs"), *ROOT.glob("[M.R]*")]
        if path.suffix in {".py", ".md", ".toml", ".html"} or path.name in {"Makefile", "run"}
        for name in re.findall(r"\bPORTAL_[A-Z_]*[A-Z]\b", text_of(path))
        if name not in known
    }

    assert wrong == set()


def test_each_variable_that_is_read_is_documented() -> None:
    page = text_of(ROOT / "docs" / "settings.md")
    read = {
        name
        for folder in ("portal", "plugins", "docs")
        for path in below(folder, ".py")
        for name in variables_of(path)
    }

    assert read >= {"TSA_PASSWORD", "LANG"}
    assert [name for name in sorted(read) if f"`{name}`" not in page] == []


def variables_of(path: Path) -> Iterator[str]:
    """Name the variables that a module reads, in words or by a constant; `Config` reads settings."""
    assert "getenv" not in text_of(path)
    if "os.environ" not in text_of(path) or path.name == "config.py":
        return
    known = dict(re.findall(r"^([A-Z_]+) = (.+?)(?:  #.*)?$", text_of(path), re.M))
    loops = dict(re.findall(r"for (\w+) in ([A-Z_]+)\b", text_of(path)))
    for asked in re.findall(r"\bos\.environ(?:\.get\(|\[)([^],)]+)", text_of(path)):
        names = ast.literal_eval(known.get(loops.get(asked, asked), asked))
        yield from (names,) if isinstance(names, str) else names


def test_every_route_has_an_access_row(app: Flask) -> None:
    assert unlisted(app) == []


# Size


def code_lines(path: Path) -> int:
    """Count the lines that hold code: no blanks, comments or docstrings."""
    source = text_of(path)
    lines: set[int] = set()
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skipped and token.type != tokenize.ENDMARKER:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if first is not None and ast.get_docstring(node, clean=False) is not None:
                lines -= set(range(first.lineno, (first.end_lineno or 0) + 1))
    return len(lines)


def test_no_organisation_gets_the_address_of_a_page(app: Flask) -> None:
    app.add_url_rule("/partners/winter-school/<day>", "winter", lambda day: day)
    with app.app_context():
        reserved = pages_beside()

    assert {"compare", "new", "order", "winter-school"} <= reserved
    for rule in app.url_map.iter_rules():
        if found := re.fullmatch(r"/(?:organisations|partners|requests)/([a-z-]+)", rule.rule):
            assert found[1] not in slug_candidates(found[1], "", "x1y2", reserved)
            assert f"{found[1]}-bonn" in slug_candidates(found[1], "Bonn", "x1y2", reserved)


def test_code_lines_are_counted_as_promised(tmp_path: Path) -> None:
    path = tmp_path / "sample.py"
    path.write_text('"""Doc\nstring."""\n\n# comment\nx = 1  # more\n\ndef f():\n    """Doc."""\n')

    assert code_lines(path) == 2


def test_the_core_stays_small() -> None:
    assert sum(map(code_lines, below("portal", ".py"))) <= CORE_LINES


def test_the_plugin_kernel_stays_small() -> None:
    assert sum(map(code_lines, below("portal/kernel", ".py"))) <= KERNEL_LINES


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_stays_small(plugin: str) -> None:
    assert sum(map(code_lines, below(f"plugins/{plugin}", ".py"))) <= PLUGIN_LINES


# The repository speaks of itself only.

FOREIGN = {
    "a path of somebody's machine": r"(?<![\w.])/(work|home|Users|root|mnt)/\w",
    "a registry": r"index-url|extra-index|simple/?$|files\.pythonhosted|registry\.npmjs",
    "something unfinished": r"\b(TODO|FIXME|XXX|HACK)\b|coming soon|lorem ipsum",
}
BINARY = {".xz", ".woff2", ".png", ".ico", ".mo", ".gz"}


@pytest.mark.parametrize("kind", FOREIGN)
def test_the_repository_speaks_of_itself_only(kind: str) -> None:
    pattern = re.compile(FOREIGN[kind], re.I if kind != "something unfinished" else 0)
    wrong = [
        f"{path.relative_to(ROOT)}:{at}: {line.strip()[:80]}"
        for path in tracked()
        if path.suffix not in BINARY and path != Path(__file__) and "data" not in path.parts
        for at, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]

    assert wrong == []


def test_imports_stand_at_the_top() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in [*below("portal", ".py"), *below("plugins", ".py")]
        for outer in nodes(path)
        if isinstance(outer, ast.FunctionDef)
        for node in ast.walk(outer)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]

    assert wrong == []


@pytest.mark.parametrize("plugin", PLUGINS)
def test_a_plugin_says_what_it_is_for(plugin: str) -> None:
    readme = ROOT / "plugins" / plugin / "README.md"

    assert readme.exists()
    assert len(text_of(readme)) > 300


def numbered(folders: Iterable[Path]) -> Iterator[tuple[Path, list[int]]]:
    for folder in folders:
        names = {re.sub("_(sqlite|postgres)$", "", path.stem) for path in folder.glob("[0-9]*")}
        yield folder, sorted(int(name[:4]) for name in names)


def test_migrations_and_decisions_are_numbered_without_gaps() -> None:
    folders = [
        ROOT / "portal" / "migrations",
        *(ROOT / "plugins").glob("*/migrations"),
        ROOT / "docs" / "decisions",
    ]

    for folder, numbers in numbered(folders):
        assert numbers[:1] == [1], folder
        assert all(later == earlier + 1 for earlier, later in pairwise(numbers)), folder


@pytest.mark.parametrize("name", ["templates", "translations"])
def test_wheel_takes_the_house_along(name: str) -> None:
    assert (ROOT / "portal" / "house" / name).resolve() == ROOT / name


# Personal data

PERSONAL = set(
    "account actor agent address author body by comment decision email mail message name names note "
    "payload person phone recipient reply text typed".split()
)


def test_every_column_that_looks_personal_is_declared_or_explained(app: Flask) -> None:
    """The remedy: `[[personal_data]]` or `[impersonal]` in the plugin's plugin.toml, or in the core's
    portal/personal_data.toml.
    """
    manifests = [
        tomllib.loads(text_of(path))
        for path in [ROOT / "portal" / "personal_data.toml", *ROOT.glob("plugins/*/plugin.toml")]
    ]
    impersonal = {name for manifest in manifests for name in manifest.get("impersonal", {})}
    declared = {
        f"{entry['table']}.{column}"
        for manifest in manifests
        for entry in manifest.get("personal_data", [])
        for column in re.split(", ?", entry["column"])
    }
    existing, suspicious = set(), set()
    for table in db.database.get_tables():
        if table.endswith("_migration") or table == "migration_checksum":
            continue
        keys = {
            key.column for key in db.database.get_foreign_keys(table) if key.dest_table == "account"
        }
        for column in db.database.get_columns(table):
            existing.add(f"{table}.{column.name}")
            if column.name in keys or PERSONAL & set(column.name.split("_")):
                suspicious.add(f"{table}.{column.name}")

    assert suspicious - declared - impersonal == set()
    assert (declared | impersonal) - existing == set()
