"""What learners write for the exercises of chapter 19, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _paste(back: str, P: str = "round(rows.shape[1] ** 0.5)") -> str:
    return (
        f"def paste(rows, R, S):\n    P = {P}\n"
        f"    grid = rows.reshape(R // P, S // P, P, P)\n    {back}"
    )


def _count(
    patches: str = "(C * P * P + 1) * d",
    cls: str = "d + (T + 1) * d",
    layer: str = "12 * d * d + 13 * d",
    ends: str = "2 * d + (d + 1) * V",
    many: str = "layers",
    T: str = "(size // P) ** 2",
) -> str:
    return (
        f"def vit_numbers(size, P, C, d, layers, V):\n    T = {T}\n"
        f"    return {patches} + {cls} + {many} * ({layer}) + {ends}"
    )


def _begin(
    rows: str = "rows.flatten(2).transpose(1, 2)",
    front: str = "torch.cat([cls.expand(len(x), 1, -1), x], 1)",
    back: str = "x + position",
    bias: str = "bias",
    stride: str = "weight.shape[-1]",
) -> str:
    return (
        "def begin(images, weight, bias, cls, position):\n"
        f"    rows = F.conv2d(images, weight, {bias}, stride={stride})\n"
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
        Wrong("turned whole", _paste("return grid.swapaxes(1, 2).reshape(R, S).T"), r"transpose"),
        Wrong(
            "the grid's sides",
            _paste("return rows.reshape(S // P, R // P, P, P).swapaxes(1, 2).reshape(R, S)"),
            r"changed them about",
        ),
        Wrong(
            "two pixels", _paste("return grid.swapaxes(1, 2).reshape(R, S)", "2"), r"P = 2: a row"
        ),
        Wrong(
            "P of the rows",
            _paste("return grid.swapaxes(1, 2).reshape(R, S)", "round(len(rows) ** 0.5)"),
            r"a row has P²",
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
        Wrong("half a norm", _count(ends="d + (d + 1) * V"), r"last norm has 2 d"),
        Wrong("a row of patches", _count(T="size // P"), r"whole picture"),
        Wrong("13 d once", _count(many="12 * layers * d * d + 13 * d + 0"), r"each layer has"),
        Wrong("twelve layers", _count(many="12"), r"for 12\."),
        Wrong("a thousand", _count(ends="2 * d + (d + 1) * 1000"), r"V for 1,000\."),
        Wrong("both left", _count(many="12", ends="2 * d + (d + 1) * 1000"), r"12 and V"),
        Wrong("a map a patch", _count(patches="T * (C * P * P + 1) * d"), r"not T times"),
        Wrong("to the last number", _count(ends="2 * d + (d + 1) * V + 1"), r"86,567,657"),
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
        Wrong("places twice", _begin(back="x + 2 * position"), r"added twice"),
        Wrong(
            "CLS with a bias",
            _begin(front="torch.cat([(cls + bias).expand(len(x), 1, -1), x], 1)"),
            r"CLS has none",
        ),
        Wrong("one place", _begin(back="x + position[0]"), r"place of CLS"),
        Wrong(
            "no patches cut",
            _begin(
                rows="images.reshape(len(rows), -1, weight[0].numel()) @ weight.flatten(1).T + bias"
            ),
            r"cuts no patches",
        ),
        Wrong(
            "its place twice",
            _begin(front="torch.cat([(cls + position[0]).expand(len(x), 1, -1), x], 1)"),
            r"patches' rows are right",
        ),
        Wrong(
            "places from the end",
            _begin(back="torch.cat([x[:, :1] + position[:1], x[:, 1:] + position[1:].flip(0)], 1)"),
            r"CLS is right",
        ),
        Wrong(
            "one picture's CLS",
            _begin(
                front="torch.cat([cls * (torch.arange(len(x)) == 0)[:, None, None], x], 1)",
            ),
            r"Only the first picture",
        ),
        Wrong("every pixel", _begin(stride="1"), r"make T = 6 patches"),
        Wrong("axes left", _begin(rows="rows.flatten(2)"), r"rows are \(2, 6, 5\)"),
        Wrong(
            "not for each", _begin(front="torch.cat([cls[None, None], x], 1)"), r"CLS \(2, 1, 5\)"
        ),
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
        Wrong("numbers", "same = (1, 0, 1, 1, 1, 0)", r"3 × 3"),
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
        Wrong(
            "as right is not enough",
            _rate(
                "return np.exp(np.interp(goal, weak, np.log(counts))) / counts[at]",
                guard="if goal >= weak[-1]:\n        return np.inf\n    ",
            ),
            r"As right is enough",
        ),
        Wrong(
            "the next count",
            _rate(
                "return next(n for n, w in zip(counts, weak) if w >= goal) / counts[at]",
            ),
            r"next count",
        ),
        Wrong("shares", _rate("return goal / weak[at]"), r"compares shares"),
        Wrong(
            "left in logarithms",
            _rate("return np.interp(goal, weak, np.log(counts)) - np.log(counts[at])"),
            r"logarithm of the answer",
        ),
        Wrong(
            "how many more",
            _rate("return np.exp(np.interp(goal, weak, np.log(counts))) - counts[at]"),
            r"how many times as many",
        ),
        Wrong(
            "ten to the power",
            _rate("return 10 ** np.interp(goal, weak, np.log(counts)) / counts[at]"),
            r"np.exp, not",
        ),
        Wrong(
            "shares in logarithms, too",
            _rate(
                "return np.exp(np.interp(np.log(goal), np.log(weak), np.log(counts))) / counts[at]"
            ),
            r"Only counts",
        ),
        Wrong(
            "nothing for never",
            _rate(
                "return np.exp(np.interp(goal, weak, np.log(counts))) / counts[at]",
                guard="if goal > weak[-1]:\n        return None\n    ",
            ),
            r"say np.inf",
        ),
    ],
}
