"""Write progress for ever; say which write has returned. Ended by SIGKILL.

    python progress_writer.py PACKAGE FOLDER FIRST

Loads the store's own modules, but not `lstm_helpers/__init__.py` and NumPy with it, so that a
hundred of these can be started in seconds.
"""

import os
import sys
import types
from pathlib import Path


def main(package: Path, folder: Path, number: int) -> None:
    for name in ("lstm_helpers", "lstm_helpers.notebook"):
        module = types.ModuleType(name)
        module.__path__ = [str(package.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module
    from lstm_helpers.notebook.store import Store

    store = Store(folder)
    while True:
        # Sources of several pages each, so that a kill also falls between two pages.
        source = f"# {number}\n" * (number % 3 * 1000 + 1)
        store.record_check("sigmoid", "failed", str(number), source)
        store.next_hint("sigmoid")
        os.write(1, f"{number}\n".encode())
        number += 1


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
