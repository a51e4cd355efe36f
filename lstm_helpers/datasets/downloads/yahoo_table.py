"""A program of its own: ask Yahoo Finance for one table through yfinance, and print it as JSON.

It runs in a fresh interpreter because yfinance cannot work in one that has loaded TensorFlow: on
Linux, TensorFlow brings a libcurl of its own into the process, and yfinance's transport, curl_cffi,
then calls that one instead of the one it was built for. `lstm_helpers.datasets.downloads.yahoo`
starts it, writes the question to its standard input and reads the last line that it prints.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def main() -> None:
    """Read a question, print the answer."""
    question = json.loads(sys.stdin.read())
    print()
    print(json.dumps(answer(**question)))


def answer(symbol: str, start: str, timeout: float) -> dict[str, Any]:
    """Ask for the daily prices of one share.

    Parameters
    ----------
    symbol : str
        As Yahoo writes it.
    start : str
        First day.
    timeout : float
        Seconds without a sign of the server after which it has failed.

    Returns
    -------
    dict
        ``version`` of yfinance, ``dates``, and ``columns`` by the names that yfinance gives them.
        Where there is no table, ``unknown`` says why there are no such prices, or ``failed`` why
        they did not come.
    """
    import yfinance  # type: ignore[import-untyped]
    from yfinance import exceptions

    # Otherwise it logs what goes wrong, and returns an empty table.
    yfinance.config.debug.hide_exceptions = False
    try:
        table = yfinance.Ticker(symbol).history(
            start=start, auto_adjust=False, actions=False, timeout=timeout
        )
    except exceptions.YFTickerMissingError as error:
        return {"unknown": error.rationale}
    except exceptions.YFRateLimitError:
        return {"failed": "Yahoo refuses for now, after too many requests"}
    except Exception as error:  # it takes the answer apart without looking whether it is one
        return {"failed": _what_went_wrong(error, timeout)}
    return {
        "version": yfinance.__version__,
        "dates": [str(moment.date()) for moment in table.index],
        "columns": {name: table[name].tolist() for name in table.columns},
    }


def _what_went_wrong(error: Exception, timeout: float) -> str:
    kind = type(error).__name__
    if not isinstance(error, OSError) or isinstance(error, ValueError):  # JSON may raise both
        return f"what came is no table of prices ({kind}: {error})"
    if "timeout" in kind.lower():
        return f"the server was silent for {timeout:g} seconds"
    return f"the connection failed ({kind})"


if __name__ == "__main__":
    main()
