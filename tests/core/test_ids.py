"""Ids."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator

import pytest

from hilt.core import clock, ids_and_times
from hilt.core.ids_and_times import (
    HILT_NAMESPACE,
    conversation_id_of,
    new_event_id,
    new_event_ids,
    random_digits,
    swap_source,
    trace_bits,
)

MOMENT = 1_767_225_600_000_000_000
"""Of an id that begins with ``evt_019b76daa8007000``."""


class Bits:
    """Bits that are all alike."""

    def __init__(self, *, ones: bool) -> None:
        self.ones = ones

    def getrandbits(self, k: int, /) -> int:
        """So many of them."""
        return (1 << k) - 1 if self.ones else 0


@pytest.fixture
def random(request: pytest.FixtureRequest) -> Iterator[None]:
    """Random bits are none, all of them 0 or all of them 1."""
    before = swap_source(Bits(ones=request.param))
    yield
    swap_source(*before)


def test_an_id_is_a_uuid_of_version_7():
    """The time is in its first 48 bits."""
    before = time.time_ns() // 1_000_000
    event_id = new_event_id()
    after = time.time_ns() // 1_000_000

    assert re.fullmatch(r"evt_[0-9a-f]{32}", event_id)
    value = uuid.UUID(event_id[4:])
    assert value.variant == uuid.RFC_4122
    assert value.version == 7
    assert before <= value.int >> 80 <= after


def test_ids_sort_in_the_order_in_which_they_were_made():
    """Also many in one millisecond."""
    ids = [new_event_id() for _ in range(20_000)]

    assert ids == sorted(set(ids))


def test_ids_of_threads_are_unique():
    """However many make them at once."""
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend([new_event_id() for _ in range(5000)]))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(made)) == 40_000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_ids_of_forked_children_are_unique():
    """A child does not repeat its parent's random bits."""
    code = (
        "import os\n"
        "from hilt.core.ids_and_times import new_event_id\n"
        "new_event_id()\n"
        "pids = []\n"
        "for _ in range(4):\n"
        "    pid = os.fork()\n"
        "    if pid == 0:\n"
        "        os.write(1, ''.join(new_event_id(7) + '\\n' for _ in range(50)).encode())\n"
        "        os._exit(0)\n"
        "    os.waitpid(pid, 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    ids = done.stdout.split()
    assert len(set(ids)) == len(ids) == 200


def test_the_program_s_random_numbers_are_not_touched():
    """A seeded program repeats itself with HILT as without, and does not repeat our ids."""
    import random

    random.seed(7)
    expected = random.random()
    random.seed(7)
    first = new_event_id(1)
    assert random.random() == expected
    random.seed(7)
    assert new_event_id(1) != first


def test_an_id_can_be_made_for_a_moment():
    """For events of spans that are over; nanoseconds, as spans count them."""
    assert new_event_id(1_767_225_600_000_000_000).startswith("evt_019b76daa8007000")
    assert new_event_id(1_767_225_600_000_500_000).startswith("evt_019b76daa8007800")


def test_simple_ids_become_conversation_ids():
    """The same everywhere; what is one already stays."""
    expected = "conv_" + uuid.uuid5(HILT_NAMESPACE, "order-42").hex[:16]

    assert conversation_id_of("order-42") == expected
    assert conversation_id_of("conv_mine") == "conv_mine"


@pytest.mark.parametrize("random", [False, True], indirect=True)
def test_random_bits_fill_what_is_theirs(random: None, request: pytest.FixtureRequest) -> None:
    """Whatever they are, an id has its version, its variant and its length."""
    ones = request.node.callspec.params["random"]
    tail = "bfffffffffffffff" if ones else "8000000000000000"

    assert new_event_id(MOMENT) == f"evt_019b76daa8007000{tail}"
    assert random_digits() == tail
    head, first = new_event_ids()
    assert re.fullmatch(r"evt_[0-9a-f]{12}7[0-9a-f]{3}", head)
    assert f"{first:016x}" == ("9fffffffffffffff" if ones else "8000000000000000")


def test_ids_that_are_made_at_once_are_of_now_and_new() -> None:
    """They sort behind those that were made before, and before those that follow."""
    before = new_event_id()
    (head, first), (other, second) = new_event_ids(), new_event_ids()
    ids = [before, f"{head}{first:016x}", f"{head}{first + 1:016x}", new_event_id()]

    assert ids == sorted(set(ids))
    assert {uuid.UUID(each[4:]).version for each in ids} == {7}
    assert head < other
    assert first != second
    assert len(random_digits()) == 16
    assert random_digits() != random_digits()


def test_ids_of_one_moment_count_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the smallest step, also if the clock goes back; a moment that is given is not one of them."""
    before = swap_source(Bits(ones=False))
    monkeypatch.setattr(clock, "unix_nanos", lambda: MOMENT)
    try:
        ids = [new_event_id(), new_event_id(MOMENT + 10**9), new_event_id()]
        monkeypatch.setattr(clock, "unix_nanos", lambda: MOMENT - 10**9)
        ids.append(new_event_id())
        monkeypatch.setattr(clock, "unix_nanos", lambda: MOMENT + 10**6)
        ids.append(new_event_id())
    finally:
        swap_source(*before)

    assert [each[4:20] for each in ids] == [
        "019b76daa8007000", "019b76daabe87000", "019b76daa8007001", "019b76daa8007002",
        "019b76daa8017000",
    ]  # fmt: skip


def test_another_source_of_bits_is_given_back() -> None:
    """With the tick that ids sort after; ids of traces never come from it."""
    made = new_event_id()
    before = swap_source(Bits(ones=False), 7)
    assert trace_bits(128) != 0
    ours, tick = swap_source(*before)

    assert isinstance(ours, Bits)
    assert tick == 7
    assert ids_and_times._source is before[0]
    assert new_event_id() > made
