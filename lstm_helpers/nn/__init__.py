"""The mathematics of the course, in NumPy: what the lessons derive, and nothing else.

`functions` nonlinearities · `cells` one step of a plain RNN · `layers` whole sequences, heads and
losses · `lstm` the LSTM cell as the lessons write it · `lstm_layer` the same at speed ·
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
from lstm_helpers.nn.lstm_layer import LSTMTape, lstm_layer_backward, lstm_layer_forward
from lstm_helpers.nn.optim import SGD, Adam, adam_step, clip_by_global_norm, sgd_step

__all__ = [
    "NONLINEARITIES",
    "SGD",
    "Adam",
    "LSTMCache",
    "LSTMParams",
    "LSTMTape",
    "RNNParams",
    "adam_step",
    "clip_by_global_norm",
    "gradient_error",
    "gradient_norms",
    "init_lstm",
    "init_rnn",
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
    "tanh",
    "tanh_derivative",
    "update_cell",
]
