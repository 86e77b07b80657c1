"""What learners write for the exercises of chapter 17, and what the message must lead them to."""

from __future__ import annotations

from ..wrong import Wrong


def _norm(
    *,
    below: str = "(x.var(-1, keepdim=True, unbiased=False) + self.eps).sqrt()",
    away: str = "x - x.mean(-1, keepdim=True)",
    affine: str = "* self.weight + self.bias",
    kept: str = "self.eps = eps",
) -> str:
    return (
        "class LayerNorm(nn.Module):\n    def __init__(self, d, eps=1e-5):\n"
        f"        super().__init__()\n        {kept}\n"
        "        self.weight = nn.Parameter(torch.ones(d))\n"
        "        self.bias = nn.Parameter(torch.zeros(d))\n"
        "    def forward(self, x):\n"
        f"        return ({away}) / {below} {affine}"
    )


def _forced(
    *,
    read: str = "np.hstack([ends, target])",
    written: str = "np.hstack([target, ends])",
    mask: str = "np.triu(np.ones((U + 1, U + 1), bool), 1)",
) -> str:
    return (
        "def forced(target, end):\n    B, U = target.shape\n    ends = np.full((B, 1), end)\n"
        f"    return {read}, {written}, {mask}"
    )


def _count(back: str) -> str:
    return (
        "def transformer_numbers(V, d, f, L):\n    attention = 4 * d * d + 4 * d\n"
        f"    feed = 2 * d * f + f + d\n    return {back}"
    )


def _floor(least: str, lead: str = "np.log(most / rest)") -> str:
    return (
        "def smoothed(V, eps):\n    most, rest = 1 - eps + eps / V, eps / V\n"
        f"    return {least}, {lead}"
    )


LEAST = "-most * np.log(most) - (V - 1) * rest * np.log(rest)"


def _encoder(
    *,
    attend: str = "self.self_attn(x, x, x, key_padding_mask=padding)[0]",
    feed: str = "self.linear2(self.linear1(x).relu())",
    first: str = "x = x + attend(self.norm1(x))\n            return x + feed(self.norm2(x))",
    last: str = "x = self.norm1(x + attend(x))\n        return self.norm2(x + feed(x))",
    when: str = "self.norm_first",
) -> str:
    return (
        "class EncoderLayer(nn.Module):\n"
        "    def __init__(self, self_attn, linear1, linear2, norm1, norm2, norm_first=False):\n"
        "        super().__init__()\n"
        "        self.self_attn, self.linear1, self.linear2 = self_attn, linear1, linear2\n"
        "        self.norm1, self.norm2, self.norm_first = norm1, norm2, norm_first\n"
        "    def forward(self, x, padding=None):\n"
        f"        def attend(x):\n            return {attend}\n"
        f"        def feed(x):\n            return {feed}\n"
        f"        if {when}:\n            {first}\n        {last}"
    )


def _decoder(
    *,
    attend: str = "self.self_attn(x, x, x, attn_mask=future)[0]",
    read: str = "self.multihead_attn(x, memory, memory, key_padding_mask=padding)[0]",
    feed: str = "self.linear2(self.linear1(x).relu())",
    parts: str = "(self.norm1, attend), (self.norm2, read), (self.norm3, feed)",
    step: str = "x + part(norm(x)) if self.norm_first else norm(x + part(x))",
) -> str:
    return (
        "class DecoderLayer(nn.Module):\n"
        "    def __init__(self, self_attn, multihead_attn, linear1, linear2,\n"
        "                 norm1, norm2, norm3, norm_first=False):\n"
        "        super().__init__()\n"
        "        self.self_attn, self.multihead_attn = self_attn, multihead_attn\n"
        "        self.linear1, self.linear2 = linear1, linear2\n"
        "        self.norm1, self.norm2, self.norm3 = norm1, norm2, norm3\n"
        "        self.norm_first = norm_first\n"
        "    def forward(self, x, memory, future=None, padding=None):\n"
        f"        def attend(x):\n            return {attend}\n"
        f"        def read(x):\n            return {read}\n"
        f"        def feed(x):\n            return {feed}\n"
        f"        for norm, part in ({parts}):\n            x = {step}\n        return x"
    )


WRONG = {
    "tr-norm": [
        Wrong("as printed", _norm(below="(x.std(-1, keepdim=True) + self.eps)"), r"As printed"),
        Wrong(
            "unbiased",
            _norm(below="(x.var(-1, keepdim=True) + self.eps).sqrt()"),
            r"divided by d - 1",
        ),
        Wrong(
            "eps outside",
            _norm(below="(x.std(-1, keepdim=True, unbiased=False) + self.eps)"),
            r"belongs under it",
        ),
        Wrong(
            "no eps",
            _norm(below="x.std(-1, keepdim=True, unbiased=False)"),
            r"eps is missing",
        ),
        Wrong("its own eps", _norm(kept="self.eps = 1e-5"), r"whatever is given"),
        Wrong(
            "no root",
            _norm(below="(x.var(-1, keepdim=True, unbiased=False) + self.eps)"),
            r"by its root",
        ),
        Wrong(
            "no mean",
            _norm(away="x", below="(x.square().mean(-1, keepdim=True) + self.eps).sqrt()"),
            r"mean is not taken",
        ),
        Wrong("no affine", _norm(affine=""), r"weight and bias are left out"),
        Wrong("no bias", _norm(affine="* self.weight"), r"bias is left out"),
        Wrong(
            "over places",
            _norm(
                away="x - x.mean(-2, keepdim=True)",
                below="(x.var(-2, keepdim=True, unbiased=False) + self.eps).sqrt()",
            ),
            r"over the places",
        ),
        Wrong(
            "whole batch",
            _norm(
                away="x - x.mean()",
                below="(x.var(unbiased=False) + self.eps).sqrt()",
            ),
            r"whole batch",
        ),
        Wrong(
            "other names",
            _norm(affine="* self.a_2 + self.b_2")
            .replace("self.weight =", "self.a_2 =")
            .replace("self.bias =", "self.b_2 ="),
            r"Keep the stub's weight and bias",
        ),
        Wrong(
            "sigma detached",
            _norm(below="(x.var(-1, keepdim=True, unbiased=False) + self.eps).sqrt().detach()"),
            r"σ depends on x, too",
        ),
        Wrong(
            "detached above",
            _norm(away="(x - x.mean(-1, keepdim=True)).detach()"),
            r"What is divided depends on x, too",
        ),
        Wrong(
            "mean detached",
            _norm(away="x - x.mean(-1, keepdim=True).detach()"),
            r"The mean depends on x, too",
        ),
        Wrong(
            "all detached",
            _norm().replace("(self, x):\n", "(self, x):\n        x = x.detach()\n"),
            r"No gradient comes back to x",
        ),
        Wrong(
            "32 bits",
            _norm(affine="* self.weight + self.bias).float()").replace("return (", "return (("),
            r"came in 64 bits",
        ),
    ],
    "tr-leak": [
        Wrong(
            "as printed",
            _forced(
                read="np.hstack([target, ends])",
                mask="np.triu(np.ones((U + 1, U + 1), bool), 2)",
            ),
            r"read its own answer",
        ),
        Wrong("diagonal 2", _forced(mask="np.triu(np.ones((U + 1, U + 1), bool), 2)"), r"k=1"),
        Wrong(
            "hides itself", _forced(mask="np.triu(np.ones((U + 1, U + 1), bool))"), r"see itself"
        ),
        Wrong(
            "the past",
            _forced(mask="np.tril(np.ones((U + 1, U + 1), bool), -1)"),
            r"hides the past",
        ),
        Wrong(
            "turned round", _forced(mask="np.tril(np.ones((U + 1, U + 1), bool))"), r"True hides"
        ),
        Wrong(
            "zeros and ones", _forced(mask="np.triu(np.ones((U + 1, U + 1)), 1)"), r"truth values"
        ),
        Wrong(
            "minus infinity",
            _forced(mask="np.triu(np.full((U + 1, U + 1), -np.inf), 1)"),
            r"truth values",
        ),
        Wrong("short mask", _forced(mask="np.triu(np.ones((U, U), bool), 1)"), r"U \+ 1"),
        Wrong("no stop", _forced(written="target"), r"closes with the end symbol"),
        Wrong("no start", _forced(read="target"), r"one place more"),
        Wrong(
            "a mask each",
            _forced(mask="np.tile(np.triu(np.ones((U + 1, U + 1), bool), 1), (B, 1, 1))"),
            r"One mask serves all",
        ),
        Wrong("two only", _forced()[: _forced().index(", np.triu")], r"three"),
    ],
    "tr-count": [
        Wrong(
            "three tables",
            _count("3 * V * d + L * (3 * attention + 2 * feed + 10 * d)"),
            r"one and the same",
        ),
        Wrong(
            "no biases",
            "def transformer_numbers(V, d, f, L):\n"
            "    return V * d + L * (12 * d * d + 4 * d * f + 10 * d)",
            r"Biases are missing",
        ),
        Wrong(
            "one network",
            _count("V * d + L * (3 * attention + feed + 10 * d)"),
            r"2 L networks",
        ),
        Wrong("no norms", _count("V * d + L * (3 * attention + 2 * feed)"), r"norms are missing"),
        Wrong(
            "four norms", _count("V * d + L * (3 * attention + 2 * feed + 8 * d)"), r"three norms"
        ),
        Wrong(
            "norms of d",
            _count("V * d + L * (3 * attention + 2 * feed + 5 * d)"),
            r"weight and a bias",
        ),
        Wrong(
            "one attention",
            _count("V * d + L * (2 * attention + 2 * feed + 10 * d)"),
            r"two attentions",
        ),
        Wrong(
            "one layer", _count("V * d + 3 * attention + 2 * feed + 10 * d"), r"one layer on each"
        ),
        Wrong("no table", _count("L * (3 * attention + 2 * feed + 10 * d)"), r"table of symbols"),
        Wrong(
            "a last norm",
            _count("V * d + L * (3 * attention + 2 * feed + 10 * d) + 4 * d"),
            r"behind the last layer",
        ),
    ],
    "tr-floor": [
        Wrong("zero", _floor("0.0"), r"cannot come to 0"),
        Wrong(
            "no own share",
            _floor("-(1 - eps) * np.log(1 - eps) - (V - 1) * rest * np.log(rest)"),
            r"its share of ε",
        ),
        Wrong(
            "shared by the others",
            _floor(
                "-(1 - eps) * np.log(1 - eps) - eps * np.log(eps / (V - 1))",
            ),
            r"ε / V each, not",
        ),
        Wrong("the right one alone", _floor("-most * np.log(most)"), r"others count"),
        Wrong(
            "one other",
            _floor("-most * np.log(most) - rest * np.log(rest)"),
            r"not one|V - 1 other",
        ),
        Wrong(
            "V others",
            _floor("-most * np.log(most) - V * rest * np.log(rest)"),
            r"one of the V",
        ),
        Wrong("negative", _floor(f"-({LEAST})"), r"positive"),
        Wrong("bits", _floor(f"({LEAST}) / np.log(2)"), r"natural"),
        Wrong("no logarithm", _floor(LEAST, "most / rest"), r"logarithm of the ratio"),
        Wrong("turned round", _floor(LEAST, "np.log(rest / most)"), r"above 0|sign"),
        Wrong("one number", _floor(LEAST).rsplit(",", 1)[0], r"two numbers"),
    ],
    "tr-encoder": [
        Wrong("always behind", _encoder(when="False"), r"behind the sum in both"),
        Wrong("always first", _encoder(when="True"), r"first in both"),
        Wrong("turned round", _encoder(when="not self.norm_first"), r"turned round"),
        Wrong(
            "x lost",
            _encoder(
                first="x = attend(self.norm1(x))\n            return x + feed(self.norm2(x))",
                last="x = self.norm1(attend(x))\n        return self.norm2(x + feed(x))",
            ),
            r"x is lost",
        ),
        Wrong(
            "normalised stream",
            _encoder(
                first="x = self.norm1(x)\n            x = x + attend(x)\n"
                "            x = self.norm2(x)\n            return x + feed(x)"
            ),
            r"add to x itself",
        ),
        Wrong("no relu", _encoder(feed="self.linear2(self.linear1(x))"), r"ReLU"),
        Wrong("no padding", _encoder(attend="self.self_attn(x, x, x)[0]"), r"key_padding_mask"),
        Wrong("the pair", _encoder(attend="self.self_attn(x, x, x, padding)"), r"raised|tuple"),
        Wrong(
            "one norm",
            _encoder(
                first="x = x + attend(self.norm1(x))\n            return x + feed(self.norm1(x))",
                last="x = self.norm1(x + attend(x))\n        return self.norm1(x + feed(x))",
            ),
            r"work of norm2",
        ),
        Wrong(
            "side by side",
            _encoder(
                first="return x + attend(self.norm1(x)) + feed(self.norm2(x))",
                last="return self.norm2(self.norm1(x + attend(x)) + feed(x))",
            ),
            r"first x",
        ),
        Wrong(
            "relu twice",
            _encoder(feed="self.linear2(self.linear1(x).relu()).relu()"),
            r"behind linear2, too",
        ),
        Wrong(
            "padding turned round",
            _encoder(
                attend="self.self_attn(x, x, x, key_padding_mask=None if padding is None else "
                "~padding)[0]"
            ),
            r"padding is turned round",
        ),
        Wrong(
            "adds to the second norm",
            _encoder(
                first="h = self.norm2(x + attend(self.norm1(x)))\n            return h + feed(h)"
            ),
            r"added to what norm2 gives",
        ),
        Wrong(
            "reads the first norm again",
            _encoder(
                first="h = self.norm1(x)\n            x = x + attend(h)\n"
                "            return x + feed(h)"
            ),
            r"still reads norm1",
        ),
        Wrong("gelu", _encoder(feed="self.linear2(nn.functional.gelu(self.linear1(x)))"), r"relu"),
    ],
    "tr-decoder": [
        Wrong("no future", _decoder(attend="self.self_attn(x, x, x)[0]"), r"sees its own answer"),
        Wrong(
            "no padding",
            _decoder(read="self.multihead_attn(x, memory, memory)[0]"),
            r"multihead_attn, as key",
        ),
        Wrong(
            "reads itself",
            _decoder(read="self.multihead_attn(x, x, x)[0]"),
            r"keys and values are the memory",
        ),
        Wrong(
            "values of x",
            _decoder(read="self.multihead_attn(x, memory, x, key_padding_mask=padding)[0]"),
            r"values of multihead_attn|raised",
        ),
        Wrong(
            "cross first",
            _decoder(parts="(self.norm1, read), (self.norm2, attend), (self.norm3, feed)"),
            r"came before self_attn",
        ),
        Wrong(
            "no cross",
            _decoder(parts="(self.norm1, attend), (self.norm3, feed)"),
            r"left out",
        ),
        Wrong("always behind", _decoder(step="norm(x + part(x))"), r"behind the sum in both"),
        Wrong(
            "not added",
            _decoder(step="part(norm(x)) if self.norm_first else norm(part(x))"),
            r"No part is added to x",
        ),
        Wrong(
            "last norm behind",
            _decoder(
                step="x + part(norm(x)) if self.norm_first and norm is not self.norm3 "
                "else norm(x + part(x))"
            ),
            r"stands behind the last sum",
        ),
        Wrong(
            "future turned round",
            _decoder(
                attend="self.self_attn(x, x, x, attn_mask=None if future is None else ~future)[0]"
            ),
            r"turned round: True hides",
        ),
        Wrong(
            "norm1 twice",
            _decoder(parts="(self.norm1, attend), (self.norm1, read), (self.norm3, feed)"),
            r"norm1 is used where norm2",
        ),
        Wrong(
            "padding to both",
            _decoder(
                attend="self.self_attn(x, x, x, attn_mask=future, key_padding_mask=padding "
                "if padding is not None and padding.shape[1] == x.shape[1] else None)[0]"
            ),
            r"self_attn got it, too",
        ),
        Wrong(
            "padding to both, raised",
            _decoder(
                attend="self.self_attn(x, x, x, attn_mask=future, key_padding_mask=padding)[0]"
            ),
            r"self_attn got it, too",
        ),
        Wrong(
            "self_attn for the memory",
            _decoder(read="self.self_attn(x, memory, memory, key_padding_mask=padding)[0]"),
            r"what multihead_attn is for",
        ),
        Wrong(
            "memory normed",
            _decoder(
                read="self.multihead_attn(x, self.norm2(memory) if self.norm_first else memory, "
                "self.norm2(memory) if self.norm_first else memory, key_padding_mask=padding)[0]"
            ),
            r"memory was normalised",
        ),
        Wrong(
            "future to the memory",
            _decoder(
                attend="self.self_attn(x, x, x)[0]",
                read="self.multihead_attn(x, memory, memory, key_padding_mask=padding,"
                " attn_mask=future)[0]",
            ),
            r"went to multihead_attn",
        ),
    ],
}
