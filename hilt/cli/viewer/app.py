"""The viewer's addresses, and what each answers."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from hilt.analysis.calls import Call
from hilt.analysis.conversations import Conversation
from hilt.analysis.filters import Filters
from hilt.analysis.log import open_log
from hilt.cli.charts import text_of
from hilt.cli.figures import zone_name
from hilt.cli.output import counted
from hilt.cli.pages import summary_of
from hilt.cli.viewer import markup
from hilt.cli.viewer.guarding import Guard
from hilt.core import forks
from hilt.core.exceptions import HILTError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from hilt.analysis.log import Log

__all__ = ["Viewer", "make_app"]

_STATIC = Path(__file__).with_name("static")
_PAGE = 100
_MOST_ROWS = 5_000
_MOST_FORM_BYTES = 200_000


class Viewer:
    """Answers requests about some logs.

    Args:
        log: The logs.
        utc: Whether times are UTC rather than local.
        reviewer: Who gives feedback; None where none is taken.
    """

    def __init__(self, log: Log, *, utc: bool = False, reviewer: str | None = "reviewer") -> None:
        self._log = log
        self._each = [open_log(path) for path in log.paths]  # the end of each is read by itself
        self._utc = utc
        self._reviewer = reviewer
        self._charts: tuple[object, str] = (None, "")
        self._renew()
        forks.on_fork(self._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    # -- lists ----------------------------------------------------------------------------------

    def calls(self, given: Mapping[str, str]) -> Iterator[str]:
        """The newest calls that fit, the newest first."""
        calls, notes, count = self._newest(given)
        body = [
            *markup.filter_form("/", given),
            notes,
            *markup.call_rows(calls, utc=self._utc),
            *self._more("/", given, len(calls), count),
        ]
        return markup.page("Calls", body, here="/", live=True)

    def conversations(self, given: Mapping[str, str]) -> Iterator[str]:
        """The conversations of the newest calls that fit."""
        calls, notes, count = self._newest(given)
        body = [
            *markup.filter_form("/conversations", given),
            notes,
            *markup.conversation_rows(calls, utc=self._utc),
            *self._more("/conversations", given, len(calls), count),
        ]
        return markup.page("Conversations", body, here="/conversations", live=True)

    def _newest(self, given: Mapping[str, str]) -> tuple[list[Call], str, int]:
        count = _count(given)
        filters, skipped = self._filters(given), 0
        calls: list[Call] = []
        for log in self._each:
            newest, scan = log.last_calls(count, filters)
            calls += newest
            skipped += scan.skipped
        calls.sort(key=lambda call: call.timestamp, reverse=True)
        notes = f"Times are {zone_name(utc=self._utc)}."
        if skipped:
            notes += f" {counted(skipped, 'line')} could not be read."
        return calls[:count], f'<p class="dim">{text_of(notes)}</p>', count

    def _more(self, path: str, given: Mapping[str, str], shown: int, count: int) -> Iterator[str]:
        if not shown:
            yield "<p>No call fits.</p>"
        elif shown < count:
            yield f"<p>{counted(shown, 'call')}.</p>"
        elif count < _MOST_ROWS:
            more = markup.address(path, {**given, "n": str(min(count * 4, _MOST_ROWS))})
            yield f'<p>The newest {shown:,} calls. <a href="{more}">Show more</a></p>'
        else:
            yield f"<p>The newest {shown:,} calls. Filter to see older ones.</p>"

    def _filters(self, given: Mapping[str, str]) -> Filters:
        values: dict[str, Any] = {name: given[name] for name in markup.FILTERS if given.get(name)}
        return Filters(**values, errors=bool(given.get("errors")), utc=self._utc)

    # -- one ------------------------------------------------------------------------------------

    def call(self, call_id: str, given: Mapping[str, str]) -> Iterator[str]:
        """One call: its figures, what was said, and feedback."""
        found = self._log.find(call_id)
        if isinstance(found, Conversation):
            return self.conversation(found.id, given)
        if not isinstance(found, Call):
            text = json.dumps(found.to_dict(), indent=2, ensure_ascii=False)
            return markup.page("Event", [f"<pre>{text_of(text)}</pre>"])
        here = f"/call/{quote(found.id, safe='')}"
        full = bool(given.get("full"))
        session = quote(found.session_id, safe="")
        other = (
            (here, "Show only what is new")
            if full
            else (f"{here}?full=1", "Show all that was sent")
        )
        links = (
            f'<p><a href="/conversation/{session}">The whole conversation</a> · '
            f'<a href="{other[0]}">{other[1]}</a></p>'
        )
        body = [
            links,
            *markup.figures_of(found),
            *markup.transcript(found, full=full, utc=self._utc),
            *(markup.feedback_form(found, here) if self._reviewer is not None else ()),
        ]
        return markup.page("Call", body)

    def conversation(self, session_id: str, given: Mapping[str, str]) -> Iterator[str]:
        """What was said in a conversation, call by call."""
        conversations = self._log.conversations_with(session_id)
        if not conversations:
            raise HILTError(f"there is no conversation {session_id!r}")
        return markup.page("Conversation", self._of_conversations(conversations, given))

    def _of_conversations(
        self, conversations: Sequence[Conversation], given: Mapping[str, str]
    ) -> Iterator[str]:
        count = _count(given)
        for each in conversations:
            yield f'<p class="dim">{text_of(each.id)}</p>'
            if len(each.calls) > count:
                yield f"<p>The first {count:,} of {len(each.calls):,} calls.</p>"
            for call in each.calls[:count]:
                address = f"/call/{quote(call.id, safe='')}"
                yield from markup.transcript(call, full=False, utc=self._utc, more=address)
                yield f'<p class="dim"><a href="{address}">This call</a></p>'

    # -- figures --------------------------------------------------------------------------------

    def charts(self, given: Mapping[str, str]) -> Iterator[str]:
        """Charts of all calls that fit. The log is read whole, and again when it has changed."""
        filters = self._filters(given)
        state = (self.state(), tuple(sorted(given.items())))
        with self._lock:
            if self._charts[0] != state:
                statistics = self._log.stats("day", "model", filters=filters)
                self._charts = (state, "".join(summary_of(statistics, utc=self._utc)))
        charts = f'<div class="charts">{self._charts[1]}</div>'
        body = [*markup.filter_form("/charts", given), charts]
        return markup.page("Charts", body, here="/charts")

    def state(self) -> str:
        """What changes when a log does."""
        sizes = []
        for path in self._log.paths:
            try:
                stat = path.stat()
            except OSError:
                continue
            sizes.append((str(path), stat.st_size, stat.st_mtime_ns, stat.st_ino))
        return hashlib.sha256(repr(sizes).encode()).hexdigest()[:32]

    # -- feedback -------------------------------------------------------------------------------

    def give_feedback(self, form: Mapping[str, str]) -> str:
        """Write a ``feedback`` event to the log that has the call; the address to go on with."""
        from hilt import Session, feedback

        if self._reviewer is None:
            raise HILTError("this viewer takes no feedback")
        found = self._log.find(form.get("event_id", ""))
        if not isinstance(found, Call):
            raise HILTError("feedback is about a call")
        given = {name: form[name] for name in ("rating", "comment", "correction") if form.get(name)}
        values: dict[str, Any] = {"user": self._reviewer, "session_id": found.session_id, **given}
        with Session(self._path_of(found), privacy=_policy_of(found)) as session:
            feedback(found.id, session=session, **values)
        return f"/call/{quote(found.id, safe='')}"

    def _path_of(self, call: Call) -> Path:
        """The log that a call is in."""
        from hilt.io.read.by_id import event_by_id

        paths = self._log.paths
        if len(paths) == 1:
            return paths[0]
        return next((path for path in paths if event_by_id(path, call.id) is not None), paths[0])


def _policy_of(call: Call) -> str | None:
    """The named policy that a call was written by: what is said about it is hidden as it is."""
    from hilt.privacy.policy import POLICIES

    ending = call.ending
    policy = (ending.privacy or {}).get("policy") if ending is not None else None
    return policy if policy in POLICIES else None


def make_app(viewer: Viewer, hosts: Iterable[str], token: str) -> ASGIApp:
    """The viewer as an ASGI application.

    Args:
        viewer: What answers.
        hosts: The hosts that it is served as, each with its port.
        token: What only the printed address has.
    """

    async def pages(request: Request) -> Response:
        make = {
            "/": viewer.calls,
            "/conversations": viewer.conversations,
            "/charts": viewer.charts,
        }[request.url.path]
        state = f'"{viewer.state()}"'
        if request.headers.get("if-none-match") == state:
            return Response(status_code=304)
        response = await _html(partial(make, dict(request.query_params)))
        response.headers["etag"] = state
        return response

    async def one(request: Request) -> Response:
        make = viewer.call if request.url.path.startswith("/call/") else viewer.conversation
        return await _html(partial(make, request.path_params["id"], dict(request.query_params)))

    async def feedback(request: Request) -> Response:
        length = request.headers.get("content-length", "")
        if not length.isdecimal() or int(length) > _MOST_FORM_BYTES:
            return PlainTextResponse("The feedback is too long.", 413)
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        try:
            back = await run_in_threadpool(viewer.give_feedback, form)
        except (HILTError, ValueError) as error:
            return await _html(partial(_problem, str(error)), 400)
        return RedirectResponse(back, 303)

    app = Starlette(
        routes=[
            *[Route(path, pages) for path in ("/", "/conversations", "/charts")],
            Route("/call/{id:path}", one),
            Route("/conversation/{id:path}", one),
            Route("/feedback", feedback, methods=["POST"]),
            Mount("/static", StaticFiles(directory=_STATIC)),
        ]
    )
    return Guard(app, frozenset(hosts), token)


async def _html(make: Any, status: int = 200) -> Response:
    """A page that is made in a thread; what is wrong becomes a page too."""

    def whole() -> tuple[int, str]:
        try:
            return status, "".join(make())
        except HILTError as error:
            return 404, "".join(_problem(str(error)))

    code, text = await run_in_threadpool(whole)
    return Response(text, code, media_type="text/html")


def _problem(message: str) -> Iterator[str]:
    return markup.page("Not shown", [f'<p role="alert">{text_of(message)}</p>'])


def _count(given: Mapping[str, str]) -> int:
    text = given.get("n", "")
    return min(max(int(text), 1), _MOST_ROWS) if text.isdecimal() and len(text) < 9 else _PAGE  # noqa: PLR2004 # digits
