"""Checkers of chapter 19: Vision Transformer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from seqcourse.lesson.exercises import Inputs, Spec, exercise
from seqcourse.lesson.exercises.shared import Called, Predicted, misshapen, on_tensors, slip
from seqcourse.lesson.findings import Finding, Plain, close, holds


@exercise("vt-paste", forbid=("seqcourse.nn.patches.unpatchify",))
class Paste(Called):
    """A picture put together from its patches."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for R, S, P in ((4, 6, 2), (6, 6, 3), (6, 6, 2), (6, 12, 3), (12, 4, 4)):
            count = (R // P) * (S // P)
            cases.append((rng.integers(0, 17, (count, P * P)).astype(float), R, S))
        return {"cases": cases}

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (rows, R, S), given in zip(inputs["cases"], outputs, strict=True):
            P = round(rows.shape[1] ** 0.5)
            grid = rows.reshape(R // P, S // P, P, P)
            right = grid.swapaxes(1, 2).reshape(R, S)
            columns = rows.reshape(S // P, R // P, P, P)
            side = {}
            for p in (2, 3, 4):
                if p != P and R % p == S % p == 0:
                    cut = rows.reshape(R // p, S // p, p, p).swapaxes(1, 2).reshape(R, S)
                    side[f"You cut with P = {p}: a row has P² numbers, here {P}²."] = cut
            slips = side | {
                "The grid has R // P patches down and S // P across, in this order: you changed "
                "them about.": columns.swapaxes(1, 2).reshape(R, S),
                "A line of your picture is one patch after the other, each laid flat: a line of "
                "pixels goes through several patches. Bring the axis of the line inside a patch in "
                "front of the axis that counts patches across.": rows.reshape(R, S),
                "The patches stand column by column: lay them as one reads.": (
                    columns.transpose(1, 2, 0, 3).reshape(R, S)
                ),
                "Each patch is turned inside: its pixels, too, stand line by line.": (
                    grid.transpose(0, 3, 1, 2).reshape(R, S)
                ),
                "The patches stand column by column, and each is turned inside: you swapped both "
                "pairs of axes.": columns.transpose(1, 3, 0, 2).reshape(R, S),
            }
            look = slip(given, slips)
            look = look or (
                "Axes of rows.reshape(R // P, S // P, P, P): which patch down, which patch across, "
                "which pixel down, which pixel across."
            )
            name = f"{R} × {S} pixels, P = {P}"
            if isinstance(given, np.ndarray) and given.shape == (R // P, P, S // P, P):
                look = "Four axes are left: two of them are lines and columns. Reshape to (R, S)."
                wanted = f"shape {right.shape}"
                yield holds(name, False, given=f"shape {given.shape}", expected=wanted, look=look)
                continue
            yield close(name, given, right, look=look, rtol=0)


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
            size, P, C, d, layers, V = case
            T = (size // P) ** 2
            right = _numbers(*case)
            layer, row = 12 * d * d + 13 * d, size // P
            slips = {
                "CLS has a place, too: the table has T + 1 rows.": right - d,
                "The last norm has 2 d numbers.": right - d,
                "CLS itself and its place in the table are missing: d numbers each.": right - 2 * d,
                "The norm behind the last layer is missing: 2 d.": right - 2 * d,
                "Of CLS, its place, the patches' biases and the halves of the last norm, d each, "
                "two are missing.": right - 2 * d,
                "T is how many patches the whole picture has: (size // P) ** 2.": (
                    right + (row - T) * d
                ),
                "Your 13 d is counted once: each layer has its own.": right - (layers - 1) * 13 * d,
                "A number of ViT-B/16 is left: put `layers` for 12.": right + (12 - layers) * layer,
                "A number of ViT-B/16 is left: put V for 1,000.": right + (1000 - V) * (d + 1),
                "Numbers of ViT-B/16 are left: put `layers` for 12 and V for 1,000.": (
                    right + (12 - layers) * layer + (1000 - V) * (d + 1)
                ),
                "One map serves all patches: its weights are counted once, not T times.": (
                    right + (T - 1) * (C * P * P + 1) * d
                ),
                "The table of places is missing: T + 1 rows of d.": right - (T + 1) * d,
                "The patches' map is missing: C P² d weights, d biases.": (
                    right - (C * P * P + 1) * d
                ),
                "A patch has P² pixels in each of C channels.": right - (C - 1) * P * P * d,
                "The patches' map has a bias for each of the d numbers.": right - d,
                "The scores are missing: V (d + 1).": right - V * (d + 1),
                "The scores have a bias each.": right - V,
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
                    right - (layers - 1) * layer
                ),
            }
            slips = {text: value for text, value in slips.items() if value != right}
            look = slip(given, _apart(slips), rtol=1e-12)
            look = look or (
                "Count the patches' map, CLS, the table, one layer, the last norm, the scores; "
                "then compare with the table on this page, row by row."
            )
            name = f"size {size}, patch {P}, C = {C}, d = {d}, {layers} layers, V = {V}"
            finding = close(name, given, right, look=look, rtol=0, atol=0.1)
            if not finding.ok and isinstance(given, int | float):  # to the last number
                finding = replace(finding, given=f"{given:,}", expected=f"{right:,}")
            yield finding


def _apart(slips: dict[str, float]) -> dict[str, float]:
    """The same with one text for each value, naming all that may be missing."""
    texts: dict[float, list[str]] = {}
    for text, value in slips.items():
        texts.setdefault(value, []).append(text)
    return {
        t[0] if len(t) == 1 else "One of these: " + " Or: ".join(t): v for v, t in texts.items()
    }


def _numbers(size: int, P: int, C: int, d: int, layers: int, V: int) -> int:
    T = (size // P) ** 2
    ends = (C * P * P + 1) * d + d + (T + 1) * d + 2 * d + V * (d + 1)
    return ends + layers * (12 * d * d + 13 * d)


@exercise(
    "vt-begin",
    forbid=(
        "seqcourse.nn.patches.PatchEmbedding",
        "seqcourse.models.vit.ViT",
    ),
)
class Begin:
    """The stream before the first layer."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        cases = []
        for B, C, R, S, P, d in ((2, 2, 4, 6, 2, 5), (2, 1, 4, 4, 2, 3), (1, 3, 6, 3, 3, 4)):
            T = (R // P) * (S // P)
            shapes = ((B, C, R, S), (d, C, P, P), (d,), (d,), (T + 1, d))
            cases.append(tuple(rng.normal(size=shape) for shape in shapes))
        return {"cases": cases}

    @staticmethod
    def call(answer: Any, inputs: Inputs) -> Any:
        found = []
        for case in inputs["cases"]:
            (B, C, R, S), (d, _, P, _) = case[0].shape, case[1].shape
            T = R // P * (S // P)
            try:
                found.append(on_tensors(answer, *case))
            except RuntimeError as error:  # torch's say which sizes do not fit, not which should
                error.args = (
                    f"{error} Pictures {(B, C, R, S)}, P = {P}, d = {d} make T = {T} "
                    f"patches: their rows are {(B, T, d)}, CLS {(B, 1, d)}, both {(B, T + 1, d)}.",
                )
                raise
        return found

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
                "Places are taken off: add them.": np.concatenate([front, x], 1) - position,
                "The places are added twice.": right + position,
                "The bias belongs to the patches: CLS has none.": (
                    np.concatenate([front + bias, x], 1) + position
                ),
                "All rows got the place of CLS: each row has one of its own.": (
                    np.concatenate([front, x], 1) + position[0]
                ),
                "A reshape of the pictures cuts no patches: it takes pixels as they lie, line by "
                "line.": np.concatenate(
                    [front, images.reshape(B, -1, C * P * P) @ kernel.T + bias], 1
                )
                + position,
                "Only the first picture has CLS: all have.": (
                    np.concatenate([front * (np.arange(B) == 0)[:, None, None], x], 1) + position
                ),
            }
            look = slip(given, slips)
            if not look and np.shape(given) == (d, *right.shape[:2]):
                look = "The axes stand in another order: (B, T + 1, d)."
            if not look and np.shape(given) == right.shape:
                rest = np.asarray(given, dtype=float) - position
                if np.allclose(rest[:, 1:], x):
                    look = "The patches' rows are right; look at CLS, and at its place."
                elif np.allclose(rest[:, :1], front):
                    look = "CLS is right; look at the patches, and at their places."
            look = look or (
                "Print the patches' rows (B, T, d) first, without CLS and places: is row t patch "
                "t, as a vector in the kernel's order, times the weights, plus the bias?"
            )
            name = f"pictures {images.shape}, P = {P}, d = {d}"
            if isinstance(given, np.ndarray) and given.shape == x.shape:
                look = "CLS is missing: T + 1 rows are wanted, CLS in front of the patches."
                wanted = f"shape {right.shape}"
                yield holds(name, False, given=f"shape {x.shape}", expected=wanted, look=look)
                continue
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
            said = isinstance(given, bool | np.bool_ | int | np.integer) and given in (0, 1)
            ok = said and bool(given) == right
            if not said:
                look = "Say True where the scores stay the same, False where they may change."
            yield holds(f"({name})", ok, given=given, expected="the other one", look=look)


@exercise("vt-rate")
class Rate(Called):
    """How many times as many pictures the weaker net needs."""

    @staticmethod
    def draw(rng: np.random.Generator, spec: Spec) -> dict[str, Any]:
        counts = [100, 300, 900]
        return {
            "cases": [
                (counts, [0.7, 0.8, 0.9], [0.5, 0.7, 0.85], 1),
                (counts, [0.8, 0.9, 0.95], [0.6, 0.75, 0.85], 0),
                (counts, [0.8, 0.9, 0.95], [0.6, 0.75, 0.85], 1),
                ([50, 400, 1000, 4000], [0.5, 0.7, 0.8, 0.9], [0.3, 0.4, 0.6, 0.82], 2),
                ([50, 400, 1000, 4000], [0.5, 0.7, 0.8, 0.9], [0.3, 0.4, 0.6, 0.82], 3),
                (counts, [0.7, 0.8, 0.9], [0.75, 0.85, 0.9], 1),
                (counts, [0.7, 0.85, 0.9], [0.5, 0.7, 0.85], 1),
            ]
        }

    @staticmethod
    def judge(inputs: Inputs, outputs: Plain, spec: Spec) -> Iterable[Finding]:
        for (counts, strong, weak, at), given in zip(inputs["cases"], outputs, strict=True):
            goal = strong[at]
            reached = goal <= weak[-1]
            needed = float(np.exp(np.interp(goal, weak, np.log(counts))))
            right = needed / counts[at] if reached else np.inf
            slips = {
                "That is the number of pictures: divide by how many the stronger net had.": needed,
                "Turned round: the weaker net's pictures over the stronger one's.": (
                    counts[at] / needed
                ),
                "Between two counts the line is straight against the logarithm of the count.": (
                    float(np.interp(goal, weak, counts)) / counts[at]
                ),
                "You read off the logarithm: np.exp makes a count of it.": (
                    float(np.interp(goal, weak, np.log(counts))) / counts[at]
                ),
                "Read off the weaker net's line: yours is the stronger one's.": (
                    float(np.exp(np.interp(goal, strong, np.log(counts)))) / counts[at]
                ),
                "The stronger net's share with so many pictures is to be reached, not the "
                "weaker one's.": float(np.exp(np.interp(weak[at], strong, np.log(counts))))
                / counts[at],
                "That goes on to the next count that was tried: read the line between two.": (
                    next((n for n, w in zip(counts, weak, strict=True) if w >= goal), np.inf)
                    / counts[at]
                ),
                "That compares shares: how many times as many pictures does it take?": (
                    goal / weak[at]
                ),
                "That is the logarithm of the answer.": float(np.log(needed / counts[at])),
                "Not how many more: how many times as many. Divide.": needed - counts[at],
                "np.log is undone by np.exp, not by 10 **.": (
                    10 ** float(np.log(needed)) / counts[at]
                ),
                "Only counts are taken as logarithms: leave the shares as they are.": (
                    float(np.exp(np.interp(np.log(goal), np.log(weak), np.log(counts))))
                    / counts[at]
                ),
            }
            look = slip(given, slips)
            if not reached:
                look = (
                    "The weaker net never gets so far here: say np.inf. np.interp goes on level "
                    "behind the last point, and does not tell."
                )
            elif isinstance(given, float) and np.isinf(given):
                look = (
                    f"The goal, {goal}, is reached: the weaker net comes to {weak[-1]}. "
                    "As right is enough."
                )
            look = look or "At which count does the weaker net's line pass strong[at]?"
            name = f"counts {counts}, at {counts[at]}: {goal} to be reached by {weak}"
            if given is None and not reached:
                yield holds(name, False, given=given, expected="infinity", look=look)
                continue
            yield close(name, given, right, look=look, rtol=1e-4)
