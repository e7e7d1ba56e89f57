#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A terminal that is read late

late_reader.py FILE COMMAND...

Run the command, in which READER stands for the number of a descriptor, a socket.
A second after something has come through that, and it has long been full if
there is much to come, read it into FILE until its other end is closed; if FILE
is "-" close it instead.
"""

import socket
import subprocess
import sys
import time

here, there = socket.socketpair()
reader = there.fileno()
command = [word.replace("READER", str(reader)) for word in sys.argv[2:]]
with subprocess.Popen(command, pass_fds=[reader]) as machine:
    there.close()
    here.recv(1, socket.MSG_PEEK)
    time.sleep(1)
    if sys.argv[1] == "-":
        here.close()
    else:
        with open(sys.argv[1], "wb") as file:
            while data := here.recv(1 << 16):
                file.write(data)
sys.exit(machine.returncode)
