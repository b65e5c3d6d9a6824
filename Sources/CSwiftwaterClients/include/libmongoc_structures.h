// The one structure of MongoDB's C driver that callers hold (`bson_error_t`, its documented ABI), for a library that is
// loaded at run time: neither its headers nor the library is needed to build.
#ifndef SWIFTWATER_LIBMONGOC_STRUCTURES_H
#define SWIFTWATER_LIBMONGOC_STRUCTURES_H

#include <stdint.h>

typedef struct {
    uint32_t domain;
    uint32_t code;
    char message[504];
} __attribute__((aligned(8))) sw_mongo_error;

#endif
