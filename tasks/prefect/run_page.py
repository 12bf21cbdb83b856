"""What Prefect's list of runs says of a flow run: its name, and what it came to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

T = TypeVar("T")


def named(name_of: Callable[[Mapping[str, Any]], str]) -> Callable[[], str]:
    """Return what Prefect takes for ``flow_run_name``: it gives the run's parameters to ``name_of``."""

    def name() -> str:
        from prefect.runtime import flow_run

        return name_of(flow_run.parameters)

    return name


def ended(outcome: T, message: str) -> T:
    """End a flow run well, with a message instead of ``None``; callers of the flow get ``outcome``.

    To be returned by a flow as it is. Outside a flow run it is ``outcome`` itself.
    """
    from prefect.context import FlowRunContext
    from prefect.states import Completed

    if FlowRunContext.get() is None:
        return outcome
    return cast(T, Completed(message=" ".join(message.split()), data=outcome))
