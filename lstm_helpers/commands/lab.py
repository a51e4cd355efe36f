"""``lstm-course lab``: bring the lessons into a folder and open JupyterLab on it."""

import json
import os
from pathlib import Path
from typing import Any

from lstm_helpers.bundled import notebooks_folder
from lstm_helpers.commands.deliver import COURSE_FOLDER, deliver, write_atomically
from lstm_helpers.commands.errors import CommandError, WrongUseError

__all__ = ["environment", "prepare", "run", "server_arguments"]

WORKSPACE = "lstm-course"

SETTINGS: dict[str, dict[str, Any]] = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    # Messages name a line of the learner's cell; long prose must not run out of sight.
    "@jupyterlab/notebook-extension:tracker": {
        "codeCellConfig": {"lineNumbers": True, "lineWrap": False},
        "markdownCellConfig": {"lineNumbers": False, "lineWrap": True},
    },
    "@jupyterlab/toc-extension:registry": {"maximalDepth": 3},
}
"""Defaults of JupyterLab's settings; what a learner sets in JupyterLab wins over them."""


def run(folder: Path, port: int, *, browser: bool) -> None:
    """Deliver the lessons and serve them until the learner stops JupyterLab.

    Parameters
    ----------
    folder : Path
        The working folder.
    port : int
        Port to listen on; the next free one if it is taken, any free one if 0.
    browser : bool
        Whether to open a browser.

    Raises
    ------
    CommandError
        If the folder cannot be written, or JupyterLab is not installed.
    """
    folder = folder.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise WrongUseError(f"{folder} is a file; give the name of a folder.")
    try:
        returning = prepare(folder)
    except FileNotFoundError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(f"{error.filename or folder} cannot be used ({reason}).") from None
    for name, value in environment(folder).items():
        os.environ[name] = value
    _serve(server_arguments(folder, port, browser=browser, returning=returning), port)


def prepare(folder: Path) -> bool:
    """Make a working folder ready and say, line by line, what was done.

    Parameters
    ----------
    folder : Path
        The working folder; made if it does not exist.

    Returns
    -------
    bool
        Whether JupyterLab was opened on this folder before.

    Raises
    ------
    OSError
        If something cannot be read or written.
    """
    deliveries = deliver(notebooks_folder("course"), folder)
    print(f"Lessons are in {folder}")
    for delivery in deliveries:
        print(f"  {delivery.sentence}")
    ours = folder / COURSE_FOLDER
    settings = ours / "jupyter" / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(settings, json.dumps(SETTINGS, indent=1).encode())

    from jupyterlab_server.workspaces_handler import WORKSPACE_EXTENSION, slugify

    workspace = ours / "workspaces" / (slugify(WORKSPACE) + WORKSPACE_EXTENSION)
    if workspace.exists():
        return True
    workspace.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(workspace, json.dumps(_layout(deliveries[0].name)).encode())
    return False


def environment(folder: Path) -> dict[str, str]:
    """Say which environment variables JupyterLab and its kernels get.

    Parameters
    ----------
    folder : Path
        The working folder, absolute.

    Returns
    -------
    dict of str to str
        Values to set; one that the learner has set already is not among them, but for paths.
    """
    ours = folder / COURSE_FOLDER
    threads = str(min(2, os.cpu_count() or 1))
    wished = {
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": "1",  # NumPy's: the lessons' matrices are small
        "MKL_NUM_THREADS": threads,
        "TF_NUM_INTRAOP_THREADS": threads,
        "TF_NUM_INTEROP_THREADS": threads,
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    chosen = {name: value for name, value in wished.items() if name not in os.environ}
    paths = [str(ours / "jupyter"), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    return chosen | {
        "LSTM_COURSE_HOME": str(folder),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(path for path in paths if path),
        "JUPYTERLAB_WORKSPACES_DIR": str(ours / "workspaces"),
    }


def server_arguments(folder: Path, port: int, *, browser: bool, returning: bool) -> list[str]:
    """Say what JupyterLab is started with.

    Parameters
    ----------
    folder : Path
        The working folder, absolute.
    port : int
        Port to listen on.
    browser : bool
        Whether to open a browser.
    returning : bool
        Whether the learner's own arrangement of tabs is to be restored; else lesson 00 opens.

    Returns
    -------
    list of str
        Command line of JupyterLab. Its token and its autosave stay as they are by default.
    """
    url = f"/lab/workspaces/{WORKSPACE}"
    if not returning:
        url += f"/tree/{sorted(folder.glob('00_*.ipynb'))[0].name}"
    arguments = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        f"--LabApp.default_url={url}",
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
    ]
    if not browser:
        arguments.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        arguments.append("--allow-root")  # as in most containers; Jupyter would refuse to start
    return arguments


def _serve(arguments: list[str], port: int) -> None:
    from jupyterlab.labapp import LabApp

    server = LabApp.initialize_server(argv=arguments)
    if port not in (0, server.port):
        print(f"Port {port} is taken; JupyterLab listens on port {server.port}.")
    if not server.identity_provider.token_generated:  # with one of its own, Jupyter says where
        print(f"JupyterLab is at {server.public_url}")
    print("Stop it with Ctrl-C; your work and your progress stay in the folder.", flush=True)
    server.start()


def _layout(notebook: str) -> dict[str, Any]:
    """Arrange JupyterLab for the first time: lesson 00, and its table of contents on the left."""
    opened = f"notebook:{notebook}"
    layout = {
        "main": {
            "dock": {"type": "tab-area", "currentIndex": 0, "widgets": [opened]},
            "current": opened,
        },
        "down": {"size": 0, "widgets": []},
        "left": {
            "collapsed": False,
            "visible": True,
            "current": "@jupyterlab/toc:plugin",
            "widgets": ["filebrowser", "running-sessions", "@jupyterlab/toc:plugin"],
        },
        "right": {"collapsed": True, "visible": True, "widgets": []},
        "relativeSizes": [0.22, 0.78, 0],
    }
    return {
        "data": {
            "layout-restorer:data": layout,
            opened: {"data": {"path": notebook, "factory": "Notebook"}},
        },
        "metadata": {"id": WORKSPACE},
    }
