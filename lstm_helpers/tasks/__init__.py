"""Generated problems whose answer needs memory, each with the score of an answer without any.

Every task is one function ``name(num_sequences, num_steps, ..., rng)`` that draws fresh sequences,
and one NamedTuple that it returns; where the lengths are random, there is no ``num_steps``.
Whatever the task, the tuple begins with ``xs (N, T, D)`` and ``targets``, and holds ``baseline``:
the expected loss of the best answer that ignores the input, in the unit of the loss that the
docstring names, exact and not estimated. Classification adds ``chance``, the accuracy of that
answer. A network that has not left the baseline has learned nothing from the sequence. Nothing
here trains or plots.
"""

from lstm_helpers.tasks.adding_problem import Adding, adding
from lstm_helpers.tasks.next_symbol import (
    EmbeddedReber,
    LegalShare,
    embedded_reber,
    encode_reber,
    legal_share,
    reber_strings,
)
from lstm_helpers.tasks.order import ORDER_SYMBOLS, TemporalOrder, temporal_order
from lstm_helpers.tasks.reber_grammar import REBER_MACHINE, REBER_SYMBOLS, reber_states
from lstm_helpers.tasks.symbol_recall import Recall, recall

__all__ = [
    "ORDER_SYMBOLS",
    "REBER_MACHINE",
    "REBER_SYMBOLS",
    "Adding",
    "EmbeddedReber",
    "LegalShare",
    "Recall",
    "TemporalOrder",
    "adding",
    "embedded_reber",
    "encode_reber",
    "legal_share",
    "reber_states",
    "reber_strings",
    "recall",
    "temporal_order",
]
