#!/usr/bin/env python3
"""What a hub starts for each learner: the lessons into her folder, then JupyterLab on it.

It is installed as ``lstm-course-singleuser`` beside the environment's Python, and a hub's
``Spawner.cmd`` names it. It runs as the learner and does what ``lstm-course lab`` does: a notebook
that she has changed is never overwritten. Then it becomes ``jupyterhub-singleuser``, which gets all
arguments. If the lessons cannot be delivered, JupyterLab starts all the same, so that she can look
and mend it.
"""

import os
import sys
from pathlib import Path

from lstm_helpers.commands.lab import WORKSPACE, environment, prepare

FOLDER = "lstm-course"


def singleuser_environment(folder: Path, *, returning: bool) -> dict[str, str]:
    """Say which environment variables the learner's server gets.

    Parameters
    ----------
    folder : Path
        The working folder, absolute.
    returning : bool
        Whether JupyterLab was opened on this folder before; else lesson 00 opens.

    Returns
    -------
    dict of str to str
        Values to set. A start page that the hub's configuration chose stays.
    """
    page = f"/lab/workspaces/{WORKSPACE}"
    if not returning:
        page += f"/tree/{sorted(folder.glob('00_*.ipynb'))[0].name}"
    chosen = os.environ.get("JUPYTERHUB_DEFAULT_URL")
    return environment(folder) | {
        "JUPYTERHUB_ROOT_DIR": str(folder),
        "JUPYTERHUB_DEFAULT_URL": chosen or page,
    }


def main() -> None:
    """Deliver the lessons and become the learner's server."""
    folder = Path.home() / FOLDER
    try:
        returning = prepare(folder)
        os.environ.update(singleuser_environment(folder, returning=returning))
    except OSError as error:
        reason = str(error).rstrip(".")
        print(f"The lessons could not be delivered to {folder}: {reason}.", file=sys.stderr)
    sys.stdout.flush()
    command = ["jupyterhub-singleuser", *sys.argv[1:]]
    if os.geteuid() == 0:
        command.append("--allow-root")  # as in some containers; Jupyter would refuse to start
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
