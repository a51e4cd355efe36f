"""The figure of paired differences shows every seed, the mean, and what chance allows."""

import io

import numpy as np

from lstm_helpers import plots


def test_paired_differences_fill_what_leaves_zero_out():
    figure, ax = plots.new_figure()
    changes = {"placebo": np.array([-1.0, 2.0]), "both ways": np.array([2.0, 3.0])}
    returned = plots.paired_differences(ax, changes, "right answers (points)", 0.8, "test")
    assert returned is ax
    for row, values in enumerate(changes.values()):
        rings = ax.lines[1 + 4 * row]  # then diamond and two caps
        assert rings.get_xdata().tolist() == values.tolist()
        assert set(rings.get_ydata()) == {row}
        diamond, caps, (bar,) = ax.containers[row]
        assert diamond.get_xdata().tolist() == [values.mean()]
        half = 0.8 * values.std(ddof=1)
        assert np.allclose(
            bar.get_segments()[0][:, 0], [values.mean() - half, values.mean() + half]
        )
        assert len(caps) == 2
        filled = diamond.get_markerfacecolor() != "white"
        assert filled == (values.mean() > half)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(changes)
    assert ax.get_xlabel() == "right answers (points)"
    assert ax.get_title(loc="left") == "test"
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=30)
    assert buffer.getvalue()
