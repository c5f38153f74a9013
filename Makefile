# Havn. `make run` starts everything, `make test` runs the tests, `make demo` plays a story.
# Needs Python 3.11 or newer with pip, and git. Nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip
export UV_LINK_MODE ?= copy

.PHONY: run test coverage rows demo lint types walls lock contract benchmarks mutants clean help

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1  /p' $(MAKEFILE_LIST)

run: $(VENV)/.runtime ## start Havn at HAVN_PORT (default 8000) and keep it running
	@exec $(BIN)/havn up

demo: $(VENV)/.runtime ## play a raid from referral to figure, against a running Havn or one of its own
	@$(BIN)/havn demo

test: $(VENV)/.development lint types walls ## everything that can be tested on this machine
	@tools/test

coverage: $(VENV)/.development ## all tests, with the coverage floor
	@tools/test --cov --cov-report=term-missing:skip-covered

rows: $(VENV)/.development ## which rows of docs/rows.md are met
	@tools/rows

lint: $(VENV)/.development ## ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q .

types: $(VENV)/.development ## mypy --strict
	@$(BIN)/mypy

walls: $(VENV)/.development ## import-linter: which module may know which
	@$(BIN)/lint-imports

contract: $(VENV)/.development ## write docs/openapi, docs/asyncapi.json and docs/events.md
	@$(BIN)/havn contract

benchmarks: $(VENV)/.development ## speed and memory as ratios against named baselines
	@$(BIN)/python -m benchmarks

mutants: $(VENV)/.development ## mutation testing of the rules that count days and find authorities
	@tools/mutate

lock: $(VENV)/.uv ## resolve the dependencies anew
	@$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	@$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev -o requirements-dev.lock

clean: ## forget the environment (never the data in .havn)
	@rm -rf $(VENV)

$(VENV)/.uv:
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Havn needs Python 3.11 or newer.")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv requirements.lock pyproject.toml
	@$(UV) install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) install -q --compile-bytecode --python $(BIN)/python --no-deps -e .
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.lock
	@$(UV) install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@
