#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# KERNEL=newest is the newest that Debian has, got without touching the
# machine's apt, and the series for 6.12 fits it
. "$(dirname "$0")/lib.sh"
. tests/machines.sh

work='sleep:1000 wakes:500 ticks:2000'

# source_is FILE [LINE...] - what apt takes for the machine's sources
source_is()
{
	rm -rf "$tmp/parts"
	mkdir "$tmp/parts"
	file=$1
	shift
	printf '%s\n' "$@" >"$tmp/parts/$file"
	printf 'Dir::Etc::%s;\n' 'SourceList "/dev/null"' \
		"SourceParts \"$tmp/parts\"" >"$tmp/apt.conf"
}

# ask - for the newest kernel, for the first time
ask()
{
	rm -rf "$tmp/cache"
	APT_CONFIG=$tmp/apt.conf XDG_CACHE_HOME=$tmp/cache \
		scripts/newer.sh newest
}

# refused TEXT - it fails with just one line, which says so
refused()
{
	says "$1" ask && [ "$(wc -l <"$tmp/why")" = 1 ]
}

# unsigned - a mirror on disk that has both suites, and nobody vouches for it
unsigned()
{
	for suite in sid stable-backports; do
		mkdir -p "$tmp/mirror/dists/$suite"
		printf 'Suite: %s\nDate: %s\n' "$suite" "$(date -Ru)" \
			>"$tmp/mirror/dists/$suite/Release"
	done
}

# apt_state - all that apt keeps on this machine
apt_state()
{
	find /var/lib/apt /var/cache/apt /var/lib/dpkg -printf '%p %s %T@\n' |
		sort
}

# asks_elsewhere - the real question leaves that as it was
asks_elsewhere()
{
	apt_state >"$tmp/before"
	XDG_CACHE_HOME=$tmp/cache scripts/newer.sh newest >"$tmp/newest" ||
		return 1
	apt_state | diff "$tmp/before" - && grep -x '[0-9]*\.[0-9]*' "$tmp/newest"
}

# asked_by_name - stable-backports was not the only name
asked_by_name()
{
	sed -n 's/.* \([a-z]*-backports\) main$/\1/p' \
		"$tmp/cache/um-timetravel/apt/sources.list" |
		grep -vx stable-backports
}

# asks_once - no mirror can be reached, and none is needed
asks_once()
{
	XDG_CACHE_HOME=$tmp/cache http_proxy=http://127.0.0.1:1 \
		APT_CONFIG=$tmp/apt.conf scripts/newer.sh newest |
		diff "$tmp/newest" -
}

# asks_beside - while another make looks for the version, we wait, and print nothing
# but what it has found
# shellcheck disable=SC2016
asks_beside()
{
	mkdir -p "$tmp/beside/um-timetravel/apt"
	flock "$tmp/beside/um-timetravel/apt" sh -c ': >"$1/locked"; sleep 1
		cp "$1/newest" "$1/beside/um-timetravel/newest"' sh "$tmp" &
	for _ in $(seq 100); do
		[ ! -e "$tmp/locked" ] || break
		sleep 0.1
	done
	XDG_CACHE_HOME=$tmp/beside APT_CONFIG=$tmp/apt.conf \
		scripts/newer.sh newest | diff "$tmp/newest" -
}

codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)

source_is none.list
ok 'without a mirror of Debian, there is one line that says so' \
	refused 'no mirror of Debian'
source_is one.list "deb [arch=all] file:$tmp/other stable-security main" \
	"deb [arch=all] file:$tmp/none $codename main contrib"
ok 'a mirror in one line is asked, and named if it has nothing' \
	refused "'file:$tmp/none sid Release' does not have a Release file"
unsigned
source_is deb822.sources 'Types: deb' "URIs: file:$tmp/mirror" \
	"Suites: $codename-updates $codename" 'Components: main'
ok 'a mirror in deb822 is asked, and refused if nobody signed it' \
	refused "'file:$tmp/mirror sid Release' is not signed"
rm -rf "$tmp/cache"
ok "Debian is asked without touching the machine's lists" asks_elsewhere
ok 'the backports are asked for under the name of their release as well' \
	asked_by_name
ok 'Debian is asked once' asks_once
ok 'a second make waits for the answer that the first one gets' asks_beside
ok 'a version that Debian does not have is named' \
	says 'have no linux-source-5.98' make tree KERNEL=5.98
ok 'and leaves nothing' no test -e build/5.98

ok 'the series fits the newest kernel' make kernel KERNEL=newest
ok 'whose client, mended, passes its KUnit tests' make kunit KERNEL=newest
for flags in '' --no-shm; do
	run=newest$flags
	ok "two machines of it share time with ${flags:-memory}" \
		boot "$run" "$flags" "$work" KERNEL=newest
	ok 'they agree what time it is at every tick' \
		agree "$run" ticks_realtime_hash
done
ok 'in memory they use it' \
	stats newest '[.clients[].transport] == ["memory", "memory"]'

# tries_seccomp MACHINE - the machine looked if the host allows seccomp
tries_seccomp()
{
	grep 'seccomp filters can be installed' "$build/test/$1/host"
}

# lab ARGUMENTS - run a lab of one machine with such words for its kernel
lab()
{
	cat >"$tmp/seccomp.yaml" <<-END
		kernel: newest
		machines: { one: { run: "true", args: $1 } }
	END
	timeout 120 "$build/tt-lab" run -q -o "$build/test/newest-lab" \
		"$tmp/seccomp.yaml"
}

need make programs lab
ok 'programs run with seccomp where the host allows it' tries_seccomp newest/1
ok 'in labs as well' lab '[]'
ok 'their machines try it' tries_seccomp newest-lab/one
ok 'a lab may have them traced' lab seccomp=off
ok 'then its machines do not try seccomp' no tries_seccomp newest-lab/one
finish
