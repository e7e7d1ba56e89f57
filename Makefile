# SPDX-License-Identifier: GPL-2.0
# The front door: `make help` lists what there is.

## 6.1, 6.12, newest (in Debian), or the path of a tree, which is never written to, or tarball
KERNEL ?= 6.1
## `none` leaves the tree without our patches
SERIES ?=
## How many machines boot
NODES ?= 2
## Delay of a network between them, such as 5ms; more words, as in 5ms,loss=1: tt-controller(1)
NET ?=
ifneq ($(NET),)
SCENARIO ?= net:% ping:1
endif
## What each machine does, see rootfs/guest.c; % is its number
SCENARIO ?= sleep:1000 wakes:1000 ticks:5000
## How many of the NODES machines join later, one at each `gate` of machine 1
JOIN ?= 0
## What the machines that join later do, if not SCENARIO
JOIN_SCENARIO ?=
## Options for tt-controller, such as --no-shm
CONTROLLER_FLAGS ?=
## What is random in machines and networks depends on it; if empty, on the host
SEED ?= 1
## More words for the kernels' command lines
KARGS ?=
## Seconds until machines that still run are killed
TIMEOUT ?= 300
## Where the logs and results of a boot go
RUN ?= $(CURDIR)/build/run
## More in the kernel: names of rootfs/configs/; or `debug`: it checks itself, with symbols
CONFIG ?=
## Name of a copy of the kernel's tree and build, which is used instead
COPY ?=
## Runs only some tests, KUnit tests (a glob), mutants, defects, labs or parts of the bench
ONLY ?=
## Runs only the unit tests whose names match this glob
CASE ?=
## How long `make fuzz` runs
SECONDS ?= 60
## Where `make kunit` leaves its result as JSON
KUNIT_JSON ?=
## A list of mutants, instead of the one in tests/mutants/
MUTANTS ?=
## How many times `make bench` measures
BENCH_RUNS ?= 5
## Where the results and plots of the bench go
BENCH ?= $(CURDIR)/build
export KERNEL SERIES NODES NET SCENARIO JOIN JOIN_SCENARIO CONTROLLER_FLAGS SEED
export KARGS TIMEOUT RUN CONFIG COPY ONLY CASE KUNIT_JSON MUTANTS BENCH_RUNS BENCH
export SECONDS

MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.PHONY: help boot uml controller client lab labs install image kunit coverage mutants defects \
	bench bench-plot patches test fuzz clean distclean \
	check packages programs tree series kernel

help: ## this list
	@awk -f scripts/help.awk Makefile

boot: programs kernel ## boot NODES machines that share time under the controller
	@scripts/boot.sh

uml: kernel ## patch and build the kernel; the last line is the path of the binary
	@scripts/uml.sh path

kunit: kernel ## run the client's unit tests in the kernel
	@scripts/kunit.sh

coverage: CONFIG = gcov
coverage: kernel ## show which lines of the series the tests run, and why not the others
	@scripts/coverage.sh

mutants: packages ## break the client in many places and see that `make kunit` notices
	@scripts/mutants.sh

defects: check ## show that each defect's test fails before its patch and passes after
	@scripts/packages.sh defects
	@scripts/defects.sh

patches: series ## fold edits of the whole files into the series of KERNEL
	@scripts/fold-patches.sh

controller: packages ## build build/tt-controller
	@scripts/controller.sh

client: packages ## build the library for simulators, build/libttclient.so.0 and .a
	@$(MAKE) -s -C client O=$(CURDIR)/build

lab: packages ## build build/tt-lab, which runs labs
	@$(MAKE) -s -C lab O=$(CURDIR)/build

install: packages ## install controller, library, tt-lab and man pages (PREFIX, DESTDIR)
	@$(MAKE) -s -C controller O=$(CURDIR)/build install
	@$(MAKE) -s -C lab O=$(CURDIR)/build install
	@$(MAKE) -s -C client O=$(CURDIR)/build install

image: packages ## build the initramfs, build/initramfs.cpio
	@scripts/image.sh

bench: ## measure what sharing time costs, and the least it could cost: bench.json
	@scripts/packages.sh bench
	@scripts/bench.sh

bench-plot: ## draw the results of `make bench` as bench.svg and bench.png
	@scripts/packages.sh bench-plot
	@scripts/bench-plot.sh

test: ## run all tests; the last line is `N passed, M failed`
	@scripts/test.sh

labs: programs lab ## run the labs in lab/examples/, also those that take long
	@scripts/packages.sh labs
	@scripts/labs.sh

fuzz: ## let libFuzzer play a wild machine with a network card, for SECONDS
	@scripts/packages.sh fuzz
	@$(MAKE) -s -C net O=$(CURDIR)/build fuzz

clean: ## remove what was built, keep the unpacked trees
	@scripts/clean.sh

distclean: ## remove build/ and the downloads in the user's cache
	@scripts/clean.sh all

# The stages of `make boot`, in this order: a wrong variable is reported before
# anything is installed or built, a wrong scenario before the kernel is built.
check:
	@scripts/check.sh
packages: check
	@scripts/packages.sh boot
programs: packages
	@scripts/controller.sh
	@scripts/image.sh
	@scripts/check.sh programs
tree: packages
	@scripts/tree.sh
series: tree
	@scripts/apply-patches.sh
kernel: series
	@scripts/uml.sh

# until everybody uses the names
stage-2: tree
stage-3: series
stage-4: kernel
stage-5: programs
.PHONY: stage-2 stage-3 stage-4 stage-5
