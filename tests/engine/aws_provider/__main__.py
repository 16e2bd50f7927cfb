"""Serves the plugin: prints its port, then answers until the engine ends it, or itself."""

from __future__ import annotations

import os
import sys
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.engine.aws_provider.servicer import AwsProvider

_MEGABYTES = 400  # as the engine's own limit


def main() -> None:
    limits = [(f"grpc.max_{way}_message_length", _MEGABYTES * 1024 * 1024) for way in ("receive", "send")]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(AwsProvider(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    # The engine ends its plugins; one that was killed can't.
    engine = os.getppid()
    while server.wait_for_termination(timeout=1) and os.getppid() == engine:
        pass


if __name__ == "__main__":
    main()
