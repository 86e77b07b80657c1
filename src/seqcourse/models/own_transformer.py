"""A Transformer built of parts, such as a learner's own out of `my_nn.py`, held against torch's."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.nn.layer_norm import LayerNorm
from seqcourse.nn.multihead import MultiheadAttention
from seqcourse.nn.positions import sinusoids
from seqcourse.nn.transformer_step import decoder_step, encoder_step

CHAPTERS = {  # what a Transformer is built of, and the chapter whose exercise keeps it
    "MultiheadAttention": 15,
    "sinusoidal_positions": 16,
    "LayerNorm": 17,
    "EncoderLayer": 17,
    "DecoderLayer": 17,
}
WIDTH, HEADS, LAYERS, FEEDFORWARD = 16, 4, 2, 24


class Parts(NamedTuple):
    """What is built of, each called as the exercises of chapters 15 to 17 have it."""

    MultiheadAttention: Callable[..., Any]
    sinusoidal_positions: Callable[..., Tensor]
    LayerNorm: Callable[..., Any]
    EncoderLayer: Callable[..., Any]
    DecoderLayer: Callable[..., Any]


class Gaps(NamedTuple):
    """How far a Transformer is from torch's with the same weights.

    Args:
        values: the largest gap between their outputs.
        gradients: the largest between the gradients of all weights and inputs.
        leak: by how much a change of later target places moves an output.
        positions: the largest gap between the tables of sines and cosines.
    """

    values: float
    gradients: float
    leak: float
    positions: float


class EncoderLayer(nn.Module):
    """The course's own part, called as a learner's is."""

    def __init__(
        self,
        self_attn: nn.Module,
        linear1: nn.Module,
        linear2: nn.Module,
        norm1: nn.Module,
        norm2: nn.Module,
        norm_first: bool = False,
    ) -> None:
        super().__init__()
        self.self_attn, self.linear1, self.linear2 = self_attn, linear1, linear2
        self.norm1, self.norm2, self.norm_first = norm1, norm2, norm_first

    def forward(self, x: Tensor, padding: Tensor | None = None) -> Tensor:
        """(B, T, d) to (B, T, d); `padding` (B, T) is true where nothing stands."""

        def attend(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, key_padding_mask=padding)[0]  # type: ignore[no-any-return]

        norms = self.norm1, self.norm2
        return encoder_step(x, attend, _feed(self), norms, self.norm_first)


class DecoderLayer(nn.Module):
    """The course's own part, called as a learner's is."""

    def __init__(
        self,
        self_attn: nn.Module,
        multihead_attn: nn.Module,
        linear1: nn.Module,
        linear2: nn.Module,
        norm1: nn.Module,
        norm2: nn.Module,
        norm3: nn.Module,
        norm_first: bool = False,
    ) -> None:
        super().__init__()
        self.self_attn, self.multihead_attn = self_attn, multihead_attn
        self.linear1, self.linear2 = linear1, linear2
        self.norm1, self.norm2, self.norm3 = norm1, norm2, norm3
        self.norm_first = norm_first

    def forward(
        self,
        x: Tensor,
        memory: Tensor,
        future: Tensor | None = None,
        padding: Tensor | None = None,
    ) -> Tensor:
        """(B, U, d) to (B, U, d), reading the memory (B, T, d).

        Args:
            future: (U, U), true where a place may not look.
            padding: (B, T), true where the memory is none.
        """

        def attend(x: Tensor) -> Tensor:
            return self.self_attn(x, x, x, attn_mask=future)[0]  # type: ignore[no-any-return]

        def read(x: Tensor) -> Tensor:
            found = self.multihead_attn(x, memory, memory, key_padding_mask=padding)
            return found[0]  # type: ignore[no-any-return]

        norms = self.norm1, self.norm2, self.norm3
        return decoder_step(x, attend, read, _feed(self), norms, self.norm_first)


OURS = Parts(
    partial(MultiheadAttention, batch_first=True), sinusoids, LayerNorm, EncoderLayer, DecoderLayer
)


def lacking(module: object) -> list[str]:
    """The parts that a module such as `my_nn` does not hold, each with its chapter."""
    return [
        f"{name} (chapter {chapter})"
        for name, chapter in CHAPTERS.items()
        if not callable(getattr(module, name, None))
    ]


def parts_of(module: object) -> Parts:
    """The parts that a module holds.

    Raises:
        AttributeError: one is lacking.
    """
    return Parts(*(getattr(module, name) for name in Parts._fields))


class OwnTransformer(nn.Module):
    """Encoder and decoder, put together of parts; parameters have torch.nn.Transformer's names.

    Args:
        parts: what it is built of.
        d, heads, layers, f: width, heads, layers on each side, units of the networks.
        norm_first: where the norms of the layers stand; one more stands behind each side.
    """

    def __init__(
        self, parts: Parts, d: int, heads: int, layers: int, f: int, norm_first: bool = False
    ) -> None:
        super().__init__()

        def side(layer: Callable[..., Any], *attentions: str) -> nn.ModuleDict:
            def made() -> nn.Module:
                own = {name: parts.MultiheadAttention(d, heads) for name in attentions}
                own |= {"linear1": nn.Linear(d, f), "linear2": nn.Linear(f, d)}
                for number in range(1, len(attentions) + 2):
                    own[f"norm{number}"] = parts.LayerNorm(d)
                built: nn.Module = layer(**own, norm_first=norm_first)
                return built

            stack = nn.ModuleList(made() for _ in range(layers))
            return nn.ModuleDict({"layers": stack, "norm": parts.LayerNorm(d)})

        self.encoder: Any = side(parts.EncoderLayer, "self_attn")
        self.decoder: Any = side(parts.DecoderLayer, "self_attn", "multihead_attn")

    def forward(self, source: Tensor, target: Tensor, padding: Tensor | None = None) -> Tensor:
        """(B, T, d) and (B, U, d) to (B, U, d).

        Args:
            padding: (B, T), true where the source is none.
        """
        memory, x = source, target
        for layer in self.encoder["layers"]:
            memory = layer(memory, padding)
        memory = self.encoder["norm"](memory)
        size = x.shape[1]
        future = torch.ones(size, size, dtype=torch.bool, device=x.device).triu(1)
        for layer in self.decoder["layers"]:
            x = layer(x, memory, future, padding)
        states: Tensor = self.decoder["norm"](x)
        return states


def against_torch(
    parts: Parts, norm_first: bool, build: Callable[..., nn.Module] = OwnTransformer
) -> Gaps:
    """Build a Transformer of parts, give it the weights of torch's, and compare.

    Args:
        parts: what is built of.
        norm_first: where the norms stand.
        build: called as `OwnTransformer`.
    """
    generator = torch.Generator().manual_seed(0)

    def numbers(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="enable_nested_tensor")  # a shortcut, not taken
        theirs = nn.Transformer(
            WIDTH, HEADS, LAYERS, LAYERS, FEEDFORWARD, 0.0, batch_first=True, norm_first=norm_first
        ).double()
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.add_(0.3 * numbers(*weight.shape))
    own = build(parts, WIDTH, HEADS, LAYERS, FEEDFORWARD, norm_first).double()
    own.load_state_dict(theirs.state_dict())
    source, target = numbers(3, 6, WIDTH), numbers(3, 5, WIDTH)
    padding = torch.arange(6) >= torch.tensor([6, 4, 1])[:, None]
    future = torch.ones(5, 5, dtype=torch.bool).triu(1)

    def run(model: nn.Module, own: bool) -> tuple[Tensor, list[Tensor]]:
        given = [source.clone().requires_grad_(), target.clone().requires_grad_()]
        masks: dict[str, Any] = {"padding": padding}
        if not own:
            masks = {
                "tgt_mask": future,
                "src_key_padding_mask": padding,
                "memory_key_padding_mask": padding,
            }
        output = model(*given, **masks)
        wanted = [*given, *(dict(model.named_parameters())[name] for name in names)]
        slopes = torch.autograd.grad(output.square().sum(), wanted)
        return output.detach(), list(slopes)

    names = [name for name, _ in theirs.named_parameters()]
    (mine, my_slopes), (right, slopes) = run(own, True), run(theirs, False)
    later = target.clone()
    later[:, 3:] += numbers(3, 2, WIDTH)  # one number added to all would pass no norm
    with torch.no_grad():
        moved = own(source, later, padding=padding)[:, :3] - mine[:, :3]
    table = parts.sinusoidal_positions(9, WIDTH)
    return Gaps(
        float((mine - right).abs().max()),
        max(float((a - b).abs().max()) for a, b in zip(my_slopes, slopes, strict=True)),
        float(moved.abs().max()),
        float((table - sinusoids(9, WIDTH)).abs().max()),
    )


def _feed(layer: Any) -> Callable[[Tensor], Tensor]:
    def feed(x: Tensor) -> Tensor:
        return layer.linear2(F.relu(layer.linear1(x)))  # type: ignore[no-any-return]

    return feed
