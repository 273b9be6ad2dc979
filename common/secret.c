#include "common/secret.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

/* Pages are 4 KiB or a multiple of it; a mapping is rounded up by the kernel where they are larger. */
#define PAGE_LEN 4096

static atomic_uint lock_failures;

/* A few single pages, wiped and still locked, wait here for the next secret: most are small and live for one
 * request, and mapping, locking and unmapping cost more than using them. */
#define SPARE_PAGES_MAX 8
static _Atomic(void *) spare_pages[SPARE_PAGES_MAX];

static void *take_spare(void)
{
    void *page = NULL;
    for (size_t i = 0; i < SPARE_PAGES_MAX && !page; i++)
        page = atomic_exchange(&spare_pages[i], NULL);
    return page;
}

static bool give_spare(void *page)
{
    for (size_t i = 0; i < SPARE_PAGES_MAX; i++) {
        void *none = NULL;
        if (atomic_compare_exchange_strong(&spare_pages[i], &none, page))
            return true;
    }
    return false;
}

/* Pages of our own rather than the heap's: a lock and the advice against dumping work on whole pages, and
 * nothing else may lie beside a secret. The kernel hands them out zeroed. */
static result_t map_pages(struct secret *out, size_t len)
{
    if (len > SIZE_MAX - PAGE_LEN)
        return OUTCOME_NO_MEMORY;
    size_t cap = (len + PAGE_LEN - 1) / PAGE_LEN * PAGE_LEN;
    void *spare = cap == PAGE_LEN ? take_spare() : NULL;
    if (spare) {
        *out = (struct secret){.data = spare, .cap = cap};
        return OUTCOME_OK;
    }
    void *pages = mmap(NULL, cap, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        return OUTCOME_NO_MEMORY;
    if (mlock(pages, cap) != 0)
        atomic_fetch_add(&lock_failures, 1);
    /* Refused only by kernels that do not know the advice, and then dumps are
     * governed by RLIMIT_CORE alone. */
    (void)madvise(pages, cap, MADV_DONTDUMP);
    *out = (struct secret){.data = pages, .cap = cap};
    return OUTCOME_OK;
}

result_t secret_make(struct secret *out, size_t len)
{
    *out = (struct secret){0};
    if (len)
        TRY(map_pages(out, len));
    out->len = len;
    return OUTCOME_OK;
}

result_t secret_copy(struct secret *out, const void *data, size_t len)
{
    TRY(secret_make(out, len));
    if (len)
        memcpy(out->data, data, len);
    return OUTCOME_OK;
}

/* Move to other pages that hold `cap` bytes. */
static result_t move_to(struct secret *secret, size_t cap)
{
    struct secret grown;
    TRY(map_pages(&grown, cap));
    if (secret->len)
        memcpy(grown.data, secret->data, secret->len);
    grown.len = secret->len;
    secret_free(secret);
    *secret = grown;
    return OUTCOME_OK;
}

result_t secret_reserve(struct secret *secret, size_t extra)
{
    if (extra <= secret->cap - secret->len)
        return OUTCOME_OK;
    return extra > SIZE_MAX - secret->len ? OUTCOME_NO_MEMORY : move_to(secret, secret->len + extra);
}

/* Room for `extra` more bytes, moved to pages twice the size where the present ones do not have it. */
static result_t reserve(struct secret *secret, size_t extra)
{
    if (extra <= secret->cap - secret->len)
        return OUTCOME_OK;
    if (extra > SIZE_MAX / 2 - secret->cap)
        return OUTCOME_NO_MEMORY;
    return move_to(secret, secret->cap + (extra > secret->cap ? extra : secret->cap));
}

/* The bytes to append are never part of the secret itself: growing would have wiped them. */
result_t secret_append(struct secret *secret, const void *data, size_t len)
{
    TRY(reserve(secret, len));
    if (len)
        memcpy(secret->data + secret->len, data, len);
    secret->len += len;
    return OUTCOME_OK;
}

result_t secret_append_text(struct secret *secret, const char *text)
{
    return secret_append(secret, text, strlen(text));
}

void secret_free(struct secret *secret)
{
    if (!secret)
        return;
    if (secret->data) {
        secret_wipe(secret->data, secret->cap);
        if (secret->cap != PAGE_LEN || !give_spare(secret->data))
            munmap(secret->data, secret->cap);
    }
    *secret = (struct secret){0};
}

bool secret_equal(const void *a, size_t a_len, const void *b, size_t b_len)
{
    if (a_len != b_len)
        return false;
    /* volatile keeps the compiler from leaving the loop at the first difference. */
    const volatile uint8_t *left = a;
    const volatile uint8_t *right = b;
    unsigned different = 0;
    for (size_t i = 0; i < a_len; i++)
        different |= (unsigned)(left[i] ^ right[i]);
    return different == 0;
}

void secret_wipe(void *data, size_t len)
{
    explicit_bzero(data, len);
}

unsigned secret_lock_failures(void)
{
    return atomic_load(&lock_failures);
}
