"""Find submissions in a folder or a zip file, without trusting a name, a link or a size."""

from __future__ import annotations

import lzma
import os
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from lstm_helpers.exercises import EXERCISES, LESSONS
from lstm_helpers.grading.reading import LARGEST_FILE, NotebookError, parse_notebook

__all__ = ["CollectError", "Collected", "Submission", "collect", "harmless"]

DEEPEST = 3
"""Learner, assignment, file."""
LARGEST_TO_ASK = 4 * 2**20
"""Bytes of the largest notebook whose cells are asked for its lesson."""
LARGEST_RATIO = 200
"""By how much a member of a zip file may be compressed."""
LAYOUT = "LEARNER/NN_name.ipynb or LEARNER/ASSIGNMENT/NN_name.ipynb"
_NUMBER = re.compile(r"(?P<number>\d\d)(?!\d)")
_UNREADABLE = (
    *(OSError, EOFError, RuntimeError, NotImplementedError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)


class CollectError(ValueError):
    """There is nothing to grade; the message says why in one sentence."""


@dataclass(frozen=True)
class Submission:
    """One notebook of one learner.

    Attributes
    ----------
    learner : str
        Name of the learner's folder.
    lesson : str
        Two digits.
    name : str
        Path below the folder of submissions, with forward slashes.
    archive : Path or None
        The zip file that it lies in.
    path : Path
        The file; in a zip file, ``name``.
    """

    learner: str
    lesson: str
    name: str
    archive: Path | None
    path: Path

    def read(self) -> bytes:
        """Read its bytes, the size looked at first.

        Returns
        -------
        bytes
            What stands in the file.

        Raises
        ------
        NotebookError
            If it is too large, not a regular file, or cannot be read.
        """
        try:
            if self.archive is not None:
                return _read_member(self.archive, self.name)
            size = self.path.lstat()
            if not stat.S_ISREG(size.st_mode):
                raise NotebookError("It is a link or no regular file, so it was not opened.")
            if size.st_size > LARGEST_FILE:
                raise NotebookError(
                    f"It has {size.st_size / 2**20:.0f} MB, expected at most "
                    f"{LARGEST_FILE // 2**20} MB; clear its outputs and save it again."
                )
            return self.path.read_bytes()
        except _UNREADABLE as error:
            raise NotebookError(f"It cannot be read ({type(error).__name__}).") from None


@dataclass(frozen=True)
class Collected:
    """What was found.

    Attributes
    ----------
    submissions : tuple of Submission
        By learner and lesson; one for each of both.
    skipped : tuple of (str, str)
        Path and reason of what was handed in and is not graded.
    above : str
        The folder that was found around those of the learners, if any.
    """

    submissions: tuple[Submission, ...]
    skipped: tuple[tuple[str, str], ...]
    above: str = ""

    def skipped_of(self, learner: str) -> list[tuple[str, str]]:
        """List what a learner handed in that is not graded.

        Parameters
        ----------
        learner : str
            Name of her folder.

        Returns
        -------
        list of (str, str)
            Path and reason of each.
        """
        folder = f"{self.above}/{learner}/" if self.above else f"{learner}/"
        return [(name, reason) for name, reason in self.skipped if name.startswith(folder)]


def collect(source: Path, lesson: str | None = None) -> Collected:
    """Find the notebooks in ``<learner>/[<assignment>/]<NN_name>.ipynb``.

    A folder around those of the learners is left out. What lesson a notebook belongs to is told by
    its cells, or else by its name; of several for one lesson the one with the shortest name is
    taken.

    Parameters
    ----------
    source : Path
        A folder, or a zip file of one.
    lesson : str, optional
        Only this one.

    Returns
    -------
    Collected
        What is to be graded, and what is not and why.

    Raises
    ------
    CollectError
        If there is no such folder, or nothing in it to grade.
    """
    if lesson is not None and lesson not in LESSONS:
        raise CollectError(f"got the lesson {lesson!r}; expected one of {', '.join(LESSONS)}")
    archive = _archive(source)
    listed = dict(_members(archive) if archive is not None else _files(source))
    top = _folder_above([n for n, problem in listed.items() if _is_notebook(n) and not problem])
    skipped: dict[str, str] = {}
    found: dict[tuple[str, str], list[Submission]] = {}
    for name, problem in listed.items():
        parts = _below(top, name)
        reason = problem
        if not reason and not _is_notebook(name):
            reason = "it is no notebook (.ipynb); ask for the notebook itself"
        if not reason and len(parts) not in (2, DEEPEST):
            reason = f"expected {LAYOUT}"
        if not reason:
            path = Path(name) if archive is not None else source / name
            one = Submission(parts[0], "", name, archive, path)
            number = _lesson_of(one)
            if number is None:
                reason = "neither its name, expected NN_name.ipynb, nor its cells tell the lesson"
            elif lesson is None or number == lesson:
                one = replace(one, lesson=number)
                found.setdefault((one.learner, number), []).append(one)
        if reason:
            skipped[name] = reason
    chosen = []
    for key in sorted(found):
        first, *others = sorted(found[key], key=lambda one: (len(one.path.name), one.name))
        chosen.append(first)
        skipped |= {one.name: f"{first.name} is graded for this lesson" for one in others}
    if not chosen:
        raise CollectError(_nothing(source, lesson, skipped))
    with_notebook = {one.learner for one in chosen}
    told = {
        name: reason
        for name, reason in skipped.items()
        if not _is_beside_the_point(name, _below(top, name), with_notebook)
    }
    return Collected(tuple(chosen), tuple(sorted(told.items())), "/".join(top))


def _archive(source: Path) -> Path | None:
    """The zip file, or None if it is a folder; anything else is refused."""
    if source.is_dir():
        if (source / "submitted").is_dir() and (source / "source").is_dir():
            raise CollectError(
                f"{source} is a course folder of nbgrader; give its folder of what was handed in, "
                f"{source / 'submitted'}"
            )
        return None
    if not source.exists():
        raise CollectError(f"there is no folder and no zip file {source}")
    if not zipfile.is_zipfile(source):
        raise CollectError(
            f"{source.name} is neither a folder nor a zip file; expected one with {LAYOUT} (for a "
            "single notebook: `lstm-course check FILE`)"
        )
    return source


def _is_notebook(name: str) -> bool:
    return name.lower().endswith(".ipynb")


def _folder_above(names: list[str]) -> tuple[str, ...]:
    """The folder around all learners' folders, if a level more was packed than was asked for."""
    parts = [PurePosixPath(name).parts for name in names]
    if not parts or len({each[0] for each in parts}) > 1 or min(map(len, parts)) < DEEPEST:
        return ()
    second = {each[1] for each in parts}
    is_deeper = max(map(len, parts)) > DEEPEST
    are_learners = len(second) > 1 and not any(_number(name) for name in second)
    return parts[0][:1] if is_deeper or are_learners else ()


def _below(top: tuple[str, ...], name: str) -> tuple[str, ...]:
    """The parts of a path, without the folder around all learners' folders."""
    parts = PurePosixPath(name).parts
    return parts[len(top) :] if top and parts[: len(top)] == top else parts


def _number(name: str) -> str | None:
    """The lesson whose number a name begins with."""
    match = _NUMBER.match(name)
    return match["number"] if match and match["number"] in LESSONS else None


def _lesson_of(submission: Submission) -> str | None:
    """The lesson of a notebook: as its cells say, or else its name.

    A learner renames files as she likes; what exercise a cell is for stands in the cell.
    """
    try:
        content = submission.read()
        if len(content) > LARGEST_TO_ASK:
            return _number(submission.path.name)
        cells = parse_notebook(content, "It")["cells"]
    except NotebookError:
        return _number(submission.path.name)
    tags = Counter(number for cell in cells if (number := _lesson_of_cell(cell)) is not None)
    return tags.most_common(1)[0][0] if tags else _number(submission.path.name)


def _lesson_of_cell(cell: object) -> str | None:
    """The lesson of the exercise that a cell is for."""
    place: object = cell
    for key in ("metadata", "lstm_helpers", "exercise"):
        if not isinstance(place, dict):
            return None
        place = place.get(key)
    return EXERCISES[place].lesson if isinstance(place, str) and place in EXERCISES else None


def _is_beside_the_point(name: str, parts: tuple[str, ...], with_notebook: set[str]) -> bool:
    """Whether a file need not be spoken of: beside a notebook, and no lesson by its name."""
    is_extra = not _is_notebook(name) and not name.endswith("/")
    return is_extra and bool(parts) and parts[0] in with_notebook and _number(parts[-1]) is None


def _nothing(source: Path, lesson: str | None, skipped: dict[str, str]) -> str:
    """Say that nothing can be graded, and what was there."""
    of_lesson = "" if lesson is None else f" of lesson {lesson}"
    text = f"there is no notebook{of_lesson} to grade in {source}; expected {LAYOUT}"
    if skipped:
        name, reason = min(skipped.items())
        text += f" ({len(skipped)} not graded, such as {harmless(name)}: {reason})"
    return text


def harmless(text: str, longest: int = 200) -> str:
    """Make a text of a stranger's safe to print: no control characters, not endless.

    Parameters
    ----------
    text : str
        Such as the name of a folder.
    longest : int, optional
        Characters that are kept.

    Returns
    -------
    str
        With what cannot be printed written as its number.

    Examples
    --------
    >>> harmless("ada\\x1b[31m")
    'ada\\\\x1b[31m'
    """
    text = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """All files, each with what forbids to read it; links are named and not followed."""
    waiting = [(folder, 0)]
    while waiting:
        place, depth = waiting.pop()
        name = place.relative_to(folder).as_posix() + "/"
        try:
            paths = sorted(place.iterdir())
        except OSError as error:
            if depth == 0:
                raise CollectError(f"{place} cannot be read ({error.strerror})") from None
            yield name, f"the folder cannot be read by this computer ({error.strerror})"
            continue
        shown = [path for path in paths if not _is_hidden(path.name)]
        if depth in (1, 2) and not shown:
            yield name, "nothing was handed in"
        for path in shown:
            name = path.relative_to(folder).as_posix()
            if path.is_symlink():
                yield name, "it is a link, and links are not followed"
            elif path.is_dir():
                if depth <= DEEPEST:
                    waiting.append((path, depth + 1))
            elif not path.is_file():
                yield name, "it is no regular file"
            else:
                is_readable = os.access(path, os.R_OK)
                yield name, "" if is_readable else "this computer may not read it (permissions)"


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _members(archive: Path) -> Iterator[tuple[str, str]]:
    """All files in a zip file, each with what forbids to read it."""
    with zipfile.ZipFile(archive) as opened:
        infos = opened.infolist()
    full = {str(parent) for info in infos for parent in PurePosixPath(info.filename).parents}
    for info in infos:
        parts = PurePosixPath(info.filename).parts
        if any(map(_is_hidden, parts)) and ".." not in parts:
            continue
        if not info.is_dir():
            yield info.filename, _problem(info, parts)
        elif len(parts) < DEEPEST and "/".join(parts) not in full:
            yield info.filename, "nothing was handed in"


def _problem(info: zipfile.ZipInfo, parts: tuple[str, ...]) -> str:
    if info.filename.startswith("/") or ".." in parts or "\\" in info.filename:
        return "its path leads out of the folder"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "it is a link, and links are not followed"
    return ""


def _read_member(archive: Path, name: str) -> bytes:
    with zipfile.ZipFile(archive) as opened:
        info = opened.getinfo(name)
        if info.file_size > LARGEST_FILE:
            raise NotebookError(
                f"It has {info.file_size / 2**20:.0f} MB, expected at most "
                f"{LARGEST_FILE // 2**20} MB; clear its outputs and save it again."
            )
        if info.file_size > LARGEST_RATIO * max(info.compress_size, 1):
            raise NotebookError("It is compressed as only a zip bomb is, so it was not opened.")
        with opened.open(info) as member:
            content = member.read(LARGEST_FILE + 1)  # what the header says may be a lie
        if len(content) > LARGEST_FILE:
            raise NotebookError("It is larger than its zip file says, so it was not read.")
        return content
