# make            says what there is
# Every target makes the environment first; none needs root.

PYTHON ?= python3
UV = .venv/bin/uv
RUN = .venv/bin/python -m
EXTRAS = --extra ecg --extra desk
STAMP = .venv/.made

.PHONY: help demo test attack attack-full check bench fuzz ci ocr peers buckets journeys browser contracts lint types viewer clean

help:
	@echo "make demo    the main job, then the doors stay open  (FROM=folder, ONCE=1 ends by itself)"
	@echo "make test    all tests"
	@echo "make attack  every promise attacked, with a table"
	@echo "make attack-full  the long ones too: every destructive act, 20,000 breaking points"
	@echo "make check   lint, types, import contracts"
	@echo "make bench   the figures, with machine and date  (about ten minutes)"
	@echo "make fuzz    the parsers under random input  (FUZZ_SECONDS=60 for each)"
	@echo "make peers   system packages and the tests that want them  (root: SoftHSM2, dcmtk)"
	@echo "make ocr     Tesseract and the tests that read text in pictures  (root, once: apt-get)"
	@echo "make buckets two S3 servers on loopback and the tests that want them  (root: Ceph, SeaweedFS)"
	@echo "make journeys  FHIR clients of others at work on it  (installs them; needs node)"
	@echo "make browser Chromium and the tests of the pages in it  (root, once: apt-get)"
	@echo "make viewer  fetches OHIF, which shows pictures  (npm; 50 MB, once)"
	@echo "make ci      what continuous integration runs"

$(STAMP): pyproject.toml uv.lock
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv
	@test -x $(UV) || .venv/bin/pip install --quiet --disable-pip-version-check uv
	@$(UV) sync --quiet --locked $(EXTRAS)
	@touch $(STAMP)

demo: $(STAMP)
	@$(RUN) chartkeep demo $(if $(FROM),--from "$(FROM)")

test: $(STAMP)
	@$(RUN) pytest -q -m "not peer and not journey and not browser and not bucket and not full" -n 2

attack: $(STAMP)
	@$(RUN) attack

attack-full: $(STAMP)
	@$(RUN) attack --full

lint: $(STAMP)
	@.venv/bin/ruff check . && .venv/bin/ruff format --check .

types: $(STAMP)
	@.venv/bin/mypy -p chartkeep

contracts: $(STAMP)
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports

check: lint types contracts

bench: $(STAMP)
	@$(RUN) bench

fuzz: $(STAMP)
	@$(UV) sync --quiet --locked --group fuzz $(EXTRAS)
	@for each in fuzz/*.py; do \
		echo "$$each"; \
		$(RUN) fuzz.$$(basename $$each .py) -max_total_time=$(or $(FUZZ_SECONDS),60) -verbosity=0 || exit 1; \
	done

peers: $(STAMP)
	@command -v softhsm2-util >/dev/null || (apt-get update -qq && apt-get install -y -qq softhsm2)
	@command -v storescu >/dev/null || (apt-get update -qq && apt-get install -y -qq dcmtk)
	@command -v dciodvfy >/dev/null || (apt-get update -qq && apt-get install -y -qq dicom3tools)
	@$(UV) sync --quiet --locked --group peers --extra pkcs11 $(EXTRAS)
	@$(RUN) pytest -q -m peer

ocr: $(STAMP)
	@command -v tesseract >/dev/null || (apt-get update -qq && apt-get install -y -qq tesseract-ocr tesseract-ocr-fra tesseract-ocr-ind tesseract-ocr-jpn fonts-noto-cjk)
	@$(RUN) pytest -q tests/incident/trace/intake/test_pictures.py

buckets: $(STAMP)
	@command -v radosgw >/dev/null || (apt-get update -qq && apt-get install -y -qq --no-install-recommends ceph-mon ceph-mgr ceph-osd radosgw)
	@$(UV) sync --quiet --locked --group buckets $(EXTRAS)
	@$(RUN) pytest -q -m bucket tests/recovery

journeys: $(STAMP)
	@$(UV) sync --quiet --locked --group peers $(EXTRAS)
	@cd tests/journeys/node && npm ci --silent --no-fund --no-audit
	@$(RUN) pytest -q -m journey tests/journeys

browser: $(STAMP) viewer/index.html
	@command -v chromium >/dev/null || (apt-get update -qq && apt-get install -y -qq chromium fonts-noto-cjk)
	@$(UV) sync --quiet --locked --group peers $(EXTRAS)
	@$(RUN) pytest -q -m browser

viewer: viewer/index.html

viewer/index.html: tools/viewer.py | $(STAMP)
	@mkdir -p dist && cd dist && npm pack --silent @ohif/app@3.13.2 >/dev/null
	@$(RUN) tools.viewer dist/ohif-app-3.13.2.tgz viewer

ci: check test attack

clean:
	@rm -rf .venv demo .pytest_cache .mypy_cache .ruff_cache .hypothesis
