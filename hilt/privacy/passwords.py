"""Passwords, other secrets and cookies, by the names that stand before them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.privacy.escapes import FILLED, FILLERS
from hilt.privacy.finding import Finding
from hilt.privacy.lowered import Lowered
from hilt.privacy.placeholders import is_placeholder

__all__ = ["after_names", "has_name", "passwords"]


def _after_words(end: str, words: str) -> str:
    """Finds the end of a name that begins with one of some words, as ``api_key`` and ``apiKey``."""
    last = "".join(sorted({word[-1] for word in words.split()}))
    alone, apart = (
        "|".join(f"(?<={word}{gap}{end})" for word in words.split()) for gap in ("", "[_-]")
    )
    return rf"(?:(?<=[{last}]{end})(?:{alone})|(?<=[{last}][_-]{end})(?:{apart}))"


_LETTERS_AND_DIGITS = (
    r"(?=[\w+/=]{8,256}\s{0,3}(?:[\n\r#\\]|\Z))(?=[^\s\d]{0,64}\d[^\s\d]{0,64}\d)"
    r"(?=[^\sa-z]{0,64}[a-z])"
)
"""Letters and digits up to the end of a line, as in YAML; no dashes, which names of secrets have."""
_SIGNS = "!#$%&*+?@^~"
_MIXED = (
    rf"(?=[0-9A-Za-z{_SIGNS}]{{7,40}}(?:[\s.,;:)\"'`<|\\\u00ab\u00bb\u201c\u201d]|\Z))(?=[0-9{_SIGNS}]{{0,39}}[A-Za-z])"
    rf"(?=\S{{0,38}}(?:[0-9][A-Za-z{_SIGNS}]|[{_SIGNS}][0-9]|[A-Za-z]{{4}}[0-9]{{2}}))"
    r"(?!(?i:sha|md[45]|base|utf|bcrypt|pbkdf|aes|argon|crypt|x509|oauth|rfc|http|pass"
    r"|[0-9]{1,3}(?:st|nd|rd|th|bit|char)))"
)
"""A word such as ``hunter2x``, which is none; the names of methods and of ordinals are ruled out."""
_LONG_MIXED = (
    r"(?=[^\s\d\"']{0,64}\d[^\s\d\"']{0,64}\d)(?=[^\sa-zA-Z\"']{0,64}[a-zA-Z])"
    r"(?=[-\w.~+/=]{16,4096}(?:[\s\"',;&#\\]|\Z))"
)
_QUOTE = r"\\{0,7}[\"']"
_COOKIE = re.compile(rf"cookie(?=(?:{_QUOTE})?\s?:|\s?=\s?[\"']|{_QUOTE},| [\"'])")
_COOKIE_REST = r"(?=[^\r\n\"'\\\0]{0,300}\d)[^\r\n\"'\\\0]{8,16384}"
_COOKIE_VALUE = re.compile(
    rf"(?:(?:{_QUOTE})?\s?:\s?(?:{_QUOTE})?|\s?=\s?[\"']| [\"']"
    rf"|{_QUOTE},\s{{0,20}}{_QUOTE}value{_QUOTE}\s?:\s?{_QUOTE})[\w.%-]{{1,60}}="
    rf"(?:({_COOKIE_REST})|\\{{0,7}}\"({_COOKIE_REST}(?:\\{{0,7}}\"; ?[\w.%-]{{1,60}}=[^\r\n'\\\0]{{0,4096}})?))"
)
"""The header's value after the name of the first cookie."""
# What a password is called before it, by a part that a text is searched for first.
_PASSWORD_NAMES = {
    "pass": re.compile(
        r"pass(?:word|wd|phrase|code|wort|ord|e(?:(?<=mot de passe)|(?<=palavra-passe))"
        rf"|(?<=_pass)(?==[^\s=])|(?<![a-z0-9.-]pass)(?=[:=][ ]{{0,4}}{_MIXED})"
        r"|(?:(?<=-passin pass)|(?<=-passout pass))(?=:))"
    ),
    "pwd": re.compile(rf"pwd(?!(?:{_QUOTE})?\s?[=:]\s?(?:{_QUOTE})?~?/)"),  # no folder
    "key": re.compile(
        r"key(?<=\Skey)(?![a-z])(?:_base(?<=secret_key_base)|"
        + _after_words("key", "api secret access account subscription functions auth")
        + rf"|(?:{_after_words('key', 'private preshared signing encryption master app')}"
        rf"(?={_QUOTE}?\s{{0,40}}\\{{0,7}}[=:]\s{{0,2}}(?:{_QUOTE})?(?:0x|base64:)?"
        rf"(?!\w{{1,60}}key\b)[-\w+/=]{{16}})(?=[^\n]{{0,60}}?{_LONG_MIXED})"
        rf"|(?<=[?&]key)(?=={_LONG_MIXED})|-data(?<=client-key-data)(?=:)))"
    ),
    "token": re.compile(
        "token(?![a-z])(?:"
        + _after_words(
            "token", "access refresh auth api bot session security csrf id private vault"
        )
        + r"|(?<=[_?&]token)(?==[\w+/:.~%-]{8,256}=?=?(?:[\s&\\]|\Z))"
        rf"|(?<=[\"']token)(?={_QUOTE}\s{{0,2}}:\s{{0,2}}{_QUOTE}{_LONG_MIXED})"
        rf"|(?<=[\"']token)(?={_QUOTE},\s{{0,40}}{_QUOTE}value{_QUOTE}\s?:\s?{_QUOTE}{_LONG_MIXED})"
        rf"|(?<=[\s\0]token)(?=:[ ]{{1,4}}\w{{20}})(?=:[ ]{{1,4}}{_LETTERS_AND_DIGITS})"
        rf"|(?<=--token)(?=[ ]|{_QUOTE},))"
    ),
    "secret": re.compile(
        r"secret(?:(?<=[_-]secret)|(?=\\{0,7}[\"']\s{0,2}[=:]|=|\s?[=:]\s{0,2}\\{0,7}[\"'])"
        rf"|(?=:[ ]{{1,4}}{_LETTERS_AND_DIGITS}))"
    ),
    "identified": re.compile(r"identified(?: with \w{1,40})? by(?: password)?(?=\s)"),
    "contrase": re.compile(rf"contrase(?:ñ|{FILLED})a"),
}
_ASCII_NAMES = {part: names for part, names in _PASSWORD_NAMES.items() if part != "contrase"}
"""Those that a text of ASCII without escapes may have."""
_NAMES_BY_LETTERS = {
    ("\u00e3", "enha"): re.compile("[Ss]enha"),
    ("\u044c", "\u0430\u0440\u043e\u043b\u044c"): re.compile(
        "[\u041f\u043f]\u0430\u0440\u043e\u043b\u044c"
    ),
    ("\u5bc6", "\u5bc6"): re.compile("\u5bc6[\u7801\u78bc]"),
    ("\u30d1", "\u30b9\u30ef"): re.compile("\u30d1\u30b9\u30ef\u30fc\u30c9"),
    ("\ud638", "\ubc88\ud638"): re.compile("\ube44\ubc00\ubc88\ud638"),
    ("\u0643", "\u0643\u0644\u0645\u0629"): re.compile(
        "\u0643\u0644\u0645\u0629 \u0627\u0644(?:\u0645\u0631\u0648\u0631|\u0633\u0631)"
    ),
}
"""In Portuguese, Russian, Chinese, Japanese, Korean and Arabic, by what is looked for first.

That is a letter of the language, since one letter is found in no time, and a part of the name.
"""
_PASSWORD_BEHIND_LETTERS = re.compile(
    r"[\"']?\s{0,2}(?:[=:\uff1a\u662f\u4e3a\u70ba\u306f\uc740\ub294\u00e9]|\u0647\u064a)"
    r"\s{0,2}(?:\\{0,7}[\"'`\u300c\u300e])?(?!\\)(?=[!-~]{0,64}[\d!$%&*+?#@^~])([!#-&*+\--:<-~]{6,100})"
)
"""Ends where another script begins."""
_HAS_DIGIT_OR_SIGN = (
    r"(?=[^\s\"',;]{0,64}[\d!$%&*+?#@^~]|[A-Za-z+/]{6,256}={1,2}(?:[\s\"',;\\]|\Z))"
)
_IN_MARKUP = rf"{_HAS_DIGIT_OR_SIGN}([^\s\"',;()<|]{{6,100}})"
_DIGIT_IN_MARKUP = r"(?=[^\s\"',;()<|]{0,64}\d)([^\s\"',;()<|]{6,100})"
_NO_CALL = r"(?!https?:|[A-Za-z_]\w{0,40}(?:\.\w{1,40}){1,4}[(\[]|[A-Za-z_]{1,60}\()"
"""Rules out code, as in ``password = os.getenv("DB_1")``, and the address of a page about it."""
_NO_FORMAT = r"(?![%$<{])"
"""Rules out what stands for a value, as ``%s``."""
_OPTIONS = (
    *("--password", "--passwd", "--passphrase", "--pwd", "--api-key", "--secret-key", "--secret"),
    *("--access-token", "--auth-token", "--api-token", "--token", "--client-secret"),
)
_AFTER_OPTION = "|".join(rf"(?<={each}\ )" for each in (*_OPTIONS, "_access_key"))
"""What a blank and the value follow; the last one as in ``aws configure set``."""
_OPTION_IN_LIST = "|".join(f"(?<={each})" for each in _OPTIONS)
_BEFORE_MIXED = r"(?<=password)|(?<=passwort)|(?<=passwd)|(?<=passe)"


def _in_quotes(quote: str) -> str:
    return rf"{quote}(?=[^\s{quote}]{{0,64}}[\d!$%&*+?#@^~])([^\n{quote}]{{6,256}})(?={quote})"


_GAP = r"(?:\s|\\{1,8}\0)"
"""A blank, or what replaces an escaped line break."""
_QUOTED = "|".join(map(_in_quotes, ('"', "'", "`")))
_SQL_QUOTED = rf"{_NO_FORMAT}(?=[^\s'\"]{{0,64}}[\d!$%&*+?#@^~])([^\s'\"]{{6,100}})(?=['\"])"
_IS = r"(?i:\b(?:is|was|est|ist|war|es|é|è|lautet)\b):?"
_QUOTE_MARK = r"[\u00ab\u201c\u201e\u2018\u300c]\s?"
_IN_OBJECT = rf"\{{\s{{0,20}}{_QUOTE}(?:value|stringValue|S){_QUOTE}\s?:\s?"
_SECURE_STRING = r"(?:\(?ConvertTo-SecureString\s(?:-String\s)?|Secret(?:Str|Bytes)?\()"
_VALUE = rf"""
    (?: {_GAP}{{0,16}} (?:\[\s?|{_SECURE_STRING}|{_IN_OBJECT})? [bruN@]? \\{{0,7}} (?:{_QUOTED})
      | {_GAP}{{0,2}} (?:{_QUOTE}|{_QUOTE_MARK})? {_NO_CALL} {_HAS_DIGIT_OR_SIGN} ([^\s"',;()]{{6,256}})
      | {_GAP}{{3,16}} {_MIXED} ([0-9A-Za-z{_SIGNS}]{{7,40}})
      | [ ][|>][-+]?\s{{1,20}} {_HAS_DIGIT_OR_SIGN} ([^\s"',;()]{{6,256}}))"""
_TYPE = r"(?:\s?:\s?[&?]?[A-Za-z][\w.?]{0,30}(?:\[\w{0,20}\]|\s?\|\s?None)?|\[\w{0,10}\]|\s[Aa]s\s[Ss]tring)?"
"""The type of a variable, as in ``password: str = "x"``, or of an array in C."""
_PASSWORD = re.compile(
    rf"""
    # name: value, "name": "value", name is value
    (?:{_QUOTE}|[*_`]{{1,2}})? {_GAP}{{0,2}}
        (?:\\{{0,7}}[=:](?:[*_]{{1,2}}(?=\s)|=|>(?={_GAP}{{0,16}}[bru]?\\{{0,7}}["'`]))?|{_IS})
        {_VALUE}
    # After a blank, if the next word may be a value
    | (?={_GAP}{{1,40}}(?:or\b|[A-Za-z(.,;)]{{0,64}}[^\sA-Za-z(.,;)]))(?:
        # name     = value
        [ \t]{{3,40}} [=:] {_VALUE}
      |
        # --name value
        [ ] {_NO_FORMAT} {_HAS_DIGIT_OR_SIGN} (?i:{_AFTER_OPTION}) ([^\s"',;()<|]{{6,100}})
      # | name | value |
      | \s{{1,2}}[|]\s{{1,2}} {_IN_MARKUP} (?=\s{{1,2}}[|])
      # name || "value", as a default
      | [ ](?:[|][|]|[?][?]|or\b)\s?["'] {_SQL_QUOTED}
      # IDENTIFIED BY 'value'
      | (?=[ ]{{1,2}}N?['"]) (?i:(?<=password)|(?<=\ by)) [ ]{{1,2}}N?['"] {_SQL_QUOTED}
      # <name kind="x">value</name>
      | [ ][\w:.-]{{1,30}}=[^<>\n]{{0,120}}> {_DIGIT_IN_MARKUP} (?=</)
      # name, and value: ... in the next line
      | {_GAP}{{1,40}}(?:Parameter)?[Vv]alue: {_VALUE}
      # name ConvertTo-SecureString "value"
      | [ ]{_SECURE_STRING} (?:{_QUOTED})
      # IDENTIFIED BY value;
      | (?i:(?<=\ by)) [ ]{{1,2}} {_MIXED} ([^\s;]{{7,40}}) (?=;|\s(?i:default|quota|account|profile))
      # name value, if no word looks like the value
      | (?:(?i:{_BEFORE_MIXED})|(?<=_KEY)|(?<=_TOKEN)|(?<=_SECRET)) (?:[ \t]{{1,2}}|\r?\n|\\{{1,8}}\0)
          (?:[057][ ]|(?:-{{1,2}}>?|[\u2192\u2013\u2014])\s|[("'`]|{_QUOTE_MARK})? {_MIXED}
          ([0-9A-Za-z{_SIGNS}]{{7,40}}))
    # After a quote
    | (?=[\\"'])(?:
      # "--name", "value"
        (?i:{_OPTION_IN_LIST}) {_QUOTE},{_GAP}{{0,40}}{_QUOTE} {_NO_FORMAT} (?!-) {_HAS_DIGIT_OR_SIGN}
          ([^\s"',;()<|\\]{{6,256}}) (?={_QUOTE})
      # <input name="name" value="value">
      | ["'][^<>\n]{{0,100}}?\bvalue=["'] {_IN_MARKUP} (?=["'])
      # "name", "value": "value"
      | {_QUOTE},{_GAP}{{0,40}}{_QUOTE}value{_QUOTE}\s?:\s? \\{{0,7}} (?:{_QUOTED})
      # ("name", "value"), as a default
      | {_QUOTE},\s?(?:default=)?{_QUOTE} {_MIXED} ([^\s"'\\]{{7,40}}) (?={_QUOTE}\s?\))
      # variable "name" {{ default = "value" }}
      | ["']\s?\{{[^{{}}]{{0,200}}\bdefault\s{{0,10}}=\s?" {_SQL_QUOTED}
      # name="password", and the value after an empty line
      | (?i:(?<=[=\\]["']password)) {_QUOTE}(?:\r?\n|(?:\\{{1,8}}\0){{1,2}}){{2}} {_IN_MARKUP} (?=\s|\\)
      # <x name="name">value</x>
      | ["'](?:\s[\w:.-]{{1,30}}=[^<>\n]{{0,120}})?> {_DIGIT_IN_MARKUP} (?=</))
    # <name>value</name>
    | (?:>|&gt;) {_IN_MARKUP} (?=</|&lt;/)
    # <name><![CDATA[value]]></name>
    | ><!\[CDATA\[ {_HAS_DIGIT_OR_SIGN} ([^\s\]]{{6,100}}) (?=\]\]>)
    # <td>name</td><td>value</td>
    | </(?:key|td|th|dt)>\s{{0,40}}<(?:string|td|dd)> {_DIGIT_IN_MARKUP} (?=</)
    # name: str = "value"
    | {_TYPE}\s{{0,4}}(?:=|<-)\s? [bruN@&]? (?:{_QUOTED})
    # password("value")
    | \(\s?["'] (?i:(?<=password\(.)|(?<=password\(\s.)) {_SQL_QUOTED}
    """,
    re.VERBOSE,
)
"""In quotes, the password goes up to the closing one, as words may follow the one that looks like a
password. In a table, in XML and in an HTML form, it ends where the markup goes on."""

_NUMBER_IN_JSON = re.compile(r"(-?[0-9.]+)[}\]]+")
"""A number and the brackets behind it, which are not a part of it."""
_FEWEST_DIGITS = 6


def has_name(text: str, lower: str, *, has_signs: bool) -> bool:
    """Whether a text has the name of a password, a secret or a cookie.

    Args:
        text: The text.
        lower: The text in lower case.
        has_signs: Whether it has digits or signs, as every password does.
    """
    if _has_cookie(text, lower):
        return True
    if has_signs and any(
        part in lower and names.search(lower) for part, names in _names_of_passwords(text).items()
    ):
        return True
    return not text.isascii() and any(each.search(text) for each in _names_by_letters(text))


def passwords(lowered: Lowered) -> Iterator[Iterator[Finding]]:
    """The candidates for passwords, secrets and cookies."""
    text = lowered.given
    for part in lowered.possible(_names_of_passwords(text)):
        if part in lowered.words:
            yield after_names(_PASSWORD_NAMES[part], lowered.text, _PASSWORD, text, "password")
    if not text.isascii():
        for names in _names_by_letters(text):
            yield after_names(names, text, _PASSWORD_BEHIND_LETTERS, text, "password")
    if _has_cookie(text, lowered.words):
        yield after_names(_COOKIE, lowered.text, _COOKIE_VALUE, text, "token")


def _names_of_passwords(text: str) -> dict[str, re.Pattern[str]]:
    return _ASCII_NAMES if "\\" not in text and text.isascii() else _PASSWORD_NAMES


def _names_by_letters(text: str) -> list[re.Pattern[str]]:
    return [
        names
        for (letter, part), names in _NAMES_BY_LETTERS.items()
        if letter in text and part in text
    ]


def _has_cookie(text: str, words: str) -> bool:
    return "=" in text and "cookie" in words


def after_names(
    names: re.Pattern[str], lower: str, value: re.Pattern[str], text: str, kind: str
) -> Iterator[Finding]:
    """The values that follow some names.

    Args:
        names: Finds the names.
        lower: What they are looked for in: the text, in lower case or as it is.
        value: Matches a value where a name ends; its last group is the value itself.
        text: The text.
        kind: The kind of the values.
    """
    end = 0
    for name in names.finditer(lower):
        if names is _COOKIE and name.start() < end:  # within the cookies that were just found
            continue
        match = value.match(text, name.end())
        if match is None:
            yield Finding(name.start(), name.end(), "")
            continue
        group = match.lastindex or 0
        start, end = match.span(group)
        end -= len(match[group]) - len(match[group].rstrip(FILLERS))  # escapes before the quote
        number = _NUMBER_IN_JSON.fullmatch(text, start, end)
        end = number.end(1) if number else end
        is_short = number is not None and end - start < _FEWEST_DIGITS
        is_none = is_short or is_placeholder(text, start, end)
        yield Finding(start, end, "" if is_none else kind)
