# SPDX-License-Identifier: GPL-2.0
"""The random numbers of networks, once more, from the description in
net/random.h."""

MASK = (1 << 64) - 1


class Random:
    """splitmix64"""

    def __init__(self, seed):
        self.state = seed

    @staticmethod
    def of_port(seed, network, machine, card):
        """what decides about frames to a port; card counts from 0"""
        random = Random(seed)
        for byte in network.encode():
            random.mix(byte)
        random.mix(machine)
        random.mix(card)
        return random

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = self.state
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & MASK
        x = (x ^ x >> 27) * 0x94D049BB133111EB & MASK
        return x ^ x >> 31

    def mix(self, value):
        self.state = self.next() ^ value

    def below(self, limit):
        return self.next() * limit >> 64

    def chance(self, percent):
        return self.next() >> 1 < (1 << 63) * percent // 100
