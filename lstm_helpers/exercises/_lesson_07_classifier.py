"""Lesson 07, third exercise: a classifier of padded sequences, judged by what it does."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from lstm_helpers.checks import Case, Exercise, Misconception, Output
from lstm_helpers.nn.functions import Array

_SAME = 1e-5  # relative to the largest logit: float32, and sums in another order
_MOVED = 1e-6
_WORTH_MENTIONING = 1e-3


def SequenceClassifier(
    input_size: int,
    hidden_size: int,
    num_classes: int,
    num_layers: int = 1,
    bidirectional: bool = False,
) -> Any:
    """Make the course's classifier of sequences.

    A function in place of the class, so that PyTorch is loaded only when it is called.

    Parameters
    ----------
    input_size : int
        D, features per step.
    hidden_size : int
        H, units per layer and direction.
    num_classes : int
        V.
    num_layers : int, optional
        Layers above one another.
    bidirectional : bool, optional
        Whether a second LSTM reads each sequence from its end.

    Returns
    -------
    torch.nn.Module
        Takes ``x (N, T, D)`` and ``lengths (N,)``, returns logits (N, V).

    Examples
    --------
    >>> import torch
    >>> model = SequenceClassifier(12, 32, 9)
    >>> model(torch.zeros(3, 20, 12), torch.tensor([5, 20, 7])).shape
    torch.Size([3, 9])
    """
    from lstm_helpers.frameworks import torch_models

    return torch_models.SequenceClassifier(
        input_size, hidden_size, num_classes, num_layers, bidirectional
    )


def _put_to_use(answer):
    from lstm_helpers.frameworks import torch_classifier

    ours = any(answer is known for known in _KNOWN)

    def tried(input_size, hidden_size, num_classes, num_layers, bidirectional, x, lengths, seed):
        settings = input_size, hidden_size, num_classes, num_layers, bidirectional
        if ours:
            found = _measured_once(answer, settings, x.tobytes(), tuple(lengths.tolist()), seed)
        else:
            found = torch_classifier.measure(answer, settings, x, lengths, seed)
        return found and [found.get(output.name, 0.0) for output in _OUTPUTS]

    return tried


# The course's own answers, right and wrong, filled at the end of the module: measured once.
_KNOWN: list[Any] = []


@lru_cache(maxsize=1000)  # the same case comes again when a learner checks a second time
def _measured_once(answer, settings, values, lengths, seed):
    from lstm_helpers.frameworks import torch_classifier

    x = np.frombuffer(values, np.float32).reshape(len(lengths), -1, settings[0]).copy()
    return torch_classifier.measure(answer, settings, x, np.array(lengths), seed)


def _cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for lengths, D, H, V, L, bidirectional, note in (
        ([3, 6, 1, 4], 3, 5, 2, 1, False, "one layer, and zeros for padding"),
        ([3, 6, 1, 4], 2, 5, 3, 1, True, "both directions"),
        ([2, 7, 4, 1, 3], 4, 6, 2, 2, True, "two layers and both directions"),
        ([5], 3, 4, 2, 2, False, "two layers and a single sequence"),
    ):
        N, T = len(lengths), max(lengths)
        x = rng.normal(size=(N, T, D)).astype(np.float32)
        if "zeros" in note:  # in the other cases numbers, as `collate_fn`s may leave them
            x[np.arange(T) >= np.array(lengths)[:, None]] = 0.0
        seed = int(rng.integers(2**31))
        args = D, H, V, L, bidirectional, x, np.array(lengths), seed
        cases.append(Case(args, {"N": N, "T": T, "D": D, "H": H, "V": V}, note=note))
    return cases


# --- what is measured -------------------------------------------------------------------------

_SENTENCES = {
    "kept": "The same batch gives other logits the second time: they differ by {kept:.2g}. "
    "Something of the first call stays in the model. Every batch starts anew.",
    "random": "In `eval()`, the same batch gives other logits when the random numbers are others: "
    "they differ by {random:.2g}. Start from zero states, and let dropout rest outside training.",
    "padding_values": "What stands in the padding changes the logits, here by up to "
    "{padding_values:.2g}. `lengths` says where each sequence ends: read nothing behind it.",
    "padding_amount": "Two more steps of padding change the logits, here by up to "
    "{padding_amount:.2g}. `lengths` says where each sequence ends: read and count nothing behind "
    "it.",
    "neighbours": "A sequence's logits depend on the other sequences in its batch: they differ by "
    "{neighbours:.2g} when those are exchanged. Is an axis mistaken for another?",
    "alone": "A sequence gets other logits in a batch than by itself: they differ by up to "
    "{alone:.2g}. What do you read of it in a batch that is not part of it?",
    "first_step": "The first step of a sequence does not change its logits. A classifier should "
    "have read all of it.",
    "last_step": "The last real step of a sequence does not change its logits. Is the index one "
    "too small?",
    "step_order": "The logits are the same for the steps in another order. Nothing recurrent "
    "seems to have read them.",
    "row_sum": "Each row of logits sums up to 1, so they are probabilities. `cross_entropy` "
    "applies its own softmax: return what the linear layer gives.",
    "log_sum": "The logits are logarithms of probabilities. `cross_entropy` applies its own "
    "softmax: return what the linear layer gives.",
    "largest": "However large inputs and weights are, no logit is above {largest:.2g}. Logits are "
    "not bounded: return what the linear layer gives.",
    "smallest": "However large inputs and weights are, no logit is below {smallest:.2g}. Logits "
    "may be negative: return what the linear layer gives.",
    "unused": "There are parameters to which no gradient comes (arrays: {unused:.0f}), so they "
    "would stay as they were drawn. Which part of the network does `forward` not use, or cut off?",
    "start_gradient": "No gradient reaches the first step of a sequence. Is a state cut off with "
    "`.detach()` or `.data` on the way?",
    "more_units": "One more unit (`hidden_size`) hardly adds parameters. Are the recurrent layers "
    "made with `hidden_size`, and does PyTorch know of them?",
    "more_layers": "One more layer (`num_layers`) hardly adds parameters. Are the recurrent layers "
    "made with `num_layers`, and does PyTorch know of them?",
    "more_directions": "`bidirectional=True` hardly adds parameters. A second direction has "
    "weights of its own.",
    "squares": "The parameters grow with H as those of {squares:.2g} recurrent matrices (H, H); "
    "expected 4, one for each gate of an `nn.LSTM`, or more.",
    "state_dict": "A second model that loads the first one's `state_dict()` gives other logits: "
    "they differ by {state_dict:.2g}. What of the model is not among its parameters?",
}

_MEASURED = tuple(Output(name, wrong=text) for name, text in _SENTENCES.items())
_OUTPUTS = (Output("logits", ("N", "V")), *_MEASURED)


def _judged(arrays: list[Array]) -> list[Array]:
    """1 for what is as it should be, 0 for what is not; `unused` may be half as bad."""
    found = {
        output.name: float(array.flat[0]) for output, array in zip(_OUTPUTS, arrays, strict=True)
    }
    unchanged = (
        "kept",
        "random",
        "padding_values",
        "padding_amount",
        "neighbours",
        "alone",
        "state_dict",
    )
    changed = ("first_step", "last_step", "step_order")
    growing = ("more_units", "more_layers", "more_directions")
    right = {
        **{name: found[name] < _SAME for name in unchanged},
        **{name: found[name] > _MOVED for name in changed},
        **{name: found[name] >= 1 for name in growing},
        "squares": found["squares"] > 3.5,
        "row_sum": found["row_sum"] > _WORTH_MENTIONING,
        "log_sum": found["log_sum"] > _WORTH_MENTIONING,
        "largest": found["largest"] > 1 + _WORTH_MENTIONING,
        "smallest": found["smallest"] < -_WORTH_MENTIONING,
        "unused": 1 - 0.5 * min(found["unused"], 2),
        "start_gradient": found["start_gradient"] > 0,
    }
    return [np.array(float(right[name])) for name in _SENTENCES]


# --- what goes wrong --------------------------------------------------------------------------


def _with(**parts):
    """The right classifier with some of its parts exchanged."""

    def answer(*sizes, **further):
        from lstm_helpers.frameworks import torch_parts

        return torch_parts.classifier_with(**parts)(*sizes, **further)

    return answer


def _without_super_init(*sizes, **further):
    from lstm_helpers.frameworks import torch_parts

    return torch_parts.without_super_init(*sizes, **further)


def _without_forward(*sizes, **further):
    from lstm_helpers.frameworks import torch_parts

    return torch_parts.without_forward(*sizes, **further)


class _NoModule:
    """A class that is derived from nothing."""

    def __init__(self, *sizes, **further):
        self.sizes = sizes


def _real(r):
    """1 at real steps, 0 in the padding; (N, T, 1)."""
    steps = r.lengths.new_tensor(list(range(r.outputs.shape[1])))
    return (steps < r.lengths.view(-1, 1)).unsqueeze(2)


def _final(r):
    return r.h_n[-r.directions :].transpose(0, 1).flatten(1)


def _last_position(r):
    return r.outputs[:, -1]


def _at(r, steps):
    return r.outputs[list(range(len(r.outputs))), steps]


def _own_last(r):
    return _at(r, r.lengths - 1)


def _ends(r):
    """Forward at the last real step, backward at the first."""
    H = r.outputs.shape[2] // r.directions
    read = _own_last(r).clone()
    read[:, H:] = r.outputs[:, 0, H:]
    return read


def _mean(r):
    return r.outputs.mean(1)


def _max(r):
    return r.outputs.max(1).values


def _mean_of_real(r):
    return (r.outputs * _real(r)).sum(1) / r.lengths.view(-1, 1)


def _padding_zeroed(x, lengths):
    steps = lengths.new_tensor(list(range(x.shape[1])))
    return x * (steps < lengths.view(-1, 1)).unsqueeze(2), lengths


def _longest_first(x, lengths):
    order = lengths.argsort(descending=True)
    return x[order], lengths[order]


def _lengths_guessed(x, lengths):
    return x, (x.abs().sum(2) > 0).sum(1)


def _guessed_end(r):
    return _at(r, (r.x != 0).any(2).sum(1) - 1)


def _over_the_batch(seen, expected):
    """Whether each class's numbers sum up to 1 over the sequences of a batch."""
    return all(
        isinstance(one, list)
        and getattr(one[0], "shape", None) == right[0].shape
        and np.allclose(np.sum(np.asarray(one[0]), axis=0), 1.0, atol=1e-4)
        for one, right in zip(seen, expected, strict=True)
    )


def _raises(kind, text):
    """Make a `shows`: whether this error came in every case."""
    return lambda seen, expected: all(type(one) is kind and text in str(one) for one in seen)


def _three_unpacked(r):
    outputs, _, _ = r[:2]
    return outputs


def _units(sizes):
    return sizes[1]


def _random_states(model, shape):
    return tuple(model.head.weight.new_empty(shape).normal_() for _ in range(2))


def _states_of_before(model, shape):
    return model.last_states


def _states_of_before_if_they_fit(model, shape):
    states = model.last_states
    return states if states is not None and states[0].shape == shape else None


SEQUENCE_CLASSIFIER = Exercise(
    name="SequenceClassifier",
    lesson="07",
    title="A classifier of padded sequences",
    points=4,
    minutes=20,
    reference=SequenceClassifier,
    cases=_cases,
    outputs=_OUTPUTS,
    adapt=_put_to_use,
    normal_form=_judged,
    normal_outputs=_MEASURED,
    may_call=("last_step", "final_states"),
    misconceptions=(
        Misconception(
            "padding-read",
            _with(packed=False, read=_last_position),
            "Padding changes the answer. The network runs on through it, and you read the last "
            "position, `h_n`, or a mean over all positions. Read each sequence at "
            "its own last real step, average over real steps only, or pack the batch with "
            "`pack_padded_sequence`.",
            variants=(
                _with(packed=False),
                _with(packed=False, read=lambda r: r.h_n[-1], width=_units),
            ),
        ),
        Misconception(
            "zeros-behind-the-end-read",
            _with(read=_last_position),
            "Behind a sequence's end there are zeros, and you read them: at the last position, in "
            "a mean over all positions, or as the largest number. So a sequence gets other "
            "logits beside a longer one. Use `h_n`, or only the first `lengths` outputs.",
            variants=(
                _with(read=_mean),
                _with(packed=False, prepare=_padding_zeroed, read=_last_position),
                _with(packed=False, prepare=_padding_zeroed),
                _with(packed=False, prepare=_padding_zeroed, read=_max),
                _with(packed=False, read=lambda r: (r.outputs * _real(r)).mean(1)),
                _with(packed=False, read=lambda r: (r.outputs * _real(r)).max(1).values),
            ),
        ),
        Misconception(
            "backward-direction-reads-padding",
            _with(packed=False, read=_ends),
            "With one direction all is well; with two, padding changes the answer. The backward "
            "direction starts at the end of the tensor, so it reads the padding first. Pack the "
            "batch: then it starts at each sequence's own end.",
        ),
        Misconception(
            "batch-first-missing",
            _with(packed=False, batch_first=False, read=_own_last),
            "The states run from one sequence of the batch to the next. `nn.LSTM` takes the first "
            "axis for time unless it is made with `batch_first=True`.",
            variants=(
                _with(packed=False, batch_first=False, read=_last_position),
                _with(packed=False, batch_first=False, read=_mean),
            ),
        ),
        Misconception(
            "packed-without-batch-first",
            _with(pack_batch_first=False),
            "`pack_padded_sequence` takes the first axis for time, and so finds another number of "
            "sequences than there are lengths. Tell it, too: `batch_first=True`.",
        ),
        Misconception(
            "unpacked-without-batch-first",
            _with(unpack_batch_first=False, read=_own_last),
            "`pad_packed_sequence` gives (T, N, H) unless it gets `batch_first=True`, whatever the "
            "layer was made with.",
        ),
        Misconception(
            "time-taken-for-batch",
            _with(packed=False, batch_first=False),
            "There is a row for each time step instead of one for each sequence: time is the first "
            "axis of something that you read as if the batch were. `nn.LSTM` has it so unless "
            "it is made with `batch_first=True`, and `pad_packed_sequence` unless it is told.",
        ),
        Misconception(
            "lengths-must-fall",
            _with(sorted_only=True),
            "`pack_padded_sequence` wants the longest sequence first, unless you say "
            "`enforce_sorted=False`: then it sorts, and puts the results back in your order.",
        ),
        Misconception(
            "lengths-guessed",
            _with(prepare=_lengths_guessed),
            "You look for zeros instead of using `lengths`. A real step may be zero, and padding "
            "need not be: here the padding holds other numbers. `lengths` says where each "
            "sequence ends.",
            variants=(
                _with(packed=False, read=_guessed_end),
                _with(prepare=_lengths_guessed, read=_own_last),
            ),
        ),
        Misconception(
            "order-not-restored",
            _with(prepare=_longest_first),
            "The batch is sorted by length, and the logits stay in that order: row n belongs to "
            "another sequence. Undo the sorting, or leave it to `enforce_sorted=False`.",
        ),
        Misconception(
            "h-n-as-batch-first",
            _with(read=lambda r: r.h_n[:, -1], width=_units),
            "`h_n` is read as if the batch came first, so you get one row for each layer and "
            "direction. It is (layers × directions, N, H), whatever `batch_first` is: `h_n[-1]`.",
            variants=(_with(read=lambda r: r.h_n, width=_units),),
        ),
        Misconception(
            "view-for-transpose",
            _with(
                read=lambda r: r.h_n.reshape(r.h_n.shape[1], -1),
                width=lambda sizes: sizes[1] * sizes[2] * sizes[3],
            ),
            "`h_n.view(N, -1)` leaves the numbers in their order and so mixes the states of "
            "different sequences as soon as there are two layers or directions. Bring the batch "
            "axis to the front with `transpose(0, 1)`, or join `h_n[-2]` and `h_n[-1]`.",
        ),
        Misconception(
            "first-layer-read",
            _with(read=lambda r: r.h_n[: r.directions].transpose(0, 1).flatten(1)),
            "With two layers, the second one is not used. `h_n` goes layer by layer: the last "
            "layer is at its end, so `h_n[-1]`, or `h_n[-2]` and `h_n[-1]`.",
            variants=(_with(read=lambda r: r.h_n[0], width=_units),),
        ),
        Misconception(
            "one-direction-read",
            _with(read=lambda r: r.h_n[-1], width=_units),
            "With `bidirectional=True` only one of the two directions is used; the other one "
            "would never learn. Join `h_n[-2]` (forward) and `h_n[-1]` (backward), and make the "
            "linear layer for 2H numbers.",
        ),
        Misconception(
            "backward-direction-at-last-step",
            _with(read=_own_last),
            "With `bidirectional=True` you read both directions at the last real step. There the "
            "backward direction has read that one step only. Its final state is at step 0, and "
            "in `h_n[-1]`.",
        ),
        Misconception(
            "softmax-in-forward",
            _with(finish=lambda logits: logits.softmax(-1)),
            "Each row sums up to 1: those are probabilities. `nn.CrossEntropyLoss` applies its own "
            "softmax, and a second one flattens the gradients. Return the linear layer's result.",
        ),
        Misconception(
            "softmax-over-the-batch",
            _with(finish=lambda logits: logits.softmax(0)),
            "Each column sums up to 1: a softmax runs along axis 0, over the sequences of the "
            "batch. So a sequence's numbers depend on the others. No softmax is asked for, along "
            "any axis: return the linear layer's result.",
            variants=(
                _with(packed=False, read=_own_last, finish=lambda logits: logits.softmax(0)),
            ),
            shows=_over_the_batch,
        ),
        Misconception(
            "log-softmax-in-forward",
            _with(finish=lambda logits: logits.log_softmax(-1)),
            "Those are logarithms of probabilities, made for `nn.NLLLoss`. Logits are asked for: "
            "return the linear layer's result. (`nn.CrossEntropyLoss` is both in one.)",
        ),
        Misconception(
            "squashed",
            _with(finish=lambda logits: logits.sigmoid()),
            "The logits are squashed between fixed bounds by a sigmoid or tanh. Then the "
            "softmax in the loss can never become sure. Return the linear layer's result.",
            variants=(_with(finish=lambda logits: logits.tanh()),),
        ),
        Misconception(
            "relu-on-logits",
            _with(finish=lambda logits: logits.relu()),
            "No logit is ever negative: is there a ReLU behind the last linear layer? It cuts off "
            "the gradient of every class below zero. Return the linear layer's result.",
        ),
        Misconception(
            "class-numbers",
            _with(finish=lambda logits: logits.argmax(-1)),
            "One number comes back for each sequence. The loss needs a score for every class, "
            "(N, V), and `argmax` has no gradient: choose the class outside the model.",
            variants=(_with(finish=lambda logits: logits.argmax(-1, keepdim=True)),),
        ),
        Misconception(
            "logits-at-every-step",
            _with(read=lambda r: r.outputs),
            "There are logits for every time step. A sequence gets one row: read its last real "
            "output, its final state, or a mean over its real steps before the linear layer.",
        ),
        Misconception(
            "squeezed",
            _with(finish=lambda logits: logits.squeeze()),
            "`.squeeze()` removes every axis of length 1, in a batch of a single sequence the "
            "batch as well. Name the axis, as in `.squeeze(1)`, or leave it out.",
        ),
        Misconception(
            "one-step-too-far",
            _with(read=lambda r: _at(r, r.lengths)),
            "The index is one too large. Counting starts at 0: a sequence of length n ends at "
            "index n - 1.",
        ),
        Misconception(
            "one-step-too-early",
            _with(read=lambda r: _at(r, r.lengths - 2)),
            "The last real step of a sequence does not change its logits: the index is one too "
            "small. A sequence of length n ends at index n - 1.",
            variants=(
                _with(read=lambda r: _at(r, (r.lengths - 2).clamp(min=0))),
                _with(packed=False, read=lambda r: _at(r, r.lengths - 2)),
                _with(packed=False, read=lambda r: _at(r, (r.lengths - 2).clamp(min=0))),
            ),
        ),
        Misconception(
            "first-step-read",
            _with(read=lambda r: r.outputs[:, 0]),
            "You read the outputs at step 0, where the forward direction has read one step only.",
            variants=(_with(packed=False, read=lambda r: r.outputs[:, 0]),),
        ),
        Misconception(
            "random-in-eval",
            _with(start=_random_states),
            "In `eval()`, two calls with the same batch give different logits. Either the states "
            "start from random numbers (leave them out: they start from zero), or dropout goes on "
            "(use `nn.Dropout`, which knows the mode).",
            variants=(_with(start=_random_states, packed=False, read=_own_last),),
        ),
        Misconception(
            "state-kept",
            _with(start=_states_of_before),
            "The states of one batch are the start of the next, which holds other sequences. Let "
            "every call start from zero: `self.lstm(x)` without states.",
            variants=(
                _with(start=_states_of_before, packed=False, read=_own_last),
                _with(start=_states_of_before_if_they_fit),
                _with(start=_states_of_before_if_they_fit, packed=False, read=_own_last),
            ),
        ),
        Misconception(
            "detached",
            _with(read=lambda r: _final(r).detach()),
            "No gradient reaches the recurrent layers: `.detach()`, `.data`, `.numpy()` or "
            "`torch.no_grad()` cuts them off. Only the linear layer would learn.",
        ),
        Misconception(
            "num-layers-ignored",
            _with(use=lambda sizes: (*sizes[:2], 1, sizes[3])),
            "`num_layers` changes nothing: hand it on to `nn.LSTM`. (Calling one layer twice does "
            "not make two layers: they would share their weights.)",
        ),
        Misconception(
            "bidirectional-ignored",
            _with(use=lambda sizes: (*sizes[:3], 1)),
            "With `bidirectional=True` the model is no other than with `bidirectional=False`. Hand "
            "the argument on to `nn.LSTM`, and make the linear layer for 2H numbers then.",
        ),
        Misconception(
            "hidden-size-fixed",
            _with(use=lambda sizes: (sizes[0], 50, *sizes[2:])),
            "`hidden_size` changes nothing: is a number written out where it belongs?",
        ),
        Misconception(
            "layers-in-a-list",
            _with(kept="in a list"),
            "PyTorch does not know of the recurrent layers: they are missing in `parameters()`, so "
            "they would not be trained, and in `state_dict()`, so they would not be saved. Make "
            "them attributes of the model; for a list there is `nn.ModuleList`.",
            variants=(_with(kept="all in a list"),),
        ),
        Misconception(
            "layers-made-in-forward",
            _with(kept="made anew"),
            "The recurrent layers are made in `forward`, with new random weights at every call. "
            "Make them once, in `__init__`.",
        ),
        Misconception(
            "another-cell",
            _with(cell="GRU"),
            "The recurrent layers are no LSTM: the number of weights tells. An LSTM has four "
            "blocks of them, a GRU three, a plain RNN one. This classifier has an `nn.LSTM`, with "
            "12,800 weights for 12 features and 50 units.",
            variants=(_with(cell="RNN"),),
        ),
        Misconception(
            "three-names-for-two-results",
            _with(read=_three_unpacked),
            "Three names stand on the left of a `=`, and two things on its right. `nn.LSTM` "
            "returns two: the outputs, and a pair of states. Write "
            "`outputs, (h_n, c_n) = self.lstm(...)`.",
            shows=_raises(ValueError, "to unpack (expected 3, got 2)"),
        ),
        Misconception(
            "packed-outputs-indexed",
            _with(unpacked=False, read=_last_position),
            "You index a tuple as if it were a tensor. `nn.LSTM` returns `outputs, (h_n, c_n)`; "
            "and the outputs of a packed batch are packed as well. Unpack them with "
            "`pad_packed_sequence(outputs, batch_first=True)`, or read `h_n`.",
            variants=(_with(read=lambda r: r[:, -1]),),
            shows=_raises(TypeError, "tuple indices must be integers or slices, not tuple"),
        ),
        Misconception(
            "order-of-steps-lost",
            _with(kept="nowhere", read=_mean_of_real, width=lambda sizes: sizes[0]),
            "The same steps in another order give the same logits: the inputs are averaged, and "
            "nothing recurrent has read them.",
        ),
        Misconception(
            "super-init-forgotten",
            _without_super_init,
            "`super().__init__()` is missing at the beginning of `__init__`. It prepares the "
            "model for layers and parameters.",
        ),
        Misconception(
            "no-module",
            _NoModule,
            "The class is not derived from `nn.Module`, so that it has no parameters, no modes and "
            "no `state_dict()`. Write `class SequenceClassifier(nn.Module):`.",
        ),
        Misconception(
            "no-forward",
            _without_forward,
            "The class has no method `forward(self, x, lengths)`. Is it misspelt, or indented "
            "into `__init__`?",
        ),
    ),
    hints=(
        "Three parts: recurrent layers, a way to one vector per sequence, a linear layer. Which of "
        "them could notice padding?",
        "`pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)` makes the "
        "layer stop at each sequence's end, in both directions. What is then in `h_n`?",
        "In `forward`: pack, call the LSTM, take `h_n[-1]`, or `final_states(h_n, num_layers)` "
        "with two directions, and return the linear layer of that. The linear layer gets H or 2H "
        "numbers and gives V.",
    ),
)

_KNOWN.append(SequenceClassifier)
_KNOWN.extend(
    answer
    for known in SEQUENCE_CLASSIFIER.misconceptions
    for answer in (known.answer, *known.variants)
)
