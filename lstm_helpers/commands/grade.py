"""``lstm-course grade``: a folder of strangers' notebooks becomes marks, feedback, a class page."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_helpers import __version__
from lstm_helpers.commands.errors import CommandError, WrongUseError

if TYPE_CHECKING:
    from lstm_helpers.grading.collect import Collected
    from lstm_helpers.grading.graded import Graded

__all__ = ["run"]

ANSWER_SECONDS = 20
"""How long a scheduler may take to answer."""


def run(
    submissions: Path,
    out: Path,
    *,
    lesson: str | None,
    jobs: int,
    timeout: float,
    memory: int,
    seed: int | None,
    scheduler: str | None,
    resume: bool,
    sandbox: bool,
) -> int:
    """Grade submissions and write a report.

    Parameters
    ----------
    submissions : Path
        A folder or a zip file.
    out : Path
        Folder of the report.
    lesson : str or None
        Only this lesson.
    jobs : int
        Processes at once.
    timeout : float
        Seconds by the clock for one exercise.
    memory : int
        Megabytes for one exercise.
    seed : int or None
        Draws the inputs; None: fresh ones.
    scheduler : str or None
        Address of a Dask scheduler.
    resume : bool
        Whether to go on with an interrupted run.
    sandbox : bool
        False: without walls.

    Returns
    -------
    int
        0, also when submissions are broken: they are lines of the report.

    Raises
    ------
    CommandError
        If there is no sandbox.
    WrongUseError
        If there is nothing to grade, the folder of the report cannot be used, or there is no
        scheduler.
    """
    from tqdm import tqdm

    from lstm_helpers.grading.collect import CollectError, collect
    from lstm_helpers.grading.graded import grade_all
    from lstm_helpers.grading.journal import Journal, JournalError
    from lstm_helpers.grading.marks import Run
    from lstm_helpers.grading.report import write_report
    from lstm_helpers.grading.sandbox import Limits, Sandbox, SandboxError

    if not sandbox:
        print(
            "Warning: without a sandbox, submissions can read and change everything that you can. "
            "Use this only for notebooks that you trust.",
            file=sys.stderr,
        )
    limits = Limits.asked(timeout, memory)
    settings = {
        "seed": secrets.randbits(62) if seed is None else seed,
        "version": __version__,
        "source": str(submissions.resolve()),
        "lesson": lesson,
        "timeout": timeout,
        "memory": memory,
        "sandbox": sandbox,
    }
    try:
        if scheduler is None:
            Sandbox(sandbox)  # says at once if there is none
        else:
            _assert_answers(scheduler)
        collected = collect(submissions, lesson)
        journal = Journal(out, settings, resume)
    except SandboxError as error:
        raise CommandError(str(error)) from None
    except (CollectError, JournalError) as error:
        raise WrongUseError(str(error)) from None
    if seed not in (None, journal.settings["seed"]):
        raise WrongUseError(
            f"the run in {out} was begun with seed = {journal.settings['seed']}, this one has "
            f"{seed}; leave out --seed, or give another folder"
        )
    how = Run(int(journal.settings["seed"]), limits, sandbox)
    graded: list[Graded] = []
    with tqdm(total=len(collected.submissions), unit="notebook", file=sys.stderr) as bar:
        try:
            for one in grade_all(collected.submissions, how, journal, jobs, scheduler):
                graded.append(one)
                bar.update()
        except KeyboardInterrupt:
            bar.close()
            print(
                f"Interrupted after {len(graded)} of {len(collected.submissions)} notebooks; the "
                "same command with --resume goes on.",
                file=sys.stderr,
            )
            raise
    write_report(out, graded, collected, journal.settings)
    _tell(graded, collected, out)
    return 0


def _tell(graded: Sequence[Graded], collected: Collected, out: Path) -> None:
    """Print what was graded, what was not, and where it stands."""
    right = sum(mark.points for one in graded for mark in one.marks)
    most = sum(mark.max_points for one in graded for mark in one.marks)
    unread = sum(all(mark.status == "unreadable" for mark in one.marks) for one in graded)
    but = f" ({unread} of them could not be read)" if unread else ""
    notebooks = "1 notebook" if len(graded) == 1 else f"{len(graded)} notebooks"
    print(f"{notebooks} graded{but}, {right} of {most} points given.")
    if len(collected.skipped) == 1:
        print("1 file was not graded; class.html says why.")
    elif collected.skipped:
        print(f"{len(collected.skipped)} files were not graded; class.html says why.")
    print(f"Marks: {out / 'grades.csv'}. The class: {out / 'class.html'}.")


def _assert_answers(scheduler: str) -> None:
    """Say at once if there is no Dask scheduler at an address."""
    from distributed import Client

    try:
        with Client(scheduler, timeout=ANSWER_SECONDS):
            return
    except (OSError, ValueError, TypeError) as error:
        raise WrongUseError(
            f"no Dask scheduler answers at {scheduler!r} ({type(error).__name__}); expected "
            "tcp://HOST:PORT, as `dask scheduler` prints it"
        ) from None
