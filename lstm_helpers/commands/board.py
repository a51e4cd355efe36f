"""``lstm-course board``: serve the live board of a workshop."""

import asyncio
import errno
import gc
from pathlib import Path
from typing import TYPE_CHECKING

from lstm_helpers.commands.errors import CommandError, WrongUseError

if TYPE_CHECKING:
    from lstm_helpers.workshop.board.board import Board

__all__ = ["run"]


def run(folder: Path | None, host: str, port: int, *, new: bool) -> None:
    """Serve the board of a folder until Ctrl-C; the next time it goes on where it was.

    Parameters
    ----------
    folder : Path or None
        Where it is kept; None for a folder among the user's data.
    host : str
        Address to listen on; ``"0.0.0.0"`` for all of this machine's.
    port : int
        Port to listen on; any free one if 0.
    new : bool
        Whether to delete what is in the folder and begin a new workshop.

    Raises
    ------
    CommandError
        If a package is missing, or folder or port cannot be used.
    WrongUseError
        If the folder is a file, or the address none of this machine.
    """
    try:
        from lstm_helpers.workshop.board import serve
        from lstm_helpers.workshop.board.writer import StoreError
    except ModuleNotFoundError as error:
        raise CommandError(
            f"The board needs the package {error.name}: run `python -m pip install "
            '"lstm-course[workshop]"`.'
        ) from None
    folder = (folder.expanduser() if folder else serve.default_folder()).absolute()
    if folder.exists() and not folder.is_dir():
        raise WrongUseError(f"{folder} is a file; give the name of a folder.")
    serve.allow_many_connections()
    try:
        asyncio.run(_serve(folder, host, port, new=new))
    except StoreError as error:
        raise CommandError(str(error)) from None
    except KeyboardInterrupt:
        print("The board has stopped.")


async def _serve(folder: Path, host: str, port: int, *, new: bool) -> None:
    from lstm_helpers.workshop.board import serve
    from lstm_helpers.workshop.board.board import Board
    from lstm_helpers.workshop.board.writer import delete_board

    try:
        opened = serve.listen(host, port)
    except OSError as error:
        reason = str(error.strerror or error).partition(" (while")[0]
        if error.errno not in (errno.EADDRINUSE, errno.EACCES, errno.EPERM):
            raise WrongUseError(
                f"{host} is no address of this machine ({reason}): give another with --host, or "
                "leave it out to listen on all."
            ) from None
        raise CommandError(
            f"Port {port} of {host} cannot be used ({reason}): give another with --port."
        ) from None
    with opened:
        port = opened.getsockname()[1]
        if new and delete_board(folder):
            print(f"The board that was in {folder} is deleted.")
        board = Board(folder, tuple(serve.addresses(host, port)))
        # What is loaded by now stays: the collector need not look at it again while learners wait.
        gc.collect()
        gc.freeze()
        _say(board, folder)
        await serve.serve_with(board).serve(sockets=[opened])


def _say(board: "Board", folder: Path) -> None:
    """Print what instructor and learners need, so that it can be read from some way off."""
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    from lstm_helpers.workshop.board.codes import join_lines

    console = Console(highlight=False)
    address, *others = board.addresses
    wide = " ".join(board.code)
    body = Text.assemble(
        ("Address  ", ""),
        (address, "bold"),
        ("\n\nCode     ", ""),
        (f" {wide} ", "bold reverse"),
    )
    console.print(Panel(body, title="Live board", padding=(1, 3), expand=False))
    if others:
        print(f"This machine has other addresses too: {', '.join(others)}")
    learners = len(board.state.learners)
    if learners:
        print(f"It goes on with {learners} learners and {board.state.events} events.")
    lines = "".join(f"    {line}\n" for line in join_lines(address, board.code))
    print(
        "\nLearners run this in a notebook, with a nickname of their own:\n"
        f"{lines}"
        "\nFor the projector:\n"
        f"    {address}/?code={board.code}\n"
        "For you alone (hide nicknames, lower hands, choose lessons, end and delete):\n"
        f"    {address}/instructor?key={board.instructor_key}\n"
        f"\nIt is kept in {folder} until you end the workshop on that page.\n"
        "Stop it with Ctrl-C; the same command goes on with it.",
        flush=True,
    )
