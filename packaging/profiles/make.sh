#!/usr/bin/env bash
# Writes netcase-triage/disabled_protos: what runs on TCP and UDP ports, or guesses there, except what carries other packets.
# netcase reads TLS, DNS, HTTP and WireGuard by its own means, so none of its cases needs them. Run again for a new branch of
# Wireshark; names that a branch does not know are ignored by it.
# SPDX-License-Identifier: GPL-2.0-or-later
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

carriers='vxlan|geneve|gtp|gtpv2|l2tp|teredo|ayiya|capwap|mpls|udpencap|esp|gre|lisp|lisp-data|nsh|vxlan_gpe|etherip|tzsp|hp_erm|aruba_erm'
carriers+='|lwapp|lwapp-l3|wlan|ip|ipv6|eth|ppp|nflog|hcrt|gue|fou|trill|otv|pwethheuristic|mmpls|bier|gsmtap|peekremote|openvpn|tcp|udp|sctp'
carriers+='|cflow|sflow|dcp-etsi|data|llc|capwap.data|mip|mipv6|wassp|pdcp-lte|pdcp-nr|mac-lte|mac-nr|rlc|rlc-lte|rlc-nr|infiniband'
carriers+='|gprs-ns|fp|fp_mux|ieee1722|bat|bat.gw|rpcap|babel|pgm|ipvs|lisp-tcp|tapa|e100|hcrt'

{
    tshark -G decodes 2>/dev/null | awk -F '\t' '$1 == "tcp.port" || $1 == "udp.port" || $1 == "tls.port" { print $3 }'
    tshark -G heuristic-decodes 2>/dev/null | awk -F '\t' '$1 == "tcp" || $1 == "udp" || $1 == "tls" { print $2 }'
    # What only these call, and what the ports of the list above depend on.
    printf '%s\n' tls dtls http http2 http3 quic dns mdns llmnr json xml media mime_multipart data-text-lines urlencoded-form
} | sort -u | grep -vxE "$carriers" >netcase-triage/disabled_protos
wc -l netcase-triage/disabled_protos
