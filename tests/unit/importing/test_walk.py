"""What snmpwalk prints is read line by line; a mistake names its line."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.importing.walks import cells


@pytest.mark.parametrize(
    ("line", "type_", "raw"),
    [
        (".1.3.6.1.2.1.1.3.0 = Timeticks: (42) 0:00:00.42", "ticks", 42),
        (".1.3.6.1.2.1.1.7.0 = INTEGER: -3", "integer", -3),
        (".1.3.6.1.2.1.2.2.1.8.1 = INTEGER: up(1)", "enum", 1),
        (".1.3.6.1.2.1.2.2.1.4.1 = INTEGER: 1500 octets", "integer", 1500),
        (".1.3.6.1.2.1.2.2.1.5.1 = Gauge32: 1000", "gauge", 1000),
        (".1.3.6.1.2.1.2.2.1.10.1 = Counter32: 4294967295", "counter32", 4294967295),
        (".1.3.6.1.2.1.31.1.1.1.6.1 = Counter64: 18446744073709551615", "counter64", 2**64 - 1),
        (".1.3.6.1.2.1.1.5.0 = STRING: exam", "string", b"exam"),
        ('.1.3.6.1.2.1.1.5.0 = STRING: "a \\"b\\" c"', "string", b'a "b" c'),
        (".1.3.6.1.2.1.2.2.1.6.1 = Hex-STRING: 00 1B 21 3C 4D 5E ", "opaque", bytes.fromhex("001b213c4d5e")),
        (".1.3.6.1.2.1.1.2.0 = OID: .1.3.6.1.4.1.8072", "oid", "1.3.6.1.4.1.8072"),
        (".1.3.6.1.2.1.4.20.1.1.127.0.0.1 = IpAddress: 127.0.0.1", "ip", "127.0.0.1"),
        (".1.3.6.1.4.1.2021.10.1.6.1 = Opaque: Float: 0.250000", "float", 0.25),
        ("iso.3.6.1.2.1.1.7.0 = INTEGER: 72", "integer", 72),
        (".1.3.6.1.2.1.1.7.0 = Wrong Type (should be INTEGER): Gauge32: 72", "gauge", 72),
    ],
)
def test_every_type_keeps_its_value(line, type_, raw):
    found, report = cells(line)
    assert [(c.type, c.raw) for c in found] == [(type_, raw)]
    assert not report.problems


def test_texts_and_octets_over_several_lines_are_one_value():
    found, _ = cells(
        '.1.3.6.1.2.1.1.1.0 = STRING: "line one\nline two"\n.1.3.6.1.2.1.1.2.0 = Hex-STRING: 00 01\n02 03\n'
    )
    assert [c.raw for c in found] == [b"line one\nline two", b"\x00\x01\x02\x03"]


def test_what_the_agent_has_not_is_left_out():
    found, report = cells(
        ".1.3.6.1.2.1.1.5.0 = STRING: exam\n"
        ".1.3.6.1.2.1.99.0 = No Such Object available on this agent at this OID\n"
        '.1.3.6.1.2.1.1.6.0 = ""\n'
        ".1.3.6.1.2.1.9.0 = No more variables left in this MIB View (It is past the end of the MIB tree)\n"
    )
    assert [c.oid for c in found] == ["1.3.6.1.2.1.1.5.0"]
    assert not report.problems


def test_an_index_in_brackets_says_where_the_column_ends():
    found, _ = cells('.1.3.6.1.4.1.9.1.2.1.4[7] = INTEGER: 1\n.1.3.6.1.4.1.9.1.2.1.4["ab"] = INTEGER: 2\n')
    assert [(c.column, c.oid) for c in found] == [
        ("1.3.6.1.4.1.9.1.2.1.4", "1.3.6.1.4.1.9.1.2.1.4.7"),
        ("1.3.6.1.4.1.9.1.2.1.4", "1.3.6.1.4.1.9.1.2.1.4.2.97.98"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        (".1.3.6.1.2.1.1.7.0 = INTEGER: 72\nIF-MIB::ifDescr.1 = STRING: lo\n", 2, "a MIB's name instead of its OID"),
        (".1.3.6.1.2.1.1.7.0 = INTEGER: x\n", 1, "'x' is no whole number"),
        (".1.3.6.1.2.1.1.7.0 = 72\n", 1, "the value has no type"),
        (".1.3.6.1.2.1.1.7.0 = Thing: 72\n", 1, "the type 'Thing' is not known"),
        ("\n\nTimeout: No Response from 10.0.0.1\n", 3, "this is no object of a walk"),
        ("", 1, "there is no object in this file"),
    ],
)
def test_a_mistake_names_its_line_and_what_to_do(text, line, says):
    _, report = cells(text)
    assert (report.problems[0].line, report.problems[0].hint != "") == (line, True)
    assert says in report.problems[0].message


@given(st.lists(st.text(max_size=60), max_size=12))
@example([".1.3 = Opaque: Float: x"])
@example([".1.3.6 = Hex-STRING: 0"])
@example([".1.3.6[x] = INTEGER: 1"])
def test_whatever_a_file_holds_it_is_read_or_reported(lines):
    found, report = cells("\n".join(lines))
    assert found or report.problems


@given(st.text(max_size=40), st.sampled_from(["INTEGER", "Hex-STRING", "OID", "IpAddress", "Opaque", "STRING", "BITS"]))
def test_whatever_a_value_is_it_is_read_or_reported(value, type_):
    found, report = cells(f".1.3.6.1.2.1.1.1.0 = {type_}: {value}")
    assert found or report.problems
