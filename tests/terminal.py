#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A terminal for UML's consoles, and who calls one on a port

terminal.py SWITCH TITLE SWITCH ... PATH   started by UML as an xterm
in.telnetd ...                             started by UML when a call comes
terminal.py port                           print a port that is free
terminal.py call PORT                      call UML there

UML waits for a terminal and the pid of a helper, which it kills in the end, on
the socket at PATH, or as descriptor 3, with the call as 0. What is left out of
that depends on the number of the console in TITLE, or on what the caller says.
What console N's helper was started with is in descriptors-N, and the terminal
that it sends in terminal-N.
"""

import os
import socket
import subprocess
import sys
import time

ALL, NO_PID, NOTHING = b"all", b"no pid", b"nothing"


def note(name, lines):
    """Write a file, as a whole."""
    with open(name + ".new", "w", encoding="ascii") as file:
        file.writelines(line + "\n" for line in lines)
    os.rename(name + ".new", name)


def descriptors():
    """What the files are that this process has open."""
    for fd in os.listdir("/proc/self/fd"):
        try:
            yield os.readlink("/proc/self/fd/" + fd)
        except FileNotFoundError:
            pass  # that of the directory itself


def answer(sock, what, console="port"):
    """Send what UML wants, answer its greeting, stay until it hangs up."""
    master, slave = os.openpty()
    note("terminal-" + console, [os.ttyname(slave)])
    pid = os.getpid()
    if what == ALL:
        # as the one in an xterm, it ends when its terminal does
        pid = subprocess.Popen(["cat"], stdin=subprocess.PIPE).pid
        with open("helpers", "a", encoding="ascii") as helpers:
            print(pid, file=helpers)
    message = pid.to_bytes(4, sys.byteorder)[: 1 if what == NO_PID else 4]
    socket.send_fds(sock, [message], [slave] if what != NOTHING else [])
    if what == NOTHING:
        return
    os.close(slave)
    said = b""
    while b"hello" not in said:
        said += os.read(master, 100)
    os.write(master, b"hello to you\n")
    time.sleep(60)


def xterm(title, path):
    """UML has started a terminal, and tells by the title which one."""
    console = title.partition("#")[2][0]
    note("descriptors-" + console, descriptors())
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.connect(path)
    answer(sock, {"1": ALL, "2": NO_PID, "3": NOTHING}[console], console)


def telnetd():
    """UML has taken a call: the caller says what is to be answered."""
    os.write(0, b"?")
    answer(socket.socket(fileno=3), os.read(0, 100))
    os.write(0, b"!")


def listen(conn, char):
    """Skip what UML itself says to a caller."""
    while conn.recv(1) not in char:
        pass


def call(port):
    """One call breaks while another waits, then that goes through."""
    calls = []
    for _ in range(300):
        try:
            calls.append(socket.create_connection(("127.0.0.1", port), 30))
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
    calls.append(socket.create_connection(("127.0.0.1", port), 30))
    for conn in calls:
        listen(conn, b"?")
    calls[0].sendall(NOTHING)
    listen(calls[0], b"!")
    calls[1].sendall(NO_PID)


if sys.argv[0].endswith("in.telnetd"):
    telnetd()
elif sys.argv[1] == "port":
    print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])
elif sys.argv[1] == "call":
    call(int(sys.argv[2]))
else:
    xterm(sys.argv[2], sys.argv[-1])
