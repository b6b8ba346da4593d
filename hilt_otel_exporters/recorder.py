"""The recorder, by the name that exporters know it by."""

from __future__ import annotations

from hilt.recording.writer import Recorder, write_events

__all__ = ["Recorder", "write"]

write = write_events
