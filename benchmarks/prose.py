"""A character language model with more time than lesson 13 has: three runs of three minutes.

Lesson 13 trains 128 units for ten seconds and shows this table beside them. Split and vocabulary
are the lesson's. Settings were chosen on the validation part; the test part is read once, at the
end of each run.
"""

from __future__ import annotations

import argparse
import collections
import json
import platform
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import lstm_helpers
from lstm_helpers.datasets.prose import load_prose
from lstm_helpers.exercises import get

TABLE = Path(lstm_helpers.__file__).parent / "recorded" / "prose.json"
SETTINGS: dict[str, Any] = {
    "language": "en",
    "characters": 130_000,
    "parts": [0.8, 0.1, 0.1],
    "at_least": 2,
    "embedding_size": 64,
    "hidden_size": 320,
    "dropout": 0.4,
    "streams": 32,
    "steps": 64,
    "epochs": 40,
    "learning_rate": 0.01,
    "warm_up": 0.1,
    "max_norm": 1.0,
}


class Model(nn.Module):
    """Embedding, one LSTM, a linear layer; dropout before and after the LSTM."""

    def __init__(self, num_symbols: int) -> None:
        super().__init__()
        size = SETTINGS["hidden_size"]
        self.embedding = nn.Embedding(num_symbols, SETTINGS["embedding_size"])
        self.lstm = nn.LSTM(SETTINGS["embedding_size"], size, batch_first=True)
        self.head = nn.Linear(size, num_symbols)
        self.dropout = nn.Dropout(SETTINGS["dropout"])

    def forward(self, x: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """Logits (N, T, V), and the state after the last step."""
        outputs, state = self.lstm(self.dropout(self.embedding(x)), state)
        return self.head(self.dropout(outputs)), state


def parts() -> tuple[list[np.ndarray], int]:
    """Training, validation and test part as numbers, and how many numbers there are."""
    text = load_prose(SETTINGS["language"]).text[: SETTINGS["characters"]]
    first, second = (int(share * len(text)) for share in np.cumsum(SETTINGS["parts"])[:2])
    train, validation, test = text[:first], text[first:second], text[second:]
    counts = collections.Counter(train)
    known = sorted(symbol for symbol, count in counts.items() if count >= SETTINGS["at_least"])
    number = {symbol: index for index, symbol in enumerate(known, start=1)}
    coded = [
        np.array([number.get(symbol, 0) for symbol in part]) for part in (train, validation, test)
    ]
    return coded, len(known) + 1


@torch.no_grad()
def bits(model: Model, before: np.ndarray, part: np.ndarray) -> float:
    """Bits per character of a part, read after the last 500 characters of what stands before."""
    model.eval()
    tokens = torch.as_tensor(np.concatenate([before[-500:], part]))
    logits, _ = model(tokens[None, :-1])
    losses = nn.functional.cross_entropy(logits[0], tokens[1:], reduction="none")
    return float(losses[-len(part) :].mean()) / float(np.log(2))


def run(seed: int) -> dict[str, Any]:
    """Train once.

    Parameters
    ----------
    seed : int
        Of the weights and of dropout.

    Returns
    -------
    dict
        One row of the table.
    """
    torch.manual_seed(seed)
    (train, validation, test), num_symbols = parts()
    model = Model(num_symbols)
    carry_batches = get("carry_batches").reference
    batches = carry_batches(train, SETTINGS["streams"], SETTINGS["steps"])
    xs, ys = (torch.as_tensor(part) for part in batches)
    rate, epochs = SETTINGS["learning_rate"], SETTINGS["epochs"]
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, rate, total_steps=epochs * len(xs), pct_start=SETTINGS["warm_up"]
    )
    train_bits, curve, seconds, used = [], [], [], 0.0
    for _ in range(epochs):
        start = time.process_time()
        train_bits.append(round(epoch(model, xs, ys, optimizer, schedule), 4))
        used += time.process_time() - start
        seconds.append(round(used, 1))
        curve.append(round(bits(model, train, validation), 4))
    return {
        "seed": seed,
        "weights": sum(weight.numel() for weight in model.parameters()),
        "train": train_bits,
        "validation": curve,
        "seconds": seconds,
        "test": round(bits(model, validation, test), 4),
    }


def epoch(model: Model, xs: Tensor, ys: Tensor, optimizer: Any, schedule: Any) -> float:
    """One pass through the text, its state carried and detached; mean bits per character."""
    model.train()
    state, total = None, 0.0
    for x, y in zip(xs, ys, strict=True):
        optimizer.zero_grad()
        logits, state = model(x, state)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), y.flatten())
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), SETTINGS["max_norm"])
        optimizer.step()
        schedule.step()
        state = tuple(part.detach() for part in state)
        total += loss.item()
    return total / len(xs) / float(np.log(2))


def write(rows: list[dict[str, Any]], num_seeds: int) -> None:
    """Write the table: settings first, then a line for each row."""
    head = {
        "about": "Written by benchmarks/prose.py. Seconds are CPU time of one thread.",
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "lstm-course": lstm_helpers.__version__,
        },
        "seeds": list(range(num_seeds)),
        "settings": SETTINGS,
    }
    lines = ",\n".join("  " + json.dumps(row) for row in rows)
    text = json.dumps(head, indent=1).removesuffix("\n}")
    TABLE.write_text(f'{text},\n "rows": [\n{lines}\n ]\n}}\n', encoding="utf-8")


def main() -> None:
    """Run every seed, print what came out, and store it if it is complete."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 0 on (default: 3)")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rows = []
    for seed in range(asked.seeds):
        rows.append(run(seed))
        last = {name: rows[-1][name][-1] for name in ("train", "validation", "seconds")}
        print(f"seed {seed}: {last}, test {rows[-1]['test']}", flush=True)
    if asked.seeds < 3:
        print("A partial run: the stored table is left as it is.")
    else:
        write(rows, asked.seeds)
        print(f"Written: {TABLE.name}")


if __name__ == "__main__":
    main()
