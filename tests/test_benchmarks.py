"""The benchmarks start, at sizes so small that nothing is measured, and compare like with like."""

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
SIZE = (4, 3, 2, 5)  # T, N, D, H


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch):
    """Import one of the scripts, which stand beside each other and are no package."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


@pytest.fixture
def lstm_layer(imported):
    """Import the script, and give PyTorch back its threads afterwards."""
    import torch

    threads = torch.get_num_threads()
    yield imported("lstm_layer")
    torch.set_num_threads(threads)


def run_main(module, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", [module.__file__, *words])
    return module.main()


@pytest.mark.parametrize("script", sorted(FOLDER.glob("*.py")), ids=lambda path: path.name)
def test_it_says_what_it_takes(script: Path) -> None:
    shown = subprocess.run(
        [sys.executable, str(script), "--help"], capture_output=True, text=True, timeout=120
    )
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(f"usage: {script.name} [-h] [--")


def test_start_up_at_its_smallest(imported, monkeypatch, capsys, tmp_path) -> None:
    from lstm_helpers import exercises

    monkeypatch.setenv("LSTM_COURSE_HOME", str(tmp_path))  # put back after main has set its own
    monkeypatch.setattr(exercises, "EXERCISES", {"sigmoid": exercises.EXERCISES["sigmoid"]})
    start_up = imported("start_up")
    assert run_main(start_up, monkeypatch, "--rounds", "1") in (0, 1)  # a slow machine may be slow
    printed = capsys.readouterr().out
    for name in (*start_up.VARIANTS, "sigmoid"):
        assert f"\n{name} " in printed


def test_lstm_layer_at_its_smallest(lstm_layer, monkeypatch, capsys) -> None:
    words = ("--rounds", "2", "--sizes", "4,3,2,5", "2,1,3,4")
    assert run_main(lstm_layer, monkeypatch, *words) == 0
    printed = capsys.readouterr().out
    for name in lstm_layer.CONTENDERS:
        assert f"  {name}" in printed
    assert printed.count("\n4, 3, 2, 5 ") == printed.count("\n2, 1, 3, 4 ") == 2
    assert "geometric mean" in printed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--sizes", "4,3,2"), "got '4,3,2'; expected T,N,D,H, four whole numbers from 1 on"),
        (("--sizes", "4,3,0,5"), "got '4,3,0,5'; expected T,N,D,H, four whole numbers from 1 on"),
        (("--sizes", "4,3,x,5"), "got '4,3,x,5'; expected T,N,D,H, four whole numbers from 1 on"),
        (("--rounds", "0"), "got --rounds 0; expected at least 1"),
    ],
)
def test_lstm_layer_refuses_in_one_sentence(
    lstm_layer, monkeypatch, capsys, words, sentence
) -> None:
    with pytest.raises(SystemExit):
        run_main(lstm_layer, monkeypatch, *words)
    assert sentence in capsys.readouterr().err


def test_all_contenders_compute_the_same_arrays(lstm_layer) -> None:
    T, N, D, H = SIZE
    problem = lstm_layer.make_problem(SIZE, np.random.default_rng(0))
    assert {array.dtype for array in problem} == {np.dtype(np.float32)}
    contenders = {name: make(problem) for name, make in lstm_layer.CONTENDERS.items()}
    states = [(N, H)] * 2
    shapes = [(N, T, H), *states, (N, T, D), *states, (D, 4 * H), (H, 4 * H), (4 * H,)]
    for name, (run, arrays) in contenders.items():
        found = arrays(run())
        assert [array.shape for array in found] == shapes
        single = name != lstm_layer.PER_GATE
        assert {array.dtype for array in found} == {np.dtype(np.float32 if single else np.float64)}
    off = lstm_layer.compare(contenders)
    assert off.keys() == contenders.keys()
    assert max(off.values()) < 2e-6


@pytest.mark.parametrize("which", range(9))
def test_other_numbers_are_not_timed(lstm_layer, which: int) -> None:
    problem = lstm_layer.make_problem(SIZE, np.random.default_rng(0))
    contenders = {name: make(problem) for name, make in lstm_layer.CONTENDERS.items()}
    run, arrays = contenders[lstm_layer.NUMPY]

    def slightly_wrong(results):
        found = [array.copy() for array in arrays(results)]
        found[which].flat[-1] += 1e-4 * np.abs(found[which]).max()
        return tuple(found)

    contenders[lstm_layer.NUMPY] = lstm_layer.Contender(run, slightly_wrong)
    with pytest.raises(ValueError, match="NumPy differs from per gate by"):
        lstm_layer.compare(contenders)
