"""What the events say of each learner, and that it is the same after a restart."""

import re
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

import lstm_helpers
from lstm_helpers.exercises import EXERCISES
from lstm_helpers.general_diagnoses import GENERAL_DIAGNOSES
from lstm_helpers.workshop.board.picture import label, picture, wording
from lstm_helpers.workshop.board.rules import Event
from lstm_helpers.workshop.board.state import State
from lstm_helpers.workshop.board.store import Row, Store
from lstm_helpers.workshop.board.writer import (
    ENDED,
    FILE,
    InUseError,
    StoreError,
    delete_board,
)
from tests.workshop.board_server import event, running

START = 1_000_000.0
GIVEN = r"""(?:self\.failed|Finding)\(\s*"([a-z-]+)"|"failed",\s*"([a-z-]+)",$"""


@pytest.fixture
def state() -> State:
    state = State({name: exercise.lesson for name, exercise in EXERCISES.items()})
    for number in (1, 2, 3):
        state.join(Row(number, f"nick{number}", f"token{number}", START, False, b""))
    return state


class Clock:
    """Sends events of learners whose clocks may be wrong."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.sent = 0

    def send(
        self,
        number: int,
        at: float,
        kind: str = "check",
        exercise: str | None = "lstm_step",
        *,
        late: float = 0.0,
        off: float = 0.0,
        **more: object,
    ) -> None:
        self.sent += 1
        made = Event(str(self.sent), START + at + off, kind, exercise)._replace(**more)  # type: ignore[arg-type]
        self.state.add(number, START + at + late, [made])


@pytest.fixture
def clock(state: State) -> Clock:
    return Clock(state)


def cells(state: State, number: int) -> dict[str, str]:
    shown = picture(state, 0, START)
    one = next(each for each in shown["learners"] if each["id"] == number)
    names = [each["name"] for each in shown["exercises"]]
    return dict(zip(names, one["cells"], strict=True))


def test_passed_stays_passed_and_failures_are_counted(state: State, clock: Clock) -> None:
    clock.send(1, 10, status="failed")
    clock.send(1, 20, status="failed")
    assert cells(state, 1)["lstm_step"] == "f2"
    clock.send(1, 25, status="no verdict")
    clock.send(1, 26, status="not attempted")
    assert cells(state, 1)["lstm_step"] == "f2"
    clock.send(1, 30, status="passed")
    clock.send(1, 40, status="failed")
    assert cells(state, 1)["lstm_step"] == "p"


def test_skipped_then_tried_again(state: State, clock: Clock) -> None:
    clock.send(1, 10, status="failed")
    clock.send(1, 600, "skip", status="skipped")
    assert cells(state, 1)["lstm_step"] == "s"
    assert picture(state, 0, START + 700)["stuck"] == []
    clock.send(1, 900, status="failed")
    (stuck,) = picture(state, 0, START + 1000)["stuck"]
    assert stuck["since"] == START + 900


def test_what_comes_late_does_not_undo_what_came_before_it(state: State, clock: Clock) -> None:
    clock.send(1, 60, "skip", status="skipped")
    clock.send(1, 50, status="failed", late=100)
    assert cells(state, 1)["lstm_step"] == "s"
    clock.send(2, 60, status="failed", diagnosis="bias-twice")
    clock.send(2, 50, status="failed", diagnosis="missing-bias", late=100)
    assert state.learners[2].attempts["lstm_step"].diagnosis == "bias-twice"


@pytest.mark.parametrize("off", [0.0, -86_400.0, 86_400.0])
def test_who_is_stuck_longest_whatever_the_clocks_say(
    state: State, clock: Clock, off: float
) -> None:
    clock.send(1, 100, status="failed", off=off)
    clock.send(2, 200, status="failed")
    clock.send(1, 400, status="failed", off=off)
    clock.send(1, 400, "hint", level=2, off=off)
    clock.send(3, 50, status="failed")
    clock.send(3, 60, status="passed")
    stuck = picture(state, 0, START + 1000)["stuck"]
    assert [(one["learner"], round(one["since"] - START)) for one in stuck] == [(1, 100), (2, 200)]
    assert (stuck[0]["failures"], stuck[0]["hints"], stuck[0]["solution"]) == (2, 2, False)
    assert stuck[0]["heard"] == START + 400


def test_nobody_has_been_stuck_since_before_joining(state: State, clock: Clock) -> None:
    clock.send(1, 100, "hint", level=1)
    clock.send(1, -50_000, status="failed", late=50_101)
    (stuck,) = picture(state, 0, START + 1000)["stuck"]
    assert stuck["since"] == START


def test_the_commonest_misconception_is_that_of_those_who_fail_now(
    state: State, clock: Clock
) -> None:
    clock.send(1, 10, status="failed", diagnosis="missing-bias")
    clock.send(2, 10, status="failed", diagnosis="missing-bias")
    clock.send(3, 10, status="failed", diagnosis="bias-twice")
    clock.send(1, 20, status="passed")
    clock.send(2, 20, status="failed", diagnosis="bias-twice")
    shown = picture(state, 0, START)["exercises"]
    one = next(each for each in shown if each["name"] == "lstm_step")
    assert (one["passed"], one["failed"], one["skipped"]) == (1, 2, 0)
    assert one["commonest"]["count"] == 2
    assert one["commonest"]["text"] == wording("lstm_step", "bias-twice")
    assert "bias is added twice" in one["commonest"]["text"]
    clock.send(2, 30, status="passed")
    clock.send(3, 30, status="passed")
    shown = picture(state, 0, START)["exercises"]
    assert all(each["commonest"] is None for each in shown)


def test_every_misconception_has_words_that_are_whole_sentences() -> None:
    for exercise in EXERCISES.values():
        assert label(exercise.name).partition(".")[0] == str(int(exercise.lesson))
        for each in exercise.misconceptions:
            text = wording(exercise.name, each.slug)
            assert " ".join(each.message.split()).startswith(text)
            assert text.count("`") % 2 == 0
            assert len(text) > 12


def test_every_general_diagnosis_has_a_sentence() -> None:
    for slug, text in GENERAL_DIAGNOSES.items():
        assert wording("lstm_step", slug) == text
        assert re.fullmatch(r"[A-Z].*[.?]", text)
        assert len(text) <= 100
    assert wording("lstm_step", "of-another-version") == "of another version"
    sources = (Path(lstm_helpers.__file__).parent / "checks").glob("*.py")
    slugs = {
        found.group(1) or found.group(2)
        for path in sources
        for found in re.finditer(GIVEN, path.read_text("utf-8"), re.MULTILINE)
    }
    assert len(slugs) > 20
    assert slugs <= set(GENERAL_DIAGNOSES)


def test_who_left_is_listed_and_counted_nowhere(state: State, clock: Clock) -> None:
    clock.send(1, 10, status="failed", diagnosis="bias-twice")
    clock.send(1, 20, "hand", None, raised=True)
    clock.send(2, 10, status="failed", diagnosis="bias-twice")
    had = picture(state, 0, START)
    assert (had["count"], had["left"], len(had["stuck"]), len(had["hands"])) == (3, 0, 2, 1)
    clock.send(1, 30, "leave", None)
    shown = picture(state, had["version"], START)
    assert (shown["count"], shown["left"], shown["hands"]) == (2, 1, [])
    assert [one["learner"] for one in shown["stuck"]] == [2]
    one = next(each for each in shown["exercises"] if each["name"] == "lstm_step")
    assert (one["failed"], one["commonest"]["count"]) == (1, 1)
    assert [(one["id"], one["left"]) for one in shown["learners"]] == [(1, True)]
    assert cells(state, 1)["lstm_step"] == "f1"
    clock.send(1, 40, "hint", level=1)  # she is back
    assert picture(state, 0, START)["count"] == 3


def test_who_left_and_joins_again_is_there_after_a_restart_too(tmp_path: Path) -> None:
    client = "0123456789abcdef"
    with running(tmp_path) as board:
        token = board.join("ada", client=client).json()["token"]
        board.send(token, event(), event("hand"))
        assert board.send(token, event("leave")).json()["refused"] == {}
        shown = board.state()
        assert (shown["count"], shown["left"], shown["stuck"], shown["hands"]) == (0, 1, [], [])
        board.join("ada", client=client)
        assert board.state()["count"] == 1
    with running(tmp_path) as board:
        shown = board.state()
        assert (shown["count"], shown["left"], len(shown["stuck"])) == (1, 0, 1)


def test_hands_queue_by_when_they_arrived(state: State, clock: Clock) -> None:
    clock.send(2, 10, "hand", None, raised=True)
    clock.send(1, 20, "hand", None, raised=True, off=-5000)  # a clock that lies gains nothing
    clock.send(2, 30, "hand", None, raised=True)  # nor does she who raises it again lose
    hands = picture(state, 0, START)["hands"]
    assert [(one["learner"], one["since"] - START) for one in hands] == [(2, 10), (1, 20)]
    clock.send(2, 40, "hand", None, raised=False)
    clock.send(2, 35, "hand", None, raised=True, late=100)  # late, and overtaken
    assert [one["learner"] for one in picture(state, 0, START)["hands"]] == [1]


def test_the_lesson_shown_is_the_one_in_which_most_learners_are(state: State, clock: Clock) -> None:
    clock.send(1, 10, exercise="rnn_step", status="passed")
    clock.send(2, 10, exercise="rnn_step", status="passed")
    clock.send(3, 10, status="failed")
    assert state.lessons == ("01",)
    clock.send(1, 20, status="failed")
    assert state.lessons == ("03",)
    state.show(lessons=["02", "00"])
    assert state.lessons == ("00", "02")


def test_a_page_gets_only_what_changed_unless_all_has(state: State, clock: Clock) -> None:
    clock.send(1, 10, status="failed")
    had = picture(state, 0, START)
    assert had["full"]
    assert len(had["learners"]) == 3
    clock.send(2, 10, status="failed")
    change = picture(state, had["version"], START)
    assert not change["full"]
    assert [one["id"] for one in change["learners"]] == [2]
    state.show(nicknames=False)
    assert picture(state, change["version"], START)["full"]
    # Another lesson has other columns.
    had = picture(state, 0, START)
    for number in (1, 2, 3):
        clock.send(number, 20, exercise="rnn_step", status="passed")
    assert picture(state, had["version"], START)["full"]


def test_a_restart_goes_on_where_it_was(tmp_path: Path) -> None:
    with running(tmp_path) as board:
        token = board.token("ada")
        client = "0123456789abcdef"
        other = board.join("bob", client=client).json()
        board.send(
            token, event(), event("hint"), event("hand"), event("skip", exercise="lstm_gates")
        )
        board.send(other["token"], event(status="passed", diagnosis=None), event("hand"))
        instructor = board.instructor()
        board.control(instructor, "lower", learner=1)
        board.control(instructor, "mask", learner=2, masked=True)
        board.control(instructor, "lessons", lessons=["03", "04"])
        before = board.state()
        secrets = (board.board.code, board.board.instructor_key, board.board.view_key)
    with running(tmp_path) as board:
        assert (board.board.code, board.board.instructor_key, board.board.view_key) == secrets
        after = board.state()
        for changing in ("now", "version"):
            del before[changing], after[changing]
        assert after == before
        assert [one["learner"] for one in after["hands"]] == [2]
        assert board.send(token, event()).status_code == 200
        assert board.join("bob", client=client).json() == other


def test_no_second_board_uses_the_same_file(tmp_path: Path) -> None:
    first = Store(tmp_path)
    with pytest.raises(InUseError, match=r"^Another board uses .* --folder\.$"):
        Store(tmp_path)
    with pytest.raises(InUseError):
        delete_board(tmp_path)
    first.close()
    Store(tmp_path).close()


@pytest.mark.parametrize(
    "content", [b"this is no database" * 100, b"SQLite format 3\x00" + b"x" * 500]
)
def test_a_damaged_file_is_named_and_a_new_board_can_be_begun(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(StoreError, match=r"cannot be read .* --new\.$"):
        Store(tmp_path)
    assert delete_board(tmp_path)
    assert not delete_board(tmp_path)
    Store(tmp_path).close()


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("CREATE TABLE theirs (x)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="not a board of this version"):
        Store(tmp_path)


def test_a_deletion_that_was_killed_is_finished_at_the_next_start(tmp_path: Path) -> None:
    store = Store(tmp_path)
    code = store.facts["code"]
    store.close()
    (tmp_path / ENDED).touch()
    store = Store(tmp_path)
    assert store.facts["code"] != code
    store.close()
    assert [file.name for file in tmp_path.iterdir()] == [FILE]


def test_the_file_is_for_its_owner_alone_and_written_durably(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    store = Store(folder)
    settings = store.submit(
        lambda connection: SimpleNamespace(
            journal=connection.execute("PRAGMA journal_mode").fetchone()[0],
            synchronous=connection.execute("PRAGMA synchronous").fetchone()[0],
            deletes=connection.execute("PRAGMA secure_delete").fetchone()[0],
        )
    ).result()
    assert (settings.journal, settings.synchronous, settings.deletes) == ("wal", 2, 1)
    for file in [folder, *folder.iterdir()]:
        assert file.stat().st_mode & 0o077 == 0
    store.close()


def test_work_that_fails_undoes_itself_and_nothing_else(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def fails(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO facts VALUES ('half', 'done')")
        raise LookupError

    futures = [
        store.submit(store.join("client-a", "ada")),
        store.submit(fails),
        store.submit(store.join("client-b", "bob")),
    ]
    assert [future.exception() is None for future in futures] == [True, False, True]
    store.close()
    store = Store(tmp_path)
    assert [row.nick for row in store.load()[0]] == ["ada", "bob"]
    assert "half" not in store.facts
    store.close()
