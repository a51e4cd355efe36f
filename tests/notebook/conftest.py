"""A working folder of its own for each test, and what would be on the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lstm_helpers.notebook import display, hints


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, outside nbgrader."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("LSTM_COURSE_HOME", str(folder))
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.setattr(hints, "_unsaved", {})
    return folder


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Collect every output instead of displaying it."""
    outputs: list[dict[str, Any]] = []
    monkeypatch.setattr(display, "display_bundle", outputs.append)
    return outputs


@pytest.fixture
def unwritable(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the working folder one in which nothing can be created, also for root."""
    folder = home / "a-file"
    folder.write_text("not a folder")
    monkeypatch.setenv("LSTM_COURSE_HOME", str(folder))
    return folder
