"""The sentences of a verdict on a call and on values: what is wrong, what was got and expected.

Those on results of the wrong form are in `lstm_helpers.checks.form_messages`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lstm_helpers.checks.compare import differs
from lstm_helpers.checks.model import Array, Case, Exercise, Output
from lstm_helpers.checks.run import Outcome

_MOST_KEYS = 6  # more than these are not listed
_LONGEST_KEY = 40  # characters of one key that are shown
_COUNTS = ("T", "n")  # letters of axes whose length the answer itself decides


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Parameters
    ----------
    words : sequence of str
        At least one.

    Returns
    -------
    str
        For example "`a`, `b` and `c`".
    """
    if len(words) == 1:
        return words[0]
    return ", ".join(words[:-1]) + " and " + words[-1]


def cases_listed(notes: Sequence[str]) -> str:
    """Join what is special about cases as in a sentence.

    Parameters
    ----------
    notes : sequence of str
        At least one.

    Returns
    -------
    str
        As `listed` does; with semicolons if a note has a comma or an "and" of its own.

    Examples
    --------
    >>> cases_listed(["2 units and 1 bias vector", "3 units and 0 bias vectors"])
    '2 units and 1 bias vector; 3 units and 0 bias vectors'
    """
    if any("," in note or " and " in note for note in notes):
        return "; ".join(notes)
    return listed(notes)


def keys_named(keys: Sequence[Any]) -> str:
    """Name the keys of a dict as in a sentence.

    Parameters
    ----------
    keys : sequence
        At least one; of many, only the first are named.

    Returns
    -------
    str
        For example ``'the keys `"a"` and `"b"`'``.
    """
    shown = [f"`{key_text(key)}`" for key in keys[:_MOST_KEYS]]
    if len(keys) > len(shown):
        shown.append(f"{len(keys) - len(shown)} more")
    return ("the key " if len(keys) == 1 else "the keys ") + listed(shown)


def key_text(key: Any) -> str:
    """Write a key of a dict as it would stand in a program.

    Parameters
    ----------
    key : object
        The key.

    Returns
    -------
    str
        In quotes if it is a text; cut off if it is long.
    """
    text = f'"{key}"' if isinstance(key, str) else repr(key)
    return text if len(text) <= _LONGEST_KEY else text[:_LONGEST_KEY] + "…"


def in_letters(
    shape: Sequence[int], sizes: Mapping[str, int], axes: Sequence[str] = ()
) -> str | None:
    """Read a shape back into axis letters.

    The axis of a count, such as the n windows that an answer makes, may have any length if the
    answer is wrong. It is not named after a letter that already stands at its own place: the two
    are of one size by chance, and the axis keeps its number.

    Parameters
    ----------
    shape : sequence of int
        Lengths of the axes.
    sizes : mapping of str to int
        What each letter stands for.
    axes : sequence of str, optional
        The letters that are expected, where they are known.

    Returns
    -------
    str or None
        For example ``"(T, N, H)"``; None if a length is not the size of any letter.
    """
    names: dict[int, str] = {size: letter for letter, size in sizes.items()}
    for letter, size in sizes.items():
        if letter in _COUNTS:
            names.setdefault(size - 1, f"{letter} - 1")
            names.setdefault(size + 1, f"{letter} + 1")
    letters = [names.get(length, "1" if length == 1 else "") for length in shape]
    if len(axes) == len(shape):
        at_home = {own for own, length in zip(axes, shape, strict=True) if sizes.get(own) == length}
        letters = [
            str(length) if own in _COUNTS and own not in at_home and name in at_home else name
            for own, length, name in zip(axes, shape, letters, strict=True)
        ]
    if not all(letters):
        return None
    return "(" + ", ".join(letters) + ("," if len(letters) == 1 else "") + ")"


def the_case(case: Case) -> str:
    """Say in words what a case is like.

    Parameters
    ----------
    case : Case
        The case.

    Returns
    -------
    str
        For example ``"in a case with N = 3, T = 5"``.
    """
    parts = [f"{letter} = {size}" for letter, size in case.sizes.items() if letter.isalpha()]
    if case.note:
        parts.append(case.note)
    return "in a case with " + listed(parts) if parts else "in one of the cases"


def raised(exercise: Exercise, outcome: Outcome, case: Case) -> str:
    """Say what was raised, where in the learner's code, and what the numbers in it are.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    outcome : Outcome
        With an error.
    case : Case
        Where it happened.

    Returns
    -------
    str
        The message.
    """
    kind, text = type(outcome.error).__name__, str(outcome.error).strip()
    where = f" (in a case with {case.note})" if case.note else ""
    said = f": {_short(text)}" if text else ""
    if where:
        said = said.removesuffix(".") + where
    stop = "" if said.endswith((".", "!", "?")) else "."
    first = f"`{exercise.name}` stopped with {kind}{said}{stop}"
    parts = [first]
    if outcome.line:
        parts.append(f"It happened in {outcome.line}.")
    parts += getattr(outcome.error, "__notes__", [])  # what a probe was trying
    # Where names on the left of a `=` are counted, a number is no length of an axis.
    numbers = {int(n) for n in re.findall(r"\b\d+\b", text) if "to unpack" not in text}
    letters = [f"{size} is {letter}" for letter, size in case.sizes.items() if size in numbers]
    if letters:
        parts.append("In this case " + listed(letters) + ".")
    if isinstance(outcome.error, ValueError | IndexError) and "core dimension" in text:
        parts.append(
            "In `a @ b` the last axis of `a` must be as long as the first axis of `b`: is a "
            "matrix transposed, or are two of them exchanged?"
        )
    if isinstance(outcome.error, KeyError):
        given = [value for value in (*case.args, *case.kwargs.values()) if isinstance(value, dict)]
        parts += [f"A dict that was given has {keys_named(list(one))}." for one in given if one]
    return " ".join(parts)


def changed(exercise: Exercise, names: Sequence[str]) -> str:
    """Say which arguments were changed.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    names : sequence of str
        The arguments.

    Returns
    -------
    str
        The message.
    """
    which = listed([f"`{name}`" for name in names])
    plural = "arguments" if len(names) > 1 else "argument"
    return (
        f"`{exercise.name}` changed its {plural} {which}. Whoever called it still needs the old "
        f"values. Look for `+=`, `*=` or an assignment such as `{names[0]}[...] = ...`, and work "
        "on new arrays instead (`.copy()` of an array; a list of arrays needs a copy of each)."
    )


def wrong_shape(output: Output, got: Array, expected: Array, case: Case) -> str:
    """Say which shape came and which was expected, in numbers and in letters.

    Parameters
    ----------
    output : Output
        The result.
    got, expected : ndarray
        What came, and what is right.
    case : Case
        Where.

    Returns
    -------
    str
        The message.
    """
    letters = in_letters(got.shape, case.sizes, output.axes)
    read = f", that is {letters}" if letters and got.ndim else ""
    want = f", that is ({axes_of(output)})" if output.axes else ", a single number"
    if output.axes == ("...",):
        want = ", the shape of the input"
    return (
        f"`{output.name}` has shape {got.shape}{read}; expected {expected.shape}{want} "
        f"({the_case(case)})."
    )


def not_finite(output: Output, got: Array, case: Case) -> str:
    """Say where the first NaN or infinity stands.

    Parameters
    ----------
    output : Output
        The result.
    got : ndarray
        What came.
    case : Case
        Where.

    Returns
    -------
    str
        The message.
    """
    where = np.argwhere(~np.isfinite(got))
    value = got[tuple(where[0])]
    name = "NaN" if np.isnan(value) else "infinite"
    return (
        f"`{output.name}` holds {len(where)} of {got.size} numbers that are not finite; "
        f"{_entry(output, where[0])} is {name} {the_case(case)}. Look for a division by zero, the "
        "logarithm or root of a negative number, or an exponential of a large one."
    )


def warned(exercise: Exercise, text: str, case: Case) -> str:
    """Say that the values are right but that Python warned.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    text : str
        The warning.
    case : Case
        Where.

    Returns
    -------
    str
        The message.
    """
    return (
        f"The shapes are right, but `{exercise.name}` warns {the_case(case)}: {_short(text)}. "
        "Find a form that never computes such a number."
    )


def wrong_value(output: Output, got: Array, expected: Array, case: Case, exercise: Exercise) -> str:
    """Say which entry is the first to be wrong.

    Parameters
    ----------
    output : Output
        The result.
    got, expected : ndarray
        What came, and what is right; of one shape.
    case : Case
        Where.
    exercise : Exercise
        Gives the tolerance.

    Returns
    -------
    str
        The message.
    """
    wrong = np.argwhere(differs(got, expected, exercise.rtol, exercise.atol))
    where = tuple(wrong[0])
    share = f"{len(wrong)} of {got.size} entries differ; the first, " if got.ndim else ""
    mine, right = told_apart(float(got[where]), float(expected[where]))
    return (
        f"`{output.name}` has the right shape but wrong values. {share}{_entry(output, wrong[0])} "
        f"is {mine}; expected {right} ({the_case(case)})."
    )


def told_apart(one: float, other: float) -> tuple[str, str]:
    """Write two numbers with six digits, or with as many more as it takes to see a difference.

    Parameters
    ----------
    one, other : float
        The numbers.

    Returns
    -------
    tuple of str
        Both, with equally many digits.
    """
    for digits in range(6, 17):
        texts = f"{one:.{digits}g}", f"{other:.{digits}g}"
        if texts[0] != texts[1]:
            return texts
    return f"{one:.17g}", f"{other:.17g}"  # 17 digits tell any two numbers apart


def axes_of(output: Output) -> str:
    """Write out the axes of a result as in a shape.

    Parameters
    ----------
    output : Output
        The result.

    Returns
    -------
    str
        For example ``"N, H"`` or ``"H,"``.
    """
    return ", ".join(output.axes) + ("," if len(output.axes) == 1 else "")


def _entry(output: Output, where: Array) -> str:
    inside = ", ".join(str(int(k)) for k in where)
    return f"`{output.name}[{inside}]`" if inside else f"`{output.name}`"


def _short(text: str, limit: int = 300) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
