"""Small lessons and a small registry to build them with."""

from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import pytest

from lstm_helpers.authoring import Registry

HEADER = """\
# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   lstm_helpers: {number: "02", title: Doubling, minutes: 30}
# ---

"""

BODY = '''\
# %% [markdown]
# # Lesson 02: Doubling
# See [the start](00_start.ipynb#here) and [a paper](https://example.org/a.ipynb).

# %%
import numpy as np

# %% exercise="double"
def double(x):
    """Return twice x."""
    scale = 2
    # BEGIN SOLUTION
    return scale * x
    # END SOLUTION


# %% check="double"
double = check(double)

# %% exercise="sign"
def sign(x):
    """Return -1 or 1."""
    if x < 0:
        # BEGIN SOLUTION
        result = -1
        # END SOLUTION
    else:
        # BEGIN SOLUTION
        result = 1
        # END SOLUTION
    return result


# %% check="sign"
sign = check(sign)

# %% [markdown] tags=["instructor"]
# Ask what happens at zero.

# %% tags=["instructor"]
assert double(2) == 4

# %%
np.ones(2)

# %%
np.ones(2)
'''

START = """\
# ---
# jupyter:
#   lstm_helpers: {number: "00", title: Start, minutes: 5}
# ---

# %% [markdown]
# # Start
"""


class Folders(NamedTuple):
    """Where lessons are and notebooks go, with a registry that fits."""

    lessons: Path
    course: Path
    solutions: Path
    registry: Registry

    @property
    def lesson(self) -> Path:
        return self.lessons / "02_doubling.py"


def make_registry() -> Registry:
    """Two exercises in lesson 02, one in lesson 03."""
    exercises = {
        name: SimpleNamespace(name=name, lesson=lesson, points=points)
        for name, lesson, points in (("double", "02", 2), ("sign", "02", 3), ("halve", "03", 1))
    }
    lessons = {
        number: SimpleNamespace(
            number=number, exercises=tuple(e for e in exercises.values() if e.lesson == number)
        )
        for number in ("00", "02", "03")
    }
    return Registry(exercises, lessons)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Write two sound lessons."""
    monkeypatch.chdir(tmp_path)
    made = Folders(
        tmp_path / "lessons", tmp_path / "course", tmp_path / "solutions", make_registry()
    )
    made.lessons.mkdir()
    made.lesson.write_text(HEADER + BODY, encoding="utf-8")
    (made.lessons / "00_start.py").write_text(START, encoding="utf-8")
    return made
