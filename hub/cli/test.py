"""`citywatch test SITE`: runs the rule tests beside the site's rules, the shipped packs' own included."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree

import msgspec
import typer

from drivers import REGISTRY
from hub.config import load
from hub.config.problems import ERROR, render
from hub.config.ruletests import Suite, load_tests
from hub.model import ConfigError
from rules.testing import Result, run

Outcomes = Sequence[tuple[Suite, Sequence[Result]]]


def command(
    site: Annotated[Path, typer.Argument(help="Folder with site.yaml.")],
    name: Annotated[str, typer.Option("-k", help="Only tests whose name or file contains this.")] = "",
    junit: Annotated[Path | None, typer.Option(help="Write a JUnit report to this file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON.")] = False,
) -> None:
    """Test the rules of a site on a virtual clock. / Kiểm thử các quy tắc của hệ thống."""
    outcomes = run_tests(site, name)
    if junit is not None:
        junit.write_bytes(junit_xml(outcomes))
    typer.echo(_json(outcomes) if as_json else _text(outcomes))
    results = [result for _, found in outcomes for result in found]
    if not results:
        typer.echo("no test was run" + (f": none matches '{name}'" if name else ""), err=True)
    if not results or not all(result.passed for result in results):
        raise typer.Exit(1)


def run_tests(folder: Path, name: str = "") -> Outcomes:
    """Run the tests of a site whose name or file contains `name`. Raises ConfigError."""
    suites, problems = load_tests(load(folder, REGISTRY), REGISTRY)
    if any(problem.level == ERROR for problem in problems):
        raise ConfigError(problems)
    if problems:
        typer.echo(render(problems), err=True)
    chosen = [(suite, [t for t in suite.tests if name in t.name or name in suite.name]) for suite in suites]
    return [(suite, run(suite.site, tests)) for suite, tests in chosen if tests]


def _text(outcomes: Outcomes) -> str:
    lines: list[str] = []
    for suite, results in outcomes:
        lines.append(suite.name)
        for result in results:
            lines.append(f"  {'ok  ' if result.passed else 'FAIL'} {result.name}")
            lines += [f"       {line}" for failure in result.failures for line in failure.splitlines()]
    failed = sum(not result.passed for _, results in outcomes for result in results)
    total = sum(len(results) for _, results in outcomes)
    return "\n".join([*lines, f"{total} tests, {failed} failed"])


def _json(outcomes: Outcomes) -> str:
    rows = [
        {"file": suite.name, "test": r.name, "origin": r.origin, "passed": r.passed, "failures": r.failures}
        for suite, results in outcomes
        for r in results
    ]
    return msgspec.json.encode({"passed": all(row["passed"] for row in rows), "tests": rows}).decode()


def junit_xml(outcomes: Outcomes) -> bytes:
    """Return the results as a JUnit report, one suite a file."""
    root = ElementTree.Element("testsuites")
    for suite, results in outcomes:
        failed = sum(not result.passed for result in results)
        node = ElementTree.SubElement(root, "testsuite", name=suite.name, tests=str(len(results)), failures=str(failed))
        for result in results:
            case = ElementTree.SubElement(node, "testcase", name=result.name, classname=suite.name)
            if not result.passed:
                failure = ElementTree.SubElement(case, "failure", message=result.failures[0].splitlines()[0])
                failure.text = "\n".join(result.failures)
    report: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return report
