"""Checkers of chapter 19: Vision Transformer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import (
    Called,
    Predicted,
    called,
    fixed,
    misshapen,
    on_tensors,
    slip,
)
from seqcourse.lesson.findings import Finding, Plain, close, holds

Array = np.ndarray


@exercise("vt-cut", forbid=("seqcourse.nn.patchify", "seqcourse.nn.patches.patchify"))
class Cut(Called):
    """A picture as rows, one a patch."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        sizes = [((4, 4), 2), ((6, 6), 2), ((6, 9), 3), ((4, 12), 4)]
        return {"cases": [(rng.integers(0, 17, size).astype(float), P) for size, P in sizes]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (image, P), given in zip(inputs["cases"], outputs, strict=True):
            R, S = image.shape
            grid = image.reshape(R // P, P, S // P, P)
            right = grid.swapaxes(1, 2).reshape(-1, P * P)
            slips = {
                "Each row of yours is a run of one line of pixels: a patch has P lines of P. Give "
                "the reshape four axes, and bring the two that count patches to the front.": (
                    image.reshape(-1, P * P)
                ),
                "The patches come column by column: let them come as one reads.": (
                    grid.transpose(2, 0, 1, 3).reshape(-1, P * P)
                ),
                "Each patch is turned: its pixels, too, come line by line.": (
                    grid.transpose(0, 2, 3, 1).reshape(-1, P * P)
                ),
                "The whole picture is transposed: rows of pixels come first in both.": (
                    grid.transpose(2, 0, 3, 1).reshape(-1, P * P)
                ),
                "Rows of yours hold a pixel of each patch: put the axes that count patches in "
                "front, and those inside a patch behind.": (
                    grid.transpose(1, 3, 0, 2).reshape(-1, P * P)
                ),
            }
            look = slip(given, slips)
            if not look and np.shape(given) == (R // P, S // P, P, P):
                look = "The patches are right as a grid: one row for each is asked for."
            look = look or (
                "Axes of image.reshape(R // P, P, S // P, P): which patch down, which pixel down, "
                "which patch across, which pixel across."
            )
            yield close(f"{R} × {S} pixels, P = {P}", given, right, look=look, rtol=0)


@exercise("vt-count", forbid=("seqcourse.models.vit.ViT",))
class Count(Called):
    """How many numbers a Vision Transformer trains."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = [(224, 16, 3, 768, 12, 1000), (8, 2, 1, 32, 3, 10), (32, 8, 3, 64, 1, 7)]
        return {"cases": [*cases, (28, 4, 2, 48, 5, 3)]}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            size, P, C, d, layers, K = case
            T = (size // P) ** 2
            right = _numbers(*case)
            slips = {
                "CLS has a place, too: the table has T + 1 rows.": right - d,
                "CLS itself and its place in the table are missing: d numbers each.": right - 2 * d,
                "The norm behind the last layer is missing: 2 d.": right - 2 * d,
                "The table of places is missing: T + 1 rows of d.": right - (T + 1) * d,
                "The patches' map is missing: C P² d weights, d biases.": (
                    right - (C * P * P + 1) * d
                ),
                "A patch has P² pixels in each of C channels.": right - (C - 1) * P * P * d,
                "The patches' map has a bias for each of the d numbers.": right - d,
                "The scores are missing: K (d + 1).": right - K * (d + 1),
                "The scores have a bias each.": right - K,
                "A layer has two norms, of 2 d numbers each.": right - layers * 4 * d,
                "A layer has two norms: one is missing.": right - layers * 2 * d,
                "Attention's four maps have biases, d each.": right - layers * 4 * d,
                "The network's maps have biases: 4 d and d.": right - layers * 5 * d,
                "The biases of all maps in the layers are missing: 9 d a layer.": (
                    right - layers * 9 * d
                ),
                "Biases and norms of the layers are missing: 13 d a layer.": (
                    right - layers * 13 * d
                ),
                "W_o is missing: attention has four maps of d × d.": right - layers * d * d,
                "The network of a layer is missing: d to 4 d and back.": (
                    right - layers * (8 * d * d + 5 * d)
                ),
                "That counts one layer: there are several, with weights of their own.": (
                    right - (layers - 1) * (12 * d * d + 13 * d)
                ),
            }
            if not layers - 1:
                slips.popitem()
            look = slip(given, _apart(slips), rtol=1e-12)
            look = look or (
                "Count the patches' map, CLS, the table, one layer, the last norm, the scores; "
                "then compare with the table on this page, row by row."
            )
            name = f"size {size}, patch {P}, C = {C}, d = {d}, {layers} layers, K = {K}"
            yield close(name, given, right, look=look, rtol=0, atol=0.1)


def _apart(slips: dict[str, float]) -> dict[str, float]:
    """The same with one text for each value, naming all that may be missing."""
    texts: dict[float, list[str]] = {}
    for text, value in slips.items():
        texts.setdefault(value, []).append(text)
    return {
        t[0] if len(t) == 1 else "One of these: " + " Or: ".join(t): v for v, t in texts.items()
    }


def _numbers(size: int, P: int, C: int, d: int, layers: int, K: int) -> int:
    T = (size // P) ** 2
    ends = (C * P * P + 1) * d + d + (T + 1) * d + 2 * d + K * (d + 1)
    return ends + layers * (12 * d * d + 13 * d)


@exercise(
    "vt-begin",
    forbid=(
        "seqcourse.nn.PatchEmbedding",
        "seqcourse.nn.patches.PatchEmbedding",
        "seqcourse.models.vit.ViT",
    ),
)
class Begin:
    """The stream before the first layer."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for B, C, R, S, P, d in ((2, 1, 4, 4, 2, 3), (3, 2, 4, 6, 2, 5), (1, 3, 6, 3, 3, 4)):
            T = (R // P) * (S // P)
            shapes = ((B, C, R, S), (d, C, P, P), (d,), (d,), (T + 1, d))
            cases.append(tuple(rng.normal(size=shape) for shape in shapes))
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [on_tensors(answer, *case) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for case, given in zip(inputs["cases"], outputs, strict=True):
            images, weight, bias, cls, position = case
            B, C, R, S = images.shape
            d, P = len(weight), weight.shape[-1]
            grid = images.reshape(B, C, R // P, P, S // P, P)
            rows = grid.transpose(0, 2, 4, 1, 3, 5).reshape(B, -1, C * P * P)
            kernel = weight.reshape(d, -1)
            x = rows @ kernel.T + bias
            front = np.broadcast_to(cls, (B, 1, d))
            right = np.concatenate([front, x], 1) + position
            columns = x.reshape(B, R // P, S // P, d).swapaxes(1, 2).reshape(B, -1, d)
            mixed = x.swapaxes(1, 2).reshape(B, -1, d)
            inside = grid.transpose(0, 2, 4, 3, 5, 1).reshape(B, -1, C * P * P) @ kernel.T + bias
            slips = {
                "CLS stands in front, as the first row.": np.concatenate([x, front], 1) + position,
                "The places are still to be added.": np.concatenate([front, x], 1),
                "The bias is missing.": right - np.concatenate([0 * front, 0 * x + bias], 1),
                "CLS has a place, too: row 0 of the table.": (
                    np.concatenate([front, x + position[1:]], 1)
                ),
                "A patch's place is the row behind: row 0 of the table is that of CLS.": (
                    np.concatenate([front, x + position[:-1]], 1)
                ),
                "The patches come column by column: let them come as one reads.": (
                    np.concatenate([front, columns], 1) + position
                ),
                "The numbers of a patch are scattered over rows: from (B, d, …) to (B, T, d) it "
                "takes a transpose, not a reshape.": np.concatenate([front, mixed], 1) + position,
                "Inside a patch the kernel's order is channel, row, column.": (
                    np.concatenate([front, inside], 1) + position
                ),
                "CLS's own numbers are missing: row 0 is cls plus its place.": (
                    np.concatenate([0 * front, x], 1) + position
                ),
                "CLS is missing: T + 1 rows are wanted.": x + position[1:],
                "Places are taken off: add them.": np.concatenate([front, x], 1) - position,
            }
            look = slip(given, slips)
            if not look and np.shape(given) == (d, *right.shape[:2]):
                look = "The axes stand in another order: (B, T + 1, d)."
            look = look or (
                "First the patches' rows (B, T, d) alone: is each its patch, as a vector in the "
                "kernel's order, times the weights, plus the bias? Then CLS, then the places."
            )
            name = f"pictures {images.shape}, P = {P}, d = {d}"
            yield close(name, given, right, look=look, rtol=1e-5, atol=1e-6)


@exercise("vt-same")
class Same(Predicted):
    """Which scores stay when a picture's patches change places."""

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        if lost := misshapen(outputs, 6, "six of True and False: (a) to (f)"):
            yield lost
            return
        rights = (True, False, True, True, False, False)
        looks = (
            "What in this net knows which patch is which? A softmax and a sum take their terms in "
            "any order.",
            "The table adds row 5 to whatever patch stands at place 5: is that the same patch?",
            "The mean takes its terms in any order; do the rows it takes change, or only their "
            "order?",
            "Only CLS has a place here. Do the patches?",
            "One window of 3 × 3 pixels reaches over the border of a patch: what does it see there "
            "now?",
            "Both were shuffled, but was the table shuffled too? It is not part of the picture.",
        )
        for name, given, right, look in zip("abcdef", outputs, rights, looks, strict=True):
            ok = isinstance(given, bool | np.bool_) and bool(given) == right
            if not isinstance(given, bool | np.bool_):
                look = "Say True where the scores stay the same, False where they may change."
            yield holds(f"({name})", ok, given=given, expected="the other one", look=look)


@exercise("vt-flow", forbid=("seqcourse.models.vit_rollout.rollout",))
class Flow:
    """Attention rollout, mended."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        sizes = ((1, 1, 4), (2, 3, 5), (3, 2, 6))
        return {
            "cases": [
                [rng.dirichlet(np.ones(T), (heads, T)) for _ in range(layers)]
                for layers, heads, T in sizes
            ]
        }

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        return [called(answer, [fixed(a) for a in case]) for case in inputs["cases"]]

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for weights, given in zip(inputs["cases"], outputs, strict=True):
            layers, (heads, T) = len(weights), weights[0].shape[:2]
            right = _flow(weights)
            slips = {
                "The layers are multiplied from the wrong side: the last layer reads what the ones "
                "before have made, so its matrix stands leftmost.": _flow(weights, back=True),
                "The rows add up to more than 1: halve, so that a place hands on half of its own "
                "and half of what it read.": _flow(weights, half=1.0),
                "The wrong side, and rows that add up to more than 1: the last layer's matrix "
                "stands leftmost, and each is halved.": _flow(weights, half=1.0, back=True),
                "The stream itself is missing: attention's share is added to it.": (
                    _flow(weights, whole=0.0, half=1.0)
                ),
                "Half of nothing: without the stream's own share rows add up to less than 1.": (
                    _flow(weights, whole=0.0)
                ),
                "Heads are joined by their mean, not by the largest.": (
                    _flow(weights, heads=np.max)
                ),
                "Heads are joined by their mean, not by their sum.": _flow(weights, heads=np.sum),
                "That is the last layer alone.": _flow(weights[-1:]),
                "That is the first layer alone.": _flow(weights[:1]),
            }
            look = slip(given, slips, rtol=1e-6)
            if not look and np.shape(given) == (T,):
                look = "That is one row: all T are wanted."
            if not look and np.shape(given) == right.shape and np.allclose(given, right.T):
                look = "Row t is what place t has read: transpose."
            look = (
                look or "One layer: mean over the heads, plus the identity, halved. Then the next."
            )
            name = (
                f"{layers} layer{'s' * (layers > 1)}, {heads} head{'s' * (heads > 1)}, {T} places"
            )
            yield close(name, given, right, look=look, rtol=1e-6)


def _flow(
    weights: Sequence[Array],
    *,
    whole: float = 1.0,
    half: float = 0.5,
    back: bool = False,
    heads: Any = np.mean,
) -> Array:
    """Rollout, or what comes out with a mistake."""
    flow = np.eye(weights[0].shape[-1])
    for a in weights:
        layer = half * (heads(a, axis=0) + whole * np.eye(len(flow)))
        flow = flow @ layer if back else layer @ flow
    return flow
