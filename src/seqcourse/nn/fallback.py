"""When the plain loop must run, because what is asked goes beyond a first gradient."""

from __future__ import annotations

from typing import Any

import torch
from torch.autograd import forward_ad


def plain_loop_needed() -> bool:
    """True inside torch.func's transforms, forward-mode differentiation, hooks on saved tensors
    (which want to see what the loop keeps), autocast, tracing and compiling.

    Each of these has to see the single operations, which a gradient written by hand hides. What
    torch's version at hand does not have cannot be in use.
    """
    return bool(
        _ask(torch._C, "_are_functorch_transforms_active")
        or getattr(forward_ad, "_current_level", -1) >= 0
        or _saved_tensors_hooked()
        or _ask(torch._C, "_is_any_autocast_enabled")
        or _ask(torch.jit, "is_tracing")
        or _ask(getattr(torch, "compiler", None), "is_compiling")
    )


def _ask(owner: Any, name: str, *arguments: Any) -> Any:
    question = getattr(owner, name, None)
    return question is not None and question(*arguments)


def _saved_tensors_hooked() -> bool:
    return bool(_ask(torch._C._autograd, "_top_saved_tensors_default_hooks", True))
