"""A queue that hears what an SNS topic is told, in place of a mailbox."""

from __future__ import annotations

import json
import re
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any

from bovespa.local.aws import Clients


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """``url`` is the queue's."""

    aws: Clients
    url: str

    def mails(self, *, within: int = 0) -> list[dict[str, Any]]:
        """What came since it was last asked, as SNS wraps it; waits for the first one, so many seconds."""
        sqs, found = self.aws["sqs"], []
        wait = within
        while messages := sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=min(wait, 20)
        ).get("Messages"):
            wait = 0
            for message in messages:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found


def subscribed(aws: Clients, topic: str) -> Inbox:
    """A new queue that the topic tells."""
    url = aws["sqs"].create_queue(QueueName=f"inbox-{uuid.uuid4().hex}")["QueueUrl"]
    arn = aws["sqs"].get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws["sqs"].set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    aws["sns"].subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return Inbox(aws=aws, url=url)


def link_in(mail: dict[str, Any]) -> str:
    """The link that stands alone in a line of a mail's text."""
    (link,) = re.findall(r"^(http\S+)$", mail["Message"], re.MULTILINE)
    return str(link)


def opened(link: str) -> tuple[str, str]:
    """The content type and the text behind a link, as a browser gets them."""
    with urllib.request.urlopen(link, timeout=20) as answer:
        return answer.headers["Content-Type"], answer.read().decode()
