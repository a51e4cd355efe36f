"""What is wrong with a lesson: where, and in one sentence."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["LessonError", "Problem"]


class Problem(NamedTuple):
    """One fault of a lesson.

    Attributes
    ----------
    path : Path
        The lesson file.
    line : int
        Line in that file, counted from 1.
    sentence : str
        What is wrong and what to do.
    """

    path: Path
    line: int
    sentence: str

    def __str__(self) -> str:
        """Give ``file:line: sentence``, the file relative to the current directory if below it.

        Returns
        -------
        str
            The problem on one line.
        """
        path = self.path.absolute()
        here = Path.cwd()
        shown = path.relative_to(here) if path.is_relative_to(here) else path
        return f"{shown.as_posix()}:{self.line}: {self.sentence}"


class LessonError(ValueError):
    """Lessons that cannot be built; the message has one line for each problem.

    Parameters
    ----------
    problems : sequence of Problem
        At least one.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
