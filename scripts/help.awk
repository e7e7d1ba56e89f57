# SPDX-License-Identifier: GPL-2.0
# Print the targets and variables of a Makefile that carry a `##` comment
/^## /			{ text = substr($0, 4); next }
text && /\?=/		{ value = $0
			  sub(/^[^=]*= */, "", value)
			  sub(/^\$\(CURDIR\)\//, "", value)
			  vars = vars sprintf("  %-17s %s%s\n", $1, text,
				value == "" ? "" : " (" value ")") }
			{ text = "" }
/^[a-z-]+:.*## /	{ name = $1; sub(/:/, "", name); sub(/.*## /, "")
			  targets = targets sprintf("  make %-12s %s\n", name, $0) }
END			{ printf "Targets:\n%s\nVariables (with their defaults):\n%s",
			  targets, vars }
