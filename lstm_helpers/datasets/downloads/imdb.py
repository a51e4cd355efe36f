"""Reviews of films from the Internet Movie Database: does the writer like the film?

Keras publishes them as numbers of words, sorted by how often a word occurs. They are read here
without Keras, since importing it takes seconds and its own download has no time limit; the result
is the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_helpers.datasets.base import About
from lstm_helpers.datasets.downloads.attempts import Patience
from lstm_helpers.datasets.downloads.cache import cache_folder
from lstm_helpers.datasets.downloads.transfer import RemoteFile, fetch

Integers = npt.NDArray[np.integer[Any]]

ADDRESS = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
REVIEWS = RemoteFile(
    "imdb.npz",
    ADDRESS + "imdb.npz",
    17_464_789,
    "sha256",
    "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
)
WORDS = RemoteFile(
    "imdb_word_index.json",
    ADDRESS + "imdb_word_index.json",
    1_641_221,
    "md5",
    "bfafd718b763782e994055a2d397834f",
)
SPECIAL = ("<padding>", "<start>", "<rare>", "<unused>")
PADDING, START, RARE = range(3)


@dataclass(frozen=True)
class Reviews:
    """Reviews as numbers of words, each with its label.

    Parameters
    ----------
    tokens : tuple of ndarray of int32 (T_n,)
        Each begins with the number of ``<start>``; look a number up in `Imdb.words`.
    labels : ndarray of int (n,)
        1 if the writer likes the film, 0 if not.
    """

    tokens: tuple[Integers, ...]
    labels: Integers

    def __len__(self) -> int:
        return len(self.tokens)


@dataclass(frozen=True)
class Imdb:
    """Reviews of films, in the split of those who collected them.

    Parameters
    ----------
    train, test : Reviews
        25,000 reviews each, of different films.
    words : tuple of str
        What each number stands for: four signs, then words by falling frequency.
    about : About
        Source, known faults.
    """

    train: Reviews
    test: Reviews
    words: tuple[str, ...]
    about: About

    def text(self, tokens: Integers) -> str:
        """Read a review.

        Parameters
        ----------
        tokens : ndarray of int (T,)
            Numbers of words.

        Returns
        -------
        str
            The words, with spaces between.
        """
        return " ".join(self.words[token] for token in tokens)


def load_imdb(
    num_words: int = 10_000,
    download: bool = False,
    *,
    cache: str | Path | None = None,
    timeout: float = 20.0,
    attempts: int = 4,
    pause: float = 1.0,
    progress: bool = True,
) -> Imdb:
    """Load 50,000 reviews of films; the first time over the network.

    Parameters
    ----------
    num_words : int, optional
        Numbers from here on, those of rarer words, become the one of ``<rare>``; at least 5.
    download : bool, optional
        True: fetch what is not in the cache yet, 19 MB. False: nothing is fetched.
    cache : str or Path, optional
        Where files are kept; by default the folder that the system has for such files.
    timeout : float, optional
        Seconds without a sign of the server after which an attempt has failed.
    attempts : int, optional
        How many attempts at most for each file.
    pause : float, optional
        Seconds between the first two attempts; each further pause is twice as long.
    progress : bool, optional
        False: no progress bar.

    Returns
    -------
    Imdb
        In the order of ``keras.datasets.imdb.load_data(num_words=num_words)``, with its numbers.

    Raises
    ------
    DatasetError
        If the files are not in the cache or damaged and ``download`` is False, or if they cannot
        be fetched.
    ValueError
        If ``num_words`` is below 5, or a number of attempts or seconds is impossible.

    Warns
    -----
    UserWarning
        If a file in the cache was damaged, and is fetched anew.

    Notes
    -----
    The file of reviews holds lists, which NumPy reads as pickles, and a pickle can run any
    program. So nothing of it is read before its checksum is the one that Keras publishes.

    References
    ----------
    .. [1] A. L. Maas, R. E. Daly, P. T. Pham, D. Huang, A. Y. Ng, C. Potts, "Learning word vectors
       for sentiment analysis", Proceedings of ACL-HLT 2011, 142-150.
    """
    if num_words < len(SPECIAL) + 1:
        raise ValueError(
            f"got num_words={num_words}; expected at least {len(SPECIAL) + 1}, since the first "
            f"{len(SPECIAL)} numbers are signs and not words"
        )
    folder, patience = cache_folder(cache), Patience(timeout, attempts, pause)
    call = "load_imdb(download=True)"
    reviews = fetch(REVIEWS, folder, call, download, patience, progress)
    words = fetch(WORDS, folder, call, download, patience, progress)
    return _read(reviews, words, num_words)


def _read(reviews: Path, words: Path, num_words: int) -> Imdb:
    """Read two files whose checksums are right."""
    with np.load(reviews, allow_pickle=True) as arrays:
        train, test = (
            _in_order(arrays[f"x_{part}"], arrays[f"y_{part}"], order, num_words)
            for part, order in zip(("train", "test"), _orders(arrays), strict=True)
        )
    index: dict[str, int] = json.loads(words.read_text(encoding="utf-8"))
    by_frequency = tuple(sorted(index, key=index.__getitem__))
    return Imdb(train, test, (*SPECIAL, *by_frequency)[:num_words], _about(len(train) + len(test)))


def _orders(arrays: Any) -> tuple[Integers, Integers]:
    """Draw the orders into which Keras brings the two parts."""
    draw = np.random.RandomState(113)  # the generator that Keras uses
    train, test = (np.arange(len(arrays[f"y_{part}"])) for part in ("train", "test"))
    draw.shuffle(train)
    draw.shuffle(test)
    return train, test


def _in_order(reviews: Any, labels: Any, order: Integers, num_words: int) -> Reviews:
    def tokens(review: list[int]) -> Integers:
        numbers = np.array([0, *review], dtype=np.int32) + len(SPECIAL) - 1  # words count from 1
        numbers[0] = START
        numbers[numbers >= num_words] = RARE
        return numbers

    return Reviews(tuple(tokens(reviews[n]) for n in order), labels[order].astype(np.int64))


def _about(rows: int) -> About:
    return About(
        title="Reviews from the Internet Movie Database",
        description=(
            "Reviews in English that give a film at most 4 or at least 7 points of 10, at most 30 "
            "of one film, cut into words and written as numbers by Keras."
        ),
        columns={
            "tokens": f"number of each word; {PADDING} is padding, {START} start, {RARE} a rare "
            "word",
            "labels": "1: at least 7 points, 0: at most 4 points",
        },
        period="",
        rows=rows,
        package=f"{REVIEWS.name} of Keras,",
        version=f"{REVIEWS.algorithm} {REVIEWS.checksum[:12]}…",
        licence="no licence is stated: for research, not to be passed on",
        source="A. L. Maas et al., ACL-HLT 2011, 142-150; https://ai.stanford.edu/~amaas/data/sentiment/.",
        faults=(
            "As many good as bad reviews and none in between: real reviews are not like that.",
            "Punctuation and capitals are gone, and words are those of the training part: others "
            "in the test part were left out.",
            "The line breaks of web pages became a word, br, one of the ten most frequent.",
        ),
    )
