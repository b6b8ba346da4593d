"""The ``completion_chunk`` events of a stream: as dicts, or straight as encoded lines."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hilt.core.event import HILT_VERSION, Event
from hilt.core.event_writer import EventPolicy
from hilt.core.ids_and_times import format_nanos, new_event_ids
from hilt.genai.json_values import UNENCODABLE, decode_json, encode_json
from hilt.genai.observation import Observation
from hilt.recording.conversation_ids import session_id_of
from hilt.recording.event_fields import EventDict, add_agent, new_event
from hilt.recording.pseudonyms import without_names
from hilt.recording.streamed_binary import without_streamed_binary

__all__ = ["chunk_events", "chunk_lines", "sized_chunk_lines"]

_SECOND = 1_000_000_000
_encoder = msgspec.json.Encoder(enc_hook=str)


def chunk_events(call: Observation) -> list[EventDict]:
    """The events of the chunks that arrived since the last call."""
    first, call.chunks_written = call.chunks_written, len(call.chunks)
    if not call.capture_chunks:
        return []
    chunks = call.chunks[first:]
    texts, call.chunks_end = without_streamed_binary([text for _, text in chunks], call.chunks_end)
    events = [
        _chunk_event(call, index, arrived, text)
        for index, ((arrived, _), text) in enumerate(zip(chunks, texts, strict=True), first)
    ]
    return events if call.capture_content else without_names(events)


def _chunk_event(call: Observation, index: int, arrived: int, text: str) -> EventDict:
    provider = call.request.provider
    event = new_event(session_id_of(call), arrived, "agent", provider, "completion_chunk")
    add_agent(event, call)
    if call.capture_content:
        event["content"] = {"text": text}
    event["extensions"] = {"chunk_index": index}
    if call.reply_to:
        event["extensions"] = {"reply_to": call.reply_to, "chunk_index": index}
    return event


def chunk_lines(call: Observation) -> tuple[bytes, int]:
    """The same events as encoded lines, and how many they are.

    A stream has thousands of chunks that differ in four values: the rest is encoded once.
    """
    first, call.chunks_written = call.chunks_written, len(call.chunks)
    if not call.capture_chunks or first == call.chunks_written:
        return b"", 0
    head, serial = new_event_ids()
    line = _line_template(call, head)
    arrivals, received = zip(*call.chunks[first:], strict=True)
    texts, call.chunks_end = without_streamed_binary(received, call.chunks_end)
    index, second, date, lines = first, 0, b"", []
    for arrived, text in zip(arrivals, _encoded(texts), strict=False):
        nanos = arrived - second
        if not 0 <= nanos < _SECOND:
            nanos = arrived % _SECOND
            second = arrived - nanos
            date = format_nanos(second)[:-7].encode()
        lines.append(line % (serial + index, date, nanos // 1000, text, index))
        index += 1
    return b"".join(lines), len(lines)


def sized_chunk_lines(call: Observation, policy: EventPolicy) -> tuple[bytes, int] | None:
    """The same lines as a policy allows them: with the sizes of texts in place of the texts.

    None if they have to be written one by one, from `chunk_events`.
    """
    first = call.chunks_written
    if not call.capture_chunks or first == len(call.chunks):
        call.chunks_written = len(call.chunks)
        return b"", 0
    head, serial = new_event_ids()
    line = _sized_template(call, head, policy)
    if line is None:
        return None
    call.chunks_written = len(call.chunks)
    arrivals, received = zip(*call.chunks[first:], strict=True)
    texts, call.chunks_end = without_streamed_binary(received, call.chunks_end)
    dates: dict[int, bytes] = {}
    lines = []
    for index, (arrived, size) in enumerate(zip(arrivals, _sizes(texts), strict=True), first):
        second, nanos = divmod(arrived, _SECOND)
        if second not in dates:
            dates[second] = format_nanos(second * _SECOND)[:-7].encode()
        lines.append(line % (serial + index, dates[second], nanos // 1000, index, size))
    return b"".join(lines), len(lines)


def _sizes(texts: Sequence[str]) -> list[bytes]:
    """The length of each text after encoding it as JSON, in digits."""
    try:
        "".join(texts).encode()
    except UnicodeEncodeError:  # halves of characters
        texts = [decode_json(each) for each in _encoded(texts)]
    return [b"%d" % len(each) for each in texts]


def _sized_template(call: Observation, head: str, policy: EventPolicy) -> bytes | None:
    """A template for the line that a policy makes of a chunk; None if that is not as expected."""
    event = _chunk_event(call, 0, 0, "?")
    event["event_id"] = f"{head}{0:016x}"
    if not call.capture_content:
        without_names([event])
    raw = encode_json(event)
    if [key for key in call.keys if key in raw]:
        return None
    line = policy(Event.from_json(raw)).encode()
    size = b',"chunk_size":1' if call.capture_content else b""
    begin = b'{"hilt_version":"%b","event_id":"%b","timestamp":"%b",' % (
        HILT_VERSION.encode(), event["event_id"].encode(), event["timestamp"].encode(),
    )  # fmt: skip
    end = b'"chunk_index":0%b}}' % size
    if not line.startswith(begin) or not line.endswith(end):
        return None
    gap = b',"chunk_size":%b' if size else b"%.0b"
    middle = line[len(begin) : -len(end)].replace(b"%", b"%%")
    return _head_of_line(head) + middle + b'"chunk_index":%d' + gap + b"}}\n"


def _head_of_line(id_head: str) -> bytes:
    head = b'{"hilt_version":"%b","event_id":"%b%%016x","timestamp":"%%b%%06dZ",'
    return head % (HILT_VERSION.encode(), id_head.encode())


def _encoded(texts: Sequence[str]) -> list[bytes]:
    """Each text as JSON."""
    try:
        return _encoder.encode_lines(texts).split(b"\n")
    except UNENCODABLE:  # half a character, whose other half is in the next chunk
        return [encode_json(text) for text in texts]


def _encoded_value(value: object) -> bytes:
    try:
        return _encoder.encode(value)
    except UNENCODABLE:  # a provider's id may contain half a character, too
        return encode_json(value)


def _line_template(call: Observation, id_head: str) -> bytes:
    """A template for a chunk's line, with gaps for id, timestamp, text and index."""
    fixed: EventDict = {
        "session_id": session_id_of(call),
        "actor": {"type": "agent", "id": call.request.provider},
        "action": "completion_chunk",
    }
    add_agent(fixed, call)
    if not call.capture_content:
        without_names([fixed])
    links = {"reply_to": call.reply_to} if call.reply_to else {}
    middle = _encoded_value(fixed)[1:-1].replace(b"%", b"%%")
    link = _encoded_value(links)[1:-1].replace(b"%", b"%%")
    content = b',"content":{"text":%b}' if call.capture_content else b"%.0b"
    tail = b',"extensions":{' + link + b"," * bool(link) + b'"chunk_index":%d}}\n'
    return _head_of_line(id_head) + middle + content + tail
