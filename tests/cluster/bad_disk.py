"""A disk that fails when it is told to: a library loaded into a node that looks, before each call that
changes files, into a file of commands."""

import contextlib
import os
import shutil
import subprocess
import tempfile

# A command is a line "WHAT ERRNO PART": calls of the kind WHAT (write, sync, name) on paths with PART in
# them fail. The file named by QUORATE_DISK holds one or more.
SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The errno with which a call on this path is to fail, or 0. */
static int failure(const char* what, const char* path) {
  const char* name = getenv("QUORATE_DISK");
  if (name == NULL || strcmp(name, path) == 0) return 0;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  char text[1024];
  ssize_t size = syscall(SYS_read, fd, text, sizeof text - 1);
  syscall(SYS_close, fd);
  if (size <= 0) return 0;
  text[size] = 0;
  char* save = NULL;
  for (char* line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
    char kind[32], part[512];
    int code = 0;
    if (sscanf(line, "%31s %d %511s", kind, &code, part) != 3) continue;
    if (strcmp(kind, what) == 0 && strstr(path, part) != NULL) return code;
  }
  return 0;
}

static int failure_of(const char* what, int fd) {
  char link[64], path[1024];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path - 1);
  if (size <= 0) return 0;
  path[size] = 0;
  return path[0] == '/' ? failure(what, path) : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL_IF(expression) do { int code_ = (expression); if (code_) { errno = code_; return -1; } } while (0)

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  FAIL_IF(failure_of("write", fd));
  return REAL(pwrite)(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  FAIL_IF(failure_of("write", fd));
  return REAL(pwrite64)(fd, data, size, at);
}
int ftruncate(int fd, off_t size) {
  FAIL_IF(failure_of("write", fd));
  return REAL(ftruncate)(fd, size);
}
int ftruncate64(int fd, off64_t size) {
  FAIL_IF(failure_of("write", fd));
  return REAL(ftruncate64)(fd, size);
}
int posix_fallocate(int fd, off_t at, off_t size) {
  int code = failure_of("write", fd);
  return code ? code : REAL(posix_fallocate)(fd, at, size);
}
int posix_fallocate64(int fd, off64_t at, off64_t size) {
  int code = failure_of("write", fd);
  return code ? code : REAL(posix_fallocate64)(fd, at, size);
}
int fdatasync(int fd) {
  FAIL_IF(failure_of("sync", fd));
  return REAL(fdatasync)(fd);
}
int fsync(int fd) {
  FAIL_IF(failure_of("sync", fd));
  return REAL(fsync)(fd);
}
int rename(const char* from, const char* to) {
  FAIL_IF(failure("name", to));
  return REAL(rename)(from, to);
}
int unlink(const char* path) {
  FAIL_IF(failure("name", path));
  return REAL(unlink)(path);
}
int mkdir(const char* path, mode_t mode) {
  if (access(path, F_OK) != 0) FAIL_IF(failure("name", path));
  return REAL(mkdir)(path, mode);
}
#define OPEN(name) int name(const char* path, int flags, ...) { \
    va_list rest; va_start(rest, flags); mode_t mode = va_arg(rest, mode_t); va_end(rest); \
    if ((flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT)) FAIL_IF(failure("name", path)); \
    return REAL(name)(path, flags, mode); }
OPEN(open)
OPEN(open64)
"""


class BadDisks:
    """A context manager: the library, and a file of commands for each node."""

    def __enter__(self):
        self.directory = tempfile.mkdtemp(prefix="quorate-disk-")
        source, self.library = (os.path.join(self.directory, name) for name in ("disk.c", "disk.so"))
        with open(source, "w") as file:
            file.write(SHIM)
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", self.library, source, "-ldl"], check=True)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.directory)

    def _commands(self, node):
        return os.path.join(self.directory, str(node.port))

    def start(self, node):
        node.start(environment={"LD_PRELOAD": self.library, "QUORATE_DISK": self._commands(node)})

    def start_all(self, cluster):
        for node in cluster.nodes:
            self.start(node)
        cluster.wait_ready()

    def fail(self, node, *commands):
        """Each (what, errno, part of the path); at once."""
        path = self._commands(node)
        with open(path + ".new", "w") as file:
            file.write("".join(f"{what} {code} {part}\n" for what, code, part in commands))
        os.rename(path + ".new", path)

    def heal(self, node):
        with contextlib.suppress(FileNotFoundError):
            os.remove(self._commands(node))
