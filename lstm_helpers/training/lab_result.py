"""What came out of a lab: the LSTM's scores beside those of every baseline, as one line of a table.

A lab ends with a `LabResult`. A notebook shows it as a table; `benchmarks/labs.py` runs the labs,
collects these results from the notebooks' outputs and writes the table of all labs.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

MIME_TYPE = "application/vnd.lstm-course.lab-result+json"
"""Under which a notebook's output holds a result for programs to read."""


@dataclass(frozen=True)
class LabResult:
    """Scores of one lab, all on the same test part.

    Parameters
    ----------
    lab : str
        Number and name of the lab, such as ``"11 Hydrology"``.
    data : str
        What it was measured on, in a few words.
    metric : str
        Name and unit of the score.
    baselines : mapping of str to float
        Score of each model without memory, by name.
    lstm : sequence of float
        Score of the LSTM for each seed; at least three.
    seconds : float
        How long one training run of the LSTM took, in seconds.
    higher_is_better : bool
        True for a share of right answers, False for an error.

    Examples
    --------
    >>> result = LabResult(
    ...     "00 Example", "made up", "error, m", {"mean": 3.0, "ridge": 2.0}, (1.0, 1.2, 1.1),
    ...     seconds=4, higher_is_better=False,
    ... )
    >>> result.best_baseline, result.verdict
    ('ridge', 'better than ridge')
    >>> print(result)
    00 Example: error, m, on made up (lower is better)
      mean                       3.00
      ridge                      2.00
      LSTM, 3 seeds              1.10 ± 0.10
    The LSTM is better than ridge.
    """

    lab: str
    data: str
    metric: str
    baselines: Mapping[str, float]
    lstm: Sequence[float]
    seconds: float
    higher_is_better: bool

    def __post_init__(self) -> None:
        if not self.baselines:
            raise ValueError(
                f"the lab {self.lab!r} has no baseline; expected at least one, by name"
            )
        if len(self.lstm) < 3:
            raise ValueError(
                f"got {len(self.lstm)} scores of the LSTM in {self.lab!r}; expected at least "
                "three, one for each seed: fewer say nothing about spread"
            )
        if not np.isfinite([*self.baselines.values(), *self.lstm]).all():
            raise ValueError(f"a score in {self.lab!r} is NaN or infinite; expected numbers")
        if not (np.isfinite(self.seconds) and self.seconds > 0):
            raise ValueError(
                f"got {self.seconds} seconds for one training run in {self.lab!r}; expected a "
                "number above 0"
            )
        if self.lstm_name in self.baselines:
            raise ValueError(
                f"a baseline in {self.lab!r} is called {self.lstm_name!r}, as the LSTM is; "
                "expected another name"
            )

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> LabResult:
        """Make a result again from what `as_dict` gave.

        Parameters
        ----------
        row : mapping of str to object
            The fields by name; what is no field is left out, the verdict is made anew.

        Returns
        -------
        LabResult
            An equal one.

        Raises
        ------
        KeyError
            If a field is missing.
        """
        return cls(**{field.name: row[field.name] for field in fields(cls)})

    @property
    def best_baseline(self) -> str:
        """Name of the baseline with the best score."""
        best = max if self.higher_is_better else min
        return best(self.baselines, key=lambda name: self.baselines[name])

    @property
    def mean(self) -> float:
        """Mean score of the LSTM over the seeds."""
        return float(np.mean(self.lstm))

    @property
    def spread(self) -> float:
        """Standard deviation of the LSTM's scores over the seeds, with S - 1."""
        return float(np.std(self.lstm, ddof=1))

    @property
    def verdict(self) -> str:
        """What the scores allow to say: better, worse, or not to be told apart.

        The mean differs from the best baseline by more than twice its standard error, or it does
        not. That is about seeds only: another test part may say something else.
        """
        gain = self.mean - self.baselines[self.best_baseline]
        if not self.higher_is_better:
            gain = -gain
        rounding = 1e-9 * max(abs(self.mean), abs(self.baselines[self.best_baseline]))
        if abs(gain) <= 2 * self.spread / np.sqrt(len(self.lstm)) + rounding:
            return f"not to be told from {self.best_baseline}"
        return f"{'better' if gain > 0 else 'worse'} than {self.best_baseline}"

    @property
    def lstm_name(self) -> str:
        """What stands before the LSTM's score."""
        return f"LSTM, {len(self.lstm)} seeds"

    @property
    def duration(self) -> str:
        """How long one training run took, in words."""
        return f"{self.seconds:.{0 if self.seconds >= 10 else 1}f} seconds"

    def scores(self) -> dict[str, str]:
        """Every score in words, with as many digits as the spread allows.

        Returns
        -------
        dict of str to str
            The baselines, then the LSTM with its spread.
        """
        digits = 3
        if self.spread > 1e-9 * abs(self.mean):  # equal scores may differ by rounding
            digits = int(np.clip(1 - np.floor(np.log10(self.spread)), 0, 4))
        words = {name: f"{score:.{digits}f}" for name, score in self.baselines.items()}
        words[self.lstm_name] = f"{self.mean:.{digits}f} ± {self.spread:.{digits}f}"
        return words

    def as_dict(self) -> dict[str, Any]:
        """Everything, for JSON.

        Returns
        -------
        dict
            The fields by name, and the verdict.
        """
        return {
            "lab": self.lab,
            "data": self.data,
            "metric": self.metric,
            "higher_is_better": self.higher_is_better,
            "baselines": {name: float(score) for name, score in self.baselines.items()},
            "lstm": [float(score) for score in self.lstm],
            "seconds": float(self.seconds),
            "verdict": self.verdict,
        }

    def __str__(self) -> str:
        better = "higher" if self.higher_is_better else "lower"
        scores = self.scores()
        width = max(25, *map(len, scores))
        return "\n".join(
            [
                f"{self.lab}: {self.metric}, on {self.data} ({better} is better)",
                *(f"  {name:<{width}}  {score}" for name, score in scores.items()),
                f"The LSTM is {self.verdict}.",
            ]
        )

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        better = "higher" if self.higher_is_better else "lower"
        rows = "".join(
            f"<tr><th scope='row' style='text-align:left'>{html.escape(name)}</th>"
            f"<td>{html.escape(score)}</td></tr>"
            for name, score in self.scores().items()
        )
        caption = html.escape(f"{self.metric}, on {self.data} ({better} is better)")
        return {
            "text/plain": str(self),
            "text/html": (
                f"<table><caption>{caption}</caption><tbody>{rows}</tbody></table>"
                f"<p>The LSTM is <strong>{html.escape(self.verdict)}</strong>; one training run "
                f"took {self.duration}.</p>"
            ),
            MIME_TYPE: self.as_dict(),
        }
