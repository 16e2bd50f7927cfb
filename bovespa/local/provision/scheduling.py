"""EventBridge Scheduler."""

from __future__ import annotations

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import arguments


def schedule(aws: Clients, wanted: Registration) -> Answer:
    scheduler = aws["scheduler"]
    scheduler.create_schedule(**arguments(scheduler, "create_schedule", wanted.inputs))
    return Answer(id=wanted.inputs["name"], outputs={})
