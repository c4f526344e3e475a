"""Instructions: a sentence, a file, or a checklist whose mistakes are named at their place."""

from pathlib import Path

import pytest

from hub.model import MINUTE, SECOND, Text
from hub.model.playbook import PlayStep
from tests.unit.config.fakes import SITE, messages, site

RULE = """
rules:
  - id: wet
    category: process
    priority: low
    for_each: {kind: env.water_level}
    when: {above: 1}
    text: wet
    instructions: %s
"""
CALL = "{id: call, do: {vi: Gọi, en: Call}, owner: operator, within: 60s}"


def test_a_checklist_is_steps_and_for_older_eyes_a_sentence(tmp_path: Path):
    text = SITE + RULE % f"[{CALL}, {{id: log, do: Sổ, within: 5m}}]"
    (rule,) = site(tmp_path, text).rules
    assert rule.playbook == (
        PlayStep("call", Text("Gọi", "Call"), "operator", 60 * SECOND),
        PlayStep("log", Text("Sổ", "Sổ"), None, 5 * MINUTE),
    )
    assert rule.instructions == "1. Gọi; 2. Sổ / 1. Call; 2. Sổ"


def test_a_sentence_is_no_checklist(tmp_path: Path):
    (rule,) = site(tmp_path, SITE + RULE % "Call the site").rules
    assert (rule.instructions, rule.playbook) == ("Call the site", ())


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (f"[{CALL}, {CALL}]", "the step 'call' is there twice"),
        ("[]", "expected a sentence, the path of a file, or a list of steps"),
        ("7", "expected a sentence, the path of a file, or a list of steps"),
        ("[{id: call}]", "missing key 'do'"),
        ("[{id: call, do: x, within: 60}]", "expected a duration"),
        ("[{id: call, do: x, whose: me}]", "unknown key 'whose'"),
        ("sop/none.md", "there is no file 'sop/none.md'"),
    ],
)
def test_a_mistake_in_instructions_is_named(tmp_path: Path, given: str, message: str):
    told = messages(tmp_path, SITE + RULE % given)
    assert any(message in one for one in told), told
