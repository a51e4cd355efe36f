from __future__ import annotations

import base64
import re
import struct
from html import unescape

import pytest
from matplotlib import pyplot
from matplotlib.figure import Figure

from lstm_helpers.notebook import show

CAPTION = "The norm $\\|x\\|$ where `a < b`."
ALT = 'A line from "0" to 1 & back.'


@pytest.fixture
def figure():
    figure = Figure(figsize=(4, 3), dpi=100)
    figure.add_subplot().plot([0, 1])
    return figure


def png_of(html):
    return base64.b64decode(re.search(r"base64,([^\"]+)", html).group(1))


def test_a_figure_has_its_words(page, figure):
    assert show(figure, CAPTION, ALT) is None
    (output,) = page
    html = output["text/html"]
    assert unescape(re.search(r'alt="([^"]*)"', html).group(1)) == ALT
    assert "$\\|x\\|$" in html
    assert "a &lt; b</code>" in html
    assert html.startswith("<figure")
    assert output["text/plain"] == f"[Figure: {ALT}]\n\n{CAPTION}"


def test_it_is_drawn_at_twice_its_size_on_white(page, figure):
    show(figure, CAPTION, ALT)
    html = page[0]["text/html"]
    width, height = struct.unpack(">II", png_of(html)[16:24])
    shown = int(re.search(r' width="(\d+)"', html).group(1))
    assert width // 2 == shown
    assert 600 < width < 900
    assert 400 < height < 700
    pixels = pyplot.imread(__import__("io").BytesIO(png_of(html)))
    assert pixels[0, 0].tolist() == [1, 1, 1, 1]


def test_the_same_figure_gives_the_same_bytes(page, figure):
    show(figure, CAPTION, ALT)
    show(figure, CAPTION, ALT)
    assert page[0] == page[1]


def test_it_is_closed(page):
    pyplot.switch_backend("agg")
    figure, _ = pyplot.subplots()
    other, _ = pyplot.subplots()
    show(figure, CAPTION, ALT)
    assert pyplot.get_fignums() == [other.number]
    pyplot.close(other)


@pytest.mark.parametrize(("caption", "alt"), [("", ALT), (CAPTION, " "), (None, ALT), (CAPTION, 3)])
def test_a_figure_without_words_is_refused(page, figure, caption, alt):
    with pytest.raises(ValueError, match=r"`show` got .*expected a sentence"):
        show(figure, caption, alt)
    assert page == []


@pytest.mark.parametrize("thing", [None, [1, 2]])
def test_what_is_no_figure_is_refused(thing):
    with pytest.raises(TypeError, match="expected a matplotlib Figure"):
        show(thing, CAPTION, ALT)
