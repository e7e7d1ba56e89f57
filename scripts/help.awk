# SPDX-License-Identifier: GPL-2.0
# Print the targets and variables of a Makefile that carry a `##` comment
/^## /			{ text = substr($0, 4); next }
text && /\?=/		{ vars = vars sprintf("  %-17s %s\n", $1, text)
			  sub(/.*\?= */, "")
			  if ($0 != "")
				vars = vars sprintf("  %-17s (%s)\n", "", $0) }
			{ text = "" }
/^[a-z-]+:.*## /	{ name = $1; sub(/:/, "", name); sub(/.*## /, "")
			  targets = targets sprintf("  make %-12s %s\n", name, $0) }
END			{ printf "Targets:\n%s\nVariables and their defaults:\n%s",
			  targets, vars }
