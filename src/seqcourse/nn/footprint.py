"""How much memory a computation holds: counted from its tensors, and so the same anywhere."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


def most_bytes(call: Callable[[], Any]) -> int:
    """The most bytes that tensors made by a call hold at once, on the way there and back.

    What the call was given does not count. What an operation needs inside itself does not, either.
    """
    watch = _Watch()
    with watch:
        call()
    return watch.most


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.held, self.most = 0, 0
        self.known: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = _addresses((args, kwargs))
        result = func(*args, **(kwargs or {}))
        for tensor in _tensors(result):
            storage = tensor.untyped_storage()
            address = storage._cdata
            if storage.data_ptr() in given or address in self.known or not storage.nbytes():
                continue
            self.known.add(address)
            self.held += storage.nbytes()
            weakref.finalize(storage, self.free, address, storage.nbytes())
        self.most = max(self.most, self.held)
        return result

    def free(self, address: int, size: int) -> None:
        self.known.discard(address)
        self.held -= size


def _tensors(things: Any) -> list[Tensor]:
    if isinstance(things, Tensor):
        return [things]
    if isinstance(things, dict):
        things = list(things.values())
    if isinstance(things, list | tuple):
        return [tensor for thing in things for tensor in _tensors(thing)]
    return []


def _addresses(things: Any) -> set[int]:
    return {tensor.untyped_storage().data_ptr() for tensor in _tensors(things)}
