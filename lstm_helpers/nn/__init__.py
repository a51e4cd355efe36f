"""The mathematics of the course, in NumPy: what the lessons derive, and nothing else.

`functions` nonlinearities · `cells` one step of a plain RNN · `layers` whole sequences, heads and
losses · `lstm` the LSTM cell as the lessons write it · `lstm_layer` the same at speed ·
`lstm_peephole`, `lstm_coupled`, `lstm_layer_norm` its variants · `normalisation` layer
normalisation · `gru` the gated recurrent unit · `recurrent` every kind of cell over sequences ·
`stack` layers × directions · `shapes` what both refuse · `embedding` symbols to vectors ·
`gradients` measuring gradients · `optim` gradient descent and clipping.
"""

from lstm_helpers.nn.cells import (
    RNNParams,
    init_rnn,
    rnn_step,
    rnn_step_backward,
    scale_to_spectral_radius,
    spectral_radius,
)
from lstm_helpers.nn.embedding import embed, embed_backward
from lstm_helpers.nn.functions import (
    relu,
    relu_derivative,
    sigmoid,
    sigmoid_derivative,
    tanh,
    tanh_derivative,
)
from lstm_helpers.nn.gradients import (
    NONLINEARITIES,
    gradient_error,
    gradient_norms,
    numerical_gradient,
    random_gradient_flow,
)
from lstm_helpers.nn.gru import (
    GRUCache,
    GRUParams,
    gru_step,
    gru_step_backward,
    gru_step_cached,
    init_gru,
)
from lstm_helpers.nn.layers import (
    linear_backward,
    linear_forward,
    mean_squared_error,
    rnn_backward,
    rnn_forward,
    softmax_cross_entropy,
)
from lstm_helpers.nn.lstm import (
    LSTMCache,
    LSTMParams,
    init_lstm,
    lstm_backward,
    lstm_forward,
    lstm_gates,
    lstm_step,
    lstm_step_backward,
    lstm_step_cached,
    update_cell,
)
from lstm_helpers.nn.lstm_coupled import (
    CoupledCache,
    CoupledParams,
    coupled_lstm_step,
    coupled_lstm_step_backward,
    coupled_lstm_step_cached,
    init_coupled_lstm,
)
from lstm_helpers.nn.lstm_layer import LSTMTape, lstm_layer_backward, lstm_layer_forward
from lstm_helpers.nn.lstm_layer_norm import (
    LayerNormCache,
    LayerNormParams,
    init_layer_norm_lstm,
    layer_norm_lstm_step,
    layer_norm_lstm_step_backward,
    layer_norm_lstm_step_cached,
)
from lstm_helpers.nn.lstm_peephole import (
    PeepholeCache,
    PeepholeParams,
    init_peephole_lstm,
    peephole_lstm_step,
    peephole_lstm_step_backward,
    peephole_lstm_step_cached,
)
from lstm_helpers.nn.normalisation import layer_norm, layer_norm_backward
from lstm_helpers.nn.optim import SGD, Adam, adam_step, clip_by_global_norm, sgd_step
from lstm_helpers.nn.recurrent import CELLS, Cell
from lstm_helpers.nn.stack import StackTape, init_stack, stack_backward, stack_forward

__all__ = [
    "CELLS",
    "NONLINEARITIES",
    "SGD",
    "Adam",
    "Cell",
    "CoupledCache",
    "CoupledParams",
    "GRUCache",
    "GRUParams",
    "LSTMCache",
    "LSTMParams",
    "LSTMTape",
    "LayerNormCache",
    "LayerNormParams",
    "PeepholeCache",
    "PeepholeParams",
    "RNNParams",
    "StackTape",
    "adam_step",
    "clip_by_global_norm",
    "coupled_lstm_step",
    "coupled_lstm_step_backward",
    "coupled_lstm_step_cached",
    "embed",
    "embed_backward",
    "gradient_error",
    "gradient_norms",
    "gru_step",
    "gru_step_backward",
    "gru_step_cached",
    "init_coupled_lstm",
    "init_gru",
    "init_layer_norm_lstm",
    "init_lstm",
    "init_peephole_lstm",
    "init_rnn",
    "init_stack",
    "layer_norm",
    "layer_norm_backward",
    "layer_norm_lstm_step",
    "layer_norm_lstm_step_backward",
    "layer_norm_lstm_step_cached",
    "linear_backward",
    "linear_forward",
    "lstm_backward",
    "lstm_forward",
    "lstm_gates",
    "lstm_layer_backward",
    "lstm_layer_forward",
    "lstm_step",
    "lstm_step_backward",
    "lstm_step_cached",
    "mean_squared_error",
    "numerical_gradient",
    "peephole_lstm_step",
    "peephole_lstm_step_backward",
    "peephole_lstm_step_cached",
    "random_gradient_flow",
    "relu",
    "relu_derivative",
    "rnn_backward",
    "rnn_forward",
    "rnn_step",
    "rnn_step_backward",
    "scale_to_spectral_radius",
    "sgd_step",
    "sigmoid",
    "sigmoid_derivative",
    "softmax_cross_entropy",
    "spectral_radius",
    "stack_backward",
    "stack_forward",
    "tanh",
    "tanh_derivative",
    "update_cell",
]
