"""Every book is the one that `about` describes, and another file is refused with a sentence."""

import collections
import importlib.util
import subprocess
import sys

import pytest

from lstm_helpers.datasets import DatasetError, find_package_file, package_version
from lstm_helpers.datasets.prose import FOLDER, LANGUAGES, PACKAGE, load_prose, read_prose

BOOKS = {
    "en": (127_292, 67, "LADY SUSAN", "than herself."),
    "de": (199_483, 72, "Faust: Der Tragödie erster Teil", "Heinrich!  Heinrich!"),
    "fr": (201_035, 95, "OEUVRES", "FIN DE CANDIDE."),
    "it": (532_420, 80, "LA DIVINA COMMEDIA", "l’amor che move il sole e l’altre stelle."),
    "la": (98_175, 70, "HYMNI ECCLESIAE", "Lumen vocavit gloriae."),
    "nl": (113_071, 124, "EEN ACHT EN TWINTIGTAL", "wetenschap groote diensten heeft bewezen."),
    "cn": (191_176, 3_918, "序", "價回，將書遞上。道"),
}


def test_there_is_a_book_for_each_language():
    assert set(BOOKS) == set(LANGUAGES)


@pytest.mark.parametrize("language", BOOKS)
def test_the_book_is_whole_and_without_its_frame(language):
    length, different, first, last = BOOKS[language]
    text = load_prose(language).text
    assert (len(text), len(set(text))) == (length, different)
    assert text.startswith(first)
    assert text.endswith(last)
    assert "\r" not in text
    for word in ("Gutenberg", "GUTENBERG", "gallica"):
        assert word not in text


@pytest.mark.parametrize("language", BOOKS)
def test_nothing_but_the_frame_is_cut_off(language):
    path = find_package_file(PACKAGE, f"{FOLDER}/{language}.txt")
    whole = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    text = load_prose(language).text
    assert whole.count(text) == 1
    assert len(whole) - len(text) < 250


@pytest.mark.parametrize("language", BOOKS)
def test_about_says_everything(language):
    about = str(load_prose(language).about)
    for part in ("characters", "BSD-3-Clause", f"music21 {package_version('music21')}"):
        assert part in about
    assert f"{BOOKS[language][0]:,} characters, {BOOKS[language][1]} different" in about


def test_the_faults_that_about_tells_are_there():
    austen, tales = load_prose().text, load_prose("cn").text
    assert austen.isascii()
    assert "--" in austen
    assert 70 < max(map(len, austen.split("\n"))) < 80
    assert "\n\nXLI\n" in austen
    assert "\n\nXLII\n" not in austen
    assert sum(count == 1 for count in collections.Counter(tales).values()) == 686
    assert max(map(len, tales.split("\n")[:900])) < 60 < max(map(len, tales.split("\n")))


@pytest.mark.parametrize("language", ["eng", "EN", "", None])
def test_unknown_languages_are_refused(language):
    with pytest.raises(ValueError, match="expected one of en, de, fr, it, la, nl, cn"):
        load_prose(language)


def test_music21_is_not_imported():
    program = (
        "import sys; from lstm_helpers.datasets.prose import load_prose; load_prose('cn'); "
        "print(sorted({'music21', 'torch', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("***The Project", "").replace("Austen***", ""), "0 times"),
        (lambda text: text + "End of The Project Gutenberg Etext", "2 times"),
        (lambda text: text.replace("LADY SUSAN\n\nby", "EMMA\n\nby"), "the work goes from"),
        (lambda text: text.replace("than herself.", "than her."), "the work goes from"),
        (lambda text: text.replace("Langford", "Highbury"), "some of it differs"),
        (lambda text: "", "0 times"),
    ],
)
def test_other_texts_are_refused(tmp_path, change, words):
    path = tmp_path / "en.txt"
    text = find_package_file(PACKAGE, f"{FOLDER}/en.txt").read_text(encoding="utf-8")
    path.write_text(change(text), encoding="utf-8")
    with pytest.raises(DatasetError, match=words) as caught:
        read_prose(path, "en", "10.5.1")
    assert "pip install --force-reinstall music21==10.5.1" in str(caught.value)


def test_a_file_that_is_not_text_and_one_with_other_ends_of_lines(tmp_path):
    path = tmp_path / "en.txt"
    path.write_bytes(b"\xff\xfe\x00Lady")
    with pytest.raises(DatasetError, match="it cannot be read"):
        read_prose(path, "en", "10.5.1")
    content = find_package_file(PACKAGE, f"{FOLDER}/en.txt").read_bytes()
    path.write_bytes(content.replace(b"\n", b"\r\n"))
    assert read_prose(path, "en", "10.5.1").text == load_prose().text


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="music21, which carries the data, is not installed"):
        load_prose()
