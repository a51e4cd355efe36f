"""Where notebooks, guides and tested versions are: in the installed package, or in the repository.

A wheel carries them in ``lstm_helpers/_notebooks`` and ``lstm_helpers/_pages``; a source checkout
has ``course/``, ``solutions/``, ``docs/`` and ``constraints.txt`` beside the package. Standard
library only.
"""

import json
from pathlib import Path
from typing import Literal

__all__ = ["checkout", "constraints_file", "docs_folder", "notebooks_folder", "solution_source"]

_PACKAGE = Path(__file__).resolve().parent


def notebooks_folder(kind: Literal["course", "solutions"]) -> Path:
    """Find the folder of built notebooks.

    Parameters
    ----------
    kind : {"course", "solutions"}
        The learners' or the instructors' copies.

    Returns
    -------
    Path
        A folder with files ``NN_name.ipynb``. Do not write into it.

    Raises
    ------
    FileNotFoundError
        If neither the package nor a source checkout around it has notebooks.

    Examples
    --------
    >>> notebooks_folder("course").name
    'course'
    """
    if kind not in ("course", "solutions"):
        raise ValueError(f"kind must be 'course' or 'solutions'; got {kind!r}.")
    for folder in (_PACKAGE / "_notebooks" / kind, _PACKAGE.parent / kind):
        if any(folder.glob("[0-9][0-9]_*.ipynb")):
            return folder
    raise FileNotFoundError(
        f"There are no {kind} notebooks: in a source checkout run `lstm-course build`, "
        "otherwise install lstm-course again."
    )


def checkout() -> Path | None:
    """Find the source checkout that this package runs from.

    Returns
    -------
    Path or None
        Folder of ``pyproject.toml``; None where the package was installed from a wheel.

    Examples
    --------
    >>> root = checkout()
    >>> root is None or (root / "pyproject.toml").is_file()
    True
    """
    root = _PACKAGE.parent
    return root if (root / "pyproject.toml").is_file() and (root / "lessons").is_dir() else None


def constraints_file() -> Path:
    """Find the versions that were tested.

    Returns
    -------
    Path
        The file ``constraints.txt``.

    Raises
    ------
    FileNotFoundError
        If neither the package nor a source checkout around it has one.

    Examples
    --------
    >>> constraints_file().name
    'constraints.txt'
    """
    return _carried("constraints.txt")


def docs_folder() -> Path:
    """Find the guides for learners, instructors and authors.

    Returns
    -------
    Path
        A folder of Markdown files. Do not write into it.

    Raises
    ------
    FileNotFoundError
        If neither the package nor a source checkout around it has them.

    Examples
    --------
    >>> (docs_folder() / "learners.md").is_file()
    True
    """
    return _carried("docs")


def _carried(name: str) -> Path:
    for place in (_PACKAGE / "_pages" / name, _PACKAGE.parent / name):
        if place.exists():
            return place
    raise FileNotFoundError(f"The course has lost its {name}: install lstm-course again.")


def solution_source(name: str) -> str:
    """Get the course's solution of an exercise, as it stands in the instructor's notebook.

    Parameters
    ----------
    name : str
        Name of the exercise.

    Returns
    -------
    str
        Python source of its cell.

    Raises
    ------
    LookupError
        If no notebook solves an exercise of that name.
    FileNotFoundError
        If there are no notebooks.
    """
    for path in sorted(notebooks_folder("solutions").glob("[0-9][0-9]_*.ipynb")):
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            if cell["metadata"].get("lstm_helpers", {}).get("exercise") == name:
                source = cell["source"]
                return source if isinstance(source, str) else "".join(source)
    raise LookupError(f"No notebook in solutions/ solves an exercise called {name!r}.")
