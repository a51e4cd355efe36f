"""The engine on a toy exercise of its own: it knows nothing of recurrent networks."""

import datetime
import signal
import sys
import threading
import time
import warnings

import numpy as np
import pytest

from lstm_helpers.checks import (
    Case,
    Choice,
    Exercise,
    Misconception,
    Output,
    Question,
    TimeUp,
    diagnose,
    time_limit,
)

HINTS = ("one", "two", "three")


def cases(rng):
    return [
        Case((rng.normal(size=(N, T, H)), rng.normal(size=H)), {"N": N, "T": T, "H": H})
        for N, T, H in ((2, 5, 3), (3, 4, 6))
    ]


def running(a, b):
    """Two results: the running sum over time plus b, and the last of it."""
    total = np.cumsum(a, axis=1) + b
    return total, total[:, -1]


RUNNING = Exercise(
    name="running",
    lesson="99",
    title="A toy",
    points=1,
    minutes=1,
    reference=running,
    cases=cases,
    outputs=(Output("total", ("N", "T", "H")), Output("last", ("N", "H"))),
    misconceptions=(
        Misconception(
            "missing-b", lambda a, b: (np.cumsum(a, axis=1), np.sum(a, axis=1)), "Add `b`."
        ),
        Misconception(
            "first-for-last",
            lambda a, b: (running(a, b)[0], a[:, 0] + b),
            "That is the first.",
        ),
    ),
    hints=HINTS,
)


def verdict_on(answer):
    return diagnose(RUNNING, answer, np.random.default_rng(0))


def total_changed(change):
    def answer(a, b):
        total, last = running(a, b)
        return change(total, a, b), last

    return answer


@pytest.mark.parametrize(
    ("change", "slug", "words"),
    [
        (lambda total, a, b: -total, "wrong-sign", "except for its sign"),
        (lambda total, a, b: total / len(a), "constant-factor", "N times too small"),
        (lambda total, a, b: total * 2, "constant-factor", "2 times too large"),
        (lambda total, a, b: total * a.shape[1] * a.shape[2], "constant-factor", "H·T times"),
        (lambda total, a, b: total * 0.37, "constant-factor", "0.37 times the right one"),
        (lambda total, a, b: total[:, ::-1], "time-reversed", "backwards in time"),
        (lambda total, a, b: np.roll(total, 1, axis=1), "time-shifted", "one step too late"),
        (lambda total, a, b: np.roll(total, -1, axis=1), "time-shifted", "one step too early"),
        (lambda total, a, b: total.transpose(1, 0, 2), "transposed", "(T, N, H) instead of"),
        (lambda total, a, b: a + b, "first-step-only", "right at the first step"),
        (lambda total, a, b: total + (np.arange(len(a)) > 0)[:, None, None],
         "first-example-only", "first sequence of the batch only"),
        (lambda total, a, b: total.astype(np.float16), "low-precision", "float32"),
        (lambda total, a, b: total.astype(np.float32), "low-precision", "float32"),
        (lambda total, a, b: total[:, :-1], "wrong-shape", "that is (N, T - 1, H)"),
        (lambda total, a, b: total[..., None], "wrong-shape", "that is (N, T, H, 1)"),
        (lambda total, a, b: np.empty((0, 0, 0)), "wrong-shape", "(0, 0, 0)"),
        (lambda total, a, b: total > 0, "wrong-kind", "kind bool"),
        (lambda total, a, b: total + 0j, "wrong-kind", "complex"),
        (lambda total, a, b: total.astype(object), "wrong-kind", "object"),
        (lambda total, a, b: [[1, 2], [3]], "wrong-kind", "is a list"),
        (lambda total, a, b: np.where(total > 0, np.inf, total), "not-finite", "infinite"),
        (lambda total, a, b: total + (total > 1), None, "wrong values"),
    ],
)  # fmt: skip
def test_general_relations(change, slug, words):
    verdict = verdict_on(total_changed(change))
    assert verdict.status == "failed"
    assert verdict.diagnosis == slug, verdict.message
    assert words in verdict.message
    assert "Right so far" in verdict.message


def test_right_answers_pass_whatever_their_container_and_noise(capsys):
    def answer(a, b):
        print("still here")
        print("and here", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        total, last = running(a, b)
        return [total.tolist(), last]

    assert verdict_on(answer).passed
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_results_in_another_order_are_told():
    verdict = verdict_on(lambda a, b: running(a, b)[::-1])
    assert verdict.diagnosis == "results-swapped"
    assert "`last`, `total`; expected `total`, `last`" in verdict.message


def test_one_cause_for_all_results_comes_before_causes_for_each():
    assert verdict_on(RUNNING.misconceptions[0].answer).diagnosis == "missing-b"
    verdict = verdict_on(lambda a, b: (np.cumsum(a, axis=1), a[:, 0] + b))
    assert verdict.diagnosis in {"missing-b", "first-for-last"}
    assert "Add `b`" in verdict.message
    assert "That is the first" in verdict.message


def test_what_is_not_explained_is_not_hidden():
    verdict = verdict_on(lambda a, b: (np.cumsum(a, axis=1), np.sin(a[:, 0])))
    assert verdict.diagnosis == "missing-b"
    assert "Wrong as well, for this reason or another, is `last`" in verdict.message


def test_the_learners_own_line_is_quoted():
    def helper(a):
        return a @ a

    def answer(a, b):
        c = a + 1
        return helper(c), c

    verdict = verdict_on(answer)
    assert verdict.diagnosis == "raised"
    assert "line 2 of `helper`: `return a @ a`" in verdict.message
    assert "ValueError" in verdict.message
    assert "is T" in verdict.message


@pytest.mark.parametrize("error", [SystemExit(0), MemoryError(), RecursionError(), Exception()])
def test_whatever_is_raised_is_caught(error):
    def answer(a, b):
        raise error

    assert verdict_on(answer).diagnosis == "raised"


def test_an_interruption_is_told_apart():
    def answer(a, b):
        raise KeyboardInterrupt

    assert verdict_on(answer).diagnosis == "interrupted"


def unwritten(a, b):
    raise NotImplementedError("later")


def test_only_the_answers_own_not_implemented_counts_as_not_attempted():
    def by_a_library(a, b):
        return datetime.tzinfo().utcoffset(None)

    assert verdict_on(unwritten).status == "not attempted"
    verdict = verdict_on(by_a_library)
    assert (verdict.status, verdict.diagnosis) == ("failed", "raised")
    assert "NotImplementedError" in verdict.message


def test_numbers_of_names_to_unpack_are_not_taken_for_axes():
    def answer(a, b):
        one, two, _ = [a, b]
        return one, two

    assert "expected 3, got 2" in verdict_on(answer).message
    assert "is H" not in verdict_on(answer).message


def test_changed_arguments_are_named():
    def answer(a, b):
        result = running(a, b)
        b *= 2
        return result

    verdict = verdict_on(answer)
    assert verdict.diagnosis == "changed-input"
    assert "`b`" in verdict.message
    assert "`a`" not in verdict.message.split("Right so far")[0]


@pytest.mark.parametrize(
    ("answer", "slug", "words"),
    [
        (None, "not-a-function", "Got None"),
        (3.5, "not-a-function", "Got a float"),
        (lambda a: a, "wrong-arguments", "cannot be called"),
        (lambda a, b, c: a, "wrong-arguments", "Expected `running(a, b)`"),
        (lambda a, b: None, None, "no body yet"),
        (lambda a, b: print(), "returned-none", "returned None"),
        (lambda a, b: a, "wrong-number", "returned one array"),
        (lambda a, b: (a,), "wrong-number", "returned 1 result;"),
        (lambda a, b: (a, b, a), "wrong-number", "returned 3 results"),
    ],
)
def test_wrong_forms(answer, slug, words):
    verdict = verdict_on(answer)
    assert not verdict.passed
    assert verdict.diagnosis == slug
    assert words in verdict.message


def test_an_endless_loop_is_stopped_in_time():
    def answer(a, b):
        while True:
            pass

    begin = time.monotonic()
    verdict = verdict_on(answer)
    assert verdict.diagnosis == "too-slow"
    assert time.monotonic() - begin < 10  # generous: the limit is 1.45 s


def test_a_stubborn_loop_is_stopped_too():
    def answer(a, b):
        for _ in range(1000):
            try:
                time.sleep(0.5)
            except Exception:
                continue

    assert verdict_on(answer).diagnosis == "too-slow"


def test_an_answer_that_swallows_one_interruption_is_interrupted_again():
    def answer(a, b):
        for _ in range(3):
            try:
                time.sleep(60)
            except BaseException:
                continue
        return running(a, b)

    begin = time.monotonic()
    assert verdict_on(answer).diagnosis == "too-slow"
    assert time.monotonic() - begin < 30


def test_outside_the_main_thread_the_watchdog_does_it():
    found = []

    def endless(a, b):
        while True:
            pass

    def look():
        found.append(verdict_on(endless).diagnosis)
        found.append(verdict_on(running).status)

    thread = threading.Thread(target=look)
    thread.start()
    thread.join(30)
    assert found == ["too-slow", "passed"]


def test_an_earlier_timer_is_put_back():
    rung = []
    before = signal.signal(signal.SIGALRM, lambda *_: rung.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with time_limit(5):
            pass
        time.sleep(0.5)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert rung == [1]


def test_time_limit_refuses_no_time():
    with pytest.raises(ValueError, match="more than 0 s"), time_limit(0):
        pass


def test_time_up_is_raised_inside_the_block():
    with pytest.raises(TimeUp), time_limit(0.05):
        time.sleep(5)


def test_badly_made_exercises_and_questions_are_refused():
    fields = {k: getattr(RUNNING, k) for k in RUNNING.__dataclass_fields__}
    with pytest.raises(ValueError, match="has 2 hints; expected 3"):
        Exercise(**{**fields, "hints": ("one", "two")})
    twice = RUNNING.misconceptions[:1] * 2
    with pytest.raises(ValueError, match="two misconceptions called 'missing-b'"):
        Exercise(**{**fields, "misconceptions": twice})
    with pytest.raises(ValueError, match="joined by hyphens"):
        Misconception("Missing B", running, "…")
    with pytest.raises(ValueError, match="exactly 1 right one"):
        Question("Why?", (Choice("a", "…"), Choice("b", "…")))
    broken = Exercise(**{**fields, "outputs": RUNNING.outputs[:1]})
    with pytest.raises(TypeError, match="mend its outputs"):
        diagnose(broken, lambda a, b: a, np.random.default_rng(0))
