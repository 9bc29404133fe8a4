"""Steps whose SQL lies beside them: types of both engines, and what was changed is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal import db, migrate
from portal.errors import ConfigError

STEP = """
from pathlib import Path
from portal.migrate import run_script

def up(migrator, db):
    run_script(db, Path(__file__).with_suffix(".sql"))
"""
SCRIPT = """
-- Notes; a semicolon inside a line ends nothing.
CREATE TABLE shop_note (
    id {serial},
    word {binary} NOT NULL,
    done {boolean} NOT NULL,
    body {blob}
);
CREATE INDEX shop_note_word ON shop_note (word);

INSERT INTO shop_note (word, done, body) VALUES ('b', (1 = 1), NULL);
"""


@pytest.fixture
def space(tmp_path: Path) -> migrate.Namespace:
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "0001_create_notes.py").write_text(STEP, encoding="utf-8")
    (folder / "0001_create_notes.sql").write_text(SCRIPT, encoding="utf-8")
    return migrate.Namespace("shop", folder)


@pytest.mark.usefixtures("any_database")
def test_types_mean_the_same_on_both_engines(space: migrate.Namespace) -> None:
    migrate.run([space], backup=False)
    for word, body in (("Z", b"\x00\xff"), ("ä", b"")):
        db.execute("INSERT INTO shop_note (word, done, body) VALUES (?, ?, ?)", (word, False, body))

    rows = db.query("SELECT id, word, done, body FROM shop_note ORDER BY word")
    assert [word for _id, word, _done, _body in rows] == ["Z", "b", "ä"]
    assert [bool(done) for _id, _word, done, _body in rows] == [False, True, False]
    assert bytes(rows[0][3]) == b"\x00\xff"
    assert sorted(number for number, *_rest in rows) == [1, 2, 3]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("suffix", [".py", ".sql"])
def test_step_that_was_changed_after_it_ran_is_refused(
    space: migrate.Namespace, suffix: str
) -> None:
    migrate.run([space], backup=False)
    path = (space.folder / "0001_create_notes.py").with_suffix(suffix)
    path.write_text(f"{path.read_text('utf-8')}\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="was changed after it ran"):
        migrate.run([space], backup=False)
