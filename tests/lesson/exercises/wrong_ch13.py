"""What learners write for the exercises of chapter 13, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong

TIE = "np.log(5 / 4) / np.log(18 / 12)"


def _lp(zero: str = "1.0", one: str = "2.0", tie: str = TIE) -> str:
    return f"divisors = ({zero}, {one}, {tie})"


def _cover(seen: str = "np.minimum(weights.sum(0), 1)", result: str = "np.log(seen).sum()") -> str:
    return f"def coverage(weights):\n    seen = {seen}\n    return {result}"


def _merge(
    add: str = "times",
    pairs: str = "zip(pieces, pieces[1:])",
    result: str = "min(pairs, key=lambda pair: (-pairs[pair], pair))",
) -> str:
    return (
        "def next_merge(words):\n    pairs = Counter()\n"
        "    for pieces, times in words.items():\n"
        f"        for pair in {pairs}:\n            pairs[pair] += {add}\n"
        f"    return {result}"
    )


def _round(
    values: str = "np.round(W / safe[:, None]).astype(np.int8)",
    step: str = "abs(W).max(1) / 127",
    safe: str = "np.where(step > 0, step, 1)",
    given: str = "step",
) -> str:
    return f"def eight_bits(W):\n    step = {step}\n    safe = {safe}\n    return {values}, {given}"


def _count(
    bottom: str = "2 * one(H)",
    paper: str = "bottom + one(2 * H) + (L - 2) * one(H)",
    every: str = "bottom + 2 * (L - 1) * one(2 * H)",
    one: str = "4 * H * (D + H + 1)",
) -> str:
    return (
        f"def encoder_weights(H, L):\n    def one(D):\n        return {one}\n\n"
        f"    bottom = {bottom}\n    return {paper}, {every}"
    )


WRONG = {
    "gn-lp": [
        Wrong("divided by itself", _lp(zero="2.0"), r"to the power of 0 is 1"),
        Wrong("nothing", _lp(zero="0.0"), r"not the divisor"),
        Wrong("not divided by 6", _lp(one="12.0"), r"divided by 6"),
        Wrong("bare mean", _lp(one="7 / 6"), r"add 5"),
        Wrong("stop twice", _lp(one="13 / 6"), r"counted in the 7"),
        Wrong("bare power", _lp(tie="np.log(5 / 4) / np.log(13 / 7)"), r"adds 5 to both"),
        Wrong("turned round", _lp(tie="np.log(18 / 12) / np.log(5 / 4)"), r"wrong way round"),
        Wrong("exponent first", f"divisors = ({TIE}, 1.0, 2.0)", r"The order"),
        Wrong("scores", _lp(zero="-4.0", one="-2.0"), r"not the divisor"),
        Wrong("difference", _lp(tie="np.log(5 / 4) - np.log(18 / 12)"), r"difference"),
        Wrong("no logarithm", _lp(tie="(5 / 4) / (18 / 12)"), r"ratio of their logarithms"),
        Wrong("negative", _lp(tie="-" + TIE), r"larger\* alpha"),
        Wrong("one number", "divisors = 2.0", r"three numbers"),
    ],
    "gn-cover": [
        Wrong("as it was", _cover("np.minimum(weights.sum(1), 1)"), r"0 still"),
        Wrong("not cut off", _cover("weights.sum(0)"), r"cut the sums off"),
        Wrong("each weight", _cover("np.minimum(weights, 1)"), r"sum over the rows first"),
        Wrong("maximum", _cover("np.maximum(weights.sum(0), 1)"), r"from above"),
        Wrong("no logarithm", _cover(result="seen.sum()"), r"logarithm is missing"),
        Wrong("log of the sum", _cover(result="np.log(seen.sum())"), r"added after it"),
        Wrong("beta", _cover(result="0.2 * np.log(seen).sum()"), r"Without beta"),
        Wrong("mean", _cover(result="np.log(seen).mean()"), r"mean over the places"),
        Wrong("positive", _cover(result="-np.log(seen).sum()"), r"0 at most"),
        Wrong("bits", _cover(result="np.log2(seen).sum()"), r"natural"),
        Wrong("mean of columns", _cover("np.minimum(weights.mean(0), 1)"), r"take its sum"),
        Wrong("largest", _cover("weights.max(0)"), r"largest weight"),
        Wrong("each place", _cover(result="np.log(seen)"), r"One number"),
    ],
    "gn-merge": [
        Wrong("words count once", _merge(add="1"), r"counts each of its pairs"),
        Wrong("pairs once a word", _merge(pairs="set(zip(pieces, pieces[1:]))"), r"counts twice"),
        Wrong(
            "last of the alphabet",
            _merge(result="max(pairs, key=lambda pair: (pairs[pair], pair))"),
            r"not the last",
        ),
        Wrong("first that came", _merge(result="pairs.most_common(1)[0][0]"), r"first that came"),
        Wrong(
            "joined", _merge(result='"".join(min(pairs, key=lambda p: (-pairs[p], p)))'), r"apart"
        ),
        Wrong("rarest", _merge(result="min(pairs, key=lambda p: (pairs[p], p))"), r"rarest"),
        Wrong(
            "turned",
            _merge(result="min(pairs, key=lambda p: (-pairs[p], p))[::-1]"),
            r"wrong order",
        ),
        Wrong("no overlap", _merge(pairs="zip(pieces[::2], pieces[1::2])"), r"overlap"),
        Wrong("letters", _merge(pairs="zip(''.join(pieces), ''.join(pieces)[1:])"), r"letters"),
        Wrong(
            "order of the joined",
            _merge(result="min(pairs, key=lambda p: (-pairs[p], ''.join(p)))"),
            r"left pieces are compared first",
        ),
        Wrong("with its count", _merge(result="pairs.most_common(1)[0]"), r"pair alone"),
    ],
    "gn-round": [
        Wrong("cut off", _round("(W / safe[:, None]).astype(np.int8)"), r"Cut off towards 0"),
        Wrong("rounded down", _round("np.floor(W / safe[:, None]).astype(np.int8)"), r"nearest"),
        Wrong(
            "one step",
            _round("np.round(W / step).astype(np.int8)", "abs(W).max() / 127", "step"),
            r"each row wants its own",
        ),
        Wrong(
            "columns",
            _round("np.round(W / safe).astype(np.int8)", "abs(W).max(0) / 127"),
            r"each column",
        ),
        Wrong("signed", _round(step="W.max(1) / 127"), r"not the sign"),
        Wrong("128", _round(step="abs(W).max(1) / 128"), r"becomes 127"),
        Wrong("255", _round(step="abs(W).max(1) / 255"), r"one side"),
        Wrong("not divided", _round(step="abs(W).max(1)"), r"divide it by 127"),
        Wrong("zeros' step", _round(given="safe"), r"row of zeros has the step 0"),
        Wrong("0 by 0", _round("np.round(W / step[:, None])"), r"0 divided by 0"),
        Wrong("two axes", _round(given="step[:, None]"), r"drop the axes"),
        Wrong("not rounded", _round("W / safe[:, None]"), r"not rounded"),
        Wrong("widened", _round("np.round(W / safe[:, None]) * safe[:, None]"), r"how many steps"),
        Wrong("no sign", _round("abs(np.round(W / safe[:, None]))"), r"signs are lost"),
        Wrong(
            "no sign bit",
            _round("np.round(W / safe[:, None]).astype(np.int8).astype(np.uint8)"),
            r"int8, not uint8",
        ),
        Wrong("half up", _round("(W / safe[:, None] + 0.5).astype(np.int8)"), r"Negative numbers"),
        Wrong(
            "steps first",
            _round("step", given="np.round(W / safe[:, None]).astype(np.int8)"),
            r"other way round",
        ),
        Wrong("values alone", "def eight_bits(W):\n    return np.round(W)[0, 0]", r"steps \(R,\)"),
    ],
    "gn-count": [
        Wrong("layer 2", _count(paper="bottom + (L - 1) * one(H)"), r"reads 2H"),
        Wrong("2H for ever", _count(paper="bottom + (L - 1) * one(2 * H)"), r"From layer 3 on"),
        Wrong("one direction", _count(bottom="one(H)"), r"two directions"),
        Wrong(
            "one layer more",
            _count(paper="bottom + one(2 * H) + (L - 1) * one(H)"),
            r"one of the L",
        ),
        Wrong("two biases", _count(one="4 * H * (D + H + 2)"), r"One bias"),
        Wrong("no bias", _count(one="4 * H * (D + H)"), r"biases are missing"),
        Wrong("bias a gate", _count(one="4 * (H * (D + H) + 1)"), r"gate \*and unit"),
        Wrong(
            "half as wide",
            "def encoder_weights(H, L):\n    def one(D, h):\n        return 4 * h * (D + h + 1)\n\n"
            "    half = 2 * one(H, H // 2)\n    return half + (L - 1) * one(H, H), L * half",
            r"not H/2",
        ),
        Wrong(
            "3H above",
            _count(
                paper="bottom + one(3 * H) + (L - 2) * one(H)",
                every="bottom + 2 * (L - 1) * one(3 * H)",
            ),
            r"not 3H",
        ),
        Wrong("GRU", _count(one="3 * H * (D + H + 1)"), r"as a GRU"),
        Wrong("H above", _count(every="bottom * L"), r"both directions of the one below"),
        Wrong("one direction above", _count(every="bottom + (L - 1) * one(2 * H)"), r"too"),
        Wrong("2H below", _count(every="2 * L * one(2 * H)"), r"embedding"),
        Wrong("L above", _count(every="bottom + 2 * L * one(2 * H)"), r"L - 1 layers"),
        Wrong(
            "the difference",
            _count(every="2 * (L - 1) * one(2 * H) - one(2 * H) - (L - 2) * one(H)"),
            r"how many \*more\*",
        ),
    ],
}
