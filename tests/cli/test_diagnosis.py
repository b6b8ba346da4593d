"""What ``hilt doctor`` examines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import fields
from importlib.metadata import version
from types import SimpleNamespace

import openai
import pytest

from hilt.cli import diagnosis, other_instrumentations
from hilt.cli.diagnosis import Destination, ProviderStatus, diagnose, has_target
from hilt.genai.values import Target
from hilt.io.sheets import outbox_status
from hilt.providers import registry
from hilt.providers.not_observed import surfaces_of
from hilt.providers.registry import PROVIDERS, Entry

OPENAI = PROVIDERS["openai"]
ABSENT = Entry("absent", "Absent", "hilt_has_no_such_sdk", "no-such-sdk")


@pytest.fixture(autouse=True)
def _environment(monkeypatch, tmp_path):
    """One installed SDK and one that is not, no settings, and a folder of its own."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("HILT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HILT_OUTBOX", str(tmp_path / "outbox"))
    monkeypatch.setattr(diagnosis, "_entries", lambda: [OPENAI, ABSENT])
    monkeypatch.setattr(other_instrumentations, "_FOLDERS", ())  # LangChain brings LangSmith
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=200 << 20))


def test_providers():
    """An installed SDK has a version and the observed methods; another one has neither."""
    assert diagnose().providers == [
        ProviderStatus(
            "openai",
            "openai",
            openai.__version__,
            dict(OPENAI.load().surfaces),
            not_observed=surfaces_of("openai"),
        ),
        ProviderStatus("absent", "no-such-sdk", None, {}),
    ]


def test_function_that_something_else_hides(monkeypatch):
    """Where another library put something of its own over an SDK's function, doctor says so."""

    class Hiding:
        """Knows nothing of the SDK's function."""

    monkeypatch.setattr("openai._base_client.SyncAPIClient.request", Hiding())

    function, name = "openai._base_client.SyncAPIClient.request", Hiding.__qualname__
    assert diagnose().problems == [
        f"openai: {function} was replaced by a {__name__}.{name}, so some calls may not be logged"
    ]


def test_other_instrumentations_are_named(monkeypatch):
    """What else would instrument the SDK is no problem, and named with its version."""
    distribution = SimpleNamespace(name="another-instrumentation", version="1.2")
    own = SimpleNamespace(name="hilt", version="1.0")
    monkeypatch.setattr(
        diagnosis.metadata,
        "entry_points",
        lambda **_selected: [
            SimpleNamespace(name="openai", dist=each) for each in (distribution, own, None)
        ],
    )

    report = diagnose()

    assert report.providers[0].others == ["another-instrumentation 1.2"]
    assert report.problems == []


def test_versions():
    """The versions of HILT and of what it is built on are there."""
    versions = diagnose().versions

    assert versions["hilt"] == version("hilt")
    assert list(versions) == [
        "python",
        "hilt",
        "opentelemetry-api",
        "opentelemetry-sdk",
        "genai-prices",
        "wrapt",
        "msgspec",
    ]


def test_log_that_does_not_exist_yet(tmp_path):
    """The default destination is a local file, of which only the path is known."""
    report = diagnose()

    path = str(tmp_path / "logs" / "hilt.jsonl")
    assert report.destination == Destination(("local",), path, free_bytes=200 << 20)
    assert report.problems == []


def test_log_that_exists(monkeypatch, tmp_path):
    """The size of an existing log is there, and what HILT_CAPTURE_CONTENT does to it."""
    (tmp_path / "app.jsonl").write_bytes(b"{}\n")
    monkeypatch.setenv("HILT_FILEPATH", "app.jsonl")
    monkeypatch.setenv("HILT_CAPTURE_CONTENT", "0")

    assert diagnose().destination == Destination(
        ("local",),
        str(tmp_path / "app.jsonl"),
        bytes=3,
        free_bytes=200 << 20,
        note="HILT_CAPTURE_CONTENT is off: events are written without content.",
    )


def test_google_sheet(monkeypatch):
    """A spreadsheet is named by its id."""
    monkeypatch.setenv("HILT_SHEET_ID", "book")

    assert diagnose().destination == Destination(("sheets",), sheet_id="book")


@pytest.mark.parametrize("absent", ["gspread", "google-auth"])
def test_missing_package_of_google_sheets_is_a_problem(monkeypatch, absent):
    """Each of the two; the way out is one for both."""
    version = diagnosis._version
    monkeypatch.setenv("HILT_SHEET_ID", "book")
    monkeypatch.setattr(
        diagnosis, "_version", lambda name: None if name == absent else version(name)
    )

    assert diagnose().problems == ['Google Sheets needs more packages: pip install "hilt[sheets]"']


def test_a_package_that_is_not_installed_has_no_version():
    """As it is shown of SDKs."""
    assert diagnosis._version("no-such-package") is None


def test_price_file_that_cannot_be_read_is_a_problem(monkeypatch, tmp_path):
    """As ``instrument()`` would say it."""
    monkeypatch.setenv("HILT_PRICES", str(tmp_path / "none.toml"))

    assert diagnose().problems[0].startswith("instrument() would raise: ")
    assert "none.toml: cannot be read" in diagnose().problems[0]


def test_log_that_cannot_be_read_is_a_problem(monkeypatch, tmp_path):
    """It may hold calls that no adapter saw."""
    log = tmp_path / "app.jsonl"
    log.write_text("{}\n")
    monkeypatch.setenv("HILT_FILEPATH", str(log))

    def unreadable(_path):
        raise PermissionError(13, "Permission denied", str(log))

    monkeypatch.setattr(diagnosis, "unseen_calls_in", unreadable)

    report = diagnose()

    assert report.unseen_calls == []
    assert f"The log {log} cannot be read: [Errno 13] Permission denied: '{log}'" in report.problems


def test_no_sdk_is_a_problem(monkeypatch):
    """Without an installed SDK no call would be logged."""
    monkeypatch.setattr(diagnosis, "_entries", lambda: [ABSENT])

    assert diagnose().problems == ["No installed SDK is observed, so no calls would be logged."]


def test_missing_function_is_a_problem(monkeypatch):
    """An SDK without a function that HILT patches is named together with the function."""
    gone = Target("openai._base_client", "SyncAPIClient.gone")
    monkeypatch.setattr(OPENAI.load(), "targets", (gone,))

    (problem,) = diagnose().problems

    assert problem == (
        "openai: this version has no openai._base_client.SyncAPIClient.gone, "
        "so calls made through it are not logged"
    )


def test_adapter_that_cannot_be_imported_is_a_problem(monkeypatch):
    """Whatever an SDK raises while it is imported is reported, and the rest is examined."""
    broken = registry.Entry("broken", "Broken", "openai", "openai")
    monkeypatch.setattr(diagnosis, "_entries", lambda: [broken, OPENAI])

    assert diagnose().problems == [
        "broken: cannot be imported: No module named 'hilt.providers.broken'"
    ]


def test_wrong_environment_is_a_problem(monkeypatch):
    """What instrument() would refuse is reported in its own words, with no destination."""
    monkeypatch.setenv("HILT_BACKEND", "sheet")

    report = diagnose()

    assert report.destination == Destination()
    (problem,) = report.problems
    assert problem.startswith("instrument() would raise: ")
    assert "sheet" in problem


def test_excluded_provider_is_no_problem(monkeypatch):
    """A provider that HILT_PROVIDERS leaves out has a note, and is not loaded."""
    monkeypatch.setattr(diagnosis, "_entries", lambda: [OPENAI, PROVIDERS["anthropic"]])
    monkeypatch.setenv("HILT_PROVIDERS", "openai")

    report = diagnose()

    assert report.providers[1].note == "excluded by HILT_PROVIDERS"
    assert report.providers[1].observed == {}
    assert report.problems == []


def test_empty_list_of_providers_is_a_problem(monkeypatch):
    """With an empty HILT_PROVIDERS nothing is observed."""
    monkeypatch.setenv("HILT_PROVIDERS", "[]")

    assert diagnose().problems == [
        "HILT_PROVIDERS names no provider, so only manual events would be logged.",
        "No installed SDK is observed, so no calls would be logged.",
    ]


def test_program_that_is_disabled_is_a_problem(monkeypatch):
    """Also where other settings are wrong: nothing reads them."""
    monkeypatch.setenv("HILT_DISABLED", "true")
    monkeypatch.setenv("HILT_BACKEND", "sheets")

    assert "HILT_DISABLED is true, so instrument() logs nothing." in diagnose().problems


def test_folder_without_permission_is_a_problem(monkeypatch, tmp_path):
    """The nearest existing folder of the log must be writable."""
    monkeypatch.setattr(os, "access", lambda path, _mode: path != tmp_path)

    assert diagnose().problems == [f"The current user cannot write to {tmp_path}."]


def test_low_disk_space_is_a_problem(monkeypatch, tmp_path):
    """Less than 100 MiB of free disk space is reported."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=(5 << 20) + 1))

    assert diagnose().problems == [
        f"Only 5 MiB of disk space are left for {tmp_path / 'logs' / 'hilt.jsonl'}."
    ]


def test_outbox_that_cannot_be_read_is_a_problem(monkeypatch):
    """A folder of outboxes that cannot be read does not end the examination."""

    def refuse(_root=None):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(outbox_status, "outbox_status", refuse)

    report = diagnose()

    assert report.outboxes == []
    assert report.problems == ["Outbox: the outboxes cannot be read: [Errno 13] Permission denied"]


def outbox(**values):
    """The status of an outbox; what is not given is None."""
    names = [field.name for field in fields(outbox_status.OutboxStatus)]
    return outbox_status.OutboxStatus(**{**dict.fromkeys(names), "dropped": 0, **values})


def test_outboxes_are_listed_with_their_problems(monkeypatch):
    """An outbox that dropped events is a problem; one that only waits is not."""
    waiting = outbox(waiting=3)
    dropping = outbox(waiting=9, dropped=2)
    monkeypatch.setattr(outbox_status, "outbox_status", lambda: [waiting, dropping])

    report = diagnose()

    assert report.outboxes == [
        {**waiting.to_dict(), "problem": None},
        {**dropping.to_dict(), "problem": dropping.problem},
    ]
    assert report.problems == [f"Outbox: {dropping.problem}"]


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
    assert has_target(target) is there


def test_variable_that_is_misspelt_is_a_problem(monkeypatch):
    """Nothing would read it, and nobody would notice."""
    monkeypatch.setenv("HILT_FILEPAHT", "app.jsonl")

    assert diagnose().problems == [
        "Nothing reads the variable HILT_FILEPAHT. Did you mean HILT_FILEPATH?"
    ]


def test_no_sdk_is_imported():
    """Importing all of them takes many seconds, and LiteLLM goes to the network meanwhile."""
    code = (
        "import sys; from hilt.cli.diagnosis import diagnose; diagnose();"
        "print([each for each in ('openai', 'litellm', 'cohere', 'botocore') if each in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "[]\n"
