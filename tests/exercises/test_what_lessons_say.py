"""Order and minutes of the exercises are those that the lessons' headings give."""

import re
from pathlib import Path

import pytest

from lstm_helpers.exercises import LESSONS

SOURCES = sorted((Path(__file__).resolve().parents[2] / "lessons").glob("*.py"))
HEADING = re.compile(r"^# ### Exercise: `(\w+)` \((\d+) minutes\)$", re.MULTILINE)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name[:2])
def test_headings_name_the_exercises_in_order_with_their_minutes(source):
    headings = HEADING.findall(source.read_text(encoding="utf-8"))
    exercises = LESSONS[source.name[:2]].exercises
    assert headings == [(exercise.name, str(exercise.minutes)) for exercise in exercises]
