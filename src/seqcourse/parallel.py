"""Several processes that train one model together, on torch's own distributed engine.

`torchrun --nproc-per-node 2 script.py` starts a script twice. Each process then knows its rank and
how many there are, and `seqcourse.training.fit` in it trains the same model on its own share of
every batch. `DistributedDataParallel` adds the gradients up, so that all make the same step.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn

T = TypeVar("T")
Loss = Callable[[Any, Any], Tensor]


@dataclass(frozen=True)
class Team:
    """The processes that train together.

    Args:
        rank: which of them this one is, from 0.
        size: how many there are; 1 unless torchrun started this process.
    """

    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this one speaks and writes for all."""
        return self.rank == 0

    def any(self, flag: bool) -> bool:
        """Whether the flag is set in any of them: all must stop at the same step."""
        if self.size == 1:
            return flag
        flags: list[Any] = [None] * self.size
        dist.all_gather_object(flags, flag)
        return any(flags)

    def from_first(self, make: Callable[[], T]) -> T:
        """What `make` gives in the first process, or raises there, in all of them."""
        if self.size == 1:
            return make()
        told: list[Any] = [None, None]
        if self.first:
            try:
                told = [make(), None]
            except Exception as error:  # whatever it is, none may wait for what never comes
                told = [None, error]
        dist.broadcast_object_list(told)
        if told[1] is not None:
            raise told[1]
        return told[0]  # type: ignore[no-any-return]

    def shared(
        self, model: nn.Module, loss: Loss, count: Callable[[Any], float] | None = None
    ) -> Loss:
        """The same loss, of this process's share of a batch; its gradient becomes that of all.

        Args:
            model: that is trained, with the same weights in all processes afterwards: the first's.
            loss: (model, batch) -> a mean over what `count` counts.
            count: batch -> how many; None for a mean over the batch's rows.

        Returns:
            (model, batch) -> the loss of the whole batch.
        """
        if self.size == 1:
            return loss
        count = count or _rows
        asked = _Asked(model, loss)
        engine: list[nn.Module] = []

        def of_all(_: Any, batch: Any) -> Any:
            mine = share(batch, self.rank, self.size)
            if not engine:  # which weights the loss leaves out is known with the first batch
                unused = self.any(asked.leaves_out_weights(mine))
                engine.append(
                    nn.parallel.DistributedDataParallel(asked, find_unused_parameters=unused)
                )
            value = engine[0](mine)
            if not isinstance(value, Tensor):
                return value  # fit says what is wrong with it
            mine_in_mean = value * (count(mine) / count(batch))
            whole = mine_in_mean.detach().clone()
            dist.all_reduce(whole)
            # The engine divides the sum of gradients by the number of processes.
            part = mine_in_mean * self.size
            return part + (whole - part).detach()

        return of_all


class _Asked(nn.Module):
    """A model whose output is its loss: what the engine wraps."""

    def __init__(self, model: nn.Module, loss: Loss) -> None:
        super().__init__()
        self.model, self.loss = model, loss

    def forward(self, batch: Any) -> Tensor:
        return self.loss(self.model, batch)

    def leaves_out_weights(self, batch: Any) -> bool:
        """Whether some weight has no part in the loss; draws nothing from torch's generator."""
        weights = [weight for weight in self.parameters() if weight.requires_grad]
        with torch.random.fork_rng(devices=[]):
            value = self(batch)
        if not isinstance(value, Tensor) or not value.requires_grad:
            return True
        gradients = torch.autograd.grad(value.sum(), weights, allow_unused=True)
        return any(gradient is None for gradient in gradients)


def team() -> Team:
    """The processes that torchrun started with this one; without torchrun, this one alone.

    The first call makes the connection: NCCL where there are GPUs, else Gloo.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return Team()
    if not dist.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(device())
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        atexit.register(_leave)
    return Team(dist.get_rank(), dist.get_world_size())


def device() -> torch.device:
    """Where this process computes: a GPU of its own if there is one, else the CPU.

    Put the model there before `fit`, and in the loss what it makes of the batch.
    """
    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def share(batch: Any, rank: int, size: int) -> Any:
    """The rows of a batch that one process gets.

    Args:
        batch: arrays and tensors with a row for each example, in tuples, lists and dicts.
        rank, size: of the process, and how many there are.

    Returns:
        The same structure with the share's rows: as many as the others have, or one more.

    Raises:
        ValueError: the parts have different numbers of rows, or there are fewer than processes.
    """
    rows = _rows(batch)
    if rows < size:
        raise ValueError(
            f"A batch of {rows} row{'s' * (rows != 1)} cannot be shared by {size} processes: draw "
            "larger batches, or start fewer processes."
        )
    return _map(batch, slice(rows * rank // size, rows * (rank + 1) // size))


def _rows(batch: Any) -> int:
    counts = {len(part) for part in _parts(batch)}
    if len(counts) != 1:
        told = f"parts with {', '.join(map(str, sorted(counts)))} rows" if counts else "no array"
        raise ValueError(
            f"The batch has {told}: to be shared by several processes, every array and tensor in "
            "it needs one row for each example."
        )
    return counts.pop()


def _parts(batch: Any) -> list[Any]:
    if isinstance(batch, Tensor | np.ndarray) and batch.ndim:
        return [batch]
    if isinstance(batch, dict):
        batch = list(batch.values())
    return [part for item in batch for part in _parts(item)] if _holds(batch) else []


def _map(batch: Any, part: slice) -> Any:
    if isinstance(batch, Tensor | np.ndarray) and batch.ndim:
        return batch[part]
    if isinstance(batch, dict):
        return {key: _map(item, part) for key, item in batch.items()}
    if not _holds(batch):
        return batch
    items = [_map(item, part) for item in batch]
    return type(batch)(*items) if hasattr(batch, "_fields") else type(batch)(items)


def _holds(batch: Any) -> bool:
    return isinstance(batch, tuple | list)


def _leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
