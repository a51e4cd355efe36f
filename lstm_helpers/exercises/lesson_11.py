"""Lesson 11: the efficiencies of hydrology, a climatology without a leak, chunks with a warm-up."""

from __future__ import annotations

from lstm_helpers.checks import Choice, Question
from lstm_helpers.exercises._lesson_11_chunks import CHUNK_WITH_WARMUP
from lstm_helpers.exercises._lesson_11_climatology import CLIMATOLOGY
from lstm_helpers.exercises._lesson_11_kling import KLING_GUPTA
from lstm_helpers.exercises._lesson_11_nash import NASH_SUTCLIFFE

TITLE = "How much water after this rain?"

EXERCISES = (NASH_SUTCLIFFE, CLIMATOLOGY, CHUNK_WITH_WARMUP, KLING_GUPTA)

QUIZ = (
    Question(
        "A model of one river has a Nash–Sutcliffe efficiency of 0.80, a model of another river "
        "0.70. Which model makes the smaller errors?",
        (
            Choice(
                "The first one.",
                "Not necessarily. Each is compared with the variance of its own river: a river "
                "with large floods leaves much to explain, and 0.80 of much may leave more over.",
            ),
            Choice(
                "That cannot be said: each is measured by the variance of its own river.",
                "Yes. The efficiency compares a model with the mean of the same days on the same "
                "river. In m³/s the first may be worse, and even on one river the same model gets "
                "another number in another pair of years.",
                correct=True,
            ),
            Choice(
                "The second one.",
                "It may be so, but these two numbers do not say it.",
            ),
        ),
    ),
    Question(
        "A chunk of 365 days begins with zero states, and its first 120 days do not count in the "
        "loss. What are they for?",
        (
            Choice(
                "They fill the reservoir: what the snow and the soil hold on day 121 fell before.",
                "Yes. Without them the network would be asked for discharge that it cannot know, "
                "and would learn to guess it.",
                correct=True,
            ),
            Choice(
                "They keep the training from seeing the same day twice.",
                "Chunks that overlap show it the same days many times, with the warm-up and "
                "without. That is no leak: all of them are training days.",
            ),
            Choice(
                "They shorten the way that a gradient has to go.",
                "No gradient begins in them, but those of later days still run back through them: "
                "the way is as long as the chunk.",
            ),
        ),
    ),
    Question(
        "A cell follows the snow on the ground with a correlation of 0.7. Which test could show "
        "that this says nothing about snow?",
        (
            Choice(
                "To train with more seeds, and look for the best cell in each.",
                "The best of many cells will look good in every network. The question is what else "
                "would give 0.7.",
            ),
            Choice(
                "To compute the same correlation with the snow of other years, day for day.",
                "Yes. The wrong year has the same seasons and other snow. What is left of 0.7 with "
                "it is the season.",
                correct=True,
            ),
            Choice(
                "To draw both curves above each other.",
                "Two curves that rise in winter and fall in spring look alike, whatever the cause.",
            ),
        ),
    ),
)
