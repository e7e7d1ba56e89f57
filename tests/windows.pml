/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A model of groups that run at the same time, for spin. Each group has a client of
 * its own; what one sends arrives at its neighbours after the delay of the link.
 *
 * The controller gives group g a bound: nothing that another group does can reach g
 * before it. Group g may do everything strictly before its bound. The controller may
 * raise the bound of a group that runs, by writing to free_until. It commits a frame,
 * which makes it arrive, when nobody can send anything at that time or earlier any
 * more.
 *
 * Checked: no frame arrives in its receiver's past, frames are committed in the order
 * (time sent, sender), nobody runs in its own past, no request is lost, and nothing
 * stands still before all clients have finished.
 *
 * Each of these makes it wrong, and spin has to find that:
 *
 * D18		the client of released kernels: it looks at free_until once more before
 *		it asks, and does not ask if it is free by then
 * NOT_STRICTLY	a group may also do what is due at its bound
 * LO_IS_GRANT	a group that runs is taken to be at the end of its grant
 * NO_CYCLE	a group's own frames are not expected to be answered
 * NO_PATHS	only links count, and no paths over several of them (N=3)
 * EARLY	a frame is committed when its sender waits
 * QUEUED	a client publishes the time, and sends its frames when it waits
 * SHARED	free_until is raised though another client of the group can be
 *		interrupted (with TWO)
 *
 * N is the number of groups, 2 or 3, in a row. T is the last instant at which somebody
 * does anything by itself. With TWO the first group has a second client, which the
 * first one interrupts. With BARRIER nothing is raised.
 */

#ifndef N
#define N 2
#endif
#ifndef T
#define T 4
#endif
#define NEVER 15

/* of three, the middle one only reacts, and the last one only listens */
#if N == 3
#define ACTS(x) ((x) != 1)
#define SENDS(x) ((x) != 2)
#else
#define ACTS(x) true
#define SENDS(x) true
#endif

/* sets of times */
#define BIT(t) (1 << (t))

/* delays: of links between neighbours, and the least of all paths */
#define UP 1	/* to the next group */
#define DOWN 2	/* to the group before */
#define DELAY(h, g) ((h) < (g) -> UP * ((g) - (h)) : DOWN * ((h) - (g)))
#define CYCLE (UP + DOWN)
#define NEIGHBOURS(h, g) ((h) == (g) + 1 || (g) == (h) + 1)

/* what the memory of a group holds */
byte now[N];		/* current_time */
byte free_until[N];
byte request[N];	/* of its client; NEVER: none */
byte second = NEVER;	/* of the first group's second client */

/* messages */
bool wait[N];
chan told[N] = [1] of { byte };
chan kick[N] = [0] of { byte };
chan call = [0] of { bool };
chan answer = [0] of { bool };

/* what the controller knows */
bool changed;		/* something, since it looked at all groups */
bool waits[N];
byte raised[N];		/* what it is about to write to free_until, or 0 */
short outside[N];	/* frames sent and not committed, by time */
short inbox[N];		/* frames that will arrive, by time */

/* only for what is checked */
bool finished[N];
byte acted[N];		/* 1 + time at which it did something last */
byte committed;		/* time of the last frame that was committed, and */
byte committed_by;	/* its sender */

byte g, h, bound, lo, next, due, first;

/* the first of a set of times */
inline earliest(set, t)
{
	t = 0;
	do
	:: t < NEVER && !((set) & BIT(t)) -> t++
	:: else -> break
	od
}

/* next = what group x would do next, if it waits */
inline get_next(x)
{
	earliest(inbox[x], next);
	if
	:: request[x] < next -> next = request[x]
	:: else
	fi;
	if
	:: x == 0 && second < next -> next = second
	:: else
	fi
}

/* lo = the earliest time at which group x may still send something */
inline get_lo(x)
{
	if
	:: waits[x] ->
		get_next(x);
		lo = next
	:: else ->
#ifdef LO_IS_GRANT
		lo = free_until[x]
#else
		lo = now[x]
#endif
	fi;
	earliest(outside[x], next);
	if
	:: next < lo -> lo = next
	:: else
	fi
}

inline bound_by(delay)
{
	if
	:: lo + (delay) < bound -> bound = lo + (delay)
	:: else
	fi
}

/* bound = before what time nothing reaches group x */
inline get_bound(x)
{
	bound = NEVER;
	h = 0;
	do
	:: h == N -> break
	:: else ->
		get_lo(h);
		if
#ifndef NO_CYCLE
		:: h == x -> bound_by(CYCLE)
#endif
#ifdef NO_PATHS
		:: NEIGHBOURS(h, x) -> bound_by(DELAY(h, x))
#else
		:: h != x -> bound_by(DELAY(h, x))
#endif
		:: else
		fi;
		h++
	od
}

/* free-until of group x, from its bound and its own inbox */
inline get_until(x)
{
	get_bound(x);
	earliest(inbox[x], next);
	if
	:: next < bound -> bound = next
	:: else
	fi;
	if
	:: x == 0 && second < bound -> bound = second
	:: else
	fi
}

#ifdef NOT_STRICTLY
#define IS_BEFORE(t, until) ((t) <= (until))
#else
#define IS_BEFORE(t, until) ((t) < (until))
#endif

/* the first frame that is not committed: sent at first, by group g */
inline get_first()
{
	first = NEVER;
	h = 0;
	do
	:: h == N -> break
	:: else ->
		earliest(outside[h], next);
		if
		:: next < first ->
			first = next;
			g = h
		:: else
		fi;
		h++
	od
}

/* lo = the earliest time at which anybody may send something */
inline get_least()
{
	bound = NEVER;
	h = 0;
	do
	:: h == N -> break
	:: else ->
		if
		:: waits[h] ->
			get_next(h);
			lo = next
		:: else ->
			lo = now[h]
		fi;
		bound_by(0);
		h++
	od
}

inline commit()
{
	/* in the order (time sent, sender) */
	assert(first > committed ||
	       (first == committed && g >= committed_by));
	committed = first;
	committed_by = g;
	outside[g] = outside[g] & ~BIT(first);
	h = 0;
	do
	:: h == N -> break
	:: else ->
		if
		:: NEIGHBOURS(g, h) ->
			due = first + DELAY(g, h);
			/* not in the past of its receiver */
			assert(due >= acted[h]);
			inbox[h] = inbox[h] | BIT(due)
		:: else
		fi;
		h++
	od
}

/* group x waits and nothing can reach it before what it does next */
inline start_run(x)
{
	get_next(x);
	due = next;
	/* nobody runs in its own past */
	assert(due >= now[x]);
	waits[x] = false;
	now[x] = due;
	/* the second client is run, does nothing and waits again */
	if
	:: x == 0 && due == second -> second = NEVER
	:: else
	fi;
	request[x] = NEVER;
	inbox[x] = inbox[x] & ~BIT(due);
	get_until(x);
	free_until[x] = bound
}

#ifdef EARLY
#define CAN_COMMIT (first < NEVER && waits[g])
#else
#define CAN_COMMIT (first < bound)
#endif

#ifdef BARRIER
#define CAN_RAISE(x) false
#elif defined(TWO) && !defined(SHARED)
#define CAN_RAISE(x) (x != 0)
#else
#define CAN_RAISE(x) true
#endif

inline look_at(x)
{
	if
	:: waits[x] ->
		d_step { get_bound(x); get_next(x); lo = 0 }
		if
		:: next < NEVER && IS_BEFORE(next, bound) ->
			/* now, or when it has handled a message */
			if
			:: d_step { start_run(x) } -> told[x]!due
#ifndef BARRIER
			:: changed = true
#endif
			fi
		:: else
		fi
	:: else ->
		if
		:: CAN_RAISE(x) -> d_step { get_until(x); raised[x] = bound }
		:: true
		fi
	fi
}

/* what is no state need not be told apart */
inline forget()
{
	g = 0; h = 0; bound = 0; lo = 0; next = 0; due = 0; first = 0
}

active proctype controller()
{
	byte x;

	do
	:: atomic { wait[0] -> wait[0] = false; waits[0] = true; changed = true }
	:: atomic { wait[1] -> wait[1] = false; waits[1] = true; changed = true }
	/* a client is blocked while its kick is handled */
	:: atomic { kick[0]?due -> outside[0] = outside[0] | BIT(due); due = 0 }
	:: atomic { kick[1]?due -> outside[1] = outside[1] | BIT(due); due = 0 }
#if N > 2
	:: atomic { wait[2] -> wait[2] = false; waits[2] = true; changed = true }
	:: atomic { kick[2]?due -> outside[2] = outside[2] | BIT(due); due = 0 }
#endif
	:: atomic {
		changed ->
		changed = false;
		do
		:: d_step { get_first(); get_least(); lo = 0 }
		   if
		   :: CAN_COMMIT -> d_step { commit(); due = 0 }
		   :: else -> break
		   fi
		od;
		for (x : 0 .. N - 1) {
			look_at(x)
		}
		forget()
	   }
	   /* what it raises is written later than it was computed */
	   for (x : 0 .. N - 1) {
		d_step {
			if
			:: raised[x] > free_until[x] ->
				free_until[x] = raised[x]
			:: else
			fi;
			raised[x] = 0
		}
	   }
	/* nothing else can happen */
	:: timeout -> break
	od;
	for (x : 0 .. N - 1) {
		assert(finished[x]);
		assert(!outside[x] && !inbox[x])
	}
	assert(second == NEVER)
}

/* the client of group x does what is due now, and knows what it does next */
inline act(x)
{
	atomic {
		assert(now[x] >= acted[x]);
		acted[x] = now[x] + 1;
		if
		:: event > now[x]
		:: event <= now[x] && now[x] + 1 <= T && ACTS(x) ->
			event = now[x] + 1
		:: event <= now[x] && now[x] + 2 <= T && ACTS(x) ->
			event = now[x] + 2
		:: event <= now[x] -> event = NEVER
		fi
	}
	if
	:: now[x] <= T && SENDS(x) ->
#ifdef QUEUED
		queued = queued | BIT(now[x])
#else
		kick[x]!now[x]
#endif
	:: true
	fi;
#ifdef TWO
	if
	:: true
	:: x == 0 && now[x] < T -> call!true; answer?_
	fi
#endif
}

proctype client(byte me)
{
	byte event;
	short queued;

end:
	do
	:: told[me]?_;
	   do
	   :: act(me);
	      /* one look at free_until */
	      if
	      :: event < NEVER && IS_BEFORE(event, free_until[me]) ->
		atomic { now[me] = event; changed = true }
	      :: else -> break
	      fi
	   od;
	   /* and another one */
#ifdef D18
	   if
	   :: event < free_until[me]
	   :: else -> request[me] = event
	   fi;
#else
	   request[me] = event;
#endif
	   atomic {
		finished[me] = event == NEVER;
		outside[me] = outside[me] | queued;
		queued = 0;
		wait[me] = true
	   }
	od
}

#ifdef TWO
/* the second client of the first group: asks to run when it is interrupted */
active proctype interrupted()
{
end:
	do
	:: call?_ ->
	   second = now[0] + 1;
	   d_step {
		if
		:: second < free_until[0] -> free_until[0] = second
		:: else
		fi
	   }
	   answer!true
	od
}
#endif

init
{
	byte x;

	atomic {
		for (x : 0 .. N - 1) {
			waits[x] = true;
			run client(x)
		}
		x = 0;
		changed = true
	}
}
