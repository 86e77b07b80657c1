"""Checkers of chapter 17: the Transformer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, fixed, misshapen, same, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds

Array = np.ndarray
Case = Mapping[str, Any]


def _normed(
    x: Array,
    weight: Array | float,
    bias: Array | float,
    eps: float = 1e-5,
    *,
    axis: int | None = -1,
    ddof: int = 0,
    outside: bool = False,
    centred: bool = True,
) -> Array:
    away = x - x.mean(axis, keepdims=True) if centred else x
    size = x.size if axis is None else x.shape[axis]
    kept = np.square(away).sum(axis, keepdims=True) / max(size - ddof, 1)
    below = np.sqrt(kept) + eps if outside else np.sqrt(kept + eps)
    with np.errstate(invalid="ignore"):
        return np.asarray(away / below * weight + bias)


@exercise(
    "tr-norm",
    forbid=(
        "torch.nn.LayerNorm",
        "torch.nn.functional.layer_norm",
        "torch.layer_norm",
        "torch.native_layer_norm",
        "seqcourse.nn.LayerNorm",
        "seqcourse.nn.layer_norm",
    ),
)
class Norm:
    """Layer normalisation, as torch's."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(what: str, x: Array, eps: float | None = None) -> dict[str, Any]:
            d = x.shape[-1]
            affine = {"weight": rng.uniform(0.5, 2.0, d), "bias": rng.normal(size=d)}
            return {"what": what, "x": x, "eps": eps, "slope": None} | affine

        flat = np.repeat(rng.normal(size=(2, 3, 1)), 4, -1)
        batch = case("a batch (2, 3, 4)", 3 * rng.normal(size=(2, 3, 4)) + 1)
        return {
            "cases": [
                batch | {"slope": rng.normal(size=(2, 3, 4))},
                case("rows that hardly vary", 0.004 * rng.normal(size=(2, 5, 6)) + 2),
                case("rows that do not vary", flat),
                case("eps = 0.1", rng.normal(size=(1, 2, 5)), 0.1),
                case("three rows of 3", rng.normal(size=(3, 3)) - 2),
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [_called_norm(answer, case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            if isinstance(given, str):
                look = "Keep the stub's weight and bias, (d,) each: torch's weights are loaded."
                wanted = "weight and bias, (d,) each"
                yield holds(case["what"], False, given=given, expected=wanted, look=look)
                continue
            x, weight, bias = case["x"], case["weight"], case["bias"]
            dtype, slope, given = given["dtype"], given["slope"], given["out"]
            eps = case["eps"] or 1e-5

            plain = {"weight": weight, "bias": bias, "eps": eps}

            def norm(x: Array = x, plain: dict[str, Any] = plain, **ways: Any) -> Array:
                return _normed(x, **plain | ways)

            right = norm()
            ways = {
                "As printed: std divides by d - 1, and eps stands outside the root.": norm(
                    ddof=1, outside=True
                ),
                "The variance is divided by d - 1: layer normalisation divides by d "
                "(unbiased=False).": norm(ddof=1),
                "eps is added to the root: it belongs under it, to the variance.": norm(
                    outside=True
                ),
                "eps is missing, or another than the one given.": norm(eps=0.0 if x.any() else 1),
                "eps is 1e-5 whatever is given: keep it in __init__.": norm(eps=1e-5),
                "The rows were divided by their variance: divide by its root, the standard "
                "deviation.": (
                    (x - x.mean(-1, keepdims=True)) / (x.var(-1, keepdims=True) + eps) * weight
                    + bias
                ),
                "The mean is not taken off.": norm(centred=False),
                "weight and bias are left out.": norm(weight=1.0, bias=0.0),
                "bias is left out.": norm(bias=0.0),
                "weight is left out.": norm(weight=1.0),
                "One mean and variance of the whole batch: each row, the last axis, has its own.": (
                    norm(axis=None)
                ),
            }
            if x.ndim > 1:
                ways[
                    "You normalised over the places: each place on its own, over its features, "
                    "the last axis."
                ] = norm(axis=-2)
            with np.errstate(all="ignore"):
                slips = {t: v for t, v in ways.items() if not np.allclose(v, right, 1e-6, 1e-9)}
            look = slip(given, slips, 1e-6) or (
                "Row by row: take the mean off, divide by the root of variance plus eps, then "
                "times weight, plus bias."
            )
            value = close(case["what"], given, right, look=look, rtol=1e-6, atol=1e-8)
            yield value
            if case["slope"] is None or not value.ok:
                continue
            look = "x came in 64 bits: turn nothing into another type."
            name = f"{case['what']}: type"
            yield holds(name, dtype == "float64", given=dtype, expected="float64", look=look)
            yield _norm_slope(case, slope, eps)


def _norm_slope(case: Case, given: Plain, eps: float) -> Finding:
    """Whether the gradient by x is the one that the section derives."""
    x, grad = case["x"], case["slope"] * case["weight"]
    away = x - x.mean(-1, keepdims=True)
    sigma = np.sqrt(np.square(away).mean(-1, keepdims=True) + eps)
    z = away / sigma
    moved = grad.mean(-1, keepdims=True)
    stretched = z * (z * grad).mean(-1, keepdims=True)
    right = (grad - moved - stretched) / sigma
    slips = {
        "No gradient comes back to x: do not detach it, nor work under no_grad.": np.zeros_like(x),
        "σ depends on x, too: it may not be detached.": (grad - moved) / sigma,
        "The mean depends on x, too: it may not be detached.": (grad - stretched) / sigma,
        "Mean and σ depend on x, too: they may not be detached.": grad / sigma,
        "What is divided depends on x, too: it may not be detached.": -stretched / sigma,
    }
    look = slip(given, slips, 1e-6) or "The values are right; what is cut off from the gradient?"
    name = f"{case['what']}: gradient by x"
    return close(name, given, right, look=look, rtol=1e-6, atol=1e-8)


def _called_norm(answer: Any, case: Case) -> Any:
    import torch

    from seqcourse.lesson.check import is_stub

    if is_stub(getattr(answer, "forward", None)):
        raise NotImplementedError
    d = case["x"].shape[-1]
    layer = answer(d) if case["eps"] is None else answer(d, case["eps"])
    have = {name: tuple(p.shape) for name, p in getattr(layer, "named_parameters", dict)()}
    if have != {"weight": (d,), "bias": (d,)}:
        return f"parameters {have}"
    layer = layer.double()
    weights = {name: torch.tensor(case[name]) for name in ("weight", "bias")}
    layer.load_state_dict(weights)
    x = torch.tensor(case["x"], requires_grad=True)
    out = layer(x)
    if not isinstance(out, torch.Tensor):
        return {"out": out, "dtype": "", "slope": None}
    found = {"out": out.detach(), "dtype": str(out.dtype).removeprefix("torch."), "slope": None}
    if case["slope"] is not None and out.shape == x.shape:
        slope = None
        if out.requires_grad:
            upwards = torch.tensor(case["slope"]).to(out.dtype)
            (slope,) = torch.autograd.grad(out, x, upwards, allow_unused=True)
        found["slope"] = torch.zeros_like(x) if slope is None else slope
    return found


@exercise("tr-leak")
class Leak:
    """What a decoder reads, what it is to write, and what it may not see."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {
            "cases": [
                (rng.integers(1, 9, (2, 3)), 0),
                (rng.integers(1, 9, (1, 5)), 9),
                (rng.integers(1, 9, (3, 1)), 0),
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        found = []
        for target, end in inputs["cases"]:
            given = answer(fixed(target), end)
            if given is None:
                return None
            found.append(list(given) if isinstance(given, tuple | list) else given)
        return found

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (target, end), given in zip(inputs["cases"], outputs, strict=True):
            B, U = target.shape
            name = f"target {target.tolist()}, end {end}"
            if lost := misshapen(given, 3, "three: what is read, what is written, the mask", name):
                yield lost
                continue
            ends = np.full((B, 1), end)
            read, write = np.hstack([ends, target]), np.hstack([target, ends])
            looks = {
                "That is what is to be written: at each place the decoder would read its own "
                "answer. Shift it: the end symbol comes first, as a start.": write,
                "Read from the end symbol on, to the last symbol: it has one place more.": target,
            }
            yield _row(
                f"{name}: read",
                given[0],
                read,
                looks,
                "First the end symbol, then the target's symbols.",
            )
            looks = {
                "That is what is read: the target is what comes next.": read,
                "What is written closes with the end symbol: else it never stops.": target,
            }
            yield _row(
                f"{name}: written",
                given[1],
                write,
                looks,
                "The target's symbols, then the end symbol.",
            )
            grid = np.ones((U + 1, U + 1), bool)
            mask = np.triu(grid, 1)
            looks = {
                "One symbol ahead is still seen: the first diagonal above the main one must be "
                "hidden, k=1.": np.triu(grid, 2),
                "A place may see itself: it reads the symbol before its answer. And the first row "
                "would see nothing at all: NaN.": np.triu(grid),
                "That hides the past: a row is who looks, a column who is seen.": mask.T,
                "That is turned round: True hides.": ~mask,
                "The mask has a row for each place that is read: U + 1.": np.triu(
                    np.ones((U, U), bool), 1
                ),
            }
            shown = np.asarray(given[2])
            if shown.dtype != bool:
                look = "Give truth values: True where nothing may be seen."
                kind = shown.dtype.name
                yield holds(f"{name}: mask", False, given=kind, expected="bool", look=look)
                continue
            wrong = {t: v.astype(float) for t, v in looks.items()}
            wrong["One mask serves all examples: (U + 1, U + 1), with no axis for them."] = np.tile(
                mask.astype(float), (B, 1, 1)
            )
            look = slip(shown.astype(float), wrong)
            if not look and shown.ndim == 3:
                look = "One mask serves all examples: two axes, who looks and who is seen."
            look = look or "Row t hides every column behind t: np.triu(…, k=1)."
            right = shown.shape == mask.shape and bool((shown == mask).all())
            yield holds(
                f"{name}: mask", right, given=_drawn(shown), expected=_drawn(mask), look=look
            )


def _row(name: str, given: Plain, right: Array, slips: Mapping[str, Any], usual: str) -> Finding:
    """As `close`; a slip that is known has the word where the shape is wrong, too."""
    known = slip(given, slips)
    if known and np.shape(given) != right.shape:
        shapes = (f"shape {np.shape(given)}", f"shape {right.shape}")
        return holds(name, False, given=shapes[0], expected=shapes[1], look=known)
    return close(name, given, right, look=known or usual)


def _drawn(mask: Array) -> str:
    """A small mask, row by row: 1 hides."""
    if mask.ndim != 2:
        return f"shape {mask.shape}"
    return f"shape {mask.shape}, 1 for True: " + " ".join(
        "".join(str(int(hidden)) for hidden in row) for row in mask
    )


@exercise("tr-count")
class Count(Called):
    """How many numbers the encoder–decoder of 2017 trains."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(37_000, 512, 2048, 6), (32_000, 1024, 4096, 6), (10, 3, 5, 1)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        rights = [_numbers(*case) for case in inputs["cases"]]
        ways = [_miscounted(*case) for case in inputs["cases"]]
        fits = [
            text
            for text in ways[0]
            if all(same(given, way[text], 1e-9) for given, way in zip(outputs, ways, strict=True))
        ]
        for (V, d, f, L), given, right, way in zip(
            inputs["cases"], outputs, rights, ways, strict=True
        ):
            slips = {text: value for text, value in way.items() if value != right}
            look = (fits[0] if fits else "") or slip(given, slips, rtol=1e-9)
            look = look or (
                "Count an attention (four maps of d by d, with biases), a network (two maps, two "
                "biases), a norm (2 d); then an encoder layer, a decoder layer, and the table."
            )
            name = f"V = {V}, d = {d}, f = {f}, {L} layers"
            yield close(name, given, right, look=look, rtol=0, atol=0.1)


def _numbers(
    V: int,
    d: int,
    f: int,
    L: int,
    *,
    tables: int = 1,
    biases: bool = True,
    feed_biases: bool = True,
    norms: tuple[int, int] = (2, 3),
    cross: int = 1,
    feeds: int = 2,
    extra: int = 0,
) -> int:
    attention = 4 * d * d + 4 * d * biases
    feed = 2 * d * f + (f + d) * feed_biases
    encoder = attention + 2 * d * norms[0]
    decoder = (1 + cross) * attention + feeds * feed + 2 * d * norms[1]
    return tables * V * d + L * (encoder + decoder) + extra


def _miscounted(V: int, d: int, f: int, L: int) -> dict[str, int]:
    def total(**ways: Any) -> int:
        return _numbers(V, d, f, L, **ways)

    return {
        "Three tables: input, output and the map to the scores are one and the same.": total(
            tables=3
        ),
        "Two tables: source and target share theirs, and the map to the scores does too.": total(
            tables=2
        ),
        "The table of symbols is missing.": total(tables=0),
        "The biases of attention's four maps are missing.": total(biases=False),
        "The norms are missing: two in an encoder layer, three in a decoder layer, 2 d numbers "
        "each.": total(norms=(0, 0)),
        "The network's two biases are missing: f and d numbers.": total(feed_biases=False),
        "Biases are missing: 4 d in each attention, f + d in each network.": total(
            biases=False, feed_biases=False
        ),
        "A decoder layer has three norms, one for each of its parts.": total(norms=(2, 2)),
        "A norm has a weight and a bias: 2 d numbers.": total(extra=-5 * d * L),
        "A decoder layer has two attentions: its own, and the one that reads the memory.": total(
            cross=0
        ),
        "Encoder layers and decoder layers each have a network: 2 L networks, not L.": total(
            feeds=1
        ),
        "That is one layer on each side.": _numbers(V, d, f, 1),
        "The scores have no bias here, only the shared table.": total(extra=V),
        "No norm stands behind the last layer in the paper's own layout.": total(extra=4 * d),
    }


@exercise("tr-floor")
class Floor(Called):
    """What smoothed labels leave of the loss at best, and where that is."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        return {"cases": [(40, 0.1), (27, 0.2), (2, 0.1), (37_000, 0.1)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (V, eps), given in zip(inputs["cases"], outputs, strict=True):
            name = f"V = {V}, ε = {eps}"
            if lost := misshapen(given, 2, "two numbers: the least loss, the lead", name):
                yield lost
                continue
            most, rest = 1 - eps + eps / V, eps / V

            def entropy(most: float, rest: float, V: int = V) -> float:
                return float(-most * np.log(most) - (V - 1) * rest * np.log(rest))

            others = eps / (V - 1)
            slips = {
                "The right symbol gets its share of ε, too: 1 - ε + ε / V.": entropy(1 - eps, rest),
                "All V symbols share ε, the right one among them: ε / V each, not ε / (V - 1).": (
                    entropy(1 - eps, others)
                ),
                "That is the loss of the right symbol alone: the others count with ε / V each.": (
                    float(-most * np.log(most))
                ),
                "There are V - 1 other symbols, not one.": (
                    float(-most * np.log(most) - rest * np.log(rest))
                ),
                "There are V - 1 other symbols: one of the V is the right one.": (
                    float(-most * np.log(most) - V * rest * np.log(rest))
                ),
                "The loss is minus the sum: it is positive.": -entropy(most, rest),
                "Nats: the natural logarithm.": entropy(most, rest) / float(np.log(2)),
                "That is -ln of the right symbol's probability: the cross-entropy with the "
                "smoothed law is asked for.": float(-np.log(most)),
                "The loss cannot come to 0: it is least where the network gives the smoothed law "
                "itself, and then it is that law's entropy.": 0.0,
            }
            right = entropy(most, rest)
            slips = {t: v for t, v in slips.items() if not same(v, right)}
            look = slip(given[0], slips) or (
                "The least cross-entropy with a law q is its entropy, -Σ q ln q, over all V."
            )
            yield close(f"{name}: least loss", given[0], right, look=look, rtol=1e-6)
            lead = float(np.log(most / rest))
            slips = {
                "Logits differ by the logarithm of the ratio: take it.": most / rest,
                "How far the right logit stands above the others is above 0.": -lead,
                "The right symbol gets its share of ε, too.": float(np.log((1 - eps) / rest)),
                "That is the leading logit against ε / (V - 1).": float(np.log((1 - eps) / others)),
                "That is a logarithm of one probability: the lead is a difference of two.": float(
                    np.log(most)
                ),
            }
            slips = {t: v for t, v in slips.items() if not same(v, lead)}
            look = slip(given[1], slips) or (
                "Softmax of logits ℓ gives the ratio of two probabilities as e to the difference."
            )
            yield close(f"{name}: lead", given[1], lead, look=look, rtol=1e-6)


_FEED = ("linear1", "linear2")


def _weights(rng: np.random.Generator, d: int, f: int, attentions: Iterable[str]) -> dict[str, Any]:
    """Random weights for all parts of a layer; norms as many as attentions, and one more."""
    made: dict[str, Any] = {}
    names = list(attentions)
    for name in names:
        made[name] = {"weight": rng.normal(size=(3, d, d)) * 0.7, "bias": rng.normal(size=(3, d))}
    for name, (out, into) in zip(_FEED, ((f, d), (d, f)), strict=True):
        made[name] = {"weight": rng.normal(size=(out, into)), "bias": rng.normal(size=out)}
    for number in range(1, len(names) + 2):
        affine = {"weight": rng.uniform(0.5, 2.0, d), "bias": rng.normal(size=d)}
        made[f"norm{number}"] = affine
    return made


def _attended(
    query: Array,
    key: Array,
    value: Array,
    weights: Case,
    padding: Array | None = None,
    hidden: Array | None = None,
) -> Array:
    """Attention of one head, as the checker's own module does it."""
    q, k, v = (
        x @ w.T + b
        for x, w, b in zip((query, key, value), weights["weight"], weights["bias"], strict=True)
    )
    scores = q @ k.swapaxes(-1, -2) / np.sqrt(q.shape[-1])
    if padding is not None:
        scores = np.where(padding[:, None], -np.inf, scores)
    if hidden is not None:
        scores = np.where(hidden, -np.inf, scores)
    with np.errstate(all="ignore"):
        a = np.exp(scores - scores.max(-1, keepdims=True))
        return np.asarray(a / a.sum(-1, keepdims=True) @ v)


def _made(case: Case) -> dict[str, Any]:
    """The parts of a layer as torch modules, by name."""
    import torch
    from torch import nn

    class Attention(nn.Module):
        """Chapter 15's interface, one head."""

        def __init__(self, weight: Array, bias: Array) -> None:
            super().__init__()
            self.weight, self.bias = torch.tensor(weight), torch.tensor(bias)

        def forward(
            self,
            query: Any,
            key: Any,
            value: Any,
            key_padding_mask: Any = None,
            attn_mask: Any = None,
        ) -> Any:
            q, k, v = (
                x @ w.T + b
                for x, w, b in zip((query, key, value), self.weight, self.bias, strict=True)
            )
            scores = q @ k.mT / q.shape[-1] ** 0.5
            if key_padding_mask is not None:
                scores = scores.masked_fill(key_padding_mask[:, None], -torch.inf)
            if attn_mask is not None:
                scores = scores.masked_fill(attn_mask, -torch.inf)
            a = scores.softmax(-1)
            return a @ v, a

    def part(name: str, held: Case) -> Any:
        if name.endswith("attn"):
            return Attention(held["weight"], held["bias"])
        shape = held["weight"].shape
        module = nn.LayerNorm(shape[0]) if len(shape) == 1 else nn.Linear(shape[1], shape[0])
        module = module.double()
        module.load_state_dict({key: torch.tensor(value) for key, value in held.items()})
        return module

    return {name: part(name, held) for name, held in case["parts"].items()}


def _called_layer(answer: Any, case: Case) -> Any:
    """What a layer with the case's parts gives."""
    import torch

    from seqcourse.lesson.check import is_stub

    if is_stub(getattr(answer, "forward", None)):
        raise NotImplementedError
    layer = answer(**_made(case), norm_first=case["norm_first"])
    names = set(dict(layer.named_children())) if hasattr(layer, "named_children") else set()
    if names != set(case["parts"]):
        return f"parts {sorted(names)}"
    given = {
        name: None if case[name] is None else torch.tensor(case[name])
        for name in ("x", "memory", "future", "padding")
        if name in case
    }
    try:
        return layer(**given)
    except RuntimeError as error:
        if "memory" in case and case["x"].shape[1] != case["memory"].shape[1]:
            return f"raised {error}"  # the cases before it may say why
        raise


def _alike(given: Plain, value: Array | None) -> bool:
    """Whether these are the same numbers; NaN is the same as NaN."""
    if value is None or given is None or isinstance(given, str):
        return False
    if np.shape(given) != value.shape:
        return False
    return bool(np.allclose(given, value, rtol=1e-5, atol=1e-9, equal_nan=True))


def _layer_findings(
    inputs: Inputs, outputs: Plain, run: Any, ways: Mapping[str, str], usual: str
) -> Iterable[Finding]:
    cases = inputs["cases"]
    rights = [run(case, "") for case in cases]
    made: dict[str, list[Array | None]] = {}
    for text, way in ways.items():
        values = [run(case, way) for case in cases]
        gone = [
            None if value is None or np.allclose(value, right, 1e-5, equal_nan=True) else value
            for value, right in zip(values, rights, strict=True)
        ]
        made[text] = gone
    # a mistake that explains all outputs goes before one that explains a single one
    whole = [
        text
        for text, values in made.items()
        if any(value is not None for value in values)
        and all(
            isinstance(given, str) or _alike(given, right if value is None else value)
            for given, value, right in zip(outputs, values, rights, strict=True)
        )
    ]
    for number, (case, given, right) in enumerate(zip(cases, outputs, rights, strict=True)):
        if isinstance(given, str) and given.startswith("parts"):
            look = "Keep the stub's __init__: the parts have torch's names."
            wanted = f"parts {sorted(case['parts'])}"
            yield holds(case["what"], False, given=given, expected=wanted, look=look)
            continue
        if isinstance(given, str):
            look = whole[0] if whole else "The numbers of places differ here: which mask is whose?"
            yield holds(case["what"], False, given=given, expected="a layer's output", look=look)
            continue
        alone = (t for t, v in made.items() if _alike(given, v[number]))
        look = (whole[0] if whole else "") or next(alone, "") or usual
        yield close(case["what"], given, right, look=look, rtol=1e-5, atol=1e-8)


@exercise(
    "tr-encoder",
    forbid=("torch.nn.TransformerEncoderLayer", "seqcourse.nn.TransformerEncoderLayer"),
)
class EncoderLayer:
    """Self-attention and a network, each added to the stream."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(what: str, norm_first: bool, padded: bool) -> dict[str, Any]:
            B, T, d, f = 2, 5, 4, 7
            padding = np.arange(T) >= rng.integers(2, T, (B, 1)) if padded else None
            return {
                "what": what,
                "norm_first": norm_first,
                "x": rng.normal(size=(B, T, d)),
                "padding": padding,
                "parts": _weights(rng, d, f, ["self_attn"]),
            }

        return {
            "cases": [
                case("norm behind", False, False),
                case("norm first", True, False),
                case("norm behind, padded", False, True),
                case("norm first, padded", True, True),
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [_called_layer(answer, case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        usual = (
            "Two parts, each added to x: attention of x to x, then linear2(relu(linear1(x))). "
            "norm1 and norm2 stand before the parts, or behind the sums."
        )
        yield from _layer_findings(inputs, outputs, _encoder, _ENCODER, usual)


_ENCODER = {
    "norm_first is not obeyed: the norm stands behind the sum in both cases.": "post",
    "norm_first is not obeyed: the norm stands first in both cases.": "pre",
    "norm_first is turned round: True puts the norm before the part.": "turned",
    "What attention gives is not added to x: x is lost.": "lost 1",
    "What the network gives is not added to x.": "lost 2",
    "With the norm first, add to x itself: what was normalised goes to the part alone.": "added",
    "The ReLU between the two linear maps is missing.": "no relu",
    "padding is not handed to attention, as key_padding_mask.": "no padding",
    "norm1 and norm2 are exchanged.": "norms",
    "norm1 does the work of norm2, too.": "norm1",
    "The network reads the first x: it is to read what attention has added to.": "parallel",
    "The second norm is missing.": "no norm2",
    "The first norm is missing.": "no norm1",
    "The network comes first here, then attention.": "order",
    "With the norm first, query, key and value are all norm1(x).": "query only",
    "What was added is taken off.": "minus",
    "No part is added to x: x + part, not the part alone.": "lost",
    "A ReLU stands behind linear2, too: it belongs between the two maps alone.": "relu twice",
    "padding is turned round: True hides.": "padding turned",
    "With the norm first, the network is added to what norm2 gives: add it to x itself.": "added 2",
    "With the norm first, attention is added to what norm1 gives: add it to x itself.": "added 1",
    "With the norm first, the last norm stands behind the last sum: it belongs before the "
    "network.": "last behind",
    "With the norm first, a later part still reads norm1 of the first x: each part has its own "
    "norm, of what x is by then.": "stale",
}


def _fed(x: Array, parts: Case, way: str) -> Array:
    hidden = x @ parts["linear1"]["weight"].T + parts["linear1"]["bias"]
    hidden = hidden if way == "no relu" else np.maximum(hidden, 0)
    fed = np.asarray(hidden @ parts["linear2"]["weight"].T + parts["linear2"]["bias"])
    return np.maximum(fed, 0) if way == "relu twice" else fed


def _norms(parts: Case, count: int, way: str) -> list[Any]:
    """The norms of a layer in order, or as a mistake has them."""
    order = list(range(1, count + 1))
    if way == "norms":
        order = order[::-1]
    if way == "norm1":
        order = [1] * count
    if way in ("norm 1 1 3", "norm 1 2 2", "norm 1 2 1"):
        order = [int(number) for number in way.split()[1:]]

    def norm(number: int) -> Any:
        if f"no norm{number}" == way:
            return lambda x: x
        return lambda x: _normed(x, **parts[f"norm{number}"])

    return [norm(number) for number in order]


def _stream(x: Array, works: list[Any], norms: list[Any], first: bool, way: str) -> Array:
    """Each part added in turn, or what comes out with a mistake."""
    first = {"post": False, "pre": True, "turned": not first}.get(way, first)
    begin = x
    stale = {"stale": range(2, len(works) + 1), "stale 2": (2,), "stale 3": (3,)}.get(way, ())
    for number, (work, norm) in enumerate(zip(works, norms, strict=True), 1):
        before = first and not (way == "last behind" and number == len(works))
        inside = begin if way == "parallel" and number == len(works) else x
        inside = norm(inside) if before else inside
        inside = norms[0](begin) if number in stale else inside
        added = work(inside)
        kept = norm(x) if before and way in ("added", f"added {number}") else x
        kept = np.zeros_like(x) if way in ("lost", f"lost {number}") else kept
        total = kept - added if way == "minus" else kept + added
        x = total if before else norm(total)
    return x


_FIRST_ONLY = (
    "added",
    "added 1",
    "added 2",
    "added 3",
    "last behind",
    "stale",
    "stale 2",
    "stale 3",
)


def _encoder(case: Case, way: str) -> Array | None:
    """What the layer gives, or what comes out with a mistake; None where that is no mistake."""
    parts, x = case["parts"], case["x"]
    if way in ("query only", *_FIRST_ONLY) and not case["norm_first"]:
        return None
    padding = None if way == "no padding" else case["padding"]
    padding = ~padding if way == "padding turned" and padding is not None else padding

    def attend(n: Array) -> Array:
        keys = x if way == "query only" else n
        return _attended(n, keys, keys, parts["self_attn"], padding)

    works = [attend, lambda n: _fed(n, parts, way)]
    works = works[::-1] if way == "order" else works
    return _stream(x, works, _norms(parts, 2, way), case["norm_first"], way)


@exercise(
    "tr-decoder",
    forbid=(
        "torch.nn.TransformerDecoderLayer",
        "torch.nn.TransformerEncoderLayer",
        "seqcourse.nn.TransformerDecoderLayer",
        "seqcourse.nn.TransformerEncoderLayer",
    ),
)
class DecoderLayer:
    """Self-attention, attention to the memory, a network."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        def case(what: str, norm_first: bool, padded: bool, U: int, T: int) -> dict[str, Any]:
            B, d, f = 2, 4, 7
            padding = np.arange(T) >= rng.integers(2, T, (B, 1)) if padded else None
            return {
                "what": what,
                "norm_first": norm_first,
                "x": rng.normal(size=(B, U, d)),
                "memory": rng.normal(size=(B, T, d)),
                "future": np.triu(np.ones((U, U), bool), 1),
                "padding": padding,
                "parts": _weights(rng, d, f, ["self_attn", "multihead_attn"]),
            }

        return {
            "cases": [
                case(
                    "norm behind, 4 places of the target, 4 of the source, padded",
                    False,
                    True,
                    4,
                    4,
                ),
                case(
                    "norm first, 4 places of the target, 4 of the source, padded", True, True, 4, 4
                ),
                case("norm behind, 3 places of the target, 5 of the source", False, False, 3, 5),
                case(
                    "norm first, 5 places of the target, 4 of the source, padded", True, True, 5, 4
                ),
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [_called_layer(answer, case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        usual = (
            "Three parts, each added to x in turn: self_attn under `future`; multihead_attn, whose "
            "queries are x's and whose keys and values are the memory's, under `padding`; the "
            "network. norm1, norm2, norm3 stand before them, or behind the sums."
        )
        yield from _layer_findings(inputs, outputs, _decoder, _DECODER, usual)


_DECODER = _ENCODER | {
    "norm1, norm2 and norm3 stand the other way round.": "norms",
    "norm1 does the work of the other norms, too.": "norm1",
    "The network reads the first x: each part is to read what the one before has added to.": (
        "parallel"
    ),
    "What multihead_attn reads is not added to x.": "lost 2",
    "What the network gives is not added to x. ": "lost 3",
    "The third norm is missing.": "no norm3",
    "`future` is not handed to self_attn, as attn_mask: each place sees its own answer.": (
        "no future"
    ),
    "padding is not handed to multihead_attn, as key_padding_mask.": "no padding",
    "padding belongs to the memory: it went to self_attn.": "padding to self",
    "`future` hides places of the target: it went to multihead_attn. All of the memory may be "
    "seen.": "future to memory",
    "multihead_attn asks with x and reads x again: keys and values are the memory's.": "reads x",
    "multihead_attn asks with the memory: the queries are x's.": "asks memory",
    "The values of multihead_attn are x's: they are the memory's, as the keys.": "values of x",
    "The memory was normalised here: the encoder's last norm has done that.": "memory normed",
    "multihead_attn came before self_attn.": "cross first",
    "multihead_attn is left out.": "no cross",
    "norm1 is used where norm2 belongs, before or behind multihead_attn.": "norm 1 1 3",
    "norm2 is used where norm3 belongs, before or behind the network.": "norm 1 2 2",
    "norm1 is used where norm3 belongs, before or behind the network.": "norm 1 2 1",
    "`future` is turned round: True hides.": "future turned",
    "padding is the memory's, and self_attn got it, too.": "padding to both",
    "self_attn reads the memory here: that is what multihead_attn is for.": "self for cross",
    "With the norm first, multihead_attn still asks with norm1 of the first x: it asks with "
    "norm2 of what x is by then.": "stale 2",
    "With the norm first, the network still reads norm1 of the first x: it reads norm3 of what "
    "x is by then.": "stale 3",
    "With the norm first, what multihead_attn reads is added to what norm2 gives: add it to x "
    "itself.": "added 2",
    "With the norm first, the network is added to what norm3 gives: add it to x itself.": "added 3",
}
for _text in (
    "norm1 and norm2 are exchanged.",
    "norm1 does the work of norm2, too.",
    "The network reads the first x: it is to read what attention has added to.",
    "What the network gives is not added to x.",
    "padding is not handed to attention, as key_padding_mask.",
    "The network comes first here, then attention.",
    "With the norm first, the network is added to what norm2 gives: add it to x itself.",
):
    del _DECODER[_text]


def _decoder(case: Case, way: str) -> Array | None:
    """What the layer gives, or what comes out with a mistake; None where that is no mistake."""
    parts, x, memory = case["parts"], case["x"], case["memory"]
    square = x.shape[1] == memory.shape[1]
    if way in ("query only", "memory normed", *_FIRST_ONLY) and not case["norm_first"]:
        return None
    to_self = (
        "padding to self",
        "padding to both",
        "future to memory",
        "asks memory",
        "values of x",
    )
    if way in to_self and not square:
        return None
    padding = None if way == "no padding" else case["padding"]
    padding = ~padding if way == "padding turned" and padding is not None else padding
    future = None if way == "no future" else case["future"]
    future = ~case["future"] if way == "future turned" else future
    norms = _norms(parts, 3, way)

    def attend(n: Array) -> Array:
        keys = x if way == "query only" else n
        if way in ("padding to self", "padding to both"):
            return _attended(n, keys, keys, parts["self_attn"], padding, future)
        hidden = None if way == "future to memory" else future
        return _attended(n, keys, keys, parts["self_attn"], None, hidden)

    def read(n: Array) -> Array:
        held = parts["self_attn" if way == "self for cross" else "multihead_attn"]
        seen = norms[1](memory) if way == "memory normed" else memory
        if way == "padding to self":
            return _attended(n, seen, seen, held)
        if way == "future to memory":
            return _attended(n, seen, seen, held, padding, future)
        if way == "reads x":
            return _attended(n, n, n, held)
        if way == "asks memory":
            return _attended(seen, n, n, held)
        return _attended(n, seen, n if way == "values of x" else seen, held, padding)

    works: list[Any] = [attend, read, lambda n: _fed(n, parts, way)]
    if way == "cross first":
        works = [read, attend, works[2]]
    if way == "no cross":
        works, norms = [works[0], works[2]], [norms[0], norms[2]]
    return _stream(x, works, norms, case["norm_first"], way)
