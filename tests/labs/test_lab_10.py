"""Lab 10: what is trained never depends on the test part; what is taught is what is tested.

The functions are those of the notebook itself, taken from `solutions/`. Poison is put into the test
part; whatever training uses must stay the same to the last bit. The source program, whose scaler
leaks, shows that the test can fail.
"""

from pathlib import Path

import numpy as np
import pytest

from lstm_helpers import datasets
from lstm_helpers.datasets.prices import load_prices
from lstm_helpers.grading.extract import extract
from lstm_helpers.notebook import quiet_imports

with quiet_imports():
    import keras

NOTEBOOK = Path(__file__).resolve().parents[2] / "solutions" / "10_finance.ipynb"
START = 2615  # the first return of the test part
POISONS = {"nan": np.nan, "constant": 1e6}


@pytest.fixture(scope="module")
def lab():
    """The notebook's functions, and nothing that its other cells compute."""
    namespace = {"keras": keras, "layers": keras.layers, "LENGTH": 60}
    for cell in extract(NOTEBOOK).cells:
        exec(cell.source, namespace)
    return namespace


@pytest.fixture(scope="module")
def tiny(lab):
    """A network that is quick to train; built once."""
    return lab["build_small"](5, 1, 3)


@pytest.fixture(scope="module")
def returns():
    return 100 * np.diff(np.log(load_prices().adj_close))


def poisoned(values, start, poison):
    values = values.copy()
    values[start:] = poison
    return values


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
def test_poison_in_the_test_part_does_not_reach_the_scaled_training_prices(lab, poison):
    prices = load_prices().close
    num_train = int(0.8 * len(prices))
    clean = lab["scale_by_train"](prices, num_train)
    dirty = lab["scale_by_train"](poisoned(prices, num_train, poison), num_train)
    assert np.array_equal(clean[0][:num_train], dirty[0][:num_train])
    assert clean[1:] == dirty[1:]
    for values in (clean[0], dirty[0]):
        X, _ = lab["forecast_windows"](values[:num_train, None], 20, 20)
        assert 0.0 <= X.min() < X.max() <= 1.0


def test_the_source_program_does_leak(lab):
    prices = load_prices().close
    num_train = int(0.8 * len(prices))
    scaler = lab["MinMaxScaler"]()
    clean = scaler.fit_transform(prices[:, None])[:num_train]
    dirty = scaler.fit_transform(poisoned(prices, num_train, 1e6)[:, None])[:num_train]
    assert np.abs(clean - dirty).max() > 0.3


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
@pytest.mark.parametrize("inputs", ["returns", "size and return"])
def test_poison_does_not_reach_what_is_trained_on(lab, returns, inputs, poison):
    table = returns[:, None]
    if inputs == "size and return":
        table = np.stack([np.abs(returns), returns], axis=1)
    dirty = poisoned(table, START, poison)
    X, y, X_new, scaler = lab["prepare"](table, 30, START, START + 9)
    X_dirty, y_dirty, X_new_dirty, scaler_dirty = lab["prepare"](dirty, 30, START, START + 9)
    assert X.tobytes() == X_dirty.tobytes()
    assert y.tobytes() == y_dirty.tobytes()
    assert all(np.array_equal(a, b) for a, b in zip(scaler, scaler_dirty, strict=True))
    assert np.array_equal(X_new[0], X_new_dirty[0])  # the first day's window is all past
    assert not np.array_equal(X_new[1], X_new_dirty[1])
    assert X_new.shape == (9, 30, table.shape[1])


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
def test_weights_and_first_forecast_do_not_know_the_test_part(lab, tiny, returns, poison):
    table = returns[2000:2300, None]
    found = []
    for values in (table, poisoned(table, 280, poison)):
        forecast = lab["walk_forward"](tiny, values, [(280, 290)], 7)
        found.append([*tiny.get_weights(), forecast[:1]])
    assert all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    assert np.isfinite(found[1][-1]).all()


def test_each_stretch_is_forecast_from_what_came_before_it(lab, tiny, returns):
    table = returns[2000:2300, None]
    pieces = lab["stretches"](slice(200, 300), 3)
    assert pieces == [(200, 233), (233, 266), (266, 300)]
    clean = lab["walk_forward"](tiny, table, pieces, 7)
    dirty = lab["walk_forward"](tiny, poisoned(table, 266, 1e6), pieces, 7)
    assert clean.shape == (100,)
    assert np.array_equal(clean[:67], dirty[:67])  # 66 days, and the first after them
    assert not np.array_equal(clean[67:], dirty[67:])


def test_simple_forecasts_do_not_know_the_day_that_they_forecast(lab, returns):
    size = np.abs(returns[:400])
    dirty = poisoned(size, 300, 1e6)
    pieces = [(200, 300), (300, 400)]
    linear = [lab["heterogeneous"](values, pieces) for values in (size, dirty)]
    assert np.array_equal(linear[0][:101], linear[1][:101])
    assert linear[0][101] != linear[1][101]
    means = [lab["ewma_forecast"](values, 0.06, 2.0) for values in (size, dirty)]
    assert np.array_equal(means[0][:301], means[1][:301])
    assert means[0][301] != means[1][301]


def test_every_test_day_is_forecast_once(lab, returns):
    days = load_prices().dates[1:]
    parts = datasets.split_by_time(days, "2009-01-01", "2010-07-27")
    assert parts.test.start == START
    pieces = lab["stretches"](slice(START, len(days)), 3)
    rows = np.concatenate([np.arange(*piece) for piece in pieces])
    assert np.array_equal(rows, np.arange(START, len(days)))
    X, y = lab["forecast_windows"](returns[:, None], 30, START)
    assert (len(X), len(y)) == (654, 654)
    assert np.array_equal(X[-1, :, 0], returns[-31:-1])


def test_the_source_network_is_the_one_of_the_tutorials(lab):
    model = lab["build_source"]()
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == ["LSTM", "Dropout", "LSTM", "Dropout", "Dense"]
    assert [layer.rate for layer in model.layers if hasattr(layer, "rate")] == [0.2, 0.2]
    assert model.output_shape == (None, 1)
    assert model.count_params() == 30651
    X, y = lab["source_windows"](np.arange(70.0)[:, None], 60)
    assert X.shape == (9, 60, 1)  # the tenth is lost
    assert y.tolist() == list(range(60, 69))


def test_paired_differences_by_hand(lab):
    true = np.array([1.0, 2.0, 4.0])
    mean, width = lab["paired"](true + np.array([1.0, 2.0, 0.0]), true + 1.0, true)
    assert np.isclose(mean, (0 + 3 - 1) / 3)
    assert np.isclose(width, 1.96 * np.std([0, 3, -1], ddof=1) / np.sqrt(3))
