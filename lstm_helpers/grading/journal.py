"""What has been graded so far, kept on disk line by line: a run that is killed can go on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lstm_helpers.grading.collect import Submission
from lstm_helpers.grading.marks import Mark

__all__ = ["Journal", "JournalError"]

NAME = "journal.jsonl"


class JournalError(ValueError):
    """The folder of the report cannot be used; the message says why and what to do."""


class Journal:
    """The marks of a run, one line for each submission.

    Parameters
    ----------
    folder : Path
        Of the report; made if it does not exist.
    settings : dict
        Everything that marks depend on, the seed included.
    resume : bool
        Whether to go on with what is there. The seed is then taken from there.

    Raises
    ------
    JournalError
        If there is a report already and it is not to be resumed, if there is none to resume, or it
        was made with other settings.
    """

    def __init__(self, folder: Path, settings: dict[str, Any], resume: bool) -> None:
        self.path = folder / NAME
        self._known: dict[str, list[Mark]] = {}
        if resume:
            self.settings = self._read(settings)
        else:
            if folder.exists() and not folder.is_dir():
                raise JournalError(f"{folder} is a file; give a new folder for the report")
            if folder.exists() and any(folder.iterdir()):
                raise JournalError(
                    f"{folder} is not empty; give another folder for the report, or --resume to go "
                    "on with the run that wrote it"
                )
            folder.mkdir(parents=True, exist_ok=True)
            self.settings = settings
            self._append({"settings": settings})

    def marks(self, submission: Submission, content: bytes) -> list[Mark] | None:
        """Look up what a submission got.

        Parameters
        ----------
        submission : Submission
            Which.
        content : bytes
            What it holds now.

        Returns
        -------
        list of Mark or None
            None if it was not graded yet, or had other content then.
        """
        return self._known.get(_key(submission, content))

    def add(self, submission: Submission, content: bytes, marks: list[Mark]) -> None:
        """Keep what a submission got; on disk when this returns.

        Parameters
        ----------
        submission : Submission
            Which.
        content : bytes
            What it holds.
        marks : list of Mark
            Its marks.
        """
        key = _key(submission, content)
        self._known[key] = marks
        self._append({"key": key, "marks": [mark.as_dict() for mark in marks]})

    def _append(self, entry: dict[str, Any]) -> None:
        with self.path.open("ab") as file:
            file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self, settings: dict[str, Any]) -> dict[str, Any]:
        entries = list(self._entries())
        if not entries or "settings" not in entries[0]:
            raise JournalError(
                f"{self.path.parent} holds no run that was begun; leave out --resume to start one"
            )
        kept: dict[str, Any] = entries[0]["settings"]
        for name, value in settings.items():
            if name != "seed" and kept.get(name) != value:
                raise JournalError(
                    f"the run in {self.path.parent} was begun with {name} = {kept.get(name)!r}, "
                    f"this one has {value!r}; give the same, or another folder"
                )
        for entry in entries[1:]:
            self._known[entry["key"]] = [Mark(**mark) for mark in entry["marks"]]
        return kept

    def _entries(self) -> Iterator[dict[str, Any]]:
        """Whole lines; the last may have been cut off by a kill, and is taken away."""
        if not self.path.is_file():
            return
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
        for line in whole.splitlines():
            yield json.loads(line)


def _key(submission: Submission, content: bytes) -> str:
    name = submission.name.encode("utf-8", "surrogateescape")
    return hashlib.sha256(b"%d:%s" % (len(name), name) + content).hexdigest()
