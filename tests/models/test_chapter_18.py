"""Chapter 18: the page's own lines, against the package's nets and torch's encoder."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from seqcourse.data.recall import associative_recall
from seqcourse.models.attention_only import AttentionOnly
from seqcourse.models.circuits import after_same, attention_to, induction_by_hand, ov, qk
from seqcourse.models.minilm import from_bert, pooled
from seqcourse.nn import LayerNorm, MultiheadAttention, TransformerEncoder, TransformerEncoderLayer

CHAPTER = Path(__file__).parents[2] / "chapters" / "18_what_attention_learns.md"
TEXT = CHAPTER.read_text("utf-8")
FENCE = re.compile(r"```\{code-cell\} ipython3\n(.*?)```", re.S)
CELLS = FENCE.findall(TEXT)
SOLUTIONS = re.findall(r"\{solution\} (wl-[\w-]+)\n.*?```python\n(.*?)```", TEXT, re.S)


def _defined(name: str, **others: Any) -> Any:
    """A function or a class of the chapter's live cells."""
    names: dict[str, Any] = {"np": np, "torch": torch, "nn": nn, "F": F, "LayerNorm": LayerNorm}
    names |= others
    found = [
        c for c in CELLS if re.search(rf"^(def|class) {name}\b", c, re.M) and "    ...\n" not in c
    ]
    source = re.search(rf"^(def|class) {name}\b.*?(?=^\S|\Z)", found[-1], re.S | re.M)
    assert source
    exec(source[0], names)
    return names[name]


def _solution(slug: str, name: str) -> Any:
    names: dict[str, Any] = {"np": np}
    exec(dict(SOLUTIONS)[slug], names)
    return names[name]


@pytest.mark.parametrize("layers", [0, 1, 2, 3])
def test_through_is_the_packages_net(layers: int) -> None:
    torch.manual_seed(layers)
    net = AttentionOnly(9, 12, 1, layers, 8, head_width=5).double()
    x = torch.randint(0, 9, (8,))
    rows = net.embedding(x) + net.place.weight
    circuits = [(qk(layer, 0), ov(layer, 0)) for layer in net.layers]
    through = _defined("through")
    torch.testing.assert_close(net.out(through(rows, circuits)), net(x[None])[0])


def test_the_matrices_of_the_solution_make_the_packages_net() -> None:
    V, T = 9, 12
    looks, writes = _solution("wl-by-hand", "induction")(V, T)
    net = induction_by_hand(V, T, sharp=20)
    for layer, W_qk, W_ov in zip(net.layers, looks, writes, strict=True):
        theirs = qk(layer, 0).detach().numpy()
        if layer is net.layers[1]:
            theirs[:, V] = 0  # the first place is hushed there
        np.testing.assert_allclose(theirs, W_qk, atol=1e-4)
        np.testing.assert_allclose(ov(layer, 0).detach().numpy(), W_ov, atol=1e-6)


def test_the_score_of_the_solution_is_the_packages() -> None:
    score = _solution("wl-score", "induction_score")
    torch.manual_seed(0)
    net = AttentionOnly(32, 16, 2, 2, 24).double()
    inputs = torch.from_numpy(associative_recall(1, 8, np.random.default_rng(0)).inputs)
    weights = net.look(inputs).weights.detach()
    ours = attention_to(weights, after_same(inputs))
    for layer in range(2):
        for head in range(2):
            given = score(weights[layer, 0, head].numpy(), inputs[0].numpy())
            assert given == pytest.approx(ours[layer, head].item())


def test_taking_a_head_away_is_the_packages() -> None:
    without = _solution("wl-ablate", "without")
    torch.manual_seed(0)
    net = AttentionOnly(9, 12, 3, 1, 8).double()
    layer = net.layers[0]
    x = torch.randn(1, 8, 12, dtype=torch.float64)
    read: list[torch.Tensor] = []
    layer.out.register_forward_pre_hook(lambda module, inputs: read.append(inputs[0][0]))
    layer(x)
    for head in range(3):
        keep = torch.ones(3, dtype=torch.float64)
        keep[head] = 0
        ours = layer(x, keep)[0][0].detach().numpy()
        theirs = without(read[0].detach().numpy(), layer.out.weight.detach().numpy(), head, 3)
        np.testing.assert_allclose(theirs, ours, atol=1e-12)


def _attention(width: int, heads: int) -> MultiheadAttention:
    return MultiheadAttention(12, 3, batch_first=True)  # smaller than the page's


def test_the_encoder_is_the_packages_and_torchs(monkeypatch: pytest.MonkeyPatch) -> None:
    small = TEXT.replace("384", "12").replace("1536", "20")
    monkeypatch.setitem(
        globals(), "CELLS", re.findall(r"```\{code-cell\} ipython3\n(.*?)```", small, re.S)
    )
    layer = _defined("Layer", MultiheadAttention=_attention)
    torch.manual_seed(0)
    ours = _defined("Encoder", Layer=layer)().double().eval()
    options = {"activation": "gelu", "layer_norm_eps": 1e-12, "batch_first": True}
    x = torch.randn(4, 7, 12, dtype=torch.float64)
    padding = torch.arange(7) >= torch.tensor([[7], [3], [1], [5]])
    given = ours(x, src_key_padding_mask=padding)
    for kind, stack in (
        (TransformerEncoderLayer, TransformerEncoder),
        (nn.TransformerEncoderLayer, nn.TransformerEncoder),
    ):
        whole = stack(kind(12, 3, 20, **options), 6, enable_nested_tensor=False).double().eval()  # type: ignore[operator]
        whole.load_state_dict(ours.state_dict())
        theirs = whole(x, src_key_padding_mask=padding)
        torch.testing.assert_close(given[~padding], theirs[~padding])


def test_names_and_mean_of_the_solutions_are_the_packages() -> None:
    rng = np.random.default_rng(0)
    kinds = {
        **{f"attention.self.{part}": (4, 4) for part in ("query", "key", "value")},
        "attention.output.dense": (4, 4),
        "attention.output.LayerNorm": (4,),
        "intermediate.dense": (6, 4),
        "output.dense": (4, 6),
        "output.LayerNorm": (4,),
    }
    bert = {}
    for name, shape in kinds.items():
        bert[f"{name}.weight"] = rng.normal(size=shape)
        bert[f"{name}.bias"] = rng.normal(size=shape[:1])
    whole = {f"encoder.layer.0.{name}": array for name, array in bert.items()}
    for name in ("word_embeddings", "position_embeddings", "token_type_embeddings", "LayerNorm"):
        whole[f"embeddings.{name}.weight"] = np.zeros((2, 4))
    whole["embeddings.LayerNorm.bias"] = np.zeros(4)
    ours = {n: a for n, a in from_bert(whole).items() if "layers.0." in n}
    theirs = _solution("wl-bert", "torch_names")(bert)
    assert {f"encoder.layers.0.{name}" for name in theirs} == set(ours)
    for name, array in theirs.items():
        np.testing.assert_array_equal(array, ours[f"encoder.layers.0.{name}"].numpy())
    rows, real = rng.normal(size=(3, 5, 4)), np.arange(5) < np.array([[5], [2], [1]])
    mean = pooled(torch.from_numpy(rows), torch.from_numpy(real)).numpy()
    np.testing.assert_allclose(_solution("wl-pool", "pooled")(rows, real), mean)
