/* The main program of every harness where there is no libFuzzer: run the files
 * of its corpus, or those named. */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <string.h>

/* The input in memory of exactly its size, so that a sanitizer sees a read past the end. */
static int run_file(const char *path)
{
    FILE *file = fopen(path, "rbe");
    if (!file || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        return EXIT_FAILURE;
    }
    long size = ftell(file);
    rewind(file);
    uint8_t *data = size < 0 ? NULL : malloc(size ? (size_t)size : 1);
    int failed = !data || fread(data, 1, (size_t)size, file) != (size_t)size;
    fclose(file);
    if (!failed)
        LLVMFuzzerTestOneInput(data, (size_t)size);
    else
        fprintf(stderr, "%s: cannot be read\n", path);
    free(data);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* "fuzz_keyset" of ".../fuzz_keyset" or of libtool's and the debugger's variations of it, without "fuzz_". */
static const char *harness_name(const char *program)
{
    const char *name = strstr(program, "fuzz_");
    for (const char *next = name; next; next = strstr(next + 1, "fuzz_"))
        name = next;
    return name ? name + strlen("fuzz_") : program;
}

static int run_corpus(const char *program)
{
    char folder[4096], path[4096 + 256];
    const char *top = getenv("top_srcdir");
    snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", top ? top : ".", harness_name(program));
    DIR *dir = opendir(folder);
    if (!dir) {
        perror(folder);
        return EXIT_FAILURE;
    }
    unsigned count = 0;
    int result = EXIT_SUCCESS;
    for (struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (run_file(path) != EXIT_SUCCESS)
            result = EXIT_FAILURE;
        count++;
    }
    closedir(dir);
    printf("%u inputs of %s\n", count, folder);
    return count > 0 ? result : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return run_corpus(argv[0]);
    int result = EXIT_SUCCESS;
    for (int i = 1; i < argc; i++)
        if (run_file(argv[i]) != EXIT_SUCCESS)
            result = EXIT_FAILURE;
    return result;
}
