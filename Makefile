# `make book` builds the book, `make test` verifies everything; `make help` lists the rest.
#
# The machine needs python3 (3.11 or newer) with pip, git and make. The rest goes into this folder alone:
# uv into .tools/, and into .venv/ the exact versions of requirements.lock, each checked against its hashes.

PYTHON ?= python3
JOBS ?= 2
UV := .tools/bin/uv
BIN := .venv/bin
READY := .venv/.ready
SITE := _build/html
TORCH := torch==2.13.0

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
export UV_PYTHON_DOWNLOADS := never

.PHONY: help env book test lint unit twins nbval browser notebooks students bench format torch lock clean distclean

help:  ## list these commands
	@sed -n 's/^\([a-z]*\):.*##  *\(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|'

book: $(READY)  ## build the book, no warning allowed: open _build/html/index.html
	$(BIN)/jupyter-book build book --config _config.yml --toc "$(CURDIR)/_toc.yml" --path-output . -W -n --keep-going

test: lint unit twins nbval book browser  ## verify code, notebooks, book and pages: all that the README promises
	@echo "make test: everything passed"

lint: $(READY)  ## check style, types and the direction of imports
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

unit: $(READY)  ## test the package
	$(BIN)/python -m pytest -n $(JOBS)

twins: $(READY)  ## check that notebooks and claims page agree with the text twins
	$(BIN)/python tools/notebooks.py --check -j $(JOBS)
	$(BIN)/python tools/claims_page.py --check

nbval: $(READY)  ## run every notebook again and compare each output with the stored one
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --nbval --nbval-current-env --nbval-cell-timeout 300 \
		--nbval-sanitize-with tests/nbval_sanitize.cfg book

browser: $(READY) node_modules/.package-lock.json  ## open every page of the built book in Chromium
	@test -f $(SITE)/index.html || { echo "make browser: no book in $(SITE); run make book first" >&2; exit 1; }
	chromium=$$(tools/install_chromium.sh); CHROMIUM=$$chromium $(BIN)/node tests/browser/check.mjs $(SITE)

notebooks: $(READY)  ## rebuild the notebooks from their text twins and run them
	$(BIN)/python tools/notebooks.py -j $(JOBS)

students: $(READY)  ## write copies of the notebooks without solutions: _build/students
	$(BIN)/python tools/student_copies.py

bench: $(READY)  ## measure pydl beside NumPy by hand and PyTorch
	$(BIN)/python benchmarks/run.py

format: $(READY)  ## put the code in its usual form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

env: $(READY)  ## install the locked versions into .venv

torch: $(READY)  ## add PyTorch, which the tests compare with where it is installed
	$(BIN)/python -m pip install --quiet $(TORCH)

lock: $(UV)  ## renew requirements.lock after a change of pyproject.toml (UPGRADE=--upgrade: newest versions)
	$(UV) pip compile --quiet --universal --fork-strategy fewest --python-version 3.11 --generate-hashes \
		--extra book --extra test --no-annotate --no-emit-index-url --no-emit-find-links \
		--custom-compile-command "make lock" $(UPGRADE) --output-file requirements.lock pyproject.toml

clean:  ## remove what was built
	rm -rf _build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find pydl tests tools book benchmarks -name __pycache__ -prune -exec rm -rf {} + 2> /dev/null || true

distclean: clean  ## remove what was installed, too
	rm -rf .venv .tools node_modules pydl_course.egg-info

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and \
		f"pydl needs Python 3.11 or newer, {sys.executable} is {sys.version.split()[0]}: make PYTHON=python3.12 …")'
	@$(PYTHON) -m pip --version > /dev/null || { echo "pydl needs pip beside $(PYTHON): apt install python3-pip" >&2; exit 1; }
	$(PYTHON) -m pip install --quiet --upgrade --target .tools uv

# Without build isolation the package is built by the locked setuptools, so nothing unlocked is fetched.
$(READY): requirements.lock pyproject.toml | $(UV)
	test -x $(BIN)/python || $(UV) venv --quiet --seed --python "$$(command -v $(PYTHON))" .venv
	$(UV) pip install --quiet --python $(BIN)/python --require-hashes --requirement requirements.lock
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/.package-lock.json: package-lock.json | $(READY)
	$(BIN)/npm ci --silent --no-audit --no-fund
	@touch $@
