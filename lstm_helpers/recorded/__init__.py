"""Tables that `benchmarks/` wrote, for lessons to show beside one live run. Standard library only.

A lesson runs in a learner's folder, without the repository, and has no half hour to spend. Each
table says with which settings and versions it was made.
"""

import json
from pathlib import Path
from typing import Any

__all__ = ["load"]

_FOLDER = Path(__file__).resolve().parent


def load(name: str) -> dict[str, Any]:
    """Read a table that the course carries.

    Parameters
    ----------
    name : str
        Its name, such as ``"classic_results"``.

    Returns
    -------
    dict
        ``about``, ``versions`` and ``settings``: how it was made; ``rows``: a list of dicts, one
        for each run or each lab. A table may say more, such as its ``seeds``.

    Raises
    ------
    ValueError
        If there is no table of that name.

    Examples
    --------
    >>> table = load("classic_results")
    >>> sorted({row["task"] for row in table["rows"]})
    ['adding_100', 'adding_50', 'embedded_reber']
    """
    tables = {path.stem: path for path in sorted(_FOLDER.glob("*.json"))}
    if name not in tables:
        raise ValueError(f"got {name!r}; expected one of the tables {', '.join(tables)}")
    table: dict[str, Any] = json.loads(tables[name].read_text(encoding="utf-8"))
    return table
