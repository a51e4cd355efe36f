"""Downloads against a server on this computer that cuts off, delays, refuses and sends nonsense.

The code is the real one: requests for the reviews, yfinance with its own transport for the prices.
Only addresses are changed, and the checksums, since the files are small ones of our own making.
"""

import builtins
import contextlib
import datetime
import hashlib
import io
import json
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from lstm_helpers import watched
from lstm_helpers.datasets import DatasetError
from lstm_helpers.datasets.downloads import (
    attempts,
    cache,
    imdb,
    load_imdb,
    load_prices_to_today,
    transfer,
    yahoo,
)
from lstm_helpers.datasets.prices import Prices
from tests.datasets.loopback import Server, content, cut_off, late, status

QUICK = {"timeout": 5.0, "attempts": 3, "pause": 0.001, "progress": False}
IMPATIENT = QUICK | {"timeout": 0.2, "attempts": 2}
LOGIN_PAGE = content(b"<html>Welcome to our hotel. Please log in.</html>")


@pytest.fixture
def server(monkeypatch):
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    with Server() as running:
        yield running


@pytest.fixture
def pauses(monkeypatch):
    """Collect pauses instead of making them."""
    collected = []
    monkeypatch.setattr(attempts, "sleep", collected.append)
    return collected


# The reviews ---------------------------------------------------------------------------------

INDEX = {"bad": 3, "film": 2, "the": 1, "superb": 5, "dull": 4}
TRAIN = [[1, 2], [3], [1, 4, 2, 1], [5, 5, 5], [2]]
TEST = [[4], [1, 2, 3], [5, 1]]


def lists(reviews):
    array = np.empty(len(reviews), dtype=object)
    array[:] = reviews
    return array


@pytest.fixture(scope="module")
def bodies():
    """Two small files in the form of Keras's."""
    stream = io.BytesIO()
    labels = {"y_train": np.array([1, 0, 0, 1, 1]), "y_test": np.array([0, 1, 1])}
    np.savez(stream, x_train=lists(TRAIN), x_test=lists(TEST), **labels)
    return {"imdb.npz": stream.getvalue(), "imdb_word_index.json": json.dumps(INDEX).encode()}


@pytest.fixture
def small_imdb(monkeypatch, server, bodies):
    for name in ("REVIEWS", "WORDS"):
        file = getattr(imdb, name)
        body = bodies[file.name]
        changed = file._replace(
            url=f"{server.address}/{file.name}",
            size=len(body),
            checksum=hashlib.new(file.algorithm, body).hexdigest(),
        )
        monkeypatch.setattr(imdb, name, changed)
        server.answers[f"/{file.name}"] = [content(body)]
    return server


def files(folder):
    return sorted(path.name for path in folder.glob("*"))


def test_reviews_come_are_kept_and_are_not_fetched_again(small_imdb, tmp_path, bodies):
    folder = tmp_path / "new" / "folder"
    first = load_imdb(download=True, cache=folder, **QUICK)
    assert files(folder) == sorted(bodies)
    assert len(small_imdb.asked) == 2
    for download in (False, True):
        again = load_imdb(download=download, cache=folder, **QUICK)
        assert again.words == first.words
    assert len(small_imdb.asked) == 2
    assert (len(first.train), len(first.test)) == (5, 3)
    assert first.train.labels.dtype == np.int64
    assert first.words == (*imdb.SPECIAL, "the", "film", "bad", "dull", "superb")
    texts = map(first.text, first.train.tokens)
    read = dict(zip(texts, first.train.labels.tolist(), strict=True))
    assert read["<start> the dull film the"] == 0
    assert read["<start> superb superb superb"] == 1
    assert "8 rows" in str(first.about)
    assert "for research" in str(first.about)


@pytest.mark.parametrize("num_words", [5, 7, 8, 10_000])
def test_they_are_what_keras_makes_of_the_same_file(
    small_imdb, tmp_path, bodies, monkeypatch, num_words
):
    import keras

    ours = load_imdb(num_words, download=True, cache=tmp_path, **QUICK)
    module = sys.modules[keras.datasets.imdb.load_data.__module__]
    monkeypatch.setattr(module, "get_file", lambda **_: str(tmp_path / "imdb.npz"))
    theirs = keras.datasets.imdb.load_data(num_words=num_words)
    for part, (reviews, labels) in zip((ours.train, ours.test), theirs, strict=True):
        assert [review.tolist() for review in part.tokens] == [list(review) for review in reviews]
        assert part.labels.tolist() == labels.tolist()
        assert max(review.max() for review in part.tokens) < len(ours.words)


def test_the_checksums_are_those_that_keras_carries():
    import inspect

    from keras.src.datasets import imdb as theirs

    source = inspect.getsource(theirs)
    for file in (imdb.REVIEWS, imdb.WORDS):
        assert file.checksum in source
        assert file.name in source
        assert imdb.ADDRESS in source
        assert file.url == imdb.ADDRESS + file.name


def test_nothing_is_fetched_unless_asked_for(small_imdb, tmp_path):
    with pytest.raises(DatasetError, match=r"imdb.npz is not on this computer .* call load_imdb\("):
        load_imdb(cache=tmp_path)
    assert small_imdb.asked == []
    assert files(tmp_path) == []


@pytest.mark.parametrize("broken", [status(500), status(429), cut_off(b"x" * 999), LOGIN_PAGE])
def test_what_may_pass_is_tried_again(small_imdb, tmp_path, bodies, pauses, broken):
    small_imdb.answers["/imdb.npz"] = [broken, broken, content(bodies["imdb.npz"])]
    assert len(load_imdb(download=True, cache=tmp_path, **QUICK | {"pause": 0.5}).train) == 5
    assert small_imdb.times("/imdb.npz") == 3
    assert pauses == [0.5, 1.0]
    assert files(tmp_path) == sorted(bodies)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (status(503), "the server answered with status 503"),
        (cut_off(b"x" * 2000), "the connection broke before all had come"),
        (LOGIN_PAGE, "what came .* is not the file that was published .* until you log in"),
        (late(b""), "the server was silent for 0.2 seconds"),
        (late(b"x" * 999_999, after=70_000), "the server was silent for 0.2 seconds"),
    ],
)
def test_what_does_not_pass_is_said_and_leaves_nothing(small_imdb, tmp_path, pauses, broken, words):
    small_imdb.answers["/imdb.npz"] = [broken]
    with pytest.raises(DatasetError, match=words) as caught:
        load_imdb(download=True, cache=tmp_path, **IMPATIENT)
    assert "imdb.npz could not be fetched from 127.0.0.1" in str(caught.value)
    assert "Tried 2 times" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert small_imdb.times("/imdb.npz") == 2
    assert len(pauses) == 1
    assert files(tmp_path) == []


@pytest.mark.parametrize("number", [404, 403, 410])
def test_what_cannot_pass_is_tried_once(small_imdb, tmp_path, pauses, number):
    small_imdb.answers["/imdb.npz"] = [status(number)]
    with pytest.raises(DatasetError, match=f"answered with status {number}; expected 200"):
        load_imdb(download=True, cache=tmp_path, **QUICK)
    assert small_imdb.times("/imdb.npz") == 1
    assert pauses == []
    assert files(tmp_path) == []


def test_offline_is_said(small_imdb, tmp_path, monkeypatch, pauses):
    with Server() as gone:
        address = gone.address
    monkeypatch.setattr(imdb, "REVIEWS", imdb.REVIEWS._replace(url=f"{address}/imdb.npz"))
    with pytest.raises(DatasetError, match=r"there is no connection to it .*computer is online"):
        load_imdb(download=True, cache=tmp_path, **QUICK)
    assert pauses == [0.001, 0.002]


def damaged(body):
    middle = len(body) // 2
    return {
        "cut": body[:middle],
        "empty": b"",
        "one bit": body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :],
        "another": b"<html>Please log in.</html>",
    }


@pytest.mark.parametrize("how", damaged(b"ab"))
@pytest.mark.parametrize("name", ["imdb.npz", "imdb_word_index.json"])
def test_a_damaged_file_in_the_cache_is_noticed(small_imdb, tmp_path, bodies, name, how):
    load_imdb(download=True, cache=tmp_path, **QUICK)
    (tmp_path / name).write_bytes(damaged(bodies[name])[how])
    with pytest.raises(DatasetError, match=f"{name} is damaged or another file: .* call load_imdb"):
        load_imdb(cache=tmp_path)
    assert small_imdb.times(f"/{name}") == 1
    with pytest.warns(UserWarning, match="is damaged .* it is fetched anew") as caught:
        assert len(load_imdb(download=True, cache=tmp_path, **QUICK).train) == 5
    assert caught[0].filename == __file__
    assert small_imdb.times(f"/{name}") == 2
    assert (tmp_path / name).read_bytes() == bodies[name]


def test_a_damaged_file_stays_until_a_whole_one_is_there(small_imdb, tmp_path, bodies):
    (tmp_path / "imdb.npz").write_bytes(b"old")
    small_imdb.answers["/imdb.npz"] = [cut_off(bodies["imdb.npz"])]
    with pytest.warns(UserWarning, match="anew"), pytest.raises(DatasetError, match="broke before"):
        load_imdb(download=True, cache=tmp_path, **QUICK)
    assert files(tmp_path) == ["imdb.npz"]
    assert (tmp_path / "imdb.npz").read_bytes() == b"old"


def test_a_pickle_in_a_wrong_file_is_not_run(small_imdb, tmp_path):
    class Trap:
        def __reduce__(self):
            return (builtins.exec, ("raise SystemExit('the trap was run')",))

    trap = np.empty(1, dtype=object)
    trap[0] = Trap()
    np.savez(tmp_path / "imdb.npz", x_train=trap)
    with pytest.raises(DatasetError, match="is damaged"):
        load_imdb(cache=tmp_path)


def test_an_interruption_leaves_nothing(small_imdb, tmp_path, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer, "bar", lambda *_: contextlib.nullcontext(Interrupted))
    with pytest.raises(KeyboardInterrupt):
        load_imdb(download=True, cache=tmp_path, **QUICK)
    assert files(tmp_path) == []


class Interrupted:
    @staticmethod
    def update(_):
        raise KeyboardInterrupt


def test_a_folder_that_cannot_be_written_is_said(small_imdb, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(DatasetError, match=r"cannot write imdb.npz into .*cache=\.\.\."):
        load_imdb(download=True, cache=tmp_path / "file", **QUICK)


def test_the_bar_counts_bytes_where_somebody_watches(small_imdb, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(transfer, "is_watched", lambda: True)
    load_imdb(download=True, cache=tmp_path, **QUICK | {"progress": True})
    shown = capsys.readouterr().err
    assert "imdb.npz: 100%" in shown
    assert "kB/s" in shown or "B/s" in shown
    monkeypatch.setattr(transfer, "is_watched", watched.is_watched)
    load_imdb(download=True, cache=tmp_path / "other", **QUICK | {"progress": True})
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"num_words": 4}, "got num_words=4; expected at least 5"),
        ({"attempts": 0}, "expected at least one attempt"),
        ({"timeout": 0}, "a timeout above 0"),
        ({"pause": -1}, "a pause of at least 0"),
    ],
)
def test_impossible_settings_are_refused(small_imdb, tmp_path, wrong, words):
    with pytest.raises(ValueError, match=words):
        load_imdb(**{"download": True, "cache": tmp_path} | QUICK | wrong)


# The prices ----------------------------------------------------------------------------------

CHART = "/v8/finance/chart/AAPL"
DAYS = ["2024-03-07", "2024-03-08", "2024-03-11", "2024-03-12"]  # summer time begins on the 10th
QUOTES = {
    "open": [10.0, 10.5, 11.0, 10.75],
    "high": [10.75, 11.0, 11.5, 11.25],
    "low": [9.5, 10.25, 10.5, 10.5],
    "close": [10.5, 10.75, 11.25, 11.0],
    "volume": [1000, 2000, 0, 4_000_000_000],
}
ADJUSTED = [10.25, 10.5, 11.0, 11.0]


def moment(day, hour_in_utc):
    exact = datetime.datetime.fromisoformat(f"{day}T{hour_in_utc}:30:00+00:00")
    return int(exact.timestamp())


def chart(**changed):
    """What Yahoo answers, as yfinance takes it apart."""
    quotes = QUOTES | {name: values for name, values in changed.items() if name in QUOTES}
    days = changed.get("days", DAYS)
    answer = {
        "meta": {
            "currency": "USD",
            "symbol": "AAPL",
            "exchangeTimezoneName": "America/New_York",
            "instrumentType": "EQUITY",
            "firstTradeDate": 345479400,
            "regularMarketTime": moment(days[-1], 20),
            "gmtoffset": -14400,
            "timezone": "EDT",
            "priceHint": 2,
            "dataGranularity": "1d",
            "range": "",
            "validRanges": ["1d", "5d", "1mo", "max"],
        },
        "timestamp": [moment(day, 14 if day < "2024-03-10" else 13) for day in days],
        "indicators": {
            "quote": [quotes],
            "adjclose": [{"adjclose": changed.get("adj_close", ADJUSTED)}],
        },
        "events": {
            "dividends": {"1": {"amount": 0.25, "date": moment("2024-03-11", 13)}},
            "splits": {},
        },
    }
    answer["events"].pop("splits")
    return {"chart": {"result": [answer], "error": None}}


def sent(answer):
    return content(json.dumps(answer).encode())


ON_LOOPBACK = """
import sys
from urllib.parse import urlsplit
import yfinance
from curl_cffi import requests
from lstm_helpers.datasets.downloads.yahoo_table import main

address, folder = sys.argv[1:]
real = requests.Session.request

def request(session, method, url, *words, **options):
    assert url.startswith("https://"), url
    return real(session, method, address + urlsplit(url).path, *words, **options)

requests.Session.request = request
yfinance.set_tz_cache_location(folder)
main()
"""
"""yfinance with its own transport, whose every way leads to this computer."""


@pytest.fixture
def prices(server, tmp_path, monkeypatch):
    server.answers["/v1/test/getcrumb"] = [content(b"crumb")]
    server.answers[CHART] = [sent(chart())]

    def load(download=True, **changed):
        program = ("-c", ON_LOOPBACK, server.address, str(tmp_path / "yfinance"))
        monkeypatch.setattr(yahoo, "PROGRAM", program)
        fixed = {"start": "2024-03-07", "cache": tmp_path / "cache"}
        return load_prices_to_today("AAPL", download, **fixed | QUICK | changed)

    return load


def asked_for_prices(server):
    """How often the table itself was asked for, and not only the time zone."""
    return sum("period1" in parse_qs(urlsplit(asked).query) for asked in server.asked)


def test_prices_come_through_yfinance_and_are_kept(prices, server, tmp_path):
    found = prices()
    assert isinstance(found, Prices)
    assert [str(day) for day in found.dates] == DAYS
    assert found.dates.dtype == "datetime64[D]"
    for name, values in (QUOTES | {"adj_close": ADJUSTED}).items():
        assert getattr(found, name).tolist() == values
    assert found.volume.dtype == np.int64
    assert found.close.dtype == np.float64
    assert asked_for_prices(server) == 1
    assert files(tmp_path / "cache") == ["prices-AAPL-2024-03-07.npz"]
    text = str(found.about)
    for part in ("AAPL", "2024-03-07 to 2024-03-12", "4 rows", "yfinance", "for personal use"):
        assert part in text
    for download in (True, False):
        again = prices(download)
        assert again.about == found.about
        for name in ("dates", *yahoo.COLUMNS):
            assert np.array_equal(getattr(again, name), getattr(found, name)), name
            assert getattr(again, name).dtype == getattr(found, name).dtype
    assert asked_for_prices(server) == 1


def test_what_was_fetched_on_another_day_is_fetched_anew_if_asked_for(
    prices, server, tmp_path, monkeypatch
):
    monkeypatch.setattr(yahoo, "_today", lambda: "2024-03-12")
    prices()
    monkeypatch.setattr(yahoo, "_today", lambda: "2024-03-13")
    assert "Fetched on 2024-03-12" in str(prices(download=False).about)
    assert asked_for_prices(server) == 1
    newer = {name: [*values, values[-1]] for name, values in QUOTES.items()}
    server.answers[CHART] = [
        sent(chart(**newer, adj_close=[*ADJUSTED, 11.0], days=[*DAYS, "2024-03-13"]))
    ]
    assert str(prices().dates[-1]) == "2024-03-13"
    assert "Fetched on 2024-03-13" in str(prices(download=False).about)


def test_prices_are_not_fetched_unless_asked_for(prices, server, tmp_path):
    with pytest.raises(
        DatasetError, match=r"AAPL since 2024-03-07 are not on this computer .*download=True"
    ):
        prices(download=False)
    assert server.asked == []


@pytest.mark.parametrize("broken", [status(500), content(b'{"chart": 7}')])
def test_prices_are_asked_for_again(prices, server, pauses, broken):
    server.answers[CHART] = [broken, broken, sent(chart())]
    assert len(prices().dates) == 4
    assert pauses[:1] == [0.001]


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (status(500), "what came is no table of prices"),
        (status(429), "Yahoo refuses for now, after too many requests"),
        (LOGIN_PAGE, "what came is no table of prices"),
        (cut_off(json.dumps(chart()).encode()), "the connection failed"),
        (late(b""), "the server was silent for 0.2 seconds"),
    ],
)
def test_prices_that_do_not_come_are_said(prices, server, tmp_path, pauses, broken, words):
    server.answers[CHART] = [sent(chart()), broken]  # the time zone comes
    with pytest.raises(DatasetError, match=words) as caught:
        prices(timeout=0.2, attempts=1)
    assert "could not be fetched from Yahoo Finance" in str(caught.value)
    assert "Tried once" in str(caught.value)
    assert not (tmp_path / "cache").exists()


def test_offline_is_said_for_prices(prices, server, pauses):
    with Server() as gone:
        pass
    server.address = gone.address
    with pytest.raises(
        DatasetError, match=r"the connection failed \(ConnectionError\).* is online"
    ):
        prices()
    assert pauses == [0.001, 0.002]


def test_a_symbol_that_yahoo_does_not_know_is_asked_for_once(prices, server, pauses):
    unknown = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
    body = json.dumps({"chart": {"result": None, "error": unknown}}).encode()
    server.answers[CHART] = [sent(chart()), content(body, 404)]
    with pytest.raises(
        DatasetError, match=r"has no prices of AAPL .*symbol may be delisted.*lookup"
    ):
        prices()
    assert pauses == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"open": [10.0, 0.0, 11.0, 10.75]}, "open is 0.0 on 2024-03-08, expected a positive"),
        ({"high": [10.75, None, 11.5, 11.25]}, "high is nan on 2024-03-08"),
    ],
)
def test_impossible_prices_are_refused(prices, server, tmp_path, pauses, changed, words):
    server.answers[CHART] = [sent(chart(**changed))]
    with pytest.raises(DatasetError, match=words):
        prices()
    assert pauses == []
    assert not (tmp_path / "cache").exists()


def table(**changed):
    """What the program prints."""
    columns = dict(zip(yahoo.YAHOO_COLUMNS.values(), [[1.0, 2.0]] * 6, strict=True))
    answer = {"version": "1", "dates": ["2024-03-07", "2024-03-08"], "columns": columns}
    kept = {name: values for name, values in (columns | changed).items() if values is not None}
    return answer | {"dates": kept.pop("dates", answer["dates"]), "columns": kept}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"Close": [1.0, -2.0]}, "close is -2.0 on 2024-03-08, expected a positive number"),
        ({"Adj Close": [float("inf"), 1.0]}, "adj_close is inf on 2024-03-07"),
        ({"Volume": [0, -1]}, "volume is -1.0 on 2024-03-08, expected a number from 0 on"),
        ({"Low": [1.0]}, "days for columns of"),
        ({"dates": ["2024-03-08"] * 2}, "the days do not rise after 2024-03-08"),
        ({"dates": ["2024-03-08", "2024-03-07"]}, "the days do not rise after 2024-03-08"),
    ],
)
def test_the_schema(changed, words):
    assert len(yahoo._taken_from(table()).dates) == 2
    with pytest.raises(DatasetError, match=words):
        yahoo._taken_from(table(**changed))


def test_a_column_that_is_missing_is_named():
    with pytest.raises(attempts.TransferError, match="has no Adj Close"):
        yahoo._taken_from(table(**{"Adj Close": None}))


def changed_archive(body, change):
    with np.load(io.BytesIO(body)) as arrays:
        kept = dict(arrays)
    change(kept)
    stream = io.BytesIO()
    np.savez(stream, **kept)
    return stream.getvalue()


OTHER_ARCHIVES = {
    "other share": lambda kept: kept["about"].put(0, "IBM"),
    "no column": lambda kept: kept.pop("low"),
    "negative": lambda kept: kept["close"].put(2, -1),
    "no days": lambda kept: kept.update({name: kept[name][:0] for name in kept if name != "about"}),
}


def test_damaged_prices_in_the_cache_are_noticed(prices, server, tmp_path):
    whole = prices()
    [path] = (tmp_path / "cache").iterdir()
    body = path.read_bytes()
    others = {how: changed_archive(body, change) for how, change in OTHER_ARCHIVES.items()}
    for how, wrong in (damaged(body) | others).items():
        path.write_bytes(wrong)
        with pytest.raises(DatasetError, match=r"is damaged .* call load_prices_to_today\("):
            pytest.fail(f"{how}: {prices(download=False)}")
    assert asked_for_prices(server) == 1
    with pytest.warns(UserWarning, match="it is fetched anew") as caught:
        again = prices()
    assert caught[0].filename == __file__
    assert asked_for_prices(server) == 2
    assert np.array_equal(again.close, whole.close)
    assert np.array_equal(prices(download=False).close, whole.close)


def test_without_yfinance_one_sentence_says_what_to_install(prices, monkeypatch):
    monkeypatch.setattr(yahoo.util, "find_spec", lambda name: None)
    with pytest.raises(
        DatasetError, match=r"package yfinance, which is not .* pip install yfinance"
    ):
        prices()


def test_a_yfinance_that_does_not_work_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(yahoo, "PROGRAM", ("-c", "raise ImportError('no pandas')"))
    with pytest.raises(
        DatasetError, match=r"does not work here: ImportError: no pandas; run .*-up"
    ):
        load_prices_to_today(download=True, cache=tmp_path, **QUICK)


def test_an_attempt_without_end_ends(monkeypatch, tmp_path):
    monkeypatch.setattr(yahoo, "PROGRAM", ("-c", "import time; time.sleep(60)"))
    monkeypatch.setattr(yahoo, "LONGEST_ATTEMPT", 0.1)
    with pytest.raises(DatasetError, match=r"nothing came for 0.1 seconds. Tried 2 times"):
        load_prices_to_today(download=True, cache=tmp_path, **QUICK | {"attempts": 2})


def test_the_program_asks_yfinance_and_nothing_else(tmp_path):
    """The real one, as far as it comes without a network: it reads, refuses and ends."""
    question = {"symbol": "AAPL", "start": "2024-03-07"}
    done = subprocess.run(
        [sys.executable, *yahoo.PROGRAM],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert "answer() missing 1 required positional argument: 'timeout'" in done.stderr


@pytest.mark.parametrize("symbol", ["", "aapl", "../AAPL", "A B", "A" * 21, "AAPL\n"])
def test_what_is_no_symbol_is_refused(symbol, tmp_path):
    with pytest.raises(ValueError, match="expected a symbol as Yahoo Finance writes it"):
        load_prices_to_today(symbol, cache=tmp_path)


@pytest.mark.parametrize("start", ["yesterday", "2024-02-30", None])
def test_what_is_no_day_is_refused(start, tmp_path):
    with pytest.raises(ValueError, match="expected one such as '2000-03-01'"):
        load_prices_to_today(start=start, cache=tmp_path)


# Both ----------------------------------------------------------------------------------------


def test_by_default_the_cache_is_the_systems(monkeypatch, tmp_path):
    monkeypatch.setattr(cache.platformdirs, "user_cache_path", lambda *_, **__: tmp_path)
    assert cache.cache_folder() == tmp_path
    with pytest.raises(DatasetError, match="looked in"):
        load_imdb()


def test_importing_the_loaders_imports_nothing_that_loads():
    program = (
        "import sys; from lstm_helpers.datasets.downloads import load_imdb; "
        "print(sorted({'requests', 'yfinance', 'pandas', 'keras', 'tqdm'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_pauses_are_real(server):
    begin = time.monotonic()
    with pytest.raises(DatasetError, match=r"it is late: no\. Tried 3 times"):
        attempts.in_attempts(refuse, attempts.Patience(1, 3, 0.02), "it is late")
    assert time.monotonic() - begin >= 0.02 + 0.04


def refuse():
    raise attempts.TransferError("no")
