"""Training Keras models: a progress bar for ``model.fit``, and a loop of one's own that shows all.

`fit_keras` does what ``model.fit`` does, with TensorFlow's ``GradientTape``, so that the gradients
can be seen: their norm at every step, before clipping. A batch is a pair ``(x, y)``, such as
`lstm_helpers.training.minibatches` gives; loss and optimizer are those the model was compiled with.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import keras
import numpy as np
import tensorflow as tf  # type: ignore[import-untyped]

from lstm_helpers.training.history import History
from lstm_helpers.training.progress import track

Batches = Iterable[tuple[Any, Any]]


class ProgressBar(keras.callbacks.Callback):  # type: ignore[misc]
    """One bar for a whole ``model.fit(..., verbose=0, callbacks=[ProgressBar()])``.

    It counts epochs and shows the latest losses. Where nobody watches (a log file, a test run,
    nbgrader), it stays silent, which ``verbose=1`` does not.

    Parameters
    ----------
    label : str, optional
        What stands in front of the bar.
    progress : bool, optional
        False: no bar in any case.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> model.compile(optimizer="adam", loss="mse")
    >>> x, y = np.ones((4, 2)), np.ones((4, 1))
    >>> history = model.fit(x, y, epochs=3, verbose=0, callbacks=[ProgressBar()])
    """

    def __init__(self, label: str = "training", progress: bool = True) -> None:
        super().__init__()
        self.label = label
        self.progress = progress
        self._status = ""
        self._epochs: Iterator[int] | None = None

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Show the bar when the first epoch begins; called by Keras.

        Parameters
        ----------
        epoch : int
            Counted from 0, or from ``initial_epoch``.
        logs : dict, optional
            Not used.
        """
        if self._epochs is None:
            left = range(epoch, self.params["epochs"])
            self._epochs = track(left, self.label, self.progress, lambda: self._status)
            next(self._epochs)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Move the bar; called by Keras.

        Parameters
        ----------
        epoch : int
            Counted from 0.
        logs : dict, optional
            Losses and metrics of the epoch; those called ``loss`` and ``val_loss`` are shown.
        """
        losses = {name: (logs or {}).get(name) for name in ("loss", "val_loss")}
        self._status = ", ".join(
            f"{name} {value:.4g}" for name, value in losses.items() if value is not None
        )
        if self._epochs is not None:
            next(self._epochs, None)

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """End the bar, also where the training stopped early; called by Keras.

        Parameters
        ----------
        logs : dict, optional
            Not used.
        """
        if self._epochs is not None:
            self._epochs.close()  # type: ignore[attr-defined]
            self._epochs = None


def fit_keras(
    model: keras.Model,
    batches: Batches,
    epochs: int,
    *,
    validation: Batches | None = None,
    max_norm: float | None = None,
    patience: int | None = None,
    label: str = "training",
    progress: bool = True,
) -> History:
    """Train a compiled model in place, with a loop of our own.

    Parameters
    ----------
    model : keras.Model
        Compiled: its loss and its optimizer are used, its metrics are not. A schedule for the
        learning rate belongs into the optimizer.
    batches : iterable of tuple (x, y)
        Gone through once in every epoch; `lstm_helpers.training.minibatches` shuffles anew each
        time.
    epochs : int
        How many at most, at least 1.
    validation : iterable of tuple (x, y), optional
        Batches that are only looked at. With them, the model ends with the weights of the epoch
        whose validation loss was lowest.
    max_norm : float, optional
        Longest global norm of the gradients; longer ones are shortened to it.
    patience : int, optional
        Stop after so many epochs without a lower validation loss.
    label : str, optional
        What stands in front of the progress bar.
    progress : bool, optional
        False: no progress bar.

    Returns
    -------
    History
        Losses, gradient norms, the epoch that was kept.

    Raises
    ------
    FloatingPointError
        If the loss stops being a finite number.
    RuntimeError
        If Keras runs on another backend than TensorFlow.
    ValueError
        If the model is not compiled, there is no batch, ``epochs`` is below 1, or ``patience`` is
        asked for without validation data.

    Notes
    -----
    A loss is the compiled one, with penalties on weights if layers have some. What happens at a
    step is traced once into a graph: the first step takes a second, the later ones milliseconds.

    Examples
    --------
    >>> x = np.linspace(-1, 1, 8, dtype="float32")[:, None]
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    >>> model.compile(optimizer=keras.optimizers.SGD(0.5), loss="mse")
    >>> history = fit_keras(model, [(x, 2 * x)], epochs=200)
    >>> bool(history.train_loss[-1] < 1e-6)
    True
    """
    _require_trainable(model, epochs)
    if patience is not None and validation is None:
        raise ValueError(
            "patience is given, but no validation data; expected both: early stopping needs a loss "
            "that the training does not see"
        )
    start = time.perf_counter()
    train_step, test_step = _steps(model, max_norm)
    train_losses: list[float] = []
    validation_losses: list[float] = []
    norms: list[float] = []
    best_epoch, best_weights = 0, None
    for epoch in track(range(epochs), label, progress, lambda: f"loss {train_losses[-1]:.4g}"):
        train_losses.append(_train_epoch(train_step, batches, norms))
        best_epoch = epoch if validation is None else best_epoch
        if validation is None:
            continue
        validation_losses.append(_mean((test_step(x, y), len(y)) for x, y in validation))
        if validation_losses[-1] <= min(validation_losses):
            best_epoch, best_weights = epoch, model.get_weights()
        if patience is not None and epoch - best_epoch >= patience:
            break
    if best_weights is not None:
        model.set_weights(best_weights)
    return History(
        np.array(train_losses),
        np.array(validation_losses),
        np.array(norms),
        best_epoch,
        time.perf_counter() - start,
    )


def _steps(
    model: keras.Model, max_norm: float | None
) -> tuple[Callable[[Any, Any], tuple[Any, Any]], Callable[[Any, Any], Any]]:
    """One step of training, and the loss without training."""

    def train_step(x: Any, y: Any) -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(x=x, y=y, y_pred=model(x, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        norm = tf.linalg.global_norm(gradients)
        if max_norm is not None:
            gradients, _ = tf.clip_by_global_norm(gradients, max_norm, use_norm=norm)
        model.optimizer.apply(gradients, model.trainable_variables)
        return loss, norm

    def test_step(x: Any, y: Any) -> Any:
        return model.compute_loss(x=x, y=y, y_pred=model(x, training=False), training=False)

    return _traced(train_step), _traced(test_step)


def _traced(step: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Turn a step into a graph, once for batches of any size: the last one may be smaller."""
    graph = tf.function(step)

    def run(x: Any, y: Any) -> Any:
        tensors = tf.convert_to_tensor(x), tf.convert_to_tensor(y)
        kinds = (tf.TensorSpec([None, *one.shape[1:]], one.dtype) for one in tensors)
        return graph.get_concrete_function(*kinds)(*tensors)

    return run


def _train_epoch(
    train_step: Callable[[Any, Any], tuple[Any, Any]], batches: Batches, norms: list[float]
) -> float:
    def losses() -> Iterator[tuple[Any, int]]:
        for x, y in batches:
            loss, norm = train_step(x, y)
            if not np.isfinite(loss):
                raise FloatingPointError(
                    f"the loss became {float(loss)} after {len(norms)} steps; expected a finite "
                    "number: lower the learning rate or clip the gradients with max_norm"
                )
            norms.append(float(norm))
            yield loss, len(y)

    return _mean(losses())


def _mean(losses: Iterable[tuple[Any, int]]) -> float:
    """Mean loss per example, from the mean loss and the size of every batch."""
    total, count = 0.0, 0
    for loss, size in losses:
        total, count = total + float(loss) * size, count + size
    if not count:
        raise ValueError(
            "there was no batch; expected at least one: an iterator that was used up gives none, "
            "so pass minibatches(...) or a list"
        )
    return total / count


def _require_trainable(model: keras.Model, epochs: int) -> None:
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError(
            f"Keras runs on {keras.backend.backend()}; expected tensorflow, whose GradientTape "
            "this loop uses: start Python with KERAS_BACKEND=tensorflow"
        )
    if not model.compiled or model.optimizer is None:
        raise ValueError(
            f"the model {model.name!r} is not compiled; expected a loss and an optimizer: call "
            "model.compile(optimizer=..., loss=...) first"
        )
    if epochs < 1:
        raise ValueError(f"got epochs={epochs}; expected at least 1")
