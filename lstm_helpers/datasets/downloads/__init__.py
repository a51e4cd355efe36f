"""Data from the network: only if you ask for it, and never in a lesson's own path.

`load_prices_to_today` and `load_imdb` fetch nothing unless they are called with ``download=True``.
What was fetched is kept in a folder of its own, whole or not at all, and looked at again whenever
it is read. Nothing here is imported before it is used: neither requests nor yfinance nor pandas.
"""

from lstm_helpers.datasets.downloads.imdb import Imdb, Reviews, load_imdb
from lstm_helpers.datasets.downloads.yahoo import load_prices_to_today

__all__ = ["Imdb", "Reviews", "load_imdb", "load_prices_to_today"]
