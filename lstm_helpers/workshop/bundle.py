"""The offline kit: a folder from which the course is installed without network.

It holds the wheels for this system and this Python, the notebooks, the guides, slides if wanted,
and installers that need neither ``make`` nor network. ``manifest.json`` says what belongs to it,
with size and SHA-256: the installer compares them before it installs, and an interrupted run
goes on with what is whole already.
"""

import os
import shutil
import zipfile
from collections.abc import Callable, Collection
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from lstm_helpers import __version__
from lstm_helpers.bundled import checkout, constraints_file
from lstm_helpers.workshop.bundle_files.errors import BundleError
from lstm_helpers.workshop.bundle_files.journal import Journal
from lstm_helpers.workshop.bundle_files.pages import (
    all_files,
    can_make_slides,
    copy_pages,
    make_slides,
    write_installers,
)
from lstm_helpers.workshop.bundle_files.repack import repack
from lstm_helpers.workshop.bundle_files.wheels import MB, Fetcher, read_pins, run_pip

__all__ = ["Kit", "course_wheel", "make_kit"]

PARTIAL = ".partial"
DISTRIBUTION = "lstm-course"
SPACE = 1_500 * MB
"""What a kit takes at most while it is made: wheels, and the largest of them once more."""


class Kit(NamedTuple):
    """A kit that is complete.

    Attributes
    ----------
    folder : Path
        Where it is.
    packages : int
        How many wheels it has.
    bytes : int
        Size of all its files.
    installed_bytes : int
        Size of what it installs.
    """

    folder: Path
    packages: int
    bytes: int
    installed_bytes: int


def make_kit(
    folder: Path,
    *,
    solutions: bool = False,
    slides: Collection[str] = (),
    torch_index: str | None = None,
    say: Callable[[str], None] = print,
) -> Kit:
    """Make a kit, or finish one.

    Parameters
    ----------
    folder : Path
        New, empty, or a kit that this function has made.
    solutions : bool, optional
        Whether the notebooks with solutions go into it.
    slides : collection of str, optional
        Numbers of the lessons whose slides are made; speaker notes go with solutions.
    torch_index : str, optional
        Package index to take PyTorch from; by default the one that pip uses anyway.
    say : callable, optional
        Gets a sentence on each step.

    Returns
    -------
    Kit
        What was made.

    Raises
    ------
    ForeignFolderError
        If the folder holds something else.
    BundleError
        If the disk is too full, or if pip cannot get a package.
    """
    if slides:
        can_make_slides()
    journal = Journal(folder)
    _check_space(folder, journal.size)
    folder.mkdir(parents=True, exist_ok=True)
    whole = journal.whole("wheels")
    journal.write(finished=False)
    wheels_folder, partial = folder / "wheels", folder / PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    wheels_folder.mkdir(exist_ok=True)
    partial.mkdir()

    say(f"Making the wheel of lstm-course {__version__}")
    built = course_wheel(partial)
    course = built.replace(wheels_folder / built.name)
    journal.add(course)
    fetcher = Fetcher(
        wheels_folder,
        partial,
        read_pins(constraints_file().read_text(encoding="utf-8")),
        torch_index=torch_index,
        say=say,
        arrived=journal.add,
    )
    wheels = fetcher.fetch(course, whole)
    for path in set(wheels_folder.iterdir()) - set(wheels):
        path.unlink()
    say("Trying out whether pip finds everything in the kit")
    _write_constraints(folder / "constraints.txt", wheels)
    _try_out(folder)

    copy_pages(folder, solutions=solutions)
    make_slides(journal, slides, say, notes=solutions)
    installed = sum(map(_unpacked, wheels))
    write_installers(folder, len(wheels), installed)
    shutil.rmtree(partial, ignore_errors=True)
    journal.take_stock(all_files(folder))
    journal.write(finished=True, packages=len(wheels), installed_bytes=installed)
    return Kit(folder, len(wheels), journal.size, installed)


def _check_space(folder: Path, there: int) -> None:
    above = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free, needed = shutil.disk_usage(above).free, max(SPACE - there, 0)
    if free < needed:
        raise BundleError(
            f"The kit needs {needed / MB:,.0f} MB in {folder}, but {free / MB:,.0f} MB are free: "
            "free some space, or name a folder on another disk."
        )


def course_wheel(folder: Path) -> Path:
    """Build the wheel of the course from its checkout, or pack what is installed.

    Parameters
    ----------
    folder : Path
        Empty folder for the wheel.

    Returns
    -------
    Path
        The wheel.

    Raises
    ------
    BundleError
        If it cannot be built.
    """
    source = checkout()
    if source is None:
        try:
            return repack(distribution(DISTRIBUTION), folder)
        except PackageNotFoundError:
            raise BundleError("lstm-course is not installed: install it with pip.") from None
    # With the build tool at hand, no network is needed for it.
    here = ["--no-build-isolation"] if find_spec("hatchling") else []
    run_pip("wheel", "--no-deps", *here, "--wheel-dir", str(folder), str(source))
    [wheel] = folder.glob("lstm_course-*.whl")
    return wheel


def _write_constraints(path: Path, wheels: list[Path]) -> None:
    pairs = (wheel.name.split("-")[:2] for wheel in wheels)
    lines = sorted(f"{name}=={version}\n" for name, version in pairs)
    path.write_text("".join(lines), encoding="utf-8")


def _try_out(folder: Path) -> None:
    """Let pip solve for the course with nothing but the kit."""
    run_pip(
        *("install", "--dry-run", "--ignore-installed", "--no-index", "--quiet"),
        *("--find-links", str(folder / "wheels")),
        *("--constraint", str(folder / "constraints.txt")),
        *(f"{DISTRIBUTION}=={__version__}", "pip"),
        environment={"PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": "", "PIP_NO_INDEX": "1"},
    )


def _unpacked(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as archive:
        return sum(entry.file_size for entry in archive.infolist())
