// feeder PORT FILE RATE:SECONDS[,RATE:SECONDS...] [--mark]
//
// A TCP server on 127.0.0.1 for one client, which gets the file's lines, over and over, at so many lines a second (0: as many as
// it takes). --mark adds a line "m #zlatNANOSECONDS x" every 10 ms, with the time of its sending. Written in C so that the feeder takes
// little of the two cores that it shares with what is measured. Ends when the plan ends or the client goes.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static char *text;
static size_t *starts, lines;

static void load(const char *path) {
    FILE *file = fopen(path, "rb");
    struct stat status;
    if (!file || fstat(fileno(file), &status)) fail(path);
    size_t size = (size_t)status.st_size;
    text = malloc(size + 1);
    if (!text || fread(text, 1, size, file) != size) fail(path);
    fclose(file);
    for (char *p = text; (p = memchr(p, '\n', (size_t)(text + size - p))); p++) lines++;
    starts = malloc((lines + 1) * sizeof *starts);
    if (!starts || !lines) fail("the file has no lines");
    size_t n = 0;
    starts[n++] = 0;
    for (char *p = text; (p = memchr(p, '\n', (size_t)(text + size - p))); p++) starts[n++] = (size_t)(p + 1 - text);
}

// Returns 0 where the client has gone.
static int send_all(int client, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(client, bytes, count, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) return 0;
        bytes += sent;
        count -= (size_t)sent;
    }
    return 1;
}

static int accept_one(int port) {
    int server = socket(AF_INET, SOCK_STREAM, 0), yes = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(server, (struct sockaddr *)&address, sizeof address) || listen(server, 1)) fail("listen");
    alarm(60);
    int client = accept(server, NULL, NULL);
    alarm(0);
    if (client < 0) fail("accept");
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return client;
}

// Sends `rate` lines a second for `length` seconds, in pieces of what is due every 5 ms. Returns 0 where the client has gone.
static int feed(int client, double rate, double length, int marks, size_t *position) {
    double begin = seconds(), tick = 0.005, mark = begin;
    size_t sent = 0, bytes = 0;
    for (double now = begin; now - begin < length; now = seconds()) {
        size_t due = rate == 0 ? sent + 4000 : (size_t)((now - begin + tick) * rate);
        while (sent < due) {
            size_t count = due - sent < lines - *position ? due - sent : lines - *position;
            if (count > 8000) count = 8000;
            size_t size = starts[*position + count] - starts[*position];
            if (!send_all(client, text + starts[*position], size)) return 0;
            *position = (*position + count) % lines;
            sent += count;
            bytes += size;
            if (seconds() - begin >= length) break;
        }
        if (marks && (now = seconds()) >= mark) {
            char line[64];
            int size = snprintf(line, sizeof line, "m #zlat%lld x\n", (long long)(now * 1e9));
            if (!send_all(client, line, (size_t)size)) return 0;
            mark += 0.01;
        }
        double wait = rate == 0 ? 0 : begin + (double)sent / rate - seconds();
        if (wait > 0) usleep((useconds_t)((wait < tick ? wait : tick) * 1e6));
    }
    double took = seconds() - begin;
    printf("fed %.0f/s of %.0f/s, %.1f MB/s\n", (double)sent / took, rate, (double)bytes / took / 1e6);
    fflush(stdout);
    return 1;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "feeder PORT FILE RATE:SECONDS[,RATE:SECONDS...] [--mark]\n");
        return 2;
    }
    load(argv[2]);
    int marks = argc > 4 && !strcmp(argv[4], "--mark");
    int client = accept_one(atoi(argv[1]));
    size_t position = 0;
    for (char *plan = strtok(argv[3], ","); plan; plan = strtok(NULL, ",")) {
        char *colon = strchr(plan, ':');
        if (!colon || !feed(client, atof(plan), atof(colon + 1), marks, &position)) {
            printf("the client has gone\n");
            return 0;
        }
    }
    close(client);
    return 0;
}
