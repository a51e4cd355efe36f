# ---
# jupyter:
#   kernelspec: {display_name: Python 3, language: python, name: python3}
#   lstm_helpers: {number: "00", title: Start here, minutes: 15}
# ---

# %% [markdown]
# # Lesson 00: Start here
#
# **15 minutes.** You need: Python functions, and the idea that `a * b` on NumPy arrays works entry
# by entry.
#
# Afterwards you can
#
# - tell whether your installation is complete,
# - find your way in JupyterLab, and know why a notebook can lie about its own state,
# - solve an exercise, read what a check says, and get help,
# - compute the logistic function for any number, without overflow.
#
# Run the cell below: click into it and press **Shift + Enter**. A number in the brackets on its
# left means that it has run; a star means that it is running.

# %%
import numpy as np

from lstm_helpers import plots
from lstm_helpers.commands.doctor import examine
from lstm_helpers.notebook import check, hint, progress, quiz, recover, show

# %% [markdown]
# ## 1. Is everything there? (2 min)
#
# Every line should begin with `ok`. Where one begins with `missing`, a line below it says what to
# do. A `note` can wait.

# %%
print(f"{'':8} {'':18} {'found':34} needed")
for line in examine():
    print(f"{line.state:8} {line.what:18} {line.found:34} {line.expected}")
    if line.advice:
        print(f"{'':8} {line.advice}")

# %% [markdown]
# ## 2. What is what in this window? (3 min)
#
# - **Left edge**: the folder symbol lists the lessons; the list symbol is a table of contents of
#   the one you are in; the symbol with the circle and square shows which notebooks are running.
# - **Cells**: grey ones hold code, the others text. Double-click a text to see how it is written;
#   Shift + Enter sets it again. **B** adds a cell below the chosen one, for trials of your own.
# - **Kernel**: the Python process behind the page. It remembers everything that was run, in the
#   order in which it was run. The square in the toolbar interrupts it, the round arrow restarts
#   it, the double arrow restarts it and runs the whole notebook.
#
# **Predict, then run.** Run the first of the next two cells once and the second one three times.
# What does it show?

# %%
days = 1

# %%
days = days + 1
days

# %% [markdown]
# The page looks the same after each run, the memory behind it does not. So a page can show a result
# that its own text no longer gives. When something puzzles you: **restart and run all** (double
# arrow). That shows what the page alone can do.
#
# > **Answer.** It shows 4. The page is the text; the kernel is the memory. Only a restart makes
# > them agree.

# %% [markdown]
# ## 3. How does an exercise work? (7 min)
#
# Each exercise is a function with a missing body, and below it a cell that checks it. The first
# one is the *logistic function*, often just called sigmoid:
#
# $$\sigma(x) = \frac{1}{1 + e^{-x}}$$
#
# It turns any number into one between 0 and 1. Later it will work the valves of a reservoir: near
# 0 a valve is shut, near 1 it is open.
#
# **Predict, then run.** What is $\sigma(-1000)$, on paper? And what does the computer make of the
# $e^{1000}$ in it?

# %%
with np.errstate(over="ignore"):  # silence the warning: we look at the number itself
    print("e to the power 1000:", np.exp(1000.0))
print("largest number of float64:", np.finfo(float).max)

# %% [markdown]
# On paper $e^{1000}$ is a number with 435 digits, and $\sigma(-1000)$ is so near 0 that nobody
# could tell. A float64 holds no number above $1.8 \cdot 10^{308}$: NumPy gives `inf`, and a
# warning. Here $1 / (1 + \infty)$ is still 0. In other formulas $\infty$ turns into NaN, *not a
# number*, and every sum that a NaN enters is NaN. So we want a form in which nothing overflows.
#
# ### Exercise: `sigmoid` (5 minutes)
#
# | | shape | |
# |---|---|---|
# | `x` | any | array or number, floats or integers, between −1000 and 1000 |
# | returns `s` | as `x` | $\sigma(x)$ in every entry, right to $10^{-12}$, without a warning |
#
# The check does not see a warning that you silence; look for a form that needs no silence.
#
# **By hand.** $\sigma(0) = 1/2$. $\sigma(\ln 3) = 1 / (1 + 1/3) = 3/4$, and $\sigma(-\ln 3) = 1/4$.
#
# **First give a wrong answer, on purpose.** Replace `raise NotImplementedError` by
#
# ```python
# return 1 / (1 + np.exp(-x))
# ```
#
# Run the cell, then the check below it, and read the card: what does it say is right, and what is
# wrong? Then mend it.


# %% exercise="sigmoid"
def sigmoid(x):
    """The logistic function of every entry of x."""
    # BEGIN SOLUTION
    x = np.asarray(x, dtype=float)
    e = np.exp(-np.abs(x))  # between 0 and 1: cannot overflow
    return np.where(x >= 0, 1.0, e) / (1.0 + e)
    # END SOLUTION


# %% check="sigmoid"
sigmoid = check(sigmoid)

# %% [markdown]
# A check tries your function on fresh random inputs. It does not only compare; it tries to find
# out *which* mistake you made. Three things are good to know.
#
# - **You are never stuck.** `check` gives back your function if it is right, else the course's own.
#   So the rest of a lesson runs either way, and once your code is right, it is your code that runs.
# - **Hints come one at a time.** Make a new cell (**B**) and run `hint("sigmoid")`. There are
#   three; after that, or at any time, `hint("sigmoid", solution=True)` shows a solution. How many
#   you saw is counted for yourself and costs no points.
# - **Nothing that passed is lost.** `recover("sigmoid")` shows the code with which you passed.
#
# This is what the function looks like, computed by whichever version you have now:

# %%
x = np.linspace(-8, 8, 161)
fig, ax = plots.new_figure(6.5, 2.6)
ax.plot(x, sigmoid(x), color=plots.LINES[0].color)
ax.plot([-np.log(3), 0, np.log(3)], [0.25, 0.5, 0.75], "o", color=plots.LINES[2].color)
ax.set_xlabel("x (without unit)")
ax.set_ylabel("σ(x)")
show(
    fig,
    "The logistic function. The three points are those computed by hand.",
    "An S-shaped curve that rises from 0 at x = −8 through 0.5 at x = 0 to 1 at x = 8, and passes "
    "through the points (−1.10, 0.25), (0, 0.5) and (1.10, 0.75).",
)

# %%
print(sigmoid(np.array([-1000.0, -np.log(3), 0.0, np.log(3), 1000.0])))

# %% [markdown]
# > **Answer.** Write, run, check, read the card, mend. The check is there to tell you what you
# > probably did, not only that it was wrong.

# %% [markdown] tags=["instructor"]
# **Timing.** 2, 3, 7 and 3 minutes. Let everybody see one failing card; those who are asked to
# fail on purpose are less afraid of it later.
#
# **Where people stumble.**
#
# - `np.where(x >= 0, 1 / (1 + np.exp(-x)), np.exp(x) / (1 + np.exp(x)))` still warns: `np.where`
#   computes both of its arguments everywhere and only then chooses.
# - `if x >= 0:` fails on arrays. `x[x < 0]` fails on plain numbers.
# - The check runs the function as it is *in memory*. Who edits the cell and runs only the check
#   gets the old verdict: the best example of section 2.
#
# **Answers to the predictions.** The counter: 4. $e^{1000}$: `inf`.

# %% [markdown]
# ## 4. Where does this lead? (3 min)
#
# - **Part I: why.** [Lesson 01](01_sequences_and_the_plain_rnn.ipynb) and
#   [lesson 02](02_the_vanishing_gradient.ipynb). What can a network that reads step by step
#   remember, and why does it forget?
# - **Part II: the LSTM by hand.** Lessons 03 to 06. Which cell does not forget, and how do we know
#   that ours is right?
# - **Part III: the frameworks.** Lessons 07 to 09. How do PyTorch and Keras do it, and which advice
#   about training holds?
# - **Part IV: labs.** Lessons 10 to 14. Where does an LSTM help on real data, and where does it
#   not?
#
# Two things run through all of them. One is a picture: **the state of a network is a reservoir**,
# with an inlet, an outlet and a leak. The other is a habit: **measure, don't believe**. Every claim
# has a cell that could refute it, every model stands beside the simplest one that could do the
# job, and before most cells you are asked to predict. Do it, in writing if you can: a surprise that
# you had not put into words will be gone in a minute.
#
# `progress()` shows how far you are. It is kept in this folder, on this computer.

# %%
progress()

# %% [markdown]
# ## What you saw
#
# - A notebook shows what was run, which need not be what is written: restart and run all.
# - $e^{1000}$ is `inf` in float64, and a formula that is right on paper can be unusable. With
#   $\sigma(x) = 1 / (1 + e^{-x})$ for $x \ge 0$ and $\sigma(x) = e^{x} / (1 + e^{x})$ for $x < 0$
#   nothing overflows: both hold $e^{-|x|}$ only.
# - A failing check names the likely mistake, and the lesson goes on regardless.

# %%
quiz("00")

# %% [markdown]
# ## Further reading
#
# 1. D. Goldberg, “What every computer scientist should know about floating-point arithmetic”,
#    *ACM Computing Surveys* 23 (1991), 5–48, doi:10.1145/103162.103163.
# 2. P. Blanchard, D. J. Higham, N. J. Higham, “Accurately computing the log-sum-exp and softmax
#    functions”, *IMA Journal of Numerical Analysis* 41 (2021), 2311–2330,
#    doi:10.1093/imanum/draa038. The same care for the sigmoid's larger sisters.
# 3. JupyterLab documentation, “The JupyterLab interface”,
#    <https://jupyterlab.readthedocs.io/en/stable/user/interface.html>.
