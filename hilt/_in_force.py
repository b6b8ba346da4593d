"""What `instrument` has put in force in this process, until something else takes its place."""

from __future__ import annotations

import atexit
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hilt._config import Config, resolve
from hilt._context import get_context, use_provider
from hilt.core import forks, git_commit
from hilt.core.event import Event
from hilt.io.session import Session

if TYPE_CHECKING:
    from hilt.instrumentation.frameworks.install import Frameworks
    from hilt.instrumentation.instrumentors import HiltInstrumentor
    from hilt.instrumentation.unseen_calls import UnseenCalls
    from hilt.pricing.price_file import PriceFile
    from hilt.providers.wire.observer import WireObserver
    from hilt.recording.writer import Recorder

__all__ = [
    "Setup",
    "begin",
    "go_on_with",
    "instrumented_meanwhile",
    "price_file_of",
    "state",
    "stop",
]

_OBSERVED_BY = ("capture_content", "capture_chunks", "unseen_calls", "wire", "wire_hosts")
"""What decides how calls are observed, besides the providers; the rest says where they go."""


@dataclass(frozen=True)
class Setup:
    """What a call of `instrument` puts in force."""

    config: Config
    session: Session
    owns_session: bool
    tracer_provider: Any
    meter_provider: Any
    prices: PriceFile | None


class State:
    """What `instrument` has set up in this process."""

    def __init__(self) -> None:
        self.renew()
        forks.on_fork(self.renew)
        self.instrumentors: list[HiltInstrumentor] = []
        self.setup: Setup | None = None
        self.undo: list[Callable[[], None]] = []
        self.unseen_calls: UnseenCalls | None = None
        self.wire: WireObserver | None = None
        self.frameworks: Frameworks | None = None
        self.options: dict[str, Any] = {}  #: of the instrumentors

    def renew(self) -> None:
        """Make the lock; a forked child may have it from a thread that the child has not."""
        self.lock = threading.RLock()


state = State()


@contextmanager
def instrumented_meanwhile(session: Session) -> Iterator[None]:
    """Log the calls made in this block to a session, and then what was observed before it again.

    That is what `instrument` had put in force, with its session still open, and instrumentors
    that the program or OpenTelemetry had switched on.

    Args:
        session: An open session.
    """
    with state.lock:
        own, others = state.setup, _others()
        nowhere = get_context().default_session if own is None else None
        stop(keep=own.session if own is not None else None)
    try:
        config = resolve({})  # not `instrument`: a test logs although HILT_DISABLED is true
        with state.lock:
            begin(Setup(config, session, False, None, None, price_file_of(config)))
        yield
    finally:
        with state.lock:
            stop(keep=own.session if own is not None else None)
            get_context().default_session = nowhere
            if own is not None:
                begin(own)
            for instrumentor, options in others:
                instrumentor.instrument(skip_dep_check=True, **options)


def _others() -> list[tuple[HiltInstrumentor, Mapping[str, Any]]]:
    """The instrumentors that are in force without `instrument`, and how."""
    from hilt.instrumentation.instrumentors import instrumentor_of
    from hilt.providers.registry import installed

    found = [instrumentor_of(name) for name in installed()]
    return [
        (each, each.options)
        for each in found
        if each.is_instrumented_by_opentelemetry and each not in state.instrumentors
    ]


def begin(setup: Setup) -> None:
    """Put in force what `instrument` was called with, while nothing else is."""
    config, session = setup.config, setup.session
    _use_facts(setup)
    state.undo.append(_forget_facts)
    state.setup = setup
    state.options = _observe(config, session, setup.tracer_provider, setup.meter_provider)
    if config.unseen_calls and config.providers != ():
        _count_unseen_calls(config)
    if config.wire:
        _observe_wire(config, state.options)


def go_on_with(setup: Setup) -> bool:
    """Log elsewhere from now on, without a moment in which a call is not observed.

    That is for a second call of `instrument` which observes the same as the first one: of a cell of
    a notebook that runs again, or of a script that runs for each click of a user.

    Returns:
        False, and nothing is done, if it observes something else, or in another way.
    """
    before = state.setup
    if before is None or not _observes_alike(before, setup):
        return False
    if state.unseen_calls is not None:
        state.unseen_calls.write_totals()
    if before.session.destination != setup.session.destination:
        for each in state.instrumentors:
            each.end_pending()
    get_context().default_session = setup.session
    state.setup = setup
    _use_facts(setup)
    for each in state.instrumentors:
        each.complete()
    if state.frameworks is not None:
        state.frameworks.renew()
    if before.owns_session and before.session is not setup.session:
        before.session.close()
    return True


def _observes_alike(before: Setup, setup: Setup) -> bool:
    """Whether all that was put in force is in force still, and would be the same again."""
    from hilt.providers.registry import installed

    old, new = before.config, setup.config
    if before.tracer_provider is not None or setup.tracer_provider is not None:
        return False
    if before.meter_provider is not setup.meter_provider:
        return False
    if any(getattr(old, name) != getattr(new, name) for name in _OBSERVED_BY):
        return False
    if (old.providers == ()) != (new.providers == ()):
        return False  # without any, unseen calls are not counted
    names = new.providers if new.providers is not None else installed()
    return [each.provider_name for each in state.instrumentors] == list(names) and all(
        each.is_instrumented_by_opentelemetry and each.options == state.options
        for each in state.instrumentors
    )


def _use_facts(setup: Setup) -> None:
    """Use the prices, the git commit and the service that events are to have."""
    from hilt.pricing.cost import use_prices

    use_prices(setup.prices)
    _use_commit(setup.config)
    use_provider(setup.tracer_provider)


def _forget_facts() -> None:
    from hilt.pricing.cost import use_prices

    use_prices(None)
    git_commit.use_commit(None)
    use_provider(None)


def _count_unseen_calls(config: Config) -> None:
    from hilt.instrumentation.unseen_calls import UnseenCalls

    state.unseen_calls = counter = UnseenCalls(
        _append,
        capture_content=config.capture_content,
        excluded=_excluded_packages(config),
    )
    counter.start()


def _append(event: Event) -> None:
    if state.setup is not None:
        state.setup.session.append(event)


def _observe_wire(config: Config, options: dict[str, Any]) -> None:
    """Log what no adapter observes; after the counter, which passes over what is logged."""
    from hilt.providers.wire.observer import WireObserver

    observer = WireObserver(config.wire_hosts, excluded=_excluded_packages(config), **options)
    state.wire = observer
    observer.start()


def _excluded_packages(config: Config) -> list[str]:
    """The SDKs that the program chose not to observe."""
    from hilt.providers.registry import PROVIDERS

    chosen = PROVIDERS if config.providers is None else config.providers
    return [entry.package for name, entry in PROVIDERS.items() if name not in chosen]


def price_file_of(config: Config) -> PriceFile | None:
    """The prices of the file that is given, if one is.

    Raises:
        ConfigurationError: If it is wrong.
    """
    from hilt.pricing.price_file import load_price_file

    return None if config.prices is None else load_price_file(config.prices)


def _use_commit(config: Config) -> None:
    """Name the git commit of the program in the endings, and whether it was clean."""
    folder = _folder_of_program()
    commit, check = git_commit.commit_of_folder(folder), None
    if commit is not None and config.git_status and not git_commit.is_hidden:
        from hilt.core.git_status import check_tree

        check = check_tree(folder, commit)
    git_commit.use_commit(commit, check)


def _folder_of_program() -> Path:
    """Where the program's script is; where it was started, if an installed command runs it."""
    script = getattr(sys.modules.get("__main__"), "__file__", None)
    if isinstance(script, str):
        folder = Path(script).absolute().parent
        if not (folder.name in ("bin", "Scripts") or "site-packages" in folder.parts):
            return folder
    return Path()


def _observe(
    config: Config, session: Session, tracer_provider: Any, meter_provider: Any
) -> dict[str, Any]:
    """Observe the chosen SDKs; the options that their instrumentors have."""
    from hilt.instrumentation.instrumentors import instrumentor_of
    from hilt.instrumentation.private_tracer import PrivateTracerProvider
    from hilt.providers.registry import installed
    from hilt.recording.writer import Recorder

    private = tracer_provider is None
    if private:
        provider, recorder = PrivateTracerProvider(), Recorder()
    else:
        from hilt_otel_exporters.attach import attach

        provider = tracer_provider
        processor, detach = attach(provider)
        recorder = processor.recorder
        state.undo.append(detach)
    _observe_frameworks(recorder, config)
    options: dict[str, Any] = {
        "tracer_provider": provider,
        "meter_provider": meter_provider,
        "capture_content": config.capture_content,
        "capture_chunks": config.capture_chunks,
        "span_content": False if private else None,
        "span_chunks": not private,
        "fallback_log": recorder,
    }
    for name in config.providers if config.providers is not None else installed():
        instrumentor = instrumentor_of(name)
        if instrumentor.is_instrumented_by_opentelemetry:
            instrumentor.uninstrument()
        instrumentor.instrument(skip_dep_check=True, **options)
        state.instrumentors.append(instrumentor)
    context = get_context()
    context.default_session, context.instrumented = session, True
    return options


def _observe_frameworks(recorder: Recorder, config: Config) -> None:
    from hilt.instrumentation.frameworks.install import Frameworks
    from hilt.instrumentation.frameworks.run_steps import RunSteps

    state.frameworks = frameworks = Frameworks(
        RunSteps(recorder, capture_content=config.capture_content)
    )
    state.undo.append(frameworks.undo)
    frameworks.install()


def stop(keep: Session | None = None) -> None:
    """Undo `begin`, and close the session, unless it is the program's own or the one to keep."""
    while state.instrumentors:
        state.instrumentors.pop().uninstrument()
    if state.wire is not None:  # it stands around the counter
        state.wire.stop()
        state.wire = None
    if state.unseen_calls is not None:
        state.unseen_calls.stop()
        state.unseen_calls = None
    while state.undo:
        state.undo.pop()()
    state.frameworks = None
    context = get_context()
    context.default_session, context.instrumented = None, False
    setup, state.setup = state.setup, None
    if setup is not None and setup.session is not keep and setup.owns_session:
        setup.session.close()


def _at_exit() -> None:
    for instrumentor in state.instrumentors:
        instrumentor.end_streams()
        instrumentor.end_pending()
    if state.unseen_calls is not None:
        state.unseen_calls.write_totals()
    if state.setup is not None:
        state.setup.session.flush(5.0)


atexit.register(_at_exit)
