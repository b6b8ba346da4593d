"""Takes the pictures of docs/viewer.md: the viewer, showing the log of ``hilt demo``.

Run it from the top of the repository, where a Chromium is: ``python -m docs.draw_viewer``.
"""

from __future__ import annotations

import base64
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.cli.test_viewer_browser import viewed
from tests.examples.browser import browser_path, opened_browser

PICTURES = Path(__file__).parent / "pictures"
SIZES = {"viewer": (1200, 560), "viewer-call": (1200, 760)}


def main() -> None:
    """Log the demo's calls, open the viewer in a browser, and take two pictures."""
    browser = browser_path()
    if browser is None:
        sys.exit("no Chromium on this machine: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        hilt = Path(sys.executable).with_name("hilt")
        surroundings = {name: value for name, value in os.environ.items() if "_KEY" not in name}
        subprocess.run(  # noqa: S603 # the command of this environment
            [hilt, "demo"], cwd=folder, env=surroundings, check=True, capture_output=True
        )
        (log,) = Path(folder, "logs").glob("*.jsonl")
        with viewed(log) as address, opened_browser(browser, Path(folder, "profile")) as page:
            page.open(address)
            call = page.run('[...document.querySelectorAll("td a")].at(-1).href')
            for name, url in (("viewer", None), ("viewer-call", call)):
                width, height = SIZES[name]
                page.send(
                    "Emulation.setDeviceMetricsOverride",
                    width=width,
                    height=height,
                    deviceScaleFactor=1,
                    mobile=False,
                )
                if url is not None:
                    page.open(url)
                data = page.send("Page.captureScreenshot", format="png")["data"]
                (PICTURES / f"{name}.png").write_bytes(base64.b64decode(data))


if __name__ == "__main__":
    main()
