"""Checkers of chapter 14: causal convolution."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import log, log2, sqrt
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, on_tensors, same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds

_TORCH = (
    "torch.nn.Conv1d",
    "seqcourse.nn.CausalConv1d",
    "seqcourse.nn.causal_conv.CausalConv1d",
)


@exercise("cv-leak", forbid=_TORCH)
class Leak:
    """A convolution that sees no future."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        sizes = ((2, 3, 4, 2, 1, 9), (1, 2, 2, 3, 2, 11), (2, 1, 3, 2, 4, 10), (1, 2, 2, 1, 3, 5))
        cases = []
        for B, C, out, k, d, T in sizes:
            cases.append([rng.normal(size=(B, C, T)), rng.normal(size=(out, C, k)), d])
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [on_tensors(answer, *case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (x, weight, d), given in zip(inputs["cases"], outputs, strict=True):
            k = weight.shape[-1]
            reach = (k - 1) * d
            slips = {
                f"Every output sees {_places(ahead)} of the future: zeros stand behind the last "
                "place, or too few in front of the first.": _moved(x, weight, d, ahead)
                for ahead in range(1, max(reach, d) + 1)
            }
            slips |= {
                "No future is seen, and no present either: there are more zeros in front than the "
                f"farthest weight looks back ({_places(behind)} too many).": (
                    _moved(x, weight, d, -behind)
                )
                for behind in range(1, d + 1)
            }
            slips |= {
                "The weights are in the wrong order: the last one looks at the present.": _moved(
                    x, weight[..., ::-1], d, 0
                ),
                "The dilation is lost: neighbours are d places apart.": _moved(x, weight, 1, 0),
            }
            right = _moved(x, weight, d, 0)
            name = f"k = {k}, dilation {d}, {x.shape[-1]} places"
            many = _length(given)
            if many is not None and many != x.shape[-1]:
                look = _of_length(many, x.shape[-1], reach)
                wanted = f"{x.shape[-1]} places"
                yield holds(name, False, given=_places(many), expected=wanted, look=look)
                continue
            distinct = {text: v for text, v in slips.items() if not same(v, right)}
            look = slip(given, distinct) or (
                "In front of the first place as many zeros as the farthest weight looks back, and "
                "none behind the last."
            )
            yield close(name, given, right, look=look, rtol=1e-4, atol=1e-5)


def _length(given: Plain) -> int | None:
    """How many places an output (B, O, T) has; None if it is no such thing."""
    try:
        shape = np.asarray(given, dtype=float).shape
    except (TypeError, ValueError):
        return None
    return shape[-1] if len(shape) == 3 else None


def _of_length(many: int, T: int, reach: int) -> str:
    """What to say of so many places in place of T."""
    if many == 0 and not reach:
        return (
            "At k = 1 the farthest weight looks back 0 places, and a slice that ends at -0 is "
            "empty: with the right zeros there is nothing to cut."
        )
    if many == T - reach:
        return (
            f"Without zeros the first output ends at place {reach + 1} of x: {_places(reach)} too "
            "few. Put as many zeros in front."
        )
    if many > T:
        return (
            f"{_places(many - T).capitalize()} too many: each zero, in front or behind, gives one "
            "output more. Only those in front are wanted, as many as the farthest weight looks "
            "back."
        )
    return "Of what goes in, zeros and all, (k - 1) d fewer come out: give one for each place of x."


def _places(count: int) -> str:
    return "one place" if count == 1 else f"{count} places"


def _moved(x: np.ndarray, weight: np.ndarray, d: int, ahead: int) -> np.ndarray:
    """The causal convolution, its outputs taken so many places ahead of their own."""
    k, T = weight.shape[-1], x.shape[-1]
    far = (k - 1) * d + abs(ahead) + 1
    wide = np.pad(x, ((0, 0), (0, 0), (far, far)))
    y = np.zeros((x.shape[0], weight.shape[0], T))
    for i in range(k):
        begin = far + ahead - i * d
        y += np.einsum("oc,bct->bot", weight[..., k - 1 - i], wide[..., begin : begin + T])
    return y


@exercise("cv-holes")
class Holes(Called):
    """How many places the last output depends on, those left out not counted."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        drawn = [int(d) for d in rng.integers(1, 12, 3)]
        cases = [(3, [1, 9]), (3, [1, 2]), (2, [1, 2, 4, 8]), (2, [1, 3, 9]), (4, [5]), (2, [])]
        return {"cases": [*cases, (3, drawn)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (k, dilations), given in zip(inputs["cases"], outputs, strict=True):
            right = len(_back(k, dilations))
            span = 1 + (k - 1) * sum(dilations)
            slips = {
                "That is how far it sees, from the first place to the last: some between them may "
                "be left out.": span,
                "That counts paths: where two lead to one place, it is one place still.": (
                    k ** len(dilations)
                ),
                "The present counts, too: all i may be 0.": right - 1,
                "Count places, not the distance to the farthest one.": span - 1,
                "i runs to k - 1: a kernel of k looks at k places.": (len(_back(k + 1, dilations))),
                "i runs from 0 to k - 1: one more than you take.": (
                    len(_back(k - 1, dilations)) if k > 1 else -1
                ),
                "Every layer reads what the one below hands on: add its steps to those of all "
                "layers before.": 1 + len({i * d for d in dilations for i in range(1, k)}),
            }
            distinct = {text: v for text, v in slips.items() if v != right}
            look = slip(given, distinct) or (
                "Collect the distances: from each that the layers above allow, a layer goes on by "
                "0, d, …, (k - 1) d."
            )
            name = f"k = {k}, dilations {dilations}"
            yield close(name, given, right, look=look, rtol=0, atol=0.1)


def _back(k: int, dilations: Sequence[int]) -> set[int]:
    """Distances to all places that the last output depends on."""
    back = {0}
    for d in dilations:
        back = {b + i * d for b in back for i in range(k)}
    return back


@exercise("cv-seen")
class Seen:
    """How many places a model's last output depends on, by its gradient."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        stacks = [(2, [1, 2, 4]), (2, [1, 3, 9]), (3, [1, 2]), (2, [4, 8, 16]), (2, [1, 2])]
        lengths = [12, 20, 15, 21, 9]
        seeds = [int(seed) for seed in rng.integers(0, 10**6, len(stacks))]
        first = [False, True, False, True, False]  # whether the channel that sees all comes first
        scales = [1.0, 1.0, 1.0, 1.0, 1e-9]
        return {"cases": list(zip(stacks, lengths, seeds, first, scales, strict=True))}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        found = []
        for (k, dilations), length, seed, first, scale in inputs["cases"]:
            model = _Stack(k, dilations, seed, first, scale)
            given = answer(model, length)
            found.append([given, model.calls])
        return found

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        ones = all(same(given, 1) for given, _ in outputs)
        rising = all(
            same(given, _Stack(*stack, *how).rising(length))
            for (stack, length, *how), (given, _) in zip(inputs["cases"], outputs, strict=True)
        )
        for case, (given, calls) in zip(inputs["cases"], outputs, strict=True):
            (k, dilations), length, *_, scale = case
            back = {b for b in _back(k, dilations) if b < length}
            slips = {
                "That is the way to the farthest place: places between it and the last whose "
                "gradient is 0 do not count.": max(back) + 1,
                "That is 1 + (k - 1) times the sum of the dilations: measure it, this one may "
                "leave places out.": 1 + (k - 1) * sum(dilations),
                "That is every place there is: ask the *last* output alone for its gradient.": (
                    length
                ),
                (
                    "One place each time: so few move the *first* output. Ask y[0, :, -1]."
                    if ones
                    else "One place: so few move one of the last output's numbers. Add up all of "
                    "them, y[0, :, -1]."
                ): 1,
                "One too few: does the present count?": len(back) - 1,
                "None: this model's gradients are tiny, below your threshold. Count all that are "
                "not 0.": 0 if scale < 1 else -1,
            }
            distinct = {text: v for text, v in slips.items() if v != len(back)}
            if rising:
                look = "Those are the gradients above 0: below 0 they tell of a place, too."
            else:
                look = slip(given, distinct)
            look = look or (
                "x.requires_grad_(), the sum of y[0, :, -1], backward(): then count what is not 0 "
                "in x.grad."
            )
            name = f"k = {k}, dilations {dilations}, {length} places"
            name += "" if scale == 1 else ", small weights"
            yield close(name, given, len(back), look=look, rtol=0, atol=0.1)
            yield holds(
                f"{name}: how often the model runs",
                calls <= 3,
                given=calls,
                expected="once",
                look="One gradient tells of all places at once: run the model once, not for each.",
            )


class _Stack:
    """A model (1, 1, T) -> (1, 2, T): one channel sees the present, the other all.

    Args:
        k, dilations: of its layers, one weight a place, of either sign.
        seed: of the weights.
        first: whether the channel that sees all comes first.
        scale: of both channels.
    """

    def __init__(
        self, k: int, dilations: Sequence[int], seed: int, first: bool, scale: float
    ) -> None:
        rng = np.random.default_rng(seed)
        self.weights = [
            rng.uniform(0.5, 1.5, k) * rng.permutation([(-1.0) ** i for i in range(k)])
            for _ in dilations
        ]
        self.dilations, self.first, self.scale, self.calls = dilations, first, scale, 0

    def __call__(self, x: Any) -> Any:
        import torch

        self.calls += 1
        h = x.to(torch.float64)
        present = torch.tanh(0.01 * h)
        for weight, d in zip(self.weights, self.dilations, strict=True):
            total = torch.zeros_like(h)
            for i, w in enumerate(weight):
                past = torch.nn.functional.pad(h, (i * d, 0))[..., : h.shape[-1]]
                total = total + float(w) * past
            h = total + 0.01 * torch.tanh(total)
        return self.scale * torch.cat([h, present] if self.first else [present, h], 1)

    def rising(self, length: int) -> int:
        """At how many places a larger input makes the last output's sum larger."""
        import torch

        rng = np.random.default_rng(0)
        x = torch.tensor(rng.normal(size=(1, 1, length)), requires_grad=True)
        (slope,) = torch.autograd.grad(self(x)[0, :, -1].sum(), x)
        return int((slope > 0).sum())


@exercise("cv-bits")
class Bits(Called):
    """How many bits equal steps need."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        drawn = (float(rng.uniform(0.02, 0.2)), float(rng.uniform(20, 60)))
        return {"cases": [(0.25, 38.0), (0.025, 38.0), (0.5, 90.0), drawn]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (rms, decibels), given in zip(inputs["cases"], outputs, strict=True):
            ratio = 10 ** (decibels / 10)
            levels = sqrt(ratio / 3) / rms
            slips = {
                "That is how many levels: one bit doubles them.": levels,
                "A ratio of mean squares has 10 decibels for a factor of ten, not 20.": (
                    log2(sqrt(10 ** (decibels / 20) / 3) / rms)
                ),
                "The levels stand squared in the ratio: take the root.": log2(ratio / 3 / rms**2),
                "The steps are 2/V wide, as x goes from -1 to 1.": log2(sqrt(ratio / 12) / rms),
                "The error is spread evenly over a step: its mean square is the width's square "
                "by 12.": log2(sqrt(ratio) / rms),
                "Bits count doublings: the logarithm to the base 2.": log(levels),
                "Decimal places, not bits: the logarithm to the base 2.": log(levels) / log(10),
                "A softer sound needs more bits, not fewer: the ratio has the sound's mean square "
                "on top.": log2(sqrt(ratio / 3) * rms),
                "rms is the root of the mean square: square it.": log2(sqrt(ratio / 3 / rms)),
                "Do not round.": float(np.ceil(log2(levels))),
            }
            look = slip(given, slips) or (
                "Set 3 V² rms² equal to the ratio, and solve for V; then ask how many doublings."
            )
            name = f"rms {rms:.3g}, {decibels:.3g} decibels"
            yield close(name, given, log2(levels), look=look, rtol=1e-4)


@exercise("cv-fifo", forbid=("torch.nn.functional.conv1d", "torch.conv1d", *_TORCH))
class Fifo:
    """One place of a convolution, from a queue of what was before."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for B, C, out, k, d in ((1, 2, 3, 2, 1), (2, 3, 4, 2, 4), (2, 2, 3, 3, 2), (1, 2, 4, 1, 3)):
            cases.append(
                {
                    "x": rng.normal(size=(B, C, 9)),
                    "weight": rng.normal(size=(out, C, k)),
                    "bias": rng.normal(size=out),
                    "dilation": d,
                    "before": rng.normal(size=((k - 1) * d, B, C)),
                }
            )
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        import torch

        found = []
        for case in inputs["cases"]:
            x, weight, bias = (torch.tensor(case[key]) for key in ("x", "weight", "bias"))
            d = case["dilation"]
            queue: Any = list(torch.tensor(case["before"]))
            outputs, lengths = [], []
            for t in range(x.shape[-1]):
                given = answer(x[..., t], list(queue), weight, bias, d)
                if not isinstance(given, tuple | list) or len(given) != 2:
                    return None if given is None else "one thing"
                y_t, queue = given
                outputs.append(y_t.tolist() if hasattr(y_t, "tolist") else y_t)
                lengths.append(len(queue))
            found.append([np.array(outputs), lengths])
        return found

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if outputs is None or isinstance(outputs, str):
            look = "Return two things: y_t, and the queue for the next place."
            wanted = "(y_t, queue)"
            yield holds("what comes back", False, given=outputs, expected=wanted, look=look)
            return
        for case, (given, lengths) in zip(inputs["cases"], outputs, strict=True):
            x, weight, bias, d = (case[key] for key in ("x", "weight", "bias", "dilation"))
            k = weight.shape[-1]
            name = f"k = {k}, dilation {d}"
            size = (k - 1) * d
            look = "What is (k - 1) d places back must still be there, and no more."
            if lengths[0] == size + 1:
                look = (
                    "One too many stay: the oldest leaves when x_t comes in."
                    if size
                    else "With a kernel of one place nothing waits. A slice from -(k - 1) d on "
                    "begins at -0 here, and that is all of it: drop the oldest instead."
                )
            kept = set(lengths) == {size}
            yield holds(
                f"{name}: how many wait", kept, given=lengths, expected=f"{size} always", look=look
            )
            wide = np.concatenate([np.moveaxis(case["before"], 0, -1), x], -1)
            places = x.shape[-1]
            right = _queued(wide, weight, bias, d, places)
            stays = np.stack(
                [
                    _queued(
                        np.concatenate([wide[..., :size], x[..., t : t + 1]], -1),
                        weight,
                        bias,
                        d,
                        1,
                    )[0]
                    for t in range(places)
                ]
            )
            turned = np.concatenate([wide[..., :size][..., ::-1], x], -1)
            slips = {
                "The weights are in the wrong order: the last of them looks at x_t.": (
                    _queued(wide, weight[..., ::-1], bias, d, places)
                ),
                "The bias is missing.": _queued(wide, weight, 0 * bias, d, places),
                "The queue stays as it was: put x_t in at its end, and let the oldest go.": stays,
                "You take the queue for the newest first: it holds the oldest first, and x_t "
                "comes in at its end.": _queued(turned, weight, bias, d, places),
                "The dilation is left out: the next place that counts is d before.": (
                    _queued(wide, weight, bias, 1, places)
                ),
                "x_t itself is missing: look it up behind the queue.": _queued(
                    wide, weight * (np.arange(k) < k - 1), bias, d, places
                ),
                "Each weight brings the bias in again: once is enough.": (
                    _queued(wide, weight, k * bias, d, places)
                ),
            }
            distinct = {text: v for text, v in slips.items() if not same(v, right)}
            look = slip(given, distinct) or (
                "In [*queue, x_t], what is i d places back stands at index -1 - i d; its weight at "
                "-1 - i."
            )
            yield close(f"{name}: y_1 … y_9", given, right, look=look, rtol=1e-5, atol=1e-6)


def _queued(
    wide: np.ndarray, weight: np.ndarray, bias: np.ndarray, d: int, places: int
) -> np.ndarray:
    """The last so many outputs, (T, B, O), of all that came, (B, C, more)."""
    y = _moved(wide, weight, d, 0) + bias[:, None]
    return np.asarray(np.moveaxis(y, -1, 0)[-places:])
