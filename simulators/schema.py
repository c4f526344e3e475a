"""JSON Schema (2020-12) of a scenario file, made from the model that checks it."""

import json
from pathlib import Path
from typing import Any

from simulators.faults import KINDS
from simulators.scenariofile import ScenarioFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """Return the schema of a scenario file."""
    made = ScenarioFile.model_json_schema()
    made["$defs"]["Fault"]["properties"]["kind"]["enum"] = list(KINDS)
    return {"$schema": DIALECT, "$id": "scenario.schema.json", **made, "title": "Citywatch: scenario"}


def write(folder: Path) -> Path:
    """Write the schema into a folder; return the file."""
    path = folder / "scenario.schema.json"
    path.write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path
