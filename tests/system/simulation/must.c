#include "tests/system/simulation/must.h"

#include <stdio.h>
#include <stdlib.h>

void must_be_at(bool condition, const char *what, const char *file, int line)
{
    if (condition)
        return;
    fprintf(stderr, "simulate: %s:%d: %s does not hold\n", file, line, what);
    abort();
}
