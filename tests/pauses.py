#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""pauses.py DIRECTORY SEED - stop and continue at random what runs in DIRECTORY or
has it in its command line: machines, tt-controller, tt-lab. Goes on until it is
killed, and prints then how often it did so."""
import os
import random
import signal
import sys
import time

PROGRAMS = 'linux', 'tt-controller', 'tt-lab'


def look(pid):
    """the process' parent, its program, where it runs and its command line"""
    with open(f'/proc/{pid}/stat', encoding='ascii') as file:
        parent = file.read().rpartition(')')[2].split()[1]
    with open(f'/proc/{pid}/cmdline', encoding='utf-8') as file:
        words = file.read().split('\0')
    program = os.path.basename(os.readlink(f'/proc/{pid}/exe')).split()[0]
    return parent, program, os.readlink(f'/proc/{pid}/cwd'), words


def processes(directory):
    """those that matter; other processes of a machine are its children"""
    found = {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            parent, program, where, words = look(pid)
        except OSError:
            continue
        if program in PROGRAMS and (directory in words or
                                    f'{where}/'.startswith(directory + '/')):
            found[pid] = parent, program
    return [int(pid) for pid, (parent, program) in found.items()
            if program != 'linux' or found.get(parent, ' ')[-1] != 'linux']


def send(pid, sig):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


def main():
    directory = os.path.realpath(sys.argv[1])
    chance = random.Random(int(sys.argv[2]))
    # nobody must stay stopped
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f'{pauses} pauses'))
    pauses = 0
    while True:
        found = processes(directory)
        for _ in range(20 if found else 1):
            if found:
                pid = chance.choice(found)
                pauses += 1
                try:
                    send(pid, signal.SIGSTOP)
                    time.sleep(chance.uniform(0, 0.02))
                finally:
                    send(pid, signal.SIGCONT)
            time.sleep(chance.uniform(0, 0.02))


main()
