"""Packages that load a module when one of its names is first asked for, and not before.

A result or a chapter is out of date when a module that it loaded changes; it should not load what
it does not use.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


def lazy(package: str, *modules: str, **names: str) -> None:
    """Let a package's names be looked up in its modules when they are asked for.

    Called from its `__init__`, after the same names were imported for the type checker alone.

    Args:
        package: its `__name__`.
        modules: those of its modules that are themselves looked up as names.
        names: for each of its modules the names that it holds, with spaces between them.
    """
    module = sys.modules[package]
    module.__dict__["_where"] = {
        name: f"{package}.{place}" for place, held in names.items() for name in held.split()
    }
    module.__dict__["_modules"] = modules
    module.__dict__["__all__"] = sorted(module.__dict__["_where"])
    module.__class__ = _Lazy


class _Lazy(ModuleType):
    _where: dict[str, str]
    _modules: tuple[str, ...]

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__["_modules"]:
            return import_module(f"{self.__name__}.{name}")
        place = self.__dict__["_where"].get(name)
        if place is None:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(place), name)
        setattr(self, name, value)
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        # Who imports the module nn/rnn_step.py binds it to that name, which is its function's.
        if not (name in self._where and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._where, *self._modules})
