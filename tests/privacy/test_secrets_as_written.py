"""Passwords, and what is around a value: found whole, and nothing else."""

from __future__ import annotations

import html
import json

import pytest

from hilt.privacy.patterns import find


def _hidden(text: str) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in find(text)]


@pytest.mark.parametrize(
    ("text", "password"),
    [
        ('"password": "p4ss,word;x(1)"', "p4ss,word;x(1)"),
        ("password='it\"s,4me'", 'it"s,4me'),
        ('password: "hunter2 is mine"', "hunter2 is mine"),
        ("password: `hunter2 x`", "hunter2 x"),
        (json.dumps('{"password": "p4ss,word;x(1)"}'), "p4ss,word;x(1)"),
        (json.dumps(json.dumps('{"password": "p4ss,word"}')), "p4ss,word"),
        ('password: "hunter2x', "hunter2x"),
        ("password=hunter2x;user=bob", "hunter2x"),
        ("mysql --password hunter2x db", "hunter2x"),
        ("tool --API-Key 9f8e7d6c5b", "9f8e7d6c5b"),
        ("<password>hunter2x</password>", "hunter2x"),
        ('<input name="password" type="text" value="hunter2x">', "hunter2x"),
        ("**Password:** hunter2x", "hunter2x"),
        ("**Password**: hunter2x", "hunter2x"),
        ("_password_ = hunter2x", "hunter2x"),
        ("| password | hunter2x |", "hunter2x"),
        ("JWT_SECRET=hunter2xx", "hunter2xx"),
        ('"webhook_secret": "hunter2xx"', "hunter2xx"),
        ('{"secret": "hunter2xx"}', "hunter2xx"),
        ("secret = 'hunter2xx'", "hunter2xx"),
        ("secret=hunter2xx", "hunter2xx"),
        ('"password":\n        "hunter2x"', "hunter2x"),
        (json.dumps(json.dumps({"password": "hunter2x"}, indent=8)), "hunter2x"),
        (json.dumps("password\t=\thunter2x "), "hunter2x"),
        (json.dumps("password=hunter2x\n"), "hunter2x"),
        (json.dumps("contrase\u00f1a: hunter2x "), "hunter2x"),
        (json.dumps(json.dumps("contrase\u00f1a: hunter2x ")), "hunter2x"),
        (json.dumps("Authorization: Bearer\n0123456789abcdef0123 "), "0123456789abcdef0123"),
        (html.escape('{"password": "hunter2x"}'), "hunter2x"),
        (html.escape("{'password': 'hunter2x'}"), "hunter2x"),
        ("&#34;password&#34;: &#34;hunter2x&#34;", "hunter2x"),
        ("&#x22;password&#x22;: &#x22;hunter2x&#x22;", "hunter2x"),
        ("&#39;password&#39;: &#39;hunter2x&#39;", "hunter2x"),
        ("&apos;password&apos;: &apos;hunter2x&apos;", "hunter2x"),
        (json.dumps(html.escape('{"password": "p4ss,word"}')), "p4ss,word"),
        (html.escape("<password>hunter2x</password>"), "hunter2x"),
        ("secret: abcd1234efgh5678", "abcd1234efgh5678"),
        ("app:\n  secret: 9f8e7d6c5b  # of the shop", "9f8e7d6c5b"),
        ('{"SecretAccessKey": "wJalr/K7MDENG+bPx"}', "wJalr/K7MDENG+bPx"),
        ('"SessionToken": "IQoJb3JpZ2lu"', "IQoJb3JpZ2lu"),
        ("accessToken: 'abc123def'", "abc123def"),
        ("X-Auth-Token: abcd1234efgh", "abcd1234efgh"),
        ("Ocp-Apim-Subscription-Key: 9f8e7d6c5b", "9f8e7d6c5b"),
        ("AccountKey=abcd1234+/==;Suffix=x", "abcd1234+/=="),
        ("GITLAB_TOKEN=abcd1234efgh", "abcd1234efgh"),
        ("https://x.example/reset?token=abcd1234efgh&x", "abcd1234efgh&x"),
        ("DB_PASS=hunter2x", "hunter2x"),
        ('password := "hunter2x"', "hunter2x"),
        ("'password' => 'hunter2x',", "hunter2x"),
        ("SECRET_KEY = b'hunter2x'", "hunter2x"),
        ("Passwort lautet hunter2x", "hunter2x"),
        ("N\u00e3o: Senha: hunter2x", "hunter2x"),
        ("N\u00e3o, a senha \u00e9 hunter2x", "hunter2x"),
        ("palavra-passe: hunter2x", "hunter2x"),
        ("Passord: hunter2x", "hunter2x"),
        ("\u041f\u0430\u0440\u043e\u043b\u044c: hunter2x", "hunter2x"),
        ("\u5bc6\u7801\uff1ahunter2x", "hunter2x"),
        ("\u5bc6\u7801\u662fhunter2x\uff0c", "hunter2x"),
        ("\u30d1\u30b9\u30ef\u30fc\u30c9\u306f\u300chunter2x\u300d\u3067\u3059", "hunter2x"),
        ("\ube44\ubc00\ubc88\ud638\ub294 hunter2x", "hunter2x"),
        ("\u0643\u0644\u0645\u0629 \u0627\u0644\u0633\u0631: hunter2x", "hunter2x"),
        (json.dumps("\u043f\u0430\u0440\u043e\u043b\u044c: hunter2x"), "hunter2x"),
        (json.dumps("\u5bc6\u7801\uff1ahunter2x"), "hunter2x"),
        (json.dumps("\u30d1\u30b9\u30ef\u30fc\u30c9\u306f\u300chunter2x"), "hunter2x"),
        (json.dumps("\u0643\u0644\u0645\u0629 \u0627\u0644\u0633\u0631: hunter2x"), "hunter2x"),
        (json.dumps('\u5bc6\u7801\u662f"hunter2x"', ensure_ascii=False), "hunter2x"),
        (r'"amqp:\/\/ann:hunter2x@mq.example.com:5672\/"', "hunter2x"),
        (json.dumps(r'"amqp:\/\/ann:hunter2x@mq.example.com:5672\/"'), "hunter2x"),
        ("ALTER USER ann IDENTIFIED BY 'hunter2x';", "hunter2x"),
        ('password: str = "hunter2x"', "hunter2x"),
        ('password: str | None = "hunter2x"', "hunter2x"),
        ('let password: &str = "hunter2x";', "hunter2x"),
        ('val password: String = "hunter2x"', "hunter2x"),
        ('password=SecretStr("hunter2x")', "hunter2x"),
        ('char password[] = "hunter2x";', "hunter2x"),
        ('string password = @"hunter2x";', "hunter2x"),
        ('Dim password As String = "hunter2x"', "hunter2x"),
        ('password <- "hunter2x"', "hunter2x"),
        ("requests.get(url, auth=('ann', 'hunter2x'))", "hunter2x"),
        ("password: |\n  hunter2x", "hunter2x"),
        ("Password:\n\n   hunter2x\n", "hunter2x"),
        ("<password><![CDATA[hunter2x]]></password>", "hunter2x"),
        ('"password": {"S": "hunter2x"}', "hunter2x"),
        ('{"key":"token","value":"abcd1234efgh5678ijkl"}', "abcd1234efgh5678ijkl"),
        ("ENV API_KEY abcd1234efgh", "abcd1234efgh"),
        ('setx API_KEY "abcd1234efgh"', "abcd1234efgh"),
        ("- ParameterKey: DBPassword\n  ParameterValue: hunter2x", "hunter2x"),
        ("secret_key_base: 0123456789abcdef", "0123456789abcdef"),
        ('-Password (ConvertTo-SecureString "hunter2x" -Force)', "hunter2x"),
        ("la password \u00e8 Estate24!", "Estate24!"),
        ("password \u201chunter2x\u201d", "hunter2x"),
        ("mot de passe : \u00ab hunter2x \u00bb", "hunter2x"),
        ("the password (hunter2x)", "hunter2x"),
        ("the password `hunter2x`", "hunter2x"),
        ("create user ann identified by hunter2x;", "hunter2x"),
        ("CREATE USER ann IDENTIFIED WITH mysql_native_password BY 'hunter2x'", "hunter2x"),
        ("CREATE ROLE ann WITH LOGIN PASSWORD 'hunter2x';", "hunter2x"),
        ("ALTER LOGIN sa WITH PASSWORD = N'hunter2x'", "hunter2x"),
        ("SET PASSWORD FOR ann = PASSWORD('hunter2x')", "hunter2x"),
        ("machine x.example login ann password hunter2x", "hunter2x"),
        ("login ann\n  password hunter2x", "hunter2x"),
        ("My password hunter2x does not work", "hunter2x"),
        ("my password was: hunter2x", "hunter2x"),
        ("the password - Summer2024", "Summer2024"),
        ("password \u2192 hunter2x", "hunter2x"),
        ("username ann password 7 0822455D0A16", "0822455D0A16"),
        ("pass: hunter2x", "hunter2x"),
        ("ansible_become_pass: hunter2x", "hunter2x"),
        ("openssl rsa -passin pass:hunter2x", "hunter2x"),
        ("passcode: 83jd92ks", "83jd92ks"),
        ('  password             = "hunter2x"', "hunter2x"),
        ('variable "db_password" {\n  type    = string\n  default = "hunter2x"\n}', "hunter2x"),
        ("- name: DB_PASSWORD\n  value: hunter2x", "hunter2x"),
        ('{"name": "DB_PASSWORD", "value": "hunter2x"}', "hunter2x"),
        (json.dumps(json.dumps({"key": "api_key", "value": "9f8e7d6c5b"})), "9f8e7d6c5b"),
        ("apiVersion: v1\ndata:\n  password: aHVudGVyMng=", "aHVudGVyMng="),
        ('os.getenv("DB_PASSWORD", "hunter2x")', "hunter2x"),
        ("process.env.DB_PASSWORD || 'hunter2x'", "hunter2x"),
        ('setPassword("hunter2x");', "hunter2x"),
        ("$password = ConvertTo-SecureString 'hunter2x' -AsPlainText", "hunter2x"),
        ('{"password":["hunter2x"]}', "hunter2x"),
        ('{"user":{"password":83920174}}', "83920174"),
        ('<wsse:Password Type="#PasswordText">hunter2x</wsse:Password>', "hunter2x"),
        ('<string name="password">hunter2x</string>', "hunter2x"),
        ("<key>password</key>\n  <string>hunter2x</string>", "hunter2x"),
        ('form-data; name="password"\r\n\r\nhunter2x\r\n--x', "hunter2x"),
        (json.dumps('form-data; name="password"\r\n\r\nhunter2x\r\n--x'), "hunter2x"),
        (r"password\u003dhunter2x\u0026x\u003d1", r"hunter2x\u0026x\u003d1"),
        ("password&#61;hunter2x", "hunter2x"),
        ("password&#58; hunter2x", "hunter2x"),
        ("aws configure set aws_secret_access_key abcd1234/+EFGH", "abcd1234/+EFGH"),
        ("tool --client-secret 9f8e7d6c5b run", "9f8e7d6c5b"),
        ("tool --token 9f8e7d6c5b run", "9f8e7d6c5b"),
        ('"id_token":"abc123def456"', "abc123def456"),
        ('{"token": "abcd1234efgh5678ijkl"}', "abcd1234efgh5678ijkl"),
        ("user:\n    token: abcdef0123456789abcdef01", "abcdef0123456789abcdef01"),
        ("ENCRYPTION_KEY=0123456789abcdef01234567", "0123456789abcdef01234567"),
        ("PrivateKey = yAnz5TF/lXXJte14tji3zlMNq+hd2rYU=", "yAnz5TF/lXXJte14tji3zlMNq+hd2rYU="),
        ("client-key-data: LS0tLS1CRUdJTiBSU0EgUFJJVk0=", "LS0tLS1CRUdJTiBSU0EgUFJJVk0="),
        ("https://x.example/?key=abc123def456ghi789", "abc123def456ghi789"),
        ("ann:hunter2x@tcp(127.0.0.1:3306)/shop", "hunter2x"),
        ("ann:$6$abcdef$W1kTQjQ9hX7dLk2pW1kT:18000:0", "$6$abcdef$W1kTQjQ9hX7dLk2pW1kT"),
        ("$2b$12$abcdefghijklmnopqrstuvABCDEFGH012", "$2b$12$abcdefghijklmnopqrstuvABCDEFGH012"),
    ],
)
def test_a_password_is_found_whole(text: str, password: str) -> None:
    """Up to the second quote, or where the table, the element or the line goes on."""
    kind = "token" if "Bearer" in text else "password"
    assert _hidden(f"Here: {text}\n") == [(kind, password)]


@pytest.mark.parametrize(
    "text",
    [
        "password = models.CharField(max_length=128)",
        'password = os.environ["DB_PASSWORD_1"]',
        "client_secret = secrets.token_hex(32)",
        '"password": "Must have 8 characters!"',
        '"password": "It has to have 8"',
        "password must be 8 characters",
        "--password file.txt, or 1234567",
        "password > 12345678",
        "<password>see below</password>",
        "| password | required |",
        "(PASSWORD|PASSWD|PRIVATE[_-]KEY|TOKEN)",
        "the secret: 5 of 7 people know",
        'secret="short"',
        'password: "a1", user: "b2"',
        "secret: db-secret-2026",
        "secret: sha1value",
        "secret: app_secret",
        "the secret: a1b2c3d4 was in 99 places",
        "next_token=b'page_2_of_3'",
        "f(pad_token=tokens1, eos_token='<2>')",
        "token = 12345678",
        "generateAccessToken: https://x.example/v1/a",
        "first_pass == model_1",
        "The cookie: a biscuit of 12345678 crumbs",
        "'password' => $request->password,",
        json.dumps("\u5bc6\u7801:\u8bf7\u8f93\u51658-16\u4f4d\u5b57\u7b26"),
        json.dumps("\u5bc6\u7801\u662f\u8bf7\u8f93\u51658-16\u4f4d\u5b57\u7b26"),
        "'password' => Hash::make($data['password']),",
        "IDENTIFIED BY %s, or '%(word1)s'",
        "The bug identified by a1b2c3d4 is old",
        "password sha256crypt, or password base64enc",
        "the password 2FA, the password Python3",
        "password policy 12 of 2026",
        "the password '%s_1' and the password '{0}'",
        "password - 8 characters at least, 1 of them a digit",
        "Must pass: test_foo_1, pass: 12 of 13",
        '["password", "password2", "address1"]',
        'grant_types = ("password", "oauth2")',
        '<label for="password" class="x1">Password*</label>',
        "password: str = field(default_factory=make_1)",
        "password=SecretStr(values_1)",
        "'authkey': AuthenticationString(os.urandom(32))",
        "password: Annotated[str, Field(min_length=8)]",
        "const password: string = process.env.PASSWORD_1;",
        "auth=('ann', get_password_1())",
        "the password (see page12)",
        "TODO_KEY test_case_1, MAX_TOKEN 4096000",
        '{"name": "password", "value": "%s"}',
        "private_key: x25519.X25519PrivateKey",
        "key: Ed25519PrivateKey = 1",
        'logprobs: {"token": "2026", "logprob": -0.1}',
        '{"token": "<|reserved_special_token_12|>"}',
        "the token: a page_token_1 of 20",
        "hf auth login --token $HF_TOKEN_1",
        "costs $12.50, $13.50 and $14.50",
        r"https?:\/\/(www\.)?[-a-zA-Z0-9@:%._\+~#=]{1,256}\b([-\w()@:%_\+.~#?&//=]*)",
    ],
)
def test_what_only_speaks_of_a_password_stays(text: str) -> None:
    """Calls, sentences, and columns of tables."""
    assert _hidden(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Cookie: sid=abc123def456; theme=dark\r\nHost: x", "abc123def456; theme=dark"),
        ("Cookie: theme=dark; sid=abc123def456\n", "dark; sid=abc123def456"),
        ("Set-Cookie: id=38afes7a8f3kd9; HttpOnly; Path=/", "38afes7a8f3kd9; HttpOnly; Path=/"),
        ("{'Cookie': 'sid=abc123def456'}", "abc123def456"),
        (json.dumps(json.dumps({"cookie": "sid=abc123def456"})), "abc123def456"),
        (json.dumps("cookie: sid=abc123def456\nHost: x"), "abc123def456"),
        ("curl -H 'cookie: sid=s%3Aabc123.def456'", "s%3Aabc123.def456"),
        ('cookie: sid="abc123def456"', "abc123def456"),
        ('Cookie: sid="abc123def456"; b=c2\n', 'abc123def456"; b=c2'),
        ("document.cookie = 'sid=abc123def456'", "abc123def456"),
        ("curl --cookie 'sid=abc123def456' x", "abc123def456"),
        ('{"name": "Cookie", "value": "sid=abc123def456"}', "abc123def456"),
    ],
)
def test_a_header_with_cookies(text: str, value: str) -> None:
    """The name of the first one stays; all of them say who somebody is."""
    assert _hidden(text) == [("token", value)]


@pytest.mark.parametrize("value", ["dTpw", "dXNlcjpwdw==", "dTpwdzE="])
@pytest.mark.parametrize(
    "header", ["Authorization: Basic {}", '"authorization":"Basic {}"', "AUTHORIZATION=basic {}"]
)
def test_a_header_with_a_short_password(header: str, value: str) -> None:
    """Sixteen characters are wanted where no header is named."""
    assert _hidden(header.format(value)) == [("token", value)]
    assert _hidden(f"Basic {value}") == []


@pytest.mark.parametrize(
    "header",
    [
        "Authorization: Token {}",
        "authorization: ApiKey {}",
        "Authorization: {}",
        '"Authorization": "{}"',
        '{{"name":"Authorization","value":"Token {}"}}',
    ],
)
def test_a_header_with_any_scheme(header: str) -> None:
    """Or with none."""
    value = "abc123def456ghi789jkl"
    assert _hidden(header.format(value)) == [("token", value)]
    assert _hidden(header.format("see_the_documentation")) == []


_LINES = ("MIIEowIBAAKCAQEA7bq3x0Jk", "qL0p9Zk3mVfQ2wabcdefgh==")


@pytest.mark.parametrize("gap", ["\n", "\n    ", "\n> ", "\\n", "\r\n"])
@pytest.mark.parametrize(
    "headers", ["", "Proc-Type: 4,ENCRYPTED{0}DEK-Info: AES-128-CBC,3F17{0}{0}"]
)
@pytest.mark.parametrize("kind", ["RSA PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])
def test_a_private_key_however_its_lines_are_broken(gap: str, headers: str, kind: str) -> None:
    """Whole, or without its beginning or its end."""
    begin, end = f"-----BEGIN {kind}-----{gap}", f"-----END {kind}-----"
    body = headers.format(gap) + "".join(f"{each}{gap}" for each in _LINES)
    for text in (f"{begin}{body}{end}", f"{begin}{body}", f"{''.join(_LINES)}{gap}{end}"):
        shown = f"Here: 12 {text}"
        found = find(shown)
        assert {each.kind for each in found} == {"api_key"}
        rest = "".join(shown[: found[0].start] + shown[found[-1].end :])
        assert not any(line[:8] in rest for line in _LINES)


def test_a_token_in_several_lines() -> None:
    """As a terminal breaks it; the words after it stay."""
    token = f"eyJ{'aB3d' * 15}.eyJ{'cD4e' * 10}\n{'cD4e' * 10}.\n{'fG5h' * 8}"
    assert _hidden(f"Token:\n{token}\nThanks, and see page 12") == [("token", token)]
    encrypted = f"eyJ{'aB3d' * 10}..{'x' * 16}.{'cD4e' * 10}.{'y' * 22}"
    assert _hidden(f"It is {encrypted} now") == [("token", encrypted)]


@pytest.mark.parametrize(
    "address",
    [
        "o&#39;brien@example.com",
        "o&apos;brien&#64;example.com",
        r"ren\u00e9@example.com",
        r"m\u00fcller@example.com",
        r"\u00e9ric@example.com",
        r"\u0141ukasz.k@example.com",
        r"m\\u00fcller@example.com",
        r"john\_doe@example.com",
        r"john\.doe\+x@example.com",
        r"john\@example.com",
    ],
)
def test_an_address_with_escapes_in_it_is_found_whole(address: str) -> None:
    """So that nothing of the name stays, and no escape is cut in two."""
    assert _hidden(f"Write to {address}, please") == [("email", address)]


@pytest.mark.parametrize("before", [r"\n", r"\u003c", r"\u4f60", r"\ud83d\udcde", "C:\\"])
def test_another_escape_before_an_address_is_no_part_of_it(before: str) -> None:
    """It stays whole, too."""
    assert _hidden(f"Hello{before}ann@example.com") == [("email", "ann@example.com")]


@pytest.mark.parametrize("address", ["_ann@example.com", "u00e9x@example.com"])
def test_what_is_like_the_rest_of_an_escape_is_the_address_alone(address: str) -> None:
    """A backslash belongs to it only within a word, or before what is a letter in JSON."""
    assert _hidden(f"Write to {address}") == [("email", address)]
    assert _hidden("Write to \\_ann@example.com") == [("email", "_ann@example.com")]


@pytest.mark.parametrize(
    "text",
    [
        "git clone git@github.com:org/repo.git",
        '<img src="icon@2x.png">',
        "logo@3x.webp",
        '"version": "1.2.3.4"',
        r"{\"version\":\"1.2.3.4\"}",
    ],
)
def test_what_is_like_an_address_stays(text: str) -> None:
    """A repository, a picture, a version."""
    assert _hidden(text) == []
    assert _hidden("git@example.com") == [("email", "git@example.com")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("+1 415 555 2671", "415 555 2672"),
        ("+1 (415) 555-2671", "(415) 555-2672"),
        ("+33612345678", "06 12 34 56 78"),
        ("+49 30 1234567", "030 7654321"),
        ("0049 30 1234567", "030/7654321"),
    ],
)
def test_two_phones_with_a_blank_between_are_two(first: str, second: str) -> None:
    """The first one takes nothing of the second, which is found, too."""
    assert _hidden(f"Call {first} {second}.") == [("phone", first), ("phone", second)]


@pytest.mark.parametrize(
    "phone",
    [
        "+33 6 12 34 01 00",
        "+33 6532 0130 00",
        "+49 30 1234567-01",
        "+44 20 7946 0018",
        "+49 30 123456 0123",
    ],
)
def test_a_zero_within_a_phone_begins_no_other(phone: str) -> None:
    """Where no whole number follows it."""
    assert _hidden(f"Call {phone} now") == [("phone", phone)]


@pytest.mark.parametrize(
    "text", ["_{}_", "Here: _{}_.", "(_{}_)", "a _{}_ b", "\n_{}_\n", "_No: {}_"]
)
@pytest.mark.parametrize(
    "number",
    ["4111111111111111", "+49 30 1234567", "4111 1111 1111 1111", "12345678Z", "203.0.113.77"],
)
def test_a_number_between_underscores_of_markdown(text: str, number: str) -> None:
    """The underscores stay."""
    assert [value for _, value in _hidden(text.format(number))] == [number]


@pytest.mark.parametrize(
    "text", ["a_4111111111111111", "x_4111111111111111_y", "__4111111111111111"]
)
def test_a_number_within_a_name_is_none(text: str) -> None:
    """An underscore is a part of names."""
    assert _hidden(text) == []


def test_a_row_of_backslashes_is_seen_as_one() -> None:
    """However often JSON stands in JSON."""
    card = "4111{0}1111{0}1111{0}1111"
    for count in (1, 2, 8, 9, 64):
        gap = "\\" * count + "u00a0"
        assert _hidden(card.format(gap)) == [("card", card.format(gap))]
    assert _hidden(card.format("\\" * 65 + "u00a0")) == []


def test_a_token_right_behind_another() -> None:
    """The word before the second one ends what was taken for the first."""
    assert ("token", "abcd1234efgh5678ijkl") in _hidden(
        "Basic 2026-01-02/03-Bearer abcd1234efgh5678ijkl"
    )


def test_cookies_of_the_length_that_servers_accept() -> None:
    """Their total length, which is several thousand characters."""
    value = "abc123def456" * 1_300
    assert _hidden(f"Cookie: sid={value}\r\nHost: x") == [("token", value)]


@pytest.mark.parametrize(
    "hashed",
    [
        "$1$saltsalt$" + "aB3./" * 4 + "ab",
        "$6$rounds=5000$saltsalt$" + "aB3./" * 17,
        "$2b$12$" + "aB3./" * 10 + "abc",
        "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$" + "aB3./" * 8,
        "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$" + "aB3+" * 10,
        "$pbkdf2-sha256$29000$N2Yshaltsalt$" + "aB3./" * 8,
    ],
)
def test_a_hash_of_a_password_is_hidden_with_its_salt(hashed: str) -> None:
    """As in ``/etc/shadow`` and in tables of users: however many parts stand before it."""
    assert _hidden(f"ann:{hashed}:19000:0") == [("password", hashed)]


@pytest.mark.parametrize("text", ["costs $1$ and $5$ more", "$1$2$3$4$5$6$", "awk '{print $1$2}'"])
def test_signs_of_dollars_are_no_hash(text: str) -> None:
    """Without the many characters of one."""
    assert _hidden(text) == []
