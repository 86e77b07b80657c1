# The book's commands. Each is a plain Python command below; README.md has them for Windows.
.DEFAULT_GOAL := help
.PHONY: help book test test-newest bench serve lint screenshot new-chapter clean

# The first Python on the path that the pins fit; another one: make book PYTHON=/path/to/python
FITS := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
            $$p -c '$(FITS)' 2>/dev/null && echo $$p && break; done)
ENV := .venv/bin
READY := .venv/ready
REQUIREMENTS := requirements.txt
PIP = $(ENV)/python -m pip install --quiet --disable-pip-version-check

help: ## what this list says
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-22s %s\n", $$1, $$2}' Makefile

book: $(READY) ## install what is missing, run stale chapters, build the site (all again: FRESH=1; run one: ONLY=4)
	$(ENV)/seqcourse book $(if $(FRESH),--fresh) $(if $(ONLY),--only $(ONLY))

test: book ## build the book, then run every test, layer by layer (some: LAYERS="lesson site")
	$(ENV)/python tests/layers.py $(LAYERS)

test-newest: ## the same with the newest packages, in a clean copy of what is committed
	rm -rf _build/newest
	git clone --quiet . _build/newest
	PIP_NO_CACHE_DIR=1 $(MAKE) -C _build/newest test FRESH=1 REQUIREMENTS=newest.txt

bench: HELD = $(if $(filter avx2,$(WRITE)),ATEN_CPU_CAPABILITY=avx2 ONEDNN_MAX_CPU_ISA=AVX2)
bench: $(READY) _build/bench/ready ## time layers beside torch's and others', and marking (brief: QUICK=1; kept: WRITE=1, held to AVX2: WRITE=avx2)
	PYTHONPATH=_build/bench $(HELD) $(ENV)/python benchmarks/layers.py $(if $(QUICK),--quick) $(if $(WRITE),--write $(filter-out 1,$(WRITE))) $(if $(HELD),--only RNN LSTM GRU RNNCell LSTMCell GRUCell)
	$(ENV)/python benchmarks/grading.py $(if $(QUICK),--sizes 10)

_build/bench/ready: benchmarks/requirements.txt | $(READY)
	@$(PIP) --no-deps --upgrade --target _build/bench --requirement benchmarks/requirements.txt
	@touch $@

serve: $(READY) ## show the built site at http://localhost:8000
	$(ENV)/python -m http.server --bind localhost --directory _build/html 8000

lint: $(READY) ## style and types
	$(ENV)/ruff check .
	$(ENV)/ruff format --check .
	$(ENV)/mypy

new-chapter: $(READY) ## the skeleton of a chapter: make new-chapter NAME=04_recurrent_networks
	$(ENV)/seqcourse new-chapter $(or $(NAME),$(error say which: make new-chapter NAME=04_recurrent_networks))

screenshot: $(READY) ## take README's picture of the built site again
	$(ENV)/python tests/site/screenshot.py

clean: ## remove everything that can be made again
	rm -rf .venv _build dist

$(READY): $(REQUIREMENTS) pyproject.toml
	@$(or $(PYTHON),false) -c '$(FITS)' || { \
	  echo "The book needs Python 3.11, 3.12 or 3.13, and found none (python3 is $$(python3 --version 2>&1))."; \
	  echo "Install one (python.org, your package manager, uv or pyenv), then: make book PYTHON=/path/to/it"; \
	  exit 1; }
	@$(ENV)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv || { \
	  echo "No virtual environment could be made. On Debian and Ubuntu: sudo apt-get install python3-venv"; \
	  exit 1; }
	@echo "Installing what $(REQUIREMENTS) names into .venv (some minutes the first time) …"
	@$(PIP) --requirement $(REQUIREMENTS)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $(READY)
