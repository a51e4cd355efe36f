"""The course as a learner meets it: JupyterLab, started by `lstm-course lab`, in Chromium."""

import re

import pytest
from lab_steps import (
    KERNEL_SECONDS,
    Lab,
    code_cell,
    expect_no_errors,
    menu,
    notebook,
    open_lesson,
    run,
    save_in_both_themes,
    wait_until_idle,
    write,
)
from playwright.sync_api import Page, expect

from lstm_helpers.exercises import get
from lstm_helpers.notebook.store import table

pytestmark = pytest.mark.browser

OVERFLOWS = "def sigmoid(x):\n    return 1 / (1 + np.exp(-x))\n"
WRONG_SIGN = "def sigmoid(x):\n    return 1 / (1 + np.exp(x))\n"
RIGHT = """def sigmoid(x):
    x = np.asarray(x, dtype=float)
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))
"""


def status(lab: Lab, exercise: str) -> tuple[str, str | None]:
    [row] = [row for row in table(lab.folder) if row.exercise == exercise]
    return row.status, row.diagnosis


def test_the_first_start_opens_lesson_00_with_its_contents_and_no_news(
    page: Page, lab: Lab
) -> None:
    open_lesson(page, lab.address)
    expect(page.locator(".lm-TabBar-tab.jp-mod-current")).to_contain_text("00_start_here")
    contents = page.locator(".jp-TableOfContents:visible")
    expect(contents).to_contain_text("Lesson 00: Start here")
    page.wait_for_timeout(3000)  # news would come after a moment
    expect(page.locator(".Toastify__toast, .jp-Dialog")).to_have_count(0)


def test_an_exercise_is_answered_wrongly_and_rightly(page: Page, lab: Lab) -> None:
    open_lesson(page, lab.address)
    menu(page, "Run", "Run All Cells")
    summary = notebook(page).locator(".lstm-progress")
    expect(summary).to_contain_text("0 of", timeout=KERNEL_SECONDS * 1000)
    wait_until_idle(page)
    expect_no_errors(page)
    exercise = code_cell(page, "def sigmoid(x)")
    check = code_cell(page, "sigmoid = check(sigmoid)")
    card = check.locator(".lstm-card")
    expect(card).to_contain_text("Not attempted")

    for source in (OVERFLOWS, WRONG_SIGN):
        write(page, exercise, source)
        run(page, exercise)
        run(page, check)
        expect(card).to_contain_text("Not yet")
    assert status(lab, "sigmoid") == ("failed", "sign-of-exponent")
    [sentence] = [
        wrong.message for wrong in get("sigmoid").misconceptions if wrong.slug == "sign-of-exponent"
    ]
    expect(card).to_contain_text(sentence.split("`")[0])
    save_in_both_themes(page, "failing-card", card)

    write(page, exercise, RIGHT)
    run(page, exercise)
    run(page, check)
    expect(card).to_contain_text("Passed")
    assert status(lab, "sigmoid") == ("passed", None)
    save_in_both_themes(page, "passing-card", card)

    run(page, code_cell(page, "progress()"))
    expect(summary).to_contain_text("1 of")
    save_in_both_themes(page, "progress", summary)
    expect_no_errors(page)


def test_the_slider_of_lesson_02_changes_the_figure(page: Page, lab: Lab) -> None:
    open_lesson(page, lab.lesson("02"))
    contents = page.locator(".jp-TableOfContents:visible")
    expect(contents).to_contain_text("Lesson 02")
    widget = (
        notebook(page)
        .locator(".jp-CodeCell")
        .filter(has=page.locator(".cm-line").get_by_text("gradient_flow_widget()", exact=True))
    )
    widget.scroll_into_view_if_needed()
    widget.locator(".cm-content").click()
    menu(page, "Run", "Run All Above Selected Cell")
    wait_until_idle(page)
    run(page, widget)
    picture = widget.locator(".jp-OutputArea img")
    expect(picture).to_be_visible()
    before = picture.get_attribute("src") or ""

    widget.get_by_role("slider").first.focus()
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    expect(widget.locator(".widget-readout").first).to_have_text("1.20")
    expect(picture).not_to_have_attribute("src", before)
    expect(picture).to_have_attribute("alt", re.compile("spectral radius 1.20"))
    save_in_both_themes(page, "gradient-flow", picture)
    expect_no_errors(page)
