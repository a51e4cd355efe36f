"""The classics of 1997 over ten seeds: embedded Reber grammar and adding problem, LSTM and RNN.

Everything is the course's own NumPy code, as in lesson 05. Settings were chosen on seeds 100 to
111, for each network apart, and the seeds reported were not looked at before. A full run takes
some ten minutes on one core and writes the table that lesson 05 shows, the file
``lstm_helpers/recorded/classic_results.json``; a partial run only prints.

Run it with `python benchmarks/classic_results.py`, or with `--only adding_50 --seeds 2`.

What a seed fixes, in this order: ``rng = default_rng(seed)`` draws the layer, then the readout,
then one batch after the other; ``default_rng(10_000 + seed)`` draws the sequences of the test.
"""

from __future__ import annotations

import argparse
import itertools
import json
import platform
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import lstm_helpers
from lstm_helpers import nn, tasks
from lstm_helpers.tasks.reber_grammar import draw_reber_string
from lstm_helpers.training import fit

TABLE = Path(__file__).resolve().parents[1] / "lstm_helpers" / "recorded" / "classic_results.json"

SETTINGS: dict[str, Any] = {
    "hidden_size": 16,
    "batch_size": 32,
    "max_norm": 1.0,
    "test_sequences": 2560,
    "long_strings": {"count": 1000, "least_symbols": 40, "stay": 0.8},
    "chosen_on_seeds": list(range(100, 112)),
    "tasks": {
        "embedded_reber": {
            "updates": [1000, 500],  # the second phase has a tenth of the learning rate
            "learning_rates": {"lstm": 0.03, "rnn": 0.01, "elman": 0.01},
        },
        "adding_50": {
            "num_steps": 50,
            "updates": [1500, 500],
            "learning_rates": {"lstm": 0.02, "lstm_forget_bias_1": 0.02, "rnn": 0.003},
        },
        "adding_100": {
            "num_steps": 100,
            "updates": [1500, 500],
            "learning_rates": {"lstm": 0.02, "lstm_forget_bias_1": 0.02, "rnn": 0.003},
        },
    },
}

NETWORKS = {
    "embedded_reber": {
        "lstm": "LSTM, forget bias 1",
        "rnn": "plain RNN, backpropagation through time",
        "elman": "plain RNN, gradient cut after one step, as Elman's networks were trained",
    },
    "adding": {
        "lstm": "LSTM, forget biases spread for memories of 1 to T - 1 steps",
        "lstm_forget_bias_1": "LSTM, forget bias 1",
        "rnn": "plain RNN, backpropagation through time",
    },
}

NO_MEASURES = ("task", "network", "seed", "curve")

Params = dict[str, Any]


def start(
    network: str, input_size: int, num_outputs: int, rng: np.random.Generator, num_steps: int | None
) -> Params:
    """Draw a network: a recurrent layer and a linear readout.

    Parameters
    ----------
    network : str
        A key of `NETWORKS`.
    input_size, num_outputs : int
        D and V.
    rng : numpy.random.Generator
        Source of the random numbers.
    num_steps : int or None
        T, if the forget biases are to be spread over it.

    Returns
    -------
    dict of ndarray
        ``W_x``, ``W_h``, ``b`` of the layer, ``W_y (H, V)`` and ``b_y (V,)``.

    References
    ----------
    .. [1] C. Tallec, Y. Ollivier, "Can recurrent neural networks warp time?", ICLR 2018,
       arXiv:1804.11188: a forget bias of ln u keeps a memory for about u steps; the input bias is
       its negative.
    """
    H = SETTINGS["hidden_size"]
    if not network.startswith("lstm"):
        layer: Any = nn.init_rnn(input_size, H, rng)
    elif network == "lstm_forget_bias_1" or num_steps is None:
        layer = nn.init_lstm(input_size, H, rng, forget_bias=1.0)
    else:
        layer = nn.init_lstm(input_size, H, rng)
        layer.b[H : 2 * H] = np.log(rng.uniform(1, num_steps - 1, H))
        layer.b[:H] = -layer.b[H : 2 * H]
    bound = 1 / np.sqrt(H)
    W_y = rng.uniform(-bound, bound, (H, num_outputs))
    return {**layer._asdict(), "W_y": W_y, "b_y": np.zeros(num_outputs)}


def run_layer(network: str, params: Params, xs: Any) -> tuple[Any, Any]:
    """Hidden states of all steps, from zero states, and what the way back needs."""
    zeros = np.zeros((len(xs), SETTINGS["hidden_size"]))
    W_x, W_h, b = params["W_x"], params["W_h"], params["b"]
    if network.startswith("lstm"):
        hs, _, tape = nn.lstm_layer_forward(xs, (zeros, zeros), nn.LSTMParams(W_x, W_h, b))
        return hs, tape
    return nn.rnn_forward(xs, zeros, W_x, W_h, b), zeros


def layer_gradients(network: str, params: Params, xs: Any, hs: Any, tape: Any, dhs: Any) -> Params:
    """Gradients of the layer's weights, from those of the hidden states."""
    W_x, W_h = params["W_x"], params["W_h"]
    if network.startswith("lstm"):
        zeros = np.zeros_like(hs[:, 0])
        return nn.lstm_layer_backward(dhs, (zeros, zeros), tape)[2]._asdict()
    if network == "elman":  # the hidden state before counts as an input like any other
        before = np.concatenate([tape[:, None], hs[:, :-1]], axis=1)
        rows = [array.reshape(-1, array.shape[2]) for array in (dhs, xs, before, hs)]
        gradients = nn.rnn_step_backward(*rows, W_x, W_h)
    else:
        gradients = nn.rnn_backward(dhs, xs, tape, hs, W_x, W_h)
    return dict(zip(("W_x", "W_h", "b"), gradients[2:], strict=True))


def reber_loss(network: str, params: Params, batch: tasks.EmbeddedReber) -> tuple[float, Params]:
    """Cross-entropy of the next symbol over all real steps, and the gradients."""
    hs, tape = run_layer(network, params, batch.xs)
    logits = nn.linear_forward(hs, params["W_y"], params["b_y"])
    real = batch.targets >= 0
    loss, slopes = nn.softmax_cross_entropy(logits[real], batch.targets[real])
    dlogits = np.zeros_like(logits)
    dlogits[real] = slopes
    dhs, dW_y, db_y = nn.linear_backward(dlogits, hs, params["W_y"])
    layer = layer_gradients(network, params, batch.xs, hs, tape, dhs)
    return loss, {**layer, "W_y": dW_y, "b_y": db_y}


def adding_loss(network: str, params: Params, batch: tasks.Adding) -> tuple[float, Params]:
    """Mean squared error of the answer at the last step, and the gradients."""
    hs, tape = run_layer(network, params, batch.xs)
    answers = nn.linear_forward(hs[:, -1], params["W_y"], params["b_y"])
    loss, danswers = nn.mean_squared_error(answers, batch.targets)
    dhs = np.zeros_like(hs)
    dhs[:, -1], dW_y, db_y = nn.linear_backward(danswers, hs[:, -1], params["W_y"])
    layer = layer_gradients(network, params, batch.xs, hs, tape, dhs)
    return loss, {**layer, "W_y": dW_y, "b_y": db_y}


def train(task: str, network: str, seed: int) -> Iterator[tuple[Params, np.ndarray[Any, Any], Any]]:
    """Train one network, and stop every 50 updates to be looked at.

    Parameters
    ----------
    task, network : str
        Keys of the settings.
    seed : int
        Of weights and batches.

    Yields
    ------
    params : dict of ndarray
        The parameters now.
    loss : ndarray (50,)
        Losses of the last updates.
    batches : list
        What they were trained on.
    """
    setting = SETTINGS["tasks"][task]
    rng, size = np.random.default_rng(seed), SETTINGS["batch_size"]
    num_steps = setting.get("num_steps")
    if task == "embedded_reber":
        params, loss_of = start(network, 7, 7, rng, None), reber_loss
    else:
        params, loss_of = start(network, 2, 1, rng, num_steps), adding_loss
    rate = setting["learning_rates"][network]
    for updates, lr in zip(setting["updates"], (rate, rate / 10), strict=True):
        adam = nn.Adam(lr=lr)
        for _ in range(0, updates, 50):
            batches = [
                tasks.adding(size, num_steps, rng) if num_steps else tasks.embedded_reber(size, rng)
                for _ in range(50)
            ]
            params, history = fit(
                params,
                lambda now, batch: loss_of(network, now, batch),
                batches,
                adam,
                max_norm=SETTINGS["max_norm"],
                progress=False,
            )
            yield params, history.loss, batches


def long_strings(rng: np.random.Generator) -> tasks.EmbeddedReber:
    """Draw strings far longer than those of the training, by taking loops more often."""
    setting = SETTINGS["long_strings"]
    coin = (int(rng.random() > setting["stay"]) for _ in itertools.count())  # 0 takes the loop
    drawn = (draw_reber_string(coin) for _ in itertools.count())
    enough = (string for string in drawn if len(string) >= setting["least_symbols"])
    return tasks.encode_reber(list(itertools.islice(enough, setting["count"])))


def judge_reber(network: str, params: Params, task: tasks.EmbeddedReber) -> tasks.LegalShare:
    hs, _ = run_layer(network, params, task.xs)
    logits = nn.linear_forward(hs, params["W_y"], params["b_y"])
    return tasks.legal_share(logits, task.legal, task.lengths)


def reber_row(network: str, seed: int) -> dict[str, Any]:
    """Train on the embedded Reber grammar and judge.

    Parameters
    ----------
    network : str
        Key of `NETWORKS`.
    seed : int
        Of everything that is random.

    Returns
    -------
    dict
        One row of the table.
    """
    watched = tasks.embedded_reber(500, np.random.default_rng(30_000 + seed))
    seen: set[str] = set()
    seconds, curve, first = 0.0, [], None
    begin = time.process_time()
    for params, loss, batches in train("embedded_reber", network, seed):
        seconds += time.process_time() - begin
        curve.append(round(float(loss.mean()), 4))
        seen.update(*map(tasks.reber_strings, batches))
        if first is None and judge_reber(network, params, watched).strings == 1:
            first = 50 * len(curve)
        begin = time.process_time()
    test = tasks.embedded_reber(SETTINGS["test_sequences"], np.random.default_rng(10_000 + seed))
    unseen = sorted(set(tasks.reber_strings(test)) - seen)
    long = long_strings(np.random.default_rng(20_000 + seed))
    share = judge_reber(network, params, test)
    forks = test.legal.sum(axis=2)  # how many symbols may follow; none after the end
    return {
        "steps": share.steps,
        "strings": share.strings,
        "last_but_one": share.last_but_one,
        "cross_entropy": round(reber_loss(network, params, test)[0], 5),
        "lowest_cross_entropy": round(float(np.log(forks[forks > 0]).mean()), 5),
        "unseen": len(unseen),
        "unseen_strings": judge_reber(network, params, tasks.encode_reber(unseen)).strings,
        "long_strings": judge_reber(network, params, long).strings,
        "first_at_100_percent": first,
        "seconds": round(seconds, 1),
        "curve": curve,
    }


def adding_row(task: str, network: str, seed: int) -> dict[str, Any]:
    """Train on the adding problem and judge.

    Parameters
    ----------
    task, network : str
        Keys of the settings.
    seed : int
        Of everything that is random.

    Returns
    -------
    dict
        One row of the table.
    """
    seconds, curve = 0.0, []
    begin = time.process_time()
    for now, loss, _ in train(task, network, seed):
        seconds += time.process_time() - begin
        params = now
        curve.append(round(float(loss.mean()), 6))
        begin = time.process_time()
    num_steps = SETTINGS["tasks"][task]["num_steps"]
    rng = np.random.default_rng(10_000 + seed)
    test = tasks.adding(SETTINGS["test_sequences"], num_steps, rng)
    hs, _ = run_layer(network, params, test.xs)
    errors = nn.linear_forward(hs[:, -1], params["W_y"], params["b_y"]) - test.targets
    left = [50 * k for k, loss in enumerate(curve, start=1) if loss < test.baseline / 2]
    return {
        "mse": float(f"{np.mean(errors**2):.4g}"),
        "mse_of_constant_1": float(f"{np.mean((test.targets - 1) ** 2):.4g}"),
        "off_by_0.04": int((np.abs(errors) > 0.04).sum()),
        "off_by_0.08": int((np.abs(errors) > 0.08).sum()),
        "left_the_baseline": left[0] if left else None,
        "seconds": round(seconds, 1),
        "curve": curve,
    }


def run(task: str, network: str, seed: int) -> dict[str, Any]:
    """Train one network on one task and judge it.

    Parameters
    ----------
    task, network : str
        Keys of the settings.
    seed : int
        Of everything that is random.

    Returns
    -------
    dict
        One row of the table.
    """
    known = {"task": task, "network": network, "seed": seed}
    if task == "embedded_reber":
        return known | reber_row(network, seed)
    return known | adding_row(task, network, seed)


def summary(rows: list[dict[str, Any]]) -> str:
    """One line for each task and network: median over the seeds, with the range."""
    lines = []
    for (task, network), group in itertools.groupby(
        rows, lambda row: (row["task"], row["network"])
    ):
        together = list(group)
        lines.append(f"{task}, {network}, {len(together)} seeds")
        for measure in [name for name in together[0] if name not in NO_MEASURES]:
            measures = [row[measure] for row in together]
            values = [value for value in measures if value is not None]
            text = f"never in {len(together) - len(values)}" if None in measures else ""
            if values:
                low, middle, high = min(values), statistics.median(values), max(values)
                text = f"{middle:.6g} [{low:.6g} to {high:.6g}] {text}"
            lines.append(f"    {measure:22s} {text}".rstrip())
    return "\n".join(lines)


def write(rows: list[dict[str, Any]], num_seeds: int) -> None:
    """Write the table: settings first, then a line for each row."""
    head = {
        "about": "Written by benchmarks/classic_results.py. Seconds are CPU time of one thread.",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "lstm-course": lstm_helpers.__version__,
        },
        "seeds": list(range(num_seeds)),
        "settings": SETTINGS,
        "networks": NETWORKS,
    }
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    text = json.dumps(head, indent=1).removesuffix("\n}")
    TABLE.write_text(f'{text},\n "rows": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def main() -> None:
    """Run what was asked for, print the table, and store it if it is complete."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10, help="how many, from 0 on (default: 10)")
    parser.add_argument("--only", choices=SETTINGS["tasks"], help="one task instead of all")
    asked = parser.parse_args()
    chosen = [asked.only] if asked.only else list(SETTINGS["tasks"])
    plan = [
        (task, network, seed)
        for task in chosen
        for network in SETTINGS["tasks"][task]["learning_rates"]
        for seed in range(asked.seeds)
    ]
    rows = []
    for number, case in enumerate(plan, start=1):
        print(f"{number} of {len(plan)}: {case[0]}, {case[1]}, seed {case[2]}", flush=True)
        rows.append(run(*case))
    print(summary(rows))
    if asked.only or asked.seeds < 10:
        print("A partial run: the stored table is left as it is.")
    else:
        write(rows, asked.seeds)
        print(f"Written: {TABLE.name}")


if __name__ == "__main__":
    main()
