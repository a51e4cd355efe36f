"""Helpers for the course "LSTMs by hand and by measurement".

Importing this package loads NumPy and nothing heavier: no framework, no plotting, no notebook
machinery. Lessons import what they need by name, for example
``from lstm_helpers.notebook import check, show`` or ``from lstm_helpers import nn``.
"""

from lstm_helpers.exercises import judge

__version__ = "0.1.0"

__all__ = ["__version__", "judge"]
