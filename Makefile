# What a person, a developer and CI run here. `make` alone lists it.
# POSIX sh and GNU make; nothing outside this folder is changed, but for system packages that `make test` may need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install

# A stamp per content of the requirements: unchanged requirements cost nothing, changed ones are installed once.
RUN_STAMP := $(VENV)/.installed-$(shell cat requirements.txt | cksum | cut -d' ' -f1)
DEV_STAMP := $(VENV)/.installed-dev-$(shell cat requirements.txt requirements-dev.txt | cksum | cut -d' ' -f1)

.DEFAULT_GOAL := help
.PHONY: help run test check check-code check-types check-templates check-imports check-migrations bench fmt translations pictures kill-test

help: ## list these commands
	@awk '/^[a-z-]+:.*## / { name = $$0; sub(/:.*/, "", name); sub(/.*## /, ""); printf "  make %-10s %s\n", name, $$0 }' Makefile

run: $(RUN_STAMP) ## start the whole site with its demo on http://127.0.0.1:8000 (PORT=… for another port); Ctrl-C stops it
	@exec $(BIN)/python -m webapp.launcher --stop-with-parent

test: $(DEV_STAMP) ## run every test; installs a Chromium and a PostgreSQL for them where there is none (PYTEST=… adds options)
	@$(BIN)/python -m tests.servers.install
	@exec $(BIN)/python -m pytest -n 2 --dist loadgroup $(PYTEST)

check: check-code check-types check-templates check-imports check-migrations ## lint, formatting, types, templates, translations, import directions, migrations; changes nothing

check-code: $(DEV_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check-types: $(DEV_STAMP)
	$(BIN)/mypy

check-templates: $(DEV_STAMP)
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/python -m tests.checks templates translations

check-imports: $(DEV_STAMP)
	$(BIN)/lint-imports --no-cache

check-migrations: $(DEV_STAMP)
	$(BIN)/python -m tests.checks migrations

bench: $(DEV_STAMP) ## run the benchmarks, print one table of ratios, write bench/results.json
	@exec $(BIN)/python -m bench

fmt: $(DEV_STAMP) ## format the code and fix what the linter can fix by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

translations: $(DEV_STAMP) ## bring the catalogues of webapp/translations up to date with the sources and compile them; says what is left
	@$(BIN)/python -m tests.catalogues

pictures: $(DEV_STAMP) ## take the pictures of docs/organizers.md anew, by the browser tests that walk those pages
	@$(BIN)/python -m tests.servers.install
	@PICTURES=docs $(BIN)/python -m pytest -q -n 0 tests/e2e/test_cup_story.py tests/e2e/test_royale_story.py

kill-test: $(DEV_STAMP) ## kill the site's processes 1,000 times at random points, for about an hour, then compare all that they left behind
	@exec $(BIN)/python -m tests.chaos --kills 1000

$(BIN)/python:
	@found=; for python in $(PYTHON) python3 python3.12 python3.11 python3.13 python3.14; do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then echo "Python 3.11 or later is needed and was not found; install it, or name it: PYTHON=/path/to/python3.12 make run" >&2; exit 1; fi; \
	if ! "$$found" -c 'import ensurepip, venv' 2>/dev/null; then echo "$$found cannot make virtual environments; install its venv module (Debian: apt install python3-venv)" >&2; exit 1; fi; \
	echo "Making $(VENV) with $$("$$found" --version)"; "$$found" -m venv $(VENV)

$(RUN_STAMP): | $(BIN)/python
	@echo "Installing what the site needs (once, about a minute)"
	@$(PIP) -r requirements.txt
	@rm -f $(VENV)/.installed-[0-9]*; touch $@

$(DEV_STAMP): | $(BIN)/python
	@echo "Installing what tests and checks need (once)"
	@$(PIP) -r requirements-dev.txt
	@rm -f $(VENV)/.installed-*; touch $@ $(RUN_STAMP)
