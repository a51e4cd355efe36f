"""Real sequence data that installed packages carry: one loader each, no network.

Every loader returns arrays together with an `About`: what they are, their units, where they come
from, and their known faults. `split_by_time` and `fit_standardizer` prepare them without letting
the future leak into the past.
"""

from lstm_helpers.datasets.base import About, DatasetError, find_package_file, package_version
from lstm_helpers.datasets.motions import Motions, load_motions
from lstm_helpers.datasets.names import Surnames, load_surnames
from lstm_helpers.datasets.preparing import (
    Split,
    Standardizer,
    fit_standardizer,
    split_by_time,
)
from lstm_helpers.datasets.prices import Prices, load_prices
from lstm_helpers.datasets.prose import Prose, load_prose
from lstm_helpers.datasets.recordings import Recordings, pad
from lstm_helpers.datasets.river import River, load_river
from lstm_helpers.datasets.verbs import Verbs, load_verbs
from lstm_helpers.datasets.vowels import Vowels, load_vowels

__all__ = [
    "About",
    "DatasetError",
    "Motions",
    "Prices",
    "Prose",
    "Recordings",
    "River",
    "Split",
    "Standardizer",
    "Surnames",
    "Verbs",
    "Vowels",
    "find_package_file",
    "fit_standardizer",
    "load_motions",
    "load_prices",
    "load_prose",
    "load_river",
    "load_surnames",
    "load_verbs",
    "load_vowels",
    "package_version",
    "pad",
    "split_by_time",
]
