"""Numbers that identify a person: phones, cards, national ids, ids with letters in them.

`hilt.privacy.number_forms` finds what has the form of one; here, that is checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from hilt.privacy.candidates import LONG_TEXT
from hilt.privacy.check_digits import CHECKS, dutch_id, is_date
from hilt.privacy.finding import Finding
from hilt.privacy.lettered_ids import lettered_at
from hilt.privacy.long_search import joined
from hilt.privacy.lowered import Lowered, as_searched
from hilt.privacy.number_forms import (
    FORMS,
    LONG_NUMBERS,
    NO_LETTERS,
    NUMBER,
    NUMBER_OR_LETTERS,
    OTHER_DIGITS,
    is_letter,
)

__all__ = ["PHONE_SIGNS", "after_abbreviations", "announced", "numbers", "spaced"]

_VALUES = bytes(each - 48 if 48 <= each < 58 else 0 for each in range(256))  # noqa: PLR2004 # ASCII
_NOT_DIGITS = bytes(each for each in range(256) if not 48 <= each < 58)  # noqa: PLR2004
_COMMA = ord(",")
_DECIMALS = re.compile(rb",[0-9]{1,2}(?![0-9])")
_LIKE_AMOUNTS = frozenset(("nine", "in_uid"))
_MOST_IN_NATIONAL = 12
_FEWEST_IN_CARD = 13
_CARDS = frozenset(("card", "long"))
_SURE = _CARDS | {"us_ssn", "intl", "ch_ahv", "br_cpf", "be_nn", "fr_nir", "letters"}
_MOST_FAILURES = 200
_LONGEST_NATIONAL = 30
_GAP_IN_TABLE = 3
_MOST_IN_RUN = 64
_LONG_RUN = re.compile(b"0" + 7 * b"[^0]{0,4}0" + b"(?:[^0]{0,4}0){0,%d}" % (_MOST_IN_RUN - 8))
"""Eight digits or more with gaps of up to four, the least that any form of `NUMBER` has; the widest
gap is that of ``(030)   1234567``. The first eight are written out: a repetition takes longer."""
_FIRST_OF_TWO = re.compile(
    rb"(?:\+|00)(?:1(?:[^0-9]{0,3}[0-9]){10}(?=[^0-9])"
    rb"|(?:[^0-9]{0,3}[0-9]){10,13}?(?= {1,3}0[1-9](?:[ ./()-]{0,2}[0-9]){7}))"
)
"""An international number before another number: all eleven digits of a US one; or, before a
national number that begins with 0, up to there."""
_ZIP = re.compile(r"(?<=\b(?:MA|RI|NH|ME|VT|CT|NJ|PR) )[ ]?0[0-9]{4}-[0-9]{4}")
_LONG_ZIP = 10
"""A postal code of the US that begins with 0, behind its state, as in ``MA 02110-1301``."""
_GROUP = re.compile("[0-9]+")
_LAST_GROUP = re.compile(r"[^0-9]+[0-9]+\Z")


def numbers(text: str, data: bytes, outline: bytes = b"") -> Iterator[Finding]:
    """The candidates for phones, cards and national ids; those that fail a check have no kind.

    Args:
        text: The text.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        outline: What `hilt.privacy.number_forms.outline_of` makes of that, for a text of few
            digits. Without it, for one of many digits, ids that begin with letters and bank
            accounts are looked for, too, which is faster there than `hilt.privacy.lettered_ids`.
    """
    is_ascii, done, failures, last = text.isascii(), 0, 0, 0
    if outline:
        forms = _forms_in_runs(data, outline)
    else:
        forms = LONG_NUMBERS.finditer(NUMBER_OR_LETTERS, data, data)
    for match in forms:
        start, index = match.start(), match.lastindex
        form = FORMS[index]
        if form == "none":
            yield Finding(start, start, "")
            continue
        end = match.end(index) - 1 if index else len(text)  # unknown if letters come first
        failures = failures + 1 if start <= last else 0
        last = end + _GAP_IN_TABLE
        is_second = start < done
        is_in_doubt = is_second or failures > _MOST_FAILURES
        if (is_in_doubt and not _is_of_interest(form, is_second)) or not (
            is_ascii or _stands_alone(text, start, end)
        ):
            finding = None
        elif form == "letters":
            finding = lettered_at(text, start)
        elif (form in _LIKE_AMOUNTS and _is_amount(data, start, end)) or (
            end - start == _LONG_ZIP and _is_zip(text, start)
        ):
            finding = None
        else:
            if form == "intl":
                first = _FIRST_OF_TWO.match(data, start + 1, end + _LONGEST_NATIONAL)
                end = first.end() - 1 if first else end
            finding = _checked(data[start + 1 : end + 1], start, form)
        if finding is None:
            yield Finding(start, start, "")
            continue
        failures = 0
        if form != "national":  # where it ends is a guess: another may begin in it
            done = finding.end
        yield finding


def _forms_in_runs(data: bytes, outline: bytes) -> Iterator[re.Match[bytes]]:
    """What `NUMBER` finds, searched for only where there are enough digits close together."""
    done = 0
    for run in _LONG_RUN.finditer(outline):
        start, end = run.span()
        is_cut = end - start >= _MOST_IN_RUN
        for match in NUMBER.finditer(data, max(done, start - 2), end + (100 if is_cut else 8)):
            if match.start() >= end:
                break
            yield match
        done = end


def _is_amount(data: bytes, start: int, end: int) -> bool:
    """Whether groups of digits are part of an amount: 1,234 567 890 or 123 456 789,50."""
    if b" " not in data[start + 1 : end + 1]:
        return False
    goes_on_before = data[start] == _COMMA and data[start - 1 : start].isdigit()
    return goes_on_before or _DECIMALS.match(data, end + 1) is not None


def _is_zip(text: str, start: int) -> bool:
    before = start - (text[start - 2 : start] == "  ")
    return _ZIP.match(text, before) is not None


def _is_of_interest(form: str, is_second: bool) -> bool:
    """Whether a number in a doubtful place is to be checked.

    Args:
        form: Its form.
        is_second: Whether it overlaps a number that was found: then only cards are checked, as
            their check is a good one. Otherwise many numbers just before it failed: it is in a
            table, where only forms are checked that are hard to mistake.
    """
    return form in (_CARDS if is_second else _SURE)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether no letter of an alphabet is beside a number."""
    return not (is_letter(text[start - 1 : start]) or is_letter(text[end : end + 1]))


def _checked(number: bytes, start: int, form: str) -> Finding | None:
    """The finding if a number passes its check, if need be without groups at its end."""
    check = CHECKS[form]
    shown, digits = number.decode("latin-1"), number.translate(_VALUES, _NOT_DIGITS)
    if form == "national" and len(digits) > _MOST_IN_NATIONAL:
        end, count = _first_groups(shown)
        shown, digits = shown[:end], digits[:count]
    kind = check(shown, digits)
    if kind or form not in _CARDS or shown.isdigit():
        return Finding(start, start + len(shown), kind) if kind else None
    while not kind and len(digits) > _FEWEST_IN_CARD:
        last = _LAST_GROUP.search(shown)
        if last is None:
            break
        shown = shown[: last.start()]
        digits = shown.encode("latin-1").translate(_VALUES, _NOT_DIGITS)
        kind = check(shown, digits)
    return Finding(start, start + len(shown), kind) if kind else None


def _first_groups(shown: str) -> tuple[int, int]:
    """Where the first groups end that may be a phone number, and how many digits they have."""
    end = count = 0
    for group in _GROUP.finditer(shown):
        start, group_end = group.span()
        if count + group_end - start >= _MOST_IN_NATIONAL:
            break
        count, end = count + group_end - start, group_end
    return end, count


_ABBREVIATIONS = {
    word: re.compile(rf"{word}\.(?<![0-9A-Za-z_]{word}\.)(?=[(+]?[0-9])")
    for word in ("no", "nr", "ph", "mob", "tel", "tlf", "fax")
}
"""Abbreviations that a number follows without a blank: ``No.4111111111111111``."""
_LONGEST_NUMBER = 100
_AFTER_LETTER = re.compile(rb"\.(?<=[Aa]\.)(?=[0(+])")
"""In an outline: the dot of what may be an abbreviation, before a number."""


def after_abbreviations(
    lowered: Lowered, data: bytes, outline: bytes
) -> Iterator[Iterator[Finding]]:
    """Like `numbers`, after the dot of an abbreviation; any other dot makes a number a decimal.

    Args:
        lowered: The text in lower case.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        outline: What `hilt.privacy.number_forms.outline_of` makes of that.
    """
    is_there = _AFTER_LETTER.search(outline) is not None
    for word in lowered.possible(_ABBREVIATIONS) if is_there else ():
        if (word in lowered.words or not lowered.only_letters) and f"{word}." in lowered.data:
            yield _at_places(_ABBREVIATIONS[word].finditer(lowered.data), lowered.given, data)


def _at_places(places: Iterator[re.Match[str]], text: str, data: bytes) -> Iterator[Finding]:
    for place in places:
        start = place.end()
        end = start + _LONGEST_NUMBER
        first = next(numbers(text[start:end], b"\n" + data[start + 1 : end + 1]), None)
        if first is None or first.start:
            yield Finding(start, start, "")
        else:
            yield Finding(start, start + first.end, first.kind)


# -- groups that are found in an outline ---------------------------------------------------------

_WIDE_CARDS = {  # what an outline is searched for first, and how it may go on; by the gap
    gap.encode(): {
        f"0000{gap}{groups}".encode(): re.compile(
            rf"(?<![0Aa_+.$%-])0000{gap}{groups}0{{0,{more}}}(?![0Aa_%]|[.-]0)".encode()
        )
        for groups, more in ((f"0000{gap}0000{gap}0", 6), (f"000000{gap}0000", 1))
    }
    for gap in ("  ", "   ", " - ")
}
_THREES = {
    f"000{gap}000{gap}000".encode(): re.compile(
        rf"(?<![0Aa_+.,$%-])000{re.escape(gap)}000{re.escape(gap)}000(?![0Aa_%]|[.,-]0)".encode()
    )
    for gap in " .-"
}
_SPANISH_PHONE = re.compile(
    r"\b(?:tel(?:[e\u00e9]fonos?)?|telf|tlf|m[o\u00f3]vil|celular|fijo|whatsapp|contact\w{0,5}"
    r"|ll[a\u00e1]m(?:e|ar\w{0,4}|[ae](?:me|nos|le|dme))|n[u\u00fa]mero)\b|\+34"
)
_SPANISH_WORDS = tuple(
    map(
        as_searched,
        (
            *("tel", "tlf", "m\u00f3vil", "movil", "celular", "fijo", "whatsapp", "contact"),
            *("ll\u00e1m", "llam", "n\u00famero", "numero"),
        ),
    )
)
"""`_SPANISH_PHONE` finds something only in a text that has one of these, or ``+34``."""
_BEFORE_PHONE, _AFTER_PHONE = 60, 40


def spaced(lowered: Lowered, data: bytes, outline: bytes) -> Iterator[Iterator[Finding]]:
    """Cards with wide gaps, and Spanish phones in groups of three if a word nearby says so.

    Args:
        lowered: The text in lower case.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        outline: What `hilt.privacy.number_forms.outline_of` makes of that.
    """
    has_blanks, has_dash = b"0  " in outline, b"0 - 0" in outline
    for gap, cards in _WIDE_CARDS.items() if has_blanks or has_dash else ():
        if (has_dash if b"-" in gap else has_blanks) and b"0000%b0000" % gap in outline:
            for first, card in cards.items():
                if first in outline:
                    yield _wide_cards(lowered, data, _beginning_with(first, card, outline))
    if lowered.only_letters and not _has_spanish_word(lowered, data):
        return
    threes = [each for each in _THREES.items() if each[0] in outline]
    if threes and (lowered.only_letters or _has_spanish_word(lowered, data)):
        for first, three in threes:
            yield _in_threes(lowered.text, data, _beginning_with(first, three, outline))


def _has_spanish_word(lowered: Lowered, data: bytes) -> bool:
    words = lowered.possible(_SPANISH_WORDS)
    return b"+34" in data or any(each in lowered.words for each in words)


def _beginning_with(
    first: bytes, pattern: re.Pattern[bytes], outline: bytes
) -> Iterator[re.Match[bytes]]:
    """The matches of a pattern, all of which begin with `first`; they may overlap.

    In a long text, this is several times faster than a search by `re`.
    """
    start = outline.find(first)
    while start >= 0:
        match = pattern.match(outline, start)
        if match is not None:
            yield match
        start = outline.find(first, start + 1)


def _wide_cards(
    lowered: Lowered, data: bytes, cards: Iterator[re.Match[bytes]]
) -> Iterator[Finding]:
    for match in cards:
        start, end = match.span()
        is_alone = _stands_alone(lowered.given, start - 1, end - 1)
        found = _checked(data[start:end], start - 1, "card") if is_alone else None
        yield found or Finding(start - 1, start - 1, "")


def _in_threes(lower: str, data: bytes, threes: Iterator[re.Match[bytes]]) -> Iterator[Finding]:
    is_ascii, done = lower.isascii(), 0
    for match in threes:
        if match.start() < done:
            continue
        done = match.end()
        start, end = match.start() - 1, match.end() - 1
        is_phone = data[start + 1] in b"6789" and (
            _SPANISH_PHONE.search(lower[max(0, start - _BEFORE_PHONE) : start]) is not None
            or _SPANISH_PHONE.search(lower[end : end + _AFTER_PHONE]) is not None
        )
        is_phone = is_phone and (is_ascii or _stands_alone(lower, start, end))
        yield Finding(start, end, "phone" if is_phone else "")


# -- numbers that a word before them explains ---------------------------------------------------

_DIGITS = "0-9" + OTHER_DIGITS.pattern.strip("[]")
_DIGIT = f"[{_DIGITS}]"
_UP_TO_DIGIT = rf"[^{_DIGITS}+\n]{{0,24}}"
_NO_VALUE = r"(?![\"'\\]{0,9}\s?:\s?(?:null|none|true|false|[\"'\\]{2,16}\s?[,}]))"
"""Rules out a member of JSON without a number, so that the next member's is not taken for its."""
_NO_LABEL = (
    rf"(?![^{_DIGITS}+\n\[]{{0,24}}\[(?:phone|national_id|email|card|iban|ip|token|password|api_key)"
    r"[\]_])"
)
"""Rules out a number behind one that was redacted before, which the word announced."""
_AFTER_WORD = (
    rf"{_NO_VALUE}{_NO_LABEL}(?={_UP_TO_DIGIT}{_DIGIT})"
    rf"(?:{_UP_TO_DIGIT}(?<![^\W{NO_LETTERS}])(?<![$\u20ac\u00a3#@&])NUMBER"
    rf"|(?={_UP_TO_DIGIT}{_DIGIT}[{_DIGITS} ().\-/\u00a0\u2011]{{5}}))"
)
"""A number, or what begins like one: to rule that out takes time, so it counts as a candidate."""
_LOOSE = (
    rf"(\(?{_DIGIT}[{_DIGITS} ().\-/\u00a0\u2011]{{5,18}}{_DIGIT})"
    rf"(?![^\W{NO_LETTERS}]|%|[.,:]{_DIGIT})"
)
_DUTCH = r"(\d{3}[. ]?\d{3}[. ]?\d{3}|\d{4}[. ]?\d{2}[. ]?\d{3})(?!\w)".replace(r"\d", _DIGIT)
_PHONE_WORDS = {  # what a text is searched for, in lower case, and how the word may go on
    "tel": r"(?:ephone|efon|\u00e9fono|efono|efoon|\u00e9phone)?\b",
    "num": r"[e\u00e9]ro\b",
    "t\u00e9l": r"(?:\u00e9phone)?\b",
    "n\u00fam": r"[e\u00e9]ro\b",
    "mobil": r"e?\b",
    "llam": r"(?:e|ar\w{0,4}|[ae](?:me|nos|le|dme))\b",
    "ll\u00e1m": r"[ae](?:me|nos|le)\b",
    "phone": r"(?!(?<=\[phone)\])(?:_?n(?:umber|um|o|r)?)?\b",
    "contact": r"\b(?!-)",
    "call": r"(?<!tool call)(?<!function call)(?<!api call)\b(?! (?:count|id)\b)",
    **dict.fromkeys(("cell", "dial", "text", "fax", "sms", "whatsapp", "tlf"), r"\b"),
    **dict.fromkeys(("handy", "portable", "rufnummer", "movil", "m\u00f3vil"), r"\b"),
}
PHONE_SIGNS = ("\u7535\u8bdd", "\u624b\u673a", "\u96fb\u8a71", "\u643a\u5e2f", "\uc804\ud654")
_AMERICAN = r"(\d{3}[- ]?\d{2}[- ]?\d{4})(?!\w)".replace(r"\d", _DIGIT)
_AMERICAN_WORDS = {"ssn": r"\b", "social security": r"\b"}
_DUTCH_WORDS = {"bsn": r"\b", "burgerservicenummer": r"\b", "sofi": r"(?:nummer)?\b"}


def _announced_by(words: dict[str, str], number: str) -> dict[str, str]:
    """Patterns for a number after a word, by the form of the word that is looked for first."""
    after = _AFTER_WORD.replace("NUMBER", number)
    return {as_searched(word): rf"{word}(?<!\w{word}){rest}{after}" for word, rest in words.items()}


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """A pattern, compiled when a text first has its word: to compile all takes 0.1 s."""
    return re.compile(pattern)


_PHONES = _announced_by(_PHONE_WORDS, _LOOSE)
_AFTER_NAME = (
    r"(?:_?(?:number|num|nr|no))?s?_?\d?[\"'\\]{0,9}\s?[:=]\s{0,2}(?:\[\s{0,20})?[\"'\\]{0,9}"
    r"(?<![\w.])"
)
_PHONES_IN_NAMES = {
    "phone": r"phone(?:(?<=_phone)|(?<=(?:cell|home|work|user)phone)|(?<=mobilephone)"
    rf"|(?<=contactphone)|(?<=customerphone)|(?<!\wphone)(?=_?\d|(?:_?number)?s)){_AFTER_NAME}(?:{_LOOSE}|(?={_DIGIT}))"
}
"""A number in a member with a longer name, such as ``mobile_phone`` or ``phones``."""
_IDS_IN_NAMES = {
    "ssn": rf"ssn(?:(?<=_ssn)|(?<!\wssn)(?=s|_?n)){_AFTER_NAME}(?:{_AMERICAN}|(?={_DIGIT}))",
    "social": rf"social_?security{_AFTER_NAME}(?:{_AMERICAN}|(?={_DIGIT}))",
}
_PHONES_OF_SIGNS = {word: word + _AFTER_WORD.replace("NUMBER", _LOOSE) for word in PHONE_SIGNS}
_DUTCH_IDS = _announced_by(_DUTCH_WORDS, _DUTCH)
_AMERICAN_IDS = _announced_by(_AMERICAN_WORDS, _AMERICAN)
_DECIMAL = re.compile(r"\d{1,2}\.\d+\Z")
_FEWEST_IN_LOOSE, _MOST_IN_LOOSE = 7, 13  # ITU-T E.164


_RUN = re.compile(rb"0(?<![0Aa]0)(?:[ ().\-/]{0,13}0){6,60}")
"""In an outline: the digits of such a number, and of others that may follow it."""
_DAY = re.compile(rb"(?:19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9])")
_BEFORE_RUN, _AFTER_RUN = 64, 32
"""How far before a run its word may be, and how far after it a number may reach; with a margin."""
_NEAR = 1_024
_SEVEN_DIGITS = b"0" * _FEWEST_IN_LOOSE
_IN_LOOSE = b" ().-/"
_DIGITS_AS_ZEROS = bytes(48 if 48 <= each < 58 else each for each in range(256))  # noqa: PLR2004


def announced(lowered: Lowered, data: bytes, outline: bytes = b"") -> Iterator[Iterator[Finding]]:
    """Numbers without a form of their own, if a word before them says what they are.

    Args:
        lowered: The text in lower case.
        data: As for `numbers`.
        outline: As for `numbers`; with it, only the parts near digits are searched.
    """
    parts, words = [(0, len(data) - 1)], lowered.words
    if outline:
        parts = joined(_near_runs(data, outline))
    elif len(data) > LONG_TEXT:
        parts = joined(_with_seven_digits(data))
    if sum(end - start for start, end in parts) * 2 < len(data):
        words = "\n".join(lowered.data[start:end] for start, end in parts)
    patterns = list(_patterns_of_words(lowered, words, data)) if parts else []
    for finding, pattern, text in patterns:
        yield _announced_in(parts, pattern, text, finding)


def _patterns_of_words(
    lowered: Lowered, words: str, data: bytes
) -> Iterator[tuple[Callable[[re.Match[str]], Finding], re.Pattern[str], str]]:
    """For each word in the text: what makes a finding of a match, the pattern, what to search."""
    if b"?" in data:
        for sign, pattern in _PHONES_OF_SIGNS.items():
            if sign[0] in lowered.given and sign in lowered.given:  # one is found faster than two
                yield _loose, _compiled(pattern), lowered.given
    for word in lowered.possible(_PHONES):
        if word in words:
            yield _loose, _compiled(_PHONES[word]), lowered.text
    for word in lowered.possible(_DUTCH_IDS):
        if word in words:
            yield _dutch, _compiled(_DUTCH_IDS[word]), lowered.text
    for word in lowered.possible(_AMERICAN_IDS):
        if word.replace(" ", "") in words or word in words:
            yield _american, _compiled(_AMERICAN_IDS[word]), lowered.text
    for names, finding in ((_PHONES_IN_NAMES, _loose), (_IDS_IN_NAMES, _american)):
        for word in lowered.possible(names):
            if word in words:
                yield finding, _compiled(names[word]), lowered.text


def _announced_in(
    parts: list[tuple[int, int]],
    pattern: re.Pattern[str],
    text: str,
    finding: Callable[[re.Match[str]], Finding],
) -> Iterator[Finding]:
    for start, end in parts:
        for match in pattern.finditer(text, start, end):
            is_number = match.group(1) is not None
            yield finding(match) if is_number else Finding(match.start(), match.start(), "")


def _near_runs(data: bytes, outline: bytes) -> Iterator[tuple[int, int]]:
    """The parts of a text near digits that are no date: the words can only be there."""
    run = _RUN.search(outline)
    while run is not None:
        first, end = run.span()
        if outline[first + 4 : first + 5] == b"-" and _DAY.match(data, first):
            end = first + 1
        else:
            yield max(0, first - 1 - _BEFORE_RUN), end - 1 + _AFTER_RUN
        run = _RUN.search(outline, end)


def _with_seven_digits(data: bytes) -> Iterator[tuple[int, int]]:
    """The parts of a long text of digits that have seven in a row, gaps aside."""
    for start in range(1, len(data), _NEAR):
        end = min(start + _NEAR + _AFTER_RUN, len(data))
        if _SEVEN_DIGITS in data[start:end].translate(_DIGITS_AS_ZEROS, _IN_LOOSE):
            yield max(0, start - 1 - _BEFORE_RUN), end - 1


def _loose(match: re.Match[str]) -> Finding:
    number, (start, end) = match.group(1), match.span(1)
    if number[0] != "(" and match.string[start - 1] == "(":
        start -= 1
    count = sum(map(str.isdigit, number))
    fits = _FEWEST_IN_LOOSE <= count <= _MOST_IN_LOOSE
    is_phone = fits and not is_date(number) and not _DECIMAL.match(number)
    return Finding(start, end, "phone" if is_phone else "")


def _dutch(match: re.Match[str]) -> Finding:
    digits = match.group(1).encode("ascii", "replace").translate(_VALUES, _NOT_DIGITS)
    is_id = len(digits) == 9 and dutch_id(digits)  # noqa: PLR2004
    return Finding(*match.span(1), "national_id" if is_id else "")


def _american(match: re.Match[str]) -> Finding:
    return Finding(*match.span(1), "national_id")
