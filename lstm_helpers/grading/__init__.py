"""From a learner's notebook to what is judged of it.

:func:`extract` takes the definitions out of a notebook by its syntax tree; it runs nothing.
"""

from lstm_helpers.grading.extract import (
    Cell,
    Extract,
    Left,
    Problem,
    extract,
    extract_cells,
)
from lstm_helpers.grading.reading import NotebookError, read_notebook

__all__ = [
    "Cell",
    "Extract",
    "Left",
    "NotebookError",
    "Problem",
    "extract",
    "extract_cells",
    "read_notebook",
]
