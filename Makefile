# Two commands are enough: `make demo` shows Citywatch at work, `make test` proves it.
PY := .venv/bin/python
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help venv console demo test check bench soak schema

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

venv: ## set up .venv with everything, run nothing
	@requirements/install.sh dev

console: ## build the console into adapters/web/static
	@requirements/install.sh demo
	@adapters/web/console/build.sh

demo: console ## a simulated province in your browser; ARGS="--port 18080" passes options on
	@.venv/bin/citywatch demo $(ARGS)

check: venv ## lint, types, import contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check -q .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

test: venv console check ## everything: style, types, contracts, unit, integration and browser tests
	@$(PY) -m tests.support.trees
	@$(PY) -m pytest -n 2 --dist loadfile $(ARGS)

bench: venv console ## the benchmarks; figures as JSON lines
	@$(PY) -m bench $(ARGS)

soak: venv ## what takes too long for every day: a million spoilt inputs, a hundred kills, a long outage
	@$(PY) -m bench.fuzz --cases 1000000 $(ARGS)
	@$(PY) -m tests.support.trees
	@CITYWATCH_KILLS=100 $(PY) -m pytest -q tests/integration/road/test_kill.py
	@CITYWATCH_FLOOD=10000 $(PY) -m pytest -q -s -n 0 tests/integration/road/test_flood.py
	@CITYWATCH_KPI=1000000 $(PY) -m pytest -q -n 0 tests/unit/hub/test_kpi_large.py
	@CITYWATCH_AWAY_S=600 CITYWATCH_AWAY_RATE=5000 $(PY) -m pytest -q tests/integration/road/test_outage.py

schema: venv ## write config/schema anew
	@.venv/bin/citywatch schema --out config/schema
