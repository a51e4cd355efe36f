"""The slides of a whole lesson: opening, sections, closing, and the time for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape

from lstm_helpers.workshop.lessons_read import LessonSection, TaughtLesson
from lstm_helpers.workshop.slides_fit import BODY, fill, list_items, text_height
from lstm_helpers.workshop.slides_hints import Hints, hints_of
from lstm_helpers.workshop.slides_parts import Slide, Strip, paragraphs, spread
from lstm_helpers.workshop.slides_run import Shown
from lstm_helpers.workshop.slides_section import section_slides
from lstm_helpers.workshop.slides_text import inline, markdown

__all__ = ["lesson_strips"]


def lesson_strips(
    lesson: TaughtLesson, shown: Mapping[int, Shown], *, was_run: bool
) -> list[Strip]:
    """Make all slides of a lesson.

    Parameters
    ----------
    lesson : TaughtLesson
        The lesson.
    shown : mapping of int to Shown
        What each code cell put on the page, by its position.
    was_run : bool
        Whether the notebook was run; otherwise the first notes say that figures are missing.

    Returns
    -------
    list of Strip
        One for each section, with the opening before the first and the closing behind the last.
        Their times add up to the minutes of the lesson.
    """
    hints = hints_of(lesson)
    strips = []
    for section in lesson.sections:
        slides = section_slides(section, shown, hints)
        strips.append(Strip(slides, 60 * section.minutes))
    opening = Strip(_opening(lesson, hints, was_run=was_run))
    closing = [Strip(_closing(lesson, section, shown, hints)) for section in lesson.closing]
    for number, strip in enumerate(strips):
        # The opening takes its time from the first section, the closing from the last.
        slides = [*opening.slides, *strip.slides] if number == 0 else strip.slides
        if number == len(strips) - 1:
            slides = [*slides, *(slide for one in closing for slide in one.slides)]
        exercises = sum(slide.seconds for slide in slides)
        spread([slide for slide in slides if not slide.seconds], strip.seconds - exercises)
    return [strip for strip in (opening, *strips, *closing) if strip.slides]


def _opening(lesson: TaughtLesson, hints: Hints, *, was_run: bool) -> list[Slide]:
    texts = [piece for piece in lesson.opening if piece.kind != "code" and not piece.instructor]
    goals = next((piece.text for piece in texts if piece.kind == "list"), "")
    first = texts[0].text if texts else ""
    title = Slide("title", heading=inline(lesson.title))
    kind = "Lab" if int(lesson.number) >= 10 else "Lesson"
    title.kicker = f"{kind} {escape(lesson.number)}"
    title.body = f"<p>{inline(first)}</p>"
    title.room = text_height(first)
    if not was_run:
        title.notes = ["<p><b>Made without running the notebook: figures are missing.</b></p>"]
    title.notes += paragraphs([*hints.lesson, *_other_predictions(hints)])
    slides = [title]
    for number, items in enumerate(fill(list_items(goals)) if goals else ()):
        heading = "Afterwards you can" if number == 0 else "Afterwards you can also"
        slides.append(Slide("goals", title.kicker, heading, markdown("\n".join(items))))
    rest = [
        piece.text for piece in texts[1:] if piece.kind != "list" and "Afterwards" not in piece.text
    ]
    slides[-1].notes += paragraphs(rest)
    return slides


def _other_predictions(hints: Hints) -> Iterator[str]:
    for text in hints.predictions.get(0, ()):
        yield f"**Answers to the predictions.** {text}"


def _closing(
    lesson: TaughtLesson, section: LessonSection, shown: Mapping[int, Shown], hints: Hints
) -> list[Slide]:
    if section.title == "Further reading":
        return []
    if section.title != "What you saw":
        return section_slides(section, shown, hints)
    slides: list[Slide] = []
    trying: list[str] = []
    said: list[str] = []
    quiz = False
    for piece in section.pieces:
        if piece.kind == "list" and not slides:
            for items in fill(list_items(piece.text)):
                slides.append(
                    Slide(
                        "saw",
                        heading="What you saw",
                        body=markdown("\n".join(items), references=False),
                    )
                )
        elif piece.kind == "text" and (piece.text.startswith("**Try next") or trying):
            trying.append(piece.text)
        elif piece.kind == "code":
            quiz = quiz or "quiz(" in piece.text
        elif not piece.instructor and piece.kind != "heading":
            said.append(piece.text)
    if slides:
        slides[-1].notes += paragraphs(said)
    body = _within(trying)
    if quiz:
        body += (
            f'<p>Three questions to end with: <code>quiz("{lesson.number}")</code>. How far you '
            "are: <code>progress()</code>.</p>"
        )
    if body:
        notes = paragraphs(trying) + _reading(lesson)
        slides.append(Slide("next", heading="Before you go", body=body, notes=notes))
    for slide in slides:
        slide.kicker = inline(lesson.title)
    return slides


def _within(texts: list[str]) -> str:
    """The paragraphs that fit, set; all are in the notes anyway."""
    body, used = "", 0
    for text in texts:
        used += text_height(text)
        if used <= BODY - 120:
            body += markdown(text)
    return body


def _reading(lesson: TaughtLesson) -> list[str]:
    for section in lesson.closing:
        if section.title == "Further reading":
            return paragraphs(["**Further reading**", *(piece.text for piece in section.pieces)])
    return []
