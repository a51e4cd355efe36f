"""`quiet_imports`: silent when all is well, and telling everything when it is not."""

import os
import subprocess
import sys

import pytest

from lstm_helpers.notebook.quiet import quiet_imports


def write_past_python(text: bytes) -> None:
    os.write(2, text)


def broken_import() -> None:
    with quiet_imports():
        write_past_python(b"the reason")
        raise ImportError("broken")


def test_what_compiled_code_writes_is_held_back(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_imports():
        write_past_python(b"no graphics card")
    write_past_python(b"after")
    assert capfd.readouterr().err == "after"


def test_what_was_held_back_is_told_if_the_import_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportError, match="broken"):
        broken_import()
    write_past_python(b", after")
    assert capfd.readouterr().err == "the reason, after"


def test_python_errors_of_before_come_before(capfd: pytest.CaptureFixture[str]) -> None:
    print("before", end="", file=sys.stderr)
    with quiet_imports():
        pass
    assert capfd.readouterr().err == "before"


def test_no_file_stays_open() -> None:
    lowest = os.dup(2)
    os.close(lowest)
    for _ in range(3):
        with quiet_imports():
            pass
    again = os.dup(2)
    os.close(again)
    assert again == lowest


def test_tensorflow_comes_in_and_computes_in_silence() -> None:
    program = """
from lstm_helpers.notebook.quiet import quiet_imports
with quiet_imports():
    import keras
    import tensorflow as tf
import numpy as np
print(tuple(keras.layers.LSTM(3)(np.zeros((1, 4, 2))).shape))
"""
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    run = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert (run.stdout.strip(), run.stderr) == ("(1, 3)", "")
