"""What learners write for the exercises of chapter 19, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _paste(back: str) -> str:
    return (
        "def paste(rows, R, S):\n    P = round(rows.shape[1] ** 0.5)\n"
        f"    grid = rows.reshape(R // P, S // P, P, P)\n    {back}"
    )


def _count(
    patches: str = "(C * P * P + 1) * d",
    cls: str = "d + (T + 1) * d",
    layer: str = "12 * d * d + 13 * d",
    ends: str = "2 * d + (d + 1) * V",
) -> str:
    return (
        "def vit_numbers(size, P, C, d, layers, V):\n    T = (size // P) ** 2\n"
        f"    return {patches} + {cls} + layers * ({layer}) + {ends}"
    )


def _begin(
    rows: str = "rows.flatten(2).transpose(1, 2)",
    front: str = "torch.cat([cls.expand(len(x), 1, -1), x], 1)",
    back: str = "x + position",
    bias: str = "bias",
) -> str:
    return (
        "def begin(images, weight, bias, cls, position):\n"
        f"    rows = F.conv2d(images, weight, {bias}, stride=weight.shape[-1])\n"
        f"    x = {rows}\n    x = {front}\n    return {back}"
    )


def _rate(back: str, guard: str = "if goal > weak[-1]:\n        return np.inf\n    ") -> str:
    return f"def times_as_many(counts, strong, weak, at):\n    goal = strong[at]\n    {guard}{back}"


WRONG = {
    "vt-paste": [
        Wrong("as printed", _paste("return rows.reshape(R, S)"), r"through several patches"),
        Wrong(
            "column by column",
            _paste("return rows.reshape(S // P, R // P, P, P).transpose(1, 2, 0, 3).reshape(R, S)"),
            r"lay them as one reads",
        ),
        Wrong(
            "turned inside",
            _paste("return grid.transpose(0, 3, 1, 2).reshape(R, S)"),
            r"turned inside",
        ),
        Wrong("four axes", _paste("return grid.swapaxes(1, 2)"), r"Reshape to"),
        Wrong(
            "both",
            _paste("return rows.reshape(S // P, R // P, P, P).transpose(1, 3, 0, 2).reshape(R, S)"),
            r"both",
        ),
    ],
    "vt-count": [
        Wrong("CLS without a place", _count(cls="d + T * d"), r"T \+ 1 rows"),
        Wrong("no CLS", _count(cls="T * d"), r"CLS itself"),
        Wrong("one channel", _count(patches="(P * P + 1) * d"), r"channels"),
        Wrong("no last norm", _count(ends="(d + 1) * V"), r"norm"),
        Wrong("scores without biases", _count(ends="2 * d + d * V"), r"scores have a bias"),
        Wrong("no biases, no norms", _count(layer="12 * d * d"), r"13 d"),
        Wrong("no norms", _count(layer="12 * d * d + 9 * d"), r"two norms"),
        Wrong("no W_o", _count(layer="11 * d * d + 13 * d"), r"W_o"),
        Wrong("no network", _count(layer="4 * d * d + 8 * d"), r"network of a layer"),
    ],
    "vt-begin": [
        Wrong("CLS behind", _begin(front="torch.cat([x, cls.expand(len(x), 1, -1)], 1)"), r"front"),
        Wrong("no places", _begin(back="x"), r"still to be added"),
        Wrong("no bias", _begin(bias="None"), r"bias is missing"),
        Wrong(
            "reshaped",
            _begin(rows="rows.reshape(len(rows), -1, rows.shape[1])"),
            r"transpose, not a reshape",
        ),
        Wrong(
            "column by column",
            _begin(rows="rows.transpose(2, 3).flatten(2).transpose(1, 2)"),
            r"as one reads",
        ),
        Wrong(
            "CLS without a place",
            _begin(front="x + position[1:]", back="torch.cat([cls.expand(len(x), 1, -1), x], 1)"),
            r"CLS has a place",
        ),
        Wrong("no CLS", _begin(front="x", back="x + position[1:]"), r"CLS is missing"),
        Wrong("the first T places", _begin(front="x", back="x + position[:-1]"), r"CLS"),
    ],
    "vt-same": [
        Wrong(
            "a ViT sees a grid", "same = (False, False, False, False, False, False)", r"any order"
        ),
        Wrong("CLS is a place", "same = (True, False, True, False, False, False)", r"Only CLS"),
        Wrong("convolutions move along", "same = (True, False, True, True, True, False)", r"3 × 3"),
        Wrong("trained so", "same = (True, False, True, True, False, True)", r"table shuffled"),
        Wrong("a table helps", "same = (True, True, True, True, False, False)", r"row 5"),
        Wrong("letters", "same = ('a', 'c', 'd', '', '', '')", r"Say True"),
    ],
    "vt-rate": [
        Wrong(
            "not divided",
            _rate("return np.exp(np.interp(goal, weak, np.log(counts)))"),
            r"number of pictures",
        ),
        Wrong(
            "turned round",
            _rate("return counts[at] / np.exp(np.interp(goal, weak, np.log(counts)))"),
            r"Turned round",
        ),
        Wrong(
            "not in logarithms",
            _rate("return np.interp(goal, weak, counts) / counts[at]"),
            r"logarithm",
        ),
        Wrong(
            "no exp", _rate("return np.interp(goal, weak, np.log(counts)) / counts[at]"), r"np.exp"
        ),
        Wrong(
            "never reached",
            _rate("return np.exp(np.interp(goal, weak, np.log(counts))) / counts[at]", guard=""),
            r"np.inf",
        ),
        Wrong(
            "its own line",
            _rate("return np.exp(np.interp(goal, strong, np.log(counts))) / counts[at]"),
            r"stronger one",
        ),
        Wrong(
            "goal of the weak",
            "def times_as_many(counts, strong, weak, at):\n    goal = weak[at]\n"
            "    return np.exp(np.interp(goal, strong, np.log(counts))) / counts[at]",
            r"is to be reached",
        ),
    ],
}
