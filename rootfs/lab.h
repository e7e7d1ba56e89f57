/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of a lab's init: see lab.c */
#ifndef LAB_H
#define LAB_H

#include <stdbool.h>

/* where the guest sees the machine's directory on the host, in any root */
#define LAB		"/lab"

/* where a root that has an init of its own finds this program */
#define LAB_INIT	"/run/lab-init"

void lab_fail(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/* lab_root.c */
void mount_first(const char *lab_dir);
void make_root(const char *dir);
void write_file(const char *path, const char *text);
void copy_files(void);
void enter_root(void);
void make_service(void);

/* lab_net.c */
void net_start(void);
void net_card(const char *text);
void net_gateway(const char *text);

/* lab_run.c */
void run_command(bool shell);

#endif
