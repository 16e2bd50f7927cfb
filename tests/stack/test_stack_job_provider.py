"""The dynamic provider of visual jobs, against a Glue and an STS on a real socket."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dill  # type: ignore[import-untyped]
import grpc
import pytest
from google.protobuf import json_format, struct_pb2
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT
from bovespa.local.emulator import REGION, Emulator
from components.aws_session import STAND_IN_ACCOUNT
from components.visual_job_provider import JobError, VisualJobProvider
from tests.stack.glue_server import ACCOUNT, GlueServer, glue_server
from tests.stack.job_bodies import Body, inputs, job, nodes, reordered

# --- create, read, update, delete ---


OTHER = "222222222222"
OWNED = {"project": "bovespa", "stack": "test"}


@pytest.fixture
def glue(monkeypatch: pytest.MonkeyPatch) -> Iterator[GlueServer]:
    """Glue and STS; this process's own credentials are of ``ACCOUNT``, the key AKIAOTHER of ``OTHER``."""
    with glue_server() as running:
        monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHERE")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s")
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        running.accounts["AKIAOTHER"] = OTHER
        monkeypatch.setattr("components.visual_job_provider.sleep", lambda _: None)
        yield running


def configured(**values: str) -> VisualJobProvider:
    """The provider as the engine starts it, with keys of `aws:`."""
    provider = VisualJobProvider()
    raw = {f"aws:{key}": value for key, value in values.items()}
    provider.configure(ConfigureRequest(Config(raw, "bovespa")))
    return provider


def made(glue: GlueServer, body: Body) -> dict[str, Any]:
    """The state of a job that was created."""
    outs = VisualJobProvider().create(inputs(body)).outs
    assert outs is not None
    glue.calls.clear()
    return outs


@pytest.fixture
def other_account() -> Iterator[VisualJobProvider]:
    """The stack's configuration has credentials of another account now."""
    before = getattr(sys, "tracebacklimit", None)
    yield configured(accessKey="AKIAOTHER", secretKey="s")
    if before is None:
        vars(sys).pop("tracebacklimit", None)


def test_the_life_of_a_job_in_the_embedded_stack(emulator_environment: Emulator, aws: Clients) -> None:
    named = job(f"prices-{uuid.uuid4().hex[:8]}")
    provider, name = VisualJobProvider(), named["Name"]
    arn = f"arn:aws:glue:{REGION}:000000000000:job/{name}"
    given = inputs(named, "000000000000")

    created = provider.create(given)

    assert created.id == name
    assert created.outs == {**given, "arn": arn}
    stored = aws["glue"].get_job(JobName=name)["Job"]
    assert (stored["Timeout"], stored["NumberOfWorkers"]) == (15, 2)

    changed = {**named, "Timeout": 30, "Tags": {"project": "bovespa", "owner": "data"}}
    provider.update(name, created.outs, inputs(changed, "000000000000"))

    assert aws["glue"].get_job(JobName=name)["Job"]["Timeout"] == 30
    assert aws["glue"].get_tags(ResourceArn=arn)["Tags"] == {"project": "bovespa", "owner": "data"}

    provider.delete(name, created.outs)

    assert provider.read(name, created.outs).id is None
    provider.delete(name, created.outs)


def test_glue_gets_the_mode_and_every_node(glue: GlueServer) -> None:
    VisualJobProvider().create(inputs(job()))

    (call,) = (call for call in glue.calls if call.operation == "CreateJob")
    assert call.body == job()


def test_the_stacks_own_keys_sign_every_call(glue: GlueServer) -> None:
    provider = configured(accessKey="AKIAOTHER", secretKey="s")
    given = inputs(job(), OTHER)

    outs = provider.create(given).outs or {}
    provider.read("prices", outs)
    provider.update("prices", outs, inputs({**job(), "Timeout": 30}, OTHER))
    provider.delete("prices", outs)

    assert outs["arn"] == glue.arn("prices", OTHER)
    assert {call.key for call in glue.calls} == {"AKIAOTHER"}


# --- another account ---


def test_credentials_of_another_account_are_refused_already_in_the_preview(
    glue: GlueServer, other_account: VisualJobProvider
) -> None:
    (failure,) = other_account.check({}, inputs(job())).failures

    assert failure.reason.startswith(f"the credentials are of account {OTHER}, the stack is in {ACCOUNT}: ")
    assert VisualJobProvider().check({}, inputs(job())).failures == []


@pytest.mark.parametrize("verb", ["create", "read", "update", "delete"])
def test_no_call_reaches_glue_in_another_account(
    glue: GlueServer, other_account: VisualJobProvider, verb: str
) -> None:
    state = made(glue, job())
    glue.jobs["namesake"] = job("namesake")
    calls: dict[str, Callable[[], object]] = {
        "create": lambda: other_account.create(inputs(job("namesake"))),
        "read": lambda: other_account.read("prices", state),
        "update": lambda: other_account.update("prices", state, inputs(job())),
        "delete": lambda: other_account.delete("prices", state),
    }

    with pytest.raises(
        JobError, match=f"can't {verb} the Glue job .*: the credentials are of account {OTHER}, "
    ) as error:
        calls[verb]()

    assert "\n" not in str(error.value)
    assert glue.glue_calls == []


def test_where_the_job_was_made_counts_even_if_the_program_names_no_account(
    glue: GlueServer, other_account: VisualJobProvider
) -> None:
    state = {**made(glue, job()), "account": STAND_IN_ACCOUNT}

    with pytest.raises(JobError, match=f"the stack is in {ACCOUNT}"):
        other_account.delete("prices", state)

    assert list(glue.jobs) == ["prices"]


def test_a_profile_that_is_not_there_is_one_line(glue: GlueServer, other_account: VisualJobProvider) -> None:
    with pytest.raises(JobError, match=r"can't create the Glue job prices: .*\(nobody\) could not be found"):
        configured(profile="nobody").create(inputs(job()))


@contextmanager
def hosted(config: dict[str, str]) -> Iterator[Any]:
    """The provider in the process in which the engine runs it, behind its wire."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.dynamic", "127.0.0.1:1"], cwd=PROJECT, stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
            stub: Any = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(provider_pb2.ConfigureRequest(args=struct(config)))
            yield stub
    finally:
        process.terminate()
        process.wait(20)


def struct(values: dict[str, Any]) -> Any:
    return json_format.ParseDict(values, struct_pb2.Struct())


def test_what_the_engine_shows_of_a_refusal_is_one_line(glue: GlueServer) -> None:
    state = {**made(glue, job()), "__provider": FROZEN}
    with (
        hosted({"aws:accessKey": "AKIAOTHER", "aws:secretKey": "s"}) as engine,
        pytest.raises(grpc.RpcError) as refused,
    ):
        engine.Delete(provider_pb2.DeleteRequest(id="prices", urn="urn", properties=struct(state)))

    (line,) = refused.value.details().splitlines()
    assert "JobError: can't delete the Glue job prices: the credentials are of account" in line
    assert list(glue.jobs) == ["prices"]


# --- edited elsewhere ---


def test_a_refresh_sees_what_was_edited_in_the_console(glue: GlueServer) -> None:
    state, provider = made(glue, job()), VisualJobProvider()
    nodes(glue.jobs["prices"])["node-2"]["RenameField"]["TargetPath"] = ["cost"]

    found = provider.read("prices", state)

    assert found.id == "prices"
    assert found.outs is not None
    assert "cost" in found.outs["definition"]
    assert provider.diff("prices", found.outs, inputs(job())).changes


def test_a_refresh_of_an_unedited_job_finds_no_change(glue: GlueServer) -> None:
    state, provider = made(glue, job()), VisualJobProvider()
    glue.jobs["prices"] = reordered(glue.jobs["prices"])
    glue.tags[glue.arn("prices")]["aws:cloudformation:stack-name"] = "AWS's own"

    found = provider.read("prices", state)

    assert found.outs is not None
    assert not provider.diff("prices", found.outs, inputs(job())).changes


def test_tags_that_somebody_changed_show_on_refresh_and_are_mended(glue: GlueServer) -> None:
    state, provider = made(glue, job()), VisualJobProvider()
    glue.tags[glue.arn("prices")] = {"project": "bovespa", "stack": "prod", "note": "by hand"}

    found = provider.read("prices", state).outs or {}
    assert provider.diff("prices", found, inputs(job())).changes
    provider.update("prices", found, inputs(job()))

    assert glue.tags[glue.arn("prices")] == OWNED


def test_tags_that_the_configuration_ignores_are_left_alone(glue: GlueServer) -> None:
    state = made(glue, job())
    provider = configured(ignoreTags=json.dumps({"keys": ["owner"], "keyPrefixes": ["finops-"]}))
    kept = {**OWNED, "owner": "data", "finops-unit": "7"}
    glue.tags[glue.arn("prices")] = dict(kept)

    found = provider.read("prices", state).outs or {}
    assert not provider.diff("prices", found, inputs(job())).changes
    provider.update("prices", found, inputs({**job(), "Timeout": 30}))

    assert glue.tags[glue.arn("prices")] == kept


# --- there already, or gone ---


def test_a_job_that_is_the_stacks_own_is_taken_over_and_brought_up_to_date(glue: GlueServer) -> None:
    made(glue, {**job(), "Timeout": 99, "Tags": {**OWNED, "old": "x"}})

    created = VisualJobProvider().create(inputs(job()))

    assert (created.id, (created.outs or {})["arn"]) == ("prices", glue.arn("prices"))
    assert glue.jobs["prices"]["Timeout"] == 15
    assert glue.tags[glue.arn("prices")] == OWNED


@pytest.mark.parametrize(
    "tags", [{}, {"project": "bovespa"}, {"project": "bovespa", "stack": "prod"}], ids=str
)
def test_a_job_of_somebody_else_is_left_alone_with_the_command_that_gives_it_away(
    glue: GlueServer, tags: dict[str, str]
) -> None:
    made(glue, {**job(), "Timeout": 99})
    glue.tags[glue.arn("prices")] = dict(tags)

    with pytest.raises(JobError) as error:
        VisualJobProvider().create(inputs(job()))

    assert "\n" not in str(error.value)
    assert str(error.value).endswith(
        f": aws glue tag-resource --region {REGION} --resource-arn {glue.arn('prices')} "
        "--tags-to-add project=bovespa,stack=test"
    )
    assert glue.jobs["prices"]["Timeout"] == 99

    glue.tags[glue.arn("prices")] |= OWNED  # what the command does
    VisualJobProvider().create(inputs(job()))

    assert glue.jobs["prices"]["Timeout"] == 15


def test_a_job_that_was_deleted_by_hand_is_made_anew(glue: GlueServer) -> None:
    state = made(glue, job())
    glue.jobs.clear()
    glue.tags.clear()

    VisualJobProvider().update("prices", state, inputs({**job(), "Timeout": 30}))

    assert glue.jobs["prices"]["Timeout"] == 30
    assert glue.tags[glue.arn("prices")] == OWNED


def test_a_refresh_forgets_a_job_that_was_deleted_by_hand(glue: GlueServer) -> None:
    state = made(glue, job())
    glue.jobs.clear()

    assert VisualJobProvider().read("prices", state).id is None


# --- a role that is new ---


NOT_READY = (
    "InvalidInputException",
    "Role arn:aws:iam::111111111111:role/glue should be given assume role permissions for Glue Service.",
)


class Clock:
    """Stands still but for those who sleep."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(glue: GlueServer, monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("components.visual_job_provider.sleep", clock.sleep)
    monkeypatch.setattr("components.visual_job_provider.monotonic", clock.monotonic)
    return clock


@pytest.mark.parametrize("verb", ["create", "update"])
def test_a_role_that_glue_may_not_assume_yet_is_waited_for_almost_five_minutes(
    glue: GlueServer, clock: Clock, verb: str
) -> None:
    state = made(glue, job()) if verb == "update" else {}
    glue.refusals = [NOT_READY] * 58

    if verb == "update":
        VisualJobProvider().update("prices", state, inputs({**job(), "Timeout": 30}))
    else:
        VisualJobProvider().create(inputs({**job(), "Timeout": 30}))

    assert glue.jobs["prices"]["Timeout"] == 30
    assert clock.now == 1290


def test_a_role_that_never_becomes_ready_is_given_up_after_five_minutes(
    glue: GlueServer, clock: Clock
) -> None:
    glue.refusals = [NOT_READY] * 1000

    with pytest.raises(JobError, match=r"can't create the Glue job prices: .*assume role") as error:
        VisualJobProvider().create(inputs(job()))

    assert "\n" not in str(error.value)
    assert 300 <= clock.now - 1000 <= 310


def test_another_refusal_is_not_waited_for(glue: GlueServer, clock: Clock) -> None:
    glue.refusals = [("InvalidInputException", "Timeout is too long")]

    with pytest.raises(JobError, match="Timeout is too long"):
        VisualJobProvider().create(inputs(job()))

    assert clock.now == 1000


# --- what states hold ---


# As every state since the first deployment has it: a reference to components.visual_job_provider. A change of this
# text means that `pulumi destroy` of a deployed stack can't find the provider (docs/adr/0005).
FROZEN = "gASVOwAAAAAAAACMHmNvbXBvbmVudHMudmlzdWFsX2pvYl9wcm92aWRlcpSMEVZpc3VhbEpvYlByb3ZpZGVylJOUKYGULg=="


def test_the_provider_in_a_state_is_found_for_ever() -> None:
    assert serialize_provider(VisualJobProvider()) == FROZEN
    assert isinstance(dill.loads(base64.b64decode(FROZEN)), VisualJobProvider)
