"""What must hold of the repository as a whole: clean notebooks, links that lead somewhere."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lstm_helpers.cli import app
from lstm_helpers.exercises import LESSONS

REPOSITORY = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted(REPOSITORY.glob("course/*.ipynb")) + sorted(REPOSITORY.glob("solutions/*.ipynb"))
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("d*/**/*.md")])
FOLDERS = (".ci", "benchmarks", "course", "deploy", "docs", "lessons", "lstm_helpers", "solutions")
FOLDERS += ("tests",)
LEFT_BEHIND = {"__pycache__", ".ipynb_checkpoints", ".lstm-course"}
"""Folders that git ignores."""
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
MACHINE = re.compile(r"(?<![\w.$}/-])/(?:work|root|home/\w+|Users/\w+)/\w")


def name_of(path: Path) -> str:
    return path.relative_to(REPOSITORY).as_posix()


def text_files() -> Iterator[Path]:
    yield from (path for path in REPOSITORY.iterdir() if path.is_file())
    for folder in FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if (
                path.is_file()
                and path.suffix != ".png"
                and not LEFT_BEHIND.intersection(path.parts)
            ):
                yield path


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name_of)
def test_notebook_holds_no_results(path: Path) -> None:
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", sorted(REPOSITORY.glob("lessons/*.py")), ids=name_of)
def test_nbval_leaves_no_cell_out(path: Path) -> None:
    assert not re.search(r"NBVAL_(SKIP|IGNORE|RAISES)", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    inside = [target for target in targets if "://" not in target]
    missing = [target for target in inside if not (page.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize(
    "command", app.registered_commands, ids=lambda entry: entry.callback.__name__
)
def test_command_is_documented(command) -> None:
    name = command.name or command.callback.__name__
    documented = [page for page in PAGES if f"lstm-course {name}" in page.read_text("utf-8")]
    assert documented, f"no page says what `lstm-course {name}` does"


def test_readme_lists_every_lesson_and_exercise() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for lesson in LESSONS.values():
        [row] = re.findall(rf"^\| {lesson.number} \|.*$", readme, re.MULTILINE)
        assert lesson.title in row
        assert re.findall(r"`(\w+)`", row) == [exercise.name for exercise in lesson.exercises]


def test_readme_says_what_each_folder_is_for() -> None:
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    for folder in FOLDERS:
        assert f"`{folder}/" in readme, folder


def test_nothing_names_a_place_on_one_machine() -> None:
    found = [
        f"{name_of(path)}: {match.group()}"
        for path in text_files()
        if (match := MACHINE.search(path.read_text(encoding="utf-8")))
    ]
    assert found == []
