"""From one lesson text to the learner's and the instructor's notebook.

``lessons/NN_name.py`` (jupytext percent format) is the only notebook text that anyone edits.
:func:`build` makes ``course/NN_name.ipynb`` and ``solutions/NN_name.ipynb`` of it;
:func:`check` says where the two folders differ from what the lessons build. Both refuse a lesson
that breaks a rule of the format, with file, line and one sentence for each fault.
"""

from lstm_helpers.authoring.build import build, check
from lstm_helpers.authoring.problems import LessonError, Problem
from lstm_helpers.authoring.rules import Registry

__all__ = ["LessonError", "Problem", "Registry", "build", "check"]
