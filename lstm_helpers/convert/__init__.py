"""The same weights in NumPy, PyTorch and Keras: RNN, LSTM and GRU, stacked, in both directions.

`conventions` the one table of what each library stores, from which all conversions come ·
`stacks` weights of whole stacks, refused where a shape is wrong · `torch_side` and `keras_side`
to and from each framework, which is imported only when a function needs it.
"""

from lstm_helpers.convert.conventions import CONVENTIONS, Convention, convention
from lstm_helpers.convert.keras_side import from_keras, keras_layers, to_keras
from lstm_helpers.convert.torch_side import from_torch, to_torch, torch_module

__all__ = [
    "CONVENTIONS",
    "Convention",
    "convention",
    "from_keras",
    "from_torch",
    "keras_layers",
    "to_keras",
    "to_torch",
    "torch_module",
]
