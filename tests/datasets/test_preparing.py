"""Splits keep the order of time; the scaler knows the training rows and nothing else."""

import numpy as np
import pytest

from lstm_helpers.datasets import fit_standardizer, split_by_time


@pytest.fixture
def days():
    return np.arange("2000-01-01", "2001-01-01", dtype="datetime64[D]")


def test_the_parts_follow_each_other_and_hold_every_row_once(days):
    split = split_by_time(days, "2000-07-01", "2000-10-01")
    parts = [days[rows] for rows in split]
    assert np.array_equal(np.concatenate(parts), days)
    assert str(parts[1][0]) == "2000-07-01"
    assert str(parts[2][0]) == "2000-10-01"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2000-10-01", "2000-07-01"),
        ("2000-07-01", "2000-07-01"),
        ("1999-01-01", "2000-07-01"),
        ("2000-07-01", "2002-01-01"),
    ],
)
def test_an_empty_part_is_refused(days, first, second):
    with pytest.raises(ValueError, match="so that no part is empty"):
        split_by_time(days, first, second)


def test_dates_out_of_order_are_refused(days):
    for wrong in (days[::-1], np.repeat(days, 2)):
        with pytest.raises(ValueError, match="the dates do not rise"):
            split_by_time(wrong, "2000-07-01", "2000-10-01")


def test_no_dates_are_refused(days):
    with pytest.raises(ValueError, match="no dates"):
        split_by_time(days[:0], "2000-07-01", "2000-10-01")


def test_the_scaler_is_fitted_on_what_it_was_given():
    rng = np.random.default_rng(3)
    train, later = rng.normal(5.0, 2.0, (50, 3)), rng.normal(9.0, 1.0, (10, 3))
    scaler = fit_standardizer(train)
    scaled = scaler.transform(train)
    assert np.allclose(scaled.mean(axis=0), 0.0)
    assert np.allclose(scaled.std(axis=0), 1.0)
    assert np.allclose(scaler.transform(later), (later - train.mean(0)) / train.std(0))


def test_inverse_gives_back_one_column_of_any_shape():
    rng = np.random.default_rng(3)
    table = rng.normal(5.0, 2.0, (50, 3))
    scaler = fit_standardizer(table)
    windows = np.stack([table[k : k + 4] for k in range(10)])  # (10, 4, 3)
    assert np.allclose(scaler.inverse(scaler.transform(windows)[..., 2], 2), windows[..., 2])


@pytest.mark.parametrize("value", [1.0, np.nan, np.inf])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_column_that_cannot_be_scaled_is_named(value):
    table = np.arange(8.0).reshape(4, 2)
    table[:, 1] = value
    with pytest.raises(ValueError, match="column 1 is constant or holds nan or inf"):
        fit_standardizer(table)


@pytest.mark.parametrize("shape", [(4,), (0, 2), (2, 3, 4)])
def test_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match=r"expected \(n, D\) with at least one row"):
        fit_standardizer(np.zeros(shape))
