"""Passwords and cookies in commands, as people paste them."""

from __future__ import annotations

import json

import pytest

from hilt.privacy.patterns import find


def _hidden(text: str) -> list[tuple[str, str]]:
    return [(each.kind, text[each.start : each.end]) for each in find(text)]


@pytest.mark.parametrize(
    "command",
    [
        "curl -u ann:{} https://x.example/api",
        "curl -uann:{} https://x.example",
        "curl -sSL -X POST -u 'ann:{}' https://x.example",
        'curl https://x.example \\\n  -u "ann:{}" \\\n  -d @body.json',
        "curl --user ann:{} https://x.example",
        "curl --user=ann:{} https://x.example",
        "curl --proxy-user ann:{} https://x.example",
        "http -a ann:{} GET https://x.example",
        "mysql -uroot -p{} shop",
        "mysqldump -u root -p'{}' shop > shop.sql",
        "cd /srv && sshpass -p {} ssh ann@host",
        "docker login -u ann -p {} registry.example.com",
        "redis-cli -h cache -p 6379 -a {} ping",
        "mongosh --host db -u ann -p {}",
        "ldapsearch -D cn=admin -w {} -b dc=x",
        "sqlcmd -S srv -U sa -P {}",
        "unzip -P {} a.zip",
        "7z x -p{} a.7z",
        '["curl", "-u", "ann:{}", "https://x.example"]',
        "['docker', 'login', '-u', 'ann', '-p', '{}']",
        '["mysql", "-p{}", "shop"]',
        '["tool", "--password", "{}"]',
        "['tool', '--token', '{}']",
    ],
)
@pytest.mark.parametrize("digits", ["", " It failed 1234 times."])
def test_an_option_with_a_password(command: str, digits: str) -> None:
    """Whatever else is in the text, and in JSON as in a terminal."""
    text = f"I ran this:\n{command.format('hunter2x')}\nand it failed.{digits}"

    assert _hidden(text) == [("password", "hunter2x")]
    assert _hidden(json.dumps({"command": text})) == [("password", "hunter2x")]


@pytest.mark.parametrize(
    "text",
    [
        "curl -u $NAME_1:$PASSWORD_1 https://x.example",
        "curl -u <name>:<secret1> https://x.example",
        "docker run -p 8080:80 -u 1000:1000 nginx",
        "docker login registry.example.com; docker run -p host1x:80:80 nginx",
        "ssh -p 2222222 host",
        "mkdir -p build2x/output3y",
        "redis-cli -h cache -p 6379000",
        "rsync -a source1x/ target2x/",
        "The pass-phrase -p option2x is old",
        "curl -b cookies1.txt https://x.example",
        "Fetch it with curl.\n\nThe option -u group:hunter2x sets the owner.",
    ],
)
def test_other_options_stay(text: str) -> None:
    """Ports, folders, files, users by number, and what stands for a value."""
    assert _hidden(text) == []


def test_a_request_that_a_browser_copied() -> None:
    """With its cookies, after all other headers."""
    headers = "".join(f"  -H 'x-header-{each}: value' \\\n" for each in range(60))
    cookies = "sid=s%3Aabc123.def456; theme=dark"
    text = f"curl 'https://x.example/a' \\\n{headers}  -b '{cookies}' \\\n  --compressed"

    assert _hidden(text) == [("token", cookies)]
    assert _hidden(text.replace("curl ", "tool ")) == []
