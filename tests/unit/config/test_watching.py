"""Who may look at plates, and watch lists: read from where nobody else can read them, every mistake at its place."""

import shutil
from pathlib import Path

import pytest

from drivers import REGISTRY
from hub.config import inspect, render
from hub.model import HOUR
from hub.model.clock import from_iso
from hub.model.looking import Grant, WatchedPlate

SITE = Path("config/sites/starter")
LIST = "  - {id: stolen, name: Xe mất cắp, reason: Công văn 12/CSGT, until: 2026-12-31, plates: {file: stolen.txt}}\n"


def a_site(folder: Path, more: str, plates: str | None = "20A-123.45\n", mode: int = 0o600) -> Path:
    """Return a copy of the starter site with a list and what else it says."""
    site = folder / "site"
    shutil.copytree(SITE, site)
    file = site / "site.yaml"
    file.write_text(file.read_text(encoding="utf-8").rstrip() + f"\n{more}\n", encoding="utf-8")
    if plates is not None:
        (site / "stolen.txt").write_text(plates, encoding="utf-8")
        (site / "stolen.txt").chmod(mode)
    return site


def said(site: Path) -> str:
    found, problems = inspect(site, REGISTRY)
    assert found is None
    return render(problems)


def test_a_list_is_read_from_its_file_plates_in_one_form_with_their_ends(tmp_path: Path) -> None:
    plates = "# danh sách\n20A-123.45\n\n 20-b1 123.45  2026-06-30   # xe máy\n"
    plates += "29LD-123.45 2026-06-30T12:00:00+07:00\n20A12345\n"
    site, problems = inspect(a_site(tmp_path, f"watchlists:\n{LIST}", plates), REGISTRY)
    assert site is not None, render(problems)
    [watched] = site.guarded.lists
    assert (watched.id, watched.title.vi, watched.reason.en) == ("stolen", "Xe mất cắp", "Công văn 12/CSGT")
    assert watched.until == from_iso("2027-01-01T00:00:00+07:00"), "the whole last day, where the site is"
    noon = from_iso("2026-06-30T12:00:00+07:00")
    assert watched.plates == (
        WatchedPlate("20A12345"), WatchedPlate("20B112345", noon + 12 * HOUR), WatchedPlate("29LD12345", noon),
    )  # fmt: skip
    assert (watched.priority, watched.near, watched.zones) == ("high", True, ())


def test_a_list_may_stand_among_the_secrets(tmp_path: Path) -> None:
    folder = a_site(tmp_path, f"watchlists:\n{LIST.replace('file: stolen.txt', 'secret: stolen')}", None)
    with (folder / "secrets.yaml").open("a") as secrets:
        secrets.write('\nstolen: "20A-123.45\\n20A-999.99"\n')
    (folder / "secrets.yaml").chmod(0o600)
    site, problems = inspect(folder, REGISTRY)
    assert site is not None, render(problems)
    assert [p.plate for p in site.guarded.lists[0].plates] == ["20A12345", "20A99999"]


def test_grants_are_read_and_without_them_nobody_may_look(tmp_path: Path) -> None:
    site, _ = inspect(SITE, REGISTRY)
    assert site is not None
    assert site.guarded.grants == ()
    zone = next(iter(site.zones))
    grant = f"plates: {{looks: [{{roles: [operator], users: [hoa], zones: [{zone}]}}]}}"
    site, problems = inspect(a_site(tmp_path, grant), REGISTRY)
    assert site is not None, render(problems)
    assert site.guarded.grants == (Grant((zone,), frozenset({"operator"}), frozenset({"hoa"})),)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("plates: {looks: [{roles: [admin], zones: [z]}]}", "'admin' is not one of 'operator' or 'engineer'"),
        ("plates: {looks: [{zones: [z]}]}", "this grants the right to nobody"),
        ("plates: {looks: [{roles: [operator], zones: [nowhere]}]}", "unknown zone 'nowhere'"),
        ("plates: {looks: [{roles: [operator], zones: []}]}", "expected of a length of at least 1"),
        (f"watchlists:\n{LIST}{LIST}", "the watch list 'stolen' is there already"),
        (f"watchlists:\n{LIST.replace('2026-12-31', 'tomorrow')}", "the text 'tomorrow' is no day"),
        (f"watchlists:\n{LIST.replace('plates', 'zones: [nowhere], plates')}", "unknown zone 'nowhere'"),
        (f"watchlists:\n{LIST.replace('stolen.txt', 'lost.txt')}", "cannot read lost.txt: no such file"),
        (f"watchlists:\n{LIST.replace('reason: Công văn 12/CSGT, ', '')}", "missing key 'reason'"),
    ],
)
def test_a_mistake_is_found_at_its_place(tmp_path: Path, more: str, message: str) -> None:
    text = said(a_site(tmp_path, more))
    assert message in text, text
    assert "site.yaml:" in text


def test_plates_written_into_the_sites_files_are_refused_and_not_repeated(tmp_path: Path) -> None:
    more = f"watchlists:\n{LIST.replace('{file: stolen.txt}', '[20A-123.45]')}"
    text = said(a_site(tmp_path, more))
    assert "plates are not written into the site's files" in text
    assert "20A-123.45" not in text


def test_a_list_that_others_can_read_is_refused(tmp_path: Path) -> None:
    text = said(a_site(tmp_path, f"watchlists:\n{LIST}", mode=0o644))
    assert "stolen.txt can be read by others (mode 0644)" in text
    assert "chmod 600 stolen.txt" in text


def test_a_wrong_line_is_named_by_its_number_and_not_shown(tmp_path: Path) -> None:
    text = said(a_site(tmp_path, f"watchlists:\n{LIST}", "20A-123.45\n20A-12?.45\n20A-999.99 2026-13-40\n"))
    assert "stolen.txt:2:1: error: line 2 of the list is no plate" in text
    assert "stolen.txt:3:1: error: line 3 of the list is no plate" in text
    assert "20A-12" not in text.replace("write 20A-123.45 or 20A-123.45 2026-12-31", "")


def test_a_site_that_is_printed_says_no_plate(tmp_path: Path) -> None:
    site, _ = inspect(a_site(tmp_path, f"watchlists:\n{LIST}"), REGISTRY)
    assert site is not None
    assert "20A12345" not in repr(site.guarded)
