"""A JupyterHub with the configuration of deploy/: two learners, each in a browser of her own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest
import requests
from lab_steps import (
    Lab,
    Listener,
    code_cell,
    expect_no_errors,
    menu,
    notebook,
    save_screenshot,
    wait_until_idle,
    write,
)
from playwright.sync_api import Browser, Page, expect

from lstm_helpers.bundled import notebooks_folder
from lstm_helpers.notebook.store import table

pytestmark = pytest.mark.browser

REPOSITORY = Path(__file__).resolve().parents[2]
LEARNERS = ("ada", "grace")
PASSWORD = "for-this-test-only"
START_SECONDS = 120
WRONG_SIGN = "def sigmoid(x):\n    return 1 / (1 + np.exp(x))\n"
RIGHT = """def sigmoid(x):
    x = np.asarray(x, dtype=float)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))
"""
CONFIG = """
load_subconfig({common!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{public}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{internal}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.JupyterHub.authenticator_class = "shared-password"
c.SharedPasswordAuthenticator.user_password = {password!r}
c.Authenticator.allowed_users = {learners!r}
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r}
"""
EXPECTED = (
    # This hub listens on this machine only, and its browsers run on it.
    "Running JupyterHub without SSL",
    # nbgrader comes with the test tools only.
    "No nbgrader_config.py file found",
    # JupyterHub sets a template folder for the classic notebook, which nobody opens here.
    "'extra_template_paths' was found in both",
    # JupyterHub says so of each websocket, whose request it has checked by other means.
    "Skipping XSRF check for insecure request GET",
    # As a busy machine may be; the hub goes on waiting.
    "is slow to become responsive",
    # Kernels say so when a server is stopped under them, as at the end of these tests.
    "Parent appears to have exited",
    # What the hub has to refuse, which is tried here.
    "Failed login for",
    "XSRF error on login form",
    "403 GET /user/ada/",
    "403 POST /hub/login",
    "wrote error: 'Forbidden'",
)
"""Parts of the log's warnings that are no fault of the course's, each with its reason."""


class Hub(NamedTuple):
    """A running hub."""

    address: str
    folder: Path  # of the hub's own files; the learners' homes are in it
    log: Path
    process: psutil.Process

    def course(self, learner: str) -> Path:
        """Return the learner's working folder."""
        return self.folder / "homes" / learner / "lstm-course"

    def kernels(self) -> list[psutil.Process]:
        """Return the kernels of all learners."""
        children = self.process.children(recursive=True)
        return [child for child in children if "ipykernel_launcher" in child.cmdline()]


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """Start a hub on free ports, in an empty folder; afterwards nothing of it is left running."""
    if shutil.which("configurable-http-proxy") is None:
        pytest.fail(
            "The hub's test needs configurable-http-proxy, and there is none on the PATH: install "
            "it, on Debian with `apt-get install node-configurable-http-proxy`."
        )
    folder = tmp_path_factory.mktemp("hub")
    programs = folder / "bin"
    programs.mkdir()
    shutil.copy(REPOSITORY / "deploy/start_singleuser.py", programs / "lstm-course-singleuser")
    public, internal, api = free_ports(3)
    config = folder / "jupyterhub_config.py"
    config.write_text(
        CONFIG.format(
            common=str(REPOSITORY / "deploy/jupyterhub_config.py"),
            public=public,
            internal=internal,
            api=api,
            password=PASSWORD,
            learners=set(LEARNERS),
            homes=str(folder / "homes" / "{username}"),
        ),
        encoding="utf-8",
    )
    log = folder / "hub.log"
    others = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "LSTM_"))}
    mine = {
        "HOME": str(folder),
        "PATH": os.pathsep.join(
            [str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]
        ),
        # Where Debian keeps Node's packages; a Node that is not Debian's does not look there.
        "NODE_PATH": os.pathsep.join(
            [*filter(None, [os.environ.get("NODE_PATH")]), "/usr/share/nodejs"]
        ),
    }
    with log.open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "--config", config],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=others | mine,
            cwd=folder,
            start_new_session=True,
        )
    hub = Hub(f"http://127.0.0.1:{public}/", folder, log, psutil.Process(started.pid))
    try:
        wait_until_it_runs(started, hub.log)
        yield hub
    finally:
        left = stop(started, hub)
    assert left == [], f"see {log}"


def wait_until_it_runs(started: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        text = log.read_text(encoding="utf-8", errors="replace")
        if "JupyterHub is now running at" in text:
            return
        assert started.poll() is None, f"the hub ended by itself:\n{text}"
        time.sleep(0.2)
    raise AssertionError(f"no hub in {START_SECONDS} s:\n{text}")


def stop(started: subprocess.Popen[bytes], hub: Hub) -> list[str]:
    """End the hub with all that it started; return what did not end by itself."""
    children = hub.process.children(recursive=True) if started.poll() is None else []
    started.send_signal(signal.SIGTERM)
    try:
        started.wait(60)  # it waits for servers, and these for kernels
    except subprocess.TimeoutExpired:
        started.kill()
        started.wait()
    _, left = psutil.wait_procs(children, 10)
    names = [" ".join(child.cmdline()) for child in left]
    for child in left:
        child.kill()
    return names


def log_in(page: Page, hub: Hub, learner: str, password: str = PASSWORD) -> None:
    """Fill the hub's form; the learner's own server starts if the password is right."""
    page.goto(hub.address)
    page.locator("#username_input").fill(learner)
    page.locator("#password_input").fill(password)
    page.locator("#login_submit").click()


def answer(page: Page, source: str, verdict: str) -> None:
    """Write a `sigmoid` into lesson 00, run the lesson, and see what the card says."""
    write(page, code_cell(page, "def sigmoid(x)"), source)
    menu(page, "Run", "Run All Cells")
    card = code_cell(page, "sigmoid = check(sigmoid)").locator(".lstm-card")
    expect(card).to_contain_text(verdict, timeout=START_SECONDS * 1000)
    wait_until_idle(page)
    expect_no_errors(page)
    card.scroll_into_view_if_needed()


def status(hub: Hub, learner: str) -> tuple[str, str | None]:
    [row] = [row for row in table(hub.course(learner)) if row.exercise == "sigmoid"]
    return row.status, row.diagnosis


def test_nobody_gets_in_without_the_password_or_the_form(hub: Hub, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    log_in(page, hub, "ada", "another-password")
    expect(page.locator(".login_error")).to_contain_text("Invalid username or password")
    context.close()
    login = f"{hub.address}hub/login"
    forged = requests.post(login, data={"username": "ada", "password": PASSWORD}, timeout=30)
    assert forged.status_code == 403
    assert "_xsrf" in forged.text
    assert not hub.course("ada").exists()


def test_two_learners_pass_the_first_check_each_with_progress_of_her_own(
    hub: Hub, browser: Browser
) -> None:
    pages = {}
    for learner in LEARNERS:  # both before waiting: their servers start at once
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        pages[learner] = context.new_page()
        pages[learner].set_default_timeout(60_000)
        log_in(pages[learner], hub, learner)
    listeners = {}
    for learner, page in pages.items():
        page.wait_for_url(f"**/user/{learner}/lab/**", timeout=START_SECONDS * 1000)
        listeners[learner] = Listener(page)
        notebook(page).locator(".jp-Notebook").wait_for(timeout=START_SECONDS * 1000)
        wait_until_idle(page)
        expect(page.locator(".lm-TabBar-tab.jp-mod-current")).to_contain_text("00_start_here")

    lessons = sorted(path.name for path in notebooks_folder("course").glob("*.ipynb"))
    for learner in LEARNERS:
        assert sorted(path.name for path in hub.course(learner).glob("*.ipynb")) == lessons

    ada, grace = (pages[learner] for learner in LEARNERS)
    answer(grace, WRONG_SIGN, "Not yet")
    answer(ada, RIGHT, "Passed")
    save_screenshot(ada, "hub-passed")
    assert status(hub, "ada") == ("passed", None)
    assert status(hub, "grace") == ("failed", "sign-of-exponent")
    answer(grace, RIGHT, "Passed")
    assert status(hub, "grace") == ("passed", None)
    kernels = hub.kernels()
    programs = {Path(kernel.cmdline()[0]).parent for kernel in kernels}
    assert programs == {Path(sys.executable).parent}  # one environment for all
    homes = sorted(kernel.environ()["LSTM_COURSE_HOME"] for kernel in kernels)
    assert homes == [str(hub.course(learner)) for learner in LEARNERS]
    assert {learner: seen.complaints for learner, seen in listeners.items()} == {
        learner: [] for learner in LEARNERS
    }

    refused = grace.request.get(f"{hub.address}user/ada/api/contents/00_start_here.ipynb")
    assert refused.status == 403
    for page in pages.values():
        page.context.close()
    log = Lab(hub.address, hub.folder, hub.log).complaints()
    assert [line for line in log if not any(part in line for part in EXPECTED)] == []
