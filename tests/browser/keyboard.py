"""A person who has a keyboard and a narrow screen alone, and looks at each page that comes."""

from __future__ import annotations

import re
import time
from email import message_from_bytes, policy
from pathlib import Path
from types import TracebackType

from playwright.sync_api import Browser, BrowserContext, Locator, Page, TimeoutError

from tests.browser.test_every_page import violations

NARROW = {"width": 320, "height": 640}
MOST_TABS = 400
IN_FOCUS = "found => found.includes(document.activeElement)"


class Person:
    """A visitor at a site who never takes a mouse; `wrong` tells by page what was not right."""

    def __init__(
        self, browser: Browser, url: str, wrong: dict[str, list[str]], scripts: bool = True
    ) -> None:
        self.wrong, self.scripts = wrong, scripts
        self.context: BrowserContext = browser.new_context(
            java_script_enabled=scripts,
            reduced_motion="reduce",  # what fades in is looked at once it is there
            base_url=url,
            locale="en-GB",
            viewport=NARROW,
        )
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("pageerror", lambda error: self.note([f"script: {error}"]))

    def __enter__(self) -> Person:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.context.close()

    def note(self, found: list[str]) -> None:
        """Keep what is not right with the page that is open."""
        if found:
            self.wrong.setdefault(self.page.url, []).extend(found)

    def look(self) -> None:
        """Look at the page that came: accessible, and not wider than the screen.

        What looks for faults is a script itself; without scripts the width alone is looked at.
        """
        found = violations(self.page) if self.scripts else []
        width = self.page.evaluate("() => document.documentElement.scrollWidth")
        self.note(found + ([f"{width} wide"] if width > NARROW["width"] else []))

    def open(self, address: str) -> None:
        """Open a page by its address, as out of a mail."""
        answer = self.page.goto(address)
        assert answer is not None
        assert answer.ok, f"{answer.status} {address}"
        self.look()

    def reach(self, wanted: Locator) -> None:
        """Press Tab until something that is wanted has the focus."""
        for _press in range(MOST_TABS):
            if wanted.evaluate_all(IN_FOCUS):
                return
            self.page.keyboard.press("Tab")
        main = self.page.locator("main").inner_text()
        raise AssertionError(f"{wanted} can't be reached on {self.page.url}:\n{main}")

    def go(self, name: str) -> None:
        """Follow a link whose words have this in them."""
        self.follow(self.page.get_by_role("link", name=name))

    def send(self, name: str) -> None:
        """Press the button of a form, whose words begin so."""
        self.follow(self.page.get_by_role("button", name=re.compile(f"^{re.escape(name)}")))

    def follow(self, wanted: Locator) -> None:
        """Go to a link or button and press Enter; look at the page that comes."""
        self.reach(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        self.look()

    def unfold(self, words: str) -> None:
        """Open what is folded away, such as the menu."""
        self.reach(self.page.locator("summary", has_text=words))
        self.page.keyboard.press("Enter")

    def field(self, name: str, value: str = "") -> Locator:
        """Return a field of the page's form by the name it is sent with."""
        chosen = f"[value='{value}']" if value else ""
        return self.page.locator(f"main [name='{name}']{chosen}")

    def write(self, name: str, text: str) -> None:
        """Write into a field, in place of what stands there."""
        self.reach(self.field(name))
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(text)

    def tick(self, name: str, value: str = "yes") -> None:
        """Tick a box."""
        self.reach(self.field(name, value))
        if not self.field(name, value).first.is_checked():
            self.page.keyboard.press("Space")

    def choose(self, name: str, value: str) -> None:
        """Choose one of several: Tab goes to the group, the arrows from one to the next."""
        self.reach(self.field(name))
        self.page.keyboard.press("Space")
        for _press in range(self.field(name).count()):
            if self.field(name, value).is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{name} offers no {value}")

    def select(self, name: str, words: str) -> None:
        """Choose from a list by the first letters."""
        self.reach(self.field(name))
        self.page.keyboard.type(words)

    def sees(self, words: str) -> None:
        """Wait until the page shows these words."""
        try:
            self.page.locator("body", has_text=words).wait_for()
        except TimeoutError:
            main = self.page.locator("main").inner_text()
            raise AssertionError(f"{words!r} is not on {self.page.url}:\n{main}") from None

    def sign_in(self, email: str, password: str) -> None:
        """Sign in, from the menu of any page."""
        self.open("/")
        self.unfold("Menu")
        self.go("Sign in")
        self.write("email", email)
        self.write("password", password)
        self.send("Sign in")


def mailed_link(folder: Path, to: str, part: str, seconds: float = 60) -> str:
    """Wait for the newest mail to an address with a link that has this part; return the link."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for path in sorted((folder / "mail").glob("*.eml"), reverse=True):
            mail = message_from_bytes(path.read_bytes(), policy=policy.default)
            body = mail.get_body(("plain",))
            if to in str(mail["To"]) and body is not None:
                links = re.findall(r"https?://\S+", body.get_content())
                if found := [link for link in links if part in link]:
                    return str(found[0])
        time.sleep(0.2)
    raise AssertionError(f"no mail to {to} with a link to {part}")
