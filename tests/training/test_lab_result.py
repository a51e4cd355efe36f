"""What a lab's result says, and that it says no more than its scores allow."""

import dataclasses
import json

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter

from lstm_helpers.training import LabResult
from lstm_helpers.training.lab_result import MIME_TYPE


def result(**changed):
    fields = {
        "lab": "00 Example",
        "data": "a river & its rain",
        "metric": "error, m",
        "baselines": {"mean": 3.0, "ridge": 2.0},
        "lstm": (1.0, 1.2, 1.1),
        "seconds": 4.0,
        "higher_is_better": False,
    }
    return LabResult(**fields | changed)


def test_mean_and_spread():
    assert result().mean == pytest.approx(1.1)
    assert result().spread == pytest.approx(0.1)  # with S - 1


@pytest.mark.parametrize(
    ("lstm", "higher_is_better", "verdict"),
    [
        ((1.0, 1.2, 1.1), False, "better than ridge"),
        ((2.2, 2.3, 2.4), False, "worse than ridge"),
        ((1.8, 2.0, 2.1), False, "not to be told from ridge"),
        ((3.2, 3.3, 3.4), True, "better than mean"),
        ((1.0, 1.2, 1.1), True, "worse than mean"),
        ((2.9, 3.1, 3.1), True, "not to be told from mean"),
        ((2.0, 2.0, 2.0), False, "not to be told from ridge"),
        ((1.9, 1.9, 1.9), False, "better than ridge"),
    ],
)
def test_the_verdict(lstm, higher_is_better, verdict):
    assert result(lstm=lstm, higher_is_better=higher_is_better).verdict == verdict


def test_the_verdict_changes_at_two_standard_errors():
    """Scores -1, 0, 1 around a mean: the standard error is 1 / sqrt(3)."""
    limit = 2 / np.sqrt(3)
    for gain, verdict in [(limit - 0.01, "not to be told from ridge"), (limit + 0.01, "better")]:
        scores = 2.0 - gain + np.array([-1.0, 0.0, 1.0])
        assert result(lstm=scores).verdict.startswith(verdict)


def test_equal_scores_are_equal_in_spite_of_rounding():
    scores = (0.1 + 0.2,) * 3  # 0.30000000000000004
    same = result(baselines={"rule": 0.3}, lstm=scores, higher_is_better=True)
    assert same.verdict == "not to be told from rule"
    assert same.scores() == {"rule": "0.300", "LSTM, 3 seeds": "0.300 ± 0.000"}


@pytest.mark.parametrize(
    ("lstm", "shown"),
    [
        ((1.0, 1.2, 1.1), "1.10 ± 0.10"),
        ((100.0, 120.0, 110.0), "110 ± 10"),
        ((250.0, 260.0, 252.0), "254.0 ± 5.3"),
        ((0.7912, 0.7934, 0.7925), "0.7924 ± 0.0011"),
        ((0.5, 0.5, 0.500001), "0.5000 ± 0.0000"),
    ],
)
def test_as_many_digits_as_the_spread_allows(lstm, shown):
    assert result(lstm=lstm).scores()["LSTM, 3 seeds"] == shown


def test_every_baseline_is_shown_in_its_order():
    baselines = {"zero": 9.0, "a longer name than the others have": 3.0, "ridge": 4.0}
    scores = result(baselines=baselines).scores()
    assert list(scores) == [*baselines, "LSTM, 3 seeds"]
    text = str(result(baselines=baselines))
    assert "(lower is better)" in text
    assert "  zero                                9.00\n" in text
    assert text.endswith("The LSTM is better than a longer name than the others have.")
    assert "(higher is better)" in str(result(higher_is_better=True))


@pytest.mark.parametrize(("seconds", "shown"), [(0.34, "0.3"), (9.6, "9.6"), (12.4, "12")])
def test_how_long_it_took(seconds, shown):
    assert result(seconds=seconds).duration == f"{shown} seconds"


def test_it_goes_through_json_and_back():
    first = result(lstm=np.array([1.0, 1.2, 1.1]), baselines={"mean": np.float32(3.0)})
    row = json.loads(json.dumps(first.as_dict()))
    assert row.keys() == {field.name for field in dataclasses.fields(LabResult)} | {"verdict"}
    assert list(row["baselines"]) == ["mean"]
    again = LabResult.from_dict(row | {"more": 1})
    assert again.as_dict() == row
    assert str(again) == str(first)
    del row["metric"]
    with pytest.raises(KeyError, match="metric"):
        LabResult.from_dict(row)


def test_a_notebook_shows_a_table_and_carries_the_numbers():
    shown, _ = DisplayFormatter().format(result(baselines={"<b>": 2.0}))
    assert shown[MIME_TYPE] == result(baselines={"<b>": 2.0}).as_dict()
    assert shown["text/plain"] == str(result(baselines={"<b>": 2.0}))
    assert "&lt;b&gt;" in shown["text/html"]
    assert "<b>" not in shown["text/html"]
    assert "a river &amp; its rain" in shown["text/html"]
    assert "one training run took 4.0 seconds" in shown["text/html"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"baselines": {}}, "has no baseline; expected at least one"),
        ({"lstm": (1.0, 2.0)}, "got 2 scores of the LSTM in '00 Example'; expected at least three"),
        ({"lstm": (1.0, 2.0, float("nan"))}, "a score in '00 Example' is NaN or infinite"),
        ({"baselines": {"mean": float("inf")}}, "a score in '00 Example' is NaN or infinite"),
        ({"seconds": float("nan")}, "got nan seconds for one training run"),
        ({"seconds": 0}, "expected a number above 0"),
        ({"baselines": {"LSTM, 3 seeds": 1.0}}, "expected another name"),
    ],
)
def test_what_says_nothing_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        result(**changed)
