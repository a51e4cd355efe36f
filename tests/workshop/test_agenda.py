import contextlib
import io
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from lstm_helpers.commands import agenda as command
from lstm_helpers.commands.errors import WrongUseError
from lstm_helpers.workshop.agenda import LADDER, AgendaError, plan
from lstm_helpers.workshop.agenda_page import agenda_page, behind, told
from lstm_helpers.workshop.agenda_parts import shown_minutes
from lstm_helpers.workshop.agenda_short import savings
from lstm_helpers.workshop.lessons_read import (
    UnknownLessonError,
    lesson_numbers,
    read_lesson,
)

HOURS = st.integers(min_value=60, max_value=24 * 60).map(lambda minutes: minutes / 60)


# The lessons, as they are read


def test_every_section_of_every_lesson_has_minutes_that_hold_its_exercises():
    for number in lesson_numbers():
        lesson = read_lesson(number)
        assert [section.number for section in lesson.sections] == list(
            range(1, len(lesson.sections) + 1)
        )
        for section in lesson.sections:
            assert 0 <= section.exercise_minutes <= section.minutes, (number, section.title)


def test_exercises_and_minutes_are_those_that_the_checks_know():
    from lstm_helpers.exercises import LESSONS

    for number in lesson_numbers():
        known = [(one.name, one.minutes) for one in LESSONS[number].exercises]
        assert [(one.name, one.minutes) for one in read_lesson(number).exercises] == known


@pytest.mark.parametrize(
    ("number", "sections"),
    [("02", (5,)), ("03", (8,)), ("04", (8,)), ("07", (11, 12)), ("09", (2, 7)), ("12", (9,))],
)
def test_what_may_go_is_what_the_notes_for_instructors_say(number, sections):
    assert read_lesson(number).may_go == sections


def test_needs_are_read_from_the_opening():
    assert read_lesson("05").needs == ("02", "03", "04")
    assert read_lesson("03").needs == ("01", "02")
    assert read_lesson("00").needs == ()


def test_an_unknown_lesson_is_refused_with_a_sentence():
    with pytest.raises(UnknownLessonError, match=r"no lesson '77'; there are 00 to \d\d\."):
        read_lesson("77")


# The clock


def assert_holds(agenda, start):
    """The minutes add up, nothing overlaps, nobody sits too long, nothing is taught twice."""
    parts = [agenda.minutes_of(what) for what in ("teaching", "exercises", "break", "spare")]
    assert sum(parts) == agenda.total
    taught = []
    for number, day in enumerate(agenda.days, start=1):
        assert day[0].start == start
        sitting = 0
        for before, slot in zip((None, *day), day, strict=False):
            assert slot.day == number
            assert slot.minutes > 0
            assert before is None or slot.start == before.end
            sitting = 0 if slot.kind in ("break", "lunch") else sitting + slot.minutes
            if slot.kind == "section":
                assert sitting <= 90
                taught.append((slot.lesson.number, slot.section.number))
        assert day[-1].kind not in ("break", "lunch")
        pauses = [slot for slot in day if slot.kind in ("break", "lunch")]
        worked = sum(slot.minutes for slot in day if slot.kind == "section")
        assert len(pauses) >= worked // 91
        lunches = [slot for slot in day if slot.kind == "lunch"]
        length = sum(slot.minutes for slot in day) - 60 * len(lunches)
        assert length <= 390
        assert len(lunches) == (1 if length > 300 and worked > length / 2 else len(lunches))
    wanted = [(one.number, s.number) for one in agenda.lessons for s in one.sections]
    assert taught == wanted


@settings(max_examples=60, deadline=None)
@given(HOURS, st.integers(min_value=6 * 60, max_value=13 * 60))
def test_any_number_of_hours_adds_up(hours, start):
    assert_holds(plan(hours, start), start)


@settings(max_examples=40, deadline=None)
@given(HOURS, st.sets(st.sampled_from(lesson_numbers()), min_size=1, max_size=6))
def test_named_lessons_are_taught_all_and_in_order_or_refused(hours, numbers):
    minutes = sum(read_lesson(number).minutes for number in numbers)
    if minutes > 60 * hours / 0.45:  # even if all that can be shown is shown
        with pytest.raises(AgendaError, match=r"do not fit.*plan"):
            plan(hours, lessons=tuple(numbers))
        return
    if minutes > 0.6 * 60 * hours:  # perhaps
        with contextlib.suppress(AgendaError):
            assert_holds(plan(hours, lessons=tuple(numbers)), 9 * 60)
        return
    agenda = plan(hours, lessons=tuple(numbers))
    assert [lesson.number for lesson in agenda.lessons] == sorted(numbers)
    assert agenda.shown == ()
    assert_holds(agenda, 9 * 60)


def test_half_a_day_has_the_vanishing_gradient_and_the_cell_whole():
    agenda = plan(3)
    assert [lesson.number for lesson in agenda.lessons] == ["00", "02", "03"]
    assert agenda.shown == ()
    assert [slot.minutes for slot in agenda.slots if slot.kind == "break"] == [10]


def test_a_day_ends_with_a_cell_that_is_proven_and_two_days_with_the_river():
    assert [lesson.number for lesson in plan(6).lessons] == ["00", "01", "02", "03", "04"]
    agenda = plan(12)
    assert [lesson.number for lesson in agenda.lessons][-1] == "11"
    last = [day[-2].lesson.number for day in agenda.days]
    assert last == ["04", "11"]  # both days end with a lesson
    assert agenda.minutes_of("lunch") == 120


def test_more_hours_never_teach_fewer_minutes_of_the_first_lessons():
    seen = 0
    for half_hours in range(2, 49):
        agenda = plan(half_hours / 2)
        by_hand = {  # not those of which every exercise is shown
            lesson.number
            for lesson in agenda.lessons
            if not {one.name for one in lesson.exercises} <= set(agenda.shown)
        }
        taught = by_hand & set(LADDER[:3])
        assert len(taught) >= seen
        seen = len(taught)


def test_without_enough_time_exercises_are_shown_and_it_is_said():
    agenda = plan(2, lessons=("03", "00"))
    whole = sum(lesson.minutes for lesson in agenda.lessons)
    assert agenda.shown == ()
    assert sum(s.minutes for s in agenda.slots if s.kind == "section") == whole
    shorter = plan(1.25, lessons=("03", "00"))
    assert "count_parameters" in shorter.shown
    assert not {"sigmoid", "lstm_gates", "update_cell"} & set(shorter.shown)
    shown = [slot for slot in shorter.slots if slot.shown]
    won = sum(
        one.minutes - shown_minutes(one.minutes)
        for slot in shown
        for one in slot.section.exercises
        if one.name in slot.shown
    )
    assert sum(s.minutes for s in shorter.slots if s.kind == "section") == whole - won
    skipping = '`from lstm_helpers.notebook import skip`, then `NAME = skip("NAME")`'
    assert any("`count_parameters`" in note and skipping in note for note in shorter.notes)


# What goes first


def test_what_goes_first_is_never_what_another_exercise_calls():
    from lstm_helpers.bundled import solution_source

    lessons = [read_lesson(number) for number in ("00", "01", "02", "03", "04", "05", "07")]
    going = {saving.name for saving in savings(lessons)} - {""}
    staying = {one.name for lesson in lessons for one in lesson.exercises} - going
    for name in going:
        for other in staying | going:
            calls = re.search(rf"(?<![.\w]){name}\(", solution_source(other).partition("\n")[2])
            assert other == name or not calls, f"{other} calls {name}"
    assert {"sigmoid", "lstm_gates", "lstm_step", "update_cell", "rnn_step"} <= staying


def test_what_the_lesson_lets_go_goes_first():
    going = savings([read_lesson("02"), read_lesson("03")])
    assert [(one.lesson, one.section) for one in going[:2]] == [("02", 5), ("03", 8)]
    assert going[1].name == "count_parameters"


def test_at_each_break_it_is_said_where_to_stand_and_what_may_go():
    agenda = plan(6)
    pauses = [slot for slot in agenda.slots if slot.kind in ("break", "lunch")]
    assert [one.by for one in agenda.checkpoints] == [slot.start for slot in pauses]
    for checkpoint in agenda.checkpoints:
        before = max(
            (s for s in agenda.slots if s.kind == "section" and s.end <= checkpoint.by),
            key=lambda slot: slot.end,
        )
        assert checkpoint.place == before.place
        for saving in checkpoint.savings:
            place = f"lesson {saving.lesson}, section {saving.section}"
            assert next(s.start for s in agenda.slots if s.place == place) > checkpoint.by


def test_minutes_to_spare_are_counted_on_and_no_break_is_before_them():
    agenda = plan(4, lessons=("00", "03"))
    *_, last, spare = agenda.slots
    assert (last.kind, spare.kind) == ("section", "spare")
    (checkpoint,) = agenda.checkpoints
    assert checkpoint.spare == spare.minutes > 90
    said = behind(checkpoint)
    assert f"{spare.minutes} min are to spare at the end of the day" in said
    assert "nothing ahead" not in said
    assert "nothing ahead" in behind(replace(checkpoint, savings=(), spare=0))


def test_an_hour_is_one(monkeypatch):
    assert told(plan(1))["title"] == "1 hour"
    assert told(plan(3))["title"] == "3 hours"
    with pytest.raises(AgendaError, match=r"^A day of 3 hours that begins at 22:00 ends after"):
        plan(3, 22 * 60)


def test_lessons_that_are_left_out_but_built_upon_are_named():
    notes = plan(3).notes
    assert any("Lessons 02 and 03 build on lesson 01" in note for note in notes)
    assert any("catch-up 02" in note for note in notes)


# The command and the page


def printed(monkeypatch, *args, **kwargs):
    out = io.StringIO()
    monkeypatch.setattr("rich.console.Console", lambda **k: Console(file=out, **{"width": 120} | k))
    assert command.run(*args, **kwargs) == 0
    return out.getvalue()


def test_what_is_printed_fits_a_hundred_columns(monkeypatch, tmp_path):
    text = printed(monkeypatch, 6, start="08:30", lessons=[], out=tmp_path / "agenda.html")
    assert max(len(line) for line in text.splitlines()) <= 100
    for word in ("08:30–08:32", "Lunch, 60 min", "rnn_backward (20 min)", "If it is not: skip"):
        assert word in text
    assert (tmp_path / "agenda.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_page_asks_for_nothing_and_holds_every_section():
    agenda = plan(12)
    page = agenda_page(agenda)
    assert "default-src 'none'" in page
    assert not re.search(r"""(src|href)=|url\(|<script""", page)
    for slot in agenda.slots:
        if slot.kind == "section":
            assert re.split("[`'\"$*]", slot.section.title)[0] in page
    assert page.count("<tfoot>") == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"hours": 0.5}, "A workshop takes 1 to 24 hours; got 0.5."),
        ({"hours": 25}, "A workshop takes 1 to 24 hours; got 25."),
        ({"hours": float("nan")}, "A workshop takes 1 to 24 hours; got nan."),
        ({"start": "9 o'clock"}, "--start must be a time of day such as 09:00"),
        ({"start": "24:00"}, "--start must be a time of day such as 09:00"),
        ({"start": "23:00"}, "ends after midnight"),
        ({"lessons": ["four"]}, "--lessons must name lessons, such as 03 or 00-04; got 'four'."),
        ({"lessons": ["04-02"]}, "--lessons must name lessons"),
        ({"lessons": ["77"]}, "There is no lesson '77'"),
        ({"lessons": ["00-09"]}, r"Lessons 00, 01, .* do not fit into 3 hours.*plan 1\d"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(arguments, sentence):
    wanted = {"hours": 3, "start": "09:00", "lessons": [], "out": None} | arguments
    hours = wanted.pop("hours")
    with pytest.raises(WrongUseError, match=re.sub(r"\?$", r"\?", sentence)):
        command.run(hours, **wanted)
