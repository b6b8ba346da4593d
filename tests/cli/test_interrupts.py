"""Ctrl-C in commands that run until it comes."""

from __future__ import annotations

import signal
import sys
import weakref

import pytest

from hilt.cli.interrupts import Interrupt, until_interrupted

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")


class Deleted:
    """Something that is deleted."""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_that_python_drops_ends_the_command():
    """In a callback of a deleted object it is raised for nobody."""
    rounds = []

    def loop() -> None:
        with until_interrupted() as stop:
            while not stop.is_set() and len(rounds) < 3:
                rounds.append(len(rounds))
                deleted = Deleted()
                watcher = weakref.ref(deleted, lambda _: signal.raise_signal(signal.SIGINT))
                del deleted
                assert watcher() is None

    with pytest.raises(KeyboardInterrupt):
        loop()
    assert rounds == [0]


def test_an_interrupt_is_raised_at_once():
    """As without it; and the handler is as it was."""
    with pytest.raises(KeyboardInterrupt), until_interrupted():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_ends_by_itself_was_not_interrupted():
    """Then nothing is raised."""
    with until_interrupted() as stop:
        assert not stop.wait(0)


def test_a_wait_ends_once_it_came():
    """It is not slept through."""
    interrupt = Interrupt()
    interrupt.set()

    assert interrupt.wait(60)
