"""The sentences of a verdict on the form of results: number, kind, keys, library, precision."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from lstm_helpers.checks.form import is_tensor
from lstm_helpers.checks.measured import returned_outputs, returned_part
from lstm_helpers.checks.messages import axes_of, key_text, keys_named, listed, the_case
from lstm_helpers.checks.model import Array, Case, Exercise, Output

_ALIKE = 0.6  # from this share of common letters on, a key is taken for a misspelt one


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


def wrong_number(exercise: Exercise, value: object) -> str:
    """Say how many results came, and how many were expected.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    value : object
        What was returned.

    Returns
    -------
    str
        The message.
    """
    value = returned_part(exercise, value)
    if isinstance(value, list | tuple):
        got = f"{len(value)} result" + ("" if len(value) == 1 else "s")
    else:
        got = f"one {_kind(value)}"
    return f"`{exercise.name}` returned {got}; expected {expected_results(exercise)}."


def wrong_kind(exercise: Exercise, output: Output, value: object) -> str:
    """Say what came instead of an array of real numbers, or of a list or dict of such arrays.

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
    if output.keyed:
        expected = f"a dict with {keys_named([item.name for item in output.items])}"
    elif output.items:
        expected = f"a list of {len(output.items)} arrays, as many as went in"
    elif output.axes:
        expected += f" of shape ({axes_of(output)})"
    got = _article(_kind(value))
    if isinstance(value, list | tuple):
        got += f" of {len(value)}"
    return f"The result `{output.name}` of `{exercise.name}` is {got}; expected {expected}."


def wrong_keys(output: Output, value: Mapping[Any, object]) -> str:
    """Say which keys of a dict are misspelt, missing, or not asked for.

    Parameters
    ----------
    output : Output
        The result.
    value : mapping
        What came.

    Returns
    -------
    str
        The message.
    """
    wanted = [item.name for item in output.items]
    lost = [name for name in wanted if name not in value]
    strange = [key for key in value if key not in wanted]
    parts = [f"The keys of `{output.name}` are not the ones that were asked for."]
    meant = _misspelt(strange, lost)
    if meant:
        pairs = [f"`{key_text(key)}` should be `{key_text(name)}`" for key, name in meant.items()]
        parts.append(f"Probably {listed(pairs)}.")
    lost = [name for name in lost if name not in meant.values()]
    if lost:
        parts.append(f"It lacks {keys_named(lost)}.")
    strange = [key for key in strange if key not in meant]
    if strange:
        parts.append(f"It has {keys_named(strange)}, for which nobody asked.")
    parts.append(f"Expected exactly {keys_named(wanted)}.")
    return " ".join(parts)


def not_numpy(exercise: Exercise, output: Output, value: object) -> str:
    """Say that a result is not a NumPy array, and how to make it one.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    output : Output
        The result.
    value : object
        What came: numbers, in another form.

    Returns
    -------
    str
        The message.
    """
    if is_tensor(value):
        advice = (
            "Call `.numpy()` on the tensor; on one that requires a gradient or lies on a GPU, "
            "`.detach().cpu().numpy()`"
        )
    elif hasattr(value, "numpy"):
        advice = "Call `.numpy()` on it"
    else:
        advice = "`np.array(...)` makes one of it"
    return (
        f"The result `{output.name}` of `{exercise.name}` is {_article(_kind(value))}; expected a "
        f"NumPy array of shape ({axes_of(output)}). {advice}."
    )


def wrong_precision(output: Output, got: Array, expected: Array, case: Case) -> str:
    """Say that a result has another precision than it should.

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
    if expected.dtype.kind != "f" or got.dtype.kind != "f":
        change = "Keep the kind of numbers as it was"
    elif got.dtype.itemsize < expected.dtype.itemsize:
        change = "Digits were lost on the way"
    else:
        change = "The further digits mean nothing: they were not in what was given"
    return (
        f"`{output.name}` has the precision {got.dtype}; expected {expected.dtype} "
        f"({the_case(case)}). {change}. Look for a `dtype=`, `.float()`, `.double()` or "
        "`.astype(...)`, or for a new array that has the default precision."
    )


def under_wrong_names(names: Sequence[str], order: Sequence[int]) -> str:
    """Say which results stand in each other's place.

    Parameters
    ----------
    names : sequence of str
        The results, in their right order.
    order : sequence of int
        For each place, the result that stands there.

    Returns
    -------
    str
        The message.
    """
    moved = [
        f"`{names[place]}` holds what belongs in `{names[there]}`"
        for place, there in enumerate(order)
        if place != there
    ]
    return f"Every array is right, but not in its place: {listed(moved)}."


def together(exercise: Exercise, indices: Collection[int]) -> list[str]:
    """Name arrays, and a list or dict by its own name where all of it is meant.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    indices : collection of int
        Places in `Exercise.arrays`.

    Returns
    -------
    list of str
        Names in backticks.
    """
    names, begin = [], 0
    for output in exercise.outputs:
        places = range(begin, begin + len(output.parts))
        if all(place in indices for place in places):
            names.append(f"`{output.name}`")
        else:
            names += [f"`{exercise.arrays[place].name}`" for place in places if place in indices]
        begin = places.stop
    return names


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
    outputs = returned_outputs(exercise)
    if len(outputs) == 1 and outputs[0].keyed:
        output = outputs[0]
        return f"`{output.name}`, a dict with {keys_named([item.name for item in output.items])}"
    each = [f"`{o.name}`" + _described(o) for o in outputs]
    if len(each) == 1:
        return each[0]
    return f"{len(each)} results, {listed(each)}"


def _described(output: Output) -> str:
    if output.items:
        kind = "dict" if output.keyed else "list"
        return f" (a {kind} of {len(output.items)} arrays)"
    return f" ({axes_of(output)})" if output.axes else ""


def _misspelt(strange: Sequence[Any], lost: Sequence[str]) -> dict[Any, str]:
    """Pair keys that nobody asked for with the missing ones that they look like, best first."""
    texts = [key for key in strange if isinstance(key, str)][: 2 * len(lost)]
    likeness = {
        (key, name): difflib.SequenceMatcher(None, key.lower(), name.lower()).ratio()
        for key, name in product(texts, lost)
    }
    meant: dict[Any, str] = {}
    for key, name in sorted(likeness, key=likeness.__getitem__, reverse=True):
        if likeness[key, name] >= _ALIKE and key not in meant and name not in meant.values():
            meant[key] = name
    return {key: meant[key] for key in strange if key in meant}


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape} and kind {value.dtype}"
    return type(value).__name__


def _article(words: str) -> str:
    return ("an " if words[0].lower() in "aeiou" else "a ") + words
