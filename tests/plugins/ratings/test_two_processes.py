"""A released rating is there in the next search of every process."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from plugins.ratings import releasing
from tests.plugins.ratings.world import World

OTHER = """
import sys
from portal.app import create_app
from portal.config import Config
client = create_app(Config(instance=sys.argv[1], testing=True)).test_client()
for _line in sys.stdin:
    print(client.get("/api/v1/partners?q=Bakery").text.replace("\\n", " "), flush=True)
"""


@pytest.mark.full
def test_another_process_finds_the_score_in_its_next_search(world: World) -> None:
    folder = str(world.app.config["PORTAL"].instance)
    command = [sys.executable, "-c", OTHER, folder]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).parents[3],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin and process.stdout

        def quality() -> object:
            process.stdin.write("\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            found = json.loads(process.stdout.readline())["items"]  # type: ignore[union-attr]
            return found[0]["quality"] if found else None

        endings = [world.ask(sending=f"School {at}") for at in range(3)]
        assert quality() is None
        for ending in endings:
            world.rate(ending, "sending", 5)
        assert quality() is None
        world.clock.moment += timedelta(days=40)
        releasing.release(world.ctx)
        found = quality()
        assert isinstance(found, dict)
        assert found["raters"] == 3
        process.stdin.close()
