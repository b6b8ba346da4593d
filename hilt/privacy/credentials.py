"""Credentials: API keys, tokens, passwords, cookies."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hilt.privacy.escapes import FILLED, FILLERS
from hilt.privacy.finding import Finding
from hilt.privacy.long_search import LongSearch
from hilt.privacy.lowered import Lowered
from hilt.privacy.number_forms import NO_LETTERS, NO_LETTERS_OR_DIGITS, is_letter
from hilt.privacy.shell_commands import has_option, passwords_of_commands

__all__ = ["credentials", "has_name_of_secret", "has_start_of_key"]

_URL_PASSWORD = re.compile(
    r"://[^\s/:\"'<>]{0,256}(?<!@):([^\s/@\"'<>]{1,256}(?:@[^\s/@\"'<>?#&=,;|]{1,256}){0,3})@"
)
"""The last ``@`` ends it; there may be others in the user's name, but not at its end, where a
regular expression for addresses has one, and in the password."""
_TOKEN_PART = re.compile(
    r"[-_A-Za-z0-9]*(?:(?<=[-\w.]{40})(?:\r?\n|\\{1,8}\0)[ \t>]{0,16}"
    r"(?=[-_A-Za-z]{0,40}[0-9])[-_A-Za-z0-9]{12,})*"
)
"""Goes on in the next line where a terminal or a mail has broken a long one."""
_ENCRYPTED_TOKEN = re.compile(
    r"eyJ[-\w]{16,500}\.[-\w]{0,1000}\.[-\w]{12,32}\.[-\w]+\.[-\w]{20,44}"
)
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:[\s>|\\\0]{0,40}[A-Z][A-Za-z-]{2,20}: [^\n\\]{0,120}){0,6}[^-]{0,16384}"
    r"(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?"
)
"""A private key, which may have headers, as encrypted ones do."""
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_LONGEST_PEM = 16_384
_PEM_BEFORE = re.compile(r"(?:(?!\n\r?\n)[\w+/=\s>|\\\0]){20,16384}(?<=[\w+/=])")
"""The rest of a key that was cut, read backwards."""
_KEY_REST: tuple[tuple[str, str], ...] = (
    (
        "sk- pk- rk- csk- pplx- xai- nvapi- glpat- pypi- lsv2_ jina_ tvly- pcsk_ ntn_ lin_api_ figd_"
        " sbp_ dop_v1_ doo_v1_ dor_v1_ shpat_ shpca_ shppa_ dckr_pat_ dckr_oat_ phx_ GOCSPX-"
        " xapp- glptt- gldt- glrt- glft- glcbt- glsa_ sntrys_ tskey- pul- nfp_"
        " apify_api_ NRAK- PMAK- AGE-SECRET-KEY- sgp_ pat-na1- pat-eu1-",
        r"[-_A-Za-z0-9]{16,255}",
    ),
    (
        "gsk_ r8_ tgp_ ghp_ gho_ ghs_ ghu_ ghr_ github_pat_ whsec_ sk_live_ sk_test_ rk_live_"
        " rk_test_ pk_live_ npm_",
        r"[A-Za-z0-9_-]{16,255}",
    ),
    ("hf_ fw_ e2b_", r"[A-Za-z0-9]{16,255}"),  # names of functions begin so, too
    ("xoxa- xoxb- xoxe- xoxp- xoxr- xoxs-", r"[-A-Za-z0-9]{10,255}"),
    ("AIza", r"[-_A-Za-z0-9]{30,50}"),
    ("AKIA ASIA AROA AIDA", r"[A-Z0-9]{16}"),
    ("ya29.", r"[-_.A-Za-z0-9]{20,500}"),
    ("SG.", r"[-_A-Za-z0-9]{16,64}\.[-_A-Za-z0-9]{16,64}"),
    ("dapi", r"[0-9a-f]{32}"),
)
_LONGEST_KEY = 260
_KEYS: dict[str, str] = {start: rest for starts, rest in _KEY_REST for start in starts.split()}
# Most begin with letters up to a "-" or "_", which is what the text is searched for.
_MARKED_STARTS = {mark: [each for each in _KEYS if each.endswith(mark)] for mark in "-_"}


def _after_mark(mark: str, starts: list[str]) -> re.Pattern[str]:
    """Finds a key from its mark on; looks back at two letters first, then at the whole prefix."""
    first, second = ("".join(sorted({each[at] for each in starts})) for at in (-3, -2))
    by_rest: dict[str, list[str]] = {}
    for start in starts:
        by_rest.setdefault(_KEYS[start], []).append(start[:-1])
    keys = "|".join(rf"(?<=(?:{_before(words)}){mark}){rest}" for rest, words in by_rest.items())
    return re.compile(rf"{mark}(?<=[{first}][{second}]{mark})(?:{keys})(?![A-Za-z0-9])")


def _before(words: list[str]) -> str:
    """Looks back for one of some words: for its last two letters, then for the whole word."""
    by_last: dict[str, list[str]] = {}
    for word in words:
        by_last.setdefault(word[-2:], []).append(rf"(?<=(?<![^\W_{NO_LETTERS_OR_DIGITS}]){word})")
    return "|".join(f"{last}(?:{'|'.join(whole)})" for last, whole in by_last.items())


_KEYS_WITH_MARK = {mark: _after_mark(mark, starts) for mark, starts in _MARKED_STARTS.items()}


def _long_keys(mark: str, starts: list[str]) -> LongSearch:
    letters = "".join({each[-2] for each in starts}).encode()
    before_mark = bytes.maketrans(letters, letters[:1] * len(letters))
    by_rest: dict[str, list[str]] = {}
    for start in starts:
        is_plain = _KEYS[start].startswith("[A-Za-z0-9]")
        by_rest.setdefault("[0-9A-Za-z]" if is_plain else "[-_0-9A-Za-z]", []).append(start[:-1])
    keys = "|".join(f"(?:{'|'.join(each)}){mark}{rest}{{10}}" for rest, each in by_rest.items())
    return LongSearch(
        f"(?<![0-9A-Za-z])(?:{keys})",
        longest=_LONGEST_KEY,
        beginnings=lambda part: part.translate(before_mark).count(letters[:1] + mark.encode()),
    )


_LONG_KEYS = {mark: _long_keys(mark, starts) for mark, starts in _MARKED_STARTS.items()}
_OTHER_KEYS = {
    start: re.compile(
        rf"{re.escape(start)}(?<![^\W{NO_LETTERS}]{re.escape(start)}){rest}(?![A-Za-z0-9])"
    )
    for start, rest in _KEYS.items()
    if start[-1] not in "-_"
}
_BY_LETTERS = {start.rstrip("0123456789.").lower(): start for start in _OTHER_KEYS}
# One search for a rare letter is faster than one for each of the starts.
_AFTER_A = re.compile("A(?:" + "|".join(each[1:] for each in _OTHER_KEYS if each[0] == "A") + ")")
_LONGEST_START = max(map(len, _KEYS))
_START_BEFORE = re.compile(rf"(?:{'|'.join(map(re.escape, _KEYS))})\Z")
# The other prefixes are words, too, and begin a key only where digits or capitals follow.
_EXACT_STARTS = frozenset(each for starts, _ in _KEY_REST[1:] for each in starts.split())
_NOT_LOWER = re.compile("[A-Z0-9]")
_AUTHORIZATION_VALUE = re.compile(
    r"(?:(?:\\{0,7}[\"'])?\s?[:=]\s{0,2}(?:\\{0,7}[\"'])?"
    r"|\\{0,7}[\"'],\s{0,20}\\{0,7}[\"']value\\{0,7}[\"']\s?:\s?\\{0,7}[\"'])(?!(?i:aws4))(?:[A-Za-z][\w-]{1,30} {1,2})?"
    r"(?=[^\s\d\"']{0,64}\d[^\s\d\"']{0,64}\d)(?=[^\sa-zA-Z\"']{0,64}[a-zA-Z])"
    r"([-\w.~+/=]{16,4096})(?=[\s\"',;\\]|\Z)"
)
"""What follows the header's name, and its scheme, if it has one."""
_HASH = re.compile(
    r"\$(?:[156y]|2[abxy]|apr1|argon2(?:id|[id])|scrypt|pbkdf2-sha\d{1,3})\$[\w.=,$-]{0,60}?\$?[\w./+]{16,128}"
)
"""A hash of a password, as in ``/etc/shadow``."""
_PAIR = re.compile(
    r"auth=\(\s?\\{0,7}[\"'][^\"'\\\n]{1,64}\\{0,7}[\"'],\s?\\{0,7}[\"']"
    r"(?=[^\s'\"]{0,64}[\d!$%&*+?#@^~])([^\s'\"\\]{6,100})(?=\\{0,7}[\"'])"
)
_SIGNS_IN_HASH = 3
_BRACKET = re.compile(r"\((?:(?<=@tcp\()|(?<=auth=\())")
"""The one after which, or before which, the next two find a password."""
_OF_GO = re.compile(r":([^\s:@/\"'`]{4,100})@(?=tcp\()")
"""The password in a data source name of Go's driver for MySQL."""
_BEARER = re.compile(r"bearer[\s\\]|basic[\s\\]")
_BEARER_TOKEN = re.compile(
    r"[\s\\\0]{0,2}((?=[-_.~+/=A-Za-z0-9]{0,40}[0-9A-Z=])[-_.~+/A-Za-z0-9]{16,4096}={0,2})"
)
_AUTHORIZATION = re.compile(
    "basic (?:" + "|".join(f"(?<=authorization[^a-z]{{{gap}}}basic )" for gap in range(1, 9)) + ")"
)
_AUTHORIZATION_NAME = re.compile("authorization")
_BASIC_TOKEN = re.compile(
    r"\s{0,2}((?=[+/a-z]{0,15}[0-9A-Z=])[+/A-Za-z0-9]{4,15}={0,2}(?![+/=A-Za-z0-9]))"
)
"""A user's name and a password in base64, which may be short."""


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
    "pwd": re.compile("pwd"),
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
        r"|(?<=--token)(?=[ ]))"
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
_OPTIONS = "|".join(
    rf"(?<={each}\ )"
    for each in (
        *("--password", "--passwd", "--passphrase", "--pwd", "--api-key", "--secret-key"),
        *(
            "--access-token",
            "--auth-token",
            "--api-token",
            "--token",
            "--client-secret",
            "--secret",
        ),
        "_access_key",
    )
)
"""What a blank and the value follow; the last one as in ``aws configure set``."""
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
    (?:{_QUOTE}|[*_`]{{1,2}})? {_GAP}{{0,2}}
        (?:\\{{0,7}}[=:](?:[*_]{{1,2}}(?=\s)|=|>(?={_GAP}{{0,16}}[bru]?\\{{0,7}}["'`]))?|{_IS})
        {_VALUE}
    | (?={_GAP}{{1,40}}(?:or\b|[A-Za-z(.,;)]{{0,64}}[^\sA-Za-z(.,;)]))(?:
        [ \t]{{3,40}} [=:] {_VALUE}
      |
        [ ] {_NO_FORMAT} {_HAS_DIGIT_OR_SIGN} (?i:{_OPTIONS}) ([^\s"',;()<|]{{6,100}})
      | \s{{1,2}}[|]\s{{1,2}} {_IN_MARKUP} (?=\s{{1,2}}[|])
      | [ ](?:[|][|]|[?][?]|or\b)\s?["'] {_SQL_QUOTED}
      | (?=[ ]{{1,2}}N?['"]) (?i:(?<=password)|(?<=\ by)) [ ]{{1,2}}N?['"] {_SQL_QUOTED}
      | [ ][\w:.-]{{1,30}}=[^<>\n]{{0,120}}> {_DIGIT_IN_MARKUP} (?=</)
      | {_GAP}{{1,40}}(?:Parameter)?[Vv]alue: {_VALUE}
      | [ ]{_SECURE_STRING} (?:{_QUOTED})
      | (?i:(?<=\ by)) [ ]{{1,2}} {_MIXED} ([^\s;]{{7,40}}) (?=;|\s(?i:default|quota|account|profile))
      | (?:(?i:{_BEFORE_MIXED})|(?<=_KEY)|(?<=_TOKEN)|(?<=_SECRET)) (?:[ \t]{{1,2}}|\r?\n|\\{{1,8}}\0)
          (?:[057][ ]|(?:-{{1,2}}>?|[\u2192\u2013\u2014])\s|[("'`]|{_QUOTE_MARK})? {_MIXED}
          ([0-9A-Za-z{_SIGNS}]{{7,40}}))
    | (?=[\\"'])(?:
        ["'][^<>\n]{{0,100}}?\bvalue=["'] {_IN_MARKUP} (?=["'])
      | {_QUOTE},{_GAP}{{0,40}}{_QUOTE}value{_QUOTE}\s?:\s? \\{{0,7}} (?:{_QUOTED})
      | {_QUOTE},\s?(?:default=)?{_QUOTE} {_MIXED} ([^\s"'\\]{{7,40}}) (?={_QUOTE}\s?\))
      | ["']\s?\{{[^{{}}]{{0,200}}\bdefault\s{{0,10}}=\s?" {_SQL_QUOTED}
      | (?i:(?<=[=\\]["']password)) {_QUOTE}(?:\r?\n|(?:\\{{1,8}}\0){{1,2}}){{2}} {_IN_MARKUP} (?=\s|\\)
      | ["'](?:\s[\w:.-]{{1,30}}=[^<>\n]{{0,120}})?> {_DIGIT_IN_MARKUP} (?=</))
    | (?:>|&gt;) {_IN_MARKUP} (?=</|&lt;/)
    | ><!\[CDATA\[ {_HAS_DIGIT_OR_SIGN} ([^\s\]]{{6,100}}) (?=\]\]>)
    | </(?:key|td|th|dt)>\s{{0,40}}<(?:string|td|dd)> {_DIGIT_IN_MARKUP} (?=</)
    | {_TYPE}\s{{0,4}}(?:=|<-)\s? [bruN@&]? (?:{_QUOTED})
    | \(\s?["'] (?i:(?<=password\(.)|(?<=password\(\s.)) {_SQL_QUOTED}
    """,
    re.VERBOSE,
)
"""In quotes, the password goes up to the closing one, as words may follow the one that looks like a
password. In a table, in XML and in an HTML form, it ends where the markup goes on."""


def has_start_of_key(text: str) -> bool:
    """Whether a text has the prefix of a key or a token, other than ``ya29.`` and ``dapi``."""
    return bool(
        ("-" in text and ("PRIVATE KEY" in text or _KEYS_WITH_MARK["-"].search(text)))
        or ("_" in text and _KEYS_WITH_MARK["_"].search(text))
        or ("A" in text and _AFTER_A.search(text))
        or ("J" in text and "eyJ" in text)
        or ("G" in text and "SG." in text)
    )


def has_name_of_secret(text: str, lower: str, digits: int, *, has_signs: bool) -> bool:
    """Whether a text has the name of a token, a cookie or a password, or an option for one.

    Args:
        text: The text.
        lower: The text in lower case.
        digits: How many digits it has.
        has_signs: Whether it has digits or signs, as every password does.
    """
    if "bearer" in lower or "basic" in lower or _has_cookie(text, lower):
        return True
    if digits and _has_option_or_header(text, lower):
        return True
    if has_signs and any(
        part in lower and names.search(lower) for part, names in _names_of_passwords(text).items()
    ):
        return True
    return not text.isascii() and any(each.search(text) for each in _names_by_letters(text))


def _has_option_or_header(text: str, lower: str) -> bool:
    return (
        ("z" in lower and "uthorization" in lower)
        or ("(" in text and _BRACKET.search(text) is not None)
        or ("-" in text and has_option(text))
    )


def _names_of_passwords(text: str) -> dict[str, re.Pattern[str]]:
    return _ASCII_NAMES if "\\" not in text and text.isascii() else _PASSWORD_NAMES


def credentials(
    lowered: Lowered, data: bytes, signs: bytes, digits: int, *, has_signs: bool
) -> Iterator[Iterator[Finding]]:
    """The candidates for keys, tokens and passwords: one iterator for each search.

    Args:
        lowered: The text in lower case.
        data: The text as `hilt.privacy.number_forms.normalized` makes it.
        signs: Its digits and signs.
        digits: How many digits it has.
        has_signs: Whether it has digits or signs, as every password does.
    """
    text, words = lowered.given, lowered.words
    if "@" in text and "://" in text:
        yield (Finding(*each.span(1), "password") for each in _URL_PASSWORD.finditer(text))
    if "J" in text and "eyJ" in text:
        yield _web_tokens(text)
    if "-" in text and "PRIVATE KEY" in text:
        yield (Finding(*each.span(), "api_key") for each in _PEM.finditer(text))
        yield _ends_of_keys(text)
    yield from _keys(lowered, data, digits)
    if "bearer" in words or "basic" in words:
        yield _after(_BEARER, lowered.text, _BEARER_TOKEN, text, "token")
        yield _after(_AUTHORIZATION, lowered.text, _BASIC_TOKEN, text, "token")
    if signs.count(b"$") >= _SIGNS_IN_HASH:
        yield (Finding(*each.span(), "password") for each in _HASH.finditer(text))
    if digits:
        if "(" in text and _BRACKET.search(text):
            for pattern in (_OF_GO, _PAIR):
                yield (Finding(*each.span(1), "password") for each in pattern.finditer(text))
        if "z" in words and "uthorization" in words:
            yield _after(_AUTHORIZATION_NAME, lowered.text, _AUTHORIZATION_VALUE, text, "token")
        if "-" in text:
            yield passwords_of_commands(text)
    if has_signs:
        yield from _passwords(text, lowered)


def _keys(lowered: Lowered, data: bytes, digits: int) -> Iterator[Iterator[Finding]]:
    text = lowered.given
    has_a = "A" in text and _AFTER_A.search(text) is not None
    if has_a or digits or "G" in text:
        for letters in lowered.possible(_BY_LETTERS):
            start = _BY_LETTERS[letters]
            if lowered.only_letters and letters not in lowered.words:
                continue
            if (has_a or start[0] != "A") and start in text:
                keys = _OTHER_KEYS[start].finditer(text)
                yield (Finding(*each.span(), "api_key") for each in keys)
    for mark in _KEYS_WITH_MARK:
        if mark in text:
            yield _keys_at(text, data, mark)


def _keys_at(text: str, data: bytes, mark: str) -> Iterator[Finding]:
    for each in _LONG_KEYS[mark].finditer(_KEYS_WITH_MARK[mark], text, data, 1):
        begin, end = each.start() + 1, each.end()
        start = _start_of_key(text, begin)
        is_key = text[start:begin] in _EXACT_STARTS or _NOT_LOWER.search(text, begin, begin + 41)
        yield Finding(start, end, "api_key" if is_key else "")


def _start_of_key(text: str, end: int) -> int:
    """Where the prefix of a key begins that ends at a place."""
    start = _START_BEFORE.search(text, max(0, end - _LONGEST_START), end)
    return start.start() if start else end


def _web_tokens(text: str) -> Iterator[Finding]:
    """JSON Web Tokens (RFC 7519): two JSON objects in base64, and a signature."""
    start = text.find("eyJ")
    while start >= 0:
        ends = [start]
        while len(ends) < 4:  # noqa: PLR2004 # header, payload, signature
            part = _TOKEN_PART.match(text, ends[-1])
            ends.append(part.end() if part else ends[-1])
            if text[ends[-1] : ends[-1] + 1] != ".":
                break
            ends[-1] += 1
        end = ends[-1] - (text[ends[-1] - 1] == ".")
        is_token = len(ends) > 2 and text.startswith("eyJ", ends[1])  # noqa: PLR2004
        is_token = is_token and not is_letter(text[start - 1 : start])
        encrypted = None if is_token else _ENCRYPTED_TOKEN.match(text, start)
        if encrypted is not None:  # RFC 7516
            end = ends[-1] = encrypted.end()
        yield Finding(start, end, "token" if is_token or encrypted else "")
        start = text.find("eyJ", max(ends[-1], start + 3))


def _ends_of_keys(text: str) -> Iterator[Finding]:
    """Private keys whose beginning is missing."""
    for end in _PEM_END.finditer(text):
        before = _PEM_BEFORE.match(text[max(0, end.start() - _LONGEST_PEM) : end.start()][::-1])
        start = end.start() - (before.end() if before else 0)
        yield Finding(start, end.start(), "api_key" if before else "")


def _has_cookie(text: str, words: str) -> bool:
    return "=" in text and "cookie" in words


def _names_by_letters(text: str) -> list[re.Pattern[str]]:
    return [
        names
        for (letter, part), names in _NAMES_BY_LETTERS.items()
        if letter in text and part in text
    ]


def _passwords(text: str, lowered: Lowered) -> Iterator[Iterator[Finding]]:
    for part in lowered.possible(_names_of_passwords(text)):
        if part in lowered.words:
            yield _after(_PASSWORD_NAMES[part], lowered.text, _PASSWORD, text, "password")
    if not text.isascii():
        for names in _names_by_letters(text):
            yield _after(names, text, _PASSWORD_BEHIND_LETTERS, text, "password")
    if _has_cookie(text, lowered.words):
        yield _after(_COOKIE, lowered.text, _COOKIE_VALUE, text, "token")


def _after(
    names: re.Pattern[str], lower: str, value: re.Pattern[str], text: str, kind: str
) -> Iterator[Finding]:
    """The values that follow some names."""
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
        yield Finding(start, end, kind)
