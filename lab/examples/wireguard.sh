# SPDX-License-Identifier: GPL-2.0
# Makes wg0 between the machines $ME and $PEER; sourced by both
# shellcheck shell=sh

# key NUMBER - print the private key of the machine: any 32 bytes will do
key()
{
	printf '%032d' "$1" | base64
}

key "$ME" >/tmp/key
ip link add wg0 type wireguard
wg set wg0 private-key /tmp/key listen-port 51820 peer "$(key "$PEER" | wg pubkey)" \
	endpoint "10.0.0.$PEER:51820" allowed-ips "192.168.0.$PEER/32"
ip address add "192.168.0.$ME/24" dev wg0
ip link set wg0 up
