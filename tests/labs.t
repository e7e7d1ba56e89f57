#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Labs whose machines run the host's own programs, from the host's own files. What
# takes longer is in lab/examples/, for `make labs`.
. "$(dirname "$0")/lib.sh"

need make uml programs lab
labs=$build/test/labs
mkdir -p "$labs"

# lab RUN [OPTION...] - run the lab $tmp/RUN.yaml
lab()
{
	run=$1
	shift
	timeout 300 "$build/tt-lab" run -q -o "$labs/$run" "$@" "$tmp/$run.yaml"
}

# printed LAB MACHINE PATTERN - the machine's command has printed such a line
printed()
{
	grep -E "$3" "$labs/$1/$2/output" || {
		cat "$labs/$1/$2/output"
		return 1
	}
}

# the guest's /tmp is its own
host=$labs/host
rm -rf "$host"
mkdir -p "$host/tree/below" "$host/served"
echo old >"$host/file"
: >"$host/owned"
seq 200000 >"$host/served/numbers"

# a machine does to the host's files what it may not do
cat >"$tmp/writes.yaml" <<END
kernel: $build/6.1/uml/linux
machines:
  writer:
    root: /
    mem: 96M
    run: |
      cd $host
      echo new >file && cat file
      rm -r tree && mkdir tree && ls -a tree
      chown 12:34 owned && stat -c %u:%g owned
      touch /etc/new && rm -f /etc/passwd
END

# 100 Mbit/s are 12.5 MB/s, of which headers take 4%: 1.29 MB need at least 0.107 s,
# and TCP begins with few segments each 40 ms
cat >"$tmp/download.yaml" <<END
kernel: $build/6.1/uml/linux
networks:
  lan: { delay: 20ms, rate: 100Mbit, queue: 1000, capture: lan.pcap }
machines:
  server:
    root: /
    mem: 96M
    networks: { lan: [10.0.0.1/24, "fd00::1/64"] }
    run: |
      exec python3 -u -m http.server --bind :: --directory $host/served 80
    expect: { exit: running, output: '"GET /numbers HTTP/1.1" 200' }
  client:
    root: /
    mem: 96M
    networks: { lan: [10.0.0.2/24, "fd00::2/64"] }
    after: server
    run: |
      python3 - <<'PY'
      import hashlib, time, urllib.request
      begin = time.monotonic_ns()
      text = urllib.request.urlopen("http://server/numbers").read()
      print("ms", (time.monotonic_ns() - begin) // 10**6)
      print("sum", hashlib.sha256(text).hexdigest())
      PY
END

host_as_before()
{
	[ "$(cat "$host/file")" = old ] && [ -d "$host/tree/below" ] &&
		[ "$(stat -c %u "$host/owned")" = "$(id -u)" ] &&
		[ -s /etc/passwd ] && [ ! -e /etc/new ]
}

# what was downloaded is what is on the host
downloaded()
{
	sum=$(sha256sum <"$host/served/numbers")
	printed download client "^sum ${sum%% *}"
}

# the client's time fits the link
in_time()
{
	ms=$(sed -n 's/^ms //p' "$labs/download/client/output")
	echo "$ms ms"
	[ "$ms" -ge 147 ] && [ "$ms" -le 600 ]
}

ok "a machine may write and remove the host's files" lab writes
ok 'it sees what it wrote' printed writes writer '^new$'
ok "it may give a file to whom it wants" printed writes writer '^12:34$'
ok 'what it removed is gone' no printed writes writer below
ok 'nothing of that reaches the host' host_as_before
ok "the host's python3 serves and downloads a file" lab download
ok 'the file arrives as it was' downloaded
ok 'it takes what the link and TCP need' in_time
ok 'a second run is the same to the byte' timeout 300 "$build/tt-lab" verify -q \
	--against "$labs/download" -o "$labs/again" "$tmp/download.yaml"
finish
