"""Lab 12: names as numbers: counts of n-grams, and the ids that an embedding wants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from string import ascii_lowercase
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_helpers.checks import Case, Exercise, Misconception, Output

Integers = npt.NDArray[np.integer[Any]]


def char_ngrams(names: Sequence[str], ngrams: Sequence[str]) -> Integers:
    """Count how often each n-gram stands in each name.

    Parameters
    ----------
    names : sequence of str
        N names without spaces. A space is put before and behind each, so that ``"n "`` is an n at
        the end.
    ngrams : sequence of str
        M texts of one or more characters to look for.

    Returns
    -------
    ndarray of int (N, M)
        Occurrences; they may overlap.

    Examples
    --------
    >>> char_ngrams(["anna", "hannaaa"], ["an", "a ", "aa"])
    array([[1, 1, 0],
           [1, 1, 2]])
    """
    counts = np.zeros((len(names), len(ngrams)), dtype=np.int64)
    for n, name in enumerate(names):
        text = f" {name} "
        for m, ngram in enumerate(ngrams):
            counts[n, m] = sum(text.startswith(ngram, k) for k in range(len(text)))
    return counts


def encode_names(train_names: Sequence[str], names: Sequence[str]) -> tuple[Integers, Integers]:
    """Turn names into rows of ids, with the letters of the training names for vocabulary.

    Parameters
    ----------
    train_names : sequence of str
        Whose letters have ids: 2, 3, ... in alphabetical order, as ``sorted`` gives it.
    names : sequence of str
        N names to encode, which may be others.

    Returns
    -------
    tokens : ndarray of int (N, T)
        Ids; 1 for a letter that no training name has; 0 behind the end of a name. T is the length
        of the longest of ``names``.
    lengths : ndarray of int (N,)
        Number of letters of each name.

    Examples
    --------
    >>> encode_names(["abba", "ede"], ["bea", "x"])
    (array([[3, 5, 2],
           [1, 0, 0]]), array([3, 1]))
    """
    ids = {letter: k for k, letter in enumerate(sorted(set("".join(train_names))), start=2)}
    lengths = np.array([len(name) for name in names])
    tokens = np.zeros((len(names), lengths.max()), dtype=np.int64)
    for row, name in zip(tokens, names, strict=True):
        row[: len(name)] = [ids.get(letter, 1) for letter in name]
    return tokens, lengths


# --- cases ------------------------------------------------------------------------------------

_LETTERS = "aceghiklmnorstuvzäöčžß"


def _word(rng: np.random.Generator, letters: str, length: int) -> str:
    return "".join(rng.choice(list(letters), length))


def _ngram_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for N, lengths, note in (
        (4, (5, 8, 3, 6), ""),
        (3, (7, 4, 9), "a letter three times in a row"),
        (1, (6,), "a single name"),
    ):
        letters = "".join(rng.permutation(list(_LETTERS))[:5])
        names = [_word(rng, letters, length) for length in lengths]
        twice = names[0][:2]
        names[0] += twice  # so that something occurs twice
        if note.startswith("a letter"):
            names[1] = names[1][:2] + 3 * "l" + names[1][2:]
            names[2] += "anana"
        text = f" {names[0]} "
        ngrams = [text[:2], text[-2:], text[-3:], text[-4:], twice, text[3]]
        ngrams += ["lll", "ll", "l", "x", " "]  # one space says whether there is one at each end
        ngrams += ["ana", text[:5], 12 * "b", "."]  # overlapping, long, longer than a name, a sign
        ngrams = [str(ngram) for ngram in dict.fromkeys(rng.permutation(ngrams))]
        given = (names, ngrams) if note else (np.array(names), np.array(ngrams))  # as in the lab
        cases.append(Case(given, {"N": N, "M": len(ngrams)}, note=note))
    return cases


def _encoding_cases(rng: np.random.Generator) -> list[Case]:
    cases = []
    for longest_first, unknown, note in (
        (True, True, "a letter that no training name has"),
        (False, True, "a letter that no training name has"),
        (False, False, "no unknown letter"),
    ):
        alphabet = "".join(rng.permutation(list(_LETTERS)))
        # A letter that only training has, one that only the names have; the first stands in front
        # of the alphabet, the other behind it or in front, so that leaving out shifts all ids.
        rest = sorted(alphabet[:7])
        train = [_word(rng, "".join(rest), length) for length in rng.permutation([5, 6, 7])]
        # All of them, neither in their order nor in its reverse.
        train[0] = rest[-1] + "".join(rest[k] for k in (3, 0, 6, 2, 5, 1, 4)) + rest[-1]
        train.append("a" * 3 if longest_first else "b" * 3)
        known = [rest[1], rest[3], rest[4], rest[6]]
        lengths = [12, 4, 2, 3, 6] if longest_first else [3, 5, 2, 4]
        names = [_word(rng, "".join(known), length) for length in lengths]
        names[1] = known[0] + known[-1] + names[1][2:]
        if unknown:
            names[0] = names[0][:1] + "å" + names[0][2:]
            names[1] = names[1][:-1] + "q"
        sizes = {"N": len(names), "T": max(map(len, names))}
        given = (train, names) if unknown else (np.array(train), np.array(names))  # as in the lab
        cases.append(Case(given, sizes, note=note))
    return cases


# --- wrong answers to char_ngrams ---------------------------------------------------------------


def _at_every_place(text, ngram):
    return sum(text.startswith(ngram, k) for k in range(len(text)))


def _counted(
    text=lambda name: f" {name} ",
    count=_at_every_place,
    finish=lambda counts: counts,
):
    """`char_ngrams` with one of its parts exchanged."""

    def answer(names, ngrams):
        return finish(np.array([[count(text(name), ngram) for ngram in ngrams] for name in names]))

    return answer


def _with_cut_pieces(names, ngrams):
    pieces = [
        Counter(f" {name} "[k : k + n] for n in set(map(len, ngrams)) for k in range(len(name) + 2))
        for name in names
    ]
    return np.array([[found[ngram] for ngram in ngrams] for found in pieces])


def _but_the_last_place(text, ngram):
    return sum(text.startswith(ngram, k) for k in range(len(text) - len(ngram)))


def _places_of_the_name(text, ngram):
    return sum(text.startswith(ngram, k) for k in range(len(text) - 2))


def _pieces_of(*lengths):
    """Count pieces of these lengths only, so that other n-grams are nowhere."""
    return lambda text, ngram: _at_every_place(text, ngram) if len(ngram) in lengths else 0


def _stripped(text, ngram):
    return _at_every_place(text, ngram.strip())


def _stripped_pieces(text, ngram):
    n = len(ngram.strip())
    return sum(text[k : k + n] == ngram.strip() for k in range(len(text) - n + 1))


def _letters_in_common(text, ngram):
    return sum(text.count(letter) for letter in ngram)


def _shares_of_the_text(names, ngrams):
    return char_ngrams(names, ngrams) / np.array([[len(name) + 2] for name in names])


def _shares_of_the_name(names, ngrams):
    return char_ngrams(names, ngrams) / np.array([[len(name)] for name in names])


CHAR_NGRAMS = Exercise(
    name="char_ngrams",
    lesson="12",
    title="Counting n-grams",
    points=2,
    minutes=8,
    reference=char_ngrams,
    cases=_ngram_cases,
    outputs=(Output("counts", ("N", "M")),),
    misconceptions=(
        Misconception(
            "no-edges",
            _counted(text=lambda name: name),
            'The spaces around a name are missing, so that "n " is never found. Without them an '
            "n-gram cannot say that it stands at the beginning or at the end.",
        ),
        Misconception(
            "front-edge-missing",
            _counted(text=lambda name: f"{name} "),
            "There is a space behind each name, and none before it. The beginning of a name is an "
            "edge as well: count in `f' {name} '`.",
        ),
        Misconception(
            "back-edge-missing",
            _counted(text=lambda name: f" {name}"),
            "At the end of a name something is missed: the space behind it is missing, or you stop "
            "too early. Count in `f' {name} '`; in a text of L characters, both spaces included, "
            "an n-gram can begin at L - n + 1 places.",
            variants=(_counted(count=_but_the_last_place), _counted(count=_places_of_the_name)),
        ),
        Misconception(
            "overlaps-missed",
            _counted(count=str.count),
            '`str.count` goes on behind what it has found: it counts "ll" once in "lll". Two '
            "places overlap there. Look at every place of the text.",
            variants=(_counted(text=lambda name: name, count=str.count),),
        ),
        Misconception(
            "several-spaces",
            _counted(text=lambda name: f"  {name}  "),
            "There are several spaces at each end, and each is counted for the n-gram that is a "
            "single space. One before the name and one behind it: `f' {name} '`.",
        ),
        Misconception(
            "spaces-cut-off",
            _counted(count=_stripped),
            'The spaces of the n-grams are cut off: "n " is then found wherever an n stands. They '
            "say that the n-gram stands at an edge; leave the n-grams as they are.",
            variants=(
                _counted(text=lambda name: name, count=_stripped),
                _counted(count=_stripped_pieces),
                _counted(text=lambda name: name, count=_stripped_pieces),
            ),
        ),
        Misconception(
            "some-lengths-only",
            _counted(count=_pieces_of(1, 2, 3)),
            "You count pieces of certain lengths only, so that longer or shorter n-grams are never "
            "found. An n-gram may have any number of characters: `len(ngram)` says how many.",
            variants=(
                _counted(count=_pieces_of(2)),
                _counted(count=_pieces_of(3)),
                _counted(count=_pieces_of(1, 2)),
                _counted(count=_pieces_of(2, 3)),
            ),
        ),
        Misconception(
            "presence",
            _counted(count=lambda text, ngram: int(ngram in text)),
            "You say whether an n-gram occurs, 0 or 1, and not how often. What occurs twice counts "
            "2.",
        ),
        Misconception(
            "letters-instead",
            _counted(count=_letters_in_common),
            "You count the letters of the n-gram one by one, wherever they stand. Count only where "
            "they stand next to each other, in their order.",
            variants=(
                _counted(count=lambda text, ngram: sum(letter in text for letter in ngram)),
                _counted(text=lambda name: name, count=_letters_in_common),
            ),
        ),
        Misconception(
            "place-for-count",
            _counted(count=str.find),
            "You return where the n-gram is first found, and -1 if it is nowhere. How often it is "
            "found is asked.",
            variants=(_counted(text=lambda name: name, count=str.find),),
        ),
        Misconception(
            "shares",
            _counted(finish=lambda counts: counts / np.maximum(counts.sum(axis=1)[:, None], 1)),
            "The counts of each name are divided, so that they are shares. Counts are asked for; "
            "a regression finds its own weights for them.",
            variants=(_shares_of_the_text, _shares_of_the_name),
        ),
        Misconception(
            "summed-over-names",
            _counted(finish=lambda counts: counts.sum(axis=0)),
            "The counts of all names are added up. Each name has a row of its own here: the row is "
            "what its language is to be told from.",
        ),
        Misconception(
            "columns-are-names",
            _counted(finish=np.transpose),
            "Rows and columns are exchanged: each name has a row, each n-gram a column, as "
            "`fit(X, y)` wants them.",
        ),
        Misconception(
            "cut-pieces-counted",
            _with_cut_pieces,
            "At the end of a name your pieces become shorter, `text[k : k + 3]` has two characters "
            "there, and these count as pairs once more. Stop n - 1 places before the end.",
        ),
        Misconception(
            "at-the-beginning-only",
            _counted(count=lambda text, ngram: int(text.startswith(ngram))),
            "You look at one end of the name only. An n-gram counts wherever it stands; what is "
            "said by the end of a name has its space in the n-gram.",
            variants=(
                _counted(count=lambda text, ngram: int(text.endswith(ngram))),
                _counted(
                    text=lambda name: name, count=lambda text, ngram: int(text.startswith(ngram))
                ),
                _counted(
                    text=lambda name: name, count=lambda text, ngram: int(text.endswith(ngram))
                ),
            ),
        ),
    ),
    hints=(
        "Put a space before and behind the name first. At how many places of that text does the "
        "n-gram begin?",
        "`text.startswith(ngram, k)` is True if it begins at place k. `text.count` will not do, "
        "because it leaves out what overlaps.",
        "`sum(text.startswith(ngram, k) for k in range(len(text)))` is one entry; a row has one "
        "for each n-gram.",
    ),
)


# --- wrong answers to encode_names --------------------------------------------------------------


def _encoded(
    letters=lambda train, names: sorted(set("".join(train))),
    first=2,
    unknown=lambda ids: 1,
    lookup=None,
    padding=0,
    width=lambda train, names: max(map(len, names)),
    in_front=False,
    lengths=lambda names, tokens: list(map(len, names)),
):
    """`encode_names` with one of its parts exchanged."""

    def answer(train_names, names):
        alphabet = letters(train_names, names)
        ids = {letter: k for k, letter in enumerate(alphabet, start=first)}
        if lookup is None:
            other = unknown(ids)
            rows = [[ids.get(letter, other) for letter in name] for name in names]
        else:
            rows = [lookup(ids, name) for name in names]
        T = width(train_names, rows)
        filled = [
            (T - len(row)) * [padding] + row[:T]
            if in_front
            else row[:T] + (T - len(row)) * [padding]
            for row in rows
        ]
        tokens = np.array(filled)
        return tokens, np.array(lengths(names, tokens))

    return answer


def _known_only(ids, name):
    return [ids[letter] for letter in name if letter in ids]


def _must_be_known(ids, name):
    return [ids[letter] for letter in name]


def _unknown_dropped(count):
    """Unknown letters dropped, in rows as long as the longest name all the same."""

    def answer(train_names, names):
        rows, _ = _encoded(lookup=_known_only)(train_names, names)
        _, lengths = encode_names(train_names, names)
        tokens = np.zeros((len(names), lengths.max()), dtype=np.int64)
        tokens[:, : rows.shape[1]] = rows
        return tokens, count(tokens, lengths)

    return answer


def _rows_sorted(**order):
    return lambda train_names, names: encode_names(train_names, sorted(names, **order))


def _by_frequency(train, names):
    return [letter for letter, _ in Counter("".join(train)).most_common()]


def _time_first(train_names, names):
    tokens, lengths = encode_names(train_names, names)
    return tokens.T, lengths


_ALL_STEPS = {"lengths": lambda names, tokens: [tokens.shape[1]] * len(tokens)}

ENCODE_NAMES = Exercise(
    name="encode_names",
    lesson="12",
    title="Letters to ids",
    points=3,
    minutes=12,
    reference=encode_names,
    cases=_encoding_cases,
    outputs=(Output("tokens", ("N", "T")), Output("lengths", ("N",))),
    misconceptions=(
        Misconception(
            "vocabulary-of-all-names",
            _encoded(letters=lambda train, names: sorted(set("".join([*train, *names])))),
            "The vocabulary holds the letters of the names to be encoded as well. In the lab those "
            "may be test names: a model must not know them, and later there will be letters that "
            "nobody has seen. Take the letters of `train_names`; the others are 1.",
        ),
        Misconception(
            "vocabulary-of-these-names",
            _encoded(letters=lambda train, names: sorted(set("".join(names)))),
            "The vocabulary is made of the names that are to be encoded. Then the same letter has "
            "one id in training and another in the test. Take the letters of `train_names`.",
        ),
        Misconception(
            "padding-is-a-letter",
            _encoded(first=0),
            "The first letter of the alphabet has the id 0, which also fills up short names. "
            "Nobody could tell the letter from the padding. Letters begin at 2.",
            variants=(_encoded(first=0, unknown=len), _encoded(first=0, unknown=lambda ids: -1)),
        ),
        Misconception(
            "unknown-is-a-letter",
            _encoded(first=1),
            "The first letter of the alphabet has the id 1, which also stands for an unknown "
            "letter. Letters begin at 2: 0 and 1 are taken.",
        ),
        Misconception(
            "unknown-at-the-end",
            _encoded(first=1, unknown=lambda ids: len(ids) + 1),
            "The unknown letter has the id behind all others, and letters begin at 1. Here 0 is "
            "padding, 1 is unknown, and letters begin at 2.",
            variants=(_encoded(unknown=lambda ids: len(ids) + 2),),
        ),
        Misconception(
            "unknown-as-padding",
            _encoded(unknown=lambda ids: 0),
            "An unknown letter gets the id of the padding, 0. It is a letter all the same, in the "
            "midst of a name: its id is 1.",
        ),
        Misconception(
            "unknown-left-out",
            _encoded(lookup=_known_only),
            "Unknown letters are left out, and what stands behind them moves up. They keep their "
            "place, with the id 1: a strange letter at this place may say something.",
            variants=(
                _encoded(
                    lookup=_known_only,
                    lengths=lambda names, tokens: (tokens > 0).sum(axis=1),
                ),
                _unknown_dropped(lambda tokens, lengths: lengths),
                _unknown_dropped(lambda tokens, lengths: (tokens > 0).sum(axis=1)),
            ),
        ),
        Misconception(
            "unknown-not-foreseen",
            _encoded(lookup=_must_be_known),
            "A letter that no training name has raises a KeyError. Such letters come as soon as "
            "the model is used: `ids.get(letter, 1)` gives them the id 1.",
        ),
        Misconception(
            "padding-and-unknown-exchanged",
            _encoded(unknown=lambda ids: 0, padding=1),
            "The ids 0 and 1 are exchanged: 0 is the padding, 1 an unknown letter. The lab counts "
            "on it later, where `tokens > 0` tells letters from padding.",
        ),
        Misconception(
            "padding-is-unknown",
            _encoded(padding=1),
            "The padding has the id 1, that of an unknown letter. So it comes out if `ljust` puts "
            "spaces behind a name, and they are looked up like letters. Padding is 0, so that "
            "nobody takes it for a letter.",
            variants=(
                _encoded(padding=1, **_ALL_STEPS),
                _encoded(padding=1, lengths=lambda names, tokens: (tokens > 1).sum(axis=1)),
            ),
        ),
        Misconception(
            "names-in-another-order",
            _rows_sorted(key=len),
            "The names are sorted before they are encoded, so that the rows no longer belong to "
            "the languages beside them. Row n is the name n; only the letters of the vocabulary "
            "are sorted.",
            variants=(
                _rows_sorted(key=len, reverse=True),
                _rows_sorted(),
                _rows_sorted(reverse=True),
            ),
        ),
        Misconception(
            "training-names-sorted",
            _encoded(letters=lambda train, names: list(dict.fromkeys("".join(sorted(train))))),
            "The training names are sorted, and not their letters. Join them first, then take each "
            "letter once, then sort: `sorted(set(''.join(train_names)))`.",
        ),
        Misconception(
            "names-for-letters",
            _encoded(letters=lambda train, names: sorted(set(train))),
            "Every letter gets the id 1, as if it were unknown. Does the vocabulary hold whole "
            "names? Join them, then take each letter once: `sorted(set(''.join(train_names)))`.",
        ),
        Misconception(
            "in-order-of-appearance",
            _encoded(letters=lambda train, names: list(dict.fromkeys("".join(train)))),
            "The letters are numbered as they appear in the training names. They are asked for in "
            "alphabetical order, so that another order of the names gives the same ids.",
        ),
        Misconception(
            "alphabet-reversed",
            _encoded(letters=lambda train, names: sorted(set("".join(train)), reverse=True)),
            "The letters are numbered from the end of the alphabet on. They are asked for in "
            "alphabetical order, as `sorted` gives it.",
        ),
        Misconception(
            "every-occurrence-numbered",
            _encoded(letters=lambda train, names: sorted("".join(train))),
            "You number each *occurrence* of a letter, so that the ids have gaps and grow with "
            "the number of names. Each letter once: `sorted(set(...))`.",
        ),
        Misconception(
            "fixed-alphabet",
            _encoded(letters=lambda train, names: ascii_lowercase),
            "The vocabulary is a to z, whatever the training names hold: ä or ž would be unknown, "
            "and some ids would never be trained. Take the letters of `train_names`.",
        ),
        Misconception(
            "by-frequency",
            _encoded(letters=_by_frequency),
            "The letters are numbered by how frequent they are. They are asked for in alphabetical "
            "order: `sorted(...)`.",
        ),
        Misconception(
            "code-points",
            _encoded(lookup=lambda ids, name: [ord(letter) for letter in name]),
            "The ids are Unicode's numbers of the letters. An embedding would need a row for each "
            "of 150,000 characters. Number the letters of the training names, from 2.",
            variants=(
                _encoded(lookup=lambda ids, name: [ord(letter) - ord("a") for letter in name]),
                _encoded(lookup=lambda ids, name: [ord(letter) - ord("a") + 2 for letter in name]),
            ),
        ),
        Misconception(
            "padded-in-front",
            _encoded(in_front=True),
            "The padding stands in front of the names. Here it stands behind: step 0 is a name's "
            "first letter, and step `lengths - 1` its last one.",
        ),
        Misconception(
            "width-of-all-names",
            _encoded(width=lambda train, rows: max(map(len, [*train, *rows]))),
            "T is the length of the longest of *all* names, those of training included, so that "
            "there may be padding that nobody needs. T is the length of the longest of `names`.",
        ),
        Misconception(
            "width-of-training-names",
            _encoded(width=lambda train, rows: max(map(len, train))),
            "T is the length of the longest *training* name. Longer names lose their ends, shorter "
            "ones get padding that nobody needs: T is the length of the longest of `names`.",
            variants=(
                _encoded(
                    width=lambda train, rows: max(map(len, train)),
                    lengths=lambda names, tokens: (tokens > 0).sum(axis=1),
                ),
            ),
        ),
        Misconception(
            "cut-to-the-shortest",
            _encoded(width=lambda train, rows: min(map(len, rows))),
            "The names are cut to the length of the shortest. Nothing is to be cut: T is the "
            "length of the longest name, and 0 fills up the others.",
            variants=(_encoded(width=lambda train, rows: min(map(len, rows)), **_ALL_STEPS),),
        ),
        Misconception(
            "padding-counted",
            _encoded(**_ALL_STEPS),
            "The ids are right, but all `lengths` are T: the padding is counted. The network reads "
            "its answer at a name's own last letter, so it has to know where that is.",
        ),
        Misconception(
            "last-step-for-length",
            _encoded(lengths=lambda names, tokens: [len(name) - 1 for name in names]),
            "The ids are right, but `lengths` are one too small: you give the place of the last "
            "letter. Asked is how many letters there are, `len(name)`.",
        ),
        Misconception(
            "unknown-not-counted",
            _encoded(lengths=lambda names, tokens: (tokens > 1).sum(axis=1)),
            "The ids are right, but `lengths` leaves out the unknown letters. They are steps like "
            "all others: `len(name)`.",
        ),
        Misconception(
            "time-first",
            _time_first,
            "Steps stand in the rows and names in the columns. Batch first: (N, T).",
        ),
    ),
    hints=(
        "First a dictionary from letter to id, made of `train_names` alone: `enumerate` can count "
        "from 2.",
        "`sorted(set(''.join(train_names)))` are the letters. `ids.get(letter, 1)` is the id of a "
        "letter, or 1. Begin with `np.zeros((N, T), dtype=int)`, which is all padding.",
        "For each row: `row[: len(name)] = [ids.get(letter, 1) for letter in name]`.",
    ),
)
