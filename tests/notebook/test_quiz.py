from __future__ import annotations

import re

import ipywidgets
import pytest

from lstm_helpers import exercises
from lstm_helpers.checks import Choice, Question
from lstm_helpers.exercises import Lesson
from lstm_helpers.notebook import display, quiz
from lstm_helpers.notebook.quizzes import quiz_html, quiz_text, quiz_widget, shuffled

QUESTION = Question(
    "What is $a<b$ & `W_x`?",
    (
        Choice("Right, $x^2$.", "Because $x > 0$ & `b`.", correct=True),
        Choice("Wrong <i>.", "Because not."),
        Choice("Also wrong.", "Never."),
    ),
)
LESSON = Lesson("02", "The vanishing <gradient>", (), (QUESTION,) * 3)


def walk(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from walk(child)


def parts(widget):
    """Buttons by letter, and the field for feedback, of one question."""
    buttons = {w.description: w for w in walk(widget) if isinstance(w, ipywidgets.Button)}
    return buttons, widget.children[-1]


@pytest.mark.parametrize("choice", QUESTION.choices)
def test_a_press_says_why(choice):
    buttons, feedback = parts(quiz_widget(LESSON).children[0])
    assert feedback.value == ""
    letter = "ABC"[shuffled(QUESTION).index(choice)]
    button = buttons[letter]
    button.click()
    shape = "✓" if choice.correct else "✗"
    assert button.description == f"{shape} {letter}"
    assert f"{shape} {letter}. {'Right.' if choice.correct else 'Not this one.'}" in feedback.value
    assert choice.why.split()[0] in feedback.value
    assert 'role="status"' in feedback.value


def test_right_is_not_said_twice():
    choices = (Choice("Yes.", "Right: it is so.", correct=True), Choice("No.", "It is."))
    question = Question("Is it?", choices)
    buttons, feedback = parts(quiz_widget(Lesson("02", "", (), (question,) * 3)).children[0])
    letter = "AB"[shuffled(question).index(choices[0])]
    buttons[letter].click()
    assert feedback.value.count("Right") == 1


def test_one_may_go_on_pressing():
    buttons, feedback = parts(quiz_widget(LESSON).children[1])
    for button in buttons.values():
        button.click()
        button.click()
        assert button.description in feedback.value
    assert sorted(button.description[0] for button in buttons.values()) == ["✓", "✗", "✗"]


def test_formulas_are_left_to_mathjax_and_text_is_escaped():
    values = " ".join(w.value for w in walk(quiz_widget(LESSON)) if hasattr(w, "value"))
    assert "$a&lt;b$ &amp; <code" in values
    assert "Wrong &lt;i&gt;." in values
    assert "mathjax_ignore" not in values
    assert all(
        isinstance(w, ipywidgets.HTMLMath) for w in walk(quiz_widget(LESSON)) if hasattr(w, "value")
    )


def test_buttons_say_which_question_they_answer():
    for number, question in enumerate(quiz_widget(LESSON).children, 1):
        for letter, button in parts(question)[0].items():
            assert button.tooltip == f"Question {number}, answer {letter}"


def test_the_static_twin_gives_nothing_away():
    for twin in (quiz_html(LESSON), quiz_text(LESSON)):
        assert twin.count("Question ") == 3
        assert "Because" not in twin
        assert "✓" not in twin
        assert "Also wrong." in twin
    assert "<i>" not in quiz_html(LESSON)


def test_the_order_is_the_same_everywhere_and_hides_the_answer():
    lines = re.findall(r"  ([ABC])\. (.*)", quiz_text(LESSON))[:3]
    assert [text for _, text in lines] == [choice.text for choice in shuffled(QUESTION)]
    questions = [Question(f"Number {number}", QUESTION.choices) for number in range(60)]
    places = [shuffled(question).index(QUESTION.choices[0]) for question in questions]
    assert min(places.count(place) for place in range(3)) > 8


@pytest.mark.parametrize("lesson", ["02", 2, "2", " 02 "])
def test_a_lesson_is_found_by_its_number(page, lesson):
    assert quiz(lesson) is None
    assert page[0]["text/plain"].startswith("Quiz, lesson 02: The vanishing gradient")
    assert page[0]["text/html"].count("<ol") == 3


@pytest.mark.parametrize("lesson", ["99", "", "two", None])
def test_another_lesson_is_refused(lesson):
    with pytest.raises(ValueError, match=r"`quiz` got lesson .*; expected one of 00, 01, 02"):
        quiz(lesson)


def test_every_lesson_asks_three_questions_with_a_reason_for_each_choice():
    for lesson in exercises.LESSONS.values():
        assert len(lesson.quiz) == 3
        quiz_widget(lesson)
        for question in lesson.quiz:
            assert all(choice.why.strip() for choice in question.choices)


def test_it_goes_through_the_general_mechanism(monkeypatch):
    shown = []
    monkeypatch.setattr(display, "_in_ipython", lambda: True)
    monkeypatch.setattr(display, "display_bundle", shown.append)
    quiz("02")
    assert "application/vnd.jupyter.widget-view+json" in shown[0]
