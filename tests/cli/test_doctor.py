"""``hilt doctor``."""

from __future__ import annotations

import json

import openai
import pytest

from hilt.cli import doctor
from hilt.genai.values import Target
from hilt.providers.registry import PROVIDERS


@pytest.fixture(autouse=True)
def _only_openai(monkeypatch):
    """Only one SDK is looked at: importing all of them takes long."""
    monkeypatch.setattr(doctor, "_entries", lambda: [PROVIDERS["openai"], PROVIDERS["litellm"]])


def test_says_what_is_observed(hilt, tmp_path):
    """An installed SDK comes with its version and surfaces, others are named, and all is well."""
    code, out, err = hilt("doctor")

    assert code == 0
    assert openai.__version__ in out
    assert "chat.completions: create, parse, stream" in out
    assert "Not installed: litellm." in out
    assert "Events go to" in out
    assert "Nothing stands in the way" in err


def test_json(hilt, tmp_path):
    """With --json everything is one object."""
    _, out, _ = hilt("doctor", "--json")

    report = json.loads(out)
    first, second = report["providers"]
    assert report["problems"] == []
    assert report["destination"]["path"] == str(tmp_path / "logs" / "hilt.jsonl")
    assert (first["name"], first["installed"]) == ("openai", openai.__version__)
    assert "responses" in first["observed"]
    assert second == {
        "name": "litellm",
        "distribution": "litellm",
        "installed": None,
        "observed": {},
    }


def test_no_sdk_is_a_finding(hilt, monkeypatch):
    """Where no SDK is installed, nothing would be logged, and it says so."""
    monkeypatch.setattr(doctor, "_entries", lambda: [PROVIDERS["litellm"]])

    code, _, err = hilt("doctor")

    assert code == 1
    assert "No SDK is installed that HILT could observe" in err


def test_function_that_moved_is_a_finding(hilt, monkeypatch):
    """An SDK that lacks what HILT patches is named with what is missing."""
    monkeypatch.setattr(doctor, "is_there", lambda target: "Async" not in target.path)

    code, _, err = hilt("doctor")

    assert code == 1
    assert "openai: this version has no openai._base_client.AsyncAPIClient" in err


def test_environment_that_is_wrong_is_a_finding(hilt, monkeypatch):
    """What instrument() would refuse is told with its words."""
    monkeypatch.setenv("HILT_BACKEND", "sheet")

    code, _, err = hilt("doctor")

    assert code == 1
    assert 'instrument() would raise: no backend "sheet"' in err or "no backend 'sheet'" in err


def test_excluded_provider_is_told(hilt, monkeypatch):
    """A provider that HILT_PROVIDERS leaves out is no finding by itself."""
    monkeypatch.setenv("HILT_PROVIDERS", "anthropic")

    code, out, err = hilt("doctor")

    assert "left out by HILT_PROVIDERS" in out
    assert code == 1
    assert "no call would be logged" in err


def test_folder_that_cannot_be_written_is_a_finding(hilt, monkeypatch):
    """A log in a folder of somebody else is named."""
    monkeypatch.setenv("HILT_FILEPATH", "/proc/version/app.jsonl")
    monkeypatch.setattr(doctor.os, "access", lambda _path, _mode: False)

    code, _, err = hilt("doctor")

    assert code == 1
    assert "cannot be written to by this user" in err


@pytest.mark.parametrize(
    ("target", "there"),
    [
        (Target("json.decoder", "JSONDecoder.decode"), True),
        (Target("json.decoder", "JSONDecoder.nothing"), False),
        (Target("json.decoder", "Nothing.decode"), False),
        (Target("json.nothing", "decode"), False),
        (Target("json.nothing", "decode", optional=True), True),
    ],
)
def test_targets_are_looked_up(target, there):
    """A function is there if its module and every step of its path are."""
    assert doctor.is_there(target) is there
