"""Names in the program and on AWS: a renamed stack keeps its data, a part can be had twice, nothing is too long."""

from __future__ import annotations

import inspect
import pkgutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pulumi
import pytest

import components
from bovespa.local.configuration import load_configuration
from bovespa.local.errors import DeploymentFailed
from components.alarms import Alarms, AlarmsArgs
from components.athena import Athena, AthenaArgs
from components.catalogue import Catalogue, CatalogueArgs
from components.context import current_context
from components.daily_report import DailyReport, DailyReportArgs
from components.job_trigger import JobTrigger, JobTriggerArgs
from components.lake import Lake, LakeArgs
from components.lake_events import LakeEvents, LakeEventsArgs
from components.quarantine_alarm import QuarantineAlarm, QuarantineAlarmArgs
from components.quotes import Quotes
from components.rebalancing import Rebalancing, RebalancingArgs
from components.refined_tables import RefinedTables, RefinedTablesArgs
from components.scheduled_function import CollectorArgs
from components.scraper import Scraper
from components.stream.settings import StreamSettings
from components.stream.stream import Stream, StreamArgs
from components.trigger import PORTFOLIO, Trigger, TriggerArgs
from components.views import Views, ViewsArgs
from components.visual_job import VisualJob, VisualJobArgs
from components.watch import Watch
from lake.saved_queries import saved_queries, stream_queries
from lake.tables import refined_tables
from lake.views import views
from tests.stack.cloudformation import COUNTERPARTS, refused
from tests.stack.plan import EVERYTHING, Plan, plan_of, planned

LONGEST = "feature-with-a-rather-long-name"
# Their physical names are the tables that SQL asks for; two of them need two databases.
NAMED_BY_SQL = ("aws:glue/catalogTable:CatalogTable", "aws:athena/namedQuery:NamedQuery")


def everything(part: str) -> None:
    """A stack's components under names of their own."""
    context = current_context()
    lake = Lake(f"{part}-lake", LakeArgs(context=context))
    own = Catalogue(f"{part}-catalogue", CatalogueArgs(database=f"own_{part}", create_default=False))
    common: dict[str, Any] = {"context": context, "lake": lake.bucket}
    scraper = Scraper(f"{part}-scraper", CollectorArgs(**common))
    Quotes(f"{part}-quotes", CollectorArgs(**common))
    Rebalancing(f"{part}-rebalancing", RebalancingArgs(**common, database=own.database))
    Watch(f"{part}-watch", CollectorArgs(**common))
    job = VisualJob(
        f"{part}-carteira",
        VisualJobArgs(
            **common,
            definition=Path("glue/jobs/carteira.json"),
            source_prefix="raw/carteira/",
            database=own.database,
            tables=["carteira", "carteira_setor"],
        ),
    )
    trigger = Trigger(f"{part}-trigger", TriggerArgs(**common, arrival=PORTFOLIO, job=job))
    LakeEvents(f"{part}-lake", LakeEventsArgs(lake=lake.bucket, triggers=[trigger]))
    Views(f"{part}-views", ViewsArgs(database=own.database, views=views()))
    athena = Athena(
        f"{part}-athena",
        AthenaArgs(
            context=replace(context, prefix=f"{context.prefix}-{part}"),
            results=lake.results,
            database=own.database,
            queries=saved_queries(),
        ),
    )
    alarms = Alarms(
        f"{part}-alarms",
        AlarmsArgs(context=context, functions={"scraper": scraper.function}, jobs=[job.job_name]),
    )
    JobTrigger(f"{part}-index-trigger", JobTriggerArgs(context=context, after=[job], job=job))
    DailyReport(
        f"{part}-report",
        DailyReportArgs(
            context=context,
            lake=lake,
            workgroup=athena.workgroup,
            database=own.database,
            after=job,
        ),
    )
    QuarantineAlarm(
        f"{part}-raw-set-aside", QuarantineAlarmArgs(context=context, jobs=[job], topic=alarms.topic.arn)
    )
    RefinedTables(
        f"{part}-refined",
        RefinedTablesArgs(bucket=lake.bucket.name, database=own.database, tables=refined_tables()),
    )
    Stream(
        f"{part}-bitcoin",
        StreamArgs(
            context=context,
            settings=StreamSettings(enabled=True),
            database=own.database,
            workgroup=athena.workgroup.name,
            queries=stream_queries(),
            topic=alarms.topic.arn,
        ),
    )


def _both() -> None:
    everything("one")
    everything("two")


@pytest.fixture(scope="module")
def twice() -> Iterator[tuple[Plan, Counter[str], dict[str, set[str]]]]:
    urns: Counter[str] = Counter()
    outputs: dict[str, set[str]] = {}
    with pytest.MonkeyPatch.context() as patch:
        registered = pulumi.ComponentResource.register_outputs

        def outputs_of(self: pulumi.ComponentResource, given: Any) -> None:
            outputs.setdefault(type(self).__name__, set()).update(given)
            registered(self, given)

        init = pulumi.Resource.__init__

        def counting(self: pulumi.Resource, t: str, name: str, *args: Any, **more: Any) -> None:
            urns[f"{t} {name}"] += 1
            init(self, t, name, *args, **more)

        patch.setattr(pulumi.ComponentResource, "register_outputs", outputs_of)
        patch.setattr(pulumi.Resource, "__init__", counting)
        yield (
            planned(load_configuration("dev"), _both),
            urns,
            outputs,
        )


def component_types() -> set[str]:
    found = set()
    for module in pkgutil.walk_packages(components.__path__, "components."):
        for name, kind in inspect.getmembers(import_module(module.name), inspect.isclass):
            if issubclass(kind, pulumi.ComponentResource) and kind.__module__.startswith("components."):
                found.add(name)
    return found


def test_every_component_can_be_had_twice(twice: tuple[Plan, Counter[str], dict[str, set[str]]]) -> None:
    made, urns, _ = twice

    assert [urn for urn, count in urns.items() if count > 1] == []
    physical = Counter(
        (r.type, r.inputs["name"])
        for r in made.resources
        if "name" in r.inputs and r.type not in NAMED_BY_SQL and not r.type.endswith(":LogStream")
    )
    assert [name for name, count in physical.items() if count > 1] == []


def test_every_component_tells_what_it_made(twice: tuple[Plan, Counter[str], dict[str, set[str]]]) -> None:
    _, _, outputs = twice

    known = component_types()
    assert len(known) >= 24
    assert {name for name in known - {"ScheduledFunction"} if not outputs.get(name)} == set()


def test_only_the_program_exports() -> None:
    for path in Path(components.__path__[0]).rglob("*.py"):
        assert "pulumi.export(" not in path.read_text(encoding="utf-8"), path.name


@pytest.fixture(scope="module")
def renamed() -> Plan:
    """What was `dev`, under another name, the longest that fits."""
    return planned(replace(load_configuration("dev", EVERYTHING), stack=LONGEST))


def test_a_renamed_stack_keeps_everything_that_holds_data(renamed: Plan) -> None:
    before, after = plan_of("dev", **EVERYTHING), renamed

    assert {(r.type, r.name) for r in before.resources} == {(r.type, r.name) for r in after.resources}
    names = {r.name for r in after.resources}
    assert not [name for name in names if "dev" in name.split("-") or LONGEST in name]
    # What the engine named keeps its name, whatever the stack is called; a name of ours would change.
    ours = {r.type.rsplit(":", 1)[-1] for r in before.resources if _fixed(before, r.type, r.name)}
    assert ours.isdisjoint({"Bucket", "Queue", "Stream", "FirehoseDeliveryStream", "Topic", "Role"})


def _fixed(made: Plan, type_: str, name: str) -> bool:
    fields = made.requests[type_, name].object.fields
    return any(made.stack in fields[key].string_value for key in ("name", "bucket") if key in fields)


def test_the_longest_name_of_a_stack_fits_everywhere_and_a_longer_one_is_refused(renamed: Plan) -> None:
    assert [line for r in renamed.resources if r.type in COUNTERPARTS for line in refused(r)] == []
    for name in (f"{LONGEST}x", "Feature", "a.b", "a_b"):
        with pytest.raises(
            DeploymentFailed, match=rf"stack {name}: its name .* at most 31 of a-z, 0-9 and -"
        ):
            planned(replace(load_configuration("dev"), stack=name))


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_only_copy_is_protected_with_all_that_guards_it(stack: str) -> None:
    made = plan_of(stack, stream={"enabled": True})
    kept = {name for (type_, name), asked in made.requests.items() if asked.protect and ":s3/" in type_}

    ends = ("", "-private", "-owner", "-encryption", "-versioning", "-lifecycle", "-tls")
    expected = {f"{bucket}{end}" for bucket in ("lake", "bitcoin-trades") for end in ends}
    assert kept == (expected if stack == "prod" else set())
    assert not [
        name for (_, name), asked in plan_of(stack, forceDestroy=True).requests.items() if asked.protect
    ]
