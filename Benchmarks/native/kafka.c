// What a consumer of Kafka can do on this machine, and what it consumes: librdkafka's mock cluster, which keeps the newest
// 5 MiB of each partition in memory.
//
//   kafka brokers PARTITIONS COUNT   starts a broker, writes COUNT posts to the topic `posts`, prints its address, and
//                                    serves until it is killed
//   kafka consume BROKERS PARTITIONS COUNT   reads COUNT posts from the start, counts bytes, and prints the rate
//
// cc -O2 kafka.c -lrdkafka
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value) {
  char words[512];
  if (rd_kafka_conf_set(conf, name, value, words, sizeof words) != RD_KAFKA_CONF_OK) {
    fprintf(stderr, "%s\n", words);
    exit(1);
  }
}

static rd_kafka_t *client(rd_kafka_type_t type, rd_kafka_conf_t *conf) {
  char words[512];
  rd_kafka_t *made = rd_kafka_new(type, conf, words, sizeof words);
  if (!made) {
    fprintf(stderr, "%s\n", words);
    exit(1);
  }
  return made;
}

static int brokers(int partitions, long count) {
  rd_kafka_mock_cluster_t *cluster = rd_kafka_mock_cluster_new(client(RD_KAFKA_PRODUCER, rd_kafka_conf_new()), 1);
  rd_kafka_mock_topic_create(cluster, "posts", partitions, 1);
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster));
  set(conf, "linger.ms", "50");
  set(conf, "queue.buffering.max.messages", "1000000");
  rd_kafka_t *producer = client(RD_KAFKA_PRODUCER, conf);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, "posts", NULL);
  uint64_t random = 1;
  for (long number = 0; number < count; number++) {
    // Tags by a law like Zipf's: the k-th of a thousand with about 1/k.
    random = random * 6364136223846793005u + 1442695040888963407u;
    double share = (random >> 11) / 9007199254740992.0;
    int tag = 1;
    for (double left = share * 7.485; left > 1.0 / tag && tag < 1000; tag++) left -= 1.0 / tag;
    char text[64];
    int length = snprintf(text, sizeof text, "post %ld about #tag%d", number, tag);
    while (rd_kafka_produce(topic, number % partitions, RD_KAFKA_MSG_F_COPY, text, length, NULL, 0, NULL))
      rd_kafka_poll(producer, 10);
    if (number % 1000 == 0) rd_kafka_poll(producer, 0);
  }
  rd_kafka_flush(producer, 60000);
  printf("%s\n", rd_kafka_mock_cluster_bootstraps(cluster));
  fflush(stdout);
  pause();
  return 0;
}

static int consume(const char *address, int partitions, long count) {
  double begin = now();
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", address);
  set(conf, "group.id", "none");
  set(conf, "enable.auto.commit", "false");
  set(conf, "queued.min.messages", "1000000");
  rd_kafka_t *consumer = client(RD_KAFKA_CONSUMER, conf);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
  for (int number = 0; number < partitions; number++)
    rd_kafka_topic_partition_list_add(list, "posts", number)->offset = RD_KAFKA_OFFSET_BEGINNING;
  rd_kafka_assign(consumer, list);
  rd_kafka_queue_t *queue = rd_kafka_queue_get_consumer(consumer);
  static rd_kafka_message_t *messages[10000];
  long seen = 0, bytes = 0;
  while (seen < count) {
    ssize_t got = rd_kafka_consume_batch_queue(queue, 1000, messages, 10000);
    for (ssize_t number = 0; number < got; number++) {
      if (!messages[number]->err) {
        seen++;
        bytes += messages[number]->len;
      }
      rd_kafka_message_destroy(messages[number]);
    }
  }
  double length = now() - begin;
  printf("librdkafka only reading: %.0f messages/s (%ld in %.2f s, %ld bytes)\n", seen / length, seen, length, bytes);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && !strcmp(argv[1], "brokers")) return brokers(atoi(argv[2]), atol(argv[3]));
  if (argc == 5 && !strcmp(argv[1], "consume")) return consume(argv[2], atoi(argv[3]), atol(argv[4]));
  fprintf(stderr, "see the top of kafka.c\n");
  return 64;
}
