"""What a person does in JupyterLab, as functions: open, run, write, look."""

from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response, expect

KERNEL_SECONDS = 120
ARTEFACTS = Path(__file__).resolve().parents[2] / "test-artefacts"
EXPECTED = (
    # A notebook that nobody has run on this machine is not trusted; ours holds no outputs.
    "is not trusted",
    # ipykernel says so of every kernel that does not encrypt; these listen on this machine only.
    "Kernel is running over TCP without encryption",
    # Two defaults of jupyter-server, which it brings into line by itself.
    "websocket_ping_timeout",
)
"""Parts of the log's warnings that are no fault of the course's, each with its reason."""


class Lab(NamedTuple):
    """A running server."""

    address: str  # with its token; opens lesson 00
    folder: Path  # the learner's working folder
    log: Path  # what the server and its kernels wrote

    def complaints(self) -> list[str]:
        """List the log's warnings and errors, without those that EXPECTED explains."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        marks = ("[W ", "[E ", "WARNING", "ERROR", "Traceback", "Error:", "Warning:")
        return [
            line
            for line in lines
            if any(mark in line for mark in marks)
            and not any(fragment in line for fragment in EXPECTED)
        ]

    def lesson(self, number: str) -> str:
        """Return the address of a lesson."""
        [path] = self.folder.glob(f"{number}_*.ipynb")
        start, token = self.address.split("?", 1)
        return f"{start.split('/tree/')[0]}/tree/{path.name}?{token}"


class Listener:
    """Collects what a page complains about, and whatever it asks of other machines."""

    def __init__(self, page: Page) -> None:
        self.complaints: list[str] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("response", self._response)
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def _response(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and address.hostname != "127.0.0.1":
            self.complaints.append(f"another machine: {request.url}")


def notebook(page: Page) -> Locator:
    """Return the notebook in front."""
    return page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)")


def open_lesson(page: Page, address: str) -> None:
    """Open a lesson and wait until its kernel is ready."""
    page.goto(address)
    notebook(page).locator(".jp-Notebook").wait_for(timeout=KERNEL_SECONDS * 1000)
    wait_until_idle(page)


def menu(page: Page, *path: str) -> None:
    """Choose an entry of the menu bar."""
    page.locator(".lm-MenuBar-itemLabel").get_by_text(path[0], exact=True).click()
    for name in path[1:]:
        page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).last.click()


def wait_until_idle(page: Page) -> None:
    """Wait until the kernel is there and no cell waits for it."""
    milliseconds = KERNEL_SECONDS * 1000
    indicator = notebook(page).locator(".jp-Notebook-ExecutionIndicator")
    expect(indicator).to_have_attribute("data-status", "idle", timeout=milliseconds)
    waiting = notebook(page).locator(".jp-InputPrompt").get_by_text("[*]:", exact=True)
    expect(waiting).to_have_count(0, timeout=milliseconds)


def code_cell(page: Page, text: str) -> Locator:
    """Return the first code cell whose source holds a text."""
    source = page.locator(".jp-InputArea-editor").filter(has_text=text)
    cell = notebook(page).locator(".jp-CodeCell").filter(has=source).first
    cell.scroll_into_view_if_needed()
    return cell


def write(page: Page, cell: Locator, source: str) -> None:
    """Replace what stands in a cell."""
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)


def run(page: Page, cell: Locator) -> None:
    """Click into a cell and run it."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+Enter")
    wait_until_idle(page)


def expect_no_errors(page: Page) -> None:
    """Assert that no cell on the page shows a traceback or anything on standard error."""
    for kind in ("error", "stderr"):
        output = notebook(page).locator(f'[data-mime-type="application/vnd.jupyter.{kind}"]')
        expect(output).to_have_count(0)


def save_screenshot(page: Page, name: str) -> None:
    """Keep what the page looks like among the test artefacts."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTEFACTS / f"{name}.png")


def save_in_both_themes(page: Page, name: str, look_at: Locator) -> None:
    """Keep what something looks like in the dark theme and in the light one; leave it light."""
    for theme in ("Dark", "Light"):
        menu(page, "Settings", "Theme", f"JupyterLab {theme}")
        light = str(theme == "Light").lower()
        expect(page.locator("body")).to_have_attribute("data-jp-theme-light", light)
        page.wait_for_timeout(1000)  # the splash fades and the style sheet follows the attribute
        look_at.scroll_into_view_if_needed()
        save_screenshot(page, f"{name}-{theme.lower()}")
