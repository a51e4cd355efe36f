"""What is special about lesson 07: answers that are classes and training steps."""

import copy
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lstm_helpers.checks import diagnose
from lstm_helpers.exercises.lesson_07 import (
    EXERCISES,
    FINAL_STATES,
    LAST_STEP,
    SEQUENCE_CLASSIFIER,
    TRAIN_EPOCH,
    final_states,
    last_step,
)
from lstm_helpers.frameworks import torch_models
from lstm_helpers.frameworks.torch_parts import PartsClassifier, classifier_with
from lstm_helpers.training.torch_loop import fit_torch, padded_batches


def verdict_on(exercise, answer, seed=0):
    return diagnose(exercise, answer, np.random.default_rng(seed))


class Learner(nn.Module):
    """What most learners write; others below change a part of it."""

    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        super().__init__()
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.lstm = nn.LSTM(
            input_size, hidden_size, num_layers, batch_first=True, bidirectional=bidirectional
        )
        self.fc = nn.Linear(2 * hidden_size if bidirectional else hidden_size, num_classes)

    def read(self, x, lengths):
        """The outputs of all steps and the final states, from a packed batch."""
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        outputs, (h_n, _) = self.lstm(packed)
        return pad_packed_sequence(outputs, batch_first=True)[0], h_n

    def features(self, x, lengths):
        _, h_n = self.read(x, lengths)
        return final_states(h_n, self.num_layers) if self.bidirectional else h_n[-1]

    def forward(self, x, lengths):
        return self.fc(self.features(x, lengths))


@pytest.mark.parametrize("answer", [Learner, torch_models.SequenceClassifier])
def test_a_class_derived_from_module_passes(answer):
    for seed in range(5):
        verdict = verdict_on(SEQUENCE_CLASSIFIER, answer, seed)
        assert verdict.passed, verdict.message
    assert "is right in all of the 20 things that were measured" in verdict.message


class MeanOfAll(Learner):
    def features(self, x, lengths):
        return self.lstm(x)[0].mean(dim=1)


class LargestOfAll(Learner):
    def features(self, x, lengths):
        return self.lstm(x)[0].max(dim=1)[0]


class OwnLastStepUnpacked(Learner):
    def features(self, x, lengths):
        return last_step(self.lstm(x)[0], lengths)


class MaskedMeanUnpacked(Learner):
    def features(self, x, lengths):
        real = (torch.arange(x.shape[1]) < lengths[:, None]).float()
        return torch.einsum("nth,nt->nh", self.lstm(x)[0], real) / lengths[:, None]


class LargestOfZeros(Learner):
    def features(self, x, lengths):
        return self.read(x, lengths)[0].amax(dim=1)


class LastOfTimeFirst(Learner):
    def features(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return pad_packed_sequence(self.lstm(packed)[0])[0][-1]


class TimeFirst(Learner):
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        super().__init__(input_size, hidden_size, num_classes, num_layers, bidirectional)
        self.lstm = nn.LSTM(input_size, hidden_size, num_layers, bidirectional=bidirectional)

    def features(self, x, lengths):
        return last_step(self.lstm(x)[0], lengths)


class TimeFirstLast(TimeFirst):
    def features(self, x, lengths):
        return self.lstm(x)[0][-1]


class ShortestFirst(Learner):
    def forward(self, x, lengths):
        lengths, order = lengths.sort()
        return super().forward(x[order], lengths)


class DropoutThatNeverRests(Learner):
    def features(self, x, lengths):
        return nn.functional.dropout(super().features(x, lengths), 0.3)


class NothingLearned(Learner):
    def forward(self, x, lengths):
        with torch.no_grad():
            return super().forward(x, lengths)


class AsArray(Learner):
    def forward(self, x, lengths):
        return super().forward(x, lengths).detach().numpy()


class Softmax(Learner):
    def forward(self, x, lengths):
        return nn.functional.softmax(super().forward(x, lengths), dim=1)


class SoftmaxOnPadding(OwnLastStepUnpacked):
    def forward(self, x, lengths):
        return super().forward(x, lengths).softmax(dim=-1)


class OneLayerOnly(Learner):
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        super().__init__(input_size, hidden_size, num_classes, 1, bidirectional)


class SharedLayers(Learner):
    """Reads its own outputs again with the same layer."""

    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        super().__init__(input_size, hidden_size, num_classes, 1, bidirectional)
        width = 2 * hidden_size if bidirectional else hidden_size
        self.repeats = num_layers - 1
        self.back = nn.Linear(width, input_size)

    def features(self, x, lengths):
        for _ in range(self.repeats):
            x = self.back(self.read(x, lengths)[0])
        features = super().features(x, lengths)
        return features + 0 * self.back(features).sum()


class CutAtEveryStep(nn.Module):
    """Cells of its own, whose states are detached between steps."""

    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        super().__init__()
        sizes = [input_size] + [hidden_size] * (num_layers - 1)
        self.directions = 2 if bidirectional else 1
        self.cells = nn.ModuleList(
            nn.ModuleList(nn.LSTMCell(size, hidden_size) for size in sizes)
            for _ in range(self.directions)
        )
        self.head = nn.Linear(self.directions * hidden_size, num_classes)

    def forward(self, x, lengths):
        finals = []
        for direction, cells in enumerate(self.cells):
            steps = range(x.shape[1])
            states = [(cell.bias_hh.new_zeros(len(x), cell.hidden_size),) * 2 for cell in cells]
            for t in reversed(steps) if direction else steps:
                real, h = (t < lengths)[:, None], x[:, t]
                for k, cell in enumerate(cells):
                    old = tuple(state.detach() for state in states[k])
                    new = cell(h, old)
                    states[k] = [torch.where(real, *pair) for pair in zip(new, old, strict=True)]
                    h = states[k][0]
            finals.append(states[-1][0])
        return self.head(torch.cat(finals, dim=1))


class LengthsReduced(Learner):
    def features(self, x, lengths):
        outputs, _ = self.read(x, lengths)
        lengths -= 1
        return outputs[torch.arange(len(x)), lengths]


class RowsInAList(Learner):
    def forward(self, x, lengths):
        return list(super().forward(x, lengths))


class WithStates(Learner):
    def forward(self, x, lengths):
        return super().forward(x, lengths), self.read(x, lengths)[1]


class Misspelt(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        super().__init__()
        self.lstm = nn.LSTM(input_size, hidden_size)

    def foward(self, x, lengths):
        return self.lstm(x)


class FourSettings(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes, bidirectional):
        super().__init__()


@pytest.mark.parametrize(
    ("answer", "slug", "text"),
    [
        # Known mistakes, written otherwise than ours.
        (MeanOfAll, "padding-read", "or a mean over all positions"),
        (LargestOfAll, "padding-read", "Padding changes the answer"),
        (MaskedMeanUnpacked, "backward-direction-reads-padding", "reads the padding first"),
        (LargestOfZeros, "zeros-behind-the-end-read", "or as the largest number"),
        (LastOfTimeFirst, "zeros-behind-the-end-read", "a sequence gets other logits beside"),
        (TimeFirst, "batch-first-missing", "`batch_first=True`"),
        (TimeFirstLast, "time-taken-for-batch", "a row for each time step"),
        (ShortestFirst, "order-not-restored", "row n belongs to another sequence"),
        (DropoutThatNeverRests, "random-in-eval", "or dropout goes on"),
        (NothingLearned, "detached", "No gradient reaches the recurrent layers"),
        (AsArray, "detached", "`.numpy()`"),
        (Softmax, "softmax-in-forward", "Each row sums up to 1"),
        (OneLayerOnly, "num-layers-ignored", "hand it on to `nn.LSTM`"),
        (Misspelt, "no-forward", "Is it misspelt"),
        # Two at once.
        (SoftmaxOnPadding, "softmax-in-forward", "What stands in the padding changes the logits"),
        # What nobody listed gets the sentence on the first thing that is wrong.
        (CutAtEveryStep, "start-gradient", "No gradient reaches the first step of a sequence."),
        (SharedLayers, "num-layers-ignored", "Calling one layer twice does not make two"),
        (LengthsReduced, "changed-input", "changed its argument `lengths`"),
        (RowsInAList, "raised", "`forward` returned a list; expected one tensor"),
        (WithStates, "wrong-number", "returned 2 results; expected `logits` (N, V)"),
        (FourSettings, "wrong-arguments", "num_layers=1, bidirectional=False"),
    ],
)
def test_what_a_learner_reads_of_a_class(answer, slug, text):
    for seed in range(2):
        verdict = verdict_on(SEQUENCE_CLASSIFIER, answer, seed)
        assert verdict.status == "failed"
        assert verdict.diagnosis == slug, verdict.message
        assert text in verdict.message
        assert "lstm_helpers" not in verdict.message


class Gru(Learner):
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
        super().__init__(input_size, hidden_size, num_classes, num_layers, bidirectional)
        settings = {"batch_first": True, "bidirectional": bidirectional}
        self.lstm = nn.GRU(input_size, hidden_size, num_layers, **settings)

    def read(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        outputs, h_n = self.lstm(packed)
        return pad_packed_sequence(outputs, batch_first=True)[0], h_n


class SoftmaxOverTheBatch(Learner):
    def forward(self, x, lengths):
        return super().forward(x, lengths).softmax(dim=0)


class LengthsGuessed(Learner):
    def forward(self, x, lengths):
        return super().forward(x, (x != 0).any(dim=2).sum(dim=1))


class AllInAList(Learner):
    def __init__(self, *sizes, **further):
        super().__init__(*sizes, **further)
        parts = [self.lstm, self.fc]
        del self.lstm, self.fc
        self.parts = parts

    def forward(self, x, lengths):
        lstm, fc = self.parts
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        _, (h_n, _) = lstm(packed)
        return fc(final_states(h_n, self.num_layers) if self.bidirectional else h_n[-1])


class ThreeNames(Learner):
    def read(self, x, lengths):
        outputs, h_n, _ = self.lstm(x)
        return outputs, h_n


class PackedIndexed(Learner):
    def features(self, x, lengths):
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        outputs, _ = self.lstm(packed)
        return outputs[:, -1]


class IntegerLogits(Learner):
    def forward(self, x, lengths):
        return super().forward(x, lengths).long().softmax(dim=1)


@pytest.mark.parametrize(
    ("answer", "slug", "text", "never"),
    [
        (Gru, "another-cell", "a GRU three", "\n\nThe"),
        (SoftmaxOverTheBatch, "softmax-over-the-batch", "along axis 0", "sorted"),
        (LengthsGuessed, "lengths-guessed", "instead of using `lengths`", "runs on"),
        (AllInAList, "layers-in-a-list", "`nn.ModuleList`", "squashed"),
        (ThreeNames, "three-names-for-two-results", "`outputs, (h_n, c_n)", "3 is D"),
        (PackedIndexed, "packed-outputs-indexed", "`pad_packed_sequence", "must be integers"),
        (IntegerLogits, "raised", "NotImplementedError", "still to be written"),
        (Learner(3, 4, 2), "raised", "`SequenceClassifier` stopped with", "still to be written"),
    ],
)
def test_what_is_said_is_to_the_point(answer, slug, text, never):
    for seed in range(2):
        verdict = verdict_on(SEQUENCE_CLASSIFIER, answer, seed)
        assert (verdict.status, verdict.diagnosis) == ("failed", slug), verdict.message
        assert text in verdict.message
        assert never not in verdict.message


def test_an_object_of_the_class_is_no_class():
    verdict = verdict_on(SEQUENCE_CLASSIFIER, torch_models.SequenceClassifier(3, 4, 2))
    assert verdict.diagnosis == "not-a-function"
    assert "expected the class `SequenceClassifier` itself" in verdict.message


@pytest.mark.parametrize("layers", [1, 2])
def test_what_stands_beside_an_lstm_does_not_make_it_another_cell(layers):
    class Projected(Learner):
        def __init__(self, input_size, hidden_size, num_classes, num_layers=1, bidirectional=False):
            super().__init__(7, hidden_size, num_classes, num_layers, bidirectional)
            sizes = [input_size] + [7] * layers
            self.before = nn.Sequential(*(nn.Linear(*pair) for pair in pairwise(sizes)))

        def read(self, x, lengths):
            return super().read(self.before(x), lengths)

    verdict = verdict_on(SEQUENCE_CLASSIFIER, Projected)
    assert verdict.passed, verdict.message


def steps_twice(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train()
    total = 0.0
    for x, lengths, y in loader:
        for _ in range(2):
            optimizer.zero_grad()
            loss = loss_fn(model(x, lengths), y)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
        total += loss.item() * len(y)
    return total / len(loader.dataset)


def neither_clipped_nor_divided(model, loader, optimizer, loss_fn, max_norm=1.0):
    model.train()
    total = 0.0
    for x, lengths, y in loader:
        optimizer.zero_grad()
        loss = loss_fn(model(x, lengths), y)
        loss.backward()
        optimizer.step()
        total += loss.item()
    return total


def tuple_of_two(model, loader, optimizer, loss_fn, max_norm=1.0):
    return torch_models.train_epoch(model, loader, optimizer, loss_fn, max_norm), np.zeros(3)


def epoch_by(update=None, loss=None, make=None):
    """An epoch with another loss or another optimizer."""

    def answer(model, loader, optimizer, loss_fn, max_norm=1.0):
        model.train()
        total = 0.0
        if make is not None:
            optimizer = make(model.parameters())
        for x, lengths, y in loader:
            optimizer.zero_grad()
            scores = model(x, lengths)
            if update is not None:
                value = update(loss_fn, scores, y)
            else:
                value = (loss or loss_fn)(scores, y)
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
            optimizer.step()
            total += value.item() * len(y)
        return total / len(loader.dataset)

    return answer


def without_hooks(model, loader, optimizer, loss_fn, max_norm=1.0):
    """Right, though nobody writes it so."""
    model.train()
    total = 0.0
    for x, lengths, y in loader:
        optimizer.zero_grad()
        loss = loss_fn.forward(target=y, input=model.forward(x, lengths))
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        total += loss.item() * len(y)
    return total / len(loader.dataset)


def test_what_the_loss_gets_is_seen_however_it_is_called():
    for seed in range(3):
        verdict = verdict_on(TRAIN_EPOCH, without_hooks, seed)
        assert verdict.passed, verdict.message


def clipped_to_half(model, loader, optimizer, loss_fn, max_norm=1.0):
    return torch_models.train_epoch(model, loader, optimizer, loss_fn, max_norm / 2)


@pytest.mark.parametrize(
    ("exercise", "answer", "slug", "text"),
    [
        (TRAIN_EPOCH, steps_twice, "backward", "computed 6 times; expected 3, once for each"),
        (
            TRAIN_EPOCH,
            neither_clipped_nor_divided,
            "not-clipped",
            "Wrong as well, for this reason or another, is `loss`.",
        ),
        (TRAIN_EPOCH, clipped_to_half, "norms", "were [0.5, 0.5, 0.5]; expected [1., 1., 1.]"),
        (
            TRAIN_EPOCH,
            epoch_by(loss=nn.CrossEntropyLoss()),
            "loss-fn-ignored",
            "`loss_fn` is never called",
        ),
        (
            TRAIN_EPOCH,
            epoch_by(update=lambda loss_fn, scores, y: loss_fn(y, scores)),
            "arguments-of-loss-exchanged",
            "first and the targets second",
        ),
        (
            TRAIN_EPOCH,
            epoch_by(update=lambda loss_fn, scores, y: loss_fn(scores.softmax(1), y)),
            "softmax-before-the-loss",
            "something other than what the model puts out",
        ),
        (
            TRAIN_EPOCH,
            epoch_by(make=torch.optim.Adam),
            "steps",
            "The optimizer that you get made 0 steps; expected 3",
        ),
        (
            LAST_STEP,
            lambda outputs, lengths: last_step(outputs, (outputs.abs().sum(2) > 0).sum(1)),
            "lengths-guessed",
            "instead of using `lengths`",
        ),
        (TRAIN_EPOCH, tuple_of_two, "wrong-number", "returned 2 results; expected `loss`"),
        (LAST_STEP, lambda outputs, lengths: last_step(outputs.data, lengths), "detached", ".data"),
        (
            LAST_STEP,
            lambda outputs, lengths: torch.tensor(last_step(outputs, lengths).tolist()),
            "detached",
            "`torch.tensor(...)`",
        ),
        (
            LAST_STEP,
            lambda outputs, lengths: last_step(outputs, lengths).T,
            "transposed",
            "(H, N) instead of (N, H)",
        ),
        (
            FINAL_STATES,
            lambda h_n, num_layers: [h_n[-2], h_n[-1]],
            "not-joined",
            "`torch.cat(..., dim=1)` makes one tensor",
        ),
        (
            FINAL_STATES,
            lambda h_n, num_layers: [].append(h_n[-2:]),
            "returned-none",
            "expected `states` (N, 2H).",
        ),
    ],
)  # fmt: skip
def test_what_a_learner_reads_of_a_function(exercise, answer, slug, text):
    verdict = verdict_on(exercise, answer)
    assert verdict.status == "failed"
    assert verdict.diagnosis == slug, verdict.message
    assert text in verdict.message


def test_a_refusal_of_ours_is_not_blamed_on_a_line():
    for answer in (Misspelt, RowsInAList):
        assert "It happened in" not in verdict_on(SEQUENCE_CLASSIFIER, answer).message


def test_an_error_in_forward_says_where_and_what_was_tried():
    class NeedsTwo(Learner):
        def forward(self, x, lengths):
            if len(x) < 2:
                raise ValueError("one is not enough")
            return super().forward(x, lengths)

    verdict = verdict_on(SEQUENCE_CLASSIFIER, NeedsTwo)
    assert verdict.diagnosis == "raised"
    assert '`raise ValueError("one is not enough")`' in verdict.message
    assert "What was tried: one of the sequences by itself, without padding." in verdict.message


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_a_check_leaves_pytorchs_random_numbers_alone(exercise):
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    verdict_on(exercise, exercise.reference)
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.name)
def test_every_sentence_on_a_measurement_can_be_written(exercise):
    numbers = {output.name: 0.5 for output in exercise.arrays}
    for output in exercise.arrays:
        text = output.wrong.format(**numbers, got=0.5, expected=1.0)
        assert bool(text) != (output.name in ("last", "states", "logits", "loss"))
        assert "{" not in text


def test_with_autograd_switched_off_a_check_still_finds_gradients():
    with torch.no_grad():
        for exercise in EXERCISES:
            assert verdict_on(exercise, exercise.reference).passed


def test_the_last_steps_and_final_states_are_those_of_a_packed_layer():
    torch.manual_seed(0)
    layer = nn.LSTM(3, 4, num_layers=2, batch_first=True, bidirectional=True)
    x, lengths = torch.randn(3, 6, 3), torch.tensor([2, 6, 3])
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    packed_outputs, (h_n, _) = layer(packed)
    outputs, _ = pad_packed_sequence(packed_outputs, batch_first=True)
    states = final_states(h_n, 2)
    assert torch.equal(states[:, :4], last_step(outputs, lengths)[:, :4])
    assert torch.equal(states[:, 4:], outputs[:, 0, 4:])


def test_the_courses_epoch_is_that_of_the_training_loop():
    rng = np.random.default_rng(0)
    sequences = [rng.normal(size=(T, 3)) for T in (4, 6, 2, 5, 3)]
    batches = padded_batches(sequences, [0, 1, 1, 0, 1], 2)
    torch.manual_seed(0)
    mine = torch_models.SequenceClassifier(3, 4, 2, bidirectional=True)
    theirs = copy.deepcopy(mine)
    losses = []
    for model in (mine, theirs):
        optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
        if model is mine:
            losses.append(
                torch_models.train_epoch(model, batches, optimizer, nn.CrossEntropyLoss(), 0.5)
            )
        else:
            history = fit_torch(
                model, batches, nn.CrossEntropyLoss(), optimizer, 1, max_norm=0.5, progress=False
            )
            losses.append(float(history.train_loss[0]))
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    for a, b in zip(mine.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_parts_that_nobody_changed_make_the_courses_classifier():
    torch.manual_seed(0)
    course = torch_models.SequenceClassifier(3, 4, 2, 2, True)
    parts = classifier_with()(3, 4, 2, num_layers=2, bidirectional=True)
    assert isinstance(parts, PartsClassifier)
    parts.load_state_dict(course.state_dict())
    x, lengths = torch.randn(3, 6, 3), torch.tensor([2, 6, 3])
    assert torch.equal(parts(x, lengths), course(x, lengths))
