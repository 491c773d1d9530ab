# Two commands do everything on a fresh machine: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo serve test run quick lint docs bench browser clean fuzz mutants

$(VENV)/runtime: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/installed: $(VENV)/runtime
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@

demo: $(VENV)/runtime
	$(BIN)/gradwright demo

serve: $(VENV)/runtime
	$(BIN)/python -m pip install --quiet --editable ".[web]"
	$(BIN)/gradwright serve

# Chromium for the tests of the page: the system's, or Playwright's own, or Debian's
browser: $(VENV)/installed
	@for name in "$$CHROMIUM" chromium chromium-browser google-chrome google-chrome-stable; do \
	  if [ -n "$$name" ] && command -v "$$name" > /dev/null; then exit 0; fi; done; \
	$(BIN)/python -m playwright install chromium || { [ "$$(id -u)" = 0 ] && command -v apt-get > /dev/null \
	  && apt-get update --quiet && apt-get install --quiet --yes chromium; }

lint: $(VENV)/installed
	$(BIN)/ruff check src tests benchmarks docs
	$(BIN)/ruff format --check src tests benchmarks docs
	$(BIN)/mypy

# as many workers as there are cores, a file of tests to each in turn, in the order that tests/conftest.py gives them
WORKERS ?= logical
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# lint and types beside the tests: mypy keeps one core busy for a minute
test: browser
	$(MAKE) --no-print-directory -j 2 lint run

run: $(VENV)/installed
	$(PYTEST)

# the rooms that reading, deriving, certifying and writing live in; a minute at most
quick: $(VENV)/installed
	$(PYTEST) $(addprefix tests/,core tables engine certify read write show test_architecture.py)

# statements, derivatives, formulas, rows and emitted modules that nobody has looked at, many of each kind
FUZZ ?= 1000
fuzz: $(VENV)/installed
	FUZZ=$(FUZZ) $(PYTEST) tests/certify/test_soundness.py tests/test_random.py \
	  tests/read/test_fuzz.py tests/tables/test_foreign.py tests/engine/test_calculus.py tests/emit/test_random.py

# how many small damages of a room its own tests find, by room; ROOMS="core certify" COUNT=60 for fewer
ROOMS ?=
COUNT ?= 200
mutants: $(VENV)/installed
	$(BIN)/python -m pip install --quiet --editable ".[mutants]"
	$(BIN)/python benchmarks/mutants.py $(ROOMS) --count $(COUNT)

# the site, in build/site; what is wrong with a page or a link fails the build
docs: $(VENV)/runtime
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict --quiet
	@echo "build/site/index.html"

bench: $(VENV)/installed
	$(BIN)/python benchmarks/derive.py

clean:
	rm -rf $(VENV) build .pytest_cache .mypy_cache .ruff_cache .hypothesis
