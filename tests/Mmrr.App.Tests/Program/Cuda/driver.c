// CUDA's driver interface without a card, for tests: memory is the host's, copies copy, kernels do not run. What is asked for is written to calls.log in the
// folder MMRR_FAKE_CUDA, and each module's PTX beside it as NUMBER.ptx. MMRR_FAKE_CUDA_VERSION and MMRR_FAKE_CUDA_BYTES: the driver's version, the card's memory;
// MMRR_FAKE_CUDA_TAKEN: a file; once it exists, another program has all memory that is free.
// As the real one, it refuses calls of a thread that has no context (201) and memory that is not there (2). Attributes are those of compute capability 9.0.
//   cc -shared -fPIC -O1 -o libcuda.so.1 driver.c
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int R;
enum { MEMORY = 2, CONTEXT = 201 };
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE *file;
static __thread void *current;
static int modules;
static size_t used;

static size_t total(void) { const char *s = getenv("MMRR_FAKE_CUDA_BYTES"); return s ? strtoull(s, 0, 10) : (size_t)8 << 30; }

static int taken(void) { const char *s = getenv("MMRR_FAKE_CUDA_TAKEN"); return s && access(s, F_OK) == 0; }

static void path(char *to, size_t size, const char *name) { snprintf(to, size, "%s/%s", getenv("MMRR_FAKE_CUDA"), name); }

static void record(const char *format, ...) {
    va_list list;
    va_start(list, format);
    pthread_mutex_lock(&lock);
    if (!file) { char name[4096]; path(name, sizeof name, "calls.log"); file = fopen(name, "a"); }
    vfprintf(file, format, list);
    fputc('\n', file);
    fflush(file);
    pthread_mutex_unlock(&lock);
    va_end(list);
}

static char *hex(const void *bytes, size_t count) {
    char *text = malloc(2 * count + 1);
    text[2 * count] = 0;
    for (size_t i = 0; i < count; i++) sprintf(text + 2 * i, "%02x", ((const unsigned char *)bytes)[i]);
    return text;
}

static R bound(const char *call) { if (current) return 0; record("NOCONTEXT %s", call); return CONTEXT; }
#define BOUND() do { R r_ = bound(__func__); if (r_) return r_; } while (0)

R cuInit(unsigned flags) { (void)flags; return 0; }
R cuDriverGetVersion(int *version) { const char *s = getenv("MMRR_FAKE_CUDA_VERSION"); *version = s ? atoi(s) : 13000; return 0; }
R cuDeviceGetCount(int *count) { *count = 1; return 0; }
R cuDeviceGet(int *device, int index) { *device = index; return 0; }
R cuDeviceGetName(char *name, int size, int device) { (void)device; snprintf(name, size, "Recorder"); return 0; }
R cuDeviceTotalMem_v2(size_t *bytes, int device) { (void)device; *bytes = total(); return 0; }
R cuDeviceGetAttribute(int *value, int attribute, int device) {
    (void)device;
    switch (attribute) {
    case 1: case 2: case 3: *value = 1024; break; // threads of a block, in x, in y
    case 4: *value = 64; break;
    case 5: *value = 2147483647; break; // blocks in x
    case 6: case 7: *value = 65535; break;
    case 8: *value = 49152; break; // shared memory of a block
    case 10: *value = 32; break; // a warp
    case 16: *value = 132; break; // multiprocessors
    case 39: *value = 2048; break; // their threads
    case 75: *value = 9; break;
    case 76: *value = 0; break;
    default: *value = 1; break;
    }
    return 0;
}
R cuCtxCreate_v2(void **context, unsigned flags, int device) { (void)flags; (void)device; current = *context = malloc(1); record("CTX create"); return 0; }
R cuCtxDestroy_v2(void *context) { if (current == context) current = 0; record("CTX destroy"); return 0; }
R cuCtxSetCurrent(void *context) { current = context; record("CTX set %d", context != 0); return 0; }
R cuCtxSynchronize(void) { BOUND(); record("SYNC context"); return 0; }
R cuCtxGetCacheConfig(int *config) { *config = 0; return 0; }
R cuCtxGetSharedMemConfig(int *config) { *config = 0; return 0; }
R cuMemGetInfo_v2(size_t *free, size_t *all) { BOUND(); *all = total(); *free = *all - used; return 0; }
R cuMemAlloc_v2(void **pointer, size_t bytes) {
    BOUND();
    if (used + bytes > total() || taken()) { record("ALLOC fails %zu", bytes); return MEMORY; }
    char *block = calloc(1, bytes + 1024);
    if (!block) return MEMORY;
    size_t *head = (size_t *)(((uintptr_t)block + 1023) / 512 * 512) - 2;
    head[0] = bytes;
    head[1] = (uintptr_t)block;
    used += bytes;
    *pointer = head + 2;
    record("ALLOC %llx %zu", (unsigned long long)*pointer, bytes);
    return 0;
}
R cuMemFree_v2(void *pointer) {
    if (!pointer) return 0;
    BOUND();
    size_t *head = (size_t *)pointer - 2;
    used -= head[0];
    record("FREE %llx", (unsigned long long)pointer);
    free((void *)head[1]);
    return 0;
}
R cuMemAllocHost_v2(void **pointer, size_t bytes) { BOUND(); *pointer = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096); record("HOST %zu", bytes); return 0; }
R cuMemFreeHost(void *pointer) { BOUND(); free(pointer); return 0; }
R cuMemcpyAsync(void *to, const void *from, size_t bytes, void *stream) {
    BOUND();
    char *text = hex(from, bytes > 1 << 16 ? 0 : bytes); // of tables
    record("COPY %llx %llx %zu %d %s", (unsigned long long)to, (unsigned long long)from, bytes, stream != 0, text);
    free(text);
    memmove(to, from, bytes);
    return 0;
}
R cuStreamSynchronize(void *stream) { (void)stream; BOUND(); record("SYNC stream"); return 0; }
R cuGetErrorString(int error, const char **text) { (void)error; *text = "recorded"; return 0; }
R cuModuleLoadDataEx(void **module, const char *ptx, unsigned count, void *options, void *values) {
    (void)count; (void)options; (void)values;
    BOUND();
    char name[64], full[4096];
    pthread_mutex_lock(&lock);
    int number = modules++;
    pthread_mutex_unlock(&lock);
    snprintf(name, sizeof name, "%d.ptx", number);
    path(full, sizeof full, name);
    FILE *f = fopen(full, "w");
    fputs(ptx, f);
    fclose(f);
    *module = (void *)(intptr_t)(number + 1);
    return 0;
}
R cuModuleUnload(void *module) { (void)module; BOUND(); return 0; }
R cuModuleGetFunction(void **function, void *module, const char *name) { BOUND(); *function = module; record("MODULE %d %s", (int)(intptr_t)module - 1, name); return 0; }
R cuLaunchKernel(void *function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, void *stream, void **parameters, void **extra) {
    BOUND();
    size_t size = *(size_t *)extra[3];
    char *text = hex(extra[1], size);
    record("LAUNCH %d %u %u %u %u %u %u %u %d %d %s", (int)(intptr_t)function - 1, gx, gy, gz, bx, by, bz, shared, stream != 0, parameters != 0, text);
    free(text);
    return 0;
}
R cuEventCreate(void **event, unsigned flags) { BOUND(); *event = malloc(sizeof(struct timespec)); (void)flags; return 0; }
R cuEventDestroy_v2(void *event) { BOUND(); free(event); return 0; }
R cuEventQuery(void *event) { (void)event; BOUND(); return 0; }
R cuEventElapsedTime(float *ms, void *start, void *end) {
    BOUND();
    struct timespec *a = start, *b = end;
    *ms = (float)((b->tv_sec - a->tv_sec) * 1e3 + (b->tv_nsec - a->tv_nsec) * 1e-6);
    return 0;
}
R cuEventRecord(void *event, void *stream) { BOUND(); clock_gettime(CLOCK_MONOTONIC, event); (void)stream; return 0; }
R cuEventSynchronize(void *event) { (void)event; BOUND(); record("SYNC event"); return 0; }
