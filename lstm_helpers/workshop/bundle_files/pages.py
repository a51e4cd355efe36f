"""What a kit holds beside wheels: notebooks, guides, installers."""

import shutil
from collections.abc import Callable, Collection, Iterator
from importlib.util import find_spec
from pathlib import Path

from lstm_helpers import __version__
from lstm_helpers.bundled import docs_folder, notebooks_folder
from lstm_helpers.workshop.bundle_files.errors import BundleError
from lstm_helpers.workshop.bundle_files.journal import Journal, platform_of_this_python

__all__ = ["all_files", "can_make_slides", "copy_pages", "make_slides", "write_installers"]

TEMPLATES = Path(__file__).parent / "templates"
INSTALLERS = ("install.py", "install.sh", "install.bat", "start.sh", "start.bat", "README.txt")
FOLDERS = ("wheels", "course", "solutions", "guide", "slides")


def copy_pages(folder: Path, *, solutions: bool) -> None:
    """Put notebooks and guides into a kit, in place of those of an earlier run.

    Parameters
    ----------
    folder : Path
        The kit.
    solutions : bool
        Whether the notebooks with solutions go into it.
    """
    places = {"course": notebooks_folder("course"), "guide": docs_folder()}
    if solutions:
        places["solutions"] = notebooks_folder("solutions")
    for name in ("course", "guide", "solutions"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name, source in places.items():
        leave_out = shutil.ignore_patterns(".*", "__pycache__")
        shutil.copytree(source, folder / name, ignore=leave_out)


def can_make_slides() -> None:
    """Refuse to start what would fail in the end.

    Raises
    ------
    BundleError
        If a package is missing.
    """
    if find_spec("latex2mathml") is None:
        raise BundleError(
            'Slides need the package latex2mathml: pip install "lstm-course[workshop]".'
        )


def make_slides(
    journal: Journal, lessons: Collection[str], say: Callable[[str], None], *, notes: bool
) -> None:
    """Put slides into a kit; those that an interrupted run has made stay.

    Parameters
    ----------
    journal : Journal
        The manifest of the kit.
    lessons : collection of str
        Numbers of the lessons; slides of others are deleted.
    say : callable
        Gets a sentence on each step.
    notes : bool
        Whether they have the speaker's notes, which are for instructors.

    Raises
    ------
    BundleError
        If a lesson does not run.
    """
    from lstm_helpers.workshop.lessons_read import read_lesson
    from lstm_helpers.workshop.slides import lesson_page, slides_name
    from lstm_helpers.workshop.slides_run import RunError

    folder = journal.folder / "slides"
    kept = {path.name for path in journal.whole("slides")} if not journal.was_finished else set()
    wanted = {slides_name(number, notes=notes): number for number in sorted(lessons)}
    for path in [*folder.glob("*")]:
        if path.name not in kept & wanted.keys():
            path.unlink()
    for name, number in wanted.items():
        if name in kept:
            continue
        say(f"Making the slides of lesson {number}: its notebook runs")
        try:
            page = lesson_page(read_lesson(number), notes=notes)
        except RunError as error:
            raise BundleError(str(error)) from None
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(page, encoding="utf-8")
        journal.add(folder / name)
    if not wanted:
        shutil.rmtree(folder, ignore_errors=True)


def write_installers(folder: Path, packages: int, installed_bytes: int) -> None:
    """Write the installers, the start scripts and the text for who gets the kit.

    Parameters
    ----------
    folder : Path
        The kit.
    packages : int
        How many wheels it has.
    installed_bytes : int
        Size of what it installs.
    """
    about = platform_of_this_python()
    words = {
        "@PYTHON@": about["python"],
        "@PLATFORM@": f"{about['system']} {about['machine']}",
        "@COURSE@": __version__,
        "@COUNT@": str(packages - 1),
        "@ROOM@": f"{installed_bytes * 1.1 / 1e9:.1f}",
    }
    for name in INSTALLERS:
        text = (TEMPLATES / name).read_text(encoding="utf-8")
        for word, value in words.items():
            text = text.replace(word, value)
        ends = "\r\n" if name.endswith((".bat", ".txt")) else "\n"
        (folder / name).write_text(text, encoding="utf-8", newline=ends)


def all_files(folder: Path) -> Iterator[Path]:
    """List the files of a kit; what somebody else put into the folder is not among them.

    Parameters
    ----------
    folder : Path
        The kit.

    Yields
    ------
    Path
        Each file but the manifest.
    """
    yield from (folder / name for name in (*INSTALLERS, "constraints.txt"))
    for name in FOLDERS:
        yield from filter(Path.is_file, sorted((folder / name).rglob("*")))
