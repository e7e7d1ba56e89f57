# SPDX-License-Identifier: GPL-2.0
# What a wake-up costs, over the number of clients, against the limit. Called
# with a file (clients, limit, memory, messages), the name of the output without
# its end, and what was measured.

data = ARG1
ink = '#30343b'
pale = '#6b727b'

set border 3 lc rgb '#8a9099'
set grid xtics ytics mytics lt 1 lc rgb '#d8dce1' lw .8, \
	lt 1 lc rgb '#eef0f2' lw .6
set tics nomirror scale .6, 0 textcolor rgb ink
set logscale x 2
set logscale y 10
set margins 8, 3, 3.5, 4.5
unset key

stats data using 1 name 'n' nooutput
stats data using ($2 / 1.6) name 'low' nooutput
stats data using ($4 * 1.6) name 'high' nooutput
set xrange [n_min / 1.2:n_max * 1.2]
set yrange [low_min:high_max]
set for [i = 0:13] xtics add (sprintf('%d', 2 ** i) 2 ** i)
set ytics ()
set for [i = 0:3] for [k = 1:9] ytics add \
	(k == 1 || k == 2 || k == 5 ? sprintf('%d', k * 10 ** i) : '' \
	 k * 10 ** i k != 1 && k != 2 && k != 5)

set label 'What a wake-up costs' at graph 0, 1 offset 0, 2.6 \
	font ',18' textcolor rgb ink
set label ARG3 at graph 0, 1 offset 0, 1.1 font ',12' textcolor rgb pale
set xlabel 'clients' textcolor rgb ink
set ylabel 'µs a wake-up' textcolor rgb ink

# each curve has its name where it begins, above or below
array names[3] = ['limit: two hops between processes', 'shared memory', \
	'messages']
array colours[3] = [pale, '#0b6e99', '#c8553d']
array beside[3] = [-1.1, 1.6, 1.1]

do for [terminal in 'svg png'] {
	if (terminal eq 'svg') {
		set terminal svg size 800, 500 font 'DejaVu Sans,14' \
			background '#ffffff'
	} else {
		set terminal pngcairo size 1600, 1000 fontscale 1.7 \
			font 'DejaVu Sans,14' linewidth 2 pointscale 2
	}
	set output ARG2.'.'.terminal
	plot for [i = 1:3] data using 1:(column(i + 1)) \
		with linespoints lw 2 pt 7 ps .6 lc rgb colours[i], \
		for [i = 1:3] data every ::::0 \
		using 1:(column(i + 1)):(names[i]) with labels \
		left offset 0, beside[i] textcolor rgb colours[i]
	set output
}
