"""Books of seven languages, as plain text: what a character language model learns from.

The texts are training data of music21, which guesses with them in which language a song is sung.
Each file is read by path; music21 is never imported. What transcribers put before and after the
work is cut off; the rest is as it stands in the file, but for the ends of lines.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, NoReturn

from lstm_helpers.datasets.base import About, DatasetError, find_package_file, package_version

PACKAGE = "music21"
TESTED_VERSION = "10.5.1"
FOLDER = "languageExcerpts/trainingData"


class _Work(NamedTuple):
    """One book: what it is, what frames it in its file, and what is known to be wrong.

    Attributes
    ----------
    language, author, title : str
        What it is.
    first, last : str
        How the work begins and ends, once its frame is off.
    head, tail : str
        The frame: everything up to and with `head`, and from `tail` on, is cut off. Empty: no
        frame.
    digest : str
        The first digits of the SHA-256 of the file, with Unix ends of lines.
    faults : tuple of str
        What is known to be wrong or missing.
    """

    language: str
    author: str
    title: str
    first: str
    last: str
    head: str
    tail: str
    digest: str
    faults: tuple[str, ...]


_VERSE = "Verse, indented by two blanks: the position in a line says more than in prose."
_WORKS = {
    "en": _Work(
        "English",
        "Jane Austen",
        "Lady Susan (about 1794, printed in 1871)",
        "LADY SUSAN\n\nby\n\nJane Austen",
        "older\nthan herself.",
        "by Jane Austen***\n",
        "End of The Project Gutenberg Etext",
        "4204368969ad",
        (
            "Plain ASCII: two hyphens stand for a dash, straight quotation marks for both kinds.",
            "Emphasis is in capitals (THERE), as are names in headings.",
            "Lines are broken at about 75 characters; the breaks are the transcriber's.",
            "41 letters and a conclusion: the last part has more narration and fewer headings.",
        ),
    ),
    "de": _Work(
        "German",
        "Johann Wolfgang von Goethe",
        "Faust, first part (1808)",
        "Faust: Der Tragödie erster Teil",
        "Heinrich!  Heinrich!",
        "",
        "Ende dieses Projekt Gutenberg Etextes",
        "352669b22a5b",
        (_VERSE, "Speakers stand in capitals on lines of their own."),
    ),
    "fr": _Work(
        "French",
        "Voltaire",
        "Candide (1759), in Beuchot's edition of 1829",
        "OEUVRES\n\n                   DE\n\n                VOLTAIRE.",
        "FIN DE CANDIDE.",
        "utilizer pour preparer ce texte.\n",
        "",
        "1a1ff0ef0e94",
        (
            "Title pages, a preface and the editor's notes stand among Voltaire's text.",
            "Scanning left errors, such as çn for on and K° for N°.",
        ),
    ),
    "it": _Work(
        "Italian",
        "Dante Alighieri",
        "La Divina Commedia (about 1320)",
        "LA DIVINA COMMEDIA\ndi Dante Alighieri",
        "l’amor che move il sole e l’altre stelle.",
        "",
        "",
        "b0785b2709df",
        ("Verse in groups of three lines; an empty line after each group.",),
    ),
    "la": _Work(
        "Latin",
        "many, collected by John Henry Newman",
        "Hymni Ecclesiae (1838, here in the edition of 1865)",
        "HYMNI ECCLESIAE\n",
        "Lumen vocavit gloriae.",
        "",
        "",
        "dfb8b8b6d109",
        (_VERSE, "A part of the collection only; many hymns end in nearly the same words."),
    ),
    "nl": _Work(
        "Dutch",
        "G. Ribbius",
        "Een acht en twintigtal voorwerpen uit de natuurlijke geschiedenis",
        "EEN ACHT EN TWINTIGTAL\n",
        "groote diensten heeft bewezen.",
        "",
        "",
        "da8864de5656",
        (
            "Title page, table of contents and letters stand before the verses, notes after them.",
            "Underscores, ~ and = mark italics and bold; a few words are Greek.",
        ),
    ),
    "cn": _Work(
        "Chinese",
        "collected by Wu Jingsuo",
        "Guo se tian xiang (preface of 1587)",
        "序\n\n\n\u3000\u3000刻公餘勝覽國色天香序",
        "價回，將書遞上。道",
        "ZHONG GUO SHI DA JIN SHU ZHI ***\n",
        "",
        "4c80a0eb7ff5",
        (
            "The text breaks off in the middle of a sentence, in the ninth part.",
            "Lines are broken at about 36 characters in the beginning, later only at paragraphs.",
            "3,918 different characters, 686 of which occur once.",
        ),
    ),
}
LANGUAGES = tuple(_WORKS)
"""The languages that there are, by the names of their files."""


@dataclass(frozen=True)
class Prose:
    """One book.

    Parameters
    ----------
    text : str
        The whole work; lines end in ``"\\n"``.
    about : About
        Source and known faults.
    """

    text: str
    about: About


def load_prose(language: str = "en") -> Prose:
    """Load a book.

    Parameters
    ----------
    language : str, optional
        One of ``"en"`` (Austen), ``"de"`` (Goethe), ``"fr"`` (Voltaire), ``"it"`` (Dante),
        ``"la"`` (hymns), ``"nl"`` (Ribbius), ``"cn"`` (tales of the Ming dynasty).

    Returns
    -------
    Prose
        The text, and where it comes from.

    Raises
    ------
    ValueError
        If the language is none of these.
    DatasetError
        If music21 is not installed, or its file is missing or not what the course expects.

    References
    ----------
    .. [1] M. S. Cuthbert, C. Ariza, "music21: A toolkit for computer-aided musicology and symbolic
       music data", Proceedings of ISMIR (2010), 637-642.

    Examples
    --------
    >>> austen = load_prose()
    >>> len(austen.text), austen.text[:27]
    (127292, 'LADY SUSAN\\n\\nby\\n\\nJane Austen')
    """
    if language not in _WORKS:
        raise ValueError(f"got the language {language!r}; expected one of {', '.join(LANGUAGES)}")
    path = find_package_file(PACKAGE, f"{FOLDER}/{language}.txt")
    return read_prose(path, language, package_version(PACKAGE))


def read_prose(path: Path, language: str, version: str) -> Prose:
    """Read a book from a file and check that it is the one the course expects.

    Parameters
    ----------
    path : Path
        A text file in UTF-8.
    language : str
        One of `LANGUAGES`.
    version : str
        Version of the package that it comes from.

    Returns
    -------
    Prose
        The text without what frames it in the file.

    Raises
    ------
    DatasetError
        If anything is not as expected.
    """
    work = _WORKS[language]
    try:
        content = path.read_bytes()
        text = content.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        _refuse(path, f"it cannot be read ({error})")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for frame in (work.head, work.tail):
        if frame and text.count(frame) != 1:
            _refuse(path, f"{frame.strip()!r} stands in it {text.count(frame)} times; expected 1")
    text = text.split(work.head)[1] if work.head else text
    text = text.split(work.tail)[0] if work.tail else text
    text = text.strip()
    if not (text.startswith(work.first) and text.endswith(work.last)):
        _refuse(
            path,
            f"the work goes from {text[:20]!r} to {text[-20:]!r}; expected {work.first[:20]!r} to "
            f"{work.last[-20:]!r}",
        )
    digest = hashlib.sha256(content.replace(b"\r\n", b"\n")).hexdigest()
    if not digest.startswith(work.digest):
        _refuse(path, f"it begins and ends as it should, but some of it differs (SHA-256 {digest})")
    return Prose(text, _about(work, text, version))


def _refuse(path: Path, what: str) -> NoReturn:
    raise DatasetError(
        f"the text {path} is not the one this course was written for: {what}; run "
        f"`python -m pip install --force-reinstall {PACKAGE}=={TESTED_VERSION}`"
    )


def _about(work: _Work, text: str, version: str) -> About:
    return About(
        title=f"{work.author}: {work.title}",
        description=(
            f"{work.language}, {len(text):,} characters, {len(set(text))} different ones. The "
            "package uses it to guess languages. What its transcribers wrote before and after it "
            "is cut off."
        ),
        columns={"text": "characters of Unicode, with blanks and ends of lines"},
        period="",
        rows=text.count("\n") + 1,
        package=PACKAGE,
        version=version,
        licence="BSD-3-Clause; the work itself is in the public domain",
        source=(
            "M. S. Cuthbert, C. Ariza, Proceedings of ISMIR (2010) 637-642; the text from a "
            "volunteers' transcription."
        ),
        faults=work.faults,
    )
