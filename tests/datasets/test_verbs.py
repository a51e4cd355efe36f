"""The verbs are what the lab says, and a doctored file is refused with a sentence."""

import gzip
import re
import subprocess
import sys

import pytest

from lstm_helpers.datasets.base import DatasetError, find_package_file
from lstm_helpers.datasets.verbs import FILE, PACKAGE, load_verbs, read_verbs


@pytest.fixture(scope="module")
def data():
    return load_verbs()


@pytest.fixture(scope="module")
def text():
    path = find_package_file(PACKAGE, FILE)
    return gzip.decompress(path.read_bytes()).decode("utf-8")


def test_every_verb_once_in_plain_letters(data):
    assert len(data) == len(data.verbs) == len(data.pasts) == len(set(data.verbs)) == 6468
    assert list(data.verbs) == sorted(data.verbs)
    words = [*data.verbs, *(form for forms in data.pasts for form in forms)]
    assert all(re.fullmatch("[a-z]+", word) for word in words)
    assert all(data.pasts)


def test_pairs_are_those_of_the_file(data, text):
    pasts = dict(zip(data.verbs, data.pasts, strict=True))
    assert pasts["walk"] == ("walked",)
    assert pasts["go"] == ("went",)
    assert "\novercome,verb,overcame/over-came," in text
    assert pasts["overcome"] == ("overcame",)
    assert pasts["quarrel"] == ("quarrelled", "quarreled")


def test_the_faults_that_about_tells_are_there(data, text):
    pasts = dict(zip(data.verbs, data.pasts, strict=True))
    verbs = re.findall(r"^([^,]+),verb,", text, re.MULTILINE)
    assert sum(not re.fullmatch("[a-z]+", verb) for verb in verbs) == 278
    assert "beware" not in pasts
    assert "login" not in pasts
    wrong = {v: pasts[v][0] for v in ("joyride", "torpedo", "bide", "bestride")}
    assert list(wrong.values()) == ["joyriding", "torpedoes", "boded", "betrode"]
    assert sum(len(forms) > 1 for forms in data.pasts) == 192
    assert pasts["travel"] == ("traveled", "travelled")
    assert pasts["rebel"] == ("rebelled",)


def test_about_says_everything(data):
    about = str(data.about)
    for part in ("6,468 rows", "lemminflect 0.2", "MIT", "SPECIALIST", "joyride"):
        assert part in about


def test_lemminflect_is_not_imported():
    program = (
        "import sys; from lstm_helpers.datasets.verbs import load_verbs; load_verbs(); "
        "print(sorted({'lemminflect', 'pandas', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("\ngo,verb,went,", "\ngo,verb,goed,", r"the past tense of 'go' is \('goed',\)"),
        ("\nwalk,verb,walked,,", "\nwalk,verb,,,", "6467 of its verbs"),
        ("\nwalk,verb,walked,,", "\nwalk,verb,walked,", "has 5 fields; expected 6"),
        ("\nwalk,verb,", "\nwalk,noun,", "it has 6747 entries for verbs; expected 6748"),
        ("\nwalk,verb,", "\ntalk,verb,", "it lists the verb 'talk' twice"),
    ],
)
def test_doctored_files_are_refused(tmp_path, text, old, new, words):
    assert old in text
    path = tmp_path / "verbs.csv.gz"
    path.write_bytes(gzip.compress(text.replace(old, new).encode("utf-8")))
    with pytest.raises(DatasetError, match=words) as caught:
        read_verbs(path, "0.2.3")
    assert "pip install --force-reinstall lemminflect==0.2.3" in str(caught.value)


def test_files_that_are_no_compressed_text(tmp_path, text):
    path = tmp_path / "verbs.csv.gz"
    whole = gzip.compress(text.encode("utf-8"))
    for content in (b"go,verb,went", whole[: len(whole) // 2], gzip.compress(b"\xff\xfe")):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match="it cannot be read"):
            read_verbs(path, "0.2.3")
