#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A controller for one machine that lies about who runs

liar.py SOCKET RUNNING_ID    RUNNING_ID stays in the memory, whatever happens
"""

import os
import socket
import struct
import sys

ACK, START, REQUEST, WAIT = 0, 1, 2, 3
RUN = 6

MESSAGE = struct.Struct("=IIQ")
SLOTS = 4
LENGTH = 4096 + SLOTS * 128
VERSION = 2


def memory(running_id):
    """Two descriptors for the machine, the memory and a log."""
    fd = os.memfd_create("liar")
    os.ftruncate(fd, LENGTH)
    # nobody is ever free, so that every request has to find its way
    os.pwrite(fd, struct.pack("=IIQQHH", VERSION, LENGTH, 0, 0, running_id,
                              SLOTS), 0)
    return [fd, os.memfd_create("log")]


def serve(conn, running_id):
    """Have the machine run whenever it wants to, until it has gone."""
    wanted = None
    while True:
        data = conn.recv(MESSAGE.size, socket.MSG_WAITALL)
        if len(data) < MESSAGE.size:
            return
        op, seq, time = MESSAGE.unpack(data)
        if op == START:
            socket.send_fds(conn, [MESSAGE.pack(ACK, seq, 1)],
                            memory(running_id))
        elif op == WAIT:
            conn.sendall(MESSAGE.pack(RUN, seq, wanted))
        elif op != ACK:
            conn.sendall(MESSAGE.pack(ACK, seq, 0))
        if op == REQUEST:
            wanted = time


listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(sys.argv[1])
listener.listen()
serve(listener.accept()[0], int(sys.argv[2]))
