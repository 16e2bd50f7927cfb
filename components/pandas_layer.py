"""AWS's managed layer with pyarrow: "AWS SDK for pandas", which AWS publishes in each region.

Source: "AWS Lambda Managed Layers" in the documentation of AWS SDK for pandas. A version once published
stays; each region counts its versions by itself.
"""

from __future__ import annotations

import re

import pulumi

from components.errors import SettingsError

_ACCOUNT = "336392948345"
_NAME = "AWSSDKPandas-Python313-Arm64"
_VERSION = 5
# Where that account publishes the layer; other regions have other accounts.
_REGIONS = frozenset(
    {
        "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
        "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
        "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    }
)  # fmt: skip


_ARN = re.compile(r"arn:aws[a-z-]*:lambda:([a-z0-9-]+):\d{12}:layer:[A-Za-z0-9_-]+:[1-9]\d*")


def pandas_layer_arn(region: str, *, configured: str = "") -> str:
    """The layer's ARN: the configured one, or AWS's for the region.

    Raises:
        SettingsError: AWS's account for that region is not known here, or what is configured is no layer of
            that region.
    """
    key = f"{pulumi.get_project()}:pandasLayerArn"
    if configured:
        layer = _ARN.fullmatch(configured)
        if not layer or layer.group(1) != region:
            raise SettingsError(
                f"{key}: expected the ARN of a layer's version in {region}, not {configured!r}"
            )
        return configured
    if region not in _REGIONS:
        raise SettingsError(f"{key}: expected the ARN of {_NAME} for {region}, which isn't known here")
    return f"arn:aws:lambda:{region}:{_ACCOUNT}:layer:{_NAME}:{_VERSION}"
