/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_LAB_SCHEMA_H
#define TT_LAB_SCHEMA_H

#include "lab.h"

/**
 * struct reader - a file that is being read
 *
 * @pool: for the lab
 * @errors: says what is wrong
 * @lab: filled in
 * @directory: that of the file, to which paths in it are relative
 */
struct reader {
	struct pool *pool;
	struct errors *errors;
	struct lab *lab;
	const char *directory;
};

/**
 * struct key - a key that a map may have
 *
 * @name: the key
 * @read: reads its value into what the map describes
 */
struct key {
	const char *name;
	void (*read)(struct reader *reader, const struct node *node,
		     void *into);
};

void schema_map(struct reader *reader, const struct node *node,
		const struct key *keys, size_t nr, void *into);
const char *schema_scalar(struct reader *reader, const struct node *node);
void schema_each(struct reader *reader, const struct node *node,
		 void (*read)(struct reader *reader, const struct node *node,
			      void *into), void *into);
bool schema_bool(struct reader *reader, const struct node *node);
const char *schema_capture(struct reader *reader, const struct node *node);
const char *schema_path(struct reader *reader, const char *path);
struct network *schema_network(struct lab *lab, const char *name);

void machine_read(struct reader *reader, const struct node *node,
		  struct machine *machine);

bool schema_read(struct pool *pool, struct node *root, struct errors *errors,
		 struct lab *lab);

#endif /* TT_LAB_SCHEMA_H */
