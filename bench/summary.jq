# SPDX-License-Identifier: GPL-2.0
# From all samples: medians, ratios to the limit of the same run, and whether
# the targets are met. Input is what bench.json begins with.

def median:
	sort | (.[(length - 1) / 2 | floor] + .[length / 2 | floor]) / 2;

# { key: median } of objects of numbers
def medians:
	[.[] | to_entries[] | select(.value)] | group_by(.key) |
	map({ (.[0].key): (map(.value) | median) }) | add // {};

def keep(f): with_entries(select(.key | f));
def is_case: IN("n", "ticks", "active", "how");

# what is of one kind: each case once, with the medians of all its runs
def cases($what):
	[$samples[] | select(.what == $what)] | group_by(.n, .ticks, .active, .how) |
	map({ case: .[0] | keep(is_case),
	      samples: map(del(.what) | keep(is_case | not) |
		if .limit_ns and $what != "machines" then .ratio = .ns / .limit_ns
		else . end) } |
	    .case + (.samples | map(del(.run)) | medians) + { samples });

def of($n; $how): map(select(.n == $n and .how == $how))[0];

# of cases, over all runs: f of an object with one sample for each $how
def over_runs(f):
	[.[] | .how as $how | .samples[] | select(.run) |
	 { run, key: $how, value: . }] |
	group_by(.run) | map(from_entries | f) |
	if length > 0 then median else null end;

# of machines on a network
def networked(f): .network | over_runs(f);

# what 2000 round trips take beyond what one machine needs to ping itself
def round_trip:
	networked(((.pings.ns - .idle.ns) -
		   (."alone, pings".ns - .alone.ns)) / 2000 / .pings.limit_ns);

# what TCP takes, without booting
def per_second: networked((.tcp.frames - .idle.frames) * 1e9 /
			  (.tcp.ns - .idle.ns));
def share: networked((.tcp.cpu_ns - .idle.cpu_ns) / (.tcp.ns - .idle.ns));

# what a frame adds to what idle machines take
def system_calls($how):
	(.network | map({ (.how): . }) | add) as $of |
	if $of then ($of[$how].system_calls - $of.idle.system_calls) /
		    ($of[$how].frames - $of.idle.frames) else null end;

# of so many groups
def grouped($n; f): .windows | map(select(.n == $n)) | over_runs(f);

# events a second on all CPUs, times those on one
def gain($n):
	.work | map(select(.n == $n)) |
	if length > 1 then (.[0] | .ns) / (.[1] | .ns) else null end;

# By calculation: 64 machines of which each has a CPU, and one for the controller.
# In a window of 5 ms each machine does five ticks, and stops once. The controller
# needs so long for each stop, one after the other.
def calculated:
	(.windows | of(2; "all at once")) as $limit |
	(.windows | of(2; "jobs all")) as $all |
	if $limit and $all then
		{ tick_ns: ($limit.ns / $limit.ticks),
		  run_ns: ($all.cpu_ns / $all.runs) } |
		. + { window_ns: (5 * .tick_ns) } |
		. + { machines: (.window_ns / .run_ns),
		      times_the_limit: ([1 + .run_ns / .window_ns,
					 64 * .run_ns / .window_ns] | max) }
	else null end;

def target($name; $value; $bound; $target):
	select($value) | { name: $name, value: $value, ($bound): $target,
	  met: (if $bound == "at_most" then $value <= $target
		else $value >= $target end) };

def targets:
	[ target("2 clients, memory, times the limit";
		 .wakeups | of(2; "memory").ratio; "at_most"; 1.25),
	  target("64 clients, memory, times the limit";
		 .wakeups | of(64; "memory").ratio; "at_most"; 1.3),
	  target("4096 clients, memory, times the limit";
		 .wakeups | of(4096; "memory").ratio; "at_most"; 2),
	  target("2 clients, messages, times the limit";
		 .wakeups | of(2; "messages").ratio; "at_most"; 4),
	  (.frames | map(select(.active == 2)) | sort_by(.n) |
	   target("a frame among \(.[-1].n) ports, times one among \(.[0].n)";
		  try (.[-1].ratio / .[0].ratio) catch null; "at_most"; 1.1),
	   target("a frame between 2 ports, times the limit";
		  .[0].ratio; "at_most"; 1.5),
	   target("system calls of the controller for a frame, for any number";
		  map(.controller_calls) | max; "at_most"; 3)),
	  target("a round trip of two machines, beyond one alone, times the limit";
		 round_trip; "at_most"; 8),
	  target("2 groups, all CPUs, times all alone at once";
		 grouped(2; ."jobs all".ns / ."all at once".ns);
		 "at_most"; 1.1),
	  target("2 groups, all CPUs, times alone one after the other";
		 grouped(2; ."jobs all".ns / .alone.ns); "at_most"; 0.8),
	  target("2 groups, one CPU, times alone one after the other";
		 grouped(2; ."jobs 1".ns / .alone.ns); "at_most"; 1.25),
	  target("2 groups, one CPU, messages a tick";
		 .windows | of(2; "jobs 1") |
		 if . then .messages / .ticks else null end; "at_most"; 0.5),
	  target("8 groups, all CPUs, times all alone at once";
		 grouped(8; ."jobs all".ns / ."all at once".ns);
		 "at_most"; 1.15),
	  target("2 groups, one is busy, 0.1 ms, --jobs=auto, times one CPU";
		 grouped(2; ."busy, auto".ns / ."busy, jobs 1".ns);
		 "at_most"; 1.05),
	  target("64 simulators, events a second, times one CPU"; gain(64);
		 "at_least"; 1.7),
	  target("1024 simulators, events a second, times one CPU"; gain(1024);
		 "at_least"; 1.7),
	  target("system calls of the controller, memory, for any number";
		 [.calls[] | select(.how == "memory").controller_calls] | max;
		 "at_most"; 3) ];

. + { limit: cases("limit"), wakeups: cases("wakeups"), calls: cases("calls"),
      frames: cases("frames"), network: cases("network"),
      windows: cases("windows"), work: cases("work"),
      machines: cases("machines") } |
. + { tcp: { frames_per_second: per_second, controller_share: share,
	       calls_per_frame: system_calls("tcp") },
      pings: { calls_per_frame: system_calls("pings") } } |
. + { calculated: calculated, targets: targets }
