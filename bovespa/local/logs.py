"""Keeps what the embedded CloudWatch Logs hold, when the stack that holds them ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

MAX_EVENTS = 1000  # of each stream, the latest


def append_log_groups(logs: Any, target: Path) -> None:
    """Append every log group's streams to a file, each under a line with its name.

    Args:
        logs: a boto3 CloudWatch Logs client.
        target: the file, which may exist.
    """
    with target.open("a", encoding="utf-8") as file:
        for group in logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            for stream in logs.describe_log_streams(logGroupName=name)["logStreams"]:
                events = logs.get_log_events(
                    logGroupName=name, logStreamName=stream["logStreamName"], limit=MAX_EVENTS
                )["events"]
                file.write(f"\n==> {name} {stream['logStreamName']}\n")
                file.writelines(f"{event['message'].rstrip()}\n" for event in events)
