from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from answers_to_sigmoid import right, wrong

from lstm_helpers import exercises
from lstm_helpers.notebook import check, database, store
from lstm_helpers.notebook.database import StoreError
from lstm_helpers.notebook.store import Store


def file_of(home):
    return home / ".lstm-course" / "progress.sqlite"


def row(home, name="sigmoid"):
    return next(row for row in store.table(home) if row.exercise == name)


def test_reading_an_empty_folder_makes_no_file(home):
    rows = store.table(home)
    assert [row.exercise for row in rows] == list(exercises.EXERCISES)
    assert {row.status for row in rows} == {"not attempted"}
    assert store.answers(home, "sigmoid") == []
    assert list(home.iterdir()) == []


def test_a_row_says_everything(home):
    kept = Store(home)
    kept.record_check("sigmoid", "failed", "overflow", "a")
    kept.next_hint("sigmoid")
    first = row(home)
    exercise = exercises.get("sigmoid")
    assert first == store.ProgressRow(
        "00", exercise.title, "sigmoid", exercise.points, exercise.minutes, "failed", 1, 1,
        "overflow",
    )  # fmt: skip
    kept.record_check("sigmoid", "passed", None, "b")
    kept.record_check("sigmoid", "failed", "wrong-sign", "c")
    kept.record_check("sigmoid", "not attempted", None, "d")
    kept.record_check("sigmoid", "no verdict", None, "e")
    last = row(home)
    assert (last.status, last.attempts, last.diagnosis) == ("passed", 3, None)
    assert [answer.source for answer in store.answers(home, "sigmoid")] == list("abcde")


def test_a_stub_after_a_failure_keeps_the_failure(home):
    kept = Store(home)
    kept.record_check("sigmoid", "failed", "overflow", None)
    kept.record_check("sigmoid", "not attempted", None, None)
    assert (row(home).status, row(home).diagnosis) == ("failed", "overflow")


def test_exercises_that_the_course_no_longer_has_do_no_harm(home):
    Store(home).record_check("long_gone", "passed", None, "x")
    assert "long_gone" not in {row.exercise for row in store.table(home)}
    assert store.answers(home, "long_gone")[0].source == "x"


def test_hint_levels(home):
    kept = Store(home)
    assert [kept.next_hint("sigmoid") for _ in range(5)] == [1, 2, 3, 4, 4]
    assert kept.record_solution("sigmoid") == 3
    assert kept.record_solution("rnn_step") == 0
    assert (row(home).hints, row(home).solution_seen) == (3, True)


def not_a_database(file):
    file.write_bytes(b"These are my notes, not a database." * 200)


def another_program(file):
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE cookies (name)")
        connection.commit()


def a_page_overwritten(file):
    kept = Store(file.parent.parent)
    for number in range(40):
        kept.record_check("sigmoid", "failed", None, f"# {number}\n" * 300)
    data = bytearray(file.read_bytes())
    for page in range(2, len(data) // 4096):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    file.write_bytes(bytes(data))


@pytest.mark.parametrize("damage", [not_a_database, another_program, a_page_overwritten])
def test_a_damaged_file_is_kept_under_another_name(home, page, monkeypatch, damage):
    monkeypatch.setattr(database, "_already_checked", set())
    file = file_of(home)
    file.parent.mkdir()
    damage(file)
    before = file.read_bytes()
    monkeypatch.setattr(database, "_already_checked", set())
    check(right, "sigmoid")
    text = page[-1]["text/plain"]
    assert text.startswith("✓ Passed")
    (kept,) = file.parent.glob("progress.damaged-*.sqlite")
    assert f"kept as `{kept.name}`" in text
    assert kept.read_bytes() == before
    assert row(home).status == "passed"
    check(right, "sigmoid")
    assert "kept as" not in page[-1]["text/plain"]


def test_a_second_damaged_file_does_not_replace_the_first(home):
    file = file_of(home)
    file.parent.mkdir()
    for number in range(3):
        file.write_bytes(bytes([65 + number]) * 5000)
        assert store.table(home)
        Store(home).record_check("sigmoid", "passed", None, None)
    kept = [path.read_bytes()[:1] for path in file.parent.glob("progress.damaged-*")]
    assert sorted(kept) == [b"A", b"B", b"C"]


def test_kernels_that_find_the_damage_at_once_set_it_aside_once(home):
    file = file_of(home)
    file.parent.mkdir()
    not_a_database(file)
    with ThreadPoolExecutor(6) as kernels:
        list(
            kernels.map(
                lambda n: Store(home).record_check("sigmoid", "failed", str(n), "x"), range(12)
            )
        )
    assert len(list(file.parent.glob("progress.damaged-*"))) == 1
    assert len(store.answers(home, "sigmoid")) == 12


def test_an_empty_file_is_taken_over(home):
    file_of(home).parent.mkdir()
    file_of(home).touch()
    assert row(home).status == "not attempted"
    kept = Store(home)
    kept.record_check("sigmoid", "passed", None, None)
    assert kept.notice is None
    assert row(home).status == "passed"


def test_a_file_of_a_newer_course_is_left_alone(home):
    Store(home).record_check("sigmoid", "passed", None, None)
    with closing(sqlite3.connect(file_of(home))) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = file_of(home).read_bytes()
    with pytest.raises(StoreError, match=r"newer version .* update the package"):
        Store(home).record_check("sigmoid", "failed", None, None)
    with pytest.raises(StoreError, match="newer version"):
        store.table(home)
    assert file_of(home).read_bytes() == before


def test_a_file_in_use_is_one_sentence(home, monkeypatch):
    Store(home).record_check("sigmoid", "passed", None, None)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(file_of(home), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program is using it"):
            Store(home).record_check("sigmoid", "failed", None, None)
        other.execute("ROLLBACK")
    assert len(store.answers(home, "sigmoid")) == 0


def test_a_full_disk_is_one_sentence(home):
    def fill(connection):
        size = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {size}")
        connection.execute(
            "INSERT INTO events (at, kind, exercise, source) VALUES ('', '', '', ?)", ("x" * 99999,)
        )

    with pytest.raises(StoreError, match=r"disk is full"):
        database.write(file_of(home), fill)
    assert store.answers(home, "sigmoid") == []


def test_a_folder_in_place_of_the_file_is_one_sentence(home):
    file_of(home).mkdir(parents=True)
    with pytest.raises(StoreError, match=r"^Progress could not be saved in .*\.$"):
        Store(home).record_check("sigmoid", "passed", None, None)
    with pytest.raises(StoreError, match=r"^Progress could not be read in .*\.$"):
        store.table(home)


def test_an_action_that_raises_leaves_nothing(home):
    def action(connection):
        database.append(connection, "check", "sigmoid", status="passed")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database.write(file_of(home), action)
    assert row(home).status == "not attempted"


def test_odd_text_is_kept(home):
    source = "s = 'äß∂🌊\\x00'\n" + "\x00\n" * 2
    Store(home).record_check("sigmoid", "failed", None, source)
    assert store.answers(home, "sigmoid")[0].source == source


def test_importing_the_package_loads_nothing_heavy():
    heavy = ("matplotlib", "IPython", "ipywidgets", "torch", "tensorflow", "keras", "pandas")
    code = (
        "import sys; import lstm_helpers.notebook, lstm_helpers.notebook.store;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_progress_is_the_function():
    from lstm_helpers.notebook import progress

    assert callable(progress)
    assert wrong is not right
