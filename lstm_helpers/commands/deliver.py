"""Bring the lessons into a learner's working folder, and never lose what the learner wrote.

``.lstm-course/delivered.json`` keeps the SHA-256 of each version of a notebook that was delivered.
A notebook that still equals one of them is replaced by a newer version. Any other is the
learner's: it stays, and a newer version lands beside it, once. Every file is written under another
name first and then put in place in one step, so a kill at any moment leaves whole files.
"""

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from lstm_helpers.commands.errors import WrongUseError

__all__ = ["COURSE_FOLDER", "Delivery", "deliver", "refuse_to_overwrite", "write_atomically"]

COURSE_FOLDER = ".lstm-course"
RECORD = "delivered.json"
FIRST_BYTES = 1000  # of a file; a page that a command wrote names the command there

_Record = dict[str, dict[str, list[str]]]  # "delivered" and "offered": hashes by notebook


class Delivery(NamedTuple):
    """What happened to one notebook.

    Attributes
    ----------
    name : str
        File name of the notebook.
    action : {"new", "again", "current", "updated", "kept", "beside"}
        What was done.
    sentence : str
        The same in words.
    """

    name: str
    action: str
    sentence: str


def deliver(source: Path, folder: Path) -> list[Delivery]:
    """Copy each notebook that is missing or can be brought up to date.

    Parameters
    ----------
    source : Path
        Folder of the course's notebooks.
    folder : Path
        The learner's working folder; made if it does not exist.

    Returns
    -------
    list of Delivery
        One for each notebook in `source`, in order.

    Raises
    ------
    OSError
        If something cannot be read or written.
    """
    record_path = folder / COURSE_FOLDER / RECORD
    record_path.parent.mkdir(parents=True, exist_ok=True)
    record = _read_record(record_path)
    deliveries = []
    for path in sorted(source.glob("[0-9][0-9]_*.ipynb")):
        content = path.read_bytes()
        delivery, target = _decide(path.name, hashlib.sha256(content).hexdigest(), folder, record)
        deliveries.append(delivery)
        if target is None:
            continue
        # Written down first: should this be killed in between, the file is known as ours.
        kind = "offered" if delivery.action == "beside" else "delivered"
        hashes = record[kind].setdefault(path.name, [])
        hashes.append(hashlib.sha256(content).hexdigest())
        if kind == "delivered":
            _write_record(record_path, record)
        if delivery.action != "current" and not (kind == "offered" and target.exists()):
            write_atomically(target, content, scratch=record_path.parent)
        if kind == "offered":  # only now: an update that never arrived is offered once more
            _write_record(record_path, record)
    return deliveries


def write_atomically(path: Path, content: bytes, scratch: Path | None = None) -> None:
    """Write a file so that it is, at every moment, wholly old or wholly new.

    Parameters
    ----------
    path : Path
        The file.
    content : bytes
        What it shall hold.
    scratch : Path, optional
        Folder for the unfinished file, on the same file system; by default that of `path`.

    Raises
    ------
    OSError
        If it cannot be written; the old file is then as it was. It names the file itself.
    """
    unfinished = (scratch or path.parent) / f".{path.name}.{os.getpid()}.new"
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException as error:
        with suppress(OSError):
            unfinished.unlink()
        if isinstance(error, OSError):
            error.filename, error.filename2 = str(path), None
        raise


def refuse_to_overwrite(path: Path, command: str, *, force: bool = False) -> None:
    """Refuse, before any work is done, to write where something else is or nothing can be.

    Parameters
    ----------
    path : Path
        The file that is to be written.
    command : str
        Which command writes it, such as ``"slides"``. A page whose beginning names it as its
        generator was written by it and may be replaced; a table names nobody.
    force : bool, optional
        Whether any file may be replaced.

    Raises
    ------
    WrongUseError
        If the path is a folder, its own folder does not exist, or a file is there that this
        command did not write.
    """
    if path.is_dir():
        raise WrongUseError(f"{path} is a folder; give --out the name of a file.")
    if not path.parent.is_dir():
        raise WrongUseError(f"There is no folder {path.parent}; make it first.")
    if force or not path.exists():
        return
    with path.open("rb") as file:
        beginning = file.read(FIRST_BYTES)
    if f'name="generator" content="lstm-course {command}"'.encode() not in beginning:
        raise WrongUseError(
            f"{path} is there already, and `lstm-course {command}` cannot tell that it wrote it; "
            "give --out another name, or --force to overwrite it."
        )


def _decide(name: str, new: str, folder: Path, record: _Record) -> tuple[Delivery, Path | None]:
    """Say what to do with one notebook, and which file of ours is new, if any."""
    path = folder / name
    delivered = record["delivered"].get(name, [])
    if not path.exists():
        if delivered:
            return Delivery(name, "again", f"{name} was missing; it is delivered again."), path
        return Delivery(name, "new", f"{name} is new."), path
    present = hashlib.sha256(path.read_bytes()).hexdigest()
    if present == new:
        target = None if new in delivered else path  # not written, only to be recorded
        return Delivery(name, "current", f"{name} is up to date."), target
    if present in delivered:
        sentence = f"{name} was as delivered; it is now the newer version."
        return Delivery(name, "updated", sentence), path
    if new in (*delivered, *record["offered"].get(name, [])):
        return Delivery(name, "kept", f"{name} has your work in it; it stays as it is."), None
    beside = path.with_name(f"{path.stem}.update-{new[:8]}.ipynb")
    sentence = f"{name} has your work in it and stays; the newer version is {beside.name}."
    return Delivery(name, "beside", sentence), beside


def _read_record(path: Path) -> _Record:
    """Read what was delivered; an unreadable record counts as empty, which overwrites nothing."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        read = None
    record: _Record = {"delivered": {}, "offered": {}}
    for kind, names in record.items():
        found = read.get(kind) if isinstance(read, dict) else None
        for name, hashes in found.items() if isinstance(found, dict) else ():
            if isinstance(hashes, list):
                names[name] = [value for value in hashes if isinstance(value, str)]
    return record


def _write_record(path: Path, record: _Record) -> None:
    write_atomically(path, json.dumps(record, indent=1, sort_keys=True).encode())
