"""Environment variables that are one letter off."""

from __future__ import annotations

import pytest

from hilt.cli import misspelt_variables as named
from hilt.cli.misspelt_variables import misspelt_variables


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HILT_FILEPAHT", "HILT_FILEPATH"),
        ("HILT_FILEPAT", "HILT_FILEPATH"),
        ("HILT_FILEPATHS", "HILT_FILEPATH"),
        ("HILT_FILEPADH", "HILT_FILEPATH"),
        ("HLT_PROVIDERS", "HILT_PROVIDERS"),
        ("HILT_DISABLE", "HILT_DISABLED"),
        ("HILT_PRIVACI", "HILT_PRIVACY"),
        ("OTEL_TRACE_EXPORTER", "OTEL_TRACES_EXPORTER"),
    ],
)
def test_name_that_is_one_letter_off(name, meant):
    """A letter more, less or other, or two in the other order."""
    assert list(misspelt_variables({name: "x"})) == [
        f"Nothing reads the variable {name}. Did you mean {meant}?"
    ]


def test_names_that_are_right():
    """What is read, and what is somebody else's."""
    names = ("HILT_FILEPATH", "HILT_BACKEND", "HILT_PRIVACY_KEY_FILE", "HILT_OUTBOX", "PATH")

    assert list(misspelt_variables(dict.fromkeys(names, "x"))) == []


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("hilt_json", "hilt_jsonl"),
        ("otlp, hilt_sheet", "hilt_sheets"),
        ("hilt", "hilt_jsonl or hilt_sheets"),
    ],
)
def test_exporter_that_does_not_exist(value, meant):
    """OpenTelemetry would refuse it, or log nothing."""
    text = value.rpartition(" ")[2]

    assert list(misspelt_variables({"OTEL_TRACES_EXPORTER": value})) == [
        f"OTEL_TRACES_EXPORTER: there is no exporter {text!r}. Did you mean {meant}?"
    ]


@pytest.mark.parametrize("value", ["console,hilt_jsonl,hilt_sheets", "none,hilt_jsonl", "otlp"])
def test_exporters_that_exist(value, monkeypatch):
    """HILT's own, and those of others; what has no exporter of HILT's is no matter of HILT's."""
    monkeypatch.setattr(named, "entry_points", lambda *, name, **_: [name] * (name == "console"))

    assert list(misspelt_variables({"OTEL_TRACES_EXPORTER": value})) == []


def test_exporters_that_are_not_installed(monkeypatch):
    """OpenTelemetry would start none at all."""
    monkeypatch.setattr(named, "entry_points", lambda **_: [])

    assert list(misspelt_variables({"OTEL_TRACES_EXPORTER": "otlp,hilt_jsonl,jaeger"})) == [
        (
            "OTEL_TRACES_EXPORTER: no package that is installed has 'otlp': "
            "pip install opentelemetry-exporter-otlp"
        ),
        "OTEL_TRACES_EXPORTER: no package that is installed has 'jaeger'",
    ]
