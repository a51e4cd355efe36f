"""What a training leaves behind: one record for loops over epochs, one for loops over steps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


class History(NamedTuple):
    """What happened in a training of several epochs, in PyTorch or Keras.

    Attributes
    ----------
    train_loss : ndarray (E,)
        Mean loss per example in each epoch, while the weights were changing.
    validation_loss : ndarray (E,)
        Mean loss per example after each epoch; empty without validation data.
    gradient_norm : ndarray (steps,)
        Global norm of the gradients at each step, before clipping.
    best_epoch : int
        The epoch, counted from 0, whose weights the model has now.
    seconds : float
        How long it took.
    """

    train_loss: Array
    validation_loss: Array
    gradient_norm: Array
    best_epoch: int
    seconds: float


class StepHistory(NamedTuple):
    """What happened at each step of a training in NumPy, which knows no epochs.

    Attributes
    ----------
    loss : ndarray (steps,)
        The loss of each batch, before its step.
    norm : ndarray (steps,)
        The global norm of the gradients, before clipping.
    """

    loss: Array
    norm: Array
