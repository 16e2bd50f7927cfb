# Thin wrappers of the `bovespa` command; `make help` lists them.
# The first of these that runs and is 3.11, 3.12 or 3.13; `make PYTHON=...` names another.
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(or $(firstword $(foreach p,python3 python3.13 python3.12 python3.11,$(shell $(p) -c '$(FITS)' 2>/dev/null && echo $(p)))),python3)
# A demo starts some twenty Pythons: what one of them compiles, the next need not.
unexport PYTHONDONTWRITEBYTECODE
BIN := .venv/bin
READY := .venv/.ready
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header
# Some times faster than pip, which is asked where only its own configuration knows the way to an index.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
install = $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $(1) 2>/dev/null || $(PIP) --require-hashes -r $(1)

.DEFAULT_GOAL := help
.PHONY: help demo demo-stream notebook test test-fast check bench bench-stream bench-cotahist bench-years bench-athena dictionary costs lock clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(READY): requirements/dev.txt requirements/uv.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 13) else f"Python 3.11, 3.12 or 3.13 is needed, {sys.executable} is {v[0]}.{v[1]}: make PYTHON=/path/to/python3.12")'
	@echo "Setting up .venv (once, a few minutes) …"
	@$(PYTHON) -m venv --clear .venv
	@$(PIP) --require-hashes -r requirements/uv.txt
	@$(call install,requirements/dev.txt)
	@$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## the whole pipeline on this machine, on an embedded AWS
	@$(BIN)/bovespa demo

demo-stream: $(READY) ## the Bitcoin stream on this machine, from simulated exchanges to Athena
	@$(BIN)/bovespa demo --stream

.venv/.notebook: $(READY) requirements/notebook.txt
	@echo "Adding JupyterLab to .venv (once) …"
	@$(call install,requirements/notebook.txt)
	@touch $@

notebook: .venv/.notebook ## JupyterLab with the notebook, on this machine only; asks the standing stack, or AWS
	@$(BIN)/jupyter lab --ip 127.0.0.1 notebooks/bovespa.ipynb

test: $(READY) ## every check and test
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy .
	@$(BIN)/python -m pytest --numprocesses 2 --no-loadscope-reorder  # shared out by tests/sharing.py

test-fast: $(READY) ## what needs no process, no emulator and no Spark
	@$(BIN)/python -m pytest --quiet --numprocesses 2 -m "not slow and not emulator" tests/unit

bench: $(READY) ## fetch to parquet beside pandas, the job with little and much history, the demo by step, a query
	@$(BIN)/python bench/fetch_to_parquet.py
	@$(BIN)/python bench/job_history.py
	@$(BIN)/python bench/demo_steps.py
	@$(BIN)/python -m bench.standing_query

check: $(READY) ## style and types only
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy .

bench-stream: $(READY) ## the stream's producer at full speed, beside the way it is commonly done
	@$(BIN)/python -m bench.stream

bench-cotahist: $(READY) ## reading a year of quotes, beside pandas, DuckDB and Polars
	@$(BIN)/python -m bench.cotahist

bench-years: $(READY) ## ten years of quotes the whole way: back-fill, then the visual job, a year a run
	@$(BIN)/python -m bench.ten_years

bench-athena: $(READY) ## what the saved queries read of ten years, beside a layout without partitions
	@$(BIN)/python -m bench.athena_scan

dictionary: $(READY) ## docs/data-dictionary.md and its Portuguese twin again, from lake/tables/
	@$(BIN)/python -m lake.dictionary

costs: $(READY) ## docs/costs.md again, from the price table in bovespa/costs/
	@$(BIN)/python -m bovespa.costs > docs/costs.md

lock: $(READY) ## compile requirements/*.in into hash-locked *.txt, and requirements.txt for Pulumi
	@for set in scraper trigger watch quotes rebalancing report compaction stream layer checkov dev notebook uv; do \
	  $(COMPILE) -o requirements/$$set.txt requirements/$$set.in; done
	@$(COMPILE) -c requirements/dev.txt -o requirements.txt requirements/program.in

clean: ## remove everything that make made
	rm -rf .venv .work out build .mypy_cache .pytest_cache .ruff_cache
