"""What stands for a password where none is written, in code, settings, templates and help texts."""

from __future__ import annotations

import json

import pytest

from hilt.privacy.patterns import find, find_in_member

_CODE = [
    "headers: { 'X-CSRF-Token': csrfToken! }",
    "$password = $_POST['password'];",
    "$password = $request->password;",
    "apiKey: process.env.OPENAI_API_KEY!,",
    "password: user?.password?.value,",
    "const token = session!.accessToken!;",
    "client = OpenAI(api_key=settings.openai_api_key_2)",
    "password = var.db_password_2",
    "auth_token=auth.token1",
    "$password = $this.db_password1;",
    "if err := row.Scan(&id); err == nil { password = &password; }",
    "api_key=*api_key",
    "password=@password",
    "UPDATE users SET password = :password;",
    "type Login { password: String! }",
    "val password: String? = null",
    'print(f"password={password!r}")',
    "'password' => 'required|string|min:8',",
    '"password": "min:12"',
    "api_key: os.environ/OPENAI_KEY_2",
]
_SETTINGS = [
    "git clone https://x-access-token:${GH_TOKEN}@github.com/a/b.git",
    'DB_PASSWORD="${DB_PASSWORD:-}"',
    "password=${DB_PASS}&ssl=1",
    "postgresql://${DB_USER}:${DB_PASS}@db:5432/app",
    "redis://:{password}@redis:6379/0",
    "export PGPASSWORD=$DB_PASSWORD",
    "x-api-key: $ANTHROPIC_API_KEY",
    "set DB=1 & app password=%DB_PASSWORD%",
    "password=%(password)s",
    'token: "${{ secrets.NPM_TOKEN }}"',
    "wifi_password: !secret wifi_password",
    "password: !vault |",
    "password: ENC[AES256_GCM,data:a1b2c3,type:str]",
    "api_key: op://vault/item1/credential",
    '"secret": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-Ab12Cd"',
    "PWD=/home/ann/project-2",
    '{"PWD": "/srv/app-2.1", "OLDPWD": "~/app-2"}',
    "http -a ann:$PASSWORD_1 GET x",
    "curl -u user:${TOKEN_1} https://x.example",
]
_WORDS = [
    'error: "Password is required!"',
    "the password is base64-encoded, the password is sha256-hashed",
    'printf("Enter password: %s\\n", pw);',
    "OPENAI_API_KEY=<your-key-1>",
    'api_key="your-api-key-1"',
    "password: ********",
    'password: "\u2022\u2022\u2022\u2022\u2022\u2022\u2022\u2022"',
    '"password": "Password*"',
    '"login.password": "Password?"',
]


@pytest.mark.parametrize("text", [*_CODE, *_SETTINGS, *_WORDS])
def test_what_stands_for_a_password_stays(text: str) -> None:
    """As it is, and within JSON."""
    assert find(text) == []
    assert find(json.dumps({"text": text})) == []


@pytest.mark.parametrize(
    "value",
    [
        "${DB_PASSWORD:-hunter2x}",
        "$ecret123",
        "$ummer2024",
        "@hunter2x",
        "*hunter2x*",
        "Summer2024!",
        "Summer!",
        "{hunter2x",
        "ann.hunter2x",
        "%hunter2x",
        "********1a",
        "Hunter?2",
        "yours2024",
        "/hunter2x/",
    ],
)
def test_a_password_that_only_begins_like_a_placeholder_is_found(value: str) -> None:
    """Its signs may be those of a variable, but the rest is not."""
    for text in (f"password={value}", f'"password": "{value}"', f"password: '{value}'"):
        assert [text[each.start : each.end] for each in find(text)] == [value]
    assert [
        (each.start, each.end)
        for each in find_in_member(value, "password", frozenset(("password",)))
    ] == [(0, len(value))]


@pytest.mark.parametrize(
    "text",
    [
        '{"phone": null, "id": 1234567890}',
        '{"phone": "", "id": 1234567890}',
        '{"has_phone": true, "id": 1234567890}',
        '{"mobile": false, "id": 1234567890}',
        json.dumps('{"phone":"","id":1234567890}'),
        "the tool call 12345678, call count: 1234567",
        "to-list-tags-for-a-contact-1630436051681",
        "51 Franklin St, Fifth Floor, Boston, MA 02110-1301, USA",
        "Boston, MA  02110-1301  USA",
    ],
)
def test_a_member_without_a_number_announces_none(text: str) -> None:
    """The number of the next member is not its."""
    assert find(text) == []
