"""The stack is what checkov asks for, but for what checkov.yaml leaves out with a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.separate import PROJECT, installed
from tests.stack.plan import plan_of
from tests.stack.terraform_plan import terraform_plan
from tests.stack.test_stack_key import KEY

CONFIGURATION = PROJECT / "checkov.yaml"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def plan() -> dict[str, Any]:
    """The largest stack there is: prod, the stream on, a key of the account's own."""
    return terraform_plan(plan_of("prod", stream={"enabled": True}, kmsKeyArn=KEY).resources)


def failed(plan: dict[str, Any], folder: Path, *options: str) -> set[tuple[str, str]]:
    """Each check that failed, and on what."""
    path = folder / "plan.json"
    path.write_text(json.dumps(plan))
    environment = {**os.environ, "PYTHONPATH": str(installed("checkov"))}
    done = subprocess.run(
        [sys.executable, "-m", "checkov.main", "-f", str(path), "-o", "json", *options],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
    )
    report = json.loads(done.stdout)
    assert report["summary"]["parsing_errors"] == 0, done.stderr
    assert report["summary"]["passed"] > 100
    return {(check["check_id"], check["resource"]) for check in report["results"]["failed_checks"]}


def test_nothing_is_left_but_what_has_a_reason(plan: dict[str, Any], tmp_path: Path) -> None:
    assert failed(plan, tmp_path, "--config-file", str(CONFIGURATION)) == set()


def test_no_reason_outlives_its_finding_and_a_door_left_open_is_found(
    plan: dict[str, Any], tmp_path: Path
) -> None:
    skipped = set(yaml.safe_load(CONFIGURATION.read_text())["skip-check"])
    opened = json.loads(json.dumps(plan))
    for section in ("planned_values", "configuration"):
        root = opened[section]["root_module"]
        root["resources"] = [r for r in root["resources"] if r["address"].split(".")[1] != "lake-private"]

    found = failed(opened, tmp_path, "--framework", "terraform_plan", "--quiet")

    assert {check for check, _ in found} == skipped | {"CKV2_AWS_6"}
    assert ("CKV2_AWS_6", "aws_s3_bucket.lake") in found
