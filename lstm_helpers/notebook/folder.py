"""Where a learner's work is: the working folder and the course's own folder inside it.

Loads the standard library only.
"""

from __future__ import annotations

import os
from pathlib import Path

HOME_VARIABLE = "LSTM_COURSE_HOME"
COURSE_FOLDER = ".lstm-course"


def working_folder() -> Path:
    """Find the folder that holds a learner's notebooks and progress.

    It is the one named by the environment variable ``LSTM_COURSE_HOME``, else the nearest folder
    at or above the current one that has a ``.lstm-course``, else the current folder.

    Returns
    -------
    pathlib.Path
        The folder; it need not exist yet.

    Raises
    ------
    FileNotFoundError
        If the current folder has been deleted.

    Examples
    --------
    >>> import os
    >>> before = os.environ.get("LSTM_COURSE_HOME")
    >>> os.environ["LSTM_COURSE_HOME"] = "my-lessons"
    >>> working_folder().name
    'my-lessons'
    >>> _ = os.environ.pop("LSTM_COURSE_HOME")
    >>> if before is not None:
    ...     os.environ["LSTM_COURSE_HOME"] = before
    """
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home).expanduser()
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / COURSE_FOLDER).is_dir():
            return folder
    return here
