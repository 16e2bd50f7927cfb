"""Lambda."""

from __future__ import annotations

from pathlib import Path

from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import arguments


def function(aws: Clients, wanted: Registration) -> Answer:
    """A function from its archive.

    The emulator runs it with this interpreter, so the libraries of the AWS-managed layer are those of
    the virtual environment, and the layer itself is left out.
    """
    inputs = {**wanted.inputs}
    archive = Path(PROJECT / inputs.pop("code").path)
    named = arguments(
        aws["lambda"], "create_function", inputs, without=("layers", "kmsKeyArn"), FunctionName="name"
    )
    aws["lambda"].create_function(Code={"ZipFile": archive.read_bytes()}, **named)
    return Answer(id=inputs["name"], outputs={})


def permission(aws: Clients, wanted: Registration) -> Answer:
    aws["lambda"].add_permission(
        **arguments(aws["lambda"], "add_permission", wanted.inputs, FunctionName="function")
    )
    return Answer(id=wanted.inputs["statementId"], outputs={})


def event_invoke_config(aws: Clients, wanted: Registration) -> Answer:
    aws["lambda"].put_function_event_invoke_config(
        **arguments(aws["lambda"], "put_function_event_invoke_config", wanted.inputs)
    )
    return Answer(id=wanted.inputs["functionName"], outputs={})
