"""`lstm-course board`: what it prints, how it stops, and that nothing is lost meanwhile."""

import asyncio
import importlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from lstm_helpers.commands import board as command
from lstm_helpers.commands.errors import CommandError, WrongUseError
from lstm_helpers.workshop.board import serve

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
PROGRAM = (
    "import sys; from pathlib import Path; from lstm_helpers.commands import board;"
    " board.run(Path(sys.argv[1]), '127.0.0.1', 0, new='--new' in sys.argv)"
)


@contextmanager
def started(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the command as a process of its own; give it and what it printed."""
    log = folder.with_name("board.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, str(folder), *words],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + 60
        while "Stop it with" not in (text := log.read_text(encoding="utf-8")):
            assert process.poll() is None, text
            assert time.monotonic() < deadline, text
            time.sleep(0.05)
        yield process, text
    finally:
        process.kill()
        process.wait(30)


def links(text: str) -> tuple[str, str]:
    (projector,) = re.findall(r"http://\S+/\?code=\S+", text)
    (instructor,) = re.findall(r"http://\S+/instructor\?key=\S+", text)
    return projector, instructor


def test_it_prints_all_that_a_room_needs_and_stops_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "board"
    with started(folder) as (process, text):
        projector, instructor = links(text)
        address, code = projector.split("/?code=")
        assert "    from lstm_helpers.notebook import join, raise_hand\n" in text
        assert f'    join("{address}", "{code}", "nickname")\n' in text
        assert " ".join(code) in text
        assert str(folder) in text
        assert "End and delete" in requests.get(instructor, timeout=30).text
        browser = requests.Session()
        page = browser.get(projector, timeout=30).text
        assert code in page
        assert address in page
        assert "from lstm_helpers.notebook import join, raise_hand" in page
        assert f"join(&#34;{address}&#34;, &#34;{code}&#34;, &#34;nickname&#34;)" in page
        stream = browser.get(f"{address}/api/stream", stream=True, timeout=30)
        process.send_signal(signal.SIGINT)
        # A page that looks on does not keep it from stopping.
        assert process.wait(30) == 0
        stream.close()
    log = folder.with_name("board.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
    assert "has stopped" in log
    assert [file.name for file in folder.iterdir()] == ["board.sqlite"]
    with started(folder) as (_, again):
        assert links(again)[0].endswith(code)
        assert links(again)[1].partition("?")[2] == instructor.partition("?")[2]
    with started(folder, "--new") as (_, new):
        assert "is deleted" in new
        assert not links(new)[0].endswith(code)


def test_a_port_that_is_taken_and_a_folder_that_is_none(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=rf"^Port {port} of .* --port\.$"):
            command.run(tmp_path, "127.0.0.1", port, new=False)
    for host in ("999.1.1.1", "192.0.2.7"):
        said = rf"^{re.escape(host)} is no address of this machine \([^()]*\): .* --host"
        with pytest.raises(WrongUseError, match=said):
            command.run(tmp_path, host, 0, new=False)
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(WrongUseError, match="is a file"):
        command.run(file, "127.0.0.1", 0, new=False)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "lstm_helpers.workshop.board.serve", None)
    monkeypatch.delattr("lstm_helpers.workshop.board.serve")
    with pytest.raises(CommandError, match=r"lstm-course\[workshop\]"):
        command.run(tmp_path, "127.0.0.1", 0, new=False)


def test_the_addresses_are_this_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def address(text: str) -> object:
        return type("Address", (), {"family": socket.AF_INET, "address": text})

    up, down = type("Up", (), {"isup": True}), type("Down", (), {"isup": False})
    monkeypatch.setattr(
        serve.psutil,
        "net_if_addrs",
        lambda: {
            "lo": [address("127.0.0.1")],
            "docker0": [address("172.17.0.1")],
            "eth0": [address("10.0.0.5")],
            "wlan0": [address("10.0.1.7")],
            "usb0": [address("169.254.3.4")],
        },
    )
    names = {"lo": up, "docker0": up, "eth0": up, "wlan0": down, "usb0": up}
    monkeypatch.setattr(serve.psutil, "net_if_stats", lambda: names)
    found = ["http://10.0.0.5:80", "http://172.17.0.1:80"]
    assert serve.addresses("0.0.0.0", 80) == found
    assert serve.addresses("10.0.1.7", 80) == ["http://10.0.1.7:80"]
    assert serve.addresses("::1", 80) == ["http://[::1]:80"]
    monkeypatch.setattr(serve.psutil, "net_if_stats", dict)
    assert serve.addresses("0.0.0.0", 80) == ["http://127.0.0.1:80"]


def test_nothing_is_lost_when_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The benchmark, small: learners send, the server is killed, every event is there once."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    bench = importlib.import_module("board")
    run = asyncio.run(bench.load(tmp_path, seconds=4, learners=12, rate=25, kills=1))
    sent = sum(len(learner.begun) for learner in run.learners)
    assert sent == 100
    assert len(run.downtimes) == 1
    assert (run.lost, run.twice, run.kept, run.on_page) == (0, 0, sent, sent)
    assert run.failures > 0  # some did meet the dead server
    bench.report(run)
    assert "Nothing was lost." in capsys.readouterr().out
