"""Who signs: the `aws:` keys of a stack's configuration, against an STS and a Glue on a real socket."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError, ProfileNotFound

from components.aws_configuration import AwsConfiguration, AwsConfigurationError
from components.aws_session import AwsSession, WrongAccount
from tests.stack.glue_server import ACCOUNT, GlueServer, glue_server

WORK = "222222222222"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GlueServer]:
    """Nothing of this machine's own AWS settings; a home with two profiles."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        profile("default", "AKIADEFAULT") + profile("work", "AKIAWORK")
    )
    with glue_server() as running:
        running.accounts["AKIAWORK"] = WORK
        yield running


def profile(name: str, key: str) -> str:
    return f"[{name}]\naws_access_key_id={key}\naws_secret_access_key=s\n"


def session(server: GlueServer, **values: Any) -> AwsSession:
    """As the engine hands it over: text, and JSON text."""
    given = {"endpoints": [{"sts": server.url, "glue": server.url}], "region": "sa-east-1", **values}
    return AwsSession(
        AwsConfiguration(
            {
                f"aws:{key}": value if isinstance(value, str) else json.dumps(value)
                for key, value in given.items()
            }
        )
    )


def signer(server: GlueServer, **values: Any) -> str | None:
    session(server, **values)["glue"].get_tags(ResourceArn="arn:aws:glue:sa-east-1:1:job/x")
    return server.calls[-1].key


def test_without_a_word_in_the_configuration_the_environment_signs(
    server: GlueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert signer(server) == "AKIADEFAULT"

    monkeypatch.setenv("AWS_PROFILE", "work")

    assert signer(server) == "AKIAWORK"


def test_the_stacks_profile_comes_before_the_environments_keys(
    server: GlueServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")

    assert signer(server, profile="work") == "AKIAWORK"


def test_the_stacks_keys_come_before_its_profile(server: GlueServer) -> None:
    assert signer(server, accessKey="AKIAKEYS", secretKey="s", profile="nobody") == "AKIAKEYS"


def test_a_profile_of_a_file_of_ones_own(server: GlueServer, tmp_path: Path) -> None:
    (tmp_path / "own").write_text(profile("team", "AKIATEAM"))

    assert signer(server, profile="team", sharedCredentialsFiles=[str(tmp_path / "own")]) == "AKIATEAM"
    with pytest.raises(ProfileNotFound, match="team"):
        session(server, profile="team")


def test_roles_are_assumed_one_after_another_with_all_that_is_said_of_them(server: GlueServer) -> None:
    roles = [
        {"roleArn": "arn:aws:iam::333333333333:role/first", "externalId": "x-1", "sessionName": "deploy"},
        {"roleArn": "arn:aws:iam::444444444444:role/second", "duration": "1h30m", "tags": {"team": "data"}},
    ]

    assert signer(server, profile="work", assumeRoles=roles) == "ROLESECOND"

    first, second = (call for call in server.calls if call.operation == "AssumeRole")
    assert (first.key, first.body["ExternalId"], first.body["RoleSessionName"]) == (
        "AKIAWORK",
        "x-1",
        "deploy",
    )
    assert (second.key, second.body["DurationSeconds"]) == ("ROLEFIRST", "5400")
    assert (second.body["Tags.member.1.Key"], second.body["Tags.member.1.Value"]) == ("team", "data")
    assert session(server, profile="work", assumeRoles=roles).require("444444444444") == "444444444444"


def test_a_web_identity_signs_without_other_credentials(server: GlueServer, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("eyJ0\n")
    web = {"roleArn": "arn:aws:iam::333333333333:role/ci", "webIdentityTokenFile": str(tmp_path / "token")}

    assert signer(server, assumeRoleWithWebIdentity=web) == "ROLECI"

    (assumed,) = (call for call in server.calls if call.operation == "AssumeRoleWithWebIdentity")
    assert (assumed.key, assumed.body["WebIdentityToken"]) == (None, "eyJ0")


def test_the_account_is_asked_for_once_and_compared(server: GlueServer) -> None:
    aws = session(server, profile="work")

    assert aws.require(WORK) == aws.require(None) == WORK
    with pytest.raises(
        WrongAccount, match=f"the credentials are of account {WORK}, the stack is in {ACCOUNT}"
    ):
        aws.require(ACCOUNT)

    assert [call.operation for call in server.calls] == ["GetCallerIdentity"]


@pytest.mark.parametrize(
    "rule", [{"allowedAccountIds": [ACCOUNT]}, {"forbiddenAccountIds": [int(WORK)]}], ids=str
)
def test_an_account_that_the_configuration_rules_out_is_refused(
    server: GlueServer, rule: dict[str, Any]
) -> None:
    with pytest.raises(WrongAccount, match=f"{WORK}.*aws:{next(iter(rule))}"):
        session(server, profile="work", **rule).require(WORK)

    assert session(server, **rule).require(ACCOUNT) == ACCOUNT


def test_no_credentials_at_all_is_said(server: GlueServer, tmp_path: Path) -> None:
    (tmp_path / ".aws" / "credentials").unlink()

    with pytest.raises(NoCredentialsError):
        session(server, skipMetadataApiCheck="true").require(None)


def test_the_clients_go_where_the_configuration_says(server: GlueServer) -> None:
    aws = session(server, region="us-gov-west-1", useFipsEndpoint="true", maxRetries="7")

    assert aws["glue"].meta.endpoint_url == server.url
    assert aws["s3"].meta.endpoint_url == "https://s3-fips.us-gov-west-1.amazonaws.com"
    assert aws["s3"].meta.config.retries["total_max_attempts"] == 7
    assert aws.partition == "aws-us-gov"


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"aws:accessKey": "AKIA"}, "aws:accessKey and aws:secretKey: expected both or neither"),
        ({"aws:assumeRoles": '{"roleArn": "x"}'}, "aws:assumeRoles: expected a list"),
        ({"aws:assumeRoles": "arn:aws:iam::1:role/x"}, "aws:assumeRoles: expected a list"),
        ({"aws:assumeRoles": '[{"externalId": "x"}]'}, "aws:assumeRoles: expected a roleArn"),
        ({"aws:assumeRoles": '[{"roleArn": "x", "arn": "y"}]'}, "aws:assumeRoles: expected .*; not arn"),
        (
            {"aws:assumeRoles": '[{"roleArn": "x", "duration": "soon"}]'},
            "a duration such as 1h or 15m, not 'soon'",
        ),
        ({"aws:sharedConfigFiles": '["a", "b"]'}, "aws:sharedConfigFiles: expected one file"),
        ({"aws:skipMetadataApiCheck": "perhaps"}, "aws:skipMetadataApiCheck: expected true or false"),
        ({"aws:maxRetries": "many"}, "aws:maxRetries: expected a whole number"),
    ],
    ids=str,
)
def test_a_key_that_cannot_work_is_named(values: dict[str, str], reason: str) -> None:
    with pytest.raises(AwsConfigurationError, match=reason):
        AwsConfiguration(values)


def test_secrets_are_not_shown() -> None:
    shown = repr(
        AwsConfiguration({"aws:accessKey": "AKIA", "aws:secretKey": "hidden-1", "aws:token": "hidden-2"})
    )

    assert "hidden" not in shown
