"""What a scraper refuses, and how a page is changed so that it does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from bovespa.local.emulator import Emulator
from bovespa.stand_ins.b3_site import Reply
from functions.b3.errors import ScrapeFailed
from tests.portfolios import ibov
from tests.scraping import Scraping

ERROR_PAGE = b"<!DOCTYPE html><html><title>520: Web server is returning an unknown error</title></html>"
HTML_520 = Reply(status=520, body=ERROR_PAGE, content_type="text/html")


def assert_refused(scraping: Scraping, *reasons: str) -> ScrapeFailed:
    """The invocation fails with every reason, one per source, and raw stays as it was."""
    before = scraping.keys("raw/")
    with pytest.raises(ScrapeFailed) as refusal:
        scraping.run()
    for reason in reasons:
        assert reason in str(refusal.value)
    assert scraping.keys("raw/") == before
    return refusal.value


def change_page(scraping: Scraping, change: Callable[[dict[str, Any]], object]) -> bytes:
    page = ibov().page()
    change(page)
    body = json.dumps(page).encode()
    scraping.site.show_page("IBOV", body)
    return body


def own_client(running: Emulator) -> Any:
    """A client whose events no other test sees, and which asks once."""
    environment = running.environment
    return boto3.Session(
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        region_name=environment["AWS_REGION"],
    ).client("s3", endpoint_url=running.url, config=Config(retries={"total_max_attempts": 1}))
