/* SPDX-License-Identifier: GPL-2.0 */
#ifndef TT_NET_JSON_ADD_H
#define TT_NET_JSON_ADD_H

#include <stdint.h>

#include <json-c/json.h>

/**
 * json_add_u64 - give an object a number
 * @obj: the object
 * @key: its key there
 * @value: the number
 */
static inline void json_add_u64(struct json_object *obj, const char *key,
				uint64_t value)
{
	json_object_object_add(obj, key, json_object_new_uint64(value));
}

/**
 * json_add_string - give an object a string
 * @obj: the object
 * @key: its key there
 * @value: the string, which is copied
 */
static inline void json_add_string(struct json_object *obj, const char *key,
				   const char *value)
{
	json_object_object_add(obj, key, json_object_new_string(value));
}

#endif /* TT_NET_JSON_ADD_H */
