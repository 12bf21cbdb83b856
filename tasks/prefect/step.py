"""A step of a flow: a Prefect task that a person sees by name, in Prefect's page and in the terminal."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import NO_CACHE

from ecgcore.pages.stage_bar import stage_bar

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)


def step(name: str) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a function a step. It runs again whenever its flow does: what is done already, it must find out itself."""

    def make(function: Callable[P, R]) -> Task[P, R]:
        @functools.wraps(function)
        def shown(*args: P.args, **kwargs: P.kwargs) -> R:
            log.info("%s", name)
            with stage_bar(name):
                return function(*args, **kwargs)

        return task(name=name, task_run_name=name, cache_policy=NO_CACHE)(shown)

    return make
