"""A function that runs on schedules: the shape of every part that asks for something at certain times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunction, PythonFunctionArgs
from components.schedule import FunctionSchedule, Time


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectorArgs:
    """What a part works on that captures something or looks for it: ``lake``'s bucket."""

    context: Context
    lake: PrivateBucket


class ScheduledFunction(pulumi.ComponentResource):
    """A function and its schedules, each named after it: what subclasses give a name and rights."""

    function: PythonFunction
    schedules: Mapping[str, FunctionSchedule]

    def __init__(
        self,
        type_: str,
        name: str,
        function: PythonFunctionArgs,
        times: Mapping[str, Time],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(type_, name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.function = PythonFunction(name, function, child)
        self.schedules = {
            when: FunctionSchedule(f"{name}-{when}", self.function, time, function.context, child)
            for when, time in times.items()
        }
        self.register_outputs(
            {
                "function": self.function.function.name,
                "schedules": {when: found.schedule.name for when, found in self.schedules.items()},
            }
        )
