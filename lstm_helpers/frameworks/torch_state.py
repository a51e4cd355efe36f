"""PyTorch's settings while something is measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def undisturbed() -> Iterator[None]:
    """Switch to one thread and to gradients, and leave the random numbers as they were.

    What is measured is tiny: more threads would only wait for one another, on a busy machine for
    longer than the computation takes.

    Yields
    ------
    None
        Afterwards threads, gradient mode and random numbers are as before.

    Examples
    --------
    >>> with torch.no_grad(), undisturbed():
    ...     torch.get_num_threads(), torch.is_grad_enabled()
    (1, True)
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            yield
    finally:
        torch.set_num_threads(threads)
