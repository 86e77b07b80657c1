"""Checkers of chapter 6, vanishing and exploding gradients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, about, fixed, misshapen, same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise(
    "vg-clip",
    forbid=(
        "torch.nn.utils.clip_grad_norm_",
        "torch.nn.utils.clip_grad_value_",
        "torch.nn.utils.get_total_norm",
        "torch.nn.utils.clip_grads_with_norm_",
        "seqcourse.gradients.clip_grad_norm_",
        "seqcourse.gradients.clip_grad_value_",
        "seqcourse.gradients.total_norm",
    ),
)
class Clip:
    """Gradients clipped in place by their total norm, and that norm as it was."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def gradients(length: float, *shapes: tuple[int, ...]) -> list[np.ndarray]:
            drawn = [rng.normal(size=shape) for shape in shapes]
            total = np.sqrt(sum((g**2).sum() for g in drawn))
            return [g * length / total for g in drawn]

        return {
            "cases": [
                {"what": "long gradients", "max": 2.0, "g": gradients(7.0, (3, 4), (3,), (2, 3))},
                {"what": "one short gradient", "max": 2.0, "g": gradients(0.5, (4,))},
                {
                    "what": "gradients each short, together long",
                    "max": 1.0,
                    "g": gradients(1.5, *[(2, 2)] * 5),
                },
                {
                    "what": "a parameter without a gradient",
                    "max": 0.25,
                    "g": [None, *gradients(3.0, (2, 2), (3,))],
                },
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        outputs = []
        for case in inputs["cases"]:
            parameters = []
            for g in case["g"]:
                parameter = nn.Parameter(torch.zeros(2 if g is None else g.shape).double())
                parameter.grad = None if g is None else torch.from_numpy(g.copy())
                parameters.append(parameter)
            norm = answer(parameters, case["max"])
            outputs.append({"norm": norm, "g": [p.grad for p in parameters if p.grad is not None]})
        return outputs

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, output in zip(inputs["cases"], outputs, strict=True):
            yield from _clipped(case, output)


def _clipped(case: Mapping[str, Any], output: Plain) -> Iterable[Finding]:
    """What is found in one case: the gradients as they are now, and the norm that came back."""
    parts = [g for g in case["g"] if g is not None]
    g, most = np.concatenate([part.ravel() for part in parts]), case["max"]
    norm = float(np.sqrt((g**2).sum()))
    own = [float(np.sqrt((part**2).sum())) for part in parts]
    right = g * min(1.0, most / norm)
    slips = {
        "They are as they were: change each .grad in place (mul_, or `p.grad *= …`).": g,
        "Each gradient was clipped by its own norm. All of them are one long vector: one norm, one "
        "factor.": np.concatenate(
            [part.ravel() * min(1.0, most / n) for part, n in zip(parts, own, strict=True)]
        ),
        "Each entry was cut: that turns the gradient. Multiply all by one factor.": np.clip(
            g, -most, most
        ),
        "A gradient that is short enough is to stay as it is: the factor is never above 1.": g
        * most
        / norm,
        "The norm lacks its square root.": g * min(1.0, most / norm**2),
        "The norms of the parts do not add up to the norm of the whole: add the squares, then take "
        "the root.": g * min(1.0, most / sum(own)),
        "The factor is the wrong way round: max_norm / norm.": g * max(1.0, norm / most),
    }
    given = np.concatenate([np.asarray(part, float).ravel() for part in output["g"]])
    if same(right, g):  # nothing was to happen
        slips.pop(next(iter(slips)))
    look = "" if same(given, right) else slip(given, slips)
    name = f"{case['what']}, max_norm = {most:g}"
    yield close(name, given, right, look=look or f"Their norm was {norm:g}.", rtol=1e-4, atol=1e-7)
    back = {
        "That is the norm after the clipping; the one before tells how long the gradient was.": (
            np.linalg.norm(right)
        ),
        "That is the squared norm.": norm**2,
        "That is the sum of the parts' norms.": sum(own),
        "That is the factor.": min(1.0, most / norm),
        "That is the norm of the last parameter alone.": own[-1],
        "That is the largest entry.": np.abs(g).max(),
    }
    look = slip(output["norm"], back) or "Return the norm of all gradients, before the clipping."
    yield close(f"{name}: the returned norm", output["norm"], norm, look=look, rtol=1e-4)


@exercise("vg-sixth")
class Sixth(Called):
    """The expected squared error of a constant guess at a sum of uniform numbers."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = [(2, 1.0, 1.0), (2, 1.0, 0.9), (3, 1.0, 1.5), (1, 2.0, 1.0), (4, 0.5, 0.0)]
        return {"cases": [*cases, (int(rng.integers(2, 9)), *rng.uniform(0.5, 3, 2).tolist())]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        ways = [_ways(*case) for case in inputs["cases"]]
        # one case alone may fit a mistake by accident, all of them do not
        whole = slip(outputs, {text: [way[text] for way in ways] for text in ways[0]})
        for case, way, given in zip(inputs["cases"], ways, outputs, strict=True):
            m, a, c = case
            right = m * a**2 / 12 + (m * a / 2 - c) ** 2
            look = whole or slip(given, way) or "Variance of the sum, plus (its mean − c)²."
            yield close(f"m = {m}, a = {a:.3g}, c = {c:.3g}", given, right, look=look)


def _ways(m: int, a: float, c: float) -> dict[str, float]:
    """What a typical mistake gives in one case, by what to say of it."""
    mean, variance = m * a / 2, m * a**2 / 12
    off = (mean - c) ** 2
    return {
        "That is the variance alone: c counts, too.": variance,
        "Only the distance from the mean is in it: the sum also varies.": off,
        "You always return 0.1767, which is an estimate. Derive it.": 0.1767,
        "The distance of c from the mean enters squared.": variance + abs(mean - c),
        "Its distance from the mean is to be added, not taken off.": variance - off,
        "The variance of m independent numbers is m times that of one, not m² times.": (
            m * variance + off
        ),
        "That is the variance of one number: m of them are added.": variance / m + off,
        "The variance grows with the square of a.": variance / a + off,
        "The mean of the sum is m times a / 2.": variance + (a / 2 - c) ** 2,
        "c is taken off once, from the mean of the sum, m · a / 2.": (
            variance + m * (a / 2 - c) ** 2
        ),
        "∫u² du is 1/3; the variance takes off the squared mean, 1/4.": m * a**2 / 3 + off,
        "A uniform number's standard deviation is √(1/12), its variance 1/12.": (
            m * a**2 / np.sqrt(12) + off
        ),
    }


@exercise("vg-order")
class Order:
    """One step of training: the gradient clipped when it is there, and before it is used."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        # a process's first optimiser loads much of torch: seconds that are not the learner's
        torch.optim.SGD([torch.zeros(1)], lr=0.1)
        return {
            "x": rng.normal(size=(20, 3)),
            "y": rng.normal(5, 1, 20),
            "w": rng.normal(size=4),
            "max": 0.5,
            "eta": 0.1,
            "steps": 3,
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        x, y = torch.from_numpy(inputs["x"]), torch.from_numpy(inputs["y"])
        model = nn.Linear(3, 1, dtype=torch.float64)
        with torch.no_grad():
            model.weight.copy_(torch.from_numpy(inputs["w"][:3]))
            model.bias.copy_(torch.from_numpy(inputs["w"][3:]))
        optimizer = torch.optim.SGD(model.parameters(), lr=inputs["eta"])

        def loss_of(model: nn.Module) -> Tensor:
            loss: Tensor = ((model(x)[:, 0] - y) ** 2).mean()
            return loss

        outputs = []
        for _ in range(inputs["steps"]):
            loss = answer(model, loss_of, optimizer, inputs["max"])
            now = torch.cat([model.weight.detach()[0], model.bias.detach()])
            number = not isinstance(loss, Tensor)
            outputs.append({"loss": loss, "number": number, "w": now.clone()})
        return outputs

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        right = _descend(inputs)
        others = {
            "The gradient was used in full: at the moment when you clip, it is not there yet, or "
            "has been used.": _descend(inputs, most=np.inf),
            "The gradients of earlier steps are still in .grad: clear them first.": _descend(
                inputs, clear=False
            ),
            "The weights did not move: was the gradient cleared between backward() and step()?": (
                _descend(inputs, eta=0.0)
            ),
            "Each entry was cut: clip the norm.": _descend(inputs, entries=True),
            "The step goes uphill.": _descend(inputs, eta=-inputs["eta"]),
            "That is two steps.": _descend(inputs, twice=True),
        }
        given = np.array([output["w"] for output in outputs])
        wanted = np.array([w for w, _ in right])
        look = slip(given, {text: np.array([w for w, _ in way]) for text, way in others.items()})
        first = "Clear, forwards, backwards, clip, step: what is in .grad at each moment?"
        # PyTorch clips by norm + 1e-6: that is seen where a weight is nearly 0
        name = "the weights after each of three steps"
        yield close(name, given, wanted, look=look or first, rtol=1e-5, atol=1e-6)
        for i, (output, (_, loss)) in enumerate(zip(outputs, right, strict=True)):
            after = {
                "That is the loss after the step.": _loss(inputs, right[i][0]),
            }
            look = slip(output["loss"], after) or "Return the loss as a number: loss.item()."
            yield close(f"the loss that step {i + 1} returns", output["loss"], loss, look=look)
        yield holds(
            "what each step returns",
            all(output["number"] for output in outputs),
            given="a tensor",
            expected="a number",
            look="A tensor keeps its whole graph in memory: return loss.item().",
        )


def _loss(inputs: Mapping[str, Any], w: np.ndarray) -> float:
    return float(((inputs["x"] @ w[:3] + w[3] - inputs["y"]) ** 2).mean())


def _descend(
    inputs: Mapping[str, Any],
    *,
    most: float | None = None,
    eta: float | None = None,
    clear: bool = True,
    entries: bool = False,
    twice: bool = False,
) -> list[tuple[np.ndarray, float]]:
    """The weights after, and the loss before, each step; or what comes out with a mistake."""
    most = inputs["max"] if most is None else most
    eta = inputs["eta"] if eta is None else eta
    x, w, g = np.column_stack([inputs["x"], np.ones(len(inputs["x"]))]), inputs["w"], np.zeros(4)
    found = []
    for _ in range(inputs["steps"]):
        loss = _loss(inputs, w)
        for _ in range(1 + twice):
            new = 2 * x.T @ (x @ w - inputs["y"]) / len(x)
            g = new if clear else g + new
            g = np.clip(g, -most, most) if entries else g * min(1.0, most / np.linalg.norm(g))
            w = w - eta * g
        found.append((w, loss))
    return found


@exercise("vg-delay")
class Delay(Predicted):
    """A delay line's spectral radius and the norms of two of its powers."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 3, "three numbers: (a), (b), (c)"):
            yield lost
            return
        radius = {
            "That is the largest singular value. Eigenvalues of a triangular matrix stand on its "
            "diagonal.": 2.0,
            "Nothing stands on the diagonal.": 1.0,
        }
        look = slip(outputs[0], radius) or "What stands on the diagonal?"
        yield about("(a) the spectral radius", outputs[0], 0.0, look)
        fifth = {
            "That is 5 times 2: each step doubles what the one before left.": 10.0,
            "That is 5². Each step doubles: 2 · 2 · 2 · 2 · 2.": 25.0,
            "That is one doubling too many.": 64.0,
            "That is one doubling too few.": 16.0,
            "The eigenvalues are 0, but that tells only how it ends: let a 1 walk.": 0.0,
            "That is ‖W‖: five steps double five times.": 2.0,
        }
        look = slip(outputs[1], fifth) or "Let a 1 walk five places; each step doubles it."
        yield about("(b) the norm of the fifth power", outputs[1], 32.0, look)
        eighth = {
            "That is 2⁸, but the line has eight places: where is a 1 after eight steps?": 256.0,
            "That is after seven steps, at the last unit. One more?": 128.0,
        }
        look = slip(outputs[2], eighth) or "The farthest way is from the first unit to the eighth."
        yield about("(c) the norm of the eighth power", outputs[2], 0.0, look)


@exercise("vg-probe")
class Probe:
    """R² of a linear regression, on the last quarter."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for what, count, size, noise, far in (
            ("states that hold the number", 400, 5, 0.3, 4.0),
            ("as many units as half of the sequences", 80, 40, 1.0, 1.0),
            ("states that know nothing", 200, 6, 50.0, 0.0),
        ):
            h = rng.normal(size=(count, size))
            x = h @ rng.normal(size=size) + noise * rng.normal(size=count) + far
            x[3 * count // 4 :] += 0.5 * far / 4  # the rest has another mean
            cases.append({"what": what, "h": h, "x": x})
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(fixed(case["h"]), fixed(case["x"])) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            h, x = case["h"], case["x"]
            cut = 3 * len(h) // 4
            rest, guess = x[cut:], _guess(h, x, cut)
            right = _r2(rest, guess[cut:])
            error = ((rest - guess[cut:]) ** 2).mean()
            slips = {
                "It was fitted on all sequences, so it is judged on what it has seen: fit on the "
                "first three quarters.": _r2(rest, _guess(h, x, len(h))[cut:]),
                "It was fitted and judged on all sequences: keep the last quarter back.": _r2(
                    x, _guess(h, x, len(h))
                ),
                "That is the score on the sequences it was fitted on: judge on the rest.": _r2(
                    x[:cut], guess[:cut]
                ),
                "The constant is missing: put a column of ones beside h.": _r2(
                    rest, _guess(h, x, cut, constant=False)[cut:]
                ),
                "That is the squared correlation, which forgives a wrong scale and a wrong mean.": (
                    np.corrcoef(rest, guess[cut:])[0, 1] ** 2
                ),
                "That is the mean squared error: divide by the variance, and take it from 1.": (
                    error
                ),
                "That is the share that is left: take it from 1.": 1 - right,
                "The mean in the denominator is that of the last quarter.": 1
                - error / ((rest - x[:cut].mean()) ** 2).mean(),
                "The variance in the denominator is that of the last quarter.": 1 - error / x.var(),
                "The denominator is about the mean: take x̄ off first.": 1
                - error / (rest**2).mean(),
                "Divide both by n, or neither: here the variance was taken with n − 1.": 1
                - error / rest.var(ddof=1),
                "It was fitted on the last quarter.": _r2(rest, _guess(h[cut:], rest, len(rest))),
            }
            look = "" if same(given, right) else slip(given, slips)
            usual = "Fit on the first three quarters, with a constant; score on the last."
            yield close(case["what"], given, right, look=look or usual, rtol=1e-5)


def _guess(h: np.ndarray, x: np.ndarray, cut: int, constant: bool = True) -> np.ndarray:
    """Each x as read linearly from h, fitted on the first `cut`."""
    h = np.column_stack([h, np.ones(len(h))]) if constant else h
    found: np.ndarray = h @ np.linalg.lstsq(h[:cut], x[:cut])[0]
    return found


def _r2(x: np.ndarray, guess: np.ndarray) -> float:
    return float(1 - ((x - guess) ** 2).sum() / ((x - x.mean()) ** 2).sum())


@exercise("vg-start", forbid=("torch.nn.init.orthogonal_", "seqcourse.gradients.orthogonal_"))
class Start:
    """A random orthogonal matrix, by QR."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(size, int(rng.integers(1000))) for size in (4, 32, 7)]}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [answer(size, torch.Generator().manual_seed(seed)) for size, seed in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (size, seed), given in zip(inputs["cases"], outputs, strict=True):
            name = f"size {size}"
            gaussian = torch.randn(size, size, generator=torch.Generator().manual_seed(seed))
            plain_q, r = (part.numpy() for part in torch.linalg.qr(gaussian))
            signs = np.sign(r.diagonal())
            right, a = plain_q * signs, gaussian.numpy()
            slips = {
                "That is Q as it comes: its columns' signs are not yet random. Multiply each by "
                "the sign on R's diagonal.": plain_q,
                "The signs went to the rows: each belongs to a column of Q.": plain_q
                * signs[:, None],
                "That is R.": r,
                "The whole diagonal of R was taken: only its sign.": plain_q * r.diagonal(),
                "The signs are turned round.": -right,
                "Sign j belongs to column j of Q; return Q as it stands.": right.T,
                "That is the Gaussian matrix itself.": a,
                "That is a Gaussian matrix, scaled: its singular values are not 1.": a
                / np.sqrt(size),
                "Its columns have length 1, but they do not stand at right angles.": a
                / np.linalg.norm(a, axis=0),
                "The identity is orthogonal, but not random.": np.eye(size),
            }
            look = slip(given, slips, rtol=1e-3)
            if not look and np.shape(given) == (size, size):
                off = np.abs(np.asarray(given, float) @ np.asarray(given, float).T - np.eye(size))
                look = (
                    "It is orthogonal, but of other numbers: draw them by "
                    "torch.randn(size, size, generator=generator), once."
                    if off.max() < 1e-4
                    else "Times its transpose it must give the identity."
                )
            yield close(name, given, right, look=look, rtol=1e-3, atol=1e-4)
