#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stage 2: build the controller
. "$(dirname "$0")/lib.sh"

stage 2 'controller'
lock "$build"
make -C "$top/controller" O="$build" >"$build/controller.log" 2>&1 || {
	cat "$build/controller.log" >&2
	die 'cannot build the controller'
}
stage_done tt-controller
