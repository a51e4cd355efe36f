"""Surnames of thirteen European languages, all in Latin script, from the lists inside Faker.

The lists are Python source: class attributes of Faker's providers. They are read as text and never
run.
"""

from __future__ import annotations

import ast
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from lstm_helpers.datasets.base import About, DatasetError, find_package_file, package_version

PACKAGE = "faker"


class Source(NamedTuple):
    """Where the surnames of a language stand.

    Attributes
    ----------
    locale : str
        Faker's name for language and country.
    attribute : str
        The list, an attribute of the locale's class ``Provider``.
    at_least : int
        How many surnames have to be in it.
    """

    locale: str
    attribute: str
    at_least: int


SOURCES = {
    "Croatian": Source("hr_HR", "last_names", 799),
    "Dutch": Source("nl_NL", "last_names", 1130),
    "English": Source("en_GB", "last_names", 500),
    "Estonian": Source("et_EE", "last_names_est", 380),
    "Finnish": Source("fi_FI", "last_names", 400),
    "French": Source("fr_FR", "last_names", 400),
    "German": Source("de_DE", "last_names", 406),
    "Italian": Source("it_IT", "last_names", 1164),
    "Polish": Source("pl_PL", "male_last_names", 200),
    "Portuguese": Source("pt_PT", "last_names", 96),
    "Slovak": Source("sk_SK", "last_names_male", 953),
    "Spanish": Source("es_ES", "last_names", 1085),
    "Swedish": Source("sv_SE", "last_names", 500),
}
"""By language, in the order of the labels."""


@dataclass(frozen=True)
class Surnames:
    """Surnames in small letters, each once, with the number of its language.

    Parameters
    ----------
    names : tuple of str
        In the order of the languages, and within one of the alphabet: shuffle before you split.
    labels : ndarray of int (n,)
        Language of each name: its place in `languages`.
    languages : tuple of str
        Names of the languages.
    shared : mapping of str to tuple of str
        Names that stand in the lists of several languages, and these languages. They are not among
        `names`.
    about : About
        Source, what was left out, known faults.
    """

    names: tuple[str, ...]
    labels: npt.NDArray[np.int64]
    languages: tuple[str, ...]
    shared: Mapping[str, tuple[str, ...]]
    about: About


def load_surnames() -> Surnames:
    """Load the surnames.

    Returns
    -------
    Surnames
        About 7,100 names of a single word, each of one language alone.

    Raises
    ------
    DatasetError
        If Faker is not installed, or a file is missing or not what the course expects.

    Examples
    --------
    >>> surnames = load_surnames()
    >>> surnames.languages[surnames.labels[0]], surnames.shared["martin"]
    ('Croatian', ('English', 'Estonian', 'French', 'German', 'Slovak', 'Spanish'))
    """
    lists = {}
    for language, source in SOURCES.items():
        path = find_package_file(PACKAGE, f"providers/person/{source.locale}/__init__.py")
        lists[language] = read_names(path, source.attribute, source.at_least)
    return sort_out(lists)


def sort_out(lists: Mapping[str, tuple[str, ...]]) -> Surnames:
    """Keep what has one answer: single words, each once, of one language.

    Parameters
    ----------
    lists : mapping of str to tuple of str
        Names of each language as they stand in Faker.

    Returns
    -------
    Surnames
        In small letters, accents composed (Unicode NFC), so that equal names are equal text.

    Examples
    --------
    >>> kept = sort_out({"English": ("Hill", "Martin"), "French": ("de Gaulle", "Martin", "Roy")})
    >>> kept.names, kept.labels, dict(kept.shared)
    (('hill', 'roy'), array([0, 1]), {'martin': ('English', 'French')})
    """
    written = {
        language: {unicodedata.normalize("NFC", name).lower() for name in names}
        for language, names in lists.items()
    }
    words = {language: {n for n in names if n.isalpha()} for language, names in written.items()}
    homes: dict[str, tuple[str, ...]] = {}
    for language, names in words.items():
        for name in names:
            homes[name] = (*homes.get(name, ()), language)
    shared = {name: found for name, found in sorted(homes.items()) if len(found) > 1}
    kept = [
        (name, label)
        for label, names in enumerate(words.values())
        for name in sorted(names - shared.keys())
    ]
    left_out = {
        language: len(written[language]) - len(words[language])
        for language in words
        if len(written[language]) > len(words[language])
    }
    return Surnames(
        tuple(name for name, _ in kept),
        np.array([label for _, label in kept]),
        tuple(lists),
        shared,
        _about(len(kept), tuple(lists), len(shared), left_out),
    )


def read_names(path: Path, attribute: str, at_least: int) -> tuple[str, ...]:
    """Read a list of names out of the source of one of Faker's providers.

    Parameters
    ----------
    path : Path
        The file.
    attribute : str
        Name of the class attribute: names, or pairs of a name and how frequent it is.
    at_least : int
        How many names there have to be.

    Returns
    -------
    tuple of str
        In the order of the file.

    Raises
    ------
    DatasetError
        If anything is not as expected.
    """
    try:
        value = _find_value(ast.parse(path.read_text(encoding="utf-8")), attribute)
    except (OSError, ValueError, SyntaxError, LookupError) as error:
        _refuse(path, f"the list {attribute} cannot be read, {error}")
    if isinstance(value, ast.Call) and len(value.args) == 1:  # OrderedDict(((name, share), …))
        value = value.args[0]
    try:
        entries = tuple(ast.literal_eval(value))
    except (ValueError, TypeError):
        _refuse(path, f"the list {attribute} cannot be read, it is not written out name by name")
    names = [entry[0] if isinstance(entry, tuple) and entry else entry for entry in entries]
    strange = [name for name in names if not _is_latin(name)]
    if strange:
        _refuse(path, f"{strange[0]!r} in {attribute} is no name in Latin script")
    if len(names) < at_least:
        _refuse(path, f"{attribute} holds {len(names)} names, expected at least {at_least}")
    return tuple(names)


def _find_value(tree: ast.Module, attribute: str) -> ast.expr:
    """Find what is assigned to an attribute of the class ``Provider``."""
    for provider in tree.body:
        if not isinstance(provider, ast.ClassDef) or provider.name != "Provider":
            continue
        for node in provider.body:
            if isinstance(node, ast.AnnAssign):
                targets, value = [node.target], node.value
            elif isinstance(node, ast.Assign):
                targets, value = node.targets, node.value  # type: ignore[assignment]
            else:
                continue
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            if attribute in names and value is not None:
                return value
    raise LookupError("it is not there")


def _is_latin(name: Any) -> bool:
    """Whether something is a text whose letters are all Latin, accents allowed."""
    if not isinstance(name, str) or not any(letter.isalpha() for letter in name):
        return False
    return all(unicodedata.name(c, "").startswith("LATIN") for c in name if c.isalpha())


def _refuse(path: Path, what: str) -> NoReturn:
    raise DatasetError(
        f"the file {path} is not the one this course was written for: {what}; run "
        f"`python -m pip install --force-reinstall {PACKAGE}`"
    ) from None


def _about(
    rows: int, languages: tuple[str, ...], num_shared: int, left_out: Mapping[str, int]
) -> About:
    words = ", ".join(f"{number} {language}" for language, number in left_out.items()) or "none"
    return About(
        title="Surnames",
        description=(
            "Family names in small letters, with the language of the list in which they stand: "
            f"{', '.join(languages)}. Only languages in Latin script: with others, the first "
            "letter would be the whole answer."
        ),
        columns={
            "name": "text, accents as in the list",
            "language": "number of the language, from 0",
        },
        period="",
        rows=rows,
        package="Faker",
        version=package_version(PACKAGE),
        licence="MIT",
        source=(
            "Class attributes of faker.providers.person; https://github.com/joke2k/faker. The "
            "lists come from statistics offices, Wikipedia and contributors."
        ),
        faults=(
            f"{num_shared} names that stand in several lists are left out: they have no single "
            "answer. A borrowed name that stands in one list only is labelled with it.",
            f"Names of more than one word are left out ({words}): a space alone would give the "
            "Dutch away.",
            "Slovak and Polish have forms for men and for women; only those for men are here, so "
            "that no name stands beside its own other form.",
            "Some lists hold the commonest names of a country, others all that a contributor "
            "knew. How many there are says nothing about how many people bear them.",
            "Of Swedish names, those of immigrants are part; of Estonian ones, the Russian list is "
            "left out.",
        ),
    )
