# SPDX-License-Identifier: GPL-2.0
# Boots for tests, and what can be said about them afterwards.
# shellcheck shell=sh disable=SC2034,SC2154

# what two runs must share to be the same
epoch=1700000000000000000

# boot RUN FLAGS SCENARIO [VARIABLE=VALUE...] - a boot whose logs stay in
# build/test/RUN
boot()
{
	name=$1 flags=$2 scenario=$3
	shift 3
	make boot RUN="$build/test/$name" SCENARIO="$scenario" TIMEOUT=240 \
		CONTROLLER_FLAGS="--start-time $epoch $flags" "$@"
}

# stats RUN FILTER - what the controller counted fits the jq filter, which may
# use received and sent: all messages of a client
stats()
{
	jq -e "def received: [.in[]] | add; def sent: [.out[]] | add;
		$2" "$build/test/$1/stats.json" >/dev/null || {
		jq -c '.clients[]' "$build/test/$1/stats.json"
		return 1
	}
}

# value RUN MACHINE NAME - what the machine measured
value()
{
	sed -n "s|^$3 ||p" "$build/test/$1/$2/result" | grep .
}

# at_most VALUE LIMIT, at_least VALUE LIMIT
at_most()
{
	echo "$1, at most $2"
	[ "$1" -le "$2" ]
}

at_least()
{
	echo "$1, at least $2"
	[ "$1" -ge "$2" ]
}

# near VALUE VALUE - they differ by a microsecond at most, in ns
near()
{
	echo "$1 and $2"
	[ $(($1 - $2)) -le 1000 ] && [ $(($2 - $1)) -le 1000 ]
}

# agree RUN NAME - both machines measured the same
agree()
{
	one=$(value "$1" 1 "$2") && two=$(value "$1" 2 "$2") &&
		echo "$2: $one and $two" && [ "$one" = "$two" ]
}

# same RUN RUN - two runs are equal to the last byte
same()
{
	for machine in 1 2; do
		for file in console result; do
			cmp "$build/test/$1/$machine/$file" \
				"$build/test/$2/$machine/$file" || return 1
		done
	done
}

# the accounts of a client: what it is answered, and what it answers
memory_acks='.in.ack == .out.free_until + .out.broadcast and
	.out.ack == received - .in.ack - .in.wait'
message_acks='.in.ack == sent - .out.ack and .out.ack == received - .in.ack'
