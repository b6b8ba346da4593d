"""Texts of a stream without the binary content of ``data:`` URLs."""

from __future__ import annotations

import pytest

from hilt.recording.streamed_binary import without_streamed_binary

HEAD = "See data:image/png;base64,"


def kept(text: str, size: int) -> str:
    """What is kept of a text that comes in pieces of a size, three of them at a time."""
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    end, outside = "", ""
    for start in range(0, len(pieces), 3):
        texts, end = without_streamed_binary(pieces[start : start + 3], end)
        assert len(texts) == len(pieces[start : start + 3])
        outside += "".join(texts)
    return outside


@pytest.mark.parametrize("size", [1, 2, 5, 7, 50])
@pytest.mark.parametrize(
    ("text", "outside"),
    [
        (f"{HEAD}iVBORw0KGgo+/A== and more", f"{HEAD} and more"),
        (f"{HEAD}iVBORw0K", HEAD),
        (f"({HEAD}iVBO) ({HEAD}AAAA)", f"({HEAD}) ({HEAD})"),
        (f"{HEAD} is how one begins", f"{HEAD} is how one begins"),
        ("base64, and nothing of it;base", "base64, and nothing of it;base"),
    ],
)
def test_content_is_left_out_wherever_it_is_cut(text: str, outside: str, size: int) -> None:
    """The words around it are there, in the chunks that had them."""
    assert kept(text, size) == outside


def test_chunks_of_text_are_as_they_came() -> None:
    """The same object comes back."""
    texts = ["Hel", "lo"]

    assert without_streamed_binary(texts, "")[0] is texts
