"""An installed package as a wheel again.

A wheel is a zip file of what it installs, and ``RECORD`` lists what was installed, with the SHA-256
of each file. What pip adds (bytecode, start scripts, notes on where it came from) is left out; pip
makes it anew. Packages that put files elsewhere than beside the code are refused.
"""

import base64
import csv
import hashlib
import io
import re
import zipfile
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

from lstm_helpers.workshop.bundle_files.errors import BundleError

__all__ = ["repack"]

ADDED_BY_PIP = {"INSTALLER", "REQUESTED", "RECORD", "direct_url.json"}
EPOCH = (1980, 1, 1, 0, 0, 0)


def repack(package: Distribution, folder: Path) -> Path:
    """Write the wheel of an installed package.

    Parameters
    ----------
    package : Distribution
        The package, as :func:`importlib.metadata.distribution` finds it.
    folder : Path
        Folder for the wheel; must exist.

    Returns
    -------
    Path
        The wheel.

    Raises
    ------
    BundleError
        If a file is missing or has been changed since it was installed, or if the package was not
        installed from a wheel.
    """
    name, version = package.metadata["Name"], package.version
    again = f"install {name} {version} again"
    recorded, tags = package.read_text("RECORD"), _tags(package.read_text("WHEEL") or "")
    if recorded is None or not tags:
        raise BundleError(
            f"{name} {version} was not installed from a wheel, so none can be made of it: {again}."
        )
    wheel = folder / f"{re.sub(r'[-_.]+', '_', name)}-{version}-{tags}.whl"
    lines: list[tuple[str, str, str]] = []
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, digest, _size in csv.reader(io.StringIO(recorded)):
            if not _belongs(path, package):
                continue
            file = Path(str(package.locate_file(path)))
            try:
                content, mode = file.read_bytes(), file.stat().st_mode
            except FileNotFoundError:
                raise BundleError(f"{path} of {name} {version} is missing: {again}.") from None
            found = _digest(content)
            if digest and digest != found:
                raise BundleError(f"{path} was changed after it was installed: {again}.")
            archive.writestr(_entry(path, executable=bool(mode & 0o100)), content)
            lines.append((path, found, str(len(content))))
        record = next(str(PurePosixPath(p).parent) for p, *_ in lines if p.endswith("/METADATA"))
        table = io.StringIO()
        csv.writer(table, lineterminator="\n").writerows([*lines, (f"{record}/RECORD", "", "")])
        archive.writestr(_entry(f"{record}/RECORD"), table.getvalue())
    return wheel


def _belongs(path: str, package: Distribution) -> bool:
    """Say whether a wheel holds a file that is installed; refuse what cannot be put back."""
    parts = PurePosixPath(path).parts
    if parts[0] == ".." or PurePosixPath(path).is_absolute():
        started = {entry.name for entry in package.entry_points if "scripts" in entry.group}
        script = parts[-1].removesuffix(".exe")
        # Of its own scripts pip makes one with the number of Python, such as pip3.11.
        if {script, script.rstrip("0123456789.")} & started and parts[-2] in ("bin", "Scripts"):
            return False
        raise BundleError(
            f"{package.metadata['Name']} installed {path} outside its own folder, "
            "so no wheel can be made of it."
        )
    if path.endswith(".pyc"):
        return False
    return not (parts[0].endswith(".dist-info") and parts[-1] in ADDED_BY_PIP and len(parts) == 2)


def _tags(description: str) -> str:
    """Read the last part of a wheel's name from its file ``WHEEL``, as in ``py3-none-any``."""
    tags = [line.split(":", 1)[1].strip() for line in description.splitlines() if "Tag:" in line]
    columns = zip(*(tag.split("-") for tag in tags), strict=True)
    return "-".join(".".join(sorted(set(column))) for column in columns)


def _digest(content: bytes) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest())
    return f"sha256={digest.decode().rstrip('=')}"


def _entry(path: str, *, executable: bool = False) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(path, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (0o100755 if executable else 0o100644) << 16
    return entry
