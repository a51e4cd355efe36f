# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   lstm_helpers: {number: "11", title: "How much water after this rain?", minutes: 90}
# ---

# %% [markdown]
# # Lab 11: How much water after this rain?
#
# **90 minutes.** You need: lessons 03 and 07; of lesson 05 the last section.
#
# Afterwards you can
#
# - train an LSTM on long sequences: chunks with a warm-up that does not count,
# - judge a simulated river as hydrologists do, and say what each of their scores forgives,
# - set up baselines that deserve to be beaten, also one that knows some hydrology,
# - read out of a network which past days matter to it, in summer, in winter and after frost,
# - ask of a cell that "stores snow" what a placebo would have shown.

# %%
from functools import partial
from time import process_time

import numpy as np
import torch
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from torch import nn

from lstm_helpers import plots
from lstm_helpers.datasets import fit_standardizer, load_river
from lstm_helpers.notebook import check, hint, progress, quiz, recover, show
from lstm_helpers.plots.series import date_axis
from lstm_helpers.training import LabResult, track

torch.set_num_threads(1)  # our layers are small: two threads would take longer than one

# %% [markdown]
# ## 1. What is asked? (5 min)
#
# Someone plans a dam, and wants to know how much water a river would have carried in years in which
# nobody measured it. Someone else asks what it will carry in a warmer climate. For both there is
# weather, and no gauge. So the question of *rainfall–runoff modelling*: **discharge from weather
# alone**. A model may see rain and temperature up to today. It never sees any discharge, not even
# yesterday's.

# %%
river = load_river()
print(river.about)

# %%
weather = river.table(["precipitation", "temperature_mean"])  # (3653, 2): mm/day, °C
discharge = river.discharge
day_of_year = (river.dates - river.dates.astype("datetime64[Y]")).astype(int) + 1
year = river.dates.astype("datetime64[Y]").astype(int) + 1970
month = river.dates.astype("datetime64[M]").astype(int) % 12 + 1
TEST = year >= 1987
first_test = int(np.argmax(TEST))  # row of 1 January 1987
WARMUP = 120  # days that fill a memory and are not judged: also the first ones of 1979
BEFORE = ~TEST & (np.arange(len(year)) >= WARMUP)

# %% [markdown]
# One millimetre over 2,976 km² is 34.4 m³/s for one day. Remember that number; section 9 needs it.
#
# **An honest word on the test years.** We test on 1987 and 1988. You have met this river in lessons
# 01, 02, 03, 05 and 08, and the same two years were opened there more than once. We, too, saw
# scores of these years for about a dozen settings while this lab was begun. Nothing was chosen by
# them, but unseen they are not. What can be chosen fairly is chosen on 1981 to 1986, in three
# *folds*: two years are held out, the other years before 1987 are trained on. That years *after*
# the held-out ones are trained on is no leak here. We do not forecast; we fill in years that nobody
# measured.
#
# Lesson 03 chose by two years alone. There the choice turned round on the test years. Six years are
# better than two, and still few.

# %%
FOLDS = ((1981, 1982), (1983, 1984), (1985, 1986))


def by_folds(model):
    """Discharge (n,) that a model gives for 1981 to 1986, never trained on the year in question."""
    simulated = np.full(len(discharge), np.nan)
    for held in FOLDS:
        rows = np.isin(year, held)
        simulated[rows] = model(weather, discharge, BEFORE & ~rows)[rows]
    return simulated


# %% [markdown]
# A *model* is, from here on, a function of the weather, the discharge, and the days on which it is
# *known*. It returns a discharge for every day.
#
# > **Answer.** To say what a river carries from what falls and how warm it is. The memory has to be
# > the model's own.

# %% [markdown]
# ## 2. How good is good? (13 min)
#
# An error of 15 m³/s is much for a brook and nothing for the Rhine. In 1970 Nash and Sutcliffe
# compared it with a rival: the mean of the measured days, said every day [1]. With $o_t$ observed
# and $s_t$ simulated,
#
# $$E = 1 - \frac{\sum_t (o_t - s_t)^2}{\sum_t (o_t - \bar o)^2}$$
#
# Perfect is 1. The rival has 0, and who is worse than the rival is below 0. The rival is not even
# fair: it knows the mean of the *test* days.
#
# ### Exercise: `nash_sutcliffe` (8 minutes)
#
# | | shape | |
# |---|---|---|
# | `simulated` | `(n,)` | what a model says |
# | `observed` | `(n,)` | what was measured; NaN on days that were not |
# | returns | number | $E$ over the days that were measured; all others are left out |
#
# **By hand.** Observed 1, 3, 5, so $\bar o = 3$; simulated 2, 2, 6. Squared errors: $1 + 1 + 1 =
# 3$. The rival's: $4 + 0 + 4 = 8$. So $E = 1 - 3/8 = 0.625$.


# %% exercise="nash_sutcliffe"
def nash_sutcliffe(simulated, observed):
    """Efficiency of a simulation: 1 is perfect, 0 as good as the mean of the observed days."""
    # BEGIN SOLUTION
    known = np.isfinite(observed)
    s, o = simulated[known], observed[known]
    return 1 - np.sum((o - s) ** 2) / np.sum((o - o.mean()) ** 2)
    # END SOLUTION


# %% check="nash_sutcliffe"
nash_sutcliffe = check(nash_sutcliffe)

# %% [markdown]
# **Predict, then run.** Of the 731 test days take the 5 % with most water. Which share of the
# denominator, of all that there is to explain, do these 37 days hold?

# %%
o = discharge[TEST]
deviations = (o - o.mean()) ** 2
highest = np.argsort(o)[-37:]
flood_share = deviations[highest].sum() / deviations.sum()
print(
    f"{flood_share:.0%} of the denominator; these are the days from {o[highest].min():.0f} m³/s on"
)

# %% [markdown]
# So $E$ is mostly about floods. Whether August has 9 or 18 m³/s hardly shows in it, although to the
# fish it does. Section 7 looks at the same models with other eyes.
#
# > **Answer.** Better than the mean of the very days that are judged, by as large a share of the
# > squared deviations as possible. Two thirds of these squares belong to one day in twenty.

# %% [markdown]
# ## 3. What do simple models reach? (14 min)
#
# **Climatology** knows the calendar and nothing else: on the 62nd day of a year, 3 March, it says
# the mean of the 62nd days of all training years. (In leap years that is 2 March; no river minds.)
#
# ### Exercise: `climatology` (8 minutes)
#
# | | shape | |
# |---|---|---|
# | `day_of_year` | `(n,)` | whole numbers, 1 to 366, of every row |
# | `discharge` | `(n,)` | of every row |
# | `num_train` | number | the first so many rows are for training; *the others are the future* |
# | returns | `(n,)` | for every row, training included: the training rows' mean on its day |
#
# A day of the year that no training row has gets the mean of all training rows.
#
# **By hand.** Days 1, 2, 1, 1, 3; discharge 10, 20, 30, 99, 99; three rows are for training. Day 1:
# $(10 + 30)/2 = 20$. Day 2: 20. Day 3 is in no training row: $(10 + 20 + 30)/3 = 20$. The result
# is 20, five times. The 99 are the future.


# %% exercise="climatology"
def climatology(day_of_year, discharge, num_train):
    """For every row the training rows' mean on its day of the year."""
    # BEGIN SOLUTION
    days, known = day_of_year[:num_train], discharge[:num_train]
    table = np.full(367, known.mean())
    for day in np.unique(days):
        table[day] = known[days == day].mean()
    return table[day_of_year]
    # END SOLUTION


# %% check="climatology"
climatology = check(climatology)

# %% [markdown]
# **Persistence** says what the gauge said some days ago. It is no model of our kind: it *sees the
# river*. Who has a gauge should use it. It stands here to show what a look at the river is worth.
#
# **Predict, then run.** Efficiencies on the test years: climatology; persistence over 1, 2, 3 and
# 7 days?

# %%
calendar = climatology(day_of_year, discharge, first_test)
simple = {"climatology": nash_sutcliffe(calendar[TEST], discharge[TEST])}
for days in (1, 2, 3, 7):
    before = discharge[first_test - days : len(discharge) - days]
    simple[f"persistence, {days} d"] = nash_sutcliffe(before, discharge[TEST])
for name, score in simple.items():
    print(f"{name:17} {score:5.2f}")

# %% [markdown]
# **Ridge regression on lagged weather**: a coefficient for the rain of today, of yesterday and so
# on, and the same for the temperature. How many days, and which penalty, the folds decide. No model
# here may say less than the lowest discharge of its training days; negative water would be absurd.


# %%
def lagged(x, length):
    """Row t holds the weather of the days t, t-1, … (0, the mean, before the first day)."""
    padded = np.concatenate([np.zeros((length - 1, x.shape[1])), x])
    lags = [padded[length - 1 - k : len(padded) - k] for k in range(length)]
    return np.stack(lags, axis=1).reshape(len(x), -1)  # (n, length * D)


def ridge_on_lags(weather, discharge, known, length, penalty):
    """Ridge regression on the last days' weather, fitted on the days that are known."""
    x = lagged(fit_standardizer(weather[known]).transform(weather), length)
    fit = Ridge(penalty).fit(x[known], discharge[known])
    return np.maximum(fit.predict(x), discharge[known].min())


# %%
def fold_scores(simulated, view=np.positive):
    """The efficiency in each fold, (3,); with `view=np.log` that of the logarithms."""
    rows = [np.isin(year, held) for held in FOLDS]
    return np.array([nash_sutcliffe(view(simulated[r]), view(discharge[r])) for r in rows])


def choose(model, settings):
    """The setting with the best mean over the folds, and its scores there."""
    tried = [(fold_scores(by_folds(partial(model, **one))), one) for one in settings]
    return max(tried, key=lambda each: each[0].mean())


grid = [{"length": d, "penalty": p} for d in (15, 30, 60, 90, 180) for p in (30, 100, 300)]
lag_scores, lag_setting = choose(ridge_on_lags, grid)
print(lag_setting, "folds:", lag_scores.round(2), f"mean {lag_scores.mean():.2f}")

# %% [markdown]
# Thirty days do best; with half a year of lags it gets worse again. That is a hint, but not that
# older days do not matter: it may be that 360 coefficients are too many for not quite six years.
#
# > **Answer.** Climatology: 0.20. Yesterday's gauge: 0.87, the gauge of two days ago: 0.63. Ridge
# > on 30 days of weather: 0.60 in the mean of the folds.

# %% [markdown]
# ## 4. How does an LSTM read ten years? (18 min)
#
# A window for every day, as in lesson 01, would be wasteful: 365 days read for one number. An LSTM
# puts out something on *every* day, so it can be asked on every day. Only not on the first ones:
# its reservoir begins empty, and the river's did not. So we cut long chunks, and their first days,
# the *warm-up*, fill the state and have no target.
#
# ### Exercise: `chunk_with_warmup` (10 minutes)
#
# | | shape | |
# |---|---|---|
# | `inputs` | `(n, D)` | one row for each day |
# | `targets` | `(n,)` | what is to be said on the same day |
# | `length` | number | days in a chunk, warm-up included |
# | `warmup` | number | so many days at its beginning have no target |
# | `step` | number | days from the beginning of a chunk to that of the next |
# | returns | `(N, length, D)` | `X`: every whole chunk, the earliest first |
# | | `(N, length - warmup)` | `Y`: targets of the judged days |
#
# **By hand.** Seven days 0 to 6, and targets 0 to 6 as well; length 4, warm-up 1, step 3. Chunks
# begin at 0 and at 3; one at 6 would not be whole. `X` $= ((0, 1, 2, 3), (3, 4, 5, 6))$, `Y` $=
# ((1, 2, 3), (4, 5, 6))$.


# %% exercise="chunk_with_warmup"
def chunk_with_warmup(inputs, targets, length, warmup, step):
    """Chunks X (N, length, D), and the targets Y (N, length - warmup) of their judged days."""
    # BEGIN SOLUTION
    starts = range(0, len(inputs) - length + 1, step)
    X = np.stack([inputs[k : k + length] for k in starts])
    Y = np.stack([targets[k + warmup : k + length] for k in starts])
    return X, Y
    # END SOLUTION


# %% check="chunk_with_warmup"
chunk_with_warmup = check(chunk_with_warmup)

# %% [markdown]
# Chunks of 365 days, one every 15 days. Days whose discharge is not to be known have the target
# NaN, and the loss leaves them out. Means and deviations come from the known days.

# %%
LENGTH = 365
STEP = 15
UPDATES = 300


def prepare(weather, discharge, known):
    """Scaled weather (n, 2); scaled discharge (n,), NaN where not known; the latter's scale."""
    level = fit_standardizer(discharge[known][:, None])
    target = np.where(known, level.transform(discharge[:, None])[:, 0], np.nan)
    return fit_standardizer(weather[known]).transform(weather), target, level


# %%
def training_chunks(x, target):
    """Tensors X (N, 365, 2) and Y (N, 245): every chunk that ends by the last known day."""
    end = np.flatnonzero(np.isfinite(target))[-1] + 1
    X, Y = chunk_with_warmup(x[:end], target[:end], LENGTH, WARMUP, STEP)
    some = np.isfinite(Y).any(axis=1)  # chunks of held-out years only have nothing to teach
    return torch.tensor(X[some]).float(), torch.tensor(Y[some]).float()


# %%
class Catchment(nn.Module):
    """Weather (N, T, 2) in, scaled discharge (N, T) out."""

    def __init__(self, hidden_size=32):
        super().__init__()
        self.lstm = nn.LSTM(2, hidden_size, batch_first=True)
        self.drop, self.head = nn.Dropout(0.3), nn.Linear(hidden_size, 1)

    def forward(self, x):
        return self.head(self.drop(self.lstm(x)[0]))[..., 0]


# %%
def loss_of(simulated, target):
    """Mean squared error after the warm-up, over the days that are known."""
    known = torch.isfinite(target)
    return (simulated[:, WARMUP:][known] - target[known]).square().mean()


# %% [markdown]
# Choose first, subtract then: had we multiplied the errors with a mask of zeros and ones, one NaN
# would have turned every weight into NaN, because $0 \cdot \mathrm{NaN}$ is NaN.
#
# The settings are the best of 14 by the mean of the folds with two seeds: 16 to 64 units, dropout
# 0, 0.3 and 0.5, two learning rates, 250 to 800 updates, two or four weather columns, shorter
# chunks. The best of 14 looks a little better than it is. Dropout was worth most. `OneCycleLR` is a
# schedule for the learning rate: over the first three tenths of the updates it rises to 0.01, and
# then it falls to almost 0.


# %%
def train(seed, X, Y, updates=UPDATES):
    """A trained network."""
    torch.manual_seed(seed)
    model = Catchment()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=updates)
    for _ in range(updates):
        rows = torch.randint(len(X), (16,))
        optimizer.zero_grad()
        loss_of(model(X[rows]), Y[rows]).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rate.step()
    return model.eval()


# %%
def simulate(model, x, level, lowest):
    """Discharge (n,) in m³/s: all years in one pass, the states run through."""
    with torch.no_grad():
        y = model(torch.tensor(x).float()[None])[0].double().numpy()
    return np.maximum(level.inverse(y, column=0), lowest)


def lstm(weather, discharge, known, seed, updates=UPDATES):
    """Train on the days that are known, simulate all."""
    x, target, level = prepare(weather, discharge, known)
    model = train(seed, *training_chunks(x, target), updates)
    return simulate(model, x, level, discharge[known].min())


# %% [markdown]
# **Predict, then run.** Three seeds in three folds. Ridge has 0.56, 0.68 and 0.57 there. And which
# will differ more: the seeds of one fold, or the folds of one seed?

# %%
held_out = np.array(
    [by_folds(partial(lstm, seed=seed)) for seed in track(range(3), "9 networks, 3 at a time")]
)
lstm_scores = np.array([fold_scores(simulated) for simulated in held_out])  # (seeds, folds)
for seed, scores in enumerate(lstm_scores):
    print(f"seed {seed}: folds {scores.round(2)}, mean {scores.mean():.2f}")

# %% [markdown]
# > **Answer.** In chunks of a year with a warm-up, asked on every day after it. Far ahead of ridge
# > on lags in every fold and with every seed: 0.77 against 0.60 in the mean. The folds differ by
# > more than the seeds: which two years it is matters more than which random weights.

# %% [markdown]
# ## 5. Is ridge on lags a rival worth beating? (8 min)
#
# It cannot multiply. The same rain raises the river in February and vanishes in July, because the
# soil is dry and the trees drink. Rain *times* warmth is what a linear model of lags does not have.
# A hydrologist would not look for 60 coefficients either, but would keep a few **reservoirs** that
# leak at different speeds: $c_t = f c_{t-1} + (1 - f) x_t$, an LSTM cell whose gates stand still.
#
# So a second ridge regression: seven such reservoirs of rain, seven of temperature, from $f = 0$ to
# $f = 0.99$, and **all products of two** of them. 119 features, no gate learned, far below a second
# of computing. And a third one that computes the *root* of the discharge, whose squared errors are
# less ruled by floods; its answer is squared.

# %%
KEPT = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99)


def reservoirs(x):
    """Levels (n, 7 * D) of reservoirs that keep a fixed share of their content each day."""
    kept = np.array(KEPT)[:, None]
    level, levels = np.zeros((len(KEPT), x.shape[1])), []
    for today in x:
        level = kept * level + (1 - kept) * today
        levels.append(level.ravel())
    return np.array(levels)


# %%
def ridge_on_reservoirs(weather, discharge, known, degree, penalty, power=1):
    """Ridge regression on reservoirs and, with degree 2, on their squares and products.

    It is fitted to discharge ** power: 0.5 is the root.
    """
    x = reservoirs(fit_standardizer(weather[known]).transform(weather))
    products = PolynomialFeatures(degree, include_bias=False)
    fit = make_pipeline(StandardScaler(), products, StandardScaler(), Ridge(penalty))
    fit.fit(x[known], discharge[known] ** power)
    lowest = discharge[known].min() ** power
    return np.maximum(fit.predict(x), lowest) ** (1 / power)


# %% [markdown]
# **Predict, then run.** Efficiency in the folds: reservoirs alone, with products, and with products
# for the root?

# %%
KINDS = {"reservoirs": (1, 1), "products": (2, 1), "products, root": (2, 0.5)}
kind_scores, kind_settings = {}, {}
for kind, (degree, power) in KINDS.items():
    grid = [{"degree": degree, "power": power, "penalty": p} for p in (1, 3, 10, 30, 100)]
    kind_scores[kind], kind_settings[kind] = choose(ridge_on_reservoirs, grid)
    mean = kind_scores[kind].mean()
    print(f"{kind:14} folds: {kind_scores[kind].round(2)}, mean {mean:.2f}", kind_settings[kind])

# %% [markdown]
# The products are worth 0.18, the reservoirs alone next to nothing. With both, ridge regression is
# **level with the LSTM**: 0.80 against 0.77, in one fold ahead by 0.05, in another with the same
# 0.85. What looked like a triumph of learned memory was to a large part the triumph of a product.
# Had we stopped after section 4, we would not have known.
#
# > **Answer.** No. A rival worth beating has the memory and the products that anybody would build
# > by hand who knows the river. That one is as good in the folds.

# %% [markdown]
# ## 6. And on the test years? (6 min)
#
# Everything is fitted once more on all days before 1987. **Predict, then run.** The order of the
# ridges and the LSTM on 1987 and 1988? And is the mean of five networks, an *ensemble*, better
# than one of them?

# %%
x, target, level = prepare(weather, discharge, BEFORE)
chunks = training_chunks(x, target)
began = process_time()
networks = [train(seed, *chunks) for seed in track(range(5), "training 5 networks")]
seconds = (process_time() - began) / 5
lowest = discharge[BEFORE].min()
runs = np.array([simulate(network, x, level, lowest) for network in networks])  # (5, n)
models = {
    "climatology": calendar,
    "ridge, lags": ridge_on_lags(weather, discharge, BEFORE, **lag_setting),
    "LSTM, ensemble": runs.mean(axis=0),
}
for kind in ("products", "products, root"):
    setting = kind_settings[kind]
    models[f"ridge, {kind}"] = ridge_on_reservoirs(weather, discharge, BEFORE, **setting)

# %%
test_scores = {name: nash_sutcliffe(s[TEST], discharge[TEST]) for name, s in models.items()}
run_scores = np.array([nash_sutcliffe(s[TEST], discharge[TEST]) for s in runs])
for name, score in test_scores.items():
    print(f"{name:21} {score:.3f}")
print(f"LSTM, one by one      {run_scores.mean():.3f} ± {run_scores.std(ddof=1):.3f}", end=" ")
print(run_scores.round(3))

# %%
THE_YEAR = slice(*np.searchsorted(river.dates, np.array(["1987-01-01", "1988-01-01"], "M8[D]")))


def hydrograph(ax, days, curves):
    """Measured discharge as a grey area, two simulations as lines."""
    dates = river.dates[days]
    ax.fill_between(dates, 0.01, discharge[days], color="#CCCCCC", linewidth=0, label="measured")
    for (name, values), line in zip(curves.items(), plots.LINES[::2], strict=False):
        style = {"color": line.color, "linestyle": line.linestyle, "linewidth": 1.4}
        ax.plot(dates, values[days], label=name, **style)
    ax.set_ylabel("discharge (m³/s)")


# %%
fig, axes = plots.new_figure(7.5, 5.2, nrows=2, sharex=True)
curves = {name: models[name] for name in ("LSTM, ensemble", "ridge, products")}
for ax in axes:
    hydrograph(ax, THE_YEAR, curves)
axes[0].set_ylim(0, None)
axes[1].set(yscale="log", ylim=(5, 350), yticks=[10, 30, 100, 300])
axes[1].set_yticklabels(["10", "30", "100", "300"])
date_axis(axes[1])
with plots.course_style():
    axes[0].legend()

# %%
show(
    fig,
    "The first test year, from weather alone; below, the same with a logarithmic axis.",
    "Discharge in 1987. Four floods of 129 to 250 m³/s from January to March and one of 140 in "
    "December; summer and autumn lie between 14 and 75. The LSTM is near the measured curve at "
    "floods and at low water; in December it says 198. The ridge regression reaches 160 where 250 "
    "were measured, and at low water it jumps up and down around the measured curve.",
)

# %% [markdown]
# A single network has 0.83 ± 0.02, the ensemble 0.84. The ridge with products has 0.82, and the one
# for the root 0.83: level again. The ridge on lags is far behind everywhere, with 0.58. So between
# the LSTM and the products **the efficiency decides nothing**. And yesterday's gauge, with 0.87, is
# ahead of all of them; the gauge of two days ago, with 0.63, far behind. Weather alone is worth
# more than a gauge that was read two days ago, and less than one that was read yesterday.
#
# > **Answer.** 0.83 ± 0.02 for one network, 0.84 for the mean of five, 0.82 and 0.83 for reservoirs
# > with products, 0.58 for lags.

# %% [markdown]
# ## 7. Who is better when there is no flood? (12 min)
#
# Gupta and others took the efficiency apart [2]. An error may be one of *timing and shape* (the
# correlation $r$), of *spread* (the ratio $\alpha$ of standard deviations) or of the *amount of
# water* (the ratio $\beta$ of means), each simulated over observed. They proposed to weigh the
# three alike:
#
# $$K = 1 - \sqrt{(r - 1)^2 + (\alpha - 1)^2 + (\beta - 1)^2}$$
#
# ### Exercise: `kling_gupta` (6 minutes)
#
# | | shape | |
# |---|---|---|
# | `simulated`, `observed` | `(n,)` | every day is known here |
# | returns | number | $K$ |
#
# **By hand.** Observed 1, 2, 3; simulated 2, 4, 6. The correlation is 1, spread and mean are twice
# what they should be: $K = 1 - \sqrt{0 + 1 + 1} = -0.41$.


# %% exercise="kling_gupta"
def kling_gupta(simulated, observed):
    """Efficiency from correlation, spread and mean; 1 is perfect."""
    # BEGIN SOLUTION
    r = np.corrcoef(simulated, observed)[0, 1]
    alpha, beta = simulated.std() / observed.std(), simulated.mean() / observed.mean()
    return 1 - np.sqrt((r - 1) ** 2 + (alpha - 1) ** 2 + (beta - 1) ** 2)
    # END SOLUTION


# %% check="kling_gupta"
kling_gupta = check(kling_gupta)

# %% [markdown]
# Two more looks. The Nash–Sutcliffe efficiency of the *logarithms*, in which twice too much weighs
# the same in August as in March. And the **floods**: the eight highest peaks of the test years, at
# least ten days apart; the simulated peak is the highest within two days of the measured one.


# %%
def flood_days(rows, count, apart=10):
    """Days of the highest peaks among the rows."""
    left, found = np.where(rows, discharge, 0.0), []
    for _ in range(count):
        found.append(int(left.argmax()))
        left[max(0, found[-1] - apart) : found[-1] + apart + 1] = 0
    return sorted(found)


# %%
floods = flood_days(TEST, 8)


def scores_of(simulated):
    """E, K, E of the logarithms, mean relative error of the flood peaks."""
    s, o = simulated[TEST], discharge[TEST]
    peaks = [simulated[t - 2 : t + 3].max() / discharge[t] - 1 for t in floods]
    logs = nash_sutcliffe(np.log(s), np.log(o))
    return nash_sutcliffe(s, o), kling_gupta(s, o), logs, np.mean(peaks)


# %% [markdown]
# **Predict, then run.** Where will those that are level differ most?

# %%
looks = {name: scores_of(s) for name, s in models.items()}
looks["LSTM, one by one"] = np.mean([scores_of(s) for s in runs], axis=0)
print(f"{'':21} NSE   KGE   NSE of logs   flood peaks")
for name, (nse, kge, logs, peaks) in looks.items():
    print(f"{name:21} {nse:.2f}  {kge:.2f}     {logs:.2f}        {peaks:+.0%}")

# %%
for t in floods:
    said = {name: models[name][t - 2 : t + 3].max() for name in curves}
    print(f"{river.dates[t]}: {discharge[t]:3.0f}", {n: round(v) for n, v in said.items()})

# %%
in_folds = {f"LSTM, seed {seed}": simulated for seed, simulated in enumerate(held_out)}
for kind in ("products", "products, root"):
    in_folds[f"ridge, {kind}"] = by_folds(partial(ridge_on_reservoirs, **kind_settings[kind]))
fold_logs = {name: fold_scores(simulated, np.log) for name, simulated in in_folds.items()}
for name, scores in fold_logs.items():
    print(f"{name:21} NSE of logs in the folds {scores.round(2)}, mean {scores.mean():.2f}")

# %% [markdown]
# With the logarithms the LSTM leaves the ridge with products behind: 0.91 against 0.83, and in the
# folds 0.82 against 0.74. One could stop here and announce that learned memory is better at low
# water. The third ridge forbids it. Fitted to roots, with the same reservoirs and products, it has
# 0.91 and 0.83. It was not the memory, it was what the squared error looks at.
#
# What the LSTM keeps is the floods. Those of both ridges are too low by a fifth, and with them the
# spread: $K$ is 0.80 and 0.78, for the LSTM 0.85, and above 0.80 with every seed. Its own peaks are
# too low by 7 % in the mean, which hides a flood of 198 that was 140, and one of 146 that was 268.
# For a dam the last one counts. *All* models missed it, on 18 March 1988. On 13 March 15 mm fell at
# 0.0 °C; three days later it was 7 °C. Rain or snow? A mean temperature of 2,976 km² of hills and
# valleys cannot say.
#
# > **Answer.** With the logarithms a root makes ridge regression as good as the LSTM. The LSTM is
# > the only one that is near the top in all four looks. Its floods are nearly right on average, and
# > wrong one by one.

# %% [markdown]
# ## 8. A dry winter and a snowy one (5 min)
#
# Every year from 1981 to 1988 now has a simulation by networks that were not trained on it: of the
# folds, or of the test. Which winters are worth a look? By a rule, not by the eye: of the eight
# winters (December to March) the one with **least rain and snow**, and the one with **most snow on
# the ground**. Nobody measured that; we estimate it by degree days [3]: what falls below 0 °C
# stays, each degree above melts 3 mm a day.

# %%
snow = np.zeros(len(discharge))  # mm of water
for t, (fallen, degrees) in enumerate(weather):
    snow[t] = snow[t - 1] + fallen if degrees < 0 else max(0.0, snow[t - 1] - 3 * degrees)
unseen = np.where(TEST, models["LSTM, ensemble"], held_out.mean(axis=0))
winter_of = np.where(month == 12, year + 1, year)
cold_months = np.isin(month, [12, 1, 2, 3])
rows_of = {w: cold_months & (winter_of == w) for w in range(1981, 1989)}
driest = min(rows_of, key=lambda w: weather[rows_of[w], 0].sum())
snowiest = max(rows_of, key=lambda w: snow[rows_of[w]].mean())
print(f"driest {driest - 1}/{driest}: {weather[rows_of[driest], 0].sum():.0f} mm,", end=" ")
print(f"snowiest {snowiest - 1}/{snowiest}: {snow[rows_of[snowiest]].mean():.1f} mm in the mean")

# %% [markdown]
# **Predict, then run.** In which of the two is the LSTM's error larger, in m³/s? And in which is
# its efficiency lower?

# %%
winter_scores = {}


def draw_winter(column, name, winter):
    """Weather, snow and discharge of January to April, from top to bottom."""
    ends = np.array([f"{winter}-01-01", f"{winter}-05-01"], "M8[D]")
    span = slice(*np.searchsorted(river.dates, ends))
    dates, said, measured = river.dates[span], unseen[span], discharge[span]
    plots.river_panels(column[[0, 1, 3]], dates, *weather[span].T, measured)
    column[2].plot(dates, snow[span], color="#222222")
    column[3].plot(dates, said, color="#222222", linestyle=(0, (4, 2)))
    column[0].set_title(f"{name}: January to April {winter}")
    error = np.sqrt(np.mean((said - measured) ** 2))
    winter_scores[name] = nash_sutcliffe(said, measured), error, said.mean() / measured.mean()


# %%
layout = {"sharex": "col", "sharey": "row", "height_ratios": [1, 1, 1, 2]}
fig, axes = plots.new_figure(8, 6.4, nrows=4, ncols=2, **layout)
draw_winter(axes[:, 0], "dry", driest)
draw_winter(axes[:, 1], "snow", snowiest)
axes[2, 0].set_ylabel("snow, estim.\n(mm)")
axes[3, 0].set_ylim(0, 280)
for ax in axes[:, 1]:
    ax.set_ylabel("")
show(
    fig,
    "Two winters, simulated by networks that were not trained on them. Bottom: measured (solid) "
    "and simulated (dashed).",
    "Two columns. Left, January to April 1985: frost to −12 °C in January and February, up to 31 "
    "mm of snow, little rain. Measured: 80 m³/s at the end of January, 96 in February, then 20 "
    "until late March. The simulation is late by some days in January, and says 135 in February "
    "and 50 in March, where 20 were measured. Right, January to April 1987: three spells of "
    "frost, snow of about 20 mm in each, floods of 203, 129, 178 and 250 m³/s in the thaws, all of "
    "which the simulation has.",
)

# %%
for name, (nse, error, water) in winter_scores.items():
    print(f"{name}: efficiency {nse:.2f}, error {error:.1f} m³/s, water {water:.0%} of measured")

# %% [markdown]
# Look at the two numbers side by side. In m³/s both winters are off by 15. But the snowy one had
# large floods to explain, and its efficiency is 0.90; the dry one hardly moved, and it is 0.09.
# **An efficiency without its river and its years says little.**
#
# In the dry winter the LSTM lets 18 % too much water down. In March 1985, after the snow of
# February, it says up to 50 m³/s, and the river had 20 to 25. These networks learned from 1979 to
# 1984, whose winters had 237 mm and more; this one had 155. In the snowy winter the river is low in
# the frost and high in the thaw, measured and simulated. Does the network hold the snow back then?
# The curves look like it; section 9 asks the network.
#
# > **Answer.** The same 15 m³/s in both, and an efficiency of 0.90 in one and 0.09 in the other. It
# > fails where the weather is unlike what it has learned from.

# %% [markdown]
# ## 9. Which past days matter? (9 min)
#
# A gradient tells (lesson 04). With $q_t$ for the discharge and $p_t$ for the precipitation,
# $\partial q_t / \partial p_{t-k}$ is by how many m³/s the discharge would rise for each additional
# millimetre $k$ days before. We take its size, averaged over days $t$ and over the five networks:
# the *connectivity*. Ridge has it written down: its coefficients, and they are the same every day.


# %%
def responses(network, days, lags=120):
    """d discharge_t / d precipitation_{t-k} in m³/s per mm, (days, lags); a year is read."""
    spans = torch.tensor(np.stack([x[t - 364 : t + 1] for t in days])).float().requires_grad_()
    network(spans)[:, -1].sum().backward()
    per_mm = level.std[0] / fit_standardizer(weather[BEFORE]).std[0]
    return spans.grad.numpy()[:, ::-1, 0][:, :lags] * per_mm


SEASONS = {"summer (June to August)": (6, 7, 8), "winter (December to February)": (12, 1, 2)}
days_of = {name: np.flatnonzero(TEST & np.isin(month, months)) for name, months in SEASONS.items()}
response = {
    name: np.array([responses(network, days) for network in networks])
    for name, days in days_of.items()
}  # (5, days, lags)

# %% [markdown]
# **Predict, then run.** After how many days has half of the connectivity passed, and after how many
# 90 %: for ridge, in summer, in winter? And of one millimetre, which is 34.4 m³/s for one day, how
# much comes down the river in all?

# %%
ridge_scale = fit_standardizer(weather[BEFORE])
lags = lagged(ridge_scale.transform(weather), lag_setting["length"])[BEFORE]
coefficients = Ridge(lag_setting["penalty"]).fit(lags, discharge[BEFORE]).coef_.reshape(-1, 2)[:, 0]
coefficients = coefficients / ridge_scale.std[0]  # m³/s per mm
PER_MM = 2976e6 * 1e-3 / 86400  # m³/s for a day: one mm over the catchment
reach, comes_down = {}, {}
for name, values in {"ridge": coefficients[None, None], **response}.items():
    size = np.abs(values).mean(axis=(0, 1))
    passed = np.cumsum(size) / size.sum()
    reach[name] = [int(np.argmax(passed >= share)) for share in (0.5, 0.9)]
    comes_down[name] = values.sum(axis=2).mean() / PER_MM
    print(f"{name}: half within {reach[name][0]} days, 90 % within {reach[name][1]},", end=" ")
    print(f"{comes_down[name]:.0%} of a millimetre")

# %%
fig, ax = plots.new_figure(7, 3.2)
shown = {name: np.abs(v).mean(axis=(0, 1)) for name, v in response.items()}
shown["ridge, every day"] = np.abs(coefficients)
for (name, values), line in zip(shown.items(), plots.LINES, strict=False):
    ax.plot(values[:60], color=line.color, linestyle=line.linestyle, label=name)
ax.set(xlabel="days k before", ylabel="|response|\n(m³/s per mm)", ylim=(0, None))
with plots.course_style():
    ax.legend()
show(
    fig,
    "By how much today's discharge depends on the rain of k days ago: LSTM in two seasons of the "
    "test years, mean of five networks, and ridge on lags.",
    "Three curves over 60 days, all with a peak after two days: winter at 2.1 m³/s per mm, ridge "
    "at 2.0, summer at 0.6. Winter then falls slowly, to 0.7 after 10 days and 0.4 after 30; "
    "summer to 0.3 and 0.15. Ridge falls to 0.2 after 14 days and ends after 30.",
)

# %% [markdown]
# Ridge has to say the same in August and in February, so it says something between: a third of each
# millimetre comes down, nearly all of it within three weeks. The LSTM's gradients tell two stories.
# **In winter 94 % of a millimetre reach the gauge, in summer 32 %**; the rest, a hydrologist would
# say, is drunk by the trees and the air. Nobody told the network that a millimetre is 34.4 m³/s,
# nor that there are trees. (These are averages of gradients, what an *additional* drop does. And
# the network need not conserve water: that it comes out so well may be a little luck.)
#
# And it looks back further: half of the connectivity lies more than two weeks back, a tenth more
# than seven weeks. The folds found 30 lags best for ridge, not because older days do not matter but
# because it could not afford them.
#
# ### Frost
#
# And snow? Sort the same gradients by the day on which it *falls*: below −2 °C, or above 2 °C, in
# December to March. **Predict, then run.** What will the response to a frosty day look like?

# %%
days = np.flatnonzero(TEST & np.isin(month, [12, 1, 2, 3]))
cold = np.array([responses(network, days, 40) for network in networks])  # (5, days, 40)
degrees_then = np.stack([weather[days - k, 1] for k in range(40)], axis=1)  # (days, 40)
by_frost = {}
for name, fell in {
    "fell below −2 °C": degrees_then < -2,
    "fell above 2 °C": degrees_then > 2,
}.items():
    by_frost[name] = np.where(fell, cold, 0).sum(axis=1) / fell.sum(axis=0)  # (5, 40)
    late = by_frost[name][:, 10:].sum(axis=1) / by_frost[name].sum(axis=1)
    print(f"{name}: after day 9 comes {late.mean():.0%} of 40 days", late.round(2))

# %%
fig, ax = plots.new_figure(7, 3)
for (name, values), line in zip(by_frost.items(), plots.LINES, strict=False):
    ax.plot(values.mean(axis=0), color=line.color, linestyle=line.linestyle, label=name)
    ax.fill_between(range(40), values.min(axis=0), values.max(axis=0), color=line.color, alpha=0.15)
ax.set(xlabel="days k since it fell", ylabel="response\n(m³/s per mm)", ylim=(0, None))
with plots.course_style():
    ax.legend()
show(
    fig,
    "Response to what fell k days ago, on days of December to March in the test years. Bands: from "
    "the lowest to the highest of five networks.",
    "Two curves with bands over 40 days. Fell above 2 °C: a peak of 3.3 m³/s per mm after two "
    "days, 1.1 after five, 0.3 after 15. Fell below −2 °C: 0.9 after two days, then a second, "
    "broad rise to 1.1 about 13 days later, still 0.6 after 30. The bands are narrow.",
)

# %% [markdown]
# Of what falls on mild days 37 % of the 40 days' response come after day 9; of what falls in frost
# 75 %, with every network between 69 and 79. Its curve has a second rise, after two weeks, when
# frosts have usually ended. No linear model of lags can do that, whatever its memory: it gives the
# same answer to every millimetre. *Something* in the network holds the snow back.
#
# ### Is there a snow cell?
#
# In lesson 05 the cell that followed the snow was hardly better than its placebo, a cell of the
# untrained network. The same question to these networks, with two placebos. **Criterion:** the cell
# with the largest $|r|$ with the estimated snow on the days of November to April in 1980 to 1986;
# what counts is its correlation on such days of 1987 and 1988. **Placebos:** the best cell of the
# *untrained* network, chosen in the same way; and, for the trained cell, the snow of the *wrong
# year*, one to seven years before, which has the same seasons. **Predict, then run.**


# %%
def cell_states(network):
    """States c (n, H) of an LSTM over all days: the step of lesson 03, gates i, f, g, o."""
    one = network.lstm
    with torch.no_grad():
        zs = torch.tensor(x).float() @ one.weight_ih_l0.T + one.bias_ih_l0 + one.bias_hh_l0
        h, c, cs = torch.zeros(32), torch.zeros(32), []
        for z in zs:
            i, f, g, o = (z + one.weight_hh_l0 @ h).chunk(4)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            cs.append(c)
    return torch.stack(cs).numpy()


# %%
def correlate(states, store):
    """Correlation of each column with the store, (H,)."""
    states, store = states - states.mean(axis=0), store - store.mean()
    return states.T @ store / np.linalg.norm(states, axis=0) / np.linalg.norm(store)


# %%
snowy = np.isin(month, [11, 12, 1, 2, 3, 4])
chosen_by, judged_by = snowy & ~TEST & (year >= 1980), snowy & TEST


def snow_cell(network, years_before=0):
    """Of the cell chosen: its correlation with the snow, or with that of an earlier year."""
    states = cell_states(network)
    r = correlate(states[chosen_by], snow[chosen_by])
    cell = np.abs(r).argmax()
    then = np.roll(snow, round(365.25 * years_before))[judged_by]
    return np.sign(r[cell]) * correlate(states[judged_by][:, [cell]], then)[0]


# %%
snow_r = {"trained": [], "untrained": [], "wrong year": []}
for seed, network in enumerate(networks):
    snow_r["trained"].append(snow_cell(network))
    torch.manual_seed(seed)
    snow_r["untrained"].append(snow_cell(Catchment()))  # where the training began
    snow_r["wrong year"].append([snow_cell(network, years) for years in range(1, 8)])
snow_r = {name: np.array(values) for name, values in snow_r.items()}
print("trained", snow_r["trained"].round(2), "untrained", snow_r["untrained"].round(2))
wrong = snow_r["wrong year"]
print(f"wrong year: mean {wrong.mean():.2f}, highest of each network", wrong.max(axis=1).round(2))

# %% [markdown]
# The wrong year is at 0.15 on average: so it is not just the season, these cells follow the snow of
# *this* winter, at 0.73 to 0.83. But so do untrained cells, at 0.62 to 0.73, whose networks know
# nothing of rivers. A cell that leaks slowly and reads the cold of the last weeks follows the snow
# of this winter too. Training adds 0.00 to 0.21. So the correlation allows less than it seems to:
# "the snow cell" would be a caption, not a finding. What the gradients say does not depend on which
# cell it is: frost postpones the water. For a trial that takes the water out of a single cell, see
# lesson 05.
#
# > **Answer.** Weeks, and more of them in winter. Winter rain comes down nearly whole, summer rain
# > to a third, and what falls in frost comes late. That the network holds snow back is shown by
# > its gradients; that a *cell* stores it is not shown by a correlation.

# %% [markdown]
# ## Verdict

# %%
baselines = {
    "climatology": test_scores["climatology"],
    "gauge of three days before": simple["persistence, 3 d"],
    "ridge on 30 days of weather": test_scores["ridge, lags"],
    "ridge on reservoirs": test_scores["ridge, products"],
    "ridge on reservoirs, root": test_scores["ridge, products, root"],
}
result = LabResult(
    lab="11 Hydrology",
    data="the river Fulda, 1987 and 1988, from weather alone",
    metric="Nash–Sutcliffe efficiency",
    baselines=baselines,
    lstm=tuple(run_scores),
    seconds=seconds,
    higher_is_better=True,
)
result

# %% [markdown]
# **What the LSTM won.** 0.24 against the linear model of lags, in every fold and with every seed;
# it found by itself the memory, the seasons and the frost. **What it did not win.** In efficiency,
# anything beyond its spread against a few lines of ridge regression to which somebody had explained
# reservoirs, products and roots. (Yesterday's gauge is left out of the table. It has 0.87, and
# answers another question: what will the river do, if I can see it?)
#
# **Why.** One river in eight years has few floods to learn from, and its hydrology is simple enough
# to be written down. **What would change it:** more rivers. One LSTM that was trained on hundreds
# of catchments together outdid models that hydrologists had calibrated for each single one [4];
# nobody can make reservoirs by hand for hundreds of rivers.

# %% [markdown] tags=["instructor"]
# **Timing.** 5, 13, 14, 18, 8, 6, 12, 5 and 9 minutes; 32 of the 90 are exercises. Short of time:
# leave out section 8. Never leave out section 5: it is what distinguishes this lab from the usual
# story. Let people bet on it before.
#
# **Where people stumble.**
#
# - `nash_sutcliffe`: simulated and observed exchanged; the mean of the wrong one; the squared
#   correlation, which forgives every bias; one NaN.
# - `climatology`: the mean over all years; 29 February. Ask: which sentence of a paper would tell
#   you that somebody made the first mistake?
# - `chunk_with_warmup`: targets of the first days; one chunk too few; the warm-up cut from both.
# - `kling_gupta`: variances; the root.
# - Section 4: "the folds leak, because later years are trained on". It depends on the question.
#   For a forecast they would.
# - Section 6: "the LSTM has won, 0.828 against 0.817". By less than the spread of its seeds; in the
#   folds it is the other way round.
#
# **Answers to the predictions.** Two thirds. Climatology 0.20; persistence 0.87, 0.63, 0.42, −0.07.
# LSTM in the folds: 0.74 to 0.80; folds differ more than seeds. Reservoirs 0.62, 0.80, 0.80. Test:
# level; ensemble 0.84. Logarithms, and floods. Winters: the same error, 0.09 and 0.90. Half of the
# connectivity: 5, 17, 19 days; 36, 32, 94 %. Frost: a second, late rise. Cells: above.
#
# **Seeds and choices.** Seeds 0 to 2 in the folds, 0 to 4 on the test years, seeds 0 and 1 for the
# 14 settings of section 4.

# %% tags=["instructor"]
assert abs(flood_share - 0.68) < 0.01
wanted = [0.20, 0.87, 0.63, 0.42, -0.07]
assert np.allclose(list(simple.values()), wanted, atol=0.01), simple
assert lag_setting["length"] == 30
assert np.allclose(lag_scores, [0.56, 0.68, 0.57], atol=0.01)
assert lstm_scores.min() > 0.62
assert (lstm_scores > lag_scores).all()
assert abs(lstm_scores.mean() - 0.77) < 0.03, lstm_scores
assert np.ptp(lstm_scores.mean(axis=0)) > np.ptp(lstm_scores.mean(axis=1))
means = [scores.mean() for scores in kind_scores.values()]
assert np.allclose(means, [0.62, 0.80, 0.80], atol=0.015), means

# %% tags=["instructor"]
assert run_scores.mean() >= 0.78  # what the lab promises, by single networks
assert abs(run_scores.mean() - 0.83) < 0.025, run_scores
assert run_scores.std(ddof=1) < 0.04
assert test_scores["LSTM, ensemble"] > run_scores.mean()
wanted = {"ridge, lags": 0.58, "ridge, products": 0.82, "ridge, products, root": 0.83}
assert all(abs(test_scores[name] - value) < 0.01 for name, value in wanted.items())
assert result.verdict.startswith("not to be told from"), result.verdict
logs = {name: scores[2] for name, scores in looks.items()}
assert logs["LSTM, one by one"] - logs["ridge, products"] > 0.04
assert abs(logs["LSTM, one by one"] - logs["ridge, products, root"]) < 0.03
ridges = ("ridge, products", "ridge, products, root")
assert min(scores_of(s)[1] for s in runs) > max(looks[name][1] for name in ridges)
assert abs(looks["LSTM, ensemble"][3]) < 0.13 < 0.15 < min(-looks[name][3] for name in ridges)

# %% tags=["instructor"]
assert (driest, snowiest) == (1985, 1987)
assert np.allclose([winter_scores[name][1] for name in ("dry", "snow")], 15, atol=3), winter_scores
assert winter_scores["dry"][0] < 0.4 < 0.8 < winter_scores["snow"][0]
assert 1.05 < winter_scores["dry"][2] < 1.35
names = list(response)
assert np.allclose([comes_down[name] for name in names], [0.32, 0.94], atol=0.1), comes_down
assert abs(comes_down["ridge"] - 0.36) < 0.01
assert reach["ridge"] == [5, 22]
assert 11 < reach[names[0]][0] < 24
assert 45 < reach[names[1]][1] < 90
late = [v[:, 10:].sum(axis=1) / v.sum(axis=1) for v in by_frost.values()]
assert late[0].min() > 0.6 > 0.5 > late[1].max()
assert abs(snow_r["wrong year"].mean() - 0.15) < 0.1
assert 0 < snow_r["trained"].mean() - snow_r["untrained"].mean() < 0.2

# %% [markdown]
# ## What you saw
#
# - From weather alone a single LSTM has a Nash–Sutcliffe efficiency of 0.83 ± 0.02 in 1987 and 1988
#   (five seeds), the mean of the five 0.84. Climatology: 0.20. Ridge on 30 days of weather: 0.58.
# - Ridge on hand-made reservoirs and their products: 0.82, for the root 0.83. In 1981 to 1986 it is
#   0.80 against the LSTM's 0.77. No winner.
# - Yesterday's gauge has 0.87, that of two days ago 0.63.
# - Two thirds of what the efficiency looks at are one day in twenty. With logarithms the LSTM and
#   the ridge for the root have 0.91; floods are too low by a fifth for the ridge, and by 7 % in the
#   mean for the LSTM, which missed the largest one by nearly half, as all did.
# - The same error of 15 m³/s is an efficiency of 0.90 in a winter with floods and of 0.09 in one
#   without.
# - An additional millimetre comes down to 94 % in winter and to 32 % in summer. Of what falls in
#   frost three quarters of the response come after day 9, of what falls on mild days 37 %.
# - A cell goes with the snow at 0.73 to 0.83, one of an untrained network at 0.62 to 0.73.
#
# **Try next.** Train the LSTM on the root of the discharge, as the third ridge was. Is it better at
# low water, and what do the floods say? Decide it in the folds. Or give it the lowest and highest
# temperature of the day as well: frost at night and thaw at noon look the same in the mean.

# %%
quiz("11")

# %%
progress()

# %% [markdown]
# ## Further reading
#
# 1. J. E. Nash, J. V. Sutcliffe, “River flow forecasting through conceptual models, part I: a
#    discussion of principles”, *Journal of Hydrology* 10 (1970), 282–290,
#    doi:10.1016/0022-1694(70)90255-6.
# 2. H. V. Gupta, H. Kling, K. K. Yilmaz, G. F. Martinez, “Decomposition of the mean squared error
#    and NSE performance criteria: implications for improving hydrological modelling”, *Journal of
#    Hydrology* 377 (2009), 80–91, doi:10.1016/j.jhydrol.2009.08.003.
# 3. R. Hock, “Temperature index melt modelling in mountain areas”, *Journal of Hydrology* 282
#    (2003), 104–115, doi:10.1016/S0022-1694(03)00257-9. Degree days.
# 4. F. Kratzert, D. Klotz, G. Shalev, G. Klambauer, S. Hochreiter, G. Nearing, “Towards learning
#    universal, regional, and local hydrological behaviors via machine learning applied to
#    large-sample datasets”, *Hydrology and Earth System Sciences* 23 (2019), 5089–5110,
#    doi:10.5194/hess-23-5089-2019. One LSTM for hundreds of catchments.
# 5. F. Kratzert, D. Klotz, C. Brenner, K. Schulz, M. Herrnegger, “Rainfall–runoff modelling using
#    Long Short-Term Memory (LSTM) networks”, *Hydrology and Earth System Sciences* 22 (2018),
#    6005–6022, doi:10.5194/hess-22-6005-2018. This lab's question, with snow cells.
# 6. T. Houska, P. Kraft, A. Chamorro-Chavez, L. Breuer, “SPOTting model parameters using a
#    ready-made Python package”, *PLoS ONE* 10 (2015), e0145180,
#    doi:10.1371/journal.pone.0145180. The package that carries the river.
