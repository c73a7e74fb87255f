# Everything is set up in .venv, from pyproject.toml and constraints.txt, with
# nothing but make and a Python of 3.11 or later.
PYTHON ?= $(firstword $(foreach p,python3 python3.13 python3.12 python3.11 python,\
  $(shell $(p) -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
  >/dev/null 2>&1 && echo $(p))))
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= auto
# quick: below ten minutes; full: some hours, and the machine for itself.
BENCH ?= quick

.PHONY: help demo app test test-slow lowest stress lint format bench docs samples clean
.DEFAULT_GOAL := help

help:
	@echo "make demo     run the article's experiment on the stroke sample"
	@echo "make app      open the app"
	@echo "make test     run the tests that a change needs (below ten minutes)"
	@echo "make test-slow  run the rest: kills, terminals, whole grids (twenty minutes)"
	@echo "make lowest   test at the lowest versions that pyproject.toml declares"
	@echo "make stress   kill, stall and starve it by the hundred (an hour or two)"
	@echo "make lint     ruff, mypy, import-linter"
	@echo "make docs     make a site of docs/ in build/site"
	@echo "make bench    measure against the textbook pipeline (BENCH=full: for hours)"

$(VENV)/.run: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "imbtui needs Python 3.11 or later (with venv): set PYTHON=" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	@touch $@

$(VENV)/.docs: $(VENV)/.run
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[docs]'
	@touch $@

demo: $(VENV)/.run
	@$(BIN)/imbtui demo

app: $(VENV)/.run
	@$(BIN)/imbtui

test: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope

test-slow: $(VENV)/.dev
	$(BIN)/python -m pytest --tier slow -n $(WORKERS) --dist worksteal

# The whole engine and the charts, at the lowest versions declared; what only tests
# need is the newest.
LOWEST := tests/unit/engine tests/unit/tui/charts tests/contracts/test_models.py
lowest:
	$(PYTHON) -m venv .lowest
	$(PYTHON) -m tests.support.lowest > .lowest/constraints.txt
	.lowest/bin/python -m pip install --quiet --constraint .lowest/constraints.txt \
	  --editable '.[dask,excel,lightgbm,mlflow,notebook,onnx]' pytest pytest-xdist \
	  hypothesis pytest-textual-snapshot pytest-timeout jsonschema pyte openpyxl \
	  botocore optuna-dashboard polars skore
	.lowest/bin/python -m pytest -n $(WORKERS) --dist loadscope -W default $(LOWEST)

# tests/slow with the counts of a release.
stress: $(VENV)/.dev
	$(BIN)/python -m pytest tests/slow --tier slow --stress --timeout 0
	$(BIN)/python benchmarks/cancel.py
	$(BIN)/python benchmarks/stalled.py

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev
	$(BIN)/python benchmarks $(BENCH)

# A warning, such as a link that leads nowhere, is an error.
docs: $(VENV)/.docs
	$(BIN)/python -m sphinx -W --keep-going -q -c docs -d build/site.trees . build/site

samples: $(VENV)/.run
	$(BIN)/python benchmarks/samples.py sample_data

clean:
	rm -rf $(VENV) .lowest dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
