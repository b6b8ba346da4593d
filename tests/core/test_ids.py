"""Ids."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
import uuid

import pytest

from hilt.core.ids_and_times import HILT_NAMESPACE, conversation_id_of, new_event_id


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
