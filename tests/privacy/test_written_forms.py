"""Addresses and numbers as people write them to be read by people."""

from __future__ import annotations

import pytest

from hilt.privacy.patterns import find


def _found(text: str) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in find(text)]


@pytest.mark.parametrize(
    "address",
    [
        "ann(at)example.com",
        "ann [at] example [dot] com",
        "ann.smith (at) mail.example (dot) co (dot) uk",
        "ann [dot] smith [at] example [dot] com",
        "ANN{AT}EXAMPLE.ORG",
        "ann ( at ) example ( dot ) com",
        "j\u00fcrgen(at)b\u00fccher.example",
        "\u0430\u043d\u043d\u0430(at)\u043f\u043e\u0447\u0442\u0430.\u0440\u0444",
    ],
)
def test_addresses_with_the_signs_in_words(address: str) -> None:
    """So that a program does not read them; a program reads them all the same."""
    assert _found(f"Write to {address}, please!") == [("email", address)]


@pytest.mark.parametrize(
    "text",
    [
        "insert(at) list.last",
        "rows[at].b.c",
        "f(at, x.yz)",
        "(at) home.now",
        "look (at)example.com",
    ],
)
def test_code_with_an_at_is_no_address(text: str) -> None:
    """Blanks are on both sides or on none, and somebody is before."""
    assert _found(text) == []


@pytest.mark.parametrize("gap", ["  ", "   ", " - ", "\u00a0 "])
def test_cards_with_wide_gaps(gap: str) -> None:
    """As in a table, or set with a dash; the check digit decides."""
    for groups in (
        ["4111", "1111", "1111", "1111"],
        ["3782", "822463", "10005"],
        ["6212", "3456", "7890", "1234569"],
    ):
        card = gap.join(groups)
        assert _found(f"Card: {card}.") == [("card", card)]
    assert _found(gap.join(["4111", "1111", "1111", "1112"])) == []


@pytest.mark.parametrize("gap", ["  ", "   ", " - "])
def test_cards_with_wide_gaps_stand_alone(gap: str) -> None:
    """No letter of an alphabet is beside one; scripts without blanks do not count."""
    card = gap.join(["4111", "1111", "1111", "1111"])
    assert _found(f"\u044f{card}") == _found(f"{card}\u044f") == []
    assert _found(f"\u4e2d{card}\u4e2d") == [("card", card)]


@pytest.mark.parametrize(
    "text",
    [
        "Puedes contactarme en el 654 321 987.",
        "ll\u00e1mame al 654 321 987",
        "llame al 654321987",
        "654 321 987 (m\u00f3vil)",
        "Tel\u00e9fono: 854.321.987",
        "el fijo es 954-321-987",
        "Ll\u00e1menos hoy: 654 321 987",
    ],
)
def test_spanish_phones_in_threes(text: str) -> None:
    """Where a word near by says that it is one."""
    assert [kind for kind, _ in _found(text)] == ["phone"]


@pytest.mark.parametrize(
    "text",
    [
        "The sum is 654 321 987 bytes.",
        "Poblaci\u00f3n: 654 321 987 habitantes",
        "llama 654 321 987 parameters",
        "654 321 987\u00e9 is no tel",
    ],
)
def test_numbers_in_threes_are_amounts(text: str) -> None:
    """Without such a word, with another digit before, or as a part of something."""
    assert [kind for kind, _ in _found(text) if kind == "phone"] == []


def test_the_word_for_a_phone_in_threes_is_not_far() -> None:
    """Within 60 characters before it, or 40 behind it, and the number has no decimals."""
    phone = "654 321 987"
    assert _found(f"movil{' ' * 55}{phone}") == [("phone", phone)]
    assert _found(f"movil{' ' * 56}{phone}") == []
    assert _found(f"{phone}{' ' * 35}movil") == [("phone", phone)]
    assert _found(f"{phone}{' ' * 36}movil") == []
    assert _found(f"1,{phone} (movil)") == _found(f"{phone},5 (movil)") == []


@pytest.mark.parametrize("digits", ["85", "\u0668\u0665", "8\u0665"])
def test_digits_of_another_script_in_an_id_with_letters_are_no_error(digits: str) -> None:
    """They are what they say, and the rest of the text is looked through."""
    found = find(f"RSSMRA{digits}T10A562S ann@example.com")
    assert [each.kind for each in found] == ["national_id", "email"]


def test_an_address_is_found_after_any_group() -> None:
    """Also after another address, whose last group has any length."""
    for last in ("8", "88", "888", "8888"):
        text = f"1:2:3:4:5:6:7:{last} 1:2:3:4:5:6:7:8"
        assert [each.kind for each in find(text)] == ["ip", "ip"]


AROUND = ("", " word and another" * 20, " 12, 345" * 40, " \u8bcd\u7684" * 60)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("(030)   1234567", "phone"),
        ("No.DE89370400440532013000", "iban"),
        ("\u20acDE89 3704 0044 0532 0130 00", "iban"),
        ("IBAN\u2013DE89370400440532013000", "iban"),
        ("\u8d26\u53f7DE89370400440532013000\u7684", "iban"),
        ("No.12345678Z", "national_id"),
        ("No.12345678-Z", "national_id"),
        ("12345678Z.1", "national_id"),
        ("No.131052-308T", "national_id"),
        ("No.131052A308T", "national_id"),
        ("No.X1234567L", "national_id"),
        ("No.X-1234567-L", "national_id"),
        ("\u8bc1X1234567L\u53f7", "national_id"),
        ("No.AB 12 34 56 C", "national_id"),
        ("+ABCPE1234F", "national_id"),
        ("\u8eab\u4efdABCPE1234F\u53f7", "national_id"),
        (".RSSMRA85T10A562S", "national_id"),
        ("DNI n\u00ba12345678Z", "national_id"),
        ("N.\u00baX1234567L", "national_id"),
        ("1\u00aaAB 12 34 56 C", "national_id"),
        ("tarjeta n\u00ba4111111111111111", "card"),
        ("4111111111111111\u00ba", "card"),
        ("cuenta n\u00baES9121000418450200051332", "iban"),
        ("n\u00ba+34651234567", "phone"),
        ("N\u00ba030 1234567", "phone"),
        ("n\u00ba203.0.113.7", "ip"),
        ("n\u00ba2001:db8::17", "ip"),
        ("Card No.4111 1111 1111 1111", "card"),
        ("card no.4111111111111111,", "card"),
        ("Nr.0301234567", "phone"),
        ("Tel.Nr.(030) 123456", "phone"),
        ("Ph.+91 98765 43210", "phone"),
        ("SSN NO.078-05-1120", "national_id"),
        ("CPF no.529.982.247-25", "national_id"),
        ("_ann@example.com_", "email"),
        ("__ann@example.com__.", "email"),
    ],
)
def test_it_is_found_whatever_the_rest_of_the_text_is(text: str, kind: str) -> None:
    """Texts of many digits are looked through in another way; it sees the same."""
    for around in AROUND:
        assert [each.kind for each in find(f"{around} {text} {around}")] == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "1-DE89370400440532013000",
        "x_X1234567L",
        "1-12345678Z",
        "\u00e9X1234567L",
        "No.X1234567A",
        "X1234567L\u00e9",
        "volcano.4111111111111111",
        "1no.4111111111111111",
        "_no.4111111111111111",
        "no.41111111111111112",
        "no.4111111111111112",
        "no.3.1415926535",
        "no.12.345.678",
        "ano.078-05-1120",
        "x@self.weight_t",
        "x@self.weight____",
        "\u00e9\u00b24111111111111111",
    ],
)
def test_a_part_of_something_is_found_nowhere(text: str) -> None:
    """Behind a dash, a line or a letter of an alphabet."""
    for around in AROUND:
        assert find(f"{around} {text} {around}") == []


@pytest.mark.parametrize(
    "text",
    [
        "030 / 1234567",
        "(030) / 1234567",
        "+49 30 / 1234567",
        "+49 (0)30 / 123 45 67",
        "+43 1 / 234 56 78",
        "06 / 12 / 34 / 56 / 78",
    ],
)
def test_a_slash_within_a_number_has_blanks_beside_it(text: str) -> None:
    """As Germans and Austrians write; another number after one begins with a zero."""
    assert _found(text) == [("phone", text)]
    assert _found(f"{text} / 030 7654321")[-1] == ("phone", "030 7654321")


def test_what_is_between_an_abbreviation_and_a_number_stays() -> None:
    """Only a number right behind the dot belongs to it."""
    assert _found("No.1 4111111111111111") == [("card", "4111111111111111")]
    assert _found("No.12, ann@example.com, +49 30 1234567")[-1] == ("phone", "+49 30 1234567")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\u3054\u9023\u7d61\u306f", "\u307e\u3067\u304a\u9858\u3044\u3044\u305f\u3057\u307e\u3059"),
        ("\u90ae\u7bb1", "\u7136\u540e" * 20),
        ("\u0e2d\u0e35\u0e40\u0e21\u0e25", "\u0e04\u0e23\u0e31\u0e1a"),
        ("\uc774\uba54\uc77c\uc740", "\uc785\ub2c8\ub2e4"),
        ("", "\u306e3\u4ef6"),
        ("", "\u0438"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "address", ["ann@example.co.jp", "12345678@example.com", "ann(at)example.com"]
)
def test_an_address_without_blanks_around_it(before: str, after: str, address: str) -> None:
    """As in Japanese, Chinese, Thai and Korean; however long the text is that follows."""
    assert _found(f"{before}{address}{after}") == [("email", address)]


@pytest.mark.parametrize(
    "address",
    [
        "\u7530\u4e2d@example.jp",
        "\u7530\u4e2d2@example.jp",
        "ann@\u4f8b\u5b50.\u516c\u53f8",
        "ann\uff20example\uff0ecom",
        "o\\'brien@example.com",
        "ann@example.verm\u00f6gensberater",
        "ann(at)example.str\u00e5le",
        "o'brien@example.com",
        "SRS0=HHH=TT=example.org=ann@example.com",
        "list+ann=example.org@example.com",
    ],
)
def test_an_address_is_whole(address: str) -> None:
    """One of another script, or with signs in it."""
    assert _found(f"Write to {address}, please!") == [("email", address)]


@pytest.mark.parametrize(
    "around",
    [
        "{{'email': '{}'}}",
        "INSERT INTO users VALUES (1, '{}', NULL)",
        r"\'{}\'",
        "| Ann |{}|",
        "**{}**",
        "`{}`",
        "/{}/",
        "?email={}&x=1",
        "email={}",
        "from=x&to={}",
        "http://localhost:8000/users/{}/edit",
        "https://x.example:8443/?a=b&email={}",
        "https://x.example/a:b/{}/photo",
        "https://ann:pw@x.example/{}",
    ],
)
def test_what_stands_around_an_address_stays(around: str) -> None:
    """And the address is found, where the host of a URL has a port, too."""
    text = around.format("ann.smith@example.com")
    assert ("email", "ann.smith@example.com") in _found(text)


@pytest.mark.parametrize("password", ["pw@rd12", "p@ss@word", "pass?word#1", "s3cret"])
@pytest.mark.parametrize("user", ["", "ann", "ann@example.com"])
def test_the_last_at_ends_a_password_in_a_url(user: str, password: str) -> None:
    """As programs that open such an address read it."""
    text = f"redis://{user}:{password}@cache.example.com:6379/0"
    assert ("password", password) in _found(text)
    assert _found(text)[-1] == ("password", password)


@pytest.mark.parametrize("dash", ["\uff0d", "\u2212", "-"])
def test_a_phone_with_wide_dashes(dash: str) -> None:
    """Those of Windows and of macOS differ."""
    phone = f"\uff10\uff19\uff10{dash}\uff11\uff12\uff13\uff14{dash}\uff15\uff16\uff17\uff18"
    assert _found(f"\u96fb\u8a71: {phone}") == [("phone", phone)]


@pytest.mark.parametrize("gap", ["/", "_", "~", "|", "\u00b7", "\u2022"])
def test_cards_with_other_gaps(gap: str) -> None:
    """The same one everywhere."""
    card = gap.join(("4111", "1111", "1111", "1111"))
    assert _found(f"My card: {card}, please") == [("card", card)]
    assert _found(f"My card: {card[:-1]}2, please") == []
    assert _found(f"My card: {card.replace(gap, '/', 1)}") == (
        [("card", card)] if gap == "/" else []
    )


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("card=4111+1111+1111+1111&exp=12", "card", "4111+1111+1111+1111"),
        ("a=b&tel=%2B49+151+12345678", "phone", "%2B49+151+12345678"),
        ("phone=+49+151+12345678&a=b", "phone", "+49+151+12345678"),
        ("iban=DE89+3704+0044+0532+0130+00", "iban", "DE89+3704+0044+0532+0130+00"),
        ("Subject: =?utf-8?Q?ann=40example.com=2C_1234?=", "email", "utf-8?Q?ann=40example.com"),
        ("Gr=C3=BC=C3=9Fe 12345\nann@exam=\nple.com now", "email", "ann@exam=\nple.com"),
        ("Pay 4111 1111 1111 1=\r\n111 now", "card", "4111 1111 1111 1=\r\n111"),
        (r"Pay 4111 1111 1111 1=\n111 now", "card", r"4111 1111 1111 1=\n111"),
        ("DE89 3704 0044\n0532 0130 00", "iban", "DE89 3704 0044\n0532 0130 00"),
        ("DE89  3704  0044  0532  0130  00", "iban", "DE89  3704  0044  0532  0130  00"),
        ("DE 89 3704 0044 0532 0130 00", "iban", "DE 89 3704 0044 0532 0130 00"),
        ("DNI: 12.345.678-Z", "national_id", "12.345.678-Z"),
        ("CPF 529982247-25", "national_id", "529982247-25"),
        ("RSS MRA 85T10 A562S", "national_id", "RSS MRA 85T10 A562S"),
        ("Tel: 0 532 123 45 67", "phone", "0 532 123 45 67"),
        ("Tel: 0(532) 123 45 67", "phone", "0(532) 123 45 67"),
        ("Ruf 0722.123.456 an", "phone", "0722.123.456"),
        ("phone_number=4155552671", "phone", "4155552671"),
        ('"phoneNumber":"4155552671"', "phone", "4155552671"),
        ("tlf. 12 34 56 78", "phone", "12 34 56 78"),
        ("tlf 91234567", "phone", "91234567"),
        ("{+49~30~1234567}", "phone", "+49~30~1234567"),
        ("backup of ann@example.com_2", "email", "ann@example.com"),
    ],
)
def test_other_dresses_of_the_same_values(text: str, kind: str, value: str) -> None:
    """In forms, in mails, over two lines, and as some countries write them."""
    for around in ("", " word" * 12_000, "1 2 3\n"):
        found = _found(f"{around}\n{text}\n{around}")
        assert (kind, value) in found


@pytest.mark.parametrize(
    "text",
    [
        "x = 4111+1111+1111+1111",
        "size=40px.png and a = 12345",
        "12.345.678-A",
        "529982247-26",
        "RSS MRA 85T10 A562T",
        "1.722.123.456",
        "0 100 200 30 40",
        "max_text = 1234567",
    ],
)
def test_what_is_like_them_stays(text: str) -> None:
    """A sum, a name of a file, a broken check, a list of numbers."""
    assert _found(text) == []
