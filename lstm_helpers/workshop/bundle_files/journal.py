"""What belongs to a kit: ``manifest.json``, with the size and the SHA-256 of each file.

It is written from the first wheel on, so that an interrupted run finds what is whole already, and
says ``"finished": true`` only when all is there. The installer refuses any other.
"""

import hashlib
import json
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lstm_helpers import __version__
from lstm_helpers.workshop.bundle_files.errors import ForeignFolderError

__all__ = ["Journal", "platform_of_this_python"]

MANIFEST = "manifest.json"
FRESH = "manifest.new"
KIND = "lstm-course"


class Journal:
    """The manifest of one folder.

    Parameters
    ----------
    folder : Path
        New, empty, or with a kit for this system and this Python.

    Raises
    ------
    ForeignFolderError
        If it is anything else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.files: dict[str, dict[str, Any]] = {}
        self.was_finished = False
        if folder.exists() and not folder.is_dir():
            raise ForeignFolderError(f"{folder} is a file: name a folder that is new or empty.")
        if not folder.is_dir() or {path.name for path in folder.iterdir()} <= {FRESH}:
            return
        here = platform_of_this_python()
        try:
            earlier = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            there = {name: earlier[name] for name in here}
            ours = earlier["kit"] == KIND
            self.files, self.was_finished = dict(earlier["files"]), bool(earlier["finished"])
        except (OSError, ValueError, KeyError, TypeError):
            ours = False
        if not ours:
            raise ForeignFolderError(
                f"{folder} holds something that `lstm-course bundle` has not made: name a folder "
                "that is new or empty."
            )
        if here != there:
            raise ForeignFolderError(
                f"{folder} holds a kit for {_in_words(there)}, but this is {_in_words(here)}: "
                "name another folder."
            )

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry["size"] for entry in self.files.values())

    def whole(self, within: str) -> list[Path]:
        """Find files that are as they were written, and forget the others.

        Parameters
        ----------
        within : str
            Name of a folder of the kit.

        Returns
        -------
        list of Path
            The files.
        """
        found = []
        for name, entry in list(self.files.items()):
            path = self.folder / name
            if not name.startswith(f"{within}/"):
                continue
            if path.is_file() and _described(path) == entry:
                found.append(path)
            else:
                del self.files[name]
        return found

    def add(self, path: Path) -> None:
        """Note a file that is whole now.

        Parameters
        ----------
        path : Path
            The file, in the folder.
        """
        self.files[path.relative_to(self.folder).as_posix()] = _described(path)
        self.write(finished=False)

    def take_stock(self, paths: Iterable[Path]) -> None:
        """Note which files the kit consists of, in place of those noted before.

        Parameters
        ----------
        paths : iterable of Path
            The files; of wheels, what is noted already is kept.
        """
        known, self.files = self.files, {}
        for path in paths:
            name = path.relative_to(self.folder).as_posix()
            wheel = known.get(name) if name.startswith("wheels/") else None
            self.files[name] = wheel or _described(path)

    def write(self, *, finished: bool, **more: Any) -> None:
        """Write the manifest, in one step.

        Parameters
        ----------
        finished : bool
            Whether the kit is complete.
        **more : object
            What else the installer is to know.
        """
        about = {"kit": KIND, "finished": finished, "course": __version__}
        content = {**about, **platform_of_this_python(), **more, "files": self.files}
        fresh = self.folder / FRESH
        fresh.write_text(json.dumps(content, indent=1), encoding="utf-8")
        fresh.replace(self.folder / MANIFEST)


def platform_of_this_python() -> dict[str, str]:
    """Say for what wheels are fetched.

    Returns
    -------
    dict of str to str
        ``python`` (as in ``3.11``), ``implementation``, ``system`` and ``machine``.
    """
    return {
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
        "implementation": platform.python_implementation(),
        "system": platform.system(),
        "machine": platform.machine(),
    }


def _in_words(about: dict[str, str]) -> str:
    return f"{about['system']} {about['machine']} with Python {about['python']}"


def _described(path: Path) -> dict[str, Any]:
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest}
