"""Words for standard objects, so that a stranger of a walk has a name that can be read; and what names a table's rows.

Columns as RFC 2863 (interfaces), RFC 2790 (host resources), RFC 6933 (entities), RFC 3433 (sensors) and UCD-SNMP-MIB
number them.
"""

_INTERFACES = "1.3.6.1.2.1.2.2.1"
_NAMES = "1.3.6.1.2.1.31.1.1.1"

COLUMNS = {
    _INTERFACES: (
        "index descr type mtu speed_bits address admin status last_change in_octets in_unicasts in_others in_discards "
        "in_errors in_unknown out_octets out_unicasts out_others out_discards out_errors out_queue specific"
    ),
    _NAMES: (
        "name in_multicasts32 in_broadcasts32 out_multicasts32 out_broadcasts32 in in_unicasts64 in_multicasts "
        "in_broadcasts out out_unicasts64 out_multicasts out_broadcasts traps speed promiscuous connector alias "
        "discontinuity"
    ),
    "1.3.6.1.2.1.25.2.3.1": "index type descr unit size used failures",
    "1.3.6.1.2.1.25.3.2.1": "index type descr id state errors",
    "1.3.6.1.2.1.47.1.1.1.1": (
        "index descr vendor_type contained_in class position name hardware firmware software serial maker model alias "
        "asset fru"
    ),
    "1.3.6.1.2.1.99.1.1.1": "type scale precision value state unit timestamp update_rate",
    "1.3.6.1.4.1.2021.9.1": "index path device minimum minimum_percent total available used percent inodes_percent",
    "1.3.6.1.4.1.2021.10.1": "index name load config load_int load_float",
    "1.3.6.1.4.1.2021.13.15.1.1": "index name read written reads writes x7 x8 load1 load5 load15 read64 written64 busy",
}
"""Entry → words of its columns, from column 1 on."""

SCALARS = {
    "1.3.6.1.2.1.1": "description object_id uptime contact name location services or_last_change",
    "1.3.6.1.4.1.2021.4": (
        "index error_name swap_total swap_free swap_total_text swap_free_text memory_total memory_free x8 x9 x10 "
        "memory_all minimum_swap shared buffer cached"
    ),
}
"""Group → words of its objects, from object 1 on."""

ROW_NAMES = {
    _INTERFACES: (f"{_NAMES}.1", f"{_INTERFACES}.2"),
    _NAMES: (f"{_NAMES}.1", f"{_INTERFACES}.2"),
    "1.3.6.1.2.1.10.7.2.1": (f"{_NAMES}.1", f"{_INTERFACES}.2"),
    "1.3.6.1.2.1.25.2.3.1": ("1.3.6.1.2.1.25.2.3.1.3",),
    "1.3.6.1.2.1.25.3.2.1": ("1.3.6.1.2.1.25.3.2.1.3",),
    "1.3.6.1.2.1.47.1.1.1.1": ("1.3.6.1.2.1.47.1.1.1.1.7", "1.3.6.1.2.1.47.1.1.1.1.2"),
    "1.3.6.1.2.1.99.1.1.1": ("1.3.6.1.2.1.47.1.1.1.1.7", "1.3.6.1.2.1.47.1.1.1.1.2"),
    "1.3.6.1.4.1.2021.9.1": ("1.3.6.1.4.1.2021.9.1.2",),
    "1.3.6.1.4.1.2021.10.1": ("1.3.6.1.4.1.2021.10.1.2",),
    "1.3.6.1.4.1.2021.13.15.1.1": ("1.3.6.1.4.1.2021.13.15.1.1.2",),
}
"""Entry → columns in which a row's name stands, the best first."""

PASSING = {
    "1.3.6.1.6.3": "the agent's own administration",
    "1.3.6.1.2.1.1.9": "the agent's list of its own modules",
    "1.3.6.1.2.1.25.4": "running programs",
    "1.3.6.1.2.1.25.5": "running programs",
    "1.3.6.1.2.1.25.6": "installed programs",
    "1.3.6.1.2.1.88": "the agent's own triggers",
    "1.3.6.1.2.1.92": "the agent's log of notifications",
    "1.3.6.1.4.1.8072.1": "net-snmp's own administration",
}
"""Subtrees that say nothing about a device's state, and what they hold."""

_ROOTS = (("1.3.6.1.4.1.", "e"), ("1.3.6.1.2.1.", "m"))


def column_word(entry: str, column: int) -> str:
    """Return a word for a column: `mtu`, or `c4` where there is none."""
    words = COLUMNS.get(entry, "").split()
    return words[column - 1] if column <= len(words) else f"c{column}"


def kind_word(entry: str, column: int) -> str:
    """Return a word for a column that no other table has: `mtu`, or `e9999_1_2_c4`."""
    word = column_word(entry, column)
    return word if entry in COLUMNS else f"{oid_word(entry)}_{word}"


def scalar_word(oid: str) -> str:
    """Return a word for an object: `description`, or `e2021_11_50` where there is none."""
    group, _, number = oid.removesuffix(".0").rpartition(".")
    words = SCALARS.get(group, "").split()
    return words[int(number) - 1] if 0 < int(number) <= len(words) else oid_word(oid.removesuffix(".0"))


def oid_word(oid: str) -> str:
    """Return an OID as a word: `e2021_11_50` below the enterprises, `m17_2` below mib-2, else `o1_0_8802`."""
    for root, letter in _ROOTS:
        if oid.startswith(root):
            return letter + oid.removeprefix(root).replace(".", "_")
    return "o" + oid.replace(".", "_")
