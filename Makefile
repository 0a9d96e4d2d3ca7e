# `make demo` and `make test` do all the set-up: a virtual environment, then everything in it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# uv does not read pip's own find-links; hand them over so that both see the same wheels.
UV = UV_FIND_LINKS="$$($(BIN)/pip config get global.find-links 2>/dev/null)" $(BIN)/uv
.DEFAULT_GOAL := help

.PHONY: help demo test lint check claims clean

help: ## print this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 10

$(VENV)/.base: pyproject.toml constraints.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check uv
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@$(UV) pip install --quiet --compile-bytecode --python $(BIN)/python -c constraints.txt -e ".[dev,oracle]"
	@touch $@

demo: $(VENV)/.base ## simulate gait, train, generate forces for unseen people, write demo/report.html
	@$(BIN)/unisono demo --out demo

# One process a core, one thread each; the tests of one file stay together and share its fixtures.
test: $(VENV)/.dev ## style, types and every test, with coverage
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n logical --maxprocesses 8 --dist loadfile \
		--cov=unisono --cov-report=term

claims: $(VENV)/.dev ## every recorded benchmark, those that do not hold first
	@$(BIN)/python benchmarks/_record.py

clean: ## remove what was built
	rm -rf $(VENV) .mypy_cache .ruff_cache demo
