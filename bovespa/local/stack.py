"""The embedded stack as one thing: emulator, Spark, a stand-in of B3's host, and the deployed program."""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.gateway import Gateway
from bovespa.glue.runtime.warm_up import warm_up
from bovespa.local.aws import Clients, local_athena
from bovespa.local.configuration import WORK, load_configuration
from bovespa.local.deployment import Deployment, deploy
from bovespa.local.emulator import Emulator, emulator
from bovespa.local.errors import LocalError
from bovespa.local.logs import append_log_groups
from bovespa.stand_ins.b3_site import B3Site, b3_site
from bovespa.stand_ins.cotahist_site import CotahistSite, cotahist_site
from lake.athena import Athena

_WARM_SECONDS = 30.0
Step = Callable[[str], contextlib.AbstractContextManager[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running stack; ``site`` and ``quotes`` are None where the functions ask B3 itself.

    ``folder`` is for what ends with the stack.
    """

    folder: Path
    emulator: Emulator
    deployment: Deployment
    aws: Clients
    site: B3Site | None
    quotes: CotahistSite | None

    @property
    def exports(self) -> Mapping[str, Any]:
        return self.deployment.exports

    @property
    def athena(self) -> Athena:
        """Athena in the stack's own workgroup."""
        return local_athena(self.aws, self.exports)


@contextlib.contextmanager
def embedded_stack(
    *,
    live: bool = False,
    indices: Sequence[str] = ("IBOV",),
    settings: Mapping[str, Any] | None = None,
    spark: bool = True,
    jvm: Gateway | None = None,
    step: Step = lambda _: contextlib.nullcontext(),
) -> Iterator[Stack]:
    """Start everything, deploy the program, and end it all with the block.

    Args:
        live: let the functions ask B3 instead of stand-ins.
        indices: what the scraper's schedule collects.
        settings: further configuration of the stack, by its keys (``{"stream": {"enabled": True}}``).
        spark: have the engine that Glue jobs need.
        jvm: a running one for it; by default the stack starts its own.
        step: wraps each step, for a display of progress.

    Raises:
        LocalError: a part did not start, or a resource could not be made.
    """
    with contextlib.ExitStack() as parts:
        folder, log = parts.enter_context(_scratch())
        with step("start Spark and the embedded AWS" if spark else "start the embedded AWS"):
            if spark and jvm is None:
                jvm = parts.enter_context(_warm_gateway(folder))
            engine = jvm.environment if spark and jvm else {}
            running = parts.enter_context(emulator(folder, engine, log=log))
        overrides: dict[str, Any] = {**(settings or {}), "indices": list(indices)}
        site, quotes = None, None
        if not live:
            site = parts.enter_context(b3_site())
            quotes = parts.enter_context(cotahist_site())
            overrides |= {"b3Url": site.url, "cotahistUrl": quotes.url}
        with step("deploy the program"):
            deployment = deploy(running, load_configuration("local", overrides))
        stack = Stack(
            folder=folder,
            emulator=running,
            deployment=deployment,
            aws=Clients(running.environment),
            site=site,
            quotes=quotes,
        )
        try:
            yield stack
        except BotoCoreError as error:
            running.check(patience=2.0)
            raise LocalError(f"the embedded AWS does not answer: {error}; its log is {log}") from error
        except (ClientError, LocalError) as error:
            # The stack ends now: what its own logs say must outlive it.
            with contextlib.suppress(BotoCoreError, ClientError, OSError):
                append_log_groups(stack.aws["logs"], log)
            if isinstance(error, LocalError):
                raise
            raise LocalError(f"the embedded AWS refused: {error}; its log is {log}") from error


@contextlib.contextmanager
def _scratch() -> Iterator[tuple[Path, Path]]:
    """A temporary folder, and a log beside it that stays where the block fails."""
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK, prefix="stack-", ignore_cleanup_errors=True) as folder:
        log = Path(f"{folder}.log")
        yield Path(folder), log
        log.unlink(missing_ok=True)


@contextlib.contextmanager
def _warm_gateway(folder: Path) -> Iterator[Gateway]:
    """Spark's JVM, which loads and compiles what jobs need while the program is being deployed."""
    with Gateway(parent=folder) as gateway:
        warming = threading.Thread(target=_warm, args=(gateway,), daemon=True)
        warming.start()
        yield gateway
    warming.join(_WARM_SECONDS)


def _warm(gateway: Gateway) -> None:
    # It only saves time: a job that meets the same trouble says so itself.
    with contextlib.suppress(RuntimeFailure, OSError):
        warm_up(gateway)
