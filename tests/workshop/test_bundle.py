"""Making an offline kit: what it holds, and what happens when it cannot be made."""

import json
import shutil
import signal
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.utils import parse_wheel_filename

from lstm_helpers.commands import bundle as command
from lstm_helpers.commands.errors import CommandError, WrongUseError
from lstm_helpers.workshop import bundle
from lstm_helpers.workshop.bundle_files import wheels
from lstm_helpers.workshop.bundle_files.errors import BundleError, ForeignFolderError
from tests.workshop import tiny

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture
def packages(tmp_path, monkeypatch):
    """Have a package index in a folder, and no way to any other."""
    return tiny.surroundings(monkeypatch, tmp_path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Make a kit with solutions."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        tiny.surroundings(patch, folder)
        bundle.make_kit(folder / "a kit", solutions=True, say=lambda _sentence: None)
    return folder / "a kit"


@pytest.fixture
def kit(finished, tmp_path):
    """Have a kit of one's own."""
    return shutil.copytree(finished, tmp_path / "a kit")


def make(folder: Path, **options) -> list[str]:
    said: list[str] = []
    bundle.make_kit(folder, say=said.append, **options)
    return said


def packages_of(kit: Path) -> dict[str, str]:
    names = [parse_wheel_filename(path.name) for path in (kit / "wheels").iterdir()]
    return {str(name): str(version) for name, version, *_ in names}


def manifest_of(kit: Path) -> dict:
    return json.loads((kit / "manifest.json").read_text(encoding="utf-8"))


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_it_holds_what_is_needed_in_the_tested_versions_and_nothing_else(finished):
    found = packages_of(finished)
    assert sorted(found) == tiny.NEEDED
    assert (found["alpha"], found["beta-two"], found["delta"]) == ("1.0", "2.0", "4.5")
    told = (finished / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert "alpha==1.0" in told
    assert len(told) == len(found) == manifest_of(finished)["packages"]
    assert not (finished / ".partial").exists()


def test_it_holds_notebooks_guides_and_installers_for_this_python(finished):
    for name, source in (("course", "course"), ("solutions", "solutions"), ("guide", "docs")):
        ours = {p: t for p, t in tree(REPOSITORY / source).items() if "/." not in f"/{p}"}
        assert tree(finished / name) == ours
    assert not (finished / "slides").exists()
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    for name in ("README.txt", "install.sh", "install.bat"):
        text = (finished / name).read_bytes()
        assert python.encode() in text
        assert b"@" not in text.replace(b"@echo off", b"").replace(b'"$@"', b"")
        assert (b"\r\n" in text) == (name != "install.sh")


def test_the_manifest_names_every_file(finished):
    manifest = manifest_of(finished)
    assert manifest["finished"] is True
    assert sorted(manifest["files"]) == sorted(set(tree(finished)) - {"manifest.json"})
    sizes = {name: entry["size"] for name, entry in manifest["files"].items()}
    assert sizes == {name: (finished / name).stat().st_size for name in sizes}


def test_slides_of_a_lesson(packages, kit):
    said = make(kit, slides=["00"])
    assert "Making the slides of lesson 00: its notebook runs" in said
    page = (kit / "slides" / "00_slides_no_notes.html").read_text(encoding="utf-8")
    assert "<html" in page
    assert "Answers to the predictions" not in page
    assert "slides/00_slides_no_notes.html" in manifest_of(kit)["files"]


def test_a_second_run_fetches_nothing_and_leaves_nothing_that_is_not_wanted(packages, kit):
    tiny.wheel(kit / "wheels", "left", "1.0")
    shutil.rmtree(packages)
    packages.mkdir()
    said = make(kit)
    assert not [sentence for sentence in said if sentence.startswith("Fetching")]
    assert sorted(packages_of(kit)) == tiny.NEEDED
    assert not (kit / "solutions").exists()  # not asked for this time
    assert not [name for name in manifest_of(kit)["files"] if name.startswith("solutions/")]


def test_it_goes_on_after_a_kill(packages, tmp_path):
    kit = tmp_path / "kit"
    program = f"""
import os, pathlib, signal
from tests.workshop import tiny
from lstm_helpers.workshop import bundle
bundle.constraints_file = lambda: pathlib.Path({str(tmp_path / "constraints.txt")!r})
bundle.course_wheel = tiny.course_wheel
def say(sentence):
    if sentence.startswith("Fetching torch"):
        os.kill(os.getpid(), signal.SIGKILL)
bundle.make_kit(pathlib.Path({str(kit)!r}), say=say)
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, check=False)
    assert killed.returncode == -signal.SIGKILL
    there = packages_of(kit)
    assert "alpha" in there
    assert "torch" not in there
    assert manifest_of(kit)["finished"] is False
    for name in there:
        for path in packages.glob(f"{name.replace('-', '_')}-*"):
            path.unlink()
    said = make(kit)
    fetched = ", ".join(text for text in said if text.startswith("Fetching"))
    assert "torch" in fetched
    assert "alpha" not in fetched
    assert sorted(packages_of(kit)) == tiny.NEEDED
    assert manifest_of(kit)["finished"] is True


def test_a_damaged_wheel_is_fetched_again(packages, kit):
    [path] = (kit / "wheels").glob("beta_two-*")
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    said = make(kit)
    assert [text for text in said if text.startswith("Fetching")] == ["Fetching beta.two"]
    assert path.read_bytes() == (packages / path.name).read_bytes()


def test_a_full_disk_is_said_before_anything_is_written(packages, tmp_path, monkeypatch):
    full = SimpleNamespace(total=10**9, used=10**9 - 7 * 10**6, free=7 * 10**6)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: full)
    with pytest.raises(BundleError, match=r"needs 1,500 MB in .*kit, but 7 MB are free: free some"):
        make(tmp_path / "deep" / "kit")
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize("content", [None, "{}", '{"finished": true, "files": {}}', "[1]"])
def test_a_folder_with_something_else_is_left_alone(packages, tmp_path, content):
    folder = tmp_path / "photographs"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"...")
    if content is not None:
        (folder / "manifest.json").write_text(content, encoding="utf-8")
    before = tree(folder)
    with pytest.raises(ForeignFolderError, match="has not made: name a folder that is new"):
        make(folder)
    assert tree(folder) == before
    with pytest.raises(ForeignFolderError, match="is a file: name a folder"):
        make(folder / "holiday.jpg")


def test_a_kit_for_another_python_is_left_alone(kit):
    other = manifest_of(kit) | {"python": "3.99", "system": "Plan 9", "machine": "vax"}
    (kit / "manifest.json").write_text(json.dumps(other), encoding="utf-8")
    before = tree(kit)
    with pytest.raises(
        ForeignFolderError, match=r"a kit for Plan 9 vax with Python 3\.99, but this is .*Python 3"
    ):
        make(kit)
    assert tree(kit) == before


def test_a_package_that_pip_cannot_get_is_named(packages, tmp_path):
    (packages / "gamma-3.0-py3-none-any.whl").unlink()
    with pytest.raises(BundleError, match=r"^pip could not do it: .*gamma==3\.0.*\.$"):
        make(tmp_path / "kit")


def test_what_does_not_fit_together_is_found_before_the_stick_leaves(packages, tmp_path):
    tiny.wheel(packages, "gamma", "3.0", "delta<4.2")  # 4.5 is what alpha led to
    with pytest.raises(BundleError, match=r"^pip could not do it: .*\.$"):
        make(tmp_path / "kit")
    assert manifest_of(tmp_path / "kit")["finished"] is False


def test_constraints_that_pin_nothing_are_refused():
    with pytest.raises(BundleError, match=r"'numpy>=2' is not NAME==VERSION"):
        wheels.read_pins("alpha==1.0\nnumpy>=2\n")


class TestPyTorch:
    """On Linux the package index has a build with gigabytes of CUDA."""

    @pytest.fixture
    def installed(self, tmp_path, monkeypatch):
        """Have a build for CPUs in this environment."""
        source, site = tmp_path / "source", tmp_path / "site"
        source.mkdir()
        built = tiny.wheel(source, "torch", "2.0+cpu")
        words = ["install", "--no-deps", "--no-index", "--target", str(site), str(built)]
        subprocess.run([sys.executable, "-m", "pip", "--quiet", *words], check=True)
        [found] = distributions(path=[str(site)])
        monkeypatch.setattr(wheels, "distribution", lambda name: {"torch": found}[name])

    def test_the_build_of_this_environment_is_fetched(self, packages, installed, tmp_path):
        tiny.wheel(packages, "torch", "2.0+cpu")
        make(tmp_path / "kit")
        assert packages_of(tmp_path / "kit")["torch"] == "2.0+cpu"

    def test_or_packed_where_the_index_has_none(self, packages, installed, tmp_path):
        kit = tmp_path / "kit"
        said = make(kit)
        assert "pip finds no such build: it is packed from this environment." in said
        assert packages_of(kit)["torch"] == "2.0+cpu"
        assert "torch==2.0+cpu" in (kit / "constraints.txt").read_text(encoding="utf-8")

    def test_another_version_than_the_tested_one_is_not_taken(
        self, packages, installed, tmp_path, monkeypatch
    ):
        text = tiny.CONSTRAINTS.replace("torch==2.0", "torch==2.1")
        (tmp_path / "constraints.txt").write_text(text, encoding="utf-8")
        tiny.wheel(packages, "torch", "2.1")
        monkeypatch.setattr(wheels.platform, "system", lambda: "Linux")
        said = make(tmp_path / "kit")
        assert packages_of(tmp_path / "kit")["torch"] == "2.1"
        assert any("gigabytes of CUDA" in sentence for sentence in said)

    def test_an_index_that_is_named_is_used(self, packages, tmp_path, monkeypatch):
        (packages / "torch-2.0-py3-none-any.whl").unlink()
        simple = tmp_path / "simple" / "torch"
        simple.mkdir(parents=True)
        wheel = tiny.wheel(simple, "torch", "2.0+cpu")
        page = f'<!DOCTYPE html><html><body><a href="{wheel.name}">{wheel.name}</a></body></html>'
        (simple / "index.html").write_text(page, encoding="utf-8")
        monkeypatch.delenv("PIP_NO_INDEX")
        monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "nowhere").as_uri())
        make(tmp_path / "kit", torch_index=simple.parent.as_uri())
        assert packages_of(tmp_path / "kit")["torch"] == "2.0+cpu"


class TestCommand:
    def run(self, folder, *, slides=None):
        return command.run(folder, solutions=False, slides=slides, torch_index=None)

    def test_it_says_what_was_made(self, packages, kit, capsys):
        assert self.run(kit) == 0
        told = capsys.readouterr().out
        assert f"The kit is complete: {len(tiny.NEEDED)} wheels, " in told
        assert "It has no slides: `--slides 00,03`" in told

    def test_an_unknown_lesson_is_refused_before_anything_is_written(self, tmp_path):
        with pytest.raises(WrongUseError, match="There is no lesson '99': give numbers from 00"):
            self.run(tmp_path / "kit", slides="00,99")
        assert not (tmp_path / "kit").exists()

    def test_failures_are_sentences(self, packages, tmp_path):
        (tmp_path / "file").write_text("", encoding="utf-8")
        with pytest.raises(WrongUseError, match="is a file"):
            self.run(tmp_path / "file")
        (packages / "gamma-3.0-py3-none-any.whl").unlink()
        with pytest.raises(CommandError, match="What has been fetched stays; the same command"):
            self.run(tmp_path / "kit")
