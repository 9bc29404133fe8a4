"""A demonstration site on a port of its own and a real Chromium to look at it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent.parent
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
Open = Callable[..., Page]


def chromium() -> str:
    """Return Chromium's path; without it the stories are skipped unless they are required."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        message = "Chromium is missing. Install it: apt-get install chromium"
        if os.environ.get("BROWSER_TESTS") == "required":
            pytest.fail(message)
        pytest.skip(message)
    return found


@dataclass(frozen=True)
class Site:
    """A running demonstration site."""

    url: str
    instance: Path
    password: str

    def account(self, name: str) -> tuple[str, str]:
        """Return address and password of a demonstration account."""
        return f"{name}@demo.example", self.password


@pytest.fixture(scope="session")
def demo_instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a site filled as `portal demo` does."""
    instance = tmp_path_factory.mktemp("demo") / "instance"
    filled = subprocess.run(
        [sys.executable, "-m", "portal", "demo"],
        cwd=ROOT,
        env={**os.environ, "PORTAL_INSTANCE": str(instance)},
        capture_output=True,
        text=True,
    )
    assert filled.returncode == 0, filled.stdout + filled.stderr
    return instance


@pytest.fixture(scope="session")
def site(demo_instance: Path) -> Iterator[Site]:
    """The demonstration site, served on a free port."""
    chromium()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    running = subprocess.Popen(
        [sys.executable, "-m", "portal", "serve", "--port", str(port), "--no-worker"],
        cwd=ROOT,
        env={**os.environ, "PORTAL_INSTANCE": str(demo_instance), "PORTAL_BASE_URL": url},
    )
    try:
        _wait(f"{url}/readyz")
        password = (demo_instance / "demo-password").read_text(encoding="ascii").strip()
        yield Site(url, demo_instance, password)
    finally:
        running.terminate()
        running.wait(20)


def _wait(address: str) -> None:
    for _try in range(200):
        try:
            urllib.request.urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{address} did not answer")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = chromium()
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[Open]:
    """Open pages: `open_page("/partners", as_="member", scripts=False, width=320)`.

    Whatever the browser complains about, and whatever leaves the site, fails the test at its end.
    """
    complaints: list[str] = []
    with ExitStack() as stack:

        def opened(
            address: str = "/",
            as_: str = "",
            scripts: bool = True,
            width: int = 1280,
            height: int = 900,
            **more: Any,
        ) -> Page:
            context = browser.new_context(
                base_url=site.url,
                java_script_enabled=scripts,
                viewport={"width": width, "height": height},
                **{"locale": "en-GB", **more},
            )
            stack.callback(context.close)
            page = context.new_page()
            page.set_default_timeout(10_000)
            page.on("pageerror", lambda error: complaints.append(f"script: {error}"))
            page.on("console", lambda line: _note(complaints, line.type, line.text))
            page.on("request", lambda request: _stay_home(complaints, site.url, request.url))
            if as_:
                sign_in(page, *site.account(as_))
            page.goto(address)
            return page

        yield opened
    assert complaints == []


def _note(complaints: list[str], kind: str, text: str) -> None:
    refused = re.search(r"status of (4\d\d)", text)  # a page that is meant to be refused
    if kind == "error" and not refused:
        complaints.append(f"console: {text}")


def _stay_home(complaints: list[str], home: str, address: str) -> None:
    if not address.startswith((home, "blob:", "about:")):
        complaints.append(f"left the site: {address}")


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in as people do."""
    page.goto("/account/sign-in")
    page.locator("main input[name=email]").fill(email)
    page.locator("main input[name=password]").fill(password)
    page.locator("main form:has(input[name=password]) button").last.click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


def press(page: Page, name: str) -> None:
    """Press the button of this name."""
    page.get_by_role("button", name=name, exact=True).click()
