# SPDX-License-Identifier: GPL-2.0
# The front door: `make help` lists what there is.

## Which kernel: 6.1, 6.12, newest (of Debian's), or the path of a tree (never written to)
KERNEL ?= 6.1
## How many machines boot
NODES ?= 2
## A network with this delay, such as 5ms; more words after a comma, see NETWORKS in the man page
NET ?=
## What each machine does, step by step, see rootfs/guest.c; % is its number
SCENARIO ?= $(if $(NET),net:% ping:1,sleep:1000 wakes:1000 ticks:5000)
## How many of the NODES join later, one at each `gate` of machine 1's SCENARIO
JOIN ?= 0
## What these do; without it, the same
JOIN_SCENARIO ?=
## Options for tt-controller, such as --no-shm
CONTROLLER_FLAGS ?=
## More words for the kernels' command lines
KARGS ?=
## Seconds after which the machines are given up
TIMEOUT ?= 300
## Where the logs and results of a boot go
RUN ?= $(CURDIR)/build/run
## `none` leaves the tree without our patches
SERIES ?=
## `debug` takes a build that checks itself and has symbols, `gcov` one that counts lines
CONFIG ?=
## Where `make kunit` leaves its result as JSON
KUNIT_JSON ?=
## Only mutants with this word; one defect; wakeups, calls or machines of a bench
ONLY ?=
## A list of mutants, instead of the one in tests/mutants/
MUTANTS ?=
## How many times `make bench` measures
BENCH_RUNS ?= 5
## Where its result goes, and the plot of it
BENCH ?= $(CURDIR)/build
export KUNIT_JSON ONLY MUTANTS BENCH BENCH_RUNS
export KERNEL NODES NET SCENARIO JOIN JOIN_SCENARIO CONTROLLER_FLAGS KARGS TIMEOUT RUN SERIES CONFIG

MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.PHONY: help boot uml controller client image kunit coverage mutants defects \
	bench bench-plot patches test clean distclean \
	stage-1 stage-2 stage-3 stage-4 stage-5

help: ## this list
	@awk -f scripts/help.awk Makefile

boot: stage-4 stage-5 ## boot NODES machines that share time under the controller
	@scripts/boot.sh

uml: stage-4 ## patch and build the kernel; the last line is the path of the binary
	@scripts/uml.sh path

controller: stage-1 ## build build/tt-controller
	@scripts/controller.sh

client: stage-1 ## build the library for simulators, build/libttclient.so.0 and .a
	@$(MAKE) -s -C client O=$(CURDIR)/build

image: stage-1 ## build the initramfs, build/initramfs.cpio
	@scripts/image.sh

kunit: stage-4 ## run the client's unit tests in the kernel (KUNIT_JSON=file keeps the result)
	@scripts/kunit.sh

coverage: CONFIG = gcov
coverage: stage-4 ## which lines of the series the tests run; of the others, why not
	@scripts/coverage.sh

mutants: stage-1 ## break the client in many places and see that `make kunit` notices
	@scripts/mutants.sh

defects: ## show that each defect fails its test before its patch, and not after
	@scripts/packages.sh defects
	@scripts/defects.sh

bench: stage-4 stage-5 ## measure what sharing time costs, beside the limit: bench.json
	@scripts/bench.sh

bench-plot: ## draw what it has measured as bench.svg and bench.png
	@scripts/packages.sh bench-plot
	@scripts/bench-plot.sh

patches: stage-3 ## fold edits of the whole files into the series of KERNEL
	@scripts/patches.sh

test: ## all tests; the last line is `N passed, M failed`
	@scripts/test.sh

clean: ## remove what was built, keep the unpacked trees
	@scripts/clean.sh

distclean: ## remove build/ and the downloads in the user's cache
	@scripts/clean.sh all

# the stages of `make boot`
stage-1:
	@scripts/packages.sh boot
stage-2: stage-1
	@scripts/tree.sh
stage-3: stage-2
	@scripts/patch.sh
stage-4: stage-3
	@scripts/uml.sh
stage-5: stage-1
	@scripts/controller.sh
	@scripts/image.sh
