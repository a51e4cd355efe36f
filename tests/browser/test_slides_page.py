"""Slides in Chromium: every one fits, nothing is asked of any host, the speaker view works."""

import math
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Frame, Page

from lstm_helpers.workshop.lessons_read import lesson_numbers, read_lesson
from lstm_helpers.workshop.slides import lesson_page

pytestmark = pytest.mark.browser

SIZES = ((1280, 720), (1920, 1080), (1024, 768))
SMALLEST_TEXT, SMALLEST_CODE = 24, 20  # at 1280 by 720

# Goes through all slides and returns what sticks out of one, and letters that are too small.
LOOK = """([text, code]) => {
  const found = [];
  for (const [number, slide] of Reveal.getSlides().entries()) {
    const at = Reveal.getIndices(slide);
    Reveal.slide(at.h, at.v);
    const say = (what) => found.push(`slide ${number + 1} (${slide.className}): ${what}`);
    const frame = slide.querySelector(".frame");
    const edge = frame.getBoundingClientRect();
    const view = document.documentElement;
    if (edge.right > view.clientWidth + 1 || edge.bottom > view.clientHeight + 1) say("off screen");
    for (const box of frame.querySelectorAll(".body, pre")) {
      if (box.scrollHeight > box.clientHeight + 1) say(`${box.tagName} too tall`);
      if (box.scrollWidth > box.clientWidth + 1) say(`${box.tagName} too wide`);
    }
    for (const part of frame.querySelectorAll("*")) {
      const box = part.getBoundingClientRect();
      if (!box.width) continue;
      const out = box.right > edge.right + 1 || box.left < edge.left - 1
        || box.bottom > edge.bottom + 1 || box.top < edge.top - 1;
      if (out) say(`${part.tagName} sticks out: ${part.textContent.slice(0, 40)}`);
    }
    for (const image of frame.querySelectorAll("img")) {
      if (!image.naturalWidth) say("image not loaded");
      if (!image.alt) say("image without alternative text");
      if (image.getBoundingClientRect().height < edge.height / 3) say("figure too small");
    }
    for (const part of frame.querySelectorAll("p, li, td, th, figcaption, h2, pre")) {
      const size = parseFloat(getComputedStyle(part).fontSize);
      if (size < (part.tagName === "PRE" ? code : text) - 0.01) say(`${part.tagName} of ${size}`);
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def start_here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The slides of lesson 00, run."""
    path = tmp_path_factory.mktemp("slides") / "00.html"
    path.write_text(lesson_page(read_lesson("00")), encoding="utf-8")
    return path


def until(page: Page | Frame, expression: str) -> None:
    """Wait; Playwright's own way would evaluate text within the page, which its policy forbids."""
    deadline = time.monotonic() + 60
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"after a minute still not: {expression}"
        page.wait_for_timeout(50)


def frame_at(page: Page, part: str) -> Frame:
    """Wait for the frame with this in its address: a frame is there before it knows its own."""
    deadline = time.monotonic() + 60
    while True:
        for frame in page.frames:
            if part in frame.url:
                return frame
        assert time.monotonic() < deadline, f"after a minute no frame at {part!r}"
        page.wait_for_timeout(50)


def open_slides(browser: Browser, path: Path, size: tuple[int, int], complaints: list[str]) -> Page:
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})

    def asked(url: str) -> None:
        if not url.startswith(("file:", "data:", "about:")):
            complaints.append(f"asked for {url}")

    context.on("request", lambda request: asked(request.url))
    context.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    page = context.new_page()
    page.goto(path.as_uri())
    until(page, "Boolean(window.Reveal && Reveal.isReady())")
    return page


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_slide_of_a_lesson_that_was_run_fits(browser, start_here, size):
    complaints: list[str] = []
    page = open_slides(browser, start_here, size, complaints)
    assert page.evaluate(LOOK, [SMALLEST_TEXT, SMALLEST_CODE]) == []
    assert page.locator(".figure img").count() == 1
    page.context.close()
    assert complaints == []


def test_every_slide_of_every_lesson_fits(browser, tmp_path):
    for number in lesson_numbers():
        path = tmp_path / f"{number}.html"
        path.write_text(lesson_page(read_lesson(number), run=False), encoding="utf-8")
        complaints: list[str] = []
        page = open_slides(browser, path, SIZES[0], complaints)
        assert page.evaluate(LOOK, [SMALLEST_TEXT, SMALLEST_CODE]) == [], f"lesson {number}"
        page.context.close()
        assert complaints == []


def test_keys_lead_through_all_slides_and_open_the_overview(browser, start_here):
    complaints: list[str] = []
    page = open_slides(browser, start_here, SIZES[0], complaints)
    total = page.evaluate("Reveal.getTotalSlides()")
    for _ in range(total - 1):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.isLastSlide()")
    assert page.evaluate("Reveal.getSlidePastCount()") == total - 1
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("Reveal.getSlidePastCount()") == total - 2
    page.keyboard.press("Escape")
    assert page.evaluate("Reveal.isOverview()")
    page.context.close()
    assert complaints == []


def test_the_speaker_view_works_from_a_file_and_follows(browser, start_here):
    complaints: list[str] = []
    page = open_slides(browser, start_here, SIZES[0], complaints)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    with page.context.expect_page() as opening:
        page.keyboard.press("s")
    speaker = opening.value
    until(
        speaker,
        "document.querySelector('#connection-status').style.display === 'none'"
        " && document.querySelectorAll('iframe').length === 2",
    )
    current = frame_at(speaker, "postMessageEvents")
    until(current, "Boolean(window.Reveal && Reveal.isReady())")
    notes = speaker.locator(".speaker-controls-notes .value")
    while not page.evaluate("Reveal.getCurrentSlide().classList.contains('predict')"):
        page.keyboard.press("ArrowRight")
    until(speaker, "document.body.innerText.includes('Answers to the predictions')")
    assert "The counter: 4" in notes.inner_text()
    # What was printed is wrapped, where the view is narrower than the slide.
    for note in page.locator("aside.notes pre").all():
        assert "pre-wrap" in (note.get_attribute("style") or "")
    pacing = "document.querySelector('.pacing')"
    until(speaker, f"getComputedStyle({pacing}).display !== 'none'")
    until(speaker, f"{pacing}.innerText.split(':').length === 3")
    until(current, "Reveal.getCurrentSlide().classList.contains('predict')")
    seconds = page.evaluate(
        "Reveal.getSlides().map((slide) => Number(slide.dataset.timing)).reduce((a, b) => a + b)"
    )
    assert math.isclose(seconds, 60 * read_lesson("00").minutes)
    page.context.close()
    assert complaints == []
