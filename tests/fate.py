#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""fate.py SEED NETWORK MACHINE DELAY JITTER LOSS LAN LINK - does a machine get
what the seed says it gets?

LAN is the capture of the network NETWORK, which has two machines, LINK that of
the link of MACHINE. DELAY and JITTER are ns, LOSS is percent. What happens to a
frame is computed here once more, from the description in net/random.h and
net/link.c alone, and compared with what has happened.
"""
import struct
import sys

from splitmix import Random


def frames(path):
    """(time in ns, content) of each frame in a capture"""
    with open(path, 'rb') as file:
        data = file.read()
    if struct.unpack_from('=I', data)[0] != 0xA1B23C4D:
        sys.exit(f'{path} has no nanoseconds')
    pos = 24
    while pos < len(data):
        sec, nsec, length, _ = struct.unpack_from('=IIII', data, pos)
        yield sec * 10**9 + nsec, data[pos + 16:pos + 16 + length]
        pos += 16 + length


def main():
    seed, network, machine, delay, jitter, loss, lan, link = sys.argv[1:]
    machine, delay, jitter = int(machine), int(delay), int(jitter)
    random = Random.of_port(int(seed), network, machine, 0)
    own = struct.pack('>I', machine)[1:]

    expected = []
    lost = 0
    for time, frame in frames(lan):
        if frame[9:12] == own:
            continue
        if loss != '0' and random.chance(int(loss)):
            lost += 1
            continue
        time += delay - jitter
        if jitter:
            time += random.below(2 * jitter + 1)
        expected.append((time, frame))
    # jitter may have changed their order
    expected.sort(key=lambda frame: frame[0])

    got = [(time, frame) for time, frame in frames(link)
           if frame[9:12] != own]
    # what was on its way when the machine halted did not arrive
    expected = [entry for entry in expected if entry[0] <= got[-1][0]]
    print(f'{len(got)} frames arrived, {lost} were lost')
    if got != expected:
        sys.exit(f'{len(expected)} should have arrived, and when they should')


main()
