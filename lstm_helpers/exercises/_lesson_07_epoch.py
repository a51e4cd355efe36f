"""Lesson 07, fourth exercise: one epoch of training, watched at every step."""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output


def train_epoch(
    model: Any, loader: Any, optimizer: Any, loss_fn: Any, max_norm: float = 1.0
) -> float:
    """Go through the data once and update the model after each batch.

    Parameters
    ----------
    model : torch.nn.Module
        Called as ``model(x, lengths)``; is trained in place and left in training mode.
    loader : iterable
        Yields ``(x, lengths, y)``; the last batch may be smaller.
    optimizer : torch.optim.Optimizer
        Of the model's parameters.
    loss_fn : callable
        Takes the model's output and ``y``; returns the mean loss of the batch.
    max_norm : float, optional
        Longest global norm of the gradients; longer ones are shortened to it.

    Returns
    -------
    float
        Mean loss per example, each batch before its update.

    Examples
    --------
    >>> import torch
    >>> from lstm_helpers.frameworks.torch_models import SequenceClassifier
    >>> model = SequenceClassifier(2, 4, 3)
    >>> batch = torch.ones(4, 5, 2), torch.full((4,), 5), torch.tensor([0, 1, 2, 0])
    >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    >>> train_epoch(model, [batch], optimizer, torch.nn.CrossEntropyLoss()) > 0
    True
    """
    from lstm_helpers.frameworks import torch_models

    return torch_models.train_epoch(model, loader, optimizer, loss_fn, max_norm)


def _watched(answer):
    from lstm_helpers.frameworks import torch_steps

    torch_steps.warm_up()

    def tried(x, lengths, y, weight, bias, batch_size, loss, learning_rate, **further):
        found = torch_steps.measure_epoch(
            answer, (x, lengths, y), (weight, bias), batch_size, loss, learning_rate, **further
        )
        return found and [found[output.name] for output in _OUTPUTS]

    return tried


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for n, T, D, V, batch_size, scale, loss, further, note in (
        (10, 5, 4, 3, 4, 4.0, "cross-entropy", {}, "long gradients"),
        (7, 6, 5, 2, 3, 2.0, "squared error", {"max_norm": 0.3}, "max_norm = 0.3"),
        (8, 4, 5, 3, 3, 0.5, "cross-entropy", {"max_norm": 50.0}, "short gradients"),
    ):
        x = rng.normal(0.0, scale, size=(n, T, D))
        lengths = rng.integers(1, T + 1, n)
        scores = rng.normal(size=(n, V))
        y = scores if loss == "squared error" else rng.integers(V, size=n)
        weight, bias = rng.normal(size=(D, V)), rng.normal(size=V)
        args = x, lengths, y, weight, bias, batch_size, loss, 0.3
        cases.append(Case(args, {"n": n, "T": T, "D": D, "V": V}, further, note=note))
    return cases


_OUTPUTS = (
    Output(
        "training",
        wrong="The model was in training mode in {training:.0%} of its calls; expected 100 %. Call "
        "`model.train()` at the start: somebody may have left it in `eval()`.",
    ),
    Output(
        "backward",
        wrong="Gradients were computed {backward:.0f} times; expected {expected:.0f}, once for "
        "each batch: `loss.backward()`.",
    ),
    Output(
        "steps",
        wrong="The optimizer that you get made {steps:.0f} steps; expected {expected:.0f}, one for "
        "each batch. Call its `step()`, and make no optimizer of your own.",
    ),
    Output(
        "asked",
        wrong="`loss_fn` is never called. Which loss is made small is for the caller to say: "
        "compute it with the function that you get.",
    ),
    Output(
        "scored",
        wrong="`loss_fn` got what the model puts out in {scored:.0%} of its calls; expected 100 %.",
    ),
    Output(
        "norms",
        ("batches",),
        wrong="The optimizer does not get the gradients that it should. Their global norms at its "
        "steps were {got}; expected {expected}. Look at the order: `zero_grad`, `backward`, "
        "clipping, `step`.",
    ),
    Output(
        "clipped_late",
        wrong="The gradients are shortened after the last step, when they have been used already. "
        "Clip between `backward` and `step`.",
    ),
    Output(
        "weights",
        ("weights",),
        wrong="The gradients have the right length at every step, but the weights after the epoch "
        "are not the right ones. Are single numbers clipped, or arrays by themselves?",
    ),
    Output(
        "loss",
    ),
    Output(
        "tied",
        wrong="The loss that comes back still holds on to the graph of every batch, and to all "
        "their activations. Add up `loss.item()`, which is a plain number.",
    ),
)


# --- what goes wrong --------------------------------------------------------------------------


def _in_training(model):
    model.train()


def _scored(model, x, lengths):
    return model(x, lengths)


def _gradients(model):
    return [p.grad for p in model.parameters() if p.grad is not None]


def _norm(gradients):
    return float(sum(gradient.square().sum() for gradient in gradients)) ** 0.5


def _shorten(gradients, max_norm):
    scale = min(1.0, max_norm / (_norm(gradients) + 1e-6))
    for gradient in gradients:
        gradient.mul_(scale)


def _clip(model, max_norm):
    _shorten(_gradients(model), max_norm)


def _update(model, optimizer, loss, max_norm, clip=_clip):
    optimizer.zero_grad()
    loss.backward()
    clip(model, max_norm)
    optimizer.step()


def _per_example(losses, counts):
    return sum(loss * count for loss, count in zip(losses, counts, strict=True)) / sum(counts)


def _epoch_with(
    start=_in_training,
    score=_scored,
    update=_update,
    mean=_per_example,
    number=lambda loss: loss.item(),
    before=lambda optimizer: None,
):
    """`train_epoch` with some of its parts exchanged."""

    def answer(model, loader, optimizer, loss_fn, max_norm=1.0):
        start(model)
        before(optimizer)
        losses, counts = [], []
        for x, lengths, y in loader:
            loss = loss_fn(score(model, x, lengths), y)
            update(model, optimizer, loss, max_norm)
            losses.append(number(loss))
            counts.append(len(y))
        return mean(losses, counts)

    return answer


def _clipped_by(clip):
    return _epoch_with(
        update=lambda model, optimizer, loss, max_norm: _update(
            model, optimizer, loss, max_norm, clip
        )
    )


def _in_order(*calls):
    """An update that makes its calls in another order, or not all of them."""

    def update(model, optimizer, loss, max_norm):
        for call in calls:
            if call == "zero_grad":
                optimizer.zero_grad()
            elif call == "backward":
                loss.backward()
            elif call == "clip":
                _clip(model, max_norm)
            else:
                optimizer.step()

    return update


def _each_alone(model, max_norm):
    for gradient in _gradients(model):
        _shorten([gradient], max_norm)


def _values(model, max_norm):
    for gradient in _gradients(model):
        gradient.clamp_(-max_norm, max_norm)


def _always_scaled(model, max_norm):
    norm = _norm(_gradients(model))
    for gradient in _gradients(model):
        gradient.mul_(max_norm / norm)


def _by_the_square(model, max_norm):
    scale = min(1.0, max_norm / _norm(_gradients(model)) ** 2)
    for gradient in _gradients(model):
        gradient.mul_(scale)


def _by_the_sum_of_norms(model, max_norm):
    scale = min(1.0, max_norm / sum(_norm([g]) for g in _gradients(model)))
    for gradient in _gradients(model):
        gradient.mul_(scale)


def _one_step_per_epoch(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train()
    optimizer.zero_grad()
    total = 0.0
    count = 0
    for x, lengths, y in loader:
        loss = loss_fn(model(x, lengths), y)
        loss.backward()
        total += loss.item() * len(y)
        count += len(y)
    _clip(model, max_norm)
    optimizer.step()
    return total / count


def _returns_inside_the_loop(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train()
    total, count = 0.0, 0
    for x, lengths, y in loader:
        loss = loss_fn(model(x, lengths), y)
        _update(model, optimizer, loss, max_norm)
        total += loss.item() * len(y)
        count += len(y)
        return total / count
    return None


def _loss_after_the_update(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train()
    total, count = 0.0, 0
    for x, lengths, y in loader:
        _update(model, optimizer, loss_fn(model(x, lengths), y), max_norm)
        total += loss_fn(model(x, lengths), y).item() * len(y)
        count += len(y)
    return total / count


def _loss_after_the_epoch(model, loader, optimizer, loss_fn, max_norm=1.0):
    _epoch_with()(model, loader, optimizer, loss_fn, max_norm)
    scores = [(loss_fn(model(x, lengths), y).item(), len(y)) for x, lengths, y in loader]
    return _per_example(*zip(*scores, strict=True))


def _two_from_the_loader(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train()
    for x, y in loader:
        _update(model, optimizer, loss_fn(model(x), y), max_norm)


def _lengths_in_place_of_targets(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train()
    total, count = 0.0, 0
    for x, y, lengths in loader:
        loss = loss_fn(model(x, lengths), y)
        _update(model, optimizer, loss, max_norm)
        total += loss.item() * len(y)
        count += len(y)
    return total / count


def _number_before_backward(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train()
    for x, lengths, y in loader:
        loss = loss_fn(model(x, lengths), y).item()
        _update(model, optimizer, loss, max_norm)


def _own_cross_entropy(scores, y):
    logs = scores.log_softmax(1)
    if y.ndim == 2:
        return -(logs * y).sum(1).mean()
    return -logs[list(range(len(y))), y].mean()


def _loss_of_ones_own(model, loader, optimizer, loss_fn, max_norm=1.0):
    return _epoch_with()(model, loader, optimizer, _own_cross_entropy, max_norm)


def _loss_arguments_exchanged(model, loader, optimizer, loss_fn, max_norm=1.0):
    return _epoch_with()(model, loader, optimizer, lambda scores, y: loss_fn(y, scores), max_norm)


def _measured(name):
    """Where a measured number stands among the results."""
    return [output.name for output in _OUTPUTS].index(name)


def _in_every_case(name):
    """Make a `shows`: whether the number of this name is less than 1 in every case."""
    return lambda seen, expected: all(
        isinstance(one, list) and float(one[_measured(name)]) < 1 for one in seen
    )


def _all_real(model, x, lengths):
    return model(x, lengths.new_full(lengths.shape, x.shape[1]))


TRAIN_EPOCH = Exercise(
    name="train_epoch",
    lesson="07",
    title="One epoch of training",
    points=4,
    minutes=15,
    reference=train_epoch,
    cases=_cases,
    outputs=_OUTPUTS,
    adapt=_watched,
    may_call=("last_step", "final_states", "SequenceClassifier"),
    rtol=1e-5,
    atol=1e-5,
    misconceptions=(
        Misconception(
            "zero-grad-missing",
            _epoch_with(update=_in_order("backward", "clip", "step")),
            "Gradients pile up: `backward` adds to what is in `.grad` already. Call "
            "`optimizer.zero_grad()` for every batch, before `backward`.",
            variants=(
                _epoch_with(
                    update=_in_order("backward", "clip", "step"),
                    before=lambda optimizer: optimizer.zero_grad(),
                ),
            ),
        ),
        Misconception(
            "zero-grad-only-afterwards",
            _epoch_with(update=_in_order("backward", "clip", "step", "zero_grad")),
            "The first batch starts with gradients that were left over from before the call, and "
            "adds its own to them. Call `optimizer.zero_grad()` before `backward`.",
        ),
        Misconception(
            "no-gradients-at-the-step",
            _epoch_with(update=_in_order("backward", "zero_grad", "clip", "step")),
            "When `step` is called there are no gradients, so the weights never move: `zero_grad` "
            "has just thrown them away, or `backward` comes after it. The order is `zero_grad`, "
            "`backward`, clipping, `step`.",
            variants=(
                _epoch_with(update=_in_order("backward", "clip", "zero_grad", "step")),
                _epoch_with(update=_in_order("zero_grad", "step", "backward", "clip")),
                _epoch_with(update=_in_order("zero_grad", "step", "backward")),
            ),
        ),
        Misconception(
            "not-clipped",
            _epoch_with(update=_in_order("zero_grad", "backward", "step")),
            "Long gradients reach the optimizer as they are. "
            "`clip_grad_norm_(model.parameters(), max_norm)` belongs between `backward`, which "
            "makes them, and `step`, which uses them.",
        ),
        Misconception(
            "clipped-after-the-step",
            _epoch_with(update=_in_order("zero_grad", "backward", "step", "clip")),
            "The gradients are shortened after `step`, when they have been used already. Clip "
            "between `backward` and `step`.",
        ),
        Misconception(
            "each-array-clipped-alone",
            _clipped_by(_each_alone),
            "Every parameter array is shortened by itself, which turns the step into another "
            "direction. There is one norm, over all gradients together: hand "
            "`model.parameters()` over as a whole.",
        ),
        Misconception(
            "values-clipped",
            _clipped_by(_values),
            "Single numbers are clipped, as `clip_grad_value_` does, which turns the step into "
            "another direction. `clip_grad_norm_` shortens all gradients by one factor.",
        ),
        Misconception(
            "short-gradients-stretched",
            _clipped_by(_always_scaled),
            "Gradients shorter than `max_norm` are made longer. The factor "
            "max_norm / norm is for gradients that are too long; otherwise it is 1.",
        ),
        Misconception(
            "another-norm",
            _clipped_by(_by_the_square),
            "The gradients are shortened by a wrong factor. The norm is the square root of the sum "
            "of all squares, over all arrays.",
            variants=(_clipped_by(_by_the_sum_of_norms),),
        ),
        Misconception(
            "max-norm-ignored",
            _clipped_by(lambda model, max_norm: _clip(model, 1.0)),
            "The gradients are always shortened to 1. The argument `max_norm` says to what.",
        ),
        Misconception(
            "left-in-eval",
            _epoch_with(start=lambda model: None),
            "The model was in `eval()` when it came, and you train it like that, without its "
            "dropout. Call `model.train()` at the start.",
            variants=(_epoch_with(start=lambda model: model.eval()),),
        ),
        Misconception(
            "lengths-not-passed",
            _epoch_with(score=lambda model, x, lengths: model(x)),
            "The model does not get the lengths, so it cannot know what is padding: "
            "`model(x, lengths)`.",
            variants=(_epoch_with(score=_all_real),),
        ),
        Misconception(
            "two-from-the-loader",
            _two_from_the_loader,
            "The loader gives three things for each batch: `for x, lengths, y in loader`.",
        ),
        Misconception(
            "lengths-for-targets",
            _lengths_in_place_of_targets,
            "Lengths and targets are exchanged: the loader gives `x, lengths, y`, in this order.",
        ),
        Misconception(
            "step-missing",
            _epoch_with(update=_in_order("zero_grad", "backward", "clip")),
            "`optimizer.step()` is missing: the gradients are there, but nothing uses them.",
        ),
        Misconception(
            "backward-missing",
            _epoch_with(update=_in_order("zero_grad", "clip", "step")),
            "`loss.backward()` is missing: there are no gradients that `step` could use.",
        ),
        Misconception(
            "loss-fn-ignored",
            _loss_of_ones_own,
            "`loss_fn` is never called. Which loss is made small is for the caller to say, and "
            "here it is not always cross-entropy: compute it with the function that you get, "
            "`loss_fn(model(x, lengths), y)`.",
            shows=_in_every_case("asked"),
        ),
        Misconception(
            "softmax-before-the-loss",
            _epoch_with(score=lambda model, x, lengths: model(x, lengths).softmax(1)),
            "The loss gets something other than what the model puts out. No softmax, sigmoid or "
            "other function stands in between: `loss_fn(model(x, lengths), y)`. "
            "`nn.CrossEntropyLoss` applies its own softmax.",
            variants=(
                _epoch_with(score=lambda model, x, lengths: model(x, lengths).log_softmax(1)),
                _epoch_with(score=lambda model, x, lengths: model(x, lengths).sigmoid()),
            ),
            shows=_in_every_case("scored"),
        ),
        Misconception(
            "arguments-of-loss-exchanged",
            _loss_arguments_exchanged,
            "The loss takes what the model puts out first and the targets second: "
            "`loss_fn(model(x, lengths), y)`.",
        ),
        Misconception(
            "graph-cut-off",
            _epoch_with(score=lambda model, x, lengths: model(x, lengths).detach()),
            "There is nothing to go back through: the outputs or the loss were detached, or "
            "computed under `torch.no_grad()`. That is for evaluation.",
        ),
        Misconception(
            "number-before-backward",
            _number_before_backward,
            "`.item()` makes a plain number of the loss, and that has no `backward`. Call "
            "`backward` on the tensor, and `.item()` for the sum.",
        ),
        Misconception(
            "one-step-per-epoch",
            _one_step_per_epoch,
            "The gradients of all batches are added up for a single step at the end. Update "
            "after each batch: `zero_grad`, `backward`, clipping and `step` belong into the loop.",
        ),
        Misconception(
            "return-inside-the-loop",
            _returns_inside_the_loop,
            "The function returns after the first batch: the `return` is indented into the loop.",
        ),
        Misconception(
            "mean-of-batch-means",
            _epoch_with(mean=lambda losses, counts: sum(losses) / len(losses)),
            "The mean of the batches' means gives the examples of a small last batch too much "
            "weight. Add up loss × number of examples, and divide by the number of all examples.",
        ),
        Misconception(
            "summed-up",
            _epoch_with(mean=lambda losses, counts: sum(losses)),
            "That is a sum, not a mean per example. Add up loss × number of examples, and divide "
            "by the number of all examples.",
            variants=(
                _epoch_with(mean=lambda losses, counts: float(np.dot(losses, counts))),
                _epoch_with(mean=lambda losses, counts: sum(losses) / sum(counts)),
                _epoch_with(mean=lambda losses, counts: np.dot(losses, counts) / len(counts)),
            ),
        ),
        Misconception(
            "last-batch-counted-as-full",
            _epoch_with(
                mean=lambda losses, counts: sum(losses) * counts[0] / sum(counts),
            ),
            "Every batch is counted with the same number of examples, but the last one is smaller. "
            "Weight each with its own, `len(y)`.",
            variants=(
                _epoch_with(
                    mean=lambda losses, counts: (
                        _per_example(losses, counts) * sum(counts) / (len(counts) * counts[0])
                    )
                ),
            ),
        ),
        Misconception(
            "last-batch-only",
            _epoch_with(mean=lambda losses, counts: losses[-1]),
            "That is the loss of the last batch. The mean over all examples is asked for.",
            variants=(_epoch_with(mean=lambda losses, counts: losses[0]),),
        ),
        Misconception(
            "loss-after-the-update",
            _loss_after_the_update,
            "The loss is computed once more after the update. The one from before costs nothing "
            "extra and is what is asked for.",
            variants=(_loss_after_the_epoch,),
        ),
        Misconception(
            "loss-multiplied",
            _epoch_with(
                update=lambda model, optimizer, loss, max_norm: _update(
                    model, optimizer, loss * 4, max_norm
                ),
            ),
            "The loss is multiplied by the size of the batch before `backward`, and its gradients "
            "with it. Use the mean for the update, and the product only for the sum.",
        ),
        Misconception(
            "graph-kept",
            _epoch_with(number=lambda loss: loss),
            "The loss that comes back still holds on to the graphs of all batches, and so to their "
            "memory. Add up `loss.item()`, which is a plain number.",
        ),
        Misconception(
            "list-of-losses",
            _epoch_with(mean=lambda losses, counts: losses),
            "One number for each batch comes back. Their mean over all examples is asked for.",
        ),
    ),
    hints=(
        "Write down what has to happen for one batch, from `zero_grad` to `step`, and what must "
        "come before the loop and after it.",
        "Before: `model.train()`. In the loop: zero_grad, `loss_fn(model(x, lengths), y)`, "
        "backward, clip, step. The last batch is smaller: what does that mean for the mean?",
        "`torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)` between backward and step. "
        "Add up `loss.item() * len(y)` and `len(y)`, and return the quotient.",
    ),
)
