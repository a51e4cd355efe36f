"""nbgrader with the course's own marks: formgrader and grade book as usual, nothing to forge.

``nbgrader autograde`` runs a learner's notebook in a kernel and takes the marks from what that
kernel displays. Here nothing of it is run in a kernel. Two classes, named in the
``nbgrader_config.py`` that ``lstm-course release --nbgrader`` writes, take the place of that:

:class:`SubmittedNotebook` reads the submitted file as a stranger's, and builds a notebook anew from
its texts and from what the grade book says of graded cells, so that edited metadata, stale outputs
and missing or doubled cells mean nothing. :class:`OracleMarks` judges the file as ``lstm-course
grade`` does, and writes each verdict where nbgrader looks for it.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import secrets
import textwrap
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode, v4, writes
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Float, Int

from lstm_helpers.exercises import EXERCISES, LESSONS
from lstm_helpers.grading.collect import Submission
from lstm_helpers.grading.graded import BROKEN
from lstm_helpers.grading.marks import Mark, Run, grade_notebook, marks_without_grading
from lstm_helpers.grading.nbgrader_cells import kind_and_text, of_gradebook, rebuilt
from lstm_helpers.grading.reading import NotebookError, parse_notebook, read_notebook
from lstm_helpers.grading.report import WORDS
from lstm_helpers.grading.sandbox import Limits, Sandbox, SandboxError

__all__ = ["OracleMarks", "SubmittedNotebook"]


class OracleMarks(NbGraderPreprocessor):  # type: ignore[misc]
    """Judge a submission and write each verdict as the output of its graded cell.

    In ``nbgrader_config.py`` it stands in ``c.Autograde.autograde_preprocessors`` in the place of
    ``Execute``, before ``SaveAutoGrades``. Its settings are ``c.OracleMarks.seed`` (draws the
    inputs; fresh ones by default), ``timeout`` (seconds for an exercise; lessons with frameworks
    get 50 more), ``memory`` (megabytes; these get 2048 more) and ``sandbox``.

    Parameters
    ----------
    **kw
        Settings, as nbconvert gives them to each of its preprocessors.
    """

    seed = Int(None, allow_none=True, help="For the same inputs again; fresh if None.").tag(
        config=True
    )
    timeout = Float(10.0, help="Seconds for an exercise.").tag(config=True)
    memory = Int(1024, help="Megabytes for an exercise.").tag(config=True)
    sandbox = Bool(True, help="False: without walls, for submissions that are trusted.").tag(
        config=True
    )

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Write a verdict into every graded cell.

        Parameters
        ----------
        nb : NotebookNode
            The notebook as it is shown; changed in place.
        resources : dict
            Whose it is, and under ``"submitted"`` what was submitted; without that, the notebook
            itself is judged.

        Returns
        -------
        nb, resources : NotebookNode, dict
            The same.

        Raises
        ------
        ValueError
            If a graded cell is of no exercise of the lesson: it would get full marks unseen.
        """
        names = resources["nbgrader"]
        submitted = resources.pop("submitted", None)
        if submitted is None:
            submitted = writes(nb).encode("utf-8", "replace")
        marks = self._marks(names["notebook"], submitted)
        for cell in nb.cells:
            if cell.cell_type != "code":
                continue
            cell.outputs, cell.execution_count = [], None
            if not utils.is_grade(cell) or utils.is_solution(cell):
                continue
            grade_id = str(cell.metadata.nbgrader["grade_id"])
            mark = marks.get(grade_id.removeprefix("check-"))
            if mark is None:
                raise ValueError(
                    f"the graded cell {grade_id!r} of {names['notebook']} checks no exercise of "
                    "its lesson; expected the name 'check-' and an exercise. Let a person grade "
                    "it: make it a manually graded answer"
                )
            cell.outputs = [_shown(mark)]
        return nb, resources

    def assert_works(self) -> None:
        """Make sure that there is a sandbox.

        Raises
        ------
        NbGraderException
            If there is none; the message says what to do. nbgrader then stops at once.
        """
        try:
            Sandbox(self.sandbox)
        except SandboxError as error:
            what = str(error).replace("pass --no-sandbox", "set c.OracleMarks.sandbox = False")
            self.log.error(what)
            raise NbGraderException(what) from None

    def _marks(self, notebook: str, submitted: bytes | NotebookError) -> dict[str, Mark]:
        lesson = notebook[:2]
        if not re.match(r"\d\d_", notebook) or lesson not in LESSONS:
            return {}
        if isinstance(submitted, NotebookError):
            marks = marks_without_grading(lesson, "unreadable", str(submitted))
        else:
            seed = _seed_of_process() if self.seed is None else self.seed
            limits = Limits.asked(self.timeout, self.memory)
            marks = _grade_apart(submitted, lesson, Run(seed, limits, self.sandbox))
        return {mark.exercise: mark for mark in marks}


class SubmittedNotebook(NotebookExporter):  # type: ignore[misc]
    """Read submissions for ``nbgrader autograde`` without believing anything in them.

    It is set as ``c.Autograde.exporter_class``. nbgrader converts each notebook twice: first from
    what was submitted to what is shown, then the marks are given. The first time the file is read
    here as the grader reads it, and built anew; the second time the bytes of the submission go
    with it to :class:`OracleMarks`.

    Parameters
    ----------
    config : Config, optional
        Settings of nbgrader.
    **kw
        Settings, as nbconvert gives them to each of its exporters.
    """

    def __init__(self, config: Any = None, **kw: Any) -> None:
        super().__init__(config=config, **kw)
        self._submitted: dict[tuple[str, ...], bytes | NotebookError] = {}
        OracleMarks(parent=self).assert_works()

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Convert one notebook.

        Parameters
        ----------
        filename : str
            Where it is: among those submitted, or among those that nbgrader shows.
        resources : dict, optional
            Whose it is, under ``"nbgrader"``.
        **kw
            Not used.

        Returns
        -------
        output, resources : str, dict
            The text of the notebook file, and what nbconvert notes.
        """
        resources = {} if resources is None else resources
        names = resources["nbgrader"]
        key = tuple(names[name] for name in ("student", "assignment", "notebook"))
        folder = self._folder("submitted_directory", names)
        if Path(filename).parent.absolute() != folder.absolute():
            resources["submitted"] = self._submitted.pop(key, None)
            converted: tuple[str, dict[str, Any]] = super().from_filename(filename, resources, **kw)
            return converted
        self._drop_copies_of_links(folder, self._folder("autograded_directory", names))
        notebook: Mapping[str, Any] = {"cells": []}
        submission = Submission(key[0], key[2][:2], key[2], None, Path(filename))
        try:
            self._submitted[key] = content = submission.read()
            notebook = parse_notebook(content, "The file")
        except NotebookError as error:
            self.log.warning("%s by %s: %s", key[2], key[0], error)
            self._submitted[key] = error
        with Gradebook(names["db_url"]) as gradebook:
            known = gradebook.find_notebook(key[2], key[1])
            graded = [of_gradebook(cell, known) for cell in known.source_cells]
        built = rebuilt(notebook, graded, self._released_texts(names))
        converted = self.from_notebook_node(built, resources=resources)
        return str(converted[0]), converted[1]

    def _folder(self, step: str, names: Mapping[str, str]) -> Path:
        course = self.parent.coursedir
        return Path(
            course.format_path(getattr(course, step), names["student"], names["assignment"])
        )

    def _released_texts(self, names: Mapping[str, str]) -> set[str]:
        """Texts that learners were given: these may show as they are."""
        folder = self._folder("release_directory", {**names, "student": "."})
        try:
            cells = read_notebook(folder / f"{names['notebook']}.ipynb")["cells"]
        except (NotebookError, OSError):
            return set()
        return {text for kind, text in map(kind_and_text, cells) if kind == "markdown"}

    def _drop_copies_of_links(self, submitted: Path, shown: Path) -> None:
        """Take away what a link of the learner's led to: nbgrader copies it, and feeds it back."""
        for place, _, files in os.walk(submitted):
            for name in files:
                path = Path(place, name)
                if path.is_symlink():
                    (shown / path.relative_to(submitted)).unlink(missing_ok=True)
                    self.log.warning("%s is a link, and links are not followed", path)


def _shown(mark: Mark) -> NotebookNode:
    """Write a mark as nbgrader reads it: full points for text, none for an error."""
    if mark.status == "passed":
        return v4.new_output("stream", name="stdout", text=WORDS["passed"] + "\n")
    title = WORDS[mark.status] + (f" ({mark.diagnosis})" if mark.diagnosis else "")
    parts = [title, *mark.message.split("\n\n")]
    if mark.status == "failed":
        parts.append("Hint: " + EXERCISES[mark.exercise].hints[0])
    lines = "\n\n".join(textwrap.fill(part, 96) for part in parts).split("\n")
    return v4.new_output("error", ename=mark.status, evalue=mark.diagnosis, traceback=lines)


@cache
def _seed_of_process() -> int:
    """One for all notebooks of a run of nbgrader: every learner gets the same inputs."""
    return secrets.randbits(62)


@cache
def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def _grade_apart(content: bytes, lesson: str, run: Run) -> list[Mark]:
    """Judge in a process of its own, so that one that dies costs one notebook."""
    for _ in range(2):
        try:
            return _pool().submit(grade_notebook, content, lesson, run).result()
        except BrokenProcessPool:
            _pool.cache_clear()
    return marks_without_grading(lesson, "unreadable", BROKEN)
