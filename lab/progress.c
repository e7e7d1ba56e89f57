// SPDX-License-Identifier: GPL-2.0
/*
 * How far a run is, for a person or a program.
 */

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "progress.h"
#include "simtime.h"

/**
 * progress_choose - who looks at the progress?
 * @json: a program does
 * @quiet: nobody does
 */
enum progress_how progress_choose(bool json, bool quiet)
{
	if (json)
		return PROGRESS_JSON;
	return quiet || !isatty(STDERR_FILENO) ? PROGRESS_NONE : PROGRESS_LINE;
}

/* simulated time by real time, since it was last shown */
static double speed_of(const struct progress *progress)
{
	uint64_t wall = progress->wall - progress->last_wall;

	if (!wall || progress->time < progress->last_time)
		return 0;
	return (double)(progress->time - progress->last_time) / wall;
}

/**
 * progress_show - show how far a run is
 * @progress: how far
 */
void progress_show(struct progress *progress)
{
	double time = progress->time / (double)NSEC_PER_SEC;
	double wall = progress->wall / (double)NSEC_PER_SEC;

	switch (progress->how) {
	case PROGRESS_LINE:
		fprintf(stderr, "\r\033[Kvirtual %.1f s of %.0f s, %.1f times real time, %u of %u machines up, %.0f s",
			time, progress->stop / (double)NSEC_PER_SEC,
			speed_of(progress), progress->up, progress->machines,
			wall);
		progress->shown = true;
		break;
	case PROGRESS_JSON:
		printf("{\"event\":\"progress\",\"virtual_time_ns\":%" PRIu64 ",\"wall_time_ns\":%" PRIu64 ",\"speed\":%.3f,\"machines_up\":%u,\"machines\":%u}\n",
		       progress->time, progress->wall, speed_of(progress),
		       progress->up, progress->machines);
		fflush(stdout);
		break;
	case PROGRESS_NONE:
		break;
	}
	progress->last_time = progress->time;
	progress->last_wall = progress->wall;
}

/**
 * progress_clear - remove the line, because something else is printed
 * @progress: how far
 */
void progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

/**
 * progress_event - tell a program that something happened to a machine
 * @progress: how far
 * @machine: the machine's name
 * @what: what happened, in one word
 */
void progress_event(struct progress *progress, const char *machine,
		    const char *what)
{
	if (progress->how != PROGRESS_JSON)
		return;
	printf("{\"event\":\"%s\",\"machine\":\"%s\",\"wall_time_ns\":%" PRIu64 "}\n",
	       what, machine, progress->wall);
	fflush(stdout);
}
