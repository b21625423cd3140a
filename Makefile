# Everything a developer runs. `make demo` and `make test` set up all they need.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3.14 python3,$(shell command -v $(name))))
BIN := .venv/bin
LOCK := $(shell cat requirements-dev.txt pyproject.toml requirements.in | cksum | tr -d ' ')
READY := .venv/ready-$(LOCK)
READY_OPS := $(READY)-ops-$(shell cksum requirements-ops.txt | cut -d ' ' -f 1)
ARGS ?=
BROKER_ARGS ?=

.PHONY: help install format check test lint types imports unit costs property broker broker-1 broker-2 asyncapi test-ops bench mutants demo chaos \
	lock clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' Makefile | column -t -s '|'

install: $(READY) ## .venv with the hashed requirements and bin/sla-timer

$(READY): requirements-dev.txt requirements.in pyproject.toml
	@test -n "$(PYTHON)" && $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed: install it, or run make PYTHON=/path/to/python3.11" >&2; exit 2; }
	@echo "install    .venv from requirements-dev.txt"
	@rm -f .venv/ready-*
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

format: $(READY) ## rewrite the sources in the house style
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

# One line per suite: its name, how long it took and what it said last; its whole output only when it fails.
define suite
	@mkdir -p build; SECONDS=0; printf '%-10s ' $(1); \
	if { $(2); } > build/$(1).log 2>&1; then printf '%4d s  %s\n' $$SECONDS "$$(tail -n 1 build/$(1).log | tr -d '=' | xargs)"; \
	else printf '%4d s  FAILED\n' $$SECONDS; cat build/$(1).log; exit 1; fi
endef

check: lint types imports ## ruff, mypy --strict, import contracts: seconds

lint: $(READY)
	$(call suite,lint,$(BIN)/ruff format --check --output-format concise . && $(BIN)/ruff check --output-format concise .)

types: $(READY)
	$(call suite,types,$(BIN)/mypy)

imports: $(READY)
	$(call suite,imports,$(BIN)/lint-imports --cache-dir .import_linter_cache)

test: check ## every suite; starts its own Kafka
	@# Broker tests mostly wait, so two suites run at a time, with a Kafka each; a line appears when one has ended.
	@$(MAKE) --jobs 2 --output-sync=target broker-1 unit property broker-2
	@$(MAKE) costs

unit: $(READY) ## tests without Kafka, tables of cases
	$(call suite,unit,$(BIN)/pytest -q -n auto -m 'not broker and not hypothesis and not costs' $(ARGS))

costs: $(READY) ## bounds of CPU time, which nothing may run beside
	$(call suite,costs,$(BIN)/pytest -q -m costs $(ARGS))

property: $(READY) ## laws that hypothesis tries to break
	$(call suite,property,$(BIN)/pytest -q -n auto -m 'hypothesis and not broker' $(ARGS))

broker: $(READY) ## tests against a real Kafka, never skipped; some of them: make broker ARGS="-k words"
	$(call suite,broker,$(BIN)/pytest -q -m broker $(BROKER_ARGS) $(ARGS))

# The broker tests in two parts that take about as long.
LATER_HALF := tests/broker/test_[p-z]*.py

broker-1: $(READY)
	$(call suite,broker-1,$(BIN)/pytest -q -m broker --ignore-glob='$(LATER_HALF)' $(BROKER_ARGS) $(ARGS))

broker-2: $(READY)
	$(call suite,broker-2,$(BIN)/pytest -q -m broker $(LATER_HALF) $(BROKER_ARGS) $(ARGS))

asyncapi: $(READY) ## the AsyncAPI document against the official parser; needs Node
	@mkdir -p build/asyncapi && cp tests/asyncapi/package.json tests/asyncapi/check.mjs build/asyncapi/
	@cd build/asyncapi && npm install --silent --no-package-lock --ignore-scripts
	$(call suite,asyncapi,$(BIN)/python -c 'from service.processes.asyncapi import document; print(document("", "0").decode())' \
		| node build/asyncapi/check.mjs)

$(READY_OPS): $(READY) requirements-ops.txt
	@echo "install    requirements-ops.txt"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-ops.txt
	@touch $@

test-ops: $(READY_OPS) ## alerts, dashboards, board, containers; needs Debian's prometheus, prometheus-alertmanager, chromium
	$(call suite,ops,$(BIN)/pytest -q tests/ops $(ARGS))

bench: $(READY) $(if $(filter page,$(ROW)),$(READY_OPS)) ## every figure of docs/performance.md, an hour; make bench ROW=throughput for one
	@$(BIN)/python -m bench $(ROW) $(ARGS)

mutants: $(READY) ## break the judge in a thousand ways; what no table test notices is in build/mutants.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-mutants.txt
	@rm -rf build/mutants && mkdir -p build/mutants
	@cp -R service schemas policies tests pyproject.toml build/mutants/
	@cd build/mutants && timeout 45m $(CURDIR)/$(BIN)/mutmut run > ../mutants.log 2>&1 || { tail -20 ../mutants.log; exit 1; }
	@cd build/mutants && $(CURDIR)/$(BIN)/mutmut results > ../mutants.txt
	@tr '\r' '\n' < build/mutants.log | tail -2; grep -c survived build/mutants.txt || true

demo: $(READY) ## the main job on this machine: Kafka, made-up complaints and webhooks, breaches as they happen
	@$(BIN)/sla-timer demo $(ARGS)

chaos: $(READY) ## 45 min of kills, zombies and cuts on three brokers, judged; make chaos ARGS='--seconds 60 zombie'
	@$(BIN)/python -m tests.chaos $(ARGS)

lock: $(READY) ## requirements*.txt again from requirements*.in
	@for name in requirements requirements-build requirements-dev requirements-mutants requirements-ops; do \
		$(BIN)/pip-compile --quiet --upgrade --generate-hashes --strip-extras --allow-unsafe --no-header \
			--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options \
			--constraint requirements.txt --output-file $$name.txt $$name.in; done

clean: ## remove what the targets above made
	@rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis *.egg-info
