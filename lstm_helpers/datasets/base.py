"""What all loaders share: finding a file inside an installed package, and saying what it holds.

Packages are never imported, only located: importing one for the sake of a data file can take
seconds and run anything. Standard library only.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path


class DatasetError(RuntimeError):
    """Data cannot be loaded; the message says why and what to do."""


@dataclass(frozen=True)
class About:
    """Where data come from and what is known of them.

    Parameters
    ----------
    title : str
        What the data are, in a few words.
    description : str
        What was measured, where, by whom.
    columns : mapping of str to str
        Unit and meaning of each column.
    period : str
        First and last time, or "" where there is no time.
    rows : int
        Number of rows.
    package, version : str
        The installed package that carries the data.
    licence : str
        Under which the package is distributed.
    source : str
        Where to read more.
    faults : tuple of str
        What is known to be wrong or missing.
    """

    title: str
    description: str
    columns: Mapping[str, str]
    period: str
    rows: int
    package: str
    version: str
    licence: str
    source: str
    faults: tuple[str, ...]

    def __str__(self) -> str:
        width = max(len(name) for name in self.columns)
        period = f", {self.period}" if self.period else ""
        return "\n".join(
            [
                self.title,
                _wrapped(self.description),
                f"{self.rows:,} rows{period}",
                *(f"  {name:<{width}}  {unit}" for name, unit in self.columns.items()),
                _wrapped(f"From {self.package} {self.version} ({self.licence}). {self.source}"),
                "Known faults:",
                *(_wrapped(f"- {fault}") for fault in self.faults),
            ]
        )


def package_version(package: str) -> str:
    """Version of an installed package.

    Parameters
    ----------
    package : str
        Its name, such as ``"spotpy"``.

    Returns
    -------
    str
        The version.

    Raises
    ------
    DatasetError
        If it is not installed.

    Examples
    --------
    >>> package_version("numpy")[0] in "23"
    True
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        raise DatasetError(_not_installed(package)) from None


def find_package_file(package: str, relative: str) -> Path:
    """Find a file inside an installed package, without importing it.

    Parameters
    ----------
    package : str
        Name under which the package is imported; a top-level one.
    relative : str
        Path inside the package, with forward slashes.

    Returns
    -------
    Path
        The file, which exists.

    Raises
    ------
    DatasetError
        If the package is not installed or has no such file.

    Examples
    --------
    >>> find_package_file("numpy", "version.py").name
    'version.py'
    """
    spec = util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise DatasetError(_not_installed(package))
    for folder in spec.submodule_search_locations:
        path = Path(folder, *relative.split("/"))
        if path.is_file():
            return path
    raise DatasetError(
        f"the package {package} has no file {relative}, which this course reads; expected it "
        f"{_in_version(package)}: run `python -m pip install --force-reinstall {package}`"
    )


def _wrapped(text: str) -> str:
    return textwrap.fill(text, width=88, subsequent_indent="  ")


def _not_installed(package: str) -> str:
    return (
        f"the package {package}, which carries the data, is not installed; run "
        f"`python -m pip install {package}` in the course's environment"
    )


def _in_version(package: str) -> str:
    try:
        return f"in {package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return "in the package"
