/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything in the header that another program can see: constants, sizes,
 * offsets. abi.t compiles it against two headers and compares the outcome.
 */
#include <linux/um_timetravel.h>

#define FIELD(type, field) \
	sizeof(((type *)0)->field), __builtin_offsetof(type, field)
#define MSG(field) FIELD(struct um_timetravel_msg, field)
#define SHM(field) FIELD(struct um_timetravel_schedshm, field)
#define CLIENT(field) FIELD(union um_timetravel_schedshm_client, field)

extern const unsigned long long abi[];
const unsigned long long abi[] = {
	sizeof(struct um_timetravel_msg),
	MSG(op), MSG(seq), MSG(time),
	UM_TIMETRAVEL_MAX_FDS,
	UM_TIMETRAVEL_SHARED_MEMFD,
	UM_TIMETRAVEL_SHARED_LOGFD,
	UM_TIMETRAVEL_SHARED_MAX_FDS,
	UM_TIMETRAVEL_START_ACK_ID,
	UM_TIMETRAVEL_ACK,
	UM_TIMETRAVEL_START,
	UM_TIMETRAVEL_REQUEST,
	UM_TIMETRAVEL_WAIT,
	UM_TIMETRAVEL_GET,
	UM_TIMETRAVEL_UPDATE,
	UM_TIMETRAVEL_RUN,
	UM_TIMETRAVEL_FREE_UNTIL,
	UM_TIMETRAVEL_GET_TOD,
	UM_TIMETRAVEL_BROADCAST,
	UM_TIMETRAVEL_SCHEDSHM_VERSION,
	UM_TIMETRAVEL_SCHEDSHM_CAP_TIME_SHARE,
	UM_TIMETRAVEL_SCHEDSHM_FLAGS_REQ_RUN,
	sizeof(union um_timetravel_schedshm_client),
	CLIENT(capa), CLIENT(flags), CLIENT(req_time), CLIENT(name),
	CLIENT(reserve),
	sizeof(struct um_timetravel_schedshm),
	SHM(version), SHM(len), SHM(free_until), SHM(current_time),
	SHM(running_id), SHM(max_clients), SHM(hdr),
	__builtin_offsetof(struct um_timetravel_schedshm, clients[1]),
	sizeof(enum um_timetravel_shared_mem_fds),
	sizeof(enum um_timetravel_start_ack),
	sizeof(enum um_timetravel_ops),
	sizeof(enum um_timetravel_schedshm_cap),
	sizeof(enum um_timetravel_schedshm_flags),
};
