"""Checkers of chapter 9, deep and bidirectional networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations_with_replacement, permutations, product
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, fixed, misshapen, same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("dp-ends")
class Ends:
    """Of a two-way layer's padded states, each direction's own last."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {
            "cases": [
                {"what": "padded sequences", "h": rng.normal(size=(4, 6, 6)), "n": [3, 6, 1, 5]},
                {"what": "no padding", "h": rng.normal(size=(2, 4, 8)), "n": [4, 4]},
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(fixed(case["h"]), fixed(np.array(case["n"]))) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            h, n = case["h"], np.array(case["n"])
            rows, half = np.arange(len(h)), h.shape[2] // 2
            there, back = h[:, :, :half], h[:, :, half:]
            ends, begins = there[rows, n - 1], back[:, 0]
            slips = {
                "That is the last step of the row: padding, for all but the longest. And the "
                "backward half has read one place there.": h[:, -1],
                "Forwards, that is right. The backward half is taken where it has read one place "
                "only: where does a backward run end?": h[rows, n - 1],
                "Backwards, that is right. Forwards, the last place of each sequence is wanted, "
                "not its first.": h[:, 0],
                "Forwards, the last step of the row is taken; it is padding where a sequence is "
                "shorter. Use the lengths.": np.hstack([there[:, -1], begins]),
                "The two halves have changed places: forwards first.": np.hstack([begins, ends]),
                "The forward half is taken one step too early: a sequence of length 3 ends at the "
                "index 2.": np.hstack([there[rows, n - 2], begins]),
                "The halves of the features are mixed up: the forward half is h[..., :H].": (
                    np.hstack([back[rows, n - 1], there[:, 0]])
                ),
                "Forwards, that is right. The backward half is counted from the row's end: its run "
                "ends at one place, whatever the length.": np.hstack([ends, back[rows, -n]]),
                "Forwards, that is right. The backward half is taken one step before its run "
                "ends.": np.hstack([ends, back[:, 1]]),
            }
            inside = (np.arange(h.shape[1]) < n[:, None])[..., None]
            average = "You averaged over the places: one place a half is wanted."
            if same(given, (h * inside).sum(1) / n[:, None]) or same(given, h.mean(1)):
                slips = {average: given}
            look = slip(given, slips) or (
                "Look at the two halves apart. For which sequences is each wrong?"
            )
            yield close(case["what"], given, np.hstack([ends, begins]), look=look)


@exercise("dp-cones")
class Cones(Predicted):
    """How many of eight inputs the third output sees, in six wirings."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 6, "six whole numbers: (a) to (f)"):
            yield lost
            return
        looks = [
            "How many places has one run read when it answers at place 3?",
            "Layers add no sight: each reads, at its place, only what is there already.",
            "The answer for place 3 is read at place 5.",
            "One half reads from the left up to 3, the other from the right down to 3.",
            "The left part ends at 2, the right part begins at 4: which one is missing?",
            "At each place the lower layer knows all to the right of it. The upper one begins at "
            "place 1: what did the lower one know there?",
        ]
        slips: list[dict[str, Any]] = [
            {"That is without place 3 itself.": 2, "All would take a second direction.": 8},
            {"No: the cone does not grow with the layers.": 6},
            {"Two steps late means two places more, not two in all.": 2, "Count place 3, too.": 4},
            {"Place 3 itself is seen, by both halves.": 7, "That is one direction alone.": 6},
            {"Its own place is not among them: neither run has read it.": 8},
            {
                "That is what the lower layer sees at place 3. The upper one has read the lower "
                "one's states at 1 and 2, too.": 6,
                "That is what the upper layer reads of the lower one's states; these have seen "
                "more.": 3,
            },
        ]
        for name, given, right, look, known in zip(
            "abcdef", outputs, (3, 3, 5, 8, 7, 8), looks, slips, strict=True
        ):
            ok = same(given, right)
            said = slip(given, known) or look
            yield holds(f"({name})", ok, given=given, expected="another number", look=said)


@exercise("dp-count")
class Count(Called):
    """What a stack of two-way LSTM layers has to train, and how wide its output is."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        drawn = rng.integers([3, 20, 2], [9, 40, 5])
        return {"cases": [(5, 7, 1), (3, 4, 2), (10, 3, 4), tuple(int(k) for k in drawn)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        ways = [_counts(*case) for case in inputs["cases"]]
        for case, way, given in zip(inputs["cases"], ways, outputs, strict=True):
            name = "D = {}, H = {}, {} layers".format(*case)
            text = "two numbers: the count, the width"
            if lost := misshapen(given, 2, text, f"{name}: the form"):
                yield lost
                continue
            D, H, _ = case
            right = way.pop("")
            # with one layer, mistakes of the layers above give the right number
            slips = {text: value for text, value in way.items() if value != right}
            look = slip(given[0], slips) or (
                "One block of weights in one direction first; then what each layer reads."
            )
            numbers = close(f"{name}: numbers to train", given[0], right, look=look)
            if not numbers.ok:
                yield numbers
                continue
            wide = {
                "That is one direction: both stand side by side.": H,
                "The width does not grow with the layers.": 2 * H * case[2],
                "That is the input's width.": D,
            }
            look = slip(given[1], wide) or "Two states of H numbers, one above the other."
            found = close(f"{name}: the output's width", given[1], 2 * H, look=look)
            yield holds(name, True) if found.ok else found


def _counts(D: int, H: int, layers: int) -> dict[str, int]:
    """The right count, under an empty text, and what a typical mistake gives."""

    def total(
        *, ways: int = 2, gates: int = 4, first: int = D, above: int = 2 * H, biases: int = 2
    ) -> int:
        widths = [first] + [above] * (layers - 1)
        return sum(ways * gates * H * (width + H + biases) for width in widths)

    return {
        "": total(),
        "That is one direction: each has weights of its own.": total(ways=1, above=H),
        "Two directions, and the upper layers read both of them: 2H numbers, not H.": total(
            above=H
        ),
        "An upper layer reads the states below it, not the input: 2H numbers, not D.": total(
            above=D
        ),
        "PyTorch keeps two biases.": total(biases=1),
        "The biases are missing.": total(biases=0),
        "An LSTM has four blocks of weights: i, f, g and o.": total(gates=1),
        "Three blocks has a GRU; an LSTM has four.": total(gates=3),
        "That is the first layer alone.": 2 * 4 * H * (D + H + 2),
        "That counts the first layer as often as there are layers; above it, 2H numbers "
        "come in.": layers * 2 * 4 * H * (D + H + 2),
        "Every layer has two directions, the upper ones, too.": 2 * 4 * H * (D + H + 2)
        + (layers - 1) * 4 * H * (2 * H + H + 2),
        "That is one upper layer too many: one of the layers is the first.": 8 * H * (D + H + 2)
        + layers * 8 * H * (2 * H + H + 2),
        "The upper layers' recurrent weights are (4H, H): each direction feeds back itself "
        "alone.": 2 * 4 * H * (D + H + 2) + (layers - 1) * 8 * H * (2 * H + 2 * H + 2),
        "In the first layer, too, each direction feeds back its own H numbers alone.": 8
        * H
        * (D + 2 * H + 2)
        + (layers - 1) * 8 * H * (2 * H + H + 2),
        "Each direction feeds back its own H numbers alone, in every layer.": 8
        * H
        * (D + 2 * H + 2)
        + (layers - 1) * 8 * H * (2 * H + 2 * H + 2),
    }


Layer = Callable[[Tensor], Tensor]


@exercise("dp-stack")
class Stacked:
    """Layers one above the other, with residual connections where the widths agree."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(what: str, residual: bool, *widths: int) -> dict[str, Any]:
            pairs = zip(widths[:-1], widths[1:], strict=True)
            weights = [rng.normal(size=(b, a)) / np.sqrt(a) for a, b in pairs]
            x = rng.normal(size=(2, 3, widths[0]))
            return {"what": what, "residual": residual, "x": x, "weights": weights}

        return {
            "cases": [
                case("plain", False, 4, 4, 4, 4),
                case("residual, all of one width", True, 4, 4, 4, 4),
                case("residual, the input narrower than the states", True, 3, 5, 5, 5),
                case("plain, the input narrower", False, 3, 5, 5),
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [_tried(answer, case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            if isinstance(given, str):
                expected = "states, and x as it was"
                yield holds(case["what"], False, given=given, expected=expected, look=_SAID[given])
                continue
            x, layers = torch.from_numpy(case["x"]), _layers(case["weights"])
            ways = {text: _stacked(x, layers, how) for text, how in _STACKS.items()}
            right = ways["add" if case["residual"] else "plain"]
            slips = {
                text: value.numpy()
                for text, value in ways.items()
                if len(text) > 5 and value.shape == right.shape and not value.equal(right)
            }
            short = _stacked(x, layers[:-1], "below" if case["residual"] else "")
            slips["That is one layer too few: the last is missing."] = short.numpy()
            told = slip(given, slips)
            if case["residual"] and same(given, ways["plain"].numpy()):
                told = "Nothing was added: with residual=True, each layer's input is."
            if not case["residual"] and same(given, ways["add"].numpy()):
                told = "With residual=False nothing is to be added."
            look = told or "What goes into the second layer? And what when the widths differ?"
            yield close(case["what"], given, right.numpy(), look=look)


CHANGED = "x itself was changed"
UNEQUAL = "numbers of different widths cannot be added"
_SAID = {
    CHANGED: "`x += states` writes into the caller's tensor: write x = x + states.",
    UNEQUAL: "Here a layer is given fewer numbers than it hands on: add only where the shapes "
    "agree.",
}


def _tried(answer: Any, case: Mapping[str, Any]) -> Any:
    """What the answer gives for a case, or a text: what it must not do."""
    x = torch.from_numpy(case["x"].copy())
    try:
        found = answer(x, _layers(case["weights"]), case["residual"])
    except RuntimeError as error:
        if "size of tensor" in str(error):
            return UNEQUAL
        raise
    if case["residual"] and not np.array_equal(x.numpy(), case["x"]):
        return CHANGED
    return found


def _layers(weights: Sequence[np.ndarray]) -> list[Layer]:
    """Layers that also look one place back, from (B, T, I) to (B, T, H)."""

    def layer(weight: Tensor) -> Layer:
        def run(x: Tensor) -> Tensor:
            before = torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], 1)
            return torch.tanh((x + 0.5 * before) @ weight.T)

        return run

    return [layer(torch.from_numpy(weight)) for weight in weights]


# What is added to the states, by what to say of it; "add" and "plain" are the right ones.
_STACKS = {
    "plain": "",
    "add": "below",
    "The network's own input is added at each layer: add what went into this layer.": "input",
    "Only the last layer adds: every layer is to.": "last",
    "Only the first layer adds: every layer is to.": "first",
    "The first layer adds nothing: it is to, where the widths agree.": "upper",
    "A layer's output is added to itself: add its input.": "itself",
    "The input is taken off; it is to be added.": "minus",
    "The layers are in the reverse order: the first reads x.": "reverse",
    "What all the layers gave is added up: add to a layer's states what went into it.": "all",
    "Where the widths differ, nothing is to be added, not the first numbers either.": "part",
}


def _stacked(x: Tensor, layers: Sequence[Layer], how: str) -> Tensor:
    """What comes out if that is added; widths that do not agree add nothing."""
    bottom, h = x, x
    if how == "reverse":
        try:
            return _stacked(x, layers[::-1], "below")
        except RuntimeError:  # the widths do not fit this way
            return x.new_zeros(0)
    for i, layer in enumerate(layers):
        states = layer(h)
        fits, last = states.shape == h.shape, i == len(layers) - 1
        takes = {"last": last, "first": i == 0, "upper": i > 0}
        if how == "itself":
            h = 2 * states if fits else states
        elif how == "input":
            h = states + bottom if states.shape == bottom.shape else states
        elif how == "minus":
            h = states - h if fits else states
        elif how == "all":
            h = states
            bottom = bottom + states if fits or i > 0 else states
        elif how == "part":
            width = min(h.shape[-1], states.shape[-1])
            part = states.clone()
            part[..., :width] += h[..., :width]
            h = part
        else:
            h = states + h if how and fits and takes.get(how, True) else states
    return bottom if how == "all" else h


@exercise("dp-total")
class Total:
    """The sum of what a model says of all strings of one length."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def law(V: int) -> np.ndarray:
            p = rng.uniform(0.2, 1, (V + 1, V))
            return np.asarray(p / p.sum(1, keepdims=True))

        return {
            "cases": [
                {
                    "what": "a model that sees its answer, 3 letters, strings of 3",
                    "V": 3,
                    "T": 3,
                    "p": rng.uniform(0.8, 0.99, (4, 3)),
                },
                {
                    "what": "another that sees its answer, 2 letters, strings of 4",
                    "V": 2,
                    "T": 4,
                    "p": rng.uniform(0.6, 0.95, (3, 2)),
                },
                {"what": "a chain, 3 letters, strings of 4", "V": 3, "T": 4, "p": law(3)},
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(_scorer(case["p"]), case["V"], case["T"]) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            V, T = case["V"], case["T"]
            score = _scorer(case["p"])
            logs = np.array([score(word) for word in product(range(V), repeat=T)])
            right = float(np.exp(logs).sum())

            def over(words: Iterable[tuple[int, ...]], score: Any = score) -> float:
                return float(sum(np.exp(score(word)) for word in words))

            slips = {
                "That is the mean over the strings: add them up.": right / len(logs),
                "You added logarithms: take exp of each first.": logs.sum(),
                "You took exp of the sum; take the sum of the exp.": np.exp(logs.sum()),
                "That is the logarithm of the total.": np.log(right),
                "Strings with a letter twice are missing: product, not permutations.": over(
                    permutations(range(V), T)
                ),
                "'ab' and 'ba' are two strings: product, not combinations.": over(
                    combinations_with_replacement(range(V), T)
                ),
                "The strings are one letter too short.": over(product(range(V), repeat=T - 1)),
                "The strings are one letter too long.": over(product(range(V), repeat=T + 1)),
                "The letters are 0 to V − 1: the last one never comes.": over(
                    product(range(V - 1), repeat=T)
                ),
            }
            slips["log_p is the natural logarithm: exp, not another power."] = (2.0**logs).sum()
            slips["log_p is that of the whole string: do not divide it by T."] = float(
                np.exp(logs / T).sum()
            )
            slips["Strings of T letters only, no shorter ones."] = sum(
                over(product(range(V), repeat=length)) for length in range(1, T + 1)
            )
            if right > 1.001:
                slips["So much a law gives. This model is none: add up what it says."] = 1.0
            apart = {text: value for text, value in slips.items() if not same(value, right)}
            look = slip(given, apart) or f"There are {V**T} such strings. Do you meet each once?"
            yield close(case["what"], given, right, look=look)


def _scorer(p: np.ndarray) -> Callable[[tuple[int, ...]], float]:
    """log p of a string: the first letter has the table's row V, each other the row before."""

    def log_p(string: tuple[int, ...]) -> float:
        if any(not 0 <= letter < p.shape[1] for letter in string):
            text = f"the letters are 0 to V − 1, with V = {p.shape[1]}"
            raise ValueError(f"log_p got {tuple(string)}: {text}.")
        rows = (len(p) - 1, *string[:-1])
        return float(sum(np.log(p[row, letter]) for row, letter in zip(rows, string, strict=True)))

    return log_p


@exercise("dp-norms")
class Norms:
    """The gradient's norm at the first layer of a stack, as a share of that at the last."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        # a process's first backward pass loads much of torch: seconds that are not the learner's
        torch.ones(1, requires_grad=True).sum().backward()  # type: ignore[no-untyped-call]
        return {
            "cases": [
                {"depth": 3, "residual": False, "seed": int(rng.integers(1000))},
                {"depth": 4, "residual": True, "seed": int(rng.integers(1000))},
            ],
            "x": [rng.normal(size=(2, 5, 4)), rng.normal(size=(3, 2, 4))],
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [
            [float(answer(stack, torch.from_numpy(x))) for x in inputs["x"]]
            for stack in map(_stack, inputs["cases"])
        ]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            name = f"{case['depth']} layers, {'residual' if case['residual'] else 'plain'}"
            ways = [_shares(_stack(case), torch.from_numpy(x)) for x in inputs["x"]]
            other = (
                "Look at three things apart: the loss, which layers' weights, and how their norm "
                "is taken."
            )
            first = close(
                name, given[0], ways[0][""], look=slip(given[0], ways[0]) or other, rtol=1e-4
            )
            yield first
            later = "The first call's gradients are still in .grad." if first.ok else other
            look = slip(given[1], ways[1]) or later
            yield close(f"{name}, called again", given[1], ways[1][""], look=look, rtol=1e-4)


def _parts(stack: _Stack, loss: Tensor) -> list[np.ndarray]:
    """For each layer the gradient of a loss by all its weights, one vector."""
    stack.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    return [
        np.concatenate([p.grad.flatten().numpy() for p in layer.parameters() if p.grad is not None])
        for layer in stack.layers
    ]


def _shares(stack: _Stack, x: Tensor) -> dict[str, float]:
    """The right share, under an empty text, and what a typical mistake gives."""

    def share(loss: Tensor) -> float:
        parts = _parts(stack, loss)
        return float(np.linalg.norm(parts[0]) / np.linalg.norm(parts[-1]))

    plain = share(stack(x)[0].sum())
    last = share(stack(x)[0][:, -1].square().sum())
    ends = share(stack(x)[1][-1].square().sum())
    absolute = share(stack(x)[0].abs().sum())
    whole = _parts(stack, stack(x)[0].square().sum())
    norm = [float(np.linalg.norm(part)) for part in whole]
    each = [
        np.array([float(p.grad.norm()) for p in layer.parameters() if p.grad is not None])
        for layer in stack.layers
    ]
    right = norm[0] / norm[-1]
    of_all = norm[0] / float(np.linalg.norm(np.concatenate(whole)))
    return {
        "": right,
        "That is the last layer's as a share of the first's.": 1 / right,
        "That is the first layer's norm: divide by the last layer's.": norm[0],
        "That is the last layer's norm: it is what to divide by.": norm[-1],
        "The norms of the four weights were added: add the squares, then take the root.": float(
            each[0].sum() / each[-1].sum()
        ),
        "The absolute values were added: add the squares, then take the root.": float(
            np.abs(whole[0]).sum() / np.abs(whole[-1]).sum()
        ),
        "The gradient's numbers were added: add their squares, then take the root.": float(
            whole[0].sum() / whole[-1].sum()
        ),
        "That is the ratio of the squares: take the root.": right**2,
        "That is the ratio for the first of a layer's weights alone: take all of them.": float(
            each[0][0] / each[-1][0]
        ),
        "That is the second layer, index 1: the first has the index 0.": norm[1] / norm[-1],
        "That divides by the second layer's: the last has the index −1.": norm[0] / norm[1],
        "That divides by the norm over the whole stack: the last layer's alone is wanted.": of_all,
        "The loss was not squared: all of stack(x)[0], squared, added up.": plain,
        "The loss takes absolute values: squares are wanted.": absolute,
        "The loss has the last step only: stack(x)[0] holds all steps.": last,
        "The loss is of the last states: stack(x)[0] holds those of all steps.": ends,
    }


class _Stack(nn.Module):
    """As `seqcourse.models.stack.Stack`, of plain layers: what is judged needs no import of it."""

    def __init__(self, depth: int, residual: bool) -> None:
        super().__init__()
        self.residual = residual
        self.layers = nn.ModuleList(nn.RNN(4, 4, batch_first=True) for _ in range(depth))

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        ends = []
        for layer in self.layers:
            states, end = layer(x)
            x = x + states if self.residual else states
            ends.append(end)
        return x, ends


def _stack(case: Mapping[str, Any]) -> _Stack:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(case["seed"])
        return _Stack(case["depth"], case["residual"]).double()
