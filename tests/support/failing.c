/* Preloaded into a process: its n-th write to some files fails, as on a full disk.

   FAIL_PATH   what the file's path begins with
   FAIL_NTH    the first write that fails, counted from 1
   FAIL_TIMES  so many fail in a row; without it all fail until …
   FAIL_UNTIL  … this file is there
   FAIL_TOLD   a file that is made at the first failure
   FAIL_COUNT  a file that holds the number of writes so far
   FAIL_ERROR  the number of the error; without it, no space is left
*/
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long seen = 0;

static int ours(int file) {
  const char *wanted = getenv("FAIL_PATH");
  char link[64], path[4096];
  if (!wanted) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strncmp(path, wanted, strlen(wanted)) == 0;
}

static int fails(int file) {
  const char *nth = getenv("FAIL_NTH"), *times = getenv("FAIL_TIMES");
  const char *until = getenv("FAIL_UNTIL"), *told = getenv("FAIL_TOLD");
  const char *number = getenv("FAIL_ERROR"), *counted = getenv("FAIL_COUNT");
  int before = errno;
  if ((!nth && !counted) || !ours(file)) { errno = before; return 0; }
  if (until && access(until, F_OK) == 0) { errno = before; return 0; }
  long count = __atomic_add_fetch(&seen, 1, __ATOMIC_SEQ_CST);
  long first = nth ? atol(nth) : 0;
  if (counted) {
    int made = open(counted, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (made >= 0) {
      dprintf(made, "%ld", count);
      close(made);
    }
  }
  if (!nth || count < first || (times && count >= first + atol(times))) {
    errno = before;
    return 0;
  }
  if (told) {
    int made = open(told, O_CREAT | O_WRONLY, 0600);
    if (made >= 0) close(made);
  }
  errno = number ? atoi(number) : ENOSPC;
  return 1;
}

#define REAL(name) \
  static __typeof__(name) *real; \
  if (!real) real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

ssize_t write(int file, const void *data, size_t size) {
  REAL(write);
  return fails(file) ? -1 : real(file, data, size);
}
ssize_t pwrite(int file, const void *data, size_t size, off_t at) {
  REAL(pwrite);
  return fails(file) ? -1 : real(file, data, size, at);
}
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at) {
  REAL(pwrite64);
  return fails(file) ? -1 : real(file, data, size, at);
}
ssize_t writev(int file, const struct iovec *parts, int count) {
  REAL(writev);
  return fails(file) ? -1 : real(file, parts, count);
}
int fsync(int file) {
  REAL(fsync);
  return fails(file) ? -1 : real(file);
}
int fdatasync(int file) {
  REAL(fdatasync);
  return fails(file) ? -1 : real(file);
}
int ftruncate(int file, off_t size) {
  REAL(ftruncate);
  return fails(file) ? -1 : real(file, size);
}
int ftruncate64(int file, off64_t size) {
  REAL(ftruncate64);
  return fails(file) ? -1 : real(file, size);
}
