/* ptrace() for User-mode Linux on processors whose extended state is larger than it knows.
 *
 * linux.uml keeps 2,696 octets of extended state per process, which was all that processors had when it was
 * written; the host's kernel takes a state only whole (with AMX, 11,008 octets) and answers EFAULT, upon which
 * the guest's init dies. Preloaded into linux.uml, this hands over what the guest knows together with the rest
 * as it stands.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

typedef long (*ptrace_call)(enum __ptrace_request, pid_t, void *, void *);

long ptrace(enum __ptrace_request request, ...)
{
    static ptrace_call next;
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);
    if (!next)
        next = (ptrace_call)dlsym(RTLD_NEXT, "ptrace");
    if (request == PTRACE_SETREGSET && (long)address == NT_X86_XSTATE) {
        static unsigned char state[65536];
        struct iovec *known = data, whole = {state, sizeof state};
        if (next(PTRACE_GETREGSET, pid, address, &whole) == 0 && whole.iov_len > known->iov_len) {
            memcpy(state, known->iov_base, known->iov_len);
            return next(request, pid, address, &whole);
        }
    }
    return next(request, pid, address, data);
}
