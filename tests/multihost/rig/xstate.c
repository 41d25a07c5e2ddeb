/* Preloaded into User-Mode Linux before 6.12 on CPUs whose register state (XSAVE area) is larger
 * than the buffer that it was built with, as it is with AMX.
 *
 * The host rejects PTRACE_SETREGSET with a partial NT_X86_XSTATE, and the guest panics. So read the
 * whole area first, lay the guest's shorter part over its beginning, and set the whole of it. */
#define _GNU_SOURCE
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE 0x202
#endif

static long raw(long request, long pid, void *address, void *data)
{
	return syscall(SYS_ptrace, request, pid, address, data);
}

static long set_whole_state(long pid, void *address, struct iovec *part)
{
	static __thread char area[1 << 16] __attribute__((aligned(64)));
	struct iovec whole = { area, sizeof area };

	if (part->iov_len > sizeof area || raw(PTRACE_GETREGSET, pid, address, &whole) ||
	    whole.iov_len <= part->iov_len)
		return raw(PTRACE_SETREGSET, pid, address, part);
	memcpy(area, part->iov_base, part->iov_len);
	return raw(PTRACE_SETREGSET, pid, address, &whole);
}

long ptrace(enum __ptrace_request request, ...)
{
	va_list arguments;
	va_start(arguments, request);
	long pid = va_arg(arguments, int);
	void *address = va_arg(arguments, void *);
	void *data = va_arg(arguments, void *);
	va_end(arguments);

	if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE)
		return set_whole_state(pid, address, data);
	if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
		long word; /* the system call stores the word where libc's wrapper returns it */
		long failed = raw(request, pid, address, &word);
		return failed ? failed : word;
	}
	return raw(request, pid, address, data);
}
