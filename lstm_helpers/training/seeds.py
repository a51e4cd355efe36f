"""The same experiment with several seeds: a table with mean and spread, never one number alone."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lstm_helpers.training.progress import track

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SeedTable:
    """Scores of several models over the same seeds.

    Parameters
    ----------
    scores : mapping of str to ndarray (S,)
        For each model, one score for each seed.
    seeds : tuple of int
        The S seeds.
    unit : str
        Name and unit of the score.
    """

    scores: Mapping[str, Array]
    seeds: tuple[int, ...]
    unit: str

    def mean(self, name: str) -> float:
        """Mean score of a model over the seeds.

        Parameters
        ----------
        name : str
            The model.

        Returns
        -------
        float
            In the unit of the score.
        """
        return float(np.mean(self.scores[name]))

    def spread(self, name: str) -> float:
        """Standard deviation of a model's scores over the seeds.

        Parameters
        ----------
        name : str
            The model.

        Returns
        -------
        float
            With S - 1 in the denominator; in the unit of the score.
        """
        return float(np.std(self.scores[name], ddof=1))

    def __str__(self) -> str:
        width = max(len(name) for name in self.scores)
        lines = [f"{self.unit}, mean ± standard deviation over {len(self.seeds)} seeds"]
        for name, *cells in self._rows():
            lines.append(f"{name:<{width}}  {cells[0]} ± {cells[1]}   ({cells[2]} to {cells[3]})")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        heads = ("", "mean", "spread", "lowest", "highest")
        head = "".join(f"<th scope='col'>{text}</th>" for text in heads)
        rows = "".join(
            f"<tr><th scope='row' style='text-align:left'>{html.escape(name)}</th>"
            + "".join(f"<td>{cell}</td>" for cell in cells)
            + "</tr>"
            for name, *cells in self._rows()
        )
        caption = f"{html.escape(self.unit)} over {len(self.seeds)} seeds"
        return (
            f"<table><caption>{caption}; spread is the standard deviation</caption>"
            f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        )

    def _rows(self) -> list[tuple[str, ...]]:
        spreads = [self.spread(name) for name in self.scores]
        # Equal scores may differ by rounding: that is no spread.
        largest = max(float(np.abs(scores).max()) for scores in self.scores.values())
        positive = [spread for spread in spreads if spread > 1e-9 * largest]
        # As many digits as the smallest spread allows, and one more.
        digits = max(0, 1 - int(np.floor(np.log10(min(positive))))) if positive else 3
        digits = min(digits, 6)
        return [
            (
                name,
                *(
                    f"{value:.{digits}f}"
                    for value in (self.mean(name), spread, np.min(scores), np.max(scores))
                ),
            )
            for (name, scores), spread in zip(self.scores.items(), spreads, strict=True)
        ]


def over_seeds(
    models: Mapping[str, Callable[[int], Any]],
    seeds: Iterable[int],
    unit: str,
    label: str = "training",
    progress: bool = True,
) -> SeedTable:
    """Run every model once for each seed, all models on the same seeds.

    Parameters
    ----------
    models : mapping of str to callable
        For each name, a function that takes a seed, trains, and returns a score.
    seeds : iterable of int
        At least two, all different: one seed has no spread.
    unit : str
        Name and unit of the score.
    label : str, optional
        What stands in front of the progress bar.
    progress : bool, optional
        False: no progress bar.

    Returns
    -------
    SeedTable
        The scores; shown as a table in a notebook.

    Raises
    ------
    ValueError
        If there is no model, or fewer than two different seeds.

    Examples
    --------
    >>> print(over_seeds({"coin": lambda s: s % 2, "one": lambda s: 1.0}, range(4), "share"))
    share, mean ± standard deviation over 4 seeds
    coin  0.50 ± 0.58   (0.00 to 1.00)
    one   1.00 ± 0.00   (1.00 to 1.00)
    """
    seeds = tuple(seeds)
    if not models:
        raise ValueError("got no model to run; expected at least one, by name")
    if len(set(seeds)) < 2 or len(set(seeds)) < len(seeds):
        raise ValueError(
            f"got the seeds {list(seeds)}; expected at least two, all different: one seed alone "
            "says nothing about spread"
        )
    runs = [(name, seed) for seed in seeds for name in models]
    scores: dict[str, list[float]] = {name: [] for name in models}
    for name, seed in track(runs, label, progress):
        scores[name].append(float(models[name](seed)))
    return SeedTable({name: np.array(values) for name, values in scores.items()}, seeds, unit)
