"""What a log holds on a subject, as a page that a person can read."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import TextIO

from hilt.core.event import Event

__all__ = ["write_page"]

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }}
article {{ border-left: 4px solid #8884; margin: 1rem 0; padding: .2rem 1rem; }}
article.human {{ border-color: #2a7; }}
header {{ font-size: .85rem; opacity: .75; }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .2rem 0; }}
details pre {{ font: .8rem/1.4 ui-monospace, monospace; }}
@media print {{ article {{ break-inside: avoid; }} }}
</style></head><body>
<h1>{title}</h1>
<p>{summary}</p>
"""


def write_page(events: Iterable[Event], target: TextIO, title: str, summary: str) -> int:
    """Write events as one HTML page that loads nothing; return how many there were.

    Args:
        events: The events, in the order in which they are shown.
        target: Where to write.
        title: The page's heading.
        summary: What the page is, in a sentence.
    """
    target.write(_HEAD.format(title=html.escape(title), summary=html.escape(summary)))
    count, session = 0, None
    for event in events:
        count += 1
        if event.session_id != session:
            session = event.session_id
            target.write(f"<h2>Conversation {html.escape(session)}</h2>\n")
        target.write(_article(event))
    target.write("</body></html>\n")
    return count


def _article(event: Event) -> str:
    text = event.content.text if event.content is not None else None
    kind = "human" if event.actor.type == "human" else "other"
    who = f"{event.timestamp} · {event.actor.id} · {event.action.replace('_', ' ')}"
    whole = html.escape(event.to_json())
    return (
        f'<article class="{kind}"><header>{html.escape(who)}</header>\n'
        f"<pre>{html.escape(text or '')}</pre>\n"
        f"<details><summary>everything</summary><pre>{whole}</pre></details></article>\n"
    )
