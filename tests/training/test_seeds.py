"""Over seeds: same seeds for all models, mean and spread as NumPy computes them, safe HTML."""

import numpy as np
import pytest

from lstm_helpers.training import over_seeds


def test_every_model_runs_once_for_each_seed():
    calls = []
    table = over_seeds(
        {
            "a": lambda s: calls.append(("a", s)) or s,
            "b": lambda s: calls.append(("b", s)) or 2.0 * s,
        },
        [3, 5, 9],
        "error (m)",
    )
    assert sorted(calls) == [(m, s) for m in "ab" for s in (3, 5, 9)]
    assert table.seeds == (3, 5, 9)
    assert np.array_equal(table.scores["b"], [6.0, 10.0, 18.0])
    assert table.mean("a") == pytest.approx(17 / 3)
    assert table.spread("a") == pytest.approx(np.std([3, 5, 9], ddof=1))


def test_digits_follow_the_smallest_spread():
    table = over_seeds({"x": lambda s: 0.5 + s / 1000, "y": lambda s: float(s)}, [0, 1, 2], "share")
    assert "x  0.5010 ± 0.0010   (0.5000 to 0.5020)" in str(table)
    assert "over 3 seeds" in str(table)


def test_rounding_is_no_spread():
    table = over_seeds({"x": lambda s: 96.486486 + s * 1e-14}, [0, 1, 2], "right (%)")
    assert "x  96.486 ± 0.000" in str(table)


def test_html_says_the_same_and_escapes_names():
    table = over_seeds({"<b>": lambda s: float(s)}, [0, 1], "a & b")
    shown = table._repr_html_()
    assert "&lt;b&gt;" in shown
    assert "<b>" not in shown
    assert "a &amp; b" in shown
    assert "<td>0.50</td><td>0.71</td><td>0.00</td><td>1.00</td>" in shown


@pytest.mark.parametrize("seeds", [[0], [1, 1], []])
def test_one_seed_is_refused(seeds):
    with pytest.raises(ValueError, match="at least two, all different"):
        over_seeds({"a": float}, seeds, "error")


def test_no_model_is_refused():
    with pytest.raises(ValueError, match="expected at least one, by name"):
        over_seeds({}, [0, 1], "error")
