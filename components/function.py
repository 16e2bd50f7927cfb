"""A Python function on Lambda: its role, logs, archive, and the queue of events that it gave up on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.context import Context
from components.packaging import PROJECT, function_archive
from components.policy import Statement
from components.role import ServiceRole, ServiceRoleArgs
from components.sources import sources_of

RUNTIME = "python3.13"
ARCHITECTURE = "arm64"


@dataclass(frozen=True, slots=True, kw_only=True)
class PythonFunctionArgs:
    """What differs between functions.

    ``handler`` is ``module.function``: what the module imports of the project goes into the archive, and ``data``,
    files and folders beside it; ``lock`` is the file of its libraries; ``statements`` what the code may do beside
    writing its logs; ``timeout`` in seconds, ``memory`` in MB.
    """

    context: Context
    handler: str
    lock: str
    statements: Sequence[Statement]
    description: pulumi.Input[str]
    environment: Mapping[str, pulumi.Input[str]]
    timeout: pulumi.Input[int]
    memory: pulumi.Input[int]
    layers: Sequence[pulumi.Input[str]] = field(default_factory=tuple)
    data: Sequence[str] = ()


class PythonFunction(pulumi.ComponentResource):
    """A Lambda function with a role of its own and a dead-letter queue."""

    name: str
    function: aws.lambda_.Function
    dead_letters: aws.sqs.Queue

    def __init__(
        self, name: str, args: PythonFunctionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:PythonFunction", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context = args.context
        self.name = context.name(name)
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/lambda/{self.name}",
            retention_in_days=context.settings.log_retention_days,
            kms_key_id=context.kms_key_arn or None,
            opts=child,
        )
        self.dead_letters = aws.sqs.Queue(
            f"{name}-dead-letters",
            message_retention_seconds=14 * 24 * 3600,
            sqs_managed_sse_enabled=True,
            opts=child,
        )
        role = ServiceRole(name, ServiceRoleArgs(context=context, service="lambda"), child)
        role.allow(
            [
                Statement(
                    sid="WriteLogs",
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[context.arn("logs", f"log-group:/aws/lambda/{self.name}:*")],
                ),
                Statement(
                    sid="GiveUpOnEvents", actions=["sqs:SendMessage"], resources=[self.dead_letters.arn]
                ),
                *args.statements,
            ]
        )
        self.function = aws.lambda_.Function(
            name,
            name=self.name,
            description=args.description,
            runtime=RUNTIME,
            architectures=[ARCHITECTURE],
            handler=args.handler,
            code=function_archive(
                [*sources_of(PROJECT, args.handler.rpartition(".")[0]), *args.data], args.lock
            ),
            role=role.arn,
            timeout=args.timeout,
            memory_size=args.memory,
            layers=list(args.layers),
            # A namespace of the stack's own: one stack's alarms must not hear of another's metrics.
            environment={"variables": {"POWERTOOLS_METRICS_NAMESPACE": context.prefix, **args.environment}},
            kms_key_arn=context.kms_key_arn or None,
            dead_letter_config={"target_arn": self.dead_letters.arn},
            logging_config={"log_format": "JSON", "log_group": logs.name},
            # Lambda checks at creation that the role may write to the queue.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[*role.ready, logs])),
        )
        aws.lambda_.FunctionEventInvokeConfig(
            f"{name}-retries",
            function_name=self.function.name,
            maximum_retry_attempts=2,
            maximum_event_age_in_seconds=3600,
            opts=child,
        )
        self.register_outputs(
            {
                "name": self.function.name,
                "arn": self.function.arn,
                "deadLetters": self.dead_letters.name,
                "logGroup": logs.name,
            }
        )
