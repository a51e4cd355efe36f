"""How cases and shapes are spoken of: lists that can be parsed, letters that are not a chance."""

import pytest

from lstm_helpers.checks import messages

SIZES = {"n": 18, "length": 5, "D": 3}
AXES = ("n", "length", "D")


@pytest.mark.parametrize(
    ("notes", "text"),
    [
        (["a plain number"], "a plain number"),
        (["a number", "three axes", "an array"], "a number, three axes and an array"),
        (["2 rows and 1 column", "no rows"], "2 rows and 1 column; no rows"),
        (["rain, snow", "sun"], "rain, snow; sun"),
    ],
)
def test_cases_with_commas_of_their_own_are_set_apart_by_semicolons(notes, text):
    assert messages.cases_listed(notes) == text


@pytest.mark.parametrize(
    ("shape", "letters"),
    [
        ((18, 5, 3), "(n, length, D)"),
        ((3, 5, 3), "(3, length, D)"),  # three windows: not the D that stands at its own place
        ((5, 5, 3), "(5, length, D)"),
        ((17, 5, 3), "(n - 1, length, D)"),
        ((18, 3, 5), "(n, D, length)"),  # exchanged axes keep their letters
        ((5, 18, 3), "(length, n, D)"),
        ((18, 3), "(n, D)"),
        ((7, 5, 3), None),
    ],
)
def test_an_axis_that_counts_is_not_named_after_another_letter_by_chance(shape, letters):
    assert messages.in_letters(shape, SIZES, AXES) == letters


def test_an_axis_whose_length_is_given_may_have_the_letter_of_another():
    assert messages.in_letters((4, 4), {"N": 3, "H": 4}, ("N", "H")) == "(H, H)"
