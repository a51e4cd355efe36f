"""JupyterLab as `lstm-course lab` starts it, and Chromium in front of it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_steps import Lab, Listener, save_screenshot
from playwright.sync_api import Browser, Page, sync_playwright

from tests.lab_server import wait_for_address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.fail(
            "The browser tests need Chromium, and there is none on the PATH: install it, on Debian "
            "with `apt-get install chromium`."
        )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            # No sandbox, because continuous integration may run as root; nothing is fetched from
            # outside, because tests need no network.
            args=["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start the server on a free port, in an empty folder and for a user without settings."""
    home = tmp_path_factory.mktemp("home")
    folder = home / "lstm-course"
    log = home / "server.log"
    command = Path(sys.executable).with_name("lstm-course")
    mine = {"HOME": str(home), "IPYTHONDIR": str(home / "ipython"), "PYTHONUNBUFFERED": "1"}
    for name in ("CONFIG", "DATA", "RUNTIME"):
        mine[f"JUPYTER_{name}_DIR"] = str(home / name.lower())
    hide_nbgrader(home / "config")
    others = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "LSTM_"))}
    with log.open("wb") as output:
        server = subprocess.Popen(
            [command, "lab", folder, "--port", "0", "--no-browser"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=others | mine,
            cwd=home,
            start_new_session=True,
        )
        try:
            yield Lab(wait_for_address(server, log), folder, log)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait()


def hide_nbgrader(config: Path) -> None:
    """Show what a learner sees: nbgrader's panels come with the test tools only."""
    parts = ("assignment_list", "course_list", "formgrader", "validate_assignment")
    server = {f"nbgrader.server_extensions.{part}": False for part in parts}
    files = {
        "jupyter_server_config.json": {"ServerApp": {"jpserver_extensions": server}},
        "labconfig/page_config.json": {"disabledExtensions": {"@jupyter/nbgrader": True}},
    }
    for name, content in files.items():
        (config / name).parent.mkdir(parents=True, exist_ok=True)
        (config / name).write_text(json.dumps(content), encoding="utf-8")


@pytest.fixture
def page(browser: Browser, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Open a page; the test fails if the browser, the server or a kernel complains."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    listener = Listener(page)
    before = len(lab.complaints())
    yield page
    save_screenshot(page, f"{request.node.name}-end")
    context.close()
    assert listener.complaints == []
    assert lab.complaints()[before:] == []
