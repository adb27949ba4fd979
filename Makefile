# Every chore of Jiebang. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: verify help setup setup-tests demo test lint bench stack down reset lock messages docs shots clean

# The first Python that is new enough, whatever it is called here; give PYTHON=… to choose another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
PY := .venv/bin/python
STACK := $(PY) -m config.stack
export JIEBANG_PORT ?= 8000
# Tests keep away from a demo that may be running.
TEST_HOME ?= .jiebang/test
COVERED := accounts,attachments,projects,review,workflows,config
LOCK := .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate

help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "make %-8s %s\n", $$1, $$2}'

setup: ## install everything that running needs (first time a minute or two, then at once)
	@$(check-python)
	@$(PYTHON) scripts/bootstrap.py

setup-tests:
	@$(check-python)
	@$(PYTHON) scripts/bootstrap.py --tests

demo: setup ## serve the demo year on http://127.0.0.1:8000 (another port: make demo JIEBANG_PORT=8001)
	@$(STACK) run --port $(JIEBANG_PORT) -- $(PY) manage.py demo $(ARGS)

test: setup-tests ## run all tests, browser included (some: make test ARGS="tests/review -x")
	@$(STACK) --home $(TEST_HOME) run --fresh -- \
		$(PY) -m slipcover --source $(COVERED) --omit '*/migrations/*' --skip-covered \
		-m pytest -n 3 --dist loadscope --no-loadscope-reorder $(ARGS)

lint: setup-tests ## check style, types, imports between rooms and missing migrations
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy .
	@.venv/bin/lint-imports
	@$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run

verify: setup ## walk the audit chain and name the first entry that is wrong
	@$(STACK) run -- $(PY) manage.py verify_audit $(ARGS)

bench: setup ## measure speed, one JSON line per figure
	@$(STACK) run -- $(PY) manage.py bench $(ARGS)

stack: setup ## start PostgreSQL, Valkey and the S3 store and leave them running
	@$(STACK) up

down: ## stop them
	@if [ -x $(PY) ]; then $(STACK) down; fi

reset: ## stop them and delete the demo's data (.jiebang)
	@if [ -x $(PY) ]; then $(STACK) down && $(STACK) --home $(TEST_HOME) down; fi
	rm -rf .jiebang

lock: setup-tests ## resolve the requirements*.in anew into locked versions with hashes (newer: ARGS=--upgrade)
	$(LOCK) $(ARGS) requirements.in -o requirements.txt
	$(LOCK) $(ARGS) requirements-dev.in -o requirements-dev.txt
	$(LOCK) $(ARGS) requirements-node.in -o requirements-node.txt
	npm install --package-lock-only

messages: setup-tests ## bring the English sentences (locale/en) in step with the sources, list what needs translating
	@$(PY) scripts/collect_messages.py $(ARGS)

docs: setup ## draw the state charts of docs/workflows.md from the code
	@$(PY) manage.py draw_workflows

shots: setup-tests ## take the pictures of the main pages that README shows
	@$(STACK) run -- $(PY) manage.py take_shots

clean: down ## remove what setup made; the data in .jiebang stays (make reset removes it)
	rm -rf .venv node_modules static/vendor .mypy_cache .ruff_cache .pytest_cache .hypothesis \
		.import_linter_cache staticfiles
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

define check-python
if [ -z "$(PYTHON)" ]; then echo "Jiebang needs Python 3.11 or newer and found none: install one" \
	"(Debian and Ubuntu: apt-get install python3 python3-venv) or give its path, make PYTHON=/path/to/python3." >&2; exit 1; fi
endef
