# SPDX-License-Identifier: GPL-2.0
"""What simulators on networks see: a small sequential model.

It does one thing after the other, in the order that tt-controller(1) describes
under NETWORKS, and has no clients, groups or windows. It shares no code with the
controller. The simulators are those of tests/sims.c.

At each instant, first all frames are delivered that arrive then, in the order (time
sent, sender, port, number). Then everybody who has got one, or has something to do,
does it; the order does not matter. What they send is put into an order only when
nobody can send anything at that time or earlier any more; then chance decides about
it, and it is captured.
"""
import heapq
import struct

from splitmix import Random

NEVER = (1 << 63) - 1
MASK = (1 << 64) - 1
LONGEST_FRAME = 14 + 8 + 65535
HEADER = 20
NO_MEMORY, EAGER = 1, 2


class Frame:
    """a frame that was sent; key puts frames of one instant into order"""

    def __init__(self, sent, port, number, data):
        self.key = (sent, port.machine, port.network.index, port.card, number)
        self.sent = sent
        self.port = port
        self.data = data


class Line:
    """one direction of a link, which sends one frame after the other"""

    def __init__(self, network):
        self.network = network
        self.free = 0
        self.starts = []

    def send(self, time, length):
        """when the frame has left; None: it is dropped"""
        if not self.network.rate:
            return time
        self.starts = [start for start in self.starts if start > time]
        if self.free > time:
            if len(self.starts) >= self.network.queue:
                return None
            self.starts.append(self.free)
        self.free = max(self.free, time) + \
            -(-length * 8 * 10**9 // self.network.rate)
        return self.free


class Port:
    """a card of a simulator, and the link at it"""

    def __init__(self, sim, network, card, seed):
        self.sim = sim
        self.machine = sim.name
        self.network = network
        self.card = card
        self.number = 0
        self.random = Random.of_port(seed, network.name, sim.name, card)
        self.up = Line(network)
        self.down = Line(network)
        self.outages = []
        self.capture = None
        # its number to the simulator
        sim.ports.append(self)
        self.sims_number = len(sim.ports)

    def is_down(self, time):
        return any(start <= time < end for start, end in self.outages)

    def order(self):
        return self.machine, self.network.index, self.card


class Network:
    """a switch; times are ns, rate is bit/s, loss and duplicate are percent"""

    def __init__(self, index, name, delay=0, jitter=0, loss=0, duplicate=0,
                 rate=0, queue=1000):
        self.index = index
        self.name = name
        self.delay = delay
        self.jitter = jitter
        self.loss = loss
        self.duplicate = duplicate
        self.rate = rate
        self.queue = queue
        self.ports = []
        self.learnt = {}
        self.inside = []
        self.capture = []

    def send(self, time, port, data):
        frame = Frame(time, port, port.number, data)
        port.number += 1
        heapq.heappush(self.inside, (time, frame.key, False, frame))

    def next(self):
        return self.inside[0][0] if self.inside else NEVER

    def step(self, arrivals):
        """the next frame inside goes on; nobody sends anything before it"""
        now, key, at_switch, frame = heapq.heappop(self.inside)
        if at_switch:
            self.distribute(now, frame, arrivals)
            return
        self.capture.append((now, frame.data))
        if frame.port.capture is not None:
            frame.port.capture.append((now, frame.data))
        if frame.port.is_down(now):
            return
        now = frame.port.up.send(now, len(frame.data))
        if now is not None:
            heapq.heappush(self.inside, (now, key, True, frame))

    def distribute(self, time, frame, arrivals):
        destination, source = frame.data[:6], frame.data[6:12]
        if not source[0] & 1:
            self.learnt[source] = frame.port
        port = self.learnt.get(destination)
        for port in [port] if port else self.ports:
            if port is not frame.port and port.sim.is_there:
                self.forward(time, port, frame, arrivals)

    def forward(self, time, port, frame, arrivals):
        if self.loss and port.random.chance(self.loss):
            return
        twice = self.duplicate and port.random.chance(self.duplicate)
        for _ in range(2 if twice else 1):
            if port.is_down(time):
                continue
            due = port.down.send(time, len(frame.data))
            if due is None:
                continue
            due += self.delay - self.jitter
            if self.jitter:
                due += port.random.below(2 * self.jitter + 1)
            arrivals.add(due, frame, port)


class Arrivals:
    """frames on their way from a switch"""

    def __init__(self):
        self.heap = []
        self.nr = 0

    def add(self, due, frame, port):
        self.nr += 1
        heapq.heappush(self.heap,
                       (due, frame.key, port.order(), self.nr, frame, port))

    def next(self):
        return self.heap[0][0] if self.heap else NEVER

    def take(self):
        entry = heapq.heappop(self.heap)
        return entry[4], entry[5]


class Sim:
    """a simulator of tests/sims.c"""

    def __init__(self, name, seed, end, flags, budget, index, count, timers):
        self.name = name
        self.seed = seed
        self.end = end
        self.flags = flags
        self.budget = budget
        self.index = index
        self.count = count
        self.timers = timers
        self.ports = []
        self.random = seed
        self.sent = 0
        self.events = []
        self.added = 0
        self.frames = []
        self.log = []
        self.is_there = True
        for timer, (first, _) in enumerate(timers):
            self.add(first, timer)

    def line(self):
        """what tests/sims.c reads"""
        networks = ','.join(port.network.name for port in self.ports)
        timers = ','.join(f'{first}:{period}' for first, period in self.timers)
        return (f'{self.name} {self.seed} {self.end} {self.flags} '
                f'{self.budget} {self.index} {self.count} {networks} '
                f'{timers or "-"}\n')

    def below(self, limit):
        self.random = (self.random * 6364136223846793005 +
                       1442695040888963407) & MASK
        return (self.random >> 33) % limit

    def add(self, time, timer, port=None, data=None):
        self.added += 1
        heapq.heappush(self.events, (time, self.added, timer, port, data))

    def request(self):
        time = self.events[0][0] if self.events else NEVER
        return min(time, self.end) if self.end else time

    def send(self, now, port, data):
        if self.budget:
            self.budget -= 1
            port.network.send(now, port, bytes(data))

    def address(self, port):
        return bytes([10, 0, 0, 0, self.index, port.sims_number])

    def destination(self):
        kind = self.below(8)
        if kind == 0:
            return b'\xff' * 6
        if kind == 1:
            return b'\x01\x00\x5e\x00\x00\x01'
        if kind == 2:
            return b'\x0a' + b'\xff' * 5
        index = self.below(self.count)
        return bytes([10, 0, 0, 0, index, 1 + self.below(2)])

    def send_something(self, now):
        port = self.ports[self.below(len(self.ports))]
        data = bytearray(self.destination())
        data += self.address(port) + b'\x88\xb5'
        data += struct.pack('>BBI', self.below(4), self.index, self.sent)
        self.sent += 1
        times = self.below(4)
        length = HEADER + times * self.below(64)
        data += bytes(i * self.sent & 0xff for i in range(HEADER, length))
        self.send(now, port, data)

    def act(self, now):
        count = 1 + self.below(3)
        if not self.below(16):
            count += 12
        for _ in range(count):
            self.send_something(now)

    def answer(self, now, port, data):
        self.send(now, port, data[6:12] + self.address(port) + data[12:])

    def react(self, now, port, data):
        if not data[14]:
            return
        data = data[:14] + bytes([data[14] - 1]) + data[15:]
        kind = self.below(4)
        if kind == 0:
            self.answer(now, port, data)
        elif kind == 1:
            self.add(now + 1 + self.below(60), None, port, data)
        elif kind == 2:
            self.send(now, self.ports[self.below(len(self.ports))], data)

    def start(self):
        if self.flags & EAGER:
            self.act(0)

    def run(self, now):
        frames, self.frames = self.frames, []
        for port, data in frames:
            self.log.append(f'{now} receive {port.sims_number} {data.hex()}')
            self.react(now, port, data)
        while self.events and self.events[0][0] <= now:
            _, _, timer, port, data = heapq.heappop(self.events)
            if timer is None:
                self.log.append(f'{now} later')
                self.answer(now, port, data)
                continue
            self.log.append(f'{now} timer {timer}')
            self.act(now)
            self.add(now + self.timers[timer][1], timer)
        if self.end and now >= self.end:
            self.is_there = False

    def text(self):
        return ''.join(line + '\n' for line in [*self.log, 'end'])


class World:
    """networks, simulators, and what happens"""

    def __init__(self, networks, sims):
        self.networks = networks
        self.sims = sims
        self.arrivals = Arrivals()

    def commit(self, time):
        """nobody does anything before time, unless a frame arrives"""
        while True:
            now = min(network.next() for network in self.networks)
            if now >= min(time, self.arrivals.next()):
                return
            for network in self.networks:
                while network.next() == now:
                    network.step(self.arrivals)

    def deliver(self, time):
        while self.arrivals.next() == time:
            frame, port = self.arrivals.take()
            if not port.sim.is_there:
                continue
            if port.capture is not None:
                port.capture.append((time, frame.data))
            port.sim.frames.append((port, frame.data))

    def run(self):
        """until nobody has anything to do"""
        for sim in self.sims:
            sim.start()
        there = self.sims
        while there := [sim for sim in there if sim.is_there]:
            time = min(sim.request() for sim in there)
            self.commit(time)
            if self.arrivals.next() < time:
                time = self.arrivals.next()
            if time == NEVER:
                break
            self.deliver(time)
            for sim in there:
                if sim.frames or sim.request() == time:
                    sim.run(time)
        self.arrivals.heap.clear()
        self.commit(NEVER)


def pcap(entries, start):
    """a capture; start is the wall clock at time 0, ns"""
    data = [struct.pack('=IHHiIII', 0xa1b23c4d, 2, 4, 0, 0, LONGEST_FRAME, 1)]
    for time, frame in entries:
        sec, nsec = divmod(start + time, 10**9)
        data.append(struct.pack('=IIII', sec, nsec, len(frame), len(frame)))
        data.append(frame)
    return b''.join(data)
