"""Short, readable training loops, each with a progress bar.

`fit` trains what was written in NumPy; `minibatches` feeds it; `over_seeds` repeats an experiment
and shows mean and spread; `track` is the progress bar alone. PyTorch models are trained by
`lstm_helpers.training.torch_loop`; importing this package does not load PyTorch.
"""

from lstm_helpers.training.history import History, StepHistory
from lstm_helpers.training.lab_result import LabResult
from lstm_helpers.training.numpy_loop import Minibatches, fit, minibatches
from lstm_helpers.training.progress import track
from lstm_helpers.training.seeds import SeedTable, over_seeds

__all__ = [
    "History",
    "LabResult",
    "Minibatches",
    "SeedTable",
    "StepHistory",
    "fit",
    "minibatches",
    "over_seeds",
    "track",
]
