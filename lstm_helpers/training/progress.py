"""A progress bar where somebody is watching, and silence everywhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

from lstm_helpers.watched import is_watched

Item = TypeVar("Item")


def track(
    items: Iterable[Item],
    label: str,
    progress: bool = True,
    status: Callable[[], str] | None = None,
) -> Iterator[Item]:
    """Go through items and show how far one is.

    Parameters
    ----------
    items : iterable
        What to go through; if it has a length, the bar shows the time left.
    label : str
        What stands in front of the bar.
    progress : bool, optional
        False keeps silent in any case.
    status : callable, optional
        Called without arguments for the text behind the bar, a few times a second.

    Yields
    ------
    object
        The items, unchanged.

    Examples
    --------
    >>> list(track(range(3), "counting"))
    [0, 1, 2]
    """
    if not (progress and is_watched()):
        yield from items
        return
    from tqdm.auto import tqdm

    total = len(items) if isinstance(items, Sized) else None
    with tqdm(total=total, desc=label, mininterval=0.2) as bar:
        for item in items:
            yield item
            if status is not None:
                bar.set_postfix_str(status(), refresh=False)
            bar.update()
        bar.refresh()
