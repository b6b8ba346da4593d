"""What is sent after a refusal."""

from __future__ import annotations

import pytest

from hilt.io.sheets.batches import Form
from hilt.io.sheets.errors import CallError
from hilt.io.sheets.narrowing import Narrowing

ERROR = CallError("no", kind="refused", code=400)


def test_batch_is_halved_until_one_row_is_alone_and_then_its_form_is_reduced():
    """At last a note, which says what the row was refused with."""
    narrowing, steps = Narrowing(8), []
    while narrowing.after_refusal(ERROR, narrowing.max_rows, lambda: False):
        steps.append((narrowing.max_rows, narrowing.form, narrowing.note))

    whole = [(4, Form.WHOLE, None), (2, Form.WHOLE, None), (1, Form.WHOLE, None)]
    assert steps == [*whole, (1, Form.CLEAN, None), (1, Form.PLACEHOLDER, "no")]


def test_no_note_is_sent_for_a_row_that_a_protection_refuses():
    """It may be lifted."""
    narrowing = Narrowing(1)
    assert not narrowing.after_refusal(ERROR, 1, lambda: True)
    assert narrowing.after_refusal(ERROR, 1, lambda: False)
    assert not narrowing.after_refusal(ERROR, 1, lambda: True)
    assert narrowing.form is Form.CLEAN


def test_late_ending_whose_row_takes_nothing_gets_a_row_of_its_own():
    """It is sent whole again, and in the end refused like any other row."""
    narrowing, steps = Narrowing(1), []
    while narrowing.after_refusal(ERROR, 1, lambda: False, fills=not narrowing.is_apart):
        steps.append((narrowing.is_apart, narrowing.form))

    assert steps == [
        (False, Form.CLEAN), (False, Form.PLACEHOLDER),
        (True, Form.WHOLE), (True, Form.CLEAN), (True, Form.PLACEHOLDER),
    ]  # fmt: skip


@pytest.mark.parametrize(("rows", "times"), [(5, 1), (0, 3)])
def test_tab_is_looked_at_again_first(rows, times):
    """Once where rows were sent, three times where they were not."""
    narrowing = Narrowing(8)
    assert [narrowing.looks_again(rows) for _ in range(4)] == [True] * times + [False] * (4 - times)
    assert narrowing.max_rows == 8


@pytest.mark.parametrize(("takes", "form"), [(True, Form.CLEAN), (False, Form.WHOLE)])
def test_row_alone_that_is_answered_with_server_errors_is_tried_eight_times(takes, form):
    """And then only if Google takes another write, as in an outage everything waits."""
    narrowing = Narrowing(2)
    narrowing.after_server_error(ERROR, 2, lambda: takes)
    for _ in range(7):
        narrowing.after_server_error(ERROR, 1, lambda: takes)
        assert (narrowing.max_rows, narrowing.form) == (1, Form.WHOLE)
    narrowing.after_server_error(ERROR, 1, lambda: takes)
    assert narrowing.form is form


def test_success_doubles_the_number_of_rows_up_to_the_most():
    """And the next row is sent whole."""
    narrowing = Narrowing(5)
    narrowing.max_rows, narrowing.form, narrowing.refusal = 2, Form.PLACEHOLDER, ERROR
    sizes = []
    for _ in range(3):
        narrowing.widen()
        sizes.append(narrowing.max_rows)
    assert (sizes, narrowing.form, narrowing.note) == ([4, 5, 5], Form.WHOLE, None)
