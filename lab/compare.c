// SPDX-License-Identifier: GPL-2.0
/*
 * Where two runs of a lab differ: in which file, line or frame, and at which
 * simulated time. The kernel puts a time before each line of a console, a capture
 * has one for each frame, and a machine's result says when its command ended. What a
 * command prints has no times.
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare.h"
#include "simtime.h"

/* what is shown of a line or frame */
#define MAX_SHOWN 100
#define MAX_BYTES 16
/* of a capture with nanoseconds, in our byte order, as tt-controller writes it */
#define PCAP_MAGIC 0xa1b23c4d
#define PCAP_HEADER 24
#define FRAME_HEADER 16

/**
 * struct text - a file
 *
 * @data: what is in it; NULL if it is not there
 * @len: how long it is, bytes
 */
struct text {
	char *data;
	size_t len;
};

static struct text read_file(struct pool *pool, const char *directory,
			     const char *name)
{
	const char *path = pool_printf(pool, "%s/%s", directory, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct text text = {};
	struct stat st;
	ssize_t ret = 0;

	if (fd < 0)
		return text;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode)) {
		text.data = malloc(st.st_size + 1);
		while (text.data && text.len < (size_t)st.st_size &&
		       (ret = read(fd, text.data + text.len,
				   st.st_size - text.len)) > 0)
			text.len += ret;
	}
	close(fd);
	return text;
}

/* one line, as much as can be shown of it, without what a terminal would act on */
static const char *show_line(struct pool *pool, const char *line, size_t len)
{
	char *text = pool_strndup(pool, line, len < MAX_SHOWN ? len : MAX_SHOWN);
	char *s;

	for (s = text; *s; s++)
		if (!isprint((unsigned char)*s))
			*s = '?';
	return text;
}

/* the time that the kernel has put before a line, as in "[    1.234567] " */
static uint64_t time_of_line(const char *line, size_t len)
{
	char text[64];
	uint64_t s, us;

	snprintf(text, sizeof(text), "%.*s", (int)(len < 63 ? len : 63), line);
	if (sscanf(text, "[%" SCNu64 ".%6" SCNu64 "]", &s, &us) == 2 ||
	    sscanf(text, "[ %" SCNu64 ".%6" SCNu64 "]", &s, &us) == 2)
		return s * NSEC_PER_SEC + us * 1000;
	/* of a machine's result */
	if (sscanf(text, "began %" SCNu64, &s) == 1 ||
	    sscanf(text, "ended %" SCNu64, &s) == 1)
		return s;
	return UINT64_MAX;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static size_t line_len(const char *line, const char *end)
{
	const char *newline = memchr(line, '\n', end - line);

	return newline ? (size_t)(newline - line) : (size_t)(end - line);
}

/*
 * UML says which descriptor of the host it cannot poll: that of a console which is
 * a file. Its number is the host's.
 */
static bool is_about_host(const char *line, size_t len)
{
	static const char text[] = "epollctl add err fd ";

	return memmem(line, len, text, sizeof(text) - 1);
}

static bool same_line(const char *a, size_t a_len, const char *b, size_t b_len)
{
	if (a_len == b_len && !memcmp(a, b, a_len))
		return true;
	return is_about_host(a, a_len) && is_about_host(b, b_len);
}

/**
 * compare_texts - find the first line in which two texts differ
 * @pool: for texts
 * @a: one
 * @a_len: how long it is, bytes
 * @b: the other
 * @b_len: how long it is, bytes
 * @difference: filled in but for the file
 *
 * Return: false if they are the same.
 */
bool compare_texts(struct pool *pool, const char *a, size_t a_len,
		   const char *b, size_t b_len, struct difference *difference)
{
	const char *a_end = a + a_len, *b_end = b + b_len;
	uint64_t time, before = UINT64_MAX;
	unsigned int line = 1;
	bool host = false;
	size_t i, j;

	if (a_len == b_len && !memcmp(a, b, a_len))
		return false;
	for (; a < a_end && b < b_end; line++) {
		i = line_len(a, a_end);
		j = line_len(b, b_end);
		if (!same_line(a, i, b, j))
			break;
		host |= i != j || memcmp(a, b, i);
		time = time_of_line(a, i);
		if (time != UINT64_MAX)
			before = time;
		a += i + (a + i < a_end);
		b += j + (b + j < b_end);
	}
	if (host && a == a_end && b == b_end)
		return false;
	i = line_len(a, a_end);
	j = line_len(b, b_end);
	time = earlier(time_of_line(a, i), time_of_line(b, j));
	*difference = (struct difference) {
		/* not before the last line that had one */
		.time = time != UINT64_MAX ? time : before,
		.what = pool_printf(pool, "line %u", line),
		.first = a < a_end ? show_line(pool, a, i) : "(the end)",
		.second = b < b_end ? show_line(pool, b, j) : "(the end)",
	};
	return true;
}

/**
 * struct frame - a frame of a capture
 *
 * @time: when it was seen, ns since the epoch; %UINT64_MAX if there is none
 * @data: what is in it
 * @len: how long it is, bytes
 */
struct frame {
	uint64_t time;
	const char *data;
	size_t len;
};

static uint32_t word_at(const char *data)
{
	uint32_t word;

	memcpy(&word, data, sizeof(word));
	return word;
}

/* the frame at *@data, which moves past it */
static struct frame next_frame(const char **data, const char *end)
{
	const struct frame none = { .time = UINT64_MAX };
	size_t left = end - *data;
	struct frame frame;

	if (left < FRAME_HEADER)
		return none;
	frame.len = word_at(*data + 8);
	if (frame.len > left - FRAME_HEADER)
		return none;
	frame.time = word_at(*data) * NSEC_PER_SEC + word_at(*data + 4);
	frame.data = *data + FRAME_HEADER;
	*data += FRAME_HEADER + frame.len;
	return frame;
}

static const char *show_frame(struct pool *pool, const struct frame *frame,
			      uint64_t start, size_t from)
{
	const char *text;
	size_t i;

	if (frame->time == UINT64_MAX)
		return "(the end)";
	text = pool_printf(pool, "%zu bytes at %s", frame->len,
			   value_print_seconds(pool, frame->time - start));
	if (from >= frame->len)
		return text;
	text = pool_printf(pool, "%s, from byte %zu on:", text, from);
	for (i = from; i < frame->len && i < from + MAX_BYTES; i++)
		text = pool_printf(pool, "%s %02x", text,
				   (unsigned char)frame->data[i]);
	return text;
}

static bool same_frame(const struct frame *a, const struct frame *b)
{
	return a->time == b->time && a->len == b->len &&
	       !memcmp(a->data, b->data, a->len);
}

/* the first byte in which they differ */
static size_t differs_at(const struct frame *a, const struct frame *b)
{
	size_t i = 0;

	while (i < a->len && i < b->len && a->data[i] == b->data[i])
		i++;
	return i;
}

/**
 * compare_captures - find the first frame in which two captures differ
 * @pool: for texts
 * @start: the wall clock at simulated time 0, ns since the epoch
 * @a: one
 * @a_len: how long it is, bytes
 * @b: the other
 * @b_len: how long it is, bytes
 * @difference: filled in but for the file
 *
 * Return: false if they are the same.
 */
bool compare_captures(struct pool *pool, uint64_t start, const char *a,
		      size_t a_len, const char *b, size_t b_len,
		      struct difference *difference)
{
	const char *a_end = a + a_len, *b_end = b + b_len;
	struct frame f, g;
	unsigned int nr = 1;
	uint64_t time;
	size_t from;

	if (a_len == b_len && !memcmp(a, b, a_len))
		return false;
	if (a_len < PCAP_HEADER || b_len < PCAP_HEADER ||
	    word_at(a) != PCAP_MAGIC || word_at(b) != PCAP_MAGIC)
		return compare_texts(pool, a, a_len, b, b_len, difference);
	a += PCAP_HEADER;
	b += PCAP_HEADER;
	for (;; nr++) {
		f = next_frame(&a, a_end);
		g = next_frame(&b, b_end);
		if (f.time == UINT64_MAX || g.time == UINT64_MAX ||
		    !same_frame(&f, &g))
			break;
	}
	time = earlier(f.time, g.time);
	from = differs_at(&f, &g);
	*difference = (struct difference) {
		.time = time == UINT64_MAX ? time : time - start,
		.what = pool_printf(pool, "frame %u", nr),
		.first = show_frame(pool, &f, start, from),
		.second = show_frame(pool, &g, start, from),
	};
	return true;
}

/**
 * struct comparison - two runs
 *
 * @pool: for texts
 * @lab: the lab
 * @directory: those of the runs
 * @found: differences
 * @nr: how many
 * @compared: how many files were compared
 */
struct comparison {
	struct pool *pool;
	const struct lab *lab;
	const char *directory[2];
	struct difference *found;
	size_t nr;
	size_t compared;
};

static bool is_capture(const char *name)
{
	const char *end = strrchr(name, '.');

	return end && !strcmp(end, ".pcap") && !strchr(name, '/');
}

static bool compare_file(struct comparison *comparison, const char *name,
			 const struct text *a, const struct text *b,
			 struct difference *difference)
{
	if (!a->data || !b->data) {
		*difference = (struct difference) {
			.time = UINT64_MAX,
			.what = "the file",
			.first = a->data ? "is there" : "is not there",
			.second = b->data ? "is there" : "is not there",
		};
		return true;
	}
	if (is_capture(name))
		return compare_captures(comparison->pool,
					comparison->lab->start, a->data, a->len,
					b->data, b->len, difference);
	return compare_texts(comparison->pool, a->data, a->len, b->data, b->len,
			     difference);
}

static void compare_both(struct comparison *comparison, const char *name)
{
	struct text a, b;
	struct difference difference;

	a = read_file(comparison->pool, comparison->directory[0], name);
	b = read_file(comparison->pool, comparison->directory[1], name);
	if (a.data || b.data)
		comparison->compared++;
	if ((a.data || b.data) &&
	    compare_file(comparison, name, &a, &b, &difference)) {
		difference.file = pool_strdup(comparison->pool, name);
		comparison->found = pool_grow(comparison->pool,
					      comparison->found, comparison->nr,
					      sizeof(difference));
		comparison->found[comparison->nr++] = difference;
	}
	free(a.data);
	free(b.data);
}

/* UML's messages are about the host; we have written the others ourselves */
static bool is_ours(const char *name)
{
	static const char *const names[] = {
		"host", "machine", "run", "files", "stack", ".", "..",
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* the files of a machine in run @which; of the second only those new there */
static void compare_machine(struct comparison *comparison,
			    const struct machine *machine, int which)
{
	struct dirent **entries = NULL;
	const char *name;
	int nr, i;

	nr = scandir(pool_printf(comparison->pool, "%s/%s",
				 comparison->directory[which], machine->name),
		     &entries, NULL, alphasort);
	for (i = 0; i < nr; i++) {
		name = pool_printf(comparison->pool, "%s/%s", machine->name,
				   entries[i]->d_name);
		if (!is_ours(entries[i]->d_name) &&
		    (!which ||
		     access(pool_printf(comparison->pool, "%s/%s",
					comparison->directory[0], name), F_OK)))
			compare_both(comparison, name);
		free(entries[i]);
	}
	free(entries);
}

static int compare_times(const void *a, const void *b)
{
	const struct difference *x = a, *y = b;

	return (x->time > y->time) - (x->time < y->time);
}

/**
 * compare_runs - find out where two runs differ
 * @pool: for texts
 * @lab: the lab
 * @first: the directory of one run
 * @second: the directory of the other run
 * @differences: set to one for each file that differs, the earliest first
 * @compared: set to how many files were compared
 *
 * Return: how many differences there are.
 */
size_t compare_runs(struct pool *pool, const struct lab *lab,
		    const char *first, const char *second,
		    struct difference **differences, size_t *compared)
{
	struct comparison comparison = {
		.pool = pool,
		.lab = lab,
		.directory = { first, second },
	};
	const struct machine *machine;
	size_t i, j;

	for (i = 0; i < lab->nr_networks; i++)
		if (lab->networks[i].capture)
			compare_both(&comparison, lab->networks[i].capture);
	for (i = 0; i < lab->nr_machines; i++) {
		machine = &lab->machines[i];
		for (j = 0; j < machine->nr_cards; j++)
			if (machine->cards[j].capture)
				compare_both(&comparison,
					     machine->cards[j].capture);
		compare_machine(&comparison, machine, 0);
		compare_machine(&comparison, machine, 1);
	}
	if (comparison.nr)
		qsort(comparison.found, comparison.nr,
		      sizeof(*comparison.found), compare_times);
	*differences = comparison.found;
	*compared = comparison.compared;
	return comparison.nr;
}
