"""`--stack`: whose credentials ask, with a `pulumi` on PATH that answers as the real one prints."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bovespa.errors import UserError
from bovespa.main import main
from bovespa.target import find_target
from tests.stack.glue_server import ACCOUNT, GlueServer, glue_server

WORK = "222222222222"
EXPORTS = {
    "region": "us-east-1",
    "account": WORK,
    "workgroup": "bovespa-dev",
    "database": "default",
    "lakeBucket": "the-lake",
    "alarmTopic": f"arn:aws:sns:us-east-1:{WORK}:bovespa-dev-alarms",
}
JOB: dict[str, Any] = {
    "Name": "bovespa-dev-carteira",
    "JobMode": "VISUAL",
    "Role": "role",
    "Command": {"Name": "glueetl"},
    "CodeGenConfigurationNodes": {
        "node-1": {"S3ParquetSource": {"Name": "Raw", "Paths": ["s3://the-lake/raw/carteira/"]}},
    },
}
PULUMI = """#!{python}
import json, sys
arguments = sys.argv[1:]
answers = json.loads(open({answers!r}).read())
assert arguments[-2:] == ["dev", "--non-interactive"] or arguments[-3:-1] == ["--stack", "dev"], arguments
answer = answers["config" if arguments[0] == "config" else "output"]
if isinstance(answer, str):
    sys.exit("warning: something\\nerror: " + answer)
print(json.dumps(answer))
"""

Stack = Callable[..., None]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GlueServer]:
    """The environment's own credentials are of another account than the stack's profile."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id=AKIADEFAULT\naws_secret_access_key=s\n"
        "[work]\naws_access_key_id=AKIAWORK\naws_secret_access_key=s\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    with glue_server() as running:
        running.accounts["AKIAWORK"] = WORK
        running.jobs[JOB["Name"]] = JOB
        monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", running.url)
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", running.url)
        yield running


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    """Puts a `pulumi` on PATH that knows this of the stack dev."""

    def deployed(output: object = EXPORTS, config: object = None, **values: str) -> None:
        shown = {f"aws:{key}": {"value": value, "secret": True} for key, value in values.items()}
        (tmp_path / "answers.json").write_text(json.dumps({"output": output, "config": config or shown}))
        program = tmp_path / "bin" / "pulumi"
        program.parent.mkdir(exist_ok=True)
        program.write_text(PULUMI.format(python=sys.executable, answers=str(tmp_path / "answers.json")))
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    return deployed


def test_the_stacks_profile_asks_in_the_stacks_region(server: GlueServer, stack: Stack) -> None:
    stack(profile="work")

    target = find_target("dev")
    target.aws["glue"].get_job(JobName=JOB["Name"])

    assert {call.key for call in server.calls} == {"AKIAWORK"}
    assert target.aws["athena"].meta.region_name == "us-east-1"
    assert (target.athena.workgroup, target.embedded) == ("bovespa-dev", False)


def test_roles_of_the_configuration_are_assumed(server: GlueServer, stack: Stack) -> None:
    stack(assumeRoles=json.dumps([{"roleArn": f"arn:aws:iam::{WORK}:role/deployer"}]))

    find_target("dev").aws["glue"].get_job(JobName=JOB["Name"])

    assert server.signers("GetJob") == {"ROLEDEPLOYER"}


@pytest.mark.parametrize("exports", [EXPORTS, {k: v for k, v in EXPORTS.items() if k != "account"}])
def test_credentials_of_another_account_are_refused_before_anything_is_asked(
    server: GlueServer, stack: Stack, exports: dict[str, str]
) -> None:
    stack(output=exports)

    with pytest.raises(
        UserError, match=f"stack dev: the credentials are of account {ACCOUNT}, the stack is in {WORK}"
    ) as error:
        find_target("dev")

    assert "\n" not in str(error.value)
    assert server.glue_calls == []


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        (
            {"output": "no stack named 'dev' found"},
            "`pulumi stack output --stack dev` failed: error: no stack",
        ),
        ({"output": {}}, "stack dev has no outputs: deploy it with `pulumi up --stack dev`"),
        (
            {"config": "incorrect passphrase"},
            "`pulumi config --show-secrets --stack dev` failed: error: incorrect",
        ),
        ({"profile": "nobody"}, r"stack dev: The config profile \(nobody\) could not be found"),
        ({"assumeRoles": "x"}, "stack dev: aws:assumeRoles: expected a list"),
    ],
    ids=str,
)
def test_what_cannot_be_had_is_one_line(
    server: GlueServer, stack: Stack, answers: dict[str, Any], reason: str
) -> None:
    stack(**answers)

    with pytest.raises(UserError, match=reason) as error:
        find_target("dev")

    assert "\n" not in str(error.value)


def test_a_job_is_pulled_with_the_stacks_credentials_and_its_lake_as_placeholder(
    server: GlueServer, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    stack(profile="work")

    main(["job", "pull", JOB["Name"], "--stack", "dev"])

    assert server.signers("GetJob") == {"AKIAWORK"}
    assert "s3://${lake_bucket}/raw/carteira/" in capsys.readouterr().out


def test_a_job_is_compared_with_the_stacks_credentials(
    server: GlueServer, stack: Stack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack(profile="work")
    file = tmp_path / "carteira.json"
    file.write_text(json.dumps(JOB).replace("the-lake", "${lake_bucket}"))

    main(["job", "diff", str(file), JOB["Name"], "--stack", "dev"])

    assert server.signers("GetJob") == {"AKIAWORK"}
    assert "no difference" in capsys.readouterr().err
