"""Environment variables that were meant for HILT, and have a letter too many, too few or wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from importlib.metadata import entry_points

__all__ = ["misspelt_variables"]

_OTHERS = (
    "GOOGLE_CREDENTIALS_PATH",
    "GOOGLE_SHEET_ID",
    "HILT_BACKEND",
    "HILT_DISABLED",
    "HILT_OUTBOX",
    "HILT_PRIVACY",
    "HILT_PRIVACY_KEY_FILE",
    "HILT_PRIVACY_MASTER_KEY",
    "HILT_SHEETS_API_ROOT",
    "HILT_SPAN_COST",
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT",
    "OTEL_TRACES_EXPORTER",
)
_EXPORTERS = ("hilt_jsonl", "hilt_sheets")


def misspelt_variables(environment: Mapping[str, str]) -> Iterator[str]:
    """A sentence for each variable that nothing reads, and whose name is one letter off."""
    known = {*_OTHERS, *_of_arguments()}
    for name in sorted(environment.keys() - known):
        meant = next((each for each in sorted(known) if _is_one_off(name, each)), None)
        if meant is not None:
            yield f"Nothing reads the variable {name}. Did you mean {meant}?"
    exporters = [each.strip() for each in environment.get("OTEL_TRACES_EXPORTER", "").split(",")]
    for text in exporters:
        meant = next((each for each in _EXPORTERS if _is_one_off(text, each)), None)
        if meant is not None or (text.startswith("hilt") and text not in _EXPORTERS):
            expected = meant or " or ".join(_EXPORTERS)
            yield f"OTEL_TRACES_EXPORTER: there is no exporter {text!r}. Did you mean {expected}?"
        elif (
            text not in ("", "none", *_EXPORTERS)
            and {*_EXPORTERS} & {*exporters}
            and not _exists(text)
        ):
            hint = ": pip install opentelemetry-exporter-otlp" if text.startswith("otlp") else ""
            yield f"OTEL_TRACES_EXPORTER: no package that is installed has {text!r}{hint}"


def _exists(exporter: str) -> bool:
    return bool(entry_points(group="opentelemetry_traces_exporter", name=exporter))


def _of_arguments() -> list[str]:
    from hilt._config import Config

    return [f"HILT_{each.name.upper()}" for each in fields(Config) if each.name != "backends"]


def _is_one_off(text: str, meant: str) -> bool:
    """Whether one letter more, less or other, or two in the other order, makes the difference."""
    if text == meant or abs(len(text) - len(meant)) > 1:
        return False
    start = next(
        (at for at, (a, b) in enumerate(zip(text, meant, strict=False)) if a != b),
        min(len(text), len(meant)),
    )
    rest, rest_meant = text[start:], meant[start:]
    swapped = rest[:2] == rest_meant[1::-1] and rest[2:] == rest_meant[2:]
    return swapped or rest[1:] == rest_meant[1:] or rest[1:] == rest_meant or rest == rest_meant[1:]
