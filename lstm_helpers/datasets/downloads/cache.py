"""Where downloads are kept: whole files, written in one step, reported when damaged."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import platformdirs

from lstm_helpers.datasets.base import DatasetError


def cache_folder(chosen: str | Path | None = None) -> Path:
    """Where downloads are kept.

    Parameters
    ----------
    chosen : str or Path, optional
        A folder of your own; without it, the one that the system has for such files.

    Returns
    -------
    Path
        The folder, which may not exist yet.

    Examples
    --------
    >>> cache_folder("downloads").name
    'downloads'
    """
    if chosen is not None:
        return Path(chosen).expanduser()
    return platformdirs.user_cache_path("lstm-course", appauthor=False)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Write a file that nobody ever sees half of.

    It is written beside its place and put there at the end, in one step. If anything goes wrong
    before, the place is as it was.

    Parameters
    ----------
    path : Path
        Its place; the folder is made.

    Yields
    ------
    file
        To write bytes into.

    Raises
    ------
    DatasetError
        If the folder or the file cannot be written.

    Examples
    --------
    >>> with new_file(Path("folder", "new.txt")) as file:
    ...     _ = file.write(b"whole")
    >>> Path("folder", "new.txt").read_text()
    'whole'
    """
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f"{path.name}-", suffix=".part", delete=False
        ) as file:
            part = Path(file.name)
            yield file
        part.replace(path)
    except OSError as error:
        raise DatasetError(
            f"cannot write {path.name} into {path.parent} ({error.strerror or error}); expected a "
            "folder with room that can be written to: name another one with cache=..."
        ) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)


def refuse_or_warn(path: Path, what: str, call: str, download: bool) -> None:
    """Report that a file in the cache is damaged: an error, or a warning if it is fetched anew.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What is wrong with it.
    call : str
        The call that downloads.
    download : bool
        Whether it will be fetched anew.

    Raises
    ------
    DatasetError
        If it will not.
    """
    sentence = f"{path} is damaged or another file: {what}"
    if not download:
        raise DatasetError(f"{sentence}; call {call}, which fetches it anew")
    warnings.warn(f"{sentence}; it is fetched anew", UserWarning, stacklevel=4)
