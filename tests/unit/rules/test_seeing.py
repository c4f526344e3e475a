"""An alarm names the cameras that see its place, nearest first."""

from msgspec.structs import replace

from hub.model import CamerasBeside, Quality, Reading, Reason, Zone
from hub.model.text import Text
from rules import Engine
from rules.seeing import metres
from tests.support.sites import a_device, a_point, a_rule, a_site

PANEL_AT = (21.5942, 105.8482)


def camera(name, zone, at=None, *, sees=True):
    return replace(a_device(name, [], sees=sees, at=at), zone=zone)


def cameras_of(beside, *cameras, zone="tn/market/hall"):
    point = replace(a_point("panel", "fire", "fire.alarm"), zone=zone)
    panel = replace(a_device("panel", [point], at=PANEL_AT), zone=zone)
    rule = a_rule("fire", "fire.alarm", "is", True, cameras=beside)
    site = a_site([panel, *cameras], [rule])
    names = {zone, *(c.zone for c in cameras)}
    site = replace(site, zones={name: Zone(name, Text.same(name)) for name in names})
    reading = Reading(point.id, True, Quality.GOOD, Reason.NONE, None, 1, 1)
    (raised,) = Engine(site).step([reading], 1)
    return raised.cameras


def north(distance):
    return (PANEL_AT[0] + distance / 111_320, PANEL_AT[1])


def test_the_nearest_of_the_zone_come_first_and_no_more_than_asked_for():
    near, far, middle = (camera(n, "tn/market/hall", north(d)) for n, d in (("near", 10), ("far", 90), ("middle", 50)))
    assert cameras_of(CamerasBeside(most=2), far, near, middle) == ("near", "middle")


def test_a_zone_without_cameras_is_seen_by_those_of_the_zone_around_it():
    gate, elsewhere = camera("gate", "tn/market"), camera("elsewhere", "tn/station")
    assert cameras_of(CamerasBeside(), gate, elsewhere) == ("gate",)


def test_the_cameras_of_a_whole_city_are_beside_no_alarm():
    assert cameras_of(CamerasBeside(), camera("tower", "tn")) == ()


def test_what_is_too_far_away_is_left_out_and_a_camera_without_a_place_is_believed_to_be_in_its_zone():
    far, somewhere = camera("far", "tn/market/hall", north(400)), camera("somewhere", "tn/market/hall")
    assert cameras_of(CamerasBeside(within=150.0), far, somewhere) == ("somewhere",)


def test_cameras_by_distance_alone_may_stand_in_any_zone():
    across = camera("across", "tn/station", north(100))
    unknown = camera("unknown", "tn/station")
    assert cameras_of(CamerasBeside(of="device", within=150.0), across, unknown) == ("across",)


def test_what_cannot_give_pictures_is_no_camera():
    assert cameras_of(CamerasBeside(), camera("lamp", "tn/market/hall", sees=False)) == ()


def test_a_rule_that_asks_for_none_names_none():
    assert cameras_of(None, camera("near", "tn/market/hall")) == ()


def test_a_hundred_metres_east_are_a_hundred_metres():
    east = (PANEL_AT[0], PANEL_AT[1] + 100 / (111_320 * 0.92982))
    assert abs(metres(PANEL_AT, east) - 100) < 0.1
