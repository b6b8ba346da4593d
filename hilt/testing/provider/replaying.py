"""A log that answers in place of the providers, within this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from hilt.core.arguments import flag_checked, path_checked
from hilt.testing.provider.provider import Provider
from hilt.testing.provider.replay import Recording

__all__ = ["KEYS", "addresses", "replaying"]

KEYS = ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "CO_API_KEY")
"""The environment variables without which the SDKs make no client."""


def addresses(provider: Provider) -> dict[str, str]:
    """The environment variables that send the SDKs to a provider."""
    return {
        "OPENAI_BASE_URL": provider.openai_url,
        "ANTHROPIC_BASE_URL": provider.url,
        "GOOGLE_GEMINI_BASE_URL": provider.url,
        "CO_API_URL": provider.url,
    }


@contextmanager
def replaying(log: str | os.PathLike[str], *, strict: bool = False) -> Iterator[Recording]:
    """Answer the SDKs' requests out of a log: offline, at no cost, as they were answered before.

        with replaying("tests/data/support.jsonl") as recording:
            answer = ask("Where is my order?")
        assert recording.misses == []

    Clients that are made meanwhile go to a server of this process, since the SDKs' environment
    variables name it. A request that the log has no answer to gets a 404, whose message says where
    the request differs first from the most similar one.

    Args:
        log: The log; its rotated parts are read, too.
        strict: Whether only the same input of the same model matches.

    Raises:
        ReadError: If there is no such log, or it is none of HILT's.
    """
    from hilt.io.read.events import read_events
    from hilt.io.read.recognition import check_content

    path = path_checked("replaying", log).expanduser()
    check_content(path)
    flag_checked("strict", strict)
    recording = Recording.of(read_events(path, include_rotated=True), strict=strict, quote=True)
    with Provider(fallback=recording.answer) as provider:
        names = {**{key: os.environ.get(key) or "replay" for key in KEYS}, **addresses(provider)}
        before = {name: os.environ.get(name) for name in names}
        os.environ.update(names)
        try:
            yield recording
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
