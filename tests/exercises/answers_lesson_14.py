"""Lesson 14: right answers written as differently as learners write them."""

import heapq

import numpy as np


def shift_by_concatenation(targets, start):
    first = np.full((len(targets), 1), start)
    return np.concatenate([first, targets[:, :-1]], axis=1)


def shift_by_rolling(targets, start):
    shifted = np.roll(targets, 1, axis=1)
    shifted[:, 0] = start
    return shifted


def shift_by_lists(targets, start):
    return [[start, *row[:-1]] for row in targets.tolist()]


def attention_by_matrices(query, keys, values, mask):
    scores = (keys @ query[:, :, None])[:, :, 0] + np.where(mask, 0.0, -1e9)
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    weights = e / e.sum(axis=1, keepdims=True)
    return (weights[:, :, None] * values).sum(axis=1), weights


def attention_one_by_one(query, keys, values, mask):
    weights = np.zeros(mask.shape)
    context = np.zeros((len(values), values.shape[2]))
    for n in range(len(query)):
        real = np.flatnonzero(mask[n])
        scores = keys[n, real] @ query[n]
        e = np.exp(scores - scores.max())
        weights[n, real] = e / e.sum()
        context[n] = weights[n] @ values[n]
    return context, weights


def attention_masked_twice(query, keys, values, mask):
    scores = np.sum(query[:, None] * keys, axis=2)
    highest = np.where(mask, scores, -np.inf).max(axis=1, keepdims=True)
    e = np.exp(np.minimum(scores - highest, 0)) * mask
    weights = e / e.sum(axis=1, keepdims=True)
    return np.einsum("nt,ntd->nd", weights, values), weights


def match_by_lists(predicted, true, end):
    right = 0
    for guess, truth in zip(predicted.tolist(), true.tolist(), strict=True):
        stop = truth.index(end) + 1
        right += guess[:stop] == truth[:stop]
    return right / len(true)


def match_by_words(predicted, true, end):
    def word(row):
        row = list(row)
        return row[: row.index(end) + 1] if end in row else None

    return np.mean([word(a) == word(b) for a, b in zip(predicted, true, strict=True)])


def match_by_positions(predicted, true, end):
    last = (true == end).argmax(axis=1)[:, None]
    read = np.arange(true.shape[1]) <= last
    return 1 - np.any((predicted != true) & read, axis=1).mean()


def beam_with_a_heap(next_log_probs, width, end, max_length):
    beam = [(0.0, [])]
    for _ in range(max_length):
        grown = []
        for score, symbols in beam:
            if symbols and symbols[-1] == end:
                grown.append((score, symbols))
            else:
                logs = next_log_probs(tuple(symbols))
                grown.extend((score + logs[k], [*symbols, k]) for k in range(len(logs)))
        beam = heapq.nlargest(width, grown, key=lambda pair: pair[0])
    score, symbols = beam[0]
    return symbols[:-1] if symbols[-1] == end else symbols, score


def beam_with_arrays(next_log_probs, width, end, max_length):
    words, scores = [()], np.zeros(1)
    for _ in range(max_length):
        table = []
        for word, score in zip(words, scores, strict=True):
            logs = next_log_probs(word)
            if end in word:
                logs = np.full(len(logs), -np.inf)
                logs[end] = 0.0  # an end after the end costs nothing
            table.append(score + logs)
        flat = np.concatenate(table)
        best = np.argsort(-flat)[:width]
        V = len(logs)
        words = [(*words[k // V], int(k % V)) for k in best]
        scores = flat[best]
    return [k for k in words[0] if k != end], float(scores[0])


def beam_that_stops_when_nothing_can_overtake(next_log_probs, width, end, max_length):
    beam = [((), 0.0)]
    for _ in range(max_length):
        grown = [each for each in beam if each[0][-1:] == (end,)]
        for symbols, score in (each for each in beam if each not in grown):
            logs = next_log_probs(symbols)
            best = np.argsort(-logs)[:width]  # no more than these can be among the best
            grown += [((*symbols, int(k)), score + logs[k]) for k in best]
        beam = sorted(grown, key=lambda each: -each[1])[:width]
        if beam[0][0][-1] == end:  # scores only fall
            break
    symbols, score = beam[0]
    return [k for k in symbols if k != end], score


ANSWERS = {
    "shift_right": (shift_by_concatenation, shift_by_rolling, shift_by_lists),
    "attention": (attention_by_matrices, attention_one_by_one, attention_masked_twice),
    "exact_match": (match_by_lists, match_by_words, match_by_positions),
    "beam_search": (
        beam_with_a_heap,
        beam_with_arrays,
        beam_that_stops_when_nothing_can_overtake,
    ),
}
