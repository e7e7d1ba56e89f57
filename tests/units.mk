# SPDX-License-Identifier: GPL-2.0
#
# How controller, net, client and lab build and run their test programs,
# tests/PART/test_*.c. The part says first: $(part), $(flags), and what each of
# its test programs is linked with, $(test_objects) and $(test_libs).
#
# The tests and what they test are built with sanitizers, so that they catch what
# is not seen.

O ?= $(abspath ../build)
CFLAGS ?= -O2 -g
SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=undefined

override O := $(abspath $(O))
obj := $(O)/$(part)
tests := $(O)/tests/$(part)
testdir := ../tests/$(part)
units := $(patsubst $(testdir)/%.c,$(tests)/%,$(wildcard $(testdir)/test_*.c))

all:

$(obj)/%.o: %.c | $(obj)
	$(CC) $(flags) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(tests)/%.o: %.c | $(tests)
	$(CC) $(flags) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -c -o $@ $<

$(tests)/%.o: $(testdir)/%.c | $(tests)
	$(CC) $(flags) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -c -o $@ $<

$(tests)/%.o: $(testdir)/../%.c | $(tests)
	$(CC) $(flags) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) -c -o $@ $<

$(tests)/test_%: $(tests)/test_%.o $(addprefix $(tests)/,$(test_objects))
	$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -o $@ $^ $(test_libs) -lcmocka

$(obj) $(tests):
	mkdir -p $@

units: $(units)

test: units
	prove -e '' $(units)

-include $(wildcard $(obj)/*.d $(tests)/*.d)

.PHONY: all install units test clean
# no .SECONDARY: with it a header that has gone rebuilds nothing
.PRECIOUS: $(tests)/%.o
