"""Lab 12: from which language is this name? Counts of n-grams, ids of letters, honest scores."""

from __future__ import annotations

from lstm_helpers.checks import Choice, Question
from lstm_helpers.exercises._lesson_12_names import CHAR_NGRAMS, ENCODE_NAMES
from lstm_helpers.exercises._lesson_12_scores import CONFUSION_MATRIX, MACRO_F1

TITLE = "Which language is this name from?"

EXERCISES = (CONFUSION_MATRIX, MACRO_F1, CHAR_NGRAMS, ENCODE_NAMES)

QUIZ = (
    Question(
        "A text classifier has 100 % right on the texts that it was trained with. What does that "
        "say?",
        (
            Choice(
                "That the texts hold something from which the label can be told.",
                "On random labels there is nothing of the kind, and the same network reaches 100 % "
                "there too.",
            ),
            Choice(
                "That it has enough weights to remember these texts.",
                "Right. It says nothing about texts that it has not seen: with random labels those "
                "stay at 50 %.",
                correct=True,
            ),
            Choice(
                "That it was trained too long.",
                "Perhaps, but you cannot see that here. A network that has learned something may "
                "know its training texts by heart as well; look at others.",
            ),
        ),
    ),
    Question(
        "One language in a hundred names is Portuguese. A model that never says “Portuguese” is "
        "taught to find most of these names, and takes as many others for Portuguese by mistake. "
        "What changes?",
        (
            Choice(
                "Accuracy and macro-F1 rise alike.",
                "What is won among the Portuguese is lost among the others: the number of right "
                "answers stays as it is.",
            ),
            Choice(
                "The macro-F1 rises clearly, the accuracy hardly moves.",
                "Right. The F1 of one class of thirteen rises from 0, and each class counts alike; "
                "the accuracy counts names.",
                correct=True,
            ),
            Choice(
                "The accuracy rises clearly, the macro-F1 hardly moves.",
                "The other way round: accuracy counts names, and there are few Portuguese ones.",
            ),
        ),
    ),
    Question(
        "The vocabulary of letters is made from all names, those of the test included. The network "
        "is trained as before. What is wrong with its test score?",
        (
            Choice(
                "Nothing: no label of the test was used.",
                "Labels are not the only thing that leaks. In use there will be letters for which "
                "no id was set aside, and the score says nothing about them.",
            ),
            Choice(
                "It cannot say how the model treats letters that it has never seen.",
                "Right: for the letters of test names a row of the embedding was set aside, though "
                "never trained. In use such letters would have to be “unknown”, or the program "
                "would stop.",
                correct=True,
            ),
            Choice(
                "It is sure to be higher than it should be.",
                "Not sure: an untrained random row may even do harm. But it is no longer a score "
                "of what will happen in use.",
            ),
        ),
    ),
)
