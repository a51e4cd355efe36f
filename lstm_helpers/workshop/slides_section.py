"""The slides of one section, from what stands in it.

A slide with the question; then, in the order of the lesson, formulas with the sentence that leads
to them, predictions, figures, tables, exercises, the answer. What is printed is shown where a
prediction asked for it and no figure says it. All other prose goes to the notes of the slide that
it leads to. What the author said in the option ``slideshow`` of a cell goes before all this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from lstm_helpers.workshop.lessons_read import Asked, LessonSection, Piece, exercise_heading
from lstm_helpers.workshop.slides_exercise import exercise_slides
from lstm_helpers.workshop.slides_fit import (
    BODY,
    TEXT,
    fill,
    list_items,
    opening_sentences,
    text_height,
)
from lstm_helpers.workshop.slides_hints import Hints
from lstm_helpers.workshop.slides_parts import Slide, paragraphs
from lstm_helpers.workshop.slides_pieces import (
    LEAD,
    as_notes,
    end_of,
    is_brief,
    lead_of,
    paragraph,
    piece_height,
    set_picture,
    set_piece,
    set_printed,
    set_whole,
)
from lstm_helpers.workshop.slides_run import Shown
from lstm_helpers.workshop.slides_text import inline, markdown, words

__all__ = ["section_slides"]

_ANSWER = re.compile(r"\*\*(Answer[^*]*)\.\*\*")
LIST = 420
NO_TEXT = ("- ", "1. ", "|", "`" * 3)
SHORT_QUESTION = 200


def section_slides(section: LessonSection, shown: Mapping[int, Shown], hints: Hints) -> list[Slide]:
    """Make the slides of a section.

    Parameters
    ----------
    section : LessonSection
        The section.
    shown : mapping of int to Shown
        What each code cell put on the page, by its position; empty if nothing was run.
    hints : Hints
        Remarks for instructors.

    Returns
    -------
    list of Slide
        At least one.
    """
    maker = _Maker(section, shown, hints)
    for number, piece in enumerate(section.pieces):
        maker.take(piece, section.pieces[number + 1 :])
    maker.finish()
    return maker.slides


class _Maker:
    """Slides so far, and what waits for the next one."""

    def __init__(self, section: LessonSection, shown: Mapping[int, Shown], hints: Hints) -> None:
        self.section, self.shown, self.hints = section, shown, hints
        title = f"{section.number}. {section.title}" if section.number else section.title
        self.kicker = inline(title)
        minutes = f'<span class="minutes">{section.minutes} min</span>' if section.minutes else ""
        self.slides = [Slide("section", heading=f"{inline(title)} {minutes}".strip())]
        self.slides[0].notes = paragraphs(hints.sections.get(section.number, ()))
        self.opened = ""  # what stands on the first slide, if it leads to what comes next
        self.prose: list[str] = []  # Markdown that stands on no slide yet
        self.asked: Asked | None = None
        self.below: list[Piece] = []  # pieces of the exercise that is being read
        self.source = ""
        self.predicting = False
        self.headed = False  # a heading stands between the last slide and here
        self.printed: list[str] = []
        self.done_until = -1  # cells that an option `slideshow` has dealt with

    def take(self, piece: Piece, following: Sequence[Piece]) -> None:
        """Deal with the next piece."""
        if piece.slide_type and piece.cell != self.done_until:
            self._override(piece, following)
        if piece.slide_type or piece.instructor:
            return
        asked = exercise_heading(piece)
        if asked is not None:
            self._end_exercise()
            self._show_printed()
            self._leave_prose()
            self.asked = asked
        elif piece.kind == "code":
            self._code(piece)
        elif self.asked is not None:
            self.below.append(piece)
        else:
            self._text(piece)

    def finish(self) -> None:
        """Put what is left over to the notes of the last slide."""
        self._end_exercise()
        self._show_printed()
        self._leave_prose()

    def _add(self, slide: Slide) -> None:
        slide.kicker = slide.kicker or self.kicker
        if self._after_seeing():
            self._leave_prose()  # it says what was seen
        self.headed = False
        slide.notes = paragraphs(self.prose) + slide.notes
        self.prose = []
        self.slides.append(slide)

    def _after_seeing(self) -> bool:
        """Whether the prose that waits speaks of a figure or of numbers."""
        return self.slides[-1].kind in ("figure", "printed", "table") and not self.headed

    def _leave_prose(self) -> None:
        self.slides[-1].notes += paragraphs(self.prose)
        self.prose = []

    def _text(self, piece: Piece) -> None:
        if not (self.predicting and piece.kind == "list" and self.slides[-1].kind == "predict"):
            self._show_printed()
        if piece.kind == "heading":
            self._leave_prose()
            self.kicker = inline(piece.text)
            self.headed = True
        elif piece.kind == "quote" and _ANSWER.match(piece.text):
            self._answer(piece)
        elif piece.kind == "math":
            self._formula(piece)
        elif "**Predict" in piece.text and piece.kind == "text":
            self._predict(piece)
        elif piece.kind == "list" and self.predicting and self.slides[-1].kind == "predict":
            if not self._append(markdown(piece.text), piece_height(piece)):
                self.slides[-1].notes += paragraphs([piece.text])
        elif piece.kind == "text" and self._is_lead():
            self._lead(piece)
        elif piece.kind in ("table", "list", "fence"):
            self._block(piece)
        else:
            self.prose.append(piece.text)

    def _is_lead(self) -> bool:
        """Whether nothing but the question stands on the only slide yet."""
        return len(self.slides) == 1 and not self.slides[0].body and not self.prose

    def _lead(self, piece: Piece) -> None:
        first, rest = opening_sentences(piece.text, LEAD)
        if not first:
            self.prose.append(piece.text)
            return
        slide = self.slides[0]
        slide.body, slide.room = paragraph(first), text_height(first)
        self.opened = first if first.endswith(":") else ""
        if rest:
            slide.notes += paragraphs([piece.text])

    def _append(self, body: str, room: int) -> bool:
        """Add to the last slide, if it has room."""
        last = self.slides[-1]
        if last.room + room > BODY:
            return False
        last.body += body
        last.room += room
        return True

    def _formula(self, piece: Piece) -> None:
        height, body, last = piece_height(piece), set_piece(piece), self.slides[-1].kind
        goes_on = last in ("section", "formula") and not self.prose
        if goes_on and self._append(body, height):
            return
        lead = self._lead_in()
        room = height + (text_height(lead) if lead else 0)
        if last == "formula" and self._append(paragraph(lead) + body, room):
            self._leave_prose()
        else:
            self._add(Slide("formula", body=paragraph(lead) + body, room=room))

    def _lead_in(self) -> str:
        """The sentence that leads to what follows, if it is short; it is also in the notes."""
        return lead_of(self.prose[-1] if self.prose else self.opened)

    def _predict(self, piece: Piece) -> None:
        before, _, asked = piece.text.partition("**Predict")
        text = piece.text
        if len(words(text)) > TEXT and before.strip():
            self.prose.append(before.strip())
            text = f"**Predict{asked}"
        answers = self.hints.answers_for(self.section.number)
        notes = [f"**Answers to the predictions.** {answer}" for answer in answers]
        short = len(words(text)) < SHORT_QUESTION
        apart = not self.prose or self._after_seeing() or self.prose[-1].startswith(NO_TEXT)
        context = end_of(self.prose[-1]) if short and not apart else ""
        body = paragraph(context, "context") + paragraph(text)
        slide = Slide("predict", body=body, room=text_height(context) + text_height(text))
        slide.notes = paragraphs(notes)
        self._add(slide)
        self.predicting = True

    def _answer(self, piece: Piece) -> None:
        lead = _ANSWER.match(piece.text)
        assert lead is not None
        text = piece.text[lead.end() :].strip()
        body = markdown(text, references=False)
        self._add(Slide("answer", heading=inline(lead.group(1)), body=body))
        self.predicting = False

    def _block(self, piece: Piece) -> None:
        """A table, a list or code in the text: on a slide if it fits, with its lead."""
        lead = self._lead_in()
        room = piece_height(piece) + (text_height(lead) if lead else 0)
        if room > BODY or (piece.kind == "list" and len(words(piece.text)) > TEXT):
            items = list_items(piece.text)
            if piece.kind == "list" and max(len(words(item)) for item in items) <= TEXT:
                for some in fill(items, LIST):
                    self._add(Slide("list", body=markdown("\n".join(some), references=False)))
            else:
                self.prose.append(piece.text)
            return
        body = markdown(piece.text)
        opening = len(self.slides) == 1
        if opening and self._append((paragraph(lead) if self.prose else "") + body, room):
            self._leave_prose()
        else:
            self._add(Slide(piece.kind, body=paragraph(lead) + body, room=room))

    def _code(self, piece: Piece) -> None:
        if self.asked is not None and piece.exercise == self.asked.name:
            self.source = piece.text
        elif self.asked is not None and piece.check == self.asked.name:
            self._end_exercise()
        elif "quiz(" in piece.text or "progress()" in piece.text:
            return
        else:
            self._outputs(self.shown.get(piece.cell, Shown()))

    def _outputs(self, output: Shown) -> None:
        if output.text and self.predicting:
            self.printed.append(output.text)
        if output.pictures and is_brief(self.printed):
            self._show_printed()
        for picture in output.pictures:
            self.prose += as_notes(self.printed)
            self.printed = []
            self._add(Slide("figure", body=set_picture(picture)))
        for table in output.tables:
            self._add(Slide("table", body=table))
        if output.pictures or output.tables:
            self.predicting = False

    def _show_printed(self) -> None:
        """What was printed after a prediction, where no figure showed it."""
        if self.printed:
            body, left = set_printed(self.printed)
            self.prose += left
            if body:
                self._add(Slide("printed", heading="Measured", body=body))
            self.predicting = False
        self.printed = []

    def _end_exercise(self) -> None:
        if self.asked is None:
            return
        said = self.hints.exercises.get(self.asked.name, [])
        made = exercise_slides(self.asked, self.below, self.source, self.kicker, said)
        self._add(made[0])
        self.slides += made[1:]
        self.asked, self.below, self.source = None, [], ""

    def _override(self, piece: Piece, following: Sequence[Piece]) -> None:
        self.done_until = piece.cell
        self._show_printed()
        cell = [piece, *(other for other in following if other.cell == piece.cell)]
        if piece.slide_type == "skip":
            return
        if piece.slide_type == "notes":
            self.prose += [one.text for one in cell if one.kind != "code"]
            return
        body = "".join(set_whole(one, self.shown.get(one.cell, Shown())) for one in cell)
        if piece.slide_type == "fragment":
            self.slides[-1].body += f'<div class="fragment">{body}</div>'
        else:
            self._add(Slide("own", body=body))
