"""Waiting for a JupyterLab that was started with its output in a file."""

import re
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import urlsplit

START_SECONDS = 120


def wait_for_address(server: subprocess.Popen[bytes], log: Path) -> str:
    """Return the address with its token, once somebody answers there.

    Jupyter Server says where it listens a moment before it does.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        text = log.read_text(encoding="utf-8", errors="replace")
        found = re.search(r"http://127\.0\.0\.1:\d+/\S*token=\w+", text)
        if found and answers(found.group()):
            return found.group()
        assert server.poll() is None, f"`lstm-course lab` ended by itself:\n{text}"
        time.sleep(0.2)
    raise AssertionError(f"`lstm-course lab` did not answer in {START_SECONDS} s:\n{text}")


def answers(address: str) -> bool:
    parts = urlsplit(address)
    try:
        socket.create_connection((parts.hostname, parts.port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True
