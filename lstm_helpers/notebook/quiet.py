"""`quiet_imports`: a framework that announces itself on loading does not do so on the page.

TensorFlow's compiled part writes about the processor and about graphics cards that it did not find
before any setting of its own can keep it silent. It writes past Python, to file descriptor 2, where
a notebook takes it for errors and nbgrader gives no points to the cell.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def quiet_imports() -> Iterator[None]:
    """Keep what is written to standard error inside a ``with`` block off the page.

    If the block fails, everything that was held back is written after all: then it may say why.

    Yields
    ------
    None
        Nothing.

    Examples
    --------
    >>> with quiet_imports():
    ...     import json
    >>> json.loads("[6]")
    [6]
    """
    sys.stderr.flush()
    kept = os.dup(_STDERR)
    with tempfile.TemporaryFile() as held_back:
        os.dup2(held_back.fileno(), _STDERR)
        try:
            yield
            _look_for_devices()
        except BaseException:
            os.dup2(kept, _STDERR)
            held_back.seek(0)
            os.write(_STDERR, held_back.read())
            raise
        finally:
            os.dup2(kept, _STDERR)
            os.close(kept)


def _look_for_devices() -> None:
    """Let TensorFlow, if it was imported, say now what it says at its first computation."""
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None:
        tensorflow.config.list_physical_devices()
