"""Frames of an AWS event stream, whole and in pieces."""

from __future__ import annotations

import time

from hilt.instrumentation.aws_frames import AwsFrameDecoder
from tests.instrumentation.anthropic_transport import aws_frames
from tests.providers.anthropic_stream import events_of, message


def test_frames_in_pieces() -> None:
    """However the bytes are cut, the same events come out."""
    events = list(events_of(message("thinking_and_tools")))
    data = aws_frames(iter(events))

    for size in (1, 7, 1000, len(data)):
        decoder = AwsFrameDecoder()
        pieces = [data[start : start + size] for start in range(0, len(data), size)]
        assert [event for piece in pieces for event in decoder.feed(piece)] == events


def test_what_is_no_event_stream_is_given_up() -> None:
    """Bytes of another kind give nothing, and are not kept."""
    decoder = AwsFrameDecoder()

    assert list(decoder.feed(b'{"message": "not a frame at all"}')) == []
    assert list(decoder.feed(b"\x00")) == []


def test_many_frames_at_once_take_time_in_proportion() -> None:
    """Not to the square of their number, and so does one that comes in many pieces."""
    frames = aws_frames({"n": number} for number in range(20_000))
    started = time.process_time()
    count = len(list(AwsFrameDecoder().feed(frames * 5)))
    decoder = AwsFrameDecoder()
    frame = aws_frames([{"text": "A" * 16_000_000}])
    pieces = [frame[start : start + 8192] for start in range(0, len(frame), 8192)]

    assert count == 100_000
    assert sum(1 for piece in pieces for _ in decoder.feed(piece)) == 1
    assert time.process_time() - started < 8
