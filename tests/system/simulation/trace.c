#include "tests/system/simulation/trace.h"

#include <inttypes.h>
#include <stdarg.h>

static void digest_text(uint64_t *digest, const char *text)
{
    for (; *text; text++)
        *digest = (*digest ^ (unsigned char)*text) * 0x100000001b3u;
}

void trace_line(struct trace *trace, uint64_t now_ms, const char *who, const char *format, ...)
{
    char what[TRACE_LINE_MAX - 64];
    va_list list;
    va_start(list, format);
    vsnprintf(what, sizeof what, format, list);
    va_end(list);
    trace->steps++;
    snprintf(trace->last, sizeof trace->last, "%" PRIu64 " %" PRIu64 ".%03u %.32s %s", trace->steps,
             now_ms / 1000, (unsigned)(now_ms % 1000), who, what);
    digest_text(&trace->digest, trace->last);
    digest_text(&trace->digest, "\n");
    if (trace->out)
        fprintf(trace->out, "%s\n", trace->last);
}
