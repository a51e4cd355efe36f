"""The stored table is what the script makes; what lesson 05 says of it holds."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from lstm_helpers import nn, recorded, tasks

SCRIPT = Path(__file__).resolve().parents[1] / "benchmarks" / "classic_results.py"


@pytest.fixture(scope="module")
def table():
    return recorded.load("classic_results")


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("classic_results", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def small(script, monkeypatch):
    """The script with so little to do that it is done at once."""
    settings = json.loads(json.dumps(script.SETTINGS))
    settings |= {"hidden_size": 3, "batch_size": 2, "test_sequences": 20}
    settings["long_strings"] |= {"count": 5, "least_symbols": 20}
    for task in settings["tasks"].values():
        task["updates"] = [50, 50]
        if "num_steps" in task:
            task["num_steps"] = 5
    monkeypatch.setattr(script, "SETTINGS", settings)
    return script


def rows(table, task, network):
    return [row for row in table["rows"] if (row["task"], row["network"]) == (task, network)]


def test_settings_are_those_of_the_script(table, script):
    assert table["settings"] == script.SETTINGS
    assert table["networks"] == script.NETWORKS
    assert not set(table["seeds"]) & set(table["settings"]["chosen_on_seeds"])


def test_one_row_for_each_task_network_and_seed(table):
    found = [(row["task"], row["network"], row["seed"]) for row in table["rows"]]
    assert found == [
        (task, network, seed)
        for task, setting in table["settings"]["tasks"].items()
        for network in setting["learning_rates"]
        for seed in table["seeds"]
    ]
    assert len(table["seeds"]) >= 5


@pytest.mark.parametrize("task", ["embedded_reber", "adding_50", "adding_100"])
def test_a_run_gives_such_a_row(table, small, task):
    for network in small.SETTINGS["tasks"][task]["learning_rates"]:
        row = json.loads(json.dumps(small.run(task, network, seed=1)))
        stored = rows(table, task, network)[1]
        assert [*row] == [*stored]
        assert {key: row[key] for key in small.NO_MEASURES[:3]} == {
            key: stored[key] for key in small.NO_MEASURES[:3]
        }
        assert len(row["curve"]) == 2
        assert len(stored["curve"]) == sum(table["settings"]["tasks"][task]["updates"]) / 50
        again = small.run(task, network, seed=1)
        assert again | {"seconds": 0} == row | {"seconds": 0}


def test_what_is_written_is_what_is_read(table, small, tmp_path, monkeypatch):
    monkeypatch.setattr(small, "TABLE", tmp_path / "new.json")
    monkeypatch.setattr(recorded, "_FOLDER", tmp_path)
    made = [small.run("adding_50", "rnn", seed) for seed in (0, 1)]
    small.write(made, 2)
    written = recorded.load("new")
    assert written["rows"] == made
    assert [*written] == [*table]
    assert written["seeds"] == [0, 1]
    assert "adding_50, rnn, 2 seeds" in small.summary(made)


@pytest.mark.parametrize("network", ["lstm", "rnn", "elman"])
@pytest.mark.parametrize("task", ["embedded_reber", "adding"])
def test_gradients_are_right_and_elmans_are_cut(small, task, network):
    rng = np.random.default_rng(2)
    if task == "adding":
        loss, batch, params = small.adding_loss, tasks.adding(2, 5, rng), (2, 1, rng, 5)
    else:
        loss, batch, params = small.reber_loss, tasks.embedded_reber(2, rng), (7, 7, rng, None)
    params = small.start(network, *params)
    _, grads = loss(network, params, batch)
    assert grads.keys() == params.keys()
    for name, grad in grads.items():
        numeric = nn.numerical_gradient(lambda _: loss(network, params, batch)[0], params[name])
        error = nn.gradient_error(grad, numeric)
        if network == "elman" and name in ("W_x", "W_h", "b"):
            assert error > 1e-3
        else:
            assert error < 1e-7


def test_forget_biases_are_spread_over_the_steps(script):
    params = script.start("lstm", 2, 1, np.random.default_rng(0), 100)
    i, f = params["b"][:16], params["b"][16:32]
    assert np.array_equal(i, -f)
    assert (f >= 0).all()
    assert np.exp(f).max() < 99
    one = script.start("lstm_forget_bias_1", 2, 1, np.random.default_rng(0), 100)["b"][16:32]
    assert one.mean() == pytest.approx(1, abs=0.25)


def test_long_strings_are_long_and_proper(script):
    long = script.long_strings(np.random.default_rng(1))
    strings = tasks.reber_strings(long)
    assert len(strings) == 1000
    assert min(map(len, strings)) >= 40


class TestWhatTheLessonSays:
    """The claims of lesson 05 about the table: a run that refutes one must change the lesson."""

    def test_embedded_reber_is_learned_to_100_percent(self, table):
        for row in rows(table, "embedded_reber", "lstm"):
            assert row["strings"] == row["steps"] == row["unseen_strings"] == 1
            assert row["unseen"] > 10

    def test_with_the_gradient_cut_the_second_symbol_is_not_remembered(self, table):
        for row in rows(table, "embedded_reber", "elman"):
            assert row["strings"] < 0.9
            assert row["first_at_100_percent"] is None

    @pytest.mark.parametrize("task", ["adding_50", "adding_100"])
    @pytest.mark.parametrize("network", ["lstm", "lstm_forget_bias_1"])
    def test_the_lstm_adds(self, table, task, network):
        assert all(row["mse"] < 0.002 for row in rows(table, task, network))

    @pytest.mark.parametrize("task", ["adding_50", "adding_100"])
    def test_the_plain_rnn_stays_at_the_baseline(self, table, task):
        for row in rows(table, task, "rnn"):
            assert row["mse"] > 0.95 * row["mse_of_constant_1"]
            assert row["left_the_baseline"] is None


def test_an_unknown_table_is_refused():
    with pytest.raises(ValueError, match="got 'none'; expected one of the tables classic_results"):
        recorded.load("none")
