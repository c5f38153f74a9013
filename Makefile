# Havn. `make run` starts everything, `make test` runs the tests, `make demo` plays a story; `make help` says what to use when.
# Needs Python 3.11 or newer with pip, and git. Nothing else.
# The system's own Python where it is fit for it: a distribution builds it with the profile of real programs, a version manager
# mostly does not, and then everything takes a fifth to a third more CPU. PYTHON=... takes another.
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo /usr/bin/python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv pip
export UV_LINK_MODE ?= copy
# Without it every process that the tests start would compile all of Havn anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: run run-seeded quick test coverage rows demo lint types imports lock contract benchmarks load-test mutants clean help image compose-test cluster-test restore-drill upgrade-test

help:
	@awk '/^##@/ { print "\n" substr($$0, 5) } /^[a-z-]+:.*## / { split($$0, parts, ":.*## "); printf "  make %-13s %s\n", parts[1], parts[2] }' $(MAKEFILE_LIST)

##@ To see it run

run: $(VENV)/.runtime ## start Havn at HAVN_PORT (default 8000) and keep it running
	@exec $(BIN)/havn up

run-seeded: $(VENV)/.runtime ## the same, and into a new home a police raid is played up to today, so that there are people in it
	@exec $(BIN)/havn up --seed

demo: $(VENV)/.runtime ## play a raid from referral to figure, against a running Havn or one of its own
	@$(BIN)/havn demo

##@ While you work (under a minute)

quick: $(VENV)/.development ## lint, imports, types, tests of rules and of what you touched; SINCE=HEAD~3 looks further back
	@$(BIN)/python -m tools.quick $(SINCE)

##@ Before you commit (7 to 26 minutes, by the machine)

test: $(VENV)/.development lint types imports ## everything that can be tested on this machine
	@tools/test

##@ One thing at a time

lint: $(VENV)/.development ## ruff
	@$(BIN)/ruff check . && $(BIN)/ruff format --check -q .

types: $(VENV)/.development ## mypy --strict
	@$(BIN)/mypy

imports: $(VENV)/.development ## import-linter: which module may know which
	@$(BIN)/lint-imports

rows: $(VENV)/.development ## which rows of docs/rows.md are met
	@tools/rows

##@ When you have changed ...

contract: $(VENV)/.development ## ... what HTTP or events carry: write docs/openapi, docs/asyncapi.json and docs/events.md
	@$(BIN)/havn contract

mutants: $(VENV)/.development ## ... a rule that counts days or finds authorities: mutation testing
	@tools/mutate

benchmarks: $(VENV)/.development ## ... what must be fast: speed and memory as ratios against named baselines
	@$(BIN)/python -m benchmarks

load-test: $(VENV)/.development ## ... what many ask: all of Havn under a mixed load; fails where a threshold is missed (3 minutes)
	@$(BIN)/python -m benchmarks load

lock: $(VENV)/.uv ## ... a dependency: resolve all of them anew
	@$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml -o requirements.lock
	@$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-header pyproject.toml --group dev -o requirements-dev.lock
	@$(UV) compile -q --universal --python-version 3.11 --generate-hashes --no-header --group pyproject.toml:image -o requirements-image.lock

##@ Before a release

image: ## the image `havn`, and what is in it as CycloneDX; needs a Docker engine
	@tools/image

compose-test: $(VENV)/.development ## docker-compose.yml from nothing: SC01, parts that go down; needs a Docker engine and the image
	@tools/compose-check

cluster-test: $(VENV)/.development ## deploy/k8s on a real node: SC01, rolling update under load, killed pods; root, and tools/kube build once
	@tools/cluster-check

restore-drill: $(VENV)/.development ## backup, loss of the server, restore; every row compared, and what was lost and how long it took
	@$(BIN)/python -m tools.restore_drill

upgrade-test: $(VENV)/.development ## SINCE=REF: the Havn of that commit is migrated under its feet, works on, and this one takes over
	@$(BIN)/python -m tools.upgrade_check $(SINCE)

coverage: $(VENV)/.development ## all tests, with the coverage floor
	@tools/test --cov --cov-report=term-missing:skip-covered

##@ When all else fails

clean: ## forget the environment and what was cached (never the data in .havn)
	@rm -rf $(VENV) .templates .mypy_cache .ruff_cache .pytest_cache .import_linter_cache

$(VENV)/.uv:
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Havn needs Python 3.11 or newer.")'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check uv
	@touch $@

$(VENV)/.runtime: $(VENV)/.uv requirements.lock pyproject.toml
	@$(UV) install -q --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) install -q --python $(BIN)/python --no-deps -e .
	@$(BIN)/python -c "import services.everything, shared.dev.development" # leaves byte code of what Havn loads, for its first start
	@touch $@

$(VENV)/.development: $(VENV)/.runtime requirements-dev.lock
	@$(UV) install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock
	@touch $@
