"""``lstm-course slides``: a lesson as slides, in one file."""

from __future__ import annotations

import sys
from pathlib import Path

from lstm_helpers.commands.deliver import refuse_to_overwrite, write_atomically
from lstm_helpers.commands.errors import CommandError, WrongUseError

__all__ = ["run"]


def run(
    number: str,
    *,
    out: Path | None,
    execute: bool = True,
    notes: bool = True,
    force: bool = False,
) -> int:
    """Make the slides of a lesson.

    Parameters
    ----------
    number : str
        The lesson, such as ``"03"``.
    out : Path or None
        File to write; None: ``NN_slides.html`` in the current folder, without notes
        ``NN_slides_no_notes.html``.
    execute : bool, optional
        Whether to run the notebook; otherwise figures are missing.
    notes : bool, optional
        Whether the speaker's notes go into the file.
    force : bool, optional
        Whether it may replace a file that this command did not write.

    Returns
    -------
    int
        0.

    Raises
    ------
    WrongUseError
        If there is no such lesson, or the file cannot be written.
    CommandError
        If a cell of the lesson fails, or a package is missing.
    """
    try:
        import latex2mathml  # noqa: F401
    except ImportError:
        raise CommandError(
            'Slides need the package latex2mathml: pip install "lstm-course[workshop]".'
        ) from None
    from tqdm import tqdm

    from lstm_helpers.workshop.lessons_read import UnknownLessonError, read_lesson
    from lstm_helpers.workshop.slides import lesson_page, slides_name
    from lstm_helpers.workshop.slides_run import RunError

    try:
        lesson = read_lesson(number)
    except UnknownLessonError as error:
        raise WrongUseError(str(error)) from None
    path = Path(slides_name(lesson.number, notes=notes)) if out is None else out
    refuse_to_overwrite(path, "slides", force=force)
    cells = len(lesson.notebook["cells"])
    try:
        with tqdm(total=cells, unit="cell", file=sys.stderr, disable=not execute) as bar:

            def progress(position: int, _: int) -> None:
                bar.update(position - bar.n)

            page = lesson_page(lesson, run=execute, notes=notes, progress=progress)
            bar.update(cells - bar.n)  # text at the end is not run
    except RunError as error:
        raise CommandError(str(error)) from None
    write_atomically(path, page.encode())
    slides = page.count('<section class="')
    missing = "" if execute else " Nothing was run: figures and printed results are missing."
    without = "" if notes else ", without notes"
    size = f"{len(page) / 1e6:.1f} MB"
    print(f"{slides} slides of lesson {lesson.number}{without}: {path} ({size}).{missing}")
    return 0
