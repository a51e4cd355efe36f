"""Lesson 10: a scale without the future, all windows, Wilson's interval, a mean that forgets."""

from __future__ import annotations

from lstm_helpers.checks import Choice, Question
from lstm_helpers.exercises import (
    _lesson_10_direction,
    _lesson_10_ewma,
    _lesson_10_scaling,
    _lesson_10_windows,
)

TITLE = "Can it forecast Apple's price?"

EXERCISES = (
    _lesson_10_scaling.SCALE_BY_TRAIN,
    _lesson_10_windows.FORECAST_WINDOWS,
    _lesson_10_direction.DIRECTION_INTERVAL,
    _lesson_10_ewma.EWMA_FORECAST,
)

QUIZ = (
    Question(
        "A chart shows a share's price and a network's forecast for the next day. The two curves "
        "can hardly be told apart. What do you conclude?",
        (
            Choice(
                "The network forecasts well.",
                "Yesterday's price, moved right by a day, cannot be told apart from it either, and "
                "it forecasts no change at all.",
            ),
            Choice(
                "Nothing, before the error of yesterday's price is known.",
                "Right. A price moves little in a day compared with what it moves in years, so "
                "every forecast that stays near the last price looks good on a chart of years.",
                correct=True,
            ),
            Choice(
                "The network was trained on the days in the chart.",
                "It may have been, but it need not: copying the last price is enough.",
            ),
        ),
    ),
    Question(
        "The scaler was fitted on the training part, and in the test part scaled prices reach "
        "2.6. What should be done?",
        (
            Choice(
                "Fit it on all prices: a network needs inputs between 0 and 1.",
                "Then the training data depend on prices of the future, and the error that is "
                "measured is not the one that will be met.",
            ),
            Choice(
                "Cut the scaled prices off at 1.",
                "Then all higher prices look the same, and the network cannot know where it is.",
            ),
            Choice(
                "Forecast something that stays in its range, such as the return.",
                "Right. A price can leave every range that was ever seen. A change in percent, or "
                "its size, looks alike in 2003 and in 2012.",
                correct=True,
            ),
        ),
    ),
    Question(
        "On 654 test days a network has the direction right on 54 %, with a 95 % interval from 50 "
        "to 58 %. On 52 % of these days the share went up. What can be said?",
        (
            Choice(
                "The network is better than chance, by 4 points.",
                "Half and half is not the baseline. Who says “up” every day is right on 52 %, and "
                "that is well inside the interval.",
            ),
            Choice(
                "It cannot be told from always saying “up”.",
                "Right. To see a true difference of two points one would need thousands of days, "
                "and markets do not stay the same for so long.",
                correct=True,
            ),
            Choice(
                "The network is worthless: it has learned nothing.",
                "That is not shown either. An interval that holds both answers says that the data "
                "do not decide.",
            ),
        ),
    ),
)
