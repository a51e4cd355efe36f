"""Lesson 07: two readings of PyTorch's results, a classifier of sequences, an epoch of training.

Here stands what is asked and what goes wrong. Models and measurements are in
`lstm_helpers.frameworks`; its modules, and PyTorch with them, are loaded when an answer is judged.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Choice, Exercise, Misconception, Output, Question
from lstm_helpers.exercises import _lesson_07_classifier, _lesson_07_epoch
from lstm_helpers.nn.functions import Array

TITLE = "PyTorch"

SEQUENCE_CLASSIFIER = _lesson_07_classifier.SEQUENCE_CLASSIFIER
TRAIN_EPOCH = _lesson_07_epoch.TRAIN_EPOCH

_DETACHED = (
    "The numbers are right, but no gradient finds its way back through them: `.detach()`, "
    "`.data`, `.numpy()` and `torch.tensor(...)` cut the result off from what it was made of, and "
    "the layers below would never learn. Stay with tensors and their indexing."
)
_IN_A_LIST = (
    "The numbers are right, but they come in a list. `torch.stack` or `torch.cat` makes one tensor "
    "of them, which the next layer can read and gradients can follow."
)


def _single(rng: np.random.Generator, *shape: int) -> Array:
    return rng.normal(size=shape).astype(np.float32)


def _rows(tensor):
    return list(range(len(tensor)))


# --- last_step --------------------------------------------------------------------------------


def last_step(outputs: Any, lengths: Any) -> Any:
    """Pick the output at each sequence's own last real step.

    Parameters
    ----------
    outputs : torch.Tensor (N, T, H)
        Of every step, padding included.
    lengths : torch.Tensor (N,)
        How many steps of each sequence are real.

    Returns
    -------
    torch.Tensor (N, H)
        Tied to ``outputs``, so that gradients flow back.

    Examples
    --------
    >>> import torch
    >>> last_step(torch.arange(6.0).reshape(2, 3, 1), torch.tensor([2, 3]))
    tensor([[1.],
            [5.]])
    """
    return outputs[list(range(len(outputs))), lengths - 1]


def _try_last_step(answer):
    from lstm_helpers.frameworks.torch_steps import value_and_gradient

    def tried(outputs, lengths, weights):
        return value_and_gradient(answer, outputs, lengths, weights)

    return tried


def _last_step_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for lengths, T, H, note in (
        ([3, 6, 1, 4], 6, 3, ""),
        ([4, 2], 5, 7, "padding behind every sequence"),
        ([3, 5, 2], 7, 4, "zeros behind every sequence"),
        ([2], 4, 3, "a single sequence"),
        ([5, 8, 7, 2, 8], 8, 2, ""),
    ):
        N = len(lengths)
        outputs = _single(rng, N, T, H)
        if note.startswith("zeros"):  # as `pad_packed_sequence` leaves them
            outputs[np.arange(T) >= np.array(lengths)[:, None]] = 0.0
        args = outputs, np.array(lengths), _single(rng, N, H)
        cases.append(Case(args, {"N": N, "T": T, "H": H}, note=note))
    return cases


def _at(steps):
    """An answer that reads the steps that a function of outputs and lengths gives."""
    return lambda outputs, lengths: outputs[_rows(outputs), steps(outputs, lengths)]


def _gathered(steps, finish=lambda picked: picked.squeeze(1), wide=True):
    """The same with `gather`."""

    def answer(outputs, lengths):
        index = steps(lengths).view(-1, 1, 1)
        return finish(outputs.gather(1, index.expand(-1, 1, outputs.shape[2]) if wide else index))

    return answer


def _row_by_row(steps):
    """The same in a loop."""

    def answer(outputs, lengths):
        last = outputs.new_zeros(len(outputs), outputs.shape[2])
        for n in range(len(outputs)):
            last[n] = outputs[n, steps(lengths[n])]
        return last

    return answer


def _real(outputs, lengths):
    """1 at real steps, 0 in the padding; (N, T, 1)."""
    steps = lengths.new_tensor(list(range(outputs.shape[1])))
    return (steps < lengths.view(-1, 1)).unsqueeze(2)


def _lengths_reduced(outputs, lengths):
    lengths -= 1
    return outputs[_rows(outputs), lengths]


def _before(lengths):
    return lengths - 1


LAST_STEP = Exercise(
    name="last_step",
    lesson="07",
    title="The last real output",
    points=2,
    minutes=8,
    reference=last_step,
    cases=_last_step_cases,
    outputs=(
        Output("last", ("N", "H")),
        Output("whole", wrong=_IN_A_LIST),
        Output("gradient", ("N", "T", "H"), wrong=_DETACHED),
    ),
    adapt=_try_last_step,
    misconceptions=(
        Misconception(
            "padding-read",
            lambda outputs, lengths: outputs[:, -1],
            "That is the last position, and for all but the longest sequences it is padding. A "
            "sequence of length n ends at index n - 1.",
        ),
        Misconception(
            "lengths-guessed",
            _at(lambda outputs, lengths: (outputs != 0).any(2).sum(1) - 1),
            "You look for zeros instead of using `lengths`. Outputs in the padding need not be "
            "zero: without packing, an LSTM runs on through it. `lengths` says where each "
            "sequence ends.",
        ),
        Misconception(
            "one-step-too-far",
            _at(lambda outputs, lengths: lengths),
            "The index is one too large. Counting starts at 0: a sequence of length n ends at "
            "index n - 1, and index n is padding, or beyond the end.",
            variants=(
                _gathered(lambda lengths: lengths),
                _row_by_row(lambda length: length),
                lambda outputs, lengths: [outputs[n][lengths[n]] for n in range(len(outputs))],
                _at(lambda outputs, lengths: lengths.clamp(max=outputs.shape[1] - 1)),
                _at(lambda outputs, lengths: lengths % outputs.shape[1]),
            ),
        ),
        Misconception(
            "one-step-too-early",
            _at(lambda outputs, lengths: lengths - 2),
            "The index is one too small: a sequence of length n ends at index n - 1. (From a "
            "sequence of length 1 you read index -1, the last position.)",
            variants=(_at(lambda outputs, lengths: (lengths - 2).clamp(min=0)),),
        ),
        Misconception(
            "first-step",
            lambda outputs, lengths: outputs[:, 0],
            "That is the first step, at which an LSTM has read one input only.",
        ),
        Misconception(
            "one-length-for-all",
            lambda outputs, lengths: outputs[:, lengths.max() - 1],
            "All sequences are read at the same step. Each has a length of its own: pair row n "
            "with index `lengths[n] - 1`.",
            variants=(
                lambda outputs, lengths: outputs[:, lengths.min() - 1],
                lambda outputs, lengths: outputs[:, lengths[0] - 1],
                lambda outputs, lengths: outputs[:, lengths[-1] - 1],
            ),
        ),
        Misconception(
            "every-pair",
            lambda outputs, lengths: outputs[:, lengths - 1],
            "A colon beside an index tensor gives every sequence at every one of those steps. To "
            "pair row n with its own step, index the first axis too: "
            "`outputs[torch.arange(N), lengths - 1]`.",
        ),
        Misconception(
            "axes-exchanged",
            lambda outputs, lengths: outputs[lengths - 1, _rows(outputs)],
            "The first axis is indexed with time steps, but it is the batch: `outputs` is "
            "(N, T, H). PyTorch has time first only where `batch_first` is left out.",
            variants=(
                lambda outputs, lengths: outputs[lengths - 1],
                lambda outputs, lengths: outputs[-1],
                lambda outputs, lengths: outputs[-1, :, :],
            ),
        ),
        Misconception(
            "offset-forgotten",
            lambda outputs, lengths: outputs.reshape(-1, outputs.shape[2])[lengths - 1],
            "In the flattened array sequence n begins at row n T. Without that offset every row "
            "comes from the first sequence or two.",
        ),
        Misconception(
            "pooled",
            lambda outputs, lengths: (
                (outputs * _real(outputs, lengths)).sum(1) / lengths.view(-1, 1)
            ),
            "That sums up all steps of a sequence. Often a good idea, but here only the output of "
            "its last real step is asked for.",
            variants=(
                lambda outputs, lengths: (outputs * _real(outputs, lengths)).sum(1),
                lambda outputs, lengths: outputs.mean(1),
                lambda outputs, lengths: outputs.sum(1),
                lambda outputs, lengths: outputs.max(1).values,
            ),
        ),
        Misconception(
            "padding-only-zeroed",
            lambda outputs, lengths: outputs * _real(outputs, lengths),
            "The padding is zero now, but all steps are still there. One step of each sequence is "
            "asked for.",
        ),
        Misconception(
            "axis-left-over",
            _gathered(_before, finish=lambda picked: picked),
            "An axis of length 1 is left over where time was: `.squeeze(1)` takes it away.",
            variants=(lambda outputs, lengths: last_step(outputs, lengths).unsqueeze(0),),
        ),
        Misconception(
            "one-unit-only",
            _gathered(_before, wide=False),
            "Only the first unit was gathered. `gather` returns the shape of its index: expand "
            "that to (N, 1, H).",
            variants=(
                _gathered(_before, finish=lambda picked: picked, wide=False),
                _gathered(_before, finish=lambda picked: picked.squeeze(), wide=False),
            ),
        ),
        Misconception(
            "squeezed",
            _gathered(_before, finish=lambda picked: picked.squeeze()),
            "`.squeeze()` removes every axis of length 1, in a batch of a single sequence the "
            "batch as well. Name the axis: `.squeeze(1)`.",
        ),
        Misconception(
            "not-stacked",
            lambda outputs, lengths: [outputs[n, lengths[n] - 1] for n in range(len(outputs))],
            "Those are the right rows, in a list. `torch.stack(...)` makes one tensor (N, H) of "
            "them; or index the two axes at once and spare the loop.",
            variants=(
                lambda outputs, lengths: tuple(
                    outputs[n, lengths[n] - 1] for n in range(len(outputs))
                ),
                lambda outputs, lengths: [
                    outputs[n, lengths[n] - 1].tolist() for n in range(len(outputs))
                ],
            ),
        ),
        Misconception(
            "detached",
            lambda outputs, lengths: last_step(outputs, lengths).detach(),
            _DETACHED,
            variants=(lambda outputs, lengths: last_step(outputs, lengths).numpy(),),
        ),
        Misconception(
            "lengths-changed",
            _lengths_reduced,
            "The result is right, but `lengths` is not what it was: `-=` changes the tensor of "
            "whoever called you. `lengths - 1` makes a new one.",
            variants=(lambda outputs, lengths: last_step(outputs, lengths.sub_(1) + 1),),
        ),
    ),
    hints=(
        "Write down T and `lengths` of a batch of three. At which index does each sequence end?",
        "`outputs[:, k]` reads all sequences at one k. You want row 0 with its k, row 1 with its "
        "k, and so on: index both axes, with a tensor each.",
        "`outputs[torch.arange(N), k]` pairs the rows 0, 1, … with the entries of k. What is k "
        "for a sequence of length n?",
    ),
)


# --- final_states -----------------------------------------------------------------------------


def final_states(h_n: Any, num_layers: int) -> Any:
    """Put the last layer's two final states of a bidirectional network side by side.

    Parameters
    ----------
    h_n : torch.Tensor (num_layers * 2, N, H)
        As PyTorch returns it: layer by layer, forward before backward.
    num_layers : int
        Layers above one another.

    Returns
    -------
    torch.Tensor (N, 2H)
        Forward, then backward; tied to ``h_n``.

    Examples
    --------
    >>> import torch
    >>> h_n = torch.tensor([1.0, 2.0, 3.0, 4.0]).reshape(4, 1, 1)
    >>> final_states(h_n, num_layers=2)
    tensor([[3., 4.]])
    """
    return h_n[2 * num_layers - 2 :].transpose(0, 1).flatten(1)


def _try_final_states(answer):
    from lstm_helpers.frameworks.torch_steps import value_and_gradient

    def tried(h_n, num_layers, weights):
        return value_and_gradient(answer, h_n, num_layers, weights)

    return tried


def _final_states_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for L, N, H, note in (
        (2, 5, 3, "two layers"),
        (1, 3, 4, "one layer"),
        (3, 2, 5, "three layers"),
        (2, 1, 3, "a single sequence"),
    ):
        args = _single(rng, 2 * L, N, H), L, _single(rng, N, 2 * H)
        cases.append(Case(args, {"N": N, "H": H, "2H": 2 * H, "2L": 2 * L}, note=note))
    return cases


def _side_by_side(which):
    """An answer that joins the states that a function of the number of layers gives."""
    return lambda h_n, num_layers: h_n[which(num_layers)].transpose(0, 1).flatten(1)


def _last_two(h_n):
    return h_n[-2:]


FINAL_STATES = Exercise(
    name="final_states",
    lesson="07",
    title="The final states of both directions",
    points=2,
    minutes=8,
    reference=final_states,
    cases=_final_states_cases,
    outputs=(
        Output("states", ("N", "2H")),
        Output("whole", wrong=_IN_A_LIST),
        Output("gradient", ("2L", "N", "H"), wrong=_DETACHED),
    ),
    adapt=_try_final_states,
    may_call=("last_step",),
    misconceptions=(
        Misconception(
            "backward-first",
            _side_by_side(lambda L: [-1, -2]),
            "The two directions stand in the wrong order: forward comes first. In `h_n` the last "
            "entry is the backward direction, the one before it the forward direction.",
        ),
        Misconception(
            "joined-along-the-batch",
            lambda h_n, num_layers: _last_two(h_n).flatten(0, 1),
            "The two are put below one another, as if there were twice as many sequences. Join "
            "them along the last axis: `dim=1`, or `dim=-1`.",
            variants=(lambda h_n, num_layers: h_n[[-1, -2]].flatten(0, 1),),
        ),
        Misconception(
            "first-layer",
            lambda h_n, num_layers: h_n[:2].transpose(0, 1).flatten(1),
            "Those are the states of the first layer. `h_n` goes layer by layer: the last layer's "
            "two are at its end.",
        ),
        Misconception(
            "one-direction-only",
            lambda h_n, num_layers: h_n[-1],
            "That is one of the two directions. A bidirectional layer has two final states: "
            "`h_n[-2]` forward and `h_n[-1]` backward.",
            variants=(lambda h_n, num_layers: h_n[-2],),
        ),
        Misconception(
            "one-direction-twice",
            _side_by_side(lambda L: [-1, -1]),
            "Both halves are not the last layer's two directions: one state stands twice, or comes "
            "from the layer below. Take `h_n[-2]` and `h_n[-1]`.",
            variants=(
                _side_by_side(lambda L: [-2, -2]),
                _side_by_side(lambda L: [2 * L - 4, -2]),
                _side_by_side(lambda L: [2 * L - 3, -1]),
            ),
        ),
        Misconception(
            "view-for-transpose",
            lambda h_n, num_layers: _last_two(h_n).reshape(h_n.shape[1], -1),
            "The shape is right, but states of different sequences are mixed: `view` and `reshape` "
            "leave the numbers in their order. The batch axis has to come to the front first, with "
            "`transpose(0, 1)`; or join the two with `torch.cat`.",
            variants=(
                lambda h_n, num_layers: h_n.reshape(h_n.shape[1], -1)[:, -2 * h_n.shape[2] :],
                lambda h_n, num_layers: h_n.reshape(h_n.shape[1], -1),
                lambda h_n, num_layers: h_n.reshape(h_n.shape[1], -1, h_n.shape[2])[:, -2:].flatten(
                    1
                ),
            ),
        ),
        Misconception(
            "batch-first",
            lambda h_n, num_layers: h_n[:, -1],
            "`h_n` is read as if the batch came first. `batch_first` concerns inputs and outputs "
            "only: `h_n` stays (layers × directions, N, H).",
            variants=(
                lambda h_n, num_layers: h_n[:, -2:].flatten(1),
                lambda h_n, num_layers: h_n[:, -2:],
                lambda h_n, num_layers: h_n.flatten(1),
            ),
        ),
        Misconception(
            "all-layers",
            lambda h_n, num_layers: h_n.transpose(0, 1).flatten(1),
            "All layers are joined. Only the last one is asked for: two states of H numbers.",
        ),
        Misconception(
            "added",
            lambda h_n, num_layers: _last_two(h_n).sum(0),
            "The two directions are added up. They stand side by side here, in 2H columns, so that "
            "what comes next can tell them apart.",
            variants=(
                lambda h_n, num_layers: _last_two(h_n).mean(0),
                lambda h_n, num_layers: _last_two(h_n).prod(0),
                lambda h_n, num_layers: _last_two(h_n).max(0).values,
            ),
        ),
        Misconception(
            "stacked",
            lambda h_n, num_layers: _last_two(h_n),
            "The two directions have an axis of their own. Join them along the units: 2H columns.",
            variants=(
                lambda h_n, num_layers: _last_two(h_n).transpose(0, 1),
                lambda h_n, num_layers: _last_two(h_n).permute(1, 2, 0),
            ),
        ),
        Misconception(
            "directions-before-layers",
            _side_by_side(lambda L: [L - 1, 2 * L - 1]),
            "You take `h_n` to hold all forward states first and then all backward ones. It goes "
            "layer by layer: layer 0 forward, layer 0 backward, layer 1 forward, and so on.",
        ),
        Misconception(
            "counted-in-layers",
            lambda h_n, num_layers: h_n[num_layers:].transpose(0, 1).flatten(1),
            "The index counts layers, but every layer has two entries in `h_n`: the last layer's "
            "begin at 2 (num_layers - 1), which is -2.",
            variants=(
                lambda h_n, num_layers: h_n[-num_layers:].transpose(0, 1).flatten(1),
                _side_by_side(lambda L: [L, L + 1]),
                _side_by_side(lambda L: [L - 1, L]),
                lambda h_n, num_layers: h_n[num_layers - 1],
                lambda h_n, num_layers: h_n[num_layers],
            ),
        ),
        Misconception(
            "interleaved",
            lambda h_n, num_layers: _last_two(h_n).permute(1, 2, 0).flatten(1),
            "The columns alternate between the two directions. All H of the forward direction come "
            "first, then all H of the backward direction.",
        ),
        Misconception(
            "not-joined",
            lambda h_n, num_layers: (h_n[-2], h_n[-1]),
            "Both states come back, one beside the other in a tuple or list. "
            "`torch.cat(..., dim=1)` makes one tensor (N, 2H) of them.",
            variants=(
                lambda h_n, num_layers: (h_n[-1], h_n[-2]),
                lambda h_n, num_layers: [h_n[-2], h_n[-1]],
            ),
        ),
        Misconception(
            "squeezed",
            lambda h_n, num_layers: final_states(h_n, num_layers).squeeze(),
            "`.squeeze()` removes every axis of length 1, in a batch of a single sequence the "
            "batch as well. Nothing has to be squeezed here.",
        ),
        Misconception(
            "detached",
            lambda h_n, num_layers: final_states(h_n, num_layers).detach(),
            _DETACHED,
        ),
    ),
    hints=(
        "Make `nn.LSTM(3, 4, num_layers=2, bidirectional=True)` and print `h_n.shape`. Which of "
        "its entries belong to the last layer?",
        "`h_n` goes layer by layer, forward before backward. So the last layer's states are the "
        "last two entries, each (N, H).",
        "`torch.cat([forward, backward], dim=1)` puts two (N, H) side by side. Which of `h_n[-2]` "
        "and `h_n[-1]` is forward?",
    ),
)

EXERCISES = (LAST_STEP, FINAL_STATES, SEQUENCE_CLASSIFIER, TRAIN_EPOCH)

QUIZ = (
    Question(
        "`nn.LSTM(12, 32)` gets a batch of shape (64, 20, 12): 64 sequences of 20 steps. It was "
        "made without `batch_first=True`. What happens?",
        (
            Choice(
                "PyTorch raises an error about the shape.",
                "It cannot know: (64, 20, 12) is as well 20 sequences of 64 steps.",
            ),
            Choice(
                "It computes, and the loss may even fall, but the states run through the batch.",
                "Right. What it takes for time is your batch: each sequence is read as a step "
                "after the one above it. Only a test such as 'alone as in a batch' shows it.",
                correct=True,
            ),
            Choice(
                "The result is the same, with two axes exchanged.",
                "Then nothing would be wrong but a shape. The recurrence itself runs along the "
                "wrong axis.",
            ),
        ),
    ),
    Question(
        "A bidirectional LSTM of one layer has read a sequence, without padding. Of "
        "`outputs[:, -1]`, what does the second half, the backward direction, know of the "
        "sequence?",
        (
            Choice(
                "All of it, as the first half does.",
                "The backward direction reads from the end. At the last step it has only begun; it "
                "has seen everything at step 0.",
            ),
            Choice(
                "Its last step only.",
                "Right: there it has made one step, from zero. Its final state is `outputs[:, 0]` "
                "or the last entry of `h_n`.",
                correct=True,
            ),
            Choice(
                "Nothing: it is all zeros.",
                "It has made one step, so it is not zero. With padding in the batch it may have "
                "read nothing but padding.",
            ),
        ),
    ),
    Question(
        "Three batches of 32, 32 and 4 examples have mean losses of 1.0, 1.0 and 4.0. What is the "
        "mean loss per example?",
        (
            Choice(
                "2.0, the mean of the three.",
                "That gives each of the four examples in the last batch eight times the weight of "
                "any other.",
            ),
            Choice(
                "About 1.18.",
                "Right: (32 · 1 + 32 · 1 + 4 · 4) / 68.",
                correct=True,
            ),
            Choice(
                "4.0, because it is the latest.",
                "That is the loss on four examples, and a very noisy number.",
            ),
        ),
    ),
)
