"""The wheels that a package needs, fetched by pip one group after the other.

Nothing has to be solved: ``constraints.txt`` says the version of each package. What the first wheel
needs is read from its own metadata, then what those need, and so on. Each wheel is put in place in
one step once it is whole, so an interrupted run goes on with those that are not there yet.
"""

import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from email.parser import HeaderParser
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.tags import sys_tags
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from lstm_helpers.workshop.bundle_files.errors import BundleError
from lstm_helpers.workshop.bundle_files.repack import repack

__all__ = ["Fetcher", "metadata_of", "read_pins", "run_pip"]

AT_ONCE = 8
"""How many packages pip gets in one call; a kill loses no more than these."""

MB = 10**6


def read_pins(constraints: str) -> dict[str, str]:
    """Read a file of constraints.

    Parameters
    ----------
    constraints : str
        Lines such as ``torch==2.13.0``; what follows ``#`` is a comment.

    Returns
    -------
    dict of str to str
        Version by name, names as the package index writes them.

    Raises
    ------
    BundleError
        If a line pins nothing.

    Examples
    --------
    >>> read_pins("# tested\\nJinja2==3.1.6\\n")
    {'jinja2': '3.1.6'}
    """
    pins = {}
    for line in constraints.splitlines():
        text = line.split("#")[0].strip()
        name, equals, version = text.partition("==")
        if text and not equals:
            raise BundleError(f"constraints.txt: {text!r} is not NAME==VERSION.")
        if text:
            pins[str(canonicalize_name(name))] = version
    return pins


def metadata_of(wheel: Path) -> tuple[str, str, list[Requirement]]:
    """Read what a wheel is, and what it needs.

    Parameters
    ----------
    wheel : Path
        The file.

    Returns
    -------
    tuple of str, str and list of Requirement
        Name as the package index writes it, version, and what it needs.

    Raises
    ------
    BundleError
        If the file is not a wheel.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            [inside] = [
                name
                for name in archive.namelist()
                if name.endswith(".dist-info/METADATA") and name.count("/") == 1
            ]
            told = HeaderParser().parsestr(archive.read(inside).decode("utf-8"))
    except (zipfile.BadZipFile, ValueError):
        raise BundleError(f"{wheel.name} is not a wheel, or it is damaged: delete it.") from None
    needed = [Requirement(line) for line in told.get_all("Requires-Dist", [])]
    return canonicalize_name(told["Name"]), told["Version"], needed


def run_pip(*words: str, environment: Mapping[str, str] | None = None) -> None:
    """Run pip in this Python.

    Parameters
    ----------
    *words : str
        What follows ``pip``.
    environment : mapping of str to str, optional
        Environment variables that differ from those of this process.

    Raises
    ------
    BundleError
        If pip ends with an error: with its last words.
    """
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", *words]
    done = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in lines if line.startswith("ERROR:")] or lines
        last = errors[-1].removeprefix("ERROR:").strip() if errors else "it said nothing"
        raise BundleError(f"pip could not do it: {last.rstrip('.')}.")


class Fetcher:
    """Fetch into one folder.

    Parameters
    ----------
    folder : Path
        Folder of the wheels.
    partial : Path
        Folder for what is not whole yet, on the same disk.
    pins : mapping of str to str
        Version by name.
    torch_index : str or None
        Package index to take PyTorch from, if not from the usual one.
    say : callable
        Gets a sentence on each step.
    arrived : callable
        Gets each wheel that is in place.
    """

    def __init__(
        self,
        folder: Path,
        partial: Path,
        pins: Mapping[str, str],
        *,
        torch_index: str | None,
        say: Callable[[str], None],
        arrived: Callable[[Path], None],
    ) -> None:
        self.folder, self.partial, self.pins = folder, partial, pins
        self.torch_index, self.say, self.arrived = torch_index, say, arrived
        self.have: dict[str, Path] = {}
        self.bytes = 0

    def fetch(self, first: Path, whole: Iterable[Path]) -> list[Path]:
        """Fetch all that a wheel needs on this machine.

        Parameters
        ----------
        first : Path
            The wheel, in the folder.
        whole : iterable of Path
            Wheels that an earlier run left, known to be undamaged.

        Returns
        -------
        list of Path
            All wheels, the first one included.

        Raises
        ------
        BundleError
            If pip cannot get one.
        """
        left = {str(parse_wheel_filename(path.name)[0]): path for path in whole}
        done: dict[str, set[str]] = {}  # by name: for which extras its needs have been read
        self._keep(metadata_of(first)[0], first)
        todo = [Requirement(metadata_of(first)[0]), Requirement("pip")]
        while todo:
            missing: dict[str, Requirement] = {}
            for requirement in todo:
                name = str(canonicalize_name(requirement.name))
                if name not in self.have:
                    wanted = self._exact(requirement)
                    if name in missing:
                        wanted.specifier &= missing[name].specifier
                    missing[name] = wanted
            for name in [name for name in missing if _fits(left.get(name), missing[name])]:
                self._keep(name, left[name])
                del missing[name]
            self._get(missing)
            todo = [deeper for requirement in todo for deeper in self._needs(requirement, done)]
        return list(self.have.values())

    def _needs(self, requirement: Requirement, done: dict[str, set[str]]) -> list[Requirement]:
        """Say what a package needs that has not been looked at with these extras."""
        name = str(canonicalize_name(requirement.name))
        fresh = ({""} | requirement.extras) - done.setdefault(name, set())
        done[name] |= fresh
        if not fresh:
            return []
        return [
            needed
            for needed in metadata_of(self.have[name])[2]
            if needed.marker is None or any(needed.marker.evaluate({"extra": e}) for e in fresh)
        ]

    def _exact(self, requirement: Requirement) -> Requirement:
        """Ask for the pinned version; of PyTorch for the build installed here, if one for CPUs."""
        name = str(canonicalize_name(requirement.name))
        pin = self.pins.get(name)
        if pin is None:
            return Requirement(f"{requirement.name}{requirement.specifier}")
        if name == "torch" and self.torch_index is None:
            pin = _local_build(name, pin)
        return Requirement(f"{requirement.name}=={pin}")

    def _get(self, missing: dict[str, Requirement]) -> None:
        """Let pip fetch some packages, PyTorch by itself."""
        others = [requirement for name, requirement in missing.items() if name != "torch"]
        for start in range(0, len(others), AT_ONCE):
            group = others[start : start + AT_ONCE]
            self.say(f"Fetching {', '.join(requirement.name for requirement in group)}")
            self._pip_wheel(group)
        if "torch" in missing:
            self._get_torch(missing["torch"])

    def _get_torch(self, requirement: Requirement) -> None:
        wanted = str(requirement)
        self.say(f"Fetching {wanted}")
        if self.torch_index is not None:
            self._pip_wheel([requirement], "--index-url", self.torch_index)
            return
        if "+" in wanted:
            try:
                self._pip_wheel([requirement])
            except BundleError:
                self.say("pip finds no such build: it is packed from this environment.")
                self._place(repack(distribution("torch"), self.partial))
            return
        if platform.system() == "Linux":
            self.say(
                "This build may bring several gigabytes of CUDA libraries, which the course does "
                "not need; --torch-index ADDRESS takes PyTorch from an index of CPU builds."
            )
        self._pip_wheel([requirement])

    def _pip_wheel(self, group: list[Requirement], *options: str) -> None:
        scratch = str(self.partial)
        run_pip(
            *("wheel", "--no-deps", "--wheel-dir", scratch, *options),
            *map(str, group),
            environment={"TMPDIR": scratch, "TEMP": scratch, "TMP": scratch},
        )
        for path in sorted(self.partial.glob("*.whl")):
            self._place(path)

    def _place(self, path: Path) -> None:
        final = self.folder / path.name
        path.replace(final)
        self.arrived(final)
        self._keep(metadata_of(final)[0], final)

    def _keep(self, name: str, path: Path) -> None:
        self.have[name] = path
        self.bytes += path.stat().st_size
        self.say(f"  {path.name}: {len(self.have)} wheels, {self.bytes / MB:,.0f} MB")


def _fits(wheel: Path | None, requirement: Requirement) -> bool:
    """Say whether a wheel that is there already is the one that is wanted."""
    if wheel is None:
        return False
    _name, version, _build, tags = parse_wheel_filename(wheel.name)
    return requirement.specifier.contains(version, prereleases=True) and not tags.isdisjoint(
        sys_tags()
    )


def _local_build(name: str, pin: str) -> str:
    """Name the installed build of a version, as in ``2.13.0+cpu``, if it is one of the CPU."""
    try:
        installed = Version(distribution(name).version)
    except PackageNotFoundError:
        return pin
    return str(installed) if installed.public == pin and installed.local == "cpu" else pin
