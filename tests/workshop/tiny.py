"""A package index in a folder, small enough to make kits of it in a second.

The packages are real wheels with nothing in them; pip, which a kit brings along, is that of this
environment. ``lstm-course`` needs some of them in the ways in which real packages do.
"""

import base64
import hashlib
import os
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import pytest

from lstm_helpers import __version__
from lstm_helpers.workshop import bundle
from lstm_helpers.workshop.bundle_files.repack import repack

CONSTRAINTS = """\
# tested
alpha==1.0
Beta_Two==2.0
gamma==3.0  # an extra of alpha
torch==2.0
"""
NEEDED = ["alpha", "beta-two", "delta", "gamma", "lstm-course", "pip", "torch"]
"""What a kit of these has; epsilon is for another system, zeta an extra that nobody wants."""


def wheel(folder: Path, name: str, version: str, *needs: str, script: str = "") -> Path:
    """Write a wheel."""
    plain = name.replace("-", "_")
    info = f"{plain}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    for need in needs:
        extra = need.partition("extra ==")[2].strip(" '\"")
        lines += [f"Provides-Extra: {extra}"] if extra else []
        lines.append(f"Requires-Dist: {need}")
    content = {
        f"{plain}/__init__.py": f"{script}\n",
        f"{plain}/data.txt": f"{name} {version}\n" * 200,
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    if script:
        content[f"{info}/entry_points.txt"] = f"[console_scripts]\n{name} = {plain}:main\n"
    lines = [f"{path},{_digest(text)},{len(text)}" for path, text in content.items()]
    record = "\n".join([*lines, f"{info}/RECORD,,", ""])
    path = folder / f"{plain}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inside, text in [*content.items(), (f"{info}/RECORD", record)]:
            archive.writestr(inside, text)
    return path


def _digest(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
    return f"sha256={digest.decode().rstrip('=')}"


def course_wheel(folder: Path) -> Path:
    """Write what stands for the wheel of the course; its command says what it was asked."""
    script = "def main():\n    import sys\n    print('lstm-course', *sys.argv[1:])"
    needs = (
        *("alpha[more]>=0.5", "beta.two", "torch>=1"),
        *("epsilon; sys_platform == 'another'", "zeta; extra == 'unwanted'"),
    )
    return wheel(folder, "lstm-course", __version__, *needs, script=script)


def surroundings(patch: pytest.MonkeyPatch, folder: Path) -> Path:
    """Have a package index in a folder, a course that needs little, and no way to any other."""
    packages = index(folder / "index")
    constraints = folder / "constraints.txt"
    constraints.write_text(CONSTRAINTS, encoding="utf-8")
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        patch.delenv(name)
    patch.setenv("PIP_CONFIG_FILE", os.devnull)
    patch.setenv("PIP_NO_INDEX", "1")
    patch.setenv("PIP_FIND_LINKS", str(packages))
    patch.setattr(bundle, "constraints_file", lambda: constraints)
    patch.setattr(bundle, "course_wheel", course_wheel)
    return packages


def index(folder: Path) -> Path:
    """Fill a folder with packages."""
    folder.mkdir()
    wheel(folder, "alpha", "1.0", "gamma>=2; extra == 'more'", "delta<5")
    wheel(folder, "alpha", "9.0", "nowhere")  # newer than what was tested
    wheel(folder, "beta-two", "2.0", "alpha")
    wheel(folder, "gamma", "3.0", "beta-two")
    wheel(folder, "delta", "4.0")  # no constraint: of those that will do, the newest
    wheel(folder, "delta", "4.5")
    wheel(folder, "delta", "5.0")
    wheel(folder, "torch", "2.0")
    wheel(folder, "epsilon", "1.0")
    wheel(folder, "zeta", "1.0")
    repack(distribution("pip"), folder)
    return folder
