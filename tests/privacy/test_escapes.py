"""Values that are escaped as in a URL or in JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from random import Random
from string import ascii_lowercase
from urllib.parse import quote, quote_plus

import pytest

from hilt.privacy import escapes, passwords
from hilt.privacy.candidates import BLOCK, most_candidates
from hilt.privacy.escapes import GAPS_IN_JSON, IN_URLS, find_escaped
from hilt.privacy.finding import Finding
from hilt.privacy.number_patterns import PHONE_SIGNS
from hilt.privacy.patterns import find


@pytest.mark.parametrize(
    "value",
    [
        "4111 1111 1111 1111",
        "+49 30 90182 4711",
        "DE89 3704 0044 0532 0130 00",
        "2001:db8:85a3::8a2e:370:7334",
        "ann(at)example.com",
        "https://ann:hunter2canary@db.example.org/x",
        "ann+x@example.com",
    ],
)
@pytest.mark.parametrize("quoted", [quote, quote_plus])
def test_values_that_are_escaped_in_a_url(value: str, quoted: Callable[[str], str]) -> None:
    """As in the query of a file's address; what is beside them stays."""
    text = f"See https://x.example.org/a%20b?q={quoted(value)}&size=100%25 and 50% of it"
    (found,) = find(text)
    shown = text[: found.start] + text[found.end :]
    assert quoted(value) in text[found.start : found.end] or "hunter2" in value
    assert not {"hunter2canary", quoted(value)} & set(shown.split("="))
    assert shown.endswith("size=100%25 and 50% of it")


def test_a_text_of_escapes_is_looked_through_as_far_as_there_is_time() -> None:
    """And hidden from there on."""
    text = "%41" * 100_000
    (block,) = find(text)
    assert (block.kind, block.end) == ("block", len(text))
    assert find("%41%20" * 1_000) == []


def test_what_follows_a_block_of_escapes_is_hidden() -> None:
    """The escapes that there is time for are decoded, and no finding before is lost."""
    text = f"4111%201111%201111%201111 ann@example.com {'%41b' * 100_000} ann@example.com"
    found = find(text)
    assert [each.kind for each in found] == ["card", "email", BLOCK]
    assert (found[0].end, found[-1].end) == (25, len(text))


@pytest.mark.parametrize(
    ("length", "decoded"), [(204_000, 702), (205_999, 702), (206_000, 703), (207_999, 703)]
)
def test_so_much_of_a_text_is_decoded(length: int, decoded: int) -> None:
    """60,000 characters and a twentieth of the text, plain ones among them: here 100 a unit."""
    text = f"%41{'b' * 99}" * 2_000
    text = text.ljust(length, "b")
    assert find(text) == [Finding((decoded * 102) + 3, length, BLOCK)]


def escapes_between_letters(count: int) -> str:
    """An escape before each of `count` letters, which do not repeat themselves."""
    return "".join(f"%41{each}" for each in Random(1).choices(ascii_lowercase, k=count))


def test_so_many_escapes_are_decoded() -> None:
    """However short each and what is between them are: 20,000 of these together in 400 kB."""
    text = escapes_between_letters(100_000)
    assert find(text) == [Finding(10_000 * 4 + 3, len(text), BLOCK)]


def test_so_many_escapes_of_a_longer_text_are_decoded() -> None:
    """In a megabyte 8,000, and no fewer in more."""
    text = escapes_between_letters(500_000)
    assert find(text) == [Finding(4_000 * 4 + 3, len(text), BLOCK)]


@pytest.mark.parametrize(
    ("count", "found"),
    [
        (99, Finding(12, 114, "password")),
        (100, Finding(12, 115, "password")),
        (101, Finding(12, 116, "password")),
        (399, Finding(350, 431, "email")),
    ],
)
def test_what_is_near_two_escapes_is_one_text(count: int, found: Finding) -> None:
    """What is farther from the one before, and no part of a word near it, is searched by itself."""
    assert find(f"https://ann:%41{'b' * count}%40db.example.org") == [found]


@pytest.mark.parametrize("gap", [84, 85, 86])
def test_what_begins_where_the_decoded_text_does_has_its_place(gap: int) -> None:
    """As if it stood a character farther from the escape, or nearer to it."""
    text = f"%20{'.' * 300} ann@example.com{' ' * gap}%20"
    assert find(text) == [Finding(304, 319, "email")]


def test_a_block_of_what_is_decoded_goes_on_to_the_end() -> None:
    """There is one, whether the search of what is decoded has ended with one or not."""
    text = "%41b" * 100_000

    def block(decoded: str) -> list[Finding]:
        return [Finding(10, len(decoded), BLOCK)]

    assert find_escaped(text, block, IN_URLS) == [Finding(5 * 4, len(text), BLOCK)]
    assert find_escaped(text, lambda _: [], IN_URLS) == [Finding(10_000 * 4 + 3, len(text), BLOCK)]


def test_what_begins_before_a_block_of_escapes_and_ends_in_it_is_found() -> None:
    """The text is searched a bit farther than it is decoded."""
    units = [f"%41{'b' * 99}"] * 2_000
    units[701] = f"%41{'b' * 87}https://ann:"
    units[702] = f"%41{'b' * 10}@db.example.org{'b' * 74}"
    text, start = "".join(units), 702 * 102
    assert find(text) == [
        Finding(start, start + 13, "password"),
        Finding(start + 13, len(text), BLOCK),
    ]


def test_what_is_behind_all_escapes_is_searched_though_they_have_a_block() -> None:
    """It ends with what is near the last of them; there are as many places as in such a text."""
    unit, decoded = "%2B49%2030%2090182%204711%20", "+49 30 90182 4711 "
    text = f"{unit * 3_250}{' ' * 2_000} ann@example.com"
    *phones, block, email = find(text)
    most = most_candidates(len(decoded) * 3_250 + 100)

    assert most == 3_029
    assert phones == [Finding(28 * each, 28 * each + 25, "phone") for each in range(most)]
    assert block == Finding(28 * most, 28 * 3_250 + 100, BLOCK)
    assert email == Finding(len(text) - 15, len(text), "email")


VALUES = [
    ("4111 1111 1111 1111", "card"),
    ("+49 30 1234567", "phone"),
    ("(030) 1234567", "phone"),
    ("GB29 NWBK 6016 1331 9268 19", "iban"),
    ("12345678Z", "national_id"),
    ("078-05-1120", "national_id"),
    ("sk-abcdefghijklmnop1234", "api_key"),
    ("203.0.113.77", "ip"),
    ("ann@example.com", "email"),
]


@pytest.mark.parametrize("around", ["", " 12, 345" * 6_300, " \u8bcd" * 25_100])
@pytest.mark.parametrize(("value", "kind"), VALUES)
def test_a_value_is_found_in_json_that_stands_in_a_text(value: str, kind: str, around: str) -> None:
    """As in the arguments of a tool: after a line break, a tab, and letters of other scripts."""
    for before in ("\n", "\t", "\r\n", "\u8bdd", "\u0e01", "\U0001f4de", "\\", '"', "C:\\new "):
        text = around + json.dumps({"value": f"a{before}{value}\nb"})
        (found,) = find(text)
        assert (found.kind, text[found.start : found.end].removeprefix("r")[-len(value) :]) == (
            kind,
            value,
        )


@pytest.mark.parametrize(
    "before", ["%0A", "%0d%0A", "%09", "%41", "%C3%A9", "%e4%b8%ad", "%F0%9F%93%9E", "%C2%A0"]
)
def test_blanks_of_a_form_are_blanks_near_any_escape(before: str) -> None:
    """Of a line's end, a letter of ASCII, or a character of two to four bytes."""
    text = f"call{before}+030+1234567"
    assert [text[each.start : each.end] for each in find(text)] == ["030+1234567"]
    assert find("call+030+1234567") == []  # a sum


@pytest.mark.parametrize(
    "address",
    [
        r"jan\x1b[0m.doe@example.com",
        r"ann@b\xc3\xbccher.example",
        r"ann@b\u00fccher.example",
        "ann@a.b.example",
    ],
)
def test_an_address_is_whole_with_escapes_and_short_labels(address: str) -> None:
    """A terminal's colours in its name, letters in its domain, a label of one letter."""
    text = f"to {address}, now"
    assert [text[each.start : each.end] for each in find(text)] == [address]


@pytest.mark.parametrize("behind", ["%0A", "%0D%0Ab", "%C3%A9", "%e4%b8%ad%e4%b8%ad", "%99%99"])
def test_a_number_ends_before_an_escape_of_a_url(behind: str) -> None:
    """Which it would be a part of otherwise; what is a percent sign ends no number."""
    assert [(each.start, each.end) for each in find(f"q=4111111111111111{behind}")] == [(2, 18)]
    assert find("+4111111111111112%25") == find("030 1234567%") == []


@pytest.mark.parametrize("backslashes", ["\\", "\\\\", "\\\\\\"])
def test_an_address_with_a_password_in_json_of_php(backslashes: str) -> None:
    """PHP escapes slashes, and so does JSON that is in it."""
    slash = f"{backslashes}/"
    text = f"amqp:{slash}{slash}ann:hunter2x@mq.example.com{slash}a"
    assert [(each.kind, text[each.start : each.end]) for each in find(text)] == [
        ("password", "hunter2x")
    ]


@pytest.mark.parametrize(
    "before", ["\\n", "\\t", "\\r\\n", "\\\\n", "\\u4e2d", "\\xad", "\\x1b[31m"]
)
@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("tel 1234567", "1234567"),
        ("rufnummer 1234567", "1234567"),
        ("num\u00e9ro 1234567", "1234567"),
        ("tom@example.com", "tom@example.com"),
        ("rick@example.com", "rick@example.com"),
        ("nina@example.com", "nina@example.com"),
        ("xabel@example.com", "xabel@example.com"),
    ],
)
def test_a_word_behind_an_escape_keeps_its_first_letter(
    before: str, words: str, value: str
) -> None:
    """The end of one escape and a letter are not taken for another one."""
    text = f'{{"value": "a{before}{words}"}}'
    assert [text[each.start : each.end] for each in find(text)] == [value]


@pytest.mark.parametrize("gap", ["\u00a0", "\u202f", "\u2009", "\u2010", "\u2011", "\u2013"])
def test_groups_are_found_with_gaps_that_are_escaped_in_json(gap: str) -> None:
    """As `json.dumps` does by itself."""
    iban = "DE89 3704 0044 0532 0130 00"
    for value, kind in (("4111 1111 1111 1111", "card"), ("030 1234567", "phone"), (iban, "iban")):
        escaped = json.dumps(value.replace(" ", gap))[1:-1]
        for dressed in (escaped, re.sub("u....", lambda code: code.group().upper(), escaped)):
            if "U" in dressed:
                dressed = dressed.replace("U", "u")  # noqa: PLW2901
            text = f'{{"a": "Nr. {dressed}."}}'
            assert [(each.kind, text[each.start : each.end]) for each in find(text)] == [
                (kind, dressed)
            ]


def test_gaps_are_decoded_within_numbers_only() -> None:
    """A blank between words stays as it is, and so does all that is far from a gap."""
    seen: list[str] = []
    text = r"a\u00a0b 1\u00a0: (030)\u00a012 x12\u00a0A" + " " * 200 + "2+3"
    assert find_escaped(text, lambda part: seen.append(part) or [], GAPS_IN_JSON) == []
    assert [each.strip() for each in seen] == ["a\\u00a0b 1\\u00a0: (030)\u00a012 x12\u00a0A"]


@pytest.mark.parametrize(
    "text",
    [
        r"password=abcdef\new1!x",
        r"password=C:\new123!",
        r"password: hunt\u00fc1234!",
        r"pwd='a\tb\rc\n1'",
    ],
)
def test_a_password_with_a_backslash_is_whole(text: str) -> None:
    """What looks like an escape may be a part of it."""
    (found,) = find(text)
    assert (found.kind, found.end) == ("password", len(text.removesuffix("'")))


def test_a_text_of_backslashes_is_searched_as_it_stands() -> None:
    """Nothing is moved by what is done to them."""
    for text in ("\\" * 70_000, "\\n" * 40_000, "\\u0041" * 20_000, "\\u4e2d1" * 20_000, "\\u12"):
        assert find(text) == []
        (found,) = find(f"{text} ann@example.com")
        assert found == Finding(len(text) + 1, len(text) + 16, "email")


def _hidden(text: str) -> str:
    """A text with a star for each character that is hidden."""
    shown = list(text)
    for each in find(text):
        shown[each.start : each.end] = "*" * (each.end - each.start)
    return "".join(shown)


DRESS: list[tuple[str, Callable[[str], str]]] = [
    ("colours of a terminal", lambda value: f"\x1b[1;31m{value}\x1b[0m"),
    ("in JSON", lambda value: json.dumps(f"\x1b[31m{value}\x1b[m")),
    ("in a shell", lambda value: f"\\033[31m{value}\\033[0m"),
    ("as Python shows it", lambda value: repr(f"\x1b[31m{value}\x1b[0m")),
    ("bytes", lambda value: repr(f"\u7535\u8bdd{value}\u7684".encode())),
    ("bytes in capitals", lambda value: f"\\xE3\\xA9{value}\\xE3\\xA9"),
    ("as ascii() shows it", lambda value: ascii(f"\u4e2d{value}\u4e2d".replace(" ", "\u00a0"))),
    ("JSON in JSON", lambda value: json.dumps(json.dumps({"a": f"x\n{value}\ny"}))),
    ("twice", lambda value: json.dumps(json.dumps(json.dumps(f"\t{value}\r")))),
    ("JSON of .NET", lambda value: value.replace("+", "\\u002B").replace("@", "\\u0040")),
    ("JSON in lower case", lambda value: value.replace("+", "\\u002b")),
    ("tags in JSON", lambda value: f"\\u003cb\\u003e{value}\\u003c/b\\u003e"),
    ("entities", lambda value: value.replace(" ", "&nbsp;").replace("@", "&commat;")),
    ("numbers of entities", lambda value: value.replace(" ", "&#160;").replace("@", "&#64;")),
    ("in base 16", lambda value: value.replace(" ", "&#xA0;").replace("@", "&#x40;")),
    ("more entities", lambda value: value.replace("+", "&plus;").replace(".", "&period;")),
    ("brackets", lambda value: value.replace("(", "&lpar;").replace(")", "&rpar;")),
    ("dashes", lambda value: value.replace("-", "&#8209;").replace("+", "&#43;")),
    ("thin blanks", lambda value: value.replace(" ", "&thinsp;")),
    ("a cell", lambda value: f"<td>{value}</td>"),
    ("tags", lambda value: f'<br/>{value}<a href="x"></a>'),
    ("twice in a URL", lambda value: quote(quote(f"x {value}"))),
    ("soft hyphen", lambda value: f"{value[:5]}\u00ad{value[5:]}"),
    ("blank of no width", lambda value: f"{value[:6]}\u200b\u200b{value[6:]}"),
    ("byte order mark", lambda value: f"{value[:-3]}\ufeff{value[-3:]}"),
    ("figure space", lambda value: value.replace(" ", "\u2007")),
    ("wide blank", lambda value: value.replace(" ", "\u3000")),
    ("wide brackets", lambda value: value.replace("(", "\uff08").replace(")", "\uff09")),
]


@pytest.mark.parametrize("around", ["", " word 12, 3456" * 3_700])
@pytest.mark.parametrize("dress", [each[1] for each in DRESS], ids=[each[0] for each in DRESS])
def test_values_are_found_in_any_dress(dress: Callable[[str], str], around: str) -> None:
    """All of a value is hidden, and nothing around it but what its escape is made of."""
    for value, _ in [*VALUES, ("AB 12 34 56 C", "national_id"), ("529.982.247-25", "national_id")]:
        dressed = dress(value)
        if value.startswith("sk-") and "sk-" not in dressed:
            continue  # a key is as it was given
        start, end = len(around) + len("Hola, "), len(around) + len("Hola, ") + len(dressed)
        shown = _hidden(f"{around}Hola, {dressed} fin.{around}")
        assert shown[:start] == f"{around}Hola, "
        assert shown[end:] == f" fin.{around}"
        parts = re.findall("[0-9A-Za-z]+", value)
        first, last = parts[0][:3], parts[-1][-2:]
        covered = shown[start + dressed.index(first) : start + dressed.rindex(last) + len(last)]
        assert covered == "*" * len(covered) != ""


def test_what_only_looks_like_an_escape_stays() -> None:
    """What is far from a number or an address, and amounts, are as they were."""
    for text in (
        r"M\u00fcller zahlt 12\u00a0345,50 \u20ac am 12.\u00a0Mai 2026",
        "R&amp;D &#39;quoted&#39; 1&nbsp;000&nbsp;&euro; &copy; 2026 &nbsp;12&nbsp;kg &#8211; &#64;",
        "\x1b[31mFAILED\x1b[0m 12 tests in 10m 30s, 5m away [m]",
        "a\u200bb 1\u200b2 \u200c\u0645\u06cc\u200c\u0631\u0648\u0645",
        r"C:\new\table\1234 \x41 \u0041 \\d+ \1",
        "numpy>1.2.3.4, x>=1.2.3.4, a >1.2.3.4, (>1.2.3.4)",
    ):
        assert _hidden(text) == text


def test_a_key_is_whole_in_what_a_terminal_shows() -> None:
    """Only the letter that ends a colour is no part of what follows."""
    keys = ["ghp_41ZjY8V6mTVRZtu3jN9hetdmnowoHBUesg", "sk-0m1m2m3m4m5m6m7m8m9m"]
    keys.append("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLW9mLWNhbmFy")
    for key in keys:
        assert _hidden(f"\x1b[1m{key}\x1b[0m 5m") == f"\x1b[1m{'*' * len(key)}\x1b[0m 5m"
        assert _hidden(f"\\u001b[1m{key} 5m") == f"\\u001b[1m{'*' * len(key)} 5m"


@pytest.mark.parametrize("escape", ["\x1b", "\\x1b", "\\u001b", "\\033", "\\e"])
def test_a_number_is_found_behind_the_last_of_many_colours(escape: str) -> None:
    """However many different ones a text has."""
    colours = "".join(f"{escape}[{number}m." for number in range(30, 47))
    text = f"{colours}{escape}[48m+4917112345678{escape}[0m"
    start = text.index("+49")
    assert find(text) == [Finding(start, start + 14, "phone")]


def test_an_escape_of_html_may_have_zeros_before_it() -> None:
    """As many as browsers are likely to meet."""
    for escape in ("&#x0000200b;", "&#8203;", "&#00008203;"):
        text = f"ann@exam{escape}ple.com"
        assert find(text) == [Finding(0, len(text), "email")]


def test_a_letter_of_another_script_beside_a_number_counts_where_markdown_does() -> None:
    """The number is a part of a word then."""
    card = f"4{'1' * 15}"
    assert find(f"\u0434{card} _1_") == []
    assert [each.kind for each in find(f"\u0434 _{card}_")] == ["card"]


@pytest.mark.parametrize("value", ["4111-1111-1111-1111", "03-1234-5678", "078-05-1120"])
def test_a_wide_dash_is_between_groups_or_before_them(value: str) -> None:
    """As Chinese and Japanese keyboards have it."""
    wide = value.replace("-", "\uff0d")
    assert (
        _hidden(f"\u96fb\u8a71\uff0d{wide}\u3002") == f"\u96fb\u8a71\uff0d{'*' * len(wide)}\u3002"
    )


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[01;31m\x1b[K4111 1111 1111 1111\x1b[m\x1b[K",
        "\\u001b[K203.0.113.77",
        "\\e[31m+49 30 1234567",
        "%0A078-05-1120",
        "%C3%A94111111111111111",
        r"4111\\u00a01111\\u00a01111\\u00a01111",
        r"06\xc2\xa012\xc2\xa034\xc2\xa056\xc2\xa078",
        "06%C2%A012%C2%A034%C2%A056%C2%A078",
        "4111&amp;nbsp;1111&#0160;1111&#x00A0;1111",
        r"4111\u200b1111\u20031111\u30001111",
        "4111&#8203;1111&shy;1111&zwj;1111",
        "anna.mul&shy;ler@example.com",
        r"ann\x40example\u002ecom",
        r"415\u002d555\u002d2671",
        r"\u002b33612345678",
        "sk-a\u2060nt-api03-abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFG_AA",
        "+33 6 12 34 56 78 / 06 98 76 54 32",
        "+49 30 1234567 / 030 7654321",
        "Tel.+33 6 12 34 56 78",
        "IP\u662f203.0.113.77\u5417",
        "\u5bc6\u94a5\u662fsk-proj-abcdEFGHijklMNOP0123456789qrstUVWX\u5417",
        "\u5bc6\u94a5AKIAIOSFODNN7EXAMPLE\u5417",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "refresh_token: abcdef0123456789abcdef",
        r'{"a": "{\"password\": \"hunter22x\"}"}',
    ],
)
def test_nothing_of_it_is_left(text: str) -> None:
    """Whatever it is written in."""
    shown = _hidden(f"Hola {text} fin")
    assert not re.search(
        r"[0-9]{2}|example|KEY|hunter|AA",
        re.sub(r"\\\w{1,5}\[[0-9;]*[mK]|\x1b\[\S*?[mK]|%..", "", shown),
    )


def test_json_with_an_address_behind_an_escape_stays_json() -> None:
    """A label may stand behind a backslash of its own only."""
    for before in ("\n", "\t", "\u00fc\n", "\U0001f4de", "\x1b"):
        text = json.dumps({"body": f"Hello{before}ann@example.com and +33612345678"})
        ((start, end), *_) = ((each.start, each.end) for each in find(text))
        assert json.loads(f"{text[:start]}[EMAIL]{text[end:]}")["body"].startswith(
            f"Hello{before}["
        )


def test_a_password_in_json_in_json_leaves_both_as_they_were() -> None:
    """The backslash before the quote that ends it is none of it."""
    text = json.dumps({"a": json.dumps({"password": "hunter22x"})})
    (found,) = find(text)
    shown = f"{text[: found.start]}[PASSWORD]{text[found.end :]}"
    assert json.loads(json.loads(shown)["a"]) == {"password": "[PASSWORD]"}


@pytest.mark.parametrize("value", ["203.0.113.77", "sk-abcdefghijklmnop1234"])
def test_a_part_of_a_word_in_wide_digits_is_found_nowhere(value: str) -> None:
    """They are digits like any other."""
    for around in ("", " word" * 12_000):
        assert find(f"{around} \uff11{value} {around}") == []


def test_a_switch_of_character_sets_is_before_a_number() -> None:
    """Terminals are told so with the end of each colour."""
    assert _hidden("\x1b(B4111 1111 1111 1111") == "\x1b(B" + "*" * 19


def test_code_is_no_address_and_no_key() -> None:
    """Slices, and names of functions that begin as a key does."""
    for text in ("x[1::2] s[0::3] a[10::5]", "hf_raise_for_status(r)", "fw_cdev_get_cycle_timer"):
        assert find(text) == []
    assert [each.kind for each in find("hf_abcdefghijklmnopqrstuvwxyz123456 2001::1")] == [
        "api_key",
        "ip",
    ]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("\u96fb\u8a71\uff1a5551234 \u3067\u3059", "5551234"),
        ("ann\uff20example\uff0ecom", None),
        ("ren\u00e9@example.com", None),
    ],
)
def test_other_scripts_escaped_as_in_json(text: str, value: str | None, times: int) -> None:
    """The word before a number, and full-width signs."""
    for _ in range(times):
        text = json.dumps(text)
    value = value or text.strip('\\"')
    assert _hidden(text) == text.replace(value, "*" * len(value))


def test_an_address_with_accents_of_their_own() -> None:
    """As in names of files on macOS."""
    assert _hidden("re\u0301ne\u0301@example.com") == "*" * 18


@pytest.mark.parametrize("word", escapes._WORDS)
def test_a_word_of_another_script_announces_a_value_where_json_escapes_it(word: str) -> None:
    """Each that does so as it stands."""
    value, kind = ("1234567", "phone") if word in PHONE_SIGNS else ("hunter2x", "password")
    plain = f"{word}: {value}"
    for text in (plain, json.dumps(plain), json.dumps(json.dumps(plain))):
        start = text.index(value)
        assert find(text) == [Finding(start, start + len(value), kind)]


def test_every_word_for_a_password_in_another_script_is_known_where_json_escapes_it() -> None:
    """But the Portuguese one, which JSON leaves as it is."""
    names = [each for each in passwords._NAMES_BY_LETTERS.values() if each.search("senha") is None]
    assert len(names) == len(passwords._NAMES_BY_LETTERS) - 1
    assert all(any(map(each.search, escapes._WORDS)) for each in names)
