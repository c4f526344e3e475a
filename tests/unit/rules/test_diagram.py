from pathlib import Path

from rules.diagram import mermaid, page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "alarm-states.md"


def test_the_reference_page_says_what_the_table_says():
    renew = f"""python -c "from rules.diagram import page; open('{PAGE}', 'w').write(page())" """
    assert PAGE.read_text(encoding="utf-8") == page(), f"the page is stale; write it again: {renew}"


def test_the_diagram_shows_that_a_latched_alarm_needs_ack_and_reset():
    lines = mermaid().splitlines()
    assert "    E --> F : ack" in lines
    assert "    F --> A : reset, remove" in lines
    assert not any(line.startswith("    E --> A") and "reset" in line for line in lines)


def test_the_diagram_shows_how_each_hold_begins_and_ends():
    lines = mermaid().splitlines()
    assert {"    life --> G : shelve", "    G --> life : unshelve", "    life --> I : out_of_service"} <= set(lines)
    assert "    C --> B : realarm" in lines
