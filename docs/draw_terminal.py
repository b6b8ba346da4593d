"""Draws the pictures of docs/log_tools.md: commands on the log of ``hilt demo``, and a report.

Run it from the top of the repository, where a Chromium is: ``python -m docs.draw_terminal``.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.examples.browser import browser_path, opened_browser

PICTURES = Path(__file__).parent / "pictures"
COMMANDS = {
    "tail": ["tail", "logs/hilt-demo.jsonl"],
    "show": ["show", "ID", "logs/hilt-demo.jsonl"],
    "stats": ["stats", "logs/hilt-demo.jsonl"],
}
COLUMNS = 96
REPORT = (1000, 760)
THEME = TerminalTheme(
    (250, 250, 252),
    (36, 41, 47),
    [
        (36, 41, 47), (185, 28, 28), (21, 128, 61), (161, 98, 7), (37, 99, 235), (162, 28, 175),
        (14, 116, 144), (110, 119, 129),
    ],
)  # fmt: skip


def main() -> None:
    """Log the demo's calls, and draw what the commands print about them."""
    browser = browser_path()
    if browser is None:
        sys.exit("no Chromium on this machine: apt-get install chromium")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(folder, "demo")
        for picture, arguments in COMMANDS.items():
            chosen = [_weather(folder) if each == "ID" else each for each in arguments]
            (PICTURES / f"{picture}.svg").write_text(_drawn(chosen, _run(folder, *chosen)))
        _run(folder, "report", "logs/hilt-demo.jsonl", "-o", "page.html")
        with opened_browser(browser, folder / "profile") as page:
            width, height = REPORT
            page.send(
                "Emulation.setDeviceMetricsOverride",
                width=width,
                height=height,
                deviceScaleFactor=1,
                mobile=False,
            )
            page.send("Emulation.setScrollbarsHidden", hidden=True)
            page.open(f"file://{folder}/page.html")
            data = page.send("Page.captureScreenshot", format="png")["data"]
            (PICTURES / "report.png").write_bytes(base64.b64decode(data))


def _run(folder: Path, *arguments: str) -> str:
    """What a command prints on a terminal with colours."""
    surroundings = {name: value for name, value in os.environ.items() if "_KEY" not in name}
    terminal = {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color", "TZ": "UTC"}
    return subprocess.run(  # noqa: S603 # the command of this environment
        [Path(sys.executable).with_name("hilt"), *arguments],
        cwd=folder,
        env={**surroundings, **terminal},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def _weather(folder: Path) -> str:
    """The conversation in which a tool is called."""
    found = _run(folder, "search", "Paris", "logs/hilt-demo.jsonl", "--json")
    match = re.search(r'"session_id":"(conv_\w{6})', found)
    if match is None:
        sys.exit("the demo has no conversation about Paris")
    return match[1]


def _drawn(arguments: list[str], output: str) -> str:
    """A terminal with the command and what it printed, as SVG that loads nothing."""
    with contextlib.closing(Path(os.devnull).open("w")) as nowhere:
        console = Console(width=COLUMNS, record=True, force_terminal=True, file=nowhere)
        console.print(Text.assemble(("$ ", "dim"), f"hilt {' '.join(arguments)}\n"))
        console.print(Text.from_ansi(output))
    svg = console.export_svg(title="", theme=THEME, unique_id=f"hilt-{arguments[0]}")
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return svg.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


if __name__ == "__main__":
    main()
