# SPDX-License-Identifier: GPL-2.0
"""Put the clock off by SECONDS, run a command that mends it, and print each minute
how far off it is: `offsets.py SECONDS DURATION COMMAND...`. A line is the time in
hours and the offset in seconds. It is an error if the clock is more than a
millisecond off at the end.

CLOCK_MONOTONIC_RAW is simulated time: no program can set or slew it."""
import subprocess
import sys
import time


def difference():
    return (time.clock_gettime_ns(time.CLOCK_REALTIME) -
            time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW))


def main():
    right = difference()
    start = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    seconds, duration = int(sys.argv[1]), int(sys.argv[2])
    time.clock_settime(time.CLOCK_REALTIME,
                       time.clock_gettime(time.CLOCK_REALTIME) + seconds)
    with subprocess.Popen(sys.argv[3:], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL) as command:
        passed = 0
        while passed < duration:
            offset = (difference() - right) / 1e9
            print(f"{passed / 3600:.4f} {offset:.9f}", flush=True)
            time.sleep(60)
            passed = time.clock_gettime(time.CLOCK_MONOTONIC_RAW) - start
            if command.poll() is not None:
                sys.exit(f"{sys.argv[3]} has ended")
        command.kill()
    return abs(offset) > 0.001


sys.exit(main())
