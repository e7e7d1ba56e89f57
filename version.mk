# SPDX-License-Identifier: GPL-2.0
# The version of the whole project; NEWS says what each brought
version := 0.2
