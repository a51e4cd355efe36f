"""An installed package as a wheel again: the same content, or a sentence."""

import hashlib
import subprocess
import sys
import zipfile
from importlib.metadata import distributions
from pathlib import Path

import pytest

from lstm_helpers.workshop.bundle_files.errors import BundleError
from lstm_helpers.workshop.bundle_files.repack import repack
from tests.workshop import tiny


@pytest.fixture
def wheel(tmp_path):
    """Have a wheel with a command."""
    (tmp_path / "source").mkdir()
    return tiny.wheel(tmp_path / "source", "some-thing", "1.5", script="def main(): pass")


@pytest.fixture
def environment(wheel, tmp_path):
    """Have it installed, with bytecode and a start script."""
    folder = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    pip = [sys.executable, "-m", "pip", "--python", folder, "--quiet", "install", "--no-index"]
    subprocess.run([*pip, wheel], check=True)
    assert list(folder.glob("bin/some-thing"))
    return folder


def installed(environment: Path):
    [site] = environment.glob("lib/*/site-packages")
    [found] = distributions(path=[str(site)])
    return found


def content(wheel: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_is_what_was_installed(environment, wheel, tmp_path):
    (tmp_path / "again").mkdir()
    again = repack(installed(environment), tmp_path / "again")
    assert again.name == wheel.name
    record = "some_thing-1.5.dist-info/RECORD"
    before, after = content(wheel), content(again)
    lines = after.pop(record).decode().splitlines()
    assert after == {name: text for name, text in before.items() if name != record}
    assert len(lines) == len(before)
    assert lines[-1] == f"{record},,"

    pip = [sys.executable, "-m", "pip", "--python", environment, "--quiet", "install"]
    subprocess.run([*pip, "--no-index", "--force-reinstall", again], check=True)
    assert subprocess.run([environment / "bin" / "some-thing"], check=False).returncode == 0


def test_the_same_bytes_each_time(environment, tmp_path):
    digests = set()
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        again = repack(installed(environment), tmp_path / name)
        digests.add(hashlib.sha256(again.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_what_may_be_run_stays_so(environment, tmp_path):
    [program] = environment.glob("lib/*/site-packages/some_thing/data.txt")
    program.chmod(0o755)
    with zipfile.ZipFile(repack(installed(environment), tmp_path)) as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
    assert modes["some_thing/data.txt"] == 0o100755
    assert modes["some_thing/__init__.py"] == 0o100644


def test_a_changed_or_missing_file_is_named(environment, tmp_path):
    [path] = environment.glob("lib/*/site-packages/some_thing/data.txt")
    path.write_text("changed", encoding="utf-8")
    with pytest.raises(BundleError, match=r"data.txt was changed after it was installed"):
        repack(installed(environment), tmp_path)
    path.unlink()
    with pytest.raises(BundleError, match=r"data.txt of some-thing 1.5 is missing: install some"):
        repack(installed(environment), tmp_path)


def test_what_cannot_be_put_back_is_refused(environment, tmp_path):
    [record] = environment.glob("lib/*/site-packages/*.dist-info/RECORD")
    text = record.read_text(encoding="utf-8")
    record.write_text(f"{text}../../../share/settings.json,,\n", encoding="utf-8")
    with pytest.raises(BundleError, match=r"some-thing installed .*settings.json outside its own"):
        repack(installed(environment), tmp_path)
    record.unlink()
    with pytest.raises(BundleError, match=r"some-thing 1.5 was not installed from a wheel"):
        repack(installed(environment), tmp_path)
