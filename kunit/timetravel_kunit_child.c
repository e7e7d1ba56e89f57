// SPDX-License-Identifier: GPL-2.0
/*
 * Calls in a process of their own, for the tests of external time-travel.
 *
 * What must panic does so in a child of the machine's process: panic() does not
 * return, and what it does to the console's and the scheduler's state happens
 * to the child's copy. The child has a copy of everything static, and shares
 * what was allocated, the fixture in particular.
 *
 * A child can also be stopped in the middle of its call, after any instruction,
 * to have something else happen there: see struct os_trace.
 */
#include <linux/gfp.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <os.h>
#include "timetravel_kunit.h"

static int tt_note_panic(struct notifier_block *nb, unsigned long unused,
			 void *text)
{
	struct tt_fixture *f = container_of(nb, struct tt_fixture, panic_nb);

	strscpy(f->panic_text, text, sizeof(f->panic_text));
	os_exit_child(0);

	return NOTIFY_DONE;
}

/* Nobody else shall see what the child prints, nor act on its panic. */
static int tt_child(void *arg)
{
	struct tt_fixture *f = arg;

	suppress_printk = 1;
	panic_on_warn = 0;
	f->panic_nb.notifier_call = tt_note_panic;
	RCU_INIT_POINTER(panic_notifier_list.head, &f->panic_nb);
	f->child_call(f);

	return 0;
}

/**
 * tt_need_ptrace - skip the test if a child cannot be stopped in its call
 * @test: the test
 */
void tt_need_ptrace(struct kunit *test)
{
	if (!os_can_trace())
		kunit_skip(test, "the host does not allow ptrace");
}

/**
 * tt_run_child - make a call in a child, and wait for the child to end
 * @f: the fixture
 * @call: the call, which sees the client's statics
 *
 * If it panics, @f->panic_text says why; it is empty otherwise.
 */
void tt_run_child(struct tt_fixture *f, void (*call)(struct tt_fixture *f))
{
	struct task_struct *saved;
	void *stack;
	int ret;

	saved = kunit_kmalloc(f->test, sizeof(*saved), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(f->test, saved);
	stack = (void *)__get_free_pages(GFP_KERNEL, THREAD_SIZE_ORDER);
	KUNIT_ASSERT_NOT_NULL(f->test, stack);
	/* without THREAD_INFO_IN_TASK, current is found by the stack pointer */
	*(struct thread_info *)stack = *current_thread_info();

	f->child_call = call;
	f->panic_text[0] = 0;
	f->raw = true;
	if (!f->live)
		os_shutdown_socket(f->ctl, 0, 1);
	tt_client_let_inherit(&f->s.client);
	if (f->mem)
		os_let_inherit(f->mem, f->size);
	tt_begin(f);
	/* the child ends in the middle of panic(), and current is shared */
	memcpy(saved, current, sizeof(*saved));
	ret = os_run_child(tt_child, f, stack + THREAD_SIZE,
			   f->trace.then ? &f->trace : NULL);
	memcpy(current, saved, sizeof(*saved));
	tt_end(f);
	free_pages((unsigned long)stack, THREAD_SIZE_ORDER);

	KUNIT_EXPECT_EQ_MSG(f->test, ret, 0, "the child did not end well");
}
