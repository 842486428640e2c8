// A library with functions that no other file sees, below those that it exports.
#include <unistd.h>

static __attribute__((noinline)) long work_inner(long turns) {
  long sum = 0;
  for (long i = 0; i < turns; ++i) {
    sum += i;
    __asm__ volatile("" : "+r"(sum));
  }
  return sum;
}

static __attribute__((noinline)) long rest_inner(int fd) {
  char byte;
  return read(fd, &byte, 1) + 1;
}

long work_outer(long turns) { return work_inner(turns) + 1; }
long rest_outer(int fd) { return rest_inner(fd) + 1; }
