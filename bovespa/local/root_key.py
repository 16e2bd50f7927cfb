"""The credentials of the embedded AWS's root."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RootKey:
    """The root's credentials of one run; good for nothing outside of it."""

    access_key_id: str
    secret_access_key: str = field(repr=False)


def new_root_key() -> RootKey:
    """A random key, in the form of AWS's."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return RootKey(
        access_key_id="AKIA" + "".join(secrets.choice(alphabet) for _ in range(16)),
        secret_access_key=secrets.token_urlsafe(30),
    )
