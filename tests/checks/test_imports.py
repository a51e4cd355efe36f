"""A library that an answer imports inside itself is loaded before the clock runs."""

import subprocess
import sys

from lstm_helpers.checks.imports import load_imports

SCRIPT = """
import sys
import numpy as np
from lstm_helpers.exercises import judge

def sigmoid(x):
    def by_torch(x):
        import torch.nn.functional
        return torch.sigmoid(torch.as_tensor(np.asarray(x, dtype=float))).numpy()
    return by_torch(x)

class Reader:
    def step(self):
        from scipy.special import expit
        return expit

for _ in range(2):
    print(judge(sigmoid, rng=np.random.default_rng(0)).status)
from lstm_helpers.checks.imports import load_imports
assert "scipy.special" not in sys.modules
load_imports(Reader)
print("scipy" in sys.modules)
"""


def test_it_passes_where_its_import_takes_longer_than_an_answer_may():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout.split() == ["passed", "passed", "True"], done.stderr


def test_what_cannot_be_imported_or_has_no_code_is_left_alone():
    def answer():
        import jax

        return jax

    class Rude(type):
        def __getattribute__(cls, name):
            raise RuntimeError(name)

    for thing in (answer, len, None, Rude("Odd", (), {})):
        load_imports(thing)
    assert "jax" not in sys.modules
