"""WaveNet in miniature: the law of the next sample, from all that its convolutions see.

Source: van den Oord et al. (2016), WaveNet: a generative model for raw audio, sections 2.1 to 2.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqcourse.models.mode import mode
from seqcourse.nn.causal_conv import receptive_field
from seqcourse.nn.wavenet_block import WaveNetBlock

Caches = tuple[Tensor, ...]


class WaveNet(nn.Module):
    """Levels 0 … V - 1 of a sound in, a score for each level of the next sample out.

    Args:
        dilations: one a block, such as (1, 2, 4, 8) twice.
        channels: C, of what the blocks hand on.
        skip_channels: S, of what they hand out.
        levels: V.
        condition_channels: K, numbers that say what is to be heard; 0: nothing does.
        kernel_size: k of every block.
        gated: see `WaveNetBlock`.
        skips: whether the output is made of the sum of what all blocks hand out; else of the last
            block's alone.

    Raises:
        ValueError: there is no block, or fewer than two levels.
    """

    def __init__(
        self,
        dilations: Sequence[int],
        channels: int = 24,
        skip_channels: int = 32,
        *,
        levels: int = 256,
        condition_channels: int = 0,
        kernel_size: int = 2,
        gated: bool = True,
        skips: bool = True,
    ) -> None:
        super().__init__()
        if not len(dilations) or levels < 2:
            raise ValueError(
                f"WaveNet got dilations={list(dilations)} and levels={levels}: give a dilation "
                "for each block, and two levels at least."
            )
        self.dilations, self.kernel_size = tuple(dilations), kernel_size
        self.levels, self.condition_channels, self.skips = levels, condition_channels, skips
        self.begin = nn.Embedding(levels, channels)
        self.blocks = nn.ModuleList(
            WaveNetBlock(
                channels,
                skip_channels,
                kernel_size,
                dilation=d,
                condition_channels=condition_channels,
                gated=gated,
            )
            for d in dilations
        )
        self.middle = nn.Conv1d(skip_channels, skip_channels, 1)
        self.out = nn.Conv1d(skip_channels, levels, 1)

    @property
    def receptive_field(self) -> int:
        """How many samples the law of the next one can depend on."""
        return receptive_field(self.kernel_size, self.dilations)

    def forward(
        self, sound: Tensor, condition: Tensor | None = None, state: Caches | None = None
    ) -> tuple[Tensor, Caches]:
        """Scores of what comes after each sample, and the blocks' caches.

        Args:
            sound: (B, T) int, levels 0 … V - 1.
            condition: (B, K), or (B, K, T); None without.
            state: the caches returned for the samples before; None: nothing was before.

        Returns:
            logits (B, T, V), and the caches behind the last sample, one a block.

        Raises:
            ValueError: no (B, T) levels, a condition where none is used or none where one is, or
                another number of caches.
            RuntimeError: shapes that do not fit.
        """
        if sound.dim() != 2 or sound.is_floating_point() or not sound.numel():
            raise ValueError(
                f"WaveNet got {sound.dtype} of shape {tuple(sound.shape)}: give (B, T) levels, "
                "whole numbers."
            )
        if state is not None and len(state) != len(self.blocks):
            raise ValueError(
                f"WaveNet has {len(self.blocks)} caches, and {len(state)} came: give back what "
                "the last call returned."
            )
        x = self.begin(sound).mT  # (B, C, T)
        total = x.new_zeros(())
        caches = []
        for place, block in enumerate(self.blocks):
            own = None if state is None else state[place]
            x, out, cache = cast(WaveNetBlock, block).extend(
                x, own, condition
            )  # (B, C, T), (B, S, T)
            total = total + out if self.skips else out
            caches.append(cache)
        logits = self.out(torch.relu(self.middle(torch.relu(total))))  # (B, V, T)
        return logits.mT, tuple(caches)

    def loss(self, sound: Tensor, condition: Tensor | None = None) -> Tensor:
        """Mean cross-entropy in nats of samples 2 … T of sound (B, T), given those before."""
        if condition is not None and condition.dim() == 3:
            condition = condition[..., 1:]  # sample t is said under the condition of t
        logits, _ = self(sound[:, :-1], condition)
        return F.cross_entropy(logits.flatten(0, 1), sound[:, 1:].flatten())


@torch.no_grad()
def generate(
    model: WaveNet,
    length: int,
    condition: Tensor | None = None,
    *,
    seed: int,
    batch: int = 1,
    begin: Tensor | None = None,
    temperature: float = 1.0,
    cached: bool = True,
) -> Tensor:
    """Sounds drawn sample by sample, in eval mode, each sample fed back in.

    Args:
        model: trained.
        length: how many samples are drawn.
        condition: (B, K), or (B, K, length).
        seed: of the draws.
        batch: B, where nothing else says it.
        begin: (B, n) levels that come before; without it, one sample of the middle level.
        temperature: above 0.
        cached: from the caches; else, for comparison, each sample from the whole receptive field.

    Returns:
        (B, length) levels, without what came before.

    Raises:
        ValueError: a count below 1, or a temperature that is not above 0.
    """
    if length < 1 or batch < 1 or not temperature > 0:
        raise ValueError(
            f"generate got length={length}, batch={batch}, temperature={temperature}: give counts "
            "from 1 on, and a temperature above 0."
        )
    if begin is None:
        rows = batch if condition is None else len(condition)
        begin = torch.full((rows, 1), model.levels // 2)
    generator = torch.Generator().manual_seed(seed)
    before, sound, state = begin.shape[1], begin, None
    moving = condition is not None and condition.dim() == 3
    with mode(model, training=False):
        for t in range(length):
            now = condition[..., t] if moving and condition is not None else condition
            if cached:
                new = sound if t == 0 else sound[:, -1:]
                logits, state = model(new, now, state)
            else:
                seen = sound[:, -model.receptive_field :]
                if moving and condition is not None:
                    now = _conditions(condition, t, seen.shape[1])
                logits, _ = model(seen, now)
            p = torch.softmax(logits[:, -1] / temperature, -1)  # (B, V)
            drawn = torch.multinomial(p, 1, generator=generator)
            sound = torch.cat([sound, drawn], 1)
    return sound[:, before:]


def _conditions(condition: Tensor, t: int, places: int) -> Tensor:
    """The conditions under which the last `places` samples were read, the first one repeated."""
    return condition[..., [max(t - back, 0) for back in range(places)][::-1]]
