"""What a learner touches in JupyterLab.

`check` judges an answer, `hint` helps, `progress` shows how far one is, `recover` brings back an
earlier answer, `skip` goes on without one, `show` displays a figure, `quiz` asks the questions at
the end of a lesson, and `quiet_imports` keeps what a framework says while it is loaded off the
page. `join`, `leave`, `raise_hand` and `lower_hand` are for a workshop with a live board.
`gradient_flow_widget` belongs to lesson 02, `reservoir_widget` to lesson 03,
`connectivity_widget` to lesson 04. Importing this package loads neither matplotlib nor ipywidgets
nor a framework. What was recorded is read with `lstm_helpers.notebook.store`.
"""

from lstm_helpers.notebook.answers import recover
from lstm_helpers.notebook.board import join, leave, lower_hand, raise_hand
from lstm_helpers.notebook.checking import check
from lstm_helpers.notebook.connectivity import connectivity_widget
from lstm_helpers.notebook.display import display_widget
from lstm_helpers.notebook.figures import show
from lstm_helpers.notebook.flow import gradient_flow_widget
from lstm_helpers.notebook.hints import hint
from lstm_helpers.notebook.overview import progress
from lstm_helpers.notebook.quiet import quiet_imports
from lstm_helpers.notebook.quizzes import quiz
from lstm_helpers.notebook.reservoir import reservoir_widget
from lstm_helpers.notebook.skipping import skip

__all__ = [
    "check",
    "connectivity_widget",
    "display_widget",
    "gradient_flow_widget",
    "hint",
    "join",
    "leave",
    "lower_hand",
    "progress",
    "quiet_imports",
    "quiz",
    "raise_hand",
    "recover",
    "reservoir_widget",
    "show",
    "skip",
]
