"""Lab 12 as it is taught: nothing of the test names reaches training; padding is never read.

What is run are the notebook's own cells and functions, taken from `solutions/`. Poison is put into
the test names; whatever is trained and chosen must stay the same to the last bit. Three versions of
the notebook that leak show that this can fail.
"""

import dataclasses
import re
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import torch

from lstm_helpers.datasets.names import load_surnames
from lstm_helpers.grading import extract

NOTEBOOK = Path(__file__).resolve().parents[2] / "solutions" / "12_which_language.ipynb"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def lab():
    """Functions and classes of the notebook, by name, and the languages that they speak of."""
    taken = {"__name__": "lab_12"}
    for cell in extract(NOTEBOOK).cells:
        exec(cell.source, taken)
    taken["languages"] = load_surnames().languages
    return SimpleNamespace(**taken)


@pytest.fixture(scope="module")
def parts(lab):
    """Every eighth name, in three parts."""
    surnames = load_surnames()
    return lab.split(np.array(surnames.names)[::8], surnames.labels[::8])


def code_cells():
    """Sources of the notebook's code cells, in order, without those for instructors."""
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    code = [cell for cell in cells if cell.cell_type == "code"]
    return [c.source for c in code if "instructor" not in c.metadata.get("tags", [])]


def few_epochs(train_network):
    """A training that is short, whatever the notebook asks for."""
    return lambda build, part, seed, epochs, **how: train_network(build, part, seed, 3, **how)


def everything_before(stop, poison=None, change=lambda source: source):
    """Run the notebook from section 2 to a cell that says `stop`, on a few of the names.

    Once the names are split, those of one part are poisoned: other letters, and longer names.
    """
    surnames = load_surnames()
    few = dataclasses.replace(
        surnames, names=surnames.names[::15], labels=surnames.labels[::15].copy()
    )
    lab = {"__name__": "lab_12"}
    for source in code_cells():
        if stop in source:
            return lab
        if re.search(r"\b(parrot|known|figure)\b", source):
            continue  # section 1, and drawings
        exec(change(source), lab)
        lab |= {"check": lambda answer: answer, "load_surnames": lambda: few}
        if "SEEDS" in lab:
            lab["SEEDS"] = range(2)
        if "def train_network(" in source:
            lab["train_network"] = few_epochs(lab["train_network"])
        if "def split(" in source and poison is not None:
            part = lab[poison]
            lab[poison] = part._replace(names=np.array([f"ĸƿ{name}ȝþ" for name in part.names]))
    pytest.fail(f"no cell of the notebook says {stop}")


def trained(lab):
    """Every number that training and choosing have made."""
    found = [lab["ngrams"][1].coef_, *lab.get("curve", {}).values(), *lab.get("mixed", {}).values()]
    for network in lab["NETWORKS"].values():
        found += [weights.detach().numpy() for weights in network.parameters()]
    for table in ("first", "attempts"):
        found += lab[table].scores.values() if table in lab else []
    return [*found, *map(np.array, lab["tried"].values()), *map(np.array, lab["simple"].values())]


def same(one, other):
    return len(one) == len(other) and all(map(np.array_equal, one, other))


def test_poisoned_test_names_change_nothing_before_the_test_part_is_opened():
    lab = everything_before("rule(test.names)")
    clean, poisoned = trained(lab), trained(everything_before("rule(test.names)", "test"))
    assert len(lab["NETWORKS"]) == 8
    assert same(clean, poisoned)


ALL = "Part(np.r_[train.names, test.names], np.r_[train.labels, test.labels])"
LEAKS = {
    "n-grams of all names": {"ngrams = fit_ngrams(train)": f"ngrams = fit_ngrams({ALL})"},
    "endings of all names": {"fit_endings(train, 3)": f"fit_endings({ALL}, 3)"},
    "a vocabulary of all names": {
        'set("".join(train_names))': 'set("".join([*train_names, *test.names]))',
        'set("".join(part.names))': 'set("".join([*part.names, *test.names]))',
    },
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_would_be_seen(leak):
    text = "\n".join(code_cells())
    assert all(honest in text for honest in LEAKS[leak])

    def change(source):
        for honest, leaking in LEAKS[leak].items():
            source = source.replace(honest, leaking)
        return source

    clean, poisoned = (
        trained(everything_before("class BothEnds", poison, change)) for poison in (None, "test")
    )
    assert not same(clean, poisoned)


def test_the_split_is_the_same_for_any_names_and_keeps_the_mixture(lab):
    surnames = load_surnames()
    names, labels = np.array(surnames.names), surnames.labels
    train, validation, test = lab.split(names, labels)
    everything = np.concatenate([train.names, validation.names, test.names])
    assert sorted(everything) == sorted(names)
    for part, share in ((train, 0.6), (validation, 0.2), (test, 0.2)):
        assert np.allclose(np.bincount(part.labels), share * np.bincount(labels), atol=1.5)
    again = lab.split(np.arange(len(names)), labels)
    assert np.array_equal(names[again[2].names], test.names)


@pytest.mark.parametrize("pooled", [False, True])
def test_an_answer_is_the_same_alone_and_beside_a_longer_name(lab, pooled):
    torch.manual_seed(0)
    names, ids = ["ek", "ståhlkrantz", "öberg"], ["abcdefghijklmnopqrstuvwxyzåö"]
    together = lab.Part(np.array(names), np.zeros(3, dtype=int))
    for model in (lab.BothEnds(40, pooled), lab.TextClassifier(40, 13)):
        beside = lab.probabilities(model, ids, together)
        for k in range(3):
            alone = lab.Part(together.names[k : k + 1], together.labels[:1])
            assert np.allclose(lab.probabilities(model, ids, alone), beside[k], atol=1e-6)


def test_both_ends_reads_the_first_letter_last(lab):
    torch.manual_seed(1)
    model = lab.BothEnds(30).eval()
    tokens, lengths = torch.tensor([[5, 6, 7, 0, 0], [9, 8, 7, 6, 5]]), torch.tensor([3, 5])
    backwards, _ = model.lstms[1](model.embedding(torch.tensor([[7, 6, 5]])))
    forwards, _ = model.lstms[0](model.embedding(torch.tensor([[5, 6, 7]])))
    expected = model.head(torch.cat([forwards[:, -1], backwards[:, -1]], dim=1))
    assert torch.allclose(model(tokens, lengths)[0], expected[0], atol=1e-6)


def test_letters_are_hidden_in_training_only_and_padding_never(lab):
    model = lab.BothEnds(30, pooled=True, hide=1.0)
    tokens, lengths = torch.tensor([[5, 6, 0], [7, 8, 9]]), torch.tensor([2, 3])
    unknown = (tokens > 0).long()
    assert torch.equal(model.train()(tokens, lengths), model(unknown, lengths))
    assert not torch.allclose(model.eval()(tokens, lengths), model(unknown, lengths))


def test_batches_hold_every_name_once_with_its_label(lab, parts):
    train = parts[0]
    tokens, lengths = lab.encode_names(train.names, train.names)
    wanted = sorted(
        (*row[:length], -1, label)
        for row, length, label in zip(tokens.tolist(), lengths, train.labels, strict=True)
    )
    torch.manual_seed(0)
    batches = lab.ByLength(train.names, train, size=50)
    got = []
    for x, n, y in batches:
        assert x.shape[1] == n.max()
        got += [(*row[:k], -1, label) for row, k, label in zip(x.tolist(), n, y, strict=True)]
    assert len(list(batches)) == len(batches)
    assert sorted(tuple(map(int, row)) for row in got) == [tuple(map(int, row)) for row in wanted]


def reviews(rng, number):
    """Made-up reviews: word 7 says that the writer likes the film, word 8 that not."""
    labels = rng.integers(0, 2, number)
    tokens = []
    for label in labels:
        words = rng.integers(10, 100, rng.integers(20, 80))
        words[-5:] = 8 - label
        tokens.append(words.astype(np.int32))
    return SimpleNamespace(tokens=tuple(tokens), labels=labels)


def test_the_cell_for_film_reviews_does_what_it_says(lab):
    rng = np.random.default_rng(0)
    imdb = SimpleNamespace(train=reviews(rng, 200), test=reviews(rng, 50))
    tokens, lengths = lab.last_words(imdb.test)
    for row, length, review in zip(tokens, lengths, imdb.test.tokens, strict=True):
        assert length == min(50, len(review))
        assert np.array_equal(row[:length], review[-50:])
        assert not row[length:].any()
    counts = lab.word_counts(tokens, 100)
    assert np.array_equal(counts.sum(axis=1), lengths)
    words, network = lab.like_or_not(imdb, num_words=100, epochs=4)
    assert words == 1.0
    assert network > 0.9


def test_offline_is_the_default(lab):
    assert lab.ONLINE is False
