// The structures of client libraries that are loaded at run time.
#include "librdkafka_structures.h"
#include "libmongoc_structures.h"
