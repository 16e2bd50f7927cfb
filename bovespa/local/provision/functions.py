"""Lambda."""

from __future__ import annotations

from pathlib import Path

from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import given, pascal


def function(aws: Clients, wanted: Registration) -> Answer:
    """A function from its archive.

    The emulator runs it with this interpreter, so the libraries of the AWS-managed layer are those of
    the virtual environment, and the layer itself is left out.
    """
    inputs = wanted.inputs
    archive = PROJECT / inputs["code"].path
    made = aws["lambda"].create_function(
        FunctionName=inputs["name"],
        Role=inputs["role"],
        Runtime=inputs["runtime"],
        Handler=inputs["handler"],
        Code={"ZipFile": Path(archive).read_bytes()},
        Timeout=inputs["timeout"],
        MemorySize=inputs["memorySize"],
        Environment={"Variables": inputs["environment"]["variables"]},
        **given(
            Description=inputs.get("description"),
            Architectures=inputs.get("architectures"),
            DeadLetterConfig=pascal(inputs.get("deadLetterConfig")),
            LoggingConfig=pascal(inputs.get("loggingConfig")),
        ),
    )
    return Answer(id=inputs["name"], outputs={"arn": made["FunctionArn"]})


def permission(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    aws["lambda"].add_permission(
        FunctionName=inputs["function"],
        StatementId=inputs["statementId"],
        Action=inputs["action"],
        Principal=inputs["principal"],
        **given(SourceArn=inputs.get("sourceArn"), SourceAccount=inputs.get("sourceAccount")),
    )
    return Answer(id=inputs["statementId"], outputs={})


def event_invoke_config(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    aws["lambda"].put_function_event_invoke_config(
        FunctionName=inputs["functionName"],
        MaximumRetryAttempts=inputs["maximumRetryAttempts"],
        MaximumEventAgeInSeconds=inputs["maximumEventAgeInSeconds"],
    )
    return Answer(id=inputs["functionName"], outputs={})
