"""Find submissions in a folder or a zip file, without trusting a name, a link or a size."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lstm_helpers.exercises import LESSONS
from lstm_helpers.grading.reading import LARGEST_FILE, NotebookError

__all__ = ["CollectError", "Collected", "Submission", "collect", "harmless"]

DEEPEST = 3
"""Learner, assignment, file."""
LARGEST_RATIO = 200
"""By how much a member of a zip file may be compressed."""
_NAME = re.compile(r"(?P<number>\d\d)_[^/]*\.ipynb")


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
        except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
            raise NotebookError(f"It cannot be read ({type(error).__name__}).") from None


@dataclass(frozen=True)
class Collected:
    """What was found.

    Attributes
    ----------
    submissions : tuple of Submission
        By learner and lesson; one for each of both.
    skipped : tuple of (str, str)
        Path and reason of each notebook that is not graded.
    """

    submissions: tuple[Submission, ...]
    skipped: tuple[tuple[str, str], ...]


def collect(source: Path, lesson: str | None = None) -> Collected:
    """Find the notebooks in ``<learner>/[<assignment>/]<NN_name>.ipynb``.

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
        If there is no such folder, or no notebook of a lesson in it.
    """
    if lesson is not None and lesson not in LESSONS:
        raise CollectError(f"got the lesson {lesson!r}; expected one of {', '.join(LESSONS)}")
    archive = source if source.is_file() else None
    if archive is not None and not zipfile.is_zipfile(archive):
        raise CollectError(f"{source.name} is neither a folder nor a zip file")
    if archive is None and not source.is_dir():
        raise CollectError(f"there is no folder and no zip file {source}")
    skipped: list[tuple[str, str]] = []
    found: dict[tuple[str, str], list[Submission]] = {}
    names = _members(archive) if archive is not None else _files(source)
    for name, problem in names:
        parts = PurePosixPath(name).parts
        match = _NAME.fullmatch(parts[-1])
        if problem:
            skipped.append((name, problem))
        elif len(parts) not in (2, DEEPEST):
            skipped.append(
                (name, "expected LEARNER/NN_name.ipynb or LEARNER/ASSIGNMENT/NN_name.ipynb")
            )
        elif match is None or match["number"] not in LESSONS:
            skipped.append((name, "its name does not begin with the number of a lesson"))
        elif lesson is None or match["number"] == lesson:
            path = Path(name) if archive is not None else source / name
            one = Submission(parts[0], match["number"], name, archive, path)
            found.setdefault((one.learner, one.lesson), []).append(one)
    chosen = []
    for key in sorted(found):
        first, *others = sorted(found[key], key=lambda one: (len(one.path.name), one.name))
        chosen.append(first)
        skipped += [(one.name, f"{first.name} is graded for this lesson") for one in others]
    if not chosen and not skipped:
        raise CollectError(
            f"there is no notebook in {source}; expected LEARNER/NN_name.ipynb or "
            "LEARNER/ASSIGNMENT/NN_name.ipynb"
        )
    return Collected(tuple(chosen), tuple(sorted(skipped)))


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
    """Notebooks at most three levels down; links are named and not followed."""
    waiting = [(folder, 0)]
    while waiting:
        place, depth = waiting.pop()
        for path in sorted(place.iterdir()):
            name = path.relative_to(folder).as_posix()
            if path.is_symlink():
                if path.suffix == ".ipynb" or depth == 0:
                    yield name, "it is a link, and links are not followed"
            elif path.is_dir():
                if depth < DEEPEST and not path.name.startswith("."):
                    waiting.append((path, depth + 1))
            elif path.suffix == ".ipynb":
                yield name, "" if path.is_file() else "it is no regular file"


def _members(archive: Path) -> Iterator[tuple[str, str]]:
    """Notebooks in a zip file; if all lie in one folder above the learners, it is left out."""
    with zipfile.ZipFile(archive) as opened:
        infos = [info for info in opened.infolist() if info.filename.endswith(".ipynb")]
    for info in infos:
        parts = PurePosixPath(info.filename).parts
        if (
            any(part.startswith(".") or part == "__MACOSX" for part in parts[:-1])
            and ".." not in parts
        ):
            continue
        yield info.filename, _problem(info, parts)


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
