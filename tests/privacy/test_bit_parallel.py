"""Regular expressions for all places of a text at once."""

from __future__ import annotations

import random
import re

import pytest

from hilt.privacy.bit_parallel import BitParallel

PATTERNS = [
    "a",
    "ab",
    "[ab]",
    "[^ab]",
    "[a-c]b",
    ".b",
    "a|bc|",
    "(?:ab|a)(?:b|ca)",
    "(?P<name>a)b?",
    "a?b?c",
    "a{2}",
    "a{0,2}b",
    "a{1,3}",
    "(?:ab?){2,3}c",
    "(?:a|){2}b",
    "a(?=b)",
    "a(?!b)",
    "a(?=b{1,2}c)[abc]",
    "(?<=a)b",
    "(?<!a)b",
    "(?<=ab|ca)[abc]",
    "b(?<=ab)(?!c)",
    "(?=a(?!c))[ab]{1,2}",
    "a b  # a blank is none",
    r"\.a[ ]",
    "b(?![ ])",
]


def _ends(pattern: str, text: bytes) -> list[int]:
    """What `re` says of each place and each end."""
    ends = set()
    for end in range(len(text) + 1):
        to_end = re.compile(f"(?:{pattern}\n)(?=[^Z]{{{len(text) - end}}}Z)".encode(), re.VERBOSE)
        if any(to_end.match(text + b"Z", start) for start in range(end + 1)):
            ends.add(end)
    return sorted(ends)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_ends_are_those_that_re_finds(pattern: str) -> None:
    """Of each text of some letters, wherever a match begins."""
    rng = random.Random(pattern)
    search = BitParallel(pattern)
    for length in (0, 1, 2, 3, 5, 8, 11):
        for _ in range(6):
            text = "".join(rng.choices("abc. \n", (5, 4, 3, 1, 1, 1), k=length)).encode()
            assert search.ends(text, 1_000) == _ends(pattern, text), text


def test_it_gives_up_after_so_many_steps() -> None:
    """Steps that lead nowhere do not count: the rest of the pattern is not even looked at."""
    search = BitParallel("abcabc")

    assert search.ends(b"abcabc", 6) == [6]
    assert search.ends(b"abcabc", 5) is None
    assert search.ends(b"xxx", 1) == []
    assert search.ends(b"xxx", 0) is None


def test_what_a_look_asks_for_is_looked_up_once() -> None:
    """However often the look is repeated; its steps count, too."""
    search = BitParallel("(?:[ab](?!cc)){3}")

    assert search.ends(b"abacc", 3 + 2) == []
    assert search.ends(b"ababc", 3 + 2) == [3, 4]
    assert search.ends(b"ababc", 3 + 1) is None


@pytest.mark.parametrize(
    ("pattern", "error"),
    [
        ("a*", "A repetition has no end"),
        ("a+", "A repetition has no end"),
        ("a{2,}", "A repetition has no end"),
        ("a??", "MIN_REPEAT is no step that is known here"),
        (r"(a)\1", "GROUPREF is no step that is known here"),
        ("^a", "AT is no step that is known here"),
        (r"[\d]", "CATEGORY is no class that is known here"),
    ],
)
def test_what_is_not_known_is_an_error(pattern: str, error: str) -> None:
    """It is said when the pattern is made, and not found out by a text."""
    with pytest.raises(ValueError, match=f"^{re.escape(error)}$"):
        BitParallel(pattern)
