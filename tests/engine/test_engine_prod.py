"""The stack `prod` under Pulumi's own engine, in an account that isn't the machine's default one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bovespa.local.aws import Clients
from bovespa.local.emulator import Emulator
from tests.engine.cli_project import CliProject, Run
from tests.engine.conftest import NewProject
from tests.engine.glue_front import GlueFront

EMAIL = "someone@example.com"
# The default profile's key is of another account: the front of Glue refuses it, the embedded AWS too.
PROFILES = """\
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = of-another-account
[work]
aws_access_key_id = {access_key_id}
aws_secret_access_key = {secret_access_key}
"""


@pytest.fixture(scope="module")
def project(
    new_project: NewProject, running_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory
) -> CliProject:
    key = running_emulator.key
    profiles = Path(tmp_path_factory.mktemp("profiles")) / "credentials"
    profiles.write_text(
        PROFILES.format(access_key_id=key.access_key_id, secret_access_key=key.secret_access_key)
    )
    made = new_project(
        "prod",
        {
            "AWS_ACCESS_KEY_ID": None,
            "AWS_SECRET_ACCESS_KEY": None,
            "AWS_SHARED_CREDENTIALS_FILE": str(profiles),
        },
    )
    made.pulumi("stack", "init", "prod")
    made.pulumi("config", "set", "aws:profile", "work")
    made.pulumi("config", "set", "--secret", "alarmEmail", EMAIL)
    return made


@pytest.fixture(scope="module")
def deployed(project: CliProject) -> Run:
    return project.up()


@pytest.fixture(scope="module")
def outputs(project: CliProject, deployed: Run) -> dict[str, Any]:
    return project.outputs()


def test_the_visual_jobs_are_made_with_the_stacks_profile(
    outputs: dict[str, Any], running_emulator: Emulator, glue: GlueFront
) -> None:
    keys = {key for job, key in glue.creators if job in (outputs["carteiraJob"], outputs["negociacaoJob"])}

    assert keys == {running_emulator.key.access_key_id}


def test_a_secret_of_the_configuration_is_a_secret_of_the_state(
    project: CliProject, outputs: dict[str, Any], running_emulator: Emulator
) -> None:
    told = Clients(running_emulator.environment)["sns"].list_subscriptions_by_topic(
        TopicArn=outputs["alarmTopic"]
    )
    assert [subscription["Endpoint"] for subscription in told["Subscriptions"]] == [EMAIL]
    assert EMAIL not in project.pulumi("stack", "export").output


def test_destroy_is_refused_before_anything_is_gone(
    project: CliProject, outputs: dict[str, Any], running_emulator: Emulator
) -> None:
    s3 = Clients(running_emulator.environment)["s3"]
    s3.put_object(Bucket=outputs["lakeBucket"], Key="raw/kept", Body=b"the only copy")
    before = {resource["urn"] for resource in project.state()}

    # The preview refuses. With --skip-preview the engine would come to the protected ones only after the others.
    refused = project.pulumi("destroy", "--yes", fails=True)

    assert "protect" in refused.output
    assert {resource["urn"] for resource in project.state()} == before
    assert s3.head_object(Bucket=outputs["lakeBucket"], Key="raw/kept")["ContentLength"]
