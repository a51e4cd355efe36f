# The course's commands. `make help` lists them; README.md says the same for Windows and conda.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:

PYTHON ?= python3
FOLDER ?= lstm-course
JOBS ?= 2
# Where to take PyTorch from, if not from the package index that pip uses anyway.
TORCH_INDEX ?=
# What `make constraints` holds fast, such as PINS="torch==2.13.0".
PINS ?=

VENV := .venv
BIN := $(VENV)/bin
LAB_READY := $(VENV)/.ready-for-lab
TESTS_READY := $(VENV)/.ready-for-tests

PYTEST := $(BIN)/python -m pytest
FAST_TESTS := $(PYTEST) -n $(JOBS) --dist loadfile -m "not browser and not kit" tests
SOURCES := lstm_helpers tests lessons benchmarks deploy
# A cell that computes for longer than this hangs. How long notebooks take on two cores is reported,
# not asserted: no test fails because a machine is slow.
CELL_SECONDS := 600
# Several processes at once, one thread each. `make lab` leaves this to `lstm-course lab`.
test check bench results: export OMP_NUM_THREADS = 1

.PHONY: help env lab test check lint build bench results constraints clean distclean

help: ## Show this list
	@echo "Usage: make TARGET [PYTHON=python3.12] [FOLDER=my-lessons] [TORCH_INDEX=ADDRESS]"
	@echo
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: $(LAB_READY) ## Install what the lessons need into .venv, in the versions of constraints.txt

lab: $(LAB_READY) ## Open the course in JupyterLab; your work is kept in the folder lstm-course
	$(BIN)/lstm-course lab "$(FOLDER)"

test: lint ## Run everything that CI runs: lint, all tests, every notebook, Chromium, the offline kit
	$(FAST_TESTS)
	$(PYTEST) -n $(JOBS) --dist loadfile -p tests.notebooks.marks --nbval-lax --nbval-current-env \
		--nbval-cell-timeout=$(CELL_SECONDS) course solutions
	$(PYTEST) -m browser tests
	$(PYTEST) -m kit tests

check: lint ## The fast part of `make test`: lint and the tests that execute no notebook
	$(FAST_TESTS)

lint: $(TESTS_READY) ## Style, types, layers, and whether course/ and solutions/ are what lessons/ build
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/lstm-course build --check

build: $(LAB_READY) ## Build course/ and solutions/ from lessons/
	$(BIN)/lstm-course build

bench: $(TESTS_READY) ## Measure what README says about speed
	$(BIN)/python benchmarks/start_up.py
	$(BIN)/python benchmarks/lstm_layer.py
	$(BIN)/python benchmarks/board.py

results: $(LAB_READY) ## Run the experiments that are too long for a lesson; writes lstm_helpers/recorded/
	$(BIN)/python benchmarks/classic_results.py
	$(BIN)/python benchmarks/prose.py
	$(BIN)/python benchmarks/labs.py

constraints: ## Solve for newer versions and write constraints.txt [PINS="torch==2.13.0"]
	@$(call require_python)
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --editable ".[dev]" $(PINS)
	{ \
		echo "# What was tested on Linux with Python 3.11: every package that the course and its test tools"; \
		echo "# install. Written by: make constraints $(if $(PINS),PINS=\"$(PINS)\")"; \
		echo "# Left out: packages for other systems, and those of CUDA, which PyTorch pins by itself."; \
		build/constraints/bin/python -m pip freeze --exclude-editable \
			| sed -e 's/+[a-z0-9.]*$$//' -e '/^nvidia-/d' -e '/^cuda-/d' -e '/^triton==/d' \
			| LC_ALL=C sort -f; \
	} > build/constraints.txt
	mv build/constraints.txt constraints.txt
	rm -rf build/constraints

clean: ## Delete what tools leave behind; .venv and your work stay
	rm -rf build dist test-artefacts .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +

distclean: clean ## The same, and .venv
	rm -rf $(VENV)

# One stamp for those who learn and one for those who change the course. Each is renewed only when
# pyproject.toml or constraints.txt changed.
$(LAB_READY): pyproject.toml constraints.txt
	@$(call require_python)
	@$(call make_venv)
	@echo "Installing the course into $(VENV): several hundred MB, a few minutes."
	@$(call install_torch)
	$(BIN)/python -m pip install --constraint constraints.txt --editable .
	@touch $@

$(TESTS_READY): pyproject.toml constraints.txt
	@$(call require_python)
	@$(call make_venv)
	@echo "Installing the course and its test tools into $(VENV): several hundred MB, a few minutes."
	@$(call install_torch)
	$(BIN)/python -m pip install --constraint constraints.txt --editable ".[dev]"
	@touch $(LAB_READY) $@

define require_python
command -v "$(PYTHON)" > /dev/null || { \
	echo "There is no \`$(PYTHON)\` here: install Python 3.11, 3.12 or 3.13, or say where it is, as in \`make lab PYTHON=python3.11\`." >&2; \
	exit 1; }; \
"$(PYTHON)" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || { \
	echo "The course needs Python 3.11, 3.12 or 3.13 (TensorFlow has no newer one yet), but \`$(PYTHON)\` is $$("$(PYTHON)" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])'): install one of them and name it, as in \`make lab PYTHON=python3.11\`." >&2; \
	exit 1; }
endef

# Made anew if an earlier attempt was interrupted before pip was in it.
define make_venv
$(BIN)/python -m pip --version > /dev/null 2>&1 || \
"$(PYTHON)" -m venv --clear $(VENV) || { \
	echo "\`$(PYTHON)\` could not make a virtual environment in $(VENV): on Debian and Ubuntu, install the package python3-venv." >&2; \
	exit 1; }
endef

define install_torch
if [ -n "$(TORCH_INDEX)" ]; then \
	echo "Taking PyTorch from $(TORCH_INDEX)"; \
	$(BIN)/python -m pip install --constraint constraints.txt --no-deps --index-url "$(TORCH_INDEX)" torch; \
fi
endef
