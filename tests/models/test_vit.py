"""Vision Transformer: its count, torch's own encoder, order, patches left out, rollout, the CNN."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqcourse.models.small_cnn import SmallCNN
from seqcourse.models.vit import ViT
from seqcourse.models.vit_rollout import rollout
from seqcourse.nn.patches import patchify, unpatchify
from seqcourse.nn.positions_2d import sinusoids_2d

torch.set_num_threads(1)
F64 = torch.float64


def small(**options: Any) -> ViT:
    torch.manual_seed(0)
    return ViT(8, 2, 5, 12, 3, 2, channels=2, **options).double()


def pictures(count: int = 3) -> Tensor:
    return torch.randn(count, 2, 8, 8, dtype=F64, generator=torch.manual_seed(1))


def numbers(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def test_base_and_large_have_the_published_numbers() -> None:
    with torch.device("meta"):
        assert numbers(ViT(224, 16, 1000, 768, 12, 12, channels=3)) == 86_567_656
        assert numbers(ViT(224, 16, 1000, 1024, 16, 24, channels=3)) == 304_326_632


@pytest.mark.parametrize("pooling", ["cls", "mean"])
@pytest.mark.parametrize("positions", ["learned", "sinusoidal", None])
def test_it_is_torchs_encoder_over_torchs_convolution(positions: Any, pooling: Any) -> None:
    ours = small(positions=positions, pooling=pooling)
    conv = nn.Conv2d(2, 12, 2, stride=2, dtype=F64)
    conv.load_state_dict(ours.embedding.state_dict())
    layer = nn.TransformerEncoderLayer(
        12, 3, 48, 0.0, "gelu", batch_first=True, norm_first=True, dtype=F64
    )
    encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False).eval()
    for block, theirs in zip(ours.blocks, encoder.layers, strict=True):
        state = {
            f"self_attn.in_proj_{name}": getattr(block.qkv, name) for name in ("weight", "bias")
        }
        parts = (("self_attn.out_proj", block.out), ("norm1", block.norm1), ("norm2", block.norm2))
        parts += (("linear1", block.network[0]), ("linear2", block.network[2]))
        for name, part in parts:
            state |= {f"{name}.{key}": value for key, value in part.state_dict().items()}
        theirs.load_state_dict(state)
    x = conv(pictures()).flatten(2).transpose(1, 2)
    table = sinusoids_2d(4, 4, 12, dtype=F64)
    if pooling == "cls":
        x = torch.cat([ours.cls.expand(3, 1, -1), x], 1)
        table = torch.cat([torch.zeros(1, 12, dtype=F64), table])
    if positions is not None:
        x = x + (ours.position if positions == "learned" else table)
    x = ours.norm(encoder(x))
    wanted = ours.out(x[:, 0] if pooling == "cls" else x.mean(1))
    torch.testing.assert_close(ours(pictures()), wanted, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_without_places_the_order_of_patches_changes_nothing(pooling: Any) -> None:
    order = torch.randperm(16, generator=torch.manual_seed(2))
    mixed = unpatchify(patchify(pictures(), 2)[:, order], 2, (8, 8))
    bag = small(positions=None, pooling=pooling)
    torch.testing.assert_close(bag(mixed), bag(pictures()))
    placed = small(pooling=pooling)
    assert (placed(mixed) - placed(pictures())).abs().max() > 1e-3
    wanted = placed(pictures())
    front = int(pooling == "cls")
    with torch.no_grad():  # the table reordered alike: the same again
        placed.position[front:] = placed.position[front:][order]
    torch.testing.assert_close(placed(mixed), wanted)


@pytest.mark.parametrize("pooling", ["cls", "mean"])
def test_patches_that_are_not_kept_change_nothing(pooling: Any) -> None:
    net = small(pooling=pooling)
    keep = torch.tensor([[0, 3, 5], [15, 2, 1], [7, 8, 9]])
    whole = torch.arange(16).expand(3, -1)
    torch.testing.assert_close(net(pictures(), whole), net(pictures()))
    rows = patchify(pictures(), 2)
    other = torch.randn_like(rows)
    for number, kept in enumerate(keep):
        other[number, kept] = rows[number, kept]
    changed = unpatchify(other, 2, (8, 8))
    torch.testing.assert_close(net(changed, keep), net(pictures(), keep))
    torch.testing.assert_close(net(pictures(), keep.flip(1)), net(pictures(), keep))


def test_attention_is_what_the_layers_use() -> None:
    net = small()
    weights = net.attention(pictures())
    assert [tuple(a.shape) for a in weights] == [(3, 3, 17, 17)] * 2
    for a in weights:
        torch.testing.assert_close(a.sum(-1), torch.ones(3, 3, 17, dtype=F64))


def test_rollout_layer_by_layer() -> None:
    weights = small().attention(pictures())
    whole = torch.eye(17, dtype=F64)
    first, second = ((a.mean(1) + whole) / 2 for a in weights)
    torch.testing.assert_close(rollout(weights), second @ first)
    torch.testing.assert_close(rollout(weights).sum(-1), torch.ones(3, 17, dtype=F64))
    alone = [torch.eye(5, dtype=F64).expand(1, 2, -1, -1)] * 3
    torch.testing.assert_close(rollout(alone)[0], torch.eye(5, dtype=F64))
    for wrong in ([], [torch.zeros(2, 3, 4)], [torch.zeros(1, 1, 3, 4)]):
        with pytest.raises(ValueError, match="rollout got weights"):
            rollout(wrong)


def test_saved_and_loaded_is_saved() -> None:
    for options in ({}, {"positions": "sinusoidal"}, {"pooling": "mean", "positions": None}):
        net, other = small(**options), small(**options)
        with torch.no_grad():
            for p in net.parameters():
                p.add_(torch.randn_like(p) * 0.1)
        other.load_state_dict(net.state_dict())
        assert torch.equal(other(pictures()), net(pictures()))
    assert "position" not in small(positions="sinusoidal").state_dict()


def test_patch_positions_leave_cls_out() -> None:
    net = small()
    assert torch.equal(net.patch_positions(), net.position[1:])
    assert small(pooling="mean").patch_positions().shape == (16, 12)
    with pytest.raises(ValueError, match="adds no positions"):
        small(positions=None).patch_positions()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 9}, "patches must tile"),
        ({"width": 13}, "heads must divide"),
        ({"layers": 0}, "layers=0"),
        ({"positions": "rotary"}, "positions='rotary'"),
        ({"pooling": "max"}, "pooling='max'"),
        ({"width": 6, "heads": 3, "positions": "sinusoidal"}, "multiple of 4"),
    ],
)
def test_what_does_not_fit_is_named(options: dict[str, Any], message: str) -> None:
    usual: dict[str, Any] = {
        "size": 8,
        "patch": 2,
        "classes": 5,
        "width": 12,
        "heads": 3,
        "layers": 2,
    }
    with pytest.raises(ValueError, match=message):
        ViT(**(usual | options))


def test_the_cnn_is_torchs_layers() -> None:
    net = SmallCNN(5, (3, 4), halved=1).double()
    x = torch.randn(2, 1, 8, 8, dtype=F64)
    one, two = net.layers
    kept = nn.MaxPool2d(2)(one(x).relu())
    torch.testing.assert_close(net(x), net.out(two(kept).relu().mean((2, 3))))
    labels = torch.tensor([1, 4])
    torch.testing.assert_close(net.loss(x, labels), nn.CrossEntropyLoss()(net(x), labels))
    for channels, halved in (((), 0), ((3,), 2), ((3,), -1)):
        with pytest.raises(ValueError, match="SmallCNN got"):
            SmallCNN(5, channels, halved)
