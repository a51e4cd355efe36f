"""What a learner did: a row for each check, hint and skip, and the source of every answer.

`Store` reads and writes the rows of one working folder; `table` and `answers` are its two
questions as functions, for the command line. Nothing is ever changed or deleted, so an exercise
that was passed once stays passed. The file itself, and what happens when it is damaged, is
`lstm_helpers.notebook.database`.
"""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from lstm_helpers.notebook import database
from lstm_helpers.notebook.folder import COURSE_FOLDER
from lstm_helpers.notebook.records import (
    FAILED,
    HINT_LEVELS,
    NO_VERDICT,
    NOT_ATTEMPTED,
    PASSED,
    SKIPPED,
    Answer,
    ProgressRow,
    Skip,
    Tally,
    tally,
)

__all__ = [
    "FAILED",
    "HINT_LEVELS",
    "NOT_ATTEMPTED",
    "NO_VERDICT",
    "PASSED",
    "SKIPPED",
    "Answer",
    "ProgressRow",
    "Skip",
    "Store",
    "answers",
    "table",
]

FILE_NAME = "progress.sqlite"


class Store:
    """The progress kept in one working folder.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder; progress is in its ``.lstm-course/progress.sqlite``, made at the
        first write.

    Attributes
    ----------
    notice : str or None
        A sentence for the learner when the last call set a damaged file aside.

    Notes
    -----
    Every method opens and closes the file, so any number of kernels can share it. Each raises
    `lstm_helpers.notebook.database.StoreError` when the file cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = Store(Path(folder))
    ...     first = store.record_check("sigmoid", "passed", None, "def sigmoid(x): ...")
    ...     second = store.record_check("sigmoid", "failed", "wrong-sign", None)
    >>> first, second
    (False, True)
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / COURSE_FOLDER / FILE_NAME
        self.notice: str | None = None

    def record_check(
        self, exercise: str, status: str, diagnosis: str | None, source: str | None
    ) -> bool:
        """Append one check.

        Parameters
        ----------
        exercise : str
            The exercise.
        status : str
            ``"passed"``, ``"failed"``, ``"not attempted"`` or ``"no verdict"``.
        diagnosis : str or None
            The slug of the cause, if one was recognised.
        source : str or None
            The answer's source text, if there is one.

        Returns
        -------
        bool
            Whether the exercise had been passed before.
        """

        def action(connection: sqlite3.Connection) -> bool:
            passed = connection.execute(
                "SELECT 1 FROM events WHERE kind = 'check' AND exercise = ? AND status = ? LIMIT 1",
                (exercise, PASSED),
            ).fetchone()
            append = partial(database.append, connection, "check", exercise)
            append(status=status, diagnosis=diagnosis, source=source)
            return passed is not None

        before, self.notice = database.write(self.path, action)
        return before

    def next_hint(self, exercise: str) -> int:
        """Append one hint.

        Parameters
        ----------
        exercise : str
            The exercise.

        Returns
        -------
        int
            The level of the hint to show, 1 to 3, or 4 when all three had been seen.
        """

        def action(connection: sqlite3.Connection) -> int:
            level: int = connection.execute(
                "SELECT coalesce(max(level), 0) FROM events WHERE kind = 'hint' AND exercise = ?",
                (exercise,),
            ).fetchone()[0]
            level = min(level, HINT_LEVELS) + 1
            database.append(connection, "hint", exercise, level=level)
            return level

        level, self.notice = database.write(self.path, action)
        return level

    def record_solution(self, exercise: str) -> int:
        """Append that a solution was shown.

        Parameters
        ----------
        exercise : str
            The exercise.

        Returns
        -------
        int
            How many hints had been seen before, 0 to 3.
        """

        def action(connection: sqlite3.Connection) -> int:
            database.append(connection, "solution", exercise)
            seen: int = connection.execute(
                "SELECT coalesce(max(level), 0) FROM events WHERE kind = 'hint' AND exercise = ?",
                (exercise,),
            ).fetchone()[0]
            return min(seen, HINT_LEVELS)

        seen, self.notice = database.write(self.path, action)
        return seen

    def answers(self, exercise: str) -> list[Answer]:
        """List every answer to one exercise whose source is known.

        Parameters
        ----------
        exercise : str
            The exercise.

        Returns
        -------
        list of Answer
            Oldest first.
        """

        def action(connection: sqlite3.Connection) -> list[Answer]:
            rows = connection.execute(
                "SELECT at, status, diagnosis, source FROM events"
                " WHERE kind = 'check' AND exercise = ? AND source IS NOT NULL ORDER BY id",
                (exercise,),
            )
            return [Answer(*row) for row in rows]

        nothing: list[Answer] = []
        found, self.notice = database.read(self.path, action, nothing)
        return found

    def skips(self, exercise: str) -> list[Skip]:
        """List how often one exercise was skipped.

        Parameters
        ----------
        exercise : str
            The exercise.

        Returns
        -------
        list of Skip
            Oldest first.
        """

        def action(connection: sqlite3.Connection) -> list[Skip]:
            rows = connection.execute(
                "SELECT at, source FROM events WHERE kind = 'skip' AND exercise = ? ORDER BY id",
                (exercise,),
            )
            return [Skip(*row) for row in rows]

        nothing: list[Skip] = []
        found, self.notice = database.read(self.path, action, nothing)
        return found

    def table(self) -> list[ProgressRow]:
        """List every exercise of the course with what was recorded.

        Returns
        -------
        list of ProgressRow
            In lesson order.
        """
        from lstm_helpers.exercises import EXERCISES

        def action(connection: sqlite3.Connection) -> dict[str, Tally]:
            return tally(
                connection.execute(
                    "SELECT kind, exercise, status, diagnosis, level FROM events ORDER BY id"
                )
            )

        nothing: dict[str, Tally] = {}
        seen, self.notice = database.read(self.path, action, nothing)
        rows = []
        for name, exercise in EXERCISES.items():
            one = seen.get(name, Tally())
            rows.append(
                ProgressRow(
                    lesson=exercise.lesson,
                    title=exercise.title,
                    exercise=name,
                    points=exercise.points,
                    minutes=exercise.minutes,
                    status=one.status,
                    attempts=one.attempts,
                    hints=one.hints,
                    diagnosis=None if one.status == PASSED else one.diagnosis,
                    solution_seen=one.solution_seen,
                )
            )
        return rows


def table(folder: Path) -> list[ProgressRow]:
    """List every exercise of the course with what the learner of this folder did.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder (the one that holds ``.lstm-course``).

    Returns
    -------
    list of ProgressRow
        In lesson order; all "not attempted" when nothing was recorded yet.

    Raises
    ------
    StoreError
        If the file cannot be read; the message is one sentence.
    """
    return Store(folder).table()


def answers(folder: Path, name: str) -> list[Answer]:
    """List every recorded answer to one exercise, oldest first.

    Parameters
    ----------
    folder : pathlib.Path
        The working folder (the one that holds ``.lstm-course``).
    name : str
        The exercise.

    Returns
    -------
    list of Answer
        Time (UTC), status, diagnosis and source text of each.

    Raises
    ------
    StoreError
        If the file cannot be read; the message is one sentence.
    """
    return Store(folder).answers(name)
