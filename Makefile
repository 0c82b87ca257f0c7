# LeakGuard: `make help` lists what there is.
#   PYTHON=python3.13   the interpreter to use (else the first python3 >= 3.11 found)
#   VENV=.venv          where its environment goes
#   ONLY=tests/report   what `make test` runs (else everything); for `make demo` which stories and
#                       frameworks: ONLY="closure listener cache", ONLY="all flask django"
#   NOT=tests/leaks     what it leaves out

candidates := python3 python3.13 python3.12 python3.11 python3.14 python3.15
is_recent := 'import sys; sys.exit(sys.version_info < (3, 11))'
PYTHON ?= $(shell for name in $(candidates); do \
	$$name -c $(is_recent) >/dev/null 2>&1 && { echo $$name; break; }; done)
VENV ?= .venv
ONLY ?=
NOT ?=
bin := $(VENV)/bin
pip := $(bin)/python -m pip --disable-pip-version-check
sources := $(shell find leakguard integrations ui -type f -not -path '*/node_modules/*' \
	-not -path 'leakguard/ui/static/*' -not -name '*.py[co]' -not -name '.*' 2>/dev/null) CMakeLists.txt pyproject.toml
say = @printf '\n==> %s\n' "$(1)"

.DEFAULT_GOAL := help
.PHONY: help demo test ready check check-ruff check-mypy check-pyright check-ui bench test-sid clean
.DELETE_ON_ERROR:

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.demo-tools $(VENV)/.installed ## leak under a real server, ask with curl, show the fix (ONLY=flask, django)
	$(call say,Running the demo: a leaking application first and then its fix)
	@$(bin)/python examples/demo.py $(ONLY)

test: ui/node_modules/.whole $(VENV)/.test-tools $(VENV)/.installed ## build, install and test everything
	$(call say,Testing the installed package)
	@$(bin)/python -P -m pytest $(addprefix --ignore=,$(NOT)) $(ONLY)

ready: ui/node_modules/.whole $(VENV)/.test-tools $(VENV)/.installed ## build and install, with what the tests need

check: check-ruff check-mypy check-pyright check-ui ## lint, formatting and types

check-ruff: $(VENV)/.check-tools
	$(call say,ruff: lint and formatting)
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .

check-mypy: $(VENV)/.check-tools $(VENV)/.test-tools $(VENV)/.installed
	$(call say,mypy --strict: the package and then what uses it)
	@$(bin)/mypy
	@MYPYPATH=examples $(bin)/mypy --strict examples/demo.py tests/typing
	@for story in examples/*_leak; do MYPYPATH=$$story $(bin)/mypy --strict $$story/*.py || exit 1; done

check-pyright: $(VENV)/.check-tools $(VENV)/.test-tools $(VENV)/.installed
	$(call say,pyright: the package and what uses it)
	@$(bin)/pyright --pythonpath $(bin)/python

check-ui: ui/node_modules/.whole
	$(call say,tsc and the tests of the page's script)
	@npm run --silent --prefix ui check
	@npm run --silent --prefix ui test

bench: $(VENV)/.test-tools $(VENV)/.installed ## pause and cost of a snapshot against gc.collect()
	$(call say,Benchmarks: each figure as a ratio to one full gc.collect() of the same heap)
	@$(bin)/python -P benchmarks

test-sid: ## capture, analysis and end-to-end tests on CPython 3.14 and 3.15
	$(call say,Testing on CPython 3.14 and 3.15 in a chroot of Debian sid)
	@tools/test-sid $(VENV)-sid

clean: ## remove what these targets made in the tree
	rm -rf $(VENV) $(VENV)-sid build leakguard/ui ui/node_modules .mypy_cache .pytest_cache .ruff_cache .hypothesis

# ---- the environment: a stamp a step, so that nothing is done twice ----

# Before the build, which needs a part of it: what the script is checked and the page tested with.
ui/node_modules/.whole: ui/package-lock.json
	$(call say,Installing what the page's script needs)
	@flock ui/.building npm ci --prefix ui --silent --ignore-scripts
	@touch $@

$(VENV)/.made:
	$(call say,Creating $(VENV) with $(or $(PYTHON),no interpreter))
	@test -n "$(PYTHON)" || { echo "no python3 >= 3.11 was found; name one: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(pip) install -qq --upgrade 'pip>=25.1' # the first that knows dependency groups
	@touch $@

$(VENV)/.%-tools: pyproject.toml $(VENV)/.made
	$(call say,Installing what make $* needs)
	@$(pip) install -qq --group $*
	@touch $@

$(VENV)/.installed: $(sources) $(VENV)/.made
	$(call say,Building LeakGuard and installing it)
	@$(pip) install -qq '.[asgi]'
	@touch $@
