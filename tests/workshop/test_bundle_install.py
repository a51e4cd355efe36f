"""Installing from an offline kit: its own installer, with what goes wrong in a room of thirty."""

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from lstm_helpers import __version__
from lstm_helpers.workshop import bundle
from tests.workshop import tiny

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
NO_WAY_OUT = """\
import socket
with open("/proc/net/route") as table:
    assert len(table.readlines()) == 1, "there is a route"
try:
    socket.create_connection(("192.0.2.1", 443), timeout=10)
except OSError as error:
    print("no way out:", error)
else:
    raise SystemExit("something answers")
"""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Make a kit."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        tiny.surroundings(patch, folder)
        bundle.make_kit(folder / "a kit", say=lambda _sentence: None)
    return folder / "a kit"


@pytest.fixture
def kit(finished, tmp_path):
    """Have a kit of one's own."""
    return shutil.copytree(finished, tmp_path / "a stick" / "the kit")


@pytest.fixture
def home(tmp_path):
    """Have a home folder with a blank in its name."""
    folder = tmp_path / "Ada Lovelace"
    folder.mkdir()
    return folder


def call(*words, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command as somebody else, whose settings of pip would lead it astray."""
    settings = {"PIP_INDEX_URL": "https://192.0.2.1/simple", "PIP_REQUIRE_HASHES": "1"}
    return subprocess.run(
        [str(word) for word in words],
        env=os.environ | settings | {"HOME": str(home), "PYTHON": sys.executable} | variables,
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def within(kit: Path, *words) -> list[str]:
    """Put a command into a network of its own, with the kit mounted read-only."""
    wall = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(kit), str(kit)]
    return [*wall, "--unshare-net", "--die-with-parent", "--", *map(str, words)]


def install_module(kit: Path):
    spec = importlib.util.spec_from_file_location("install", kit / "install.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def change_manifest(kit: Path, **changes) -> None:
    path = kit / "manifest.json"
    read = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(read | changes), encoding="utf-8")


def test_from_a_read_only_stick_without_network(kit, home):
    assert "no way out" in call(*within(kit, sys.executable, "-c", NO_WAY_OUT), home=home).stdout
    writes = call(*within(kit, "touch", kit / "new"), home=home)
    assert "Read-only file system" in writes.stderr

    done = call(*within(kit, "sh", kit / "install.sh"), home=home)
    assert done.returncode == 0, done.stderr
    assert "lstm-course doctor" in done.stdout  # the command of the kit's course has run
    environment = home / "lstm-course-env"
    assert f'sh "{environment / "start.sh"}"' in done.stdout
    names = {path.name for path in (environment / "lib").glob("*/site-packages/*.dist-info")}
    assert {"alpha-1.0.dist-info", f"lstm_course-{__version__}.dist-info"} <= names

    lessons = home / "lstm-course"
    for script in (kit / "start.sh", environment / "start.sh"):
        started = call("sh", script, "--no-browser", home=home)
        assert started.stdout == f"lstm-course lab {lessons} --no-browser\n"
        started = call("sh", script, "my lessons", home=home)
        assert started.stdout == "lstm-course lab my lessons\n"


def test_into_a_folder_of_ones_own_choice_twice(kit, home):
    place = home / "my environment"
    assert call("sh", kit / "install.sh", place, home=home).returncode == 0
    (place / "lstm-course").mkdir()  # `lstm-course lab`, called in here
    (place / "lstm-course" / "00.ipynb").write_text("my work", encoding="utf-8")
    [stale] = (place / "lib").glob("*/site-packages/alpha/data.txt")
    stale.write_text("old", encoding="utf-8")
    assert call("sh", kit / "install.sh", place, home=home).returncode == 0
    assert stale.read_text(encoding="utf-8").startswith("alpha 1.0")
    assert (place / "lstm-course" / "00.ipynb").read_text(encoding="utf-8") == "my work"


def test_damaged_files_are_named_and_nothing_is_installed(kit, home):
    wheels = kit / "wheels"
    flipped, cut, gone = (next(wheels.glob(f"{name}-*")) for name in ("alpha", "gamma", "torch"))
    content = bytearray(flipped.read_bytes())
    content[len(content) // 2] ^= 1
    flipped.write_bytes(content)
    size = cut.stat().st_size
    cut.write_bytes(cut.read_bytes()[:-100])
    gone.unlink()
    (wheels / "beta_two-2.0-py3-none-any.whl").unlink()
    (wheels / "beta_two-2.0-py3-none-any.whl").mkdir()  # cannot be read as a file
    for words in ([], ["--check"]):
        refused = call("sh", kit / "install.sh", *words, home=home)
        assert refused.returncode == 1
        head, *lines = refused.stderr.splitlines()
        assert head.startswith("4 files are damaged; nothing was installed. Copy what is named")
        assert lines[0] == f"  wheels/{flipped.name}: its content has changed"
        assert lines[1].startswith("  wheels/beta_two-2.0-py3-none-any.whl: ")
        assert lines[2] == f"  wheels/{cut.name}: has {size - 100} bytes and should have {size}"
        assert lines[3] == f"  wheels/{gone.name}: is missing"
        assert list(home.iterdir()) == []


def test_a_file_that_the_stick_cannot_read_is_named(kit, monkeypatch):
    module = install_module(kit)
    bad = next((kit / "wheels").glob("alpha-*"))
    opened = Path.open

    def fails(path, *words, **options):
        if path == bad:
            raise OSError(5, "Input/output error")
        return opened(path, *words, **options)

    monkeypatch.setattr(Path, "open", fails)
    with pytest.raises(module.RefusedError, match=r"alpha.*cannot be read \(Input/output error\)"):
        module.check_files(module.read_manifest()["files"])


def test_a_whole_kit_is_said_to_be_whole(kit, home):
    done = call("sh", kit / "install.sh", "--check", home=home)
    assert done.returncode == 0
    assert done.stdout.endswith("Every file is as it was made.\n")
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("content", [None, "{", "[]", '{"files": {}}'])
def test_no_manifest_no_installation(kit, home, content):
    (kit / "manifest.json").unlink()
    if content is not None:
        (kit / "manifest.json").write_text(content, encoding="utf-8")
    refused = call("sh", kit / "install.sh", home=home)
    assert refused.returncode == 1
    assert refused.stderr == "manifest.json is missing or damaged: copy the kit anew.\n"


def test_an_unfinished_kit_is_refused(kit, home):
    change_manifest(kit, finished=False)
    refused = call("sh", kit / "install.sh", home=home)
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "This kit is not complete: `lstm-course bundle`, which made it"
    )


def test_another_python_is_told_which_one_is_needed(kit, home):
    change_manifest(kit, python="3.99")
    refused = call("sh", kit / "install.sh", home=home)
    assert refused.returncode == 1
    found = f"{platform.python_implementation()} {platform.python_version()}"
    assert refused.stderr == (
        f"This kit needs CPython 3.99, but {sys.executable} is {found}: install Python 3.99 and "
        "run `sh install.sh` again.\n"
    )
    change_manifest(kit, system="Plan 9", machine="vax")
    refused = call("sh", kit / "install.sh", home=home)
    here = f"{platform.system()} {platform.machine()}"
    assert refused.stderr.startswith(f"This kit is for Plan 9 vax, but this machine is {here}: ")
    assert list(home.iterdir()) == []


def pretend(folder: Path, name: str, version: tuple[int, int, int]) -> None:
    """Write an interpreter that says it has another version and notes what it was given."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(
        f"""#!/bin/sh
if [ "$1" = -c ]; then
    exec "{sys.executable}" -c "import sys; sys.version_info = {version!r}
$2"
fi
echo "{name} runs $1"
""",
        encoding="utf-8",
    )
    path.chmod(0o755)


def test_the_python_that_fits_is_found(kit, home, tmp_path):
    tools = tmp_path / "tools"
    own = tuple(sys.version_info[:3])
    for tool in ("sh", "dirname"):
        tools.mkdir(exist_ok=True)
        (tools / tool).symlink_to(shutil.which(tool))
    command = [shutil.which("sh"), kit / "install.sh"]
    nothing = {"PYTHON": "", "PATH": str(tools)}

    refused = call(*command, home=home, **nothing)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"There is no Python 3 here: install Python {PYTHON}, then run `sh install.sh` again.\n"
    )
    pretend(tools, "python", (2, 7, 18))
    assert call(*command, home=home, **nothing).stderr == refused.stderr
    pretend(tools, "python3", (3, 9, 1))  # will not do, but can say so
    assert call(*command, home=home, **nothing).stdout == f"python3 runs {kit / 'install.py'}\n"
    pretend(tools, "python", own)
    assert call(*command, home=home, **nothing).stdout == f"python runs {kit / 'install.py'}\n"
    chosen = nothing | {"PYTHON": str(tools / "python3")}  # that one and no other
    assert call(*command, home=home, **chosen).stdout == f"python3 runs {kit / 'install.py'}\n"
    pretend(tools, f"python{PYTHON}", own)
    assert call(*command, home=home, **nothing).stdout.startswith(f"python{PYTHON} runs")


def test_a_full_disk_is_said_before_anything_is_written(kit, home, monkeypatch, capsys):
    module = install_module(kit)
    change_manifest(kit, installed_bytes=3_400_000_000)
    full = SimpleNamespace(total=10**9, used=10**9, free=2_000_000_000)
    monkeypatch.setattr(module.shutil, "disk_usage", lambda _path: full)
    assert module.main([str(home / "environment")]) == 1
    told = capsys.readouterr().err
    assert told.startswith(
        f"The course needs 3.7 GB in {home / 'environment'}, but 2.0 GB are free"
    )
    assert list(home.iterdir()) == []


def test_a_folder_with_something_else_is_left_alone(kit, home):
    (home / "photographs").mkdir()
    (home / "photographs" / "bin").mkdir()
    refused = call("sh", kit / "install.sh", "photographs", home=home)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"{home / 'photographs'} holds something else: name a folder that is new or empty, as in "
        "`sh install.sh FOLDER`.\n"
    )
    assert [path.name for path in (home / "photographs").iterdir()] == ["bin"]
    (home / "file").write_text("", encoding="utf-8")
    refused = call("sh", kit / "install.sh", "file", home=home)
    assert refused.stderr.startswith(f"{home / 'file'} is a file: name a folder")


def test_what_pip_says_reaches_the_learner(kit, home):
    module = install_module(kit)
    change_manifest(kit, course="9.9")
    refused = call("sh", kit / "install.sh", home=home)
    assert refused.returncode == 1
    head, *lines = refused.stderr.splitlines()
    log = home / "lstm-course-env" / "install.log"
    assert head == f"pip could not install the course; all it said is in {log}."
    assert any("lstm-course==9.9" in line for line in lines)
    assert (home / "lstm-course-env" / module.MARK).is_file()  # the next run may clear it
    change_manifest(kit, course=__version__)
    assert call("sh", kit / "install.sh", home=home).returncode == 0


def test_starting_before_installing_is_said(kit, home):
    refused = call("sh", kit / "start.sh", home=home)
    assert refused.returncode == 1
    assert refused.stderr == (
        f"The course is not installed in {home / 'lstm-course-env'}: run `sh install.sh` first.\n"
    )


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["--fast"], 2), (["a", "b"], 2)])
def test_wrong_use_shows_how(kit, capsys, words, code):
    assert install_module(kit).main(words) == code
    assert "python install.py [FOLDER] [--check]" in capsys.readouterr().out
