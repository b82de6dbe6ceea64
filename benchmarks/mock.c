/*
 * A mock AI provider for measuring gateways: one thread, epoll, HTTP/1.1 with keep-alive, loopback only.
 *
 *   POST /v1/chat/completions   OpenAI chat, whole or as SSE
 *   POST /v1/messages           Anthropic messages, whole or as SSE
 *   POST /api/chat              Ollama chat, whole or as NDJSON
 *   GET  /v1/models, /api/tags  one model
 *   GET  /stats                 what was asked so far: the runner checks that nothing was answered from a cache;
 *                               most_open_streams counts from the last look
 *
 * A stream has --chunks pieces, --delay-ms apart, the first after --first-ms. The model's name may say otherwise
 * for one request: "bench-c64-d5-f20" is 64 chunks, 5 ms apart, the first after 20 ms.
 * Each piece is one send and one HTTP chunk.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
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

#define HEAD_MAX (64 * 1024)
#define BODY_MAX (64 * 1024 * 1024)
#define PIECE_MAX 1024
#define FD_MAX 65536

enum shape { OPENAI, ANTHROPIC, OLLAMA };

struct plan {
    long chunks, delay_ms, first_ms;
};

struct conn {
    bool open, streaming, waits_for_room, closes_after, wants_usage;
    uint32_t turn; /* changes with each connection and stream, so that an old timer finds nothing */
    char *in;
    size_t in_len, in_cap;
    char *out;
    size_t out_off, out_len, out_cap;
    enum shape shape;
    struct plan plan;
    long next;
    int64_t began_ns;
    char model[128];
    char piece[PIECE_MAX]; /* the content event of this stream, framed once and sent many times */
    size_t piece_len;
};

struct timer {
    int64_t due_ns;
    int fd;
    uint32_t turn;
};

static struct conn *conns[FD_MAX];
static struct timer *heap;
static size_t heap_len, heap_cap;
static int epoll_fd, timer_fd;
static struct plan usual = {64, 0, 0};
static struct {
    long requests, streams, finished, aborted, open_streams, most_open_streams, connections;
} stats;

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void *grown(void *old, size_t *cap, size_t need, size_t item) {
    if (need <= *cap) return old;
    size_t fresh = *cap ? *cap : 64;
    while (fresh < need) fresh *= 2;
    void *p = realloc(old, fresh * item);
    if (!p) die("realloc");
    *cap = fresh;
    return p;
}

/* ---- timers: a heap, one timerfd set to its head ---- */

static void arm(void) {
    struct itimerspec spec = {0};
    if (heap_len) {
        spec.it_value.tv_sec = heap[0].due_ns / 1000000000;
        spec.it_value.tv_nsec = heap[0].due_ns % 1000000000;
    }
    timerfd_settime(timer_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void push(struct timer t) {
    heap = grown(heap, &heap_cap, heap_len + 1, sizeof *heap);
    size_t i = heap_len++;
    while (i && heap[(i - 1) / 2].due_ns > t.due_ns) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = t;
    if (i == 0) arm();
}

static struct timer pop(void) {
    struct timer top = heap[0], last = heap[--heap_len];
    size_t i = 0;
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= heap_len) break;
        if (child + 1 < heap_len && heap[child + 1].due_ns < heap[child].due_ns) child++;
        if (heap[child].due_ns >= last.due_ns) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return top;
}

/* ---- connections ---- */

static void drop(int fd) {
    struct conn *c = conns[fd];
    if (!c || !c->open) return;
    if (c->streaming) {
        stats.aborted++;
        stats.open_streams--;
    }
    c->open = c->streaming = false;
    c->turn++;
    stats.connections--;
    close(fd);
}

static void watch(int fd, bool room) {
    struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP | (room ? EPOLLOUT : 0), .data.fd = fd};
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, fd, &ev);
    conns[fd]->waits_for_room = room;
}

/* Send now what the socket takes, keep the rest. False: the connection is gone. */
static bool put(int fd, const char *data, size_t len) {
    struct conn *c = conns[fd];
    if (c->out_len == c->out_off) {
        c->out_len = c->out_off = 0;
        ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) {
            drop(fd);
            return false;
        }
        if (sent > 0) {
            data += sent;
            len -= (size_t)sent;
        }
    }
    if (!len) return true;
    c->out = grown(c->out, &c->out_cap, c->out_len + len, 1);
    memcpy(c->out + c->out_len, data, len);
    c->out_len += len;
    if (!c->waits_for_room) watch(fd, true);
    return true;
}

static bool flush_out(int fd) {
    struct conn *c = conns[fd];
    while (c->out_off < c->out_len) {
        ssize_t sent = send(fd, c->out + c->out_off, c->out_len - c->out_off, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN) return true;
            drop(fd);
            return false;
        }
        c->out_off += (size_t)sent;
    }
    c->out_len = c->out_off = 0;
    watch(fd, false);
    return true;
}

/* ---- answers ---- */

static bool whole(int fd, int status, const char *body) {
    char text[4096];
    const char *word = status == 200 ? "OK" : status == 404 ? "Not Found" : "Bad Request";
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                     word, strlen(body), conns[fd]->closes_after ? "Connection: close\r\n" : "", body);
    if (!put(fd, text, (size_t)n)) return false;
    if (conns[fd]->closes_after && conns[fd]->out_off == conns[fd]->out_len) {
        drop(fd);
        return false;
    }
    return true;
}

#define PROSE                                                                                              \
    "A gateway stands between clients and providers. It takes a request, finds an account that may serve " \
    "it, sends it on, and hands the answer back without changing a byte that it need not change. "         \
    "Whatever else it does has to happen beside that way, not on it."

static bool whole_chat(int fd) {
    struct conn *c = conns[fd];
    char body[2048];
    if (c->shape == OPENAI)
        snprintf(body, sizeof body,
                 "{\"id\":\"chatcmpl-mock0000000000000000000001\",\"object\":\"chat.completion\",\"created\":1760000000,"
                 "\"model\":\"%s\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"" PROSE
                 "\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":212,"
                 "\"completion_tokens\":42,\"total_tokens\":254},\"system_fingerprint\":\"fp_mock\"}",
                 c->model);
    else if (c->shape == ANTHROPIC)
        snprintf(body, sizeof body,
                 "{\"id\":\"msg_mock0000000000000001\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"%s\","
                 "\"content\":[{\"type\":\"text\",\"text\":\"" PROSE "\"}],\"stop_reason\":\"end_turn\","
                 "\"stop_sequence\":null,\"usage\":{\"input_tokens\":212,\"output_tokens\":42,"
                 "\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":0}}",
                 c->model);
    else
        snprintf(body, sizeof body,
                 "{\"model\":\"%s\",\"created_at\":\"2026-01-01T00:00:00.000000Z\",\"message\":{\"role\":\"assistant\","
                 "\"content\":\"" PROSE "\"},\"done\":true,\"done_reason\":\"stop\",\"total_duration\":1000000,"
                 "\"load_duration\":1000,\"prompt_eval_count\":212,\"prompt_eval_duration\":1000,\"eval_count\":42,"
                 "\"eval_duration\":1000}",
                 c->model);
    return whole(fd, 200, body);
}

/* Put `text` into one HTTP chunk. */
static size_t chunk(char *to, size_t room, const char *text) {
    return (size_t)snprintf(to, room, "%zx\r\n%s\r\n", strlen(text), text);
}

static bool put_chunk(int fd, const char *text) {
    char framed[PIECE_MAX + 32];
    return put(fd, framed, chunk(framed, sizeof framed, text));
}

static void openai_event(char *to, size_t room, const char *model, const char *delta, const char *finish) {
    snprintf(to, room,
             "data: {\"id\":\"chatcmpl-mock0000000000000000000001\",\"object\":\"chat.completion.chunk\","
             "\"created\":1760000000,\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":%s,\"logprobs\":null,"
             "\"finish_reason\":%s}]}\n\n",
             model, delta, finish);
}

static bool stream_head(int fd) {
    struct conn *c = conns[fd];
    char text[PIECE_MAX - 32], head[256];
    int n = snprintf(head, sizeof head,
                     "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nCache-Control: no-cache\r\n"
                     "Transfer-Encoding: chunked\r\n%s\r\n",
                     c->shape == OLLAMA ? "application/x-ndjson" : "text/event-stream; charset=utf-8",
                     c->closes_after ? "Connection: close\r\n" : "");
    if (c->shape == OPENAI)
        openai_event(text, sizeof text, c->model, "{\"content\":\" token\"}", "null");
    else if (c->shape == ANTHROPIC)
        snprintf(text, sizeof text,
                 "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
                 "{\"type\":\"text_delta\",\"text\":\" token\"}}\n\n");
    else
        snprintf(text, sizeof text,
                 "{\"model\":\"%s\",\"created_at\":\"2026-01-01T00:00:00.000000Z\",\"message\":{\"role\":\"assistant\","
                 "\"content\":\" token\"},\"done\":false}\n",
                 c->model);
    c->piece_len = chunk(c->piece, sizeof c->piece, text);
    return put(fd, head, (size_t)n);
}

/* The event before the content: its role or its opening. It goes out together with the first piece. */
static bool stream_opening(int fd) {
    struct conn *c = conns[fd];
    char text[PIECE_MAX];
    if (c->shape != ANTHROPIC) return true;
    snprintf(text, sizeof text,
             "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_mock0000000000000001\","
             "\"type\":\"message\",\"role\":\"assistant\",\"model\":\"%s\",\"content\":[],\"stop_reason\":null,"
             "\"stop_sequence\":null,\"usage\":{\"input_tokens\":212,\"output_tokens\":1}}}\n\n",
             c->model);
    return put_chunk(fd, text) &&
           put_chunk(fd, "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
                         "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n");
}

static bool stream_ending(int fd) {
    struct conn *c = conns[fd];
    char text[PIECE_MAX];
    if (c->shape == OPENAI) {
        openai_event(text, sizeof text, c->model, "{}", "\"stop\"");
        if (!put_chunk(fd, text)) return false;
        if (c->wants_usage) {
            snprintf(text, sizeof text,
                     "data: {\"id\":\"chatcmpl-mock0000000000000000000001\",\"object\":\"chat.completion.chunk\","
                     "\"created\":1760000000,\"model\":\"%s\",\"choices\":[],\"usage\":{\"prompt_tokens\":212,"
                     "\"completion_tokens\":%ld,\"total_tokens\":%ld}}\n\n",
                     c->model, c->plan.chunks, c->plan.chunks + 212);
            if (!put_chunk(fd, text)) return false;
        }
        if (!put_chunk(fd, "data: [DONE]\n\n")) return false;
    } else if (c->shape == ANTHROPIC) {
        snprintf(text, sizeof text,
                 "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\","
                 "\"stop_sequence\":null},\"usage\":{\"output_tokens\":%ld}}\n\n",
                 c->plan.chunks);
        if (!put_chunk(fd, "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n") ||
            !put_chunk(fd, text) || !put_chunk(fd, "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
            return false;
    } else {
        snprintf(text, sizeof text,
                 "{\"model\":\"%s\",\"created_at\":\"2026-01-01T00:00:00.000000Z\",\"message\":{\"role\":\"assistant\","
                 "\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\",\"total_duration\":1000000,"
                 "\"load_duration\":1000,\"prompt_eval_count\":212,\"prompt_eval_duration\":1000,\"eval_count\":%ld,"
                 "\"eval_duration\":1000}\n",
                 c->model, c->plan.chunks);
        if (!put_chunk(fd, text)) return false;
    }
    return put(fd, "0\r\n\r\n", 5);
}

/* Send the pieces that are due. False: the connection is gone. */
static bool stream_on(int fd) {
    struct conn *c = conns[fd];
    int64_t now = now_ns();
    while (c->next < c->plan.chunks) {
        int64_t due = c->began_ns + (c->plan.first_ms + c->next * c->plan.delay_ms) * 1000000;
        if (due > now) {
            push((struct timer){due, fd, c->turn});
            return true;
        }
        if (c->waits_for_room) return true; /* the socket's event comes back here */
        if (c->next == 0 && !stream_opening(fd)) return false;
        if (c->next == 0 && c->shape == OPENAI) {
            char text[PIECE_MAX];
            openai_event(text, sizeof text, c->model, "{\"role\":\"assistant\",\"content\":\" token\"}", "null");
            if (!put_chunk(fd, text)) return false;
        } else if (!put(fd, c->piece, c->piece_len))
            return false;
        c->next++;
    }
    if (!stream_ending(fd)) return false;
    c->streaming = false;
    c->turn++;
    stats.open_streams--;
    stats.finished++;
    if (c->closes_after && c->out_off == c->out_len) {
        drop(fd);
        return false;
    }
    return true;
}

static bool stream(int fd) {
    struct conn *c = conns[fd];
    c->streaming = true;
    c->next = 0;
    c->began_ns = now_ns();
    c->turn++;
    stats.streams++;
    if (++stats.open_streams > stats.most_open_streams) stats.most_open_streams = stats.open_streams;
    return stream_head(fd) && stream_on(fd);
}

/* ---- requests ---- */

/* Where the value of "key" begins in the body, or NULL. Quotes inside JSON strings are escaped, so this finds keys. */
static const char *value_of(const char *body, size_t len, const char *key) {
    const char *end = body + len, *at = memmem(body, len, key, strlen(key));
    if (!at) return NULL;
    for (at += strlen(key); at < end && (*at == ' ' || *at == ':'); at++) continue;
    return at;
}

static bool is(const char *at, const char *end, const char *word) {
    return at && (size_t)(end - at) >= strlen(word) && !memcmp(at, word, strlen(word));
}

static long clamped(const char *digits, long most) {
    long n = strtol(digits, NULL, 10);
    return n < 0 ? 0 : n > most ? most : n;
}

static void read_body(struct conn *c, const char *body, size_t len) {
    const char *end = body + len, *model = value_of(body, len, "\"model\"");
    size_t n = 0;
    if (model && model < end && *model == '"')
        for (model++; model + n < end && model[n] != '"' && model[n] != '\\' && n < sizeof c->model - 1; n++)
            c->model[n] = model[n];
    c->model[n] = 0;
    c->plan = usual;
    for (const char *dash = strchr(c->model, '-'); dash; dash = strchr(dash + 1, '-')) {
        if (dash[1] == 'c' && dash[2] >= '0' && dash[2] <= '9') c->plan.chunks = clamped(dash + 2, 100000);
        if (dash[1] == 'd' && dash[2] >= '0' && dash[2] <= '9') c->plan.delay_ms = clamped(dash + 2, 60000);
        if (dash[1] == 'f' && dash[2] >= '0' && dash[2] <= '9') c->plan.first_ms = clamped(dash + 2, 60000);
    }
    c->wants_usage = is(value_of(body, len, "\"include_usage\""), end, "true");
}

static bool answer(int fd, const char *method, const char *path, const char *body, size_t len) {
    struct conn *c = conns[fd];
    if (!strcmp(method, "GET")) {
        char text[512];
        if (!strcmp(path, "/v1/models"))
            return whole(fd, 200,
                         "{\"object\":\"list\",\"data\":[{\"id\":\"bench\",\"object\":\"model\",\"created\":1760000000,"
                         "\"owned_by\":\"mock\"}]}");
        if (!strcmp(path, "/api/tags")) return whole(fd, 200, "{\"models\":[{\"name\":\"bench\",\"model\":\"bench\"}]}");
        if (strcmp(path, "/stats")) return whole(fd, 404, "{\"error\":{\"message\":\"no such path\"}}");
        snprintf(text, sizeof text,
                 "{\"requests\":%ld,\"streams\":%ld,\"finished\":%ld,\"aborted\":%ld,\"open_streams\":%ld,"
                 "\"most_open_streams\":%ld,\"connections\":%ld}",
                 stats.requests, stats.streams, stats.finished, stats.aborted, stats.open_streams,
                 stats.most_open_streams, stats.connections);
        stats.most_open_streams = stats.open_streams;
        return whole(fd, 200, text);
    }
    if (!strcmp(path, "/v1/chat/completions"))
        c->shape = OPENAI;
    else if (!strcmp(path, "/v1/messages"))
        c->shape = ANTHROPIC;
    else if (!strcmp(path, "/api/chat"))
        c->shape = OLLAMA;
    else
        return whole(fd, 404, "{\"error\":{\"message\":\"no such path\"}}");
    stats.requests++;
    read_body(c, body, len);
    const char *asked = value_of(body, len, "\"stream\"");
    /* Ollama streams unless told not to; the others do not unless told to. */
    bool streams = c->shape == OLLAMA ? !is(asked, body + len, "false") : is(asked, body + len, "true");
    return streams ? stream(fd) : whole_chat(fd);
}

/* The length of a chunked body on the wire, joined in place when whole. -1: more must come; -2: nonsense. */
static long joined(char *data, size_t len, size_t *body_len) {
    for (int pass = 0; pass < 2; pass++) {
        size_t at = 0, to = 0;
        for (;;) {
            char *eol = memmem(data + at, len - at, "\r\n", 2);
            if (!eol) return -1;
            char *stop;
            unsigned long size = strtoul(data + at, &stop, 16);
            if (stop == data + at || size > BODY_MAX) return -2;
            at = (size_t)(eol - data) + 2;
            if (at + size + 2 > len) return -1;
            if (size == 0) {
                if (pass) {
                    *body_len = to;
                    return (long)at + 2;
                }
                break;
            }
            if (pass) memmove(data + to, data + at, size);
            to += size;
            at += size + 2;
        }
    }
    return -2;
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

/* Take one whole request off the buffer and answer it. 1: done; 0: more must come; -1: the connection is gone. */
static int one_request(int fd) {
    struct conn *c = conns[fd];
    char *split = memmem(c->in, c->in_len < HEAD_MAX ? c->in_len : HEAD_MAX, "\r\n\r\n", 4);
    if (!split) {
        if (c->in_len < HEAD_MAX) return 0;
        drop(fd);
        return -1;
    }
    size_t head_len = (size_t)(split - c->in) + 4, body_len = 0, used;
    char after_head = *split, method[8] = "", path[256] = "";
    *split = 0;
    const char *length = header(c->in, "content-length"), *coding = header(c->in, "transfer-encoding");
    const char *connection = header(c->in, "connection");
    bool closes = connection && !strncasecmp(connection, "close", 5);
    bool chunked = coding && !strncasecmp(coding, "chunked", 7);
    long declared = length ? clamped(length, BODY_MAX) : 0;
    int words = sscanf(c->in, "%7s %255[^ ?]", method, path);
    *split = after_head;
    if (words != 2) {
        drop(fd);
        return -1;
    }
    if (chunked) {
        long wire = joined(c->in + head_len, c->in_len - head_len, &body_len);
        if (wire == -1) return 0;
        if (wire == -2) {
            drop(fd);
            return -1;
        }
        used = head_len + (size_t)wire;
    } else {
        body_len = (size_t)declared;
        used = head_len + body_len;
        if (c->in_len < used) return 0;
    }
    c->closes_after = closes;
    if (!answer(fd, method, path, c->in + head_len, body_len)) return -1;
    memmove(c->in, c->in + used, c->in_len - used);
    c->in_len -= used;
    return 1;
}

static bool requests_waiting(int fd) {
    struct conn *c = conns[fd];
    while (c->in_len && !c->streaming) {
        int did = one_request(fd);
        if (did < 0) return false;
        if (!did) break;
    }
    return true;
}

/* ---- the loop ---- */

static void readable(int fd) {
    struct conn *c = conns[fd];
    for (;;) {
        c->in = grown(c->in, &c->in_cap, c->in_len + 65536, 1);
        ssize_t got = recv(fd, c->in + c->in_len, c->in_cap - c->in_len - 1, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
            drop(fd);
            return;
        }
        if (got < 0) break;
        c->in_len += (size_t)got;
        if (c->in_len > BODY_MAX) {
            drop(fd);
            return;
        }
        if (c->in_len < c->in_cap - 1) break;
    }
    requests_waiting(fd);
}

static void writable(int fd) {
    struct conn *c = conns[fd];
    if (!flush_out(fd) || c->waits_for_room) return;
    if (c->streaming) {
        if (!stream_on(fd)) return;
    } else if (c->closes_after) {
        drop(fd);
        return;
    }
    if (!c->streaming) requests_waiting(fd);
}

static void accept_all(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
        if (fd < 0) return;
        if (fd >= FD_MAX) {
            close(fd);
            continue;
        }
        if (!conns[fd] && !(conns[fd] = calloc(1, sizeof **conns))) die("calloc");
        struct conn *c = conns[fd];
        c->open = true;
        c->streaming = c->waits_for_room = c->closes_after = false;
        c->in_len = c->out_len = c->out_off = 0;
        c->turn++;
        stats.connections++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event ev = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev);
    }
}

static void due(void) {
    uint64_t ticks;
    if (read(timer_fd, &ticks, sizeof ticks) < 0 && errno != EAGAIN) die("timerfd");
    int64_t now = now_ns();
    while (heap_len && heap[0].due_ns <= now) {
        struct timer t = pop();
        struct conn *c = conns[t.fd];
        if (c && c->open && c->streaming && c->turn == t.turn && stream_on(t.fd) && !c->streaming)
            requests_waiting(t.fd);
    }
    arm();
}

static int listening(int port) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1;
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof at;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || listen(fd, 4096)) die("listen");
    getsockname(fd, (struct sockaddr *)&at, &size);
    printf("{\"port\":%d}\n", ntohs(at.sin_port));
    fflush(stdout);
    return fd;
}

static void options(int argc, char **argv, int *port, long *seconds) {
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 >= argc) break;
        if (!strcmp(argv[i], "--port")) *port = (int)clamped(argv[i + 1], 65535);
        else if (!strcmp(argv[i], "--chunks")) usual.chunks = clamped(argv[i + 1], 100000);
        else if (!strcmp(argv[i], "--delay-ms")) usual.delay_ms = clamped(argv[i + 1], 60000);
        else if (!strcmp(argv[i], "--first-ms")) usual.first_ms = clamped(argv[i + 1], 60000);
        else if (!strcmp(argv[i], "--max-seconds")) *seconds = clamped(argv[i + 1], 86400);
        else break;
        if (i + 2 == argc) return;
    }
    if (argc == 1) return;
    fprintf(stderr, "usage: mock [--port N] [--chunks N] [--delay-ms N] [--first-ms N] [--max-seconds N]\n");
    exit(2);
}

int main(int argc, char **argv) {
    int port = 0;
    long seconds = 7200;
    options(argc, argv, &port, &seconds);
    prctl(PR_SET_PDEATHSIG, SIGTERM); /* nothing is left behind when the runner dies */
    alarm((unsigned)seconds);
    signal(SIGPIPE, SIG_IGN);
    struct rlimit limit;
    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    int listener = listening(port);
    struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener}, events[512];
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &ev);
    ev.data.fd = timer_fd;
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, timer_fd, &ev);
    for (;;) {
        int n = epoll_wait(epoll_fd, events, 512, -1);
        if (n < 0 && errno != EINTR) die("epoll_wait");
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listener) accept_all(listener);
            else if (fd == timer_fd) due();
            else {
                uint32_t what = events[i].events;
                if (!conns[fd] || !conns[fd]->open) continue;
                if (what & (EPOLLERR | EPOLLHUP | EPOLLRDHUP)) drop(fd);
                else {
                    if (what & EPOLLOUT) writable(fd);
                    if ((what & EPOLLIN) && conns[fd]->open) readable(fd);
                }
            }
        }
    }
}
