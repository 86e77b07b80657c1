"""What learners write for the exercises of chapter 20, and what the message must lead to."""

from __future__ import annotations

from ..wrong import Wrong


def _fewer(numbers: str, bits: str) -> str:
    return f"def fewer(side, grid, codes):\n    numbers = {numbers}\n    return numbers, " + bits


NUMBERS, BITS = "3 * side**2 / grid**2", "numbers * 8 / math.log2(codes)"


def _straight(
    by_zeta: str = "up + 2 * beta * apart",
    add: str = "np.add.at(by_code, codes, -2 * apart)",
    codes: str = "((zeta[:, None] - codebook) ** 2).sum(-1).argmin(1)",
) -> str:
    return (
        "def straight_through(zeta, codebook, up, beta):\n"
        f"    codes = {codes}\n"
        "    apart = zeta - codebook[codes]\n"
        "    by_code = np.zeros_like(codebook)\n"
        f"    {add}\n"
        f"    return {by_zeta}, by_code"
    )


def _dead(back: str) -> str:
    return (
        "def dead(zeta, codebook):\n"
        "    apart = ((zeta[:, None] - codebook) ** 2).sum(-1)\n"
        f"    return {back}"
    )


def _best(body: str) -> str:
    return (
        "def best_of(scores, right, many):\n"
        "    groups = scores.reshape(-1, many, scores.shape[1])\n"
        "    won = right.reshape(groups.shape)\n"
        f"    {body}"
    )


def _inflated(said: str, true: str = "a / passed * said") -> str:
    return (
        "def inflated(a, b, N):\n"
        "    passed = a + (1 - a) * b\n"
        f"    said = {said}\n"
        f"    return said, {true}"
    )


SAID = "1 - (1 - passed) ** N"
CHOSEN = "return np.take_along_axis(won, {}[:, None], 1).mean()"

WRONG = {
    "wp-192": [
        Wrong("no colours", _fewer("side**2 / grid**2", "3 * " + BITS), r"three numbers: red"),
        Wrong("grid not squared", _fewer("3 * side**2 / grid", "0"), r"to a side: square"),
        Wrong("turned round", _fewer("grid**2 / (3 * side**2)", "0"), r"other way round"),
        Wrong("the codebook", _fewer("3 * side**2 / codes", "0"), r"not those of the codebook"),
        Wrong("bits are numbers", _fewer(NUMBERS, "numbers"), r"each has 8 bits"),
        Wrong("no bits of a code", _fewer(NUMBERS, "numbers * 8"), r"own bits are missing"),
        Wrong("natural", _fewer(NUMBERS, "numbers * 8 / math.log(codes)"), r"base 2"),
        Wrong("by their number", _fewer(NUMBERS, "numbers * 8 / codes"), r"their logarithm"),
        Wrong("one number", "def fewer(side, grid, codes):\n    return 192.0", r"two numbers"),
    ],
    "wp-straight": [
        Wrong("no commitment", _straight("up"), r"commitment is missing"),
        Wrong("nothing passes", _straight("2 * beta * apart"), r"passes straight through"),
        Wrong("no 2", _straight("up + beta * apart"), r"has a 2"),
        Wrong("the sign", _straight("up - 2 * beta * apart"), r"wrong sign"),
        Wrong("both terms", _straight("up + 2 * (1 + beta) * apart"), r"held fixed for the vect"),
        Wrong("no beta", _straight("up + 2 * apart"), r"do not feel"),
        Wrong("the codes' sign", _straight(add="np.add.at(by_code, codes, 2 * apart)"), r"sign is"),
        Wrong("one vector each", _straight(add="by_code[codes] = -2 * apart"), r"np\.add\.at"),
        Wrong(
            "the decoder's, too",
            _straight(add="np.add.at(by_code, codes, up - 2 * apart)"),
            r"passes by the codes",
        ),
        Wrong(
            "commitment moves codes",
            _straight(add="np.add.at(by_code, codes, -2 * (1 + beta) * apart)"),
            r"do not feel the commitment",
        ),
        Wrong("by the product", _straight(codes="(zeta @ codebook.T).argmax(1)"), r"a long code"),
        Wrong(
            "no square",
            _straight(codes="(zeta[:, None] - codebook).sum(-1).argmin(1)"),
            r"must be squared",
        ),
        Wrong("means", _straight("up + 2 * beta * apart / zeta.size"), r"means of quantise"),
        Wrong("means of rows", _straight("up + 2 * beta * apart / len(zeta)"), r"means of quanti"),
        Wrong(
            "means for codes",
            _straight(add="np.add.at(by_code, codes, -2 * apart / zeta.size)"),
            r"means of quantise",
        ),
        Wrong(
            "swapped",
            _straight().replace("return up + 2 * beta * apart, by_code", "return by_code, up"),
            r"comes first, then",
        ),
    ],
    "wp-dead": [
        Wrong(
            "as printed",
            _dead("[k for k in range(len(codebook)) if k not in apart.argmin(axis=0)]"),
            r"Ask each vector",
        ),
        Wrong("in use", _dead("sorted(set(apart.argmin(axis=1).tolist()))"), r"the others are"),
        Wrong(
            "farthest",
            _dead("[k for k in range(len(codebook)) if k not in apart.argmax(axis=1)]"),
            r"ask each vector for its nearest",
        ),
        Wrong(
            "no square",
            "def dead(zeta, codebook):\n"
            "    n = (zeta[:, None] - codebook).sum(-1).argmin(1)\n"
            "    return [k for k in range(len(codebook)) if k not in n]",
            r"must be squared",
        ),
        Wrong(
            "by the product",
            "def dead(zeta, codebook):\n"
            "    n = (zeta @ codebook.T).argmax(1)\n"
            "    return [k for k in range(len(codebook)) if k not in n]",
            r"a long code",
        ),
        Wrong(
            "absolute values",
            "def dead(zeta, codebook):\n"
            "    n = np.abs(zeta[:, None] - codebook).sum(-1).argmin(1)\n"
            "    return [k for k in range(len(codebook)) if k not in n]",
            r"absolute values",
        ),
        Wrong(
            "the last ones missing",
            _dead("np.flatnonzero(np.bincount(apart.argmin(1)) == 0)"),
            r"minlength",
        ),
        Wrong(
            "a mask",
            _dead("np.bincount(apart.argmin(1), minlength=len(codebook)) == 0"),
            r"not true or false",
        ),
        Wrong(
            "as many as vectors",
            _dead("[k for k in range(len(zeta)) if k not in apart.argmin(1)]"),
            r"not of the vectors",
        ),
        Wrong("how many", _dead("len(codebook) - len(set(apart.argmin(axis=1)))"), r"number of"),
    ],
    "wp-best": [
        Wrong("any", _best("return won.any(1).mean()"), r"\*any\* of them"),
        Wrong("all", _best("return won.mean()"), r"nothing was chosen"),
        Wrong("the score", _best("return groups.max(1).mean()"), r"best \*scores\*"),
        Wrong("the worst", _best(CHOSEN.format("groups.argmin(1)")), r"worst score"),
        Wrong(
            "of all draws",
            "def best_of(scores, right, many):\n"
            "    return right[scores.argmax(0), np.arange(scores.shape[1])].mean()",
            r"in groups",
        ),
        Wrong(
            "the first group",
            _best("return won[0][groups[0].argmax(0), np.arange(scores.shape[1])].mean()"),
            r"first group",
        ),
        Wrong(
            "one row for all",
            _best("return won[np.arange(len(won)), groups.sum(2).argmax(1)].mean()"),
            r"by itself",
        ),
        Wrong(
            "other groups",
            "def best_of(scores, right, many):\n"
            "    groups = scores.reshape(many, -1, scores.shape[1])\n"
            "    won = right.reshape(groups.shape)\n"
            "    return np.take_along_axis(won, groups.argmax(0)[None], 0).mean()",
            r"one below the other",
        ),
    ],
    "wp-inflated": [
        Wrong("only right ones", _inflated("1 - (1 - a) ** N"), r"Wrong drawings may pass"),
        Wrong("one drawing", _inflated("passed"), r"for one drawing"),
        Wrong("none passes", _inflated("(1 - passed) ** N"), r"none passes"),
        Wrong("b of all", _inflated("1 - (1 - a - b) ** N"), r"share of the wrong"),
        Wrong("any is right", _inflated(SAID, "1 - (1 - a) ** N"), r"wrong one that passed"),
        Wrong("both alike", _inflated(SAID, "said"), r"a part is wrong"),
        Wrong("there may be none", _inflated(SAID, "a / passed"), r"there may be none"),
        Wrong("a of them", _inflated(SAID, "a * said"), r"not a itself"),
        Wrong("what it stops", _inflated(SAID).replace("* b", "* (1 - b)"), r"that do not"),
        Wrong("swapped", _inflated("a / passed * (" + SAID + ")", SAID), r"comes first, then"),
        Wrong("the first", _inflated(SAID, "a / passed * said + (1 - said) * a"), r"the first of"),
    ],
}

EQUIVALENT: dict[str, dict[str, str]] = {}
