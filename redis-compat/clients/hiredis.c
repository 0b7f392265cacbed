/* hiredis, unmodified: hiredis PORT. Prints OK and exits 0, or says what was wrong. */
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static redisReply* expect(redisContext* context, redisReply* reply, int type, const char* text) {
  if (reply == NULL || reply->type != type || (text != NULL && strcmp(reply->str, text) != 0)) {
    fprintf(stderr, "expected type %d %s, got %s\n", type, text == NULL ? "" : text,
            reply == NULL ? context->errstr : reply->str == NULL ? "another type" : reply->str);
    exit(1);
  }
  return reply;
}

int main(int count, char** arguments) {
  redisContext* context = redisConnect("127.0.0.1", count > 1 ? atoi(arguments[1]) : 6379);
  redisReply* reply;
  char value[64];
  if (context == NULL || context->err) return fprintf(stderr, "cannot connect\n"), 1;
  freeReplyObject(expect(context, redisCommand(context, "SET %s %b", "c", "a\0b", (size_t)3),
                         REDIS_REPLY_STATUS, "OK"));
  reply = expect(context, redisCommand(context, "GET c"), REDIS_REPLY_STRING, NULL);
  if (reply->len != 3 || memcmp(reply->str, "a\0b", 3) != 0) return fprintf(stderr, "GET\n"), 1;
  freeReplyObject(reply);
  freeReplyObject(expect(context, redisCommand(context, "GET none"), REDIS_REPLY_NIL, NULL));
  freeReplyObject(expect(context, redisCommand(context, "NOSUCH"), REDIS_REPLY_ERROR, NULL));
  for (int i = 0; i < 1000; ++i) redisAppendCommand(context, "SET n%d %d", i, i);
  for (int i = 0; i < 1000; ++i) redisAppendCommand(context, "GET n%d", i);
  for (int i = 0; i < 2000; ++i) {
    void* next = NULL;
    if (redisGetReply(context, &next) != REDIS_OK) return fprintf(stderr, "pipeline\n"), 1;
    snprintf(value, sizeof value, "%d", i - 1000);
    freeReplyObject(expect(context, next, i < 1000 ? REDIS_REPLY_STATUS : REDIS_REPLY_STRING,
                           i < 1000 ? "OK" : value));
  }
  freeReplyObject(expect(context, redisCommand(context, "MULTI"), REDIS_REPLY_STATUS, "OK"));
  freeReplyObject(expect(context, redisCommand(context, "INCR c2"), REDIS_REPLY_STATUS, "QUEUED"));
  reply = expect(context, redisCommand(context, "EXEC"), REDIS_REPLY_ARRAY, NULL);
  if (reply->elements != 1 || reply->element[0]->type != REDIS_REPLY_INTEGER)
    return fprintf(stderr, "EXEC\n"), 1;
  freeReplyObject(reply);
  redisFree(context);
  puts("OK");
  return 0;
}
