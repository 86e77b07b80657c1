"""What students write for the variations of chapter 19, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_PASTED = """\
    P = round(rows.shape[1] ** 0.5)
    grid = rows.reshape(R // P, S // P, P, P)
    return grid.swapaxes(1, 2).reshape(R, S)
"""
_ADDED = """\
] += row.reshape(P, P)
        count[down : down + P, right : right + P] += 1
"""
_INSIDE = Slip("turned inside", "grid.swapaxes(1, 2)", "grid.transpose(0, 3, 1, 2)", r"inside")
_PRINTED = Slip("as printed", "grid.swapaxes(1, 2)", "grid", r"several patches")


def _paste(header: str, says: str) -> Slip:
    """The book's solution, as it stands but for its header."""
    return Slip("copied", header, header + _PASTED, says)


def _count(header: str, T: str, says: str) -> Slip:
    """The book's solution, with so many patches."""
    body = f"""\
    T = {T}
    ends = (C * P**2 + 1) * d + d + (T + 1) * d + 2 * d + (d + 1) * V
    return ends + layers * (12 * d**2 + 13 * d)
"""
    return Slip("copied", header, header + body, says)


_NORM = Slip("no last norm", " + 2 * d", "", r"last (layer|norm)")
_BIASES = Slip("no biases of scores", "(d + 1) * V", "d * V", r"scores have a bias")
_GREY = Slip("one channel", "C * P**2", "P**2", r"each of C channels")
_LAYER = Slip("no biases, no norms", "13 * d", "0", r"13 d a layer")
_NO_CLS = Slip("no CLS", " + d + ", " + ", r"CLS has d, its place d")

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "vt-paste": {
        "to-and-fro": (
            _paste("def paste(rows, R, S):\n", r"every line of patches from the left"),
            Slip(
                "the others",
                "grid[1::2] = grid[1::2, ::-1]",
                "grid[::2] = grid[::2, ::-1]",
                r"the others",
            ),
            Slip("all", "grid[1::2] = grid[1::2, ::-1]", "grid = grid[:, ::-1]", r"All lines"),
            Slip("mirrored", "grid[1::2, ::-1]", "grid[1::2, ::-1, :, ::-1]", r"none is mirrored"),
            Slip("pixels alone", "grid[1::2, ::-1]", "grid[1::2, :, :, ::-1]", r"mirrored the pix"),
            Slip(
                "lines of pixels",
                "    P = round",
                "    P = round(rows.shape[1] ** 0.5)\n"
                "    grid = rows.reshape(R // P, S // P, P, P).swapaxes(1, 2).reshape(R, S)\n"
                "    grid[1::2] = grid[1::2, ::-1]\n    return grid\n    P = round",
                r"lines of pixels",
            ),
            Slip("columns", "[1::2] = grid[1::2, ::-1]", "[:, 1::2] = grid[::-1, 1::2]", r"column"),
            Slip("in place", ".copy()", "", r"changes the input"),
            _INSIDE,
            Slip(
                "as printed",
                "    grid = ",
                "    return rows.reshape(R, S)\n    grid = ",
                r"several patches",
            ),
        ),
        "colours": (
            _paste("def paste(rows, R, S):\n", r"3 P² of them"),
            Slip(
                "colours first",
                "0, 3, 1, 4, 2).reshape(R, S, 3)",
                "2, 0, 3, 1, 4).reshape(3, R, S)",
                r"stand last",
            ),
            Slip("scattered", "0, 3, 1, 4, 2", "2, 0, 3, 1, 4", r"takes a transpose"),
            Slip(
                "alternating",
                "3, P, P)\n    return grid.transpose(0, 3, 1, 4, 2)",
                "P, P, 3)\n    return grid.transpose(0, 2, 1, 3, 4)",
                r"do not alternate",
            ),
            Slip("one colour", ".reshape(R, S, 3)", ".reshape(R, S, 3)[..., 0]", r"colour alone"),
            Slip("blue first", ".reshape(R, S, 3)", ".reshape(R, S, 3)[..., ::-1]", r"red first"),
            Slip("inside", "0, 3, 1, 4, 2", "0, 4, 1, 3, 2", r"turned inside"),
            Slip("as printed", "grid.transpose(0, 3, 1, 4, 2)", "grid", r"several patches"),
        ),
        "jumbled": (
            _paste("def paste(rows, R, S, order):\n", r"order is not used"),
            Slip("turned round", "straight[order] = rows", "straight = rows[order]", r"Turned"),
            Slip(
                "down first",
                "straight.reshape(R // P, S // P, P, P)",
                "straight.reshape(S // P, R // P, P, P).swapaxes(0, 1)",
                r"along each line first",
            ),
            _INSIDE,
            _PRINTED,
        ),
        "overlapping": (
            _paste("def paste(rows, R, S, step):\n", r"they overlap"),
            Slip("the sum", "total / count", "total", r"That is the sum"),
            Slip("wiped", "] += row", "] = row", r"add them up first"),
            Slip("the last", _ADDED, _ADDED.replace("+=", "="), r"Each patch wiped out"),
            Slip("the most", "total / count", "total / count.max()", r"Fewer patches"),
            Slip("even", "total / count", "total * (step / P) ** 2", r"\(P / step\)²"),
            Slip("inside", "row.reshape(P, P)", "row.reshape(P, P).T", r"turned inside"),
            Slip(
                "down first",
                "i, j = divmod(t, across)",
                "j, i = divmod(t, (R - P) // step + 1)",
                r"down each column",
            ),
        ),
    },
    "vt-count": {
        "mean-and-sinusoids": (
            _count(
                "def vit_numbers(size, P, C, d, layers, V):\n",
                "(size // P) ** 2",
                r"here are neither",
            ),
            Slip(
                "a table", " + 2 * d", " + ((size // P) ** 2 + 2) * d", r"sinusoids are not trained"
            ),
            Slip(
                "a table and CLS's row", " + 2 * d", " + ((size // P) ** 2 + 3) * d", r"CLS's row"
            ),
            Slip("CLS", " + 2 * d", " + 3 * d", r"CLS is still there"),
            Slip("CLS and its place", " + 2 * d", " + 4 * d", r"CLS and its place are still"),
            Slip("scores of all", "(d + 1) * V", "((size // P) ** 2 * d + 1) * V", r"no number"),
            _NORM,
            _BIASES,
            _GREY,
            _LAYER,
        ),
        "two-tables": (
            _count(
                "def vit_numbers(R, S, P, C, d, layers, V):\n",
                "(R // P) * (S // P)",
                r"plus across, not times",
            ),
            Slip("halves", "places * d", "(d + (places - 1) * d // 2)", r"side by side"),
            Slip("lines alone", " + S // P", "", r"table of the columns"),
            Slip("columns alone", "R // P + ", "", r"table of the lines"),
            Slip("pixels", "R // P + S // P", "R + S", r"not pixels"),
            Slip("CLS in both", "S // P + 1", "S // P + 2", r"in neither table"),
            Slip("no place for CLS", " + 1\n", "\n", r"its place d"),
            _NO_CLS,
            _BIASES,
        ),
        "overlapping": (
            _count(
                "def vit_numbers(size, P, step, C, d, layers, V):\n",
                "(size // P) ** 2",
                r"side by side",
            ),
            Slip("beyond", "(size - P) // step + 1", "size // step", r"size // step"),
            Slip("no first", "(size - P) // step + 1", "(size - P) // step", r"pixel 0"),
            Slip("a line of patches", ") ** 2", ")", r"square what a line"),
            Slip("the step's kernel", "P**2", "step**2", r"has no weights"),
            Slip("no place for CLS", "(T + 1) * d", "T * d", r"its place d"),
            _NO_CLS,
            _GREY,
        ),
        "relative": (
            _count(
                "def vit_numbers(size, P, C, d, heads, layers, V):\n",
                "(size // P) ** 2",
                r"here are neither",
            ),
            Slip("pairs", "(2 * (size // P) - 1) ** 2", "(size // P) ** 4", r"each pair"),
            Slip("one way", "2 * (size // P) - 1", "size // P", r"goes both ways"),
            Slip("0 twice", "2 * (size // P) - 1", "2 * (size // P)", r"0 counts once"),
            Slip("one too far", "// P) - 1", "// P) + 1", r"farthest patch"),
            Slip("one direction", ") ** 2", ")", r"one direction"),
            Slip(
                "down plus across",
                "(2 * (size // P) - 1) ** 2",
                "2 * (2 * (size // P) - 1)",
                r"each one across",
            ),
            Slip("heads share", "heads * offsets", "offsets", r"Each head"),
            Slip("d each", "heads * offsets", "heads * offsets * d", r"not d"),
            Slip(
                "layers share",
                "13 * d + heads * offsets)",
                "13 * d) + heads * offsets",
                r"Each layer",
            ),
            _NORM,
        ),
    },
}
