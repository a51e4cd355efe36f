# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   lstm_helpers: {number: "08", title: Keras, minutes: 75}
# ---

# %% [markdown]
# # Lesson 08: Keras
#
# **75 minutes.** You need: lessons 01 and 06. Lesson 07 treats the same questions in PyTorch; this
# one does not ask for it.
#
# Afterwards you can
#
# - say the shape behind every layer of a recurrent network before it is built,
# - build, compile and fit a regressor and a classifier, and judge them beside simple models, also
#   where there is nothing to learn,
# - keep padding out of an answer, and notice where a mask gets lost,
# - open `fit`: stop early, keep the best weights, or write its loop out and get the same,
# - feed a sequence in pieces, save a model, and load it again without trusting strangers.
#
# Letters as before: $N$ sequences, $T$ steps, $D$ inputs, $H$ units. Keras says *samples*,
# *timesteps*, *features* and *units*.

# %%
import tempfile
import warnings
import zipfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from lstm_helpers import datasets, plots
from lstm_helpers.notebook import check, hint, progress, quiet_imports, quiz, show
from lstm_helpers.training import SeedTable, over_seeds, track

# %%
with quiet_imports():  # TensorFlow talks while it is loaded, and once more at its first mask
    import keras
    import tensorflow as tf
    from keras import layers

    from lstm_helpers.training.keras_loop import ProgressBar, fit_keras

    tf.config.threading.set_intra_op_parallelism_threads(1)  # the fastest for small matrices
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.transpose([[True]])

# %% [markdown]
# ## 1. What shape stands behind every layer? (14 min)
#
# Keras is a library for building networks out of layers. A recurrent layer reads `(samples,
# timesteps, features)`, our $(N, T, D)$. You describe a stack of layers; Keras works out all
# shapes, and makes the weights that fit. How many samples a batch has is not known yet, so Keras
# writes `None` there.
#
# Most errors with recurrent layers are errors of shape, and the worse ones raise no error. So you
# shall be able to say them first. What each layer does:
#
# | layer | reads | puts out |
# |---|---|---|
# | `LSTM(H)`, also `GRU`, `SimpleRNN` | `(None, T, D)` | `(None, H)`: the last output only |
# | `LSTM(H, return_sequences=True)` | `(None, T, D)` | `(None, T, H)`: one output at each step |
# | `Bidirectional(LSTM(H, …))` | `(None, T, D)` | as the layer inside, with $2H$ |
# | `Dense(V)` | `(None, …, D)` | `(None, …, V)`: the last axis only, at each step by itself |
# | `Dropout(rate)` | any | the same |
#
# ### Exercise: `predict_shapes` (10 minutes)
#
# | | | |
# |---|---|---|
# | `layers` | list of dicts | `{"kind": "LSTM", "units": 50, "return_sequences": True}` and so on |
# | `input_shape` | `(T, D)` | without the batch |
# | returns | list of tuples | one shape for each layer, each beginning with `None` |
#
# The kinds are those of the table. A key that is missing has Keras's default, which is
# `return_sequences=False`. `Bidirectional` has one more key, `"layer"`: the description of the
# layer inside. `Dropout` has a `"rate"`.
#
# **By hand.** `input_shape = (8, 16)` and the layers `{"kind": "LSTM", "units": 32,
# "return_sequences": True}`, `{"kind": "LSTM", "units": 20}`, `{"kind": "Dense", "units": 10}`
# give `[(None, 8, 32), (None, 20), (None, 10)]`.


# %% exercise="predict_shapes"
def predict_shapes(layers, input_shape):
    """Every layer's output shape, such as (None, T, units), in a list."""
    # BEGIN SOLUTION
    shapes, shape = [], (None, *input_shape)
    for layer in layers:
        inner = layer["layer"] if layer["kind"] == "Bidirectional" else layer
        if inner["kind"] in ("LSTM", "GRU", "SimpleRNN"):
            units = inner["units"] * (2 if layer["kind"] == "Bidirectional" else 1)
            steps = shape[1:2] if inner.get("return_sequences", False) else ()
            shape = (None, *steps, units)
        elif inner["kind"] == "Dense":
            shape = (*shape[:-1], inner["units"])
        shapes.append(shape)
    return shapes
    # END SOLUTION


# %% check="predict_shapes"
predict_shapes = check(predict_shapes)

# %% [markdown]
# A judge other than the check: Keras itself. `make` turns a description into layers.


# %%
def make(description):
    """The Keras layer of a description."""
    arguments = {key: value for key, value in description.items() if key != "kind"}
    if "layer" in arguments:
        arguments["layer"] = make(arguments["layer"])
    return getattr(layers, description["kind"])(**arguments)


def lstm(units, **more):
    """The description of an LSTM."""
    return {"kind": "LSTM", "units": units, **more}


# %% [markdown]
# **Predict, then run.** Three stacks, all on 60 steps of 3 features. Write down every shape before
# you look. What does a `Dense` behind a layer with `return_sequences` put out, in the second and
# the third?

# %%
dense = {"kind": "Dense", "units": 1}
both = {"kind": "Bidirectional", "layer": lstm(20, return_sequences=True)}
STACKS = {
    "one answer for each sequence": [lstm(50, return_sequences=True), lstm(50), dense],
    "one answer for each step": [both, {"kind": "Dropout", "rate": 0.2}, dense],
    "both": [both, dense, lstm(7), dense],
}
for name, stack in STACKS.items():
    model = keras.Sequential([keras.Input((60, 3)), *map(make, stack)])
    predicted = predict_shapes(stack, (60, 3))
    print(name, "as predicted:", predicted == [layer.output.shape for layer in model.layers])
    for layer, shape in zip(model.layers, predicted, strict=True):
        print(f"    {type(layer).__name__:14}{shape!s:16}{layer.count_params():6} weights")

# %% [markdown]
# The number of weights does not depend on the number of steps. `LSTM(50)` on 3 features has
# $4 \cdot 50 \cdot (3 + 50 + 1) = 10{,}800$; the second one reads 50 features and has 20,200. A
# `Dense` on a sequence has one weight for each feature, and a bias: it is the same at every step.
#
# > **Answer.** Samples first, time second, features last. A recurrent layer replaces the features
# > by its units and drops time, unless you ask for all steps. Every other layer of the table leaves
# > time alone.

# %% [markdown]
# ## 2. What comes out of an LSTM, and what can be put in? (5 min)
#
# **Predict, then run.** Somebody forgets `return_sequences` between two layers. The first puts out
# `(None, 32)`. What will the second say?

# %%
try:
    keras.Sequential([keras.Input((8, 16)), layers.LSTM(32), layers.LSTM(32), layers.Dense(10)])
except ValueError as error:
    shape_error = str(error)
    print(shape_error)

# %% [markdown]
# Read it from behind: the shape that arrived is `(None, 32)`, it has two axes (`found ndim=2`), and
# a recurrent layer wants three. The layer that complains, `lstm_…`, is the *second* one; the one to
# change is the layer before it. This is the friendly case. In the *functional style* layers are
# called one by one, `h = layers.LSTM(32)(inputs)`, and the model is made of both ends,
# `keras.Model(inputs, h)`. There one can write `layers.RepeatVector(8)` or `h[:, None]` until the
# error is gone, and then the second layer reads the last output eight times, or a sequence of one
# step.
#
# `return_state=True` hands out the two states as well: the outputs, then $h$ and $c$ after the last
# step. They can be put in again, as `initial_state=[h, c]`. **Predict, then run.** Seven steps at
# once; or three steps, then the other four from the states that the three have left. How far are
# the last outputs apart? And if only $h$ is handed on, and $c$ starts from 0?

# %%
xs = np.random.default_rng(8).normal(size=(5, 7, 3)).astype("float32")
keras.utils.set_random_seed(8)
layer = layers.LSTM(4, return_sequences=True, return_state=True)
outputs, h_last, c_last = layer(xs)
print(f"outputs {outputs.shape}, h {h_last.shape}, c {c_last.shape}")
_, h, c = layer(xs[:, :3])
handed_on = {}
for name, states in {"h and c": [h, c], "h only": [h, 0 * c], "nothing": None}.items():
    _, h_end, _ = layer(xs[:, 3:], initial_state=states)
    handed_on[name] = np.abs(h_end - h_last).max()
    print(f"handed on: {name:8} difference {handed_on[name]:.0e}")

# %% [markdown]
# `h_last` is `outputs[:, -1]`; there is no third thing. What it takes to go on is *both* states: a
# layer that goes on with $h$ alone is nearly as lost as one that gets nothing.
#
# > **Answer.** All outputs or the last one, and the two states if asked for. A layer that gets $h$
# > and $c$ goes on as if it had never stopped.

# %% tags=["instructor"]
assert "expected ndim=3, found ndim=2" in shape_error
assert np.array_equal(h_last, outputs[:, -1])
assert handed_on["h and c"] < 1e-6
assert handed_on["h only"] > 1e-2 < handed_on["nothing"]
assert [layers.LSTM(50).compute_output_shape((None, 60, 3))] == [(None, 50)]

# %% [markdown]
# ## 3. Does a stacked LSTM forecast the river? (12 min)
#
# The network is one that stands in many tutorials: two layers of 50 units and one number at the
# end. Three things are said when a model is *compiled*: the loss, the rule by which weights move,
# and what else to report, as in
#
# ```python
# model.compile(loss="mse", optimizer="adam", metrics=["mae"])
# ```
#
# `compile` changes the model and returns nothing.
#
# ### Exercise: `build_regressor` (8 minutes)
#
# | | | |
# |---|---|---|
# | `timesteps`, `features` | numbers | $T$ and $D$ |
# | returns | `keras.Model` | compiled, `(N, T, D)` → `(N, 1)` |
#
# Layers, in this order: an LSTM with 50 units and all its outputs, an LSTM with 50 units and its
# last output, a `Dense` layer with one number and no activation. Loss: mean squared error.
# Optimizer: Adam; leave its learning rate alone (0.001).
#
# **By hand.** `build_regressor(20, 3)` has output shapes `(None, 20, 50)`, `(None, 50)`,
# `(None, 1)` and $10{,}800 + 20{,}200 + 51 = 31{,}051$ weights. `keras.Sequential([...])` with
# `keras.Input((timesteps, features))` in front will do; so will the functional style:
# `h = keras.layers.LSTM(…)(inputs)` and so on, then `keras.Model(inputs, out)`. A class of your own
# will not, nor a loss function of your own: below, Keras has to copy the model and to load it from
# a file, and can do so only with layers and losses that it knows by name.


# %% exercise="build_regressor"
def build_regressor(timesteps, features):
    """A compiled model: LSTM(50) with all outputs, LSTM(50), Dense(1); MSE, Adam."""
    # BEGIN SOLUTION
    model = keras.Sequential(
        [
            keras.Input((timesteps, features)),
            keras.layers.LSTM(50, return_sequences=True),
            keras.layers.LSTM(50),
            keras.layers.Dense(1),
        ]
    )
    model.compile(optimizer="adam", loss="mse")
    return model
    # END SOLUTION


# %% check="build_regressor"
build_regressor = check(build_regressor)

# %% [markdown]
# The river of lesson 01: twenty days of discharge, rain and temperature, and the discharge of the
# next day. Windows are cut as there; mean and deviation are those of the training years; the years
# are 1979–84 to learn from, 1985–86 to choose by, 1987–88 to report. Keras computes in float32.


# %%
def make_windows(series, length):
    """Lesson 01, horizon 1: X (n, length, D) and y (n,)."""
    X = np.lib.stride_tricks.sliding_window_view(series[:-1], length, axis=0)
    return X.transpose(0, 2, 1), series[length:, 0]


river = datasets.load_river()
table = river.table(["discharge", "precipitation", "temperature_mean"])  # (3653, 3)
split = datasets.split_by_time(river.dates, validation_from="1985-01-01", test_from="1987-01-01")
scaler = datasets.fit_standardizer(table[split.train])
scaled = scaler.transform(table).astype("float32")
data = {part: make_windows(scaled[getattr(split, part)], 20) for part in split._fields}
for part, (X, y) in data.items():
    print(f"{part}: X {X.shape}, y {y.shape}")

# %% [markdown]
# First the simple ones: persistence, and ridge regression with the penalty that does best on the
# validation years.


# %%
def rmse(prediction, part):
    """Root mean squared error in m³/s."""
    return np.sqrt(np.mean((np.ravel(prediction) - data[part][1]) ** 2)) * scaler.std[0]


flat = {part: X.reshape(len(X), -1) for part, (X, _) in data.items()}
fits = [Ridge(a).fit(flat["train"], data["train"][1]) for a in (0.1, 1, 10, 100, 1000)]
ridge = min(fits, key=lambda fit: rmse(fit.predict(flat["validation"]), "validation"))
print(f"persistence {rmse(data['validation'][0][:, -1, 0], 'validation'):.1f} m³/s,", end=" ")
print(f"ridge {rmse(ridge.predict(flat['validation']), 'validation'):.1f} on validation years")

# %% [markdown]
# `fit` takes the windows, shuffles them anew in every epoch, cuts batches, and moves the weights
# after each. Ten epochs in batches of 32, as in the tutorials. To run several seeds we need not
# build the model anew, which takes Keras a second or two each time: `restart` draws new weights
# into the old one, and sets its optimizer back.


# %%
def restart(model, seed):
    """Weights drawn with this seed, and an optimizer without a past."""
    keras.utils.set_random_seed(seed)
    model.set_weights(keras.models.clone_model(model).get_weights())
    rate = float(model.optimizer.learning_rate)
    for variable in model.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    model.optimizer.learning_rate = rate


# %%
regressor = build_regressor(20, 3)
losses, earlier = [], []


def forecast(seed):
    """RMSE of the network on the test years, after ten epochs."""
    restart(regressor, seed)
    history = regressor.fit(*data["train"], epochs=10, batch_size=32, verbose=0)
    losses.append(history.history["loss"])
    earlier.append(rmse(regressor.predict(data["validation"][0], verbose=0), "validation"))
    return rmse(regressor.predict(data["test"][0], verbose=0), "test")


# %% [markdown]
# **Predict, then run.** 31,051 weights on 2,172 windows. Is it better than ridge regression, with
# 61? Better than the plain RNN of lesson 01, which had 337 weights and reached 8.1 m³/s? Nothing
# about this network was chosen by us, so we look at the test years at once. (Lesson 01 has looked
# at them before.)

# %%
final = over_seeds(
    {
        "persistence": lambda seed: rmse(data["test"][0][:, -1, 0], "test"),
        "ridge": lambda seed: rmse(ridge.predict(flat["test"]), "test"),
        "stacked LSTM": forecast,
    },
    range(5),
    "RMSE on 1987 and 1988 (m³/s)",
)
trained = regressor.get_weights()  # of the last seed, for later
final

# %%
fig, axes = plots.new_figure(7.5, 2.6, ncols=2, width_ratios=[1, 1.3])
for loss in losses:
    axes[0].plot(range(1, 11), loss, color=plots.LINES[0].color, linewidth=1)
axes[0].set(xlabel="epoch", ylabel="MSE (scaled)", ylim=(0, None))
axes[0].set_title("training years", loc="left")
plots.seed_scores(axes[1], final.scores, "RMSE (m³/s)")
axes[1].axvline(8.1, color="#666666", linestyle=":", linewidth=1)
axes[1].set_title("test years", loc="left")
show(
    fig,
    "Five seeds. Left: loss while it was trained. Right: error on 1987 and 1988; dotted: the plain "
    "RNN of lesson 01.",
    "Left, five curves that lie close together fall from 0.5 in the first epoch to 0.06 in the "
    "tenth. Right, root mean squared errors: persistence 12.9, ridge 9.7, and five networks from "
    "8.8 to 10.1, on both sides of ridge; their mean is 9.4. A dotted line stands at 8.1.",
)

# %% [markdown]
# On 1987 and 1988 the network is as good as ridge regression, give or take the seed: 9.4 ± 0.6
# against 9.7 m³/s. A plain RNN with a hundredth of the weights did better, in each of five seeds.
# Has it just learned badly? **Predict, then run.** How do the same five networks do on 1985 and
# 1986? And which share of the squared error of 711 test days comes from the ten worst, with the
# last of them, seed 4?

# %%
linear = rmse(ridge.predict(flat["validation"]), "validation")
print("validation years:", *(f"{e:.1f}" for e in earlier), f"m³/s; ridge {linear:.1f}")
squares = (regressor.predict(data["test"][0], verbose=0)[:, 0] - data["test"][1]) ** 2
worst_ten = np.sort(squares)[-10:].sum() / squares.sum()
print(f"seed 4, ten worst of {len(squares)} days: {worst_ten:.0%} of the squared error")

# %% [markdown]
# On those two years it wins clearly, with every seed. The verdict hangs on the years, and in them
# on a handful of days with high water. Five seeds show how
# much luck there is in training. How much there is in the choice of the years, they do not show.
#
# > **Answer.** It forecasts, and better than persistence. Better than a linear model: on 1985–86
# > yes, on 1987–88 not beyond its own spread. We had set the second pair aside to judge by, so this
# > is the verdict; two years of one river are a small jury.

# %% tags=["instructor"]
assert regressor.count_params() == 31051
lstm_scores = final.scores["stacked LSTM"]
assert abs(final.mean("stacked LSTM") - 9.4) < 0.5
assert 0.2 < final.spread("stacked LSTM") < 1.2
assert abs(final.mean("ridge") - 9.7) < 0.1
assert abs(final.mean("persistence") - 12.9) < 0.1
assert lstm_scores.min() > 8.1  # the RNN of lesson 01
assert lstm_scores.max() < 11.5
assert max(earlier) < linear - 1
assert abs(linear - 10.0) < 0.1
assert np.mean(earlier) < 8.1
assert worst_ten > 0.4

# %% [markdown]
# ## 4. What does a classifier learn from noise? (11 min)
#
# The next network stands in the guide that came with Keras for years [1]: three LSTM layers of 32
# units that read 8 steps of 16 features, and ten classes. There it was fitted to random numbers
# with random labels, as a demonstration of shapes. Thousands of copies followed, and few of them
# say what one should see.
#
# ### Exercise: `build_classifier` (6 minutes)
#
# | | | |
# |---|---|---|
# | `timesteps`, `features` | numbers | $T$ and $D$ |
# | `num_classes` | number | $V$ |
# | returns | `keras.Model` | compiled, `(N, T, D)` → `(N, V)`, probabilities |
#
# Three LSTM layers of 32 units, the first two with all their outputs; a `Dense` layer with $V$
# numbers and a softmax. Loss: categorical cross-entropy, for labels that are rows with a single 1
# (*one-hot*). Optimizer: rmsprop, which is Adam without the running mean of the gradient [8].
# You may ask for `metrics=["accuracy"]`, as the source does.
#
# **By hand.** `build_classifier(8, 16, 10)`: `(None, 8, 32)`, `(None, 8, 32)`, `(None, 32)`,
# `(None, 10)`. Weights: $4 \cdot 32 \cdot (16 + 32 + 1) = 6{,}272$, twice $4 \cdot 32 \cdot 65 =
# 8{,}320$, and $10 \cdot 33 = 330$: 23,242. Each row of its output adds up to 1.


# %% exercise="build_classifier"
def build_classifier(timesteps, features, num_classes):
    """A compiled model: three LSTM(32), Dense with softmax; cross-entropy, rmsprop."""
    # BEGIN SOLUTION
    model = keras.Sequential(
        [
            keras.Input((timesteps, features)),
            keras.layers.LSTM(32, return_sequences=True),
            keras.layers.LSTM(32, return_sequences=True),
            keras.layers.LSTM(32),
            keras.layers.Dense(num_classes, activation="softmax"),
        ]
    )
    model.compile(optimizer="rmsprop", loss="categorical_crossentropy", metrics=["accuracy"])
    return model
    # END SOLUTION


# %% check="build_classifier"
build_classifier = check(build_classifier)


# %% [markdown]
# Now as in the source: 1,000 random sequences to train on and 100 to validate, batches of 64, five
# epochs. (The source's "labels" were ten random numbers for each sequence, not even classes. We
# draw a class.)
#
# **Predict, then run.** Which accuracy has an answer that knows nothing? By how much may 100
# sequences be off that by luck? And what will stand under `accuracy` and `val_accuracy` after five
# epochs?


# %%
def draw_noise(rng, num_sequences):
    """Random sequences (N, 8, 16), and random classes, one-hot (N, 10)."""
    x = rng.random((num_sequences, 8, 16)).astype("float32")
    return x, np.eye(10, dtype="float32")[rng.integers(10, size=num_sequences)]


def judge(model, x, y):
    """Accuracy in percent, and the cross-entropy."""
    p = model.predict(x, batch_size=len(x), verbose=0)
    right = p.argmax(axis=1) == y.argmax(axis=1)
    return 100 * np.mean(right), -np.mean(np.log(np.sum(p * y, axis=1)))


# %%
classifier = build_classifier(8, 16, 10)
noise = np.zeros((5, 5, 2, 2))  # seeds; epochs; training, validation; accuracy, cross-entropy
commonest = np.zeros(5)
for seed in track(range(5), "fitting noise"):
    rng = np.random.default_rng(seed)
    train, validation = draw_noise(rng, 1000), draw_noise(rng, 100)
    commonest[seed] = 100 * train[1].mean(axis=0).max()
    restart(classifier, seed)
    for epoch in range(5):
        classifier.fit(*train, epochs=1, batch_size=64, verbose=0)
        noise[seed, epoch] = [judge(classifier, *part) for part in (train, validation)]
for k, part in enumerate(("training", "validation")):
    print(f"{part:10} after five epochs:", *(f"{share:.1f}" for share in noise[:, -1, k, 0]), "%")
print("share of the commonest class: ", *(f"{share:.1f}" for share in commonest), "%")

# %% [markdown]
# With ten classes a guess is right in 10 % of the cases, and equal probabilities for all have a
# cross-entropy of $\ln 10 = 2.303$. The share of $n$ guesses that are right has a standard
# deviation of $\sqrt{0.1 \cdot 0.9 / n}$: 3 points for 100 sequences, 0.95 for 1,000.

# %%
guess = {n: 100 * np.sqrt(0.1 * 0.9 / n) for n in (1000, 100)}
fig, axes = plots.new_figure(7, 2.8, ncols=2, sharey=True)
titles = "training (1,000)", "new (100)"
for ax, scores, n, title in zip(axes, noise[..., 0].T, guess, titles, strict=True):
    ax.axhspan(10 - 2 * guess[n], 10 + 2 * guess[n], color="#DDDDDD")
    ax.plot(range(1, 6), scores, color=plots.LINES[0].color, linewidth=1)
    ax.set(xlabel="epoch", title=title, ylim=(0, 20))
axes[0].set_ylabel("accuracy (%)")
show(
    fig,
    "Random data, random labels, five seeds. Left: on the sequences that it was trained on. "
    "Right: on new ones. Grey: two standard deviations of guessing.",
    "Two panels with five lines each. Left, the lines run from 10 to 12 % in the first epoch to 11 "
    "to 13 % in the fifth, along the upper edge of the grey band from 8 to 12 %. Right, they stay "
    "within the band from 4 to 16 %, between 5 and 13 %.",
)

# %% [markdown]
# **Predict, then run.** Somebody tries five seeds, five epochs each, and reports the best of the 25
# validation scores. Which? And the last network goes on for 35 more epochs: what happens to
# accuracy and cross-entropy, on both parts?

# %%
print(f"highest of 25 validation scores: {noise[:, :, 1, 0].max():.0f} %")
classifier.fit(*train, epochs=35, batch_size=64, verbose=0)
rows = {"5 epochs, mean of 5 seeds": noise[:, -1].mean(axis=0)}
rows["40 epochs, seed 4"] = np.array([judge(classifier, *part) for part in (train, validation)])
for name, ((right, loss), (right_new, loss_new)) in rows.items():
    print(f"{name:26} training {right:.1f} %, {loss:.3f};", end=" ")
    print(f"validation {right_new:.1f} %, {loss_new:.3f}")

# %% [markdown]
# On new sequences it guesses. On its own it does better than 10 %: 12.0 % on average of five seeds,
# where luck would be 0.4 points. Most of that is one number. Of 1,000 random labels the commonest
# makes up 11.3 %, and who always says it is right that often. The
# other 0.7 points are sequences known by heart, and 35 epochs later there are more of them: 16 %,
# with a cross-entropy below 2.303, while that of new sequences rises above it. And who reports the
# best of many scores reports 13 % where there is nothing: **choosing raises a score**, and the
# validation data that have chosen cannot judge any more.
#
# > **Answer.** Nothing about anything but these sequences. There is nothing to learn, and the right
# > result is 10 % on the validation data, 3 points of luck to each side.

# %% tags=["instructor"]
assert classifier.count_params() == 23242
after_5, after_40 = rows.values()
assert np.all(np.abs(noise[:, :, 1, 0] - 10) <= 9)  # three standard deviations
assert noise[:, :, 1, 0].max() > 11
assert abs(after_5[1, 0] - 10) < 4
assert 10.5 < after_5[0, 0] < 14
assert abs(commonest.mean() - 11.3) < 0.05
assert 14 <= after_40[0, 0] <= 25
assert abs(after_40[1, 0] - 10) <= 9
assert after_40[0, 1] < after_5[0, 1] < np.log(10) < after_5[1, 1] < after_40[1, 1]

# %% [markdown]
# ## 5. And from something real? (5 min)
#
# The same builder on real data: a smart watch, six channels, and four activities. Each recording of
# ten seconds is cut into four windows of 25 steps.

# %%
motions = datasets.load_motions()
print(motions.about)


# %%
def cut(recordings):
    """Windows (4 n, 25, 6) and their classes (4 n,)."""
    windows = np.concatenate([np.split(one, 4) for one in recordings.sequences])
    return windows, np.repeat(recordings.labels, 4)


(X, y), (X_test, y_test) = cut(motions.train), cut(motions.test)
scaler6 = datasets.fit_standardizer(X.reshape(-1, 6))
X, X_test = (scaler6.transform(part).astype("float32") for part in (X, X_test))
one_hot, one_hot_test = (np.eye(4, dtype="float32")[labels] for labels in (y, y_test))
print(f"X {X.shape}, one_hot {one_hot.shape}, test {X_test.shape}")

# %% [markdown]
# Four windows of one recording resemble each other. They must stay on the same side of a split; the
# makers' own split by recordings sees to that. The simple model is logistic regression on the mean
# and the standard deviation of each channel: twelve numbers, no order of time.
#
# The number of epochs was chosen before, on three recordings of each activity taken out of the
# training part, with the seeds 100 to 102: five as in the source, or 60. **Predict, then run.** Is
# 160 windows in batches of 64 the same as 1,000? How many times have the weights been moved after
# five epochs? And after 60, who wins?


# %%
def summary(X):
    """Mean and standard deviation of each channel, (n, 2 D)."""
    return np.concatenate([X.mean(axis=1), X.std(axis=1)], axis=1)


simple = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
simple.fit(summary(X), y)
scores = {"logistic regression": [], "LSTM, 5 epochs": [], "LSTM, 60 epochs": []}
mover = build_classifier(25, 6, 4)
for seed in track(range(3), "training on motions"):
    restart(mover, seed)
    scores["logistic regression"].append(100 * simple.score(summary(X_test), y_test))
    for name, epochs in (("LSTM, 5 epochs", 5), ("LSTM, 60 epochs", 55)):
        mover.fit(X, one_hot, epochs=epochs, batch_size=64, verbose=0)
        scores[name].append(judge(mover, X_test, one_hot_test)[0])

# %%
moves = SeedTable({k: np.array(v) for k, v in scores.items()}, tuple(range(3)), "accuracy (%)")
moves

# %% [markdown]
# After five epochs of three batches the weights have moved 15 times: five epochs are a different
# amount of training for every size of data. After 180 moves the network is right in 89 ± 5 % of
# the windows. The twelve numbers are right in 97.5 %, ahead of it with every seed. The activities
# differ in how strongly things shake, and a standard deviation says just that; and 160 windows of
# 40 recordings are few for 21,764 weights.
#
# > **Answer.** From real data it learns, but not more than the simplest model knows. Without the
# > row above it, 89 % would have looked like a success.

# %% tags=["instructor"]
assert mover.count_params() == 21764
assert abs(moves.mean("logistic regression") - 97.5) < 0.7
assert moves.scores["LSTM, 60 epochs"].max() < 97.5
assert 82 < moves.mean("LSTM, 60 epochs") < 95.5
assert 50 < moves.mean("LSTM, 5 epochs") < 72

# %% [markdown]
# ## 6. May padding change the answer? (13 min)
#
# Nine men say two vowels, 12 numbers every 6.4 ms, 7 to 29 steps: who is it? A batch is one array,
# so shorter recordings are filled up, *padded*, with zeros. An answer may not depend on how many
# zeros stand behind it.

# %%
vowels = datasets.load_vowels()
recordings, speaker = vowels.train.sequences, vowels.train.labels
held_out = np.arange(270) % 30 >= 24  # the last 6 recordings of each speaker, to choose by
to_learn = [recordings[n] for n in np.flatnonzero(~held_out)]
scaler12 = datasets.fit_standardizer(np.concatenate(to_learn))


def padded(recordings, num_steps=None):
    """Scaled, then padded with zeros: (N, T, 12) in float32, and the lengths (N,)."""
    xs, lengths = datasets.pad([scaler12.transform(one) for one in recordings], num_steps)
    return xs.astype("float32"), lengths


ten = recordings[::27]  # ten recordings, for a look
batch, lengths = padded(ten)
print(f"batch {batch.shape}, lengths {lengths}")

# %% [markdown]
# Keras's way is a *mask*, `(N, T)`: True at each real step. `Masking()` makes one, by taking every
# step of nothing but zeros for padding. The mask travels with the outputs from layer to layer, and
# a recurrent layer that gets it keeps its states where it is False.
#
# **Predict, then run.** Two networks with the same weights, one with `Masking` in front. Each reads
# ten recordings alone, and then in one batch, which is padded to 20 steps, to 22, to 100. By how
# much does the most sensitive of the nine outputs change? (They are logits, 0.3 large or so.)


# %%
def build_reader(*front):
    """A network of any length: some layers in front, 32 units, nine logits."""
    parts = [keras.Input((None, 12)), *front, layers.LSTM(32), layers.Dense(9)]
    return keras.Sequential(parts)


keras.utils.set_random_seed(0)
readers = {"no mask": build_reader(), "mask": build_reader(layers.Masking())}
readers["mask"].set_weights(readers["no mask"].get_weights())
STEPS, changes = (20, 22, 25, 30, 50, 100), {}
for name, reader in readers.items():
    alone = np.concatenate([reader(padded([one])[0]) for one in ten])  # (10, 9)
    together = [reader(padded(ten, steps)[0]) for steps in STEPS]
    changes[name] = np.abs(np.array(together) - alone).max(axis=2)  # (steps, recordings)
    print(f"{name:8}", *(f"{k}: {v.max():.0e}" for k, v in zip(STEPS, changes[name], strict=True)))
print(f"size of a logit: {np.abs(alone).mean():.2f}")

# %%
fig, ax = plots.new_figure(6.5, 3)
for (name, change), line in zip(changes.items(), plots.LINES, strict=False):
    style = {"color": line.color, "linestyle": line.linestyle, "marker": line.marker}
    ax.plot(STEPS, change, linewidth=1, alpha=0.8, **style)
    ax.plot([], [], label=name, **style)
ax.set(xlabel="steps in the batch, T", ylabel="largest change of a logit", ylim=(-0.05, 1.4))
ax.legend(loc="upper right", ncols=2)
show(
    fig,
    "How far the logits of ten recordings move when they are padded. One line for each recording.",
    "Without a mask ten lines rise with the number of steps in the batch, from between 0 and 0.6 "
    "at 20 steps to between 0.4 and 1.1 from 50 steps on. With a mask all ten stay at 0.",
)

# %% [markdown]
# **Where a mask gets lost.** It travels only through layers that know what to do with it.
# **Predict, then run.** Between two LSTMs stands one more thing. Which of the four keep the padding
# out of the answer? Which say so if they do not?

# %%
BETWEEN = {
    "Dense(8)": lambda h: layers.Dense(8)(h),
    "LayerNormalization()": lambda h: layers.LayerNormalization()(h),
    "Conv1D(8, 3)": lambda h: layers.Conv1D(8, 3, padding="causal")(h),
    "2 * h": lambda h: 2 * h,
}

# %%
lost, complaints = {}, {}
for name, between in BETWEEN.items():
    with warnings.catch_warnings(record=True) as complaints[name]:
        warnings.simplefilter("always")
        inputs = keras.Input((None, 12))
        hidden = layers.LSTM(8, return_sequences=True)(layers.Masking()(inputs))
        reader = keras.Model(inputs, layers.LSTM(8)(between(hidden)))
        alone = [reader(padded([one])[0])[0] for one in ten]
        lost[name] = np.abs(reader(batch) - np.array(alone)).max()
    print(f"{name:20} change {lost[name]:.0e}, complains: {bool(complaints[name])}")
print(complaints["Conv1D(8, 3)"][0].message)

# %% [markdown]
# The convolution drops the mask and says so, in a warning that is easy to miss among others. The
# multiplication is no layer, drops it as well, and says nothing: so does any arithmetic, slicing or
# `keras.ops` between layers. Write `layers.Rescaling(2.0)`, or hand the mask on yourself:
# `layers.LSTM(8)(h, mask=mask)`.
#
# **Where no mask is made.** `Masking` looks for steps of zeros. If one pads first and scales then,
# zeros are zeros no more. **Predict, then run.** How many steps does it find, of how many?

# %%
late, found = scaler12.transform(datasets.pad(ten)[0]), {}
for name, xs in {"scaled, then padded": batch, "padded, then scaled": late}.items():
    mask = layers.Masking().compute_mask(tf.constant(xs)).numpy()  # (N, T)
    found[name] = np.sum(~mask), np.sum(batch.shape[1] - lengths)
    print(f"{name}: {found[name][0]} steps of padding found, {found[name][1]} are there")

# %% [markdown]
# **What stands behind the end.** A masked layer with `return_sequences` still puts out `(N, T, H)`.
# Behind the end of a sequence it repeats its last output; a bidirectional layer puts zeros there.

# %%
one, _ = padded(ten[:1], 29)
end, behind = int(lengths[0]), {}
for name, layer in {
    "LSTM": layers.LSTM(4, return_sequences=True),
    "Bidirectional": layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
}.items():
    hidden = layer(layers.Masking()(one))[0].numpy()
    behind[name] = hidden[end:]
    print(f"{name}: last output {hidden[end - 1, 0]:.3f}, behind it {hidden[end:, 0].round(3)}")

# %% [markdown]
# Neither may enter a mean over time, which is a good way to read a sequence.
#
# ### Exercise: `masked_mean` (8 minutes)
#
# | | shape | |
# |---|---|---|
# | `outputs` | `(N, T, H)` | all outputs of a layer, padding included |
# | `mask` | `(N, T)` | True at each real step; at least one in each sequence, anywhere |
# | returns | `(N, H)` | the mean over the real steps of each sequence |
#
# **By hand**, with $N = 1$, $T = 3$, $H = 2$: outputs $(2, 1), (4, 3), (4, 3)$ and a mask True,
# True, False give $(3, 2)$. The plain mean would give $(3.33, 2.33)$; the right sum divided by $T$,
# $(2, 1.33)$.


# %% exercise="masked_mean"
def masked_mean(outputs, mask):
    """Mean of outputs (N, T, H) over the steps where mask (N, T) is True: (N, H)."""
    # BEGIN SOLUTION
    real = mask[:, :, None]  # (N, T, 1)
    return (outputs * real).sum(axis=1) / real.sum(axis=1)
    # END SOLUTION


# %% check="masked_mean"
masked_mean = check(masked_mean)

# %% [markdown]
# Keras has a layer for it, `GlobalAveragePooling1D`, which uses the mask that arrives.
# **Predict, then run.** Whose mean is the same as yours: Keras's, or NumPy's plain one?

# %%
hidden = layers.LSTM(32, return_sequences=True)(layers.Masking()(batch))
mine = masked_mean(hidden.numpy(), np.arange(batch.shape[1]) < lengths[:, None])
pooled = {"Keras": layers.GlobalAveragePooling1D()(hidden), "plain": hidden.numpy().mean(axis=1)}
for name, mean in pooled.items():
    pooled[name] = np.abs(mean - mine).max()
    print(f"{name}: largest difference {pooled[name]:.0e}")

# %% [markdown]
# **Does it matter for the score?** A network can learn to live with padding. We train both readers:
# 20 epochs, Adam with a rate of 0.01, three seeds. (Rate and epochs were chosen on the recordings
# held out, with the seeds 100 to 102.) Beside them stands logistic regression on mean and deviation
# of each channel. **Predict, then run.** How many of 370 test recordings are named right? And if we
# put 20 zeros more behind each?


# %%
def compiled(reader):
    """The reader, ready to be trained on class numbers."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    reader.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss, metrics=["accuracy"])
    return reader


def named(reader, xs, labels):
    """Recordings named right, in percent."""
    return 100 * np.mean(reader.predict(xs, verbose=0).argmax(axis=1) == labels)


# %%
X = padded(recordings, 29)[0]
X_test, X_longer = (padded(vowels.test.sequences, steps)[0] for steps in (29, 49))
by_speaker = {"logistic regression": [], "no mask": [], "mask": []}
with_zeros = {"no mask": [], "mask": []}
for name, reader in readers.items():
    compiled(reader)
    for seed in track(range(3), f"training, {name}"):
        restart(reader, seed)
        reader.fit(X[~held_out], speaker[~held_out], epochs=20, batch_size=32, verbose=0)
        by_speaker[name].append(named(reader, X_test, vowels.test.labels))
        with_zeros[name].append(named(reader, X_longer, vowels.test.labels))


# %%
def averages(part):
    """Mean and standard deviation of each channel of recordings of any length, (n, 24)."""
    return np.array([[*one.mean(axis=0), *one.std(axis=0)] for one in part])


simple.fit(averages(to_learn), speaker[~held_out])
simply = 100 * simple.score(averages(vowels.test.sequences), vowels.test.labels)
by_speaker["logistic regression"] = 3 * [simply]
by_speaker |= {f"{name}, 20 more zeros": values for name, values in with_zeros.items()}
unit = "right on 370 test recordings (%)"
voices = SeedTable({k: np.array(v) for k, v in by_speaker.items()}, (0, 1, 2), unit)
voices

# %% [markdown]
# Without the mask the network has learned that zeros stand behind most recordings, and loses a few
# points: 93 ± 2 % against 96.8 ± 0.4 %. Twenty more zeros than it has ever met, and it loses twelve
# more. With the mask not one answer changes. Logistic regression, which knows no order, is right in
# 96.5 %: level with the better one.
#
# > **Answer.** It may not, and with a mask it does not, to the last bit or to rounding. Check it
# > where the answer comes out: a mask can fail to be made, and get lost on its way, without a word.

# %% tags=["instructor"]
assert changes["mask"].max() < 1e-6
assert changes["no mask"].max() > 0.5
assert max(lost["Dense(8)"], lost["LayerNormalization()"]) < 1e-6
assert min(lost["Conv1D(8, 3)"], lost["2 * h"]) > 0.05
assert [bool(complaints[name]) for name in BETWEEN] == [False, False, True, False]
assert list(found.values()) == [(50, 50), (0, 50)]
assert np.ptp(behind["LSTM"], axis=0).max() == 0 < np.abs(behind["LSTM"]).min()
assert not behind["Bidirectional"].any()
assert pooled["Keras"] < 1e-6 < 0.05 < pooled["plain"]
mask_scores, zeros_more = voices.scores["mask"], voices.scores["mask, 20 more zeros"]
assert np.array_equal(mask_scores, zeros_more)
assert 95 < mask_scores.mean() < 98.5
assert 88 < voices.mean("no mask") < 96
assert voices.mean("no mask, 20 more zeros") < voices.mean("no mask") - 4
assert abs(voices.mean("logistic regression") - 96.5) < 0.5

# %% [markdown]
# ## 7. What does `fit` do while you wait? (5 min)
#
# **Which part is validated?** `validation_split=0.2` takes the *last* fifth of the arrays, before
# anything is shuffled. Our recordings are sorted by speaker. **Predict, then run.** Five epochs:
# which accuracy on the training part, and which on the validation part?

# %%
reader = readers["mask"]
restart(reader, 0)
history = reader.fit(X, speaker, epochs=5, batch_size=32, validation_split=0.2, verbose=0).history
print("training  ", *(f"{100 * value:.0f} %" for value in history["accuracy"]))
print("validation", *(f"{100 * value:.0f} %" for value in history["val_accuracy"]))
print("recordings of each speaker in the last fifth:", np.bincount(speaker[-54:], minlength=9))

# %% [markdown]
# The last fifth holds speakers 8 and 9, whom the training has hardly heard or not at all. Shuffle
# first, or give `validation_data` yourself; for a series in time, cut by time.
#
# **Callbacks** are objects that `fit` calls after each batch or epoch. `EarlyStopping` ends the
# training when the validation loss has not fallen for `patience` epochs. `ModelCheckpoint` writes
# the best model to a file. `ProgressBar` is the course's: one bar, and silence where nobody looks,
# which is also why `verbose=0` stands everywhere here. **Predict, then run.** With a patience of 5,
# which epoch's weights has the model at the end?

# %%
folder = tempfile.TemporaryDirectory()
best_file = Path(folder.name) / "best.keras"
callbacks = [
    keras.callbacks.EarlyStopping("val_loss", patience=5, restore_best_weights=True),
    keras.callbacks.ModelCheckpoint(best_file, monitor="val_loss", save_best_only=True),
    ProgressBar("listening"),
]
validation = X[held_out], speaker[held_out]
restart(reader, 0)
more = {"epochs": 60, "batch_size": 32, "verbose": 0, "callbacks": callbacks}
history = reader.fit(X[~held_out], speaker[~held_out], validation_data=validation, **more).history

# %%
val_loss = np.array(history["val_loss"])
kept = reader.evaluate(*validation, verbose=0)[0]
on_disk = keras.models.load_model(best_file)
same = all(map(np.array_equal, on_disk.get_weights(), reader.get_weights()))
print(f"{len(val_loss)} epochs, lowest validation loss {val_loss.min():.3f}", end=" ")
print(f"in epoch {val_loss.argmin() + 1}; last {val_loss[-1]:.3f}; the model's {kept:.3f}")
print("the file holds the same weights:", same)

# %% [markdown]
# The model goes back to its best epoch. Without `restore_best_weights=True`, which is not the
# default, it would keep the weights of the last one. Notice what has happened to the validation
# recordings: they have chosen the epoch, so their score is no longer a fair one. Section 4 showed
# what choosing is worth where there is nothing to choose.
#
# > **Answer.** It validates the last part of what it got, unless told otherwise; and it can stop in
# > time and keep the best, if asked for both.

# %% [markdown]
# ## 8. What is inside `fit`? (4 min)
#
# Who knows can change it. Under its options `fit` is a loop of five lines: predict, measure the
# loss, let TensorFlow's `GradientTape` find the gradients, and hand them to the optimizer.


# %%
def loop(model, batches):
    """One pass over the batches, for a mean squared error."""
    for x, y in batches:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((model(x, training=True)[:, 0] - y) ** 2)
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply(gradients, model.trainable_variables)


# %% [markdown]
# **Predict, then run.** The river's regressor, the first ten batches, the same start weights. How
# far are the weights of the two loops apart? And of `fit` with its default, `shuffle=True`? The
# course's own `fit_keras` is such a loop, too; it writes down how long each gradient was.

# %%
X, y = (part[:320] for part in data["train"])
batches = list(zip(np.split(X, 10), np.split(y, 10), strict=True))
WAYS = {
    "fit": lambda: regressor.fit(X, y, batch_size=32, shuffle=False, verbose=0),
    "fit, shuffled": lambda: regressor.fit(X, y, batch_size=32, verbose=0),
    "five lines": lambda: loop(regressor, batches),
    "fit_keras": lambda: fit_keras(regressor, batches, epochs=1),
}
weights_by = {}
for name, train in WAYS.items():
    restart(regressor, 0)
    result = train()
    weights_by[name] = regressor.get_weights()


# %%
def apart(one, other):
    """Largest difference of any weight."""
    return max(np.abs(v - w).max() for v, w in zip(one, other, strict=True))


loops = {name: apart(weights, weights_by["fit"]) for name, weights in weights_by.items()}
for name, difference in loops.items():
    print(f"{name:14} after ten steps {difference:.0e} from fit")
print("gradient norms:", *result.gradient_norm.round(2))

# %% [markdown]
# To the last digits of float32 it is the same training. Shuffled, it is another one: the test can
# fail.
#
# One mistake is waiting in such a loop, and in no `fit`. The model puts out `(32, 1)`, the targets
# are `(32,)`. **Predict, then run.** A perfect forecast, and one that says the mean of all targets:
# which loss has each, with the `[:, 0]` and without?

# %%
y = batches[0][1]
FORECASTS = {"perfect": y[:, None], "the mean": np.full((32, 1), y.mean())}
broadcast = {}
for name, answer in FORECASTS.items():
    squares = (answer[:, 0] - y) ** 2, (answer - y) ** 2
    broadcast[name] = [square.mean() for square in squares]
    print(f"{name:9}", *(f"{q.shape} with mean {q.mean():.3f}  " for q in squares))

# %% [markdown]
# Without it, NumPy and TensorFlow alike compare every forecast with every target. A perfect answer
# then has twice the loss of a constant one: the loss falls, while the model learns to say the same
# for every day.
#
# > **Answer.** A loop of five lines. Written out, it makes the same network, to 7 digits.

# %% [markdown]
# ## 9. Does a network remember from one call to the next? (4 min)
#
# Not by itself: every call begins with states of 0. Yet the water of tomorrow follows that of
# today, and to read twenty days again each evening is a waste. With `stateful=True` a layer keeps
# the states that a call has left, and the next call goes on from there: sequence $n$ of the next
# batch is taken for the continuation of sequence $n$ of this one. So the batch has a fixed size,
# here 1.


# %%
def river_reader(stateful):
    """The layers of the regressor, an output on every day, for one river."""
    inputs = keras.Input(batch_shape=(1, None, 3))
    h = layers.LSTM(50, return_sequences=True, stateful=stateful)(inputs)
    h = layers.LSTM(50, return_sequences=True, stateful=stateful)(h)
    model = keras.Model(inputs, layers.Dense(1)(h))
    model.set_weights(trained)
    return model


def reset(model):
    """All states back to 0."""
    for layer in model.layers:
        if getattr(layer, "stateful", False):
            layer.reset_states()


# %% [markdown]
# **Predict, then run.** Both validation years, 730 days: in one pass, and in ten pieces of 73. How
# far are the forecasts apart? Then the same ten pieces again, once as they come, once after a
# reset; and once with `stateful=False`.

# %%
days = scaled[split.validation][None]  # (1, 730, 3)
one_pass, stateful = river_reader(stateful=False), river_reader(stateful=True)
whole = one_pass.predict(days, verbose=0)[0, :, 0]


def in_pieces(model):
    """Forecasts of ten pieces, one after the other, (730,)."""
    pieces = np.split(days, 10, axis=1)
    return np.concatenate([model.predict(piece, verbose=0)[0, :, 0] for piece in pieces])


passes = {"stateful": in_pieces(stateful), "again, not reset": in_pieces(stateful)}
reset(stateful)
passes |= {"again, after a reset": in_pieces(stateful), "not stateful": in_pieces(one_pass)}
off = {name: np.abs(forecasts - whole) * scaler.std[0] for name, forecasts in passes.items()}
for name, far in off.items():
    print(f"{name:21} at most {far.max():.0e} m³/s apart, on {np.sum(far > 0.01)} of 730 days")

# %% [markdown]
# In pieces and at once is the same. Without the reset the model starts 1985 as if it followed 1986;
# it takes some weeks until that is forgotten. Without states every piece begins from nothing.
#
# **Do gradients cross, too?** It is often said that stateful training learns over the border
# between two batches. **Predict, then run.** Ten days, then ten more; one number is read at the
# end. Which gradient has it for the first ten days: in two calls of the stateful model? In one
# pass?

# %%
first, second = (tf.Variable(days[:, k : k + 10]) for k in (0, 10))


def read(way):
    """Norms of the gradients of the last forecast, for the first and the second ten days."""
    with tf.GradientTape() as tape:
        answer = way()[0, -1, 0]
    gradients = tape.gradient(answer, [first, second])
    return [None if gradient is None else float(tf.norm(gradient)) for gradient in gradients]


reset(stateful)
crossing = {
    "stateful, two calls": read(lambda: (stateful(first), stateful(second))[1]),
    "one pass": read(lambda: one_pass(tf.concat([first, second], axis=1))),
}
for name, norms in crossing.items():
    print(f"{name:20} first {norms[0]}, second {norms[1]:.6f}")

# %% [markdown]
# There is none. The states go into the next call as *numbers*; how they came about is not part of
# the record. The second ten days have the same gradient in both. So a stateful network can use what
# it has kept, but it is never taught what to keep for the next batch. Where the gradient must
# cross, give it the whole sequence, or hand $h$ and $c$ on inside one tape, as in section 2.
#
# > **Answer.** Only if told to, and then until it is reset. Values cross from call to call,
# > gradients do not.

# %% [markdown]
# ## 10. What is in a saved model? (2 min)
#
# **Predict, then run.** Trained for an epoch of 68 batches, saved, loaded, asked again: how many of
# the forecasts for the test years are *exactly* the same?

# %%
restart(regressor, 4)
regressor.fit(*data["train"], epochs=1, batch_size=32, verbose=0)
file = Path(folder.name) / "river.keras"
regressor.save(file)
loaded = keras.models.load_model(file)
answers = [model.predict(data["test"][0], verbose=0) for model in (regressor, loaded)]
print(f"{np.sum(answers[0] == answers[1])} of {len(answers[0])} forecasts are the same")
print("steps that the optimizer has made:", int(loaded.optimizer.iterations))
print("in the file:", ", ".join(zipfile.ZipFile(file).namelist()))

# %% [markdown]
# The file is a zip archive: what the layers are, as text; all weights; and the optimizer, so that
# training can go on. **A model is a program.** One with a `Lambda` layer brings Python code along,
# and whoever loads it runs it:

# %%
trick = keras.Sequential([keras.Input((2,)), layers.Lambda(lambda x: 2 * x)])
trick.save(Path(folder.name) / "trick.keras")
try:
    keras.models.load_model(Path(folder.name) / "trick.keras")
except ValueError as error:
    refused = str(error)
    print(refused)
folder.cleanup()

# %% [markdown]
# Keras refuses, because `safe_mode=True` is the default. Do not switch it off for a file from a
# stranger. And do not rely on it: in 2025 ways around it were found more than once [2], and for
# older `.h5` files it did nothing [3]. Load models of people whom you would let run a program on
# your computer, keep Keras up to date, and take from others the weights only, into a model that you
# have built yourself: `model.load_weights`.
#
# > **Answer.** Layers, weights, optimizer: enough for the same numbers to the last bit. And, if its
# > maker wants, a program.

# %% [markdown] tags=["instructor"]
# **What the numbers in sections 7 to 10 claim, as assertions.** (Section 7 prints its own; the best
# epoch differs between processors, the kept weights may not.)

# %% tags=["instructor"]
assert kept == reader.evaluate(*validation, verbose=0)[0]
assert abs(kept - val_loss.min()) < 1e-5
assert val_loss.min() < val_loss[-1]
assert len(val_loss) == val_loss.argmin() + 6 < 60  # a patience of 5
assert same
assert loops["five lines"] < 1e-6
assert loops["fit_keras"] < 1e-6
assert loops["fit, shuffled"] > 1e-3
assert np.allclose(broadcast["perfect"], [0, 2 * y.var()], atol=1e-6)
assert np.allclose(broadcast["the mean"], y.var(), atol=1e-6)

# %% tags=["instructor"]
assert max(off["stateful"].max(), off["again, after a reset"].max()) < 1e-4  # m³/s
assert np.abs(passes["stateful"] - whole).max() < 1e-6
assert 14 < np.sum(off["again, not reset"] > 0.01) < 120
assert off["again, not reset"].max() > 3
assert np.sum(off["not stateful"] > 0.01) > 300
assert crossing["stateful, two calls"][0] is None
assert crossing["one pass"][0] > 1e-3
assert np.isclose(crossing["stateful, two calls"][1], crossing["one pass"][1], rtol=1e-4)
assert np.array_equal(*answers)
assert "safe_mode" in refused

# %% [markdown] tags=["instructor"]
# **Timing.** 14, 5, 12, 11, 5, 13, 5, 4, 4 and 2 minutes; 32 of the 75 are exercises. Short of
# time: sections 8 and 10 can be read at home; never leave out section 4.
#
# **Where people stumble.**
#
# - `predict_shapes`: `return_sequences` asked of `Bidirectional` instead of the layer inside;
#   `Dense` taken to flatten; `units` put where the steps are. Let them draw one sequence as a table
#   of $T$ rows and go through the layers with a pencil.
# - `build_regressor`, `build_classifier`: `return_sequences` also on the last LSTM: then there is
#   an answer for each step, and `fit` may accept it, because the targets are stretched to its
#   shape. Sparse labels for a loss that wants one-hot rows, or the reverse.
# - Section 4: "with a better network it would learn." Ask from what the label could be computed.
# - `masked_mean`: to divide by $T$; to forget the last axis of the mask, which NumPy stretches the
#   wrong way if $T = H$.
# - Section 9: `stateful` is taken for "has a memory". Every LSTM has one, within a sequence.
#
# **Answers to the predictions.** Shapes: see the text. `return_sequences` forgotten: `expected
# ndim=3, found ndim=2`. States: no difference; $h$ alone nearly as bad as nothing. River: 9.4 ± 0.6
# against 9.7; validation years 7.0 to 8.5 against 10.0. Noise: 10 ± 3 %; the best of 25 is 13 %.
# Motions: 15 moves, 62 %; after 180, 89 %, the twelve numbers 97.5 %. Masks: Dense and layer
# normalisation keep it, the convolution loses it with a warning, `2 * h` in silence; padded, then
# scaled: none found. Speakers: 96.8 with the mask, 93 without, 81 with more zeros. Sorted data: 97
# % and nearly 0. Loops: $3 \cdot 10^{-8}$. Perfect forecast: twice the variance. Pieces: no
# difference; without reset seven weeks. Gradient: none.
#
# **Seeds and choices.** Reported are seeds 0 to 4 (river, noise) and 0 to 2 (activities, speakers).
# The epochs of section 5 and the rate and epochs of section 6 were chosen with seeds 100 to 102 on
# recordings held out of the training parts; the test parts were looked at once, with those
# settings, while numbers of seeds were still being settled for the sake of time. The regressor and
# the classifier of section 4 have their source's settings.

# %% [markdown]
# ## What you saw
#
# - You said every shape before Keras did. A recurrent layer drops time unless asked not to; what
#   goes on is $h$ *and* $c$.
# - Two stacked LSTMs with 31,051 weights forecast the river to 9.4 ± 0.6 m³/s in 1987–88, where
#   ridge regression has 9.7 and persistence 12.9, and a plain RNN with 337 weights had 8.1. In
#   1985–86 they were ahead of ridge with every seed. Ten days hold nearly half of the squared
#   error.
# - Three LSTMs on random labels: 8 % on new sequences; 12 % on their own, where naming the
#   commonest class gives 11.3 %; 13 % for whoever picks the best of 25.
# - On four activities the same network is right in 89 ± 5 %, and twelve numbers with logistic
#   regression in 97.5 %.
# - With a mask padding changes nothing but rounding, $10^{-7}$. Without it a network that named
#   93 % of the speakers named 81 % when there were 20 zeros more. `2 * h` loses a mask without a
#   word.
# - A loop of five lines and `fit` make the same weights, to $3 \cdot 10^{-8}$. Stateful pieces and
#   one pass make the same forecasts; gradients do not cross. A saved model gives the same numbers,
#   exactly.
#
# **Try next.** Build a reader for section 6 that takes the mean over all real steps: an LSTM with
# `return_sequences=True`, then `GlobalAveragePooling1D`. Decide on the recordings held out: is its
# spread over the seeds smaller than that of the last step?

# %%
quiz("08")

# %%
progress()

# %% [markdown]
# ## Further reading
#
# 1. F. Chollet and others, Keras 2 documentation, “Getting started with the Keras Sequential
#    model”, <https://keras.io/getting-started/sequential-model-guide/>, example “Stacked LSTM for
#    sequence classification”. The source of section 4; the page has since been replaced.
# 2. CVE-2025-1550, <https://www.cve.org/CVERecord?id=CVE-2025-1550>, mended in Keras 3.9, and the
#    later CVE-2025-8747 and CVE-2025-9906: programs that ran in spite of `safe_mode`.
# 3. CVE-2025-9905, <https://www.cve.org/CVERecord?id=CVE-2025-9905>. Old `.h5` files, for which
#    `safe_mode` was ignored.
# 4. Keras documentation, “Understanding masking and padding”,
#    <https://keras.io/guides/understanding_masking_and_padding/>. Who makes a mask, who passes it
#    on.
# 5. Keras documentation, “Working with RNNs”, <https://keras.io/guides/working_with_rnns/>. States,
#    stateful layers, cells of your own.
# 6. L. Prechelt, “Early stopping: but when?”, in *Neural Networks: Tricks of the Trade*, Lecture
#    Notes in Computer Science 1524, Springer, 1998, 55–69, doi:10.1007/3-540-49430-8_3. Patience,
#    measured.
# 7. G. C. Cawley, N. L. C. Talbot, “On over-fitting in model selection and subsequent selection
#    bias in performance evaluation”, *Journal of Machine Learning Research* 11 (2010), 2079–2107.
#    What choosing does to a score.
# 8. T. Tieleman, G. Hinton, “Lecture 6.5, rmsprop: divide the gradient by a running average of its
#    recent magnitude”, *Neural Networks for Machine Learning*, Coursera, 2012.
# 9. M. Kudo, J. Toyama, M. Shimbo, “Multidimensional curve classification using passing-through
#    regions”, *Pattern Recognition Letters* 20 (1999), 1103–1111,
#    doi:10.1016/S0167-8655(99)00077-X. The nine speakers.
# 10. A. Bagnall and others, “The UEA multivariate time series classification archive, 2018”,
#     arXiv:1811.00075. The activities.
