/*
 * A load generator for measuring gateways: one thread, epoll, HTTP/1.1 with keep-alive, 127.0.0.1 only.
 *
 *   closed loop (the default): --concurrency C connections, each asks again as soon as it was answered
 *   open loop: --rate R requests a second by the clock; latency counts from when a request was due, so a slow
 *              server cannot hide its queue
 *
 * It ends after --seconds or --requests, whichever comes first, and lets the requests under way finish.
 * Every "########" in the body becomes the number of the request, so that no two requests are equal.
 * An answer is good if it is a 200, complete, holds --end TEXT in its last kilobyte, and has at least --min-lines
 * data lines. The result is one JSON line on stdout.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX 16384
#define TAIL_MAX 1024
#define MARK "########"
#define MARKS_MAX 16
#define MOST_CONNECTIONS 8192
#define MOST_REQUESTS 5000000
#define MOST_SECONDS 600
#define MOST_RATE 100000
#define MOST_FAULTS 10000 /* a dead server is not asked five million times */

enum doing { CLOSED, IDLE, CONNECTING, SENDING, READING };
enum part { HEAD, SIZED, CHUNK_SIZE, CHUNK_DATA, CHUNK_END, TRAILER, UNTIL_CLOSE, WHOLE };
enum fault { NO_CONNECTION, BAD_STATUS, TRUNCATED, NO_END, TOO_FEW_LINES, TIMEOUT, FAULTS };
static const char *fault_names[FAULTS] = {"connect", "status", "truncated", "no_end", "too_few_lines", "timeout"};

struct conn {
    int fd;
    enum doing doing;
    enum part part;
    bool used_before, closes, room_wanted;
    char *request;
    size_t sent;
    int64_t due_ns, first_ns, began_ns;
    int status;
    char head[HEAD_MAX + 1];
    size_t head_len;
    uint64_t left; /* bytes of the body, or of the chunk */
    char size_text[24];
    size_t size_len;
    bool line_start;
    long lines;
    char tail[TAIL_MAX];
    size_t tail_len;
};

static struct {
    int port;
    const char *path, *body_file, *end, *headers[16];
    int header_count;
    long concurrency, requests, min_lines;
    double seconds, rate, timeout;
} ask = {.path = "/v1/chat/completions", .concurrency = 1, .requests = MOST_REQUESTS, .seconds = 10, .timeout = 30};

static struct conn *conns;
static int epoll_fd, timer_fd;
static char *template_text;
static size_t template_len, mark_at[MARKS_MAX], marks;
static int64_t start_ns, stop_ns, last_ns;
static long issued, done, good, under_way, most_under_way, faults[FAULTS], data_lines, reconnects;
static uint64_t body_bytes;
static float *latencies, *firsts;
static size_t results_cap;
static char first_error[512];

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void note_error(const char *what, const char *detail, size_t len) {
    if (first_error[0]) return;
    size_t n = (size_t)snprintf(first_error, 200, "%s", what);
    for (size_t i = 0; i < len && n < sizeof first_error - 1; i++) {
        unsigned char byte = (unsigned char)detail[i];
        first_error[n++] = byte < 32 || byte > 126 || byte == '"' || byte == '\\' ? ' ' : (char)byte;
    }
    first_error[n] = 0;
}

/* ---- one request ---- */

static bool may_start(int64_t now) {
    return issued < ask.requests && now < stop_ns;
}

static void watch(struct conn *c, bool room) {
    if (c->room_wanted == room) return;
    struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | (room ? EPOLLOUT : 0), .data.ptr = c};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &ev);
    c->room_wanted = room;
}

static void hang_up(struct conn *c) {
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    c->doing = CLOSED;
    c->used_before = false;
}

static void finish(struct conn *c, int fault) {
    int64_t now = now_ns();
    done++;
    under_way--;
    last_ns = now;
    if (fault >= 0) {
        faults[fault]++;
        if (done - good >= MOST_FAULTS) stop_ns = now;
        hang_up(c);
        return;
    }
    if ((size_t)good >= results_cap) {
        results_cap = results_cap ? results_cap * 2 : 65536;
        latencies = realloc(latencies, results_cap * sizeof *latencies);
        firsts = realloc(firsts, results_cap * sizeof *firsts);
        if (!latencies || !firsts) die("realloc");
    }
    latencies[good] = (float)((double)(now - c->due_ns) / 1e6);
    firsts[good] = (float)((double)((c->first_ns ? c->first_ns : now) - c->due_ns) / 1e6);
    good++;
    if (c->closes) hang_up(c);
    else {
        c->doing = IDLE;
        c->used_before = true;
    }
}

static void send_some(struct conn *c) {
    while (c->sent < template_len) {
        ssize_t n = send(c->fd, c->request + c->sent, template_len - c->sent, MSG_NOSIGNAL);
        if (n < 0) {
            if (errno == EAGAIN) break;
            return; /* the socket's next event tells */
        }
        c->sent += (size_t)n;
    }
    watch(c, c->sent < template_len);
    if (c->sent == template_len) c->doing = READING;
}

static bool open_socket(struct conn *c) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)ask.port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) return false;
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(c->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS) return false;
    c->doing = CONNECTING;
    c->used_before = false;
    c->room_wanted = true;
    struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | EPOLLOUT, .data.ptr = c};
    return !epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &ev);
}

static void send_request(struct conn *c) {
    c->part = HEAD;
    c->sent = c->head_len = c->size_len = c->tail_len = 0;
    c->lines = 0;
    c->line_start = true;
    c->closes = false;
    c->first_ns = 0;
    if (c->doing == IDLE) {
        c->doing = SENDING;
        send_some(c);
    } else if (!open_socket(c)) {
        note_error("cannot connect", "", 0);
        finish(c, NO_CONNECTION);
    }
}

static void begin(struct conn *c, int64_t due) {
    if (!c->request) {
        c->request = malloc(template_len);
        if (!c->request) die("malloc");
        memcpy(c->request, template_text, template_len);
    }
    char digits[16];
    snprintf(digits, sizeof digits, "%08ld", issued % 100000000);
    for (size_t i = 0; i < marks; i++) memcpy(c->request + mark_at[i], digits, 8);
    issued++;
    if (++under_way > most_under_way) most_under_way = under_way;
    c->due_ns = due;
    c->began_ns = now_ns();
    send_request(c);
}

/* ---- one answer ---- */

static void body_bytes_came(struct conn *c, const char *data, size_t len) {
    const char *at = data, *end = data + len;
    body_bytes += len;
    while (at < end) {
        if (c->line_start) {
            if (*at == 'd' || *at == '{') { /* "data:" of SSE, an object of NDJSON or of a whole answer */
                c->lines++;
                if (!c->first_ns) c->first_ns = now_ns();
            }
            c->line_start = *at == '\n';
            at++;
            continue;
        }
        const char *eol = memchr(at, '\n', (size_t)(end - at));
        if (!eol) break;
        c->line_start = true;
        at = eol + 1;
    }
    if (len >= TAIL_MAX) {
        memcpy(c->tail, end - TAIL_MAX, TAIL_MAX);
        c->tail_len = TAIL_MAX;
        return;
    }
    size_t keep = c->tail_len + len > TAIL_MAX ? TAIL_MAX - len : c->tail_len;
    memmove(c->tail, c->tail + c->tail_len - keep, keep);
    memcpy(c->tail + keep, data, len);
    c->tail_len = keep + len;
}

static const char *header(const char *head, const char *name) {
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, name, n) && line[2 + n] == ':') {
            const char *value = line + 3 + n;
            while (*value == ' ') value++;
            return value;
        }
    return NULL;
}

static bool read_head(struct conn *c) {
    if (sscanf(c->head, "HTTP/1.%*d %d", &c->status) != 1) return false;
    const char *length = header(c->head, "content-length"), *coding = header(c->head, "transfer-encoding");
    const char *connection = header(c->head, "connection");
    c->closes = connection && !strncasecmp(connection, "close", 5);
    if (coding && !strncasecmp(coding, "chunked", 7)) c->part = CHUNK_SIZE;
    else if (length) {
        c->left = strtoull(length, NULL, 10);
        c->part = c->left ? SIZED : WHOLE;
    } else {
        c->part = UNTIL_CLOSE;
        c->closes = true;
    }
    return true;
}

/* Take what belongs to the head. Returns the bytes used, or -1 for nonsense. */
static long feed_head(struct conn *c, const char *data, size_t len) {
    size_t before = c->head_len, room = HEAD_MAX - c->head_len, take = len < room ? len : room;
    memcpy(c->head + c->head_len, data, take);
    c->head_len += take;
    char *split = memmem(c->head, c->head_len, "\r\n\r\n", 4);
    if (!split) return c->head_len == HEAD_MAX ? -1 : (long)take;
    size_t used = (size_t)(split - c->head) + 4 - before;
    *split = 0;
    return read_head(c) ? (long)used : -1;
}

static bool feed_size(struct conn *c, char byte) {
    if (byte != '\n') {
        if (c->size_len == sizeof c->size_text - 1) return false;
        c->size_text[c->size_len++] = byte;
        return true;
    }
    c->size_text[c->size_len] = 0;
    bool empty = c->size_len <= 1;
    c->size_len = 0;
    if (c->part == CHUNK_END) {
        c->part = CHUNK_SIZE;
        return empty;
    }
    if (c->part == TRAILER) {
        if (empty) c->part = WHOLE;
        return true;
    }
    c->left = strtoull(c->size_text, NULL, 16);
    c->part = c->left ? CHUNK_DATA : TRAILER;
    return !empty;
}

/* False: the answer makes no sense. */
static bool feed(struct conn *c, const char *data, size_t len) {
    while (len && c->part != WHOLE) {
        size_t used = 1;
        if (c->part == HEAD) {
            long n = feed_head(c, data, len);
            if (n < 0) return false;
            used = (size_t)n;
        } else if (c->part == SIZED || c->part == CHUNK_DATA) {
            used = len < c->left ? len : (size_t)c->left;
            body_bytes_came(c, data, used);
            c->left -= used;
            if (!c->left) c->part = c->part == SIZED ? WHOLE : CHUNK_END;
        } else if (c->part == UNTIL_CLOSE) {
            used = len;
            body_bytes_came(c, data, len);
        } else if (!feed_size(c, *data))
            return false;
        data += used;
        len -= used;
    }
    return len == 0; /* nobody asked for more than one answer */
}

static void judge(struct conn *c) {
    data_lines += c->lines;
    if (c->status != 200) {
        char what[32];
        snprintf(what, sizeof what, "HTTP %d: ", c->status);
        note_error(what, c->tail, c->tail_len < 300 ? c->tail_len : 300);
        finish(c, BAD_STATUS);
    } else if (ask.end && !memmem(c->tail, c->tail_len, ask.end, strlen(ask.end))) {
        note_error("no end mark: ", c->tail, c->tail_len < 300 ? c->tail_len : 300);
        finish(c, NO_END);
    } else if (c->lines < ask.min_lines) {
        note_error("too few data lines", "", 0);
        finish(c, TOO_FEW_LINES);
    } else
        finish(c, -1);
}

static void gone(struct conn *c) {
    if (c->doing == IDLE) {
        hang_up(c);
        return;
    }
    if (c->part == UNTIL_CLOSE) {
        judge(c);
        return;
    }
    bool silent = c->part == HEAD && c->head_len == 0;
    if (silent && c->used_before) { /* the server closed an idle connection as we wrote: any client asks again */
        hang_up(c);
        reconnects++;
        send_request(c);
        return;
    }
    enum fault fault = c->doing == CONNECTING ? NO_CONNECTION : TRUNCATED;
    note_error(fault == NO_CONNECTION ? "cannot connect" : "connection closed before the end: ", c->tail,
               c->tail_len < 300 ? c->tail_len : 300);
    finish(c, fault);
}

static void readable(struct conn *c) {
    static char data[262144];
    for (;;) {
        ssize_t n = recv(c->fd, data, sizeof data, 0);
        if (n < 0 && errno == EAGAIN) return;
        if (n <= 0) {
            gone(c);
            return;
        }
        if (c->doing == IDLE || !feed(c, data, (size_t)n)) {
            if (c->doing == IDLE) hang_up(c);
            else {
                note_error("not HTTP: ", data, n < 200 ? (size_t)n : 200);
                finish(c, TRUNCATED);
            }
            return;
        }
        if (c->part == WHOLE) {
            judge(c);
            return;
        }
        if ((size_t)n < sizeof data) return;
    }
}

static void event(struct conn *c, uint32_t what) {
    if (c->doing == CLOSED) return;
    if (c->doing == CONNECTING && (what & EPOLLOUT) && !(what & (EPOLLERR | EPOLLHUP))) c->doing = SENDING;
    if (c->doing == SENDING && (what & EPOLLOUT)) send_some(c);
    if (what & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) readable(c);
}

/* ---- the loop ---- */

/* Start what is due: in a closed loop on every free connection, in an open loop what the clock says. */
static void start_due(int64_t now, long *from) {
    for (long tried = 0; tried < ask.concurrency && issued < ask.requests; tried++) {
        int64_t due = now;
        if (ask.rate > 0) {
            due = start_ns + (int64_t)((double)issued * 1e9 / ask.rate);
            if (due > now || due >= stop_ns) return;
        } else if (!may_start(now))
            return;
        struct conn *c = &conns[*from];
        /* An open loop takes the lowest free connection, as a pool does; a closed loop goes round. */
        if (c->doing == IDLE || c->doing == CLOSED) {
            begin(c, due);
            if (ask.rate > 0) {
                *from = 0;
                tried = -1;
                continue;
            }
        }
        *from = (*from + 1) % ask.concurrency;
    }
}

static void arm(int64_t now) {
    int64_t next = now + 50000000;
    if (ask.rate > 0 && issued < ask.requests) {
        int64_t due = start_ns + (int64_t)((double)issued * 1e9 / ask.rate);
        if (due > now && due < next) next = due;
    }
    struct itimerspec spec = {.it_value = {next / 1000000000, next % 1000000000}};
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void time_out(int64_t now) {
    for (long i = 0; i < ask.concurrency; i++) {
        struct conn *c = &conns[i];
        if (c->doing > IDLE && (double)(now - c->began_ns) / 1e9 > ask.timeout) {
            note_error("no answer in time: ", c->tail, c->tail_len < 300 ? c->tail_len : 300);
            finish(c, TIMEOUT);
        }
    }
}

static bool more_to_come(int64_t now) {
    if (under_way || may_start(now)) return true;
    if (ask.rate <= 0 || issued >= ask.requests) return false;
    return start_ns + (int64_t)((double)issued * 1e9 / ask.rate) < stop_ns;
}

static void run(void) {
    struct epoll_event events[1024], ev = {.events = EPOLLIN, .data.ptr = NULL};
    long from = 0;
    int64_t swept = 0;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &ev);
    start_ns = now_ns();
    stop_ns = start_ns + (int64_t)(ask.seconds * 1e9);
    for (;;) {
        int64_t now = now_ns();
        start_due(now, &from);
        if (now - swept > 50000000) {
            time_out(now);
            swept = now;
        }
        if (!more_to_come(now)) return;
        if (ask.rate > 0) arm(now);
        int n = epoll_wait(epoll_fd, events, 1024, 50);
        if (n < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                event(events[i].data.ptr, events[i].events);
                continue;
            }
            uint64_t ticks;
            if (read(timer_fd, &ticks, sizeof ticks) < 0 && errno != EAGAIN) die("timerfd");
        }
    }
}

/* ---- setting up and reporting ---- */

static char *read_file(const char *path, size_t *len) {
    FILE *file = fopen(path, "rb");
    if (!file) die(path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = malloc((size_t)size + 1);
    if (size < 0 || !text || fread(text, 1, (size_t)size, file) != (size_t)size) die(path);
    fclose(file);
    *len = (size_t)size;
    return text;
}

static void make_template(void) {
    char head[8192];
    size_t body_len = 0;
    char *body = ask.body_file ? read_file(ask.body_file, &body_len) : NULL;
    size_t n = (size_t)snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n", body ? "POST" : "GET",
                                ask.path, ask.port);
    for (int i = 0; i < ask.header_count && n < sizeof head; i++)
        n += (size_t)snprintf(head + n, sizeof head - n, "%s\r\n", ask.headers[i]);
    if (body && n < sizeof head)
        n += (size_t)snprintf(head + n, sizeof head - n, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                              body_len);
    if (n + 2 >= sizeof head) {
        fprintf(stderr, "load: the headers are too long\n");
        exit(2);
    }
    memcpy(head + n, "\r\n", 2);
    n += 2;
    template_len = n + body_len;
    template_text = malloc(template_len + 1);
    if (!template_text) die("malloc");
    memcpy(template_text, head, n);
    if (body) memcpy(template_text + n, body, body_len);
    for (size_t at = n; marks < MARKS_MAX;) {
        char *mark = memmem(template_text + at, template_len - at, MARK, 8);
        if (!mark) break;
        mark_at[marks++] = (size_t)(mark - template_text);
        at = mark_at[marks - 1] + 8;
    }
    free(body);
}

static double bounded(const char *text, double least, double most, const char *name) {
    double value = strtod(text, NULL);
    if (value >= least && value <= most) return value;
    fprintf(stderr, "load: %s must be from %g to %g\n", name, least, most);
    exit(2);
}

static void option(const char *name, const char *value) {
    if (!strcmp(name, "--port")) ask.port = (int)bounded(value, 1, 65535, name);
    else if (!strcmp(name, "--path")) ask.path = value;
    else if (!strcmp(name, "--body")) ask.body_file = value;
    else if (!strcmp(name, "--end")) ask.end = value;
    else if (!strcmp(name, "--min-lines")) ask.min_lines = (long)bounded(value, 0, 1e6, name);
    else if (!strcmp(name, "--concurrency")) ask.concurrency = (long)bounded(value, 1, MOST_CONNECTIONS, name);
    else if (!strcmp(name, "--requests")) ask.requests = (long)bounded(value, 1, MOST_REQUESTS, name);
    else if (!strcmp(name, "--seconds")) ask.seconds = bounded(value, 0.01, MOST_SECONDS, name);
    else if (!strcmp(name, "--rate")) ask.rate = bounded(value, 0.1, MOST_RATE, name);
    else if (!strcmp(name, "--timeout")) ask.timeout = bounded(value, 0.1, MOST_SECONDS, name);
    else if (!strcmp(name, "--header") && ask.header_count < 16) ask.headers[ask.header_count++] = value;
    else {
        fprintf(stderr, "load: unknown option %s\n", name);
        exit(2);
    }
}

static int by_size(const void *a, const void *b) {
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double at(const float *sorted, double share) {
    if (!good) return 0;
    return (double)sorted[(size_t)((double)(good - 1) * share + 0.5)];
}

static void report(void) {
    double seconds = (double)(last_ns - start_ns) / 1e9;
    if (good) {
        qsort(latencies, (size_t)good, sizeof *latencies, by_size);
        qsort(firsts, (size_t)good, sizeof *firsts, by_size);
    }
    printf("{\"requests\":%ld,\"good\":%ld,\"errors\":%ld,\"seconds\":%.4f,\"rps\":%.1f,", done, good, done - good,
           seconds, seconds > 0 ? (double)good / seconds : 0.0);
    printf("\"p50_ms\":%.4f,\"p95_ms\":%.4f,\"p99_ms\":%.4f,\"max_ms\":%.4f,", at(latencies, 0.5), at(latencies, 0.95),
           at(latencies, 0.99), at(latencies, 1));
    printf("\"first_p50_ms\":%.4f,\"first_p95_ms\":%.4f,\"first_p99_ms\":%.4f,", at(firsts, 0.5), at(firsts, 0.95),
           at(firsts, 0.99));
    printf("\"lines\":%ld,\"lines_per_s\":%.0f,\"body_bytes\":%llu,\"most_under_way\":%ld,\"reconnects\":%ld,",
           data_lines, seconds > 0 ? (double)data_lines / seconds : 0.0, (unsigned long long)body_bytes,
           most_under_way, reconnects);
    printf("\"faults\":{");
    for (int i = 0; i < FAULTS; i++) printf("%s\"%s\":%ld", i ? "," : "", fault_names[i], faults[i]);
    printf("},\"first_error\":\"%s\"}\n", first_error);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc) {
            fprintf(stderr, "load: %s needs a value\n", argv[i]);
            return 2;
        }
        option(argv[i], argv[i + 1]);
    }
    if (!ask.port) {
        fprintf(stderr, "usage: load --port N [--path P] [--body FILE] [--header 'Name: value']... [--concurrency C]\n"
                        "            [--seconds S] [--requests N] [--rate R] [--end TEXT] [--min-lines N] [--timeout S]\n");
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    make_template();
    conns = calloc((size_t)ask.concurrency, sizeof *conns);
    if (!conns) die("calloc");
    for (long i = 0; i < ask.concurrency; i++) conns[i].fd = -1;
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    run();
    report();
    return 0;
}
