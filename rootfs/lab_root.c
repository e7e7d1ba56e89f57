// SPDX-License-Identifier: GPL-2.0
/*
 * The root of a machine in a lab
 *
 * A directory of the host becomes the root below a tmpfs: hostfs, mounted read-only,
 * is overlayfs' lower directory, so whatever the machine writes is gone when it ends,
 * and the host's files stay as they are. The initramfs is the root otherwise.
 */
#include "lab.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOWER		"/lower"
#define TOP		"/top"
#define NEW_ROOT	"/new"

/* where the root is until enter_root() */
static const char *root = "";

/* print @format to @path, after the root */
static void __attribute__((format(printf, 3, 4)))
root_path(char *path, size_t size, const char *format, ...)
{
	int len = snprintf(path, size, "%s", root);
	va_list ap;

	va_start(ap, format);
	vsnprintf(path + len, size - len, format, ap);
	va_end(ap);
}

/* mount it, and make the directory first if there is none */
static void mount_at(const char *type, const char *path, const char *source,
		     unsigned long flags, const char *options)
{
	mkdir(path, 0755);
	if (mount(source, path, type, flags, options))
		lab_fail("cannot mount %s at %s: %s", type ?: source, path,
			 errno == ENODEV ? "the kernel does not have it, see rootfs/configs/" :
			 strerror(errno));
}

static void mount_in_root(const char *type, const char *dir, const char *options)
{
	char path[64];

	root_path(path, sizeof(path), "%s", dir);
	mount_at(type, path, type, 0, options);
}

static void move_to_root(const char *dir)
{
	char path[64];

	root_path(path, sizeof(path), "%s", dir);
	mount_at(NULL, path, dir, MS_MOVE, NULL);
}

/* devtmpfs has none of these */
static void make_dev_links(void)
{
	static const char *const links[][2] = {
		{ "/proc/self/fd", "/dev/fd" },
		{ "/proc/self/fd/0", "/dev/stdin" },
		{ "/proc/self/fd/1", "/dev/stdout" },
		{ "/proc/self/fd/2", "/dev/stderr" },
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(*links); i++)
		if (symlink(links[i][0], links[i][1]) && errno != EEXIST)
			lab_fail("%s: %s", links[i][1], strerror(errno));
}

/**
 * mount_first() - mount what lab-init itself needs; before anything else
 * @lab_dir: the machine's directory on the host
 */
void mount_first(const char *lab_dir)
{
	mount_at("hostfs", LAB, "lab", 0, lab_dir);
	mount_at("devtmpfs", "/dev", "dev", 0, NULL);
	mount_at("proc", "/proc", "proc", 0, NULL);
	mount_at("sysfs", "/sys", "sysfs", 0, NULL);
	make_dev_links();
	/* small kernels have no pseudo-terminals */
	mkdir("/dev/pts", 0755);
	mount("devpts", "/dev/pts", "devpts", 0, "mode=620,ptmxmode=666");
	mount_at("tmpfs", "/dev/shm", "shm", 0, "mode=1777");
	mkdir("/tmp", 01777);
	mkdir("/run", 0755);
	mkdir("/etc", 0755);
	mkdir("/root", 0700);
}

/**
 * make_root() - make the new root, which is not entered yet
 * @dir: a directory of the host
 */
void make_root(const char *dir)
{
	mkdir(LOWER, 0755);
	if (mount("lower", LOWER, "hostfs", MS_RDONLY, dir))
		lab_fail("root dir %s: %s", dir, strerror(errno));
	mount_at("tmpfs", TOP, "top", 0, "mode=755");
	mkdir(TOP "/upper", 0755);
	mkdir(TOP "/work", 0755);
	mount_at("overlay", NEW_ROOT, "root", 0,
		 "lowerdir=" LOWER ",upperdir=" TOP "/upper,workdir=" TOP "/work");
	root = NEW_ROOT;
	mount_in_root("tmpfs", "/tmp", "mode=1777");
	mount_in_root("tmpfs", "/run", "mode=755");
	/* what the user on the host may not read, root in here cannot either */
	if (access(NEW_ROOT "/root", R_OK | X_OK))
		mount_in_root("tmpfs", "/root", "mode=700");
}

/**
 * write_file() - make a file in the root, in place of an existing one
 * @path: its absolute path
 * @text: its content
 */
void write_file(const char *path, const char *text)
{
	char full[256];
	FILE *file;

	root_path(full, sizeof(full), "%s", path);
	/* it may be a symbolic link, or unreadable and so not to be copied up */
	unlink(full);
	file = fopen(full, "w");
	if (!file || fputs(text, file) < 0 || fclose(file))
		lab_fail("cannot write %s: %s", path, strerror(errno));
}

/**
 * copy_files() - copy the lab's files over the root
 */
void copy_files(void)
{
	char command[128];

	if (access(LAB "/files", F_OK))
		return;
	snprintf(command, sizeof(command),
		 "cp -dR --remove-destination " LAB "/files/. %s/", root);
	if (system(command))
		lab_fail("cannot copy the files, see the console");
}

/**
 * make_service() - have the root's systemd run this program, once it is up
 */
void make_service(void)
{
	char path[64], command[96];

	root_path(path, sizeof(path), "/etc/systemd/system");
	if (access(path, F_OK))
		lab_fail("init: only systemd is supported, and the root has no /etc/systemd/system");
	write_file("/etc/systemd/system/lab.service",
		   "[Unit]\n"
		   "Description=The command of the lab\n"
		   "After=multi-user.target\n"
		   "[Service]\n"
		   "ExecStart=" LAB_INIT " run\n");
	root_path(path, sizeof(path), "/etc/systemd/system/multi-user.target.wants");
	mkdir(path, 0755);
	root_path(path, sizeof(path),
		  "/etc/systemd/system/multi-user.target.wants/lab.service");
	if (symlink("../lab.service", path))
		lab_fail("lab.service: %s", strerror(errno));
	root_path(path, sizeof(path), LAB_INIT);
	snprintf(command, sizeof(command), "cp /bin/lab-init %s", path);
	if (system(command))
		lab_fail("cannot copy lab-init, see the console");
}

/**
 * enter_root() - make the new root /
 */
void enter_root(void)
{
	move_to_root("/dev");
	move_to_root("/proc");
	move_to_root("/sys");
	move_to_root(LAB);
	if (chdir(root) || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") ||
	    chdir("/"))
		lab_fail("cannot enter the root: %s", strerror(errno));
	root = "";
}
