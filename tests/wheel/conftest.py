"""Notebooks named beside this folder are a learner's."""

import pytest

from . import learner


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(learner)
