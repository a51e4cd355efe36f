"""Read a notebook file that anybody may have written, as plain data."""

import json
from pathlib import Path
from typing import Any

__all__ = ["LARGEST_FILE", "NotebookError", "parse_notebook", "read_notebook"]

LARGEST_FILE = 16 * 2**20
"""Bytes of the largest notebook that is read; one without outputs has some 100 kB.

JSON that is made for it takes 25 times its size in memory."""


class NotebookError(ValueError):
    """A file that cannot be read as a notebook; the message says why in one sentence."""


def read_notebook(path: Path) -> dict[str, Any]:
    """Read a notebook file as plain data, checking no more than is needed.

    Parameters
    ----------
    path : Path
        A notebook, format 3 or 4.

    Returns
    -------
    dict
        The notebook; its cells are under ``"cells"`` whichever format it has.

    Raises
    ------
    NotebookError
        If the file is empty, too large, not UTF-8, not JSON, or no notebook.
    OSError
        If it cannot be opened.
    """
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise NotebookError(_too_large(path.name, size))
    return parse_notebook(path.read_bytes(), path.name)


def parse_notebook(content: bytes, name: str) -> dict[str, Any]:
    """Read the bytes of a notebook as plain data.

    Parameters
    ----------
    content : bytes
        What stands in the file.
    name : str
        What to call it in a message.

    Returns
    -------
    dict
        As `read_notebook` returns it.

    Raises
    ------
    NotebookError
        If it is empty, too large, not UTF-8, not JSON, or no notebook.
    """
    if len(content) > LARGEST_FILE:
        raise NotebookError(_too_large(name, len(content)))
    try:
        notebook = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise NotebookError(f"{name} is not UTF-8 text, so it is no notebook.") from None
    except (ValueError, RecursionError):
        problem = "is not JSON" if content else "is empty"
        raise NotebookError(f"{name} {problem}, so it is no notebook.") from None
    if isinstance(notebook, dict) and isinstance(notebook.get("worksheets"), list):
        lists = [sheet.get("cells") for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        notebook["cells"] = [cell for cells in lists if isinstance(cells, list) for cell in cells]
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise NotebookError(f"{name} is JSON without a list of cells, so it is no notebook.")
    return notebook


def _too_large(name: str, size: int) -> str:
    return (
        f"{name} has {size / 2**20:.0f} MB, expected at most {LARGEST_FILE // 2**20} MB; "
        "clear its outputs and save it again."
    )
