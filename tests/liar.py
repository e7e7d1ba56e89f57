#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A controller for one machine that lies about who runs

liar.py SOCKET RUNNING_ID    RUNNING_ID is in the memory until the first RUN
"""

import os
import socket
import struct
import sys

ACK, START, REQUEST, WAIT = 0, 1, 2, 3
RUN = 6

MESSAGE = struct.Struct("=IIQ")
SLOTS = 4
SLOT = 1
LENGTH = 4096 + SLOTS * 128
VERSION = 2
RUNNING_ID_OFFSET = 24
REQUEST_IN_SLOT = struct.Struct("=IQ")
REQUEST_OFFSET = 4096 + SLOT * 128 + 4
REQ_RUN = 1


def memory(running_id):
    """A memory that says so; nobody is ever free, so every request is made."""
    fd = os.memfd_create("liar")
    os.ftruncate(fd, LENGTH)
    os.pwrite(fd, struct.pack("=IIQQHH", VERSION, LENGTH, 0, 0, running_id,
                              SLOTS), 0)
    return fd


def serve(conn, running_id):
    """Have the machine run whenever it wants to, until it has gone."""
    mem = memory(running_id)
    wanted = None
    while True:
        data = conn.recv(MESSAGE.size, socket.MSG_WAITALL)
        if len(data) < MESSAGE.size:
            return
        op, seq, time = MESSAGE.unpack(data)
        if op == START:
            socket.send_fds(conn, [MESSAGE.pack(ACK, seq, SLOT)],
                            [mem, os.memfd_create("log")])
        elif op == WAIT:
            os.pwrite(mem, struct.pack("=H", SLOT), RUNNING_ID_OFFSET)
            flags, time = REQUEST_IN_SLOT.unpack(os.pread(
                mem, REQUEST_IN_SLOT.size, REQUEST_OFFSET))
            if flags & REQ_RUN:
                wanted = time
            conn.sendall(MESSAGE.pack(RUN, seq, wanted))
        elif op != ACK:
            conn.sendall(MESSAGE.pack(ACK, seq, 0))
        if op == REQUEST:
            wanted = time


listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
listener.listen()
serve(listener.accept()[0], int(sys.argv[2]))
