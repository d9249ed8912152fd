# `make` or `make help` lists what there is. Only `run` and `test` are needed to use the project.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
PY := .venv/bin/python
SHARED ?= ../shared
LEARNING := var/learning

.DEFAULT_GOAL := help
.PHONY: help setup setup-test run sim-phone sim-telegram sim-wechat test check mutate format train train-retrieval bench eval demo-data lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: ## make both environments (run and test do it by themselves)
	@$(PYTHON) .dev/setup.py app rasa

setup-test:
	@$(PYTHON) .dev/setup.py dev rasa

run: setup ## set up and run the whole assistant on http://127.0.0.1:8000 (PORT=… for another)
	@exec $(PY) -m bot

sim-telegram: setup ## talk to the running app by Telegram, in this terminal; no account needed
	@exec $(PY) -m bot.sim.telegram

sim-phone: setup ## call the running app, in this terminal; no account needed
	@exec $(PY) -m bot.sim.phone

sim-wechat: setup ## talk to the running app by WeChat, in this terminal; no account needed
	@exec $(PY) -m bot.sim.wechat

test: setup-test check ## everything CI runs
	@$(PY) -m pytest

check: setup-test ## style, types, import contracts, one line of migrations, rulebook, places: seconds
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(PY) -m mypy
	@.venv/bin/lint-imports
	@$(PY) -m pytest -q tests/house/test_migrations.py
	@$(PY) -m knowledge_base rules check
	@$(PY) -m knowledge_base places check

mutate: setup-test ## spoil the rulebook and its engine place by place, and count what the cases notice: minutes
	@$(PY) -m knowledge_base rules mutate
	@$(PY) -m tests.bench.mutation

format: setup-test ## let ruff write the layout
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

train: setup-test ## train the dialogue model and, where $(SHARED) holds answered questions, all else (two hours)
	@$(PY) -m bot train
	@if [ -d $(SHARED)/retrieval ]; then $(MAKE) --no-print-directory train-retrieval; \
	else echo "No $(SHARED)/retrieval here: what was learned before stays as it is."; fi

# Retrieval learns over the statutes, and then when to keep silent over the documents of the service.
train-retrieval:
	@$(PY) -m knowledge_base ingest $(SHARED)/retrieval/statutes.jsonl.gz --home $(LEARNING)/statutes
	@$(PY) -m knowledge_base build --home $(LEARNING)/statutes --model package:e5small-zh
	@$(PY) -m knowledge_base train $(SHARED)/retrieval/lay_questions_dev.jsonl --home $(LEARNING)/statutes
	@$(PY) -m knowledge_base ingest $(SHARED)/policies --home $(LEARNING)/policies
	@$(PY) -m knowledge_base build --home $(LEARNING)/policies
	@$(PY) -m knowledge_base calibrate --home $(LEARNING)/policies --ours
	@$(PY) -m knowledge_base triage train --keep --home $(LEARNING)/policies
	@$(PY) -m knowledge_base danger train --home $(LEARNING)/policies

bench: setup-test ## measure: searching the law at growing sizes, a turn beside bare Rasa, an assessment, a turn by each channel, the staff queue
	@$(PY) -m tests.bench

eval: setup-test ## quality figures: safety, triage and every rival of it, acts, answers (the first time an hour)
	@$(PY) -m bot train
	@$(PY) -m tests.evaluation
	@$(PY) -m knowledge_base danger evaluate

demo-data: setup ## ingest the official texts under $(SHARED)/policies and rebuild the index
	@$(PY) -m knowledge_base ingest $(SHARED)/policies
	@$(PY) -m knowledge_base build

lock: ## write the lock files anew from pyproject.toml
	@$(PYTHON) .dev/setup.py lock

clean: ## forget what runs wrote: database, index, models, secrets
	rm -rf var
