"""Lesson 13: bits, counts, a character drawn, and batches that carry a state."""

from __future__ import annotations

from lstm_helpers.checks import Choice, Question
from lstm_helpers.exercises._lesson_13_batches import CARRY_BATCHES
from lstm_helpers.exercises._lesson_13_bits import BITS_PER_CHARACTER
from lstm_helpers.exercises._lesson_13_counts import SMOOTH_COUNTS
from lstm_helpers.exercises._lesson_13_sampling import SAMPLE_TOP_K

TITLE = "Write on like Jane Austen"

EXERCISES = (BITS_PER_CHARACTER, SMOOTH_COUNTS, SAMPLE_TOP_K, CARRY_BATCHES)

QUIZ = (
    Question(
        "A model needs 2 bits per character on held-out text. What does that say?",
        (
            Choice(
                "It is right one time in four.",
                "That would be its share of right guesses. A model that is sure here and lost "
                "there may be right far more often and need 2 bits as well.",
            ),
            Choice(
                "On the average it is as unsure as if four characters were equally likely.",
                "Right: $2^2 = 4$, its perplexity. The mean is one of logarithms, so places where "
                "it was surprised weigh heavily.",
                correct=True,
            ),
            Choice(
                "The text could be stored in 4 bits per character.",
                "In 2: with these probabilities an arithmetic coder needs about the bits that the "
                "model does.",
            ),
        ),
    ),
    Question(
        "The state is carried from batch to batch and detached. What crosses the border?",
        (
            Choice(
                "The state's values, but no gradient.",
                "Right. What was read before still matters for the prediction; the weights are "
                "only credited for the last $T$ steps.",
                correct=True,
            ),
            Choice(
                "Both: that is what carrying means.",
                "`detach()` cuts the graph. Without it PyTorch walks back into a batch whose graph "
                "is gone, and refuses.",
            ),
            Choice(
                "Neither: detached means forgotten.",
                "The numbers stay. Only what they were computed from is cut off.",
            ),
        ),
    ),
    Question(
        "You lower the temperature from 1 to 0.3. What happens to the text that is drawn?",
        (
            Choice(
                "It gets nearer to the author's style.",
                "Safer, but not nearer: the likeliest words come again and again, and the author "
                "does not repeat herself like that. At 1 you draw what the model has learned.",
            ),
            Choice(
                "The model's bits per character on held-out text fall.",
                "Bits are measured on what the author wrote. Nothing is drawn there.",
            ),
            Choice(
                "Fewer words that do not exist, and more repetition.",
                "Right: probability moves to the likeliest characters, so rare spellings vanish, "
                "rare but right words with them.",
                correct=True,
            ),
        ),
    ),
)
