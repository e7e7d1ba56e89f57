#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Remove what was built; with `all` also the trees, and the downloads
. "$(dirname "$0")/lib.sh"

if [ "${1:-}" = all ]; then
	rm -rf "$build" "$cache"
else
	# the trees took long to download, and were not built
	find "$build" -mindepth 1 -maxdepth 1 ! -exec test -e '{}/src' \; \
		-exec rm -rf {} + 2>/dev/null || :
	rm -rf "$build"/*-mutants "$build"/*-defects
	for flavour in uml 'uml-*' gcov debug without; do
		# shellcheck disable=SC2086
		rm -rf "$build"/*/${flavour:?} "$build"/*/$flavour.log \
			"$build"/*/src/.$flavour
	done
fi
