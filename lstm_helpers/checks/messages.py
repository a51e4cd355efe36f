"""The sentences of a verdict: what is wrong, what was got and expected, what is right so far."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from lstm_helpers.checks.compare import Array, differs
from lstm_helpers.checks.model import Case, Exercise, Output
from lstm_helpers.checks.run import Outcome


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


def in_letters(shape: Sequence[int], sizes: Mapping[str, int]) -> str | None:
    """Read a shape back into axis letters.

    Parameters
    ----------
    shape : sequence of int
        Lengths of the axes.
    sizes : mapping of str to int
        What each letter stands for.

    Returns
    -------
    str or None
        For example ``"(T, N, H)"``; None if a length is not the size of any letter.
    """
    names: dict[int, str] = {size: letter for letter, size in sizes.items()}
    for letter, size in sizes.items():
        if letter in ("T", "n"):
            names.setdefault(size - 1, f"{letter} - 1")
            names.setdefault(size + 1, f"{letter} + 1")
    letters = [names.get(length, "1" if length == 1 else "") for length in shape]
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
    stop = "" if text.endswith((".", "!", "?")) else "."
    first = f"`{exercise.name}` stopped with {kind}" + (f": {_short(text)}{stop}" if text else ".")
    parts = [first]
    if outcome.line:
        parts.append(f"It happened in {outcome.line}.")
    numbers = {int(n) for n in re.findall(r"\b\d+\b", text)}
    letters = [f"{size} is {letter}" for letter, size in case.sizes.items() if size in numbers]
    if letters:
        parts.append("In this case " + listed(letters) + ".")
    if isinstance(outcome.error, ValueError | IndexError) and "core dimension" in text:
        parts.append(
            "In `a @ b` the last axis of `a` must be as long as the first axis of `b`: is a "
            "matrix transposed, or are two of them exchanged?"
        )
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


def missing(exercise: Exercise) -> str:
    """Say that nothing came back.

    Parameters
    ----------
    exercise : Exercise
        The exercise.

    Returns
    -------
    str
        The message.
    """
    return (
        f"`{exercise.name}` returned None; expected {expected_results(exercise)}. Is there a "
        "`return` at the end, and does every branch reach one?"
    )


def wrong_number(exercise: Exercise, outcome: Outcome) -> str:
    """Say how many results came, and how many were expected.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    outcome : Outcome
        With a value of the wrong form.

    Returns
    -------
    str
        The message.
    """
    value = outcome.value
    if isinstance(value, list | tuple):
        got = f"{len(value)} result" + ("" if len(value) == 1 else "s")
    else:
        got = f"one {_kind(value)}"
    return f"`{exercise.name}` returned {got}; expected {expected_results(exercise)}."


def wrong_kind(exercise: Exercise, output: Output, value: object) -> str:
    """Say what came instead of an array of real numbers.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    output : Output
        The result.
    value : object
        What came.

    Returns
    -------
    str
        The message.
    """
    expected = "an array of real numbers" if output.axes else "a real number"
    if output.items:
        expected = f"a list of {len(output.items)} arrays, as many as went in"
    elif output.axes:
        expected += f" of shape ({_axes(output)})"
    got = _article(_kind(value))
    if isinstance(value, list | tuple):
        got += f" of {len(value)}"
    return f"The result `{output.name}` of `{exercise.name}` is {got}; expected {expected}."


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
    letters = in_letters(got.shape, case.sizes)
    read = f", that is {letters}" if letters and got.ndim else ""
    want = f", that is ({_axes(output)})" if output.axes else ", a single number"
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
    return (
        f"`{output.name}` has the right shape but wrong values. {share}{_entry(output, wrong[0])} "
        f"is {float(got[where]):.6g}; expected {float(expected[where]):.6g} ({the_case(case)})."
    )


def right_so_far(names: Sequence[str], nothing: str = "") -> str:
    """Say which results are right already.

    Parameters
    ----------
    names : sequence of str
        The results that are right on every case.
    nothing : str, optional
        What to say if there are none.

    Returns
    -------
    str
        A sentence, or ``nothing``.
    """
    if not names:
        return nothing
    which = listed([f"`{name}`" for name in names])
    return f"Right so far: {which}."


def expected_results(exercise: Exercise) -> str:
    """Say what an exercise should return.

    Parameters
    ----------
    exercise : Exercise
        The exercise.

    Returns
    -------
    str
        For example "2 results, `h` (N, H) and `c` (N, H)".
    """
    each = [f"`{o.name}`" + _described(o) for o in exercise.outputs]
    if len(each) == 1:
        return each[0]
    return f"{len(each)} results, {listed(each)}"


def _described(output: Output) -> str:
    if output.items:
        return f" (a list of {len(output.items)} arrays)"
    return f" ({_axes(output)})" if output.axes else ""


def _axes(output: Output) -> str:
    return ", ".join(output.axes) + ("," if len(output.axes) == 1 else "")


def _entry(output: Output, where: Array) -> str:
    inside = ", ".join(str(int(k)) for k in where)
    return f"`{output.name}[{inside}]`" if inside else f"`{output.name}`"


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape} and kind {value.dtype}"
    return type(value).__name__


def _article(words: str) -> str:
    return ("an " if words[0] in "aeiou" else "a ") + words


def _short(text: str, limit: int = 300) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: limit - 1] + "…"
