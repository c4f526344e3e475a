"""HTTP digest: the examples of RFC 7616, whatever else a camera offers, and no help in locking an account."""

import pytest

from drivers.onvif.digest import Digest
from tests.unit.onvif.rig import place

RFC = (
    'realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CLIENT = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
ANSWERS = {
    "MD5": "8ca523f5e9506fed4657c9700eebdbec",
    "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
}


@pytest.mark.parametrize("algorithm", ANSWERS)
def test_the_examples_of_the_standard_come_out(algorithm: str) -> None:
    digest = Digest("Mufasa", "Circle of Life")
    assert digest.challenged(["Digest " + RFC.format(algorithm)])
    said = digest.signed("GET", "/dir/index.html", CLIENT)
    assert f'response="{ANSWERS[algorithm]}"' in said
    assert f"algorithm={algorithm}" in said
    assert "nc=00000001" in said


@pytest.mark.parametrize(
    "offered",
    [
        ['Basic realm="a"', 'Digest realm="b", nonce="n"'],
        ['Basic realm="a", Digest realm="b", nonce="n"'],
        ['Digest realm="x", nonce="m", algorithm=SHA-512-256', 'Digest realm="b", nonce="n"'],
        ['digest realm="b",nonce="n",Basic realm="a"'],
        ['Digest realm="x", nonce="m", qop="auth-int"', 'Digest realm="b", nonce="n"'],
    ],
)
def test_the_digest_among_what_is_offered_is_answered(offered: list[str]) -> None:
    digest = Digest("u", "p")
    assert digest.challenged(offered)
    assert 'realm="b"' in digest.signed("POST", "/")


@pytest.mark.parametrize("offered", [[], ["Basic realm=a"], ["Digest realm=b"], ["Digest"], [""], ['"' * 9999]])
def test_what_is_no_digest_is_not_answered(offered: list[str]) -> None:
    assert not Digest("u", "p").challenged(offered)


async def test_a_challenge_is_answered_at_once_from_the_second_request_on() -> None:
    async with place(frozenset({"digest"})) as here:
        driver = here.driver()
        await driver.open()
        refused, asked = here.camera.gate.refused, len(here.camera.asked)
        await driver.picture("cam")
        await driver.close()
        assert here.camera.gate.refused == refused
        assert here.camera.asked[asked:].count("picture") == 1
