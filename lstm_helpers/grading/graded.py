"""Grade many submissions, on this machine or on a cluster; one that breaks costs only itself."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lstm_helpers.grading.collect import Submission
from lstm_helpers.grading.journal import Journal
from lstm_helpers.grading.marks import (
    NOT_JUDGED,
    Mark,
    Run,
    grade_notebook,
    marks_without_grading,
    not_judged,
)
from lstm_helpers.grading.reading import NotebookError
from lstm_helpers.grading.sandbox import SandboxError

__all__ = ["Graded", "grade_all"]

BROKEN = (
    "The process that grades ended while it read this notebook, twice; nothing of it was graded. "
    "Please tell the authors of the course."
)
_AHEAD = 2
"""Submissions that are handed out for each process: read ahead, but not all of them at once."""


@dataclass(frozen=True)
class Graded:
    """A submission and its marks.

    Attributes
    ----------
    submission : Submission
        Which.
    marks : list of Mark
        One for each exercise.
    """

    submission: Submission
    marks: list[Mark]


def grade_all(
    submissions: Iterable[Submission],
    run: Run,
    journal: Journal,
    jobs: int,
    scheduler: str | None = None,
) -> Iterator[Graded]:
    """Grade submissions, the ones first that are done first.

    Parameters
    ----------
    submissions : iterable of Submission
        What to grade.
    run : Run
        How.
    journal : Journal
        What is in it already is not graded again.
    jobs : int
        Processes at once, on this machine.
    scheduler : str, optional
        Address of a Dask scheduler whose workers grade instead.

    Yields
    ------
    Graded
        In the order in which they are done.
    """

    def left() -> Iterator[tuple[Submission, bytes]]:
        """Those to grade; what needs no grading is noted by the way."""
        for submission in submissions:
            try:
                content = submission.read()
            except NotebookError as error:
                marks = marks_without_grading(submission.lesson, "unreadable", str(error))
                done.append(Graded(submission, marks))
                continue
            known = journal.marks(submission, content)
            if known is not None:
                done.append(Graded(submission, known))
            else:
                yield submission, content

    done: list[Graded] = []
    grade = _on_cluster(scheduler) if scheduler is not None else _on_this_machine(jobs)
    for submission, content, marks in grade(left(), run):
        journal.add(submission, content, marks)
        yield Graded(submission, marks)
        yield from _emptied(done)
    yield from _emptied(done)


Work = Iterator[tuple[Submission, bytes]]
Done = Iterator[tuple[Submission, bytes, list[Mark]]]


def _on_this_machine(jobs: int) -> Callable[[Work, Run], Done]:
    def grade(work: Work, run: Run) -> Done:
        if jobs < 1:
            raise ValueError(f"got {jobs} jobs; expected at least 1")
        again: list[tuple[Submission, bytes]] = []
        while not (yield from _through_a_pool(work, run, jobs, again)):
            pass  # a process died; a new pool goes on with the rest
        for submission, content in again:  # one by one, to find who it was
            yield submission, content, _alone(content, submission.lesson, run)

    return grade


def _through_a_pool(
    work: Work, run: Run, jobs: int, again: list[tuple[Submission, bytes]]
) -> Generator[tuple[Submission, bytes, list[Mark]], None, bool]:
    """Grade until the work is done, or a process of the pool dies: then what it had is left."""
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:
        running: dict[Future[list[Mark]], tuple[Submission, bytes]] = {}
        while True:
            for submission, content in islice(work, _AHEAD * jobs - len(running)):
                try:
                    future = pool.submit(grade_notebook, content, submission.lesson, run)
                except BrokenProcessPool:
                    again += [(submission, content), *running.values()]
                    return False
                running[future] = (submission, content)
            if not running:
                return True
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                submission, content = running.pop(future)
                try:
                    marks = future.result()
                except BrokenProcessPool:
                    again += [(submission, content), *running.values()]
                    return False
                except SandboxError:
                    raise
                except Exception as error:
                    marks = _unjudged(submission.lesson, error)
                yield submission, content, marks


def _alone(content: bytes, lesson: str, run: Run) -> list[Mark]:
    """Grade in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(grade_notebook, content, lesson, run).result()
        except BrokenProcessPool:
            return marks_without_grading(lesson, "unreadable", BROKEN)
        except SandboxError:
            raise
        except Exception as error:
            return _unjudged(lesson, error)


def _unjudged(lesson: str, error: Exception) -> list[Mark]:
    return marks_without_grading(lesson, "failed", not_judged(error), NOT_JUDGED)


def _on_cluster(address: str) -> Callable[[Work, Run], Done]:
    def grade(work: Work, run: Run) -> Done:
        from distributed import Client, KilledWorker, as_completed

        with Client(address) as client:
            ahead = _AHEAD * max(sum(client.ncores().values()), 1)
            running: dict[str, tuple[Submission, bytes]] = {}

            def handed_out(count: int) -> list[Any]:
                futures = []
                for submission, content in islice(work, count):
                    future = client.submit(
                        grade_notebook, content, submission.lesson, run, pure=False, retries=2
                    )
                    running[future.key] = (submission, content)
                    futures.append(future)
                return futures

            queue = as_completed(handed_out(ahead))
            for future in queue:
                submission, content = running.pop(future.key)
                try:
                    marks = future.result()
                except KilledWorker:
                    marks = marks_without_grading(submission.lesson, "unreadable", BROKEN)
                except SandboxError:
                    raise
                except Exception as error:
                    if future.status != "error":
                        raise  # the cluster is gone, not this submission
                    marks = _unjudged(submission.lesson, error)
                yield submission, content, marks
                for another in handed_out(1):
                    queue.add(another)

    return grade


def _emptied(done: list[Graded]) -> Iterator[Graded]:
    while done:
        yield done.pop()
