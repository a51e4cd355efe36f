"""Vowels and motions are what the lessons say; doctored files are refused; padding is exact."""

import re

import numpy as np
import pytest

from lstm_helpers.datasets import DatasetError, find_package_file, load_motions, load_vowels, pad
from lstm_helpers.datasets import motions as motions_module
from lstm_helpers.datasets import vowels as vowels_module
from lstm_helpers.datasets.recordings import read_recordings


@pytest.fixture(scope="module")
def vowels():
    return load_vowels()


@pytest.fixture(scope="module")
def motions():
    return load_motions()


def test_vowels_have_the_sizes_that_their_makers_tell(vowels):
    assert (len(vowels.train), len(vowels.test)) == (270, 370)
    assert np.array_equal(np.bincount(vowels.train.labels), [30] * 9)
    assert np.array_equal(np.bincount(vowels.test.labels), [31, 35, 88, 44, 29, 24, 40, 50, 29])
    lengths = np.concatenate([vowels.train.lengths, vowels.test.lengths])
    assert (lengths.min(), lengths.max()) == (7, 29)
    assert all(s.shape[1] == 12 for s in vowels.train.sequences + vowels.test.sequences)


def test_values_stand_where_the_file_has_them(vowels, motions):
    first = vowels.train.sequences[0]
    assert first.shape == (20, 12)
    assert list(first[:3, 0]) == [1.860936, 1.891651, 1.939205]  # a channel is a column
    assert list(first[0, :3]) == [1.860936, -0.207383, 0.261557]
    assert motions.train.sequences[0][2, 0] == -0.903497
    assert motions.test.labels.tolist().count(3) == 10


def test_motions_have_forty_recordings_each_ten_of_a_kind(motions):
    for part in (motions.train, motions.test):
        assert {s.shape for s in part.sequences} == {(100, 6)}
        assert np.array_equal(np.bincount(part.labels), [10] * 4)
    standing = [s[:, 3:].std() for s in motions.train.sequences[:10]]
    assert motions.classes[motions.train.labels[0]] == "Standing"
    assert max(standing) < motions.train.sequences[-1][:, 3:].std()  # the last one is badminton


def test_the_faults_that_about_tells_are_there(vowels, motions):
    assert (np.diff(vowels.train.labels) >= 0).all()
    lengths = [vowels.train.lengths[vowels.train.labels == k].mean() for k in range(9)]
    assert max(lengths) - min(lengths) > 7
    everything = motions.train.sequences + motions.test.sequences
    repeated = np.mean([np.mean(s[1:] == s[:-1]) for s in everything])
    assert 1 / 10 < repeated < 1 / 8


@pytest.mark.parametrize("load", [load_vowels, load_motions])
def test_no_recording_stands_in_both_parts(load):
    data = load()
    keys = [s.tobytes() for s in data.train.sequences + data.test.sequences]
    assert len(set(keys)) == len(keys) == data.about.rows


@pytest.mark.parametrize("load", [load_vowels, load_motions])
def test_about_names_package_licence_and_faults(load):
    text = str(load().about)
    for part in ("sktime", "BSD", "Known faults", "recordings"):
        assert part in text


DAMAGE = {
    "a value": (lambda text: text.replace("1.860936", "loud"), "could not convert string"),
    "a channel less": (
        lambda text: text.replace("1.860936,", "1.0:", 1),
        "no 12 channels of one length",
    ),
    "not a number": (lambda text: text.replace("1.860936", "nan"), "no finite number"),
    "another label": (lambda text: text.replace(":9\n", ":ten\n"), "labelled 'ten'"),
    "cut short": (lambda text: text[: len(text) // 2].rsplit("\n", 1)[0], "expected 270"),
    "empty": (lambda text: "", "it holds 0 recordings"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_doctored_file_is_refused(damage, tmp_path):
    change, reason = DAMAGE[damage]
    path = find_package_file(vowels_module.PACKAGE, vowels_module.FILES["train"])
    doctored = tmp_path / "vowels.ts"
    doctored.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(DatasetError, match=re.escape(reason)) as caught:
        read_recordings(doctored, vowels_module.SPEAKERS, 12, 270, "sktime")
    assert "pip install --force-reinstall sktime" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="No such file"):
        read_recordings(tmp_path / "none.ts", motions_module.ACTIVITIES, 6, 40, "sktime")


def test_padding_puts_the_value_behind_each_end():
    sequences = [np.arange(6.0).reshape(3, 2), np.full((1, 2), 7.0)]
    xs, lengths = pad(sequences, num_steps=4, value=-1.0)
    assert xs.shape == (2, 4, 2)
    assert lengths.tolist() == [3, 1]
    assert np.array_equal(xs[0, :3], sequences[0])
    assert np.array_equal(xs[1, :1], sequences[1])
    assert (xs[0, 3:] == -1).all()
    assert (xs[1, 1:] == -1).all()
    assert pad(sequences)[0].shape == (2, 3, 2)


@pytest.mark.parametrize(
    ("sequences", "num_steps", "reason"),
    [
        ([], None, "expected at least one"),
        ([np.ones((2, 3)), np.ones((2, 2))], None, r"shape \(2, 2\) beside one of shape \(2, 3\)"),
        ([np.ones(3)], None, r"expected \(T, D\)"),
        ([np.ones((5, 1))], 4, "has 5 steps; expected at most num_steps=4"),
    ],
)
def test_padding_refuses_what_does_not_fit(sequences, num_steps, reason):
    with pytest.raises(ValueError, match=reason):
        pad(sequences, num_steps)
