"""What IAM makes of a policy, by AWS's own list of actions, resource types and condition keys.

The list is the Service Authorization Reference as policy-sentry carries it. IAM takes an action that doesn't exist, a
resource that an action doesn't know and a key that is never set, and grants nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from policy_sentry.querying.actions import get_action_data

# Not in the reference. Glue's library calls them in a job; the AWS-managed AWSGlueServiceRole has them by glue:*.
UNLISTED = frozenset({"glue:GetJobBookmarks", "glue:UpdateJobBookmark"})
_VARIABLE = re.compile(r"\$\{\w+\}")


def findings(policy: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with a policy document, one line each."""
    for statement in policy["Statement"]:
        sid = statement.get("Sid", "?")
        actions = [action for action in _listed(statement["Action"]) if action not in UNLISTED]
        resources = _listed(statement.get("Resource", []))
        known = {action: _forms(action) for action in actions}
        for action, forms in known.items():
            if not forms:
                yield f"{sid}: there is no action {action}"
                continue
            if resources and not any(_fits(form, resource) for form in forms for resource in resources):
                yield f"{sid}: {action} knows none of the resources, but {', '.join(sorted(forms))}"
            for key in _keys(statement):
                if not key.startswith("aws:") and not any(key in keys for keys in forms.values()):
                    yield f"{sid}: {action} is never asked with {key}"
        for resource in resources:
            if not any(_fits(form, resource) for forms in known.values() for form in forms):
                yield f"{sid}: none of its actions knows {resource}"
            if resource == "*" and any(_VARIABLE.search(form) for forms in known.values() for form in forms):
                yield f"{sid}: every resource, though its actions know some"


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _keys(statement: Mapping[str, Any]) -> set[str]:
    return {key for operands in statement.get("Condition", {}).values() for key in operands}


@cache
def _forms(action: str) -> dict[str, frozenset[str]]:
    """The ARNs that an action can be granted on, and the condition keys of each; none for an unknown action."""
    service, _, name = action.partition(":")
    rows = (get_action_data(service, name) or {}).get(service, [])
    exact = [row for row in rows if row["action"] == action]
    return {row["resource_arn_format"]: frozenset(row["condition_keys"]) for row in exact}


def _fits(form: str, resource: str) -> bool:
    """Whether a resource of a policy, wildcards included, can be an ARN of this form."""
    if form == "*" or resource == "*":
        return form == resource
    parts, ours = form.split(":", 5), resource.split(":", 5)
    if len(ours) < 6 or any(
        _VARIABLE.sub("", a) not in ("", b) for a, b in zip(parts[:5], ours[:5], strict=True)
    ):
        return False
    # An object's key and a log group's name may have slashes, a bucket's name has none.
    part = r".+" if "ObjectName" in form or "LogGroupName" in form else r"[^/]+"
    pattern = re.escape(_VARIABLE.sub("\0", parts[5])).replace("\0", part)
    return re.fullmatch(pattern, ours[5]) is not None or (
        "*" in ours[5] and re.fullmatch(pattern, ours[5].replace("*", ":log-stream:x")) is not None
    )
