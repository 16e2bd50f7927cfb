"""What each role may not touch: its neighbour's keys, under the IAM that the embedded AWS enforces.

Of a table it looks at the database alone; that no policy names a neighbour's is in tests/stack/test_stack_rights.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from bovespa.local.aws import Clients
from bovespa.local.stack import Stack, embedded_stack
from components.stream.service import CHECKPOINT_KEY
from tests.e2e.lake import as_role

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DAY = "dt=2025-07-14"
RAW = [f"raw/{table}/{DAY}/{table}.parquet" for table in ("carteira", "carteira_teorica", "negociacao")]
PORTFOLIO, THEORETICAL, QUOTES = RAW
REFINED = {
    "carteira": ["REFINED/carteira/data_pregao=2025-07-14/codigo=VALE3/x", "REFINED/carteira_setor/x"],
    "negociacao": ["REFINED/negociacao/data_pregao=2025-07-14/inicial=V/x"],
    "indice": ["REFINED/indice_membro/x", "REFINED/indice_diario/x"],
}
SCRATCH = {
    job: [f"glue/temporary/{job}/x", f"glue/estado/{job}/x"] for job in ("carteira", "negociacao", "indice")
}
# Keys of the lake that a role's neighbours have, and that it may neither read, write nor delete.
FOREIGN = {
    "scraper": [
        THEORETICAL,
        QUOTES,
        "payloads/negociacao/x",
        "quarantine/carteira_teorica/x",
        *REFINED["carteira"],
    ],
    "quotes": [
        PORTFOLIO,
        "payloads/carteira/x",
        "quarantine/carteira/x",
        "lotes/carteira/x",
        *REFINED["negociacao"],
    ],
    "rebalancing": [PORTFOLIO, QUOTES, "payloads/carteira/x", "raw/carteira/x", *REFINED["carteira"]],
    "watch": [THEORETICAL, "payloads/carteira/x", "quarantine/raw/carteira/x", *REFINED["carteira"]],
    "trigger": [*RAW, *REFINED["carteira"], *SCRATCH["carteira"]],
    "quotes-trigger": [*RAW, "lotes/negociacao/x"],
    "carteira": [
        THEORETICAL,
        QUOTES,
        "payloads/carteira/x",
        "lotes/negociacao/x",
        "glue/scripts/negociacao.py",
        *REFINED["negociacao"],
        *SCRATCH["negociacao"],
        *REFINED["indice"],
        *SCRATCH["indice"],
    ],
    "indice": [*RAW, "glue/scripts/carteira.py", "glue/temporary/carteira/x", "quarantine/raw/carteira/x"],
    "index-trigger": [*RAW, *REFINED["indice"], *SCRATCH["indice"]],
    "report": [
        *RAW[::2],
        "payloads/carteira/x",
        "quarantine/carteira/x",
        *SCRATCH["indice"],
        "glue/scripts/indice.py",
    ],
    "negociacao": [
        PORTFOLIO,
        THEORETICAL,
        "glue/scripts/carteira.py",
        *REFINED["carteira"],
        *SCRATCH["carteira"],
    ],
    "bitcoin-producer-task": [*RAW],
    "bitcoin-delivery": [*RAW, *REFINED["carteira"]],
    "bitcoin-compaction": [*RAW, *REFINED["carteira"]],
}
# The same of the stream's bucket.
FOREIGN_TRADES = {
    "bitcoin-producer-task": ["bitcoin/trades/x", "bitcoin/errors/x"],
    "bitcoin-delivery": [CHECKPOINT_KEY, "stream/code/x", "bitcoin/compaction/staging/x"],
    "bitcoin-compaction": [CHECKPOINT_KEY, "stream/code/x", "bitcoin/errors/x"],
    "scraper": ["bitcoin/trades/x"],
    "carteira": ["bitcoin/trades/x"],
}


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack of its own, with the stream and without Spark: nothing runs here."""
    with embedded_stack(spark=False, settings={"stream": {"enabled": True}}) as running:
        yield running


def denied(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in ("AccessDenied", "AccessDeniedException")
    return False


def reached(clients: Clients, bucket: str, key: str) -> list[str]:
    s3 = clients["s3"]
    calls: dict[str, Callable[[], object]] = {
        "read": lambda: s3.get_object(Bucket=bucket, Key=key),
        "write": lambda: s3.put_object(Bucket=bucket, Key=key, Body=b""),
        "delete": lambda: s3.delete_object(Bucket=bucket, Key=key),
    }
    return [f"{call} {key}" for call, make in calls.items() if not denied(make)]


@pytest.mark.parametrize("role", FOREIGN)
def test_a_role_cannot_reach_its_neighbours_keys_in_the_lake(stack: Stack, role: str) -> None:
    clients, lake = as_role(stack, role), stack.exports["lakeBucket"]

    assert [line for key in FOREIGN[role] for line in reached(clients, lake, key)] == []


def test_the_watch_reads_raw_and_changes_nothing_of_it(stack: Stack) -> None:
    clients, lake = as_role(stack, "watch"), stack.exports["lakeBucket"]

    assert {line.split()[0] for key in (PORTFOLIO, QUOTES) for line in reached(clients, lake, key)} == {
        "read"
    }


def test_the_report_reads_what_its_queries_ask_of_and_changes_nothing_of_it(stack: Stack) -> None:
    clients, lake = as_role(stack, "report"), stack.exports["lakeBucket"]
    read = [THEORETICAL, *(key for keys in REFINED.values() for key in keys)]

    assert {line.split()[0] for key in read for line in reached(clients, lake, key)} == {"read"}


@pytest.mark.parametrize("role", FOREIGN_TRADES)
def test_a_role_cannot_reach_its_neighbours_keys_of_the_stream(stack: Stack, role: str) -> None:
    clients, bucket = as_role(stack, role), stack.exports["tradesBucket"]

    assert [line for key in FOREIGN_TRADES[role] for line in reached(clients, bucket, key)] == []


def test_every_role_has_a_neighbour_here_or_may_only_invoke_write_logs_or_start_one_job(stack: Stack) -> None:
    roles = {
        role.name.removesuffix("-role") for role in stack.deployment.resources if role.type.endswith(":Role")
    }
    schedules = {role for role in roles if role.endswith(("-schedule", "-evening", "-morning"))}

    assert roles - schedules - {"bitcoin-producer-start"} == set(FOREIGN)


@pytest.mark.parametrize(
    ("schedule", "function"),
    [
        ("scraper-schedule", "watchFunction"),
        ("watch-schedule", "scraperFunction"),
        ("quotes-evening", "scraperFunction"),
        ("rebalancing-schedule", "quotesFunction"),
        ("bitcoin-compaction-schedule", "scraperFunction"),
    ],
)
def test_a_schedule_cannot_invoke_another_function(stack: Stack, schedule: str, function: str) -> None:
    aws = as_role(stack, schedule)["lambda"]

    assert denied(lambda: aws.invoke(FunctionName=stack.exports[function], Payload=b"{}"))


def test_the_producer_lists_one_key_and_not_the_bucket(stack: Stack) -> None:
    s3, bucket = as_role(stack, "bitcoin-producer-task")["s3"], stack.exports["tradesBucket"]

    assert s3.list_objects_v2(Bucket=bucket, Prefix=CHECKPOINT_KEY)["KeyCount"] == 0
    assert denied(lambda: s3.list_objects_v2(Bucket=bucket))
    assert denied(lambda: s3.list_objects_v2(Bucket=bucket, Prefix="stream/"))
