"""Lab 13: nothing of the test part reaches training, and the lesson's functions take Chinese too.

What is tested are the definitions of the lesson itself, taken out of its notebook.
"""

import ast
import importlib.util
import json
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch

from lstm_helpers import recorded
from lstm_helpers.datasets.prose import load_prose
from lstm_helpers.grading import extract

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOK = ROOT / "solutions" / "13_write_like_austen.ipynb"
TINY = {"embedding_size": 3, "hidden_size": 5}


@pytest.fixture(scope="module")
def taught():
    """What the notebook defines, by name; nothing else of it has run."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    names = {}
    for cell in extract(NOTEBOOK).cells:
        exec(compile(cell.source, f"cell {cell.number}", "exec"), names)
    yield names
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def austen():
    return load_prose().text[:20_000]


@pytest.fixture(scope="module")
def tales():
    return load_prose("cn").text[:9_000]


def trained(taught, text, prepare):
    """Everything that a short training on a text makes."""
    symbols, train, validation, _ = prepare(text)
    model = taught["train_writer"](train, len(symbols), seed=0, epochs=1, sizes=TINY)
    tables = taught["count_contexts"](train, 3)
    guesses = taught["lstm_probabilities"](model, train, validation)
    return symbols, train, validation, tables, model.state_dict(), guesses


def same(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray | torch.Tensor):
        return one.shape == other.shape and bool((one == other).all())
    return one == other


def poisoned(text, share):
    """The last part of a text, replaced by characters that occur nowhere else, many times each."""
    begin = int(share * len(text))
    return text[:begin] + ("\u2603\u2620" * len(text))[: len(text) - begin]


class TestNoLeakage:
    def test_a_poisoned_test_part_changes_nothing(self, taught, austen):
        clean = trained(taught, austen, taught["prepare"])
        after = trained(taught, poisoned(austen, 0.9), taught["prepare"])
        for one, other in zip(clean, after, strict=True):
            assert same(one, other)

    def test_a_poisoned_validation_part_does_not_change_the_training(self, taught, austen):
        clean = trained(taught, austen, taught["prepare"])
        after = trained(taught, poisoned(austen, 0.8), taught["prepare"])
        for kind in (0, 1, 3, 4):
            assert same(clean[kind], after[kind])
        assert (after[2] == 0).all()  # every one of them is unknown

    def test_a_vocabulary_of_the_whole_text_would_be_found_out(self, taught, austen):
        def leaking(text):
            symbols = taught["make_vocabulary"](text)
            parts = taught["split_text"](text)
            return symbols, *(taught["encode"](part, symbols) for part in parts)

        clean = trained(taught, austen, leaking)
        after = trained(taught, poisoned(austen, 0.9), leaking)
        assert not same(clean[0], after[0])
        assert not same(clean[4], after[4])

    def test_a_shuffled_split_would_be_found_out(self, taught, austen):
        def leaking(text):
            mixed = "".join(np.random.default_rng(0).permutation(list(text)))
            return taught["prepare"](mixed)

        assert not same(
            trained(taught, austen, leaking)[1], trained(taught, poisoned(austen, 0.9), leaking)[1]
        )

    def test_the_notebook_reads_the_test_part_in_section_10_only(self):
        section, readers = "", {}
        for cell in nbformat.read(NOTEBOOK, as_version=4).cells:
            if cell.cell_type == "markdown":
                titles = [line for line in cell.source.splitlines() if line.startswith("## ")]
                section = titles[-1] if titles else section
                continue
            loaded = {
                node.id
                for node in ast.walk(ast.parse(cell.source))
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
            }
            if "test" in loaded:
                readers[section] = True
        assert [title.partition(".")[0] for title in readers] == ["## 10"]


class TestModels:
    def test_parts_are_in_order_and_whole(self, taught, austen):
        parts = taught["split_text"](austen)
        assert "".join(parts) == austen
        assert [len(part) for part in parts] == [16_000, 2_000, 2_000]

    def test_rare_and_new_characters_share_one_number(self, taught):
        symbols = taught["make_vocabulary"]("aabbbc")
        assert symbols == [taught["UNKNOWN"], "a", "b"]
        tokens = taught["encode"]("abcd", symbols)
        assert tokens.tolist() == [1, 2, 0, 0]
        assert taught["decode"](tokens, symbols) == "ab\ufffd\ufffd"

    def test_ngram_probabilities_sum_to_one_and_are_those_of_the_targets(self, taught, austen):
        symbols, train, validation, _ = taught["prepare"](austen)
        tables = taught["count_contexts"](train, 3)
        tokens = np.concatenate([train[-3:], validation[:40]]).tolist()
        histories = [tokens[m : m + 3] for m in range(40)]
        models = taught["predict_after"](tables, histories, 2.0, len(symbols))
        found = taught["ngram_probabilities"](
            tables, train, validation[:40], 2.0, len(symbols), block=7
        )
        for n, p in enumerate(models):
            assert np.allclose(p.sum(axis=1), 1)
            assert (p > 0).all()
            assert np.allclose(p[np.arange(40), validation[:40]], found[n])

    def test_counts_are_those_of_the_text(self, taught):
        tables = taught["count_contexts"](np.array([1, 2, 1, 2, 1, 3]), 2)
        assert [dict(tables[0][()]), dict(tables[1][(1,)])] == [{1: 3, 2: 2, 3: 1}, {2: 2, 3: 1}]
        assert dict(tables[2][(1, 2)]) == {1: 2}

    def test_a_carried_state_is_worth_reading_in_one_go(self, taught):
        torch.manual_seed(0)
        model = taught["Writer"](7, **TINY)
        tokens = torch.randint(0, 7, (2, 12))
        with torch.no_grad():
            whole, _ = model(tokens)
            first, state = model(tokens[:, :5])
            second, _ = model(tokens[:, 5:], state)
        assert torch.allclose(whole, torch.cat([first, second], dim=1), atol=1e-6)

    def test_detached_pieces_train_and_others_are_refused(self, taught):
        tokens = np.random.default_rng(0).integers(0, 7, 32 * 8 + 1)
        for carry in (True, False):
            model = taught["train_writer"](
                tokens, 7, seed=0, epochs=1, num_steps=4, carry=carry, sizes=TINY
            )
            assert all(torch.isfinite(weight).all() for weight in model.parameters())
        model, state = taught["Writer"](7, **TINY), None
        x = torch.tensor(tokens[:8])[None]
        logits, state = model(x)
        logits.sum().backward()
        with pytest.raises(RuntimeError, match="backward through the graph a second time"):
            model(x, state)[0].sum().backward()

    def test_bits_by_place_agree_with_reading_on(self, taught, austen):
        symbols, train, validation, _ = taught["prepare"](austen)
        model = taught["train_writer"](train, len(symbols), seed=0, epochs=1, sizes=TINY)
        emptied, carried = (
            taught["bits_at_each_step"](model, validation, 16, carry) for carry in (False, True)
        )
        assert emptied.shape == carried.shape == (16, (len(validation) - 1) // 16)
        assert np.allclose(emptied[:, 0], carried[:, 0], atol=1e-4)
        assert np.abs(emptied[0, 1:] - carried[0, 1:]).max() > 1e-4

    def test_features_count_what_they_say(self, taught):
        features = taught["features_of"]('I am. "OH"\nno')
        assert features["position in the line"].tolist() == [*range(10), 0, 1, 2]
        assert features["position in the word"].tolist() == [0, 0, 1, 2, 3, 0, 1, 2, 3, 4, 0, 1, 2]
        assert features["since the end of a sentence"][4:7].tolist() == [0, 1, 2]
        assert features["word in capitals"].tolist() == [0] * 8 + [1] + [0] * 4
        assert features["inside quotation marks"].tolist() == [0] * 6 + [1] * 3 + [0] * 4

    def test_states_are_those_of_the_layer(self, taught):
        torch.manual_seed(0)
        model = taught["Writer"](7, **TINY)
        tokens = np.random.default_rng(0).integers(0, 7, 9)
        states = taught["cell_states"](model, tokens)
        with torch.no_grad():
            _, (_, c) = model(torch.tensor(tokens)[None])
        assert states.shape == (9, 5)
        assert np.allclose(states[-1], c[0, 0].numpy(), atol=1e-6)


class TestTheSameLessonInChinese:
    def test_unknown_characters_are_met_and_handled(self, taught, tales):
        symbols, train, validation, test = taught["prepare"](tales)
        V = len(symbols)
        assert V > 500
        for part in (train, validation, test):
            assert 0 < np.mean(part == 0) < 0.5
        model = taught["train_writer"](train, V, seed=0, epochs=1, sizes=TINY)
        assert np.isfinite(taught["lstm_probabilities"](model, train, validation)).all()
        tables = taught["count_contexts"](train, 2)
        p = taught["ngram_probabilities"](tables, train, validation, 1.0, V)
        assert ((p > 0) & (p <= 1)).all()

    def test_it_writes_and_shows_what_it_tracks(self, taught, tales, capsys):
        symbols, train, validation, _ = taught["prepare"](tales)
        model = taught["Writer"](len(symbols), **TINY)
        written = taught["write"](model, train[-20:], 30, 0.7, 10)
        assert len(taught["decode"](written, symbols)) == 30
        after_epoch = taught["live_text"]("tales", symbols, train[-20:], 10)
        after_epoch(1, 9.0, model)
        features = taught["features_of"](tales)
        assert features["inside quotation marks"].max() >= 1
        states = taught["cell_states"](model, validation[:200])
        piece = taught["decode"](validation[:200], symbols)
        r = taught["correlations"](states, taught["features_of"](piece)["position in the line"])
        assert (np.abs(r) <= 1 + 1e-6).all()
        taught["heat_text"](piece, states[:, 0])
        assert piece.split("\n")[0] in capsys.readouterr().out


class TestTheRecordedRuns:
    @pytest.fixture
    def table(self):
        return recorded.load("prose")

    @pytest.fixture
    def script(self):
        spec = importlib.util.spec_from_file_location("prose", ROOT / "benchmarks" / "prose.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def test_settings_are_those_of_the_script(self, table, script):
        assert table["settings"] == script.SETTINGS
        assert [row["seed"] for row in table["rows"]] == table["seeds"] == [0, 1, 2]

    def test_split_and_vocabulary_are_the_lessons(self, taught, script):
        (train, validation, test), num_symbols = script.parts()
        text = load_prose().text[: taught["CHARACTERS"]]
        symbols, *parts = taught["prepare"](text)
        assert len(symbols) == num_symbols
        for one, other in zip((train, validation, test), parts, strict=True):
            assert np.array_equal(one, other)

    def test_a_run_gives_such_a_row_twice(self, table, script, monkeypatch, tmp_path):
        small = {"characters": 6_000, "hidden_size": 4, "embedding_size": 3, "epochs": 2}
        monkeypatch.setattr(script, "SETTINGS", script.SETTINGS | small)
        rows = [json.loads(json.dumps(script.run(1))) for _ in range(2)]
        assert [*rows[0]] == [*table["rows"][0]]
        for row in rows:
            assert len(row.pop("seconds")) == 2
        assert rows[0] == rows[1]
        monkeypatch.setattr(script, "TABLE", tmp_path / "new.json")
        monkeypatch.setattr(recorded, "_FOLDER", tmp_path)
        script.write(rows, 2)
        assert recorded.load("new")["rows"] == rows
        assert [*recorded.load("new")] == [*table]
