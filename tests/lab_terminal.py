#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""lab_terminal.py COMMAND... - run a machine's shell on a terminal, and type there

The machine sleeps 5 s by its own clock, which must take as long here or longer,
and its shell must have a terminal.
"""
import os
import pty
import select
import sys
import time

LIMIT = 200


def wait_for(fd, seen, text):
    """read from the terminal until text comes"""
    end = time.monotonic() + LIMIT
    while text not in seen[0]:
        left = end - time.monotonic()
        if left < 0 or not select.select([fd], [], [], left)[0]:
            sys.exit(f'no {text} in {seen[0][-2000:]}')
        try:
            data = os.read(fd, 65536)
        except OSError:
            data = b''
        if not data:
            sys.exit(f'no {text} before the end: {seen[0][-2000:]}')
        seen[0] += data


def main():
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(sys.argv[1], sys.argv[1:])
    seen = [b'']
    wait_for(fd, seen, b'/ # ')
    os.write(fd, b'tty; sleep 5; echo slept $((5 + 1)); exit 4\n')
    began = time.monotonic()
    wait_for(fd, seen, b'slept 6')
    took = time.monotonic() - began
    wait_for(fd, seen, b'virtual/wall')
    # a simulation that was slow catches up 0.1 s at most
    print(f'5 s took {took:.1f} s')
    for text in (b'/dev/console', b'exit 4'):
        if text not in seen[0]:
            sys.exit(f'no {text} in {seen[0][-2000:]}')
    os.waitpid(pid, 0)
    return took < 4.8


if __name__ == '__main__':
    sys.exit(main())
