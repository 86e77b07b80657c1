"""Changed tasks of chapter 19: what each asks for, and its typical mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from seqcourse.lesson.exercises.shared import called
from seqcourse.lesson.exercises.varied import Array, Calls, Draw, Judgement, Register, rule

# vt-paste: arguments rows, R, S, and what else the task gives

_FOUR = (
    "Print rows.reshape(R // P, S // P, P, P): which patch down, which across, which pixel down, "
    "which across."
)
_AS_PRINTED = (
    "That prints the numbers as they lie: a line of pixels goes through several patches. Bring the "
    "axis of the line inside a patch in front of the axis that counts patches across."
)
_INSIDE = "Each patch is turned inside: its pixels stand line by line."
_DOWN = "You counted patches down each column first: here they go along each line first."


def _sized(*sizes: tuple[int, int, int], channels: int = 1) -> Draw:
    """Draws the patches of pictures of R × S pixels, for each (R, S, P)."""

    def draw(rng: np.random.Generator) -> Calls:
        return [[_random(rng, (R // P) * (S // P), channels * P * P), R, S] for R, S, P in sizes]

    return draw


def _random(rng: np.random.Generator, *shape: int) -> Array:
    return rng.integers(0, 17, shape).astype(float)


_SIZES = ((8, 6, 2), (6, 12, 3), (12, 6, 3), (12, 8, 4))


def _jumbled(rng: np.random.Generator) -> Calls:
    calls = _sized(*_SIZES)(rng)
    for rows in calls:
        order = np.arange(len(rows[0]))
        while (order[order] == np.arange(len(order))).all():  # no order that undoes itself
            order = rng.permutation(order)
        rows.append(order)
    return calls


def _overlapping(rng: np.random.Generator) -> Calls:
    calls: Calls = []
    for R, S, P, step in ((4, 6, 2, 1), (5, 7, 3, 2), (7, 5, 3, 2), (8, 6, 4, 2)):
        count = ((R - P) // step + 1) * ((S - P) // step + 1)
        calls.append([_random(rng, count, P * P), R, S, step])
    return calls


def _explained(why: str) -> Callable[..., Any]:
    """Calls the answer; where NumPy refuses, adds to its message what the rows are."""

    def call(answer: Any, *arguments: Any) -> Any:
        try:
            return called(answer, *arguments)
        except ValueError as error:  # NumPy's says which sizes do not fit, not which should
            error.args = (f"{error}. {why.format(len(arguments[0]), arguments[0].shape[1])}",)
            raise

    return call


def _paste_rule(
    key: str,
    value: str,
    look: str,
    draw: Draw,
    what: str = "{1} × {2} pixels",
    call: Callable[..., Any] = called,
) -> Register:
    return rule("vt-paste", key, value, draw=draw, what=what, look=look, call=call)


def _grid(rows: Array, R: int, S: int) -> Array:
    P = round(rows.shape[1] ** 0.5)
    return rows.reshape(R // P, S // P, P, P)


def _picture(grid: Array) -> Array:
    down, across, P, _ = grid.shape
    return grid.swapaxes(1, 2).reshape(down * P, across * P)


def _usual(rows: Array, R: int, S: int) -> dict[str, Array]:
    """Mistakes in the four axes, of patches in this order."""
    grid = _grid(rows, R, S)
    columns = rows.reshape(grid.shape[1], grid.shape[0], *grid.shape[2:])
    return {
        _AS_PRINTED: rows.reshape(R, S),
        _INSIDE: _picture(grid.swapaxes(2, 3)),
        _DOWN: _picture(columns.swapaxes(0, 1)),
    }


@_paste_rule(
    "order",
    "to and fro",
    "Lines 1, 3, … of patches run from right to left; inside a patch nothing does.",
    _sized(*_SIZES),
)
def _paste_snake(rows: Array, R: int, S: int) -> Judgement:
    grid = _grid(rows, R, S)
    turned, others, mirrored = grid.copy(), grid.copy(), grid.copy()
    turned[1::2] = grid[1::2, ::-1]
    others[::2] = grid[::2, ::-1]
    mirrored[1::2] = grid[1::2, ::-1, :, ::-1]
    pixels = _picture(grid)
    pixels[1::2] = pixels[1::2, ::-1].copy()
    inner = grid.copy()
    inner[1::2] = grid[1::2, :, :, ::-1]
    upside = grid.copy()
    upside[:, 1::2] = grid[::-1, 1::2]
    return _picture(turned), {
        "That reads every line of patches from the left. Here every second one comes from the "
        "right: turn lines 1, 3, … of the grid.": _picture(grid),
        "The first line of patches runs from left to right, line 1 back: you turned the others.": (
            _picture(others)
        ),
        "All lines are turned: only every second one comes from the right.": _picture(
            grid[:, ::-1]
        ),
        "The patches of a line come in the other order, but none is mirrored: its pixels stay.": (
            _picture(mirrored)
        ),
        "You mirrored the pixels in each patch: it is the patches that change places.": (
            _picture(inner)
        ),
        "You turned lines of pixels: turn lines of patches, P lines of pixels together.": pixels,
        "You turned every second column of patches: turn every second line.": _picture(upside),
        **_usual(turned.reshape(rows.shape), R, S),
        _AS_PRINTED: rows.reshape(R, S),
    }


@_paste_rule(
    "channels",
    "three",
    "Axes of a row: which colour, which pixel down, which pixel across; in the picture the "
    "colours stand last.",
    _sized((4, 6, 2), (6, 9, 3), (12, 8, 4), channels=3),
    "{1} × {2} pixels in three colours",
    _explained("Each of {0} rows has {1} numbers: 3 P² of them, P² of each colour."),
)
def _paste_colours(rows: Array, R: int, S: int) -> Judgement:
    P = round((rows.shape[1] / 3) ** 0.5)
    down, across = R // P, S // P
    grid = rows.reshape(down, across, 3, P, P)
    right = grid.transpose(0, 3, 1, 4, 2).reshape(R, S, 3)
    mixed = rows.reshape(down, across, P, P, 3).swapaxes(1, 2).reshape(R, S, 3)
    columns = rows.reshape(across, down, 3, P, P)
    first = right.transpose(2, 0, 1)
    return right, {
        "That is (3, R, S), colours first, as torch has it: here they stand last.": first,
        "The colours are scattered over pixels: from (3, R, S) to (R, S, 3) it takes a transpose, "
        "not a reshape.": first.reshape(R, S, 3),
        "In a row the colours do not alternate: all of a patch's red comes first, then all green, "
        "then all blue.": mixed,
        "That is the first colour alone: all three are asked for.": right[..., 0],
        "The colours came in the other order: red first.": right[..., ::-1],
        _AS_PRINTED: rows.reshape(R, S, 3),
        _INSIDE: grid.transpose(0, 4, 1, 3, 2).reshape(R, S, 3),
        _DOWN: columns.transpose(1, 3, 0, 4, 2).reshape(R, S, 3),
    }


@_paste_rule(
    "order", "given", "Row t of `rows` is to stand where patch order[t] stands. " + _FOUR, _jumbled
)
def _paste_jumbled(rows: Array, R: int, S: int, order: Array) -> Judgement:
    straight = np.empty_like(rows)
    straight[order] = rows
    return _picture(_grid(straight, R, S)), {
        "The order is not used: row t is patch order[t], not patch t.": _picture(_grid(rows, R, S)),
        "Turned round: rows[order] puts row order[t] at place t. Row t is to stand at place "
        "order[t].": _picture(_grid(rows[order], R, S)),
        **_usual(straight, R, S),
    }


@_paste_rule(
    "patches",
    "overlapping",
    "A line has (S - P) // step + 1 patches; patch (i, j) begins at pixel (i step, j step). Add "
    "patches up, count them for each pixel, divide.",
    _overlapping,
    "{1} × {2} pixels, step {3}",
    _explained("Each of {0} patches is one of {1} = P² pixels; they overlap."),
)
def _paste_overlapping(rows: Array, R: int, S: int, step: int) -> Judgement:
    P = round(rows.shape[1] ** 0.5)
    down, across = (R - P) // step + 1, (S - P) // step + 1
    patches = rows.reshape(down, across, P, P)

    def added(patches: Array) -> tuple[Array, Array, Array, Array]:
        total, count, first, last = (np.zeros((R, S)) for _ in range(4))
        for i in range(down):
            for j in range(across):
                here = np.s_[i * step : i * step + P, j * step : j * step + P]
                first[here] = np.where(count[here] == 0, patches[i, j], first[here])
                total[here] += patches[i, j]
                count[here] += 1
                last[here] = patches[i, j]
        return total, count, first, last

    def mean(patches: Array) -> Array:
        total, count, *_ = added(patches)
        return np.asarray(total / count)

    total, count, first, last = added(patches)
    columns = rows.reshape(across, down, P, P).swapaxes(0, 1)
    return total / count, {
        "That is the sum: divide by how many patches lie over the pixel.": total,
        "Each patch wiped out what lay below: take the mean of all that lie over a pixel.": last,
        "You divide, but each patch wiped out what lay below: add them up first, +=.": last / count,
        "Only the first patch over a pixel counts there: take the mean of all.": first,
        "Fewer patches lie over the border than over the middle: count them for each pixel.": (
            total / count.max()
        ),
        "That divides by (P / step)²: at the border fewer patches lie over a pixel, so count them "
        "for each.": total * (step / P) ** 2,
        _INSIDE: mean(patches.swapaxes(2, 3)),
        _DOWN: mean(columns),
    }


# vt-count: arguments as the task has them, layers and V last


def _count_rule(key: str, value: str, look: str, draw: Draw, what: str) -> Register:
    return rule("vt-count", key, value, draw=draw, what=what, look=look)


_SQUARE = "size {0}, patch {1}, C = {2}, d = {3}, {4} layers, V = {5}"


def _squares(rng: np.random.Generator) -> Calls:
    drawn = [12, 3, *(int(rng.integers(*limits)) for limits in ((2, 4), (5, 9), (2, 5), (10, 20)))]
    return [[8, 2, 1, 6, 3, 10], [12, 4, 3, 8, 1, 7], [12, 2, 2, 5, 2, 3], drawn]


def _rest(P: int, C: int, d: int, layers: int, V: int) -> int:
    """All but what stands in front of the patches, and places."""
    return (C * P * P + 1) * d + layers * (12 * d * d + 13 * d) + 2 * d + V * (d + 1)


def _parts(right: int, T: int, P: int, C: int, d: int, layers: int, V: int) -> dict[str, int]:
    """Mistakes in what all these nets have."""
    return {
        "The norm behind the last layer is missing: 2 d.": right - 2 * d,
        "The patches' map is missing: C P² weights and a bias for each of the d numbers.": (
            right - (C * P * P + 1) * d
        ),
        "A patch has P² pixels in each of C channels.": right - (C - 1) * P * P * d,
        "One map serves all patches: it is counted once, not T times.": (
            right + (T - 1) * (C * P * P + 1) * d
        ),
        "The scores are missing: V (d + 1).": right - V * (d + 1),
        "The scores have a bias each.": right - V,
        "4 d are missing in each layer: its two norms, or the biases of attention's four maps.": (
            right - layers * 4 * d
        ),
        "A layer has two norms, of 2 d numbers each: 2 d are missing.": right - layers * 2 * d,
        "The network's maps have biases: 4 d and d.": right - layers * 5 * d,
        "The biases of all maps in the layers are missing: 9 d a layer.": right - layers * 9 * d,
        "Biases and norms of the layers are missing: 13 d a layer.": right - layers * 13 * d,
        "Your 13 d is counted once: each layer has its own.": right - (layers - 1) * 13 * d,
        "That counts one layer: there are several, with weights of their own.": (
            right - (layers - 1) * (12 * d * d + 13 * d)
        ),
        "W_o is missing: attention has four maps of d × d.": right - layers * d * d,
        "The network of a layer is missing: d to 4 d and back.": (
            right - layers * (8 * d * d + 5 * d)
        ),
    }


_ONE_D = "d numbers are missing: the patches' map has biases, and the last norm has 2 d."
_CLS_D = (
    "d numbers are missing: CLS has d, its place d, the patches' map has d biases, the last norm "
    "2 d numbers."
)


@_count_rule(
    "reads",
    "the mean",
    "Count the patches' map, the layers, the last norm, the scores: nothing else is trained, and "
    "none of these knows the size of the picture.",
    _squares,
    _SQUARE,
)
def _count_mean(size: int, P: int, C: int, d: int, layers: int, V: int) -> Judgement:
    T = (size // P) ** 2
    right = _rest(P, C, d, layers, V)
    return right, {
        "That has CLS and a trained table of places: here are neither, as the mean is read, and "
        "sinusoids say the places.": right + (T + 2) * d,
        "The table of places is still there: sinusoids are not trained.": right + T * d,
        "The table of places is still there, with CLS's row: sinusoids are not trained.": (
            right + (T + 1) * d
        ),
        "CLS is still there: the mean over the patches is read.": right + d,
        "CLS and its place are still there: the mean over the patches is read.": right + 2 * d,
        "A mean trains no number: the scores are read off d numbers, not off T d.": (
            right + (T - 1) * V * d
        ),
        _ONE_D: right - d,
        **_parts(right, T, P, C, d, layers, V),
    }


def _oblongs(rng: np.random.Generator) -> Calls:
    drawn = [15, 9, 3, *(int(rng.integers(*m)) for m in ((2, 4), (5, 9), (2, 5), (10, 20)))]
    return [[8, 12, 2, 1, 6, 3, 10], [24, 12, 4, 3, 8, 1, 7], [6, 18, 3, 2, 5, 2, 3], drawn]


@_count_rule(
    "places",
    "two tables",
    "One table has a row for each line of patches, the other one for each column; CLS has a place "
    "of its own.",
    _oblongs,
    "{0} × {1} pixels, patch {2}, C = {3}, d = {4}, {5} layers, V = {6}",
)
def _count_two(R: int, S: int, P: int, C: int, d: int, layers: int, V: int) -> Judgement:
    down, across = R // P, S // P
    T = down * across
    right = _rest(P, C, d, layers, V) + (1 + down + across + 1) * d
    return right, {
        "That has a row for each patch. Here a patch's place is put together from two tables: "
        "down plus across, not times.": right + (T - down - across) * d,
        "Each table's rows have all d numbers: the two are added, not laid side by side.": (
            right - (down + across) * d // 2
        ),
        "The table of the columns is missing.": right - across * d,
        "The table of the lines is missing.": right - down * d,
        "The tables count patches, not pixels: R // P and S // P.": (
            right + (R + S - down - across) * d
        ),
        "Both tables are missing.": right - (down + across) * d,
        "CLS has one place of its own: it is in neither table, and counted once.": right + d,
        _CLS_D: right - d,
        "CLS and its place are missing, d each; or the last norm, 2 d.": right - 2 * d,
        **_parts(right, T, P, C, d, layers, V),
    }


def _steps(rng: np.random.Generator) -> Calls:
    drawn = [13, 4, 3, *(int(rng.integers(*m)) for m in ((2, 4), (5, 9), (2, 5), (10, 20)))]
    return [[8, 2, 1, 1, 6, 3, 10], [14, 4, 3, 3, 8, 1, 7], [12, 5, 2, 2, 5, 2, 3], drawn]


@_count_rule(
    "patches",
    "overlapping",
    "How many windows of P pixels, begun every `step`, lie wholly in a line of `size` pixels?",
    _steps,
    "size {0}, patch {1}, step {2}, C = {3}, d = {4}, {5} layers, V = {6}",
)
def _count_steps(size: int, P: int, step: int, C: int, d: int, layers: int, V: int) -> Judgement:
    row = (size - P) // step + 1
    T = row**2
    right = _rest(P, C, d, layers, V) + d + (T + 1) * d

    def with_row(count: int) -> int:
        return right + (count**2 - T) * d

    return right, {
        "Those patches lie side by side. Here they overlap, and there are more: one begins every "
        "`step` pixels.": with_row(size // P),
        "The last patch ends within the picture: in a line there are fewer than size // step.": (
            with_row(size // step)
        ),
        "One patch a line is missing: the first begins at pixel 0, before any step.": (
            with_row(row - 1)
        ),
        "That allows one patch a line too many: the last one ends within the picture.": (
            with_row(row + 1)
        ),
        "T is how many patches the whole picture has: square what a line has.": (
            right + (row - T) * d
        ),
        "The kernel is P × P pixels; the step says where it goes, and has no weights.": (
            right + C * (step**2 - P**2) * d
        ),
        _CLS_D: right - d,
        "CLS and its place are missing, d each; or the last norm, 2 d.": right - 2 * d,
        "The table of places is missing: T + 1 rows of d.": right - (T + 1) * d,
        **_parts(right, T, P, C, d, layers, V),
    }


def _headed(rng: np.random.Generator) -> Calls:
    drawn = [12, 3, *(int(rng.integers(*m)) for m in ((2, 4), (5, 9), (3, 5), (2, 5), (10, 20)))]
    return [[8, 2, 1, 6, 2, 3, 10], [12, 4, 3, 8, 4, 1, 7], [12, 2, 2, 5, 5, 2, 3], drawn]


@_count_rule(
    "places",
    "relative",
    "How far down one patch lies from another, and how far across: how many such pairs are there?",
    _headed,
    "size {0}, patch {1}, C = {2}, d = {3}, {4} heads, {5} layers, V = {6}",
)
def _count_relative(
    size: int, P: int, C: int, d: int, heads: int, layers: int, V: int
) -> Judgement:
    row = size // P
    T, far = row**2, 2 * row - 1
    rest = _rest(P, C, d, layers, V)

    def held(table: int, many: int = heads * layers) -> int:
        return rest + table * many

    right = held(far**2)
    return right, {
        "That has CLS and a table of places added to the patches: here are neither. A layer's "
        "heads hold a number for each offset.": rest + (T + 2) * d,
        "The table of places is still there: nothing is added to the patches.": right + T * d,
        "The numbers for the offsets are missing.": rest,
        "One number for each offset, not for each pair of patches: pairs that lie alike share.": (
            held(T * T)
        ),
        "An offset goes both ways: a patch may lie above or below, left or right.": held(T),
        "In one direction there are 2 (size // P) - 1 offsets: 0 counts once.": held(
            (2 * row) ** 2
        ),
        "From 0 the farthest patch is size // P - 1 away, both ways: 2 (size // P) - 1 in all.": (
            held((2 * row + 1) ** 2)
        ),
        "An offset is a pair: each one down goes with each one across.": held(2 * far),
        "An offset is a pair, down and across: yours is for one direction.": held(far),
        "Each layer has numbers of its own for the offsets.": held(far**2, heads),
        "Each head has numbers of its own for the offsets.": held(far**2, layers),
        "Layers and heads share no number for an offset.": held(far**2, 1),
        "For an offset a head has one number, not d: it is added to a score.": held(far**2 * d),
        "CLS is none here, nor has it a place.": right + 2 * d,
        "d too many: CLS is none here.": right + d,
        _ONE_D: right - d,
        **_parts(right, T, P, C, d, layers, V),
    }
