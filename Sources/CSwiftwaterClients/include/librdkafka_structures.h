// The structures of librdkafka's interface (its documented ABI, kept since version 1.0), for a library that is loaded at
// run time: neither its header nor the library is needed to build.
#ifndef SWIFTWATER_LIBRDKAFKA_STRUCTURES_H
#define SWIFTWATER_LIBRDKAFKA_STRUCTURES_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A message, or an error of the consumer.
typedef struct {
    int error;
    void *topic;
    int32_t partition;
    void *payload;
    size_t payload_size;
    void *key;
    size_t key_size;
    int64_t offset;
    void *opaque;
} sw_kafka_message;

typedef struct {
    char *topic;
    int32_t partition;
    int64_t offset;
    void *metadata;
    size_t metadata_size;
    void *opaque;
    int error;
    void *reserved;
} sw_kafka_partition;

typedef struct {
    int count;
    int capacity;
    sw_kafka_partition *elements;
} sw_kafka_partitions;

typedef struct {
    int32_t id;
    int error;
    int32_t leader;
    int replica_count;
    int32_t *replicas;
    int in_sync_count;
    int32_t *in_sync;
} sw_kafka_partition_metadata;

typedef struct {
    char *name;
    int partition_count;
    sw_kafka_partition_metadata *partitions;
    int error;
} sw_kafka_topic_metadata;

typedef struct {
    int broker_count;
    void *brokers;
    int topic_count;
    sw_kafka_topic_metadata *topics;
    int32_t source_id;
    char *source_name;
} sw_kafka_metadata;

// One argument of a message to send.
typedef struct {
    int kind;
    union {
        const char *text;
        int number;
        int32_t partition;
        int64_t time;
        void *pointer;
        struct {
            void *start;
            size_t size;
        } bytes;
        struct {
            const char *name;
            const void *start;
            ssize_t size;
        } header;
        char room[64];
    } value;
} sw_kafka_argument;

#endif
