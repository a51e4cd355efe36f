"""English verbs and their past tense, from lemminflect: *walk* and *walked*, *go* and *went*.

The file is read by path from the installed package; the package itself is not imported.
"""

from __future__ import annotations

import csv
import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from lstm_helpers.datasets.base import About, DatasetError, find_package_file, package_version

PACKAGE = "lemminflect"
FILE = "resources/infl_lu.csv.gz"
NUM_FIELDS = 6
NUM_ENTRIES = 6748
NUM_VERBS = 6468
_LETTERS = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Verbs:
    """Verbs with their past tense, in the order of the file, which is alphabetical.

    Parameters
    ----------
    verbs : tuple of str
        Infinitives, each once; the letters a to z only.
    pasts : tuple of tuple of str
        For each verb every past tense that the file accepts, at least one; the one that it lists
        first stands first.
    about : About
        Source, filter, known faults.
    """

    verbs: tuple[str, ...]
    pasts: tuple[tuple[str, ...], ...]
    about: About

    def __len__(self) -> int:
        """Return the number of verbs."""
        return len(self.verbs)


def load_verbs() -> Verbs:
    """Load the verbs.

    Returns
    -------
    Verbs
        6,468 verbs.

    Raises
    ------
    DatasetError
        If lemminflect is not installed, or its file is missing or not what the course expects.

    References
    ----------
    .. [1] A. C. Browne, A. T. McCray, S. Srinivasan, "The SPECIALIST Lexicon", Lister Hill
       National Center for Biomedical Communications, National Library of Medicine, 2000.

    Examples
    --------
    >>> data = load_verbs()
    >>> data.pasts[data.verbs.index("go")], data.pasts[data.verbs.index("travel")]
    (('went',), ('traveled', 'travelled'))
    """
    return read_verbs(find_package_file(PACKAGE, FILE), package_version(PACKAGE))


def read_verbs(path: Path, version: str) -> Verbs:
    """Read the verbs from a file and check that it holds what the course expects.

    An entry is kept if verb and past tense consist of the letters a to z. Where several past
    tenses are listed, those with other characters are left out.

    Parameters
    ----------
    path : Path
        A compressed table of word, kind of word, and inflected forms.
    version : str
        Version of the package that it comes from.

    Returns
    -------
    Verbs
        The data.

    Raises
    ------
    DatasetError
        If anything is not as expected.
    """
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
            rows = [row for row in csv.reader(lines) if row]
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        _refuse(path, f"it cannot be read ({error})")
    odd = next((row for row in rows if row[1:2] == ["verb"] and len(row) != NUM_FIELDS), None)
    if odd is not None:
        _refuse(path, f"the entry {odd} has {len(odd)} fields; expected {NUM_FIELDS}")
    entries = [row for row in rows if row[1:2] == ["verb"]]
    if len(entries) != NUM_ENTRIES:
        _refuse(path, f"it has {len(entries)} entries for verbs; expected {NUM_ENTRIES}")
    pasts: dict[str, tuple[str, ...]] = {}
    for verb, _, past, *_ in entries:
        forms = tuple(form for form in past.split("/") if _LETTERS.fullmatch(form))
        if _LETTERS.fullmatch(verb) and forms:
            if verb in pasts:
                _refuse(path, f"it lists the verb {verb!r} twice; expected it once")
            pasts[verb] = forms
    if len(pasts) != NUM_VERBS or pasts.get("go") != ("went",):
        _refuse(
            path,
            f"{len(pasts)} of its verbs are written with a to z, and the past tense of 'go' is "
            f"{pasts.get('go')}; expected {NUM_VERBS} and ('went',)",
        )
    return Verbs(tuple(pasts), tuple(pasts.values()), _about(version))


def _refuse(path: Path, what: str) -> NoReturn:
    raise DatasetError(
        f"the verbs' file {path} is not the one this course was written for: {what}; run "
        f"`python -m pip install --force-reinstall {PACKAGE}==0.2.3`"
    )


def _about(version: str) -> About:
    return About(
        title="English verbs and their past tense",
        description=(
            "A dictionary of verbs with every past tense that it accepts. It was made for "
            "reading medical texts, and holds everyday words as well as rare ones."
        ),
        columns={
            "verbs": "infinitive, letters a to z",
            "pasts": "accepted past tenses, letters a to z, the first listed first",
        },
        period="",
        rows=NUM_VERBS,
        package=PACKAGE,
        version=version,
        licence="MIT",
        source="Derived from the SPECIALIST Lexicon, U.S. National Library of Medicine.",
        faults=(
            "Left out: 278 entries with capitals, hyphens or other characters, and `beware` and "
            "`login`, for which no past tense in plain letters is listed.",
            "Some entries are wrong: joyride → joyriding, torpedo → torpedoes, bide → boded, "
            "bestride → betrode.",
            "192 verbs have several past tenses. Which stands first has no system: traveled "
            "before travelled, but quarrelled before quarreled; others lack the second spelling.",
            "Every verb counts once, however often it is used: go as much as manumit.",
            "Many verbs are relatives: understand and withstand, act and overact, agonise and "
            "agonize. A split by verb parts them.",
        ),
    )
