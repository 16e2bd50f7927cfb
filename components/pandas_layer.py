"""AWS's managed layer with pyarrow: "AWS SDK for pandas", which AWS publishes in each region.

Source: "AWS Lambda Managed Layers" in the documentation of AWS SDK for pandas. A version once published
stays; each region counts its versions by itself.
"""

from __future__ import annotations

from components.settings import SettingsError

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


def pandas_layer_arn(region: str, *, configured: str = "") -> str:
    """The layer's ARN: the configured one, or AWS's for the region.

    Raises:
        SettingsError: AWS's account for that region is not known here.
    """
    if configured:
        return configured
    if region not in _REGIONS:
        raise SettingsError(
            f"pandasLayerArn: expected the ARN of {_NAME} for {region}, which isn't known here"
        )
    return f"arn:aws:lambda:{region}:{_ACCOUNT}:layer:{_NAME}:{_VERSION}"
