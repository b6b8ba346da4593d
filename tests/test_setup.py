"""`instrument`: wrong arguments are named, and a second call replaces the first."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt import Actor, Event, HILTError, Session, get_context
from hilt.core import git_commit
from hilt.core.git_status import TreeCheck
from hilt.genai.observation import Observation
from hilt.genai.values import Request, Response, Usage
from hilt.pricing.cost import cost_of
from hilt.recording.event_builder import EventBuilder
from hilt.recording.history import Continuation, LoggedAnswer, history_of
from hilt.testing import fixed
from hilt.testing.memory import MemorySink


@pytest.fixture(autouse=True)
def undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder of its own, and nothing instrumented afterwards."""
    monkeypatch.chdir(tmp_path)
    yield
    hilt.uninstrument()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"backend": "sheet"}, 'no backend \'sheet\'; expected "local" or "sheets"'),
        ({"backend": 5}, "backend: 5"),
        ({"backend": "logs/app.jsonl"}, "a file is given by name, filepath='logs/app.jsonl'"),
        (
            {"session": hilt.Session("a.jsonl"), "filepath": "b.jsonl"},
            "filepath: give it to the session",
        ),
        (
            {"session": hilt.Session("a.jsonl"), "compress": False},
            "compress: give it to the session",
        ),
        ({"session": hilt.Session("a.jsonl"), "privacy": "redact"}, "Session(privacy=...)"),
        ({"rows": "pages"}, 'rows: \'pages\'; expected "calls" or "events"'),
        ({"rotate_bytes": 0}, "rotate_bytes: 0 is not a whole number from 1 up"),
        ({"rotate_bytes": "lots"}, "rotate_bytes: 'lots' is not a size; expected 500000 or 100MB"),
        ({"keep": True}, "keep: True is not a whole number"),
        ({"keep": -1}, "keep: -1 is not a whole number from 0 up"),
        ({"file_mode": "rw"}, "file_mode: 'rw' are no permissions; expected octal digits, as 0640"),
        ({"file_mode": -1}, "file_mode: -1 are no permissions"),
        ({"processors": print}, "not a list of functions"),
        ({"backend": "sheets"}, 'sheet_id: the backend "sheets" needs one'),
        ({"columns": ["foo"]}, "no column 'foo'; there are timestamp"),
        ({"columns": "message"}, "not a list of names"),
        ({"providers": ["opnai"]}, "no provider 'opnai'; there are openai"),
        ({"providers": "openai"}, "not a list of names, as ['openai']"),
        ({"filepath": 5}, "filepath: 5 is not a path"),
        ({"filepath": "/dev/null/log.jsonl"}, "give the path of a file that this user may write"),
        ({"processors": [1]}, "not a list of functions"),
        ({"session": 3}, "session: 3 is not a hilt.Session"),
        ({"tracer_provider": 3}, "expected an opentelemetry.sdk.trace.TracerProvider"),
        ({"meter_provider": 3}, "expected an opentelemetry.metrics.MeterProvider"),
        ({"capture_content": "maybe"}, "expected true or false"),
        ({"sheet_id": "x", "credentials_path": "no.json"}, "'no.json': cannot be read"),
    ],
)
def test_wrong_argument_is_named(arguments: dict[str, Any], said: str) -> None:
    """The message names the thing, the value and what would be right; nothing is instrumented."""
    with pytest.raises(HILTError) as caught:
        hilt.instrument(**arguments)

    assert said in str(caught.value)
    assert not get_context().is_instrumented


def test_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`HILT_FILEPATH` names the log unless the call does."""
    monkeypatch.setenv("HILT_FILEPATH", "logs/environment.jsonl")

    by_environment = hilt.instrument(providers=[]).path
    by_argument = hilt.instrument(filepath="logs/argument.jsonl", providers=[]).path

    assert by_environment == Path("logs/environment.jsonl")
    assert by_argument == Path("logs/argument.jsonl")


def test_prices_of_a_file_until_uninstrument(tmp_path: Path) -> None:
    """They come before those of genai-prices, and are gone with `uninstrument()`."""
    (tmp_path / "prices.toml").write_text('[[models]]\nmodel = "gpt-4o"\ninput = 3\noutput = 0\n')

    hilt.instrument(providers=[], prices=tmp_path / "prices.toml")
    during = cost_of("openai", "gpt-4o", Usage(1_000_000, 0)).usd
    hilt.uninstrument()

    assert during == 3
    assert cost_of("openai", "gpt-4o", Usage(1_000_000, 0)).usd != during


def test_wrong_price_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of set-up, by the argument and by the environment."""
    with pytest.raises(HILTError, match=r"no-such\.toml: cannot be read"):
        hilt.instrument(prices="no-such.toml")
    monkeypatch.setenv("HILT_PRICES", "other.toml")
    with pytest.raises(HILTError, match=r"other\.toml: cannot be read"):
        hilt.instrument()


def test_second_instrument_replaces_the_first() -> None:
    """The first session is closed, and the second is the current one."""
    first = hilt.instrument(filepath="one.jsonl", providers=["openai"])
    second = hilt.instrument(filepath="two.jsonl", providers=["openai"])

    assert first.closed
    assert get_context().session is second


def test_given_session_stays_open() -> None:
    """A session that was handed in belongs to the program."""
    with Session("mine.jsonl") as session:
        hilt.instrument(session=session, providers=[])
        hilt.uninstrument()

        assert not session.closed
        assert not get_context().is_instrumented


def test_session_that_is_given_again_stays_open() -> None:
    """Also where `instrument` had opened it itself: from then on it is the program's."""
    opened = hilt.instrument(filepath="one.jsonl", providers=[])

    for _ in range(2):
        assert hilt.instrument(session=opened, providers=[]) is opened
        assert not opened.closed
        assert get_context().session is opened
    hilt.uninstrument()

    assert not opened.closed
    opened.close()


def test_session_that_is_replaced_by_a_given_one_is_closed() -> None:
    """What `instrument` opened, it closes."""
    opened = hilt.instrument(filepath="one.jsonl", providers=[])

    with Session("mine.jsonl") as session:
        hilt.instrument(session=session, providers=[])

        assert opened.closed
        assert not session.closed
        hilt.instrument(filepath="two.jsonl", providers=[])
        assert not session.closed


def test_wrong_argument_leaves_what_is_set_up() -> None:
    """A second call that fails does not end the first."""
    first = hilt.instrument(filepath="one.jsonl", providers=[])

    with pytest.raises(HILTError):
        hilt.instrument(filepath="/dev/null/log.jsonl", providers=[])
    with pytest.raises(HILTError, match="give it to the session"), Session("mine") as session:
        hilt.instrument(session=session, processors=[lambda event: event])

    assert get_context().session is first
    assert not first.closed


def test_uninstrument_closes_what_was_opened() -> None:
    """The session of `instrument` is closed, and nothing is logged any more."""
    opened = hilt.instrument(filepath="one.jsonl", providers=[])

    hilt.uninstrument()
    hilt.uninstrument()

    assert opened.closed
    assert get_context().session is None
    assert repr(get_context()) == "Context(is_instrumented=False, session=None)"


def test_feedback_links_to_the_event() -> None:
    """A rating is a `feedback` event that replies to what it is about."""
    session = hilt.instrument(filepath="log.jsonl", providers=[])

    with fixed():
        given = hilt.feedback(
            "evt_1",
            rating=4,
            comment="Good",
            correction="Better",
            user="bob",
            session_id="order-42",
        )

    (event,) = session.read()
    assert event == given
    assert event.to_dict() == {
        "hilt_version": "1.0.0",
        "event_id": "evt_019b76daa80070008000000000000001",
        "timestamp": "2026-01-01T00:00:00.000000Z",
        "session_id": "order-42",
        "actor": {"type": "human", "id": "bob"},
        "action": "feedback",
        "content": {
            "text": "Good",
            "feedback": {"rating": 4, "comment": "Good", "correction": "Better"},
        },
        "extensions": {"reply_to": "evt_1", "rating": 4, "comment": "Good", "correction": "Better"},
    }


def test_feedback_belongs_to_the_conversation() -> None:
    """That of the block, unless one is given; it is logged to a session that is given."""
    with Session("mine.jsonl") as session, hilt.conversation("order-42"):
        inside = hilt.feedback("evt_1", rating="good", session=session)
        given = hilt.feedback("evt_1", rating="good", session=session, session_id="other")
    outside = hilt.feedback("evt_1", correction="Better", session=Session("mine.jsonl"))

    ids = [event.session_id for event in (inside, given, outside)]
    assert ids == ["order-42", "other", "conv_feedback"]
    assert inside.content is not None
    assert inside.content.to_dict() == {"feedback": {"rating": "good"}}


@pytest.mark.parametrize("captures", [True, False])
@pytest.mark.parametrize("is_own", [True, False])
def test_feedback_has_no_words_where_the_log_has_none(captures: bool, is_own: bool) -> None:
    """Only there: a session of one's own has its comments, whatever another log leaves out."""
    hilt.instrument(session=Session(MemorySink()), capture_content=captures, providers=[])
    with Session(MemorySink()) as own:
        given = hilt.feedback(
            "evt_1", rating=4, comment="Good", correction="Better", user="bob",
            session_id="order-42", session=own if is_own else None,
        )  # fmt: skip
        assert len(list(own.read())) == is_own

    is_whole = captures or is_own
    words = {"comment": "Good", "correction": "Better"} if is_whole else {}
    content = {"feedback": {"rating": 4, **words}}
    assert given.content is not None
    assert given.content.to_dict() == ({"text": "Good", **content} if is_whole else content)
    assert given.extensions == {"reply_to": "evt_1", "rating": 4, **words}
    assert (given.actor.id == "bob", given.session_id == "order-42") == (is_whole, is_whole)


def test_feedback_belongs_to_the_conversation_of_its_answer() -> None:
    """Another process may have logged that; a memory has what this one has logged."""
    prompt = Event(session_id="mine", actor=Actor("human", "user"), action="prompt")
    with Session("mine.jsonl") as session:
        session.append(prompt)
        about = hilt.feedback(prompt.event_id, rating=1, session=session)
    with Session(MemorySink()) as memory:
        answered = history_of(memory)
        answered.remember(Continuation(None, 0, 1), Response("r1"), LoggedAnswer("evt_1", "yours"))
        known = hilt.feedback("evt_1", rating=1, session=memory)
        unknown = hilt.feedback("evt_2", rating=1, session=memory)

    ids = [event.session_id for event in (about, known, unknown)]
    assert ids == ["mine", "yours", "conv_feedback"]


def test_feedback_where_content_is_not_captured() -> None:
    """Numbers only, under the pseudonyms of the log; a log of the program's own has all of it."""
    from hilt.recording.pseudonyms import conversation_pseudonym, user_pseudonym

    told = {"comment": "Good", "correction": "Better", "user": "bob", "session_id": "order-42"}
    session = hilt.instrument(filepath="log.jsonl", providers=[], capture_content=False)
    hidden = hilt.feedback("evt_1", rating=4, **told)
    silent = hilt.feedback("evt_1", comment="Good")
    with Session("mine.jsonl") as own:
        open_ = hilt.feedback("evt_1", rating=4, session=own, **told)

    assert list(session.read()) == [hidden, silent]
    assert hidden.to_dict() == {
        **hidden.to_dict(),
        "session_id": conversation_pseudonym("order-42"),
        "actor": {"type": "human", "id": user_pseudonym("bob")},
        "content": {"feedback": {"rating": 4}},
        "extensions": {"reply_to": "evt_1", "rating": 4},
    }
    assert (silent.content, silent.extensions) == (None, {"reply_to": "evt_1"})
    assert (open_.session_id, open_.actor.id) == ("order-42", "bob")
    assert open_.content is not None
    assert open_.content.to_dict() == {
        "text": "Good",
        "feedback": {"rating": 4, "comment": "Good", "correction": "Better"},
    }


def test_feedback_finds_its_conversation_under_its_pseudonym() -> None:
    """That of an answer which this process has logged, else of the one in the file as it is."""
    from hilt.recording.pseudonyms import conversation_pseudonym

    session = hilt.instrument(filepath="log.jsonl", providers=[], capture_content=False)
    session.append(Event(session_id="mine", actor=Actor("human", "user"), action="prompt",
                         event_id="evt_1"))  # fmt: skip
    in_file = hilt.feedback("evt_1", rating=1)
    answer = LoggedAnswer("evt_2", "yours")
    history_of(session).remember(Continuation(None, 0, 1), Response("r1"), answer)
    known = hilt.feedback("evt_2", rating=1)
    unknown = hilt.feedback("evt_3", rating=1)

    ids = [each.session_id for each in (in_file, known, unknown)]
    assert ids == ["mine", conversation_pseudonym("yours"), "conv_feedback"]


@pytest.mark.parametrize("rating", [0, -1.5, "bad", 10**20])
def test_ratings_are_numbers_and_words(rating: float | str) -> None:
    """As they were given; none is one, too."""
    with Session(MemorySink()) as session:
        given = hilt.feedback("evt_1", rating=rating, session=session)

    assert given.extensions == {"reply_to": "evt_1", "rating": rating}
    assert given.content is not None
    assert given.content.to_dict() == {"feedback": {"rating": rating}}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"event_id": "evt_1", "rating": True}, "rating True is neither a number nor text"),
        ({"event_id": "evt_1", "rating": float("nan")}, "rating nan is neither a number"),
        ({"event_id": "evt_1", "rating": float("inf")}, "rating inf is neither a number"),
        ({"event_id": "evt_1", "correction": 5}, "correction 5 is not text"),
        ({"event_id": "evt_1", "rating": 1, "session": 5}, r"session 5 is not a hilt\.Session"),
        ({"event_id": ""}, "event_id '' is not the id of an event"),
        ({"event_id": 5, "rating": 1}, "event_id 5 is not the id of an event"),
        ({"event_id": "evt_1", "rating": [1]}, r"rating \[1\] is neither a number nor text"),
        ({"event_id": "evt_1"}, "give a rating, a comment or a correction"),
        ({"event_id": "evt_1", "rating": 1}, r"nothing is being logged; call instrument\(\)"),
    ],
)
def test_wrong_feedback_is_refused(arguments: dict[str, Any], problem: str) -> None:
    """The message says what to do."""
    with pytest.raises(HILTError, match=problem):
        hilt.feedback(**arguments)


def test_flush_without_a_session_has_nothing_to_wait_for() -> None:
    """`flush` is True where nothing is logged."""
    assert hilt.flush(0.1)


def test_flush_says_what_the_session_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits as long as it is told, and a time that is over is none."""
    asked: list[float | None] = []

    def flush(_: Session, timeout: float | None = None) -> bool:
        asked.append(timeout)
        return len(asked) > 1

    hilt.instrument(filepath="log.jsonl", providers=[])
    monkeypatch.setattr(Session, "flush", flush)

    assert [hilt.flush(timeout) for timeout in (2, None, -1)] == [False, True, True]
    assert asked == [2, None, 0]
    monkeypatch.undo()
    with pytest.raises(HILTError, match="timeout: '1' is not a number of seconds"):
        hilt.flush("1")  # type: ignore[arg-type]  # wrong


def test_feedback_on_what_is_no_event_is_refused() -> None:
    """An id that the log does not have, and that HILT would not make."""
    refused = pytest.raises(HILTError, match="there is no event 'nope' in the log")
    with hilt.Session("one.jsonl") as session, refused:
        hilt.feedback("nope", rating=1, session=session)


def test_the_file_is_written_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Sizes may have units, permissions are octal."""
    for name, value in {
        "ROTATE_BYTES": "2kB",
        "KEEP": "1",
        "COMPRESS": "false",
        "FILE_MODE": "0640",
        "FSYNC": "yes",
    }.items():
        monkeypatch.setenv(f"HILT_{name}", value)
    session = hilt.instrument(filepath=tmp_path / "app.jsonl", providers=[])
    for index in range(40):
        session.append(
            hilt.Event(
                session_id="s",
                actor=hilt.Actor("human", "ada"),
                action="prompt",
                content=hilt.Content(text=f"{index} {'x' * 100}"),
            )
        )
    hilt.uninstrument()

    files = sorted(tmp_path.glob("app*.jsonl"))
    assert len(files) == 2
    assert all(each.stat().st_size <= 2000 for each in files)
    assert {each.stat().st_mode & 0o777 for each in files} == {0o640}


@pytest.fixture
def commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The commit of a repository that the program was started in."""
    monkeypatch.setattr("hilt.core.git_commit.is_hidden", False)
    monkeypatch.setenv("HILT_GIT_STATUS", "false")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_text("a" * 40)
    return "a" * 40


def commit_in_log(name: str = "commit") -> object:
    """The commit that the ending of a call has, or another value beside it."""
    hilt.instrument(session=Session(MemorySink()), providers=[])
    call = Observation(Request("chat", "openai"), started=1, ended=2, response=Response())
    builder = EventBuilder()
    builder.begin(call)
    return builder.end(call)[0]["provenance"].get(name)


def test_endings_name_the_commit_of_the_program(commit: str) -> None:
    """Until `uninstrument`, and not where a test compares whole events."""
    assert commit_in_log() == commit
    with fixed():
        assert commit_in_log() is None
    hilt.uninstrument()
    assert git_commit.current is None


@pytest.mark.parametrize("is_clean", [True, False])
def test_endings_say_whether_the_commit_was_clean(
    commit: str, is_clean: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once git has said so, and not after `uninstrument`."""
    checks: list[TreeCheck] = []

    def start(check: TreeCheck) -> None:
        checks.append(check)

    monkeypatch.setattr(TreeCheck, "start", start)
    assert commit_in_log("commit_clean") is None
    assert checks == []

    monkeypatch.delenv("HILT_GIT_STATUS")
    assert commit_in_log("commit_clean") is None
    checks[0].is_clean = is_clean
    assert commit_in_log("commit_clean") is is_clean
    assert len(checks) == 1

    hilt.uninstrument()
    assert git_commit.tree is None


def test_program_is_where_its_script_is(
    commit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not where it was started, unless an installed command runs it."""
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir("/")
    monkeypatch.setattr("__main__.__file__", str(tmp_path / "elsewhere" / "app.py"), raising=False)
    assert commit_in_log() == commit

    monkeypatch.setattr("__main__.__file__", str(tmp_path / "bin" / "uvicorn"))
    assert commit_in_log() is None


@pytest.fixture
def disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operator has switched HILT off."""
    monkeypatch.setenv("HILT_DISABLED", "true")


def logged_by_hand() -> None:
    """An event, and what somebody thinks of it."""
    session: Any = get_context().session
    event = session.append(Event(session_id="s", actor=Actor("human", "user"), action="prompt"))
    hilt.feedback(event.event_id, rating=5, session_id="s")


def test_disabled_program_runs_and_logs_nothing(disabled: None, tmp_path: Path) -> None:
    """Not even where arguments are missing or wrong: whoever disables it may have no sheet."""
    session = hilt.instrument(backend="sheets", columns=["nope"], privacy="redact")
    logged_by_hand()

    assert list(session.read()) == []
    assert (session.path, session.dropped, hilt.flush(1.0)) == (None, 0, True)
    assert not get_context().instrumented
    hilt.uninstrument()
    assert get_context().session is None
    assert list(tmp_path.iterdir()) == []


def test_disabling_ends_what_was_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second call replaces the first, and a third one logs again."""
    first = hilt.instrument(filepath=tmp_path / "log.jsonl", providers=[])
    monkeypatch.setenv("HILT_DISABLED", "1")
    hilt.instrument(filepath=tmp_path / "log.jsonl", providers=[])
    logged_by_hand()
    assert first.closed
    assert list(first.read()) == []

    monkeypatch.setenv("HILT_DISABLED", "no")
    hilt.instrument(filepath=tmp_path / "log.jsonl", providers=[])
    logged_by_hand()
    assert [event.action for event in first.read()] == ["prompt", "feedback"]


def test_ready_session_of_a_disabled_program_is_left_alone(disabled: None) -> None:
    """It is returned, open as it was, and no call is logged to it."""
    sink = MemorySink()
    own = Session(sink).open()

    assert hilt.instrument(session=own) is own
    logged_by_hand()
    assert sink.lines == []
    own.append(Event(session_id="s", actor=Actor("human", "user"), action="prompt"))
    assert len(sink.lines) == 1


def test_tests_log_although_the_program_is_disabled(disabled: None) -> None:
    """What `hilt_log` stands on observes all the same, and leaves nothing in force."""
    from hilt._in_force import instrumented_meanwhile

    hilt.instrument()
    sink = MemorySink()
    with Session(sink) as session, instrumented_meanwhile(session):
        assert get_context().instrumented
        logged_by_hand()
    assert [event.action for event in sink.events] == ["prompt", "feedback"]
    assert not get_context().instrumented
    logged_by_hand()  # to nowhere, as before the test
    assert len(sink.events) == 2
