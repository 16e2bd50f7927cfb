from __future__ import annotations

import sys

import pytest

from bovespa.glue.runtime.spark import SITE

sys.path.append(str(SITE))

from awsglue.utils import GlueArgumentError, getResolvedOptions


def test_wanted_arguments_and_glues_own() -> None:
    resolved = getResolvedOptions(
        ["job.py", "--JOB_NAME", "carteira", "--TempDir", "s3://lake/tmp/", "--other", "x", "--my-key=-1"],
        ["JOB_NAME", "my-key"],
    )
    assert resolved["JOB_NAME"] == "carteira"
    assert resolved["my_key"] == "-1"
    assert resolved["TempDir"] == resolved["RedshiftTempDir"] == "s3://lake/tmp/"
    assert resolved["job_bookmark_option"] == "job-bookmark-disable"
    assert "other" not in resolved


def test_a_missing_argument_is_named() -> None:
    with pytest.raises(GlueArgumentError, match="--day"):
        getResolvedOptions(["job.py", "--JOB_NAME", "carteira"], ["JOB_NAME", "day"])


def test_a_bookmark_option_that_does_not_exist() -> None:
    with pytest.raises(GlueArgumentError, match="job-bookmark-option"):
        getResolvedOptions(["job.py", "--job-bookmark-option", "on"], [])


def test_a_value_may_begin_with_a_dash_and_a_flag_have_none() -> None:
    assert getResolvedOptions(["job.py", "--n", "-5", "--flag"], ["n"])["n"] == "-5"
