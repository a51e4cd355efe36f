# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   lstm_helpers: {number: "04", title: Backpropagation through the LSTM, minutes: 90}
# ---

# %% [markdown]
# # Lesson 04: Backpropagation through the LSTM
#
# **90 minutes.** You need: lessons 02 and 03.
#
# Afterwards you can
#
# - derive the gradients of the cell, write them, and prove them right to nine digits,
# - choose a test that a wrong backward pass cannot pass, and say what a weaker test misses,
# - find a bug in a backward pass by measuring, before reading a line of it,
# - say what the LSTM mends about the gradient, what it does not, and what the bias of the forget
#   gate has to do with it.
#
# Letters as in lesson 03: gates $i, f, o$, candidate $g$, cell state $c$, hidden state $h$, and $z
# = x W_x + h_{prev} W_h + b$ with its four blocks $z_i, z_f, z_g, z_o$. For any array $v$ we write
# $dv$ for $\partial L/\partial v$; it has the shape of $v$. $\odot$ multiplies entry by entry.

# %%
from functools import partial

import numpy as np

from lstm_helpers import nn, plots, tasks
from lstm_helpers.exercises import EXERCISES
from lstm_helpers.notebook import (
    check,
    connectivity_widget,
    hint,
    progress,
    quiz,
    recover,
    show,
)
from lstm_helpers.training import fit, track

# %% [markdown]
# ## 1. How do you measure a gradient? (14 min)
#
# This lesson is about formulas with many factors, in code with many lines. So the judge comes
# first: something that knows the right gradient and nothing about our derivation. Move one entry
# $k$ of $x$ a little to both sides, and see how far $f$ moves. With $e_k$ for the array that is 1
# at entry $k$ and 0 elsewhere:
#
# $$\frac{\partial f}{\partial x_k} \approx
#   \frac{f(x + \epsilon e_k) - f(x - \epsilon e_k)}{2 \epsilon}$$
#
# This is the *central difference*. The forward difference, $(f(x + \epsilon e_k) - f(x)) /
# \epsilon$, looks cheaper. You will see what it costs.
#
# ### Exercise: `numerical_gradient` (12 minutes)
#
# | | shape | |
# |---|---|---|
# | `f` | function | takes an array like `x`, returns one number |
# | `x` | any | float64; afterwards it must be as before, because the caller goes on using it |
# | `eps` | number | $\epsilon$ |
# | returns | as `x` | $\partial f / \partial x_k$ in entry $k$ |
#
# **By hand.** $f(x) = x_1^2 + 10\, x_2$ at $x = (3, 2)$ with $\epsilon = 0.1$. First entry:
# $(9.61 + 20 - 8.41 - 20) / 0.2 = 6$. Second: $(9 + 21 - 9 - 19) / 0.2 = 10$. Both are exact here.
# The forward difference gives $6.1$ and $10$.
#
# `np.ndindex(x.shape)` runs over the indices of an array of any shape.


# %% exercise="numerical_gradient"
def numerical_gradient(f, x, eps=1e-5):
    """Gradient of f(x), one number, by central differences: an array like x."""
    # BEGIN SOLUTION
    gradient = np.empty_like(x)
    for k in np.ndindex(x.shape):
        kept = x[k]
        x[k] = kept + eps
        above = f(x)
        x[k] = kept - eps
        below = f(x)
        x[k] = kept
        gradient[k] = (above - below) / (2 * eps)
    return gradient
    # END SOLUTION


# %% check="numerical_gradient"
numerical_gradient = check(numerical_gradient)

# %%
numerical_gradient(lambda x: x[0] ** 2 + 10 * x[1], np.array([3.0, 2.0]), eps=0.1)

# %% [markdown]
# **Predict, then run.** The smaller $\epsilon$, the better the formula. So is $10^{-12}$ better
# than $10^{-5}$? We know that $\sin'(1) = \cos 1$ and look at the error of both formulas.

# %%
EPS = 10.0 ** -np.arange(1, 13)
at = np.array(1.0)
slopes = {
    "central": [numerical_gradient(np.sin, at, eps) for eps in EPS],
    "forward": [(np.sin(1 + eps) - np.sin(1)) / eps for eps in EPS],
}
slope_errors = {name: np.abs(np.array(found) - np.cos(1)) for name, found in slopes.items()}
for name, found in slope_errors.items():
    best = EPS[found.argmin()]
    print(f"{name}: smallest error {found.min():.0e} at eps = {best:.0e},", end=" ")
    print(f"error {found[-1]:.0e} at eps = {EPS[-1]:.0e}")

# %%
fig, ax = plots.new_figure(6.5, 3)
for (name, found), line in zip(slope_errors.items(), plots.LINES, strict=False):
    ax.loglog(EPS, found, color=line.color, linestyle=line.linestyle, marker=line.marker)
    plots.note(ax, 5e-3, 8 * found[1], name, ha="right", va="center")
ax.set_xlabel("ε")
ax.set_ylabel("error of the slope")
show(
    fig,
    "Error of the two differences for the sine at 1, in float64.",
    "Two curves in the form of a V on logarithmic axes. The central difference has an error of "
    "9e−4 at ε = 0.1, of 1e−11 at 1e−5, and of 1e−5 at 1e−12. The forward difference is worse "
    "down to its best, 3e−9 at 1e−8; for smaller ε the two are about alike.",
)

# %% [markdown]
# Neither curve falls for ever. On the right the *formula* is at fault: with each factor of 10 in
# $\epsilon$ the error of the central difference falls by 100, that of the forward difference by 10.
# On the left *rounding* is: the two values of $f$ agree in nearly all their 16 digits, the
# difference keeps what is left, and dividing by a tiny $\epsilon$ blows its rounding up. The
# central difference is best near $10^{-5}$, with an error of $10^{-11}$; the forward difference
# never gets below $10^{-9}$, and at $10^{-12}$ both are off by $10^{-5}$ or more.
#
# > **Answer.** By moving each entry to both sides by $10^{-5}$, in float64. It costs two runs of
# > $f$ for each entry: far too slow to train with, and all that a judge needs.

# %% [markdown]
# ## 2. How does a gradient get back through one step? (21 min)
#
# Forward, a step computes, in this order,
#
# $$z = x W_x + h_{prev} W_h + b, \qquad i = \sigma(z_i), \quad f = \sigma(z_f), \quad
#   g = \tanh(z_g), \quad o = \sigma(z_o),$$
# $$c = f \odot c_{prev} + i \odot g, \qquad h = o \odot \tanh(c).$$
#
# Backward we are given two gradients: $dh$, from whatever reads $h$, and $dc$, what later steps
# hand back to the cell state. We go through the lines in reverse. At each product, a factor gets
# what arrives times *the other factor*.
#
# **The last line, $h = o \odot \tanh(c)$.** The output gate gets $do = dh \odot \tanh(c)$, in code
# `do = dh * tanh_c`. The cell state gets $o$, times the slope of the tanh, $1 - \tanh^2(c)$. It is
# *added* to what later steps have sent, because $c$ is used in two places:
#
# $$dc \leftarrow dc + dh \odot o \odot (1 - \tanh^2(c))$$
#
# In code: `dc = dc + dh * o * (1 - tanh_c**2)`.
#
# **The line before, $c = f \odot c_{prev} + i \odot g$.** Four factors, and each gets the whole
# $dc$ times its neighbour. Forget gate and old cell state:
#
# $$df = dc \odot c_{prev}, \qquad dc_{prev} = dc \odot f$$
#
# In code: `df = dc * c_prev` and `dc_prev = dc * f`. In the same way input gate and candidate:
# $di = dc \odot g$ and $dg = dc \odot i$.
#
# **Through the nonlinearities.** The slope of $\sigma$ at $z$ is $\sigma(z)(1 - \sigma(z))$. The
# gate *is* $\sigma(z)$, so no sigmoid has to be computed again. For the forget gate
#
# $$dz_f = df \odot f \odot (1 - f),$$
#
# in code `dz_f = df * f * (1 - f)`, and $dz_i$, $dz_o$ alike. The candidate is a tanh:
# $dz_g = dg \odot (1 - g^2)$. Side by side, in the order i, f, g, o, the four blocks make $dz$,
# which is $(N, 4H)$.
#
# **The first line** is the one of the plain RNN, so its gradients are those of lesson 02:
#
# $$dx = dz\, W_x^T, \quad dh_{prev} = dz\, W_h^T, \quad dW_x = x^T dz, \quad
#   dW_h = h_{prev}^T\, dz, \quad db = \sum_n dz_n.$$
#
# ### Exercise: `lstm_step_backward` (20 minutes)
#
# | | shape | |
# |---|---|---|
# | `dh` | `(N, H)` | everything that reaches $h$ |
# | `dc` | `(N, H)` | what reaches $c$ from later steps; the part through $h$ is yours to add |
# | `cache` | | `x, h_prev, c_prev, i, f, g, o, c, W_x, W_h`, all from the step forward |
# | returns `dx`, `dh_prev`, `dc_prev` | `(N, D)`, `(N, H)`, `(N, H)` | in this order, |
# | `dW_x`, `dW_h`, `db` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | as a tuple |
#
# **By hand**, with $N = D = H = 1$: $i = 0.5$, $f = 0.8$, $g = 0.6$, $o = 0.5$, $c_{prev} = 1$, so
# $c = 0.8 + 0.3 = 1.1$ and $\tanh(c) = 0.8005$. Let $dh = 1$ and $dc = 0.5$.
#
# - $do = 0.8005$, and $dc = 0.5 + 1 \cdot 0.5 \cdot (1 - 0.6408) = 0.6796$.
# - $di = 0.4078$, $df = 0.6796$, $dg = 0.3398$, $dc_{prev} = 0.5437$.
# - $dz = (0.4078 \cdot 0.25,\; 0.6796 \cdot 0.16,\; 0.3398 \cdot 0.64,\; 0.8005 \cdot 0.25) =
#   (0.1019, 0.1087, 0.2175, 0.2001)$, which is also $db$.
# - With $x = 2$, $h_{prev} = 0.5$, $W_x = (1, 1, 0, 0)$ and $W_h = (0, 0, 1, -1)$:
#   $dx = 0.2107$, $dh_{prev} = 0.0173$, $dW_x = 2\, dz$ and $dW_h = 0.5\, dz$.


# %% exercise="lstm_step_backward"
def lstm_step_backward(dh, dc, cache):
    """Gradients of one step: returns dx, dh_prev, dc_prev, dW_x, dW_h, db."""
    x, h_prev, c_prev, i, f, g, o, c, W_x, W_h = cache
    # BEGIN SOLUTION
    tanh_c = np.tanh(c)
    do = dh * tanh_c
    dc = dc + dh * o * (1 - tanh_c**2)
    di, df, dg, dc_prev = dc * g, dc * c_prev, dc * i, dc * f
    dz_i, dz_f, dz_o = di * i * (1 - i), df * f * (1 - f), do * o * (1 - o)
    dz_g = dg * (1 - g**2)
    dz = np.concatenate([dz_i, dz_f, dz_g, dz_o], axis=1)  # (N, 4H)
    return dz @ W_x.T, dz @ W_h.T, dc_prev, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)
    # END SOLUTION


# %% check="lstm_step_backward"
lstm_step_backward = check(lstm_step_backward)

# %%
states = [np.full((1, 1), value) for value in (2.0, 0.5, 1.0, 0.5, 0.8, 0.6, 0.5, 1.1)]
cache = (*states, np.array([[1.0, 1.0, 0.0, 0.0]]), np.array([[0.0, 0.0, 1.0, -1.0]]))
names = ("dx", "dh_prev", "dc_prev", "dW_x", "dW_h", "db")
by_hand = lstm_step_backward(np.ones((1, 1)), np.full((1, 1), 0.5), cache)
for name, gradient in zip(names, by_hand, strict=True):
    print(f"{name:8}", np.ravel(gradient).round(4))

# %% [markdown]
# The whole derivation beside the code that it becomes, letter by letter:
#
# | forward | backward | code |
# |---|---|---|
# | $h = o \odot \tanh(c)$ | $do = dh \odot \tanh(c)$ | `do = dh * tanh_c` |
# | | $dc \leftarrow dc + dh \odot o \odot (1 - \tanh^2 c)$ | `dc = dc + dh * o * (1 - tanh_c**2)` |
# | $c = f \odot c_{prev} + i \odot g$ | $di = dc \odot g$ | `di = dc * g` |
# | | $df = dc \odot c_{prev}$ | `df = dc * c_prev` |
# | | $dg = dc \odot i$ | `dg = dc * i` |
# | | $dc_{prev} = dc \odot f$ | `dc_prev = dc * f` |
# | $i = \sigma(z_i)$ | $dz_i = di \odot i \odot (1 - i)$ | `dz_i = di * i * (1 - i)` |
# | $f = \sigma(z_f)$ | $dz_f = df \odot f \odot (1 - f)$ | `dz_f = df * f * (1 - f)` |
# | $g = \tanh(z_g)$ | $dz_g = dg \odot (1 - g^2)$ | `dz_g = dg * (1 - g**2)` |
# | $o = \sigma(z_o)$ | $dz_o = do \odot o \odot (1 - o)$ | `dz_o = do * o * (1 - o)` |
# | $z = (z_i, z_f, z_g, z_o)$ | $dz = (dz_i, dz_f, dz_g, dz_o)$ | `np.concatenate(…, axis=1)` |
# | $z = x W_x + h_{prev} W_h + b$ | $dx = dz\, W_x^T$ | `dx = dz @ W_x.T` |
# | | $dh_{prev} = dz\, W_h^T$ | `dh_prev = dz @ W_h.T` |
# | | $dW_x = x^T dz$ | `dW_x = x.T @ dz` |
# | | $dW_h = h_{prev}^T\, dz$ | `dW_h = h_prev.T @ dz` |
# | | $db = \sum_n dz_n$ | `db = dz.sum(axis=0)` |
#
# > **Answer.** On two ways. From $c$ to $c_{prev}$ the gradient is multiplied by $f$ and by
# > nothing else: no matrix, no slope. From $h$ to $h_{prev}$ it passes slopes and $W_h^T$, as in a
# > plain RNN.

# %% [markdown]
# ## 3. And through a whole sequence? (21 min)
#
# Each state is used by what stands above it and by the next step, so what comes back from the two
# is added, as in lesson 02. Only now there are two states. With $t$ for the step and $dhs_t$ for
# what reaches $h_t$ from above, start with $dh = 0$ and $dc = dc_{last}$, and for
# $t = T, T - 1, \dots, 1$:
#
# $$(dx_t,\; dh,\; dc,\; \dots) = \text{step backward}(dhs_t + dh,\; dc,\; \text{cache}_t)$$
#
# After the loop $dh$ and $dc$ are $dh_0$ and $dc_0$. All steps share the weights, so $dW_x$,
# $dW_h$, $db$ are summed over time.
#
# ### Exercise: `lstm_backward` (20 minutes)
#
# | | shape | |
# |---|---|---|
# | `dhs` | `(N, T, H)` | the loss gradient that reaches each $h_t$ from above |
# | `dc_last` | `(N, H)` | the loss gradient that reaches the last cell state; often all 0 |
# | `caches` | list of $T$ | one cache for each step, as in section 2 |
# | returns `dxs`, `dh0`, `dc0` | `(N, T, D)`, `(N, H)`, `(N, H)` | in this order, |
# | `dW_x`, `dW_h`, `db` | `(D, 4H)`, `(H, 4H)`, `(4H,)` | as a tuple |
#
# **By hand**, with $N = D = H = 1$, $T = 2$ and all weights and biases 0: then $i = f = o = 0.5$
# and $g = 0$ at both steps. From $c_0 = 1$: $c_1 = 0.5$ and $c_2 = 0.25$. Let `dhs` be $(1, 1)$
# and `dc_last` $0$.
#
# - Step 2: $dc = 0 + 0.5 \cdot (1 - \tanh^2(0.25)) = 0.470$. To step 1 go $dc = 0.5 \cdot 0.470 =
#   0.235$ and $dh = 0$, because $W_h = 0$.
# - Step 1: $dc = 0.235 + 0.5 \cdot (1 - \tanh^2(0.5)) = 0.628$, so $dc_0 = 0.314$ and $dh_0 = 0$.
# - Of $db$, the block of the forget gate: $dz_f = dc \cdot c_{prev} \cdot 0.25$ at both steps,
#   $0.628 \cdot 1 \cdot 0.25 + 0.470 \cdot 0.5 \cdot 0.25 = 0.216$.


# %% exercise="lstm_backward"
def lstm_backward(dhs, dc_last, caches):
    """Backpropagation through time: returns dxs, dh0, dc0, dW_x, dW_h, db."""
    # BEGIN SOLUTION
    x, W_x, W_h = caches[0][0], caches[0][8], caches[0][9]
    dxs = np.empty((*dhs.shape[:2], x.shape[1]))
    dh, dc = np.zeros_like(dc_last), dc_last
    sums = [np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(W_x.shape[1])]
    for t in reversed(range(len(caches))):
        dxs[:, t], dh, dc, *parts = lstm_step_backward(dhs[:, t] + dh, dc, caches[t])
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return dxs, dh, dc, *sums
    # END SOLUTION


# %% check="lstm_backward"
lstm_backward = check(lstm_backward)

# %% [markdown]
# `nn.lstm_step_cached` is the step of lesson 03 that also hands out its cache. With it, the forward
# pass that yours goes with:


# %%
def forward(xs, h0, c0, W_x, W_h, b):
    """Run an LSTM over xs (N, T, D): returns hs (N, T, H), c_last (N, H), caches."""
    h, c, hs, caches = h0, c0, [], []
    for t in range(xs.shape[1]):
        h, cache = nn.lstm_step_cached(xs[:, t], h, c, W_x, W_h, b)
        c = cache.c
        hs.append(h)
        caches.append(cache)
    return np.stack(hs, axis=1), c, caches


# %%
zeros = np.zeros((1, 4))
two_steps = (np.zeros((1, 2, 1)), np.zeros((1, 1)), np.ones((1, 1)), zeros, zeros, zeros[0])
caches = forward(*two_steps)[2]
_, dh0, dc0, *_, two_step_db = lstm_backward(np.ones((1, 2, 1)), np.zeros((1, 1)), caches)
print(f"dh0 {dh0.item():.3f}, dc0 {dc0.item():.3f}, db {two_step_db.round(3)}")

# %% [markdown]
# ### Is it right?
#
# We need a loss whose gradients `dhs` and `dc_last` we know, and take random numbers for these
# two: for $L = \sum dhs \odot hs + \sum dc_{last} \odot c_{last}$ they are just that. (The options
# `zero_state` and `into_c` make a weaker test; section 4 needs them.)


# %%
def make_test(num_steps, zero_state=False, into_c=True, N=3, D=2, H=4):
    """A random network, and its six gradients, measured: dhs, dc_last, caches, measured."""
    rng = np.random.default_rng(4)
    h0, c0 = (1 - zero_state) * rng.uniform(-0.9, 0.9, (2, N, H))
    arrays = [rng.normal(size=(N, num_steps, D)), h0, c0, *nn.init_lstm(D, H, rng)]
    dhs, dc_last = rng.normal(size=(N, num_steps, H)), into_c * rng.normal(size=(N, H))

    def loss(value, k):
        hs, c_last, _ = forward(*arrays[:k], value, *arrays[k + 1 :])
        return np.sum(dhs * hs) + np.sum(dc_last * c_last)

    measured = [numerical_gradient(partial(loss, k=k), arrays[k]) for k in range(6)]
    return dhs, dc_last, forward(*arrays)[2], measured


# %% [markdown]
# The error of a gradient is the largest difference of any entry, relative to the largest entry.
# **Predict, then run.** Five steps, random start states: to how many digits do the six agree?


# %%
def errors(backward, test):
    """Relative error of each of the six gradients of a backward pass."""
    dhs, dc_last, caches, measured = test
    found = backward(dhs, dc_last, caches)
    return np.array([nn.gradient_error(*pair) for pair in zip(found, measured, strict=True)])


GRADIENTS = ("dxs", "dh0", "dc0", "dW_x", "dW_h", "db")
full_test = make_test(num_steps=5)
for name, gradient, error in zip(
    GRADIENTS, full_test[3], errors(lstm_backward, full_test), strict=True
):
    print(f"{name:5} {gradient.size:3} entries, relative error {error:.0e}")

# %% [markdown]
# > **Answer.** Two gradients walk back in time, one for each state; the rest is as in lesson 02.
# > All six agree with the measured ones to about $10^{-10}$.

# %% [markdown]
# ## 4. Which test would have noticed? (8 min)
#
# Would you have noticed without that test? A backward pass has dozens of places where a factor, a
# sign or a sum can be wrong, and it always returns numbers of the right shape. The course keeps a
# collection of wrong answers to `lstm_backward`, for the checks to recognise. We put them to work.

# %%
known = EXERCISES["lstm_backward"].misconceptions
broken = {
    f"{one.slug}, {number}": answer
    for one in known
    for number, answer in enumerate((one.answer, *one.variants), start=1)
}


def shapes(backward, test):
    """Shapes of the six results."""
    return [np.shape(gradient) for gradient in backward(*test[:3])]


total, right_shapes = len(broken), shapes(lstm_backward, full_test)
broken = {name: bad for name, bad in broken.items() if shapes(bad, full_test) == right_shapes}
print(f"{total} wrong answers out of {len(known)} mistakes, {len(broken)} with the right shapes")

# %% [markdown]
# The first judge is the usual one: train, and see whether the loss falls. The task is recall from
# lesson 02, at $T = 10$: four symbols, one is shown first, and is asked for at the end. Guessing
# gives a loss of $\ln 4 = 1.386$.


# %%
def loss_and_grads(params, batch, backward):
    """Loss of a batch, and the gradients according to this backward pass."""
    zero = np.zeros((len(batch.xs), len(params["W_h"])))
    hs, _, caches = forward(batch.xs, zero, zero, params["W_x"], params["W_h"], params["b"])
    logits = nn.linear_forward(hs[:, -1], params["W_y"], params["b_y"])
    loss, dlogits = nn.softmax_cross_entropy(logits, batch.targets)
    dhs = np.zeros_like(hs)
    dhs[:, -1], dW_y, db_y = nn.linear_backward(dlogits, hs[:, -1], params["W_y"])
    *_, dW_x, dW_h, db = backward(dhs, zero, caches)
    return loss, {"W_x": dW_x, "W_h": dW_h, "b": db, "W_y": dW_y, "b_y": db_y}


# %%
def new_network(draw, hidden_size, rng, **options):
    """Random weights of a network for recall, drawn by nn.init_lstm or nn.init_rnn."""
    params = draw(8, hidden_size, rng, **options)._asdict()
    return {**params, "W_y": rng.normal(0, 0.25, (hidden_size, 4)), "b_y": np.zeros(4)}


def train(backward, seed, updates=70):
    """Train on recall with T = 10; returns the loss of each update."""
    rng = np.random.default_rng(seed)
    params = new_network(nn.init_lstm, 16, rng, forget_bias=1.0)
    batches = (tasks.recall(32, 10, rng) for _ in range(updates))
    judge = partial(loss_and_grads, backward=backward)
    return fit(params, judge, batches, nn.Adam(lr=0.02), progress=False)[1].loss


# %% [markdown]
# **Predict, then run.** With how many of the broken passes does the loss fall, say by a tenth at
# least, with each of three seeds? With how many does it fall below 0.1, so that nearly every symbol
# is recalled?

# %%
GUESSING = np.log(4)
right = np.array([train(lstm_backward, seed) for seed in range(3)])
curves = {
    name: np.array([train(bad, seed) for seed in range(3)])
    for name, bad in track(broken.items(), "training 225 networks")
}
final = {name: losses[:, -10:].mean(axis=1).max() for name, losses in curves.items()}
falling = [name for name, loss in final.items() if loss < 0.9 * GUESSING]
solved = [name for name, loss in final.items() if loss < 0.1]
print(f"right: at most {right[:, -10:].mean(axis=1).max():.3f} in the last ten updates")
print(f"of {len(broken)} broken passes, {len(falling)} fall and {len(solved)} end below 0.1")

# %%
examples = {
    "right": "",
    "handed back to c, not to h": "hidden-gradient-not-passed-on, 1",
    "c for c_prev": "new-cell-for-old, 1",
    "tanh slope for the forget gate": "tanh-derivative-for-a-gate, 3",
}
drawn = {label: curves.get(name, right) for label, name in examples.items()}

# %%
fig, ax = plots.new_figure(7, 3.4)
plots.loss_runs(ax, drawn, ("guessing", GUESSING), "cross-entropy (nats)", highest=60)
show(
    fig,
    "One right backward pass and three broken ones, in training on recall at T = 10.",
    "Twelve loss curves, three seeds each, over 70 updates. All start at 1.39 and end between "
    "0.003 and 0.011. The right pass cannot be told from the three broken ones; its worst seed is"
    " the highest curve at the end.",
)

# %% [markdown]
# With 71 of 75 the loss falls, and 50 of them nearly solve the task. Whoever judges by the curve
# has no reason to look further. One of the broken passes even ends lower than the right one: 0.004
# against 0.014 in the worst of three seeds. This one has a history. Its fault is to cut what goes
# back through $h$, and to keep what goes back through $c$: in essence the gradient with which the
# LSTM was trained in 1997 [1]. The full gradient, which you have written, came in 2005 [3], and one
# of its merits was that it could be checked against differences [4].
#
# Gradient descent does not need the gradient. Any direction that points downhill often enough will
# do on an easy task, and Adam takes out a wrong factor: `averaged-over-time` is among the 50. **A
# falling loss is not a test.**
#
# Now compare with measured gradients, all six, every entry, to a relative $10^{-7}$. The question
# is *where* to compare. **Predict, then run.** Which of these tests sees all broken passes?

# %%
tests = {
    "one step, zero state, into h": make_test(1, zero_state=True, into_c=False),
    "one step, random state, into h": make_test(1, into_c=False),
    "one step, random state, into h and c": make_test(1),
    "five steps, random state, into h and c": full_test,
}
missed = {"the loss falls": falling}
for title, test in tests.items():
    assert errors(lstm_backward, test).max() < 1e-7
    missed[title] = [name for name, bad in broken.items() if errors(bad, test).max() < 1e-7]
for title, names in missed.items():
    print(f"{title:40} misses {len(names):2} of {len(broken)}")
print("missed by the last but one:", "; ".join(missed["one step, random state, into h and c"]))

# %% [markdown]
# | test | broken passes that it misses |
# |---|---|
# | the loss falls | 71 of 75 |
# | one step, zero state, into h | 17 |
# | one step, random state, into h | 10 |
# | one step, random state, into h and c | 7 |
# | **five steps, random state, into h and c** | **0** |
#
# Each line has its reason. From a *zero state* whatever is multiplied by $c_{prev}$ or $h_{prev}$
# is zero, rightly or wrongly: slips in the forget gate hide there. With a gradient *into h only*,
# $dc$ is never looked at. And over *one step* nothing is handed on or added up: the seven names
# printed last are the mistakes that live between steps.
#
# One shortcut is left. Must it be *every* entry? **Predict, then run.** Take the strongest test,
# but look at one entry of one gradient only, and let it pass if it is right to 1 %.

# %%
dhs, dc_last, caches, measured = full_test
truth = np.concatenate([gradient.ravel() for gradient in measured])
passing = []
for bad in broken.values():
    claimed = np.concatenate([np.ravel(gradient) for gradient in bad(dhs, dc_last, caches)])
    passing.append(np.mean(np.abs(claimed - truth) <= 0.01 * np.abs(truth)))
print(f"one random entry out of {truth.size}: a broken pass gets by in {np.mean(passing):.0%}")
share, name = max(zip(passing, broken, strict=True))
print(f"best hidden: {name}, in {share:.0%}")

# %% [markdown]
# In 22 %, and a pass whose only fault is `dc0` in 93 %. Many entries of a broken pass are right, or
# nearly so. That is why every entry must be looked at.
#
# > **Answer.** Compare with measured gradients over several steps, from random states, with
# > gradients into $h$ and $c$, in every entry. No weaker test saw all 75. And what even this one
# > cannot see: a mistake in the *forward* pass. Then it confirms the right gradient of the wrong
# > network. That takes a comparison with another program, in lesson 06.

# %% [markdown] tags=["instructor"]
# **What the numbers in sections 1 to 4 claim, as assertions.**

# %% tags=["instructor"]
found = [gradient.ravel()[0] for gradient in by_hand]
assert np.allclose(found, [0.2107, 0.0173, 0.5437, 0.2039, 0.051, 0.1019], atol=1e-4)
assert np.allclose([dc0.item(), two_step_db[1]], [0.314, 0.216], atol=1e-3)
assert 0.9e-6 < EPS[slope_errors["central"].argmin()] < 1.1e-5
assert slope_errors["central"].min() < 1e-10
assert slope_errors["forward"].min() > 1e-9
assert min(found[-1] for found in slope_errors.values()) > 1e-6
assert errors(lstm_backward, full_test).max() < 1e-9
assert (total, len(known), len(broken)) == (77, 32, 75)
assert [len(names) for names in missed.values()][1:] == [17, 10, 7, 0]

# %% tags=["instructor"]
assert abs(len(falling) - 71) <= 2
assert abs(len(solved) - 50) <= 4
assert final["hidden-gradient-not-passed-on, 1"] < right[:, -10:].mean(axis=1).max() < 0.03
assert all(losses[:, -1].max() < 0.03 for losses in drawn.values())
assert 0.15 < np.mean(passing) < 0.3
assert 0.9 < max(passing) < 0.95

# %% [markdown]
# ## 5. Can you find a bug that you did not make? (15 min)
#
# Three complete backward passes, each with one bug. `start` makes what all of them begin with.


# %%
def start(dhs, caches):
    """Empty dxs, and sums of zeros for the gradients of W_x, W_h and b."""
    x, W_x, W_h = caches[0][0], caches[0][8], caches[0][9]
    sums = [np.zeros_like(W_x), np.zeros_like(W_h), np.zeros(W_x.shape[1])]
    return np.empty((*dhs.shape[:2], x.shape[1])), sums


# %%
def program_a(dhs, dc_last, caches):
    """Backward pass A."""
    dxs, sums = start(dhs, caches)
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in reversed(range(len(caches))):
        step = lstm_step_backward(dhs[:, t], dc, caches[t])
        dxs[:, t], dh, dc = step[:3]
        sums = [total + part for total, part in zip(sums, step[3:], strict=True)]
    return dxs, dh, dc, *sums


# %%
def step_of_b(dh, dc, cache):
    """The step that program B calls."""
    x, h_prev, c_prev, i, f, g, o, c, W_x, W_h = cache
    tanh_c = np.tanh(c)
    dc = dc + dh * o * (1 - tanh_c**2)
    from_c = np.concatenate([dc * g, dc * c, dc * i], axis=1)
    slopes = np.concatenate([i * (1 - i), f * (1 - f), 1 - g**2], axis=1)
    dz = np.concatenate([from_c * slopes, dh * tanh_c * o * (1 - o)], axis=1)
    return dz @ W_x.T, dz @ W_h.T, dc * f, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


# %%
def program_b(dhs, dc_last, caches):
    """Backward pass B."""
    dxs, sums = start(dhs, caches)
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in reversed(range(len(caches))):
        dxs[:, t], dh, dc, *parts = step_of_b(dhs[:, t] + dh, dc, caches[t])
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return dxs, dh, dc, *sums


# %%
def program_c(dhs, dc_last, caches):
    """Backward pass C."""
    dxs, sums = start(dhs, caches)
    dh, dc = np.zeros_like(dc_last), np.zeros_like(dc_last)
    for t in reversed(range(len(caches))):
        dxs[:, t], dh, dc, *parts = lstm_step_backward(dhs[:, t] + dh, dc, caches[t])
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return dxs, dh, dc, *sums


# %% [markdown]
# You may see a bug by reading. Do it the other way round: measure first, and say from the numbers
# alone where the bug must be. **Predict, then run.** What would each of these tell you: wrong only
# from two steps on? Wrong only where a gradient arrives at $c$? Right in `dc0`, wrong in one block
# of `db`?

# %%
checks = {
    "1 step, into h": tests["one step, random state, into h"],
    "1 step, into h and c": tests["one step, random state, into h and c"],
    "5 steps, into h": make_test(5, into_c=False),
    "5 steps, into h and c": full_test,
}
for letter, program in zip("ABC", (program_a, program_b, program_c), strict=True):
    for title, test in checks.items():
        wrong = errors(program, test) > 1e-7
        names = [name for name, bad in zip(GRADIENTS, wrong, strict=True) if bad]
        print(f"{letter}, {title:22} wrong: {', '.join(names) or 'nothing'}")

# %%
dhs, dc_last, caches, measured = tests["one step, random state, into h and c"]
for letter, program in zip("ABC", (program_a, program_b, program_c), strict=True):
    db = program(dhs, dc_last, caches)[5]
    pairs = zip("ifgo", np.split(db, 4), np.split(measured[5], 4), strict=True)
    blocks = [gate for gate, one, other in pairs if nn.gradient_error(one, other) > 1e-7]
    print(f"{letter}: wrong blocks of db after one step: {', '.join(blocks) or 'none'}")

# %% [markdown]
# ### Exercise: `find_the_bug` (15 minutes)
#
# Repair the three programs, in their cells above. After each change run the program's cell and the
# two cells of measurements again, until all are without fault. Then return them here.
#
# | | | |
# |---|---|---|
# | `program` | `"A"`, `"B"` or `"C"` | |
# | returns | function | the repaired program, called as `repaired(dhs, dc_last, caches)` |
#
# **By hand**: what a repaired program must give you have computed in section 3. For that sequence
# of two steps with zero weights, `dc0` is 0.314. Program A and program C give that too, because
# there $W_h = 0$ and `dc_last` is 0. Program B gives 0.314 as well, but for the forget gate's block
# of `db` it has $0.628 \cdot 0.5 \cdot 0.25 + 0.470 \cdot 0.25 \cdot 0.25 = 0.108$ in place of
# $0.216$.

# %% [markdown] tags=["instructor"]
# The repaired programs, as they stand after the work in the cells above. A learner may also return
# `lstm_backward` three times; it is a right answer, and a joke worth a smile. Ask for the line that
# was wrong.


# %% tags=["instructor"]
def repaired_a(dhs, dc_last, caches):
    """Program A, with what the later step hands back to h."""
    dxs, sums = start(dhs, caches)
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in reversed(range(len(caches))):
        step = lstm_step_backward(dhs[:, t] + dh, dc, caches[t])
        dxs[:, t], dh, dc = step[:3]
        sums = [total + part for total, part in zip(sums, step[3:], strict=True)]
    return dxs, dh, dc, *sums


# %% tags=["instructor"]
def repaired_step_of_b(dh, dc, cache):
    """The step of program B, with c_prev beside the forget gate."""
    x, h_prev, c_prev, i, f, g, o, c, W_x, W_h = cache
    tanh_c = np.tanh(c)
    dc = dc + dh * o * (1 - tanh_c**2)
    from_c = np.concatenate([dc * g, dc * c_prev, dc * i], axis=1)
    slopes = np.concatenate([i * (1 - i), f * (1 - f), 1 - g**2], axis=1)
    dz = np.concatenate([from_c * slopes, dh * tanh_c * o * (1 - o)], axis=1)
    return dz @ W_x.T, dz @ W_h.T, dc * f, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)


# %% tags=["instructor"]
def repaired_b(dhs, dc_last, caches):
    """Program B, with the repaired step."""
    dxs, sums = start(dhs, caches)
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in reversed(range(len(caches))):
        dxs[:, t], dh, dc, *parts = repaired_step_of_b(dhs[:, t] + dh, dc, caches[t])
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return dxs, dh, dc, *sums


# %% tags=["instructor"]
def repaired_c(dhs, dc_last, caches):
    """Program C, with the gradient that arrives at the last cell state."""
    dxs, sums = start(dhs, caches)
    dh, dc = np.zeros_like(dc_last), dc_last
    for t in reversed(range(len(caches))):
        dxs[:, t], dh, dc, *parts = lstm_step_backward(dhs[:, t] + dh, dc, caches[t])
        sums = [total + part for total, part in zip(sums, parts, strict=True)]
    return dxs, dh, dc, *sums


# %% exercise="find_the_bug"
def find_the_bug(program):
    """Return the repaired backward pass "A", "B" or "C"."""
    # BEGIN SOLUTION
    return {"A": repaired_a, "B": repaired_b, "C": repaired_c}[program]
    # END SOLUTION


# %% check="find_the_bug"
find_the_bug = check(find_the_bug)

# %%
for letter in "ABC":
    print(f"{letter}: largest error {errors(find_the_bug(letter), full_test).max():.0e}")

# %% [markdown]
# The measurements had said it all.
#
# - **A** is right for one step and wrong for five: something between the steps is lost. The line
#   computes `dh` and never uses it; it must say `dhs[:, t] + dh`.
# - **B** is wrong from the first step, in a single block of `db`, while `dc0` is right: so the
#   whole $dc$ is right, and only the forget gate's own factor can be wrong: `dc * c` must be
#   `dc * c_prev`.
# - **C** is right as long as nothing arrives at $c$, over any number of steps: it begins with zeros
#   in place of `dc_last`.
#
# > **Answer.** Yes, if you measure before you read. Which sizes break it, which gradients are
# > wrong, and which block of them: three answers that leave one place to look at.

# %% tags=["instructor"]
# ruff: noqa: RUF059 (program B unpacks `c_prev` in vain)
from lstm_helpers.exercises.lesson_04 import BROKEN

for letter, program in zip("ABC", (program_a, program_b, program_c), strict=True):
    pairs = zip(program(*full_test[:3]), BROKEN[letter](*full_test[:3]), strict=True)
    assert all(np.allclose(one, other, rtol=1e-12, atol=1e-14) for one, other in pairs)
assert all(errors(find_the_bug(letter), full_test).max() < 1e-9 for letter in "ABC")
of_b = program_b(np.ones((1, 2, 1)), np.zeros((1, 1)), forward(*two_steps)[2])
assert np.allclose([of_b[2].item(), of_b[5][1]], [0.314, 0.108], atol=1e-3)

# %% [markdown]
# ## 6. How far does the gradient reach now? (4 min)
#
# On the way from cell state to cell state the gradient is multiplied by $f$ alone. So it should
# matter where the forget gate stands when training begins, and that is decided by its bias: without
# other influence $f = \sigma(b_f)$, which is 0.5 for a bias of 0, 0.73 for 1, 0.95 for 3.
#
# The measurement is that of lesson 02: random networks, 101 steps of noise, a loss that reads the
# last hidden state only, ten seeds.


# %%
def lstm_flow(forget_bias, seed, factor=1.0, only_through_c=False):
    """‖dL/dh_t‖ of a random LSTM, the last step's being 1, (T,); and the mean forget gate."""
    rng = np.random.default_rng(seed)
    weights = nn.init_lstm(2, 32, rng, forget_bias)
    weights = weights._replace(W_h=factor * weights.W_h)
    xs, zero = rng.normal(size=(16, 101, 2)), np.zeros((16, 32))
    caches = forward(xs, zero, zero, *weights)[2]
    dh, dc, norms = rng.normal(size=(16, 32)), zero, []
    for t in reversed(range(101)):
        norms.append(np.linalg.norm(dh))
        cut = only_through_c and t < 100  # what arrives at h is then not handed on
        _, dh, dc, *_ = lstm_step_backward(zero if cut else dh, dc, caches[t])
    return np.array(norms[::-1]) / norms[0], np.mean([cache.f for cache in caches])


# %%
def rnn_flow(seed):
    """The same norms for a plain RNN."""
    rng = np.random.default_rng(seed)
    weights = nn.init_rnn(2, 32, rng)
    hs = nn.rnn_forward(rng.normal(size=(16, 101, 2)), np.zeros((16, 32)), *weights)
    norms = nn.gradient_norms(rng.normal(size=(16, 32)), hs, weights.W_h)
    return norms / norms[-1]


def lost_after(norms):
    """First lag at which less than 1 % of the gradient is left, as in lesson 02."""
    below = np.flatnonzero(norms[::-1] < 0.01)
    return below[0] if len(below) else np.inf


# %% [markdown]
# **Predict, then run.** After how many steps is the gradient lost, that is, below 1 %, in the RNN
# and in the LSTM with a forget bias of 0, 1 and 3? And how much of it is left after 100?

# %%
SEEDS, flows, gates = range(10), {}, {}
flows["RNN"] = np.array([rnn_flow(seed) for seed in SEEDS])
for bias in (0, 1, 3):
    results = [lstm_flow(bias, seed) for seed in SEEDS]
    flows[f"LSTM, forget bias {bias}"] = np.array([norms for norms, _ in results])
    gates[bias] = np.mean([f for _, f in results])
left, reach = {}, {}
for name, norms in flows.items():
    left[name] = np.median(norms[:, 0])
    reach[name] = [lost_after(one) for one in norms]
    print(f"{name}: lost after {min(reach[name]):g} to {max(reach[name]):g} steps;", end=" ")
    print(f"left at lag 100 {left[name]:.0e} ({norms[:, 0].min():.0e} to {norms[:, 0].max():.0e})")

# %%
fig, ax = plots.new_figure(7, 4)
lags = np.arange(101)[::-1]
for name, norms in flows.items():
    plots.gradient_flow(ax, lags, norms, label=name)
ax.axhline(0.01, color="#666666", linewidth=1)
show(
    fig,
    "Gradient norm against lag, before training. Lines: median of ten seeds; bands: the middle "
    "half of them. Thin line: 1 %. The axes are those of lesson 02.",
    "Four curves on a logarithmic axis. The RNN falls in a straight line below 1e−12 at lag 50, "
    "the LSTM with forget bias 0 at about lag 60. With bias 1 it falls to 3e−8 at lag 100. With "
    "bias 3 it drops to 0.05 within a few steps and stays there; at lag 100 it is 0.3.",
)

# %% [markdown]
# The three LSTMs differ in nothing but a constant. With a bias of 0 the LSTM loses its gradient
# after 6 or 7 steps, even sooner than the RNN, which loses it after 8 or 9: the claim of lesson 02
# fits *this* network. With a bias of 1 it takes 14 to 20 steps. With 3 nothing is lost in 100. All
# LSTMs begin with a drop to about a tenth, when the gradient leaves $h$ for $c$; after that, the
# forget gate decides.
#
# Many texts say that the gradient of an LSTM *is* the product of its forget gates. **Predict, then
# run.** What is left at lag 100 if what arrives at $h$ is not handed on, so that $c$ is the only
# way?

# %%
alone = {}
for bias in (0, 1, 3):
    cut = [lstm_flow(bias, seed, only_through_c=True)[0][0] for seed in SEEDS]
    alone[bias], all_ways = np.median(cut), left[f"LSTM, forget bias {bias}"]
    print(f"forget bias {bias}: f = {gates[bias]:.2f}, f^100 = {gates[bias] ** 100:.0e};", end=" ")
    print(f"left through c alone {alone[bias]:.0e}, on all ways {all_ways:.0e}")

# %% [markdown]
# The product says when the gradient lasts, and not how much of it: on all ways together some 400
# times as much arrives at bias 3 as through $c$ alone, and 100,000 times as much at bias 1. The
# ways through $h$ count too: they leave $c$ and come back to it.
#
# > **Answer.** As far as the forget gate lets it. The LSTM does not abolish the factor that is
# > multiplied at each step; it makes it a number that the network can set, for each unit and at
# > each step. Start it near 1, by a bias of 1 or more [2, 5], or training has to find it first.

# %% [markdown]
# ## 7. What does the LSTM not mend? (4 min)
#
# "The LSTM fully solves vanishing gradients", "the LSTM avoids vanishing *and exploding*
# gradients": both stand in many texts. Two experiments that could refute them.
#
# **Larger weights.** Through $h$ the gradient passes $W_h^T$ at every step. **Predict, then run.**
# A forget bias of 1, and recurrent weights that are 2, 4 and 8 times as large as usual.

# %%
fig, ax = plots.new_figure(7, 3.6)
exploding = {}
for factor in (1, 2, 4, 8):
    exploding[factor] = np.array([lstm_flow(1, seed, factor)[0] for seed in SEEDS])
    plots.gradient_flow(ax, lags, exploding[factor], label=f"LSTM, weights × {factor}")
    low, middle, high = np.quantile(exploding[factor][:, 0], [0, 0.5, 1])
    print(f"× {factor}: at lag 100 {middle:.1e}, from {low:.1e} to {high:.1e}")
show(
    fig,
    "Gradient norm against lag in LSTMs with larger recurrent weights. Lines: median of ten seeds; "
    "bands: the middle half of them.",
    "Four curves. Recurrent weights times 1 fall to 3e−8 at lag 100, times 2 to 7e−4, times 4 stay "
    "near 1 in a wide band, times 8 rise steadily to 1e4.",
)

# %% [markdown]
# It explodes: with weights times 8 the gradient at lag 100 is 12,000 times as long as at the end,
# and from 580 to 790,000 times in single seeds. Nobody would start from such weights. Does
# training ever get there?
#
# **Training.** Recall once more, with 29 distractors after the symbol, $T = 30$; 300 updates, five
# seeds each. The gradient is clipped to norm 1, and we write down how long it was before. For
# speed the course's layer stands in for your function; first we make sure that it computes the
# same.


# %%
def lstm(params, xs):
    """Hidden states, and a function from dhs to dxs and the gradients of W_x, W_h, b."""
    zero = np.zeros((len(xs), len(params["W_h"])))
    weights = nn.LSTMParams(params["W_x"], params["W_h"], params["b"])
    hs, _, tape = nn.lstm_layer_forward(xs, (zero, zero), weights)

    def backward(dhs):
        dxs, _, dweights = nn.lstm_layer_backward(dhs, (zero, zero), tape)
        return dxs, *dweights

    return hs, backward


# %%
def rnn(params, xs):
    """The same for a plain RNN."""
    zero, W_x, W_h = np.zeros((len(xs), len(params["W_h"]))), params["W_x"], params["W_h"]
    hs = nn.rnn_forward(xs, zero, W_x, W_h, params["b"])

    def backward(dhs):
        dxs, _, *dweights = nn.rnn_backward(dhs, xs, zero, hs, W_x, W_h)
        return dxs, *dweights

    return hs, backward


# %%
rng = np.random.default_rng(0)
params, xs = new_network(nn.init_lstm, 16, rng), tasks.recall(4, 30, rng).xs
dhs, zero = rng.normal(size=(4, 30, 16)), np.zeros((4, 16))
caches = forward(xs, zero, zero, params["W_x"], params["W_h"], params["b"])[2]
mine = lstm_backward(dhs, zero, caches)
for yours, layers in zip((mine[0], *mine[3:]), lstm(params, xs)[1](dhs), strict=True):
    assert nn.gradient_error(yours, layers) < 1e-12


# %%
def loss_and_grads_of(params, batch, layer):
    """Loss of a batch, and its gradients, for a network with this layer."""
    hs, backward = layer(params, batch.xs)
    logits = nn.linear_forward(hs[:, -1], params["W_y"], params["b_y"])
    loss, dlogits = nn.softmax_cross_entropy(logits, batch.targets)
    dhs = np.zeros_like(hs)
    dhs[:, -1], dW_y, db_y = nn.linear_backward(dlogits, hs[:, -1], params["W_y"])
    _, dW_x, dW_h, db = backward(dhs)
    return loss, {"W_x": dW_x, "W_h": dW_h, "b": db, "W_y": dW_y, "b_y": db_y}


# %% [markdown]
# **Predict, then run.** Which of the four learns to recall over 30 steps? And whose gradient gets
# the longest on the way?

# %%
MODELS = {"RNN": (rnn, nn.init_rnn, {})}
for bias in (0, 1, 3):
    MODELS[f"LSTM, forget bias {bias}"] = (lstm, nn.init_lstm, {"forget_bias": bias})


def train_longer(name, seed, updates=300):
    """Train on recall with T = 30: returns parameters, history, and the batch that comes next."""
    layer, draw, options = MODELS[name]
    rng = np.random.default_rng(seed)
    params = new_network(draw, 16, rng, **options)
    batches = (tasks.recall(32, 30, rng) for _ in range(updates))
    loss = partial(loss_and_grads_of, layer=layer)
    trained = fit(params, loss, batches, nn.Adam(0.01), max_norm=1.0, progress=False)
    return *trained, tasks.recall(32, 30, rng)


# %%
runs = [(name, seed) for name in MODELS for seed in range(5)]
trained = {run: train_longer(*run) for run in track(runs, "training 20 networks")}


# %%
def recalled(name, seed, batch):
    """Share of the sequences whose symbol is named."""
    params, layer = trained[name, seed][0], MODELS[name][0]
    logits = nn.linear_forward(layer(params, batch.xs)[0][:, -1], params["W_y"], params["b_y"])
    return np.mean(logits.argmax(axis=1) == batch.targets)


fresh = tasks.recall(1000, 30, np.random.default_rng(99))
accuracy, longest = {}, {}
for name in MODELS:
    accuracy[name] = np.array([recalled(name, seed, fresh) for seed in range(5)])
    norms = np.array([trained[name, seed][1].norm for seed in range(5)])  # (5, updates)
    longest[name] = norms.max(axis=1)
    print(f"{name}: right", *(f"{share:.0%}" for share in accuracy[name]), end="; ")
    print("longest gradient", *longest[name].round(1))

# %% [markdown]
# | | learned, of 5 | longest gradient of each seed |
# |---|---|---|
# | RNN | 2 | 1.8, 34.7, 0.7, 36.6, 0.6 |
# | LSTM, forget bias 0 | 0 | 0.3 to 0.4 |
# | LSTM, forget bias 1 | 1 | 0.4 to 1.7 |
# | LSTM, forget bias 3 | 5 | 84.9, 5.3, 79.8, 26.3, 74.0 |
#
# Guessing is right in 25 % of the cases. Within 300 updates the LSTM with a bias of 0 learns
# *nothing*, less than the plain RNN: **"the LSTM fully solves vanishing gradients" is refuted**, by
# a task of 30 steps. With a bias of 3 all five learn it.
#
# And those five pay: on the way their gradient becomes 5 to 85 long. Is that an explosion, or only
# a large error at the end? We stop each training right before its longest gradient. **Predict,
# then run.** How much longer is $\partial L/\partial x_t$ at the first step than at the last?

# %%
name, growth = "LSTM, forget bias 3", []
for seed in range(5):
    params, _, batch = train_longer(name, seed, updates=int(trained[name, seed][1].norm.argmax()))
    hs, backward = lstm(params, batch.xs)
    logits = nn.linear_forward(hs[:, -1], params["W_y"], params["b_y"])
    dhs = np.zeros_like(hs)
    dhs[:, -1] = nn.softmax_cross_entropy(logits, batch.targets)[1] @ params["W_y"].T
    norms = np.linalg.norm(backward(dhs)[0], axis=(0, 2))
    growth.append(norms[0] / norms[-1])
print("first step, relative to the last:", *np.round(growth, 1))

# %% [markdown]
# 9 to 1,000 times, over 29 steps: it grows on its way back. **"It avoids exploding gradients" is
# refuted** as well, in a training as one would really run it. This is why LSTMs are clipped [6].
#
# Does clipping help against vanishing? The gradients of the LSTM with bias 0 were never longer than
# 0.4, so clipping at 1 did not touch them once. And scaling them *up* would not help either: it
# enlarges what comes from the last steps as much as what comes from the first.
#
# > **Answer.** It does not keep a gradient alive by itself, and it does not keep it from exploding.
# > It offers a way back on which a gradient can last; the forget gate has to keep it open, and
# > clipping has to tame the rest.

# %% [markdown]
# ## 8. Which inputs does the answer depend on? (3 min)
#
# `dxs` says more than how far: it says how much *each input* counts. The norm of $\partial
# L/\partial x_t$ is how much the loss would change if the input of step $t$ did. Here for the
# networks just trained, averaged over the 1,000 new sequences: how much the score of the right
# symbol depends on each step.


# %%
def connectivity(name, seed, batch):
    """‖∂score/∂x_t‖ for every step t, relative to the last, (T,)."""
    params, layer = trained[name, seed][0], MODELS[name][0]
    hs, backward = layer(params, batch.xs)
    dhs = np.zeros_like(hs)
    dhs[:, -1] = params["W_y"].T[batch.targets]  # the score of the right symbol is read here
    norms = np.linalg.norm(backward(dhs)[0], axis=(0, 2))
    return norms / norms[-1]


# %%
strips = {"RNN": connectivity("RNN", 0, fresh)}
strips |= {f"LSTM, bias {b}": connectivity(f"LSTM, forget bias {b}", 0, fresh) for b in (0, 1, 3)}
for name, norms in strips.items():
    print(f"{name}: step 1 {norms[0]:.0e}, step 2 {norms[1]:.0e}, step 15 {norms[14]:.0e}")

# %%
fig, axes = plots.new_figure(7, 3.6, nrows=2, height_ratios=[1, 2])
plots.heat_strips(axes, fresh.xs[0].argmax(axis=1), 4, strips, limits=(1e-6, 1.0))
show(
    fig,
    "Trained networks (seed 0): dependence of the answer on each input, relative to the last step. "
    "Above: one of the sequences.",
    "A sequence with a cue at step 1 and distractors after it; below it four strips, each 1 at "
    "step 30. RNN: 7e−10 at step 15, 2e−17 at step 1. LSTM with bias 0: 4e−6 and 3e−10. With bias"
    " 1: 9e−4 and 8e−4. With bias 3: 0.003 and 0.03, so the start stands out from the middle.",
)

# %% [markdown]
# In the LSTM with bias 3, which names every symbol, the start counts about ten times as much as the
# middle. The LSTM with bias 0 looks at the last steps only, and guesses. Do not read too much into
# it: step 2, a distractor, counts nearly as much as the cue. A strip says *when* an input can still
# move the answer; it does not say that it should.
#
# But look at the RNN. By this measure step 1 has no part in its answer, $2 \cdot 10^{-17}$, and it
# is right in 52 % of the cases, twice as often as a guess. **Predict, then run.** We exchange the
# cue for another one. In how many sequences does the answer change? And how many hidden units
# stand at the end of their tanh, $|h| > 0.99$?

# %%
exchanged = fresh.xs.copy()
exchanged[:, 0, :4] = np.roll(fresh.xs[:, 0, :4], 1, axis=1)
changes, at_the_end = {}, {}
for name, (layer, _, _) in MODELS.items():
    params = trained[name, 0][0]
    states = [layer(params, xs)[0][:, -1] for xs in (fresh.xs, exchanged)]
    answers = [(h @ params["W_y"] + params["b_y"]).argmax(axis=1) for h in states]
    changes[name] = np.mean(answers[0] != answers[1])
    at_the_end[name] = np.mean(np.abs(layer(params, fresh.xs)[0]) > 0.99)
    print(f"{name}: changed {changes[name]:.0%}, |h| > 0.99 in {at_the_end[name]:.0%}")

# %% [markdown]
# It changes in every one. **A gradient near zero does not mean that nothing is remembered.** It
# seems that the RNN tells two groups of cues apart, one bit, and keeps it in units at the end of
# their tanh, 69 % of all: a *small* change of the input moves them by nothing, another cue turns
# some of them over. Such a unit is a safe memory, and no gradient gets through it [7]: that makes
# the rest hard to learn. The LSTM with bias 3 keeps both bits with no unit at its end.
#
# **Move the sliders.** These networks are not trained. Which forget bias lights up the first input
# of the LSTM at $T = 60$? And which factor on $W_h$ makes its strip brighter towards the *left*?

# %%
connectivity_widget()

# %% [markdown]
# > **Answer.** On the cue, if the gradient could get there during training; otherwise on the last
# > few steps. And a strip shows what small changes would do, not all that is stored.

# %% [markdown] tags=["instructor"]
# **Timing.** 14, 21, 21, 8, 15, 4, 4 and 3 minutes. If time is short, leave out section 8 and the
# random entry at the end of section 4; never the table of section 4.
#
# **Where people stumble.**
#
# - `numerical_gradient`: to forget to put the entry back; `/ 2 * eps` without brackets; `for k in
#   range(len(x))`, which moves whole rows.
# - `lstm_step_backward`: to use the incoming `dc` for $di, df, dg$ and the completed one for
#   $dc_{prev}$ only, or the reverse; `c` for `c_prev`; `dc += …`, which changes the caller's array.
# - `lstm_backward`: `dc` starting from zeros; to add up `dxs`, or to overwrite the sums.
# - `find_the_bug`: to read all three programs first. Cover the code; let a table of wrong gradients
#   decide. Those who repair C by adding `dc_last` at every step are right for one step only.
#
# **Answers to the predictions.** $\epsilon$: $10^{-5}$ is best, $10^{-12}$ is worse by a factor of
# a million. Check: about ten digits. Broken passes: 71 fall, 50 solve the task. Tests: only the
# last one. One entry: 22 % get by. Forget bias: 6 or 7, 14 to 20, more than 100 steps; RNN 8 or 9.
# Through $c$ alone: far less than on all ways. Weights: times 4 keeps the length, times 8
# explodes. Recall: bias 3 learns in all five, and has the longest gradients, which grow up to
# 1,000-fold on their way back. Exchanged cue: all answers of the RNN change.
#
# **"Is a bias of 3 always best?"** Not in general: it begins by keeping everything. Lesson 09
# compares.

# %% tags=["instructor"]
spans = [(min(lags), max(lags)) for lags in reach.values()]
assert spans == [(8, 9), (6, 7), (14, 20), (np.inf, np.inf)], spans
assert np.allclose(np.log10(list(left.values())), [-24.9, -20.2, -7.6, -0.5], atol=0.5)
assert np.allclose(np.log10(list(alone.values())), [-27.3, -12.5, -3.1], atol=0.5)
assert np.allclose(list(gates.values()), [0.5, 0.73, 0.95], atol=0.01)
assert 1e3 < np.median(exploding[8][:, 0]) < 1e5
assert exploding[8][:, 0].min() > 100
learned = [int(np.sum(share > 0.95)) for share in accuracy.values()]
assert np.all(np.abs(np.subtract(learned, [2, 0, 1, 5])) <= [1, 0, 1, 0]), learned
assert accuracy["LSTM, forget bias 0"].max() < 0.3
assert longest["LSTM, forget bias 0"].max() < 0.5
assert longest["LSTM, forget bias 3"].max() > 50
assert longest["LSTM, forget bias 3"].min() > 4
assert min(growth) > 5
assert max(growth) > 500

# %% tags=["instructor"]
assert strips["RNN"][0] < 1e-12
assert accuracy["RNN"][0] > 0.45
assert changes["RNN"] > 0.9
assert at_the_end["RNN"] > 0.5 > 0.05 > at_the_end["LSTM, forget bias 3"]
assert changes["LSTM, forget bias 0"] < 0.05
assert strips["LSTM, bias 3"][0] > 5 * strips["LSTM, bias 3"][14]
assert strips["LSTM, bias 0"][0] < 1e-6
assert strips["LSTM, bias 3"][1] > 0.5 * strips["LSTM, bias 3"][0]

# %% [markdown]
# ## What you saw
#
# - Of 75 broken backward passes, training found 4: the loss fell with 71, and with 50 it ended
#   below 0.1. Checks over one step missed 17, 10 and 7. The check over five steps, from a random
#   state, with gradients into $h$ and $c$, missed none.
# - Your six gradients agree with measured ones to about $10^{-10}$.
# - An untrained LSTM loses 99 % of its gradient after 6 or 7 steps with a forget bias of 0, after
#   14 to 20 with 1, and keeps more in 100 steps with 3. The RNN: 8 or 9 steps.
# - With recurrent weights times 8 its gradient grows 12,000-fold over 100 steps. In trainings that
#   succeeded, the gradient was at its longest up to 85 long, and 9 to 1,000 times as long at the
#   first of 30 steps as at the last.
# - Recall over 30 steps within 300 updates: 2 of 5 RNNs, and 0, 1 and 5 of 5 LSTMs with forget bias
#   0, 1 and 3.
#
# **Try next.** Train the LSTM with bias 0 for longer, or with another learning rate. How long does
# it take to find what a bias of 3 gives it for nothing?

# %%
quiz("04")

# %%
progress()

# %% [markdown]
# ## Further reading
#
# 1. S. Hochreiter, J. Schmidhuber, “Long short-term memory”, *Neural Computation* 9 (1997),
#    1735–1780, doi:10.1162/neco.1997.9.8.1735. The cell, and the gradient cut at $h$.
# 2. F. A. Gers, J. Schmidhuber, F. Cummins, “Learning to forget: continual prediction with LSTM”,
#    *Neural Computation* 12 (2000), 2451–2471, doi:10.1162/089976600300015015. The forget gate,
#    with a positive bias at the start.
# 3. A. Graves, J. Schmidhuber, “Framewise phoneme classification with bidirectional LSTM and other
#    neural network architectures”, *Neural Networks* 18 (2005), 602–610,
#    doi:10.1016/j.neunet.2005.06.042. The full gradient.
# 4. K. Greff, R. K. Srivastava, J. Koutník, B. R. Steunebrink, J. Schmidhuber, “LSTM: a search
#    space odyssey”, *IEEE Transactions on Neural Networks and Learning Systems* 28 (2017),
#    2222–2232, doi:10.1109/TNNLS.2016.2582924. With the backward pass of the cell, and its
#    history.
# 5. R. Jozefowicz, W. Zaremba, I. Sutskever, “An empirical exploration of recurrent network
#    architectures”, *Proceedings of the 32nd International Conference on Machine Learning* (2015),
#    2342–2350. Forget bias 1.
# 6. R. Pascanu, T. Mikolov, Y. Bengio, “On the difficulty of training recurrent neural networks”,
#    *Proceedings of the 30th International Conference on Machine Learning* (2013), 1310–1318,
#    arXiv:1211.5063. Explosion, and clipping.
# 7. Y. Bengio, P. Simard, P. Frasconi, “Learning long-term dependencies with gradient descent is
#    difficult”, *IEEE Transactions on Neural Networks* 5 (1994), 157–166, doi:10.1109/72.279181.
#    Why safe storage and a lasting gradient exclude each other in a plain RNN.
