"""Ten seconds of a smart watch: standing, running, walking or badminton? From sktime."""

from __future__ import annotations

from dataclasses import dataclass

from lstm_helpers.datasets.base import About, find_package_file, package_version
from lstm_helpers.datasets.recordings import Recordings, read_recordings

PACKAGE = "sktime"
FILES = {
    part: f"datasets/data/BasicMotions/BasicMotions_{part.upper()}.ts" for part in ("train", "test")
}
NUM_CHANNELS = 6
NUM_RECORDINGS = 40
ACTIVITIES = ("Standing", "Running", "Walking", "Badminton")


@dataclass(frozen=True)
class Motions:
    """Recordings of movement; the label counts `ACTIVITIES`, 0 to 3.

    Parameters
    ----------
    train, test : Recordings
        40 recordings each, of 100 steps and 6 channels.
    about : About
        Source, units, known faults.
    """

    train: Recordings
    test: Recordings
    about: About

    @property
    def classes(self) -> tuple[str, ...]:
        """What the labels stand for."""
        return ACTIVITIES


def load_motions() -> Motions:
    """Load the recordings of movement.

    Returns
    -------
    Motions
        40 recordings to train on and 40 to test on, as their makers split them.

    Raises
    ------
    DatasetError
        If sktime is not installed, or a file is missing or not what the course expects.

    References
    ----------
    .. [1] A. Bagnall et al., "The UEA multivariate time series classification archive, 2018",
       arXiv:1811.00075.

    Examples
    --------
    >>> motions = load_motions()
    >>> motions.train.sequences[0].shape, motions.classes[motions.train.labels[0]]
    ((100, 6), 'Standing')
    """
    train, test = (
        read_recordings(
            find_package_file(PACKAGE, FILES[part]),
            ACTIVITIES,
            NUM_CHANNELS,
            NUM_RECORDINGS,
            PACKAGE,
        )
        for part in ("train", "test")
    )
    return Motions(train, test, _about())


def _about() -> About:
    return About(
        title="Basic motions",
        description=(
            "Four students stand, run, walk or play badminton, with a smart watch that measures "
            "acceleration and turning."
        ),
        columns={
            "channels 1 to 3": "acceleration along three axes; the files do not name the unit",
            "channels 4 to 6": "turning about three axes; the files do not name the unit",
        },
        period="10 s each, 10 values a second",
        rows=2 * NUM_RECORDINGS,
        package=PACKAGE,
        version=package_version(PACKAGE),
        licence="BSD-3-Clause",
        source="A. Bagnall et al., The UEA multivariate time series classification archive, 2018.",
        faults=(
            "The files do not say who is in which recording, so the same student may be in both "
            "parts.",
            "About one value in nine repeats the one before: the watch reports at a rate of its "
            "own.",
            "40 recordings to test on: one more right is 2.5 percentage points.",
        ),
    )
