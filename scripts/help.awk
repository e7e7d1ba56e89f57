# SPDX-License-Identifier: GPL-2.0
# Print the targets and variables of a Makefile that carry a `##` comment
/^## /			{ text = substr($0, 4); next }
text && /\?=/		{ sub(/ *\?= */, "=")
			  vars = vars sprintf("  %-34s %s\n", $0, text) }
			{ text = "" }
/^[a-z-]+:.*## /	{ name = $1; sub(/:/, "", name); sub(/.*## /, "")
			  targets = targets sprintf("  make %-12s %s\n", name, $0) }
END			{ printf "Targets:\n%s\nVariables and their defaults:\n%s",
			  targets, vars }
