#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""topologies.py CONTROLLER SIMS DIRECTORY FIRST LAST WAY... - do simulators on
random networks see what tests/model.py says?

Makes a topology of each seed from FIRST to LAST, and runs it in each WAY: options
of the controller, separated by spaces, with "plain" for none. With "paused" among
them, simulators are stopped and continued at random. Prints "WAY: topology SEED: what
is wrong" for each that does not come out, or "WAY: all N agree".
"""
import os
import random
import subprocess
import sys
import time

import model

EPOCH = 1700000000000000000
PATIENCE_S = 60


def random_network(chance, index):
    delay = chance.choice([0, 1, 2, chance.randint(1, 20),
                           chance.randint(1, 20), chance.randint(20, 200)])
    return model.Network(
        index, f'net{index}', delay=delay,
        jitter=chance.choice([0, 0, 0, delay // 2, delay]),
        loss=chance.choice([0, 0, 5, 30]),
        duplicate=chance.choice([0, 0, 0, 10]),
        rate=chance.choice([0, 0, 10**9, 8 * 10**9, 77 * 10**9]),
        queue=chance.choice([0, 1, 5, 1000, 1000]))


def random_sim(chance, name, index, count):
    only_reacts = index and not chance.randrange(4)
    timers = [] if only_reacts else \
        [(chance.randint(1, 100), chance.choice([5, 10, 10, 20, 50, 33]))
         for _ in range(chance.randint(0, 2))]
    return model.Sim(
        name, chance.getrandbits(32),
        0 if only_reacts else chance.choice([100, 300, 300, 500]),
        chance.choice([0, 0, 0, model.NO_MEMORY]) +
        chance.choice([0, model.EAGER]),
        chance.randint(5, 40), index, count, timers)


class Topology:
    """a world, and the command line that makes it"""

    def __init__(self, seed):
        chance = random.Random(seed)
        self.seed = seed
        self.networks = [random_network(chance, index)
                         for index in range(chance.randint(1, 5))]
        count = chance.randint(2, 12)
        names = chance.sample([*range(1, 20), 1 << 24, 1 << 40, 1 << 41],
                              count)
        self.sims = [random_sim(chance, name, index, count)
                     for index, name in enumerate(names)]
        self.options = [f'--seed={seed}', f'--start-time={EPOCH}',
                        f'--clients={count}']
        self.captures = {}
        for network in self.networks:
            self.add_network(network)
        for sim in self.sims:
            for _ in range(chance.randint(1, 3)):
                self.plug(sim, chance.choice(self.networks))
            self.watch(chance, sim)
        self.lines = ''.join(sim.line() for sim in self.sims)
        self.expect()

    def add_network(self, network):
        self.options.append(
            f'--net={network.name}={network.name},delay={network.delay}ns,'
            f'jitter={network.jitter}ns,loss={network.loss}%,'
            f'duplicate={network.duplicate}%,queue={network.queue}' +
            (f',rate={network.rate}bit' if network.rate else ''))
        self.capture(network.name, network)

    def capture(self, what, of):
        of.capture = []
        self.captures[f'{what}.pcap'.replace(':', '.')] = of
        self.options.append(
            f'--capture={what}={what.replace(":", ".")}.pcap')

    def plug(self, sim, network):
        card = sum(port.sim is sim for port in network.ports)
        network.ports.append(model.Port(sim, network, card, self.seed))

    def watch(self, chance, sim):
        """capture what passes a link, and have one fail"""
        port = sim.ports[0]
        link = f'{port.network.name}:{sim.name}'
        if not chance.randrange(3):
            self.capture(link, port)
        if not chance.randrange(8):
            down = chance.randint(0, 100)
            up = down + chance.randint(1, 100)
            port.outages.append((down, up))
            self.options.append(f'--link={link},down={down}ns,up={up}ns')

    def expect(self):
        model.World(self.networks, self.sims).run()
        self.files = {f'log.{sim.name}': sim.text().encode()
                      for sim in self.sims}
        for name, of in self.captures.items():
            self.files[name] = model.pcap(of.capture, EPOCH)

    def run(self, controller, sims, way):
        """returns what is wrong, or None"""
        for name in os.listdir('.'):
            os.unlink(name)
        options = [word for word in way.split()
                   if word not in ('plain', 'paused')]
        pauses = [str(self.seed)] if 'paused' in way else []
        with open('said', 'w', encoding='ascii') as said, \
                subprocess.Popen([controller, *self.options, *options,
                                  'socket'], stderr=said) as server:
            try:
                while not os.path.exists('socket') and server.poll() is None:
                    time.sleep(0.0002)
                clients = subprocess.run(
                    [sims, 'socket', *pauses], input=self.lines, text=True,
                    stderr=said, timeout=PATIENCE_S, check=False)
                status = server.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                return 'it hangs'
            finally:
                server.kill()
        if status or clients.returncode:
            with open('said', encoding='ascii') as said:
                return (f'the controller ended with {status}, simulators with '
                        f'{clients.returncode}: {said.read().strip()}')
        for name, want in self.files.items():
            with open(name, 'rb') as file:
                got = file.read()
            if got != want:
                return self.difference(name, got, want)
        return None

    def difference(self, name, got, want):
        if not name.startswith('log.'):
            return f'{name} differs: {len(got)} bytes, not {len(want)}'
        got, want = got.decode().split('\n'), want.decode().split('\n')
        for line, (one, other) in enumerate(zip(got, want)):
            if one != other:
                return f'{name}:{line + 1} is "{one}", not "{other}"'
        return f'{name} has {len(got)} lines, not {len(want)}'


def main():
    controller, sims, directory = map(os.path.abspath, sys.argv[1:4])
    seeds = range(int(sys.argv[4]), int(sys.argv[5]) + 1)
    ways = sys.argv[6:]
    agree = {way: 0 for way in ways}
    os.mkdir(directory)
    os.chdir(directory)
    for seed in seeds:
        topology = Topology(seed)
        for way in ways:
            wrong = topology.run(controller, sims, way)
            if wrong:
                print(f'{way}: topology {seed}: {wrong}', flush=True)
            else:
                agree[way] += 1
    for way, number in agree.items():
        if number == len(seeds):
            print(f'{way}: all {number} agree')


main()
