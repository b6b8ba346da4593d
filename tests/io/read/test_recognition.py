"""Files that are no logs."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma

import pytest

from hilt.core.columns import COLUMNS
from hilt.core.event import Event
from hilt.core.exceptions import ReadError
from hilt.io.read.recognition import check_content

EVENT = Event(session_id="s", actor={"type": "human", "id": "u"}, action="prompt").encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        EVENT,
        EVENT[:-9],
        b"\0\0\0" + EVENT,
        b"\xef\xbb\xbf" + EVENT + b"\r\n",
        b"{torn\n" + EVENT,
        gzip.compress(EVENT),
        gzip.compress(EVENT * 99)[:-9],
        b'{"hilt_version":"1.0.0","content":"' + b"x" * 100_000,
    ],
)
def test_logs_pass(tmp_path, content):
    """Empty ones and torn ones too."""
    path = tmp_path / "app.jsonl"
    path.write_bytes(content)

    check_content(path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (EVENT.decode().encode("utf-16"), "is UTF-16; a log is UTF-8"),
        (bytes(range(256)) * 9, "is a binary file"),
        (b"Hello\nthere\n", "has no events"),
        (b'{"level":"info"}\n', "has no events"),
        (json.dumps(dict.fromkeys(COLUMNS, 1)).encode(), "is a table, not a log of events"),
        (b"\x1f\x8b" + bytes(99), "is not a gzip file"),
        (b"\x28\xb5\x2f\xfd" + bytes(99), "is compressed with zstd, and only gzip is read"),
        (lzma.compress(EVENT), "is compressed with xz, and only gzip is read"),
        (bz2.compress(EVENT), "is compressed with bzip2, and only gzip is read"),
    ],
)
def test_other_files_are_named_for_what_they_are(tmp_path, content, problem):
    """In one line, before anything is read from them."""
    path = tmp_path / "app.jsonl"
    path.write_bytes(content)

    with pytest.raises(ReadError, match=problem):
        check_content(path)
