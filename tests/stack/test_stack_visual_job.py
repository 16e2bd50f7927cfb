"""The Glue job as it is sent to Glue: what the brief demands of it, and its bounds."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from bovespa.local.configuration import PROJECT, load_configuration
from bovespa.local.deployment import preview
from bovespa.local.errors import DeploymentFailed
from bovespa.local.program import Registration
from components.context import current_context
from components.lake import Lake, LakeArgs
from components.quarantine_alarm import LINE
from components.visual_job import VisualJob, VisualJobArgs
from glue.definition import JobDefinition, parse
from glue.validation import validate
from lake.tables import refined_tables
from tests.stack.plan import Plan


def definition(plan: Plan, name: str = "carteira") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(plan.one(":VisualJob", name).inputs["definition"])
    return document


def jobs(plan: Plan) -> list[tuple[Registration, dict[str, Any]]]:
    found = [(job, json.loads(job.inputs["definition"])) for job in plan.of(":VisualJob")]
    assert found
    return found


def nodes(plan: Plan, kind: str) -> list[dict[str, Any]]:
    wrapped = definition(plan)["CodeGenConfigurationNodes"].values()
    return [node[kind] for node in wrapped if kind in node]


def test_every_job_is_visual_single_queued_and_bounded(plan: Plan) -> None:
    for job, body in jobs(plan):
        assert body["JobMode"] == "VISUAL"
        assert body["ExecutionProperty"] == {"MaxConcurrentRuns": 1}
        assert body["JobRunQueuingEnabled"] is True
        assert body["MaxRetries"] == 0
        assert body["DefaultArguments"]["--job-bookmark-option"] == "job-bookmark-disable"
        assert body["DefaultArguments"]["--enable-glue-datacatalog"] == "true"
        assert 1 <= body["Timeout"] <= 60
        assert (body["WorkerType"], body["NumberOfWorkers"], body["GlueVersion"]) == ("G.1X", 2, "5.1")
        assert body["Name"] == job.inputs["name"] == f"bovespa-{plan.stack}-{job.name}"


def test_no_placeholder_is_left_and_nothing_is_wrong_with_any_node(plan: Plan) -> None:
    for job, body in jobs(plan):
        assert "${" not in json.dumps(body), job.name
        assert validate(parse(body)) == [], job.name


def test_the_jobs_logs_are_kept_and_it_may_write_them(plan: Plan) -> None:
    groups = {group.inputs["name"] for group in plan.of(":LogGroup")}
    for job, body in jobs(plan):
        prefix = body["DefaultArguments"]["--custom-logGroup-prefix"]
        assert {f"{prefix}/output", f"{prefix}/error"} <= groups, job.name
        resource = f"arn:aws:logs:sa-east-1:123456789012:log-group:{prefix}/*"
        assert plan.allows(plan.role(body["Role"]), "logs:PutLogEvents", resource)


def test_a_job_is_made_after_its_rights(plan: Plan) -> None:
    for job, body in jobs(plan):
        role = plan.role(body["Role"])
        (policy,) = [p for p in plan.of(":RolePolicy") if p.inputs["role"] == role]
        assert (policy.type, policy.name) in plan.depends_on(job)


def test_the_job_carries_the_stacks_tags(plan: Plan) -> None:
    for _, body in jobs(plan):
        assert body["Tags"] == {"project": "bovespa", "stack": plan.stack}


def test_it_reads_raw_and_writes_refined_partitioned_by_date_and_ticker(plan: Plan) -> None:
    lake = plan.exports["lakeBucket"]
    (source,) = nodes(plan, "S3JsonSource")
    (guard,) = [node for node in nodes(plan, "CustomCode") if node["Name"] == "Schema guard"]
    targets = {t["SchemaChangePolicy"]["Table"]: t for t in nodes(plan, "S3GlueParquetTarget")}

    assert source["Paths"] == [f"s3://{lake}/glue/estado/carteira/"]
    assert f'lake="{lake}",\n    table="carteira",' in guard["Code"]
    assert {name: (t["Path"], t["PartitionKeys"]) for name, t in targets.items()} == {
        "carteira": (f"s3://{lake}/REFINED/carteira/", [["data_pregao"], ["codigo"]]),
        "carteira_setor": (f"s3://{lake}/REFINED/carteira_setor/", [["data_pregao"]]),
    }
    for target in targets.values():
        policy = target["SchemaChangePolicy"]
        assert policy["EnableUpdateCatalog"] is True
        assert policy["UpdateBehavior"] == "LOG"
        assert target["AutoDataQuality"] == {"IsEnabled": False}
        assert policy["Database"] == "default"


def test_it_aggregates_numbers_renames_two_columns_and_calculates_with_dates(plan: Plan) -> None:
    aggregates = nodes(plan, "Aggregate")
    assert any(agg["AggFunc"] == "sum" for node in aggregates for agg in node["Aggs"])
    grouping = {key for node in aggregates for group in node["Groups"] for key in group}
    renamed = {(*node["SourcePath"], *node["TargetPath"]) for node in nodes(plan, "RenameField")}
    assert len([pair for pair in renamed if pair[0] not in grouping]) >= 2
    assert any("DATEDIFF" in node["SqlQuery"] for node in nodes(plan, "SparkSQL"))


def ancestors(body: JobDefinition, node_id: str) -> set[str]:
    found: set[str] = set()
    waiting = [node_id]
    while waiting:
        for above in body.nodes[waiting.pop()].inputs:
            if above not in found:
                found.add(above)
                waiting.append(above)
    return found


def test_each_target_is_behind_a_purge_of_what_it_writes(plan: Plan) -> None:
    body = parse(definition(plan))
    for target in (node for node in body.nodes.values() if node.kind == "S3GlueParquetTarget"):
        code = [
            body.nodes[above].properties["Code"]
            for above in ancestors(body, target.id)
            if body.nodes[above].kind == "CustomCode"
        ]
        purges = [text for text in code if "purge_s3_path" in text]
        assert purges, target.name
        assert all('"retentionPeriod": 0' in text for text in purges)


def test_custom_code_is_only_for_the_schema_and_the_purge(plan: Plan) -> None:
    names = {node["ClassName"] for node in nodes(plan, "CustomCode")}

    assert len(names) == len(nodes(plan, "CustomCode")) <= 3
    for node in nodes(plan, "CustomCode"):
        assert "purge_s3_path" in node["Code"] or "declared" in node["Code"], node["ClassName"]


@pytest.mark.parametrize("table", ["carteira", "carteira_setor"])
def test_the_jobs_role_reaches_its_tables_and_no_others(plan: Plan, table: str) -> None:
    role = plan.role(definition(plan)["Role"])
    arn = f"arn:aws:glue:sa-east-1:123456789012:table/default/{table}"

    assert plan.allows(role, "glue:UpdateTable", arn)
    tables = {
        resource
        for statement in plan.policy_of(role)
        for resource in statement["Resource"]
        if ":table/" in resource
    }
    assert tables == {
        f"arn:aws:glue:sa-east-1:123456789012:table/default/{t}" for t in ("carteira", "carteira_setor")
    }


def test_the_job_may_move_out_of_its_raw_and_write_nothing_there(plan: Plan) -> None:
    role = plan.role(definition(plan)["Role"])
    for statement in plan.policy_of(role):
        actions = set(statement["Action"])
        for resource in statement["Resource"]:
            raw = ":s3:::" in resource and ("/raw/" in resource or "/payloads/" in resource)
            moved_to = "/quarantine/" in resource
            assert not ("s3:PutObject" in actions and raw and not moved_to), statement["Sid"]
            if "s3:DeleteObject" in actions and raw:
                assert resource.endswith("/raw/carteira/*"), statement["Sid"]
            assert not ("s3:DeleteObject" in actions and moved_to), statement["Sid"]


def test_the_refined_tables_are_declared_and_there_before_the_jobs(plan: Plan) -> None:
    declared = {table.inputs["name"]: table for table in plan.of("glue/catalogTable:CatalogTable")}
    for table in refined_tables():
        found = declared[table.name].inputs
        columns = found["storageDescriptor"]["columns"]
        assert [(c["name"], c["type"], c["comment"]) for c in columns] == [
            (c.name, c.type, c.comment) for c in table.columns
        ]
        assert [(k["name"], k["type"]) for k in found["partitionKeys"]] == list(table.key_types())
        assert found["parameters"]["useGlueParquetWriter"] == "true"
        assert found["partitionIndices"] == [
            {"indexName": "por_pregao", "keys": [k.name for k in table.keys]}
        ]
        for job, _ in jobs(plan):
            assert (declared[table.name].type, declared[table.name].name) in plan.depends_on(job)


def test_the_indices_are_computed_after_either_job(plan: Plan) -> None:
    rule = plan.one("eventRule:EventRule", "index-trigger-rule")
    detail = json.loads(rule.inputs["eventPattern"])["detail"]
    assert detail["state"] == ["SUCCEEDED"]
    assert set(detail["jobName"]) == {f"bovespa-{plan.stack}-carteira", f"bovespa-{plan.stack}-negociacao"}
    role = plan.role(definition(plan, "indice")["Role"])
    bucket = plan.arn(plan.one("s3/bucket:Bucket", "lake"))
    assert plan.allows(role, "s3:GetObject", f"{bucket}/glue/estado/negociacao/*")
    assert not plan.allows(role, "s3:PutObject", f"{bucket}/glue/estado/negociacao/*")
    assert not plan.allows(role, "s3:GetObject", f"{bucket}/raw/carteira/*")


def test_raw_that_was_set_aside_rings(plan: Plan) -> None:
    filters = plan.of("logMetricFilter:LogMetricFilter")
    alarm = plan.one("metricAlarm:MetricAlarm", "raw-set-aside")
    assert {found.inputs["logGroupName"] for found in filters} == {
        f"/aws-glue/jobs/bovespa-{plan.stack}-{job}/output" for job in ("carteira", "negociacao")
    }
    for found in filters:
        assert found.inputs["pattern"] == f'"{LINE}"'
        made = found.inputs["metricTransformation"]
        assert (made["namespace"], made["name"]) == (alarm.inputs["namespace"], alarm.inputs["metricName"])


def test_the_quotes_job_reads_raw_and_writes_its_table_by_session_and_initial(plan: Plan) -> None:
    lake = plan.exports["lakeBucket"]
    body = definition(plan, "negociacao")
    wrapped = body["CodeGenConfigurationNodes"].values()
    (source,) = [node["S3JsonSource"] for node in wrapped if "S3JsonSource" in node]
    (target,) = [node["S3GlueParquetTarget"] for node in wrapped if "S3GlueParquetTarget" in node]

    assert source["Paths"] == [f"s3://{lake}/glue/estado/negociacao/"]
    assert target["Path"] == f"s3://{lake}/REFINED/negociacao/"
    assert target["PartitionKeys"] == [["data_pregao"], ["inicial"]]
    role = plan.role(body["Role"])
    bucket = plan.arn(plan.one("s3/bucket:Bucket", "lake"))
    assert plan.allows(role, "s3:GetObject", f"{bucket}/raw/negociacao/*")
    assert not plan.allows(role, "s3:GetObject", f"{bucket}/raw/carteira/*")
    tables = {r for s in plan.policy_of(role) for r in s["Resource"] if ":table/" in r}
    assert tables == {"arn:aws:glue:sa-east-1:123456789012:table/default/negociacao"}


def previewed(monkeypatch: pytest.MonkeyPatch, program: Callable[[], object]) -> None:
    """A preview of the stack dev with another program than the project's own."""
    monkeypatch.setattr("bovespa.local.program.runpy.run_path", lambda *_, **__: program())
    preview(load_configuration("dev"))


def job_args(definition: Path = Path("glue/jobs/carteira.json")) -> VisualJobArgs:
    context = current_context()
    return VisualJobArgs(
        context=context,
        lake=Lake("lake", LakeArgs(context=context)).bucket,
        definition=definition,
        source_prefix="raw/carteira/",
        database="default",
        tables=["carteira"],
    )


@pytest.mark.parametrize("on_parent", [False, True], ids=["on the job", "on its parent"])
def test_an_explicit_provider_is_refused_since_the_job_could_not_follow_it(
    monkeypatch: pytest.MonkeyPatch, on_parent: bool
) -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(providers=[aws.Provider("elsewhere", profile="other")])
        if on_parent:
            opts = pulumi.ResourceOptions(
                parent=pulumi.ComponentResource("test:index:Group", "all", None, opts)
            )
        VisualJob("carteira", job_args(), opts)

    with pytest.raises(
        DeploymentFailed, match=r"visual job carteira: an explicit aws.Provider .* aws:profile"
    ) as error:
        previewed(monkeypatch, program)

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda job: job.update(Timeout="soon"), None),  # the settings' own Timeout stands
        (lambda job: job.update(Description=7), "Description is 7, expected a string"),
        (
            lambda job: job.update(Connections={"Connections": "x"}),
            "Connections.Connections is 'x', expected a list",
        ),
        (lambda job: job.update(Description="${nobody}"), "no value for placeholder nobody"),
    ],
    ids=["timeout", "description", "connections", "placeholder"],
)
def test_the_whole_body_is_judged_before_the_job_is_registered(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], None],
    reason: str | None,
) -> None:
    document = json.loads((PROJECT / "glue" / "jobs" / "carteira.json").read_text(encoding="utf-8"))
    change(document)
    file = tmp_path / "job.json"
    file.write_text(json.dumps(document))

    with nullcontext() if reason is None else pytest.raises(DeploymentFailed, match=reason) as failure:
        previewed(monkeypatch, lambda: VisualJob("carteira", job_args(file)))

    assert failure is None or "\n" not in str(failure.value)
