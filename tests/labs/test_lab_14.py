"""Lab 14: nothing of the test part reaches training; what is taught is what is tested.

The functions are those of the notebook itself, taken from `solutions/`. Poison is put into the past
tenses of the test part: batches and weights must stay the same to the last bit. A split whose parts
overlap shows that the test can fail.
"""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from lstm_helpers import nn
from lstm_helpers.datasets.verbs import load_verbs
from lstm_helpers.grading.extract import extract
from lstm_helpers.notebook import quiet_imports
from lstm_helpers.training import track

with quiet_imports():
    import keras
    import tensorflow as tf

NOTEBOOK = Path(__file__).resolve().parents[2] / "solutions" / "14_go_went.ipynb"
DATA = load_verbs()


def functions():
    """The notebook's functions, and nothing that its other cells compute."""
    namespace = {"np": np, "nn": nn, "keras": keras, "tf": tf, "track": track}
    namespace |= {"layers": keras.layers, "ops": keras.ops}
    namespace |= {"Counter": Counter, "defaultdict": defaultdict}
    for cell in extract(NOTEBOOK).cells:
        exec(cell.source, namespace)
    namespace |= {"accepted": dict(zip(DATA.verbs, DATA.pasts, strict=True)), "H": 8}
    return namespace


@pytest.fixture
def lab():
    """Functions of its own for each test, so that poison stays in it."""
    return functions()


@pytest.fixture(scope="module")
def tiny():
    """A small network and what trains it, compiled once; training draws its weights anew."""
    taught = functions()
    taught["VERBS"] = {"train": DATA.verbs[:128]}
    model = taught["build"]()
    return model, taught["make_trainer"](model)


def split(lab, seed=0):
    """The verbs of each part, as the notebook splits them."""
    groups = np.array([lab["root"](verb, lab["accepted"]) for verb in DATA.verbs])
    parts = lab["split_groups"](groups, seed)
    return {part: [DATA.verbs[i] for i in rows] for part, rows in parts.items()}


def poison(lab, verbs):
    lab["accepted"] |= dict.fromkeys(verbs, ("xxxxxxxxxxxxxxxxxxxxxxxx",))


def fed(lab, verbs):
    """All that training reads in two epochs."""
    rng = np.random.default_rng(0)
    return [array for _ in range(2) for batch in lab["batches"](verbs, rng) for array in batch]


def trained(lab, tiny, verbs):
    """Weights of a small network after one epoch on a few of the verbs."""
    lab["train"](*tiny, verbs[:128], seed=0, epochs=1)
    return tiny[0].get_weights()


def same(first, second):
    return len(first) == len(second) and all(map(np.array_equal, first, second))


def test_no_verb_and_no_family_is_in_two_parts(lab):
    for seed in (0, 1):
        parts = split(lab, seed)
        assert sorted(verb for verbs in parts.values() for verb in verbs) == list(DATA.verbs)
        roots = [{lab["root"](v, lab["accepted"]) for v in verbs} for verbs in parts.values()]
        assert len(set.union(*roots)) == sum(map(len, roots))


def test_relatives_are_found_by_their_spelling_alone(lab):
    known = set(DATA.verbs)
    roots = {verb: lab["root"](verb, known) for verb in DATA.verbs}
    assert roots["misunderstand"] == roots["withstand"] == "stand"
    assert roots["agonise"] == "agonize"
    assert roots["rest"] == "rest"


def test_poison_in_the_test_part_changes_nothing_that_is_trained(lab, tiny):
    parts = split(lab)
    before, weights = fed(lab, parts["train"]), trained(lab, tiny, parts["train"])
    analogies = lab["learn_analogies"](parts["train"])
    poison(lab, parts["test"])
    assert split(lab) == parts
    assert same(fed(lab, parts["train"]), before)
    assert lab["learn_analogies"](parts["train"]) == analogies
    assert same(trained(lab, tiny, parts["train"]), weights)


def test_a_leak_would_be_noticed(lab, tiny):
    parts = split(lab)
    leaking = [*parts["train"][:100], parts["test"][0], *parts["train"][100:]]
    before, weights = fed(lab, leaking), trained(lab, tiny, leaking)
    poison(lab, parts["test"])
    assert not same(fed(lab, leaking), before)
    assert not same(trained(lab, tiny, leaking), weights)


def test_steps_in_numpy_are_those_of_keras(lab):
    keras.utils.set_random_seed(1)
    verbs = ["go", "withdraw", "carry"]
    targets = lab["encode"](["went", "withdrew", "carried"], end=True)
    read = lab["shift_right"](targets, 28)
    for attend in (True, False):
        model = lab["build"](attend)
        logits = np.asarray(model([lab["encode"](verbs), read]))
        written, weights = lab["decode"](model, verbs, read, attend)
        assert np.array_equal(written, logits.argmax(axis=2))
        assert np.allclose(weights.sum(axis=2), 1.0, atol=1e-6)
        assert not weights[0, :, 2:].any()  # the padding of "go"


def test_a_beam_of_one_is_greedy(lab):
    keras.utils.set_random_seed(2)
    verbs, model = ["go", "withdraw", "carry"], lab["build"]()
    found = lab["search"](model, verbs, 1)
    written, _ = lab["decode"](model, verbs)
    assert [found[verb][0] for verb in verbs] == [lab["spell"](row) for row in written]


def test_spelling_undoes_encoding(lab):
    words = ["go", "zigzagged", "a"]
    assert [lab["spell"](row) for row in lab["encode"](words, end=True)] == words
    assert lab["encode"](["go"], end=True).tolist() == [[7, 15, 27]]


@pytest.mark.parametrize(
    ("verb", "past"),
    [("dance", "danced"), ("carry", "carried"), ("play", "played"), ("stop", "stopped"),
     ("visit", "visited"), ("panic", "panicked"), ("show", "showed"), ("need", "needed")],
)  # fmt: skip
def test_rules_do_what_the_lesson_says(lab, verb, past):
    assert lab["by_rules"](verb) == past


def test_errors_are_sorted_by_kind(lab):
    kind = lab["kind_of_error"]
    assert kind("go", "goed") == "irregular"
    assert kind("admit", "admited") == kind("visit", "visitted") == "doubling"
    assert kind("carry", "carryed") == "ending"
    assert kind("correspond", "corespoonded") == "copying"
