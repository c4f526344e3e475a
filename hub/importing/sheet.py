"""A register list as its owner's spreadsheet saved it: columns found by many names, cells that know their place."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from hub.config import table
from hub.config.marks import Mark, Source
from hub.config.problems import Report, known_are
from hub.config.table import cells
from hub.importing.naming import word

MOST_ROWS = 5000
HEADERS = {
    "name": "name point tag signal parameter variable label ten ten_diem ten_bien tin_hieu ten_tin_hieu thong_so bien",
    "register": (
        "register address reg addr modbus_address register_address modbus_register reg_no dia_chi thanh_ghi "
        "dia_chi_modbus dia_chi_thanh_ghi so_thanh_ghi"
    ),
    "table": "table function fc function_code register_type area object_type bang ham ma_ham loai_thanh_ghi vung",
    "type": "type data_type datatype format kieu kieu_du_lieu dinh_dang",
    "unit": "unit units uom engineering_unit don_vi dv don_vi_do",
    "scale": "scale factor multiplier gain resolution scaling he_so ty_le he_so_nhan do_phan_giai",
    "offset": "offset do_lech cong_them bu",
    "bit": "bit bit_no bit_number bit_position vi_tri_bit",
    "order": "order byte_order word_order endian endianness thu_tu thu_tu_byte thu_tu_tu",
    "length": "length count size quantity words so_luong do_dai so_tu",
    "kind": "kind loai loai_du_lieu",
    "min": "min minimum low nho_nhat thap_nhat",
    "max": "max maximum high lon_nhat cao_nhat",
    "values": "values enum enumeration codes gia_tri ma y_nghia_gia_tri",
    "missing": "missing invalid not_available khong_co",
    "description": "description desc comment comments remark remarks note notes mo_ta ghi_chu dien_giai y_nghia",
}
"""Our word → headers that mean it, in English and Vietnamese, without accents."""
_NEEDED = ("name", "register")


class Cell(Struct, frozen=True):
    """One cell: its text, where it stands, and what its column is called."""

    text: str
    mark: Mark
    header: str


Row = Mapping[str, Cell]
"""Our word → cell; empty cells are left out."""


def rows(source: Source, chosen: Mapping[str, str], report: Report) -> list[Row]:
    """Return the rows of a list; `chosen` says which header is which where the names do not tell."""
    found = cells("\n".join(source.lines))
    header = next(found, None)
    if header is None:
        report.error(Mark(source, 1, 1), "the list is empty", "its first line names the columns")
        return []
    columns = _columns(source, header, chosen, report)
    made: list[Row] = []
    for row in found:
        if len(made) >= MOST_ROWS:
            report.error(Mark(source, row[0].line, 1), f"the list has more than {MOST_ROWS:,} rows", "split it")
            break
        made.append(_row(source, row, columns))
    return made


def _columns(
    source: Source, header: Sequence[table.Cell], chosen: Mapping[str, str], report: Report
) -> dict[int, tuple[str, str]]:
    """Return number of a column → our word and its header."""
    meaning = {alias: ours for ours, aliases in HEADERS.items() for alias in aliases.split() if ours not in chosen}
    meaning |= {word(theirs, "").lower(): ours for ours, theirs in chosen.items()}
    found: dict[int, tuple[str, str]] = {}
    for number, cell in enumerate(header):
        ours = meaning.get(word(cell.text, "").lower())
        if ours is not None and ours not in {w for w, _ in found.values()}:
            found[number] = ours, cell.text.strip()
    there = {ours for ours, _ in found.values()}
    for ours in [*_NEEDED, *(o for o in chosen if o not in _NEEDED)]:
        if ours not in there:
            asked = f"headed '{chosen[ours]}'" if ours in chosen else f"for '{ours}'"
            hint = f"say which it is: --columns {ours}=HEADER; {known_are('columns', [c.text for c in header])}"
            report.error(Mark(source, header[0].line, 1), f"there is no column {asked}", hint)
    return found


def _row(source: Source, row: Sequence[table.Cell], columns: Mapping[int, tuple[str, str]]) -> Row:
    made: dict[str, Cell] = {}
    for number, cell in enumerate(row):
        if number in columns and cell.text.strip():
            ours, header = columns[number]
            made[ours] = Cell(cell.text.strip(), Mark(source, cell.line, cell.column), header)
    return made
