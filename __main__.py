"""The stack on one page: configuration, components, exports."""

from pathlib import Path

import pulumi

from components.alarms import Alarms, AlarmsArgs
from components.athena import Athena, AthenaArgs
from components.catalogue import Catalogue, CatalogueArgs
from components.context import current_context
from components.lake import Lake, LakeArgs
from components.scraper import Scraper, ScraperArgs
from components.settings import load_settings
from components.stream import Stream, StreamArgs
from components.stream_settings import load_stream_settings
from components.trigger import RAW_PREFIX, Trigger, TriggerArgs
from components.visual_job import VisualJob, VisualJobArgs
from components.watch import Watch, WatchArgs
from queries.catalogue import saved_queries, stream_queries

settings = load_settings()
stream_settings = load_stream_settings()
context = current_context()

lake = Lake(context.prefix, LakeArgs(force_destroy=settings.force_destroy))
catalogue = Catalogue("catalogue", CatalogueArgs(create_default=settings.create_default_database))

scraper = Scraper("scraper", ScraperArgs(context=context, settings=settings, lake=lake.bucket))
watch = Watch("watch", WatchArgs(context=context, settings=settings, lake=lake.bucket))
carteira = VisualJob(
    "carteira",
    VisualJobArgs(
        context=context,
        settings=settings,
        lake=lake.bucket,
        definition=Path("glue/jobs/carteira.json"),
        placeholders={},
        source_prefix=RAW_PREFIX,
        database=catalogue.database,
        tables=["carteira", "carteira_setor"],
    ),
)
trigger = Trigger("trigger", TriggerArgs(context=context, settings=settings, lake=lake.bucket, job=carteira))

athena = Athena(
    "athena",
    AthenaArgs(
        context=context,
        results=lake.results,
        database=catalogue.database,
        queries=saved_queries(),
        scan_limit_mb=settings.athena_scan_limit_mb,
    ),
)
alarms = Alarms(
    "alarms",
    AlarmsArgs(
        context=context,
        functions={"scraper": scraper.function, "trigger": trigger.function, "watch": watch.function},
        jobs=[carteira.job_name],
        email=settings.alarm_email,
    ),
)

pulumi.export("region", context.region)
pulumi.export("lakeBucket", lake.bucket.name)
pulumi.export("resultsBucket", lake.results.name)
pulumi.export("scraperFunction", scraper.function.function.name)
pulumi.export("triggerFunction", trigger.function.function.name)
pulumi.export("watchFunction", watch.function.function.name)
pulumi.export("carteiraJob", carteira.resource.name)
pulumi.export("database", catalogue.database)
pulumi.export("workgroup", athena.workgroup.name)
pulumi.export("alarmTopic", alarms.topic.arn)

if stream_settings.enabled:
    Stream(
        "bitcoin",
        StreamArgs(
            context=context,
            settings=stream_settings,
            database=catalogue.database,
            workgroup=athena.workgroup.name,
            queries=stream_queries(),
            topic=alarms.topic.arn,
            force_destroy=settings.force_destroy,
            log_retention_days=settings.log_retention_days,
        ),
    ).export()
