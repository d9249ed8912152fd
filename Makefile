# `make` or `make help` lists what there is. Only `run` and `test` are needed to use the project.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
SHARED ?= ../shared

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run test check format train bench eval demo-data lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: ## make both environments (run and test do it by themselves)
	@$(PYTHON) .dev/setup.py app rasa

setup-test:
	@$(PYTHON) .dev/setup.py dev rasa

run: setup ## set up and run the whole assistant on http://127.0.0.1:8000 (PORT=… for another)
	@exec $(PY) -m bot

test: setup-test check ## everything CI runs
	@$(PY) -m pytest

check: setup-test ## style, types, import contracts, rulebook, places: seconds
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@$(PY) -m knowledge_base rules check
	@$(PY) -m knowledge_base places check

format: setup-test ## let ruff write the layout
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

train: setup ## train the dialogue model if its sources changed
	@$(PY) -m bot train

bench: setup-test ## measure: our whole chain beside bare Rasa
	@$(PY) -m tests.bench

eval: setup-test ## quality figures: triage, safety, retrieval, answers
	@$(PY) -m tests.evaluation
	@$(PY) -m knowledge_base triage evaluate

demo-data: setup ## ingest the official texts under $(SHARED)/policies and rebuild the index
	@$(PY) -m knowledge_base ingest $(SHARED)/policies
	@$(PY) -m knowledge_base build

lock: ## write the lock files anew from pyproject.toml
	@$(PYTHON) .dev/setup.py lock

clean: ## forget what runs wrote: database, index, models, secrets
	rm -rf var
