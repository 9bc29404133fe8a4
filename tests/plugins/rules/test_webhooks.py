"""Messages to webhooks: signed, kept away from inner networks, tried again, given up in sight."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from plugins.rules import addresses, delivering, rules, sending, service
from plugins.rules.addresses import checked, is_public
from plugins.rules.models import FAILED, SENT, WAITING, Delivery, Webhook
from portal.clock import FixedClock
from portal.context import Context
from portal.errors import Invalid
from tests.factories import set_settings
from tests.plugins.rules.conftest import work

PAGE = Path(__file__).parents[3] / "docs" / "webhooks.md"
PUBLIC = "93.184.215.14"
SECRET = "whsec_" + "5" * 64

HOSTILE = """
https://127.0.0.1/ https://127.1/ https://127.0.1/ https://2130706433/ https://0x7f000001/
https://0x7f.0.0.1/ https://0177.0.0.1/ https://017700000001/ https://127.0.0.1./ https://0/
https://0.0.0.0/ https://10.0.0.1/ https://10.255.255.255/ https://172.16.0.1/ https://172.31.9.9/
https://192.168.0.1/ https://192.168.255.255/ https://169.254.169.254/latest/meta-data/
https://169.254.0.1/ https://168.63.129.16/ https://100.64.0.1/ https://100.127.255.255/
https://192.0.0.1/ https://192.0.2.1/ https://198.18.0.1/ https://198.51.100.7/ https://203.0.113.5/
https://192.88.99.1/ https://224.0.0.1/ https://239.255.255.250/ https://240.0.0.1/
https://255.255.255.255/ https://256.1.1.1/ https://1.2.3/ https://1.2.3.4.5/ https://3232235521/
https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/ https://[::ffff:7f00:1]/
https://[::127.0.0.1]/ https://[::ffff:8.8.8.8]/ https://[fe80::1]/ https://[fe80::1%25eth0]/
https://[fc00::1]/ https://[fd12:3456:789a::1]/ https://[fec0::1]/ https://[ff02::1]/
https://[2001:db8::1]/ https://[2002:7f00:1::]/ https://[2001:0:7f00:1::]/ https://[64:ff9b::7f00:1]/
https://[64:ff9b:1::7f00:1]/ https://[100::1]/ https://[3fff::1]/ https://[v1.fe80::a]/ https://[::1/
https://localhost/ https://LOCALHOST/ https://localhost./ https://a.localhost/ https://router/
https://printer.local/ https://db.internal/ https://metadata.google.internal/ https://nas.lan/
https://x.home.arpa/ https://wiki.corp/ https://1.0.0.127.in-addr.arpa/ https://abc.onion/
https://hooks.example.org:22/ https://hooks.example.org:0/ https://hooks.example.org:6379/
https://hooks.example.org:65536/ https://hooks.example.org:x/ https://hooks.example.org:80443/
https://user@hooks.example.org/ https://user:word@127.0.0.1/ https://hooks.example.org@127.0.0.1/
https://hooks.example.org#@127.0.0.1/ https://127.0.0.1\\@hooks.example.org/
https://hooks.example.org\\.localhost/ https:///in https://./ https://-a.example.org/
https://a..example.org/ https://%31%32%37.0.0.1/ https://127。0。0。1/ https://①②⑦.0.0.1/
https://hööks.example.org/ http://hooks.example.org/ http://127.0.0.1/ ftp://hooks.example.org/
file:///etc/passwd gopher://127.0.0.1:6379/_x javascript:alert(1) //hooks.example.org/in
hooks.example.org/in https:hooks.example.org https:/hooks.example.org/ data:text/plain,x
""".split()


@pytest.mark.parametrize("url", [*HOSTILE, "", "https://a b.example.org/", "https://e.org/\r\nX: y",
                                 "https://e.org/\0", "https://e.org/" + "x" * 1_000])  # fmt: skip
def test_a_hostile_address_is_refused_with_the_place(url: str) -> None:
    with pytest.raises(Invalid) as refusal:
        checked(url)

    assert refusal.value.field == "url"
    assert len(refusal.value.message) > 20


def test_there_are_enough_hostile_addresses() -> None:
    assert len(set(HOSTILE)) >= 60


@pytest.mark.parametrize(
    ("url", "host", "port", "path"),
    [
        ("https://hooks.example.org/in?a=1", "hooks.example.org", 443, "/in?a=1"),
        ("https://hooks.example.org", "hooks.example.org", 443, "/"),
        ("https://HOOKS.example.org:8443/in", "hooks.example.org", 8443, "/in"),
        ("https://xn--hks-smaa.example.org/", "xn--hks-smaa.example.org", 443, "/"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/"),
        ("https://[2606:4700::1111]:8443/", "2606:4700::1111", 8443, "/"),
        ("https://172.15.0.1/", "172.15.0.1", 443, "/"),
        ("https://localhost.example.org/", "localhost.example.org", 443, "/"),
    ],
)
def test_a_public_address_is_taken(url: str, host: str, port: int, path: str) -> None:
    target = checked(url)

    assert (target.host, target.port, target.path) == (host, port, path)


def test_http_is_taken_only_where_the_setting_says_so_and_never_inside() -> None:
    assert checked("http://hooks.example.org/", allow_http=True).port == 80
    for url in ("http://127.0.0.1/", "http://localhost/", "http://10.0.0.1:8443/"):
        with pytest.raises(Invalid):
            checked(url, allow_http=True)


# Names that lead inside


def answer_names(monkeypatch: pytest.MonkeyPatch, *turns: list[str]) -> list[str]:
    """Let names resolve to these addresses, another list each time; returns who was asked for."""
    asked: list[str] = []

    def resolve(host: str, port: int, **_more: Any) -> list[Any]:
        asked.append(host)
        found = turns[min(len(asked), len(turns)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port)) for text in found]

    monkeypatch.setattr(sending.socket, "getaddrinfo", resolve)
    return asked


@pytest.mark.parametrize(
    "found",
    [
        ["127.0.0.1"],
        ["::1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["fe80::1%eth0"],
        ["::ffff:192.168.0.1"],
        [PUBLIC, "192.168.0.1"],
        ["64:ff9b::a00:1"],
        ["0.0.0.0"],
        ["not an address"],
    ],
)
def test_a_name_that_leads_inside_is_refused(
    monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    answer_names(monkeypatch, found)
    monkeypatch.setattr(sending, "dial", lambda *_: pytest.fail("It was connected."))

    with pytest.raises(sending.Refused, match="no public address"):
        sending.send(checked("https://hooks.example.org/"), b"{}", {})


def test_a_name_that_changes_after_the_check_is_not_followed(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    asked = answer_names(monkeypatch, [PUBLIC], ["127.0.0.1"])
    dialled = receiver.stand_in(monkeypatch)

    receiver.send()
    with pytest.raises(sending.Refused):
        receiver.send()

    assert asked == ["hooks.example.org"] * 2  # one look-up a try
    assert dialled == [PUBLIC]


def test_every_address_class_is_known() -> None:
    assert is_public(PUBLIC)
    assert is_public("2606:4700::1111")
    assert not is_public("nonsense")


# The line itself


class Receiver:
    """A web server on this machine that stands in for a public one."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.answer: Callable[[Any], None] = lambda handler: say(handler, 200, b"Thank you")
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.seen.append((self.path, dict(self.headers), body))
                outer.answer(self)

            def log_message(self, *_args: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stand_in(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Take the calls to public addresses; returns which they were."""
        dialled: list[str] = []

        def dial(address: str, _port: int, seconds: float) -> socket.socket:
            dialled.append(address)
            opened = socket.socket()
            opened.settimeout(seconds)
            opened.connect(self.server.server_address)  # no look-up: that is watched
            return opened

        monkeypatch.setattr(sending, "dial", dial)
        return dialled

    def send(self) -> sending.Answer:
        return sending.send(checked("http://hooks.example.org/in", True), b"{}", {"X-Own": "1"})


def say(handler: Any, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver; the test lets it stand in."""
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def open_line(monkeypatch: pytest.MonkeyPatch, receiver: Receiver) -> Receiver:
    """A receiver at a public name."""
    answer_names(monkeypatch, [PUBLIC])
    receiver.stand_in(monkeypatch)
    return receiver


def test_a_message_arrives_whole(open_line: Receiver) -> None:
    answer = open_line.send()

    path, headers, body = open_line.seen[0]
    assert (answer.status, answer.text) == (200, "Thank you")
    assert (path, headers["Host"], headers["X-Own"]) == ("/in", "hooks.example.org", "1")
    assert body == b"{}"


def test_a_redirect_is_not_followed(open_line: Receiver) -> None:
    open_line.answer = lambda handler: say(handler, 302, b"", Location="https://127.0.0.1/")

    with pytest.raises(sending.NotSent, match="redirect"):
        open_line.send()

    assert len(open_line.seen) == 1


def test_of_a_long_answer_only_the_beginning_is_kept(open_line: Receiver) -> None:
    open_line.answer = lambda handler: say(handler, 200, b"x" * 100_000)

    assert open_line.send().text == "x" * 500


def test_a_server_that_drips_is_left_in_time(
    open_line: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SECONDS", 0.6)

    def drip(handler: Any) -> None:
        try:
            for _turn in range(40):
                handler.wfile.write(b"H")
                handler.wfile.flush()
                time.sleep(0.05)
        except OSError:
            pass

    open_line.answer = drip
    begun = time.monotonic()
    with pytest.raises(sending.NotSent, match="No answer within"):
        open_line.send()

    assert time.monotonic() - begun < 1.8


def test_a_message_that_is_too_large_is_refused() -> None:
    with pytest.raises(sending.Refused, match="64 KiB"):
        sending.send(checked("https://hooks.example.org/"), b"x" * (64 * 1024 + 1), {})


# Signatures, as receivers check them


def examples() -> dict[str, str]:
    return dict(re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S))


def test_the_signature_is_checked_as_the_page_says_in_python() -> None:
    space: dict[str, Any] = {}
    exec(examples()["python"], space)
    is_genuine, now = space["is_genuine"], int(time.time())
    signed = rules.signature(["another", SECRET], now, b'{"a":1}')

    assert is_genuine(SECRET, str(now), signed, b'{"a":1}')
    assert not is_genuine(SECRET, str(now), signed, b'{"a":2}')
    assert not is_genuine(SECRET + "x", str(now), signed, b'{"a":1}')
    old = rules.signature([SECRET], now - 400, b"{}")
    assert not is_genuine(SECRET, str(now - 400), old, b"{}")


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not here")
def test_the_signature_is_checked_as_the_page_says_in_a_shell(tmp_path: Path) -> None:
    signed = rules.signature([SECRET], 1_795_176_000, b'{"name":"R\xc4\xabga"}')
    for body, said in ((b'{"name":"R\xc4\xabga"}', "genuine\n"), (b"{}", "forged\n")):
        (tmp_path / "body").write_bytes(body)
        told = {"timestamp": "1795176000", "signatures": signed, "secret": SECRET}
        done = subprocess.run(
            ["/bin/sh", "-c", examples()["sh"]],
            cwd=tmp_path,
            env={**told, "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert done.stdout == said, done.stderr


# From the queue to the receiver


@pytest.fixture
def hook(app: Flask, ctx: Context) -> Webhook:
    """A webhook without encryption, as the setting allows it."""
    set_settings("rules", allow_http=True)
    return service.create_webhook(ctx, "Desk", "http://hooks.example.org/in")


def test_a_message_is_signed_and_noted(
    app: Flask, ctx: Context, hook: Webhook, open_line: Receiver
) -> None:
    service.send_test(ctx, hook)
    work(app, ctx)

    _path, headers, body = open_line.seen[0]
    delivery = Delivery.get()
    secret = service.show_secret(ctx, hook)
    stamp = int(headers["Webhook-Timestamp"])
    assert headers["Webhook-Signature"] == rules.signature([secret], stamp, body)
    assert headers["Webhook-Id"] == delivery.public_id
    assert headers["Webhook-Event"] == "webhook.tested"
    assert (delivery.state, delivery.status, delivery.answer) == (SENT, 200, "Thank you")


def test_while_a_secret_is_changed_both_sign(
    app: Flask, ctx: Context, clock: FixedClock, hook: Webhook, open_line: Receiver
) -> None:
    service.rotate_secret(ctx, hook)
    service.send_test(ctx, hook)
    work(app, ctx)
    clock.moment += delivering.OVERLAP + timedelta(seconds=1)
    service.send_test(ctx, hook)
    work(app, ctx)

    counts = [len(headers["Webhook-Signature"].split()) for _path, headers, _body in open_line.seen]
    assert counts == [2, 1]


def test_what_is_not_taken_is_tried_later_and_later_then_given_up_in_sight(
    app: Flask, ctx: Context, clock: FixedClock, hook: Webhook, open_line: Receiver
) -> None:
    open_line.answer = lambda handler: say(handler, 503, b"Closed")
    service.send_test(ctx, hook)
    work(app, ctx)
    assert (Delivery.get().state, Delivery.get().attempts) == (WAITING, 1)
    work(app, ctx)
    assert len(open_line.seen) == 1  # not before its time

    for _turn in range(delivering.ATTEMPTS + 2):
        clock.moment += timedelta(hours=1)
        work(app, ctx)

    dead = Delivery.get()
    assert (dead.state, dead.attempts, dead.status) == (FAILED, delivering.ATTEMPTS, 503)
    assert (dead.error, dead.answer) == ("It answered 503.", "Closed")
    assert len({headers["Webhook-Id"] for _path, headers, _body in open_line.seen}) == 1

    open_line.answer = lambda handler: say(handler, 204, b"")
    service.retry_delivery(ctx, dead)
    work(app, ctx)
    assert Delivery.get().state == SENT


def test_a_fault_of_ours_is_noted_too(
    app: Flask, ctx: Context, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "send", lambda *_: {}["gone"])
    service.send_test(ctx, hook)
    work(app, ctx)

    assert (Delivery.get().state, Delivery.get().attempts) == (WAITING, 1)
    assert Delivery.get().error == "KeyError: 'gone'"


def test_what_was_sent_is_not_sent_again(
    app: Flask, ctx: Context, hook: Webhook, open_line: Receiver
) -> None:
    service.send_test(ctx, hook)
    work(app, ctx)
    delivering.deliver(ctx, {"delivery": Delivery.get().id}, None)  # type: ignore[arg-type]

    assert len(open_line.seen) == 1


def test_a_name_that_leads_inside_is_given_up_at_once(
    app: Flask, ctx: Context, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_names(monkeypatch, ["10.0.0.7"])
    service.send_test(ctx, hook)
    work(app, ctx)

    assert (Delivery.get().state, Delivery.get().attempts) == (FAILED, 1)
    assert "10.0.0.7" in Delivery.get().error
    assert addresses.PORTS == (80, 443, 8443)
