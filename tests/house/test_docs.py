"""The documents keep up with the program: links lead somewhere, snippets parse, nothing is missing or has been left."""

import json
import re
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
import typer
import yaml
from typer.main import get_command

from hub.cli import COMMANDS, app
from hub.model import QUALITY_OF, Reason
from tests.house.pages import anchors, blocks, first_cells, links, pages, prose, read
from tests.house.tree import ROOT

DOCS = Path("docs")
CLI = DOCS / "reference" / "cli.md"


@pytest.mark.parametrize("page", pages(), ids=str)
def test_every_link_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"https?://|mailto:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        missing = name.startswith("/") or not (ROOT / target).exists()
        if missing or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pytest.mark.parametrize("page", [p for p in pages() if p.is_relative_to(DOCS)], ids=str)
def test_a_page_is_reached_from_the_table_of_contents(page: Path) -> None:
    index = DOCS / "decisions" / "README.md" if page.parent.name == "decisions" else DOCS / "README.md"
    told = {(index.parent / link.partition("#")[0]).as_posix() for link in links(index)}
    assert page == DOCS / "README.md" or page.as_posix() in told or page == index


@pytest.mark.parametrize("page", pages(), ids=str)
def test_snippets_are_what_their_fence_says(page: Path) -> None:
    for block in blocks(page):
        where = f"{page}:{block.line}"
        if block.language == "yaml":
            yaml.safe_load(block.text)
        elif block.language == "json":
            for line in block.text.strip().splitlines() if "\n{" in block.text.strip() else [block.text]:
                json.loads(line)
        elif block.language == "python":
            compile(f"async def _page():\n{indented(block.text)}", where, "exec")


def indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()) + "\n    pass\n"


def test_the_documents_speak_of_the_product_alone() -> None:
    for page in pages():
        assert not re.search(r"\bissue \d|\bcoming soon\b|\bto be written\b", prose(page), re.IGNORECASE), page


def test_a_decision_is_short_and_says_what_and_why() -> None:
    for page in sorted((ROOT / DOCS / "decisions").glob("0*.md")):
        text = page.read_text(encoding="utf-8")
        assert text.count("\n") <= 40, page.name
        assert text.startswith(f"# {page.name[:4]} "), page.name
        assert all(part in text for part in ("**Decided.**", "**Why.**")), page.name


def declared() -> Iterator[str]:
    project = tomllib.loads(read(Path("pyproject.toml")))["project"]
    for wanted in [*project["dependencies"], *chain.from_iterable(project["optional-dependencies"].values())]:
        yield re.split(r"[\[<>=!;~ ]", wanted, maxsplit=1)[0]
    console = json.loads(read(Path("adapters/web/console/package.json")))
    yield from (*console["dependencies"], *console["devDependencies"])


def test_every_dependency_says_what_it_spares_us_and_none_is_left_that_went() -> None:
    wanted = set(declared())
    told = set(first_cells(DOCS / "dependencies.md")) - {"package", "---"}
    assert wanted - told == set(), "give it a row in docs/dependencies.md, or do without it"
    assert told - wanted == set(), "it is not used any more: take its row out"


def commands(group: typer.core.TyperGroup, before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield each command's name and its options."""
    context = typer.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, typer.core.TyperGroup):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", [o for p in command.params if p.param_type_name == "option" for o in p.opts]


def test_every_command_and_option_is_in_the_reference() -> None:
    text = read(CLI)
    chapters = {chapter.partition("\n")[0]: chapter for chapter in text.split("\n## ")[1:]}
    for name, options in commands(get_command(app)):
        chapter = chapters.get(name.split()[0], "")
        assert f"`{name}" in chapter or f"citywatch {name}" in chapter, name
        missing = [
            o for o in options if o != "--help" and f"`{o}" not in chapter and f"`{o}" not in text.split("\n## ")[0]
        ]
        assert not missing, f"citywatch {name}: {missing}"


def test_the_documents_name_no_command_that_is_not_there() -> None:
    names = {name for name, _ in commands(get_command(app))} | set(COMMANDS)
    for page in pages():
        for command in re.findall(r"citywatch ((?:db|user|token) [a-z]+|[a-z]+)\b", read(page)):
            if re.search(rf"(?:`|\$ |^|bin/|sudo )citywatch {command}\b", read(page), re.MULTILINE):
                assert command in names, f"{page}: citywatch {command}"


def test_shipped_rules_name_no_command_that_is_not_there() -> None:
    for path in sorted((ROOT / "config").rglob("*")):
        if path.suffix in {".yaml", ".md"}:
            for command in re.findall(r"`citywatch ([a-z]+)", path.read_text(encoding="utf-8")):
                assert command in COMMANDS, f"{path}: citywatch {command}"


def test_every_quality_reason_is_explained_with_its_number() -> None:
    text = read(DOCS / "reference" / "quality.md")
    for reason in Reason:
        row = rf"^\| {reason.value} \| `{reason.word}` \| {QUALITY_OF[reason].name.lower()} \|"
        assert re.search(row, text, re.MULTILINE), reason.word


def test_every_exit_code_of_the_program_is_explained() -> None:
    assert {"0", "1", "2", "78"} <= set(first_cells(CLI))


def test_the_readme_keeps_to_what_a_stranger_needs() -> None:
    text = read(Path("README.md"))
    assert all(word in text for word in ("make demo", "make test", "114"))
    assert text.count("\n") <= 70
