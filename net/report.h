/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_REPORT_H
#define TT_NET_REPORT_H

struct json_object;
struct net;

struct json_object *net_report(const struct net *net);

#endif /* TT_NET_REPORT_H */
