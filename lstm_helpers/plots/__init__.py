"""Arrays in, matplotlib Axes out: every figure of the course, in one style.

`style` holds the style and `new_figure`; each other module holds the figures of one subject and
loads matplotlib only inside its functions.
"""

from lstm_helpers.plots.differences import paired_differences
from lstm_helpers.plots.gradients import (
    gradient_flow,
    gradient_reach,
    loss_runs,
    memory_scores,
)
from lstm_helpers.plots.reservoir import reservoir_levels, reservoir_step, stored_value
from lstm_helpers.plots.scores import score_against, seed_scores, training_curves
from lstm_helpers.plots.sequences import forward_pass, window_layout
from lstm_helpers.plots.series import forecasts, river_panels
from lstm_helpers.plots.strips import heat_strips
from lstm_helpers.plots.style import LINES, Line, course_style, new_figure, note

__all__ = [
    "LINES",
    "Line",
    "course_style",
    "forecasts",
    "forward_pass",
    "gradient_flow",
    "gradient_reach",
    "heat_strips",
    "loss_runs",
    "memory_scores",
    "new_figure",
    "note",
    "paired_differences",
    "reservoir_levels",
    "reservoir_step",
    "river_panels",
    "score_against",
    "seed_scores",
    "stored_value",
    "training_curves",
    "window_layout",
]
