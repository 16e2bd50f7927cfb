from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bovespa.glue.runtime import location
from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.location import Location

VALUES = st.one_of(st.none(), st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))


@given(st.lists(VALUES, min_size=1, max_size=3))
def test_partition_values_survive_the_way_through_a_folder_name(values: list[str | None]) -> None:
    named = {f"k{index}": value for index, value in enumerate(values)}
    folder = location.partition_folder(named)
    expected = {key: None if value == location.HIVE_NULL else value for key, value in named.items()}
    assert folder.count("/") == len(values)
    assert location.partition_values(folder + "part-0.parquet") == expected


@pytest.mark.parametrize(
    ("value", "folder"),
    [
        ("PETR4", "codigo=PETR4/"),
        ("A/B", "codigo=A%2FB/"),
        ("50%", "codigo=50%25/"),
        ("a b&c", "codigo=a b&c/"),
        ("", "codigo=__HIVE_DEFAULT_PARTITION__/"),
        (None, "codigo=__HIVE_DEFAULT_PARTITION__/"),
        ("ção", "codigo=ção/"),
    ],
)
def test_partition_folders_are_hives(value: str | None, folder: str) -> None:
    assert location.partition_folder({"codigo": value}) == folder


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://lake/raw/x.parquet", Location("lake", "raw/x.parquet")),
        ("s3a://lake/raw/", Location("lake", "raw/")),
        ("s3://lake", Location("lake", "")),
        ("s3://lake//raw//x", Location("lake", "raw/x")),
        ("s3://lake/with space/é", Location("lake", "with space/é")),
    ],
)
def test_urls_are_parsed(url: str, expected: Location) -> None:
    assert location.parse(url) == expected


@pytest.mark.parametrize("url", ["", "lake/raw", "https://lake/raw", "s3://", "s3:///raw"])
def test_what_is_no_s3_url_is_refused(url: str) -> None:
    with pytest.raises(RuntimeFailure, match="s3://bucket/key"):
        location.parse(url)


@pytest.mark.parametrize(
    ("glob", "matching", "other"),
    [
        ("raw/*.csv", "raw/a.csv", "raw/b/a.csv"),
        ("raw/**/*.csv", "raw/b/c/a.csv", "raw/b/c/a.json"),
        ("raw/{a,b}/x", "raw/b/x", "raw/c/x"),
        ("raw/[ab]?", "raw/b1", "raw/c1"),
        ("raw/[!a]", "raw/b", "raw/a"),
        ("raw/a.b", "raw/a.b", "raw/aXb"),
    ],
)
def test_globs(glob: str, matching: str, other: str) -> None:
    pattern = location.glob_pattern(glob)
    assert pattern.fullmatch(matching)
    assert not pattern.fullmatch(other)
