"""Variations of chapter 19's exercises."""

from __future__ import annotations

from seqcourse.classroom.variations import Variation

_PASTE = '''\
def paste({given}) -> np.ndarray:
    """{says}"""
    ...
'''
_ROWS = "rows: np.ndarray, R: int, S: int"

_PASTE_SNAKE = Variation(
    "to-and-fro",
    {"order": "to and fro"},
    r"""
A scanner reads a grey picture of $R \times S$ pixels in patches of $P \times P$, to and fro: line 0
of the patches from left to right, line 1 from *right to left*, line 2 from left to right, and so
on. `rows`, $(T, P^2)$, has a patch in each row, in the order in which they were read. Inside a
patch the pixels stand as ever, line by line from the left. Give the picture back; $P$ follows from
`rows`. The function must not change `rows`.
""",
    _PASTE.format(given=_ROWS, says="(T, P * P), patches to and fro -> (R, S)."),
    """\
def paste(rows, R, S):
    P = round(rows.shape[1] ** 0.5)
    grid = rows.reshape(R // P, S // P, P, P).copy()
    grid[1::2] = grid[1::2, ::-1]
    return grid.swapaxes(1, 2).reshape(R, S)
""",
    "Every second line of patches is read from right to left.",
)

_PASTE_COLOURS = Variation(
    "colours",
    {"channels": "three"},
    r"""
`rows`, $(T, 3 P^2)$, holds the patches of a picture in three colours, as one reads, each as a
vector in the order of a convolution's kernel: first the patch's $P^2$ red numbers, line by line,
then its green ones, then its blue ones. Give the picture back in the form in which plotting
libraries want it, $(R, S, 3)$: at each pixel its three colours. $P$ follows from `rows`.
""",
    _PASTE.format(given=_ROWS, says="(T, 3 * P * P) -> (R, S, 3)."),
    """\
def paste(rows, R, S):
    P = round((rows.shape[1] / 3) ** 0.5)
    grid = rows.reshape(R // P, S // P, 3, P, P)
    return grid.transpose(0, 3, 1, 4, 2).reshape(R, S, 3)
""",
    "Three colours, first in a patch, last in the picture.",
)

_PASTE_JUMBLED = Variation(
    "jumbled",
    {"order": "given"},
    r"""
Somebody jumbled a grey picture's patches before they were written down, and kept the order: row $t$
of `rows`, $(T, P^2)$, is patch number `order[t]` of the picture, counted as one reads, from 0.
`order` holds each of $0, \dots, T - 1$ once. Each row has the pixels of its patch line by line.
Give the picture of $R \times S$ pixels back, each patch where it belongs; $P$ follows from `rows`.
The function must not change `rows`.
""",
    _PASTE.format(
        given=f"{_ROWS}, order: np.ndarray", says="(T, P * P), row t patch order[t] -> (R, S)."
    ),
    """\
def paste(rows, R, S, order):
    P = round(rows.shape[1] ** 0.5)
    straight = np.empty_like(rows)
    straight[order] = rows
    grid = straight.reshape(R // P, S // P, P, P)
    return grid.swapaxes(1, 2).reshape(R, S)
""",
    "The patches stand in an order that is given, to be undone.",
)

_PASTE_OVERLAPPING = Variation(
    "overlapping",
    {"patches": "overlapping"},
    r"""
A network repairs a grey picture patch by patch. Its patches of $P \times P$ pixels *overlap*: one
begins every `step` pixels, down and across, from pixel 0 on, and the last ones end with the
picture. `rows`, $(T, P^2)$, has the repaired patches, as one reads, each line by line. Where
several lie over a pixel they need not agree: give the picture, $(R, S)$, that has at each pixel the
*mean* of all patches over it. $P$ follows from `rows`, and `step` is at most $P$.
""",
    _PASTE.format(given=f"{_ROWS}, step: int", says="(T, P * P), overlapping -> means (R, S)."),
    """\
def paste(rows, R, S, step):
    P = round(rows.shape[1] ** 0.5)
    across = (S - P) // step + 1
    total, count = np.zeros((R, S)), np.zeros((R, S))
    for t, row in enumerate(rows):
        i, j = divmod(t, across)
        down, right = i * step, j * step
        total[down : down + P, right : right + P] += row.reshape(P, P)
        count[down : down + P, right : right + P] += 1
    return total / count
""",
    "The patches overlap; a pixel is the mean of those over it.",
)

_COUNT = '''\
def vit_numbers({given}) -> int:
    """{says}"""
    ...
'''
_PATCHES = r"""One linear map with biases makes $d$ numbers of a patch of $P \times P$ pixels in $C$
channels. """
_LAYERS = r"""Each of `layers` layers has four maps of attention, $d$ by $d$, a network from $d$ to
$4 d$ numbers and back, and two norms; behind the last layer stands one norm more. The scores of
$V$ classes are a map of $d$ numbers. All maps have biases, and a norm has $2 d$ numbers. """

_COUNT_MEAN = Variation(
    "mean-and-sinusoids",
    {"reads": "the mean"},
    r"""
Count the numbers *to train* of a Vision Transformer that has no CLS and no table: the scores are
read off the mean over the patches' rows, and to each patch the sinusoids of its row and column are
added. The picture is a square of `size` pixels a side. """
    + _PATCHES
    + _LAYERS
    + r"""A net of the size of ViT-B/16 has 86,415,592 then.
""",
    _COUNT.format(
        given="size: int, P: int, C: int, d: int, layers: int, V: int",
        says="Numbers to train, with sinusoids and a mean.",
    ),
    """\
def vit_numbers(size, P, C, d, layers, V):
    ends = (C * P**2 + 1) * d + 2 * d + (d + 1) * V
    return ends + layers * (12 * d**2 + 13 * d)
""",
    "No CLS, no table: the mean is read, sinusoids say the places.",
)

_COUNT_TWO = Variation(
    "two-tables",
    {"places": "two tables"},
    r"""
Count the numbers of a Vision Transformer for pictures of $R \times S$ pixels whose places come from
*two tables*: one has a row for each line of patches, one has a row for each column of patches, all
of $d$ numbers, and a patch gets the sum of its two. CLS stands in front, $d$ numbers, and has a
place of its own, $d$ numbers more, in neither table; the scores are read off its row. """
    + _PATCHES
    + _LAYERS
    + r"""A net of the size of ViT-B/16, for 224 × 224 pixels, has 86,438,632 then.
""",
    _COUNT.format(
        given="R: int, S: int, P: int, C: int, d: int, layers: int, V: int",
        says="Numbers to train with a table of lines and one of columns.",
    ),
    """\
def vit_numbers(R, S, P, C, d, layers, V):
    places = R // P + S // P + 1
    ends = (C * P**2 + 1) * d + d + places * d + 2 * d + (d + 1) * V
    return ends + layers * (12 * d**2 + 13 * d)
""",
    "An oblong picture; one table for lines of patches, one for columns.",
)

_COUNT_STEPS = Variation(
    "overlapping",
    {"patches": "overlapping"},
    r"""
Count the numbers of a Vision Transformer whose patches *overlap*. The picture is a square of `size`
pixels a side; a patch of $P \times P$ begins every `step` pixels, down and across, from pixel 0 on,
as long as it ends within the picture: pixels left over at the end are not read. """
    + _PATCHES
    + r"""CLS stands in front, $d$ numbers, and to each patch and to CLS a place is added, a row of
a trained table. The scores are read off CLS's row. """
    + _LAYERS
    + r"""A net of the size of ViT-B/16 with steps of 8 pixels has 86,977,000 then.
""",
    _COUNT.format(
        given="size: int, P: int, step: int, C: int, d: int, layers: int, V: int",
        says="Numbers to train where a patch begins every `step` pixels.",
    ),
    """\
def vit_numbers(size, P, step, C, d, layers, V):
    T = ((size - P) // step + 1) ** 2
    ends = (C * P**2 + 1) * d + d + (T + 1) * d + 2 * d + (d + 1) * V
    return ends + layers * (12 * d**2 + 13 * d)
""",
    "The patches overlap: one begins every `step` pixels.",
)

_COUNT_RELATIVE = Variation(
    "relative",
    {"places": "relative"},
    r"""
Count the numbers of a Vision Transformer to whose patches *no place is added*. Instead each head of
each layer holds one trained number for each offset between two patches, so far down and so far
across, either way or none, and adds it to the score with which one reads the other. Two pairs of
patches that lie alike share it; heads and layers share nothing. There is no CLS: the mean over the
patches' rows is read. The picture is a square of `size` pixels a side. """
    + _PATCHES
    + _LAYERS
    + r"""A net of the size of ViT-B/16, with 12 heads, has 86,520,568 then.
""",
    _COUNT.format(
        given="size: int, P: int, C: int, d: int, heads: int, layers: int, V: int",
        says="Numbers to train with a number for each offset, head and layer.",
    ),
    """\
def vit_numbers(size, P, C, d, heads, layers, V):
    offsets = (2 * (size // P) - 1) ** 2
    ends = (C * P**2 + 1) * d + 2 * d + (d + 1) * V
    return ends + layers * (12 * d**2 + 13 * d + heads * offsets)
""",
    "Relative places, a number for each offset, head and layer; no CLS.",
)

VARIATIONS: dict[str, tuple[Variation, ...]] = {
    "vt-paste": (_PASTE_SNAKE, _PASTE_COLOURS, _PASTE_JUMBLED, _PASTE_OVERLAPPING),
    "vt-count": (_COUNT_MEAN, _COUNT_TWO, _COUNT_STEPS, _COUNT_RELATIVE),
}
