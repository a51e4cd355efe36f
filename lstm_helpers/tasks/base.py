"""What all tasks share: the types of their arrays, and the refusal of too small a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]


def require_at_least(name: str, value: int, least: int) -> None:
    """Refuse a number that is too small.

    Parameters
    ----------
    name : str
        What it is called where the learner wrote it.
    value : int
        What was given.
    least : int
        The smallest that will do.

    Raises
    ------
    ValueError
        If ``value`` is below ``least``.

    Examples
    --------
    >>> require_at_least("num_steps", 2, 2)
    """
    if value < least:
        raise ValueError(f"got {name}={value}; expected at least {least}: pass a larger number")
