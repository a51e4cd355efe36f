"""The live board's page in Chromium: what a room sees, what an instructor does, what never runs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lab_steps import save_screenshot
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from lstm_helpers.exercises import LESSONS
from lstm_helpers.workshop.board.codes import join_lines
from tests.workshop.board_server import Running, event, running

pytestmark = pytest.mark.browser

SIZES = [(1280, 720), (1920, 1080), (1024, 768)]
EVIL = ["<script>x=1</script>", "<img src=x onerror=x=1>", "\"'><svg/onload=x=1>"]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Running]:
    with running(tmp_path) as board:
        yield board


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "410 (Gone)" not in message.text:  # how a page is answered whose workshop has ended
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    asked: list[str] = []
    yield page
    hosts = {url.split("/")[2].split(":")[0] for url in asked if url.startswith("http")}
    context.close()
    assert complaints == []
    assert hosts == {"127.0.0.1"}  # nothing comes from anywhere else


def fill(board: Running, names: list[str]) -> list[str]:
    """Have learners join, each one exercise further than the one before."""
    exercises = [exercise.name for exercise in LESSONS["03"].exercises]
    tokens = []
    for turn, name in enumerate(names):
        token = board.token(name)
        done = turn % len(exercises)
        events = [event(status="passed", diagnosis=None, exercise=one) for one in exercises[:done]]
        slug = "bias-twice" if exercises[done] in ("lstm_gates", "lstm_step") else "wrong-sign"
        failures = 14 if turn == 3 else 1
        events += [event(exercise=exercises[done], diagnosis=slug) for _ in range(failures)]
        assert board.send(token, *events).json()["refused"] == {}
        tokens.append(token)
    return tokens


def open_page(page: Page, board: Running) -> None:
    page.goto(f"{board.address}/?code={board.board.code}")
    expect(page.locator("#status")).to_contain_text("live")


def open_instructor(page: Page, board: Running) -> None:
    page.goto(f"{board.address}/instructor?key={board.board.instructor_key}")
    expect(page.locator("#status")).to_contain_text("live")


def cut_off(page: Page) -> list[str]:
    """List what sticks out of the window, or whose text is wider than its own box."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body *:not(.sr):not(.word)")].filter((one) => {
            if (one.closest(".sr, .word, .skip, dialog, #lessons, noscript")) return false;
            const box = one.getBoundingClientRect();
            if (!box.width || !box.height) return false;
            const shown = getComputedStyle(one).textOverflow !== "ellipsis";
            const wide = shown && one.matches("th, .cell, .tag, button, h1, h2, .share span")
                && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0;
            return box.right > innerWidth + 1 || box.left < -1 || wide;
        }).map((one) => one.outerHTML.slice(0, 120))"""
    )
    return found


def look_at_all_sizes(page: Page, last: str, name: str) -> None:
    """Ask of each size, light and dark, that nothing is cut off or out of sight."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(150)
            assert cut_off(page) == []
            size = "document.documentElement.scrollHeight <= innerHeight + 1"
            assert page.evaluate(size), "the page itself does not scroll"
            expect(page.get_by_role("row", name=last)).to_be_in_viewport(ratio=0.9)
            save_screenshot(page, f"board-{name}-{scheme}-{width}")


def test_thirty_learners_fit_the_projector(page: Page, board: Running) -> None:
    fill(board, [f"nickname-{turn}" for turn in range(10)])
    open_page(page, board)
    look_at_all_sizes(page, "nickname-9", "10")
    fill(board, [f"nickname-{turn}" for turn in range(10, 30)])
    expect(page.locator("#grid tbody tr")).to_have_count(30)
    look_at_all_sizes(page, "nickname-29", "30")
    # A sign and a word in each cell, whatever the colour.
    row = page.get_by_role("row", name="nickname-2 ", exact=False).first
    assert [cell.split() for cell in row.get_by_role("cell").all_text_contents()] == [
        ["✓", "passed"],
        ["✓", "passed"],
        ["✗1", "not", "yet"],
        ["·", "not", "attempted"],
        ["·", "not", "attempted"],
    ]
    exercises = page.get_by_role("list", name="Exercises")
    expect(exercises).to_contain_text("24 of 30 passed · 80 %")
    # On the wall the name of what is wrong, which tells nobody how to mend it.
    expect(exercises).to_contain_text("✗ 6 of 6 now: bias twice")
    expect(exercises).to_contain_text("✗ 6 of 6 now: wrong sign")
    expect(exercises).not_to_contain_text("The bias is added twice.")
    expect(page.get_by_role("list", name="Stuck longest")).to_contain_text("nickname-0")


def test_the_instructor_reads_what_is_wrong_in_a_sentence(page: Page, board: Running) -> None:
    fill(board, ["ada", "bob"])
    token = board.token("cleo")
    board.send(token, event(exercise="update_cell", diagnosis="wrong-sign"))
    open_instructor(page, board)
    exercises = page.get_by_role("list", name="Exercises")
    expect(exercises).to_contain_text("now: The bias is added twice.")
    expect(exercises).to_contain_text("now: A result is right except for its sign.")
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        assert cut_off(page) == []


def test_the_lines_to_join_are_on_the_wall(page: Page, board: Running) -> None:
    open_page(page, board)
    lines = page.locator(".lines code")
    for turn in range(4):
        expect(lines).to_have_text(join_lines(board.address, board.board.code))
        few = turn < 3
        for width, height in SIZES:
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(100)
            assert cut_off(page) == []
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight + 1")
            for line in lines.all():
                expect(line).to_be_in_viewport(ratio=1)
            size = float(lines.first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)"))
            assert (size > 18) == few
            save_screenshot(page, f"board-{turn}-joined-{width}")
        board.token(f"nickname-{turn}")
        expect(page.locator("#grid tbody tr")).to_have_count(turn + 1)


def test_who_left_is_marked_and_stuck_no_more(page: Page, board: Running) -> None:
    (token,) = fill(board, ["ada"])
    fill(board, ["bob"])
    open_page(page, board)
    stuck = page.get_by_role("list", name="Stuck longest")
    expect(stuck).to_contain_text("ada")
    board.send(token, event("leave"))
    expect(page.get_by_role("row", name="(left) ada")).to_be_visible()
    expect(page.locator("#learners-title")).to_have_text("1 learner · 1 left")
    expect(stuck).not_to_contain_text("ada")
    expect(page.get_by_role("list", name="Exercises")).to_contain_text("0 of 1 passed")


def test_the_page_is_live_and_comes_back(page: Page, board: Running) -> None:
    (token,) = fill(board, ["ada"])
    open_page(page, board)
    cell = page.get_by_role("row", name="ada").get_by_role("cell").first
    expect(cell).to_contain_text("✗1")
    board.send(token, event(exercise="lstm_gates", status="passed", diagnosis=None))
    expect(cell).to_contain_text("✓")
    board.send(token, event("hand"))
    expect(page.get_by_role("list", name="Hands")).to_contain_text("ada")
    expect(page.locator("#said")).to_have_text("Hand raised: ada")
    fill(board, ["bob"])
    expect(page.get_by_role("row", name="bob")).to_be_visible()
    expect(page.locator("#learners-title")).to_have_text("2 learners")


def test_script_in_nicknames_never_runs(page: Page, board: Running) -> None:
    tokens = fill(board, EVIL)
    for token in tokens:
        board.send(token, event("hand"))
    open_instructor(page, board)
    for name in EVIL:
        expect(page.get_by_role("list", name="Hands")).to_contain_text(name)
        expect(page.get_by_role("list", name="Stuck longest")).to_contain_text(name)
    expect(page.locator("#grid tbody tr")).to_have_count(len(EVIL))
    assert page.evaluate("typeof x") == "undefined"
    assert page.locator("main img, main script, main svg").count() == 0


def test_the_instructor_leads_by_keyboard_alone(page: Page, board: Running) -> None:
    tokens = fill(board, ["ada", "bob"])
    board.send(tokens[0], event("hand"))
    open_instructor(page, board)

    def go_to(name: str) -> None:
        """Press Tab until something of that name has the focus, which can be seen."""
        for _ in range(40):
            page.keyboard.press("Tab")
            label = "(e => e.getAttribute('aria-label') || e.textContent)(document.activeElement)"
            if name in page.evaluate(label):
                outline = "getComputedStyle(document.activeElement).outlineStyle"
                assert page.evaluate(outline) != "none"
                return
        raise AssertionError(f"Tab does not reach {name!r}")

    go_to("Hide nicknames")
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="learner 1")).to_be_visible()
    expect(page.get_by_text("ada", exact=True)).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="ada")).to_be_visible()
    go_to("Lower the hand of ada")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="Hands")).to_contain_text("No hand is up.")
    page.keyboard.press("Control+Home")
    page.locator("#names").focus()
    go_to("Lessons shown")
    page.keyboard.press("Enter")
    box = page.get_by_role("checkbox", name="04")
    box.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator("#title")).to_contain_text("Lesson 04")
    go_to("End and delete")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="End the workshop?")
    expect(dialog.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    assert board.state()["count"] == 2
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The workshop has ended")
    assert list(board.folder.iterdir()) == []


def test_five_hundred_learners_can_be_scrolled_and_stay_quick(page: Page, board: Running) -> None:
    fill(board, ["the first one"])
    board.join_many([f"nick{number}" for number in range(1, 501)])
    open_page(page, board)
    expect(page.locator("#grid tbody tr")).to_have_count(501)
    assert cut_off(page) == []
    page.locator("#grid").focus()
    page.keyboard.press("End")
    expect(page.get_by_role("row", name="nick500")).to_be_in_viewport()
    expect(page.get_by_role("columnheader", name="3.1").first).to_be_in_viewport()
    begin = time.monotonic()
    token = board.token("the last one")
    expect(page.get_by_role("row", name="the last one")).to_be_visible()
    assert page.evaluate("document.getElementById('grid').scrollTop") > 0
    board.send(token, event(exercise="lstm_gates"))
    cell = page.get_by_role("row", name="the last one").get_by_role("cell").first
    expect(cell).to_contain_text("✗1")
    assert time.monotonic() - begin < 30
