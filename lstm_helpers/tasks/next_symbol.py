"""Strings of the embedded Reber grammar as a task: predict the next symbol at every step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lstm_helpers.tasks.base import Array, Integers, require_at_least
from lstm_helpers.tasks.reber_grammar import (
    REBER_MACHINE,
    REBER_SYMBOLS,
    draw_reber_string,
    reber_losses,
    reber_states,
)

_NUMBERS = {state: number for number, state in enumerate(REBER_MACHINE)}
_LEGAL = np.array([[symbol in ways for symbol in REBER_SYMBOLS] for ways in REBER_MACHINE.values()])
"""(states, 7): which symbols may come next; the last row, of the end, is all False."""


class EmbeddedReber(NamedTuple):
    """Strings of the embedded Reber grammar; T is the number of steps of the longest.

    Attributes
    ----------
    xs : ndarray (N, T, 7)
        One-hot symbols of each string but its last; column k stands for ``REBER_SYMBOLS[k]``.
        Zeros after the string's end.
    targets : ndarray of int (N, T)
        The next symbol, 0 to 6; -1 after the string's end.
    lengths : ndarray of int (N,)
        Number of real steps: one less than the string has symbols.
    legal : ndarray of bool (N, T, 7)
        Which symbols may come next, given the string so far: one or two at each real step, none
        after the end.
    baseline : float
        Cross-entropy, in nats for each real step, of the best answer that is always the same:
        1.882.
    one_symbol : float
        The same of the best answer that sees only the present symbol: 1.272.
    short_memory : float
        The same of the best answer that has forgotten only the second symbol: 8/11 ln 2 = 0.504.
    floor : float
        The same of an answer that knows all that can be known: 7/11 ln 2 = 0.441.
    chance : float
        Share of strings whose last but one symbol is predicted right by any answer that has
        forgotten the second: 1/2.
    """

    xs: Array
    targets: Integers
    lengths: Integers
    legal: npt.NDArray[np.bool_]
    baseline: float
    one_symbol: float
    short_memory: float
    floor: float
    chance: float


class LegalShare(NamedTuple):
    """How much of what was predicted is legal, by `legal_share`.

    Attributes
    ----------
    steps : float
        Share of all real steps that are right, 0 to 1.
    strings : float
        Share of strings that are right at every step. 1 is "100 % legal continuations".
    last_but_one : float
        Share of strings that are right at the one step that needs long memory.
    """

    steps: float
    strings: float
    last_but_one: float


def embedded_reber(num_sequences: int, rng: np.random.Generator) -> EmbeddedReber:
    r"""Draw strings of the embedded Reber grammar: say at each step which symbol may come next.

    Parameters
    ----------
    num_sequences : int
        N, at least 1.
    rng : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    EmbeddedReber
        ``xs (N, T, 7)``, float64, ``targets (N, T)``, ``lengths (N,)``, ``legal (N, T, 7)``, and
        what answers with less memory score. Strings are drawn one by one, so some come twice.

    Raises
    ------
    ValueError
        If ``num_sequences`` is below 1.

    Notes
    -----
    The grammar is Reber's; Cleeremans, Servan-Schreiber and McClelland [1]_ put it between two
    symbols that agree, Fahlman [2]_ and Hochreiter and Schmidhuber [3]_ made a benchmark of it, and
    Gers, Schmidhuber and Cummins [4]_ strung it into an endless stream. All that is needed to say
    what may come next stands in the last few symbols, but at one step: the last but one symbol
    repeats the second, at least 5 symbols lie between them, and there is no upper limit. Without
    that memory the step is right in one half of the strings, and of all steps
    :math:`1 - \frac12 / 11 = 95.5` % may still be right: look at the share of strings.

    References
    ----------
    .. [1] A. Cleeremans, D. Servan-Schreiber, J. L. McClelland, "Finite state automata and simple
       recurrent networks", Neural Computation 1 (1989), 372-381.
    .. [2] S. E. Fahlman, "The recurrent cascade-correlation architecture", Advances in Neural
       Information Processing Systems 3 (1991), 190-196.
    .. [3] S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
       1735-1780, experiment 1.
    .. [4] F. A. Gers, J. Schmidhuber, F. Cummins, "Learning to forget: continual prediction with
       LSTM", Neural Computation 12 (2000), 2451-2471.

    Examples
    --------
    >>> task = embedded_reber(3, np.random.default_rng(0))
    >>> reber_strings(task)
    ['BPBPVPXTTTTVVEPE', 'BPBPVVEPE', 'BPBPVVEPE']
    >>> task.xs.shape, task.lengths.tolist()
    ((3, 15, 7), [15, 8, 8])
    """
    require_at_least("num_sequences", num_sequences, 1)
    coin = _tosses(rng)
    return encode_reber([draw_reber_string(coin) for _ in range(num_sequences)])


def encode_reber(strings: Sequence[str]) -> EmbeddedReber:
    """Make a task of given strings.

    Parameters
    ----------
    strings : sequence of str
        Whole strings of the embedded Reber grammar, at least one.

    Returns
    -------
    EmbeddedReber
        As `embedded_reber` returns it.

    Raises
    ------
    ValueError
        If there is no string, or one that the grammar does not make.

    Examples
    --------
    >>> task = encode_reber(["BTBPVVETE"])
    >>> symbols = np.array(list(REBER_SYMBOLS))
    >>> ["".join(symbols[may_follow]) for may_follow in task.legal[0]]
    ['TP', 'B', 'TP', 'TV', 'PV', 'E', 'T', 'E']
    """
    require_at_least("the number of strings", len(strings), 1)
    lengths = np.array([len(string) - 1 for string in strings])
    shape = len(strings), int(lengths.max())
    states = np.full(shape, _NUMBERS["end"])
    symbols = np.full((shape[0], shape[1] + 1), -1)
    for row, string in enumerate(strings):
        states[row, : len(string) - 1] = [_NUMBERS[state] for state in reber_states(string)[:-1]]
        symbols[row, : len(string)] = [REBER_SYMBOLS.index(symbol) for symbol in string]
    xs = np.eye(len(REBER_SYMBOLS))[symbols[:, :-1]]
    xs[np.arange(shape[1]) >= lengths[:, None]] = 0.0
    losses = reber_losses()
    return EmbeddedReber(
        xs,
        symbols[:, 1:],
        lengths,
        _LEGAL[states],
        baseline=losses.nothing,
        one_symbol=losses.one_symbol,
        short_memory=losses.short_memory,
        floor=losses.everything,
        chance=0.5,
    )


def reber_strings(task: EmbeddedReber) -> list[str]:
    """Write the strings of a task out.

    Parameters
    ----------
    task : EmbeddedReber
        From `embedded_reber`.

    Returns
    -------
    list of str
        One string for each sequence, from the first B to the last E.

    Examples
    --------
    >>> reber_strings(encode_reber(["BTBPVVETE", "BPBTXSEPE"]))
    ['BTBPVVETE', 'BPBTXSEPE']
    """
    return [
        "B" + "".join(REBER_SYMBOLS[symbol] for symbol in targets[:length])
        for targets, length in zip(task.targets, task.lengths, strict=True)
    ]


def legal_share(scores: Array, legal: npt.NDArray[np.bool_], lengths: Integers) -> LegalShare:
    """Judge predictions by the criterion of Hochreiter and Schmidhuber.

    A step is right if every symbol that may come next has a higher score than every symbol that
    may not. A tie between the two kinds is wrong, and so is a score that is not a number.

    Parameters
    ----------
    scores : ndarray (N, T, 7)
        One score for each symbol at each step, such as logits or probabilities. What stands after
        a string's end does not count.
    legal : ndarray of bool (N, T, 7)
        Which symbols may come next.
    lengths : ndarray of int (N,)
        Number of real steps of each string.

    Returns
    -------
    LegalShare
        Share of the steps, of the whole strings, and of the steps that need long memory.

    Raises
    ------
    ValueError
        If the shapes do not fit together.

    References
    ----------
    .. [1] S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997),
       1735-1780, experiment 1: a trial succeeds if at every step of every string the outputs of the
       possible next symbols are the most active ones.

    Examples
    --------
    >>> task = encode_reber(["BTBPVVETE", "BPBTXSEPE"])
    >>> legal_share(task.legal * 1.0, task.legal, task.lengths)
    LegalShare(steps=1.0, strings=1.0, last_but_one=1.0)
    >>> forgot = task.legal * 1.0
    >>> forgot[:, 6] = [0, 2, 1, 0, 0, 0, 0]  # always T before P at the last but one symbol
    >>> legal_share(forgot, task.legal, task.lengths)
    LegalShare(steps=0.9375, strings=0.5, last_but_one=0.5)
    """
    if scores.shape != legal.shape or lengths.shape != legal.shape[:1]:
        raise ValueError(
            f"scores has shape {scores.shape}, legal {legal.shape} and lengths {lengths.shape}; "
            "expected (N, T, 7) twice and (N,): pass the scores of all steps of this task"
        )
    lowest_legal = np.where(legal, scores, np.inf).min(axis=2)  # (N, T)
    highest_other = np.where(legal, -np.inf, scores).max(axis=2)
    right = lowest_legal > highest_other
    real = np.arange(legal.shape[1]) < lengths[:, None]
    return LegalShare(
        float(right[real].mean()),
        float((right | ~real).all(axis=1).mean()),
        float(right[np.arange(len(lengths)), lengths - 2].mean()),
    )


def _tosses(rng: np.random.Generator) -> Iterator[int]:
    """Toss a coin, for ever."""
    while True:
        yield from rng.integers(0, 2, 1024).tolist()
