"""The price table is loaded once, ahead or when it is wanted, and neither fails nor hangs a call."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
from copy import copy

import pytest

from hilt.genai.values import Usage
from hilt.pricing import table
from hilt.pricing.cost import cost_of
from hilt.pricing.names import Unpriced
from hilt.pricing.table import preload, price_version

USAGE = Usage(1_000, 100, 1_100)


PRELUDE = """
import logging, os, sys, threading, time
from hilt.genai.values import Usage
from hilt.pricing import table
from hilt.pricing.cost import cost_of

def cost():
    return cost_of("openai", "gpt-4o-mini", Usage(5, 87))
"""


def in_new_process(program: str) -> list[str]:
    """The lines that a program prints in a fresh interpreter, after `PRELUDE`."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PRELUDE + textwrap.dedent(program)],
        check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_price_version_names_the_installed_table() -> None:
    """The version that prices come from can be looked up."""
    name, version = price_version().split()

    assert name == "genai-prices"
    assert version[0].isdigit()


def test_import_does_not_load_genai_prices() -> None:
    """Neither `hilt` nor its pricing imports the table; `cost_of` does."""
    program = """
        import hilt
        print("genai_prices" in sys.modules)
        print(cost().usd)
        print("genai_prices" in sys.modules)
    """

    assert in_new_process(program) == ["False", "0.000052950", "True"]


def test_program_ends_when_the_table_is_loaded() -> None:
    """A thread that Python stops in the middle of an import may have the lock of all imports."""
    program = """
        begun = threading.Event()
        load = table._import_table

        def slowly():
            begun.set()
            time.sleep(0.3)
            loaded = load()
            print("loaded", flush=True)
            return loaded

        table._import_table = slowly
        table.preload()
        begun.wait()
    """

    assert in_new_process(program) == ["loaded"]


def test_preload_loads_on_another_thread_and_cost_waits_for_it() -> None:
    """The table is loaded once, ahead and without a socket, and the first cost waits for it."""
    program = """
        loaded = []
        def watch(event, arguments):
            if event.startswith("socket."):
                loaded.append(event)
            elif event == "import" and arguments[0] == "genai_prices.data":
                loaded.append(threading.current_thread().name)
        sys.addaudithook(watch)
        table.preload()
        table.preload()
        print(cost().usd, *loaded)
    """

    assert in_new_process(program) == ["0.000052950 hilt-prices"]


def test_preload_survives_a_fork_while_it_loads() -> None:
    """A child that is forked amid the loading has costs too, and so has its parent."""
    program = """
        table.preload()
        while "genai_prices" not in sys.modules:
            pass
        child = os.fork()
        usd = cost().usd
        if child == 0:
            table.preload()
            os._exit(0 if str(usd) == "0.000052950" else 1)
        print(usd, os.waitpid(child, 0)[1])
    """

    assert in_new_process(program) == ["0.000052950 0"]


def test_child_that_is_forked_too_early_does_not_hang() -> None:
    """Where a fork does not wait for the import, the child has no costs, and says why."""
    program = """
        import signal
        from importlib.machinery import PathFinder
        importing, go_on = threading.Event(), threading.Event()
        class Slow:
            def find_spec(self, name, path=None, target=None):
                if name != "genai_prices.data":
                    return None
                spec = PathFinder.find_spec(name, path)
                run = spec.loader.exec_module
                def slowly(module):  # Python holds its lock, which forks wait for, until here.
                    importing.set()
                    go_on.wait(20)
                    run(module)
                spec.loader.exec_module = slowly
                return spec
        sys.meta_path.insert(0, Slow())
        table._FORK_PATIENCE_S = 0
        table.preload()
        importing.wait(20)
        child = os.fork()
        if child == 0:
            signal.alarm(10)  # a child that hangs is killed
            table.preload()
            print(cost().unknown, table.price_version() != "", flush=True)
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        go_on.set()
        print(cost().usd, status)
    """

    assert in_new_process(program) == [
        "this process was forked while the price table was being loaded True",
        "0.000052950 0",
    ]


def test_fork_within_the_import_goes_on_in_both() -> None:
    """A thread that forks while it loads the table itself is in the child, and loads it there."""
    program = """
        children = []
        class Forking:
            def find_spec(self, name, path=None, target=None):
                if name == "genai_prices.data" and not children:
                    children.append(os.fork())
        sys.meta_path.insert(0, Forking())
        usd = cost().usd
        if children[0]:
            print(os.waitpid(children[0], 0)[1])
        print(usd, flush=True)
    """

    assert in_new_process(program) == ["0.000052950", "0", "0.000052950"]


def test_child_has_the_table_of_its_parent() -> None:
    """What was loaded before a fork is there after it."""
    program = """
        cost()
        before = table.price_table()
        child = os.fork()
        if child == 0:
            os._exit(0 if table.price_table() is before and cost().usd else 1)
        print(os.waitpid(child, 0)[1], cost().usd)
    """

    assert in_new_process(program) == ["0 0.000052950"]


def test_cost_wanted_in_the_middle_of_the_loading_is_unknown_and_does_not_hang() -> None:
    """A stream that is collected during the import wants its cost on the importing thread."""
    program = """
        class Collected:
            def find_spec(self, name, path=None, target=None):
                if name == "genai_prices.data_units":
                    print(cost().unknown)
        sys.meta_path.insert(0, Collected())
        print(cost().usd)
    """

    assert in_new_process(program) == ["the price table was still being loaded", "0.000052950"]


def test_broken_genai_prices_costs_the_cost_only() -> None:
    """Without a price table there is one warning, and every call says why it has no cost."""
    program = """
        logging.basicConfig(stream=sys.stdout, format="%(levelname)s")
        sys.modules["genai_prices"] = None
        for _ in range(3):
            table.preload()
            print(cost().usd, "genai-prices cannot be imported" in cost().unknown)
    """

    assert in_new_process(program) == ["WARNING", *["None True"] * 3]


def test_preload_never_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no thread can be started, the table is loaded when it is wanted."""

    def refuse(_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(table, "_loader", table.TableLoader())
    monkeypatch.setattr("threading.Thread.start", refuse)

    preload()

    assert cost_of("openai", "gpt-4o-mini", USAGE).usd


def test_table_is_loaded_ahead_by_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many calls begin meanwhile."""
    go_on = threading.Event()

    def slowly() -> table.Table:
        go_on.wait(10)
        return table.Table({}, {})

    loader = table.TableLoader()
    monkeypatch.setattr(table, "_import_table", slowly)
    before = set(threading.enumerate())
    for _ in range(3):
        loader.start()
    begun = set(threading.enumerate()) - before
    go_on.set()
    loader.wait()

    assert [thread.name for thread in begun] == ["hilt-prices"]


def test_no_http_client_is_imported_with_the_table() -> None:
    """Loading prices imports no HTTP client, and leaves genai-prices whole for the program."""
    program = """
        print(cost().usd, {"httpx", "httpx2"} & sys.modules.keys())
        import genai_prices
        print(genai_prices.UpdatePrices.__name__)
        from genai_prices import update_prices, wait_prices_updated_sync
        print(update_prices.UpdatePrices is genai_prices.UpdatePrices)
        usage = genai_prices.Usage(input_tokens=9)
        print(genai_prices.calc_price(usage, "gpt-4o-mini", provider_id="openai").total_price)
    """

    assert in_new_process(program) == ["0.000052950 set()", "UpdatePrices", "True", "0.00000135"]


class NotedLock:
    """A lock that says when somebody comes to it."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.comers = 0
        self.second = threading.Event()

    def __enter__(self) -> None:
        self.comers += 1
        if self.comers > 1:
            self.second.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@pytest.mark.parametrize("fails", [False, True])
def test_table_that_two_threads_want_is_imported_once(
    monkeypatch: pytest.MonkeyPatch, fails: bool
) -> None:
    """The second one waits, and has what the first one found."""
    loader, imports, found = table.TableLoader(), [], []
    lock = NotedLock()
    monkeypatch.setattr(loader, "_lock", lock)

    def slowly() -> table.Table:
        imports.append(lock.second.wait(10))
        if fails:
            raise ImportError("no table")
        return table.Table({}, {})

    def want() -> None:
        try:
            found.append(loader.table())
        except Unpriced as reason:
            found.append(str(reason))

    monkeypatch.setattr(table, "_import_table", slowly)
    threads = [threading.Thread(target=want) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(10)

    assert imports == [True]
    assert found == ["genai-prices cannot be imported: no table" if fails else ({}, {})] * 2


def test_table_that_is_wanted_within_its_import(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that is collected meanwhile has no cost; whoever comes later has one."""
    loader, reasons = table.TableLoader(), []

    def importing() -> table.Table:
        with pytest.raises(Unpriced) as reason:
            loader.table()
        reasons.append(str(reason.value))
        return table.Table({}, {})

    monkeypatch.setattr(table, "_import_table", importing)

    assert loader.table() == loader.table() == ({}, {})
    assert reasons == ["the price table was still being loaded"]


def test_fork_while_nobody_loads_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parent and child load it when they want it, on whichever thread."""
    monkeypatch.setattr(table, "_import_table", lambda: table.Table({}, {}))
    for after in ("after_fork_in_parent", "after_fork_in_child"):
        loader = table.TableLoader()
        loader.before_fork()
        getattr(loader, after)()
        loader.start()
        loader.wait()

        assert loader._table == loader.table() == ({}, {})


def test_fork_while_another_thread_loads_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits, but not for ever: the parent has the table later, and the child says why not."""
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> table.Table:
        begun.set()
        go_on.wait(10)
        return table.Table({}, {})

    monkeypatch.setattr(table, "_import_table", slowly)
    monkeypatch.setattr(table, "_FORK_PATIENCE_S", 0.01)
    loader = table.TableLoader()
    loader.start()
    assert begun.wait(10)
    loader.before_fork()
    loader.after_fork_in_parent()
    child = copy(loader)
    child.after_fork_in_child()

    with pytest.raises(Unpriced, match="forked while the price table was being loaded"):
        child.table()
    go_on.set()
    loader.wait()
    assert loader.table() == ({}, {})
    late = copy(loader)
    late.after_fork_in_child()
    assert late.table() == ({}, {})


def test_table_whose_import_was_interrupted_is_imported_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ctrl-C in the first call costs that call its cost, and no other."""
    loader, interrupts = table.TableLoader(), iter([KeyboardInterrupt()])

    def importing() -> table.Table:
        for interrupt in interrupts:
            raise interrupt
        return table.Table({}, {})

    monkeypatch.setattr(table, "_import_table", importing)
    with pytest.raises(KeyboardInterrupt):
        loader.table()

    assert loader.table() == ({}, {})


def test_waiting_for_the_thread_that_loads_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is nothing to wait for without one, and a thread does not wait for itself."""
    loader = table.TableLoader()

    def importing() -> table.Table:
        loader.wait()
        return table.Table({}, {})

    monkeypatch.setattr(table, "_import_table", importing)
    loader.wait()
    loader.start()
    loader.wait()

    assert loader._table == ({}, {})
