"""``lstm-course grade``: a folder of strangers' notebooks becomes marks, feedback, a class page."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

from lstm_helpers import __version__
from lstm_helpers.commands.errors import CommandError, WrongUseError

__all__ = ["run"]


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
        If there is nothing to grade, or the folder of the report cannot be used.
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
        "lesson": lesson,
        "timeout": timeout,
        "memory": memory,
        "sandbox": sandbox,
    }
    try:
        if scheduler is None:
            Sandbox(sandbox)  # says at once if there is none
        collected = collect(submissions, lesson)
        journal = Journal(out, settings, resume)
    except SandboxError as error:
        raise CommandError(str(error)) from None
    except (CollectError, JournalError) as error:
        raise WrongUseError(str(error)) from None
    how = Run(int(journal.settings["seed"]), limits, sandbox)
    graded = []
    with tqdm(total=len(collected.submissions), unit="notebook", file=sys.stderr) as bar:
        for one in grade_all(collected.submissions, how, journal, jobs, scheduler):
            graded.append(one)
            bar.update()
    write_report(out, graded, collected.skipped, journal.settings)
    right = sum(mark.points for one in graded for mark in one.marks)
    most = sum(mark.max_points for one in graded for mark in one.marks)
    print(f"{len(graded)} notebooks graded, {right} of {most} points given.")
    if collected.skipped:
        print(f"{len(collected.skipped)} files were not graded; class.html says why.")
    print(f"Marks: {out / 'grades.csv'}. The class: {out / 'class.html'}.")
    return 0
