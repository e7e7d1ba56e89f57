# SPDX-License-Identifier: GPL-2.0
# gnuplot -e "dir='chrony.out'" chrony.gp: the offsets of the clients of chrony.yaml,
# as chrony.svg in the lab's directory
set terminal svg size 720,400
set output dir . "/chrony.svg"
set title "Clocks with chronyd, 5 ms away from their server, jitter 1 ms"
set xlabel "virtual time, hours"
set ylabel "offset, seconds"
set logscale y
set format y "10^{%T}"
set xrange [0:24]
set xtics 3
set grid
plot for [i=1:3] dir . "/client" . i . "/output" using 1:(abs($2)) \
	with lines title sprintf("client %d, %+d s, %+d ppm", i, i - 4, 100 * (i - 2))
