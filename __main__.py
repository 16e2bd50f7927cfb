"""The stack on one page: configuration, components, exports."""

from collections.abc import Sequence
from pathlib import Path

import pulumi

from components.alarms import Alarms, AlarmsArgs
from components.athena import Athena, AthenaArgs
from components.catalogue import Catalogue, CatalogueArgs
from components.context import current_context
from components.daily_report import DailyReport, DailyReportArgs
from components.dashboards import Dashboard, DashboardArgs, batch_charts
from components.job_trigger import JobTrigger, JobTriggerArgs
from components.lake import Lake, LakeArgs
from components.lake_events import LakeEvents, LakeEventsArgs
from components.quarantine_alarm import QuarantineAlarm, QuarantineAlarmArgs
from components.quotes import Quotes
from components.rebalancing import Rebalancing, RebalancingArgs
from components.refined_tables import RefinedTables, RefinedTablesArgs
from components.scheduled_function import CollectorArgs
from components.scraper import Scraper
from components.stream.settings import load_stream_settings
from components.stream.stream import Stream, StreamArgs
from components.trigger import PORTFOLIO, QUOTES, Trigger, TriggerArgs
from components.views import Views, ViewsArgs
from components.visual_job import VisualJob, VisualJobArgs
from components.watch import Watch
from lake.saved_queries import saved_queries, stream_queries
from lake.tables import refined_table, refined_tables
from lake.views import views

context = current_context()
settings, stream_settings = context.settings, load_stream_settings()

lake = Lake("lake", LakeArgs(context=context))
catalogue = Catalogue(
    "catalogue",
    CatalogueArgs(database=settings.database, create_default=settings.create_default_database),
)

refined = RefinedTables(
    "refined",
    RefinedTablesArgs(bucket=lake.bucket.name, database=catalogue.database, tables=refined_tables()),
)

collector = CollectorArgs(context=context, lake=lake.bucket)
scraper = Scraper("scraper", collector)
quotes = Quotes("quotes", collector)
rebalancing = Rebalancing(
    "rebalancing",
    RebalancingArgs(context=context, lake=lake.bucket, database=catalogue.database),
)
watch = Watch("watch", collector)


def visual_job(name: str, *tables: str, source: str = "", reads: Sequence[str] = ()) -> VisualJob:
    """The job of ``glue/jobs/NAME.json``, which refines raw under ``source``, or what other jobs wrote."""
    return VisualJob(
        name,
        VisualJobArgs(
            context=context,
            lake=lake.bucket,
            definition=Path(f"glue/jobs/{name}.json"),
            source_prefix=source,
            database=catalogue.database,
            tables=tables,
            reads=[refined_table(table) for table in reads],
            declared=[refined],
        ),
    )


carteira = visual_job("carteira", "carteira", "carteira_setor", source="raw/carteira/")
negociacao = visual_job("negociacao", "negociacao", source="raw/negociacao/")
indice = visual_job(
    "indice", "indice_membro", "indice_diario", reads=("carteira", "carteira_setor", "negociacao")
)
trigger = Trigger(
    "trigger",
    TriggerArgs(context=context, lake=lake.bucket, arrival=PORTFOLIO, job=carteira),
)
quotes_trigger = Trigger(
    "quotes-trigger",
    TriggerArgs(context=context, lake=lake.bucket, arrival=QUOTES, job=negociacao),
)
index_trigger = JobTrigger(
    "index-trigger",
    JobTriggerArgs(context=context, after=[carteira, negociacao], job=indice),
)
LakeEvents("lake", LakeEventsArgs(lake=lake.bucket, triggers=[trigger, quotes_trigger]))

Views("views", ViewsArgs(database=catalogue.database, views=views()))
athena = Athena(
    "athena",
    AthenaArgs(
        context=context,
        results=lake.results,
        database=catalogue.database,
        queries=saved_queries(),
    ),
)
report = DailyReport(
    "report",
    DailyReportArgs(
        context=context,
        lake=lake,
        workgroup=athena.workgroup,
        database=catalogue.database,
        after=indice,
    ),
)
functions = {
    "scraper": scraper.function,
    "quotes": quotes.function,
    "trigger": trigger.function,
    "quotes-trigger": quotes_trigger.function,
    "index-trigger": index_trigger.function,
    "rebalancing": rebalancing.function,
    "watch": watch.function,
    "report": report.function,
}
jobs = [carteira.job_name, negociacao.job_name, indice.job_name]
alarms = Alarms("alarms", AlarmsArgs(context=context, functions=functions, jobs=jobs))
dashboard = Dashboard(
    "batch",
    DashboardArgs(
        context=context,
        heading="# The batch\nAlarms go to the topic; what each means is in docs/runbook.md.",
        charts=batch_charts([function.function.name for function in functions.values()], jobs),
    ),
)

QuarantineAlarm(
    "raw-set-aside",
    QuarantineAlarmArgs(context=context, jobs=[carteira, negociacao], topic=alarms.topic.arn),
)

pulumi.export("region", context.region)
pulumi.export("account", context.account_id)
pulumi.export("lakeBucket", lake.bucket.name)
pulumi.export("resultsBucket", lake.results.name)
pulumi.export("scraperFunction", scraper.function.function.name)
pulumi.export("quotesFunction", quotes.function.function.name)
pulumi.export("triggerFunction", trigger.function.function.name)
pulumi.export("quotesTriggerFunction", quotes_trigger.function.function.name)
pulumi.export("indexTriggerFunction", index_trigger.function.function.name)
pulumi.export("rebalancingFunction", rebalancing.function.function.name)
pulumi.export("watchFunction", watch.function.function.name)
pulumi.export("reportFunction", report.function.function.name)
pulumi.export("carteiraJob", carteira.resource.name)
pulumi.export("negociacaoJob", negociacao.resource.name)
pulumi.export("indiceJob", indice.resource.name)
pulumi.export("database", catalogue.database)
pulumi.export("workgroup", athena.workgroup.name)
pulumi.export("alarmTopic", alarms.topic.arn)
pulumi.export("reportTopic", report.topic.arn)
pulumi.export("batchDashboard", dashboard.address)

if stream_settings.enabled:
    stream = Stream(
        "bitcoin",
        StreamArgs(
            context=context,
            settings=stream_settings,
            database=catalogue.database,
            workgroup=athena.workgroup.name,
            queries=stream_queries(),
            topic=alarms.topic.arn,
        ),
    )
    pulumi.export("tradesStream", stream.stream.name)
    pulumi.export("tradesBucket", stream.bucket.name)
    pulumi.export("tradesTable", stream.table.table.name)
    pulumi.export("tradesDelivery", stream.delivery.firehose.name)
    pulumi.export("producerCluster", stream.service.cluster.name)
    pulumi.export("producerService", stream.service.service.name)
    pulumi.export("streamDashboard", stream.dashboard.address)
    pulumi.export("compactionFunction", stream.compaction.function.function.name)
