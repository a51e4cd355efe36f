from __future__ import annotations

import ipywidgets
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lstm_helpers.notebook import display_widget
from lstm_helpers.notebook.display import display_code, display_html

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def shell():
    """An IPython shell, as in a kernel."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def bundles(captured):
    return [output.data for output in captured.outputs]


def test_html_has_a_plain_twin(shell):
    with capture_output() as captured:
        display_html("<b>x</b>", "x")
    assert bundles(captured) == [{"text/html": "<b>x</b>", "text/plain": "x"}]


def test_a_widget_has_a_static_twin_in_the_same_output(shell):
    widget = ipywidgets.IntSlider()
    with capture_output() as captured:
        display_widget(widget, "<b>three</b>", "three")
    (bundle,) = bundles(captured)
    assert bundle["text/html"] == "<b>three</b>"
    assert bundle["text/plain"] == "three"
    assert bundle[VIEW]["model_id"] == widget.model_id


def test_outside_ipython_the_text_is_printed(capsys):
    display_widget(ipywidgets.IntSlider(), "<b>three</b>", "three")
    display_html("<b>x</b>", "x")
    assert capsys.readouterr().out == "three\nx\n"


def test_code_that_holds_a_fence_is_fenced_longer(page):
    display_code('s = """\n```\n"""\n')
    assert page[0]["text/markdown"] == '````python\ns = """\n```\n"""\n````'
