"""A headless Chromium, driven through its own protocol over a pair of pipes: nothing to install."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")


def browser_path() -> str | None:
    """Where a Chromium is, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)


class Page:
    """One page of the browser."""

    def __init__(self, commands: int, answers: Any) -> None:
        self._commands = commands
        self._answers = answers
        self._numbers = count(1)
        self._session: str | None = None
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.send("Page.enable")

    def open(self, url: str) -> None:
        """Go to an address, and wait until the page is loaded."""
        self.send("Page.navigate", url=url)
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def run(self, script: str) -> Any:
        """The value of a script, waited for if it is a promise."""
        done = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait_for(self, condition: str) -> Any:
        """The value of a script, as soon as it is true."""
        return self.run(
            "new Promise(done => { const look = () => { const found = " + condition + ";"
            "found ? done(found) : setTimeout(look, 20) }; look() })"
        )

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a command."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._commands, json.dumps(command).encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            pass
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        message = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser has gone"
            message += byte
        return json.loads(message)


@contextmanager
def opened_browser(path: str, profile: Path) -> Iterator[Page]:
    """A browser with one empty page."""
    command_out, command_in = os.pipe()
    answer_out, answer_in = os.pipe()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    words = [path, *options, "--remote-debugging-pipe", f"--user-data-dir={profile}"]
    # The browser reads its commands from file descriptor 3 and answers on 4.
    shell = f"exec {shlex.join(words)} 3<&{command_out} 4>&{answer_in} 2>/dev/null"
    with subprocess.Popen(["bash", "-c", shell], pass_fds=(command_out, answer_in)) as browser:
        os.close(command_out)
        os.close(answer_in)
        try:
            with os.fdopen(answer_out, "rb") as answers:
                yield Page(command_in, answers)
        finally:
            os.close(command_in)
            browser.terminate()
