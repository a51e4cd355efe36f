"""The embedded Reber grammar, as a table: which symbol may come next, and where it leads.

A Reber string begins with B and ends with E; what may stand between them is the inner table below.
An embedded one is ``B`` + ``T`` or ``P`` + a Reber string + the same ``T`` or ``P`` + ``E``. Where
two symbols may come next, each has the probability 1/2. The tasks made of it are in
`lstm_helpers.tasks.embedded_reber`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np

from lstm_helpers.tasks.base import Array

REBER_SYMBOLS = "BTPSXVE"
"""The symbols of the columns."""

_INNER = {
    0: {"B": 1},
    1: {"T": 2, "P": 3},
    2: {"S": 2, "X": 4},
    3: {"T": 3, "V": 5},
    4: {"X": 3, "S": 6},
    5: {"P": 4, "V": 6},
    6: {"E": 7},
}


def _embed(inner: dict[int, dict[str, int]]) -> dict[str, dict[str, str]]:
    machine = {"start": {"B": "choice"}, "choice": {"T": "T0", "P": "P0"}}
    for outer in "TP":
        for node, ways in inner.items():
            machine[f"{outer}{node}"] = {way: f"{outer}{to}" for way, to in ways.items()}
        machine[f"{outer}{len(inner)}"] = {outer: "last"}
    return {**machine, "last": {"E": "end"}, "end": {}}


REBER_MACHINE = _embed(_INNER)
"""For each state, the symbols that may come next and the state that each leads to.

``start``, ``choice``, then ``T0`` to ``T7`` or ``P0`` to ``P7``: the nodes of the inner grammar,
with the outer symbol in front that must be remembered; ``last`` before the final E, and ``end``.
"""


class ReberLosses(NamedTuple):
    """Expected cross-entropy of the best answers that know so much, in nats for each symbol.

    Attributes
    ----------
    nothing : float
        Known is only how frequent each symbol is.
    one_symbol : float
        Known is the present symbol, and none before it.
    short_memory : float
        Known is the whole string but its second symbol: 8/11 ln 2.
    everything : float
        Known is the whole string: 7/11 ln 2. No answer does better.
    """

    nothing: float
    one_symbol: float
    short_memory: float
    everything: float


def draw_reber_string(coin: Iterator[int]) -> str:
    """Draw one string of the embedded Reber grammar.

    Parameters
    ----------
    coin : iterator of int
        Gives 0 or 1 at each fork: which of the two ways to take.

    Returns
    -------
    str
        From the first B to the last E; at least 9 symbols, on average 12, and any number at most.

    Examples
    --------
    >>> draw_reber_string(iter([0, 1, 1, 1]))
    'BTBPVVETE'
    """
    state, string = "start", ""
    while ways := REBER_MACHINE[state]:
        choices = list(ways)
        symbol = choices[next(coin)] if len(choices) > 1 else choices[0]
        string, state = string + symbol, ways[symbol]
    return string


def reber_states(string: str) -> list[str]:
    """Follow a string through the grammar.

    Parameters
    ----------
    string : str
        A whole string of the embedded Reber grammar.

    Returns
    -------
    list of str
        The state of `REBER_MACHINE` after each symbol; the last one is ``end``.

    Raises
    ------
    ValueError
        If the grammar does not make this string.

    Examples
    --------
    >>> reber_states("BTBPVVETE")
    ['choice', 'T0', 'T1', 'T3', 'T5', 'T6', 'T7', 'last', 'end']
    """
    state, states = "start", []
    for place, symbol in enumerate(string, start=1):
        ways = REBER_MACHINE[state]
        if symbol not in ways:
            legal = " or ".join(ways) or "the end"
            raise ValueError(
                f"got {string!r}, with {symbol!r} as symbol {place}; expected {legal} there: pass "
                "a string of the embedded Reber grammar, such as 'BTBPVVETE'"
            )
        state = ways[symbol]
        states.append(state)
    if state != "end":
        raise ValueError(
            f"got {string!r}, which stops after {len(string)} symbols; expected it to go on to the "
            f"last E, next with {' or '.join(REBER_MACHINE[state])}"
        )
    return states


@cache
def reber_losses() -> ReberLosses:
    r"""Compute what the best answer scores that knows so much and no more; exact.

    Returns
    -------
    ReberLosses
        Four numbers, falling.

    Notes
    -----
    The visits :math:`v_s` to be expected of each state solve :math:`v = e_{start} + P^T v`, with
    the probabilities P of going from state to state. In a string 11 symbols are to be predicted on
    average, all but the first; at 7 of them two symbols are legal, which costs ln 2 each. Without
    the second symbol an eighth one is as uncertain, the last but one.

    Examples
    --------
    >>> [round(loss, 4) for loss in reber_losses()]
    [1.8823, 1.2718, 0.5041, 0.4411]
    """
    states = list(REBER_MACHINE)
    number = {state: k for k, state in enumerate(states)}
    ways = [(state, way, to) for state in states for way, to in REBER_MACHINE[state].items()]
    share = {state: 1.0 / max(1, len(REBER_MACHINE[state])) for state in states}
    P = np.zeros((len(states), len(states)))
    for state, _, to in ways:
        P[number[state], number[to]] += share[state]
    visits = np.linalg.solve(np.eye(len(states)) - P.T, np.eye(len(states))[number["start"]])
    after = np.zeros((len(REBER_SYMBOLS), len(REBER_SYMBOLS)))  # present symbol, next symbol
    for state, present, to in ways:
        for following in REBER_MACHINE[to]:
            pair = REBER_SYMBOLS.index(present), REBER_SYMBOLS.index(following)
            after[pair] += visits[number[state]] * share[state] * share[to]
    total = float(after.sum())  # 11 symbols to predict
    forks = float(sum(visits[number[state]] for state in states if share[state] == 0.5))  # 7
    return ReberLosses(
        _uncertainty(after.sum(axis=0)) / total,
        sum(_uncertainty(row) for row in after) / total,
        (forks + 1.0) * float(np.log(2.0)) / total,
        forks * float(np.log(2.0)) / total,
    )


def _uncertainty(counts: Array) -> float:
    """Entropy of a distribution, in nats, times the number of cases."""
    counts = counts[counts > 0]
    return float(-(counts * np.log(counts / counts.sum())).sum())
