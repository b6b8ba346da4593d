"""A log that can be asked: its events, calls, conversations and figures."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypedDict

from hilt.analysis.assembling import CallAssembler
from hilt.analysis.calls import CALL_COLUMNS, Call
from hilt.analysis.conversations import CONVERSATION_COLUMNS, Conversation, split_conversations
from hilt.analysis.endings import read_endings
from hilt.analysis.event_lines import ENDINGS, EventLine, event_line
from hilt.analysis.filters import Filters, filters_of
from hilt.analysis.from_end import FromEnd, end_of_log
from hilt.analysis.queries import Query
from hilt.analysis.statistics import KEYS_OF_OTHER_EVENTS, Statistics, check_keys, summarize
from hilt.analysis.windows import TimeWindow
from hilt.core.arguments import path_checked
from hilt.core.decoding import decode_event
from hilt.core.event import Event
from hilt.core.exceptions import ConfigurationError, EventError
from hilt.io.jsonl.rotation import log_of_rotated
from hilt.io.read.parts import STDIN, check_readable, open_parts
from hilt.io.read.recognition import check_content
from hilt.io.read.scan import AnyOf, LogScan, Selection
from hilt.io.read.streams import Streams

if TYPE_CHECKING:
    import threading

    from typing_extensions import Unpack

    from hilt.analysis.limits import Excess

__all__ = ["FilterArguments", "Log", "open_log", "whole_events"]

_CALLS_BYTES = 64 << 20
_FEEDBACK = AnyOf(b'"action":"feedback"', b'"action": "feedback"')


class FilterArguments(TypedDict, total=False):
    """The arguments of `Filters`."""

    since: str | datetime | None
    until: str | datetime | None
    session: str | None
    user: str | None
    model: str | None
    provider: str | None
    action: str | None
    outcome: str | None
    errors: bool
    tool: str | None
    text: str | None
    slower_than: float | None
    costlier_than: float | None
    chunks: bool
    utc: bool


def open_log(*logs: str | os.PathLike[str]) -> Log:
    """Open a log, or several that belong together, to query them.

    >>> log = open_log("logs/app.jsonl")  # doctest: +SKIP
    >>> [call.cost_usd for call in log.calls(model="gpt-5*", since="yesterday")]  # doctest: +SKIP

    Rotated and compressed parts belong to a log. Nothing is read before it is needed, and a log may
    be written to meanwhile. Lines that are no events are skipped, and counted.

    Args:
        logs: Their paths; ``-`` is standard input. It and pipes can be read once: a question that
            needs more copies them to a temporary file, and ``keep()`` does so beforehand. An
            archive of ``hilt archive`` is read in order of time; it needs ``hilt[sql]``.

    Raises:
        ReadError: If there is no such log, or if it is not a log of HILT.
    """
    if not logs:
        raise ConfigurationError("open_log: give the path of a log, such as 'logs/hilt.jsonl'")
    return Log([path_checked("open_log", log).expanduser() for log in logs])


class Log:
    """One log or several, as `open_log` returns it.

    Args:
        paths: The logs.

    Raises:
        ReadError: If there is no such log, or if it is not a log of HILT.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        # A log that is given twice, as app.jsonl and ./app.jsonl, is read once; and so is a rotated
        # file that is given beside its log, as by a pattern of the shell.
        named: dict[str, Path] = {}
        for path in paths:
            named.setdefault(_real(path), path)
        self.paths = [path for real, path in named.items() if log_of_rotated(real) not in named]
        self.archives = {path for path in self.paths if _is_archive(path)}
        for path in self.paths:
            if path != STDIN and path not in self.archives:
                check_readable(path, include_rotated=True)
                check_content(path)
        self._conversation: tuple[str | None, list[Call]] = (None, [])
        self._searches: list[LogScan] = []
        self._streams = Streams(self.paths)

    def __repr__(self) -> str:
        return f"<Log {', '.join(map(str, self.paths))}>"

    @property
    def sealed(self) -> int:
        """How many events with sealed texts a search passed, in which it could find no words."""
        return max((scan.sealed for scan in self._searches), default=0)

    def keep(self) -> None:
        """Copy standard input and pipes, so that they can be read any number of times.

        Raises:
            ReadError: If one cannot be copied, or was read before.
        """
        self._streams.keep()

    def events(
        self, filters: Filters | None = None, **given: Unpack[FilterArguments]
    ) -> Query[Event]:
        """The events that match, in the order of the log.

        Args:
            filters: Which events.
            given: Or the arguments of `Filters`.
        """
        filters = _filters_from(filters, given)
        return Query(
            lambda scan: self._events(filters, scan),
            lambda: self.scan(filters, lone_events=not filters.needs_calls),
            lambda event: event.to_dict(),
            [name for name in Event.__struct_fields__ if name != "extra"],
        )

    def calls(
        self, filters: Filters | None = None, **given: Unpack[FilterArguments]
    ) -> Query[Call]:
        """The calls that match, in the order in which they ended.

        Args:
            filters: Which calls.
            given: Or the arguments of `Filters`.
        """
        filters = _filters_from(filters, given)
        return Query(
            lambda scan: self.read_calls(filters, scan, feedback=self.feedback_by_event()),
            lambda: self.scan(filters),
            Call.to_dict,
            CALL_COLUMNS,
        )

    def conversations(
        self, filters: Filters | None = None, **given: Unpack[FilterArguments]
    ) -> Query[Conversation]:
        """The conversations with a call that matches, in the order in which they began.

        Args:
            filters: Which calls.
            given: Or the arguments of `Filters`.
        """
        filters = _filters_from(filters, given)
        return Query(
            lambda scan: self._conversations(filters, scan),
            lambda: self.scan(filters),
            Conversation.to_dict,
            CONVERSATION_COLUMNS,
        )

    def stats(
        self, *by: str, filters: Filters | None = None, **given: Unpack[FilterArguments]
    ) -> Statistics:
        """What the calls that match add up to, in total and by some keys.

        >>> open_log("logs/app.jsonl").stats("model", "day").groups  # doctest: +SKIP

        Args:
            by: Keys: ``model``, ``day``, ``hour``, ``provider``, ``user``, ``session``, ``tool``,
                ``outcome``, ``error``, ``operation``.
            filters: Which calls.
            given: Or the arguments of `Filters`.

        Raises:
            ConfigurationError: If there is no such key.
        """
        filters = _filters_from(filters, given)
        check_keys(by)
        scan = self.scan(filters)
        needs_events = filters.needs_other_events or not KEYS_OF_OTHER_EVENTS.isdisjoint(by)
        calls = self.read_calls(filters, scan) if needs_events else self._endings(filters, scan)
        statistics = summarize(calls, by, utc=filters.utc)
        statistics.skipped, statistics.errors = scan.skipped, scan.errors
        return statistics

    def watch(
        self,
        *limits: str,
        follow: bool = True,
        stop: threading.Event | None = None,
        **given: Unpack[FilterArguments],
    ) -> Iterator[Excess]:
        """Each limit that calls exceed, as soon as they are logged, whichever process made them.

        >>> for excess in open_log("logs/app.jsonl").watch("user=5/day"):  # doctest: +SKIP
        ...     print(excess.name, excess.sum)

        Args:
            limits: Such as ``user=5/day``, ``total=100/month``, ``model=1000calls/hour``.
            follow: Whether to wait for more at the end of the log.
            stop: Set this to end.
            given: The arguments of `Filters`, for the calls that count.

        Raises:
            ConfigurationError: If a limit or a filter is wrong.
        """
        from hilt.analysis.following import watch_limits
        from hilt.analysis.limits import LimitSums, parse_limit

        if len(self.paths) != 1:
            raise ConfigurationError("watch: one log at a time can be watched")
        if not limits:
            raise ConfigurationError("watch: give a limit, such as 'user=5/day'")
        filters = filters_of(given)
        sums = LimitSums([parse_limit(limit) for limit in limits], utc=filters.utc)
        return watch_limits(self.paths[0], sums, filters, follow=follow, stop=stop)

    def calls_with(self, session_id: str) -> list[Call]:
        """The calls with a conversation's id; the last result is cached."""
        if self._conversation[0] != session_id:
            needle = session_id.encode()
            if not session_id.isascii() or '"' in session_id or "\\" in session_id:
                needle = b""  # it may be escaped in several ways
            scan = LogScan(self.parts(), Selection(AnyOf(needle) if needle else None, chunks=False))
            calls = self.read_calls(Filters(), scan, feedback=self.feedback_by_event())
            self._conversation = (session_id, [c for c in calls if c.session_id == session_id])
        return self._conversation[1]

    def calls_by_id(
        self,
        session_ids: Iterable[str],
        most: int = _CALLS_BYTES,
        feedback: dict[bytes, list[EventLine]] | None = None,
    ) -> dict[str, dict[str, Call]]:
        """The calls of several conversations, read in one pass, by conversation and call id.

        Args:
            session_ids: The ids of the conversations.
            most: How many bytes of the log to keep. To stay below that, the last conversations are
                left out, but never the first.
            feedback: The feedback on calls, as from `feedback_by_event`.
        """
        found: dict[str, dict[str, Call]] = {session_id: {} for session_id in session_ids}
        wanted = {session_id.encode() for session_id in found}
        sizes = dict.fromkeys(found, 0)
        size = 0
        scan = LogScan(self.parts(), Selection(chunks=False))
        for call in self.read_calls(Filters(), scan, feedback=feedback, sessions=wanted):
            if call.session_id not in found:
                continue
            found[call.session_id][call.id] = call
            sizes[call.session_id] += call.size
            size += call.size
            while size > most and len(found) > 1:
                left_out, _ = found.popitem()
                size -= sizes[left_out]
                wanted.discard(left_out.encode())
        return found

    def steps_of(self, calls: Sequence[Call]) -> list[Event]:
        """The steps of the framework runs that some calls are part of, oldest first."""
        runs = {call.run for call in calls if call.run}
        if not runs:
            return []
        scan = LogScan(self.parts(), Selection(chunks=False))
        lines = self.event_lines(Filters(), scan)
        steps = (line for line in lines if _is_step(line))
        return [*whole_events(line for line in steps if line.record.provenance.run in runs)]

    def find(self, text: str) -> Call | Conversation | Event:
        """The call or conversation that an id names, or the event if it belongs to no call.

        A log is read from its end as far as needed. If conversations share an id, it is the first;
        ``conversations(session=...)`` has them all.

        Args:
            text: An id of any event, or of a conversation: any unique beginning of it, with or
                without ``evt_`` or ``conv_``.

        Raises:
            ConfigurationError: If there is none, or several begin with it; the message names the
                nearest, or all.
        """
        return FromEnd(self).find(text)

    def last_calls(self, count: int, filters: Filters) -> tuple[list[Call], LogScan]:
        """The last calls that match, and the scan that read them, from the end of the log."""
        return FromEnd(self).last_calls(count, filters)

    # -- what commands build on -----------------------------------------------------------------

    def scan(self, filters: Filters, *, lone_events: bool = False) -> LogScan:
        """A scan of the log's lines, without those that cannot match.

        Args:
            filters: What is wanted.
            lone_events: Whether each event is judged by itself, rather than with its call.
        """
        query = filters.query if lone_events else None
        selection = Selection(query, chunks=filters.wants_chunks)
        window = TimeWindow(filters.first, filters.last)
        scan = LogScan(
            self.parts(),
            selection,
            window.may_have if window else None,
            counts_sealed=filters.query is not None,
        )
        if scan.counts_sealed:
            self._searches.append(scan)
        return scan

    def read_calls(
        self,
        filters: Filters,
        scan: LogScan,
        *,
        feedback: dict[bytes, list[EventLine]] | None = None,
        sessions: AbstractSet[bytes] | None = None,
    ) -> Iterator[Call]:
        """The calls that match, in the order of their endings; of some conversations or of all."""
        assembler = CallAssembler(self, chunks=filters.wants_chunks, feedback=feedback)
        tests = filters.call_tests()
        feed = assembler.feed
        for block in scan:
            for data in block.lines:
                try:
                    line = event_line(data)
                    if sessions is not None and line.session not in sessions:
                        continue
                    if line.action in ENDINGS and not line.record.action:
                        raise EventError("event: not JSON")
                except ValueError as error:
                    scan.skip(block.path, block.number_of(data), str(error))
                    continue
                feed(line)
            if assembler.ready:
                yield from _passing(assembler, tests)
        assembler.finish()
        yield from _passing(assembler, tests)

    def event_lines(self, filters: Filters, scan: LogScan) -> Iterator[EventLine]:
        """The lines of the events that match, with chunks only if they are wanted."""
        if filters.needs_calls:
            for call in self.read_calls(filters, scan, feedback=self.feedback_by_event()):
                yield from call.lines()
            return
        tests = filters.event_tests()
        for block in scan:
            for data in block.lines:
                try:
                    line = event_line(data)
                except ValueError as error:
                    scan.skip(block.path, block.number_of(data), str(error))
                    continue
                if all([test(line) for test in tests]):  # noqa: C419 # a list is quicker
                    yield line

    def _events(self, filters: Filters, scan: LogScan) -> Iterator[Event]:
        """The events that match; those that break the format are counted as skipped."""
        if filters.needs_calls:
            yield from whole_events(self.event_lines(filters, scan))
            return
        tests = filters.event_tests()
        for block in scan:
            for data in block.lines:
                try:
                    event = decode_event(data) if _passes(data, tests) else None
                except ValueError as error:
                    scan.skip(block.path, block.number_of(data), str(error))
                    continue
                if event is not None:
                    yield event

    def _endings(self, filters: Filters, scan: LogScan) -> Iterator[Call]:
        """The calls that match, with only what their endings say."""
        tests = filters.call_tests()
        for call in read_endings(scan):
            if not tests or all([test(call) for test in tests]):  # noqa: C419 # a list is quicker
                yield call

    def _conversations(self, filters: Filters, scan: LogScan) -> Iterator[Conversation]:
        """The conversations whose id has a call that matches; many are read at once."""
        self.keep()
        ids: dict[str, set[str]] = {}
        for call in self.read_calls(filters, scan):
            ids.setdefault(call.session_id, set()).add(call.id)
        done: set[str] = set()
        left, feedback = list(ids), self.feedback_by_event()
        while left:
            read = self.calls_by_id(left, feedback=feedback)
            left = left[len(read) :]
            for session_id, calls in read.items():
                for each in self._continued(session_id, calls.values()):
                    own = {call.id for call in each.calls}
                    if own & ids[session_id] and not own & done:
                        done |= own
                        yield each

    def conversations_with(self, session_id: str) -> list[Conversation]:
        """The conversations with an id, including what other processes continued."""
        return self._continued(session_id, self.calls_with(session_id))

    def _continued(self, session_id: str, calls: Iterable[Call]) -> list[Conversation]:
        """The conversations that share an id, including what other processes continued."""
        conversations = list(split_conversations(session_id, calls))
        for each in conversations:
            ids = {session_id}
            while (other := each.continues_as) is not None and other not in ids:
                ids.add(other)
                rest = list(split_conversations(other, self.calls_with(other)))
                # If several could be meant, none is joined: they may be of different people.
                if len(rest) != 1 or self._count(b'"continues_as":"%b"' % other.encode()) != 1:
                    break
                each.calls = [*each.calls, *rest[0].calls]
        return conversations

    def _count(self, needle: bytes) -> int:
        """How many lines have these bytes."""
        return sum(len(block.lines) for block in LogScan(self.parts(), Selection(AnyOf(needle))))

    def feedback_by_event(self, size: int | None = None) -> dict[bytes, list[EventLine]]:
        """All feedback, or that in the last `size` bytes, by the id of the event it is about."""
        self.keep()
        feedback: dict[bytes, list[EventLine]] = {}
        for block in LogScan(self.parts(size), Selection(_FEEDBACK)):
            for data in block.lines:
                with contextlib.suppress(ValueError):
                    line = event_line(data)
                    about = (line.record.extensions.reply_to or "").encode()
                    if line.action == b"feedback":
                        feedback.setdefault(about, []).append(line)
        return feedback

    def parts(self, size: int | None = None) -> Iterator[tuple[Path, BinaryIO]]:
        """The files in the order in which they are read, each open while it is read.

        Args:
            size: How many bytes from the end of the only log; None for all of every log.
        """
        if size is not None:
            return end_of_log(self.paths[0], size)
        return _parts_of(self.paths, self._streams, self.archives)


def _filters_from(filters: object, given: FilterArguments) -> Filters:
    """Filters that are given as such, or by their arguments.

    Raises:
        ConfigurationError: If they are none, or both are given.
    """
    if filters is None:
        return filters_of(given)
    if not isinstance(filters, Filters):
        raise ConfigurationError(
            f"filters: {filters!r} is not Filters; name what it restricts, as model='gpt-5*'"
        )
    if given:
        raise ConfigurationError("filters: give Filters or their arguments, not both")
    return filters


def _parts_of(
    paths: list[Path], streams: Streams, archives: set[Path]
) -> Iterator[tuple[Path, BinaryIO]]:
    """The files of logs, each open only while it is read; no `Log` is referred to from here."""
    for path in paths:
        if path in streams:
            with streams.opened(path) as file:
                yield path, file
        elif path in archives:
            from hilt.analysis.archive_lines import archive_parts

            yield from archive_parts(path)
        else:
            yield from open_parts(path, include_rotated=True)


def _is_archive(path: Path) -> bool:
    if not (path.is_dir() or ":" in str(path)):
        return False
    from hilt.analysis.archive_folder import has_archive

    return has_archive(path)


def _real(path: Path) -> str:
    """The file that a path leads to; the path itself if the current folder is gone."""
    try:
        return os.path.realpath(path)
    except OSError:
        return str(path)


def _passing(assembler: CallAssembler, tests: list[Callable[[Call], bool]]) -> Iterator[Call]:
    ready, assembler.ready = assembler.ready, []
    if not tests:
        yield from ready
    for call in ready if tests else ():
        if all([test(call) for test in tests]):  # noqa: C419 # a list is quicker
            yield call


def _passes(data: bytes, tests: list[Callable[[EventLine], bool]]) -> bool:
    """Whether a line matches.

    Raises:
        ValueError: If it is no event.
    """
    if not tests:
        return True
    line = event_line(data)
    return all([test(line) for test in tests])  # noqa: C419 # a list is quicker


def whole_events(lines: Iterable[EventLine]) -> Iterator[Event]:
    """The events of lines, without those that break the format."""
    for line in lines:
        with contextlib.suppress(EventError):
            yield line.event()


def _is_step(line: EventLine) -> bool:
    """Whether an event is a step of a framework, rather than the end of a failed call."""
    return line.action == b"retrieval" or (
        line.action == b"system" and line.record.extensions.step is not None
    )
