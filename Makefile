# Every task of the project. `make` alone lists them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?=
SET_UP := $(or $(PYTHON),python3) scripts/setup_environment.py
FASTEST := $(if $(PYTHON),,--fastest)
BIN := .venv/bin
ARGS ?=
ROUNDS ?= 50

.PHONY: help setup setup-run setup-test run test test-kill check format lock docs bench bench-oauth bench-vault bench-timing bench-factors bench-attacks bench-risk clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1mmake %-12s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.limen-dev ## Install everything a developer needs into .venv
	@:

setup-run: .venv/.limen-run
	@:

.venv/.limen-dev: requirements/dev.txt pyproject.toml scripts/setup_environment.py
	@$(SET_UP) dev $(FASTEST)

.venv/.limen-run: requirements/run.txt pyproject.toml scripts/setup_environment.py
	@$(SET_UP) run $(FASTEST)

run: setup-run ## Start Limen with a demo tenant at http://localhost:8000
	@$(BIN)/limen demo $(ARGS)

test: setup ## Run every test (ARGS="-k word" chooses)
	@$(BIN)/python scripts/run_tests.py $(ARGS)

test-kill: setup ## Kill a process that writes, fifty times (ROUNDS=50) on each database: nothing acknowledged is lost
	@LIMEN_TEST_KILLS=$(ROUNDS) $(BIN)/python -m pytest -q tests/contract/test_kill.py $(ARGS)

check: setup ## Run every check that reads the code: format, lint, types, imports, unused, docs
	@$(BIN)/python scripts/run_checks.py

format: setup ## Format the code and mend what can be mended
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

lock: setup ## Choose versions anew (ARGS=--upgrade) and write the locks
	@$(BIN)/python scripts/lock.py $(ARGS)

docs: setup ## Build the documentation into build/docs
	@$(BIN)/sphinx-build -W --keep-going -q -j 2 -b html docs build/docs
	@echo "build/docs/index.html"

bench: setup node_modules/.package-lock.json ## Measure Limen beside its peers
	@$(BIN)/python -m bench $(ARGS)

bench-oauth: setup node_modules/.package-lock.json ## Measure the grants and requests of OAuth 2.1 beside a peer
	@$(BIN)/python -m bench --suite oauth $(ARGS)

bench-vault: setup ## Measure what customers' data costs where there is much of it
	@$(BIN)/python -m bench --suite vault $(ARGS)

bench-timing: setup ## Ask whether accounts can be told by how long answers take
	@$(BIN)/python -m bench.timing $(ARGS)

bench-factors: setup ## Ask what sign-ins by passkey and by authenticator app cost, and what two pages weigh
	@$(BIN)/python -m bench.factors $(ARGS)

bench-attacks: setup ## Attack a running Limen on loopback: who gets in, who is disturbed, what it costs
	@$(BIN)/python -m bench.attacks $(ARGS)

bench-risk: setup ## Ask how good the risk model is, on a simulated year
	@$(BIN)/python -m bench.risk $(ARGS)

node_modules/.package-lock.json: package.json package-lock.json
	@npm ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

clean: ## Remove everything that can be made again
	@rm -rf .venv build dist node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache bench/out
