#ifndef MASTRA_GATEWAY_CCURL_SHIM_H
#define MASTRA_GATEWAY_CCURL_SHIM_H

// Distinct incomplete types for CURL and CURLM instead of `void`, so that Swift cannot mix them up.
#ifndef CURL_STRICTER
#define CURL_STRICTER
#endif
#include <curl/curl.h>

// `curl_easy_setopt` is variadic, and a macro around it on some compilers: Swift imports neither.
// Each wrapper fixes one type of the last argument, because curl reads exactly the type that the
// option's number stands for and an `int` in the place of a `long` would be read wrongly.

/// For options of type CURLOPTTYPE_LONG and CURLOPTTYPE_VALUES.
static inline CURLcode ccurl_set_long(CURL *easy, CURLoption option, long value) {
    return curl_easy_setopt(easy, option, value);
}

/// For options of type CURLOPTTYPE_OFF_T.
static inline CURLcode ccurl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

/// For options of type CURLOPTTYPE_STRINGPOINT; curl copies the text. NULL returns to the default.
static inline CURLcode ccurl_set_text(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

/// For options of type CURLOPTTYPE_OBJECTPOINT and CURLOPTTYPE_CBPOINT; curl keeps the pointer.
static inline CURLcode ccurl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

/// For options of type CURLOPTTYPE_SLISTPOINT; curl keeps the pointer. A type of its own, because
/// the type-checking macro refuses a `void *` here.
static inline CURLcode ccurl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

/// For CURLOPT_WRITEFUNCTION and CURLOPT_HEADERFUNCTION, which share one signature. A function
/// pointer may not travel through a `void *` in standard C.
static inline CURLcode ccurl_set_sink(CURL *easy, CURLoption option, curl_write_callback value) {
    return curl_easy_setopt(easy, option, value);
}

// `curl_easy_getinfo` is variadic for the same reason.

/// For fields of type CURLINFO_OFF_T.
static inline CURLcode ccurl_get_offset(CURL *easy, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(easy, info, value);
}

/// For fields of type CURLINFO_STRING; the text is curl's, until the handle is used again.
static inline CURLcode ccurl_get_text(CURL *easy, CURLINFO info, const char **value) {
    return curl_easy_getinfo(easy, info, value);
}

/// For CURLINFO_CERTINFO; the lists are curl's, until the handle is used again.
static inline CURLcode ccurl_get_certificates(CURL *easy, struct curl_certinfo **value) {
    return curl_easy_getinfo(easy, CURLINFO_CERTINFO, value);
}

// `curl_multi_setopt` is variadic as well.

/// For multi options of type CURLOPTTYPE_LONG.
static inline CURLMcode ccurl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

// These are macros over expressions, which Swift does not import.

static inline const curl_version_info_data *ccurl_version(void) {
    return curl_version_info(CURLVERSION_NOW);
}

static inline long ccurl_global_default(void) { return CURL_GLOBAL_DEFAULT; }

static inline long ccurl_multiplex(void) { return CURLPIPE_MULTIPLEX; }

static inline long ccurl_header_separate(void) { return CURLHEADER_SEPARATE; }

/// `CURLMsg.data` is a union of which only this member is meaningful for CURLMSG_DONE; reading it
/// here keeps the union out of Swift. Returns false when no finished transfer is waiting.
static inline int ccurl_next_finished(CURLM *multi, CURL **easy, CURLcode *code) {
    int remaining = 0;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &remaining)) != NULL) {
        if (message->msg == CURLMSG_DONE) {
            *easy = message->easy_handle;
            *code = message->data.result;
            return 1;
        }
    }
    return 0;
}

#endif
