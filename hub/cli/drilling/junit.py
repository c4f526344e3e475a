"""Drills as a JUnit report: a suite for each scenario, a case for each thing that was expected."""

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from hub.cli.drilling.drill import Drill
from hub.cli.drilling.verdict import Verdict, seconds
from hub.model import SECOND


def junit(drills: Sequence[Drill]) -> bytes:
    """Return the report."""
    root = Element("testsuites")
    for drill in drills:
        _suite(SubElement(root, "testsuite", name=drill.scenario.id), drill)
    report: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return report


def _suite(suite: Element, drill: Drill) -> None:
    verdict = drill.verdict
    if verdict is None:
        case = _case(suite, drill, "played")
        SubElement(case, "skipped", message=drill.why_not.en)
    else:
        _judged(suite, drill, verdict)
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in cases)))
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    suite.set("time", f"{drill.took / SECOND:.3f}")


def _judged(suite: Element, drill: Drill, verdict: Verdict) -> None:
    for outcome in verdict.outcomes:
        case = _case(suite, drill, outcome.expected.alarm)
        if outcome.latency is not None:
            case.set("time", f"{outcome.latency / SECOND:.3f}")
        if outcome.failure is not None:
            SubElement(case, "failure", message=outcome.failure.en)
    case = _case(suite, drill, "nothing else is raised")
    others = [f"{one.alarm} at {seconds(one.at)}: {one.text.en}" for one in verdict.strangers]
    wrong = [*others, *(fault.en for fault in verdict.faults)]
    if wrong:
        SubElement(case, "failure", message=wrong[0]).text = "\n".join(wrong)


def _case(suite: Element, drill: Drill, name: str) -> Element:
    return SubElement(suite, "testcase", name=name, classname=f"drill.{drill.scenario.id}.{drill.clock}")
