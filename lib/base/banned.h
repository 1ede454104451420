/* SPDX-License-Identifier: ISC */
/* banned.h: poisons functions this project does not use; included last of all by mem.h */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf
#pragma GCC poison strtok atoi atol atoll system popen mktemp tmpnam gets

#endif
