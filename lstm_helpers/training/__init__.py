"""Short, readable training loops, each with a progress bar.

`fit` trains what was written in NumPy; `minibatches` feeds it; `track` is the progress bar alone.
"""

from lstm_helpers.training.numpy_loop import History, Minibatches, fit, minibatches
from lstm_helpers.training.progress import track

__all__ = ["History", "Minibatches", "fit", "minibatches", "track"]
