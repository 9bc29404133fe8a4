"""After names are deleted on schedule, what was published before still verifies by the public script."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from flask import Flask

from plugins.attendance import keeping
from plugins.roundtables import after, drawing
from plugins.roundtables.models import Draw, Interest, Need, Place
from plugins.roundtables.models import Series as SeriesRow
from portal.clock import FixedClock
from portal.context import Context
from tests.plugins.attendance.conftest import system
from tests.plugins.roundtables.conftest import again
from tests.plugins.roundtables.test_allocation import crowd, drawn

SCRIPT = Path(__file__).parents[3] / "docs" / "examples" / "verify_draw.py"


def verified(path: Path, published: str) -> tuple[int, str]:
    """Run the script that anybody can run."""
    command = [sys.executable, "-I", "-S", str(SCRIPT), str(path), "--published", published]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_published_hashes_and_tickets_verify_after_the_names_are_gone(
    site: Flask, ctx: Context, clock: FixedClock, tmp_path: Path
) -> None:
    series, host = crowd(site, ctx, clock, 6)
    drawn(host, series)
    drawing.show(host, again(series))
    made: Draw = Draw.get()
    before, bound = (
        drawing.result_text(made),
        json.loads(drawing.result_text(made))["hashes"]["all"],
    )
    people = [(row.name, row.email, row.salt) for row in Interest.select()]
    SeriesRow.update(state="held", over_at=clock.moment).where(SeriesRow.id == series.id).execute()

    clock.moment += timedelta(days=181)
    after.forget(system(ctx))
    keeping.forget(system(ctx))

    assert [model.select().count() for model in (Interest, Place, Need)] == [0, 0, 0]
    made = again(made)
    kept = drawing.result_text(made)
    assert made.pool == "" and kept == before
    assert not [cell for cells in people for cell in cells if cell in kept]
    (tmp_path / "result.json").write_text(kept, encoding="utf-8")
    assert verified(tmp_path / "result.json", bound) == (
        0,
        "All is right: hashes, draw, limits, chances.\n",
    )
    changed = kept.replace('"drawn": ', '"drawn": 1', 1)
    (tmp_path / "result.json").write_text(changed, encoding="utf-8")
    assert verified(tmp_path / "result.json", bound)[0] == 1
