"""The viewer in a real browser: by keyboard, on a phone, and while the log grows."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt.analysis.filters import Filters
from hilt.cli.pages import write_page
from hilt.io.read.events import read_events
from tests.cli.test_viewer import EVIL, exchange, written
from tests.examples.browser import browser_path, opened_browser

pytest.importorskip("starlette", reason='the viewer needs pip install "hilt[view]"')
uvicorn = pytest.importorskip("uvicorn")

from hilt.cli.view import server_config  # noqa: E402 # what it needs may be missing
from hilt.cli.viewer.app import Viewer, make_app  # noqa: E402 # what it needs may be missing

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def viewed(log: Path) -> Iterator[str]:
    """The address of a viewer that runs as by `hilt view`."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        app = make_app(Viewer(hilt.open_log(log), utc=True), [host], "t0k")
        server = uvicorn.Server(server_config(app))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        try:
            yield f"http://{host}/?token=t0k"
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with a few calls, one of them hostile."""
    return written(
        tmp_path / "log.jsonl",
        exchange(1, "Where is it?", "On its way."),
        exchange(2, EVIL, EVIL, session="evil", user="<b>bob</b>"),
        exchange(3, "w" * 300, "A long word"),
    )


@pytest.fixture
def page(log: Path, tmp_path: Path) -> Iterator[Any]:
    """A browser that shows the list of the calls."""
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    with viewed(log) as address, opened_browser(path, tmp_path / "browser") as page:
        page.open(address)
        yield page


def press(page: Any, key: str, code: str, times: int = 1) -> None:
    """Press a key."""
    text = {"Enter": "\r", " ": " "}.get(key, "")
    for _ in range(times):
        page.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=code, text=text)
        page.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=code)


def focus_by_tab(page: Any, selector: str) -> None:
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(60):
        if page.run(f"document.activeElement.matches({selector!r})"):
            return
        press(page, "Tab", "Tab")
    pytest.fail(f"{selector} cannot be reached by Tab")


def wait_for_text(page: Any, text: str) -> None:
    """Wait for a text over the loading of a page."""
    for _ in range(400):
        with contextlib.suppress(AssertionError):
            if page.run(f"document.body.textContent.includes({text!r})"):
                return
        threading.Event().wait(0.05)
    pytest.fail(f"{text} does not appear")


def test_a_call_is_rated_by_keyboard_alone(page: Any, log: Path) -> None:
    """From the list to the call, to its form, and back to the call with the rating."""
    focus_by_tab(page, f'a[href$="{10**9 + 1:032x}"]')
    press(page, "Enter", "Enter")
    wait_for_text(page, "Correction")
    focus_by_tab(page, "input[name=rating]")
    press(page, " ", "Space")
    focus_by_tab(page, "textarea[name=comment]")
    page.send("Input.insertText", text="Quick")
    focus_by_tab(page, "form.feedback button")
    press(page, "Enter", "Enter")
    # The page is another one from now on: what it has is looked for until it is there.
    wait_for_text(page, "rating: good, comment: Quick")

    event = list(read_events(log))[-1]
    assert event.extensions == {
        "reply_to": f"evt_{10**9 + 1:032x}",
        "rating": "good",
        "comment": "Quick",
    }


def test_new_calls_appear(page: Any, log: Path) -> None:
    """Without a reload, at the top; the element with the focus keeps it."""
    page.run('document.querySelector("td a").focus()')
    focused = page.run('document.activeElement.getAttribute("href")')
    page.wait_for("state !== null")
    written(log, exchange(50, "Just asked"))
    page.wait_for('document.querySelector("td a").textContent === "Just asked"')

    assert page.run('document.activeElement.getAttribute("href")') == focused


@pytest.mark.parametrize("path", ["/", "/conversations", "/charts", "/conversation/order-42"])
def test_a_phone_shows_every_page_without_scrolling_sideways(page: Any, path: str) -> None:
    """At 360 pixels, also with a word of 300 letters."""
    page.send(
        "Emulation.setDeviceMetricsOverride",
        width=360, height=740, deviceScaleFactor=1, mobile=True,
    )  # fmt: skip
    page.open(page.run("location.origin") + path)

    assert page.run("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize("is_report", [False, True], ids=["charts", "report"])
def test_tables_can_be_read_on_a_phone(page: Any, log: Path, *, is_report: bool) -> None:
    """Numbers are not broken, nor are names letter by letter; what has no room is scrolled to."""
    page.send(
        "Emulation.setDeviceMetricsOverride",
        width=360, height=740, deviceScaleFactor=1, mobile=True,
    )  # fmt: skip
    report = log.with_name("page.html")
    with report.open("w") as file:
        write_page(hilt.open_log(log), Filters(), file)
    page.open(report.as_uri() if is_report else page.run("location.origin") + "/charts")
    numbers = 'document.querySelectorAll("table td:not(:first-child)")'
    lines = (
        f"[...{numbers}].map(each => {{ const range = document.createRange();"
        " range.selectNodeContents(each); return range.getClientRects().length; })"
    )

    assert page.run(f"Math.max(...{lines})") == 1
    assert page.run('document.querySelector("table td").clientWidth') >= 100
    assert page.run("document.documentElement.scrollWidth") <= 360


def test_nothing_of_a_log_runs(page: Any) -> None:
    """Markup in questions, answers and names is text, and no policy of the page is violated."""
    page.run(
        "window.found = [];"
        'addEventListener("securitypolicyviolation", each => found.push(each.blockedURI))'
    )
    page.open(page.run("location.origin") + "/conversation/evil")

    assert "<script>alert(1)</script>" in page.run('document.querySelector("pre").textContent')
    assert page.run('document.querySelectorAll("main script, main img").length') == 0
    assert page.run("window.found || []") == []
