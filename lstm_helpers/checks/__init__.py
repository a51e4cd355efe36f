"""The engine of the checks: exercises as data, and a judge that names the mistake.

It knows nothing of recurrent networks. What an exercise asks stands in `lstm_helpers.exercises`.
"""

from lstm_helpers.checks.diagnose import diagnose
from lstm_helpers.checks.limits import TimeUp, time_limit
from lstm_helpers.checks.listed import returns_lists, with_arrays
from lstm_helpers.checks.model import (
    Case,
    Choice,
    Exercise,
    Misconception,
    Output,
    Question,
    Verdict,
)

__all__ = [
    "Case",
    "Choice",
    "Exercise",
    "Misconception",
    "Output",
    "Question",
    "TimeUp",
    "Verdict",
    "diagnose",
    "returns_lists",
    "time_limit",
    "with_arrays",
]
