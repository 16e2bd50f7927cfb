"""Sessions of botocore that share what it reads of services: half a second for each reading, once a process."""

from __future__ import annotations

from functools import cache

import botocore.loaders
import botocore.session


def botocore_session() -> botocore.session.Session:
    """A session of its own, with credentials and settings of its own."""
    made = botocore.session.get_session()
    made.register_component("data_loader", _loader())
    return made


@cache
def _loader() -> botocore.loaders.Loader:
    return botocore.loaders.create_loader()
