from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from bovespa.glue.runtime.bookmark import DISABLE, ENABLE, PAUSE, Bookmark
from bovespa.glue.runtime.directory_store import DirectoryStore
from bovespa.glue.runtime.engine import bookmark_place
from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.location import Location

PLACE = Location("lake", "glue/temporary/bookmarks/carteira.json")


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def put(store: DirectoryStore, *names: str, at: int = 1_000) -> None:
    for name in names:
        store.write(Location("lake", f"raw/{name}"), b"x")
        os.utime(store.root / "lake" / "raw" / name, (at, at))


def read(
    store: DirectoryStore, option: str = ENABLE, *, ctx: str = "node1", commit: bool = True
) -> list[str]:
    """What a run is given; a new Bookmark every time, as every run is a process of its own."""
    bookmark = Bookmark(store=store, place=PLACE, job="carteira", option=option)
    given = bookmark.unprocessed(ctx, store.list(Location("lake", "raw/")))
    if commit:
        bookmark.commit()
    return [item.location.key.removeprefix("raw/") for item in given]


def test_a_run_is_given_what_is_new_or_changed_since_the_last_commit(store: DirectoryStore) -> None:
    put(store, "a", "b")
    assert read(store) == ["a", "b"]
    assert read(store) == []
    put(store, "c")
    put(store, "a", at=2_000)
    assert read(store) == ["a", "c"]
    assert read(store) == []


def test_an_old_file_that_turns_up_late_is_new(store: DirectoryStore) -> None:
    put(store, "b", at=2_000)
    assert read(store) == ["b"]
    put(store, "a", at=1_000)
    assert read(store) == ["a"]


def test_a_run_that_does_not_commit_leaves_its_files_for_the_next(store: DirectoryStore) -> None:
    put(store, "a")
    assert read(store, commit=False) == ["a"]
    assert store.read(PLACE) is None
    put(store, "b")
    assert read(store) == ["a", "b"]


def test_sources_have_bookmarks_of_their_own(store: DirectoryStore) -> None:
    put(store, "a")
    assert read(store, ctx="one") == ["a"]
    assert read(store, ctx="two") == ["a"]
    assert read(store, ctx="one") == []


def test_pausing_reads_but_does_not_move_the_bookmark(store: DirectoryStore) -> None:
    put(store, "a")
    read(store)
    put(store, "b")
    assert read(store, PAUSE) == ["b"]
    assert read(store, PAUSE) == ["b"]
    assert read(store) == ["b"]


@pytest.mark.parametrize(("option", "ctx"), [(DISABLE, "node1"), (ENABLE, "")])
def test_without_bookmark_or_context_everything_is_read(store: DirectoryStore, option: str, ctx: str) -> None:
    put(store, "a")
    assert read(store, option, ctx=ctx) == ["a"]
    assert read(store, option, ctx=ctx) == ["a"]
    assert store.read(PLACE) is None


def test_deleted_files_are_forgotten(store: DirectoryStore) -> None:
    put(store, *[f"f{number}" for number in range(50)])
    read(store)
    full = len(store.read(PLACE) or b"")
    store.delete([Location("lake", f"raw/f{number}") for number in range(49)])
    put(store, "new")
    read(store)
    assert len(store.read(PLACE) or b"") < full / 4


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"format": 99, "sources": {}}'])
def test_a_bookmark_that_cannot_be_read_says_what_to_do(store: DirectoryStore, body: bytes) -> None:
    store.write(PLACE, body)
    put(store, "a")
    with pytest.raises(RuntimeFailure, match=r"bookmarks/carteira\.json cannot be read .*delete it"):
        read(store)


def test_the_state_names_its_job(store: DirectoryStore) -> None:
    put(store, "a")
    read(store)
    assert json.loads(store.read(PLACE) or b"{}")["job"] == "carteira"


def test_where_a_bookmark_is_kept() -> None:
    assert bookmark_place("a/../b", {"TempDir": "s3://lake/tmp"}).key == "tmp/bookmarks/a%2F..%2Fb.json"
    assert bookmark_place("j", {"local_bookmarks": "s3://bookmarks/"}) == Location("bookmarks", "j.json")
    with pytest.raises(RuntimeFailure, match="--TempDir"):
        bookmark_place("j", {})
