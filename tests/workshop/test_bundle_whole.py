"""The whole offline kit: made as an instructor makes it, installed as a learner installs it.

Nothing is left out: all packages are fetched, about 1 GB, and installed, about 3.4 GB, in a network
without a way out, where the checkout of the course is hidden too. What was installed then runs.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lstm_helpers.commands import bundle as command

pytestmark = pytest.mark.kit

REPOSITORY = Path(__file__).resolve().parents[2]
RUNS = """\
set -eu
"$1" -c '
import os, socket, sys
with open("/proc/net/route") as table:
    assert len(table.readlines()) == 1, "there is a route"
try:
    socket.create_connection(("192.0.2.1", 443), timeout=10)
except OSError as error:
    print("no way out:", error)
else:
    sys.exit("something answers")
assert os.listdir(sys.argv[1]) == [], "the checkout is to be seen"
' "$4"
sh "$2/install.sh"
bin="$HOME/lstm-course-env/bin"
"$bin/lstm-course" doctor --full
cp "$2/solutions/00_start_here.ipynb" "$HOME"
"$bin/lstm-course" check "$HOME/00_start_here.ipynb"
sh "$HOME/lstm-course-env/start.sh" --no-browser > "$HOME/lab.log" 2>&1 &
"$bin/python" "$3" "$HOME/lab.log"
kill $!
wait $! || true
"""
ASKS = '''\
"""Wait for JupyterLab and ask it for the first lesson."""
import pathlib, re, sys, time, urllib.error, urllib.request

address = re.compile(r"(http://127\\S+?)/lab/\\S*token=(\\w+)")
log, found = pathlib.Path(sys.argv[1]), None
for _ in range(600):
    found = address.search(log.read_text())
    if found:
        break
    time.sleep(0.2)
url, token = found.groups()
for turn in range(600):  # it says where it listens a moment before it does
    try:
        lesson = urllib.request.urlopen(
            f"{url}/api/contents/00_start_here.ipynb?token={token}", timeout=60
        )
        break
    except urllib.error.URLError as error:
        if turn == 599 or not isinstance(error.reason, ConnectionRefusedError):
            raise
        time.sleep(0.2)
print("JupyterLab has", len(lesson.read()), "bytes of lesson 00")
'''


def test_the_course_installs_and_runs_without_network(tmp_path, capsys):
    kit, home = tmp_path / "a stick" / "the kit", tmp_path / "Ada Lovelace"
    home.mkdir()
    started = time.monotonic()
    try:
        command.run(kit, solutions=True, slides=None, torch_index=None)
        made = time.monotonic()
        said = install_and_run(kit, home, tmp_path / "asks.py")
        ended = time.monotonic()
        size = sum(path.stat().st_size for path in kit.rglob("*") if path.is_file())
    finally:
        shutil.rmtree(home / "lstm-course-env", ignore_errors=True)
        shutil.rmtree(kit, ignore_errors=True)
    with capsys.disabled():
        print(
            f"\nkit of {size / 1e6:,.0f} MB made in {made - started:.0f} s, "
            f"installed and run in {ended - made:.0f} s"
        )
    assert "no way out" in said
    assert re.search(r"import torch +│ works", said)
    assert re.search(r"import tensorflow +│ works", said)
    assert "1 of 1 exercises passed" in said
    assert re.search(r"JupyterLab has \d{4,} bytes of lesson 00", said)
    assert (home / "lstm-course" / "00_start_here.ipynb").read_bytes() == (
        REPOSITORY / "course" / "00_start_here.ipynb"
    ).read_bytes()


def install_and_run(kit: Path, home: Path, asks: Path) -> str:
    """Do all that a learner does, with no network, no checkout, and a stick that is read-only."""
    asks.write_text(ASKS, encoding="utf-8")
    python = Path(sys.base_prefix) / "bin" / "python3"
    wall = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(kit), str(kit)]
    wall += ["--tmpfs", str(REPOSITORY), "--chdir", str(home), "--unshare-net"]
    wall += ["--die-with-parent", "--"]
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("JUPYTER", "LSTM_", "PIP_", "PYTHON", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        [*wall, "sh", "-c", RUNS, "sh", str(python), str(kit), str(asks), str(REPOSITORY)],
        env=kept | {"HOME": str(home), "PYTHON": str(python), "COLUMNS": "200"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=1800,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout
