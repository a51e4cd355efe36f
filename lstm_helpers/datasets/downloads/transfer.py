"""Bringing a file here: whole or not at all, checked, in several attempts, with a progress bar.

Written on requests, which is installed with TensorFlow. A library that does all of this (pooch)
would be one more dependency for two files; it also repeats what cannot succeed, such as an address
that does not exist, and its pauses cannot be set.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn
from urllib.parse import urlsplit

from lstm_helpers.datasets.base import DatasetError
from lstm_helpers.datasets.downloads.attempts import Patience, TransferError, in_attempts
from lstm_helpers.datasets.downloads.cache import new_file, refuse_or_warn
from lstm_helpers.watched import is_watched

if TYPE_CHECKING:
    import requests

CHUNK = 64 * 1024  # bytes
TEMPORARY_STATUS = (408, 425, 429, 500, 502, 503, 504)
"""What a server answers when another attempt may succeed."""


class RemoteFile(NamedTuple):
    """A file that somebody else publishes.

    Attributes
    ----------
    name : str
        What it is called here.
    url : str
        Where it is.
    size : int
        In bytes.
    algorithm : str
        How its checksum is made: a name that `hashlib` knows, such as ``"sha256"``.
    checksum : str
        In hexadecimal digits, as its makers publish it.
    """

    name: str
    url: str
    size: int
    algorithm: str
    checksum: str


def fetch(
    file: RemoteFile, folder: Path, call: str, download: bool, patience: Patience, progress: bool
) -> Path:
    """Find a file in the cache or, if allowed, bring it there.

    Parameters
    ----------
    file : RemoteFile
        What to fetch.
    folder : Path
        The cache.
    call : str
        The call that downloads, to be named in messages, such as ``"load_imdb(download=True)"``.
    download : bool
        False: nothing is fetched.
    patience : Patience
        How long to try.
    progress : bool
        False: no progress bar.

    Returns
    -------
    Path
        The file, which has the right checksum.

    Raises
    ------
    DatasetError
        If the file is not in the cache or damaged and nothing may be fetched, or if it cannot be
        fetched.

    Warns
    -----
    UserWarning
        If what was in the cache was not the file, and is fetched anew.
    """
    path = folder / file.name
    if path.is_file():
        wrong = _what_is_wrong(path, file)
        if not wrong:
            return path
        refuse_or_warn(path, wrong, call, download)
    elif not download:
        raise DatasetError(
            f"{file.name} is not on this computer (looked in {folder}); call {call}, which "
            f"fetches {file.size / 1e6:.0f} MB from {urlsplit(file.url).hostname} and keeps them"
        )
    in_attempts(
        lambda: _transfer(file, path, patience.timeout, progress),
        patience,
        f"{file.name} could not be fetched from {urlsplit(file.url).netloc}",
    )
    return path


@contextmanager
def bar(label: str, total: int, unit: str, progress: bool) -> Iterator[Any]:
    """Show how much has come.

    Parameters
    ----------
    label : str
        What stands in front.
    total : int
        How much is expected.
    unit : str
        Of what.
    progress : bool
        False: no bar; there is none either where nobody would see it.

    Yields
    ------
    tqdm
        Call its ``update`` with what came.
    """
    from tqdm.auto import tqdm

    shown = progress and is_watched()
    with tqdm(
        total=total, desc=label, unit=unit, unit_scale=total > 1000, disable=not shown
    ) as shown_bar:
        yield shown_bar


def _transfer(file: RemoteFile, path: Path, timeout: float, progress: bool) -> None:
    """Fetch, check, and only then put in place."""
    import requests

    digest = hashlib.new(file.algorithm, usedforsecurity=False)
    came = 0
    with new_file(path) as target, bar(file.name, file.size, "B", progress) as shown:
        try:
            with requests.get(file.url, stream=True, timeout=timeout) as answer:
                answer.raise_for_status()
                for chunk in answer.iter_content(CHUNK):
                    target.write(chunk)
                    digest.update(chunk)
                    came += len(chunk)
                    shown.update(len(chunk))
        except requests.RequestException as error:
            _explain(error, file, timeout)
        if digest.hexdigest() != file.checksum:
            raise TransferError(
                f"what came ({came:,} bytes, {file.algorithm} {digest.hexdigest()[:12]}…) is not "
                f"the file that was published ({file.size:,} bytes, {file.checksum[:12]}…); some "
                "networks answer with a page of their own until you log in"
            )


def _explain(error: requests.RequestException, file: RemoteFile, timeout: float) -> NoReturn:
    """Say in words what went wrong, and whether another attempt makes sense."""
    import requests
    from urllib3.exceptions import ReadTimeoutError

    cause = error.args[0] if error.args else None
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        if status not in TEMPORARY_STATUS:
            raise DatasetError(
                f"{file.name} could not be fetched: {file.url} answered with status {status}; "
                "expected 200: the file may have moved, so look for a newer version of the course"
            ) from error
        raise TransferError(f"the server answered with status {status}") from error
    if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
        raise TransferError(f"the server was silent for {timeout:g} seconds") from error
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        raise TransferError("the connection broke before all had come") from error
    raise TransferError(f"there is no connection to it ({type(error).__name__})") from error


def _what_is_wrong(path: Path, file: RemoteFile) -> str:
    """Compare with the published checksum; "" if it is the file."""
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(
                stream, lambda: hashlib.new(file.algorithm, usedforsecurity=False)
            )
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    found = digest.hexdigest()
    if found == file.checksum:
        return ""
    size = path.stat().st_size
    return (
        f"it has {size:,} bytes and the {file.algorithm} {found[:12]}…, expected {file.size:,} and "
        f"{file.checksum[:12]}…"
    )
