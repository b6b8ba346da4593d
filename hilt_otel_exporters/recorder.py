"""The recorder, by the name that exporters know it by."""

from __future__ import annotations

from hilt.genai.recorder import Recorder, write_events

__all__ = ["Recorder", "write"]

write = write_events
