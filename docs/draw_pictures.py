"""Draws the pictures of docs/google_sheets_setup.md from a sheet that the real sink has written.

Run it from the top of the repository: ``python docs/draw_pictures.py``. A test compares the files
with what it draws.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from html import escape
from pathlib import Path

from draw_tab import draw

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.io.sheets.call_rows import serial_of
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.sheets import Book, SheetsEmulator

PICTURES = Path(__file__).parent / "pictures"
TALK = [
    ("What is Python?", "A programming language that reads like English.", "completed"),
    ("And who made it?", "Guido van Rossum, in 1991.", "completed"),
    ('=IMPORTDATA("http://evil.example")', "I cannot open links.", "completed"),
    ("Where is order 4711?", "It left Leipzig this morning.", "completed"),
    ("Translate our terms into Dutch", "429 rate_limit_exceeded: try again in 20 s", "failed"),
    ("Translate our terms into Dutch", "Artikel 1. In deze voorwaarden wordt", "length"),
    ("May I return opened headphones?", "Yes, within 30 days.", "completed"),
    ("Summarise yesterday's tickets", "Request timed out.", "timeout"),
    ("Summarise yesterday's tickets", "Twelve tickets: nine about delivery.", "completed"),
]
PEOPLE = ("ana", "ben", "user")
MODELS = (("gpt-4o-mini", 0.00000015, 0.0000006), ("gpt-4o", 0.0000025, 0.00001))
DAYS = 6
FIRST = datetime(2026, 11, 16, 9, 0, tzinfo=timezone.utc)
NOW = FIRST + timedelta(days=DAYS - 1, hours=1, minutes=14)
FONT = "font-family='Arial, Helvetica, sans-serif' font-size='13'"


def events() -> Iterator[Event]:
    """The calls of some days, with ids and times that are the same in every run."""
    for day in range(DAYS):
        for number, talk in enumerate(TALK[: 5 + 3 * day % 7 if day < DAYS - 1 else None]):
            yield from call(
                FIRST + timedelta(days=day, minutes=7 * number), day * 20 + number, talk
            )


def call(time: datetime, number: int, talk: tuple[str, str, str]) -> Iterator[Event]:
    """A question and what became of it."""
    question, answer, outcome = talk
    model, price_read, price_written = MODELS[number % 4 // 3]
    read, written = 60 + 37 * number % 400, 20 + 53 * number % 300
    seconds = 30.0 if outcome == "timeout" else 0.4 + 61 * number % 300 / 100
    prompt = Event(
        event_id=f"evt_{2 * number:032x}",
        timestamp=time.isoformat().replace("+00:00", ".000000Z"),
        session_id="conv_a3f7d892a3f7d892",
        actor=Actor(type="human", id=PEOPLE[number % 3]),
        action="prompt",
        content=Content(text=question),
        extensions={"model": model},
    )
    has_failed = outcome in {"failed", "timeout"}
    metrics = Metrics(
        tokens={"prompt": read, "completion": written},
        cost_usd=round(read * price_read + written * price_written, 9),
    )
    ended = time + timedelta(seconds=seconds)
    yield prompt
    yield Event(
        event_id=f"evt_{2 * number + 1:032x}",
        timestamp=ended.isoformat(timespec="microseconds").replace("+00:00", "Z"),
        session_id=prompt.session_id,
        actor=Actor(type="agent", id="openai"),
        action="system" if has_failed else "completion",
        content=Content(text=answer),
        metrics=None if has_failed else metrics,
        extensions={
            "reply_to": prompt.event_id,
            "model": model,
            "latency_ms": round(1000 * seconds),
            "outcome": outcome,
            **({"error_code": "rate_limit"} if has_failed else {}),
        },
    )


def pictures() -> dict[str, str]:
    """Every picture by its file's name."""
    with SheetsEmulator() as sheets, tempfile.TemporaryDirectory() as outbox:
        sheets.add_book("book")
        sink = SheetsSink(
            sheet_id="book",
            credentials_json=sheets.service_account(),
            outbox=outbox,
            api_root=sheets.api_root,
        )
        sink.open()
        for event in events():
            sink.write(event.encode() + b"\n", 1)
        if not sink.flush(20):
            raise RuntimeError("the sheet was not written")
        for _ in sink.setup():
            pass
        sink.close()
        plain = sheets.book()
        sheets.type_in("book", "Logs!L2", "5", "Clear and short")
        sheets.type_in("book", "Logs!L3", "2", "Too short", "Guido van Rossum, at CWI in Amsterdam")
        return {
            "sheet.svg": draw_newest(plain),
            "review.svg": draw_reviewed(sheets.book()),
            "share.svg": share(),
            "dashboard.svg": draw_dashboard(plain),
        }


def draw_newest(book: Book) -> str:
    """The calls of the last days, as far as a screen shows them."""
    tab = book.tab("Logs")
    return draw(book, tab, rows=19, columns=9, scale=0.9)


def draw_reviewed(book: Book) -> str:
    """The first questions with their reviews; a person has hidden the columns between."""
    tab = book.tab("Logs")
    tab.hidden_columns |= {0, 1, 3, 4, 5, 6, 9, 10}
    return draw(book, tab, rows=6)


def draw_dashboard(book: Book) -> str:
    """The dashboard with its figures, charts and tables."""
    now = serial_of(NOW.isoformat(), timezone.utc)
    return draw(book, book.tab("Logs dashboard"), rows=48, columns=12, now=now)


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
