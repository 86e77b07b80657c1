"""Checkers of chapter 4, Recurrent networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, fixed, misshapen, same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("rn-count")
class Count(Called):
    """The parameters of a recurrent and of a feed-forward network."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        drawn = [tuple(int(n) for n in rng.choice(np.arange(2, 60), 4, False)) for _ in range(2)]
        return {"cases": [(5, 32, 64, 42), *drawn]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (T, D, H, V), given in zip(inputs["cases"], outputs, strict=True):
            case = f"T = {T}, D = {D}, H = {H}, V = {V}"
            text = "two numbers: the recurrent network's, the feed-forward one's"
            if lost := misshapen(given, 2, text, f"the form of the answer, {case}"):
                yield lost
                return
            out = V * (H + 1)
            recurrent, flat = H * (D + H + 2) + out, H * (T * D + 1) + out
            if flat != recurrent and same(given, (flat, recurrent)):
                look = "The two are swapped: the recurrent network's comes first."
                yield holds(f"the order, {case}", False, given=given, look=look)
                return
            slips = {
                "One bias is missing: PyTorch keeps b_ih and b_hh.": recurrent - H,
                "Both biases of the recurrent layer are missing.": recurrent - 2 * H,
                "The output layer is missing: V (H + 1).": recurrent - out,
                "The output layer's bias is missing.": recurrent - V,
                "T times too many: all steps share one set of weights.": T * recurrent,
                "The recurrent weights do not grow with T: all steps share them.": (
                    T * (recurrent - out) + out
                ),
                "W_hh is missing: H times H.": recurrent - H * H,
            }
            look = slip(given[0], slips) or "Add up W_ih, W_hh, two biases, W_ho and its bias."
            yield close(f"the recurrent network, {case}", given[0], recurrent, look=look)
            slips = {
                "It has one bias of H numbers, not two.": flat + H,
                "Its hidden layer's bias is missing.": flat - H,
                "The output layer is missing: V (H + 1).": flat - out,
                "The output layer's bias is missing.": flat - V,
                "It takes all T places at once: T D inputs.": H * (D + 1) + out,
                "One bias serves all places: T stands before D alone.": T * H * (D + 1) + out,
            }
            look = slip(given[1], slips) or "Its first matrix is (H, T D), and has one bias."
            yield close(f"the feed-forward network, {case}", given[1], flat, look=look)


@exercise("rn-chatbot")
class Chatbot:
    """The loop over the words, and one prediction behind it."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {
            "sentences": [rng.normal(size=(n, 3)) for n in (5, 1, 2)],
            "weights": [rng.normal(size=shape) for shape in ((4, 3), (4, 4), (6, 4), (3, 6))],
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        rnn, ff = _chat(inputs["weights"])
        return [answer([fixed(x) for x in s], rnn, ff) for s in inputs["sentences"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        rnn, ff = _chat(inputs["weights"])
        for words, given in zip(inputs["sentences"], outputs, strict=True):
            said, state, every, forgot = [], np.zeros(4), [], np.zeros(6)
            for word in words:
                forgot = rnn(word, np.zeros(4))[0]
                out, state = rnn(word, state)
                said.append(out)
                every.append(ff(out))
            right = every[-1]
            ones = np.ones(4)
            backwards = np.zeros(4)
            for word in words:
                out_ones, ones = rnn(word, ones)
            for word in words[::-1]:
                out_back, backwards = rnn(word, backwards)
            slips = (
                {}
                if len(words) == 1
                else {
                    "Each word began at zeros: the new state has to go into the next call.": ff(
                        forgot
                    ),
                    "That is the prediction after the first word: return when the loop is over.": (
                        every[0]
                    ),
                    "One prediction is asked for, after the last word: these are all.": (every),
                    "That is the sum of all predictions: one is asked for, the last.": sum(every),
                    "That averages the predictions of all words: one is asked for, after the "
                    "last.": np.mean(every, 0),
                    "That classifies the mean output: take the last one.": ff(np.mean(said, 0)),
                    "The words went in backwards.": ff(out_back),
                }
            )
            slips |= {
                "The state begins as four zeros.": ff(out_ones),
                "That is the output itself: let ff classify it.": said[-1],
                "That is the state: ff gets the output.": state,
            }
            look = slip(given, slips) or (
                "All scores of the last word's output are asked for, as ff returns them."
            )
            many = f"{len(words)} word{'s' * (len(words) > 1)}"
            yield close(f"the scores of a sentence of {many}", given, right, look=look)


Net = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def _chat(weights: list[np.ndarray]) -> tuple[Net, Callable[[np.ndarray], np.ndarray]]:
    """A recurrent network whose output is not its state, and a classifier."""
    w_ih, w_hh, w_out, w_ff = map(np.asarray, weights)

    def rnn(word: np.ndarray, state: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        before = np.asarray(state, dtype=float)
        if before.shape != (4,):
            raise ValueError(
                f"rnn takes a state of 4 numbers; shape {before.shape} came. rnn returns the "
                "output first, the state second"
            )
        new = np.tanh(w_ih @ np.asarray(word) + w_hh @ before)
        return w_out @ new, new

    def ff(output: np.ndarray) -> np.ndarray:
        given = np.asarray(output)
        if given.shape != (6,):
            raise ValueError(
                f"ff takes an output of 6 numbers; shape {given.shape} came. rnn returns the "
                "output first, the state second"
            )
        return np.asarray(w_ff @ given)

    return rnn, ff


@exercise("rn-last")
class Last(Called):
    """Each sequence's state behind its own last word."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        # No row is full: one step too late is another state, and no IndexError.
        cases = [
            [rng.normal(size=(4, 6, 3)), np.array([5, 1, 4, 2])],
            [rng.normal(size=(5, 5, 5)), np.array([4, 3, 1, 2, 3])],
        ]
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (states, lengths), given in zip(inputs["cases"], outputs, strict=True):
            rows = np.arange(len(states))
            real = (np.arange(states.shape[1]) < lengths[:, None])[..., None]
            slips = {
                "That is the last step of every row, padding too: use the lengths.": states[:, -1],
                "That is the first step of every row.": states[:, 0],
                "One step too late: a sequence of length 3 ends at index 2.": states[rows, lengths],
                "One step too early: a sequence of length 3 ends at index 2.": states[
                    rows, lengths - 2
                ],
                "That is the mean over each sequence: only its last state is asked for.": (
                    states * real
                ).sum(1)
                / lengths[:, None],
                "That is the maximum over each sequence: its last state is asked for.": np.where(
                    real, states, -np.inf
                ).max(1),
                "That takes every length for every row, (B, B, H): pair each row with its own "
                "length, by two index arrays.": states[:, lengths - 1],
                "All of them come from the first row: pair each row with its own length.": states[
                    0, lengths - 1
                ],
            }
            look = slip(given, slips) or "Which step of its own row is each sequence's last?"
            right = states[rows, lengths - 1]
            yield close(f"the last states of {len(states)} sequences", given, right, look=look)


@exercise("rn-order")
class Order(Predicted):
    """Which networks notice that a sentence was turned round."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        given = list(outputs) if isinstance(outputs, tuple | list | np.ndarray) else []
        if len(given) != 4 or not all(isinstance(g, bool | np.bool_) for g in given):
            text = "four times True or False, for (a), (b), (c) and (d)"
            yield holds("the form of the answer", False, given=outputs, expected=text)
            return
        looks = (
            "With the loop each state depends on what came before it. Are the states of a sentence "
            "turned round the same ones, in another order?",
            "Without the loop each state is its own word's. What does turning round do to a mean?",
            "Without the loop the last state is the last word's. Which word is last now?",
            "Without the loop each state is its own word's. What does turning round do to a "
            "maximum?",
        )
        for name, one, right, look in zip("abcd", given, (1, 0, 1, 0), looks, strict=True):
            yield holds(f"({name})", bool(one) == bool(right), given=one, look=look)


@exercise("rn-leaky")
class Leaky:
    """One step that keeps a share of the old state."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for size, hidden, leak in ((3, 4, 0.2), (1, 5, 1.0), (4, 4, 0.6)):
            shapes = (size, hidden), (size, hidden), (hidden, hidden)
            cases.append([*(rng.normal(size=shape) for shape in shapes), leak])
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        import torch

        return [
            answer(*(torch.tensor(value, requires_grad=True) for value in case[:3]), case[3])
            for case in inputs["cases"]
        ]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (a, h, w, leak), given in zip(inputs["cases"], outputs, strict=True):
            plain = np.tanh(a + h @ w.T)
            slips = {
                "λ stands on the wrong side: it is the share of the *new* state.": leak * h
                + (1 - leak) * plain,
                "The weights are transposed: a row h times W_hh is h @ weight_hh.T.": (1 - leak) * h
                + leak * np.tanh(a + h @ w),
                "The old state is kept whole: multiply it by 1 - λ.": h + leak * plain,
                "The old state leaks away whole: a share of it is to stay.": leak * plain,
                "The new state is taken whole: multiply it by λ.": (1 - leak) * h + plain,
                "The leak stands inside the tanh: mix old and new behind it.": np.tanh(
                    (1 - leak) * h + leak * (a + h @ w.T)
                ),
                "The tanh is missing.": (1 - leak) * h + leak * (a + h @ w.T),
                "The input's share a_t is missing.": (1 - leak) * h + leak * np.tanh(h @ w.T),
                "W_hh h_{t-1} is missing.": (1 - leak) * h + leak * np.tanh(a),
                "λ is not 0.7 always: take the argument.": 0.3 * h + 0.7 * plain,
            }
            if leak != 1:
                slips["That is the plain step: a share 1 - λ of the old state is to stay."] = plain
            look = slip(given, slips) or "First the plain step; then mix it with h."
            yield close(f"one step, λ = {leak}", given, (1 - leak) * h + leak * plain, look=look)
