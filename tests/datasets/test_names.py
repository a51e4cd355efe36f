"""The surnames are what the lab says, and a doctored file is refused with a sentence."""

import importlib.util
import subprocess
import sys
import unicodedata

import numpy as np
import pytest

from lstm_helpers.datasets import DatasetError, find_package_file, package_version
from lstm_helpers.datasets.names import PACKAGE, SOURCES, load_surnames, read_names, sort_out


@pytest.fixture(scope="module")
def surnames():
    return load_surnames()


def test_each_name_stands_once_with_one_of_thirteen_languages(surnames):
    assert len(surnames.names) == len(surnames.labels) == surnames.about.rows == 7149
    assert len(set(surnames.names)) == len(surnames.names)
    assert len(surnames.languages) == 13
    sizes = dict(zip(surnames.languages, np.bincount(surnames.labels).tolist(), strict=True))
    assert sizes["Italian"] == 1154 == max(sizes.values())
    assert sizes["Portuguese"] == 63 == min(sizes.values())


def test_names_are_single_words_in_small_composed_latin_letters(surnames):
    for name in (*surnames.names, *surnames.shared):
        assert name.isalpha()
        assert name == name.lower() == unicodedata.normalize("NFC", name)
        assert all("LATIN" in unicodedata.name(letter) for letter in name)


def test_names_of_several_languages_are_told_and_left_out(surnames):
    assert not set(surnames.shared) & set(surnames.names)
    assert all(len(set(found)) == len(found) >= 2 for found in surnames.shared.values())
    assert "French" in surnames.shared["martin"]


@pytest.mark.parametrize("language", SOURCES)
def test_names_are_those_of_faker(surnames, language):
    locale, attribute, _ = SOURCES[language]
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    listed = {name.lower() for name in getattr(provider, attribute)}
    mine = surnames.languages.index(language)
    kept = {n for n, k in zip(surnames.names, surnames.labels, strict=True) if k == mine}
    assert kept <= listed
    left = {name for name in listed - kept if name.isalpha()}
    assert all(language in surnames.shared[name] for name in left)


def test_about_tells_what_was_left_out(surnames):
    text = " ".join(str(surnames.about).split())
    for part in ("7,149 rows", "MIT", "192 names that stand in several lists", "378 Dutch"):
        assert part in text
    assert f"Faker {package_version('faker')}" in text


def test_faker_is_not_imported():
    program = (
        "import sys; from lstm_helpers.datasets.names import load_surnames; load_surnames(); "
        "print(sorted({'faker', 'torch', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_accents_written_in_two_ways_are_one_name():
    kept = sort_out({"French": ("Lefèvre", "Lefe\u0300vre", "LEFÈVRE"), "German": ("Weiß",)})
    assert kept.names == ("lefèvre", "weiß")
    assert kept.labels.tolist() == [0, 1]


PROVIDER = """
class Other:
    last_names = ("Wrong",)


class Provider(Other):
    first_names: tuple[str, ...]
    last_names = {value}
    typed: tuple[str, ...] = ("Ek", "Ås")
"""


def written(tmp_path, value):
    path = tmp_path / "provider.py"
    path.write_text(PROVIDER.format(value=value), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "value", ['("Ek", "Ås")', '["Ek", "Ås"]', 'OrderedDict((("Ek", 0.7), ("Ås", 0.3)))']
)
def test_lists_of_every_form_are_read(tmp_path, value):
    path = written(tmp_path, value)
    assert read_names(path, "last_names", 2) == ("Ek", "Ås") == read_names(path, "typed", 2)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('("Ek",)', "holds 1 names, expected at least 2"),
        ('("Ek", 3)', "3 in last_names is no name"),
        ('("Ek", "")', "'' in last_names is no name"),
        ('("Ek", "Иванов")', "'Иванов' in last_names is no name in Latin script"),
        ('("Ek", ())', "is no name"),
        ('first_names + ("Ek",)', "cannot be read"),
        ("load()", "cannot be read"),
        ("7", "cannot be read"),
        ("(", "cannot be read"),
    ],
)
def test_doctored_files_are_refused(tmp_path, value, words):
    with pytest.raises(DatasetError, match=words) as caught:
        read_names(written(tmp_path, value), "last_names", 2)
    assert str(caught.value).endswith("run `python -m pip install --force-reinstall faker`")


def test_a_list_that_is_not_there_and_a_file_that_is_not_text(tmp_path):
    with pytest.raises(DatasetError, match="middle_names cannot be read"):
        read_names(written(tmp_path, "()"), "middle_names", 1)
    path = tmp_path / "provider.py"
    path.write_bytes(b"\xff\xfe\x00names")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_names(path, "last_names", 1)


def test_nothing_in_the_file_is_run(tmp_path):
    path = tmp_path / "provider.py"
    path.write_text("raise SystemExit\n" + PROVIDER.format(value='("Ek",)'), encoding="utf-8")
    assert read_names(path, "last_names", 1) == ("Ek",)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DatasetError, match="faker, which carries the data, is not installed; run"):
        load_surnames()


def test_every_language_has_its_file():
    for locale, *_ in SOURCES.values():
        assert find_package_file(PACKAGE, f"providers/person/{locale}/__init__.py").is_file()
