"""``lstm-course build``: make the notebooks from the lessons, in a source checkout."""

from pathlib import Path

from lstm_helpers.commands.errors import CommandError, WrongUseError

__all__ = ["run"]


def run(*, check_only: bool) -> int:
    """Build ``course/`` and ``solutions/``, or compare them with what would be built.

    Parameters
    ----------
    check_only : bool
        Whether to write nothing.

    Returns
    -------
    int
        0 if all is well; 1 if `check_only` found differences.

    Raises
    ------
    CommandError
        If a lesson breaks a rule: one line for each fault, with file and line.
    WrongUseError
        If there are no lessons here.
    """
    from lstm_helpers.authoring import LessonError, build, check

    root = _root()
    folders = (root / "lessons", root / "course", root / "solutions")
    try:
        if not check_only:
            for path in build(*folders):
                print(f"{path.relative_to(root).as_posix()} written")
        differences = check(*folders)  # after a build: notebooks that come from no lesson
    except LessonError as error:
        raise CommandError(str(error)) from None
    for difference in differences:
        print(difference)
    if not differences:
        print("course/ and solutions/ are what the lessons build.")
    return 1 if differences else 0


def _root() -> Path:
    """Find the checkout: the nearest folder at or above this one that has ``lessons/``."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "lessons").is_dir() and (folder / "pyproject.toml").is_file():
            return folder
    raise WrongUseError("There is no folder lessons/ here; run this in a checkout of the course.")
