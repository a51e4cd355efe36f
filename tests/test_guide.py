"""The instructor's guide agrees with the lessons: minutes, exercises, slugs, numbers, links."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from lstm_helpers.cli import app
from lstm_helpers.exercises import LESSONS

REPOSITORY = Path(__file__).resolve().parents[1]
GUIDE = REPOSITORY / "docs" / "guide"
SOURCES = {path.name[:2]: path for path in sorted((REPOSITORY / "lessons").glob("*.py"))}
PAGES = sorted(GUIDE.glob("*.md"))
PARTS = (
    "The point",
    "Before you start",
    "Timings",
    "Where people stumble",
    "Ask the room",
    "On the board",
    "If time is short, if they are quick",
    "Do not claim",
)
SECTION = re.compile(r"^# ## (\d+\. .+?) \((\d+) min\b[^)]*\)$")
EXERCISE = re.compile(r"^# ### Exercise: `(\w+)` \((\d+) minutes\)$")
STUMBLE = re.compile(
    r"^- \*\*`([a-z0-9-]+)`\*\* in `(\w+)`\. You see: .+? Ask:\s+\".+\?", re.DOTALL
)
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,]\d+)*")
LINK = re.compile(r"\]\(([^)\s]+)\)")
REFERENCE = re.compile(r"\b(?:lessons?|sections?)\s+[\d, ]*\d+(?:(?:–| to | and )\d+)?")

by_lesson = pytest.mark.parametrize("number", SOURCES)
by_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)


class Row(NamedTuple):
    """One line of a table of timings."""

    section: str
    teaching: int
    exercises: tuple[tuple[str, int], ...]
    together: int


def read(number: str) -> str:
    return (GUIDE / f"{number}.md").read_text(encoding="utf-8")


def part_of(text: str, title: str) -> str:
    """What stands between this heading of the second level and the next one."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def minutes_of(source: str) -> int:
    [minutes] = re.findall(r"^#   lstm_helpers: \{.*minutes: (\d+)\}$", source, re.MULTILINE)
    return int(minutes)


def rows_of_lesson(source: str) -> list[Row]:
    """Sections with their minutes, and the exercises in each, as the lesson's headings say."""
    found: list[tuple[str, int, list[tuple[str, int]]]] = []
    for line in source.splitlines():
        if section := SECTION.match(line):
            found.append((section[1], int(section[2]), []))
        elif exercise := EXERCISE.match(line):
            found[-1][2].append((exercise[1], int(exercise[2])))
    return [
        Row(title, minutes - sum(m for _, m in exercises), tuple(exercises), minutes)
        for title, minutes, exercises in found
    ]


def rows_of_page(text: str) -> tuple[list[Row], list[int]]:
    """The rows of a page's table of timings, and the three sums in its last line."""
    lines = [line for line in part_of(text, "Timings").splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["section", "teaching", "exercises", "together"]
    *rows, total = cells[2:]
    assert total[0] == "**all**"
    return [
        Row(
            title,
            int(teaching),
            tuple((name, int(m)) for name, m in re.findall(r"`(\w+)` (\d+)", exercises)),
            int(together),
        )
        for title, teaching, exercises, together in rows
    ], [int(cell.strip("*")) for cell in total[1:]]


def numbers_in(text: str) -> set[str]:
    """Numbers with a decimal point or more than one digit; 12,500 and 12{,}500 are 12500."""
    plain = re.sub(r"(?<=\d)(?:,|\{,\})(?=\d{3}(?!\d))", "", text)
    return {found for found in NUMBER.findall(plain) if len(found) > 1}


def slug_of_heading(heading: str) -> str:
    """The anchor that a heading gets on a page."""
    return re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-")


def test_every_lesson_has_its_page_and_the_index_links_all_pages() -> None:
    names = {page.name for page in PAGES}
    assert {f"{number}.md" for number in SOURCES} <= names
    index = (GUIDE / "README.md").read_text(encoding="utf-8")
    linked = {target.split("#")[0] for target in LINK.findall(index)}
    assert names - {"README.md"} <= linked


@by_lesson
def test_page_has_the_title_of_its_lesson_and_all_parts_in_order(number: str) -> None:
    text = read(number)
    title = text.splitlines()[0]
    lesson = LESSONS[number].title.lower().replace("*", "")
    assert title.startswith(f"# {number} · ")
    assert title.lower().endswith(lesson)
    assert tuple(re.findall(r"^## (.+)$", text, re.MULTILINE)) == PARTS
    stem = SOURCES[number].stem
    for folder in ("course", "solutions"):
        assert f"](../../{folder}/{stem}.ipynb)" in text


@by_lesson
def test_timings_are_those_of_the_lesson(number: str) -> None:
    expected = rows_of_lesson(SOURCES[number].read_text(encoding="utf-8"))
    rows, sums = rows_of_page(read(number))
    assert rows == expected
    assert sums == [
        sum(row.teaching for row in expected),
        sum(minutes for row in expected for _, minutes in row.exercises),
        sum(row.together for row in expected),
    ]
    stated = [(name, minutes) for row in rows for name, minutes in row.exercises]
    assert stated == [(one.name, one.minutes) for one in LESSONS[number].exercises]


@by_lesson
def test_a_page_says_where_the_sections_do_not_add_up_to_the_lessons_minutes(number: str) -> None:
    minutes = minutes_of(SOURCES[number].read_text(encoding="utf-8"))
    text = " ".join(part_of(read(number), "Timings").split())
    _, (*_, together) = rows_of_page(read(number))
    says_more, says_less = (f"add up to {word}" in text for word in ("more", "a little less"))
    assert (says_more, says_less) == (together > minutes, together < minutes)
    if together != minutes:
        assert f"the lesson's {minutes} minutes" in text


@by_lesson
def test_index_states_the_minutes_and_numbers_of_the_lesson(number: str) -> None:
    index = (GUIDE / "README.md").read_text(encoding="utf-8")
    source = SOURCES[number].read_text(encoding="utf-8")
    [row] = re.findall(rf"^\| \[{number}\]\({number}\.md\) \|.*$", index, re.MULTILINE)
    _, title, minutes, needs, carried = (cell.strip() for cell in row.strip("|").split("|"))
    assert title.lower() == LESSONS[number].title.lower().replace("*", "")
    assert int(minutes) == minutes_of(source)
    assert numbers_in(carried) <= numbers_in(source)
    assert all(needed < number for needed in re.findall(r"\d\d", needs))


@by_lesson
def test_stumbles_are_misconceptions_of_the_lesson_and_end_in_a_question(number: str) -> None:
    part = part_of(read(number), "Where people stumble")
    stumbles = [f"- {one}" for one in re.split(r"^- ", part, flags=re.MULTILINE)[1:]]
    assert 3 <= len(stumbles) <= 6
    known = {
        one.name: {each.slug for each in one.misconceptions} for one in LESSONS[number].exercises
    }
    pairs = []
    for stumble in stumbles:
        match = STUMBLE.match(stumble)
        assert match, stumble
        pairs.append((match[1], match[2]))
        assert match[1] in known[match[2]], stumble
    assert len(set(pairs)) == len(pairs)


@by_lesson
def test_every_slug_on_a_page_is_one_of_its_lesson(number: str) -> None:
    known = {
        each.slug for one in LESSONS[number].exercises for each in one.misconceptions
    }  # a single word, such as `nats`, is seen by the test above
    named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", read(number)))
    assert named <= known


@by_lesson
def test_every_exercise_is_mentioned_beside_its_line_in_the_table(number: str) -> None:
    text = read(number)
    rest = text.replace(part_of(text, "Timings"), "")
    for exercise in LESSONS[number].exercises:
        assert f"`{exercise.name}`" in rest, exercise.name


@by_lesson
def test_numbers_on_a_page_stand_in_the_lesson(number: str) -> None:
    text = read(number).split("\n", 1)[1]
    text = text.replace(part_of(text, "Timings"), "")
    text = REFERENCE.sub("", LINK.sub("", text))
    assert numbers_in(text) - numbers_in(SOURCES[number].read_text(encoding="utf-8")) == set()


@by_lesson
def test_a_page_is_read_in_minutes(number: str) -> None:
    assert 60 <= len(read(number).splitlines()) <= 130


@by_page
def test_links_lead_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in map(slug_of_heading, headings), target


@by_page
def test_commands_exist(page: Path) -> None:
    known = {
        command.name or command.callback.__name__.replace("_", "-")
        for command in app.registered_commands
    }
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^\$ )lstm-course ([a-z][a-z-]*)", text, re.MULTILINE))
    assert named <= known


def test_the_room_names_every_command_of_the_workshop() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for command in (
        "agenda --hours 3",
        "slides 03",
        "board",
        "catch-up 04",
        "bundle DIR --slides 00,02,03",
    ):
        assert f"$ lstm-course {command}\n" in text, command
