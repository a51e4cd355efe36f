"""`quiz`: a lesson's three questions, answered by pressing a button.

Every button answers at once with the reason why that choice is right or wrong, and one may go on
pressing. Where widgets do not work, the questions are shown without answers. Formulas are set by
JupyterLab's own MathJax, which needs no network.
"""

from __future__ import annotations

import random
import string
import zlib
from html import escape
from typing import TYPE_CHECKING, Any

from lstm_helpers.notebook.cards import FONT, LINE_COLOUR, TEXT_COLOUR, markup
from lstm_helpers.notebook.display import display_widget

if TYPE_CHECKING:
    from lstm_helpers.checks import Choice, Question
    from lstm_helpers.exercises import Lesson

_RIGHT = ("✓", "Right.")
_WRONG = ("✗", "Not this one.")


def quiz(lesson: str | int) -> None:
    """Ask the three questions at the end of a lesson.

    Parameters
    ----------
    lesson : str or int
        The lesson's number, such as ``"02"``.

    Raises
    ------
    ValueError
        If there is no such lesson.

    Examples
    --------
    In a lesson::

        quiz("02")
    """
    found = _find(lesson)
    display_widget(quiz_widget(found), quiz_html(found), quiz_text(found))


def quiz_widget(lesson: Lesson) -> Any:
    """Build the widget.

    Parameters
    ----------
    lesson : Lesson
        The lesson whose ``quiz`` is asked.

    Returns
    -------
    ipywidgets.VBox
        One box for each question.
    """
    import ipywidgets

    questions = [
        _question_widget(number, question) for number, question in enumerate(lesson.quiz, 1)
    ]
    return ipywidgets.VBox(questions)


def quiz_html(lesson: Lesson) -> str:
    """Write the questions and choices as HTML, without answers.

    Parameters
    ----------
    lesson : Lesson
        The lesson whose ``quiz`` is asked.

    Returns
    -------
    str
        HTML with inline styles; formulas between dollar signs.
    """
    items = []
    for number, question in enumerate(lesson.quiz, 1):
        choices = "".join(f"<li>{markup(choice.text)}</li>" for choice in shuffled(question))
        items.append(
            f"<p><strong>Question {number}.</strong> {markup(question.prompt)}</p>"
            f'<ol type="A">{choices}</ol>'
        )
    return (
        f'<div role="group" aria-label="{escape(_title(lesson))}"'
        f' style="{FONT}; color: {TEXT_COLOUR}; max-width: 46em">{"".join(items)}</div>'
    )


def quiz_text(lesson: Lesson) -> str:
    """Write the questions and choices as plain text, without answers.

    Parameters
    ----------
    lesson : Lesson
        The lesson whose ``quiz`` is asked.

    Returns
    -------
    str
        One line for each question and choice.
    """
    lines = [_title(lesson)]
    for number, question in enumerate(lesson.quiz, 1):
        lines += ["", f"Question {number}. {question.prompt}"]
        lines += [
            f"  {letter}. {choice.text}"
            for letter, choice in zip(string.ascii_uppercase, shuffled(question), strict=False)
        ]
    return "\n".join(lines)


def shuffled(question: Question) -> list[Choice]:
    """Put the choices in an order that does not give the answer away.

    Parameters
    ----------
    question : Question
        The question.

    Returns
    -------
    list of Choice
        The same order every time.
    """
    choices = list(question.choices)
    random.Random(zlib.crc32(question.prompt.encode())).shuffle(choices)
    return choices


def _question_widget(number: int, question: Question) -> Any:
    import ipywidgets

    feedback = ipywidgets.HTMLMath()
    prompt = ipywidgets.HTMLMath(
        f'<div style="{FONT}; color: {TEXT_COLOUR}"><strong>Question {number}.</strong> '
        f"{markup(question.prompt)}</div>"
    )
    rows = []
    for letter, choice in zip(string.ascii_uppercase, shuffled(question), strict=False):
        button = ipywidgets.Button(
            description=letter,
            tooltip=f"Question {number}, answer {letter}",
            layout={"width": "56px", "flex": "0 0 auto"},
        )
        button.on_click(_answer(letter, choice, feedback))
        text = ipywidgets.HTMLMath(
            f'<div style="{FONT}; color: {TEXT_COLOUR}">{markup(choice.text)}</div>'
        )
        rows.append(ipywidgets.HBox([button, text], layout={"align_items": "center"}))
    return ipywidgets.VBox(
        [prompt, *rows, feedback], layout={"max_width": "46em", "margin": "0 0 12px 0"}
    )


def _answer(letter: str, choice: Choice, feedback: Any) -> Any:
    def on_click(button: Any) -> None:
        shape, word = _RIGHT if choice.correct else _WRONG
        if choice.why.startswith(word.rstrip(".")):
            word = ""  # the reason says it
        # The button keeps the shape: what was tried stays visible.
        button.description = f"{shape} {letter}"
        feedback.value = (
            f'<div role="status" style="{FONT}; color: {TEXT_COLOUR}; padding: 4px 10px;'
            f' border-left: 4px solid {LINE_COLOUR}"><strong>{shape} {letter}. {word}</strong> '
            f"{markup(choice.why)}</div>"
        )

    return on_click


def _find(lesson: str | int) -> Lesson:
    from lstm_helpers.exercises import LESSONS

    number = str(lesson).strip()
    number = number.zfill(2) if number else number
    if number not in LESSONS:
        raise ValueError(
            f"`quiz` got lesson {lesson!r}; expected one of {', '.join(LESSONS)}: give the number "
            "in the title of the notebook."
        )
    return LESSONS[number]


def _title(lesson: Lesson) -> str:
    return f"Quiz, lesson {lesson.number}: {lesson.title}"
