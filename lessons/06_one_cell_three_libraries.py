# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   lstm_helpers: {number: "06", title: "One cell, three libraries", minutes: 60}
# ---

# %% [markdown]
# # Lesson 06: One cell, three libraries
#
# **60 minutes.** You need: lessons 03 and 04; for section 7 the optimiser of lesson 05. PyTorch and
# Keras are introduced as far as we use them here; lessons 07 and 08 do it properly.
#
# Afterwards you can
#
# - carry the weights of an LSTM from NumPy to PyTorch and Keras and back, and prove that the cell
#   is the same in all three: outputs, final states and every gradient,
# - choose a test that none of thirteen usual mistakes passes, and say what weaker tests miss,
# - say in what the libraries differ although the cell is the same: where training begins, how fast
#   biases learn, which axis is time, and what comes back,
# - say how equal two right programs can be, and when they cannot be equal at all.
#
# Letters as before: $N$ sequences, $T$ steps, $D$ inputs, $H$ units; $z = x W_x + h W_h + b$ with
# the four blocks i, f, g, o.

# %%
import numpy as np
import torch

from lstm_helpers import convert, nn, plots, tasks
from lstm_helpers.notebook import check, hint, progress, quiet_imports, quiz, recover, show

with quiet_imports():  # TensorFlow talks while it is loaded
    import keras
    import tensorflow as tf

torch.set_num_threads(1)  # for matrices as small as these one thread is the fastest

# %% [markdown]
# ## 1. Do three libraries mean the same by "LSTM"? (4 min)
#
# Lesson 04 left one doubt. Measured gradients confirm that your backward pass belongs to your
# forward pass; if the forward pass is wrong, they confirm the right gradient of the wrong network.
# What helps is a second program, written by other people from the same formulas. You have two:
# PyTorch, and Keras, which here computes with TensorFlow. If the same weights give the same numbers
# in all three, a mistake would have to be made three times, in the same way.
#
# So the weights have to get from one library into another. First, what are they? Both layers below
# read $D = 3$ inputs with $H = 4$ units; Keras calls $H$ `units`. **Predict, then run.** Which
# arrays does each hold, and of which shapes?

# %%
torch_layer = torch.nn.LSTM(3, 4)
keras_layer = keras.layers.LSTM(4)
keras_layer.build((None, None, 3))  # any N, any T, D = 3
for name, array in nn.init_lstm(3, 4, np.random.default_rng(0))._asdict().items():
    print(f"NumPy    {name:16} {array.shape}")
for name, weights in torch_layer.named_parameters():
    print(f"PyTorch  {name:16} {tuple(weights.shape)}")
for weights in keras_layer.weights:
    print(f"Keras    {weights.name:16} {tuple(weights.shape)}")

# %% [markdown]
# Each has three or four arrays with an axis of $4H = 16$: the gates are stacked. The shapes do not
# say in which order. The manuals do, but you can ask the layers themselves. Take one unit, set all
# weights to 0, start from $c_0 = 2$ and make one step: $i = f = o = 0.5$ and $g = 0$, so $c = 1$
# and $h = 0.5 \tanh(1) = 0.38$. Now set one of the four biases to 20, which opens that gate, or
# drives the candidate to 1.
#
# **Predict, then run.** What becomes of $c$ and $h$ if the open one is i? If it is f, g or o?


# %%
def ask_torch(b):
    """States c and h of one PyTorch unit after a step from c = 2, all weights 0 but the bias."""
    layer = torch.nn.LSTM(1, 1)
    for weights in layer.parameters():
        torch.nn.init.zeros_(weights)
    layer.bias_ih_l0.data = torch.tensor(b)
    zero = torch.zeros(1, 1, 1)
    _, (h, c) = layer(zero, (zero, zero + 2))
    return c.item(), h.item()


# %%
def ask_keras(b):
    """The same for Keras."""
    layer = keras.layers.LSTM(1, return_state=True)
    layer.build((None, None, 1))
    layer.set_weights([np.zeros((1, 4)), np.zeros((1, 4)), b])
    _, h, c = layer(np.zeros((1, 1, 1)), initial_state=[np.zeros((1, 1)), np.full((1, 1), 2.0)])
    return c.numpy().item(), h.numpy().item()


# %%
asked = {}
for library, ask in (("PyTorch", ask_torch), ("Keras", ask_keras)):
    asked[library] = [ask(20 * np.eye(4, dtype="float32")[block]) for block in range(4)]
    for block, (c, h) in enumerate(asked[library], start=1):
        print(f"{library:8} block {block}: c {c:.2f}, h {h:.2f}")

# %% [markdown]
# The first block changes nothing: an open input gate, with nothing to let in. The second keeps $c$
# at 2, so it is the forget gate. The third adds 0.5 to $c$: the candidate. The fourth leaves $c$
# and doubles $h$: the output gate. Both libraries stack i, f, g, o, as we do. (Keras writes c for
# the candidate.) That is luck, not law: ONNX, a format in which models are exchanged, has i, o, f,
# c [3], and GRUs differ even between these two.
#
# > **Answer.** They mean the same four gates and store them in the same order. They differ in which
# > way a matrix lies, and in the number of biases.

# %% [markdown]
# ## 2. How do the weights get into PyTorch? (10 min)
#
# PyTorch computes [1]
#
# $$z = x\, W_{ih}^T + b_{ih} + h\, W_{hh}^T + b_{hh}.$$
#
# Its matrices are `(4H, D)` and `(4H, H)`, one *row* for each gate of each unit, and are transposed
# when they are used. And it has two biases where one would do. They are there for the sake of
# cuDNN, the library that computes it on graphics cards [1]. `_l0` in the names is layer 0.
#
# ### Exercise: `to_torch` (8 minutes)
#
# | | shape | |
# |---|---|---|
# | `W_x`, `W_h`, `b` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | our weights |
# | returns | dict | arrays or tensors under these four names: |
# | `"weight_ih_l0"` | `(4H, D)` | |
# | `"weight_hh_l0"` | `(4H, H)` | |
# | `"bias_ih_l0"`, `"bias_hh_l0"` | `(4H,)`, `(4H,)` | any two that give $b$ together |
#
# **By hand**, with $D = 2$ and $H = 1$:
#
# $$W_x = \begin{pmatrix} 1 & 2 & 3 & 4 \\ 5 & 6 & 7 & 8 \end{pmatrix} \quad\text{becomes}\quad
# W_{ih} = \begin{pmatrix} 1 & 5 \\ 2 & 6 \\ 3 & 7 \\ 4 & 8 \end{pmatrix}, \qquad
# W_h = \begin{pmatrix} 9 & 10 & 11 & 12 \end{pmatrix} \quad\text{a column of four},$$
#
# and $b = (0.1, 0.2, 0.3, 0.4)$ becomes, say, $b_{ih} = b$ and $b_{hh} = 0$, or half of it in each.
# `W_x.reshape(4, 2)` has the right shape as well, and begins with the row $(1, 2)$: wrong.


# %% exercise="to_torch"
def to_torch(W_x, W_h, b):
    """Weights of a one-layer nn.LSTM: a dict of its four arrays by PyTorch's names."""
    # BEGIN SOLUTION
    return {
        "weight_ih_l0": W_x.T,
        "weight_hh_l0": W_h.T,
        "bias_ih_l0": b,
        "bias_hh_l0": np.zeros_like(b),
    }
    # END SOLUTION


# %% check="to_torch"
to_torch = check(to_torch)

# %% [markdown]
# Now the comparison, with *your* step, forward and backward pass. If this folder knows your answers
# to lessons 03 and 04, the first cell shows them. The second takes the course's own, so that the
# page runs in any case. Paste yours below its lines, and they take their place everywhere, also
# among the gradients of section 4.

# %%
for name in ("lstm_gates", "update_cell", "lstm_step", "lstm_forward"):  # lesson 03
    recover(name)
for name in ("lstm_step_backward", "lstm_backward"):  # lesson 04
    recover(name)

# %%
lstm_gates, lstm_step, lstm_forward = nn.lstm_gates, nn.lstm_step, nn.lstm_forward
lstm_backward = nn.lstm_backward
# Your own, which may call each other:


# %%
def draw(seed, N=5, T=7, D=3, H=4):
    """Random weights, inputs and start states: weights, xs, h0, c0."""
    rng = np.random.default_rng(seed)
    h0, c0 = rng.uniform(-0.9, 0.9, (2, N, H))
    return nn.init_lstm(D, H, rng), rng.normal(size=(N, T, D)), h0, c0


weights, xs, h0, c0 = draw(6)
hs, c_last = lstm_forward(xs, h0, c0, *weights)
print(f"xs {xs.shape}, hs {hs.shape}, c_last {c_last.shape}")

# %% [markdown]
# A *tensor* is PyTorch's array. It can remember how it was computed; `.detach()` makes it forget,
# and `.numpy()` gives the array. Three things have to be asked for: that the batch comes first,
# float64, and states with an axis in front, `(1, N, H)`, for one layer in one direction.


# %%
def torch_lstm(state_dict, dtype=torch.float64):
    """An nn.LSTM with these weights, batch first."""
    rows, D = np.shape(state_dict["weight_ih_l0"])
    layer = torch.nn.LSTM(D, rows // 4, batch_first=True, dtype=dtype)
    layer.load_state_dict({k: torch.as_tensor(w, dtype=dtype) for k, w in state_dict.items()})
    return layer


def run_torch(layer, xs, h0, c0):
    """Outputs (N, T, H), last hidden state and last cell state (1, N, H), as arrays."""
    start = tuple(torch.tensor(state)[None] for state in (h0, c0))
    outputs, (h_n, c_n) = layer(torch.tensor(xs), start)
    return [tensor.detach().numpy() for tensor in (outputs, h_n, c_n)]


# %% [markdown]
# **Predict, then run.** Seven steps from random states: to how many digits will your loop and
# PyTorch agree?

# %%
outputs, h_n, c_n = run_torch(torch_lstm(to_torch(*weights)), xs, h0, c0)
print(f"outputs {outputs.shape}, h_n {h_n.shape}, c_n {c_n.shape}")
print(f"hs: largest value {np.abs(hs).max():.2f}, difference {np.abs(outputs - hs).max():.0e}")
print(f"c_last: largest value {np.abs(c_last).max():.2f},", end=" ")
print(f"difference {np.abs(c_n[0] - c_last).max():.0e}; h_n {np.abs(h_n[0] - hs[:, -1]).max():.0e}")

# %% [markdown]
# > **Answer.** Both matrices transposed, and the bias in one of two places. Outputs and final
# > states then agree with PyTorch's to 15 digits; a float64 has no more than 16.

# %% [markdown]
# ## 3. And into Keras? (6 min)
#
# Keras computes [2] $z = x\,K + h\,R + b$ with a `kernel` $K$ `(D, 4H)`, a `recurrent_kernel` $R$
# `(H, 4H)` and one `bias` `(4H,)`. `set_weights` takes a list of the three.
#
# ### Exercise: `to_keras` (5 minutes)
#
# | | shape | |
# |---|---|---|
# | `W_x`, `W_h`, `b` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | our weights |
# | returns | list of 3 | kernel, recurrent kernel, bias |
#
# **By hand.** With the numbers of section 2 the kernel's first row is $(1, 2, 3, 4)$ and the bias
# is $(0.1, 0.2, 0.3, 0.4)$. Keras is known to add 1 to the bias of the forget gate. It does so when
# it *draws* weights, not when it uses them.


# %% exercise="to_keras"
def to_keras(W_x, W_h, b):
    """Weights of a keras.layers.LSTM: [kernel, recurrent_kernel, bias]."""
    # BEGIN SOLUTION
    return [W_x, W_h, b]
    # END SOLUTION


# %% check="to_keras"
to_keras = check(to_keras)


# %%
def keras_lstm(arrays, dtype="float64"):
    """A keras.layers.LSTM with these weights, which gives all outputs and both last states."""
    layer = keras.layers.LSTM(len(arrays[1]), return_sequences=True, return_state=True, dtype=dtype)
    layer.build((None, None, len(arrays[0])))
    layer.set_weights([np.asarray(array) for array in arrays])
    return layer


# %%
outputs, h_last, c_k = keras_lstm(to_keras(*weights))(xs, initial_state=[h0, c0])
for name, theirs, ours in (("hs", outputs, hs), ("h", h_last, hs[:, -1]), ("c", c_k, c_last)):
    print(f"{name:2} {theirs.shape}, largest difference {np.abs(theirs - ours).max():.0e}")

# %% [markdown]
# > **Answer.** As they are. Our stacking is Keras's; there is nothing to do, and what you would do
# > on top, such as a forget bias, would be wrong.

# %% [markdown]
# ## 4. Are the gradients the same, too? (5 min)
#
# Here, on the processor and in float64, neither library has formulas like yours. Both record every
# operation of the forward pass, and apply the chain rule to the record, one entry after another. We
# take the loss of lesson 04, $L = \sum dhs \odot hs + \sum dc_{last} \odot c_{last}$ with random
# $dhs$ and $dc_{last}$, and let each compute all of its gradients: of the inputs, of both start
# states and of all weights.
#
# PyTorch follows a tensor that has `requires_grad=True`; `loss.backward()` computes, and the
# gradient is in `.grad`. Keras leaves it to TensorFlow: a `GradientTape` follows every
# `tf.Variable`, and `tape.gradient` computes. Your pass makes each step with `lstm_step`, and keeps
# the ten arrays of lesson 04's cache; the gates among them come from `lstm_gates`.


# %%
def numpy_gradients(weights, xs, h0, c0, dhs, dc_last):
    """Your gradients: dxs, dh0, dc0, dW_x, dW_h, db."""
    states, caches = (h0, c0), []
    for x in xs.swapaxes(0, 1):  # (N, D), step by step
        gates = lstm_gates(x, states[0], *weights)
        h, c = lstm_step(x, *states, *weights)
        caches.append(nn.LSTMCache(x, *states, *gates, c, *weights[:2]))
        states = h, c
    return lstm_backward(dhs, dc_last, caches)


# %%
def torch_gradients(weights, xs, h0, c0, dhs, dc_last):
    """PyTorch's, in our shapes: the same, but with a gradient for each of its two biases."""
    layer = torch_lstm(to_torch(*weights))
    inputs = [torch.tensor(v, requires_grad=True) for v in (xs, h0[None], c0[None])]
    outputs, (_, c_n) = layer(inputs[0], tuple(inputs[1:]))
    loss = (outputs * torch.tensor(dhs)).sum() + (c_n[0] * torch.tensor(dc_last)).sum()
    loss.backward()
    dxs, dh0, dc0 = (tensor.grad.numpy() for tensor in inputs)
    dW_ih, dW_hh, *biases = (tensor.grad.numpy() for tensor in layer.parameters())
    return dxs, dh0[0], dc0[0], dW_ih.T, dW_hh.T, *biases


# %%
def keras_gradients(weights, xs, h0, c0, dhs, dc_last):
    """Keras's, through TensorFlow: the same six."""
    layer = keras_lstm(to_keras(*weights))
    inputs = [tf.Variable(v) for v in (xs, h0, c0)]
    with tf.GradientTape() as tape:
        outputs, _, c_n = layer(inputs[0], initial_state=inputs[1:])
        loss = tf.reduce_sum(outputs * dhs) + tf.reduce_sum(c_n * dc_last)
    gradients = tape.gradient(loss, [*inputs, *layer.trainable_variables])
    return [gradient.numpy() for gradient in gradients]


# %% [markdown]
# **Predict, then run.** Ten draws of weights and sizes, relative errors as in lesson 04. How large
# is the largest? And what is PyTorch's gradient of each of its two biases: half of $db$, or all?

# %%
NAMES = ("dxs", "dh0", "dc0", "dW_x", "dW_h", "db", "db of the second bias")
errors = {("PyTorch", name): [] for name in NAMES} | {("Keras", name): [] for name in NAMES[:6]}
for seed in range(10):
    rng = np.random.default_rng(seed)
    N, T, D, H = rng.permutation(np.arange(2, 9))[:4]  # all different
    case = (*draw(seed, N, T, D, H), rng.normal(size=(N, T, H)), rng.normal(size=(N, H)))
    ours = dict(zip(NAMES[:6], numpy_gradients(*case), strict=True))
    ours[NAMES[6]] = ours["db"]
    results = {"PyTorch": torch_gradients(*case), "Keras": keras_gradients(*case)}
    for library, name in errors:
        found = results[library][NAMES.index(name)]
        errors[library, name].append(nn.gradient_error(ours[name], found))
for (library, name), found in errors.items():
    print(f"{library:8} {name:22} largest relative error {max(found):.0e}")

# %% [markdown]
# Far below $10^{-10}$, all of them. Each of PyTorch's two biases gets the *whole* $db$, because $z$
# depends on each of them as it does on $b$. Section 7 shows what follows from that.
#
# > **Answer.** Yes, to 15 digits. What you derived by hand in lesson 04 is what both libraries
# > find by keeping a record.

# %% [markdown]
# ## 5. Would the test have noticed? (6 min)
#
# All numbers agree. But would they have disagreed if the conversion were wrong?
# **A test has power only if it can fail.** So we break `to_torch`, in thirteen ways that are easily
# done. Three helpers first: blocks in another order, blocks below each other without being
# transposed, and the dict.


# %%
def in_order(array, order):
    """The four blocks of the last axis in another order, such as "igfo"."""
    blocks = dict(zip("ifgo", np.split(array, 4, axis=-1), strict=True))
    return np.concatenate([blocks[gate] for gate in order], axis=-1)


def below(W):
    """The four blocks below each other, none of them transposed: for W_h, (4H, H)."""
    return np.concatenate(np.split(W, 4, axis=1))


def one_for_f(b):
    """1 in the block of the forget gate, else 0."""
    return np.repeat([0.0, 1.0, 0.0, 0.0], len(b) // 4)


# %%
def pack(ih, hh, b, second=0.0):
    """The dict of an nn.LSTM, with a multiple of b as second bias."""
    keys = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")
    return dict(zip(keys, (ih, hh, b, second * b), strict=True))


# %%
broken = {
    "gates i, g, f, o": lambda *w: pack(*(in_order(v, "igfo").T for v in w)),
    "gates i, o, f, g": lambda *w: pack(*(in_order(v, "iofg").T for v in w)),
    "gates f, i, g, o": lambda *w: pack(*(in_order(v, "figo").T for v in w)),
    "i, g, f, o in b only": lambda W_x, W_h, b: pack(W_x.T, W_h.T, in_order(b, "igfo")),
    "W_x not transposed": lambda W_x, W_h, b: pack(W_x, W_h.T, b),
    "reshape for .T": lambda W_x, W_h, b: pack(*(w.reshape(-1, len(w)) for w in (W_x, W_h)), b),
    "W_h stacked, not .T": lambda W_x, W_h, b: pack(W_x.T, below(W_h), b),
    "W_x, W_h exchanged": lambda W_x, W_h, b: pack(W_h.T, W_x.T, b),
    "bias twice": lambda W_x, W_h, b: pack(W_x.T, W_h.T, b, second=1.0),
    "half of the bias": lambda W_x, W_h, b: pack(W_x.T, W_h.T, b / 2),
    "no bias": lambda W_x, W_h, b: pack(W_x.T, W_h.T, 0 * b),
    "forget bias again": lambda W_x, W_h, b: pack(W_x.T, W_h.T, b + one_for_f(b)),
    "W_h forgotten": lambda W_x, W_h, b: pack(W_x.T, 0 * W_h.T, b),
}


# %% [markdown]
# The tests differ in sizes, steps, start states and weights. Each compares all outputs and the last
# cell state with your `lstm_forward`, to $10^{-10}$ if nothing else is said. The first two only ask
# whether PyTorch takes the dict. The fourth takes the cell of lesson 03's tutorial, weights of size
# 0.01 and no biases, from a zero state, and is content with three decimals.


# %%
def passes(convert, D=3, H=4, T=5, state=1.0, tolerance=1e-10, change=lambda w: w):
    """Whether a conversion passes a test; `change` is applied to each of the weights."""
    weights, xs, h0, c0 = draw(6, T=T, D=D, H=H)
    weights, h0, c0 = [change(w) for w in weights], state * h0, state * c0
    hs, c_last = lstm_forward(xs, h0, c0, *weights)
    try:
        outputs, _, c_n = run_torch(torch_lstm(convert(*weights)), xs, h0, c0)
    except (RuntimeError, ValueError):
        return False  # refused
    return max(np.abs(outputs - hs).max(), np.abs(c_n[0] - c_last).max()) < tolerance


# %%
def small(w):
    return 0.02 * w * (w.ndim == 2)  # matrices of size 0.01, no bias


TESTS = {
    "it loads": {"tolerance": np.inf},
    "it loads, D = 4H": {"D": 16, "tolerance": np.inf},
    "all weights 0.1": {"change": lambda w: np.full_like(w, 0.1)},
    "weights 0.01, 3 decimals": {"change": small, "state": 0.0, "tolerance": 5e-4},
    "no biases": {"change": lambda w: w * (w.ndim == 2)},
    "one step, zero state": {"T": 1, "state": 0.0},
    "D = H = 1": {"D": 1, "H": 1},
    "one step, random state": {"T": 1},
    "five steps, random state": {},
}

# %% [markdown]
# **Predict, then run.** Which of the nine tests notice all thirteen mistakes? And how many does the
# usual one miss, that it loads without complaint?

# %%
missed = np.array([[passes(bad, **test) for bad in broken.values()] for test in TESTS.values()])
for (name, test), row in zip(TESTS.items(), missed, strict=True):
    assert passes(to_torch, **test)  # the right one passes each
    print(f"{name:26} misses {row.sum():2} of {len(broken)}")

# %%
fig, ax = plots.new_figure(7.2, 3.6)
ax.pcolormesh(missed, cmap="Blues", vmin=0, vmax=1.2, edgecolors="#999999", linewidth=0.5)
ax.set_xticks(np.arange(len(broken)) + 0.5, list(broken), rotation=40, ha="right")
ax.set_yticks(np.arange(len(TESTS)) + 0.5, list(TESTS))
ax.invert_yaxis()
ax.set(xlabel="mistake in the conversion", ylabel="test")
show(
    fig,
    "Thirteen broken conversions under nine tests. Dark: the mistake is missed.",
    "A table of tests by mistakes, dark where a mistake is missed. Missed are 11 and 12 by loading "
    "alone, 6 with all weights equal, 7 with small weights and three decimals, 4 without biases, "
    "3 by one step from a zero state, 2 with one unit, and none by the last two tests.",
)

# %% [markdown]
# Each miss has its reason.
#
# - **Loading** compares shapes, no numbers. It stops two mistakes of thirteen; where $D = 4H$ makes
#   $W_x$ square, only one. The blocks of $W_h$ are square always.
# - **Equal weights** look the same in any order and any way round.
# - **Small weights** hide whatever is small against the tolerance. Lesson 03 compared the same cell
#   to $10^{-12}$.
# - **Without biases**, as many tutorials write their cell, mistakes in the biases cannot show.
# - From a **zero state**, the first step multiplies $W_h$ and the forget gate by zero.
# - With **one unit** a block and its transpose are the same number.
#
# One step from a random state is enough here, because every weight takes part in it. That holds for
# a conversion. A mistake in the *cell* can live between the steps, as in lesson 04.
#
# > **Answer.** Yes: weights, biases and start states were random, the layer had more than one unit,
# > and all numbers were compared, to a tolerance far below them. Each test that misses something
# > lacks one of these.

# %% [markdown] tags=["instructor"]
# **What the numbers in sections 1 to 5 claim, as assertions.**

# %% tags=["instructor"]
for found in asked.values():
    assert np.allclose(found, [[1, 0.38], [2, 0.48], [1.5, 0.45], [1, 0.76]], atol=0.01)
assert max(np.abs(outputs - hs).max(), np.abs(h_last - hs[:, -1]).max()) < 1e-14
assert max(max(found) for found in errors.values()) < 1e-13
assert missed.sum(axis=1).tolist() == [11, 12, 6, 7, 4, 3, 2, 0, 0]
assert len(broken) == 13
nearly = 1e-8 * (np.arange(64) == 0).reshape(16, 4)  # one entry of W_h, in the eighth digit
assert not passes(lambda W_x, W_h, b: pack(W_x.T, W_h.T + nearly, b))

# %% [markdown]
# ## 6. Can a trained network come home? (10 min)
#
# The other way: PyTorch trains, and your code runs what it has trained. All weights of a module are
# in its `state_dict()`, a dict of tensors.
#
# ### Exercise: `from_torch` (8 minutes)
#
# | | shape | |
# |---|---|---|
# | `state_dict` | dict of tensors | of an `nn.LSTM` with one layer: the names of section 2 |
# | returns `W_x`, `W_h`, `b` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | NumPy, as precise as the tensors |
#
# **By hand.** The `weight_ih_l0` of section 2, with the rows $(1, 5), (2, 6), (3, 7), (4, 8)$,
# becomes $W_x$ with the rows $(1, 2, 3, 4)$ and $(5, 6, 7, 8)$. If `bias_ih_l0` is
# $(0.1, 0.2, 0.3, 0.4)$ and `bias_hh_l0` is $(1, 0, -1, 0)$, $b$ is $(1.1, 0.2, -0.7, 0.4)$.


# %% exercise="from_torch"
def from_torch(state_dict):
    """Our weights of a one-layer nn.LSTM: W_x, W_h, b as NumPy arrays."""
    # BEGIN SOLUTION
    arrays = {name: tensor.detach().cpu().numpy() for name, tensor in state_dict.items()}
    b = arrays["bias_ih_l0"] + arrays["bias_hh_l0"]
    return arrays["weight_ih_l0"].T, arrays["weight_hh_l0"].T, b
    # END SOLUTION


# %% check="from_torch"
from_torch = check(from_torch)

# %% [markdown]
# The task is recall, as in lesson 04: $T = 10$, four symbols, the first one is asked for at the
# end. We start from our own weights, with a forget bias of 1, and train in float32, PyTorch's usual
# precision. The loop of the last five lines is explained in lesson 07.


# %%
def train(seed, updates=150):
    """An nn.LSTM and a linear head, trained on recall."""
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    layer = torch_lstm(to_torch(*nn.init_lstm(8, 16, rng, forget_bias=1.0)), torch.float32)
    head = torch.nn.Linear(16, 4)
    optimizer = torch.optim.Adam([*layer.parameters(), *head.parameters()], lr=0.02)
    for _ in range(updates):
        batch = tasks.recall(32, 10, rng)
        logits = head(layer(torch.tensor(batch.xs, dtype=torch.float32))[0][:, -1])
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor(batch.targets))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return layer, head


# %%
def predict(weights, head, xs):
    """Logits (N, 4) of the same network, computed by your lstm_forward."""
    zero = np.zeros((len(xs), len(weights[1])), dtype=xs.dtype)
    hs, _ = lstm_forward(xs, zero, zero, *weights)
    return hs[:, -1] @ head.weight.detach().numpy().T + head.bias.detach().numpy()


# %% [markdown]
# Beside your `from_torch` we send three wrong ones home: one takes the mean of the two biases where
# it should add them, two exchange gates. **Predict, then run.** How many of 1,000 new sequences
# does your code get right with each, if PyTorch gets them all right?

# %%
ways_home = {
    "yours": lambda *w: w,
    "mean of the biases": lambda W_x, W_h, b: (W_x, W_h, b / 2),
    "i, f exchanged": lambda *w: [in_order(v, "figo") for v in w],
    "f, g exchanged": lambda *w: [in_order(v, "igfo") for v in w],
}
fresh = tasks.recall(1000, 10, np.random.default_rng(99))
new_xs = fresh.xs.astype("float32")


def score(logits):
    """Share of the sequences whose symbol is named."""
    return np.mean(logits.argmax(axis=1) == fresh.targets)


# %%
in_pytorch, at_home, off = [], {k: [] for k in ways_home}, {k: [] for k in ways_home}
for layer, head in map(train, range(5)):
    theirs = head(layer(torch.tensor(new_xs))[0][:, -1]).detach().numpy()
    in_pytorch.append(score(theirs))
    for name, change in ways_home.items():
        logits = predict(change(*from_torch(layer.state_dict())), head, new_xs)
        at_home[name].append(score(logits))
        off[name].append(np.abs(logits - theirs).max())
largest_logit = np.abs(theirs).max()
print(f"logits up to {largest_logit:.0f}; right in PyTorch", *(f"{k:.1%}" for k in in_pytorch))
for name in ways_home:
    print(f"{name:20} right", *(f"{share:6.1%}" for share in at_home[name]), end=" ")
    print("  logits off by", *(f"{o:.0e}" for o in off[name]))

# %% [markdown]
# Yours agrees with PyTorch to $2 \cdot 10^{-6}$, on logits up to 8: all that float32 has. The
# first wrong one is off by 0.4 to 1, and **gets every one of 5,000 answers right.** The second,
# with input and forget gate exchanged, gets all right in four networks of five. An answer is the
# largest of four numbers; much can happen to the numbers before another one is the largest. Only
# the last is so wrong that accuracy shows it: it guesses.
#
# > **Answer.** Yes, and your `lstm_forward` then says what PyTorch says. But "the accuracy is as
# > before" proves nothing about a conversion. Compare the numbers.

# %% [markdown]
# ## 7. Two biases, or one? (4 min)
#
# Only the sum of PyTorch's two biases enters $z$. "One would do", said lesson 03; "a sum of two
# learned constants is a learned constant". Of what a network can *compute*, that is true. But each
# of the two gets the whole $db$ (section 4), and each takes a step of its own.
#
# **Predict, then run.** The same weights are trained in NumPy, with one bias, and in PyTorch, on
# one batch with random targets. After the first step: how many times as far has the sum of the two
# moved? With gradient descent, and with Adam, which divides by the size of the gradient?

# %%
weights, xs, *_ = draw(0)
ys, zero = np.random.default_rng(1).uniform(-0.5, 0.5, (5, 7, 4)), np.zeros((5, 4))


def train_numpy(make, lr, bias_lr, steps):
    """W_x, W_h, b after training in NumPy, with a learning rate of its own for the bias."""
    params, matrices, bias = weights._asdict(), make(lr), make(bias_lr)
    for _ in range(steps):
        hs, _ = lstm_forward(xs, zero, zero, *params.values())
        dhs = 2 * (hs - ys) / hs.size
        grads = numpy_gradients(tuple(params.values()), xs, zero, zero, dhs, zero)[3:]
        W = matrices.step({"x": params["W_x"], "h": params["W_h"]}, {"x": grads[0], "h": grads[1]})
        b = bias.step({"b": params["b"]}, {"b": grads[2]})["b"]
        params = {"W_x": W["x"], "W_h": W["h"], "b": b}
    return tuple(params.values())


# %%
def train_torch(make, lr, steps):
    """The same in PyTorch, and how much the difference of its biases has changed."""
    layer = torch_lstm(to_torch(*weights))
    optimizer = make(layer.parameters(), lr=lr)
    before = (layer.bias_ih_l0 - layer.bias_hh_l0).detach().clone()
    for _ in range(steps):
        loss = torch.mean((layer(torch.tensor(xs))[0] - torch.tensor(ys)) ** 2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    change = (layer.bias_ih_l0 - layer.bias_hh_l0).detach() - before
    return from_torch(layer.state_dict()), np.abs(change.numpy()).max()


# %%
def train_keras(optimizer, steps):
    """The same in Keras."""
    layer = keras_lstm(to_keras(*weights))
    for _ in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((layer(xs)[0] - ys) ** 2)
        gradients = tape.gradient(loss, layer.trainable_variables)
        optimizer.apply(gradients, layer.trainable_variables)
    return layer.get_weights()


# %%
def apart(one, other):
    """Largest difference of any weight."""
    return max(np.abs(v - w).max() for v, w in zip(one, other, strict=True))


OPTIMIZERS = {"SGD": (nn.SGD, torch.optim.SGD, 1.0), "Adam": (nn.Adam, torch.optim.Adam, 0.02)}
far = {}
for name, (ours, theirs, lr) in OPTIMIZERS.items():
    one, (two, _) = train_numpy(ours, lr, lr, steps=1), train_torch(theirs, lr, steps=1)
    far[name] = (two[2] - weights.b) / (one[2] - weights.b)  # (4H,)
    print(f"{name}: the sum moves {far[name].min():.4f} to {far[name].max():.4f} times as far")

# %% [markdown]
# And after twenty steps?

# %%
after, drift = {}, {}
for name, (ours, theirs, lr) in OPTIMIZERS.items():
    two, drift[name] = train_torch(theirs, lr, steps=20)
    after[name] = [apart(train_numpy(ours, lr, k * lr, steps=20), two) for k in (1, 2)]
    print(f"{name}: NumPy and PyTorch {after[name][0]:.2f} apart,", end=" ")
    print(f"{after[name][1]:.0e} if b learns at twice the rate;", end=" ")
    print(f"the difference of the two biases has changed by {drift[name]:.0e}")

# %% [markdown]
# Twice as far, with Adam too: it divides each bias's step by the size of that bias's gradient, and
# then there are two such steps. After twenty steps NumPy and PyTorch hold different networks. If
# NumPy's bias learns at *twice the rate*, the two stay equal to 15 digits. And the difference of
# PyTorch's two biases is never used and never changes: both go the same way, step for step.
#
# So the same recipe is not the same training. **Predict, then run.** Keras has one bias. Does it go
# the way of NumPy?

# %%
keras_sgd = apart(train_keras(keras.optimizers.SGD(1.0), 20), train_numpy(nn.SGD, 1.0, 1.0, 20))
adam = train_numpy(nn.Adam, 0.02, 0.02, 20)
print(f"SGD: Keras and NumPy {keras_sgd:.0e} apart")
keras_adam = {}
for epsilon in (1e-7, 1e-8):
    keras_adam[epsilon] = apart(train_keras(keras.optimizers.Adam(0.02, epsilon=epsilon), 20), adam)
    print(f"Adam: with epsilon={epsilon:.0e} in Keras {keras_adam[epsilon]:.0e} apart")

# %% [markdown]
# With SGD yes, to the last digit. With Adam no, and with a tenth of $\epsilon$ the distance is a
# tenth. Adam divides by $\sqrt{v} + \epsilon$, where $v$ is the running mean of the squared
# gradient. Keras's $\epsilon$ is $10^{-7}$ where PyTorch's and ours is $10^{-8}$; and it is added
# before $v$ is corrected for its start at 0, in the others after [9]. At the first step it
# therefore weighs $1 / \sqrt{1 - 0.999} = 32$ times as much. If that is the whole difference, our
# Adam with $\epsilon$ in that place has to follow Keras. **Predict, then run.**


# %%
class EarlyEpsilon(nn.Adam):
    """Adam with epsilon = 1e-7, added before v is corrected."""

    def step(self, params, grads):
        self.eps = 1e-7 / np.sqrt(1 - self.beta2 ** (self.t + 1))
        return super().step(params, grads)


followed = apart(
    train_keras(keras.optimizers.Adam(0.02), 20), train_numpy(EarlyEpsilon, 0.02, 0.02, 20)
)
print(f"Keras and NumPy with epsilon in Keras's place: {followed:.0e} apart")

# %% [markdown]
# It does, to $3 \cdot 10^{-6}$ instead of 0.05. (Not to the last digit: Keras keeps the learning
# rate in float32.) Next to a large gradient $\epsilon$ is nothing; next to a small one it is not.
#
# > **Answer.** One cell, but not one training: in PyTorch an LSTM's bias learns twice as fast as in
# > Keras, at the same learning rate.

# %% [markdown]
# ## 8. Where does training begin? (4 min)
#
# You moved weights. Who lets a library *draw* them gets something else in each. PyTorch takes
# everything, the biases too, uniformly from $\pm 1/\sqrt H$. Keras draws the kernel after Glorot
# and Bengio [4], uniformly from $\pm\sqrt{6 / (D + 4H)}$, makes the recurrent kernel *orthogonal*
# [5], so that $h R$ is as long as $h$, and sets the biases to 0, but those of the forget gate to 1
# [6].
#
# Lesson 04 showed how much that last number matters. Its measurement, once more: $D = 2$, $H = 32$,
# 101 steps of noise, ten seeds; a gradient counts as lost where less than 1 % of it is left.
#
# **Predict, then run.** In which library does the gradient reach further before training? And which
# does it: the orthogonal matrix, or the bias?


# %%
def fresh_weights(in_keras, more, seed):
    """W_x, W_h, b as Keras or PyTorch draws them, with `more` added to a forget bias of 0."""
    keras.utils.set_random_seed(seed)
    torch.manual_seed(seed)
    layer = keras.layers.LSTM(32, unit_forget_bias=bool(more), dtype="float64")
    layer.build((None, None, 2))
    if in_keras:
        return layer.get_weights()
    W_x, W_h, b = from_torch(torch.nn.LSTM(2, 32, dtype=torch.float64).state_dict())
    return W_x, W_h, b + np.repeat([0.0, more, 0.0, 0.0], 32)


# %%
def flow(weights, seed):
    """‖dL/dh_t‖, the last step's being 1, (T,), and the mean of the forget gates."""
    rng = np.random.default_rng(seed)
    xs, h, c, caches = rng.normal(size=(16, 101, 2)), np.zeros((16, 32)), np.zeros((16, 32)), []
    for t in range(101):
        h, cache = nn.lstm_step_cached(xs[:, t], h, c, *weights)
        c = cache.c
        caches.append(cache)
    dh, dc, norms = rng.normal(size=h.shape), np.zeros_like(c), []
    for cache in reversed(caches):
        norms.append(np.linalg.norm(dh))
        _, dh, dc, *_ = nn.lstm_step_backward(dh, dc, cache)
    return np.array(norms[::-1]) / norms[0], np.mean([cache.f for cache in caches])


# %%
KINDS = {
    "PyTorch": (False, 0),
    "PyTorch, forget bias + 1": (False, 1),
    "Keras, forget bias 0": (True, 0),
    "Keras": (True, 1),
}
flows, reach, opens = {}, {}, {}
for kind, how in KINDS.items():
    results = [flow(fresh_weights(*how, seed), seed) for seed in range(10)]
    flows[kind] = np.array([norms for norms, _ in results])
    opens[kind] = np.mean([f for _, f in results])
    reach[kind] = [int(np.argmax(norms[::-1] < 0.01)) for norms in flows[kind]]
    print(f"{kind:25} forget gate {opens[kind]:.2f}, lost after {min(reach[kind])} to", end=" ")
    print(f"{max(reach[kind])} steps, left at lag 100 {np.median(flows[kind][:, 0]):.0e}")

# %%
fig, ax = plots.new_figure(7, 3.8)
for kind, norms in flows.items():
    plots.gradient_flow(ax, np.arange(101)[::-1], norms, label=kind)
ax.axhline(0.01, color="#666666", linewidth=1)
show(
    fig,
    "Gradient norm against lag, before training, in layers as the libraries draw them and with the "
    "other forget bias. Lines: median of ten seeds; bands: the middle half. Thin line: 1 %.",
    "Four curves on a logarithmic axis, in two pairs. PyTorch's layer and Keras's without forget "
    "bias fall to 1e-12 by lag 60. The two with a forget bias of 1 fall to about 1e-8 at lag 100.",
)

# %% [markdown]
# The curves lie in pairs, and the pairs go by the bias. With PyTorch's $f = 0.50$ the gradient is
# lost after 6 steps, as with a forget bias of 0 in lesson 04. With Keras's $f = 0.73$ it takes 12
# to 14. Give PyTorch the 1, and it keeps up; take it from Keras, and its orthogonal matrix does not
# help. If you want the 1 in PyTorch, add it to *one* of the two biases.
#
# > **Answer.** In PyTorch with forget gates at 0.50, in Keras at 0.73. That constant decides how
# > far the gradient reaches at the start; the way in which the matrices are drawn, at this size,
# > does not.

# %% [markdown] tags=["instructor"]
# **What the numbers in sections 6 to 8 claim, as assertions.**

# %% tags=["instructor"]
assert min(in_pytorch) == 1
assert max(off["yours"]) < 1e-5
assert 5 < largest_logit < 20
assert min(at_home["mean of the biases"]) == 1
assert 0.2 < min(off["mean of the biases"]) < max(off["mean of the biases"]) < 2
assert sum(share == 1 for share in at_home["i, f exchanged"]) >= 3
assert max(at_home["f, g exchanged"]) < 0.35

# %% tags=["instructor"]
assert all(np.allclose(ratio, 2, atol=1e-4) for ratio in far.values())
assert all(one > 0.05 and two < 1e-13 for one, two in after.values())
assert max(drift.values()) < 1e-13
assert keras_sgd < 1e-13
assert 5 < keras_adam[1e-7] / keras_adam[1e-8] < 20
assert keras_adam[1e-8] > 1e-4
assert followed < 1e-4
assert set(reach["PyTorch"] + reach["Keras, forget bias 0"]) <= {5, 6, 7}
assert min(reach["Keras"]) >= 11 <= min(reach["PyTorch, forget bias + 1"])
assert max(reach["Keras"] + reach["PyTorch, forget bias + 1"]) <= 18
assert np.allclose(list(opens.values()), [0.5, 0.73, 0.5, 0.73], atol=0.01)
R = fresh_weights(True, 1, 0)[1]
assert np.allclose(R @ R.T, np.eye(32), atol=1e-6)

# %% [markdown]
# ## 9. Which axis is time, and what comes back? (5 min)
#
# So far we asked each library for what fits ours. What they do by themselves has other shapes; or,
# worse, the same shapes with another meaning.
#
# **Time.** Without `batch_first=True`, PyTorch reads `(T, N, D)`. Give it `(N, T, D)`: it takes
# your first axis for time, and puts out an array of the shape that you expect. Shapes cannot tell;
# dependence can. Change one input, and see which outputs change.
#
# **Predict, then run.** $N = 5$, $T = 7$; we change step 3 of sequence 2. Which outputs change,
# with `batch_first` and without? How many of the 35 are right without?


# %%
weights, xs, *_ = draw(9)
with_it, without = torch_lstm(to_torch(*weights)), torch.nn.LSTM(3, 4, dtype=torch.float64)
without.load_state_dict(with_it.state_dict())
other = xs.copy()
other[1, 2] += 1.0


def outputs_of(layer, xs):
    """Outputs from zero states, as an array."""
    return layer(torch.tensor(xs))[0].detach().numpy()


# %%
changed = {}
for name, layer in (("batch_first=True", with_it), ("without", without)):
    difference = np.abs(outputs_of(layer, other) - outputs_of(layer, xs))
    changed[name] = difference.max(axis=2) > 1e-12  # (N, T)
    print(f"{name:16} outputs {difference.shape}, changed: {changed[name].sum()}")
same = np.abs(outputs_of(without, xs) - outputs_of(with_it, xs)).max(axis=2) < 1e-12
print(f"right without batch_first: {same.sum()} of {same.size}")

# %%
fig, axes = plots.new_figure(7, 2.6, ncols=2, sharey=True)
for ax, (name, where) in zip(axes, changed.items(), strict=True):
    ax.pcolormesh(where, cmap="Blues", vmin=0, vmax=1.5, edgecolors="#999999", linewidth=0.5)
    ax.plot(2.5, 1.5, "x", color="white", markersize=9, markeredgewidth=2)
    ax.set_xticks(np.arange(7) + 0.5, range(1, 8))
    ax.set_yticks(np.arange(5) + 0.5, range(1, 6))
    ax.set(xlabel="step t", title=name)
axes[0].set(ylabel="sequence n", ylim=(5, 0))
show(
    fig,
    "Which outputs change (dark) if the input marked × does.",
    "Two grids of five sequences by seven steps. With batch_first=True, steps 3 to 7 of sequence 2 "
    "change. Without it, step 3 of sequences 2 to 5 changes.",
)

# %% [markdown]
# With `batch_first` the change runs on in time. Without it, it runs through the *batch*: step 3 of
# sequence 2 acts on step 3 of all sequences that come after it, and on no later step of its own.
# Nothing complains. One output of 35 is right, the first of the first sequence.
#
# **Final states.** `batch_first` does not apply to them [1]: `h_n` is always
# `(layers * directions, N, H)`. For one row of features for each sequence, one may write
# `h_n.reshape(N, -1)`. **Predict, then run.** Two layers, both directions; we change sequence 1.
# How many rows of features change?

# %%
two_ways = torch.nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True).double()
other = xs.copy()
other[0] += 1.0
(outputs, (h_n, _)), (_, (other_h_n, _)) = two_ways(torch.tensor(xs)), two_ways(torch.tensor(other))
print(f"h_n {tuple(h_n.shape)}")
moved = {}
for name, axis in (("reshape", (0, 1, 2)), ("batch to the front, reshape", (1, 0, 2))):
    rows, other_rows = (v.permute(axis).reshape(5, -1) for v in (h_n, other_h_n))
    moved[name] = (rows != other_rows).any(dim=1).sum().item()
    print(f"{name}: {tuple(rows.shape)}, rows that change: {moved[name]}")
print("h_n[-2] is the last step, forward:", torch.equal(h_n[-2], outputs[:, -1, :4]))
print("h_n[-1] is the first step, backward:", torch.equal(h_n[-1], outputs[:, 0, 4:]))

# %% [markdown]
# Four rows of five: each holds pieces of several sequences. Bring the batch to the front first,
# then reshape. And the backward direction *ends* at the first step: its final state is in
# `outputs[:, 0]`.
#
# **Units.** The first argument of Keras's `LSTM` is `units`, $H$, often taken for the number of
# steps. **Predict, then run.** One `LSTM(4)` reads 7 steps, then 70. How many weights has it, each
# time? And which shapes come back, with and without `return_sequences` and `return_state`?

# %%
layer = keras.layers.LSTM(4)
for num_steps in (7, 70):
    shape = layer(np.zeros((5, num_steps, 3))).shape
    print(f"{num_steps:2} steps: {layer.count_params()} weights, output {shape}")
print(f"4 (D + H + 1) H = {4 * (3 + 4 + 1) * 4}")
for sequences in (False, True):
    for state in (False, True):
        layer = keras.layers.LSTM(4, return_sequences=sequences, return_state=state)
        results = layer(xs) if state else [layer(xs)]
        shapes = ", ".join(str(tuple(result.shape)) for result in results)
        print(f"return_sequences={sequences!s:5} return_state={state!s:5} {shapes}")

# %% [markdown]
# 128 weights for any number of steps. By itself Keras gives the last output only, `(N, H)`; a
# second LSTM on top needs `return_sequences=True`. With `return_state` come $h$ and $c$, as from
# your `lstm_step`.
#
# > **Answer.** Time is the second axis in Keras, and in PyTorch if you say so. All outputs come
# > back from PyTorch, the last one from Keras. If in doubt, change one input and see what moves.

# %% [markdown]
# ## 10. How equal is equal? (3 min)
#
# In float64 the three agree to $10^{-16}$. Training is done in float32, with seven digits. They
# round differently, because they add in different orders and compute tanh by different formulas. So
# they cannot agree to more than $10^{-7}$ or so; and do errors not *accumulate*, over many steps?
#
# **Predict, then run.** How far are the three apart after 200 steps: with a forget bias of 1, with
# 3, and with recurrent weights times 8, which made the gradients of lesson 04 explode?


# %%
def spread(weights, xs, precision):
    """Largest difference of the three libraries at each step, (T,)."""
    weights, xs = [w.astype(precision) for w in weights], xs.astype(precision)
    zero = np.zeros((len(xs), len(weights[1])), dtype=precision)
    layer = torch_lstm(to_torch(*weights), getattr(torch, precision))
    in_torch = layer(torch.tensor(xs))[0].detach().numpy()
    in_keras = keras_lstm(to_keras(*weights), precision)(xs)[0].numpy()
    three = np.stack([lstm_forward(xs, zero, zero, *weights)[0], in_torch, in_keras])
    return np.ptp(three, axis=0).max(axis=(0, 2))


# %%
NETWORKS = {"forget bias 1": (1, 1), "forget bias 3": (3, 1), "recurrent weights × 8": (1, 8)}
apart_by = {"float32": {}, "float64": {}}
for precision in apart_by:
    for name, (bias, factor) in NETWORKS.items():
        found = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            weights = nn.init_lstm(2, 32, rng, forget_bias=bias)
            weights = weights._replace(W_h=factor * weights.W_h)
            found.append(spread(weights, rng.normal(size=(16, 200, 2)), precision))
        apart_by[precision][name] = np.median(found, axis=0)  # (T,)
        medians = apart_by[precision][name][[0, 9, 99, 199]]
        print(f"{precision}, {name:22} T = 1, 10, 100, 200:", *(f"{m:.0e}" for m in medians))

# %%
fig, axes = plots.new_figure(7.2, 3.2, ncols=2, sharey=True)
for ax, (precision, curves) in zip(axes, apart_by.items(), strict=True):
    for (name, curve), line in zip(curves.items(), plots.LINES, strict=False):
        ax.semilogy(range(1, 201), curve, line.color, linestyle=line.linestyle, label=name)
    ax.set(title=precision, xlabel="step t")
axes[0].set_ylabel("largest difference (without unit)")
axes[1].legend(loc="upper left", frameon=False)
show(
    fig,
    "How far the three libraries are apart, with the same weights. Median of five seeds.",
    "Two panels. In float32 forget bias 1 stays at 1e−7 for 200 steps, forget bias 3 below 2e−6; "
    "recurrent weights times 8 rise from 4e−8 to 0.4. In float64 the same curves lie eight to nine "
    "orders of magnitude lower.",
)

# %% [markdown]
# With a forget bias of 1 nothing accumulates: $10^{-7}$ after ten steps, and after 200. A
# reservoir that leaks forgets the errors in its level along with the level. With a bias of 3 more
# is kept, and the difference is up to twenty times as large, though it does not grow steadily.
# With large recurrent weights it *grows*, as the gradient of lesson 04 did and for the same
# reason: the gradient says what a small change at one step means many steps later, and a rounding
# error is a small change. In float32 the three libraries differ in the first decimal after 200
# steps, and none of them is wrong. Of LSTMs as dynamical systems this is known: they can be
# *chaotic* [7].
#
# So how far two programs may differ depends on the network. If you test parity, do it in float64,
# on a short sequence, with ordinary weights. If a trained model gives other numbers on another
# machine, run it in float64 on both before you look for a mistake.
#
# > **Answer.** In float64 to $10^{-15}$, in float32 to about $10^{-7}$ as long as the network
# > forgets. Where its gradient explodes, so does every rounding error, and two right programs part.

# %% [markdown]
# ## 11. And layers, directions, a GRU? (3 min)
#
# More layers and a backward direction bring no new cell, only more arrays. The course's `convert`
# carries them all, from one table:

# %%
for row in convert.CONVENTIONS:
    if row.cell != "rnn":
        print(row)

# %% [markdown]
# The GRU's rows are the first in which the order differs. **Predict, then run.** Two layers, both
# directions: are the three still equal?

# %%
rng = np.random.default_rng(0)
xs, in_three = rng.normal(size=(5, 7, 3)), {}
for cell in ("lstm", "gru"):
    params = nn.init_stack(cell, 3, 4, rng, num_layers=2, bidirectional=True)
    ours = nn.stack_forward(cell, xs, params)[0]
    in_torch = convert.torch_module(cell, params)(torch.tensor(xs))[0].detach().numpy()
    in_keras = xs
    for layer in convert.keras_layers(cell, params):
        in_keras = layer(in_keras)
    in_three[cell] = [np.abs(theirs - ours).max() for theirs in (in_torch, in_keras)]
    print(f"{cell} {ours.shape}: PyTorch {in_three[cell][0]:.0e}, Keras {in_three[cell][1]:.0e}")

# %% [markdown]
# **The GRU** is the smaller cell of Cho and others [8]: one state $h$, a *reset gate* $r$ that
# decides what the candidate $n$ sees of it, and an *update gate* $z$ (here the letter means that
# gate) that mixes the two; you write it in lesson 09. In both libraries
#
# $$n = \tanh(x W_x + b_x + r \odot (h_{t-1} W_h + b_h)), \qquad
#   h_t = (1 - z) \odot n + z \odot h_{t-1}.$$
#
# In [8] $r$ stands before the product, on $h_{t-1}$: another cell, in Keras `reset_after=False`.
# **Predict, then run.** Above, $r$ multiplies $b_h$ and not $b_x$. We move all of $b_h$ into $b_x$.
# By how much do the outputs of an LSTM change, and those of a GRU?

# %%
by_moving = {}
for kind in (torch.nn.LSTM, torch.nn.GRU):
    torch.manual_seed(0)
    layer = kind(3, 4, batch_first=True).double()
    before = layer(torch.tensor(xs))[0]
    layer.bias_ih_l0.data += layer.bias_hh_l0.data
    layer.bias_hh_l0.data *= 0
    by_moving[kind.__name__] = (layer(torch.tensor(xs))[0] - before).abs().max().item()
    print(f"{kind.__name__}: outputs change by {by_moving[kind.__name__]:.0e}")

# %% [markdown]
# > **Answer.** The three stay equal. A GRU's gates change their order on the way, and its second
# > bias is one: it cannot be added to the first.

# %% [markdown] tags=["instructor"]
# **Timing.** 4, 10, 6, 5, 6, 10, 4, 4, 5, 3 and 3 minutes; 21 of the 60 are exercises. Short of
# time: sections 10 and 11 can be read at home; never leave out section 5.
#
# **Where people stumble.**
#
# - `to_torch`: `reshape` for `.T`; $b$ in both places; forgetting `bias_hh_l0`, which
#   `load_state_dict` refuses. `W_x.T` is a view; that is fine, `load_state_dict` copies.
# - `to_keras`: to transpose, because one has just done so; to add the forget bias.
# - `from_torch`: to return tensors; one bias only; `+=` on an array from `.numpy()`, which shares
#   its memory with the model and changes it.
# - Section 7: "PyTorch trains faster, then." It trains *otherwise*. Ask what clipping by the global
#   norm sees of the second bias (it counts $db$ twice), and what weight decay does to the two.
# - Section 9: people trust shapes. Let them change one input in a model of their own.
#
# **Answers to the predictions.** Section 1: see the text. Digits: 15 or 16. Gradients: all of $db$,
# twice. Tests: the last two notice all, loading misses 11. Coming home: 100 % with halved biases,
# and mostly with i and f exchanged. Two biases: exactly 2, with Adam too; Keras: with SGD yes.
# Reach: 6 against 12 to 14 steps, by the bias. Batch first: 5 and 4 outputs, 1 of 35 right. `h_n`:
# 4 rows of 5. Units: 128 weights. Float32: $10^{-7}$; up to $10^{-6}$; 0.4. GRU: 0.1 or so, LSTM:
# rounding.

# %% tags=["instructor"]
assert changed["batch_first=True"].sum() == 5
assert changed["without"].sum() == 4
assert same.sum() == 1
assert list(moved.values()) == [4, 1]
assert torch.equal(h_n[-1], outputs[:, 0, 4:])
single, double = apart_by["float32"], apart_by["float64"]
assert single["forget bias 1"].max() < 5e-7
assert 5e-7 < single["forget bias 3"].max() < 1e-5
assert single["recurrent weights × 8"][-1] > 0.02
assert double["recurrent weights × 8"][-1] < 1e-6
assert double["forget bias 1"].max() < 1e-15
assert max(max(found) for found in in_three.values()) < 1e-14
assert by_moving["LSTM"] < 1e-14 < 0.01 < by_moving["GRU"]

# %% [markdown]
# ## What you saw
#
# - Outputs, final states and all gradients of your LSTM agree with PyTorch's and Keras's to
#   $10^{-15}$. PyTorch transposes both matrices and has two biases; Keras stores what you store.
# - Of thirteen wrong conversions, loading without complaint misses eleven, equal weights six, a
#   zero state three. Random weights and states, sizes all different and $10^{-10}$ miss none.
# - A conversion that halves the biases got 5,000 of 5,000 answers right.
# - PyTorch's bias moves exactly twice as far in each step, with SGD and with Adam. With twice the
#   rate for $b$, NumPy follows it to 15 digits. Keras's Adam has another $\epsilon$.
# - At the start PyTorch's forget gates stand at 0.50 and its gradient is lost after 6 steps;
#   Keras's stand at 0.73, and it takes 12 to 14. The forget bias alone makes the difference.
# - Without `batch_first` 34 of 35 outputs are wrong, in the right shape.
# - In float32 the three differ by $10^{-7}$ at any length with a forget bias of 1, by up to
#   $2 \cdot 10^{-6}$ with 3, and by 0.4 after 200 steps where the gradient explodes.
#
# **Try next.** Train the networks of section 6 from PyTorch's own weights, with a forget bias of 0.
# Does an accuracy of 100 % come as soon? Then clip the gradients in section 7 to a norm of 0.1: do
# NumPy and PyTorch still agree? (Count how often $db$ enters the norm.)

# %%
quiz("06")

# %%
progress()

# %% [markdown]
# ## Further reading
#
# 1. PyTorch documentation, “torch.nn.LSTM”,
#    <https://docs.pytorch.org/docs/stable/generated/torch.nn.LSTM.html>. Formulas, every shape, and
#    what `batch_first` does not apply to. The reason for two biases is in a comment of its source,
#    `torch/nn/modules/rnn.py`.
# 2. Keras documentation, “LSTM layer” and “GRU layer”,
#    <https://keras.io/api/layers/recurrent_layers/>. The second says what `reset_after` does.
# 3. ONNX operators, “LSTM”, <https://onnx.ai/onnx/operators/onnx__LSTM.html>. Gates in the order
#    i, o, f, c.
# 4. X. Glorot, Y. Bengio, “Understanding the difficulty of training deep feedforward neural
#    networks”, *Proceedings of the 13th International Conference on Artificial Intelligence and
#    Statistics* (2010), 249–256.
# 5. A. M. Saxe, J. L. McClelland, S. Ganguli, “Exact solutions to the nonlinear dynamics of
#    learning in deep linear neural networks”, *International Conference on Learning
#    Representations* (2014), arXiv:1312.6120. Orthogonal weights.
# 6. R. Jozefowicz, W. Zaremba, I. Sutskever, “An empirical exploration of recurrent network
#    architectures”, *Proceedings of the 32nd International Conference on Machine Learning* (2015),
#    2342–2350. Why Keras adds the 1.
# 7. T. Laurent, J. von Brecht, “A recurrent neural network without chaos”, *International
#    Conference on Learning Representations* (2017), arXiv:1612.06212. LSTMs that are chaotic, and a
#    cell that cannot be.
# 8. K. Cho, B. van Merriënboer, C. Gulcehre, D. Bahdanau, F. Bougares, H. Schwenk, Y. Bengio,
#    “Learning phrase representations using RNN encoder–decoder for statistical machine
#    translation”, *Proceedings of the 2014 Conference on Empirical Methods in Natural Language
#    Processing*, 1724–1734, doi:10.3115/v1/D14-1179. The GRU.
# 9. D. P. Kingma, J. Ba, “Adam: a method for stochastic optimization”, *International Conference on
#    Learning Representations* (2015), arXiv:1412.6980. Both places of $\epsilon$, in section 2.
# 10. N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd edition, SIAM, 2002,
#     doi:10.1137/1.9780898718027. How rounding errors add up, and when they do not.
