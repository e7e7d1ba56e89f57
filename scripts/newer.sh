#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Kernel sources of Debian's newer suites: `newer.sh newest` prints the version of
# the newest and remembers it, `newer.sh fetch VERSION` downloads the .deb to the
# current directory. We use apt with the host's mirror and proxy, but in a separate
# directory, so the host's own package lists stay as they are. `newer.sh mirror`
# prints that mirror.
. "$(dirname "$0")/lib.sh"

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
apt=$cache/apt
newest=$cache/newest

# mirror - print where the host gets Debian from, in apt's syntax
mirror()
{
	codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
	# shellcheck disable=SC2016
	apt-get -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= \
		--no-release-info indextargets \
		--format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
		'Created-By: Packages' | awk -v codename="$codename" '
		$1 ~ "^(" codename "|(old)*stable|testing|sid|unstable)$" &&
			$2 == "main" && !found {
			print $3
			found = 1
		}' | grep . ||
		die "no mirror of Debian is among this machine's apt sources"
}

# configure SUITE... - configure our apt for these suites, without the host's hooks
# for updates
configure()
{
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	uri=$(mirror)
	for suite; do
		echo "deb [signed-by=$keyring] $uri $suite main"
	done >"$apt/sources.list"
	cat >"$apt/conf" <<-EOF
		Dir::Etc::SourceList "$apt/sources.list";
		Dir::Etc::SourceParts "/dev/null";
		Dir::State::Lists "$apt/lists";
		Dir::State::Status "/dev/null";
		Dir::Cache "$apt/cache";
		APT::Sandbox::User "$(id -un)";
		APT::Update::Error-Mode "any";
		APT::Get::AllowUnauthenticated "0";
		Acquire::AllowInsecureRepositories "0";
		Acquire::Languages "none";
		Acquire::Retries "1";
		Acquire::http::Timeout "20";
		Acquire::https::Timeout "20";
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
	EOF
}

# because - print apt's first complaint
because()
{
	sed -n 's/^[EW]: *//p' "$apt/log" | head -n 1
}

# get_lists SUITE... - download the package lists of these suites
get_lists()
{
	configure "$@"
	[ -r "$keyring" ] ||
		die "cannot verify what comes from $uri: install debian-archive-keyring"
	apt-get -c "$apt/conf" -q update >"$apt/log" 2>&1 ||
		die "cannot get the lists of Debian's newer suites: $(because)"
}

# update - get the lists of sid and of the stable release's backports. A mirror may
# have an older state of these under the name stable-backports than under the name
# of the release, so we get both.
update()
{
	get_lists sid stable-backports
	# shellcheck disable=SC2016
	own=$(apt-get -c "$apt/conf" indextargets --format '$(SUITE) $(CODENAME)' |
		sed -n 's/^stable-backports //p' | sort -u)
	# shellcheck disable=SC2086
	get_lists sid stable-backports $own
}

# sources REGEX - print kernel sources whose version matches, the newest last
sources()
{
	apt-cache -c "$apt/conf" search -n "^linux-source-$1\$" |
		sed -n 's/^linux-source-\([0-9.]*\) .*/\1/p' | sort -V
}

: "${KERNEL:=newest}"
need_apt
case $1 in
newest)
	[ -s "$newest" ] || lock "$apt"
	# another make may have found it meanwhile
	if [ ! -s "$newest" ]; then
		update
		version=$(sources '[0-9]+\.[0-9]+' | tail -n 1)
		[ -n "$version" ] ||
			die "Debian's newer suites have no linux-source"
		echo "$version" >"$newest.new"
		mv "$newest.new" "$newest"
	fi
	cat "$newest"
	;;
mirror)
	mirror
	;;
fetch)
	lock "$apt"
	update
	[ -n "$(sources "$2" | head -n 1)" ] ||
		die "Debian's newer suites have no linux-source-$2"
	apt-get -c "$apt/conf" -q download "linux-source-$2" >"$apt/log" 2>&1 ||
		die "cannot download linux-source-$2: $(because)"
	;;
esac
