# SPDX-License-Identifier: ISC
# Build settings; each can be overridden on make's command line.

VERSION = 0.1

PREFIX = /usr/local
MANPREFIX = $(PREFIX)/share/man
DESTDIR =

# musl: static binaries with glibc are not supported
CC = musl-gcc
AR = ar
STRIP = strip
OPT = -O2
CFLAGS = $(OPT) -g -ffunction-sections -fdata-sections -fno-plt -fno-asynchronous-unwind-tables
LDFLAGS = -static -Wl,--gc-sections -Wl,-z,relro,-z,now -Wl,-z,noexecstack

# ISA-L for gzip (x86-64, arm64): 1, or 0 for zlib alone
ISAL = 1
# zstd layers: 1 or 0
ZSTD = 1
