/* SPDX-License-Identifier: BSD-3-Clause */
#include "tools/weft/control_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    TOKEN_BYTES = 512,
    URL_BYTES = API_PATH_BYTES + 512
};

static bool add_header(struct curl_slist **headers, const char *text, char failure[API_FAILURE_BYTES])
{
    struct curl_slist *longer = curl_slist_append(*headers, text);
    if (longer)
        *headers = longer;
    else
        snprintf(failure, API_FAILURE_BYTES, "out of memory");
    return longer != NULL;
}

/* The file's first line is the token. */
static bool add_token(struct curl_slist **headers, const char *file, char failure[API_FAILURE_BYTES])
{
    char token[TOKEN_BYTES], header[TOKEN_BYTES + 32];
    FILE *stream = fopen(file, "re");
    bool is_read = stream && fgets(token, sizeof(token), stream);
    if (!is_read)
        snprintf(failure, API_FAILURE_BYTES, "--token-file %s: %s", file,
                 stream ? "it is empty" : strerror(errno));
    if (stream)
        fclose(stream);
    if (!is_read)
        return false;
    token[strcspn(token, "\r\n")] = '\0';
    snprintf(header, sizeof(header), "Authorization: Bearer %s", token);
    return add_header(headers, header, failure);
}

static void set_remote(CURL *easy, const struct options *options)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (options->ca)
        curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca);
    if (options->certificate)
        curl_easy_setopt(easy, CURLOPT_SSLCERT, options->certificate);
    if (options->key)
        curl_easy_setopt(easy, CURLOPT_SSLKEY, options->key);
}

bool control_place_set(CURL *easy, const struct options *options, const char *path,
                       struct curl_slist **headers, char failure[API_FAILURE_BYTES])
{
    char url[URL_BYTES];
    snprintf(url, sizeof(url), "%.500s%s", options->url ? options->url : "http://weft", path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    if (options->url) {
        set_remote(easy, options);
    } else {
        curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
        curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, options->socket);
    }
    return add_header(headers, "Content-Type: application/json", failure) &&
           (!options->token_file || add_token(headers, options->token_file, failure));
}

/* ---- why not ---- */

static void explain_socket(const char *path, CURLcode outcome, char failure[API_FAILURE_BYTES])
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int error = fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? 0 : errno;
    if (fd >= 0)
        close(fd);
    const char *why = error ? strerror(error) : curl_easy_strerror(outcome);
    const char *remedy = "is weft-control still busy? --timeout waits longer";
    if (error == ENOENT || error == ECONNREFUSED)
        remedy = "is weft-control running? -s names another socket";
    else if (error == EACCES)
        remedy = "you must be in the group of the socket, or root";
    snprintf(failure, API_FAILURE_BYTES, "control does not answer on %s: %s; %s", path, why, remedy);
}

static const char *remote_remedy(CURLcode outcome)
{
    switch (outcome) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return "--ca names the authority that has signed its certificate";
    case CURLE_SSL_CERTPROBLEM:
        return "--certificate and --key name a PEM pair";
    case CURLE_OPERATION_TIMEDOUT:
        return "is weft-control still busy? --timeout waits longer";
    default:
        return "does weft-control run there, with `listen` in its configuration?";
    }
}

void control_place_explain(const struct options *options, CURLcode outcome, char failure[API_FAILURE_BYTES])
{
    if (options->url)
        snprintf(failure, API_FAILURE_BYTES, "control does not answer at %.200s: %s; %s", options->url,
                 curl_easy_strerror(outcome), remote_remedy(outcome));
    else
        explain_socket(options->socket, outcome, failure);
}
