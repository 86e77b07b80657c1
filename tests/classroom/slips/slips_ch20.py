"""What students write for the variations of chapter 20, and what the message must lead them to."""

from __future__ import annotations

from .slip import Slip

_SQUARED = "((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1)"
_PRODUCT = Slip("by the product", _SQUARED, "(zeta @ codebook.T).argmax(1)", r"a long code")
_FAR = Slip("farthest", "argmin(1)", "argmax(1)", r"ask each vector for its nearest")
_CANCEL = Slip("no square", " ** 2).sum", ").sum", r"Below and above cancel")


def _straight(header: str, says: str) -> Slip:
    """The book's solution, as it stands but for its header."""
    body = f"""\
    codes = {_SQUARED}
    apart = zeta - codebook[codes]
    by_code = np.zeros_like(codebook)
    np.add.at(by_code, codes, -2 * apart)
    return up + 2 * beta * apart, by_code
"""
    return Slip("copied", header, header + body, says)


def _best(header: str, says: str) -> Slip:
    """The book's solution, as it stands but for its header."""
    body = """\
    groups = scores.reshape(-1, many, scores.shape[1])
    won = right.reshape(groups.shape)
    chosen = groups.argmax(1)
    return float(np.take_along_axis(won, chosen[:, None], 1).mean())
"""
    return Slip("copied", header, header + body, says)


_USUAL = "def straight_through(zeta, codebook, up, beta):\n"
_BEST_USUAL = "def best_of(scores, right, many):\n"
_ROWS = Slip(
    "dealt out",
    "groups = scores.reshape(-1, many, scores.shape[1])\n    won = right.reshape(groups.shape)",
    "groups = scores.reshape(many, -1, scores.shape[1]).swapaxes(0, 1)\n"
    "    won = right.reshape(many, -1, scores.shape[1]).swapaxes(0, 1)",
    r"one below the other",
)

SLIPS: dict[str, dict[str, tuple[Slip, ...]]] = {
    "wp-straight": {
        "means": (
            _straight(_USUAL, r"Here they are means"),
            Slip("by rows", "zeta.size", "len(zeta)", r"not over rows"),
            Slip("by columns", "zeta.size", "zeta.shape[1]", r"runs over places, too"),
            Slip("the codebook's", "zeta.size", "codebook.size", r"not the codebook"),
            Slip(
                "all of it",
                "up + 2 * beta * apart",
                "up / zeta.size + 2 * beta * apart",
                r"not to be divided",
            ),
            Slip("codes summed", "-2 * apart", "-2 * apart * zeta.size", r"For the codes it is"),
            Slip("vectors summed", "beta * apart", "beta * apart * zeta.size", r"For the vectors"),
            Slip(
                "one row",
                "np.add.at(by_code, codes, -2 * apart)",
                "by_code[codes] = -2 * apart",
                r"np\.add\.at",
            ),
            _PRODUCT,
            _FAR,
            _CANCEL,
        ),
        "absolute": (
            _straight(_USUAL, r"There all is in squares"),
            Slip(
                "terms squared",
                "np.sign(zeta - codebook[codes])",
                "2 * (zeta - codebook[codes])",
                r"terms are still squares",
            ),
            Slip(
                "squares near",
                "np.abs(zeta[:, None] - codebook)",
                "((zeta[:, None] - codebook) ** 2)",
                r"near is in absolute values, too",
            ),
            Slip("a 2", "np.sign(", "2 * np.sign(", r"2 belongs to a square"),
            Slip("itself", "np.sign(", "np.abs(", r"absolute value itself"),
            Slip(
                "the difference",
                "np.sign(zeta - codebook[codes])",
                "zeta - codebook[codes]",
                r"1 or -1",
            ),
            Slip("decoder's, too", "codes, -signs", "codes, up - signs", r"passes by the codes"),
            _FAR,
        ),
        "nothing-held": (
            _straight(_USUAL, r"Here neither does"),
            Slip("codes held", "codes, -pull", "codes, -pull / (1 + beta)", r"codes feel the comm"),
            Slip(
                "codebook's lost",
                "codes, -pull",
                "codes, -pull * beta / (1 + beta)",
                r"codes feel the codebook",
            ),
            Slip(
                "vectors held",
                "up + pull",
                "up + pull * beta / (1 + beta)",
                r"vectors feel the codebook",
            ),
            Slip("minus", "(1 + beta)", "(1 - beta)", r"add them up"),
            Slip("no 2", "2 * (1", "(1", r"has a 2"),
            Slip("decoder's, too", "codes, -pull", "codes, up - pull", r"passes by the codes"),
            Slip(
                "one row",
                "np.add.at(by_code, codes, -pull)",
                "by_code[codes] = -pull",
                r"np\.add\.at",
            ),
            _PRODUCT,
            _CANCEL,
        ),
        "moved": (
            _straight(
                "def straight_through(zeta, codebook, up, beta, keep):\n",
                r"give the codebook itself",
            ),
            Slip(
                "turned round",
                "keep * codebook[k] + (1 - keep)",
                "(1 - keep) * codebook[k] + keep",
                r"share that stays",
            ),
            Slip("all the way", "keep * codebook[k] + (1 - keep) * ", "", r"part of the way"),
            Slip("the sum", "mean(0)", "sum(0)", r"not their sum"),
            Slip("of all", "zeta[codes == k]", "zeta", r"own vectors"),
            Slip("shrunk", "codebook.copy()", "keep * codebook", r"theirs shrank"),
            Slip(
                "after the move",
                "zeta - codebook[codes]",
                "zeta - moved[codes]",
                r"before it was moved",
            ),
            Slip("written over", "codebook.copy()", "codebook", r"changes the input|read-only"),
            _PRODUCT,
        ),
    },
    "wp-best": {
        "shown": (
            _best("def best_of(scores, right, many, top):\n", r"best alone"),
            Slip("share", ".any(1)", "", r"ask of each list"),
            Slip("all", ".any(1)", ".all(1)", r"one is enough"),
            Slip("worst", "-groups", "groups", r"shows the worst"),
            Slip("as drawn", "np.take_along_axis(won, shown, 1)", "won[:, :top]", r"first ones dr"),
            Slip("whole group", "[:, :top]", "", r"whole group"),
            Slip("one more", ":top]", ":top + 1]", r"One too many"),
            Slip("how many", ".any(1)", ".sum(1)", r"is there any"),
            _ROWS,
        ),
        "good-enough": (
            _best("def best_of(scores, right, many, enough):\n", r"first with a score"),
            Slip(
                "the best",
                "taken = np.where(some, first, groups.argmax(1))",
                "taken = groups.argmax(1)",
                r"whole group and takes the best",
            ),
            Slip(
                "all drawn",
                "np.where(some, first + 1, many)",
                "np.full(some.shape, many)",
                r"All are drawn",
            ),
            Slip("more than", ">= enough", "> enough", r"at least, not more"),
            Slip(
                "first if none",
                "np.where(some, first, groups.argmax(1))",
                "first",
                r"not the first",
            ),
            Slip("last if none", "first, groups.argmax(1)", "first, many - 1", r"not the last"),
            Slip("from 0", "first + 1", "first", r"from 0"),
            Slip("where the best is", "first + 1, many", "first + 1, taken + 1", r"wherever the b"),
            Slip("one if none", "first + 1, many", "first + 1, 1", r"not one"),
            Slip("turned round", ">= enough", "< enough", r"\*not\* good enough"),
            _ROWS,
        ),
        "all-sets": (
            _best(_BEST_USUAL, r"groups as they stand"),
            Slip("worst", "scores.argsort(0)", "(-scores).argsort(0)", r"the worst of each"),
            Slip("itself", "many - 1", "many", r"one of them itself"),
            Slip("from 1", "comb(r, ", "comb(r + 1, ", r"not r \+ 1"),
            Slip(
                "unsorted",
                "np.take_along_axis(right, scores.argsort(0), 0)",
                "right",
                r"verdicts are not sorted",
            ),
            Slip("not divided", " / math.comb(len(scores), many)", "", r"divide by their number"),
            Slip(
                "replacement",
                "    return",
                "    n = len(scores)\n"
                "    best = [((r + 1) ** many - r**many) / n**many for r in range(n)]\n"
                "    return (np.array(best) @ won).mean()\n    return",
                r"with replacement",
            ),
            Slip(
                "best of all",
                "    return",
                "    return won[-1].mean()\n    return",
                r"in a part only",
            ),
        ),
        "two-readers": (
            _best("def best_of(scores, others, right, many):\n", r"`others` is not used"),
            Slip("the second", "np.minimum(scores, others)", "others", r"`scores` is not used"),
            Slip("the sum", "np.minimum(scores, others)", "scores + others", r"sum or the mean"),
            Slip("the higher", "minimum", "maximum", r"higher of its two"),
            Slip("the product", "np.minimum(scores, others)", "scores * others", r"two bad scores"),
            Slip("the worst", "argmax", "argmin", r"chooses the worst"),
            Slip("agreement", "np.minimum(scores, others)", "-abs(scores - others)", r"they agree"),
            Slip("any", "np.take_along_axis(won, chosen[:, None], 1)", "won.any(1)", r"\*any\*"),
        ),
    },
}

EQUIVALENT: dict[str, dict[str, dict[str, str]]] = {
    "wp-straight": {"absolute": {"beta * signs → beta / signs": "a sign is its own inverse"}},
    "wp-best": {
        name: {"1 → 2": "reshape takes any negative number for the length to find"}
        for name in ("shown", "good-enough", "two-readers")
    },
}
