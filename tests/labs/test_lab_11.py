"""Lab 11: nothing of the test years, and of a held-out fold, reaches what is trained.

The functions are those of the notebook itself, taken from `solutions/`. Poison is put into what
must not be seen; what models say of the years before must stay the same to the last bit. Scaling by
all years, and a loss that multiplies with a mask, show that the tests can fail.
"""

from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from lstm_helpers.datasets import fit_standardizer, load_river
from lstm_helpers.grading.extract import extract

NOTEBOOK = Path(__file__).resolve().parents[2] / "solutions" / "11_hydrology.ipynb"
POISONS = {"nan": np.nan, "constant": 1e6}


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def lab():
    """The notebook's functions, and nothing that its other cells compute."""
    namespace = {"UPDATES": 300}
    for cell in extract(NOTEBOOK).cells:
        exec(cell.source, namespace)
    return namespace


@pytest.fixture(scope="module")
def river():
    return load_river()


@pytest.fixture(scope="module")
def rows(river):
    """The year of each row, whether it is a test row, and whether it may be trained on."""
    year = river.dates.astype("datetime64[Y]").astype(int) + 1970
    test = year >= 1987
    return year, test, ~test & (np.arange(len(year)) >= 120)


def table(river):
    return river.table(["precipitation", "temperature_mean"]), river.discharge


def poisoned(values, rows, poison):
    values = values.copy()
    values[rows] = poison
    return values


MODELS = {
    "lstm": {"seed": 3, "updates": 2},
    "ridge_on_lags": {"length": 30, "penalty": 30},
    "ridge_on_reservoirs": {"degree": 2, "penalty": 3, "power": 0.5},
}


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
@pytest.mark.parametrize("name", MODELS)
def test_poison_in_the_test_years_changes_no_model(lab, river, rows, name, poison):
    (weather, discharge), (_, test, before) = table(river), rows
    model = partial(lab[name], known=before, **MODELS[name])
    clean = model(weather, discharge)
    # A linear model refuses to compute with NaN, so the weather gets another constant instead.
    wet = poisoned(weather, test, 1e4)
    dirty = model(wet, poisoned(discharge, test, poison))
    assert np.isfinite(clean).all()
    assert np.array_equal(clean[~test], dirty[~test])
    assert not np.array_equal(clean[test], dirty[test])


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
def test_poison_reaches_neither_scalers_nor_chunks_nor_weights(lab, river, rows, poison):
    (weather, discharge), (_, test, before) = table(river), rows
    weights = []
    for w, q in ((weather, discharge), [poisoned(v, test, poison) for v in (weather, discharge)]):
        x, target, level = lab["prepare"](w, q, before)
        X, Y = lab["training_chunks"](x, target)
        network = lab["train"](0, X, Y, updates=2)
        weights.append([level.mean, level.std, X, Y, *network.state_dict().values()])
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*weights, strict=True))
    assert torch.isfinite(weights[1][2]).all()
    assert all(np.isfinite(np.asarray(values)).all() for values in weights[1][4:])


def test_scaling_by_all_years_would_have_been_noticed(river, rows):
    (weather, _), (_, test, _) = table(river), rows
    clean = fit_standardizer(weather).transform(weather)
    dirty = fit_standardizer(poisoned(weather, test, 1e4)).transform(weather)
    assert np.abs(clean - dirty)[~test].max() > 0.1


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("fold", range(3))
def test_discharge_of_a_held_out_fold_is_not_used(lab, river, rows, fold, name, poison):
    (weather, discharge), (year, _, before) = table(river), rows
    held = np.isin(year, lab["FOLDS"][fold])
    model = partial(lab[name], weather, known=before & ~held, **MODELS[name])
    assert np.array_equal(model(discharge), model(poisoned(discharge, held, poison)))


def test_folds_are_disjoint_and_lie_before_the_test_years(lab):
    years = [year for fold in lab["FOLDS"] for year in fold]
    assert sorted(set(years)) == sorted(years) == list(range(1981, 1987))


@pytest.mark.parametrize("poison", POISONS.values(), ids=POISONS)
def test_climatology_knows_nothing_of_the_test_years(lab, river, rows, poison):
    discharge, (_, test, _) = river.discharge, rows
    day_of_year = (river.dates - river.dates.astype("datetime64[Y]")).astype(int) + 1
    first = int(np.argmax(test))
    clean = lab["climatology"](day_of_year, discharge, first)
    dirty = lab["climatology"](day_of_year, poisoned(discharge, test, poison), first)
    assert np.array_equal(clean, dirty)
    assert clean[0] == discharge[:first][day_of_year[:first] == 1].mean()


def test_the_loss_counts_known_days_after_the_warm_up_and_nothing_else(lab):
    simulated = torch.randn(3, 130, requires_grad=True)
    target = torch.randn(3, 10)
    target[1] = torch.nan
    target[2, 4] = torch.nan
    loss = lab["loss_of"](simulated, target)
    loss.backward()
    known = torch.isfinite(target)
    expected = (simulated[:, 120:] - target)[known].square().mean()
    assert torch.isclose(loss, expected)
    assert torch.isfinite(simulated.grad).all()
    assert (simulated.grad[:, :120] == 0).all()
    assert ((simulated.grad[:, 120:] != 0) == known).all()


def test_a_mask_of_zeros_and_ones_would_have_spoilt_the_gradient():
    simulated = torch.randn(3, requires_grad=True)
    target = torch.tensor([0.0, torch.nan, 2.0])
    loss = ((simulated - target) * torch.isfinite(target)).square().sum()
    loss.backward()
    assert loss.isnan()
    assert simulated.grad[1].isnan()


def test_todays_simulation_depends_on_no_later_day(lab, river, rows):
    (weather, discharge), (_, _, before) = table(river), rows
    x, _, level = lab["prepare"](weather, discharge, before)
    network = lab["Catchment"]().eval()
    later = np.arange(len(x)) >= 2000
    clean = lab["simulate"](network, x, level, 5.0)
    dirty = lab["simulate"](network, poisoned(x, later, 3.0), level, 5.0)
    assert np.array_equal(clean[:2000], dirty[:2000])
    assert not np.array_equal(clean[2000:], dirty[2000:])


def test_lags_and_reservoirs_are_what_their_names_say(lab):
    x = np.arange(10.0).reshape(5, 2)
    lags = lab["lagged"](x, 3)
    assert lags[4].tolist() == [*x[4], *x[3], *x[2]]
    assert lags[0].tolist() == [*x[0], 0, 0, 0, 0]
    levels = lab["reservoirs"](x)
    assert np.array_equal(levels[:, :2], x)  # the first reservoir keeps nothing
    assert np.allclose(levels[1, 2:4], 0.5 * (0.5 * x[0]) + 0.5 * x[1])
