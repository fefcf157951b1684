# Two commands: `make demo` and `make test`; `make docs-site` builds the documentation. All need Python 3.11 or newer with venv and pip.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
DEMO ?= churngrid-demo
PYTEST_WORKERS ?= 2

.PHONY: demo test lint types tests tools format docs docs-site gallery clean

demo: $(VENV)/.core
	$(BIN)/churngrid demo --out $(DEMO)

test: lint types tests

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# The checkout is the package; mypy needs to see it under the package's name.
types: $(VENV)/.dev
	mkdir -p $(VENV)/named
	ln -sfn "$(CURDIR)" $(VENV)/named/churngrid
	MYPYPATH=$(VENV)/named $(BIN)/mypy -p churngrid.features -p churngrid.training \
		-p churngrid.serving -p churngrid.demo

tests: $(VENV)/.dev
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS)

# shapash, explainerdashboard and skore, each in an environment of its own; needs a package registry.
tools: $(VENV)/.dev
	$(BIN)/python -m pytest -m own_environment tests/tools

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(VENV)/.dev
	$(BIN)/python docs/generate.py

# Warnings are errors, nothing is fetched. The package is found under its name, as in `types`.
docs-site: $(VENV)/.dev
	mkdir -p $(VENV)/named
	ln -sfn "$(CURDIR)" $(VENV)/named/churngrid
	PYTHONPATH=$(VENV)/named NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

gallery: $(VENV)/.dev
	$(BIN)/python docs/draw_gallery.py

clean:
	rm -rf $(VENV) $(DEMO) build dist *.egg-info

$(VENV)/.core: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	$(BIN)/churngrid compile --quiet
	touch $@

$(VENV)/.dev: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev]'
	$(BIN)/churngrid compile --quiet
	touch $@ $(VENV)/.core
