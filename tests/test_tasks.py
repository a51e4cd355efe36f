"""Every task is what its docstring says; its baseline is the score of the best blind answer."""

import inspect
import itertools
import math
import re
from collections import Counter, defaultdict
from functools import partial

import numpy as np
import pytest

from lstm_helpers import nn, tasks

DRAWS = {
    "adding": tasks.adding,
    "recall": tasks.recall,
    "temporal_order": tasks.temporal_order,
    "temporal_order_3": partial(tasks.temporal_order, num_marks=3),
}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
class TestPattern:
    """What holds for every task: a later one joins by a line in DRAWS."""

    def test_first_fields_and_shapes(self, draw, rng):
        task = draw(3, 12, rng)
        assert task._fields[:2] == ("xs", "targets")
        assert task.xs.shape[:2] == (3, 12)
        assert task.xs.dtype == np.float64
        assert len(task.targets) == 3
        assert type(task.baseline) is float

    def test_same_generator_same_sequences(self, draw):
        one, two = (draw(4, 9, np.random.default_rng(1)) for _ in range(2))
        assert np.array_equal(one.xs, two.xs)
        assert np.array_equal(one.targets, two.targets)

    def test_another_draw_differs(self, draw, rng):
        assert not np.array_equal(draw(4, 9, rng).xs, draw(4, 9, rng).xs)

    def test_source_is_named(self, draw):
        assert "References" in inspect.getdoc(getattr(draw, "func", draw))

    @pytest.mark.parametrize("name", ["num_sequences", "num_steps"])
    def test_too_small_a_number_is_refused_by_name(self, draw, rng, name):
        sizes = {"num_sequences": 2, "num_steps": 5, name: 0}
        with pytest.raises(ValueError, match=f"got {name}=0; expected at least"):
            draw(**sizes, rng=rng)


class TestAdding:
    def test_targets_are_the_sums_of_the_marked_values(self, rng):
        xs, targets, positions, _ = tasks.adding(200, 11, rng)
        for x, target, marked in zip(xs, targets, positions, strict=True):
            assert target == pytest.approx([x[marked[0], 0] + x[marked[1], 0]])
            assert np.flatnonzero(x[:, 1]).tolist() == sorted(marked)

    def test_values_are_uniform_in_the_unit_interval(self, rng):
        values = tasks.adding(2000, 10, rng).xs[:, :, 0]
        assert 0 <= values.min() < 0.01
        assert 0.99 < values.max() < 1
        assert values.var() == pytest.approx(1 / 12, rel=0.02)

    @pytest.mark.parametrize("num_steps", [2, 3, 10, 11])
    def test_one_marker_in_each_half_and_every_step_is_used(self, rng, num_steps):
        positions = tasks.adding(2000, num_steps, rng).positions
        middle = num_steps // 2
        assert set(positions[:, 0]) == set(range(middle))
        assert set(positions[:, 1]) == set(range(middle, num_steps))

    def test_baseline_is_what_the_constant_one_scores(self, rng):
        task = tasks.adding(400_000, 2, rng)
        assert task.baseline == 1 / 6
        squares = (task.targets - 1.0) ** 2
        error = squares.std() / math.sqrt(len(squares))
        assert abs(squares.mean() - task.baseline) < 5 * error
        assert abs(squares.mean() - 0.1767) > 20 * error  # the figure in some papers is not it

    def test_no_other_constant_does_better(self, rng):
        targets = tasks.adding(100_000, 2, rng).targets
        losses = {c: np.mean((targets - c) ** 2) for c in np.linspace(0.8, 1.2, 41).round(2)}
        assert abs(min(losses, key=losses.get) - 1.0) <= 0.01

    def test_one_of_the_two_values_is_worth_half_of_it(self, rng):
        xs, targets, positions, baseline = tasks.adding(200_000, 4, rng)
        second = np.take_along_axis(xs[:, :, 0], positions[:, 1:], axis=1)
        assert np.mean((targets - second - 0.5) ** 2) == pytest.approx(baseline / 2, rel=0.02)

    def test_one_step_is_too_short(self, rng):
        with pytest.raises(ValueError, match="got num_steps=1; expected at least 2"):
            tasks.adding(3, 1, rng)


class TestRecall:
    def test_every_step_is_one_symbol(self, rng):
        xs = tasks.recall(50, 7, rng).xs
        assert np.array_equal(xs.sum(axis=2), np.ones((50, 7)))
        assert set(np.unique(xs)) == {0.0, 1.0}

    def test_cue_first_then_only_distractors(self, rng):
        task = tasks.recall(500, 7, rng, num_symbols=3, num_distractors=2)
        symbols = task.xs.argmax(axis=2)
        assert task.xs.shape == (500, 7, 5)
        assert np.array_equal(symbols[:, 0], task.targets)
        assert set(task.targets) == {0, 1, 2}
        assert set(symbols[:, 1:].ravel()) == {3, 4}

    @pytest.mark.parametrize("num_symbols", [2, 4, 9])
    def test_baseline_is_the_loss_of_equal_logits(self, rng, num_symbols):
        task = tasks.recall(64, 3, rng, num_symbols=num_symbols)
        loss, _ = nn.softmax_cross_entropy(np.zeros((64, num_symbols)), task.targets)
        assert loss == pytest.approx(task.baseline)
        assert task.chance == 1 / num_symbols

    def test_distractors_do_not_tell_the_cue(self, rng):
        task = tasks.recall(20_000, 2, rng)
        last = task.xs[:, -1].argmax(axis=1) - 4
        together = np.histogram2d(task.targets, last, bins=4)[0] / 20_000
        assert np.abs(together - 1 / 16).max() < 0.01

    def test_a_single_cue_is_refused(self, rng):
        with pytest.raises(ValueError, match="got num_symbols=1; expected at least 2"):
            tasks.recall(3, 5, rng, num_symbols=1)

    def test_no_distractor_is_refused(self, rng):
        with pytest.raises(ValueError, match="got num_distractors=0; expected at least 1"):
            tasks.recall(3, 5, rng, num_distractors=0)


class TestTemporalOrder:
    @pytest.mark.parametrize("num_marks", [2, 3])
    def test_symbols_marks_and_class(self, rng, num_marks):
        task = tasks.temporal_order(300, 30, rng, num_marks)
        assert task.xs.shape == (300, 30, len(tasks.ORDER_SYMBOLS))
        assert np.array_equal(task.xs.sum(axis=2), np.ones((300, 30)))
        for x, target, positions in zip(task.xs, task.targets, task.positions, strict=True):
            text = "".join(tasks.ORDER_SYMBOLS[symbol] for symbol in x.argmax(axis=1))
            assert (text[0], text[-1]) == ("E", "B")
            assert [place for place, symbol in enumerate(text) if symbol in "XY"] == [*positions]
            assert set(text[1:-1]) <= set("abcdXY")
            marks = "".join(text[place] for place in positions)
            assert target == int(marks.translate(str.maketrans("XY", "01")), base=2)

    @pytest.mark.parametrize(
        ("num_marks", "windows"), [(2, [(10, 20), (50, 60)]), (3, [(10, 20), (33, 43), (66, 76)])]
    )
    def test_at_100_steps_the_marks_stand_where_they_did_in_1997(self, rng, num_marks, windows):
        positions = tasks.temporal_order(3000, 100, rng, num_marks).positions
        for column, (first, last) in zip(positions.T, windows, strict=True):
            assert set(column) == set(range(first, last + 1))

    @pytest.mark.parametrize("num_marks", [2, 3])
    def test_the_marks_never_meet_each_other_or_the_ends(self, rng, num_marks):
        for num_steps in range(2 * num_marks, 60):
            positions = tasks.temporal_order(50, num_steps, rng, num_marks).positions
            assert (np.diff(positions, axis=1) > 0).all()
            assert positions.min() >= 1
            assert positions.max() <= num_steps - 2

    @pytest.mark.parametrize("num_marks", [2, 3])
    def test_baseline_is_the_loss_of_equal_logits(self, rng, num_marks):
        task = tasks.temporal_order(64, 10, rng, num_marks)
        loss, _ = nn.softmax_cross_entropy(np.zeros((64, 2**num_marks)), task.targets)
        assert loss == pytest.approx(task.baseline)
        assert task.chance == 2.0**-num_marks

    def test_classes_are_equally_frequent(self, rng):
        counts = np.bincount(tasks.temporal_order(16_000, 8, rng, 3).targets)
        assert len(counts) == 8
        assert np.abs(counts - 2000).max() < 5 * math.sqrt(2000)

    @pytest.mark.parametrize(("num_marks", "least"), [(2, 4), (3, 6)])
    def test_too_few_steps_for_the_marks(self, rng, num_marks, least):
        with pytest.raises(ValueError, match=f"num_steps={least - 1}; expected at least {least}"):
            tasks.temporal_order(3, least - 1, rng, num_marks)

    @pytest.mark.parametrize("num_marks", [1, 4])
    def test_other_numbers_of_marks_are_refused(self, rng, num_marks):
        with pytest.raises(ValueError, match=f"got num_marks={num_marks}; expected 2 or 3"):
            tasks.temporal_order(3, 50, rng, num_marks)


FROM_FOUR = "(?:XT*VP)*(?:S|XT*VV)"
PROPER = re.compile(rf"B([TP])B(?:TS*X{FROM_FOUR}|PT*V(?:V|P{FROM_FOUR}))E\1E")
"""The grammar once more, as a regular expression."""


def entropy(counts):
    shares = counts[counts > 0] / counts.sum()
    return -(shares * np.log(shares)).sum()


@pytest.fixture(scope="module")
def many():
    return tasks.embedded_reber(20_000, np.random.default_rng(3))


class TestEmbeddedReber:
    def test_every_string_is_proper(self, many):
        assert all(PROPER.fullmatch(string) for string in tasks.reber_strings(many))

    def test_every_short_proper_string_is_drawn(self, many):
        drawn = {string for string in tasks.reber_strings(many) if len(string) <= 10}
        middles = map(
            "".join, itertools.chain(*(itertools.product("TPSXV", repeat=k) for k in (3, 4)))
        )
        proper = {f"B{o}B{middle}E{o}E" for middle in middles for o in "TP"}
        assert drawn == set(filter(PROPER.fullmatch, proper))

    @pytest.mark.parametrize(
        "inner", ["BTSSXXTVVE", "BPVVE", "BTXXVPSE", "BPVPXVPXVPXVVE", "BTSXXVPSE"]
    )
    def test_strings_that_lectures_call_proper(self, inner):
        string = f"BP{inner}PE"
        assert tasks.reber_strings(tasks.encode_reber([string])) == [string]

    @pytest.mark.parametrize("inner", ["BTSSPXSE", "BPTVVB", "BTXXVVSE", "BPVSPSE", "BTSSSE"])
    def test_strings_that_lectures_call_improper(self, inner):
        with pytest.raises(ValueError, match=f"got 'BP{inner}PE', with '.' as symbol"):
            tasks.encode_reber([f"BP{inner}PE"])

    def test_the_two_outer_symbols_agree(self):
        with pytest.raises(ValueError, match="with 'P' as symbol 8; expected T there"):
            tasks.reber_states("BTBPVVEPE")

    def test_half_a_string_is_refused(self):
        with pytest.raises(ValueError, match=r"stops after 4 symbols; .* next with T or V"):
            tasks.encode_reber(["BTBPVVETE", "BTBP"])
        with pytest.raises(ValueError, match="'B' as symbol 10; expected the end"):
            tasks.encode_reber(["BTBPVVETEB"])

    def test_no_string_is_refused(self, rng):
        with pytest.raises(ValueError, match="the number of strings=0; expected at least 1"):
            tasks.encode_reber([])
        with pytest.raises(ValueError, match="got num_sequences=0; expected at least 1"):
            tasks.embedded_reber(0, rng)

    def test_arrays_by_hand(self):
        task = tasks.encode_reber(["BTBPVVETE", "BPBTXXVVEPE"])
        assert task._fields[:2] == ("xs", "targets")
        assert task.xs.shape == task.legal.shape == (2, 10, 7)
        assert task.xs.dtype == np.float64
        assert task.lengths.tolist() == [8, 10]
        symbols = {symbol: k for k, symbol in enumerate(tasks.REBER_SYMBOLS)}
        assert task.xs[0, :8].argmax(axis=1).tolist() == [symbols[s] for s in "BTBPVVET"]
        assert task.targets[0].tolist() == [symbols[s] for s in "TBPVVETE"] + [-1, -1]
        assert task.xs.sum(axis=2).tolist() == [[1.0] * 8 + [0.0] * 2, [1.0] * 10]
        names = np.array(list(tasks.REBER_SYMBOLS))
        legal = ["".join(sorted(names[row])) for row in task.legal[1]]
        assert legal == ["PT", "B", "PT", "SX", "SX", "TV", "PV", "E", "P", "E"]
        assert not task.legal[0, 8:].any()

    def test_legal_is_what_was_seen_to_follow(self, many):
        followers = defaultdict(Counter)
        for string in tasks.reber_strings(many):
            for end in range(1, len(string)):
                followers[string[:end]][string[end]] += 1
        for row, string in enumerate(tasks.reber_strings(many)[:300]):
            for step in range(len(string) - 1):
                seen = followers[string[: step + 1]]
                if seen.total() > 40:
                    legal = {tasks.REBER_SYMBOLS[k] for k in np.flatnonzero(many.legal[row, step])}
                    assert legal == set(seen)

    def test_both_ways_of_a_fork_are_equally_frequent(self, many):
        ways = defaultdict(Counter)
        for string in tasks.reber_strings(many):
            for state, symbol in zip(tasks.reber_states(string), string[1:], strict=False):
                ways[state][symbol] += 1
        for state, counts in ways.items():
            assert counts.keys() == tasks.REBER_MACHINE[state].keys()
            if len(counts) == 2:
                one, two = counts.values()
                assert abs(one - two) < 5 * math.sqrt(one + two)

    def test_same_generator_same_strings(self):
        one, two, other = (
            tasks.reber_strings(tasks.embedded_reber(9, np.random.default_rng(k)))
            for k in (1, 1, 2)
        )
        assert one == two != other

    def test_what_less_memory_scores(self, many):
        real = many.targets >= 0
        assert real.sum() == many.lengths.sum()
        assert many.lengths.mean() == pytest.approx(11, rel=0.01)
        following, present = many.targets[real], many.xs[real].argmax(axis=1)
        assert entropy(np.bincount(following)) == pytest.approx(many.baseline, rel=0.01)
        together = np.histogram2d(present, following, bins=np.arange(8))[0]
        each = sum(row.sum() * entropy(row) for row in together) / real.sum()
        assert each == pytest.approx(many.one_symbol, rel=0.01)
        assert many.floor == pytest.approx(7 / 11 * math.log(2), rel=1e-12)
        assert np.log(many.legal[real].sum(axis=1)).mean() == pytest.approx(many.floor, rel=0.01)
        assert many.short_memory - many.floor == pytest.approx(math.log(2) / 11, rel=1e-12)
        assert many.chance == 0.5

    def test_source_is_named(self):
        assert "References" in inspect.getdoc(tasks.embedded_reber)


class TestLegalShare:
    @pytest.fixture
    def task(self):
        return tasks.encode_reber(["BTBPVVETE", "BPBTXXVVEPE"])

    def share(self, scores, task):
        return tasks.legal_share(scores, task.legal, task.lengths)

    def test_what_the_grammar_allows_is_right_at_any_scale(self, task, rng):
        for low in (-1e9, 0.0, 1e9):
            scores = low + task.legal + 0.9 * rng.random(task.legal.shape)
            scores[0, 8:] = np.nan  # after the end nothing counts
            assert self.share(scores, task) == (1.0, 1.0, 1.0)

    def test_it_is_not_enough_that_the_best_is_legal(self, task):
        scores = task.legal * 1.0
        scores[1, 3] = [0, 0, 0, 2, 0, 1, 0]  # S first, but V before X
        assert self.share(scores, task) == (17 / 18, 0.5, 1.0)

    @pytest.mark.parametrize("wrong", [1.0, np.nan, np.inf])
    def test_a_tie_and_what_is_not_a_number_are_wrong(self, task, wrong):
        scores = task.legal * 1.0
        scores[0, 0, 0] = wrong
        assert self.share(scores, task) == (17 / 18, 0.5, 1.0)

    def test_the_step_that_needs_long_memory(self, task):
        scores = task.legal * 1.0
        scores[0, 6] = [0, 0, 1, 0, 0, 0, 0]  # P, where the string began with T
        assert self.share(scores, task) == (17 / 18, 0.5, 0.5)
        scores[1, 8] = [0, 1, 0, 0, 0, 0, 0]
        assert self.share(scores, task) == (16 / 18, 0.0, 0.0)

    def test_equal_scores_are_never_right(self, task):
        assert self.share(np.zeros(task.legal.shape), task) == (0.0, 0.0, 0.0)

    def test_who_has_forgotten_only_the_second_symbol_gets_half_of_the_strings(self):
        many = tasks.embedded_reber(5000, np.random.default_rng(5))
        scores = many.legal * 1.0
        rows = np.arange(5000)
        scores[rows, many.lengths - 2] = np.eye(7)[1] * 2 + np.eye(7)[2]  # T, then P
        share = self.share(scores, many)
        assert share.last_but_one == share.strings == pytest.approx(many.chance, abs=0.03)
        assert share.steps == pytest.approx(1 - 0.5 / 11, abs=0.003)

    @pytest.mark.parametrize("shape", [(2, 10), (2, 9, 7), (1, 10, 7), (2, 10, 1)])
    def test_other_shapes_are_refused(self, task, shape):
        with pytest.raises(ValueError, match=r"expected \(N, T, 7\) twice and \(N,\)"):
            self.share(np.zeros(shape), task)
