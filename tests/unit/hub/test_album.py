"""Pictures on disk: each once, by camera and time; an alarm's are those of its cameras in its span."""

from pathlib import Path

import pytest

from hub.album import Album, Asked
from hub.model import SECOND, StorageError

FIRE = Asked("fire:panel/z07.alarm", 1, 100 * SECOND, 95 * SECOND, 110 * SECOND, ("gate", "hall"))


@pytest.fixture
def album(tmp_path: Path):
    made = Album(tmp_path / "pictures.db", keep_free=0)
    yield made
    made.close()


def filled(album: Album) -> Album:
    album.ask(FIRE)
    for camera in ("hall", "gate", "yard"):
        for at in (90, 96, 104, 111):
            album.keep(camera, at * SECOND, f"{camera} {at}".encode())
    return album


def test_an_alarm_has_the_pictures_of_its_cameras_in_its_span_nearest_camera_first(album):
    entries = filled(album).entries(FIRE)
    assert [(e.camera, e.at // SECOND) for e in entries] == [("gate", 96), ("gate", 104), ("hall", 96), ("hall", 104)]


def test_two_alarms_of_one_place_keep_one_set_of_pictures(album):
    before = filled(album).size
    album.ask(Asked("smoke:sensor/smoke", 1, 101 * SECOND, 96 * SECOND, 111 * SECOND, ("gate",)))
    album.keep("gate", 104 * SECOND, b"gate 104")
    assert album.size == before


def test_what_was_kept_is_there_after_a_restart(tmp_path):
    first = filled(Album(tmp_path / "pictures.db", keep_free=0))
    size = first.size
    first.close()
    again = Album(tmp_path / "pictures.db", keep_free=0)
    assert again.asked(FIRE.alarm, 1) == FIRE
    assert again.body("hall", 96 * SECOND) == b"hall 96"
    assert again.size == size
    again.close()


def test_only_the_owner_may_read_the_file(album, tmp_path):
    assert (tmp_path / "pictures.db").stat().st_mode & 0o077 == 0


def test_old_pictures_are_deleted_and_held_ones_stay(album):
    filled(album)
    assert album.forget(105 * SECOND, [(96 * SECOND, 97 * SECOND)]) == 6
    left = {(e.camera, e.at // SECOND) for e in album.entries(FIRE)}
    assert left == {("gate", 96), ("hall", 96)}
    assert album.asked(FIRE.alarm, 1) is None


def test_what_is_deleted_makes_room_again(album):
    filled(album).forget(1_000 * SECOND)
    assert album.size == 0


def test_a_full_album_says_what_to_change_and_loses_nothing_that_it_has(tmp_path):
    small = Album(tmp_path / "pictures.db", most_bytes=10, keep_free=0)
    small.keep("gate", 1, b"12345678")
    with pytest.raises(StorageError, match=r"shorten `keep: \{snapshots"):
        small.keep("gate", 2, b"12345678")
    assert small.body("gate", 1) == b"12345678"
    small.close()


def test_a_disk_that_is_nearly_full_is_left_to_the_alarms(tmp_path):
    album = Album(tmp_path / "pictures.db", keep_free=1 << 60)
    with pytest.raises(StorageError, match="kept for alarms"):
        album.keep("gate", 1, b"x")
    album.close()


def test_a_file_that_is_no_album_is_said_and_not_overwritten(tmp_path):
    (tmp_path / "pictures.db").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError, match="move it away"):
        Album(tmp_path / "pictures.db")
    assert (tmp_path / "pictures.db").read_bytes().startswith(b"no database")
