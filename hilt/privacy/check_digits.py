"""Check digits of numbers that identify a person, as their issuers document them.

A number that fails its check is an ordinary number. Each check gets a number as written and its
digits, and returns its kind, or "" if it fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from operator import mul

__all__ = [
    "BLANKS",
    "CHECKS",
    "IBAN_GAPS",
    "LETTER_CHECKS",
    "Check",
    "dutch_id",
    "iban_length",
    "is_date",
    "is_iban",
]

Check = Callable[[str, Sequence[int]], str]
"""Gets a number as written and its digits; returns its kind, or ""."""

_SEPARATORS = re.compile(r"\D+")
_DATE = re.compile(r"\(?0?\d[./ -]\d{1,2}[./ -](?:19|20)\d\d|(?:19|20)\d\d[./ -]\d{1,2}[./ -]\d")


def is_date(text: str) -> bool:
    """Whether a number begins like a date, and so is no phone number."""
    return _DATE.match(text) is not None


# For Luhn: by how much a digit grows, modulo 10, when it is doubled and its digits are added.
_ADDED = bytes((0, 1, 2, 3, 4, 6, 7, 8, 9, 0)) + bytes(246)


_SHOWN = bytes(each + 48 for each in range(10)) + bytes(246)


def _shown(digits: Sequence[int]) -> str:
    """Digits as they are written."""
    return bytes(digits).translate(_SHOWN).decode()


def _luhn(digits: Sequence[int]) -> bool:
    values = bytes(digits)
    return (sum(values) + sum(values[-2::-2].translate(_ADDED))) % 10 == 0


_CARD_RANGES = re.compile(
    r"4|5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)|3[47]|30[0-5]|3[689]|35(?:2[89]|[3-8])|60|62|64[4-9]|65"
    r"|50|5[6-9]|6[137-9]|81"
)


def _card(text: str, digits: Sequence[int]) -> str:
    if not 13 <= len(digits) <= 19 or not _luhn(digits) or len(set(digits)) < 2:  # noqa: PLR2004
        return ""
    return "card" if _CARD_RANGES.match(_shown(digits[:4])) else ""


def _international(text: str, digits: Sequence[int]) -> str:
    plain = text.lstrip("+").isdigit()
    shortest = 10 if plain else 8
    return "phone" if shortest <= len(digits) <= 16 and not is_date(text) else ""  # noqa: PLR2004


def _nanp(text: str, digits: Sequence[int]) -> str:
    return "phone"


def _national(text: str, digits: Sequence[int]) -> str:
    if not 9 <= len(digits) <= 12 or is_date(text):  # noqa: PLR2004
        return ""
    if "." in text and len(text.split(".")) < 4:  # noqa: PLR2004 # a decimal, a version
        is_amount = set(_SEPARATORS.findall(text.strip("()"))) == {"."}
        return "" if is_amount and not _ROMANIAN.fullmatch(text) else "phone"
    return "phone"


_ROMANIAN = re.compile(r"0[237]\d\d\.\d{3}\.\d{3}")


def _plain_national(text: str, digits: Sequence[int]) -> str:
    return "" if text.startswith("0123456789") or len(set(text)) < 3 else "phone"  # noqa: PLR2004


def _grouped_phone(text: str, digits: Sequence[int]) -> str:
    return "phone" if not is_date(text) else ""


def _swiss(text: str, digits: Sequence[int]) -> str:
    total = sum(digit * (3 if index % 2 else 1) for index, digit in enumerate(digits[:12]))
    return "national_id" if (10 - total % 10) % 10 == digits[12] else ""


_CPF_WEIGHTS = (range(10, 1, -1), range(11, 1, -1))


def _is_cpf(digits: Sequence[int]) -> bool:
    for weights in _CPF_WEIGHTS:
        total: int = sum(map(mul, weights, digits))
        if total * 10 % 11 % 10 != digits[len(weights)]:
            return False
    return len(set(digits)) > 1


def _cpf(text: str, digits: Sequence[int]) -> str:
    return "national_id" if _is_cpf(digits) else ""


def _is_german(digits: Sequence[int]) -> bool:
    ten = digits[:10]
    # One digit is there twice or three times, the others once.
    distinct = len(set(ten))
    if distinct not in (8, 9) or digits[0] == 0:
        return False
    if distinct == 8 and max(map(ten.count, ten)) != 3:  # noqa: PLR2004
        return False
    product = 10
    for digit in ten:
        total = (digit + product) % 10 or 10
        product = total * 2 % 11
    return (11 - product) % 10 == digits[10]


def _is_pesel(digits: Sequence[int]) -> bool:
    month, day = digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]
    if not 1 <= month % 20 <= 12 or not 1 <= day <= 31:  # noqa: PLR2004
        return False
    total: int = sum(map(mul, _PESEL_WEIGHTS, digits))
    return -total % 10 == digits[10]


_PESEL_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)


_NORWEGIAN_WEIGHTS = ((3, 7, 6, 1, 8, 9, 4, 5, 2, 1), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))


def _is_norwegian(digits: Sequence[int]) -> bool:
    for weights in _NORWEGIAN_WEIGHTS:
        total: int = sum(map(mul, weights, digits))
        if total % 11:
            return False
    return True


def _is_belgian(digits: Sequence[int]) -> bool:
    number, check = int(_shown(digits[:9])), digits[9] * 10 + digits[10]
    return check in (97 - number % 97, 97 - (2_000_000_000 + number) % 97)


def _belgian(text: str, digits: Sequence[int]) -> str:
    return "national_id" if _is_belgian(digits) else ""


def _eleven(text: str, digits: Sequence[int]) -> str:
    if len(set(digits)) < 3:  # noqa: PLR2004 # zeros pass some checks, and are nobody's
        return ""
    if (
        _is_pesel(digits)
        or _is_norwegian(digits)
        or _is_cpf(digits)
        or _is_german(digits)
        or _is_belgian(digits)
    ):
        return "national_id"
    if text[0] == "0" and text[1] != "0":
        return _plain_national(text, digits)
    return ""


def _german(text: str, digits: Sequence[int]) -> str:
    return "national_id" if _is_german(digits) else ""


def _french(text: str, digits: Sequence[int]) -> str:
    number, key = int(_shown(digits[:13])), digits[13] * 10 + digits[14]
    return "national_id" if 97 - number % 97 == key else _card(text, digits)


def _long(text: str, digits: Sequence[int]) -> str:
    """A number of 13 digits and more with no separator among the first 13."""
    count = len(digits)
    if count == 13 and text.startswith("756"):  # noqa: PLR2004
        return _swiss(text, digits)
    if count == _LENGTH_OF_FRENCH and digits[0] in (1, 2, 7, 8) and _is_birth_month(digits[3:5]):
        return _french(text, digits)
    if count >= _FEWEST_IN_CHINESE and _CHINESE.fullmatch(text):
        return _chinese(text, digits)
    return _card(text, digits)


_LENGTH_OF_FRENCH = 15
_FEWEST_IN_CHINESE = 17  # and an X


def _is_birth_month(digits: Sequence[int]) -> bool:
    """Whether an id in France may have this month: from 20 on, the month of birth is unknown."""
    month = digits[0] * 10 + digits[1]
    return 1 <= month <= 12 or month >= 20  # noqa: PLR2004


_CHINESE = re.compile(
    r"[1-8]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
)


def _chinese(text: str, digits: Sequence[int]) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(w * d for w, d in zip(weights, digits, strict=False))
    return "national_id" if "10X98765432"[total % 11] == text[-1].upper() else _card(text, digits)


def _is_date_of_birth(digits: Sequence[int], *, day_first: bool) -> bool:
    year, month, day = (digits[index] * 10 + digits[index + 1] for index in (0, 2, 4))
    if day_first:
        year, day = day, year
    return 1 <= month <= 12 and 1 <= day % 60 <= 31  # noqa: PLR2004


def _nordic(text: str, digits: Sequence[int]) -> str:
    ten = digits[-10:]
    swedish = _is_date_of_birth(ten, day_first=False) and _luhn(ten)
    danish = len(digits) == 10 and _is_date_of_birth(ten, day_first=True)  # noqa: PLR2004
    return "national_id" if swedish or danish else ""  # a Finnish one is like a Danish one


_VERHOEFF_D = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P = (
    "0123456789", "1576283094", "5803796142", "8916043527",
    "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip


_LENGTH_OF_INDIAN = 14  # with its separators


def _indian(text: str, digits: Sequence[int]) -> str:
    if len(text) != _LENGTH_OF_INDIAN or "." in text:
        return ""
    check = 0
    for index, digit in enumerate(reversed(digits)):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[index % 8][digit])])
    return "national_id" if check == 0 else ""


def _korean(text: str, digits: Sequence[int]) -> str:
    month, day = digits[2] * 10 + digits[3], digits[4] * 10 + digits[5]
    is_date_of_birth = 1 <= month <= 12 and 1 <= day <= 31  # noqa: PLR2004
    return "national_id" if is_date_of_birth and text[6] == "-" and text[7] in "12345678" else ""


def _social_security(text: str, digits: Sequence[int]) -> str:
    area = text[:3]
    if text[3] == "." or text[6] == ".":
        return ""
    never = area in ("000", "666") or area[0] == "9" or text[4:6] == "00" or text[7:] == "0000"
    return "" if never else "national_id"


def _nine(text: str, digits: Sequence[int]) -> str:
    if "." in text or digits.count(0) > 4:  # noqa: PLR2004 # 100 200 300
        return ""
    if digits[0] == 0:  # a phone number, as 030 123 456
        return _national(text, digits) if digits[1] else ""
    canadian = digits[0] not in (0, 8) and _luhn(digits)
    weights = (1, 4, 3, 7, 5, 8, 6, 9, 10)
    australian = sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 0
    return "national_id" if (canadian or australian) and len(set(digits)) > 2 else ""  # noqa: PLR2004


CHECKS: dict[str, Check] = {
    "intl": _international,
    "ch_ahv": _swiss,
    "br_cpf": _cpf,
    "us_ssn": _social_security,
    "be_nn": _belgian,
    "fr_nir": _french,
    "card": _card,
    "long": _long,
    "kr_rrn": _korean,
    "nordic": _nordic,
    "in_uid": _indian,
    "de_spaced": _german,
    "eleven": _eleven,
    "nine": _nine,
    "nanp": _nanp,
    "national": _national,
    "plain0": _plain_national,
    "pairs": _grouped_phone,
}
"""The check for each form of number, by its name in `hilt.privacy.number_forms`."""


def dutch_id(digits: Sequence[int]) -> bool:
    """Whether nine digits are a burgerservicenummer, by its check modulo 11."""
    weights = (9, 8, 7, 6, 5, 4, 3, 2, -1)
    return sum(w * d for w, d in zip(weights, digits, strict=True)) % 11 == 0


_ODD = {
    **dict(zip("0123456789", (1, 0, 5, 7, 9, 13, 15, 17, 19, 21), strict=True)),
    **dict(
        zip(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
            (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
            strict=True,
        )
    ),
}  # fmt: skip


def _is_spanish(text: str) -> bool:
    plain = text.replace("-", "").replace(".", "")
    number = int("XYZ".index(plain[0]) if plain[0] in "XYZ" else plain[0]) * 10**7 + int(plain[1:8])
    return "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23] == plain[8]


def _is_italian(text: str) -> bool:
    text = "".join(
        str(int(each)) if each.isdigit() else each for each in text if each not in BLANKS
    )
    even = sum(int(c) if c.isdigit() else ord(c) - 65 for c in text[1:15:2])
    return chr(65 + (even + sum(_ODD[c] for c in text[0:15:2])) % 26) == text[15]


def _is_finnish(text: str) -> bool:
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(text[:6] + text[7:10]) % 31] == text[10]


BLANKS = " \u00a0\u2002\u2003\u2007\u2008\u2009\u202f\u3000"
IBAN_GAPS = f"{BLANKS}\n\u2010\u2011\u2012\u2013\u2212\uff0d-"
"""What may stand between the groups of an IBAN."""
_IBAN_DIGITS = {
    **{
        ord(each): str(int(each, 36))
        for each in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    },
    **dict.fromkeys(map(ord, IBAN_GAPS)),
}
_IBAN_LENGTHS = {
    country: int(length)
    for length, countries in {
        "15": "NO", "16": "BE", "18": "DK FI FO GL NL SD", "19": "MK SI", "20": "AT BA EE KZ LT LU MN XK",
        "21": "CH HR LI LV", "22": "BG BH CR DE GB GE IE ME RS VA", "23": "AE IL IQ OM TL",
        "24": "AD CZ ES MD PK RO SA SE SK TN VG", "25": "LY PT ST", "26": "IS TR",
        "27": "BI DJ FR GR IT MC MR SM", "28": "AL AZ BY CY DO GT HU LB NI PL SV",
        "29": "BR EG PS QA UA", "30": "JO KW MU", "31": "MT SC", "32": "LC", "33": "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip


def iban_length(country: str) -> int | None:
    """How many characters an IBAN of a country has (ISO 13616); None if it has none."""
    return _IBAN_LENGTHS.get(country)


def is_iban(text: str) -> bool:
    """Whether the check digits of an IBAN are right."""
    plain = text.translate(_IBAN_DIGITS)
    return int(plain[_DIGITS_OF_HEAD:] + plain[:_DIGITS_OF_HEAD]) % 97 == 1


_DIGITS_OF_HEAD = 6
"""Two for each letter of the country, and the check digits."""


LETTER_CHECKS: dict[str, Callable[[str], bool]] = {
    "es": _is_spanish,
    "it": _is_italian,
    "fi": _is_finnish,
}
"""The checks of ids with letters, by country; the ids of other countries have no check digit."""
