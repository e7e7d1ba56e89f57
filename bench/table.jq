# SPDX-License-Identifier: GPL-2.0
# bench.json as tables

# so many digits after the point
def digits($n):
	if . == null then "-" elif . < 0 then "-" + (-. | digits($n)) else
		(. * pow(10; $n) | round | tostring) |
		("0" * ($n + 1 - length) // "") + . |
		if $n > 0 then .[:-$n] + "." + .[-$n:] else . end
	end;
def us: if . then . / 1000 | digits(1) else "-" end;
def s: if . then . / 1e9 | digits(2) else "-" end;

# cells to the right, each $width wide
def row($width):
	map(tostring | (" " * ($width - length) // "") + .) | join("");

# f of each case of the same $n, in columns
def each($hows; f):
	. as $cases | $hows | map(. as $how |
		$cases | map(select(.how == $how))[0] | f) | add;

def wakeups:
	["memory", "messages"] as $hows |
	"A wake-up in us, and times the limit in the same run:",
	"         limit          memory                                messages",
	"clients    mean    p50" + ("    mean  times    p50    p99  p99.9" | . + .),
	(.limit as $limit | .wakeups | group_by(.n)[] | .[0].n as $n |
	 ([$n] | row(7)) + ([.[0].limit_ns | us] | row(8)) +
	 ([$limit | map(select(.n == $n))[0].p50_ns | us] | row(7)) +
	 each($hows; ([.ns | us] | row(8)) + ([(.ratio | digits(2)),
		(.p50_ns, .p99_ns, .p999_ns | us)] | row(7)))),
	"";

def calls:
	.wakeups as $wakeups |
	"Messages and system calls of a wake-up, memory of the controller in kB:",
	"         memory                              messages",
	"clients" + ("  messages  controller  client    kB" | . + .),
	(.calls | group_by(.n)[] | ([.[0].n] | row(7)) +
	 each(["memory", "messages"];
	      ([.messages | digits(2)] | row(10)) +
	      ([.controller_calls | digits(2)] | row(12)) +
	      ([.client_calls | digits(2)] | row(8)) +
	      (. as $of | $wakeups |
	       map(select(.n == $of.n and .how == $of.how))[0].controller_kb |
	       [. // "-"] | row(6)))),
	"";

def frames:
	"A frame in us, times the limit in the same run, frames a second, system calls:",
	"  ports  active   mean  times    p50    p99  p99.9  frames/s" +
	"  controller  client     kB",
	(.frames[] | ([.n] | row(7)) + ([.active] | row(8)) +
	 ([(.ns | us), (.ratio | digits(2)),
	   (.p50_ns, .p99_ns, .p999_ns | us)] | row(7)) +
	 ([1e9 / .ns | round] | row(10)) +
	 ([.controller_calls | digits(2)] | row(12)) +
	 ([.client_calls | digits(2)] | row(8)) + ([.controller_kb] | row(7))),
	"";

def network:
	"Machines on a network of 5 ms, in s; 2000 pings, or 10 MB over TCP:",
	"                   s  frames  messages  wake-ups  kicks  calls  system calls  controller",
	(.network[] | "\(.how)               "[:14] + ([.ns | s] | row(6)) +
	 ([.frames // "-"] | row(8)) + ([.messages // "-"] | row(10)) +
	 ([.wakeups // "-"] | row(10)) +
	 ([.kicks // "-", .calls // "-"] | row(7)) +
	 ([.system_calls // "-"] | row(14)) +
	 ([if .cpu_ns then .cpu_ns | s else "-" end] | row(12))),
	"TCP: \(.tcp.frames_per_second // 0 | round) frames a second, controller " +
	"\(.tcp.controller_share // 0 | . * 100 | round) % of the time",
	"Controller: \(.pings.calls_per_frame | digits(1)) system calls a frame of a ping, " +
	"\(.tcp.calls_per_frame | digits(1)) one of TCP",
	"";

def windows:
	"Machines that are groups, 5 ms from each other, in s; busy: only one, 0.1 ms:",
	"machines  ticks               s  messages   runs  controller",
	(.windows[] | ([.n, .ticks] | row(8)) + ("  \(.how)            "[:14]) +
	 ([.ns | s] | row(7)) + ([.messages // "-"] | row(10)) +
	 ([.runs // "-"] | row(7)) +
	 ([if .cpu_ns then .cpu_ns | s else "-" end] | row(12))),
	"",
	"Simulators that work for 10 us a tick, 20 ticks from each other:",
	"clients  jobs    us a tick  ticks/s  controller, us a run",
	(.work[] | ([.n] | row(7)) + ([.how | ltrimstr("jobs ")] | row(6)) +
	 ([.ns | us] | row(13)) + ([1e9 / .ns | round] | row(9)) +
	 ([.cpu_ns / .runs | us] | row(22))),
	"",
	(.calculated | select(.) |
	 "By calculation, not measured: with a CPU for each of 64 machines they need " +
	 "\(.times_the_limit | digits(2)) x the limit;",
	 "the controller becomes the limit with \(.machines | round) machines " +
	 "(\(.run_ns | us) us a run, \(.window_ns | us) us a window)",
	 "");

def machines:
	"Machines in s, and times what they need alone, one after the other:",
	"machines  ticks  alone  memory          unpinned" +
	"        messages        unpinned",
	(.machines | group_by(.n)[] |
	 (map(select(.how == "alone"))[0].ns) as $alone |
	 ([.[0].n, .[0].ticks] | row(8)) + ([$alone | s] | row(7)) +
	 each(["memory", "memory unpinned", "messages", "messages unpinned"];
	      [(.ns | s), (.ns / $alone | digits(2))] | row(8))),
	"";

def targets:
	"Targets:",
	(.targets[] | (if .met then "  met      " else "  not met  " end) +
	 .name + ": \(.value | digits(2)), " +
	 if .at_most then "at most \(.at_most)" else "at least \(.at_least)" end);

(select(.wakeups != []) | wakeups),
(select(.calls != []) | calls),
(select(.frames != []) | frames),
(select(.network != []) | network),
(select(.windows != []) | windows),
(select(.machines != []) | machines),
(select(.targets != []) | targets)
