"""How fast the course's LSTM layer is: forward and backward, float32, one thread.

`lstm_helpers.nn.lstm_layer` runs side by side with ``torch.nn.LSTM`` and with the LSTM as one
writes it in PyTorch: a matrix for each gate, applied to [x, h], a loop over time, the backward
pass left to autograd. All compute the gradients of inputs, initial states and weights, for given
gradients of the outputs and the last states. Before anything is timed, their numbers must agree.

The time is the processor's, so that what else runs on the machine is not counted (on Windows that
clock ticks every 16 ms: there, only the large sizes mean something). Within each round all take
their turn once, in random order; a ratio is taken within a round, and what is printed is the
median over the rounds with the middle half of them. Ratios mean something on any machine,
milliseconds do not.

Two columns are for orientation. "unbind": autograd gains a little where the steps are taken apart
by ``unbind`` and not by an index, whose backward pass fills an array of the size of all inputs at
each step. "per gate": a matrix for each gate in NumPy, float64, backward by hand; the numbers of
all others are compared with these.

Run it with `make bench`, or `python benchmarks/lstm_layer.py --rounds 5 --sizes 20,32,10,50`.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from start_up import print_table
from threadpoolctl import threadpool_limits

from lstm_helpers import nn
from lstm_helpers.convert import torch_module

SIZES = (
    (20, 32, 10, 50),
    (60, 32, 1, 50),
    (32, 1024, 28, 32),
    (50, 32, 64, 128),
    (100, 64, 32, 128),
    (200, 32, 128, 256),
)
NUMPY, MODULE, AUTOGRAD = "NumPy", "nn.LSTM", "autograd"
UNBIND, PER_GATE = "unbind", "per gate"
RATIOS = ((NUMPY, MODULE), (AUTOGRAD, NUMPY), (UNBIND, NUMPY), (PER_GATE, NUMPY))
GOALS = (("at most", 1.5), ("at least", 2.0))  # for the first two
TOLERANCE = 1e-5  # of the largest entry of each array, in float32

Arrays = tuple[np.ndarray, ...]


class Problem(NamedTuple):
    """What goes in: inputs, initial states, weights, and what reaches outputs and last states."""

    xs: np.ndarray  # (N, T, D)
    h0: np.ndarray  # (N, H)
    c0: np.ndarray
    W_x: np.ndarray  # (D, 4H)
    W_h: np.ndarray  # (H, 4H)
    b: np.ndarray  # (4H,)
    dhs: np.ndarray  # (N, T, H)
    dh: np.ndarray  # (N, H)
    dc: np.ndarray


class Contender(NamedTuple):
    """Forward and backward pass, and its results as ``hs, h, c, dxs, dh0, dc0, dW_x, dW_h, db``."""

    run: Callable[[], Any]
    arrays: Callable[[Any], Arrays]


def make_problem(size: Sequence[int], rng: np.random.Generator) -> Problem:
    T, N, D, H = size
    states = [rng.normal(size=(N, H)) for _ in range(4)]
    xs, dhs = rng.normal(size=(N, T, D)), rng.normal(size=(N, T, H))
    arrays = (xs, *states[:2], *nn.init_lstm(D, H, rng), dhs, *states[2:])
    return Problem(*(array.astype(np.float32) for array in arrays))


def numpy_layer(problem: Problem) -> Contender:
    xs, h0, c0, W_x, W_h, b, dhs, dh, dc = problem
    params = nn.LSTMParams(W_x, W_h, b)

    def run() -> Arrays:
        hs, states, tape = nn.lstm_layer_forward(xs, (h0, c0), params)
        dxs, dstates, dparams = nn.lstm_layer_backward(dhs, (dh, dc), tape)
        return hs, *states, dxs, *dstates, *dparams

    return Contender(run, lambda results: results)


def torch_layer(problem: Problem) -> Contender:
    layer = torch_module("lstm", ((nn.LSTMParams(problem.W_x, problem.W_h, problem.b),),))
    x, h0, c0 = leaves(problem.xs, problem.h0[None], problem.c0[None])
    upstream = [torch.tensor(v) for v in (problem.dhs, problem.dh[None], problem.dc[None])]

    def run() -> tuple[torch.Tensor, ...]:
        hs, (h, c) = layer(x, (h0, c0))
        inputs = x, h0, c0, *layer.parameters()
        return hs, h, c, *torch.autograd.grad((hs, h, c), inputs, upstream)

    def arrays(results: tuple[torch.Tensor, ...]) -> Arrays:
        hs, h, c, dxs, dh0, dc0, dW_x, dW_h, db, _ = (v.detach().numpy() for v in results)
        return hs, h[0], c[0], dxs, dh0[0], dc0[0], dW_x.T, dW_h.T, db

    return Contender(run, arrays)


def torch_per_gate(problem: Problem, unbind: bool = False) -> Contender:
    T, D = problem.xs.shape[1:]
    Ws = leaves(*(W.T.copy() for W in np.split(np.vstack([problem.W_x, problem.W_h]), 4, axis=1)))
    bs = leaves(*np.split(problem.b, 4))
    x, h0, c0 = leaves(problem.xs, problem.h0, problem.c0)
    upstream = [torch.tensor(v) for v in (problem.dhs, problem.dh, problem.dc)]

    def run() -> tuple[torch.Tensor, ...]:
        h, c, outputs = h0, c0, []
        for x_t in x.unbind(1) if unbind else (x[:, t] for t in range(T)):
            xh = torch.cat([x_t, h], dim=1)
            z_i, z_f, z_g, z_o = (
                torch.nn.functional.linear(xh, W, b) for W, b in zip(Ws, bs, strict=True)
            )
            c = torch.sigmoid(z_f) * c + torch.sigmoid(z_i) * torch.tanh(z_g)
            h = torch.sigmoid(z_o) * torch.tanh(c)
            outputs.append(h)
        hs = torch.stack(outputs, dim=1)
        return hs, h, c, *torch.autograd.grad((hs, h, c), (x, h0, c0, *Ws, *bs), upstream)

    def arrays(results: tuple[torch.Tensor, ...]) -> Arrays:
        found = [v.detach().numpy() for v in results]
        dW = np.hstack([dW_k.T for dW_k in found[6:10]])
        return *found[:6], dW[:D], dW[D:], np.concatenate(found[10:])

    return Contender(run, arrays)


def numpy_per_gate(problem: Problem) -> Contender:
    xs, h0, c0, W_x, W_h, b, dhs, dh_last, dc_last = (v.astype(np.float64) for v in problem)
    T, D = xs.shape[1:]
    Ws, bs = np.split(np.vstack([W_x, W_h]), 4, axis=1), np.split(b, 4)

    def run() -> Arrays:
        h, c, hs, steps = h0, c0, np.empty_like(dhs), []
        for t in range(T):
            xh, c_prev = np.hstack([xs[:, t], h]), c
            z_i, z_f, z_g, z_o = (xh @ W + b_k for W, b_k in zip(Ws, bs, strict=True))
            i, f, g, o = nn.sigmoid(z_i), nn.sigmoid(z_f), np.tanh(z_g), nn.sigmoid(z_o)
            c = f * c_prev + i * g
            tanh_c = np.tanh(c)
            hs[:, t] = h = o * tanh_c
            steps.append((xh, c_prev, i, f, g, o, tanh_c))
        dxs, dWs, dbs = np.empty_like(xs), [0 * W for W in Ws], [0 * b_k for b_k in bs]
        dh, dc = dh_last, dc_last
        for t in reversed(range(T)):
            xh, c_prev, i, f, g, o, tanh_c = steps[t]
            dh = dh + dhs[:, t]
            dc = dc + dh * o * (1 - tanh_c**2)
            dzs = (
                dc * g * i * (1 - i),
                dc * c_prev * f * (1 - f),
                dc * i * (1 - g**2),
                dh * tanh_c * o * (1 - o),
            )
            dxh = sum(dz @ W.T for dz, W in zip(dzs, Ws, strict=True))
            for dW, db, dz in zip(dWs, dbs, dzs, strict=True):
                dW += xh.T @ dz
                db += dz.sum(axis=0)
            dxs[:, t], dh, dc = dxh[:, :D], dxh[:, D:], dc * f
        dW = np.hstack(dWs)
        return hs, h, c, dxs, dh, dc, dW[:D], dW[D:], np.concatenate(dbs)

    return Contender(run, lambda results: results)


CONTENDERS: dict[str, Callable[[Problem], Contender]] = {
    NUMPY: numpy_layer,
    MODULE: torch_layer,
    AUTOGRAD: torch_per_gate,
    UNBIND: lambda problem: torch_per_gate(problem, unbind=True),
    PER_GATE: numpy_per_gate,
}


def leaves(*arrays: np.ndarray) -> list[torch.Tensor]:
    return [torch.tensor(array, requires_grad=True) for array in arrays]


def largest_difference(ours: Arrays, theirs: Arrays) -> float:
    """Largest difference over all arrays, each relative to its largest entry."""
    return max(
        float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(ours, theirs, strict=True)
    )


def compare(contenders: dict[str, Contender]) -> dict[str, float]:
    """Run each once.

    Returns
    -------
    dict of str to float
        How far each is from the one in float64, by `largest_difference`.

    Raises
    ------
    ValueError
        If one is further off than `TOLERANCE`.
    """
    results = {name: arrays(run()) for name, (run, arrays) in contenders.items()}
    off = {name: largest_difference(found, results[PER_GATE]) for name, found in results.items()}
    for name, difference in off.items():
        if not difference <= TOLERANCE:
            raise ValueError(
                f"{name} differs from {PER_GATE} by {difference:.1e} of the largest entry; "
                f"expected at most {TOLERANCE:.0e}: what computes other numbers is not timed"
            )
    return off


def time_rounds(
    contenders: dict[str, Contender], rounds: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """Time all once per round, in random order, each warmed by a run of its own.

    Returns
    -------
    dict of str to ndarray (rounds,)
        Seconds of processor time.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name in rng.permutation(list(contenders)):
            contenders[name].run()  # as in training, where the run before was the same
            begin = time.process_time()
            contenders[name].run()
            seconds[name].append(time.process_time() - begin)
    return {name: np.array(times) for name, times in seconds.items()}


def settle_memory() -> None:
    """Free one large block, so that no small size is charged for memory and another not.

    The C library of Linux gives freed memory back to the system, and then takes it page by page
    anew, up to the size of the largest block that it has seen freed.
    """
    np.empty(31 * 2**20, dtype=np.uint8).fill(0)


def with_spread(ratios: np.ndarray) -> str:
    low, middle, high = np.quantile(ratios, [0.25, 0.5, 0.75])
    return f"{middle:.2f} ({low:.2f}-{high:.2f})"


def report(sizes: Sequence[Sequence[int]], rounds: int) -> bool:
    """Measure and print.

    Returns
    -------
    bool
        Whether the geometric means reach the goals.
    """
    rng = np.random.default_rng(0)
    names = [", ".join(map(str, size)) for size in sizes]
    times, ratios, off = [], [], dict.fromkeys(CONTENDERS, 0.0)
    for size in sizes:
        problem = make_problem(size, rng)
        contenders = {name: make(problem) for name, make in CONTENDERS.items()}
        off = {name: max(off[name], now) for name, now in compare(contenders).items()}
        seconds = time_rounds(contenders, rounds, rng)
        times.append([f"{1e3 * np.median(taken):.2f}" for taken in seconds.values()])
        ratios.append([seconds[above] / seconds[below] for above, below in RATIOS])
    print(f"Forward and backward pass, ms of processor time, median of {rounds} rounds")
    table("T, N, D, H", CONTENDERS, names, times)
    print("Ratios, median of the rounds (middle half)")
    means = np.exp(np.log(ratios).mean(axis=0))  # (ratios, rounds)
    cells = [[with_spread(values) for values in row] for row in (*ratios, means)]
    heads = [f"{above} / {below}" for above, below in RATIOS]
    table("T, N, D, H", heads, [*names, "geometric mean"], cells)
    print(
        "Furthest from float64, as a part of an array's largest entry: "
        + ", ".join(f"{name} {off[name]:.1e}" for name in (NUMPY, MODULE, AUTOGRAD))
        + "."
    )
    reached = []
    for head, mean, (bound, goal) in zip(heads, np.median(means, axis=1), GOALS, strict=False):
        reached.append(bool(mean <= goal if bound == "at most" else mean >= goal))
        verdict = "reached" if reached[-1] else "not reached"
        print(f"{head}: {mean:.2f}, goal {bound} {goal}: {verdict}.")
    return all(reached)


def table(
    first: str, heads: Iterable[str], names: Sequence[str], cells: Sequence[Sequence[str]]
) -> None:
    print_table((first, *heads), [(n, *row) for n, row in zip(names, cells, strict=True)])


def size_of(text: str) -> tuple[int, ...]:
    """Read T,N,D,H from the command line."""
    try:
        size = tuple(int(part) for part in text.split(","))
    except ValueError:
        size = ()
    if len(size) != 4 or min(size) < 1:
        raise argparse.ArgumentTypeError(
            f"got {text!r}; expected T,N,D,H, four whole numbers from 1 on, such as 20,32,10,50"
        )
    return size


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15, help="repetitions (default: 15)")
    parser.add_argument(
        "--sizes",
        type=size_of,
        nargs="+",
        default=SIZES,
        metavar="T,N,D,H",
        help="steps, batch, features, units (default: six sizes, for which the goals are set)",
    )
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error(f"got --rounds {arguments.rounds}; expected at least 1")
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, PyTorch {torch.__version__}, "
        f"{platform.system()}, {os.cpu_count()} cores, one thread\n"
    )
    torch.set_num_threads(1)
    settle_memory()
    with threadpool_limits(1):
        reached = report(arguments.sizes, arguments.rounds)
    return 0 if reached or arguments.sizes is not SIZES else 1


if __name__ == "__main__":
    sys.exit(main())
