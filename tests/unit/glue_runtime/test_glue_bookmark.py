from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest

from bovespa.glue.runtime.bookmark import DISABLE, ENABLE, PAUSE, Band, Bookmark
from bovespa.glue.runtime.engine import bookmark_place
from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.location import Location
from bovespa.glue.runtime.store import StoredObject

PLACE = Location("lake", "glue/temporary/bookmarks/carteira.json")
START = datetime(2025, 7, 31, 20, tzinfo=UTC)


class Memory(dict[Location, bytes]):
    """A place for states."""

    def read(self, location: Location) -> bytes | None:
        return self.get(location)

    def write(self, location: Location, body: bytes) -> None:
        self[location] = body


class Lake:
    """A source whose files have times in minutes after START, and the runs that read it."""

    def __init__(self) -> None:
        self.state = Memory()
        self.files: dict[str, StoredObject] = {}

    def put(self, *names: str, at: float = -60) -> None:
        for name in names:
            modified = START + timedelta(minutes=at)
            place = Location("lake", f"raw/{name}")
            self.files[name] = StoredObject(location=place, size=1, modified=modified, etag=f"{name}{at}")

    def run(
        self,
        *,
        at: float,
        option: str = ENABLE,
        ctx: str = "node1",
        commit: bool = True,
        band: Band = Band(),  # noqa: B008
    ) -> list[str]:
        """What a run is given; a new Bookmark every time, as every run is a process of its own."""
        now = START + timedelta(minutes=at)
        bookmark = Bookmark(store=self.state, place=PLACE, job="carteira", option=option, now=now)
        given = bookmark.unprocessed(ctx, self._listed(), band)
        if commit:
            bookmark.commit()
        return [item.location.key.removeprefix("raw/") for item in given]

    def _listed(self) -> Iterable[StoredObject]:
        return (self.files[name] for name in sorted(self.files))


@pytest.fixture
def lake() -> Lake:
    return Lake()


def test_a_run_is_given_what_was_modified_since_the_last_commit(lake: Lake) -> None:
    lake.put("a", "b", at=-60)
    assert lake.run(at=0) == ["a", "b"]
    assert lake.run(at=1) == []
    lake.put("c", at=2)
    lake.put("a", at=3)
    assert lake.run(at=60) == ["c", "a"]
    assert lake.run(at=120) == []


def test_files_within_the_band_are_told_apart_by_the_list(lake: Lake) -> None:
    lake.put("a", at=-5)
    assert lake.run(at=0) == ["a"]
    lake.put("late", at=-10)  # a listing showed it late
    lake.put("same minute", at=0)
    assert lake.run(at=1) == ["late", "same minute"]
    assert lake.run(at=2) == []


def test_a_file_changed_within_minutes_is_seen_again(lake: Lake) -> None:
    lake.put("a", at=-1)
    assert lake.run(at=0) == ["a"]
    lake.put("a", at=1)
    assert lake.run(at=2) == ["a"]
    assert lake.run(at=3) == []


def test_a_new_file_with_a_time_before_the_band_is_never_seen(lake: Lake) -> None:
    lake.put("b", at=-20)
    assert lake.run(at=0) == ["b"]
    lake.put("a", at=-16)
    assert lake.run(at=1) == []
    assert lake.run(at=1, band=Band(length=timedelta(hours=1)), ctx="other") == ["b", "a"]


def test_what_is_beyond_the_most_files_of_the_band_waits_for_the_next_run(lake: Lake) -> None:
    most = Band(files=3)
    lake.put("old1", "old2", at=-30)
    lake.put(*[f"n{number}" for number in range(5)], at=-1)
    assert lake.run(at=0, band=most) == ["old1", "old2", "n0", "n1", "n2"]
    lake.put("n5", "n6", at=1)
    assert lake.run(at=2, band=most) == ["n3", "n4", "n5"]
    assert lake.run(at=30, band=most) == ["n6"]
    assert lake.run(at=60, band=most) == []


def test_a_thousand_is_the_default(lake: Lake) -> None:
    lake.put(*[f"{number:04d}" for number in range(1001)], at=-1)
    assert len(lake.run(at=0)) == 1000
    assert lake.run(at=1) == ["1000"]


def test_a_band_comes_from_the_connection_options() -> None:
    assert Band.of({}) == Band(length=timedelta(minutes=15), files=1000)
    assert Band.of({"maxBand": "1000", "maxFilesInBand": 7}) == Band(length=timedelta(seconds=1), files=7)
    with pytest.raises(RuntimeFailure, match="whole numbers"):
        Band.of({"maxBand": "soon"})


def test_a_run_that_does_not_commit_leaves_its_files_for_the_next(lake: Lake) -> None:
    lake.put("a")
    assert lake.run(at=0, commit=False) == ["a"]
    assert not lake.state
    lake.put("b")
    assert lake.run(at=1) == ["a", "b"]


def test_sources_have_bookmarks_of_their_own(lake: Lake) -> None:
    lake.put("a")
    assert lake.run(at=0, ctx="one") == ["a"]
    assert lake.run(at=1, ctx="two") == ["a"]
    assert lake.run(at=2, ctx="one") == []


def test_pausing_reads_but_does_not_move_the_bookmark(lake: Lake) -> None:
    lake.put("a")
    lake.run(at=0)
    lake.put("b", at=1)
    assert lake.run(at=2, option=PAUSE) == ["b"]
    assert lake.run(at=3, option=PAUSE) == ["b"]
    assert lake.run(at=4) == ["b"]


@pytest.mark.parametrize(("option", "ctx"), [(DISABLE, "node1"), (ENABLE, "")])
def test_without_bookmark_or_context_everything_is_read(lake: Lake, option: str, ctx: str) -> None:
    lake.put("a")
    assert lake.run(at=0, option=option, ctx=ctx) == ["a"]
    assert lake.run(at=1, option=option, ctx=ctx) == ["a"]
    assert not lake.state


def test_files_that_left_the_band_are_forgotten(lake: Lake) -> None:
    lake.put(*[f"f{number}" for number in range(50)], at=-1)
    lake.run(at=0)
    full = len(lake.state[PLACE])
    assert lake.run(at=60) == []
    assert len(lake.state[PLACE]) < full / 4


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"format": 99, "sources": {}}'])
def test_a_bookmark_that_cannot_be_read_says_what_to_do(lake: Lake, body: bytes) -> None:
    lake.state[PLACE] = body
    lake.put("a")
    with pytest.raises(RuntimeFailure, match=r"bookmarks/carteira\.json cannot be read .*delete it"):
        lake.run(at=0)


def test_the_state_names_its_job(lake: Lake) -> None:
    lake.put("a")
    lake.run(at=0)
    assert json.loads(lake.state[PLACE])["job"] == "carteira"


def test_where_a_bookmark_is_kept() -> None:
    assert bookmark_place("a/../b", {"TempDir": "s3://lake/tmp"}).key == "tmp/bookmarks/a%2F..%2Fb.json"
    assert bookmark_place("j", {"local_bookmarks": "s3://bookmarks/"}) == Location("bookmarks", "j.json")
    with pytest.raises(RuntimeFailure, match="--TempDir"):
        bookmark_place("j", {})
