#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 5: build the controller
. "$(dirname "$0")/lib.sh"

stage 5 'controller'
mkdir -p "$build"
make -C "$top/controller" O="$build" >"$build/controller.log" 2>&1 || {
	cat "$build/controller.log" >&2
	die 'cannot build the controller'
}
stage_done tt-controller
