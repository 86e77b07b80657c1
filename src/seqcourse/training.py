"""Training: a fixed number of steps, with clipping, a history, and checkpoints to go on from."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

from seqcourse.files import write_whole
from seqcourse.gradients.clipping import clip_grad_norm_, total_norm
from seqcourse.models.mode import mode
from seqcourse.parallel import Team, team

SECONDS = 10.0  # at least so long from one checkpoint to the next: writing takes time, too


@dataclass
class History:
    """What happened, an entry every so many steps and one for the last.

    Args:
        step: how many steps were done.
        loss: the mean training loss since the entry before.
        norm: the largest norm of the gradient since then, before it was clipped.
        value: what `evaluate` gave; None without it.
        seconds: since the training began; an interruption does not count.
        stopped: whether `stop` ended it.
        finished: whether it came to its end, by `stop` or by its last step.
    """

    step: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    norm: list[float] = field(default_factory=list)
    value: list[Any] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: bool = False
    finished: bool = False

    def plain(self) -> dict[str, Any]:
        """The entries, for JSON."""
        return asdict(self)


class Diverged(FloatingPointError):
    """The loss or its gradient is no finite number; `history` ends with the entry before."""

    def __init__(self, message: str, history: History) -> None:
        super().__init__(message)
        self.history = history


def fit(
    model: nn.Module,
    loss: Callable[[Any, Any], Tensor],
    batch: Callable[[np.random.Generator], Any],
    *,
    steps: int,
    optimizer: torch.optim.Optimizer | None = None,
    lr: float = 1e-3,
    clip: float | None = None,
    seed: int = 0,
    evaluate: Callable[[Any], Any] | None = None,
    every: int = 100,
    stop: Callable[[History], bool] | None = None,
    checkpoint: Path | None = None,
    minutes: float | None = None,
    progress: bool | str | None = None,
    count: Callable[[Any], float] | None = None,
) -> History:
    """Train a model, in place, for a fixed number of steps.

    Under `torchrun` several processes train it together: each draws the same batches and takes its
    share of each one's rows (`seqcourse.parallel`); the first one evaluates and writes.

    Args:
        model: what is trained; it is left in the mode (train or eval) in which it came.
        loss: (model, batch) -> one number to make small, a tensor.
        batch: draws a batch from the generator that it is given, and from nothing else: what else
            it remembers, no checkpoint does.
        steps: updates of the weights in all, those before an interruption included.
        optimizer: Adam with the rate `lr` if none is given.
        lr: the learning rate, where no optimizer is given.
        clip: the gradient's norm is cut to this before each update; None leaves it.
        seed: of the batches and of dropout. The initial weights are the caller's.
        evaluate: model -> what the history is to hold: numbers, texts, arrays, lists and dicts of
            them. It is called in eval mode and without gradients.
        every: so many steps from one entry of the history to the next.
        stop: asked at each entry; True ends the training there.
        checkpoint: a file from which the same call goes on to the same numbers (on the CPU), if it
            is there. It is written at an entry, whole or not at all, not more often than every 10
            s; and at the end. A call with more steps goes on from where fewer ended.
        minutes: at the first entry after so many, write the checkpoint and return, not finished.
        progress: whether a bar is shown, or its name; None shows it unless this is the book's own
            run.
        count: batch -> how many parts the loss is a mean over, where these are not the batch's
            rows: the places that are no padding, say. Asked only where processes share a batch.

    Returns:
        The history, from the first step on.

    Raises:
        ValueError: a count below 1; a loss that is no single number, or does not depend on the
            weights; a checkpoint of another training. The message says which.
        TypeError: `evaluate` gave what no history can hold.
        Diverged: at some step since the last entry the loss was not finite, or its gradient.
    """
    _check_counts(steps, every, clip)
    optimizer = optimizer or torch.optim.Adam(model.parameters(), lr=lr)
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    run = _Run(model, optimizer, np.random.default_rng(seed))
    run.settings = _settings(model, optimizer, seed=seed, every=every, clip=clip)
    loss = run.team.shared(model, loss, count)
    with (
        torch.random.fork_rng(devices=[]),
        mode(model, training=True),
        _bar(steps, progress if run.team.first else False) as bar,
    ):
        torch.manual_seed(seed)
        done = run.load(checkpoint, steps)
        if not run.team.first:  # another dropout for other rows
            torch.manual_seed(_mixed(seed, run.team.rank, done))
        bar.update(done)
        watch = _Watch(run.history, minutes)
        for step in range(done + 1, done + 1 if run.history.stopped else steps + 1):
            value = _checked(loss(model, batch(run.rng)), step)
            optimizer.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            norm = _clipped(parameters, clip)
            optimizer.step()
            watch.see(value.detach(), norm)
            bar.update()
            if step % every and step != steps:
                continue
            watch.require_finite(step)
            watch.enter(step, run.team.from_first(lambda: _evaluated(model, evaluate)))
            bar.set_postfix(loss=f"{run.history.loss[-1]:.3g}", refresh=False)
            late = run.team.any(watch.is_late())
            run.history.stopped = run.team.any(stop is not None and stop(run.history))
            run.history.finished = run.history.stopped or step == steps
            run.save(checkpoint, now=late or run.history.finished)
            if late or run.history.finished:
                break
    return run.history


@dataclass
class _Run:
    """All that a training must remember to go on to the same numbers."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    rng: np.random.Generator
    settings: dict[str, str] = field(default_factory=dict)
    history: History = field(default_factory=History)
    saved: float = field(default_factory=time.monotonic)  # when it last was
    team: Team = field(default_factory=team)

    def save(self, checkpoint: Path | None, now: bool) -> None:
        if checkpoint is None or not self.team.first:
            return
        if not (now or time.monotonic() - self.saved >= SECONDS):
            return
        file = io.BytesIO()
        torch.save(
            {
                "settings": self.settings,
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "batches": self.rng.bit_generator.state,
                "torch": torch.get_rng_state(),
                "history": self.history.plain(),
            },
            file,
        )
        write_whole(checkpoint, file.getvalue())
        self.saved = time.monotonic()

    def load(self, checkpoint: Path | None, steps: int) -> int:
        """Go on from a checkpoint, if there is one; how many steps are done."""
        if checkpoint is None:
            return 0
        kept = self.team.from_first(lambda: _read(checkpoint) if checkpoint.exists() else None)
        if kept is None:
            return 0
        _require_same(checkpoint, kept["settings"], self.settings)
        history = History(**kept["history"])
        done = history.step[-1]
        if done > steps:
            raise ValueError(
                f"{checkpoint} has done {done} steps, and steps={steps} are asked for: give at "
                f"least {done}, or another file."
            )
        self.model.load_state_dict(kept["model"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.rng.bit_generator.state = kept["batches"]
        torch.set_rng_state(kept["torch"])
        history.finished = history.stopped or done == steps
        self.history = history
        return done


def _read(checkpoint: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
        if not {"settings", "model", "optimizer", "batches", "torch", "history"} <= set(kept):
            raise ValueError("parts are missing")
    except Exception as error:  # whatever a file that is none may raise
        raise ValueError(
            f"{checkpoint} is no checkpoint of fit ({type(error).__name__}): remove it, or "
            "give another file."
        ) from error
    return kept


def _settings(
    model: nn.Module, optimizer: torch.optim.Optimizer, **others: float | None
) -> dict[str, str]:
    """What must be the same for a checkpoint to be gone on from, piece by piece."""
    found = {name: str(value) for name, value in others.items()}
    for number, group in enumerate(optimizer.param_groups):
        options = {key: value for key, value in group.items() if key != "params"}
        found[f"optimizer, group {number}"] = f"{type(optimizer).__name__} {options}"
    for name, part in model.named_modules():
        options = {
            key: value
            for key, value in vars(part).items()
            if isinstance(value, int | float | str) and key != "training" and key[0] != "_"
        }
        found[f"model.{name}".rstrip(".")] = f"{type(part).__name__} {options}"
    for name, p in model.named_parameters():
        found[f"model.{name}"] = f"{tuple(p.shape)} {p.dtype}"
    return found


def _require_same(checkpoint: Path, there: dict[str, str], here: dict[str, str]) -> None:
    differ = [key for key in here | there if there.get(key) != here.get(key)]
    if differ:
        told = "; ".join(f"{k}: {there.get(k)} there, {here.get(k)} here" for k in differ[:3])
        more = f"; and {len(differ) - 3} more" if len(differ) > 3 else ""
        raise ValueError(
            f"{checkpoint} is of another training. {told}{more}. Give another file, or remove this "
            "one to begin again."
        )


def _mixed(*numbers: int) -> int:
    """A seed from several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


class _Watch:
    """Sums up what happens between two entries, without asking a tensor for its number."""

    def __init__(self, history: History, minutes: float | None) -> None:
        self.history = history
        before = history.seconds[-1] if history.seconds else 0.0
        self.begun = time.perf_counter()
        self.start = self.begun - before
        self.minutes = minutes
        self.losses: list[Tensor] = []
        self.norms: list[Tensor] = []

    def see(self, loss: Tensor, norm: Tensor) -> None:
        self.losses.append(loss)
        self.norms.append(norm)

    def require_finite(self, step: int) -> None:
        """Raise where the loss or its gradient was no finite number since the last entry.

        Raises:
            Diverged: the message names the first such step.
        """
        losses, norms = torch.stack(self.losses), torch.stack(self.norms)
        wrong = ~(losses.isfinite() & norms.isfinite())
        if wrong.any():
            first = int(wrong.int().argmax())
            raise Diverged(
                f"At step {step - len(losses) + first + 1} the loss was {losses[first]:g} and its "
                f"gradient's norm {norms[first]:g}: from there on nothing is learnt. Try a smaller "
                "learning rate, or clip=1.0.",
                self.history,
            )

    def enter(self, step: int, value: Any) -> None:
        """Write an entry."""
        history = self.history
        history.step.append(step)
        history.loss.append(torch.stack(self.losses).mean().item())
        history.norm.append(torch.stack(self.norms).max().item())
        history.value.append(value)
        history.seconds.append(time.perf_counter() - self.start)
        self.losses, self.norms = [], []

    def is_late(self) -> bool:
        return self.minutes is not None and time.perf_counter() - self.begun >= 60 * self.minutes


def _clipped(parameters: Iterable[Tensor], clip: float | None) -> Tensor:
    """The gradient's norm before it is clipped."""
    if clip is None:
        return total_norm(p.grad for p in parameters if p.grad is not None)
    return clip_grad_norm_(parameters, clip)


def _evaluated(model: nn.Module, evaluate: Callable[[Any], Any] | None) -> Any:
    if evaluate is None:
        return None
    with mode(model, training=False), torch.no_grad():
        return _plain(evaluate(model))


def _plain(value: Any) -> Any:
    """What a history can hold: a checkpoint must be able to give it back.

    Raises:
        TypeError: it cannot.
    """
    if isinstance(value, Tensor | np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    if value is None or isinstance(value, int | float | str):
        return value
    raise TypeError(
        f"evaluate gave {value!r:.80} of type {type(value).__name__}: return numbers, texts, "
        "arrays, or lists and dicts of them."
    )


def _checked(value: Any, step: int) -> Tensor:
    """A loss that can be made small.

    Raises:
        ValueError: it cannot.
    """
    if not isinstance(value, Tensor) or value.numel() != 1:
        what = (
            f"a tensor of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
        )
        raise ValueError(
            f"At step {step} loss gave {what:.200}: return one number, a tensor, such as a mean."
        )
    if not value.requires_grad:
        raise ValueError(
            f"At step {step} the loss does not depend on any weight that is trained: was it "
            "detached, or computed by NumPy?"
        )
    return value if value.dim() == 0 else value.reshape(())


def _check_counts(steps: int, every: int, clip: float | None) -> None:
    if steps < 1 or every < 1:
        raise ValueError(f"fit got steps={steps} and every={every}: give at least 1 of each.")
    if clip is not None and not clip > 0:
        raise ValueError(f"fit got clip={clip}: give a norm above 0, or None not to clip.")


def _bar(steps: int, progress: bool | str | None) -> Any:
    shown = os.environ.get("SEQCOURSE_STRICT") != "1" if progress is None else progress
    name = progress if isinstance(progress, str) else None
    return tqdm(total=steps, desc=name, disable=not shown, leave=False, unit="step")
