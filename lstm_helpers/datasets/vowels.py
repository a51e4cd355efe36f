"""Nine men say two vowels: who is speaking? Recordings of 7 to 29 steps, from sktime."""

from __future__ import annotations

from dataclasses import dataclass

from lstm_helpers.datasets.base import About, find_package_file, package_version
from lstm_helpers.datasets.recordings import Recordings, read_recordings

PACKAGE = "sktime"
FILES = {
    part: f"datasets/data/JapaneseVowels/JapaneseVowels_{part.upper()}.ts"
    for part in ("train", "test")
}
NUM_CHANNELS = 12
NUM_RECORDINGS = {"train": 270, "test": 370}
SPEAKERS = tuple(str(number) for number in range(1, 10))


@dataclass(frozen=True)
class Vowels:
    """Spoken vowels; the label is the speaker, 0 to 8.

    Parameters
    ----------
    train, test : Recordings
        270 and 370 recordings of 12 channels.
    about : About
        Source, units, known faults.
    """

    train: Recordings
    test: Recordings
    about: About


def load_vowels() -> Vowels:
    """Load the spoken vowels.

    Returns
    -------
    Vowels
        270 recordings to train on and 370 to test on, as their makers split them.

    Raises
    ------
    DatasetError
        If sktime is not installed, or a file is missing or not what the course expects.

    References
    ----------
    .. [1] M. Kudo, J. Toyama, M. Shimbo, "Multidimensional curve classification using
       passing-through regions", Pattern Recognition Letters 20 (1999), 1103-1111,
       doi:10.1016/S0167-8655(99)00077-X.

    Examples
    --------
    >>> vowels = load_vowels()
    >>> len(vowels.train), vowels.train.sequences[0].shape, vowels.train.lengths.max()
    (270, (20, 12), np.int64(26))
    """
    parts = {
        part: read_recordings(
            find_package_file(PACKAGE, name), SPEAKERS, NUM_CHANNELS, NUM_RECORDINGS[part], PACKAGE
        )
        for part, name in FILES.items()
    }
    return Vowels(parts["train"], parts["test"], _about(sum(NUM_RECORDINGS.values())))


def _about(rows: int) -> About:
    return About(
        title="Japanese vowels",
        description=(
            "Nine men say the vowels a and e, one after the other. Each recording is cut into "
            "frames, and each frame becomes 12 numbers that describe the shape of its spectrum "
            "(cepstrum coefficients from linear prediction)."
        ),
        columns={"channels 1 to 12": "cepstrum coefficients, without unit, about -2 to 2"},
        period="frames of 25.6 ms, one every 6.4 ms",
        rows=rows,
        package=PACKAGE,
        version=package_version(PACKAGE),
        licence="BSD-3-Clause",
        source=(
            "M. Kudo et al., Pattern Recognition Letters 20 (1999) 1103-1111; UCI Machine Learning "
            "Repository, doi:10.24432/C5NS47."
        ),
        faults=(
            "Training and test recordings come from the same nine men; nobody new is tested.",
            "30 recordings of each man to train on, but 24 to 88 to test on.",
            "The recordings are sorted by speaker: shuffle before you batch.",
            "Length alone says something: speakers differ in how long they take.",
        ),
    )
