#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""pauses.py DIRECTORY SEED - stop and continue machines at random, those that run in
a directory below DIRECTORY, until this is killed. Prints how often it did so."""
import os
import random
import signal
import sys
import time


def machines(directory):
    """their first processes: others are their children or threads"""
    parents = {}
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            where = os.readlink(f'/proc/{pid}/cwd')
            exe = os.readlink(f'/proc/{pid}/exe')
            with open(f'/proc/{pid}/stat', encoding='ascii') as file:
                parent = file.read().rpartition(')')[2].split()[1]
        except OSError:
            continue
        if where.startswith(directory + '/') and '/linux' in exe:
            parents[pid] = parent
    return [int(pid) for pid in parents if parents[pid] not in parents]


def send(pid, sig):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        pass


def main():
    directory = os.path.realpath(sys.argv[1])
    chance = random.Random(int(sys.argv[2]))
    # a machine must not stay stopped
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(f'{pauses} pauses'))
    pauses = 0
    while True:
        found = machines(directory)
        for _ in range(20):
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
