"""Labelled recordings of several channels, of one length or of many, from files in ts format.

The format, one recording to a line: channels joined by colons, the values of a channel by commas,
the label last; lines that begin with ``#`` or ``@`` say what the file is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_helpers.datasets.base import DatasetError

Array = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True)
class Recordings:
    """Recordings, each with the number of its class.

    Parameters
    ----------
    sequences : tuple of ndarray (T_n, D)
        One array for each recording; they may differ in length.
    labels : ndarray of int (n,)
        Class of each recording, counted from 0.
    """

    sequences: tuple[Array, ...]
    labels: Integers

    @property
    def lengths(self) -> Integers:
        """Number of steps of each recording, (n,)."""
        return np.array([len(sequence) for sequence in self.sequences])

    def __len__(self) -> int:
        return len(self.sequences)


def pad(
    sequences: Sequence[Array], num_steps: int | None = None, value: float = 0.0
) -> tuple[Array, Integers]:
    """Put sequences of different lengths into one array, padded at the end.

    Parameters
    ----------
    sequences : sequence of ndarray (T_n, D)
        At least one; all with the same D.
    num_steps : int, optional
        T; by default the length of the longest sequence.
    value : float, optional
        What stands where there is no data.

    Returns
    -------
    xs : ndarray (N, T, D)
        The sequences, float64, and ``value`` after the end of each.
    lengths : ndarray of int (N,)
        Number of real steps.

    Raises
    ------
    ValueError
        If there is no sequence, if one has no two axes or another number of features, or if one
        is longer than ``num_steps``.

    Examples
    --------
    >>> xs, lengths = pad([np.ones((2, 1)), np.ones((3, 1))])
    >>> xs[:, :, 0], lengths
    (array([[1., 1., 0.],
           [1., 1., 1.]]), array([2, 3]))
    """
    if not len(sequences):
        raise ValueError("got no sequence to pad; expected at least one")
    shapes = [np.shape(sequence) for sequence in sequences]
    if any(len(shape) != 2 or shape[1] != shapes[0][-1] for shape in shapes):
        odd = next(shape for shape in shapes if len(shape) != 2 or shape[1] != shapes[0][-1])
        raise ValueError(
            f"got a sequence of shape {odd} beside one of shape {shapes[0]}; expected (T, D) with "
            "one D for all"
        )
    lengths = np.array([shape[0] for shape in shapes])
    longest = int(lengths.max())
    if num_steps is not None and num_steps < longest:
        raise ValueError(
            f"the longest sequence has {longest} steps; expected at most num_steps={num_steps}: "
            "pass a larger one, or cut the sequences first"
        )
    xs = np.full((len(shapes), num_steps or longest, shapes[0][1]), value, dtype=np.float64)
    for row, sequence in zip(xs, sequences, strict=True):
        row[: len(sequence)] = sequence
    return xs, lengths


def read_recordings(
    path: Path, classes: Sequence[str], num_channels: int, num_recordings: int, package: str
) -> Recordings:
    """Read a file in ts format and check that it holds what the course expects.

    Parameters
    ----------
    path : Path
        The file.
    classes : sequence of str
        Labels as they stand in the file, in the order of their numbers.
    num_channels, num_recordings : int
        D, and how many recordings there have to be.
    package : str
        The package to install anew if the file is not as expected.

    Returns
    -------
    Recordings
        In the order of the file.

    Raises
    ------
    DatasetError
        If anything is not as expected.
    """
    sequences, labels = [], []
    try:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if not line.strip() or line[0] in "#@":
                continue
            *channels, label = line.strip().split(":")
            values = [[float(text) for text in channel.split(",")] for channel in channels]
            if len(values) != num_channels or len({len(channel) for channel in values}) != 1:
                raise ValueError(f"line {number} holds no {num_channels} channels of one length")
            if not np.isfinite(values).all():
                raise ValueError(f"line {number} holds a value that is no finite number")
            if label not in classes:
                raise ValueError(f"line {number} is labelled {label!r}, which is no known class")
            sequences.append(np.array(values).T)  # (T, D)
            labels.append(classes.index(label))
        if len(sequences) != num_recordings:
            raise ValueError(f"it holds {len(sequences)} recordings, expected {num_recordings}")
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"the file {path} is not the one this course was written for: {error}; run "
            f"`python -m pip install --force-reinstall {package}`"
        ) from None
    return Recordings(tuple(sequences), np.array(labels))
