"""The price table of genai-prices: loaded once, only when it is wanted, and safe at a fork.

genai-prices takes half a second to import, so it is imported when the first price is wanted, or
ahead of that by `preload`. Prices come with the installed genai-prices, never from the network.
"""

from __future__ import annotations

import atexit
import logging
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, NamedTuple

from hilt.core import forks
from hilt.pricing.names import Unpriced

if TYPE_CHECKING:
    from genai_prices.types import Provider

__all__ = ["Table", "preload", "price_table", "price_version"]

_log = logging.getLogger(__name__)

_FORK_PATIENCE_S = 5.0
_EXIT_PATIENCE_S = 5.0
"""How long a fork waits until another thread has loaded the table."""


class Table(NamedTuple):
    """genai-prices' data."""

    providers: Mapping[str, Provider]
    kinds: Mapping[str, str]  #: what is counted to the kind of price: input_tokens, input_mtok


class TableLoader:
    """Loads the table once, on whichever thread wants it first."""

    def __init__(self) -> None:
        self._table: Table | None = None
        self._problem: str | None = None
        self._is_loading = False
        # Re-entrant, because a stream that is collected during the import may want its cost.
        self._lock = threading.RLock()
        self._thread: threading.Thread | None = None

    def table(self) -> Table:
        """The table; waits while another thread loads it.

        Raises:
            Unpriced: If it cannot be loaded, or not yet; the message says why.
        """
        if self._table is None and self._problem is None:
            with self._lock:
                if self._is_loading:
                    raise Unpriced("the price table was still being loaded")
                if self._table is None and self._problem is None:
                    self._load()
        if self._table is None:
            raise Unpriced(str(self._problem))
        return self._table

    def _load(self) -> None:
        self._is_loading = True
        try:
            self._table = _import_table()
        except Exception as error:
            self._problem = f"genai-prices cannot be imported: {error}"
            _log.warning("Calls are logged without their cost, because %s", self._problem)
        finally:
            self._is_loading = False

    def start(self) -> None:
        """Load the table on a thread of its own, unless that was done.

        Raises:
            RuntimeError: If no thread can be started.
        """
        if self._table is None and not (self._thread and self._thread.is_alive()):
            self._thread = threading.Thread(
                target=self._load_ahead, name="hilt-prices", daemon=True
            )
            self._thread.start()

    def _load_ahead(self) -> None:
        try:
            self.table()
        except Exception:
            _log.debug("The price table is not loaded ahead", exc_info=True)

    def wait(self) -> None:
        """Wait for the thread that loads the table, but not for ever.

        Python stops it at its end wherever it is. If it had the lock of all imports, whatever is
        finalized after that and imports a module would wait for ever, as openai's streams do.
        """
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(_EXIT_PATIENCE_S)

    # A child has only the thread that forked. If another was importing genai-prices, the child
    # would wait for ever for the lock of a module, whose owner it does not have.

    def before_fork(self) -> None:
        """Wait until no other thread is loading the table, but not for ever."""
        self._lock.acquire(timeout=_FORK_PATIENCE_S)

    def after_fork_in_parent(self) -> None:
        """Go on."""
        self._release()

    def after_fork_in_child(self) -> None:
        """Give up the table if another thread was loading it."""
        self._thread = None
        if not self._release():
            self._lock, self._is_loading = threading.RLock(), False
            if self._table is None:
                self._problem = "this process was forked while the price table was being loaded"

    def _release(self) -> bool:
        """Whether this thread had the lock, which it has no more."""
        try:
            self._lock.release()
        except RuntimeError:  # `before_fork` did not wait any longer
            return False
        return True


_loader = TableLoader()
atexit.register(_loader.wait)
forks.on_fork(
    _loader.after_fork_in_child,
    before=_loader.before_fork,
    in_parent=_loader.after_fork_in_parent,
)


def price_table() -> Table:
    """The price table; waits while another thread loads it.

    Raises:
        Unpriced: If it cannot be loaded, or not yet; the message says why.
    """
    return _loader.table()


@cache
def price_version() -> str:
    """The price table and its version, such as ``genai-prices 0.2.3``."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return f"genai-prices {version('genai-prices')}"
    except PackageNotFoundError:
        return "genai-prices"


def preload() -> None:
    """Begin to load the price table on a thread of its own, unless that was done. Never raises.

    Best called as the first request leaves: the table then loads while the program waits for the
    answer, and no import of the program's own gets in its way.
    """
    try:
        _loader.start()
    except RuntimeError:  # The interpreter is going down, or there are too many threads.
        _log.debug("The price table is not loaded ahead", exc_info=True)


def _import_table() -> Table:
    price_version()  # now, while a fork waits: it imports a module, too
    with _without_updater():
        from genai_prices.data import providers
        from genai_prices.data_units import unit_data

    return Table(
        {provider.id: provider for provider in providers},
        {count: unit["price_key"] for count, unit in unit_data.items()},
    )


@contextmanager
def _without_updater() -> Iterator[None]:
    """Keep genai-prices from importing its updater, and an HTTP client with it.

    The table is loaded while requests are under way, on a thread of its own. openai 2.x looks for
    httpx2 in `sys.modules` at each request, and must not find it half imported. The program gets
    the updater when it asks for it.
    """
    if "genai_prices" in sys.modules:
        yield
        return
    later, name = object(), "genai_prices.update_prices"
    stand_in = ModuleType(name)
    stand_in.__dict__["__getattr__"] = lambda attribute: _unless_special(attribute, later)
    sys.modules[name] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        package = sys.modules.get("genai_prices")
        if package is not None:
            _import_later(package, name, (later, stand_in))


def _unless_special(attribute: str, value: object) -> object:
    if attribute.startswith("__"):
        raise AttributeError(attribute)
    return value


def _import_later(package: ModuleType, name: str, stand_ins: tuple[object, ...]) -> None:
    """Let a package import what it was kept from when somebody asks for it."""
    missing = [
        key for key, value in vars(package).items() if any(value is each for each in stand_ins)
    ]
    for key in missing:
        delattr(package, key)

    def get(attribute: str) -> object:
        if attribute not in missing:
            raise AttributeError(f"module {package.__name__!r} has no attribute {attribute!r}")
        module = import_module(name)
        return module if name.endswith(f".{attribute}") else getattr(module, attribute)

    package.__dict__["__getattr__"] = get
