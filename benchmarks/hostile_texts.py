"""CPU time of `hilt.privacy.patterns.find` on hostile texts of a megabyte, made by rules.

    python benchmarks/hostile_texts.py [SHARE]

Each family of texts is one unit that is repeated, or units or characters at random. SHARE is the
share of the families to measure, 1 unless given. A time is the least of three.
"""

from __future__ import annotations

import random
import string
import sys
import time
from collections.abc import Iterator
from itertools import product
from statistics import mean

from hilt.privacy.patterns import find

_MEGABYTE = 1_000_000
_LIMIT = 0.05
_SIGNS = " .-+/@:%_=\"'\\&<(,;#\n"
_PARTS = (
    *("a@", "@.ab1 ", "a.b@c.", "ann@example.co", "a\\_a\\_b@c.co ", "o'b@", "x at y dot "),
    *("1 ", "12-", "+1 ", "(1) ", "1.2.", "4111 ", "0x1", "1:2:", "::", "::1 ", "1/2/", "DE12 "),
    *("eyJ", "eyJ.", "sk-", "AKIA", "ghp_", "-----BEGIN ", "key-1", "hf_", "xoxb-", "ya29.", "SG."),
    *("password=", "password: ", "token:", 'secret="', "pwd ", "Bearer ", "api_key ", "auth=a1 "),
    *("\\u00", "\\u0040", "\\x4", "\\n1", "%40", "%2B1", "%25", "&#64;", "&nbsp;1", "&#x", "=40"),
    *("tel ", "tel 1", "phone: 12 ", "call +", "mobile 0", "card 4", "iban DE", "ip 1.", "id 12 "),
    *(
        "://",
        "http://a:b@",
        "https://1.",
        "?token=",
        "//a:1@",
        "[::",
        "fe80:",
        "a:b:c:",
        "1.1.1.1 ",
    ),
    *(
        "\u200b1",
        "\u0663 ",
        "\u5bc6\u7801",
        "\uff20",
        "\u00e91",
        "\u0430\u0431 1",
        "\x1b[1m",
        "\t1",
    ),
    *("1.1.1.1 ", "\t1"),
    *("A0 ", "4 1", "1A", "12A ", "AB12", "a1b2", "0-", "9a ", "_1_", "*1*", '{"a":1,', "<b>1</b>"),
)
"""What values begin with, or have in them."""


def main() -> None:
    """Print how the times spread, and the slowest families."""
    share = float(sys.argv[1]) if len(sys.argv) > 1 else 1.0
    chosen = [each for each in _families() if random.Random(each[0]).random() < share]
    times = sorted(((_seconds(text), name) for name, text in chosen), reverse=True)
    seconds = [each for each, _ in times]
    over = sum(each > _LIMIT for each in seconds)
    print(f"{len(times)} texts of a megabyte, {over} of them over {_LIMIT * 1e3:.0f} ms")
    print(f"mean {mean(seconds) * 1e3:.1f} ms, 95 % below {seconds[len(times) // 20] * 1e3:.1f} ms")
    for each, name in times[:20]:
        print(f"{each * 1e3:7.1f} ms  {name}")


def _families() -> Iterator[tuple[str, str]]:
    """The name and the text of each family."""
    for unit in (*_PARTS, *string.digits[:2], *_SIGNS, "a", "A", "\u00e9", "\u5bc6", "\0"):
        yield f"{unit!r} repeated", _repeated(unit)
    for left, right in product(("1", "12", "a", "A1", "4111", "@"), _SIGNS):
        yield f"{left + right!r} repeated", _repeated(left + right)
    chance = random.Random(1)
    for number in range(120):
        characters = "".join(chance.sample(string.printable, 1 + number % 5)) + chance.choice("019")
        yield f"characters {characters!r}", _at_random(characters)
    for number in range(60):
        characters = "".join(chance.sample(_SIGNS, 2 + number % 8)) + chance.choice(
            ("0123456789", "ab1", "aA1", "abcdefgh", "0123456789abcdef", "1")
        )
        yield f"characters {characters!r}", _at_random(characters)
    for number in range(120):
        parts = tuple(chance.sample(_PARTS, 2 + number % 4))
        yield f"parts {parts!r}", _at_random(parts)
    for number in range(60):
        parts = (*chance.sample(_PARTS, 2), "".join(chance.choices(string.printable, k=number)))
        yield f"{''.join(parts)!r} repeated", _repeated("".join(parts))
    for characters in (string.printable, string.digits, string.punctuation, string.hexdigits):
        yield f"characters {characters!r}", _at_random(characters)
    for number in range(40):
        characters = string.digits * (number % 4) + "".join(chance.sample(string.printable, 40))
        yield f"characters {characters!r}", _at_random(characters)


def _repeated(unit: str) -> str:
    return (unit * (_MEGABYTE // len(unit) + 1))[:_MEGABYTE]


def _at_random(parts: tuple[str, ...] | str) -> str:
    average = sum(map(len, parts)) / len(parts)
    count = int(_MEGABYTE / average * 1.1)
    return "".join(random.Random(str(parts)).choices(parts, k=count))[:_MEGABYTE]


def _seconds(text: str) -> float:
    times = []
    for _ in range(3):
        start = time.thread_time()
        find(text)
        times.append(time.thread_time() - start)
    return min(times)


if __name__ == "__main__":
    main()
